//! The length of an event.

use chrono::{Duration, NaiveDateTime, NaiveTime};

use super::occurrence::Clocks;
use crate::ical::malformed::{Malformed, MalformedReason};
use crate::ical::raw_event::{RawEvent, whole_days};
use crate::ical::value::{Clock, Span, Until, When};

/// The length of each occurrence.
#[derive(Clone, Copy)]
pub(super) enum Length {
    /// An exact duration, because the end was given as a time.
    Exact(Duration),
    /// Days by the calendar, then seconds.
    Nominal(Span),
}

impl Length {
    pub(super) fn is_zero(self) -> bool {
        match self {
            Self::Exact(length) => length.is_zero(),
            Self::Nominal(span) => span.days == 0 && span.seconds == 0,
        }
    }

    /// An upper bound, in days.
    pub(super) fn days(self) -> i64 {
        match self {
            Self::Exact(length) => length.num_days() + 1,
            Self::Nominal(span) => span.days + span.seconds / 86_400 + 1,
        }
    }
}

/// The start and length of an event. DTEND takes precedence over DURATION.
///
/// # Errors
/// When it ends before it starts.
pub(super) fn start_and_length(
    clocks: &Clocks,
    event: &RawEvent,
    start: When,
    start_line: usize,
) -> Result<(When, Length), Malformed> {
    match (event.end, event.duration) {
        (Some((end, line)), _) => {
            let (start, end) = in_one_zone(clocks, start, end, event.calendar);
            let end = Some(Until::When(end));
            let length = length(clocks, start, end, event.calendar, line)?;
            Ok((start, length))
        }
        (None, Some((span, line))) => {
            let length = length(clocks, start, Some(Until::Span(span)), event.calendar, line)?;
            Ok((start, length))
        }
        (None, None) => Ok((start, length(clocks, start, None, event.calendar, start_line)?)),
    }
}

/// If only one of the two has a zone, the other one has the same zone.
fn in_one_zone(clocks: &Clocks, start: When, end: When, calendar: usize) -> (When, When) {
    match (start, end) {
        (When::Time(_, clock), When::Time(at, Clock::Floating)) => (start, When::Time(at, clock)),
        (When::Time(at, Clock::Floating), When::Time(_, clock @ Clock::Zone(_))) => {
            (When::Time(at, clock), end)
        }
        // A floating start and an end in UTC: if the end would be before the start, the start is in UTC too.
        (When::Time(at, Clock::Floating), When::Time(_, Clock::Utc))
            if clocks.instant(end, calendar) < clocks.instant(start, calendar) =>
        {
            (When::Time(at, Clock::Utc), end)
        }
        _ => (start, end),
    }
}

/// Whether a time is midnight in its own zone, or in the zone of whole days if it is in UTC.
fn is_midnight(clocks: &Clocks, day: When, at: NaiveDateTime, clock: Clock) -> bool {
    let at = match clock {
        Clock::Utc => clocks.zone(day, 0).wall(at.and_utc()),
        _ => at,
    };
    at.time() == NaiveTime::MIN
}

/// The length between a start and an end. Without an end, a day lasts one day and a time has no length
/// (RFC 5545, 3.6.1).
///
/// # Errors
/// When it ends before it starts; the error has the given line.
pub(super) fn length(
    clocks: &Clocks,
    start: When,
    end: Option<Until>,
    calendar: usize,
    line: usize,
) -> Result<Length, Malformed> {
    let days = |days| Length::Nominal(Span { days, seconds: 0 });
    let backwards = MalformedReason::EndsBeforeStart.at(line);
    match (start, end) {
        (When::Day(_), None) => Ok(days(1)),
        (When::Time(..), None) => Ok(Length::Exact(Duration::zero())),
        (When::Day(first), Some(Until::When(When::Day(last)))) => {
            // Some products give a single day its own date as the end.
            match (last - first).num_days() {
                ..0 => Err(backwards),
                0 => Ok(days(1)),
                n => Ok(days(n)),
            }
        }
        // An end at midnight is read as a date.
        (When::Day(_), Some(Until::When(When::Time(at, clock))))
            if is_midnight(clocks, start, at, clock) =>
        {
            let day = match clock {
                Clock::Utc => clocks.zone(start, calendar).wall(at.and_utc()).date(),
                _ => at.date(),
            };
            length(clocks, start, Some(Until::When(When::Day(day))), calendar, line)
        }
        (When::Time(from, clock), Some(Until::When(When::Day(day)))) => {
            // The end date is exclusive, unless it is the date of the start.
            let day = if day == from.date() { day.succ_opt().unwrap_or(day) } else { day };
            let end = Until::When(When::Time(When::Day(day).wall(), clock));
            length(clocks, start, Some(end), calendar, line)
        }
        (_, Some(Until::When(end @ When::Time(to, other)))) => {
            let length = clocks.instant(end, calendar) - clocks.instant(start, calendar);
            // When clocks go forward, a later wall time can be an earlier instant.
            let same_clock = matches!(start, When::Time(_, clock) if clock == other);
            let forward = length >= Duration::zero() || (same_clock && to >= start.wall());
            if forward { Ok(Length::Exact(length.max(Duration::zero()))) } else { Err(backwards) }
        }
        (_, Some(Until::Span(span))) if span.days < 0 || span.seconds < 0 => Err(backwards),
        // It is not known which hours of the day are meant, so the whole day is used.
        (When::Day(_), Some(Until::Span(span))) => Ok(days(whole_days(span).max(1))),
        (When::Time(..), Some(Until::Span(span))) => Ok(Length::Nominal(span)),
    }
}
