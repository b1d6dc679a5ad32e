//! Values (RFC 5545, 3.3): dates, times, durations, periods, offsets.

use chrono::{NaiveDate, NaiveDateTime};

use super::line::{Line, unescaped_text};
use super::zone::ZoneNames;
use crate::recurrence::{date, moment};

/// By what clock a time was written; a zone is a place in [`ZoneNames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Clock {
    Utc,
    Floating,
    Zone(usize),
}

/// A day, or a time by some clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum When {
    Day(NaiveDate),
    Time(NaiveDateTime, Clock),
}

/// A duration: days by the calendar, seconds by the stopwatch (RFC 5545, 3.3.6).
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
    /// As it is written, whatever the clock.
    pub(super) fn day(self) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Time(at, _) => at.date(),
        }
    }
}

/// The clock that a line's TZID names.
pub(super) fn clock(line: &Line, zones: &mut ZoneNames) -> Clock {
    match line.parameter("TZID").filter(|name| !name.is_empty()) {
        // It is a TEXT in the zone's definition, and some products escape its commas here, too.
        Some(name) => Clock::Zone(zones.place_of(unescaped_text(&name), line.number)),
        None => Clock::Floating,
    }
}

/// A date or a time, told apart by their length: some products forget VALUE=DATE.
/// A TZID beside a time in UTC is ignored.
pub(super) fn when(text: &str, clock: Clock) -> Option<When> {
    let text = text.trim();
    match text.strip_suffix(['Z', 'z']) {
        Some(text) => moment(&text.to_ascii_uppercase()).map(|at| When::Time(at, Clock::Utc)),
        None if text.len() == 8 => date(text).map(When::Day),
        None => moment(&text.to_ascii_uppercase()).map(|at| When::Time(at, clock)),
    }
}

/// The dates, times or periods of a line.
pub(super) fn periods(line: &Line, zones: &mut ZoneNames) -> Option<Vec<(When, Option<Until>)>> {
    let clock = clock(line, zones);
    let one = |text: &str| match text.split_once('/') {
        None => Some((when(text, clock)?, None)),
        Some((from, until)) => {
            let until = match span(until) {
                Some(span) => Until::Span(span),
                None => Until::When(when(until, clock)?),
            };
            Some((when(from, clock)?, Some(until)))
        }
    };
    line.value().split(',').filter(|text| !text.trim().is_empty()).map(one).collect()
}

/// The longest duration that is read: a thousand years.
const SPAN_DAYS_MAX: i64 = 366_000;

/// `P1DT2H30M`, `P2W`, `-PT15M`.
pub(super) fn span(text: &str) -> Option<Span> {
    let text = text.trim().to_ascii_uppercase();
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
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        let number: i64 = rest[..digits].parse().ok()?;
        match (rest.as_bytes().get(digits)?, timed) {
            (b'W', false) => days += number * 7,
            (b'D', false) => days += number,
            (b'H', true) => seconds += number * 3600,
            (b'M', true) => seconds += number * 60,
            (b'S', true) => seconds += number,
            _ => return None,
        }
        parts += 1;
        if parts > 5 {
            return None;
        }
        rest = &rest[digits + 1..];
    }
    let short = days <= SPAN_DAYS_MAX && seconds <= SPAN_DAYS_MAX * 86_400;
    (parts > 0 && short).then_some(Span { days: days * sign, seconds: seconds * sign })
}

/// `+0530`, `-033045`: seconds east of UTC, less than a day.
pub(super) fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part =
        |range: std::ops::Range<usize>| digits.get(range).map_or(Some(0), |d| d.parse().ok());
    let (hours, minutes, seconds): (i32, i32, i32) = (part(0..2)?, part(2..4)?, part(4..6)?);
    let valid = hours < 24 && minutes < 60 && seconds < 60;
    valid.then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}
