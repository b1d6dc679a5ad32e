//! Endpoints of a doctor's schedule: show, preview a change, replace.

use app::i18n::text;
use app::messages;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use nadi::Failure;
use nadi::failure::Field;
use nadi::ids::{DoctorId, LocationId};
use nadi::input::optional_line;
use nadi::ports::{self, Seen};
use nadi::recurrence::{Recurrence, RecurrenceProblem};
use nadi::schedule::{self, NOTE_CHARS_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::api::Api;
use crate::rest::input::{Body, CurrentCaller, Id, IfMatch, has_already, tag};
use crate::rest::parameters::IfMatchRequired;
use crate::rest::problem::{PlainVersionedChange, Problem, SignedInRead};
use crate::rest::types::Mode;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show, replace)).routes(routes!(compare))
}

/// A doctor's working hours and time off, in wall time at each location.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "rules": [{
        "location_id": "01a1fd8a-b716-7570-bd29-e80dba2a63e5", "mode": "in_person",
        "recurrence": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "from": "2026-12-01",
        "starts": "10:00", "ends": "14:00", "slot_minutes": 20,
    }],
    "time_off": [{"starts": "2026-12-24T00:00:00", "ends": "2027-01-02T00:00:00"}],
}))]
pub struct Schedule {
    #[schema(max_items = 60)]
    rules: Vec<Rule>,
    /// Time off, in wall time of the location where the doctor would be working.
    #[serde(default)]
    #[schema(max_items = 200)]
    time_off: Vec<TimeOff>,
}

/// Working hours on certain dates.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "location_id": "01a1fd8a-b716-7570-bd29-e80dba2a63e5", "mode": "in_person",
    "recurrence": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "from": "2026-12-01",
    "starts": "10:00", "ends": "14:00", "slot_minutes": 20,
}))]
pub struct Rule {
    location_id: Uuid,
    mode: Mode,
    /// An RRULE (RFC 5545) of days. Without one, the rule is a single day, `from`. Single days are worked even
    /// on public holidays.
    #[schema(max_length = 500)]
    recurrence: Option<String>,
    /// The first date. Intervals and counts start here.
    from: NaiveDate,
    /// Exclusive: the first date on which the rule no longer applies.
    until: Option<NaiveDate>,
    #[schema(example = "10:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    starts: String,
    /// Exclusive; `00:00` is the end of the day.
    #[schema(example = "14:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    ends: String,
    #[schema(minimum = 5, maximum = 240)]
    slot_minutes: u16,
    /// Minutes that stay free before each slot.
    #[serde(default)]
    #[schema(maximum = 120)]
    buffer_before_minutes: u16,
    /// Minutes that stay free after each slot.
    #[serde(default)]
    #[schema(maximum = 120)]
    buffer_after_minutes: u16,
    /// How many people can book the same slot.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 50)]
    capacity: u16,
    /// Slots can be booked until this many minutes before they start.
    #[serde(default)]
    #[schema(maximum = 86_400)]
    notice_minutes: u32,
    /// Slots can be booked from this many days before. Without it, as soon as they are generated.
    #[schema(minimum = 1, maximum = 366)]
    window_days: Option<u16>,
}

fn one() -> u16 {
    1
}

/// Time off.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"starts": "2026-12-24T00:00:00", "ends": "2027-01-02T00:00:00"}))]
pub struct TimeOff {
    /// Wall time, without a zone.
    #[schema(value_type = String, example = "2026-12-24T00:00:00")]
    starts: NaiveDateTime,
    /// Exclusive.
    #[schema(value_type = String, example = "2027-01-02T00:00:00")]
    ends: NaiveDateTime,
    /// Visible to the doctor and the clinic only.
    #[serde(default)]
    #[schema(max_length = 200)]
    note: String,
}

/// The changes by a schedule.
#[derive(Serialize, ToSchema)]
pub struct ScheduleChange {
    times_added: u64,
    times_removed: u64,
    days: Vec<DayChange>,
    /// Appointments outside the new hours. Each stays until someone moves or cancels it.
    appointments_in_the_way: Vec<Uuid>,
    /// Slots with more bookings than seats. All bookings stay, and nobody else can book until enough of them are
    /// cancelled.
    overfull_times: Vec<OverfullTime>,
}

#[derive(Serialize, ToSchema)]
pub struct OverfullTime {
    starts_at: DateTime<Utc>,
    booked: u16,
    seats: u16,
}

#[derive(Serialize, ToSchema)]
pub struct DayChange {
    date: NaiveDate,
    added: u32,
    removed: u32,
}

impl From<ports::ScheduleChange> for ScheduleChange {
    fn from(change: ports::ScheduleChange) -> Self {
        let day = |day: ports::DayChange| DayChange {
            date: day.date,
            added: day.added,
            removed: day.removed,
        };
        Self {
            times_added: change.times_added,
            times_removed: change.times_removed,
            days: change.days.into_iter().map(day).collect(),
            overfull_times: change
                .overfull
                .iter()
                .map(|time| OverfullTime {
                    starts_at: time.starts_at,
                    booked: time.booked,
                    seats: time.seats,
                })
                .collect(),
            appointments_in_the_way: change.conflicts.iter().map(|entry| entry.id.0).collect(),
        }
    }
}

impl From<schedule::Schedule> for Schedule {
    fn from(schedule: schedule::Schedule) -> Self {
        let rule = |rule: schedule::Rule| Rule {
            location_id: rule.location.0,
            mode: rule.mode.into(),
            recurrence: rule.repeats.map(|repeats| repeats.as_str().to_owned()),
            from: rule.from,
            until: rule.until,
            starts: rule.starts.format("%H:%M").to_string(),
            ends: rule.ends.format("%H:%M").to_string(),
            slot_minutes: rule.slot_minutes,
            buffer_before_minutes: rule.buffer_before,
            buffer_after_minutes: rule.buffer_after,
            capacity: rule.capacity,
            notice_minutes: rule.notice_minutes,
            window_days: rule.window_days,
        };
        let off =
            |off: schedule::TimeOff| TimeOff { starts: off.starts, ends: off.ends, note: off.note };
        Self {
            rules: schedule.rules.into_iter().map(rule).collect(),
            time_off: schedule.time_off.into_iter().map(off).collect(),
        }
    }
}

impl Schedule {
    /// Parses the schedule; a problem names the path of the invalid value.
    fn read(self) -> Result<schedule::Schedule, Problem> {
        let mut rules = Vec::with_capacity(self.rules.len());
        for (index, rule) in self.rules.into_iter().enumerate() {
            rules.push(rule.read(index)?);
        }
        let mut time_off = Vec::with_capacity(self.time_off.len());
        for (index, off) in self.time_off.into_iter().enumerate() {
            let note =
                optional_line(Field::Reason, &off.note, NOTE_CHARS_MAX).map_err(|problem| {
                    Problem::field(
                        format!("time_off[{index}].note"),
                        messages::field_problem(&problem),
                    )
                })?;
            time_off.push(schedule::TimeOff { starts: off.starts, ends: off.ends, note });
        }
        Ok(schedule::Schedule { rules, time_off })
    }
}

impl Rule {
    fn read(self, index: usize) -> Result<schedule::Rule, Problem> {
        let time = |name: &str, text: &str| {
            let time = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5);
            let place = format!("rules[{index}].{name}");
            time.ok_or_else(|| Problem::field(place, text!("problem-field-time")))
        };
        let repeats = match &self.recurrence {
            None => None,
            Some(text) => Some(Recurrence::of_days(text).map_err(|problem| {
                let place = format!("rules[{index}].recurrence");
                Problem::field(place, recurrence_problem(problem))
            })?),
        };
        Ok(schedule::Rule {
            location: LocationId(self.location_id),
            mode: self.mode.into(),
            repeats,
            from: self.from,
            until: self.until,
            starts: time("starts", &self.starts)?,
            ends: time("ends", &self.ends)?,
            slot_minutes: self.slot_minutes,
            buffer_before: self.buffer_before_minutes,
            buffer_after: self.buffer_after_minutes,
            capacity: self.capacity,
            notice_minutes: self.notice_minutes,
            window_days: self.window_days,
        })
    }
}

fn recurrence_problem(problem: RecurrenceProblem) -> String {
    match problem {
        RecurrenceProblem::Malformed => text!("problem-field-recurrence"),
        RecurrenceProblem::TooOften => text!("problem-field-recurrence-too-often"),
        RecurrenceProblem::Never => text!("problem-field-recurrence-never"),
        RecurrenceProblem::Unsupported => text!("problem-field-recurrence-unsupported"),
        RecurrenceProblem::TooLong => text!("problem-field-recurrence-too-long"),
    }
}

/// A schedule, with its version as a tag.
fn tagged(version: i32, body: impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag(version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Shows a doctor's schedule
///
/// For the doctor and the clinic's administrators. Rules and time off in the past are left out.
#[utoipa::path(
    get, path = "/doctors/{id}/schedule", operation_id = "get_schedule", tag = "Schedules",
    params(("id" = Uuid, Path, description = "The doctor's id")),
    responses(
        (status = 200, description = "The schedule", body = Schedule,
         headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "Not changed"),
        SignedInRead
    )
)]
async fn show(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(doctor): Id<DoctorId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = api.ports.schedules.schedule(&caller, doctor).await?;
    if has_already(&headers, view.version) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag(view.version))]).into_response());
    }
    Ok(tagged(view.version, Schedule::from(view.schedule)))
}

/// Replaces a doctor's schedule
///
/// The slots are changed immediately. Appointments outside the new hours stay, and are listed in the response.
#[utoipa::path(
    put, path = "/doctors/{id}/schedule", operation_id = "replace_schedule",
    tag = "Schedules", request_body = Schedule,
    params(("id" = Uuid, Path, description = "The doctor's id"), IfMatchRequired),
    responses(
        (status = 200, description = "Saved; what has changed", body = ScheduleChange,
         headers(("ETag" = String, description = "The new version"))),
        PlainVersionedChange
    )
)]
async fn replace(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(doctor): Id<DoctorId>,
    seen: IfMatch,
    Body(new): Body<Schedule>,
) -> Result<Response, Problem> {
    caller.signed_in()?;
    let schedules = &api.ports.schedules;
    let seen = match seen.needed()? {
        Seen::Any => schedules.schedule(&caller, doctor).await?.version,
        Seen::Versions(versions) => {
            let current = schedules.schedule(&caller, doctor).await?.version;
            if !versions.contains(&current) {
                return Err(Failure::Stale.into());
            }
            current
        }
    };
    let (version, change) = schedules.save(&caller, doctor, seen, new.read()?).await?;
    Ok(tagged(version, ScheduleChange::from(change)))
}

/// Shows what a schedule would change
///
/// Nothing is saved.
#[utoipa::path(
    post, path = "/doctors/{id}/schedule/preview", operation_id = "preview_schedule",
    tag = "Schedules", request_body = Schedule,
    params(("id" = Uuid, Path, description = "The doctor's id")),
    responses((status = 200, description = "What would change", body = ScheduleChange), PlainVersionedChange)
)]
async fn compare(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(doctor): Id<DoctorId>,
    Body(new): Body<Schedule>,
) -> Result<Json<ScheduleChange>, Problem> {
    caller.signed_in()?;
    Ok(Json(api.ports.schedules.compare(&caller, doctor, new.read()?).await?.into()))
}
