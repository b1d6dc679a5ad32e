//! Every way in which a request can fail, as data. The sentences for users are in `app`.

use serde::{Deserialize, Serialize};

use crate::appointment::Refusal;

/// Why a request was not carried out. In all cases nothing was changed, except that a wrong code uses up a try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// It does not exist, or the caller may not see it.
    #[error("not found")]
    NotFound,
    /// The caller has to sign in first.
    #[error("sign-in needed")]
    SignInFirst,
    /// A visitor whose network holds many times already has to prove an address before holding one more.
    #[error("proof of an address needed")]
    ProveAddressFirst,
    /// The caller is signed in, but may not do this.
    #[error("not allowed")]
    NotAllowed,
    /// E-mail and password do not match.
    #[error("wrong e-mail or password")]
    WrongCredentials,
    /// The code has expired, was used, or was tried too often.
    #[error("code expired")]
    CodeExpired,
    /// The account asks for a second factor.
    #[error("second factor needed")]
    SecondFactorNeeded,
    /// The code of the authenticator app, or the recovery code, is wrong.
    #[error("wrong second factor")]
    WrongSecondFactor,
    /// The passkey is unknown, or did not sign what it was asked to.
    #[error("wrong passkey")]
    WrongPasskey,
    /// The change needs a recent proof of who the caller is.
    #[error("proof of identity needed")]
    ProveAgain,
    /// Too many tries; the seconds until the next one is allowed.
    #[error("too many tries")]
    TooManyTries { retry_after_seconds: u32 },
    /// The input cannot be used; at least one problem is named.
    #[error("invalid input")]
    Invalid(Vec<FieldProblem>),
    /// The booking rules refuse it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Someone changed it in the meantime.
    #[error("stale view")]
    Stale,
    /// The request must name the version it is based on (If-Match).
    #[error("version missing")]
    VersionMissing,
    /// The request needs an idempotency key.
    #[error("idempotency key missing")]
    KeyMissing,
    /// The idempotency key was used for another request.
    #[error("idempotency key reused")]
    KeyReused,
    /// The same request, or one on the same appointment, is still being carried out.
    #[error("still running")]
    StillRunning,
    /// The request cannot be read, such as a broken form or one from another site.
    #[error("malformed request")]
    Malformed,
    /// The request is too large.
    #[error("too large")]
    TooLarge,
    /// Too many requests at once. The caller should try again in a moment.
    #[error("busy")]
    Busy,
    /// A server we need does not answer. The caller should try again later.
    #[error("temporarily unavailable")]
    Unavailable,
}

impl Failure {
    /// The matching HTTP status (RFC 9110).
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::SignInFirst | Self::ProveAddressFirst | Self::SecondFactorNeeded => 401,
            Self::NotAllowed | Self::ProveAgain => 403,
            Self::WrongCredentials
            | Self::CodeExpired
            | Self::WrongSecondFactor
            | Self::WrongPasskey
            | Self::Invalid(_) => 422,
            Self::TooManyTries { .. } => 429,
            Self::Refused(refusal) => refusal.status(),
            Self::Stale => 412,
            Self::VersionMissing => 428,
            Self::KeyReused => 422,
            Self::StillRunning => 409,
            Self::Malformed | Self::KeyMissing => 400,
            Self::TooLarge => 413,
            Self::Busy | Self::Unavailable => 503,
        }
    }

    /// A single problem with a single field.
    pub fn field(field: Field, problem: Problem) -> Self {
        Self::Invalid(vec![FieldProblem { field, problem }])
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FieldProblem> for Failure {
    fn from(problem: FieldProblem) -> Self {
        Self::Invalid(vec![problem])
    }
}

/// A field of some form, by the name it has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Name,
    Email,
    Password,
    /// The one that is set now.
    OldPassword,
    Code,
    Title,
    Bio,
    Languages,
    Qualifications,
    Fee,
    Specialty,
    Status,
    Clinic,
    Location,
    Address,
    City,
    Latitude,
    Longitude,
    TimeZone,
    Weekday,
    StartsAt,
    EndsAt,
    SlotMinutes,
    SeatCapacity,
    Mode,
    EffectiveFrom,
    EffectiveUntil,
    Reason,
    Slug,
    BirthDate,
    /// The name of the person that a visitor books for.
    PatientName,
    Person,
    VisitType,
    /// How often hours repeat.
    Repeats,
    BufferBefore,
    BufferAfter,
    Notice,
    Window,
    /// How many lines a form has.
    Lines,
    /// A calendar file, or the address of one.
    Calendar,
    /// A region with public holidays.
    Region,
    /// How good a visit was.
    Stars,
    /// The text of a review.
    Text,
    /// The doctor's answer to a review.
    Answer,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    Missing,
    /// Longer than this many characters.
    TooLong(u32),
    /// Shorter than this many characters.
    TooShort(u32),
    /// Not in the expected format.
    Malformed,
    /// It has no visible character.
    Invisible,
    /// It has more than one line where only one is allowed.
    LineBreak,
    /// Outside this range, both ends included.
    OutOfRange {
        min: i64,
        max: i64,
    },
    /// Not one of the choices.
    Unknown,
    /// It ends before it starts.
    EndsBeforeStart,
    /// It overlaps another line of the same form.
    Overlaps,
    /// Somebody else has it already.
    Taken,
    /// More often than once a day.
    TooOften,
    /// There is no such date.
    Never,
    /// An address that is not on the public internet, or of a kind we do not fetch.
    NotPublic,
    /// No answer from there, or not with a file.
    NoAnswer,
    /// It cannot be read; `line` is the first line (from 1) with a problem.
    MalformedAt {
        line: u32,
        reason: CalendarFault,
    },
    /// It matches several, and it is unclear which is meant.
    Ambiguous,
    /// A password that is easy to guess.
    TooCommon,
}

/// Why a calendar file (RFC 5545) cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarFault {
    /// The file does not begin with a calendar.
    NotACalendar,
    /// Something that began does not end, or ends without having begun.
    Unfinished,
    /// A line that is not a valid content line.
    BadLine,
    /// An invalid date, time or duration.
    BadValue,
    /// The time zone is unknown, and the file does not define it.
    UnknownZone,
    /// A recurrence rule that cannot be used.
    BadRule,
    /// It ends before it starts.
    EndsBeforeStart,
    /// It exceeds one of the limits.
    TooMuch,
}

/// One problem with one field; for a form of several lines, on which line (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    pub field: Field,
    pub problem: Problem,
}
