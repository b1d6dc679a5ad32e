//! Busy times, and the number of events that made none.

use chrono::{DateTime, Utc};

/// A stretch of time, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusyTime {
    pub starts_at: DateTime<Utc>,
    /// Exclusive.
    pub ends_at: DateTime<Utc>,
}

/// How many events made no time busy, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// They take no time (TRANSP, or free as Outlook says it).
    pub transparent: usize,
    pub cancelled: usize,
    /// The owner of the calendar does not take part.
    pub declined: usize,
    /// They are the reader's own already.
    pub own: usize,
    /// An earlier version of an event that is in the file again.
    pub replaced: usize,
    /// They have no length: a reminder at a moment.
    pub without_length: usize,
    /// They do not happen in the range.
    pub outside: usize,
}
