//! Errors of the API as problem documents (RFC 9457) with stable types.

use std::collections::BTreeMap;

use app::messages;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nadi::appointment::Refusal;
use nadi::failure::{Failure, Field, FieldProblem};
use nadi::idempotency::KEY_KEPT_HOURS;
use serde::Serialize;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response as Described, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// `Retry-After` when the database or another server of ours does not answer.
const RETRY_AFTER_SECONDS: u32 = 10;
/// `Retry-After` under overload, which ends soon.
const RETRY_SOON_SECONDS: u32 = 1;

/// What went wrong and what to do next (RFC 9457). Nothing was changed, except that a wrong code uses up
/// a try.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/taken", "title": "The time is taken", "status": 409,
    "detail": "That time was just taken. Choose one of the nearest free ones."
}))]
pub struct Problem {
    /// Stable, relative to the API's origin. All types are listed at `/problems`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem of this type.
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened and what to do next, as text for users.
    pub detail: String,
    /// The invalid fields, with reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// How many more wrong codes are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<i16>,
    /// The clinic's notice, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_minutes: Option<i64>,
    /// When to try again, in seconds; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

/// What is wrong with one field of the body, the query or the headers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// The path of the field, with dots between levels.
    #[schema(example = "slot_id")]
    pub field: String,
    /// What is wrong with the field, and what is valid.
    #[schema(example = "A whole number is needed here.")]
    pub detail: String,
}

/// A type of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub name: &'static str,
    pub status: u16,
    pub title: &'static str,
}

const fn kind(name: &'static str, status: u16, title: &'static str) -> Kind {
    Kind { name, status, title }
}

pub const MALFORMED: Kind = kind("malformed", 400, "The request cannot be read");
pub const KEY_MISSING: Kind = kind("idempotency-key-missing", 400, "An Idempotency-Key is needed");
pub const KEY_MALFORMED: Kind =
    kind("idempotency-key-malformed", 400, "The Idempotency-Key cannot be used");
pub const SIGN_IN: Kind = kind("sign-in-needed", 401, "Sign in first");
pub const TOKEN: Kind = kind("token-invalid", 401, "The token is not valid, or no longer");
pub const CREDENTIALS: Kind = kind("wrong-credentials", 401, "E-mail and password do not match");
pub const FORBIDDEN: Kind = kind("not-allowed", 403, "This is not for this account");
pub const FOREIGN: Kind = kind("foreign-origin", 403, "Sent from another site");
pub const NOT_FOUND: Kind = kind("not-found", 404, "There is no such thing");
pub const METHOD: Kind = kind("method-not-allowed", 405, "This cannot be done here");
pub const RUNNING: Kind = kind("still-running", 409, "The same is being done already");
pub const STALE: Kind = kind("stale", 412, "It was changed in the meantime");
pub const TOO_LARGE: Kind = kind("too-large", 413, "The request is too large");
pub const MEDIA_TYPE: Kind = kind("media-type", 415, "JSON is needed");
pub const INVALID: Kind = kind("invalid", 422, "Some of it cannot be used");
pub const KEY_REUSED: Kind =
    kind("idempotency-key-reused", 422, "The Idempotency-Key belongs to another request");
pub const VERSION_MISSING: Kind = kind("version-missing", 428, "If-Match is needed");
pub const TOO_MANY_TRIES: Kind = kind("too-many-tries", 429, "Tried too often");
pub const INTERNAL: Kind = kind("internal", 500, "A fault of ours");
pub const BUSY: Kind = kind("busy", 503, "Too many requests at once");
pub const UNAVAILABLE: Kind = kind("unavailable", 503, "We cannot reach our calendar right now");

/// All types except for the refusals of the booking rules.
const GENERAL: [Kind; 21] = [
    MALFORMED,
    KEY_MISSING,
    KEY_MALFORMED,
    SIGN_IN,
    TOKEN,
    CREDENTIALS,
    FORBIDDEN,
    FOREIGN,
    NOT_FOUND,
    METHOD,
    RUNNING,
    STALE,
    TOO_LARGE,
    MEDIA_TYPE,
    INVALID,
    KEY_REUSED,
    VERSION_MISSING,
    TOO_MANY_TRIES,
    INTERNAL,
    BUSY,
    UNAVAILABLE,
];

/// The type of a refusal of the booking rules.
pub fn refusal_kind(refusal: Refusal) -> Kind {
    let (name, title) = match refusal {
        Refusal::NotOffered => ("not-offered", "The time is not on offer"),
        Refusal::InThePast => ("in-the-past", "The time has already started"),
        Refusal::NotOpenYet => ("not-open-yet", "The time cannot be booked yet"),
        Refusal::TooShortNotice => ("too-short-notice", "The time is too soon to be booked"),
        Refusal::Taken => ("taken", "The time is taken"),
        Refusal::PersonBusy => ("person-busy", "The person has something else then"),
        Refusal::TooManyHolds => ("too-many-holds", "The account holds too many times"),
        Refusal::TooManyVisits { .. } => {
            ("too-many-visits", "The account has too many visits with the doctor")
        }
        Refusal::HoldExpired => ("hold-expired", "The hold has ended"),
        Refusal::NoMoreExtensions => ("no-more-extensions", "The hold cannot be extended again"),
        Refusal::WrongCode { .. } => ("wrong-code", "That is not the code"),
        Refusal::CodeSpent => ("code-spent", "The code was tried too often"),
        Refusal::NoMoreCodes => ("no-more-codes", "No more codes for this hold"),
        Refusal::AlreadyCancelled => ("already-cancelled", "It is cancelled"),
        Refusal::NotAHold => ("not-a-hold", "It is no longer a hold"),
        Refusal::NotConfirmed => ("not-confirmed", "It is not confirmed yet"),
        Refusal::TooLateToCancel { .. } => ("too-late-to-cancel", "It is too late to cancel"),
        Refusal::TooLateToMove { .. } => ("too-late-to-move", "It is too late to move"),
        Refusal::HasBegun => ("has-begun", "The visit has begun"),
        Refusal::TooEarly => ("too-early", "It is too early for that"),
        Refusal::TooEarlyToCheckIn { .. } => {
            ("too-early-to-check-in", "It is too early to check in")
        }
        Refusal::NothingToUndo => ("nothing-to-undo", "Nothing was marked that could be undone"),
        Refusal::TooLateToUndo => ("too-late-to-undo", "It is too late to undo it"),
        Refusal::HasReview => ("has-review", "The visit has been reviewed"),
        Refusal::TimeGivenAway => ("time-given-away", "A part of the time is taken again"),
        Refusal::NotTakingBookings => ("not-taking-bookings", "The doctor takes no bookings"),
        Refusal::StillListed => ("still-listed", "The doctor is still listed"),
        Refusal::ConflictOfInterest => {
            ("conflict-of-interest", "Nobody reviews themselves or their own clinic")
        }
        Refusal::AlreadyOver => ("already-over", "It is over"),
        Refusal::AlreadyExists => ("already-exists", "It exists already"),
        Refusal::NotYours => ("not-yours", "That is for the other side to do"),
        Refusal::HasAppointments => ("has-appointments", "The person still has an appointment"),
        Refusal::TooManyPeople => ("too-many-people", "The account has too many people"),
        Refusal::Crowded => ("crowded", "Too many want it at once"),
        Refusal::NotCompleted => ("not-completed", "The visit has not taken place"),
        Refusal::TooLateToReview { .. } => ("too-late-to-review", "It is too late to review it"),
        Refusal::AlreadyReviewed => ("already-reviewed", "It is reviewed already"),
    };
    Kind { name, status: refusal.status(), title }
}

/// Every type of problem, by name.
pub fn all_kinds() -> Vec<Kind> {
    let mut kinds: Vec<Kind> = GENERAL.into();
    kinds.extend(Refusal::EXAMPLES.map(refusal_kind));
    kinds.sort();
    kinds
}

impl Kind {
    /// A problem of this type.
    pub fn with(self, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("/problems/{}", self.name),
            title: self.title,
            status: self.status,
            detail: detail.into(),
            errors: Vec::new(),
            tries_left: None,
            notice_minutes: None,
            retry_after_seconds: None,
        }
    }

    /// What to do next: the default text for a problem of this type.
    pub fn advice(self) -> String {
        match self.name {
            "malformed" => {
                "Look at the description of the API, correct the request and send it again.".into()
            }
            "idempotency-key-malformed" => {
                "Send one key of 1 to 128 printable ASCII characters, such as a UUID.".into()
            }
            "idempotency-key-missing" => format!(
                "Send a key of your own in Idempotency-Key, such as a UUID. Sent again with the same \
                 key within {KEY_KEPT_HOURS} hours, the request has no second effect."
            ),
            "token-invalid" => "Sign in again for a new token.".into(),
            "foreign-origin" => "This was sent from another site, so we did not do it.".into(),
            "method-not-allowed" => "See `Allow` for what can be done here.".into(),
            "too-large" => "Send at most 64 kB.".into(),
            "media-type" => "Send the body as application/json.".into(),
            "internal" => "It was our fault, and we have noted it. Nothing was changed.".into(),
            _ => format!("{}.", self.title),
        }
    }

    /// The same for the list of all problems; for refusals, their own sentence.
    pub fn long_advice(self) -> String {
        let refusal = Refusal::EXAMPLES.into_iter().find(|one| refusal_kind(*one) == self);
        refusal.map_or_else(|| self.advice(), |one| messages::refusal(&one))
    }

    /// A problem of this type with the default text.
    pub fn problem(self) -> Problem {
        self.with(self.advice())
    }
}

impl Problem {
    /// One field that cannot be used.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { field: field.into(), detail: detail.into() };
        let mut problem = INVALID.with(error.detail.clone());
        problem.errors.push(error);
        problem
    }

    /// Several fields that cannot be used, each with the reason; `None` if there are none.
    pub fn fields(found: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let errors = found.into_iter().map(|(field, detail)| FieldError { field, detail });
        let errors: Vec<FieldError> = errors.collect();
        let mut problem = INVALID.with(errors.first()?.detail.clone());
        problem.errors = errors;
        Some(problem)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let kind = match &failure {
            Failure::NotFound => NOT_FOUND,
            Failure::SignInFirst => SIGN_IN,
            Failure::NotAllowed => FORBIDDEN,
            Failure::WrongCredentials => CREDENTIALS,
            Failure::TooManyTries { .. } => TOO_MANY_TRIES,
            Failure::Invalid(_) => INVALID,
            Failure::Refused(refusal) => refusal_kind(*refusal),
            Failure::Stale => STALE,
            Failure::VersionMissing => VERSION_MISSING,
            Failure::KeyMissing => KEY_MISSING,
            Failure::KeyReused => KEY_REUSED,
            Failure::StillRunning => RUNNING,
            Failure::Malformed => MALFORMED,
            Failure::TooLarge => TOO_LARGE,
            Failure::Busy => BUSY,
            Failure::Unavailable => UNAVAILABLE,
        };
        let mut problem = kind.with(messages::failure(&failure));
        match failure {
            Failure::Invalid(problems) => {
                problem.errors = problems.iter().map(field_error).collect();
            }
            Failure::TooManyTries { retry_after_seconds } => {
                problem.retry_after_seconds = Some(retry_after_seconds);
            }
            Failure::Refused(Refusal::WrongCode { tries_left }) => {
                problem.tries_left = Some(tries_left);
            }
            Failure::Refused(
                Refusal::TooLateToCancel { notice_minutes }
                | Refusal::TooLateToMove { notice_minutes },
            ) => problem.notice_minutes = Some(notice_minutes),
            Failure::Busy => problem.retry_after_seconds = Some(RETRY_SOON_SECONDS),
            _ if problem.status == 503 => {
                problem.retry_after_seconds = Some(RETRY_AFTER_SECONDS);
            }
            _ => {}
        }
        problem
    }
}

fn field_error(problem: &FieldProblem) -> FieldError {
    let field = match problem.field {
        Field::Person => "person_id",
        Field::VisitType => "visit_type_id",
        field => messages::field_name(field),
    };
    FieldError { field: field.into(), detail: messages::field_problem(problem) }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after_seconds.map(HeaderValue::from);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, seconds);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Problems grouped by status, each type with an example.
fn describe(kinds: &[Kind]) -> BTreeMap<String, RefOr<Described>> {
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in kinds {
        by_status.entry(kind.status).or_default().push(*kind);
    }
    let describe = |(status, kinds): (u16, Vec<Kind>)| {
        let titles: Vec<String> =
            kinds.iter().map(|kind| format!("`/problems/{}`: {}", kind.name, kind.title)).collect();
        let examples = kinds.iter().map(|kind| {
            let value = serde_json::to_value(kind.with(kind.long_advice())).ok();
            (kind.name, ExampleBuilder::new().summary(kind.title).value(value).build())
        });
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .examples_from_iter(examples)
            .build();
        let described = ResponseBuilder::new()
            .description(titles.join("; "))
            .content(PROBLEM_JSON, content)
            .build();
        (status.to_string(), RefOr::T(described))
    };
    by_status.into_iter().map(describe).collect()
}

/// Problems that any request can get.
const ANYWHERE: [Kind; 6] = [MALFORMED, TOKEN, TOO_LARGE, INTERNAL, BUSY, UNAVAILABLE];

/// Responses of a public read.
pub struct PublicRead;
/// Responses of a public read that is the same for everybody, and can be answered with 304.
pub struct CachedRead;
/// Responses of a read that needs an account.
pub struct SignedInRead;
/// Responses of registering and signing in.
pub struct SignIn;
/// Responses of a change of something other than an appointment.
pub struct PlainChange;
/// The same with `If-Match`.
pub struct PlainVersionedChange;
/// Responses of a change of a review.
pub struct ReviewChange;
/// Responses of a hold.
pub struct Hold;
/// Responses of a change of an appointment.
pub struct Change;
/// Responses of a change of an appointment that needs `If-Match`.
pub struct VersionedChange;

fn with(more: &[Kind], refusals: &[Refusal]) -> BTreeMap<String, RefOr<Described>> {
    let mut kinds: Vec<Kind> = ANYWHERE.into();
    kinds.extend(more);
    kinds.extend(refusals.iter().copied().map(refusal_kind));
    describe(&kinds)
}

impl IntoResponses for PublicRead {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        with(&[NOT_FOUND, INVALID], &[])
    }
}

impl IntoResponses for CachedRead {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let text = "Nothing has changed since the answer whose `ETag` is in `If-None-Match`";
        let same = ResponseBuilder::new().description(text).build();
        let mut responses = PublicRead::responses();
        responses.insert("304".into(), RefOr::T(same));
        responses
    }
}

impl IntoResponses for SignedInRead {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        with(&[SIGN_IN, NOT_FOUND, INVALID], &[])
    }
}

impl IntoResponses for SignIn {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        with(&[CREDENTIALS, FOREIGN, MEDIA_TYPE, INVALID, TOO_MANY_TRIES], &[])
    }
}

impl IntoResponses for PlainChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let refusals = [Refusal::HasAppointments, Refusal::TooManyPeople];
        with(&[SIGN_IN, FOREIGN, NOT_FOUND, MEDIA_TYPE, INVALID], &refusals)
    }
}

impl IntoResponses for PlainVersionedChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let kinds = [SIGN_IN, FOREIGN, NOT_FOUND, MEDIA_TYPE, INVALID, STALE, VERSION_MISSING];
        with(&kinds, &[])
    }
}

impl IntoResponses for ReviewChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let kinds = [SIGN_IN, FOREIGN, NOT_FOUND, MEDIA_TYPE, INVALID, STALE];
        with(&kinds, &REVIEWS)
    }
}

/// Refusals that only reviews can get.
const REVIEWS: [Refusal; 4] = [
    Refusal::ConflictOfInterest,
    Refusal::NotCompleted,
    Refusal::TooLateToReview { days: nadi::review::REVIEW_DAYS },
    Refusal::AlreadyReviewed,
];

const CHANGES: [Kind; 8] =
    [KEY_MALFORMED, SIGN_IN, FOREIGN, NOT_FOUND, RUNNING, MEDIA_TYPE, INVALID, KEY_REUSED];

impl IntoResponses for Hold {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let mut kinds = vec![KEY_MISSING];
        kinds.extend(CHANGES);
        let refusals = [
            Refusal::NotOffered,
            Refusal::InThePast,
            Refusal::NotOpenYet,
            Refusal::TooShortNotice,
            Refusal::Taken,
            Refusal::PersonBusy,
            Refusal::TooManyHolds,
            Refusal::TooManyVisits { most: 3 },
            Refusal::Crowded,
        ];
        with(&kinds, &refusals)
    }
}

fn every_change(more: &[Kind]) -> BTreeMap<String, RefOr<Described>> {
    let mut kinds: Vec<Kind> = CHANGES.into();
    kinds.push(STALE);
    kinds.extend(more);
    let never = [
        Refusal::TooManyHolds,
        Refusal::TooManyVisits { most: 3 },
        Refusal::HasAppointments,
        Refusal::TooManyPeople,
        Refusal::StillListed,
    ];
    let refusals: Vec<Refusal> = Refusal::EXAMPLES
        .into_iter()
        .filter(|refusal| !never.contains(refusal) && !REVIEWS.contains(refusal))
        .collect();
    with(&kinds, &refusals)
}

impl IntoResponses for Change {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        every_change(&[])
    }
}

impl IntoResponses for VersionedChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        every_change(&[VERSION_MISSING, KEY_MISSING])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_name_of_its_own_and_says_what_to_do() {
        let kinds = all_kinds();
        let mut names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        names.dedup();
        assert_eq!(names.len(), kinds.len(), "{names:?}");
        for kind in kinds {
            let problem = kind.problem();
            assert!((400..600).contains(&problem.status), "{}", kind.name);
            assert!(problem.detail.ends_with('.'), "{}: {}", kind.name, problem.detail);
        }
    }

    #[test]
    fn a_failure_brings_what_a_program_needs() {
        let wrong = Problem::from(Failure::from(Refusal::WrongCode { tries_left: 2 }));
        assert_eq!((wrong.status, wrong.tries_left), (422, Some(2)));
        let late = Problem::from(Failure::from(Refusal::TooLateToMove { notice_minutes: 60 }));
        assert_eq!((late.status, late.notice_minutes), (409, Some(60)));
        let away = Problem::from(Failure::Unavailable).into_response();
        assert_eq!(away.headers()[header::RETRY_AFTER], "10");
        assert_eq!(away.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }
}
