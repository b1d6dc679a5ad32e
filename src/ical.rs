//! Calendar files (RFC 5545): reading busy times from external ones, and writing our own.
//!
//! Reading and writing are done here, with two crates as second opinions in the
//! tests: neither `icalendar` 0.17 nor `calcard` 0.3 tells in which line of a file
//! something is wrong (the one counts unfolded lines, the other none), and `icalendar`
//! writes lines of 76 octets instead of 75 and lets a bare carriage return through.
//!
//! A file is refused, with the line, only if the problem could hide a busy time. Other unreadable lines cause
//! a warning.
//!
//! Invitations are not answered (RFC 5546), and tasks and journals are skipped.

mod attendance;
mod busy;
mod limits;
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
pub use limits::{
    EVENTS_MAX, FILE_BYTES_MAX, LINE_BYTES_MAX, OCCURRENCES_MAX, RANGE_DAYS_MAX, STEPS_MAX,
    WARNINGS_MAX,
};
pub use malformed::{Malformed, MalformedReason, PropertyName};
pub use uid::appointment_of;
pub use warnings::{Warning, WarningReason, Warnings};
pub use write::{CalendarFile, Event, EventStatus, Method, Organizer, write};
