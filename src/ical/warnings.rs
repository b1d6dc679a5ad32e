//! Warnings about lines that were ignored because they cannot be parsed but also cannot hide a busy time.

use serde::{Deserialize, Serialize};

use super::limits::WARNINGS_MAX;

/// The lines that were ignored, or read in a way that the user should know of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Sorted by line; at most [`WARNINGS_MAX`].
    pub lines: Vec<Warning>,
    /// The number of further warnings.
    pub more: usize,
}

/// A warning about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Warning {
    /// The line number in the file, from 1.
    pub line: usize,
    pub reason: WarningReason,
}

/// What is wrong with the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningReason {
    /// Not a calendar line.
    NotALine,
    /// A date that a series excludes or changes cannot be read, so the occurrence stays busy.
    Exception,
    /// A second start, end or duration of an event; the first one is used.
    Repeated,
    /// An unknown part of a recurrence rule.
    RulePart,
    /// A message about an event that has no time.
    WithoutTime,
    /// Unreadable, but in an event outside the requested range.
    FarAway,
    /// The definition of a time zone is unusable; its name is known.
    ZoneDefinition,
    /// A time zone without a definition; the calendar's own zone is used.
    ZoneOfCalendar,
    /// A time zone without a definition; the user's own zone is used.
    ZoneOfPlace,
}

impl WarningReason {
    pub const ALL: [Self; 9] = [
        Self::NotALine,
        Self::Exception,
        Self::Repeated,
        Self::RulePart,
        Self::WithoutTime,
        Self::FarAway,
        Self::ZoneDefinition,
        Self::ZoneOfCalendar,
        Self::ZoneOfPlace,
    ];

    /// The word used in URLs.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotALine => "line",
            Self::Exception => "exception",
            Self::Repeated => "repeated",
            Self::RulePart => "rule",
            Self::WithoutTime => "time",
            Self::FarAway => "far",
            Self::ZoneDefinition => "zone",
            Self::ZoneOfCalendar => "calendar-zone",
            Self::ZoneOfPlace => "place-zone",
        }
    }

    /// The reason with this [`word`](Self::word).
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// Whether it is about a time zone. When there are too many warnings, these are preferred, since they affect how
    /// times are read.
    fn is_of_zone(self) -> bool {
        matches!(self, Self::ZoneDefinition | Self::ZoneOfCalendar | Self::ZoneOfPlace)
    }
}

impl Warnings {
    pub(super) fn note(&mut self, line: usize, reason: WarningReason) {
        let new = Warning { line, reason };
        if self.lines.len() < WARNINGS_MAX {
            self.lines.push(new);
            return;
        }
        self.more += 1;
        let least = self.lines.iter().rposition(|known| !known.reason.is_of_zone());
        if let (true, Some(least)) = (reason.is_of_zone(), least) {
            self.lines[least] = new;
        }
    }

    /// Sorted by line, without duplicates.
    pub(super) fn sorted(mut self) -> Self {
        self.lines.sort_by_key(|warnings| warnings.line);
        self.lines.dedup();
        self
    }
}
