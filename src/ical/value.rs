//! Values (RFC 5545, 3.3): dates, times, durations, periods, offsets. Other spellings that can mean only one thing
//! are read too, such as `2026-12-01T09:00:00+01:00`, `T240000` and `P0Y0M0DT1H`.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

use super::line::{Line, unescaped_text};
use super::zone::ZoneNames;
use crate::recurrence::date;

/// The zone of a time; a named zone is an index into [`ZoneNames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Clock {
    Utc,
    Floating,
    Zone(usize),
}

/// A date, or a wall time with its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum When {
    Day(NaiveDate),
    Time(NaiveDateTime, Clock),
}

/// A duration: calendar days and exact seconds (RFC 5545, 3.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub days: i64,
    pub seconds: i64,
}

/// The end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    When(When),
    Span(Span),
}

impl When {
    /// The date as written, whatever the zone.
    pub(super) fn day(self) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Time(at, _) => at.date(),
        }
    }

    /// The wall time as written; midnight for a whole day.
    pub(super) fn wall(self) -> NaiveDateTime {
        match self {
            Self::Day(day) => day.and_time(NaiveTime::MIN),
            Self::Time(at, _) => at,
        }
    }

    pub(super) fn clock(self) -> Clock {
        match self {
            Self::Day(_) => Clock::Floating,
            Self::Time(_, clock) => clock,
        }
    }
}

/// The zone of a line's TZID, in the calendar with this index.
pub(super) fn clock(line: &Line, calendar: usize, zones: &mut ZoneNames) -> Clock {
    match line.parameter("TZID").filter(|name| !name.trim().is_empty()) {
        // In a VTIMEZONE it is a TEXT, and some products escape its commas in parameters too.
        Some(name) => Clock::Zone(zones.place_of(calendar, unescaped_text(&name), line.number)),
        None => Clock::Floating,
    }
}

/// Parses the value of a line as a date or time.
pub(super) fn one(line: &Line, calendar: usize, zones: &mut ZoneNames) -> Option<When> {
    let found = when(line.value(), clock(line, calendar, zones))?;
    Some(as_declared(line, found))
}

/// Converts midnight with VALUE=DATE to a date: some products write dates as times.
fn as_declared(line: &Line, found: When) -> When {
    let is_day = || line.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
    match found {
        When::Time(at, _) if at.time() == NaiveTime::MIN && is_day() => When::Day(at.date()),
        other => other,
    }
}

/// Parses a date or a time. The form decides which it is, because some products omit VALUE=DATE.
/// With a time in UTC, a TZID is ignored.
pub(super) fn when(text: &str, clock: Clock) -> Option<When> {
    let text = text.trim();
    if text.len() > 40 || !text.is_ascii() {
        return None;
    }
    let text = text.to_ascii_uppercase();
    let Some((day, time)) = text.split_once(['T', ' ']) else {
        return date(&text.strip_suffix('Z').unwrap_or(&text).replace('-', "")).map(When::Day);
    };
    let day = date(&day.replace('-', ""))?;
    let zone_starts = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone_starts);
    let at = wall_time(day, time)?;
    match zone {
        "" => Some(When::Time(at, clock)),
        "Z" => Some(When::Time(at, Clock::Utc)),
        east => {
            let east = Duration::seconds(offset(east)?.into());
            Some(When::Time(at.checked_sub_signed(east)?, Clock::Utc))
        }
    }
}

/// Parses a time: `093000`, `09:30:00.000`, `0930`. 24:00 is accepted, and a leap second is read as the second
/// before it.
fn wall_time(day: NaiveDate, text: &str) -> Option<NaiveDateTime> {
    let text = text.split(['.', ',']).next()?.replace(':', "");
    if !matches!(text.len(), 4 | 6) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| match text.get(range) {
        Some(digits) => digits.parse::<u32>().ok(),
        None => Some(0),
    };
    match (number(0..2)?, number(2..4)?, number(4..6)?) {
        (24, 0, 0) => Some(day.succ_opt()?.and_time(NaiveTime::MIN)),
        (hours, minutes, seconds) => {
            day.and_hms_opt(hours, minutes, if seconds == 60 { 59 } else { seconds })
        }
    }
}

/// The dates, times or periods of a line, separated by commas, or by semicolons in vCalendar 1.0.
pub(super) fn periods(
    line: &Line,
    calendar: usize,
    zones: &mut ZoneNames,
) -> Option<Vec<(When, Option<Until>)>> {
    let clock = clock(line, calendar, zones);
    let one = |text: &str| match text.split_once('/') {
        None => Some((as_declared(line, when(text, clock)?), None)),
        Some((from, until)) => {
            let until = match span(until) {
                Some(span) => Until::Span(span),
                None => Until::When(when(until, clock)?),
            };
            Some((when(from, clock)?, Some(until)))
        }
    };
    // Some programs escape the separators, as in a TEXT.
    let plain = line.value().replace('\\', "");
    plain.split([',', ';']).filter(|text| !text.trim().is_empty()).map(one).collect()
}

/// The maximum duration: a thousand years.
const SPAN_DAYS_MAX: i64 = 366_000;

/// Parses a duration: `P1DT2H30M`, `P2W`, `-PT15M`. RFC 5545 has no months and years; if given, they count as long
/// ones, of 31 and 366 days.
pub(super) fn span(text: &str) -> Option<Span> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).take(80).collect();
    let text = text.to_ascii_uppercase();
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let mut rest = text.strip_prefix('P')?;
    let (mut days, mut seconds, mut timed, mut parts) = (0i64, 0i64, false, 0);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T').filter(|_| !timed) {
            (timed, rest) = (true, time);
            continue;
        }
        let (number, after) = leading_number(rest)?;
        let (unit, after) = after.split_at_checked(1)?;
        match (unit, timed) {
            ("Y", false) => days += number * 366,
            ("M", false) => days += number * 31,
            ("W", false) => days += number * 7,
            ("D", false) => days += number,
            ("H", true) => seconds += number * 3600,
            ("M", true) => seconds += number * 60,
            ("S", true) => seconds += number,
            (".", true) => {
                // Fractions of a second are dropped.
                let (_, tail) = leading_number(after)?;
                seconds += number;
                rest = tail.strip_prefix('S')?;
                parts += 1;
                continue;
            }
            _ => return None,
        }
        parts += 1;
        if parts > 8 {
            return None;
        }
        rest = after;
    }
    let short = days <= SPAN_DAYS_MAX && seconds <= SPAN_DAYS_MAX * 86_400;
    (parts > 0 && short).then_some(Span { days: days * sign, seconds: seconds * sign })
}

fn leading_number(text: &str) -> Option<(i64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    let number = if digits <= 9 { number.parse().ok()? } else { return None };
    Some((number, rest))
}

/// Parses an offset such as `+0530`, `-033045`, `+05:30` or `-5` to seconds east of UTC, less than a day.
pub(super) fn offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start();
    let hours_end = digits.find([':', '.']).unwrap_or(digits.len());
    let plain: String = digits.chars().filter(|c| !matches!(c, ':' | '.')).collect();
    let plain = match (hours_end, plain.len()) {
        (1, _) | (_, 1 | 3) => format!("0{plain}"),
        _ => plain,
    };
    if !matches!(plain.len(), 2 | 4 | 6) || !plain.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| plain.get(range).map_or(Some(0), |d| d.parse().ok());
    let (hours, minutes, seconds): (i32, i32, i32) = (part(0..2)?, part(2..4)?, part(4..6)?);
    let valid = hours < 24 && minutes < 60 && seconds < 60;
    valid.then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}
