//! Every way in which a request can fail, as data. The sentences live in `app`.

use serde::{Deserialize, Serialize};

use crate::appointment::Refusal;

/// Why a request was not carried out. Whatever it is, nothing was changed
/// (but for a wrong code, which uses up a try).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// There is no such thing, or it is not the caller's to see.
    #[error("not found")]
    NotFound,
    /// The caller has to sign in first.
    #[error("sign-in needed")]
    SignInFirst,
    /// The caller is signed in, and this is not for them.
    #[error("not allowed")]
    NotAllowed,
    /// E-mail and password do not go together.
    #[error("wrong e-mail or password")]
    WrongCredentials,
    /// Too many tries; the seconds until the next one is allowed.
    #[error("too many tries")]
    TooManyTries { retry_after_seconds: u32 },
    /// What was typed cannot be used; at least one problem is named.
    #[error("invalid input")]
    Invalid(Vec<FieldProblem>),
    /// The booking rules say no.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Someone changed it in the meantime.
    #[error("stale view")]
    Stale,
    /// The request has to say which version it has seen (If-Match).
    #[error("version missing")]
    VersionMissing,
    /// The request has to carry an idempotency key.
    #[error("idempotency key missing")]
    KeyMissing,
    /// The idempotency key was used for another request.
    #[error("idempotency key reused")]
    KeyReused,
    /// The same request, or one on the same appointment, is still being carried out.
    #[error("still running")]
    StillRunning,
    /// The request itself cannot be read: a broken form, a foreign page.
    #[error("malformed request")]
    Malformed,
    /// More was sent than is taken at once.
    #[error("too large")]
    TooLarge,
    /// More people ask at once than can be served. Trying again in a moment is right.
    #[error("busy")]
    Busy,
    /// A server we need does not answer. Trying again later is right.
    #[error("temporarily unavailable")]
    Unavailable,
}

impl Failure {
    /// The HTTP status that says the same (RFC 9110).
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::SignInFirst => 401,
            Self::NotAllowed => 403,
            Self::WrongCredentials | Self::Invalid(_) => 422,
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
    /// What somebody says of a visit.
    Text,
    /// What the doctor says to that.
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
    /// Not written the way such a thing is written.
    Malformed,
    /// Nothing in it can be seen.
    Invisible,
    /// More than one line, where there is room for one.
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
    /// Nobody answered there, or not with a file.
    NoAnswer,
    /// It cannot be read; `line` is the first line (from 1) with a problem.
    MalformedAt {
        line: u32,
        reason: CalendarFault,
    },
    /// It fits several, and nothing tells which is meant.
    Ambiguous,
}

/// Why a calendar file (RFC 5545) cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarFault {
    /// No calendar begins here.
    NotACalendar,
    /// Something that began does not end, or ends without having begun.
    Unfinished,
    /// A line that is not written as such lines are.
    BadLine,
    /// A date, time or length that is none.
    BadValue,
    /// Nobody knows this time zone, and the file does not describe it.
    UnknownZone,
    /// A rule of repetition that cannot be followed.
    BadRule,
    /// It ends before it starts.
    EndsBeforeStart,
    /// More than we read.
    TooMuch,
}

/// One problem with one field; for a form of several lines, on which line (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    pub field: Field,
    pub problem: Problem,
}
