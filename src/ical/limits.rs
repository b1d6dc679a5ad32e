//! The limits on what is read from a calendar file, so that no file takes long or much memory.

/// The largest file that is read, in bytes: ten years of somebody busy are 10 MB.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The longest line that is understood, unfolded, in bytes; of a longer one that says nothing
/// about times, the rest is skipped.
pub const LINE_BYTES_MAX: usize = 256 * 1024;
/// The most events a file may have.
pub const EVENTS_MAX: usize = 60_000;
/// The most occurrences that all events together may have in the range asked for.
pub const OCCURRENCES_MAX: usize = 100_000;
/// The longest range that is looked at, in days.
pub const RANGE_DAYS_MAX: i64 = 400;
/// How many periods and days all recurrence rules of a file together may look at.
pub const STEPS_MAX: usize = 5_000_000;
/// How deep components may be nested; RFC 5545 needs three.
pub(super) const DEPTH_MAX: usize = 8;
/// The longest name of a calendar that is kept, in characters.
pub(super) const NAME_CHARS_MAX: usize = 200;
/// The most different zones of its own a file may define.
pub(super) const ZONES_MAX: usize = 200;
/// The most warnings that are kept.
pub const WARNINGS_MAX: usize = 20;
/// The most changes of the clock in a zone of a file's own.
pub(super) const CHANGES_MAX: usize = 4_000;
