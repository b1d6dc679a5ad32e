//! Busy times, and the number of events that were skipped.

use chrono::{DateTime, Utc};

/// A busy time; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusyTime {
    pub starts_at: DateTime<Utc>,
    /// Exclusive.
    pub ends_at: DateTime<Utc>,
}

/// How many events blocked no time, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// They are marked as free (TRANSP, or Outlook's property for it).
    pub transparent: usize,
    pub cancelled: usize,
    /// The owner of the calendar declined.
    pub declined: usize,
    /// They are our own appointments.
    pub own: usize,
    /// There is a newer version of them in the file.
    pub replaced: usize,
    /// They have no length, like reminders.
    pub without_length: usize,
    /// They have no occurrence in the range.
    pub outside: usize,
}
