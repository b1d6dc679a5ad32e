//! Texts about a doctor's schedule and changes of it.

use chrono::{NaiveTime, Weekday};
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::local_time::LocalTime;
use nadi::schedule::{Overfull, Rule, TimeOff};
use nadi::zone::Zone;

use crate::fns::schedules::base::Saved;
use crate::fns::schedules::hours::{LineProblem, Other};
use crate::fns::schedules::repeats::Repeats;
use crate::i18n::LocalTimeText as _;

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// `Monday`.
pub fn weekday(day: Weekday) -> &'static str {
    WEEKDAYS[day.num_days_from_monday() as usize]
}

/// `a`, `a and b`, `a, b and c`.
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `Mondays to Fridays`, `Mondays and Wednesdays`, `every day`. `days` has to be sorted.
fn on_days(days: &[Weekday]) -> String {
    let plural = |day: Weekday| format!("{}s", weekday(day));
    let in_a_row = days.windows(2).all(|pair| pair[0].succ() == pair[1]);
    match days {
        days if days.len() == 7 => "every day".into(),
        [first, .., last] if in_a_row && days.len() > 2 => {
            format!("{} to {}", plural(*first), plural(*last))
        }
        days => list(&days.iter().copied().map(plural).collect::<Vec<_>>()),
    }
}

/// `Mondays to Fridays`, `Mondays, every 2 weeks`, `the first Monday of each month`.
fn repeats(repeats: &Repeats) -> String {
    match repeats {
        Repeats::Weekly { every: 1, days } => on_days(days),
        Repeats::Weekly { every, days } => format!("{}, every {every} weeks", on_days(days)),
        Repeats::Monthly { nth, days } => {
            let nth = match nth {
                1 => "first",
                2 => "second",
                3 => "third",
                4 => "fourth",
                _ => "last",
            };
            let days: Vec<_> = days.iter().map(|day| weekday(*day).to_owned()).collect();
            format!("the {nth} {} of each month", list(&days))
        }
        Repeats::Rule(_) => "by a rule".into(),
    }
}

/// `10:00`; the midnight that ends a day is `24:00`.
fn end(time: NaiveTime) -> String {
    if time == NaiveTime::MIN { "24:00".into() } else { time.format("%H:%M").to_string() }
}

/// `10:00–14:00`.
pub fn times(starts: NaiveTime, ends: NaiveTime) -> String {
    format!("{}–{}", starts.format("%H:%M"), end(ends))
}

/// `Mondays to Fridays, 10:00–14:00`.
pub fn hours(rule: &Rule) -> String {
    let when = match &rule.repeats {
        Some(recurrence) => repeats(&Repeats::of(recurrence.as_str())),
        None => crate::i18n::date(rule.from),
    };
    let mut letters = when.chars();
    let when: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    format!("{when}, {}", times(rule.starts, rule.ends))
}

/// `Tue 1 Dec 2026`, `Tue 1 Dec 2026 – Fri 4 Dec 2026`, `Tue 1 Dec 2026, 14:00–16:30`.
pub fn time_off(off: &TimeOff) -> String {
    let (first, until) = (off.starts.date(), off.ends.date());
    let at_midnight = off.ends.time() == NaiveTime::MIN;
    let last = if at_midnight { until.pred_opt().unwrap_or(until) } else { until };
    if off.is_whole_days() {
        return match first == last {
            true => crate::i18n::date(first),
            false => format!("{} – {}", crate::i18n::date(first), crate::i18n::date(last)),
        };
    }
    let (from, to) = (off.starts.time().format("%H:%M"), end(off.ends.time()));
    match first == last {
        true => format!("{}, {from}–{to}", crate::i18n::date(first)),
        false => {
            format!("{}, {from} – {}, {to}", crate::i18n::date(first), crate::i18n::date(last))
        }
    }
}

fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// `42 times come, 12 go.`
pub fn would_change(added: u64, removed: u64) -> String {
    match (added, removed) {
        (0, 0) => "No time comes, and none goes.".into(),
        (added, 0) => format!("{}.", count(added, "time comes", "times come")),
        (0, removed) => format!("{}.", count(removed, "time goes", "times go")),
        (added, removed) => {
            let goes = if removed == 1 { "goes" } else { "go" };
            format!("{}, {removed} {goes}.", count(added, "time comes", "times come"))
        }
    }
}

/// `3 appointments are in the way and stay until you move or cancel them.`
pub fn conflicts(number: u64) -> String {
    match number {
        1 => "1 appointment is in the way and stays until you move or cancel it.".into(),
        number => {
            format!("{number} appointments are in the way and stay until you move or cancel them.")
        }
    }
}

/// `Mon 30 Nov 2026, 10:00 IST: 3 booked, 2 seats.`
pub fn overfull(time: &Overfull, zone: Zone) -> String {
    let starts = LocalTime::new(time.starts_at, zone).moment();
    let seats = count(time.seats.into(), "seat", "seats");
    format!("{starts}: {} booked, {seats}.", time.booked)
}

/// The text for a stored rule that cannot be parsed.
pub const UNREADABLE: &str = "A part of these hours cannot be read, so no new times are made. Times that \
     are there already stay. Look at the hours below, add what is missing and save them again.";

/// The result of saving.
pub fn changed(saved: Saved) -> String {
    let times = |number| count(number, "time", "times");
    match (saved.added, saved.removed) {
        (0, 0) => "No times had to change.".into(),
        (added, 0) => format!("{} added.", times(added)),
        (0, removed) => format!("{} removed.", times(removed)),
        (added, removed) => format!("{} added, {removed} removed.", times(added)),
    }
}

/// A problem with a line of working hours. Lines are numbered from 1.
pub fn line_problem(found: &LineProblem) -> String {
    let line = found.line + 1;
    match found.meets {
        Some((Other::Line(other), date)) => format!(
            "Line {line} overlaps line {} on {}. Move one of them.",
            other + 1,
            crate::i18n::date(date)
        ),
        Some((Other::SingleDay, date)) => format!(
            "Line {line} overlaps the single day on {}. Move it, or remove that day first.",
            crate::i18n::date(date)
        ),
        None => format!("Line {line}: {}", problem(&found.problem)),
    }
}

fn problem(found: &FieldProblem) -> String {
    match (found.field, found.problem) {
        (Field::Weekday, Problem::Missing) => "Tick at least one day.".into(),
        (Field::EffectiveFrom | Field::EffectiveUntil, Problem::Malformed) => {
            "Enter the date like 2026-11-24.".into()
        }
        (Field::Repeats, Problem::Missing) => {
            "Write the rule, like FREQ=MONTHLY;BYDAY=1MO, or choose another way to repeat.".into()
        }
        (Field::Repeats, Problem::Never) => {
            "These days never come. Check the days, the first and the last day.".into()
        }
        _ => super::field_problem(found),
    }
}

/// A problem with a time off.
pub fn off_problem(found: &FieldProblem) -> String {
    match (found.field, found.problem) {
        (Field::EffectiveFrom, Problem::Missing) => "Enter the first day.".into(),
        (Field::EffectiveFrom, Problem::Never) => "These days are over. Choose coming ones.".into(),
        (Field::EffectiveUntil, Problem::EndsBeforeStart) => {
            "The last day is before the first. Choose a later one.".into()
        }
        (Field::EffectiveUntil, Problem::Unknown) => {
            "A part of a day is of one day: leave the last day empty.".into()
        }
        (Field::StartsAt, Problem::Missing) => "Enter from when you are off.".into(),
        (Field::EndsAt, Problem::Missing) => "Enter until when you are off.".into(),
        (Field::Reason, Problem::TooLong(max)) => {
            format!("The note is too long. Use at most {max} characters.")
        }
        _ => problem(found),
    }
}

/// A problem with a single day.
pub fn day_problem(found: &FieldProblem) -> String {
    match (found.field, found.problem) {
        (Field::EffectiveFrom, Problem::Missing) => "Enter the day.".into(),
        (Field::EffectiveFrom, Problem::Never) => "This day is over. Choose a coming one.".into(),
        (_, Problem::Overlaps) => "You have hours then already. Choose other times.".into(),
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
        assert_eq!(hours(&rule), "Sat 28 Nov 2026, 10:00–24:00");
        for (text, said) in [
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Mondays to Fridays, 10:00–24:00"),
            ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "Mondays, Wednesdays and Fridays, 10:00–24:00"),
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "Every day, 10:00–24:00"),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU",
                "Saturdays and Sundays, every 2 weeks, 10:00–24:00",
            ),
            ("FREQ=MONTHLY;BYDAY=1MO", "The first Monday of each month, 10:00–24:00"),
            ("FREQ=MONTHLY;BYMONTHDAY=13", "By a rule, 10:00–24:00"),
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
        assert_eq!(off("2026-12-01 00:00", "2026-12-02 00:00"), "Tue 1 Dec 2026");
        assert_eq!(off("2026-12-01 00:00", "2026-12-05 00:00"), "Tue 1 Dec 2026 – Fri 4 Dec 2026");
        assert_eq!(off("2026-12-01 14:00", "2026-12-01 16:30"), "Tue 1 Dec 2026, 14:00–16:30");
        assert_eq!(off("2026-12-01 14:00", "2026-12-02 00:00"), "Tue 1 Dec 2026, 14:00–24:00");
    }

    #[test]
    fn numbers_agree_with_their_verbs() {
        assert_eq!(would_change(42, 12), "42 times come, 12 go.");
        assert_eq!(would_change(1, 1), "1 time comes, 1 goes.");
        assert_eq!(would_change(0, 1), "1 time goes.");
        assert_eq!(would_change(0, 0), "No time comes, and none goes.");
        assert!(conflicts(1).starts_with("1 appointment is in the way"));
    }
}
