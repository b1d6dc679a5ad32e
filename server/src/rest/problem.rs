//! Errors of the API as problem documents (RFC 9457) with stable types.

mod kind;

use std::collections::BTreeMap;

use app::messages;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nadi::appointment::Refusal;
use nadi::failure::{Failure, Field, FieldProblem};
use serde::Serialize;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response as Described, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

pub use self::kind::{Kind, all_kinds};

/// The path of the page that explains the types of problems, and what their addresses begin with.
pub const PROBLEMS: &str = "/problems";
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
    "type": "/problems/taken", "title": "The time is already booked", "status": 409,
    "detail": "That time was just booked. Choose one of the nearest free times."
}))]
pub struct Problem {
    /// Stable, relative to the API's origin. All types are listed at `/problems`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem of this type, in the language of the response.
    #[schema(value_type = String)]
    pub title: Box<str>,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened and what to do next, as text for users, in the language of the response.
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
    #[schema(example = "This value has the wrong type. Check it against the API reference.")]
    pub detail: String,
}

impl Kind {
    /// A problem of this type with the default text.
    pub fn problem(self) -> Problem {
        self.with(self.advice())
    }

    /// A problem of this type.
    pub fn with(self, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("{PROBLEMS}/{}", self.name()),
            title: self.title().into(),
            status: self.status(),
            detail: detail.into(),
            errors: Vec::new(),
            tries_left: None,
            notice_minutes: None,
            retry_after_seconds: None,
        }
    }
}

impl Problem {
    /// One field that cannot be used.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { field: field.into(), detail: detail.into() };
        let mut problem = Kind::Invalid.with(error.detail.clone());
        problem.errors.push(error);
        problem
    }

    /// Several fields that cannot be used, each with the reason; `None` if there are none.
    pub fn fields(found: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let errors = found.into_iter().map(|(field, detail)| FieldError { field, detail });
        let errors: Vec<FieldError> = errors.collect();
        let mut problem = Kind::Invalid.with(errors.first()?.detail.clone());
        problem.errors = errors;
        Some(problem)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let kind = Kind::from(&failure);
        let mut problem = match failure {
            // Pages have other texts for these: they are about forms.
            Failure::Malformed | Failure::KeyMissing => kind.problem(),
            _ => kind.with(messages::failure(&failure)),
        };
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
        by_status.entry(kind.status()).or_default().push(*kind);
    }
    let describe = |(status, kinds): (u16, Vec<Kind>)| {
        let titles: Vec<String> = kinds
            .iter()
            .map(|kind| format!("`/problems/{}`: {}", kind.name(), kind.title()))
            .collect();
        let examples = kinds.iter().map(|kind| {
            let value = serde_json::to_value(kind.problem()).ok();
            (kind.name(), ExampleBuilder::new().summary(kind.title()).value(value).build())
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
const ANYWHERE: [Kind; 7] = [
    Kind::Malformed,
    Kind::TokenInvalid,
    Kind::TooLarge,
    Kind::TooSlow,
    Kind::Internal,
    Kind::Busy,
    Kind::Unavailable,
];

/// Responses of a public read.
pub struct PublicRead;
/// Responses of a public read that is the same for everybody, and can be answered with 304.
pub struct CachedRead;
/// Responses of a read that needs an account.
pub struct SignedInRead;
/// Responses of registering, of asking for a code and of signing in with a password.
pub struct SignIn;
/// Responses of signing in with a code.
pub struct SignInByCode;
/// Responses of exchanging a refresh token.
pub struct Refresh;
/// Responses of a change of something other than an appointment.
pub struct PlainChange;
/// The same for a change that needs a recent proof of who asks.
pub struct ProvedChange;
/// The responses of [`PlainChange`] with `If-Match`.
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
    kinds.extend(refusals.iter().copied().map(Kind::Refused));
    describe(&kinds)
}

impl IntoResponses for PublicRead {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        with(&[Kind::NotFound, Kind::Invalid], &[])
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
        with(&[Kind::SignInNeeded, Kind::NotFound, Kind::Invalid], &[])
    }
}

/// Problems that registering and signing in can get.
const SIGN_IN: [Kind; 7] = [
    Kind::WrongCredentials,
    Kind::SecondFactorNeeded,
    Kind::WrongSecondFactor,
    Kind::ForeignOrigin,
    Kind::MediaType,
    Kind::Invalid,
    Kind::TooManyTries,
];

impl IntoResponses for SignIn {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        with(&SIGN_IN, &[])
    }
}

impl IntoResponses for SignInByCode {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let mut kinds = vec![Kind::CodeExpired];
        kinds.extend(SIGN_IN.into_iter().filter(|kind| *kind != Kind::WrongCredentials));
        with(&kinds, &[Refusal::WrongCode { tries_left: 4 }, Refusal::CodeSpent])
    }
}

impl IntoResponses for Refresh {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        with(&[Kind::ForeignOrigin, Kind::MediaType, Kind::Invalid], &[])
    }
}

impl IntoResponses for PlainChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let refusals = [Refusal::HasAppointments, Refusal::TooManyPeople];
        with(
            &[
                Kind::SignInNeeded,
                Kind::ForeignOrigin,
                Kind::NotFound,
                Kind::MediaType,
                Kind::Invalid,
            ],
            &refusals,
        )
    }
}

impl IntoResponses for ProvedChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let kinds = [
            Kind::SignInNeeded,
            Kind::ForeignOrigin,
            Kind::ProveAgain,
            Kind::NotFound,
            Kind::MediaType,
            Kind::Invalid,
        ];
        with(&kinds, &[])
    }
}

impl IntoResponses for PlainVersionedChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let kinds = [
            Kind::SignInNeeded,
            Kind::ForeignOrigin,
            Kind::NotFound,
            Kind::MediaType,
            Kind::Invalid,
            Kind::Stale,
            Kind::VersionMissing,
        ];
        with(&kinds, &[])
    }
}

impl IntoResponses for ReviewChange {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let kinds = [
            Kind::SignInNeeded,
            Kind::ForeignOrigin,
            Kind::NotFound,
            Kind::MediaType,
            Kind::Invalid,
            Kind::Stale,
        ];
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

const CHANGES: [Kind; 8] = [
    Kind::KeyMalformed,
    Kind::SignInNeeded,
    Kind::ForeignOrigin,
    Kind::NotFound,
    Kind::StillRunning,
    Kind::MediaType,
    Kind::Invalid,
    Kind::KeyReused,
];

impl IntoResponses for Hold {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let mut kinds = vec![Kind::KeyMissing];
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
    kinds.push(Kind::Stale);
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
        every_change(&[Kind::VersionMissing, Kind::KeyMissing])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
