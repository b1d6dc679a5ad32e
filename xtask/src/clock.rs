//! The time by the clock of a server under test: the machine's clock plus `NADI_CLOCK_SHIFT_SECONDS`.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

/// How many seconds a server's clock is ahead of the machine's.
pub const SHIFT_VARIABLE: &str = "NADI_CLOCK_SHIFT_SECONDS";
pub const SECONDS_PER_DAY: i64 = 86_400;

/// The shift in seconds: from the variables given to a server, else from our own environment, else 0.
///
/// # Errors
/// When it is not a whole number.
pub fn shift_seconds<N: AsRef<str>, V: AsRef<str>>(variables: &[(N, V)]) -> Result<i64> {
    shift_from(variables, std::env::var(SHIFT_VARIABLE).ok().as_deref())
}

fn shift_from<N: AsRef<str>, V: AsRef<str>>(
    variables: &[(N, V)],
    inherited: Option<&str>,
) -> Result<i64> {
    let given = variables.iter().rev().find(|(name, _)| name.as_ref() == SHIFT_VARIABLE);
    match given.map(|(_, value)| value.as_ref()).or(inherited).map(str::trim) {
        None | Some("") => Ok(0),
        Some(text) => {
            text.parse().with_context(|| format!("{SHIFT_VARIABLE} is `{text}`: not a number"))
        }
    }
}

/// The shifted time in seconds since 1970, UTC.
pub fn now_shifted(shift_seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_add(shift_seconds)
}

/// The shifted time as an SQL expression, for statements that run more than once.
pub fn sql_now(shift_seconds: i64) -> String {
    match shift_seconds {
        0 => "now()".to_owned(),
        shift => format!("(now() + interval '{shift} seconds')"),
    }
}

/// The date in UTC, as `2026-05-04`.
pub fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of the date this many days after 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that the leap day is the last day. An era is 400 years.
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
    fn seconds_are_converted_to_dates() {
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
    fn a_servers_own_shift_overrides_an_inherited_one() -> Result<()> {
        let given = [("NADI_LOG", "warn"), (SHIFT_VARIABLE, "-86400")];
        assert_eq!(shift_from(&given, Some("60"))?, -86_400);
        assert_eq!(shift_from(&given[..1], Some("60"))?, 60);
        assert_eq!(shift_from(&given[..1], None)?, 0);
        assert!(shift_from(&[(SHIFT_VARIABLE, "tomorrow")], None).is_err());
        Ok(())
    }
}
