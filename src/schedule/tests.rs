//! Small schedules, and a property test of what a plan must never do, whichever schedule replaces another.

mod zones;

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::failure::{Field, Problem};
use crate::ids::{LocationId, SlotId};
use crate::recurrence::Recurrence;
use crate::schedule::plan::ExistingSlot;
use crate::visit::Mode;
use crate::zone::Zone;

const HERE: LocationId = LocationId(Uuid::from_u128(1));
const THERE: LocationId = LocationId(Uuid::from_u128(2));

fn date(text: &str) -> NaiveDate {
    crate::calendar::parse_date(text).expect("a date")
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").expect("a time")
}

fn rule(repeats: &str, starts: &str, ends: &str) -> Rule {
    Rule {
        location: HERE,
        mode: Mode::InPerson,
        repeats: (!repeats.is_empty()).then(|| Recurrence::of_days(repeats).expect("a rule")),
        from: date("2026-11-23"),
        until: None,
        starts: time(starts),
        ends: time(ends),
        slot_minutes: 20,
        buffer_before: 0,
        buffer_after: 0,
        capacity: 1,
        notice_minutes: 0,
        window_days: None,
    }
}

fn zones() -> Zones {
    Zones::from([(HERE, Zone::named("Asia/Kolkata")), (THERE, Zone::named("Europe/Lisbon"))])
}

fn starts(schedule: &Schedule, holidays: &[&str], from: &str, until: &str) -> Vec<String> {
    let holidays: HashSet<NaiveDate> = holidays.iter().map(|text| date(text)).collect();
    let away = Away { holidays: &holidays, busy: &[] };
    let cells = expand(schedule, &zones(), away, date(from), date(until));
    cells.iter().map(|cell| cell.starts_at.format("%m-%dT%H:%M").to_string()).collect()
}

fn of(rules: &[Rule]) -> Schedule {
    Schedule { rules: rules.to_vec(), time_off: Vec::new() }
}

#[test]
fn a_weekly_rule_makes_times_on_its_days() {
    let weekdays = rule("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "10:00", "14:00");
    let found = starts(&of(&[weekdays]), &[], "2026-11-21", "2026-11-30");
    assert_eq!(found.len(), 5 * 12);
    assert_eq!((found[0].as_str(), found[59].as_str()), ("11-23T04:30", "11-27T08:10"));
}

#[test]
fn buffers_notice_and_window_change_the_times() {
    let rule = Rule {
        buffer_before: 5,
        buffer_after: 10,
        notice_minutes: 120,
        window_days: Some(14),
        ..rule("FREQ=DAILY", "10:00", "11:30")
    };
    let away = Away { holidays: &HashSet::new(), busy: &[] };
    let day = date("2026-11-24");
    let cells = expand(&of(&[rule]), &zones(), away, day, day + Days::new(1));
    let utc = |h, m| Utc.with_ymd_and_hms(2026, 11, 24, h, m, 0).single().expect("a time");
    let visits: Vec<_> = cells.iter().map(|cell| (cell.starts_at, cell.ends_at)).collect();
    assert_eq!(visits, [(utc(4, 35), utc(4, 55)), (utc(5, 10), utc(5, 30))]);
    assert_eq!(cells[0].closes_at, utc(2, 35));
    let opens = Utc.with_ymd_and_hms(2026, 11, 9, 18, 30, 0).single();
    assert_eq!(cells[0].opens_at, opens, "midnight in Panjim, fourteen days before");
}

#[test]
fn time_off_and_holidays_remove_times_and_single_days_add_them() {
    let mut schedule = of(&[
        rule("FREQ=DAILY", "10:00", "11:00"),
        Rule { from: date("2026-12-25"), ..rule("", "16:00", "16:40") },
    ]);
    let off = |from: &str, until: &str| TimeOff {
        starts: NaiveDateTime::parse_from_str(from, "%Y-%m-%d %H:%M").expect("a wall time"),
        ends: NaiveDateTime::parse_from_str(until, "%Y-%m-%d %H:%M").expect("a wall time"),
        note: String::new(),
    };
    schedule.time_off = vec![
        off("2026-12-26 10:30", "2026-12-26 12:00"),
        off("2026-12-27 00:00", "2027-01-04 00:00"),
    ];
    let found = starts(&schedule, &["2026-12-25"], "2026-12-25", "2027-01-05");
    assert_eq!(
        found,
        [
            // A holiday removes the times of repeating rules but not those of a single day.
            "12-25T10:30",
            "12-25T10:50", // Until 10:30 only.
            "12-26T04:30", // Back.
            "01-04T04:30",
            "01-04T04:50",
            "01-04T05:10",
        ]
    );
}

#[test]
fn busy_times_remove_times() {
    let schedule = of(&[rule("FREQ=DAILY", "10:00", "11:00")]);
    let utc = |h, m| Utc.with_ymd_and_hms(2026, 11, 24, h, m, 0).single().expect("a time");
    let busy = [(utc(4, 50), utc(4, 51))];
    let away = Away { holidays: &HashSet::new(), busy: &busy };
    let day = date("2026-11-24");
    let cells = expand(&schedule, &zones(), away, day, day + Days::new(1));
    let found: Vec<_> = cells.iter().map(|cell| cell.starts_at).collect();
    assert_eq!(found, [utc(4, 30), utc(5, 10)], "only the time it touches");
}

#[test]
fn overlaps_between_two_zones_are_found() {
    let there = Rule { location: THERE, ..rule("FREQ=WEEKLY;BYDAY=MO", "06:00", "07:00") };
    let found = starts(&of(std::slice::from_ref(&there)), &[], "2026-11-23", "2026-11-24");
    assert_eq!(found, ["11-23T06:00", "11-23T06:20", "11-23T06:40"]);
    // 11:30 in Panjim is 06:00 in Lisbon, so these hours overlap.
    let both = of(&[rule("FREQ=WEEKLY;BYDAY=MO", "11:00", "12:00"), there]);
    let problems = both.check(&zones(), date("2026-11-21")).expect_err("an overlap");
    assert_eq!(problems[0].line, Line::Rule(1));
    assert_eq!(problems[0].problem.problem, Problem::Overlaps);
    // In summer it is 10:30 in Panjim: an overlap months ahead counts, too.
    let with = |ends| of(&[rule("FREQ=WEEKLY;BYDAY=MO", "10:00", ends), both.rules[1].clone()]);
    assert!(with("11:20").check(&zones(), date("2026-11-21")).is_err());
    assert_eq!(with("10:20").check(&zones(), date("2026-11-21")), Ok(()));
}

#[test]
fn invalid_schedules_are_refused() {
    let ok = rule("FREQ=DAILY", "09:00", "12:00");
    let field = |rule: Rule| {
        let problems = of(&[rule]).check(&zones(), date("2026-11-21")).expect_err("refused");
        (problems[0].problem.field, problems[0].problem.problem)
    };
    let backwards = Rule { starts: time("12:00"), ends: time("09:00"), ..ok.clone() };
    assert_eq!(field(backwards), (Field::EndsAt, Problem::EndsBeforeStart));
    let too_long = Rule { ends: time("09:15"), ..ok.clone() };
    let max = Problem::OutOfRange { min: 5, max: 15 };
    assert_eq!(field(too_long), (Field::SlotMinutes, max));
    let no_room = Rule { ends: time("09:30"), buffer_before: 20, ..ok.clone() };
    assert_eq!(field(no_room).0, Field::SlotMinutes);
    assert_eq!(field(Rule { capacity: 0, ..ok.clone() }).0, Field::SeatCapacity);
    assert_eq!(field(Rule { buffer_after: 121, ..ok.clone() }).0, Field::BufferAfter);
    assert_eq!(field(Rule { notice_minutes: 100_000, ..ok.clone() }).0, Field::Notice);
    assert_eq!(field(Rule { window_days: Some(0), ..ok.clone() }).0, Field::Window);
    let far = Rule { from: NaiveDate::MAX, ..ok.clone() };
    assert_eq!(field(far), (Field::EffectiveFrom, Problem::Malformed));
    let far = Rule { until: Some(NaiveDate::MIN), ..ok.clone() };
    assert_eq!(field(far), (Field::EffectiveUntil, Problem::Malformed));
    let midnight = NaiveDate::MAX.and_time(NaiveTime::MIN);
    let off = TimeOff {
        starts: NaiveDate::MIN.and_time(NaiveTime::MIN),
        ends: midnight,
        note: String::new(),
    };
    assert!(off.check().is_err());
    let over = Rule { until: Some(ok.from), ..ok.clone() };
    assert_eq!(field(over), (Field::EffectiveUntil, Problem::EndsBeforeStart));
    let elsewhere = Rule { location: LocationId(Uuid::from_u128(9)), ..ok.clone() };
    assert_eq!(field(elsewhere), (Field::Location, Problem::Unknown));
    let tuesday = Some(Recurrence::of_days("FREQ=WEEKLY;BYDAY=TU").expect("a rule"));
    let never = Rule { repeats: tuesday, until: Some(date("2026-11-24")), ..ok.clone() };
    assert_eq!(field(never), (Field::Repeats, Problem::Never));
    let midnight = Rule { starts: time("22:00"), ends: time("00:00"), ..ok };
    assert_eq!(of(&[midnight]).check(&zones(), date("2026-11-21")), Ok(()));
}

/// A doctor's blocks in memory, to which plans are applied as in the database.
#[derive(Default)]
struct World {
    blocks: BTreeMap<i64, Existing>,
    next: i64,
    withdrawn: HashSet<SlotId>,
}

impl World {
    fn existing(&self) -> Vec<Existing> {
        let mut blocks: Vec<_> = self.blocks.values().cloned().collect();
        blocks.sort_by_key(|block| block.stretch.starts_at);
        blocks
    }

    fn slots(&self) -> impl Iterator<Item = &ExistingSlot> {
        self.blocks.values().flat_map(|block| &block.slots)
    }

    fn carry_out(&mut self, plan: &Plan) {
        let mut loose: BTreeMap<i64, ExistingSlot> = BTreeMap::new();
        for id in &plan.close {
            let block = self.blocks.remove(id).expect("an open block is closed");
            loose.extend(block.slots.into_iter().map(|slot| (slot.id.0, slot)));
        }
        for made in &plan.make {
            self.next += 1;
            let block = self.next;
            let slots = (0..).zip(&made.slots).map(|(number, slot)| {
                let before = slot.existing.map(|id| loose.remove(&id.0).expect("a loose slot"));
                self.next += 1;
                ExistingSlot {
                    id: slot.existing.unwrap_or(SlotId(self.next)),
                    number,
                    starts_at: slot.starts_at,
                    ends_at: slot.ends_at,
                    capacity: slot.capacity,
                    opens_at: slot.opens_at,
                    closes_at: slot.closes_at,
                    seats_taken: before.as_ref().map_or(0, |slot| slot.seats_taken),
                    joined: before.is_some_and(|slot| slot.joined),
                }
            });
            let slots: Vec<_> = slots.collect();
            assert_eq!(slots.len(), usize::from(made.stretch.count));
            self.blocks.insert(block, Existing { block, stretch: made.stretch.clone(), slots });
        }
        for change in &plan.change {
            let id = change.existing.expect("only what exists is changed");
            let mut slots = self.blocks.values_mut().flat_map(|block| &mut block.slots);
            let slot = slots.find(|slot| slot.id == id).expect("an open slot is changed");
            assert!(change.capacity >= slot.seats_taken, "a seat someone has is never taken away");
            (slot.capacity, slot.opens_at, slot.closes_at) =
                (change.capacity, change.opens_at, change.closes_at);
        }
        for id in &plan.withdraw {
            let slot = loose.remove(&id.0).expect("withdrawn from a closed block");
            assert_eq!(slot.seats_taken, 0, "a booked time is never withdrawn");
            self.withdrawn.insert(*id);
        }
        assert!(loose.is_empty(), "every slot of a closed block goes somewhere");
    }

    /// Sets the number of taken seats of a slot. With two, one visit also takes the next slot if there is one.
    fn book(&mut self, id: i64, seats: u16) {
        for block in self.blocks.values_mut() {
            let kept = block.stretch.kept;
            let Some(index) = block.slots.iter().position(|slot| slot.id.0 == id) else { continue };
            let joins_before = index > 0 && block.slots[index - 1].joined;
            if joins_before || block.slots[index].joined {
                return;
            }
            let slot = &mut block.slots[index];
            slot.seats_taken = if kept { 0 } else { seats.min(slot.capacity) };
            if slot.seats_taken == 2
                && index + 1 < block.slots.len()
                && !block.slots[index + 1].joined
            {
                block.slots[index].joined = true;
                block.slots[index + 1].seats_taken = 1;
            }
        }
    }

    /// Checks the constraints of the database.
    fn assert_consistent(&self) {
        let mut end = DateTime::<Utc>::MIN_UTC;
        for block in self.existing() {
            let stride = Duration::seconds(block.stretch.stride_seconds.into());
            assert!(block.stretch.starts_at >= end, "blocks never overlap");
            end = block.stretch.starts_at + stride * i32::from(block.stretch.count);
            for slot in &block.slots {
                let room = block.stretch.starts_at + stride * i32::from(slot.number);
                assert!(room <= slot.starts_at && slot.ends_at <= room + stride, "inside its room");
                assert!(slot.seats_taken <= slot.capacity, "seats within capacity");
            }
            for pair in block.slots.windows(2).filter(|pair| pair[0].joined) {
                assert!(pair[1].seats_taken > 0, "a visit of two times stays in one piece");
            }
            assert!(
                !block.slots.last().is_some_and(|slot| slot.joined),
                "nor is it cut at the end"
            );
        }
    }
}

/// When the hours are withdrawn during a visit, its second slot is still in the future.
#[test]
fn a_visit_in_progress_keeps_the_rest_of_its_time() {
    let mut world = World::default();
    let schedule = of(&[Rule { capacity: 2, ..rule("FREQ=DAILY;COUNT=1", "12:00", "13:00") }]);
    let away = Away { holidays: &HashSet::new(), busy: &[] };
    let wanted = expand(&schedule, &zones(), away, date("2026-11-23"), date("2026-11-24"));
    let first = wanted.first().expect("a time").starts_at;
    world.carry_out(&plan(&[], &wanted, first - Duration::hours(1)));
    let ids: Vec<i64> = world.slots().map(|slot| slot.id.0).collect();
    world.book(ids[0], 2);
    assert!(world.slots().next().is_some_and(|slot| slot.joined), "a visit of two times");

    let now = first + Duration::minutes(1);
    let withdrawal = plan(&world.existing(), &[], now);
    assert_eq!(withdrawal.withdraw.len(), ids.len() - 2);
    assert!(withdrawal.conflicts.is_empty(), "it is nobody's work any more");
    world.carry_out(&withdrawal);
    world.assert_consistent();
    let left: Vec<_> = world.existing();
    assert_eq!(left.len(), 1, "in one piece");
    assert!(left[0].stretch.kept && left[0].slots.len() == 2, "{left:?}");
    assert!(plan(&world.existing(), &[], now).is_empty());
    // When the hours return, the visit is unchanged.
    let again = plan(&world.existing(), &wanted, now);
    world.carry_out(&again);
    world.assert_consistent();
    assert!(plan(&world.existing(), &wanted, now).is_empty());
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let days = prop::sample::select(vec![
        "FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
        "FREQ=MONTHLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=SA;COUNT=1",
    ]);
    let minutes = prop::sample::select(vec![10u16, 15, 20, 30]);
    let buffer = prop::sample::select(vec![0u16, 0, 5, 10]);
    (days, 8u32..20, 1u32..4, minutes, buffer.clone(), buffer, 1u16..4, prop::bool::ANY).prop_map(
        |(days, starts, hours, slot_minutes, before, after, capacity, video)| Rule {
            mode: if video { Mode::Video } else { Mode::InPerson },
            slot_minutes,
            buffer_before: before,
            buffer_after: after,
            capacity,
            ..rule(days, &format!("{starts:02}:00"), &format!("{:02}:00", starts + hours))
        },
    )
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    let rules = prop::collection::vec(any_rule(), 0..4);
    let off = prop::collection::vec((0i64..14 * 24, 1i64..60), 0..3);
    (rules, off).prop_map(|(rules, off)| {
        let day = date("2026-11-23").and_time(NaiveTime::MIN);
        let time_off = off
            .into_iter()
            .map(|(hour, hours)| TimeOff {
                starts: day + Duration::hours(hour),
                ends: day + Duration::hours(hour + hours),
                note: String::new(),
            })
            .collect();
        Schedule { rules, time_off }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any schedule replaces any other, while people book and cancel and time passes.
    #[test]
    fn booked_times_survive_every_change(
        steps in prop::collection::vec((any_schedule(), 0usize..6, prop::collection::vec((any::<prop::sample::Index>(), 0u16..3), 0..8)), 1..5),
    ) {
        let mut world = World::default();
        let (from, until) = (date("2026-11-23"), date("2026-12-07"));
        let mut now = Utc.with_ymd_and_hms(2026, 11, 22, 18, 30, 0).single().expect("a time");
        for (schedule, hours, bookings) in steps {
            now += Duration::minutes(i64::try_from(hours).unwrap_or(0) * 205);
            let away = Away { holidays: &HashSet::new(), busy: &[] };
            let wanted = expand(&schedule, &zones(), away, from, until);
            let booked: BTreeMap<i64, (DateTime<Utc>, u16)> = world
                .slots()
                .filter(|slot| slot.seats_taken > 0)
                .map(|slot| (slot.id.0, (slot.starts_at, slot.seats_taken)))
                .collect();
            let before = world.slots().filter(|slot| slot.starts_at > now).count();
            let plan = plan(&world.existing(), &wanted, now);
            world.carry_out(&plan);
            world.assert_consistent();

            // Every booked time is unchanged.
            for (id, (starts_at, seats)) in &booked {
                let slot = world.slots().find(|slot| slot.id.0 == *id).expect("a booked time stays");
                prop_assert_eq!((slot.starts_at, slot.seats_taken), (*starts_at, *seats));
            }
            // Every wanted future time exists, unless a kept time overlaps it.
            let standing: Vec<_> = world
                .blocks
                .values()
                .flat_map(|block| block.slots.iter().map(move |slot| (block, slot)))
                .collect();
            for cell in wanted.iter().filter(|cell| cell.starts_at > now) {
                let is_there = standing.iter().any(|(block, slot)| {
                    !block.stretch.kept && slot.starts_at == cell.starts_at && slot.ends_at == cell.ends_at
                        && slot.capacity >= cell.capacity && block.stretch.mode == cell.mode
                });
                let is_blocked = standing.iter().any(|(block, slot)| {
                    let stride = Duration::seconds(block.stretch.stride_seconds.into());
                    let room = block.stretch.starts_at + stride * i32::from(slot.number);
                    (block.stretch.kept || slot.starts_at <= now)
                        && room < cell.room_until && cell.room_from < room + stride
                });
                prop_assert!(is_there || is_blocked, "{:?}", cell);
            }
            // Nothing else is offered.
            for (block, slot) in &standing {
                let is_wanted = wanted.iter().any(|cell| cell.starts_at == slot.starts_at && cell.ends_at == slot.ends_at);
                prop_assert!(is_wanted || block.stretch.kept || slot.starts_at <= now);
                prop_assert!(!block.stretch.kept || slot.seats_taken > 0 || slot.starts_at <= now);
            }
            prop_assert!(plan.removed() <= before as u64);
            // A second plan is empty.
            let again = super::plan(&world.existing(), &wanted, now);
            prop_assert!(again.is_empty(), "{:?}", again);

            // People book and cancel.
            let ids: Vec<i64> = world.slots().filter(|slot| slot.starts_at > now).map(|slot| slot.id.0).collect();
            for (which, seats) in bookings.iter().filter(|_| !ids.is_empty()) {
                world.book(*which.get(&ids), *seats);
            }
        }
    }
}
