//! Generates a doctor's weekly hours.

use chrono::{NaiveDate, NaiveTime, Weekday};
use nadi::ids::LocationId;
use nadi::recurrence::Recurrence;
use nadi::schedule::Rule;
use nadi::visit::Mode;
use uuid::Uuid;

use crate::demo::rng::SeededRng;

/// The input of a week.
pub(super) struct Plan<'a> {
    /// The working days of the region.
    pub week: &'a [Weekday],
    /// The second session of a day is in the evening, as in South Asian outpatient clinics, not in the afternoon.
    pub evenings: bool,
    pub slot_minutes: u16,
    pub video: bool,
    /// The hour at which a group session starts.
    pub group_hour: Option<u32>,
    pub home: LocationId,
    /// The location of every second day.
    pub away: LocationId,
    pub from: NaiveDate,
}

/// Minutes after midnight. Groups have 7–8 or 13–14; nothing else starts
/// before 8, crosses 13–14 or ends after 21.
const MORNING_ENDS: u16 = 13 * 60;
const LATER_MINUTES_MAX: u16 = 3 * 60 + 30;

/// At least four days with 45 to 95 slots in all, so about 180 to 420 a month.
pub(super) fn weekly(rng: &mut SeededRng, plan: &Plan) -> Vec<(Uuid, Rule)> {
    let days = working_days(rng, plan.week);
    let per_day = (rng.between(45, 95) / days.len()) as u16;
    let morning_starts = 8 * 60 + 30 * rng.below(5) as u16;
    let later_starts = if plan.evenings {
        16 * 60 + 30 * rng.below(4) as u16
    } else {
        14 * 60 + 30 * rng.below(3) as u16
    };
    let morning_max = (MORNING_ENDS - morning_starts).min(4 * 60) / plan.slot_minutes;
    let later_max = LATER_MINUTES_MAX / plan.slot_minutes;
    // Mostly mornings, mostly later, or split. Slots that do not fit go to the other half of the day.
    let wanted = rng.pick(&[per_day, per_day.div_ceil(2), per_day.div_ceil(2), per_day / 4]);
    let morning = wanted.max(per_day.saturating_sub(later_max)).min(morning_max);
    let later = (per_day.saturating_sub(morning)).min(later_max);

    let mut lines = WeekBuilder { plan, rng, lines: Vec::new() };
    for (nth, day) in days.iter().enumerate() {
        let location = if nth % 2 == 0 { plan.home } else { plan.away };
        let video_day = plan.video && nth % 2 == 0;
        // On a video day, the end of the day's last session is for video.
        let stretches = [(morning_starts, morning), (later_starts, later)];
        let last = if later > 0 { 1 } else { 0 };
        for (number, (starts, slots)) in stretches.into_iter().enumerate() {
            let by_video = if video_day && number == last { slots.div_ceil(3) } else { 0 };
            let seen = slots - by_video;
            lines.add(*day, location, Mode::InPerson, starts, seen);
            lines.add(*day, plan.home, Mode::Video, starts + seen * plan.slot_minutes, by_video);
        }
        if let Some(hour) = plan.group_hour
            && nth % 3 == 1
        {
            lines.add_group(*day, hour);
        }
    }
    lines.rules()
}

/// The demo doctor's week, the same for every seed: Monday to Saturday 10–13,
/// three evenings 17–19, and video on Tuesday and Thursday 17–18.
pub(super) fn demo_week(rng: &mut SeededRng, plan: &Plan) -> Vec<(Uuid, Rule)> {
    let mut lines = WeekBuilder { plan, rng, lines: Vec::new() };
    for day in plan.week {
        let location = if *day == Weekday::Sat { plan.away } else { plan.home };
        lines.add(*day, location, Mode::InPerson, 10 * 60, 9);
        match day {
            Weekday::Mon | Weekday::Wed | Weekday::Fri => {
                lines.add(*day, plan.home, Mode::InPerson, 17 * 60, 6);
            }
            Weekday::Tue | Weekday::Thu => lines.add(*day, plan.home, Mode::Video, 17 * 60, 3),
            _ => {}
        }
    }
    lines.rules()
}

/// Five or four days of a five-day week; six, five or four days of a six-day week.
fn working_days(rng: &mut SeededRng, week: &[Weekday]) -> Vec<Weekday> {
    let mut days = week.to_vec();
    let off = rng.weighted([6, 3, 1].into_iter()).min(days.len() - 4);
    for _ in 0..off {
        days.remove(rng.below(days.len()));
    }
    days
}

struct WeekBuilder<'a> {
    plan: &'a Plan<'a>,
    rng: &'a mut SeededRng,
    /// One entry for each day; equal ones are merged into one rule at the end.
    lines: Vec<(Weekday, DayHours)>,
}

#[derive(Clone, PartialEq, Eq)]
struct DayHours {
    location: LocationId,
    mode: Mode,
    starts: NaiveTime,
    ends: NaiveTime,
    slot_minutes: u16,
    capacity: u16,
}

impl WeekBuilder<'_> {
    /// Adds hours with this many slots; adds nothing for 0.
    fn add(&mut self, weekday: Weekday, location: LocationId, mode: Mode, starts: u16, slots: u16) {
        if slots > 0 {
            let slot_minutes = self.plan.slot_minutes;
            let ends = time(starts + slots * slot_minutes);
            let line =
                DayHours { location, mode, starts: time(starts), ends, slot_minutes, capacity: 1 };
            self.lines.push((weekday, line));
        }
    }

    fn add_group(&mut self, weekday: Weekday, hour: u32) {
        let starts = hour as u16 * 60;
        let line = DayHours {
            location: self.plan.home,
            mode: Mode::InPerson,
            starts: time(starts),
            ends: time(starts + 60),
            slot_minutes: 60,
            capacity: self.rng.between(6, 8) as u16,
        };
        self.lines.push((weekday, line));
    }

    /// Merges the same hours on several days into one rule.
    fn rules(self) -> Vec<(Uuid, Rule)> {
        let mut rules: Vec<(DayHours, Vec<Weekday>)> = Vec::new();
        for (weekday, line) in self.lines {
            match rules.iter_mut().find(|(other, _)| *other == line) {
                Some((_, days)) => days.push(weekday),
                None => rules.push((line, vec![weekday])),
            }
        }
        let from = self.plan.from;
        rules.into_iter().map(|(line, days)| (self.rng.uuid(), line.on(&days, from))).collect()
    }
}

impl DayHours {
    fn on(self, days: &[Weekday], from: NaiveDate) -> Rule {
        let days: Vec<String> =
            days.iter().map(|day| day.to_string()[..2].to_uppercase()).collect();
        let text = format!("FREQ=WEEKLY;BYDAY={}", days.join(","));
        Rule {
            location: self.location,
            mode: self.mode,
            repeats: Some(Recurrence::of_days(&text).expect("days of the week")),
            from,
            until: None,
            starts: self.starts,
            ends: self.ends,
            slot_minutes: self.slot_minutes,
            buffer_before: 0,
            buffer_after: 0,
            capacity: self.capacity,
            notice_minutes: 0,
            window_days: None,
        }
    }
}

fn time(minutes: u16) -> NaiveTime {
    NaiveTime::from_hms_opt(u32::from(minutes) / 60, u32::from(minutes) % 60, 0)
        .expect("hours end before midnight")
}
