//! The layout of a calendar: pure arithmetic on wall-clock minutes.
//!
//! A day is 24 hours high, always: an entry stands where the clock on the wall
//! says it starts, and is as high as it lasts. So a clock change neither moves
//! the hours nor hides anything; what falls into a repeated hour stands side by side.

use chrono::{DateTime, Days, NaiveDate, Timelike, Utc};
use nadi::appointment::State;
use nadi::formatting;
use nadi::ports::{BlockView, CalendarEntry, DoctorCalendar};
use nadi::zone::Zone;

const DAY_MINUTES: u16 = 24 * 60;
/// The calendar is at least this high.
const HOURS_SHOWN_MIN: u16 = 8;
/// Where an empty calendar starts.
const DEFAULT_START: u16 = 9 * 60;
/// Two lines of an entry's text, in hundredths of a rem.
const ENTRY_HEIGHT: u32 = 240;
/// An entry is never drawn lower than this, in hundredths of a rem.
const ENTRY_HEIGHT_MIN: u32 = 125;
/// The height of an hour, in hundredths of a rem.
const HOUR_HEIGHT: std::ops::RangeInclusive<u32> = 300..=960;
/// An hour's height is a multiple of this. For each height, and each lane, `server/build.rs` writes a rule of the stylesheet.
const HOUR_HEIGHT_STEP: u32 = 20;
/// More entries at one time share the last lane.
const LANES_MAX: u16 = 12;

/// A stretch of one day, in wall-clock minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub at: u16,
    /// At least 1; never past midnight.
    pub minutes: u16,
}

impl Span {
    fn of(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, zone: Zone) -> Self {
        let at = minute(starts_at, zone);
        let room = i64::from(DAY_MINUTES - at);
        let minutes = (ends_at - starts_at).num_minutes().clamp(1, room);
        Self { at, minutes: u16::try_from(minutes).unwrap_or(1) }
    }

    fn end(self) -> u16 {
        self.at + self.minutes
    }
}

/// What the clock on the wall says, in minutes since midnight.
fn minute(at: DateTime<Utc>, zone: Zone) -> u16 {
    let local = at.with_timezone(&zone);
    u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0)
}

/// Whether something is over, going on or ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Over,
    Now,
    Ahead,
}

impl Stage {
    fn of(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        match (starts_at <= now, ends_at <= now) {
            (_, true) => Self::Over,
            (true, false) => Self::Now,
            (false, false) => Self::Ahead,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Now => "now",
            Self::Ahead => "ahead",
        }
    }
}

/// A positioned entry of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub span: Span,
    /// The lane, from 0 to 11: overlapping entries are side by side.
    pub lane: u16,
    pub lanes: u16,
    pub stage: Stage,
    /// One entry; several when many people share a time.
    pub entries: Vec<CalendarEntry>,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: NaiveDate,
    pub today: bool,
    pub past: bool,
    pub blocks: Vec<(Span, BlockView)>,
    pub items: Vec<Item>,
    /// Entries, however they are drawn.
    pub booked: usize,
    /// Places still free and ahead.
    pub free: i64,
}

impl Day {
    /// Whether there is neither working time nor an appointment.
    pub fn is_off(&self) -> bool {
        self.blocks.is_empty() && self.items.is_empty()
    }
}

/// Days side by side, and the hours they show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarGrid {
    /// Whole hours.
    pub first_hour: u16,
    /// Exclusive; at most 24.
    pub last_hour: u16,
    /// In hundredths of a rem, a multiple of 20 from 300 to 960.
    pub hour_height: u32,
    pub days: Vec<Day>,
    /// The position of the current time, if it is within the days and hours shown.
    pub now: Option<u16>,
}

impl CalendarGrid {
    /// Lays out a calendar. More than `lanes_max` people at the very same time stand as one item.
    pub fn of(calendar: &DoctorCalendar, now: DateTime<Utc>, lanes_max: usize) -> Self {
        let zone = calendar.zone;
        let shortest =
            calendar.entries.iter().map(|e| Span::of(e.starts_at, e.ends_at, zone).minutes);
        let slots = calendar.blocks.iter().filter_map(|b| u16::try_from(b.slot_minutes).ok());
        let shortest = shortest.chain(slots).filter(|minutes| *minutes > 0).min().unwrap_or(30);
        let hour_height = (ENTRY_HEIGHT * 60 / u32::from(shortest))
            .clamp(*HOUR_HEIGHT.start(), *HOUR_HEIGHT.end())
            .next_multiple_of(HOUR_HEIGHT_STEP);
        let drawn_min = u16::try_from((ENTRY_HEIGHT_MIN * 60).div_ceil(hour_height)).unwrap_or(1);

        let mut days = Vec::new();
        let mut date = calendar.from;
        while date < calendar.until {
            days.push(day(calendar, date, now, lanes_max, drawn_min));
            match date.checked_add_days(Days::new(1)) {
                Some(next) => date = next,
                None => break,
            }
        }
        let (first_hour, last_hour) = hours(&days);
        let clock = minute(now, zone);
        let shown =
            days.iter().any(|day| day.today) && (first_hour * 60..last_hour * 60).contains(&clock);
        Self { first_hour, last_hour, hour_height, days, now: shown.then_some(clock) }
    }
}

fn day(
    calendar: &DoctorCalendar,
    date: NaiveDate,
    now: DateTime<Utc>,
    lanes_max: usize,
    drawn_min: u16,
) -> Day {
    let zone = calendar.zone;
    let on = |at: DateTime<Utc>| formatting::local_date(at, zone) == date;
    let blocks: Vec<_> = calendar
        .blocks
        .iter()
        .filter(|block| on(block.starts_at))
        .map(|block| (Span::of(block.starts_at, block.ends_at, zone), block.clone()))
        .collect();
    let entries: Vec<&CalendarEntry> =
        calendar.entries.iter().filter(|entry| on(entry.starts_at)).collect();
    Day {
        date,
        today: date == calendar.today,
        past: date < calendar.today,
        free: blocks.iter().map(|(_, block)| block.seats_free).sum(),
        booked: entries.len(),
        items: in_lanes(gather(&entries, zone, now, lanes_max), drawn_min),
        blocks,
    }
}

/// One item per entry, or one for all who share a time when they are too many to stand side by side.
fn gather(
    entries: &[&CalendarEntry],
    zone: Zone,
    now: DateTime<Utc>,
    lanes_max: usize,
) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| (entry.starts_at, entry.ends_at, entry.id));
    for same in sorted.chunk_by(|a, b| (a.starts_at, a.ends_at) == (b.starts_at, b.ends_at)) {
        let Some(first) = same.first() else { continue };
        let span = Span::of(first.starts_at, first.ends_at, zone);
        let stage = Stage::of(first.starts_at, first.ends_at, now);
        let item = |entries: Vec<CalendarEntry>| Item { span, lane: 0, lanes: 1, stage, entries };
        if same.len() > lanes_max {
            items.push(item(same.iter().map(|entry| (*entry).clone()).collect()));
        } else {
            items.extend(same.iter().map(|entry| item(vec![(*entry).clone()])));
        }
    }
    items
}

/// Puts what overlaps side by side: each into the first lane that is free, all
/// of one cluster equally wide.
fn in_lanes(mut items: Vec<Item>, drawn_min: u16) -> Vec<Item> {
    items.sort_by_key(|item| (item.span.at, std::cmp::Reverse(item.span.minutes)));
    let drawn_end = |span: Span| span.end().max(span.at + drawn_min);
    let mut cluster_start = 0;
    let mut lane_ends: Vec<u16> = Vec::new();
    for index in 0..items.len() {
        let span = items[index].span;
        if lane_ends.iter().all(|end| *end <= span.at) {
            close(&mut items[cluster_start..index], lane_ends.len());
            cluster_start = index;
            lane_ends.clear();
        }
        let lane = match lane_ends.iter().position(|end| *end <= span.at) {
            Some(lane) => lane,
            None => {
                lane_ends.push(0);
                lane_ends.len() - 1
            }
        };
        lane_ends[lane] = drawn_end(span);
        items[index].lane = u16::try_from(lane).unwrap_or(u16::MAX).min(LANES_MAX - 1);
    }
    close(&mut items[cluster_start..], lane_ends.len());
    items
}

fn close(cluster: &mut [Item], lanes: usize) {
    for item in cluster {
        item.lanes = u16::try_from(lanes).unwrap_or(u16::MAX).clamp(1, LANES_MAX);
    }
}

/// The hours that show everything, and never fewer than eight.
fn hours(days: &[Day]) -> (u16, u16) {
    let spans = || {
        days.iter().flat_map(|day| {
            let blocks = day.blocks.iter().map(|(span, _)| *span);
            blocks.chain(day.items.iter().map(|item| item.span))
        })
    };
    let first = spans().map(|span| span.at).min().unwrap_or(DEFAULT_START) / 60;
    let last = spans().map(Span::end).max().unwrap_or(0).div_ceil(60);
    let last = last.max(first + HOURS_SHOWN_MIN).min(24);
    (first.min(last - HOURS_SHOWN_MIN), last)
}

/// Who is with the doctor, and who comes next: appointments that stand, soonest first.
pub fn now_and_next(
    entries: &[CalendarEntry],
    now: DateTime<Utc>,
) -> (Vec<&CalendarEntry>, Vec<&CalendarEntry>) {
    let mut standing: Vec<&CalendarEntry> = entries
        .iter()
        .filter(|entry| matches!(entry.state, State::Confirmed | State::CheckedIn))
        .filter(|entry| entry.ends_at > now)
        .collect();
    standing.sort_by_key(|entry| (entry.starts_at, entry.id));
    let (current, ahead): (Vec<_>, Vec<_>) =
        standing.into_iter().partition(|entry| entry.starts_at <= now);
    let first = ahead.first().map(|entry| entry.starts_at);
    let next = ahead.into_iter().filter(|entry| Some(entry.starts_at) == first).collect();
    (current, next)
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use nadi::calendar::{parse_date, week_of};
    use nadi::ids::AppointmentId;
    use nadi::visit::Mode;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn entry(n: u128, starts_at: DateTime<Utc>, minutes: i64) -> CalendarEntry {
        CalendarEntry {
            id: AppointmentId(Uuid::from_u128(n)),
            starts_at,
            ends_at: starts_at + Duration::minutes(minutes),
            zone: Zone::named("Asia/Kolkata"),
            person_name: format!("Person {n}"),
            visit_type: "Consultation".into(),
            mode: Mode::InPerson,
            location_name: "Panjim Clinic".into(),
            state: State::Confirmed,
            reference: format!("R{n}"),
        }
    }

    fn week(zone: Zone, monday: &str, entries: Vec<CalendarEntry>) -> DoctorCalendar {
        let from = parse_date(monday).expect("a date");
        DoctorCalendar {
            doctor_name: "Dr Meera Naik".into(),
            zone,
            today: from,
            from,
            until: from + Days::new(7),
            blocks: Vec::new(),
            entries,
        }
    }

    fn lanes(day: &Day) -> Vec<(u16, u16, u16)> {
        day.items.iter().map(|item| (item.span.at, item.lane, item.lanes)).collect()
    }

    #[test]
    fn an_entry_is_placed_by_local_time() {
        let start = at("2026-11-24T04:50:00Z");
        let night = at("2026-11-23T18:00:00Z");
        let sheet = CalendarGrid::of(
            &week(Zone::named("Asia/Kolkata"), "2026-11-23", vec![entry(1, start, 20)]),
            night,
            3,
        );
        assert_eq!(sheet.days.len(), 7);
        assert_eq!(sheet.days[1].items[0].span, Span { at: 620, minutes: 20 });
        assert_eq!((sheet.first_hour, sheet.last_hour), (10, 18), "eight hours at least");
        assert_eq!(sheet.now, None, "23:30 is outside of the hours shown");
        assert!(sheet.days[0].is_off() && !sheet.days[1].is_off());
    }

    #[test]
    fn an_empty_week_and_a_late_one_show_eight_hours() {
        let empty = CalendarGrid::of(
            &week(Zone::named("Asia/Kolkata"), "2026-11-23", vec![]),
            at("2026-11-23T06:00:00Z"),
            3,
        );
        assert_eq!((empty.first_hour, empty.last_hour), (9, 17));
        assert_eq!(empty.now, Some(690));
        let late = vec![entry(1, at("2026-11-23T17:30:00Z"), 90)];
        let late = CalendarGrid::of(
            &week(Zone::named("Asia/Kolkata"), "2026-11-23", late),
            at("2026-11-23T06:00:00Z"),
            3,
        );
        assert_eq!((late.first_hour, late.last_hour), (16, 24));
        assert_eq!(late.days[0].items[0].span, Span { at: 1380, minutes: 60 }, "cut at midnight");
    }

    #[test]
    fn overlapping_entries_are_side_by_side() {
        let start = at("2026-11-23T04:30:00Z");
        let minutes = |n| start + Duration::minutes(n);
        let entries = vec![
            entry(1, start, 40),
            entry(2, minutes(20), 40),
            entry(3, minutes(40), 20),
            entry(4, minutes(60), 20),
        ];
        let sheet =
            CalendarGrid::of(&week(Zone::named("Asia/Kolkata"), "2026-11-23", entries), start, 3);
        assert_eq!(lanes(&sheet.days[0]), [(600, 0, 2), (620, 1, 2), (640, 0, 2), (660, 0, 1)]);
    }

    #[test]
    fn more_entries_than_lanes_share_the_last_one() {
        let start = at("2026-11-23T04:30:00Z");
        // Each begins a minute later, so that they are not one item.
        let later = |n: u8| start + Duration::minutes(n.into());
        let entries = (0..14).map(|n| entry(n.into(), later(n), 60));
        let week = week(Zone::named("Asia/Kolkata"), "2026-11-23", entries.collect());
        let found = lanes(&CalendarGrid::of(&week, start, 3).days[0]);
        assert_eq!(found.first(), Some(&(600, 0, 12)));
        assert_eq!(found[11..], [(611, 11, 12), (612, 11, 12), (613, 11, 12)]);
    }

    #[test]
    fn many_entries_at_one_time_are_one_item() {
        let start = at("2026-11-23T04:30:00Z");
        let crowd = (1..=4).map(|n| entry(n, start, 20)).collect();
        let sheet =
            CalendarGrid::of(&week(Zone::named("Asia/Kolkata"), "2026-11-23", crowd), start, 3);
        assert_eq!(sheet.days[0].items.len(), 1);
        assert_eq!(sheet.days[0].items[0].entries.len(), 4);
        assert_eq!(sheet.days[0].booked, 4);
    }

    #[test]
    fn repeated_and_skipped_hours_hide_and_move_no_entry() {
        // Berlin, 25 October 2026: 02:30 happens twice.
        let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        let autumn = week(
            Zone::named("Europe/Berlin"),
            "2026-10-19",
            vec![entry(1, first, 20), entry(2, second, 20)],
        );
        let sheet = CalendarGrid::of(&autumn, first, 3);
        assert_eq!(lanes(&sheet.days[6]), [(150, 0, 2), (150, 1, 2)]);
        // 28 March 2027: 02:00 to 03:00 does not happen.
        let before = entry(1, at("2027-03-28T00:40:00Z"), 40);
        let after = entry(2, at("2027-03-28T07:00:00Z"), 20);
        let spring = week(Zone::named("Europe/Berlin"), "2027-03-22", vec![before, after]);
        let sheet = CalendarGrid::of(&spring, first, 3);
        let spans: Vec<_> = sheet.days[6].items.iter().map(|item| item.span).collect();
        assert_eq!(spans, [Span { at: 100, minutes: 40 }, Span { at: 540, minutes: 20 }]);
    }

    #[test]
    fn the_next_entry_is_confirmed_and_not_over() {
        let start = at("2026-11-23T04:30:00Z");
        let minutes = |n| start + Duration::minutes(n);
        let held = CalendarEntry { state: State::Pending, ..entry(2, minutes(20), 20) };
        let entries =
            [entry(3, minutes(40), 20), held, entry(1, start, 20), entry(4, minutes(40), 20)];
        let names =
            |found: Vec<&CalendarEntry>| found.iter().map(|e| e.id.0.as_u128()).collect::<Vec<_>>();
        let (current, next) = now_and_next(&entries, minutes(10));
        assert_eq!((names(current), names(next)), (vec![1], vec![3, 4]));
        let (current, next) = now_and_next(&entries, minutes(20));
        assert_eq!((names(current), names(next)), (vec![], vec![3, 4]), "over at its very end");
        assert_eq!(now_and_next(&entries, minutes(60)), (vec![], vec![]));
    }

    proptest! {
        /// In any zone and week: everybody is shown once, inside the hours shown, and nobody covers anybody.
        #[test]
        fn no_entry_is_hidden(
            zone in 0..nadi::zone::all().len(),
            week_number in 0i64..520,
            starts in prop::collection::vec((0i64..7 * 1440, 1i64..240), 0..40),
        ) {
            let zone = nadi::zone::all()[zone];
            let day = parse_date("2026-01-05").expect("a date") + Duration::weeks(week_number);
            let monday = week_of(day);
            let midnight = nadi::schedule::day_start(zone, monday);
            let entries: Vec<_> = (0u128..)
                .zip(&starts)
                .map(|(n, (start, minutes))| entry(n, midnight + Duration::minutes(*start), *minutes))
                .filter(|entry| formatting::local_date(entry.starts_at, zone) < monday + Days::new(7))
                .collect();
            let count = entries.len();
            let sheet = CalendarGrid::of(&week(zone, &monday.to_string(), entries), midnight, 3);
            prop_assert!(sheet.last_hour <= 24 && sheet.last_hour - sheet.first_hour >= 8);
            let shown: usize = sheet.days.iter().flat_map(|day| &day.items).map(|item| item.entries.len()).sum();
            prop_assert_eq!(shown, count);
            for day in &sheet.days {
                for (index, a) in day.items.iter().enumerate() {
                    prop_assert!(a.span.at >= sheet.first_hour * 60 && a.span.end() <= sheet.last_hour * 60);
                    prop_assert!(a.lane < a.lanes);
                    for b in &day.items[..index] {
                        let meet = a.span.at < b.span.end() && b.span.at < a.span.end();
                        prop_assert!(!meet || (a.lane != b.lane && a.lanes == b.lanes));
                    }
                }
            }
        }
    }
}
