//! What a file says and we pass over, since it cannot hide a busy time.

use serde::{Deserialize, Serialize};

use super::PASSED_MAX;

/// The lines that were passed over, or read in a way that their reader should know of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// By line; at most [`PASSED_MAX`].
    pub lines: Vec<PassedLine>,
    /// How many there are beyond these.
    pub more: usize,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PassedLine {
    /// From 1, as an editor counts the lines of the file.
    pub line: usize,
    pub reason: PassedReason,
}

/// Why it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedReason {
    /// It is no line of a calendar.
    NotALine,
    /// It names a date that a series leaves out or changes, in a way that cannot be read: the date stays busy.
    Exception,
    /// It says a second time when an event is: the first counts.
    Repeated,
    /// A part of a recurrence rule that is not known.
    RulePart,
    /// A message about an event that says no time.
    WithoutTime,
    /// It cannot be read, in an event that is long over or far ahead.
    FarAway,
    /// A time zone that is described badly; its name is known.
    ZoneDefinition,
    /// A time zone that is not described; its times are read in the calendar's own.
    ZoneOfCalendar,
    /// A time zone that is not described; its times are read in the reader's own.
    ZoneOfPlace,
}

impl PassedReason {
    /// All of them.
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

    /// One word for it in addresses.
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

    /// The reason of this [`word`](Self::word).
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// Does it say how times are read? Such a line matters more than the others.
    fn is_of_zone(self) -> bool {
        matches!(self, Self::ZoneDefinition | Self::ZoneOfCalendar | Self::ZoneOfPlace)
    }
}

impl Passed {
    pub(super) fn note(&mut self, line: usize, reason: PassedReason) {
        let new = PassedLine { line, reason };
        if self.lines.len() < PASSED_MAX {
            self.lines.push(new);
            return;
        }
        self.more += 1;
        let least = self.lines.iter().rposition(|known| !known.reason.is_of_zone());
        if let (true, Some(least)) = (reason.is_of_zone(), least) {
            self.lines[least] = new;
        }
    }

    /// By line, each once.
    pub(super) fn sorted(mut self) -> Self {
        self.lines.sort_by_key(|passed| passed.line);
        self.lines.dedup();
        self
    }
}
