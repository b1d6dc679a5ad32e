//! Limits for calendar files, so that reading one takes neither long nor much memory.

/// The maximum size of a file in bytes. A full calendar of ten years has about 10 MB.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The longest line that is understood, unfolded, in bytes; of a longer one that says nothing
/// about times, the rest is skipped.
pub const LINE_BYTES_MAX: usize = 256 * 1024;
/// The maximum number of events in a file.
pub const EVENTS_MAX: usize = 60_000;
/// The maximum number of occurrences of all events together in the requested range.
pub const OCCURRENCES_MAX: usize = 100_000;
/// The maximum range, in days.
pub const RANGE_DAYS_MAX: i64 = 400;
/// The budget for all recurrence rules of a file: the number of periods and days that are checked.
pub const STEPS_MAX: usize = 5_000_000;
/// The maximum depth of nested components; RFC 5545 needs three.
pub(super) const DEPTH_MAX: usize = 8;
/// The maximum length of a calendar's name in characters; longer ones are cut.
pub(super) const NAME_CHARS_MAX: usize = 200;
/// The maximum number of different time zones that a file may define.
pub(super) const ZONES_MAX: usize = 200;
/// The maximum number of warnings.
pub const WARNINGS_MAX: usize = 20;
/// The maximum number of clock changes in a time zone that a file defines.
pub(super) const CHANGES_MAX: usize = 4_000;
