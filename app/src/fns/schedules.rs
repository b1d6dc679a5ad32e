//! A doctor's weekly hours.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::FormFailure;

/// One line of weekly hours as typed; in a form its fields are called `lines[0][weekday]` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedLine {
    /// `1` is Monday (ISO 8601).
    pub weekday: String,
    pub starts_at: String,
    pub ends_at: String,
    pub slot_minutes: String,
    pub seat_capacity: String,
    pub mode: String,
    pub location: String,
    /// Ticked: the line goes.
    pub remove: String,
}

/// Replaces a doctor's weekly hours, then leads back to them and says what changed.
/// With `own`, the form was the doctor's own.
#[server(prefix = "/fn", endpoint = "save_hours")]
pub async fn save_hours(
    doctor: String,
    #[server(default)] own: bool,
    #[server(default)] lines: Vec<TypedLine>,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = if own { crate::links::own_hours() } else { crate::links::doctor_hours(&doctor) };
    let doctor = super::known(&doctor)?;
    let lines = typed::read(&lines).map_err(|problems| {
        nadi::Failure::Invalid(problems.into_iter().map(|found| found.problem).collect())
    })?;
    let saved = ports.schedules.save_hours(&caller, doctor, lines).await;
    if let Some(saved) = super::answered(saved, &page)? {
        super::done(&typed::query(&saved).on(&page));
    }
    Ok(())
}

/// From typed lines to hours, and back.
#[cfg(feature = "ssr")]
pub mod typed {
    use chrono::{NaiveDate, NaiveTime, Weekday};
    use nadi::calendar::parse_date;
    use nadi::failure::{Field, FieldProblem, Problem};
    use nadi::ids::RuleId;
    use nadi::ports::{HoursLine, HoursSaved};
    use nadi::schedule::{CAPACITY_MAX, SLOT_MINUTES_MAX, SLOT_MINUTES_MIN, WeeklyHours};
    use nadi::visit::Mode;

    use super::TypedLine;
    use crate::links::Query;

    /// More lines than any week has; a form with more was not made by us.
    pub const LINES_MAX: usize = 60;
    /// As many dates as one can read; the others are counted.
    const DATES_SHOWN: usize = 14;

    /// A problem, and the line (from 0) it is on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LineProblem {
        pub line: usize,
        pub problem: FieldProblem,
    }

    impl TypedLine {
        /// A line as it is edited.
        pub fn of(line: &HoursLine) -> Self {
            Self {
                weekday: line.weekday.number_from_monday().to_string(),
                starts_at: line.starts.format("%H:%M").to_string(),
                ends_at: line.ends.format("%H:%M").to_string(),
                slot_minutes: line.slot_minutes.to_string(),
                seat_capacity: line.capacity.to_string(),
                mode: line.mode.as_str().to_owned(),
                location: line.location.to_string(),
                remove: String::new(),
            }
        }

        /// Cleared, ticked for removal, or never filled.
        pub fn is_gone(&self) -> bool {
            let blank = |text: &str| text.trim().is_empty();
            !self.remove.is_empty() || (blank(&self.starts_at) && blank(&self.ends_at))
        }
    }

    fn weekday(text: &str) -> Result<Weekday, Problem> {
        let number: u8 = text.trim().parse().map_err(|_| match text.trim() {
            "" => Problem::Missing,
            _ => Problem::Unknown,
        })?;
        number.checked_sub(1).and_then(|day| Weekday::try_from(day).ok()).ok_or(Problem::Unknown)
    }

    fn time(text: &str) -> Result<NaiveTime, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Problem::Missing);
        }
        NaiveTime::parse_from_str(text, "%H:%M")
            .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"))
            .map_err(|_| Problem::Malformed)
    }

    fn number(text: &str, min: u16, max: u16) -> Result<u16, Problem> {
        let out = Problem::OutOfRange { min: min.into(), max: max.into() };
        match text.trim() {
            "" => Err(Problem::Missing),
            text => text.parse().ok().filter(|n| (min..=max).contains(n)).ok_or(out),
        }
    }

    fn read_line(line: &TypedLine) -> Result<HoursLine, Vec<FieldProblem>> {
        let weekday = weekday(&line.weekday);
        let (starts, ends) = (time(&line.starts_at), time(&line.ends_at));
        let minutes = number(&line.slot_minutes, SLOT_MINUTES_MIN, SLOT_MINUTES_MAX);
        let capacity = number(&line.seat_capacity, 1, CAPACITY_MAX);
        let mode = Mode::parse(&line.mode).ok_or(Problem::Unknown);
        let location = line.location.parse().map_err(|_| Problem::Unknown);
        if let (
            Ok(weekday),
            Ok(starts),
            Ok(ends),
            Ok(slot_minutes),
            Ok(capacity),
            Ok(mode),
            Ok(location),
        ) = (weekday, starts, ends, minutes, capacity, mode, &location)
        {
            let (id, location) = (None, *location);
            let read =
                HoursLine { id, location, mode, weekday, starts, ends, slot_minutes, capacity };
            return hours(&read).check().map(|()| read).map_err(|problem| vec![problem]);
        }
        let problems = [
            (Field::Weekday, weekday.err()),
            (Field::StartsAt, starts.err()),
            (Field::EndsAt, ends.err()),
            (Field::SlotMinutes, minutes.err()),
            (Field::SeatCapacity, capacity.err()),
            (Field::Mode, mode.err()),
            (Field::Location, location.err()),
        ];
        Err(problems
            .into_iter()
            .filter_map(|(field, problem)| Some(FieldProblem { field, problem: problem? }))
            .collect())
    }

    /// The lines that stay, or everything that is wrong with them: each line for
    /// itself first, then which of them overlap. The same rules stand behind the
    /// port; here they also say where.
    ///
    /// # Errors
    /// At least one problem.
    pub fn read(lines: &[TypedLine]) -> Result<Vec<HoursLine>, Vec<LineProblem>> {
        if lines.len() > LINES_MAX {
            let max = i64::try_from(LINES_MAX).unwrap_or(i64::MAX);
            let problem = Problem::OutOfRange { min: 0, max };
            let problem = FieldProblem { field: Field::Weekday, problem };
            return Err(vec![LineProblem { line: LINES_MAX, problem }]);
        }
        let mut good: Vec<(usize, HoursLine)> = Vec::new();
        let mut bad = Vec::new();
        for (line, typed) in lines.iter().enumerate().filter(|(_, typed)| !typed.is_gone()) {
            match read_line(typed) {
                Ok(read) => good.push((line, read)),
                Err(problems) => {
                    bad.extend(problems.into_iter().map(|problem| LineProblem { line, problem }));
                }
            }
        }
        for (index, (line, later)) in good.iter().enumerate() {
            let later = hours(later);
            if good[..index].iter().any(|(_, earlier)| hours(earlier).overlaps(&later)) {
                let problem = FieldProblem { field: Field::StartsAt, problem: Problem::Overlaps };
                bad.push(LineProblem { line: *line, problem });
            }
        }
        if bad.is_empty() {
            Ok(good.into_iter().map(|(_, line)| line).collect())
        } else {
            bad.sort_by_key(|found| found.line);
            Err(bad)
        }
    }

    /// As a rule without bounds, to ask what rules are asked.
    fn hours(line: &HoursLine) -> WeeklyHours {
        WeeklyHours {
            id: line.id.unwrap_or(RuleId(uuid::Uuid::nil())),
            location: line.location,
            mode: line.mode,
            weekday: line.weekday,
            starts: line.starts,
            ends: line.ends,
            slot_minutes: line.slot_minutes,
            capacity: line.capacity,
            effective_from: NaiveDate::MIN,
            effective_until: None,
        }
    }

    /// What was saved, as a query: `saved=12.3&kept=2026-11-24.2026-12-01&more=2`.
    pub fn query(saved: &HoursSaved) -> Query {
        let shown = saved.kept_days.iter().take(DATES_SHOWN);
        let dates: Vec<String> = shown.map(NaiveDate::to_string).collect();
        let more = saved.kept_days.len().saturating_sub(DATES_SHOWN);
        let more = if more > 0 { more.to_string() } else { String::new() };
        Query::new()
            .with("saved", &format!("{}.{}", saved.times_added, saved.times_removed))
            .with("kept", &dates.join("."))
            .with("more", &more)
    }

    /// What was saved, and how many more dates were kept than are named. `None` when nothing was.
    pub fn saved(saved: &str, kept: &str, more: &str) -> Option<(HoursSaved, u32)> {
        let (added, removed) = saved.split_once('.')?;
        let count = |text: &str| text.parse::<u32>().ok().map(i64::from);
        let saved = HoursSaved {
            times_added: count(added)?,
            times_removed: count(removed)?,
            kept_days: kept.split('.').filter_map(parse_date).take(DATES_SHOWN).collect(),
        };
        Some((saved, more.parse().unwrap_or(0)))
    }

    #[cfg(test)]
    mod tests {
        use chrono::Days;

        use super::*;

        fn line(weekday: &str, starts_at: &str, ends_at: &str) -> TypedLine {
            TypedLine {
                weekday: weekday.into(),
                starts_at: starts_at.into(),
                ends_at: ends_at.into(),
                slot_minutes: "20".into(),
                seat_capacity: "1".into(),
                mode: "in_person".into(),
                location: "00000000-0000-0000-0000-000000000007".into(),
                ..TypedLine::default()
            }
        }

        fn problem(line: usize, field: Field, problem: Problem) -> LineProblem {
            LineProblem { line, problem: FieldProblem { field, problem } }
        }

        #[test]
        fn lines_that_are_cleared_or_ticked_go() {
            let ticked = TypedLine { remove: "yes".into(), ..line("9", "x", "") };
            let lines = [line("1", "09:00", "12:00"), line("", " ", ""), ticked];
            let read = read(&lines).expect("one line");
            assert_eq!(read.len(), 1);
            assert_eq!(TypedLine::of(&read[0]), lines[0]);
        }

        /// As a browser sends it: brackets percent-encoded, unticked boxes and disabled lines left out.
        #[test]
        fn a_plain_form_arrives_whole() {
            use std::task::{Context, Poll, Waker};

            use axum::body::Body;
            use axum::http::Request;
            use leptos::server_fn::codec::{FromReq, PostUrl};

            use crate::error::FormFailure;
            use crate::fns::schedules::SaveHours;

            let body = "doctor=7&own=true\
                &lines%5B0%5D%5Bweekday%5D=1&lines%5B0%5D%5Bstarts_at%5D=09%3A00\
                &lines%5B12%5D%5Bweekday%5D=&lines%5B12%5D%5Bremove%5D=yes\
                &lines%5B2%5D%5Bweekday%5D=3&lines%5B2%5D%5Blocation%5D=b+c";
            let request = Request::post("/fn/save_hours")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(body))
                .expect("a request");
            let arriving = <SaveHours as FromReq<PostUrl, _, FormFailure>>::from_req(request);
            let mut arriving = std::pin::pin!(arriving);
            let polled = arriving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(Ok(form)) = polled else { panic!("not read") };
            assert_eq!((form.doctor.as_str(), form.own), ("7", true));
            let weekdays: Vec<_> = form.lines.iter().map(|line| line.weekday.as_str()).collect();
            assert_eq!(weekdays, ["1", "3", ""], "in the order of their numbers");
            assert_eq!(form.lines[0].starts_at, "09:00");
            assert_eq!(form.lines[1].location, "b c");
            assert_eq!(form.lines[2].remove, "yes");
        }

        #[test]
        fn problems_name_their_line() {
            let lines = [
                line("1", "09:00", "12:00"),
                line("", "9", "08:00"),
                line("1", "11:40", "13:00"),
                line("2", "10:00", "09:00"),
            ];
            assert_eq!(
                read(&lines),
                Err(vec![
                    problem(1, Field::Weekday, Problem::Missing),
                    problem(1, Field::StartsAt, Problem::Malformed),
                    problem(2, Field::StartsAt, Problem::Overlaps),
                    problem(3, Field::EndsAt, Problem::EndsBeforeStart),
                ])
            );
            assert!(read(&vec![TypedLine::default(); LINES_MAX + 1]).is_err());
        }

        #[test]
        fn what_was_saved_survives_the_address() {
            let first = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date");
            let kept_days: Vec<_> = (0..16).map(|n| first + Days::new(n * 7)).collect();
            let done = HoursSaved { times_added: 12, times_removed: 3, kept_days };
            let address = query(&done).on("/calendar/hours");
            assert!(address.starts_with("/calendar/hours?saved=12.3&kept=2026-11-24.2026-12-01."));
            assert!(address.ends_with("&more=2"));
            let (read, more) = saved("12.3", "2026-11-24.nonsense", "2").expect("saved");
            assert_eq!((read.times_added, read.times_removed, more), (12, 3, 2));
            assert_eq!(read.kept_days, [first]);
            assert!(saved("", "", "").is_none());
            assert!(saved("-1.<b>", "", "").is_none());
        }
    }
}
