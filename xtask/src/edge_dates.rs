//! Edge dates: dates on which date handling tends to fail, such as leap days and clock changes. Each test run
//! shifts the servers' clocks to two of them (`NADI_CLOCK_SHIFT_SECONDS`), other ones every day.
//! `cargo xtask edge-dates` runs the browser tests on all of them.

use anyhow::{Result, bail};

use crate::clock::{self, SECONDS_PER_DAY};

/// A date and time at which to run the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeDate {
    pub name: &'static str,
    /// Seconds since 1970, UTC.
    at: i64,
}

const fn edge_date(
    name: &'static str,
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
) -> EdgeDate {
    EdgeDate {
        name,
        at: days_since_1970(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60,
    }
}

/// In UTC. Their number is even, since they are used in pairs.
pub const EDGE_DATES: [EdgeDate; 16] = [
    edge_date("28-november", 2026, 11, 28, 17, 0),
    edge_date("clock-change-europe-autumn", 2026, 10, 25, 1, 30),
    edge_date("30-november", 2026, 11, 30, 9, 0),
    edge_date("29-december", 2026, 12, 29, 20, 0),
    edge_date("31-december", 2026, 12, 31, 23, 0),
    edge_date("sunday-2355-honolulu", 2026, 11, 30, 9, 55),
    edge_date("31-january", 2027, 1, 31, 12, 0),
    edge_date("sunday-2355-auckland", 2026, 11, 29, 10, 55),
    edge_date("28-february", 2027, 2, 28, 6, 0),
    edge_date("day-before-clock-change-america", 2027, 3, 13, 15, 0),
    edge_date("clock-change-america", 2027, 3, 14, 11, 0),
    edge_date("day-before-clock-change-europe", 2027, 3, 27, 22, 0),
    edge_date("clock-change-europe", 2027, 3, 28, 0, 30),
    edge_date("29-february", 2028, 2, 29, 3, 0),
    edge_date("1-january", 2027, 1, 1, 4, 0),
    edge_date("clock-change-america-autumn", 2026, 11, 1, 5, 30),
];

impl EdgeDate {
    /// How far a server's clock has to be ahead of the machine's.
    pub fn shift_seconds(self) -> i64 {
        self.at - clock::now_shifted(0)
    }

    /// The edge date with this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<EdgeDate> {
        match EDGE_DATES.into_iter().find(|date| date.name == name) {
            Some(date) => Ok(date),
            None => {
                let names: Vec<&str> = EDGE_DATES.iter().map(|date| date.name).collect();
                bail!("there is no edge date `{name}`: choose from {}", names.join(", "))
            }
        }
    }
}

/// The pair of today: another one every day, so that all edge dates are used within eight days.
pub fn todays_pair() -> [EdgeDate; 2] {
    pair(clock::now_shifted(0).div_euclid(SECONDS_PER_DAY))
}

fn pair(today: i64) -> [EdgeDate; 2] {
    let pairs = i64::try_from(EDGE_DATES.len() / 2).unwrap_or(1);
    let index = usize::try_from(today.rem_euclid(pairs)).unwrap_or(0);
    [EDGE_DATES[index], EDGE_DATES[index + EDGE_DATES.len() / 2]]
}

/// The number of days from 1970-01-01 to a date (Howard Hinnant's `days_from_civil`).
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_1970_is_the_inverse_of_date() {
        for (year, month, day, expected) in
            [(1970, 1, 1, "1970-01-01"), (2028, 2, 29, "2028-02-29"), (2026, 12, 31, "2026-12-31")]
        {
            assert_eq!(clock::date(days_since_1970(year, month, day) * SECONDS_PER_DAY), expected);
        }
    }

    #[test]
    fn all_edge_dates_are_used_within_eight_days() {
        let mut seen: Vec<&str> = (20_785..20_793).flat_map(pair).map(|date| date.name).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), EDGE_DATES.len());
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() -> Result<()> {
        assert_eq!(EdgeDate::named("29-february")?, EDGE_DATES[13]);
        let refused = EdgeDate::named("30-february").err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("29-february")));
        Ok(())
    }
}
