//! Endpoints of reviews.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::ids::{AppointmentId, DoctorId};
use nadi::input::Slug;
use nadi::ports::{self, DoctorKey, ReviewForm};
use nadi::review::TEXT_CHARS_MAX;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::Api;
use crate::rest::directory::paging;
use crate::rest::input::{Body, CurrentCaller, Id, IfMatch, Params, tag};
use crate::rest::parameters::{AppointmentPath, IfMatchOptional};
use crate::rest::problem::{Problem, PublicRead, ReviewChange, SignedInRead};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(of_doctor)).routes(routes!(own, write, withdraw))
}

/// The rating of a doctor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Rating {
    /// The number of reviews of verified visits.
    #[schema(example = 31)]
    pub reviews: u32,
    /// From 1 to 5, rounded to tenths; null below three reviews.
    #[schema(example = 4.6)]
    pub average: Option<f64>,
}

impl From<nadi::review::Rating> for Rating {
    fn from(rating: nadi::review::Rating) -> Self {
        let average = rating.average_tenths().map(|tenths| f64::from(tenths) / 10.0);
        Self { reviews: rating.reviews, average }
    }
}

/// A review of a visit, as the public sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Review {
    /// First name and initial, or `Patient`.
    #[schema(example = "Maria D.")]
    pub name: String,
    /// From 1 (poor) to 5 (excellent).
    #[schema(minimum = 1, maximum = 5)]
    pub stars: u8,
    /// Plain text; may be empty.
    pub text: String,
    /// The month of the visit.
    #[schema(example = "2026-11", pattern = "^\\d{4}-\\d{2}$")]
    pub visit_month: String,
    /// The doctor's answer.
    pub answer: Option<String>,
    /// Whether the review was changed after the answer.
    pub changed_since_answer: bool,
}

impl From<ports::PublicReview> for Review {
    fn from(review: ports::PublicReview) -> Self {
        Self {
            name: review.name,
            stars: review.stars.number(),
            text: review.text,
            visit_month: review.visit_month.format("%Y-%m").to_string(),
            answer: review.answer,
            changed_since_answer: review.changed_since,
        }
    }
}

/// A review as its author sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnReview {
    #[serde(flatten)]
    pub review: Review,
    /// Whether the author is shown as `Patient`.
    pub anonymous: bool,
    /// Rises by one with every change; the ETag is this in quotes.
    pub version: i32,
    pub created_at: DateTime<Utc>,
    /// Why the clinic has hidden it; null while it is public.
    pub hidden_reason: Option<String>,
}

impl From<ports::ReviewView> for OwnReview {
    fn from(review: ports::ReviewView) -> Self {
        Self {
            review: review.shown.into(),
            anonymous: review.anonymous,
            version: review.version,
            created_at: review.created_at,
            hidden_reason: review.hidden.map(|hidden| hidden.reason),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// From 1.
    #[param(minimum = 1, maximum = 10_000)]
    page: Option<u32>,
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

/// One page of a doctor's public reviews.
#[derive(Serialize, ToSchema)]
struct ReviewsPage {
    rating: Rating,
    items: Vec<Review>,
    /// From 1.
    page: u32,
    page_size: u32,
    /// The number of reviews on all pages together.
    total: i64,
}

/// Lists a doctor's reviews
///
/// Each is by the account that booked the visit, after it took place. Newest first.
#[utoipa::path(
    get, path = "/doctors/{id}/reviews", operation_id = "list_doctor_reviews",
    tag = "Reviews", security(()),
    params(("id" = String, Path, description = "The doctor's id or slug", example = "asha-naik"), Paging),
    responses((status = 200, description = "One page", body = ReviewsPage), PublicRead)
)]
async fn of_doctor(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(name): Id<String>,
    Params(query): Params<Paging>,
) -> Result<Json<ReviewsPage>, Problem> {
    let (page, size) = paging(query.page, query.page_size)?;
    let key = match name.parse::<DoctorId>() {
        Ok(id) => DoctorKey::Id(id),
        Err(_) => DoctorKey::Slug(Slug::parse(&name).ok_or(Failure::NotFound)?),
    };
    let found = api.ports.reviews.of_doctor(&caller, &key, page, size).await?;
    Ok(Json(ReviewsPage {
        rating: found.rating.into(),
        items: found.page.items.into_iter().map(Review::from).collect(),
        page: found.page.number,
        page_size: found.page.size,
        total: found.page.total,
    }))
}

/// A review with its ETag.
fn tagged(status: StatusCode, review: ports::ReviewView) -> Response {
    let version = review.version;
    let mut response = (status, Json(OwnReview::from(review))).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag(version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Shows the caller's review of a visit
#[utoipa::path(
    get, path = "/appointments/{id}/review", operation_id = "get_review",
    tag = "Reviews", params(AppointmentPath),
    responses((status = 200, description = "The review", body = OwnReview,
               headers(("ETag" = String, description = "The version, in quotes"))), SignedInRead)
)]
async fn own(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<AppointmentId>,
) -> Result<Response, Problem> {
    let own = api.ports.reviews.own(&caller, id).await?;
    Ok(tagged(StatusCode::OK, own.review.ok_or(Failure::NotFound)?))
}

/// A review to write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stars": 5, "text": "She took her time and explained every step."}))]
struct NewReview {
    /// From 1 (poor) to 5 (excellent).
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    #[serde(default)]
    #[schema(max_length = 2000)]
    text: String,
    /// The author is shown as "Patient" instead of by first name and initial.
    #[serde(default)]
    anonymous: bool,
}

const _: () = assert!(TEXT_CHARS_MAX == 2_000);

/// Reviews a visit, or changes the review
///
/// For the account that booked it, from its completion until 90 days after the visit. Changing a review needs the
/// ETag in `If-Match`; without it, a different review is refused. Writing the same review again changes nothing.
#[utoipa::path(
    put, path = "/appointments/{id}/review", operation_id = "put_review",
    tag = "Reviews", request_body = NewReview,
    params(AppointmentPath, IfMatchOptional),
    responses(
        (status = 200, description = "Changed, or unchanged if it is the same", body = OwnReview,
         headers(("ETag" = String, description = "The version, in quotes"))),
        (status = 201, description = "Written", body = OwnReview,
         headers(("ETag" = String, description = "The version, in quotes"))),
        ReviewChange,
    )
)]
async fn write(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<AppointmentId>,
    seen: IfMatch,
    Body(new): Body<NewReview>,
) -> Result<Response, Problem> {
    let form = ReviewForm { stars: Some(new.stars), text: new.text, anonymous: new.anonymous };
    let written = api.ports.reviews.write(&caller, id, &form, seen.0.as_ref()).await?;
    let status = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(tagged(status, written.review))
}

/// Deletes a review
///
/// With its text and the answer. There is no time limit.
#[utoipa::path(
    delete, path = "/appointments/{id}/review", operation_id = "delete_review",
    tag = "Reviews", params(AppointmentPath, IfMatchOptional),
    responses((status = 204, description = "Deleted"), ReviewChange)
)]
async fn withdraw(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<AppointmentId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    api.ports.reviews.withdraw(&caller, id, &seen.or_any()).await?;
    Ok(StatusCode::NO_CONTENT)
}
