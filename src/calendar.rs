//! Months and weeks as in a wall calendar: pure calendar arithmetic, no zones.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::{Field, FieldProblem, Problem};

/// A month of a year, such as November 2026. Years run from 1970 to 2200, so arithmetic never leaves the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month a date lies in; dates outside 1970–2200 are moved to the nearest of these years.
    pub fn of(date: NaiveDate) -> Self {
        let year = date.year().clamp(1970, 2200);
        let first = NaiveDate::from_ymd_opt(year, date.month(), 1).unwrap_or(NaiveDate::MIN);
        Self { first }
    }

    /// `2026-11`. `None` when the text is not such a month.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        if year.len() != 4 || month.len() != 2 {
            return None;
        }
        let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
        (1970..=2200).contains(&first.year()).then_some(Self { first })
    }

    /// The first day.
    pub fn first(self) -> NaiveDate {
        self.first
    }

    /// The first day of the month after: the open end of the half-open range.
    pub fn end(self) -> NaiveDate {
        self.first.checked_add_months(Months::new(1)).unwrap_or(self.first)
    }

    pub fn next(self) -> Self {
        Self::of(self.end())
    }

    pub fn previous(self) -> Self {
        Self::of(self.first.checked_sub_months(Months::new(1)).unwrap_or(self.first))
    }

    /// The weeks that overlap this month, Monday first, each of seven days;
    /// days of the months around it fill the ends.
    pub fn weeks(self) -> Vec<[NaiveDate; 7]> {
        let mut weeks = Vec::with_capacity(6);
        let mut monday = week_of(self.first);
        while monday < self.end() {
            weeks.push(std::array::from_fn(|day| monday + Days::new(day as u64)));
            monday = monday + Days::new(7);
        }
        weeks
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.first.format("%Y-%m"))
    }
}

/// The Monday of the week a date lies in.
pub fn week_of(date: NaiveDate) -> NaiveDate {
    let back = u64::from(date.weekday().num_days_from_monday());
    date.checked_sub_days(Days::new(back)).unwrap_or(date)
}

/// A date from outside, `2026-11-24`, between 1970 and 2200. `None` otherwise.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == 10 && (1970..=2200).contains(&date.year())).then_some(date)
}

/// A birth date as written in a form or a request.
///
/// # Errors
/// The problem with [`Field::BirthDate`].
pub fn parse_birth_date(text: &str) -> Result<NaiveDate, FieldProblem> {
    let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    date.filter(|date| (1900..=2200).contains(&date.year()))
        .ok_or(FieldProblem { field: Field::BirthDate, problem: Problem::Malformed })
}

/// One end of a range, as people and programs write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// `2026-11-24`: the start of that day at the location concerned.
    Day(NaiveDate),
    /// `2026-11-24T09:00:00+05:30` (RFC 3339).
    Instant(DateTime<Utc>),
}

impl Moment {
    /// `None` when it is neither, or outside 1970–2200.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(date) = parse_date(text) {
            return Some(Self::Day(date));
        }
        let instant = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
        (1970..=2200).contains(&instant.year()).then_some(Self::Instant(instant))
    }

    pub fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Day(date) => Some(date),
            Self::Instant(_) => None,
        }
    }

    pub fn instant(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Day(_) => None,
            Self::Instant(instant) => Some(instant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        parse_date(text).expect("a date")
    }

    #[test]
    fn a_month_is_shown_in_whole_weeks() {
        let november = Month::parse("2026-11").expect("a month");
        let weeks = november.weeks();
        assert_eq!(weeks.len(), 6);
        assert_eq!(weeks[0][0], date("2026-10-26"));
        assert_eq!(weeks[5][6], date("2026-12-06"));
        assert_eq!(
            Month::parse("2027-02").expect("a month").weeks().len(),
            4,
            "28 days from a Monday"
        );
    }

    #[test]
    fn months_follow_each_other_across_the_year() {
        let december = Month::parse("2026-12").expect("a month");
        assert_eq!(december.next().to_string(), "2027-01");
        assert_eq!(december.next().previous(), december);
    }

    #[test]
    fn malformed_dates_are_refused() {
        for text in ["", "2026-13", "2026-1", "99999-01", "-001-01", "2026-11-24"] {
            assert!(Month::parse(text).is_none(), "{text}");
        }
        for text in ["", "2026-02-30", "2026-2-3", "+2026-02-03", "0000-01-01", "2026-11-24x"] {
            assert!(parse_date(text).is_none(), "{text}");
        }
    }
}
