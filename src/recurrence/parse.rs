//! Parses a rule and refuses everything that RFC 5545, 3.3.10 forbids.

use std::ops::Range;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::rule::{End, Frequency, NthWeekday, RULE_BYTES_MAX, RecurrenceProblem, Rule, Skip};

use RecurrenceProblem::{Malformed, Never, TooLong, TooOften, Unsupported};

/// The longest INTERVAL, whatever its unit: two centuries of days.
const INTERVAL_MAX: i64 = 73_000;

/// How many times of day a rule may name: one for every five minutes.
const TIMES_MAX: usize = 288;

type Checked<T> = Result<T, RecurrenceProblem>;

/// The normalized text of the rule, and its parts.
pub(super) fn rule(text: &str) -> Checked<(String, Rule)> {
    let (text, rule) = rule_with_both_ends(text)?;
    // RFC 5545: they must not stand in the same rule.
    if rule.count.is_some() && rule.end != End::Never { Err(Malformed) } else { Ok((text, rule)) }
}

/// The same, but COUNT and UNTIL may both be given, as in some calendars. The one that ends first applies.
pub(super) fn rule_with_both_ends(text: &str) -> Checked<(String, Rule)> {
    if text.len() > RULE_BYTES_MAX {
        return Err(TooLong);
    }
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix("RRULE:").unwrap_or(&text);
    // Some products end the rule with a semicolon.
    let text = text.strip_suffix(';').unwrap_or(text);
    let mut parts = Vec::new();
    for part in text.split(';') {
        let (name, value) = part.split_once('=').ok_or(Malformed)?;
        if value.is_empty() || parts.iter().any(|(known, _)| *known == name) {
            return Err(Malformed);
        }
        parts.push((name, value));
    }
    let mut rule = Rule {
        frequency: frequency(&parts)?,
        interval: 1,
        count: None,
        end: End::Never,
        skip: Skip::Omit,
        week_start: Weekday::Mon,
        months: Vec::new(),
        week_numbers: Vec::new(),
        year_days: Vec::new(),
        month_days: Vec::new(),
        weekdays: Vec::new(),
        hours: Vec::new(),
        minutes: Vec::new(),
        seconds: Vec::new(),
        positions: Vec::new(),
    };
    for (name, value) in parts {
        part(&mut rule, name, value)?;
    }
    fits_together(&rule)?;
    Ok((text.to_owned(), rule))
}

fn frequency(parts: &[(&str, &str)]) -> Checked<Frequency> {
    let (_, value) = parts.iter().find(|(name, _)| *name == "FREQ").ok_or(Malformed)?;
    match *value {
        "YEARLY" => Ok(Frequency::Yearly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "WEEKLY" => Ok(Frequency::Weekly),
        "DAILY" => Ok(Frequency::Daily),
        "HOURLY" => Ok(Frequency::Hourly),
        "MINUTELY" => Ok(Frequency::Minutely),
        "SECONDLY" => Err(TooOften),
        _ => Err(Malformed),
    }
}

fn part(rule: &mut Rule, name: &str, value: &str) -> Checked<()> {
    match name {
        "FREQ" => {}
        "INTERVAL" => match number::<i64>(value)? {
            0 => return Err(Malformed),
            interval if interval > INTERVAL_MAX => return Err(Unsupported),
            interval => rule.interval = interval,
        },
        "COUNT" => match number(value)? {
            0 => return Err(Never),
            count => rule.count = Some(count),
        },
        "UNTIL" => rule.end = until(value)?,
        "WKST" => rule.week_start = weekday(value)?,
        "BYMONTH" => rule.months = numbers(value, 1, 12)?,
        "BYWEEKNO" => rule.week_numbers = signed(value, 53)?,
        "BYYEARDAY" => rule.year_days = signed(value, 366)?,
        "BYMONTHDAY" => rule.month_days = signed(value, 31)?,
        "BYDAY" => rule.weekdays = value.split(',').map(nth_weekday).collect::<Checked<_>>()?,
        "BYHOUR" => rule.hours = numbers(value, 0, 23)?,
        "BYMINUTE" => rule.minutes = numbers(value, 0, 59)?,
        // RFC 5545 allows the leap second 60, but times here never have one.
        "BYSECOND" => rule.seconds = numbers(value, 0, 59)?,
        "BYSETPOS" => rule.positions = signed(value, 366)?,
        // RFC 7529: the calendar, of which only the Gregorian is supported, and what happens to dates that do not
        // exist.
        "RSCALE" if value == "GREGORIAN" => {}
        "SKIP" => {
            rule.skip = match value {
                "OMIT" => Skip::Omit,
                "BACKWARD" => Skip::Backward,
                "FORWARD" => Skip::Forward,
                _ => return Err(Malformed),
            }
        }
        _ => return Err(Unsupported),
    }
    Ok(())
}

/// Refuses parts that cannot be combined (RFC 5545, 3.3.10).
fn fits_together(rule: &Rule) -> Checked<()> {
    use Frequency::{Daily, Monthly, Weekly, Yearly};
    let frequency = rule.frequency;
    let counted = rule.weekdays.iter().any(|day| day.nth != 0);
    let timed = !(rule.hours.is_empty() && rule.minutes.is_empty() && rule.seconds.is_empty());
    let chosen = timed
        || !(rule.months.is_empty()
            && rule.week_numbers.is_empty()
            && rule.year_days.is_empty()
            && rule.month_days.is_empty()
            && rule.weekdays.is_empty());
    let wrong = (!rule.week_numbers.is_empty() && frequency != Yearly)
        || (!rule.year_days.is_empty() && matches!(frequency, Daily | Weekly | Monthly))
        || (!rule.month_days.is_empty() && frequency == Weekly)
        || (counted && !matches!(frequency, Monthly | Yearly))
        || (counted && !rule.week_numbers.is_empty())
        || (!rule.positions.is_empty() && !chosen);
    if wrong {
        return Err(Malformed);
    }
    let times = [&rule.hours, &rule.minutes, &rule.seconds].map(|part| part.len().max(1));
    if times.iter().product::<usize>() > TIMES_MAX { Err(TooOften) } else { Ok(()) }
}

/// Digits only: no sign, no blank.
fn number<T: FromStr>(text: &str) -> Checked<T> {
    let plain = text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    if !plain {
        return Err(Malformed);
    }
    text.parse().map_err(|_| Malformed)
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}

fn numbers(text: &str, min: u8, max: u8) -> Checked<Vec<u8>> {
    let one =
        |text| number(text).and_then(|n| (min..=max).contains(&n).then_some(n).ok_or(Malformed));
    text.split(',').map(one).collect::<Checked<_>>().map(sorted)
}

/// From 1 to `max`, or from the end: -1 to -`max`.
fn signed<T: Ord + TryFrom<i16>>(text: &str, max: i16) -> Checked<Vec<T>> {
    let one = |text: &str| {
        let n = signed_number(text)?;
        if n == 0 || n.abs() > max {
            return Err(Malformed);
        }
        T::try_from(n).map_err(|_| Malformed)
    };
    text.split(',').map(one).collect::<Checked<_>>().map(sorted)
}

fn signed_number(text: &str) -> Checked<i16> {
    match text.strip_prefix('-') {
        Some(digits) => number::<i16>(digits).map(|n| -n),
        None => number(text.strip_prefix('+').unwrap_or(text)),
    }
}

fn weekday(text: &str) -> Checked<Weekday> {
    Ok(match text {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return Err(Malformed),
    })
}

fn nth_weekday(text: &str) -> Checked<NthWeekday> {
    let (nth, day) = text.split_at_checked(text.len().saturating_sub(2)).ok_or(Malformed)?;
    let weekday = weekday(day)?;
    if nth.is_empty() {
        return Ok(NthWeekday { nth: 0, weekday });
    }
    match signed_number(nth)? {
        0 => Err(Malformed),
        nth if nth.abs() > 53 => Err(Malformed),
        nth => Ok(NthWeekday { nth: i8::try_from(nth).map_err(|_| Malformed)?, weekday }),
    }
}

fn until(text: &str) -> Checked<End> {
    let time = |text| moment(text).ok_or(Malformed);
    match (text.len(), text.strip_suffix('Z')) {
        (8, None) => date(text).map(End::UntilDate).ok_or(Malformed),
        (16, Some(text)) => time(text).map(End::UntilUtc),
        (15, None) => time(text).map(End::UntilFloating),
        _ => Err(Malformed),
    }
}

/// `20261231` (RFC 5545, 3.3.4).
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: Range<usize>| text.get(range)?.parse::<u32>().ok();
    let year = i32::try_from(number(0..4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(4..6)?, number(6..8)?)
}

/// `20261231T235959` (RFC 5545, 3.3.5); the leap second 60 is read as 59.
pub(crate) fn moment(text: &str) -> Option<NaiveDateTime> {
    let (day, time) = text.split_once('T')?;
    if time.len() != 6 || !time.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: Range<usize>| time.get(range)?.parse::<u32>().ok();
    let second = match number(4..6)? {
        60 => 59,
        second => second,
    };
    date(day)?.and_hms_opt(number(0..2)?, number(2..4)?, second)
}
