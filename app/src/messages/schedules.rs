//! Texts about a doctor's schedule and changes of it.

use chrono::{NaiveDate, NaiveTime, Weekday};
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::local_time::LocalTime;
use nadi::schedule::{Overfull, Rule, TimeOff};
use nadi::zone::Zone;

use crate::fns::schedules::TypedRule;
use crate::fns::schedules::base::Saved;
use crate::fns::schedules::hours::{LineProblem, Other, PeriodName, period_name};
use crate::fns::schedules::repeats::{Choice, Repeats};
use crate::i18n::{self, LocalTimeText as _, text};

/// An example in the hints and problems of the field for a rule; the same in all languages.
pub const RULE_EXAMPLE: &str = "FREQ=MONTHLY;BYDAY=1MO";

/// `Monday to Friday`, `Monday and Wednesday`. `days` has to be sorted.
fn days(days: &[Weekday]) -> String {
    let in_a_row = days.windows(2).all(|pair| pair[0].succ() == pair[1]);
    match days {
        [first, .., last] if in_a_row && days.len() > 2 => {
            text!("schedule-days-range", first = i18n::weekday(*first), last = i18n::weekday(*last),)
        }
        days => i18n::and(&days.iter().copied().map(i18n::weekday).collect::<Vec<_>>()),
    }
}

/// The same, or `Every day`.
fn days_of_week(on: &[Weekday]) -> String {
    if on.len() == 7 { text!("schedule-days-every") } else { days(on) }
}

/// `10:00`; the midnight that ends a day is `midnight`.
fn end(time: NaiveTime) -> String {
    if time == NaiveTime::MIN { text!("schedule-midnight") } else { i18n::clock(time) }
}

/// `10:00–14:00`.
fn times(starts: NaiveTime, ends: NaiveTime) -> String {
    text!("time-range", from = i18n::clock(starts), to = end(ends))
}

/// `Monday to Friday, 10:00–14:00`, `First Monday of each month, 10:00–14:00`.
pub fn hours(rule: &Rule) -> String {
    let times = times(rule.starts, rule.ends);
    let Some(recurrence) = &rule.repeats else {
        return text!("schedule-hours-once", date = i18n::date(rule.from), times);
    };
    match Repeats::of(recurrence.as_str()) {
        Repeats::Weekly { every: 1, days } => {
            text!("schedule-hours-weekly", weeks = 1u8, days = days_of_week(&days), times)
        }
        Repeats::Weekly { every, days: on } => {
            text!("schedule-hours-weekly", weeks = every, days = days(&on), times)
        }
        Repeats::Monthly { nth, days } => {
            let days = i18n::and(&days.into_iter().map(i18n::weekday).collect::<Vec<_>>());
            text!("schedule-hours-monthly", nth = i64::from(nth), days, times)
        }
        Repeats::Rule(_) => text!("schedule-hours-advanced", times),
    }
}

/// A period of the form: what it says, or else by its days: `Tuesday, second period`.
pub fn period(lines: &[TypedRule], line: usize, today: NaiveDate) -> String {
    match period_name(lines, line, today) {
        PeriodName::Rule(rule) => hours(&rule),
        PeriodName::Days { days, number } => {
            text!("schedule-period-of-days", days = days_of_week(&days), number)
        }
        PeriodName::Number(number) => text!("schedule-period", number),
    }
}

/// How often hours repeat, as the form offers it.
pub fn choice(choice: Choice) -> String {
    match choice {
        Choice::Weeks(count) => text!("schedule-repeats-weeks", count),
        Choice::OfMonth(nth) => text!("schedule-repeats-monthly", nth = i64::from(nth)),
        Choice::Rule => text!("schedule-repeats-advanced"),
    }
}

/// Until when a time can be booked: `2 hours before`.
pub fn notice(minutes: i64) -> String {
    const HOUR: i64 = 60;
    const DAY: i64 = 24 * HOUR;
    const WEEK: i64 = 7 * DAY;
    match minutes {
        0 => text!("schedule-notice-start"),
        _ if minutes % WEEK == 0 => text!("schedule-notice-weeks", count = minutes / WEEK),
        _ if minutes % DAY == 0 => text!("schedule-notice-days", count = minutes / DAY),
        _ if minutes % HOUR == 0 => text!("schedule-notice-hours", count = minutes / HOUR),
        _ => text!("schedule-notice-minutes", count = minutes),
    }
}

/// `Tue, 1 Dec 2026`, `Tue, 1 Dec 2026 to Fri, 4 Dec 2026`, `Tue, 1 Dec 2026, 14:00–16:30`.
pub fn time_off(off: &TimeOff) -> String {
    let (first, until) = (off.starts.date(), off.ends.date());
    let at_midnight = off.ends.time() == NaiveTime::MIN;
    let last = if at_midnight { until.pred_opt().unwrap_or(until) } else { until };
    let (from_date, to_date) = (i18n::date(first), i18n::date(last));
    let (from, to) = (off.starts.time(), off.ends.time());
    match (off.is_whole_days(), first == last) {
        (true, true) => from_date,
        (true, false) => text!("schedule-date-range", from = from_date, to = to_date),
        (false, true) => text!("schedule-off-part", date = from_date, times = times(from, to)),
        (false, false) => {
            let (from_time, to_time) = (i18n::clock(from), end(to));
            text!("schedule-off-moments", from_date, from_time, to_date, to_time)
        }
    }
}

/// What a change would do, or has done: `42 slots added, 12 removed.`
pub fn change(added: u64, removed: u64) -> String {
    match (added, removed) {
        (0, 0) => text!("schedule-change-none"),
        (added, 0) => text!("schedule-change-added", added),
        (0, removed) => text!("schedule-change-removed", removed),
        (added, removed) => text!("schedule-change-both", added, removed),
    }
}

/// `3 appointments are outside opening hours. They stay booked until you reschedule or cancel them.`
pub fn conflicts(number: u64) -> String {
    text!("schedule-conflicts", count = number)
}

/// `Mon, 30 Nov 2026, 10:00 IST: 3 booked, 2 places.`
pub fn overfull(time: &Overfull, zone: Zone) -> String {
    let starts = LocalTime::new(time.starts_at, zone).moment();
    text!("schedule-overfull", time = starts, booked = time.booked, places = time.seats)
}

/// The text for a stored rule that cannot be parsed.
pub fn unreadable() -> String {
    text!("schedule-unreadable")
}

/// The result of saving.
pub fn changed(saved: Saved) -> String {
    match (saved.added, saved.removed) {
        (0, 0) => text!("schedule-saved-none"),
        (added, removed) => change(added, removed),
    }
}

/// A problem with a period of opening hours.
pub fn line_problem(found: &LineProblem, lines: &[TypedRule], today: NaiveDate) -> String {
    let period = |line| period(lines, line, today);
    let this = period(found.line);
    match found.meets {
        Some((Other::Line(other), date)) => {
            let other = period(other);
            if this == other {
                return text!("schedule-problem-twice", period = this);
            }
            text!("schedule-problem-overlap", period = this, other, date = i18n::date(date))
        }
        Some((Other::SingleDay, date)) => {
            text!("schedule-problem-overlap-extra", period = this, date = i18n::date(date))
        }
        None => text!("schedule-problem", period = this, problem = problem(&found.problem)),
    }
}

fn problem(found: &FieldProblem) -> String {
    match (found.field, found.problem) {
        (Field::Weekday, Problem::Missing) => text!("schedule-problem-days-missing"),
        (Field::EffectiveFrom | Field::EffectiveUntil, Problem::Malformed) => {
            text!("schedule-problem-date", example = "2026-11-24")
        }
        (Field::Repeats, Problem::Missing) => {
            text!("schedule-problem-rule-missing", example = RULE_EXAMPLE)
        }
        (Field::Repeats, Problem::Never) => text!("schedule-problem-never"),
        _ => super::field_problem(found),
    }
}

/// A problem with a time off.
pub fn off_problem(found: &FieldProblem) -> String {
    match (found.field, found.problem) {
        (Field::EffectiveFrom, Problem::Missing) => text!("schedule-problem-first-day-missing"),
        (Field::EffectiveFrom, Problem::Never) => text!("schedule-problem-off-past"),
        (Field::EffectiveUntil, Problem::EndsBeforeStart) => {
            text!("schedule-problem-last-before-first")
        }
        (Field::EffectiveUntil, Problem::Unknown) => text!("schedule-problem-part-of-one-day"),
        (Field::StartsAt, Problem::Missing) => text!("schedule-problem-off-from-missing"),
        (Field::EndsAt, Problem::Missing) => text!("schedule-problem-off-to-missing"),
        (Field::Reason, Problem::TooLong(max)) => text!("schedule-problem-note-too-long", max),
        _ => problem(found),
    }
}

/// A problem with extra hours on a day.
pub fn day_problem(found: &FieldProblem) -> String {
    match (found.field, found.problem) {
        (Field::EffectiveFrom, Problem::Missing) => text!("schedule-problem-day-missing"),
        (Field::EffectiveFrom, Problem::Never) => text!("schedule-problem-day-past"),
        (_, Problem::Overlaps) => text!("schedule-problem-day-overlaps"),
        _ => problem(found),
    }
}

#[cfg(test)]
mod tests {
    use nadi::calendar::parse_date;
    use nadi::ids::LocationId;
    use nadi::recurrence::Recurrence;
    use nadi::visit::Mode;

    use super::*;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").expect("a time")
    }

    #[test]
    fn hours_are_described_in_everyday_words() {
        let mut rule = Rule {
            location: LocationId(uuid::Uuid::nil()),
            mode: Mode::InPerson,
            repeats: None,
            from: parse_date("2026-11-28").expect("a date"),
            until: None,
            starts: time("10:00"),
            ends: time("00:00"),
            slot_minutes: 20,
            buffer_before: 0,
            buffer_after: 0,
            capacity: 1,
            notice_minutes: 0,
            window_days: None,
        };
        assert_eq!(hours(&rule), "Sat, 28 Nov 2026, 10:00–midnight");
        for (text, said) in [
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Monday to Friday, 10:00–midnight"),
            ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "Monday, Wednesday and Friday, 10:00–midnight"),
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "Every day, 10:00–midnight"),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU",
                "Saturday and Sunday every 2 weeks, 10:00–midnight",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR,SA,SU",
                "Monday to Sunday every 2 weeks, 10:00–midnight",
            ),
            ("FREQ=MONTHLY;BYDAY=1MO", "First Monday of each month, 10:00–midnight"),
            (
                "FREQ=MONTHLY;BYDAY=-1MO,-1TU",
                "Last Monday and Tuesday of each month, 10:00–midnight",
            ),
            ("FREQ=MONTHLY;BYMONTHDAY=13", "Advanced repeat rule, 10:00–midnight"),
        ] {
            rule.repeats = Recurrence::of_days(text).ok();
            assert_eq!(hours(&rule), said);
        }
    }

    #[test]
    fn time_off_says_its_last_day() {
        let off = |from: &str, until: &str| {
            let at = |text| {
                chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time")
            };
            time_off(&TimeOff { starts: at(from), ends: at(until), note: String::new() })
        };
        assert_eq!(off("2026-12-01 00:00", "2026-12-02 00:00"), "Tue, 1 Dec 2026");
        assert_eq!(
            off("2026-12-01 00:00", "2026-12-05 00:00"),
            "Tue, 1 Dec 2026 to Fri, 4 Dec 2026"
        );
        assert_eq!(off("2026-12-01 14:00", "2026-12-01 16:30"), "Tue, 1 Dec 2026, 14:00–16:30");
        assert_eq!(off("2026-12-01 14:00", "2026-12-02 00:00"), "Tue, 1 Dec 2026, 14:00–midnight");
    }

    #[test]
    fn numbers_agree_with_their_words() {
        assert_eq!(change(42, 12), "42 slots added, 12 removed.");
        assert_eq!(change(1, 1), "1 slot added, 1 removed.");
        assert_eq!(change(1_000, 0), "1,000 slots added.");
        assert_eq!(change(0, 1), "1 slot removed.");
        assert_eq!(change(0, 0), "No changes.");
        assert!(
            conflicts(1).starts_with("1 appointment is at a time you no longer offer. It stays")
        );
        assert!(
            conflicts(2).starts_with("2 appointments are at times you no longer offer. They stay")
        );
    }

    #[test]
    fn choices_are_told_apart() {
        let all: Vec<String> = Choice::ALL.iter().map(|(one, _)| choice(*one)).collect();
        assert_eq!(all[..2], ["Every week", "Every 2 weeks"]);
        assert_eq!(all[8], "Every month, for example the last Monday");
        let mut each = all.clone();
        each.sort_unstable();
        each.dedup();
        assert_eq!(each.len(), all.len(), "{all:?}");
    }

    #[test]
    fn notice_is_in_the_largest_whole_unit() {
        for (minutes, said) in [
            (0, "At the start time"),
            (60, "1 hour before"),
            (90, "90 minutes before"),
            (2 * 24 * 60, "2 days before"),
            (7 * 24 * 60, "1 week before"),
        ] {
            assert_eq!(notice(minutes), said);
        }
    }

    #[test]
    fn problems_name_the_period_as_the_form_does() {
        let today = parse_date("2026-11-23").expect("a date");
        let line = |starts_at: &str, ends_at: &str| TypedRule {
            tu: "yes".into(),
            starts_at: starts_at.into(),
            ends_at: ends_at.into(),
            ..TypedRule::fresh(uuid::Uuid::nil().to_string(), today)
        };
        let empty = TypedRule::fresh(String::new(), today);
        let lines = [line("10:00", "12:00"), line("11:00", "13:00"), line("15:00", ""), empty];
        let missing = |line, field| LineProblem::new(line, field, Problem::Missing);
        let said = |found: &LineProblem| line_problem(found, &lines, today);
        assert!(said(&missing(2, Field::EndsAt)).starts_with("Tuesday, third period: "));
        assert_eq!(said(&missing(3, Field::Weekday)), "Period 4: Choose at least one day.");
        let overlap = LineProblem {
            meets: Some((Other::Line(0), parse_date("2026-11-24").expect("a date"))),
            ..LineProblem::new(1, Field::StartsAt, Problem::Overlaps)
        };
        assert_eq!(
            said(&overlap),
            "Tuesday, 11:00–13:00 overlaps Tuesday, 10:00–12:00 on Tue, 24 Nov 2026. Change one of them."
        );
    }
}
