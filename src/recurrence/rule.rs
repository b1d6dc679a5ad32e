//! The parts of a recurrence rule (RFC 5545, 3.3.10).

use chrono::{NaiveDate, NaiveDateTime, Weekday};
use serde::{Deserialize, Serialize};

/// The maximum length of a rule, in bytes.
pub const RULE_BYTES_MAX: usize = 512;

/// Why a rule is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RecurrenceProblem {
    /// It violates the grammar of RFC 5545, 3.3.10, or has parts that cannot be combined.
    #[error("not a recurrence rule")]
    Malformed,
    /// It recurs too often for its purpose: every second, or, for a rule of days, more than once a day.
    #[error("too often")]
    TooOften,
    /// It has no occurrences, such as on 30 February.
    #[error("never happens")]
    Never,
    /// It has parts that are valid but not supported (RSCALE, X-…).
    #[error("not supported")]
    Unsupported,
    /// Longer than [`RULE_BYTES_MAX`].
    #[error("too long")]
    TooLong,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrences {
    /// In order, each once.
    pub at: Vec<NaiveDateTime>,
    /// There may be more, because the limit was reached or the budget was used up.
    pub cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frequency {
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Never,
    /// Through the end of this day.
    UntilDate(NaiveDate),
    /// Wall time, inclusive.
    UntilFloating(NaiveDateTime),
    /// An instant, inclusive.
    UntilUtc(NaiveDateTime),
}

/// What happens to a date that does not exist, such as 30 February (RFC 7529, 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    Omit,
    /// The last day before it that exists.
    Backward,
    /// The first day after it that exists.
    Forward,
}

/// The nth such weekday of the month or year, counted from the end if negative; 0 is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NthWeekday {
    pub(super) nth: i8,
    pub(super) weekday: Weekday,
}

/// The parts of a rule; an empty list is an absent part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: i64,
    /// How many occurrences there are; with an `end` too, whichever comes first.
    pub(super) count: Option<u32>,
    pub(super) end: End,
    pub(super) skip: Skip,
    pub(super) week_start: Weekday,
    pub(super) months: Vec<u8>,
    pub(super) week_numbers: Vec<i8>,
    pub(super) year_days: Vec<i16>,
    pub(super) month_days: Vec<i8>,
    pub(super) weekdays: Vec<NthWeekday>,
    pub(super) hours: Vec<u8>,
    pub(super) minutes: Vec<u8>,
    pub(super) seconds: Vec<u8>,
    pub(super) positions: Vec<i16>,
}
