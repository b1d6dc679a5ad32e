//! Finds events with unreadable parts that are certainly outside the requested range.

use std::ops::Range;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use crate::ical::raw_event::{RawEvent, whole_days};
use crate::ical::value::{Until, When};

/// An upper bound on the difference between any zone and UTC, in days.
const CLOCK_DAYS: i64 = 3;
/// The longest duration assumed for an event whose end cannot be read, in days.
const UNREAD_END_DAYS: i64 = 400;

/// Whether an event certainly ends before the range or begins after it, going by its readable parts.
pub(super) fn event(event: &RawEvent, range: &Range<DateTime<Utc>>) -> bool {
    let Some((start, _)) = event.start else { return false };
    // An RDATE can be at any time, even before the start.
    if !event.dates.is_empty() || event.has_unread_dates() {
        return false;
    }
    if begins_after(start, range) {
        return true;
    }
    let ends = [
        event.end.map(|(end, _)| Until::When(end)),
        event.duration.map(|(span, _)| Until::Span(span)),
    ];
    let days = if event.has_unread_end() { UNREAD_END_DAYS } else { CLOCK_DAYS };
    event.rules.is_empty()
        && !event.has_unread_rule()
        && ends_before(start, ends.into_iter().flatten(), days, range)
}

/// The same for a period.
pub(super) fn period(from: When, until: Until, range: &Range<DateTime<Utc>>) -> bool {
    begins_after(from, range) || ends_before(from, [until].into_iter(), CLOCK_DAYS, range)
}

fn begins_after(start: When, range: &Range<DateTime<Utc>>) -> bool {
    moved(range.end, CLOCK_DAYS).is_some_and(|limit| start.wall() > limit)
}

fn ends_before(
    start: When,
    mut ends: impl Iterator<Item = Until>,
    days: i64,
    range: &Range<DateTime<Utc>>,
) -> bool {
    let Some(limit) = moved(range.start, -days) else { return false };
    let is_before = |end| match end {
        Until::When(when) => when.wall() < limit,
        Until::Span(span) => Duration::try_days(whole_days(span))
            .and_then(|length| start.wall().checked_add_signed(length))
            .is_some_and(|end| end < limit),
    };
    start.wall() < limit && ends.all(is_before)
}

fn moved(at: DateTime<Utc>, days: i64) -> Option<NaiveDateTime> {
    at.naive_utc().checked_add_signed(Duration::try_days(days)?)
}
