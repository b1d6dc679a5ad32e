//! Calendar files (RFC 5545): the busy times in somebody else's, and ours for them.
//!
//! Reading and writing are done here, with two crates as second opinions in the
//! tests: neither `icalendar` 0.17 nor `calcard` 0.3 tells in which line of a file
//! something is wrong (the one counts unfolded lines, the other none), and `icalendar`
//! writes lines of 76 octets instead of 75 and lets a bare carriage return through.
//!
//! Only what could hide a busy time is refused, with its line. What else cannot be read is passed over and named.
//!
//! Not for: answering invitations (RFC 5546), tasks and journals, which are skipped.

mod attendance;
mod busy;
mod line;
mod malformed;
mod raw_event;
mod read;
#[cfg(test)]
mod tests;
mod text;
mod uid;
mod value;
mod vcalendar;
mod warnings;
mod write;
mod zone;

pub use busy::{BusyCalendar, BusyTime, ReadCalendar, Reading, Skipped, busy_times};
pub use malformed::{Malformed, MalformedReason, PropertyName};
pub use uid::appointment_of;
pub use warnings::{Warning, WarningReason, Warnings};
pub use write::{CalendarFile, Event, EventStatus, Method, Organizer, write};

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
/// How deep components may lie in each other; RFC 5545 needs three.
const DEPTH_MAX: usize = 8;
/// The longest name of a calendar that is kept, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The most different zones of its own a file may define.
const ZONES_MAX: usize = 200;
/// The most lines that are named of those that were passed over.
pub const WARNINGS_MAX: usize = 20;
/// The most changes of the clock in a zone of a file's own.
const CHANGES_MAX: usize = 4_000;
