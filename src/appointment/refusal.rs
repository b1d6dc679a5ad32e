//! The reasons for which the booking rules refuse a command.

use serde::{Deserialize, Serialize};

/// A reason for a refusal. The sentences for users are in `app`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the time is not on offer")]
    NotOffered,
    #[error("the time is in the past")]
    InThePast,
    #[error("the time cannot be booked yet")]
    NotOpenYet,
    #[error("the time cannot be booked so shortly before")]
    TooShortNotice,
    #[error("the time is taken")]
    Taken,
    #[error("the person is busy at that time")]
    PersonBusy,
    #[error("too many holds")]
    TooManyHolds,
    #[error("too many visits ahead with this doctor")]
    TooManyVisits { most: i64 },
    #[error("the hold has expired")]
    HoldExpired,
    #[error("the hold cannot be extended again")]
    NoMoreExtensions,
    #[error("wrong code")]
    WrongCode { tries_left: i16 },
    #[error("this code has been tried too often")]
    CodeSpent,
    #[error("this code is too old")]
    CodeTooOld,
    #[error("no more codes for this hold")]
    NoMoreCodes,
    #[error("it has been cancelled")]
    AlreadyCancelled,
    #[error("it is no longer a hold")]
    NotAHold,
    #[error("it is not confirmed yet")]
    NotConfirmed,
    #[error("too late to cancel")]
    TooLateToCancel { notice_minutes: i64 },
    #[error("too late to move")]
    TooLateToMove { notice_minutes: i64 },
    #[error("the visit has begun")]
    HasBegun,
    #[error("it is too early for that")]
    TooEarly,
    #[error("it is too early to check in")]
    TooEarlyToCheckIn { lead_minutes: i64 },
    #[error("nothing was marked that could be undone")]
    NothingToUndo,
    #[error("the day on which it could be undone is over")]
    TooLateToUndo,
    #[error("the visit has been reviewed")]
    HasReview,
    #[error("somebody else has booked a part of the time")]
    TimeGivenAway,
    #[error("the doctor takes no bookings")]
    NotTakingBookings,
    #[error("the doctor is listed")]
    StillListed,
    #[error("it is over")]
    AlreadyOver,
    #[error("there is an appointment already")]
    AlreadyExists,
    #[error("not allowed in this capacity")]
    NotYours,
    #[error("the person still has appointments")]
    HasAppointments,
    #[error("too many people on one account")]
    TooManyPeople,
    #[error("too many people want it at once")]
    Crowded,
    #[error("the visit has not taken place")]
    NotCompleted,
    #[error("too late to review")]
    TooLateToReview { days: i64 },
    #[error("there is a review already")]
    AlreadyReviewed,
    #[error("the reviewer is or works with the doctor")]
    ConflictOfInterest,
    #[error("another account has the address")]
    AddressTaken,
    #[error("the account is a doctor's or an administrator's")]
    StillOnStaff,
    #[error("the account must have a second factor")]
    SecondFactorRequired,
    #[error("too many API keys")]
    TooManyApiKeys,
    #[error("too many passkeys")]
    TooManyPasskeys,
    #[error("the account or the profile has this role already")]
    AlreadyJoined,
    #[error("the clinic has no other administrator")]
    LastAdministrator,
    #[error("this person is on the account already")]
    SamePerson,
}

impl Refusal {
    /// One of each kind, for tests and for lists of all refusals.
    pub const EXAMPLES: [Self; 46] = [
        Self::NotOffered,
        Self::InThePast,
        Self::NotOpenYet,
        Self::TooShortNotice,
        Self::Taken,
        Self::PersonBusy,
        Self::TooManyHolds,
        Self::TooManyVisits { most: 3 },
        Self::HoldExpired,
        Self::NoMoreExtensions,
        Self::WrongCode { tries_left: 3 },
        Self::CodeSpent,
        Self::CodeTooOld,
        Self::NoMoreCodes,
        Self::AlreadyCancelled,
        Self::NotAHold,
        Self::NotConfirmed,
        Self::TooLateToCancel { notice_minutes: 120 },
        Self::TooLateToMove { notice_minutes: 120 },
        Self::HasBegun,
        Self::TooEarly,
        Self::TooEarlyToCheckIn { lead_minutes: 60 },
        Self::NothingToUndo,
        Self::TooLateToUndo,
        Self::HasReview,
        Self::TimeGivenAway,
        Self::NotTakingBookings,
        Self::StillListed,
        Self::AlreadyOver,
        Self::AlreadyExists,
        Self::NotYours,
        Self::HasAppointments,
        Self::TooManyPeople,
        Self::Crowded,
        Self::NotCompleted,
        Self::TooLateToReview { days: 90 },
        Self::AlreadyReviewed,
        Self::ConflictOfInterest,
        Self::AddressTaken,
        Self::StillOnStaff,
        Self::SecondFactorRequired,
        Self::TooManyApiKeys,
        Self::TooManyPasskeys,
        Self::AlreadyJoined,
        Self::LastAdministrator,
        Self::SamePerson,
    ];

    /// The matching HTTP status (RFC 9110).
    pub fn status(&self) -> u16 {
        match self {
            Self::NotYours | Self::ConflictOfInterest => 403,
            Self::NotOffered => 404,
            Self::HoldExpired => 410,
            Self::WrongCode { .. } | Self::CodeSpent | Self::CodeTooOld => 422,
            Self::TooManyHolds | Self::NoMoreCodes => 429,
            Self::Crowded => 503,
            Self::InThePast
            | Self::NotOpenYet
            | Self::TooShortNotice
            | Self::Taken
            | Self::PersonBusy
            | Self::TooManyVisits { .. }
            | Self::NoMoreExtensions
            | Self::AlreadyCancelled
            | Self::NotAHold
            | Self::NotConfirmed
            | Self::TooLateToCancel { .. }
            | Self::TooLateToMove { .. }
            | Self::HasBegun
            | Self::TooEarly
            | Self::TooEarlyToCheckIn { .. }
            | Self::NothingToUndo
            | Self::TooLateToUndo
            | Self::HasReview
            | Self::TimeGivenAway
            | Self::NotTakingBookings
            | Self::StillListed
            | Self::AlreadyOver
            | Self::AlreadyExists
            | Self::HasAppointments
            | Self::TooManyPeople
            | Self::NotCompleted
            | Self::TooLateToReview { .. }
            | Self::AlreadyReviewed
            | Self::AddressTaken
            | Self::StillOnStaff
            | Self::SecondFactorRequired
            | Self::TooManyApiKeys
            | Self::TooManyPasskeys
            | Self::AlreadyJoined
            | Self::LastAdministrator
            | Self::SamePerson => 409,
        }
    }
}
