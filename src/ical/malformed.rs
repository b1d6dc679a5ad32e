//! What is wrong with a file and where, as data.

use serde::{Deserialize, Serialize};

use crate::recurrence::RecurrenceProblem;

/// A file that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Malformed {
    /// From 1, as an editor counts the lines of the file.
    pub line: usize,
    pub reason: MalformedReason,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum MalformedReason {
    #[error("not a calendar")]
    NotACalendar,
    /// Neither a property nor the rest of one.
    #[error("not a line of a calendar")]
    NotALine,
    /// The line begins something that does not end.
    #[error("begins something that does not end")]
    NotEnded,
    /// The line ends something other than what began last.
    #[error("ends what did not begin")]
    NotBegun,
    /// The event or zone that begins here lacks it.
    #[error("{0} is missing")]
    Missing(PropertyName),
    #[error("{0} cannot be read")]
    Value(PropertyName),
    #[error("ends before it starts")]
    EndsBeforeStart,
    /// A time zone that neither we nor the file know.
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
    /// The event makes more occurrences, or more work, than a calendar of a person does.
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
