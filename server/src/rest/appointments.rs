//! Endpoints of appointments: holds, changes, and reading.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nadi::appointment::Command;
use nadi::calendar::Moment;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AppointmentId, DoctorId, LocationId, PersonId, SlotId, VisitTypeId};
use nadi::input::Code;
use nadi::ports::{
    self, AppointmentQuery, Booked, FreeTime, FreeTimesQuery, HoldRequest, Seen, TimesFor, Whose,
};
use nadi::{Failure, formatting};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Api;
use crate::rest::directory::{RangeQuery, paging};
use crate::rest::input::{
    Body, CurrentCaller, Id, IfMatch, Key, OptionalBody, Params, date, has_already, moment, tag,
};
use crate::rest::parameters::{
    AppointmentPath, IdempotencyKeyOptional, IdempotencyKeyRequired, IfMatchOptional,
    IfMatchRequired,
};
use crate::rest::problem::{Change, Hold, Problem, SignedInRead, VersionedChange};
use crate::rest::types::{
    Appointment, AppointmentDetails, List, Mode, Page, Slot, State as Status,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, hold))
        .routes(routes!(show))
        .routes(routes!(extend))
        .routes(routes!(confirm))
        .routes(routes!(send_code))
        .routes(routes!(cancel))
        .routes(routes!(reschedule))
        .routes(routes!(check_in))
        .routes(routes!(complete))
        .routes(routes!(no_show))
        .routes(routes!(reopen))
        .routes(routes!(slots))
        .routes(routes!(of_doctor))
}

/// An appointment with its ETag.
fn tagged(status: StatusCode, booked: Booked) -> Response {
    let version = booked.version;
    let mut response = (status, Json(Appointment::from(booked))).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag(version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A time to hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slot_id": 4711}))]
struct NewHold {
    /// From the doctor's free times; the first one when the visit takes several.
    slot_id: i64,
    /// Without one: the clinic's usual kind of visit.
    visit_type_id: Option<Uuid>,
    /// For whom; without one, for the account's owner.
    person_id: Option<Uuid>,
}

/// Holds a time
///
/// The time is kept for a few minutes and a code is sent to confirm it. A hold of the same person
/// with the same doctor is released for this one.
#[utoipa::path(
    post, path = "/appointments", tag = "Appointments", request_body = NewHold,
    params(IdempotencyKeyRequired),
    responses(
        (status = 201, description = "Held", body = Appointment, headers(
            ("ETag" = String, description = "The version, in quotes"),
            ("Location" = String, description = "The appointment"),
        )),
        Hold,
    )
)]
async fn hold(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    key: Key,
    Body(request): Body<NewHold>,
) -> Result<Response, Problem> {
    caller.signed_in()?;
    let request = HoldRequest {
        slot: SlotId(request.slot_id),
        visit_type: request.visit_type_id.map(VisitTypeId),
        person: request.person_id.map(PersonId),
    };
    let booked = api.ports.bookings.hold(&caller, &request, Some(key.needed()?)).await?;
    let location = HeaderValue::from_str(&format!("/api/v1/appointments/{}", booked.id));
    let mut response = tagged(StatusCode::CREATED, booked);
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn change(
    api: &Api,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<AppointmentId>,
    change: ports::Change,
    seen: Seen,
    key: Option<&IdempotencyKey>,
) -> Result<Response, Problem> {
    let booked = api.ports.bookings.change(&caller, id, &change, &seen, key).await?;
    Ok(tagged(StatusCode::OK, booked))
}

/// Keeps a hold for longer
///
/// Three times at most, each time by a whole hold from now on.
#[utoipa::path(
    post, path = "/appointments/{id}/extend", tag = "Appointments",
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "Extended", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), Change)
)]
async fn extend(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
) -> Result<Response, Problem> {
    change(&api, caller, id, ports::Change::Extend, seen.or_any(), key.0.as_ref()).await
}

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
struct Confirmation {
    /// Six digits. Not needed where the appointment says so.
    code: Option<String>,
}

/// Confirms a hold
///
/// From then on the time is theirs. Five wrong codes, and a new one has to be sent.
#[utoipa::path(
    post, path = "/appointments/{id}/confirm", tag = "Appointments", request_body = Option<Confirmation>,
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "Confirmed", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), Change)
)]
async fn confirm(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
    OptionalBody(body): OptionalBody<Confirmation>,
) -> Result<Response, Problem> {
    caller.0.signed_in()?;
    let code = body.code.as_deref().map(Code::parse).transpose().map_err(Failure::from)?;
    let confirm = ports::Change::Confirm { code };
    change(&api, caller, id, confirm, seen.or_any(), key.0.as_ref()).await
}

/// Sends another code
///
/// The one before no longer counts.
#[utoipa::path(
    post, path = "/appointments/{id}/send-code", tag = "Appointments",
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "On its way", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), Change)
)]
async fn send_code(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
) -> Result<Response, Problem> {
    change(&api, caller, id, ports::Change::SendCode, seen.or_any(), key.0.as_ref()).await
}

/// Why it is cancelled.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The doctor is ill."}))]
struct Cancellation {
    /// Needed from the clinic's side; the patient reads it.
    #[schema(max_length = 300)]
    reason: Option<String>,
}

/// Cancels an appointment, or gives a hold back
///
/// Patients until the clinic's notice before the start, the clinic until the start.
#[utoipa::path(
    post, path = "/appointments/{id}/cancel", tag = "Appointments", request_body = Option<Cancellation>,
    params(AppointmentPath, IfMatchRequired, IdempotencyKeyOptional),
    responses((status = 200, description = "Cancelled", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), VersionedChange)
)]
async fn cancel(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
    OptionalBody(body): OptionalBody<Cancellation>,
) -> Result<Response, Problem> {
    caller.0.signed_in()?;
    let cancel = ports::Change::Cancel { reason: body.reason };
    change(&api, caller, id, cancel, seen.needed()?, key.0.as_ref()).await
}

/// Where it is to go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slot_id": 4712}))]
struct Move {
    /// A free time of the same doctor.
    slot_id: i64,
}

/// Moves an appointment
///
/// To another free time of the same doctor. It keeps its id, its reference and its history; the time
/// before is free at once.
#[utoipa::path(
    post, path = "/appointments/{id}/reschedule", tag = "Appointments", request_body = Move,
    params(AppointmentPath, IfMatchRequired, IdempotencyKeyRequired),
    responses((status = 200, description = "Moved", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), VersionedChange)
)]
async fn reschedule(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
    Body(body): Body<Move>,
) -> Result<Response, Problem> {
    caller.0.signed_in()?;
    let (seen, key) = (seen.needed()?, key.needed()?);
    let request = ports::Change::Reschedule { slot: SlotId(body.slot_id) };
    change(&api, caller, id, request, seen, Some(key)).await
}

/// Checks a patient in
///
/// For the clinic's side, from an hour before the start on, unless the operator has set another lead.
#[utoipa::path(
    post, path = "/appointments/{id}/check-in", tag = "Visits",
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "Checked in", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), Change)
)]
async fn check_in(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
) -> Result<Response, Problem> {
    change(&api, caller, id, ports::Change::CheckIn, seen.or_any(), key.0.as_ref()).await
}

/// Ends a visit
///
/// For the clinic's side, from the start on. Also puts a mistaken no-show right.
#[utoipa::path(
    post, path = "/appointments/{id}/complete", tag = "Visits",
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "Completed", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), Change)
)]
async fn complete(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
) -> Result<Response, Problem> {
    change(&api, caller, id, ports::Change::Complete, seen.or_any(), key.0.as_ref()).await
}

/// Notes that the patient has not come
///
/// For the clinic's side, after the start.
#[utoipa::path(
    post, path = "/appointments/{id}/no-show", tag = "Visits",
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "Noted", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), Change)
)]
async fn no_show(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
) -> Result<Response, Problem> {
    change(&api, caller, id, ports::Change::MarkNoShow, seen.or_any(), key.0.as_ref()).await
}

/// Undoes a check-in, a completion or a no-show
///
/// For the clinic's side, on the day on which it was marked, one mark at a time: the visit is what it was
/// before. A visit that was reviewed stays completed while its review stands. The time of a visit that was
/// over is claimed again; where somebody has booked a part of it since, or the person has something else
/// then, it stays as it is.
#[utoipa::path(
    post, path = "/appointments/{id}/reopen", tag = "Visits",
    params(AppointmentPath, IfMatchRequired, IdempotencyKeyRequired),
    responses((status = 200, description = "As it was before", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), VersionedChange)
)]
async fn reopen(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
) -> Result<Response, Problem> {
    caller.0.signed_in()?;
    let (seen, key) = (seen.needed()?, key.needed()?);
    change(&api, caller, id, ports::Change::Reopen, seen, Some(key)).await
}

/// Lists where an appointment can be moved
///
/// The times of its doctor at which the visit can begin instead, soonest first, by the very rule that
/// moving follows: its own seats count as free. None when it cannot be moved.
#[utoipa::path(
    get, path = "/appointments/{id}/slots", tag = "Appointments",
    params(AppointmentPath, RangeQuery),
    responses((status = 200, description = "The times", body = List<Slot>), SignedInRead)
)]
async fn slots(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<AppointmentId>,
    Params(query): Params<RangeQuery>,
) -> Result<Json<List<Slot>>, Problem> {
    let visit = api.ports.bookings.appointment(&caller, id).await?;
    let (from, until) = query.range(formatting::local_date(caller.now, visit.zone))?;
    if !visit.open_to.contains(&Command::Reschedule) {
        return Ok(Json(List::of(Vec::<FreeTime>::new())));
    }
    let query = FreeTimesQuery {
        doctor: visit.doctor,
        from,
        until,
        location: query.location_id.map(LocationId),
        mode: query.mode.map(Mode::into),
        times_for: TimesFor::Move(id),
    };
    Ok(Json(List::of(api.ports.directory.free_times(&caller, &query).await?)))
}

/// Shows an appointment
///
/// To whoever booked it, its doctor and the clinic's administrators; to anyone else there is none.
#[utoipa::path(
    get, path = "/appointments/{id}", tag = "Appointments",
    params(AppointmentPath, ("If-None-Match" = Option<String>, Header, description = "The ETag one has already")),
    responses((status = 200, description = "The appointment", body = AppointmentDetails,
               headers(("ETag" = String, description = "The version, in quotes"))),
              (status = 304, description = "It is as it was"), SignedInRead)
)]
async fn show(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<AppointmentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = api.ports.bookings.appointment(&caller, id).await?;
    let version = view.version;
    // A hold lapses without a new version, so its ETag does not tell.
    let lapsed = view.state == nadi::appointment::State::Expired;
    let mut response = if has_already(&headers, version) && !lapsed {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Json(AppointmentDetails::from(view)).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag(version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Narrows a list of appointments. Everything is optional.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    status: Option<Status>,
    /// That start from this date at the location, or this instant (RFC 3339), on.
    #[param(example = "2026-11-24")]
    from: Option<String>,
    /// That start before it.
    #[param(example = "2026-12-01")]
    to: Option<String>,
    doctor_id: Option<Uuid>,
    /// From 1.
    #[param(minimum = 1, maximum = 10_000)]
    page: Option<u32>,
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

/// Lists one's own appointments
///
/// What the account has booked, for itself and others, by their start.
#[utoipa::path(
    get, path = "/appointments", tag = "Appointments", params(ListQuery),
    responses((status = 200, description = "One page", body = Page<AppointmentDetails>), SignedInRead)
)]
async fn list(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<AppointmentDetails>>, Problem> {
    caller.signed_in()?;
    let (page, page_size) = paging(query.page, query.page_size)?;
    let query = AppointmentQuery {
        state: query.status.map(Status::into),
        from: moment("from", query.from.as_deref())?,
        until: moment("to", query.to.as_deref())?,
        doctor: query.doctor_id.map(DoctorId),
        page,
        page_size,
        ..AppointmentQuery::of(Whose::Mine)
    };
    Ok(Json(Page::of(api.ports.bookings.list(&caller, &query).await?)))
}

/// Which of a doctor's appointments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    /// A date, at the location. Without one: all of them.
    #[param(format = "date")]
    date: Option<String>,
    /// Without one: those that stand or took place.
    status: Option<Status>,
    /// From 1.
    #[param(minimum = 1, maximum = 10_000)]
    page: Option<u32>,
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

/// Lists a doctor's appointments
///
/// For the doctor and the clinic's administrators, soonest first.
#[utoipa::path(
    get, path = "/doctors/{id}/appointments", tag = "Visits",
    params(("id" = Uuid, Path, description = "The doctor's id"), DayQuery),
    responses((status = 200, description = "One page", body = Page<AppointmentDetails>), SignedInRead)
)]
async fn of_doctor(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(doctor): Id<DoctorId>,
    Params(query): Params<DayQuery>,
) -> Result<Json<Page<AppointmentDetails>>, Problem> {
    caller.signed_in()?;
    let (page, page_size) = paging(query.page, query.page_size)?;
    let date = date("date", query.date.as_deref())?;
    let query = AppointmentQuery {
        state: query.status.map(Status::into),
        from: date.map(Moment::Day),
        until: date.map(|date| Moment::Day(date + chrono::Days::new(1))),
        page,
        page_size,
        ..AppointmentQuery::of(Whose::OfDoctor(doctor))
    };
    Ok(Json(Page::of(api.ports.bookings.list(&caller, &query).await?)))
}
