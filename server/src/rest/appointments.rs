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

use super::api::Api;
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

/// A hold to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slot_id": 4711}))]
struct NewHold {
    /// One of the doctor's free slots; the first one if the visit takes several.
    slot_id: i64,
    /// The default is the clinic's default visit type.
    visit_type_id: Option<Uuid>,
    /// The person to book for. The default is the account's owner.
    person_id: Option<Uuid>,
}

/// Holds a slot
///
/// The slot is held for a few minutes, and a code to confirm it is sent. Another hold of the same person
/// with the same doctor is released.
#[utoipa::path(
    post, path = "/appointments", operation_id = "hold_time",
    tag = "Appointments", request_body = NewHold,
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

/// Extends a hold
///
/// At most three times. Each time, the hold gets its full duration again, from now on.
#[utoipa::path(
    post, path = "/appointments/{id}/extend", operation_id = "extend_hold", tag = "Appointments",
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

/// The confirmation of a hold.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "12345678"}))]
struct Confirmation {
    /// The code that was sent, eight digits. Not needed if `code_needed` of the appointment is false.
    code: Option<String>,
}

/// Confirms a hold
///
/// The hold becomes a confirmed appointment. After five wrong codes, a new code has to be sent.
#[utoipa::path(
    post, path = "/appointments/{id}/confirm", operation_id = "confirm_appointment",
    tag = "Appointments", request_body = Option<Confirmation>,
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
/// The previous code is no longer valid.
#[utoipa::path(
    post, path = "/appointments/{id}/send-code", operation_id = "send_confirmation_code",
    tag = "Appointments",
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "The code will be sent", body = Appointment,
               headers(("ETag" = String, description = "The version, in quotes"))), Change)
)]
async fn send_code(
    State(api): State<Api>,
    caller: CurrentCaller,
    id: Id<AppointmentId>,
    seen: IfMatch,
    key: Key,
) -> Result<Response, Problem> {
    change(
        &api,
        caller,
        id,
        ports::Change::SendCode { contact: None },
        seen.or_any(),
        key.0.as_ref(),
    )
    .await
}

/// The cancellation of an appointment.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The doctor is ill."}))]
struct Cancellation {
    /// Required if the clinic cancels. The patient can read it.
    #[schema(max_length = 300)]
    reason: Option<String>,
}

/// Cancels an appointment or a hold
///
/// Patients can cancel until the clinic's notice before the start, the clinic until the start.
#[utoipa::path(
    post, path = "/appointments/{id}/cancel", operation_id = "cancel_appointment",
    tag = "Appointments", request_body = Option<Cancellation>,
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

/// The new slot of an appointment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slot_id": 4712}))]
struct Move {
    /// A free slot of the same doctor.
    slot_id: i64,
}

/// Moves an appointment
///
/// To another free slot of the same doctor. The appointment keeps its id, its reference and its history. The
/// previous slot is free immediately.
#[utoipa::path(
    post, path = "/appointments/{id}/reschedule", operation_id = "reschedule_appointment",
    tag = "Appointments", request_body = Move,
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
/// For the doctor and the clinic, from an hour before the start on, unless the operator has configured
/// another time.
#[utoipa::path(
    post, path = "/appointments/{id}/check-in", operation_id = "check_in_patient", tag = "Visits",
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

/// Completes a visit
///
/// For the doctor and the clinic, from the start on. Also corrects a no-show that was marked by mistake.
#[utoipa::path(
    post, path = "/appointments/{id}/complete", operation_id = "complete_appointment",
    tag = "Visits",
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

/// Marks a patient as a no-show
///
/// For the doctor and the clinic, after the start.
#[utoipa::path(
    post, path = "/appointments/{id}/no-show", operation_id = "record_no_show", tag = "Visits",
    params(AppointmentPath, IfMatchOptional, IdempotencyKeyOptional),
    responses((status = 200, description = "Marked as a no-show", body = Appointment,
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
/// For the doctor and the clinic, on the day on which it was marked. One mark is undone at a time, and the
/// visit returns to its previous state. A completion cannot be undone while the visit has a review. The slots
/// of a completed visit or a no-show are claimed again. If a part of them was booked meanwhile, or the person
/// has another appointment at that time, the request is refused.
#[utoipa::path(
    post, path = "/appointments/{id}/reopen", operation_id = "reopen_appointment", tag = "Visits",
    params(AppointmentPath, IfMatchRequired, IdempotencyKeyRequired),
    responses((status = 200, description = "Back in its previous state", body = Appointment,
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

/// Lists the slots to which an appointment can be moved
///
/// The slots of its doctor at which the visit can begin instead, soonest first, by the same rules as moving
/// itself. Seats of the appointment itself count as free. The list is empty if it cannot be moved.
#[utoipa::path(
    get, path = "/appointments/{id}/slots", operation_id = "list_reschedule_slots",
    tag = "Appointments",
    params(AppointmentPath, RangeQuery),
    responses((status = 200, description = "The slots", body = List<Slot>), SignedInRead)
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
/// For the account that booked it, its doctor, and the clinic's administrators and receptionists. All others get 404.
#[utoipa::path(
    get, path = "/appointments/{id}", operation_id = "get_appointment", tag = "Appointments",
    params(AppointmentPath, ("If-None-Match" = Option<String>, Header, description = "The ETag of the copy that the client has")),
    responses((status = 200, description = "The appointment", body = AppointmentDetails,
               headers(("ETag" = String, description = "The version, in quotes"))),
              (status = 304, description = "Not changed"), SignedInRead)
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

/// Filters of a list of appointments. All are optional.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    status: Option<Status>,
    /// Appointments that start on or after this date at the location, or this instant (RFC 3339).
    #[param(example = "2026-11-24")]
    from: Option<String>,
    /// Appointments that start before this date or instant.
    #[param(example = "2026-12-01")]
    to: Option<String>,
    doctor_id: Option<Uuid>,
    /// From 1.
    #[param(minimum = 1, maximum = 10_000)]
    page: Option<u32>,
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

/// Lists the account's appointments
///
/// All that the account has booked, for its owner and for dependants, ordered by start.
#[utoipa::path(
    get, path = "/appointments", operation_id = "list_appointments",
    tag = "Appointments", params(ListQuery),
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

/// Filters of a doctor's appointments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    /// A date at the location. The default is all dates.
    #[param(format = "date")]
    date: Option<String>,
    /// The default is all but cancelled and expired ones.
    status: Option<Status>,
    /// From 1.
    #[param(minimum = 1, maximum = 10_000)]
    page: Option<u32>,
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

/// Lists a doctor's appointments
///
/// For the doctor, and the clinic's administrators and receptionists, soonest first.
#[utoipa::path(
    get, path = "/doctors/{id}/appointments", operation_id = "list_doctor_appointments",
    tag = "Visits",
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
