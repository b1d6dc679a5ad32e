//! Days on which software that depends on the date tends to fail. Each test run takes two of them in turn:
//! the servers' clocks are shifted there (`NADI_CLOCK_SHIFT_SECONDS`). `cargo xtask days` runs the browser
//! tests on all of them.

use anyhow::{Result, bail};

use crate::clock::{self, DAY};

/// A moment to run the tests at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub name: &'static str,
    /// Seconds since 1970, UTC.
    at: i64,
}

const fn day(name: &'static str, year: i64, month: i64, day: i64, hour: i64, minute: i64) -> Day {
    Day { name, at: days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 }
}

/// The moments are in UTC. An even number, so that pairs come round without a rest.
pub const DAYS: [Day; 16] = [
    day("28-november", 2026, 11, 28, 17, 0),
    day("clock-change-europe-autumn", 2026, 10, 25, 1, 30),
    day("30-november", 2026, 11, 30, 9, 0),
    day("29-december", 2026, 12, 29, 20, 0),
    day("31-december", 2026, 12, 31, 23, 0),
    day("sunday-2355-honolulu", 2026, 11, 30, 9, 55),
    day("31-january", 2027, 1, 31, 12, 0),
    day("sunday-2355-auckland", 2026, 11, 29, 10, 55),
    day("28-february", 2027, 2, 28, 6, 0),
    day("day-before-clock-change-america", 2027, 3, 13, 15, 0),
    day("clock-change-america", 2027, 3, 14, 11, 0),
    day("day-before-clock-change-europe", 2027, 3, 27, 22, 0),
    day("clock-change-europe", 2027, 3, 28, 0, 30),
    day("29-february", 2028, 2, 29, 3, 0),
    day("1-january", 2027, 1, 1, 4, 0),
    day("clock-change-america-autumn", 2026, 11, 1, 5, 30),
];

impl Day {
    /// How far a server's clock has to be ahead of the machine's.
    pub fn shift_seconds(self) -> i64 {
        self.at - clock::now_shifted(0)
    }

    /// By its name.
    ///
    /// # Errors
    /// When no day has it.
    pub fn named(name: &str) -> Result<Day> {
        match DAYS.into_iter().find(|day| day.name == name) {
            Some(day) => Ok(day),
            None => {
                let names: Vec<&str> = DAYS.iter().map(|day| day.name).collect();
                bail!("there is no day `{name}`: choose from {}", names.join(", "))
            }
        }
    }
}

/// The two whose turn it is: another pair every day, so that all of them have been tried after eight.
pub fn pair_of_today() -> [Day; 2] {
    pair(clock::now_shifted(0).div_euclid(DAY))
}

fn pair(today: i64) -> [Day; 2] {
    let pairs = i64::try_from(DAYS.len() / 2).unwrap_or(1);
    let nth = usize::try_from(today.rem_euclid(pairs)).unwrap_or(0);
    [DAYS[nth], DAYS[nth + DAYS.len() / 2]]
}

/// Days from 1970-01-01 to a date (Howard Hinnant's `days_from_civil`).
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
    fn dates_and_days_agree() {
        for (year, month, day, expected) in
            [(1970, 1, 1, "1970-01-01"), (2028, 2, 29, "2028-02-29"), (2026, 12, 31, "2026-12-31")]
        {
            assert_eq!(clock::date(days_since_1970(year, month, day) * DAY), expected);
        }
    }

    #[test]
    fn every_day_has_its_turn() {
        let mut seen: Vec<&str> = (20_785..20_793).flat_map(pair).map(|day| day.name).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), DAYS.len());
    }

    #[test]
    fn a_day_that_does_not_exist_is_refused_with_those_that_do() -> Result<()> {
        assert_eq!(Day::named("29-february")?, DAYS[13]);
        let refused = Day::named("30-february").err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("29-february")));
        Ok(())
    }
}
