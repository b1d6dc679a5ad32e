//! The types of problems: their names and statuses, which never change, and their texts in the language of the request.

use app::i18n::text;
use app::messages;
use nadi::Failure;
use nadi::appointment::Refusal;
use nadi::idempotency::KEY_KEPT_HOURS;

use crate::http::BODY_BYTES_MAX;

/// A type of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Malformed,
    KeyMissing,
    KeyMalformed,
    SignInNeeded,
    TokenInvalid,
    WrongCredentials,
    CodeExpired,
    SecondFactorNeeded,
    WrongSecondFactor,
    WrongPasskey,
    ProveAgain,
    /// A key that may only read was used for a change.
    ScopeTooSmall,
    NotAllowed,
    ForeignOrigin,
    NotFound,
    MethodNotAllowed,
    StillRunning,
    Stale,
    TooLarge,
    TooSlow,
    MediaType,
    Invalid,
    KeyReused,
    VersionMissing,
    TooManyTries,
    Internal,
    Busy,
    Unavailable,
    /// It was sent to a host that is not ours.
    Misdirected,
    /// The booking rules refuse it.
    Refused(Refusal),
}

/// All types except for the refusals of the booking rules.
const GENERAL: [Kind; 29] = [
    Kind::Malformed,
    Kind::KeyMissing,
    Kind::KeyMalformed,
    Kind::SignInNeeded,
    Kind::TokenInvalid,
    Kind::WrongCredentials,
    Kind::CodeExpired,
    Kind::SecondFactorNeeded,
    Kind::WrongSecondFactor,
    Kind::WrongPasskey,
    Kind::ProveAgain,
    Kind::ScopeTooSmall,
    Kind::NotAllowed,
    Kind::ForeignOrigin,
    Kind::NotFound,
    Kind::MethodNotAllowed,
    Kind::StillRunning,
    Kind::Stale,
    Kind::TooLarge,
    Kind::TooSlow,
    Kind::MediaType,
    Kind::Misdirected,
    Kind::Invalid,
    Kind::KeyReused,
    Kind::VersionMissing,
    Kind::TooManyTries,
    Kind::Internal,
    Kind::Busy,
    Kind::Unavailable,
];

/// Every type of problem, by name.
pub fn all_kinds() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = GENERAL.into();
    kinds.extend(Refusal::EXAMPLES.map(Kind::Refused));
    kinds.sort_by_key(|kind| kind.name());
    kinds
}

impl From<&Failure> for Kind {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::NotFound => Self::NotFound,
            Failure::SignInFirst | Failure::ProveAddressFirst => Self::SignInNeeded,
            Failure::NotAllowed => Self::NotAllowed,
            Failure::WrongCredentials => Self::WrongCredentials,
            Failure::CodeExpired => Self::CodeExpired,
            Failure::SecondFactorNeeded => Self::SecondFactorNeeded,
            Failure::WrongSecondFactor => Self::WrongSecondFactor,
            Failure::WrongPasskey => Self::WrongPasskey,
            Failure::ProveAgain => Self::ProveAgain,
            Failure::TooManyTries { .. } => Self::TooManyTries,
            Failure::Invalid(_) => Self::Invalid,
            Failure::Refused(refusal) => Self::Refused(*refusal),
            Failure::Stale => Self::Stale,
            Failure::VersionMissing => Self::VersionMissing,
            Failure::KeyMissing => Self::KeyMissing,
            Failure::KeyReused => Self::KeyReused,
            Failure::StillRunning => Self::StillRunning,
            Failure::Malformed => Self::Malformed,
            Failure::TooLarge => Self::TooLarge,
            Failure::Busy => Self::Busy,
            Failure::Unavailable => Self::Unavailable,
        }
    }
}

impl Kind {
    /// The last part of the type's address. Stable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::KeyMissing => "idempotency-key-missing",
            Self::KeyMalformed => "idempotency-key-malformed",
            Self::SignInNeeded => "sign-in-needed",
            Self::TokenInvalid => "token-invalid",
            Self::WrongCredentials => "wrong-credentials",
            Self::CodeExpired => "code-expired",
            Self::SecondFactorNeeded => "second-factor-needed",
            Self::WrongSecondFactor => "wrong-second-factor",
            Self::WrongPasskey => "wrong-passkey",
            Self::ProveAgain => "prove-again",
            Self::ScopeTooSmall => "scope-too-small",
            Self::NotAllowed => "not-allowed",
            Self::ForeignOrigin => "foreign-origin",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::StillRunning => "still-running",
            Self::Stale => "stale",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::MediaType => "media-type",
            Self::Invalid => "invalid",
            Self::KeyReused => "idempotency-key-reused",
            Self::VersionMissing => "version-missing",
            Self::TooManyTries => "too-many-tries",
            Self::Misdirected => "misdirected",
            Self::Internal => "internal",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Refused(refusal) => refusal_name(refusal),
        }
    }

    pub fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::KeyMissing | Self::KeyMalformed => 400,
            Self::SignInNeeded
            | Self::TokenInvalid
            | Self::WrongCredentials
            | Self::SecondFactorNeeded
            | Self::WrongSecondFactor
            | Self::WrongPasskey => 401,
            Self::NotAllowed | Self::ForeignOrigin | Self::ProveAgain | Self::ScopeTooSmall => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::StillRunning => 409,
            Self::Stale => 412,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Misdirected => 421,
            Self::Invalid | Self::KeyReused | Self::CodeExpired => 422,
            Self::VersionMissing => 428,
            Self::TooManyTries => 429,
            Self::Internal => 500,
            Self::Busy | Self::Unavailable => 503,
            Self::Refused(refusal) => refusal.status(),
        }
    }

    /// A short phrase without a full stop.
    pub fn title(self) -> String {
        match self {
            Self::Malformed => text!("problem-malformed-title"),
            Self::KeyMissing => text!("problem-idempotency-key-missing-title"),
            Self::KeyMalformed => text!("problem-idempotency-key-malformed-title"),
            Self::SignInNeeded => text!("problem-sign-in-needed-title"),
            Self::TokenInvalid => text!("problem-token-invalid-title"),
            Self::WrongCredentials => text!("problem-wrong-credentials-title"),
            Self::CodeExpired => text!("problem-code-expired-title"),
            Self::SecondFactorNeeded => text!("problem-second-factor-needed-title"),
            Self::WrongSecondFactor => text!("problem-wrong-second-factor-title"),
            Self::WrongPasskey => text!("problem-wrong-passkey-title"),
            Self::ProveAgain => text!("problem-prove-again-title"),
            Self::ScopeTooSmall => text!("problem-scope-too-small-title"),
            Self::NotAllowed => text!("problem-not-allowed-title"),
            Self::ForeignOrigin => text!("problem-foreign-origin-title"),
            Self::NotFound => text!("problem-not-found-title"),
            Self::MethodNotAllowed => text!("problem-method-not-allowed-title"),
            Self::StillRunning => text!("problem-still-running-title"),
            Self::Stale => text!("problem-stale-title"),
            Self::TooLarge => text!("problem-too-large-title"),
            Self::TooSlow => text!("problem-too-slow-title"),
            Self::MediaType => text!("problem-media-type-title"),
            Self::Misdirected => text!("problem-misdirected-title"),
            Self::Invalid => text!("problem-invalid-title"),
            Self::KeyReused => text!("problem-idempotency-key-reused-title"),
            Self::VersionMissing => text!("problem-version-missing-title"),
            Self::TooManyTries => text!("problem-too-many-tries-title"),
            Self::Internal => text!("problem-internal-title"),
            Self::Busy => text!("problem-busy-title"),
            Self::Unavailable => text!("problem-unavailable-title"),
            Self::Refused(refusal) => refusal_title(refusal),
        }
    }

    /// What happened and what to do next: the default text for a problem of this type.
    pub fn advice(self) -> String {
        match self {
            Self::Malformed => text!("problem-malformed"),
            Self::KeyMissing => text!("problem-idempotency-key-missing", hours = KEY_KEPT_HOURS),
            Self::KeyMalformed => text!("problem-idempotency-key-malformed"),
            Self::SignInNeeded => messages::failure(&Failure::SignInFirst),
            Self::TokenInvalid => text!("problem-token-invalid"),
            Self::WrongCredentials => messages::failure(&Failure::WrongCredentials),
            Self::CodeExpired => messages::failure(&Failure::CodeExpired),
            Self::SecondFactorNeeded => messages::failure(&Failure::SecondFactorNeeded),
            Self::WrongSecondFactor => messages::failure(&Failure::WrongSecondFactor),
            Self::WrongPasskey => messages::failure(&Failure::WrongPasskey),
            Self::ProveAgain => messages::failure(&Failure::ProveAgain),
            Self::ScopeTooSmall => text!("problem-scope-too-small"),
            Self::NotAllowed => messages::failure(&Failure::NotAllowed),
            Self::ForeignOrigin => text!("problem-foreign-origin"),
            Self::NotFound => messages::failure(&Failure::NotFound),
            Self::MethodNotAllowed => text!("problem-method-not-allowed"),
            Self::StillRunning => messages::failure(&Failure::StillRunning),
            Self::Stale => messages::failure(&Failure::Stale),
            Self::TooLarge => text!("problem-too-large", size = BODY_BYTES_MAX / 1024),
            Self::TooSlow => text!("problem-too-slow"),
            Self::MediaType => text!("problem-media-type"),
            Self::Misdirected => text!("problem-misdirected"),
            Self::Invalid => text!("problem-invalid"),
            Self::KeyReused => messages::failure(&Failure::KeyReused),
            Self::VersionMissing => messages::failure(&Failure::VersionMissing),
            Self::TooManyTries => text!("problem-too-many-tries"),
            Self::Internal => text!("problem-internal"),
            Self::Busy => messages::failure(&Failure::Busy),
            Self::Unavailable => messages::failure(&Failure::Unavailable),
            Self::Refused(refusal) => messages::refusal(&refusal),
        }
    }
}

fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotOffered => "not-offered",
        Refusal::InThePast => "in-the-past",
        Refusal::NotOpenYet => "not-open-yet",
        Refusal::TooShortNotice => "too-short-notice",
        Refusal::Taken => "taken",
        Refusal::PersonBusy => "person-busy",
        Refusal::TooManyHolds => "too-many-holds",
        Refusal::TooManyVisits { .. } => "too-many-visits",
        Refusal::HoldExpired => "hold-expired",
        Refusal::NoMoreExtensions => "no-more-extensions",
        Refusal::WrongCode { .. } => "wrong-code",
        Refusal::CodeSpent => "code-spent",
        Refusal::CodeTooOld => "code-too-old",
        Refusal::NoMoreCodes => "no-more-codes",
        Refusal::AlreadyCancelled => "already-cancelled",
        Refusal::NotAHold => "not-a-hold",
        Refusal::NotConfirmed => "not-confirmed",
        Refusal::TooLateToCancel { .. } => "too-late-to-cancel",
        Refusal::TooLateToMove { .. } => "too-late-to-move",
        Refusal::HasBegun => "has-begun",
        Refusal::TooEarly => "too-early",
        Refusal::TooEarlyToCheckIn { .. } => "too-early-to-check-in",
        Refusal::NothingToUndo => "nothing-to-undo",
        Refusal::TooLateToUndo => "too-late-to-undo",
        Refusal::HasReview => "has-review",
        Refusal::TimeGivenAway => "time-given-away",
        Refusal::NotTakingBookings => "not-taking-bookings",
        Refusal::StillListed => "still-listed",
        Refusal::ConflictOfInterest => "conflict-of-interest",
        Refusal::AlreadyOver => "already-over",
        Refusal::AlreadyExists => "already-exists",
        Refusal::NotYours => "not-yours",
        Refusal::HasAppointments => "has-appointments",
        Refusal::TooManyPeople => "too-many-people",
        Refusal::Crowded => "crowded",
        Refusal::NotCompleted => "not-completed",
        Refusal::TooLateToReview { .. } => "too-late-to-review",
        Refusal::AlreadyReviewed => "already-reviewed",
        Refusal::AddressTaken => "address-taken",
        Refusal::StillOnStaff => "still-on-staff",
        Refusal::SecondFactorRequired => "second-factor-required",
        Refusal::TooManyApiKeys => "too-many-api-keys",
        Refusal::TooManyPasskeys => "too-many-passkeys",
        Refusal::AlreadyJoined => "already-joined",
        Refusal::LastAdministrator => "last-administrator",
        Refusal::SamePerson => "same-person",
    }
}

fn refusal_title(refusal: Refusal) -> String {
    match refusal {
        Refusal::NotOffered => text!("problem-not-offered-title"),
        Refusal::InThePast => text!("problem-in-the-past-title"),
        Refusal::NotOpenYet => text!("problem-not-open-yet-title"),
        Refusal::TooShortNotice => text!("problem-too-short-notice-title"),
        Refusal::Taken => text!("problem-taken-title"),
        Refusal::PersonBusy => text!("problem-person-busy-title"),
        Refusal::TooManyHolds => text!("problem-too-many-holds-title"),
        Refusal::TooManyVisits { .. } => text!("problem-too-many-visits-title"),
        Refusal::HoldExpired => text!("problem-hold-expired-title"),
        Refusal::NoMoreExtensions => text!("problem-no-more-extensions-title"),
        Refusal::WrongCode { .. } => text!("problem-wrong-code-title"),
        Refusal::CodeSpent => text!("problem-code-spent-title"),
        Refusal::CodeTooOld => text!("problem-code-too-old-title"),
        Refusal::NoMoreCodes => text!("problem-no-more-codes-title"),
        Refusal::AlreadyCancelled => text!("problem-already-cancelled-title"),
        Refusal::NotAHold => text!("problem-not-a-hold-title"),
        Refusal::NotConfirmed => text!("problem-not-confirmed-title"),
        Refusal::TooLateToCancel { .. } => text!("problem-too-late-to-cancel-title"),
        Refusal::TooLateToMove { .. } => text!("problem-too-late-to-move-title"),
        Refusal::HasBegun => text!("problem-has-begun-title"),
        Refusal::TooEarly => text!("problem-too-early-title"),
        Refusal::TooEarlyToCheckIn { .. } => text!("problem-too-early-to-check-in-title"),
        Refusal::NothingToUndo => text!("problem-nothing-to-undo-title"),
        Refusal::TooLateToUndo => text!("problem-too-late-to-undo-title"),
        Refusal::HasReview => text!("problem-has-review-title"),
        Refusal::TimeGivenAway => text!("problem-time-given-away-title"),
        Refusal::NotTakingBookings => text!("problem-not-taking-bookings-title"),
        Refusal::StillListed => text!("problem-still-listed-title"),
        Refusal::ConflictOfInterest => text!("problem-conflict-of-interest-title"),
        Refusal::AlreadyOver => text!("problem-already-over-title"),
        Refusal::AlreadyExists => text!("problem-already-exists-title"),
        Refusal::NotYours => text!("problem-not-yours-title"),
        Refusal::HasAppointments => text!("problem-has-appointments-title"),
        Refusal::TooManyPeople => text!("problem-too-many-people-title"),
        Refusal::Crowded => text!("problem-crowded-title"),
        Refusal::NotCompleted => text!("problem-not-completed-title"),
        Refusal::TooLateToReview { .. } => text!("problem-too-late-to-review-title"),
        Refusal::AlreadyReviewed => text!("problem-already-reviewed-title"),
        Refusal::AddressTaken => text!("problem-address-taken-title"),
        Refusal::StillOnStaff => text!("problem-still-on-staff-title"),
        Refusal::SecondFactorRequired => text!("problem-second-factor-required-title"),
        Refusal::TooManyApiKeys => text!("problem-too-many-api-keys-title"),
        Refusal::TooManyPasskeys => text!("problem-too-many-passkeys-title"),
        Refusal::AlreadyJoined => text!("problem-already-joined-title"),
        Refusal::LastAdministrator => text!("problem-last-administrator-title"),
        Refusal::SamePerson => text!("problem-same-person-title"),
    }
}

#[cfg(test)]
mod tests {
    use nadi::failure::{CalendarFault, Field, FieldProblem, Problem as Fault};

    use super::*;
    use crate::rest::problem::Problem;

    /// Every failure, with some of its details.
    fn failures() -> Vec<Failure> {
        let fault = |problem| FieldProblem { field: Field::Email, problem };
        let mut failures = vec![
            Failure::NotFound,
            Failure::SignInFirst,
            Failure::NotAllowed,
            Failure::WrongCredentials,
            Failure::CodeExpired,
            Failure::SecondFactorNeeded,
            Failure::WrongSecondFactor,
            Failure::WrongPasskey,
            Failure::ProveAgain,
            Failure::TooManyTries { retry_after_seconds: 1 },
            Failure::TooManyTries { retry_after_seconds: 900 },
            Failure::Invalid(vec![fault(Fault::Missing)]),
            Failure::Invalid(vec![fault(Fault::Missing), fault(Fault::Malformed)]),
            Failure::Stale,
            Failure::VersionMissing,
            Failure::KeyMissing,
            Failure::KeyReused,
            Failure::StillRunning,
            Failure::Malformed,
            Failure::TooLarge,
            Failure::Busy,
            Failure::Unavailable,
            Failure::Refused(Refusal::TooManyVisits { most: 1 }),
            Failure::Refused(Refusal::WrongCode { tries_left: 1 }),
            Failure::Refused(Refusal::TooEarlyToCheckIn { lead_minutes: 0 }),
        ];
        failures.extend(Refusal::EXAMPLES.map(Failure::Refused));
        failures.extend(
            [
                CalendarFault::NotACalendar,
                CalendarFault::Unfinished,
                CalendarFault::BadLine,
                CalendarFault::BadValue,
                CalendarFault::UnknownZone,
                CalendarFault::BadRule,
                CalendarFault::EndsBeforeStart,
                CalendarFault::TooMuch,
            ]
            .map(|reason| Failure::field(Field::Calendar, Fault::MalformedAt { line: 7, reason })),
        );
        failures.extend(
            [
                Fault::TooLong(100),
                Fault::TooShort(8),
                Fault::Malformed,
                Fault::Invisible,
                Fault::LineBreak,
                Fault::OutOfRange { min: 1, max: 5 },
                Fault::Unknown,
                Fault::EndsBeforeStart,
                Fault::Overlaps,
                Fault::Taken,
                Fault::TooOften,
                Fault::Never,
                Fault::NotPublic,
                Fault::NoAnswer,
                Fault::Ambiguous,
                Fault::TooCommon,
            ]
            .map(|problem| Failure::field(Field::Calendar, problem)),
        );
        failures
    }

    /// A text of the catalogue, not its key, and with all its arguments.
    fn check(name: &str, text: &str) {
        assert!(text.contains(' ') || text.chars().all(char::is_alphabetic), "{name}: {text:?}");
        assert!(!text.contains(['{', '}', '$', '\u{2068}']), "{name}: {text:?}");
        assert_eq!(text.trim(), text, "{name}");
        assert!(text.starts_with(char::is_uppercase), "{name}: {text:?}");
    }

    fn check_title(name: &str, title: &str) {
        check(name, title);
        assert!(!title.ends_with(['.', '!', '?', ':']), "{name}: {title:?}");
    }

    fn check_sentence(name: &str, sentence: &str) {
        check(name, sentence);
        assert!(sentence.ends_with('.'), "{name}: {sentence:?}");
    }

    #[test]
    fn every_type_has_a_name_of_its_own_and_says_what_to_do() {
        let kinds = all_kinds();
        let mut names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        names.dedup();
        assert_eq!(names.len(), kinds.len(), "{names:?}");
        let mut titles: Vec<String> = kinds.iter().map(|kind| kind.title()).collect();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), kinds.len(), "two types have the same title");
        for kind in kinds {
            let problem = kind.problem();
            assert!((400..600).contains(&problem.status), "{}", kind.name());
            check_title(kind.name(), &problem.title);
            check_sentence(kind.name(), &problem.detail);
        }
    }

    #[test]
    fn every_failure_says_what_happened() {
        for failure in failures() {
            let name = format!("{failure:?}");
            check_sentence(&name, &messages::failure(&failure));
            let problem = Problem::from(failure);
            check_title(&name, &problem.title);
            check_sentence(&name, &problem.detail);
            for error in &problem.errors {
                check_sentence(&name, &error.detail);
            }
        }
    }

    #[test]
    fn every_refusal_says_what_happened() {
        for refusal in Refusal::EXAMPLES {
            check_sentence(Kind::Refused(refusal).name(), &messages::refusal(&refusal));
        }
    }
}
