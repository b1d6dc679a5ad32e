//! A clock: a zone of the database, a fixed offset, or the changes that a file defines.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use super::database;
use crate::zone::Zone as Iana;

/// A zone that converts wall time to instants and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ical) enum Zone {
    Named(Iana),
    /// Seconds east of UTC.
    Fixed(i32),
    Own(Changes),
}

impl Zone {
    /// The instant of a wall time. A repeated time is its first occurrence, and a skipped one has
    /// the offset from before the change (RFC 5545, 3.3.5).
    pub(in crate::ical) fn instant(&self, at: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Named(zone) => crate::schedule::instant(*zone, at.date(), at.time()),
            Self::Fixed(offset) => east(at, *offset),
            Self::Own(changes) => east(at, changes.offset(at)),
        }
    }

    /// The wall time at an instant.
    pub(in crate::ical) fn wall(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let at = at.naive_utc();
        shifted(
            at,
            match self {
                Self::Named(zone) => database::offset(*zone, at),
                Self::Fixed(offset) => *offset,
                Self::Own(changes) => changes.offset_at(at),
            },
        )
    }
}

pub(super) fn east(at: NaiveDateTime, offset: i32) -> DateTime<Utc> {
    at.checked_sub_signed(Duration::seconds(offset.into())).unwrap_or(at).and_utc()
}

pub(super) fn shifted(at: NaiveDateTime, offset: i32) -> NaiveDateTime {
    at.checked_add_signed(Duration::seconds(offset.into())).unwrap_or(at)
}

/// The changes of a clock, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ical) struct Changes {
    before: i32,
    pub(super) list: Vec<Change>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ical) struct Change {
    /// In UTC.
    pub at: NaiveDateTime,
    pub from: i32,
    pub to: i32,
    /// Whether it begins daylight saving time.
    pub daylight: bool,
}

impl Changes {
    /// `None` if there are no changes.
    pub(in crate::ical) fn new(mut list: Vec<Change>) -> Option<Self> {
        list.sort_by_key(|change| change.at);
        list.dedup();
        Some(Self { before: list.first()?.from, list })
    }

    pub(super) fn offset(&self, at: NaiveDateTime) -> i32 {
        // During a skipped or repeated hour, the offset is still the previous one.
        let over = |change: &Change| at >= shifted(change.at, change.from.max(change.to));
        self.after(self.list.partition_point(over))
    }

    pub(super) fn offset_at(&self, at: NaiveDateTime) -> i32 {
        self.after(self.list.partition_point(|change| at >= change.at))
    }

    fn after(&self, begun: usize) -> i32 {
        begun.checked_sub(1).map_or(self.before, |last| self.list[last].to)
    }

    /// Whether each change starts with the offset that the previous one ended with, from a year before this time on. If
    /// not, some are missing: for example, Cyrus leaves out changes that it considers unnecessary.
    pub(super) fn fits_together(&self, from: NaiveDateTime) -> bool {
        let from = from.checked_sub_signed(Duration::days(400)).unwrap_or(from);
        let begun = self.list.partition_point(|change| change.at < from);
        let needed = &self.list[begun.saturating_sub(1)..];
        needed.windows(2).all(|pair| pair[0].to == pair[1].from)
    }

    /// Whether the changes stop during daylight saving time, more than a year before this time.
    pub(super) fn ends_in_summer(&self, until: NaiveDateTime) -> bool {
        let over =
            |change: &Change| change.at.checked_add_signed(YEAR).is_some_and(|at| at < until);
        self.list.last().is_some_and(|last| last.daylight && over(last))
    }
}

/// The time after which a definition without further changes is considered to have ended.
pub(super) const YEAR: Duration = Duration::days(370);
