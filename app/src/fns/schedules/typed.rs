//! What the forms about a schedule send, as typed.

use serde::{Deserialize, Serialize};

/// One line of hours that repeat, as typed; in a form its fields are called `lines[0][mo]` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedRule {
    /// Ticked: on Mondays. So with the six that follow.
    pub mo: String,
    pub tu: String,
    pub we: String,
    pub th: String,
    pub fr: String,
    pub sa: String,
    pub su: String,
    pub starts_at: String,
    pub ends_at: String,
    pub slot_minutes: String,
    pub mode: String,
    pub location: String,
    /// One of the choices of `repeats`.
    pub repeats: String,
    /// An RRULE, when that is the choice.
    pub rule: String,
    pub effective_from: String,
    /// The last day, itself included.
    pub effective_until: String,
    pub seat_capacity: String,
    pub buffer_before: String,
    pub buffer_after: String,
    /// In minutes.
    pub notice: String,
    /// In days.
    pub window: String,
    /// Ticked: the line goes.
    pub remove: String,
}

/// Time off as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedTimeOff {
    pub first_day: String,
    /// Itself included; empty: the first.
    pub last_day: String,
    /// With `off_to`, for a part of one day.
    pub off_from: String,
    pub off_to: String,
    pub note: String,
}

/// A single day of work as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedDay {
    pub day: String,
    pub day_from: String,
    pub day_to: String,
    pub slot_minutes: String,
    pub mode: String,
    pub location: String,
    pub seat_capacity: String,
}
