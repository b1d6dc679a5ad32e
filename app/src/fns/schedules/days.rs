//! Time off and single days: parsing, and their identifiers in forms.

use chrono::{NaiveDate, NaiveTime};
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::input::optional_line;
use nadi::schedule::{
    CAPACITY_MAX, NOTE_CHARS_MAX, Rule, SLOT_MINUTES_MAX, SLOT_MINUTES_MIN, Schedule, TimeOff,
};
use nadi::visit::Mode;

use super::hours::{Found, date, number, time};
use super::typed::{TypedDay, TypedTimeOff};

/// # Errors
/// At least one problem. [`Problem::Never`] with the first day: it is over. [`Problem::Unknown`] with
/// the last day: a part of a day is of one day.
pub fn time_off(typed: &TypedTimeOff, today: NaiveDate) -> Result<TimeOff, Vec<FieldProblem>> {
    let mut found = Found::default();
    let first = found.of(Field::EffectiveFrom, date(&typed.first_day));
    let last = match typed.last_day.trim() {
        "" => first,
        text => found.of(Field::EffectiveUntil, date(text)),
    };
    let part = [&typed.off_from, &typed.off_to].iter().any(|text| !text.trim().is_empty());
    let times = if part {
        let from = found.of(Field::StartsAt, time(&typed.off_from));
        let until = found.of(Field::EndsAt, time(&typed.off_to));
        from.zip(until)
    } else {
        Some((NaiveTime::MIN, NaiveTime::MIN))
    };
    let note = optional_line(Field::Reason, &typed.note, NOTE_CHARS_MAX);
    let note = note.map_err(|problem| found.0.push(problem)).ok();
    if part && last.is_some() && first.is_some() && last != first {
        found.of::<()>(Field::EffectiveUntil, Err(Problem::Unknown));
    } else if let (Some(first), Some(last)) = (first, last) {
        if last < first {
            found.of::<()>(Field::EffectiveUntil, Err(Problem::EndsBeforeStart));
        } else if last < today {
            found.of::<()>(Field::EffectiveFrom, Err(Problem::Never));
        }
    }
    let (Some(first), Some(last), Some((from, until)), Some(note), true) =
        (first, last, times, note, found.0.is_empty())
    else {
        return Err(found.0);
    };
    // Midnight is the end of the day.
    let last = if until == NaiveTime::MIN { last.succ_opt().unwrap_or(last) } else { last };
    let off = TimeOff { starts: first.and_time(from), ends: last.and_time(until), note };
    off.check().map_err(|problem| vec![problem])?;
    Ok(off)
}

/// # Errors
/// At least one problem. [`Problem::Never`] with the first day: it is over.
pub fn single_day(typed: &TypedDay, today: NaiveDate) -> Result<Rule, Vec<FieldProblem>> {
    let mut found = Found::default();
    let day =
        date(&typed.day).and_then(|day| if day < today { Err(Problem::Never) } else { Ok(day) });
    let day = found.of(Field::EffectiveFrom, day);
    let starts = found.of(Field::StartsAt, time(&typed.day_from));
    let ends = found.of(Field::EndsAt, time(&typed.day_to));
    let minutes = number(&typed.slot_minutes, SLOT_MINUTES_MIN..=SLOT_MINUTES_MAX, None);
    let minutes = found.of(Field::SlotMinutes, minutes);
    let mode = found.of(Field::Mode, Mode::parse(&typed.mode).ok_or(Problem::Unknown));
    let location = typed.location.parse().map_err(|_| Problem::Unknown);
    let location = found.of(Field::Location, location);
    let capacity = number(&typed.seat_capacity, 1..=CAPACITY_MAX, Some(1));
    let capacity = found.of(Field::SeatCapacity, capacity);
    let (
        Some(from),
        Some(starts),
        Some(ends),
        Some(slot_minutes),
        Some(mode),
        Some(location),
        Some(capacity),
    ) = (day, starts, ends, minutes, mode, location, capacity)
    else {
        return Err(found.0);
    };
    let rule = Rule {
        location,
        mode,
        repeats: None,
        from,
        until: None,
        starts,
        ends,
        slot_minutes,
        buffer_before: 0,
        buffer_after: 0,
        capacity,
        notice_minutes: 0,
        window_days: None,
    };
    rule.check().map_err(|problem| vec![problem])?;
    Ok(rule)
}

/// The identifier of a time off in a form: its start and end.
pub fn name_of_time_off(off: &TimeOff) -> String {
    let moment = |at: chrono::NaiveDateTime| at.format("%Y-%m-%dT%H:%M").to_string();
    format!("off.{}.{}", moment(off.starts), moment(off.ends))
}

/// The identifier of a single day in a form: its start, since no two start at the same time.
pub fn name_of_day(rule: &Rule) -> String {
    let starts = rule.from.and_time(rule.starts).format("%Y-%m-%dT%H:%M");
    format!("day.{starts}.{}", rule.location)
}

/// Removes the time off or single day with this identifier. `false` when there is none.
pub fn remove(schedule: &mut Schedule, name: &str) -> bool {
    if let Some(index) = schedule.time_off.iter().position(|off| name_of_time_off(off) == name) {
        schedule.time_off.remove(index);
        return true;
    }
    let is_it = |rule: &Rule| rule.repeats.is_none() && name_of_day(rule) == name;
    if let Some(index) = schedule.rules.iter().position(is_it) {
        schedule.rules.remove(index);
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn on(text: &str) -> NaiveDate {
        nadi::calendar::parse_date(text).expect("a date")
    }

    fn off(first_day: &str, last_day: &str, from: &str, to: &str) -> TypedTimeOff {
        TypedTimeOff {
            first_day: first_day.into(),
            last_day: last_day.into(),
            off_from: from.into(),
            off_to: to.into(),
            note: " Wedding ".into(),
        }
    }

    fn read(typed: &TypedTimeOff) -> Result<(String, String), Vec<(Field, Problem)>> {
        time_off(typed, on("2026-11-23"))
            .map(|off| (off.starts.to_string(), off.ends.to_string()))
            .map_err(|found| found.iter().map(|found| (found.field, found.problem)).collect())
    }

    #[test]
    fn days_off_include_the_last_and_parts_are_of_one_day() {
        let whole = |first, last| Ok((format!("{first} 00:00:00"), format!("{last} 00:00:00")));
        assert_eq!(
            read(&off("2026-12-01", "2026-12-04", "", "")),
            whole("2026-12-01", "2026-12-05")
        );
        assert_eq!(read(&off("2026-12-01", "", "", "")), whole("2026-12-01", "2026-12-02"));
        let part = Ok(("2026-12-01 14:00:00".to_owned(), "2026-12-01 16:30:00".to_owned()));
        assert_eq!(read(&off("2026-12-01", "2026-12-01", "14:00", "16:30")), part);
        let evening = Ok(("2026-12-01 14:00:00".to_owned(), "2026-12-02 00:00:00".to_owned()));
        assert_eq!(read(&off("2026-12-01", "", "14:00", "00:00")), evening);
    }

    #[test]
    fn problems_of_time_off_are_named() {
        use Problem::{EndsBeforeStart, Malformed, Missing, Never, Unknown};
        for (first, last, from, to, field, problem) in [
            ("", "", "", "", Field::EffectiveFrom, Missing),
            ("2026-12-01", "soon", "", "", Field::EffectiveUntil, Malformed),
            ("2026-12-01", "2026-11-30", "", "", Field::EffectiveUntil, EndsBeforeStart),
            ("2026-11-01", "2026-11-22", "", "", Field::EffectiveFrom, Never),
            ("2026-12-01", "2026-12-02", "10:00", "11:00", Field::EffectiveUntil, Unknown),
            ("2026-12-01", "", "10:00", "", Field::EndsAt, Missing),
            ("2026-12-01", "", "10:00", "09:00", Field::EndsAt, EndsBeforeStart),
        ] {
            assert_eq!(
                read(&off(first, last, from, to)),
                Err(vec![(field, problem)]),
                "{first} {last}"
            );
        }
        assert!(read(&off("2026-11-01", "2026-11-23", "", "")).is_ok(), "it lasts until today");
    }

    #[test]
    fn only_the_entry_that_was_shown_is_removed() {
        let today = on("2026-11-23");
        let day = TypedDay {
            day: "2026-11-28".into(),
            day_from: "10:00".into(),
            day_to: "00:00".into(),
            slot_minutes: "20".into(),
            mode: "video".into(),
            location: Uuid::from_u128(7).to_string(),
            seat_capacity: String::new(),
        };
        let single = single_day(&day, today).expect("a day");
        let week = time_off(&off("2026-12-01", "2026-12-04", "", ""), today).expect("time off");
        let (day, week_name) = (name_of_day(&single), name_of_time_off(&week));
        let mut schedule = Schedule { rules: vec![single], time_off: vec![week] };
        assert!(!remove(&mut schedule, "off.2026-12-01T00:00.2026-12-04T00:00"));
        assert!(remove(&mut schedule, &week_name) && remove(&mut schedule, &day));
        assert_eq!(schedule, Schedule::default());
        assert!(!remove(&mut schedule, &day), "only once");
    }

    #[test]
    fn a_past_date_and_missing_fields_of_a_single_day_are_named() {
        let found = single_day(
            &TypedDay { day: "2026-11-22".into(), ..TypedDay::default() },
            on("2026-11-23"),
        );
        let fields: Vec<_> =
            found.expect_err("much is missing").iter().map(|found| found.field).collect();
        use Field::{EffectiveFrom, EndsAt, Location, Mode, SlotMinutes, StartsAt};
        assert_eq!(fields, [EffectiveFrom, StartsAt, EndsAt, SlotMinutes, Mode, Location]);
    }
}
