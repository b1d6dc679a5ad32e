//! Errors in calendar files, with the line.

use serde::{Deserialize, Serialize};

use crate::recurrence::RecurrenceProblem;

/// Why a file is refused, and in which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Malformed {
    /// The line number in the file, from 1.
    pub line: usize,
    pub reason: MalformedReason,
}

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum MalformedReason {
    #[error("not a calendar")]
    NotACalendar,
    /// The line is neither a property nor the continuation of one.
    #[error("not a line of a calendar")]
    NotALine,
    /// The component that begins here has no end.
    #[error("begins something that does not end")]
    NotEnded,
    /// The line ends a component that is not open.
    #[error("ends what did not begin")]
    NotBegun,
    /// The event or time zone that begins here has no such property.
    #[error("{0} is missing")]
    Missing(PropertyName),
    #[error("{0} cannot be read")]
    Value(PropertyName),
    #[error("ends before it starts")]
    EndsBeforeStart,
    /// A time zone that is neither known nor defined in the file.
    #[error("unknown time zone")]
    UnknownZone,
    #[error("recurrence rule: {0}")]
    Rule(RecurrenceProblem),
    #[error("the file is too large")]
    TooLarge,
    #[error("the line is too long")]
    LineTooLong,
    #[error("nested too deeply")]
    TooDeep,
    #[error("too many events")]
    TooManyEvents,
    #[error("too many time zones")]
    TooManyZones,
    /// The event exceeds the limits on occurrences or on the work to find them.
    #[error("too many occurrences")]
    TooManyOccurrences,
}

/// The properties that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyName {
    DtStart,
    DtEnd,
    Duration,
    RRule,
    RDate,
    ExDate,
    ExRule,
    RecurrenceId,
    FreeBusy,
    TzId,
    TzOffsetFrom,
    TzOffsetTo,
}

impl std::fmt::Display for PropertyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DtStart => "DTSTART",
            Self::DtEnd => "DTEND",
            Self::Duration => "DURATION",
            Self::RRule => "RRULE",
            Self::RDate => "RDATE",
            Self::ExDate => "EXDATE",
            Self::ExRule => "EXRULE",
            Self::RecurrenceId => "RECURRENCE-ID",
            Self::FreeBusy => "FREEBUSY",
            Self::TzId => "TZID",
            Self::TzOffsetFrom => "TZOFFSETFROM",
            Self::TzOffsetTo => "TZOFFSETTO",
        })
    }
}

impl MalformedReason {
    pub(super) fn at(self, line: usize) -> Malformed {
        Malformed { line, reason: self }
    }
}
