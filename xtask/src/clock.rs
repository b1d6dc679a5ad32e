//! The time as a server under test sees it: the machine's clock, moved by
//! `NADI_CLOCK_SHIFT_SECONDS` when the server is given it.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

pub const SHIFT: &str = "NADI_CLOCK_SHIFT_SECONDS";
pub const DAY: i64 = 86_400;

/// The shift among the variables that a server is given, else the one it inherits from us, else 0.
///
/// # Errors
/// When it is not a whole number.
pub fn shift_seconds<N: AsRef<str>, V: AsRef<str>>(variables: &[(N, V)]) -> Result<i64> {
    shift_from(variables, std::env::var(SHIFT).ok().as_deref())
}

fn shift_from<N: AsRef<str>, V: AsRef<str>>(
    variables: &[(N, V)],
    inherited: Option<&str>,
) -> Result<i64> {
    let given = variables.iter().rev().find(|(name, _)| name.as_ref() == SHIFT);
    match given.map(|(_, value)| value.as_ref()).or(inherited).map(str::trim) {
        None | Some("") => Ok(0),
        Some(text) => text.parse().with_context(|| format!("{SHIFT} is `{text}`: not a number")),
    }
}

/// Seconds since 1970, UTC.
pub fn now_shifted(shift_seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_add(shift_seconds)
}

/// The same as an SQL expression, for statements that are run more than once.
pub fn sql_now(shift_seconds: i64) -> String {
    match shift_seconds {
        0 => "now()".to_owned(),
        shift => format!("(now() + interval '{shift} seconds')"),
    }
}

/// The date in UTC, as `2026-05-04`.
pub fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of so many days after 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that the leap day is the last; an era has 400 of them.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (1_772_323_199, "2026-02-28"),
            (1_772_323_200, "2026-03-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }

    #[test]
    fn a_servers_own_shift_comes_before_an_inherited_one() -> Result<()> {
        let own = [("NADI_LOG", "warn"), (SHIFT, "-86400")];
        assert_eq!(shift_from(&own, Some("60"))?, -86_400);
        assert_eq!(shift_from(&own[..1], Some("60"))?, 60);
        assert_eq!(shift_from(&own[..1], None)?, 0);
        assert!(shift_from(&[(SHIFT, "tomorrow")], None).is_err());
        Ok(())
    }
}
