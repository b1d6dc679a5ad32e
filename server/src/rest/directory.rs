//! Endpoints for finding a doctor and a free time. They need no account.

use app::context::{SHOWS_HEADER, shown};
use app::i18n::{names, text};
use app::messages;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::Days;
use nadi::calendar::Moment;
use nadi::ids::{DoctorId, LocationId, VisitTypeId};
use nadi::input::Slug;
use nadi::ports::{DoctorKey, FreeTimesQuery, TimesFor};
use nadi::search::parameters::{self, Known, PAGE_MAX, PAGE_SIZE_MAX};
use nadi::{Failure, formatting};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::api::Api;
use crate::rest::input::{CurrentCaller, Id, Params, date, moment, no_such_field};
use crate::rest::problem::{CachedRead, Problem};
use crate::rest::types::{Doctor, DoctorsPage, Gender, List, Mode, Slot, Specialty};

/// The length of the range when its end is left out, and the longest allowed, in days.
const DAYS_USUAL: u64 = 7;
const DAYS_MAX: i64 = 62;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(specialties))
        .routes(routes!(doctors))
        .routes(routes!(doctor))
        .routes(routes!(slots))
}

/// Lists specialties
///
/// All specialties, sorted by name.
#[utoipa::path(
    get, path = "/specialties", operation_id = "list_specialties",
    tag = "Directory", security(()),
    responses((status = 200, description = "All specialties", body = List<Specialty>), CachedRead)
)]
async fn specialties(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
) -> Result<Json<List<Specialty>>, Problem> {
    let mut specialties = api.ports.directory.specialties(&caller).await?;
    names::sort_by_name(&mut specialties, |one| names::specialty(&one.slug, &one.name));
    Ok(Json(List::of(specialties)))
}

/// Filters of a list of doctors. All are optional. Invalid values are refused, as are specialties, cities and
/// languages that no doctor has.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described here, read by `nadi::search::parameters`")]
struct DoctorsQuery {
    /// Words of a name, a specialty, a symptom, a treatment or a place, all of which have to match. If no doctor
    /// matches, the most similar words are searched for.
    #[param(max_length = 100, example = "back pain")]
    q: Option<String>,
    /// The slug or the name of a specialty.
    #[param(example = "dermatology")]
    specialty: Option<String>,
    /// The slug or a name of a city, such as `panjim` or `Panaji`.
    #[param(example = "panjim")]
    city: Option<String>,
    mode: Option<Mode>,
    /// Free on this date at the location. A date that is over in all time zones is refused.
    #[param(format = "date")]
    date: Option<String>,
    /// Free in the current week, Monday to Sunday, at the location.
    this_week: Option<bool>,
    /// Free at 17:00 or later, in the location's time zone.
    evening: Option<bool>,
    /// The name of a language, in any case.
    #[param(example = "Konkani")]
    language: Option<String>,
    gender: Option<Gender>,
    /// The maximum fee of a visit, in the main unit of the doctor's currency.
    #[param(minimum = 0, maximum = 100_000_000)]
    fee_max: Option<i64>,
    /// The minimum average rating in stars, with at most one decimal. Excludes doctors with fewer than three reviews.
    #[param(minimum = 1, maximum = 5, example = "4.5", value_type = Option<f64>)]
    rating_min: Option<String>,
    /// The slug or a name of a city, or latitude and longitude in degrees, which are rounded to hundredths.
    /// Only locations within 100 km; nearer ones rank higher.
    #[param(example = "15.49,73.83")]
    near: Option<String>,
    /// The `next_cursor` of the previous page. If given, `page` is ignored.
    #[param(min_length = 48, max_length = 48, pattern = "^[0-9a-f]{48}$")]
    cursor: Option<String>,
    /// From 1.
    #[param(minimum = 1, maximum = 10_000)]
    page: Option<u32>,
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

/// Finds doctors
///
/// Ordered by how well the words match, how soon the doctors are free, how near they are, and their rating. With
/// a cursor, no doctor whose rank does not change is repeated or skipped. With page numbers, that can happen
/// while others book.
#[utoipa::path(
    get, path = "/doctors", operation_id = "list_doctors",
    tag = "Directory", security(()), params(DoctorsQuery),
    responses((status = 200, description = "One page", body = DoctorsPage), CachedRead)
)]
async fn doctors(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Problem> {
    let directory = &api.ports.directory;
    let (specialties, cities, languages) = (
        directory.specialties(&caller).await?,
        directory.cities(&caller).await?,
        directory.languages(&caller).await?,
    );
    let known = Known { specialties: &specialties, cities: &cities, languages: &languages };
    let pairs = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let search = parameters::read(pairs, known, caller.now);
    let unknown = search.unknown.iter().map(|name| (name.clone(), no_such_field()));
    let faults = search.faults.iter().map(|(parameter, fault)| {
        (parameter.name().to_owned(), messages::search::refused(*parameter, *fault))
    });
    if let Some(problem) = Problem::fields(unknown.chain(faults)) {
        return Err(problem);
    }
    let found = directory.search(&caller, &search.query).await?;
    let shown = shows(found.page.items.iter().map(|card| card.id));
    Ok((shown, Json(DoctorsPage::from(found))))
}

/// A header that names the doctors whom an answer shows, so that a change of one of them removes it from the cache.
fn shows(doctors: impl IntoIterator<Item = DoctorId>) -> [(&'static str, String); 1] {
    [(SHOWS_HEADER, shown(doctors))]
}

/// The page and page size, with defaults when they are left out.
///
/// # Errors
/// The problem with the parameter.
pub fn paging(page: Option<u32>, page_size: Option<u32>) -> Result<(u32, u32), Problem> {
    let (page, size) = (page.unwrap_or(1), page_size.unwrap_or(20));
    if !(1..=PAGE_MAX).contains(&page) {
        return Err(Problem::field(
            "page",
            text!("problem-field-number", min = 1_u32, max = PAGE_MAX.to_string()),
        ));
    }
    if !(1..=PAGE_SIZE_MAX).contains(&size) {
        return Err(Problem::field(
            "page_size",
            text!("problem-field-number", min = 1_u32, max = PAGE_SIZE_MAX),
        ));
    }
    Ok((page, size))
}

/// Shows a doctor
///
/// Accounts that have booked an appointment with a doctor also see the doctor when they no longer take bookings.
#[utoipa::path(
    get, path = "/doctors/{id}", operation_id = "get_doctor", tag = "Directory", security(()),
    params(("id" = String, Path, description = "The id or the slug", example = "asha-naik")),
    responses((status = 200, description = "The doctor", body = Doctor), CachedRead)
)]
async fn doctor(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(name): Id<String>,
) -> Result<Response, Problem> {
    let key = match name.parse::<DoctorId>() {
        Ok(id) => DoctorKey::Id(id),
        Err(_) => DoctorKey::Slug(Slug::parse(&name).ok_or(Failure::NotFound)?),
    };
    let directory = &api.ports.directory;
    match directory.doctor(&caller, &key).await {
        Err(Failure::NotFound) => {
            let doctor = directory.own_unlisted_doctor(&caller, &key).await?;
            let doctor = Doctor { takes_bookings: false, ..Doctor::from(doctor) };
            // This answer is for this account only.
            Ok(([(header::CACHE_CONTROL, "no-store")], Json(doctor)).into_response())
        }
        doctor => {
            let doctor = doctor?;
            Ok((shows([doctor.id]), Json(Doctor::from(doctor))).into_response())
        }
    }
}

/// Filters of free slots. The default range is the coming week.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RangeQuery {
    /// One date at the location, instead of `from` and `to`.
    #[param(format = "date")]
    date: Option<String>,
    /// A date at the location, or an instant (RFC 3339).
    #[param(example = "2026-11-24")]
    from: Option<String>,
    /// The exclusive end of the range: a date or an instant, at most 62 days after `from`.
    #[param(example = "2026-12-01")]
    to: Option<String>,
    pub(super) location_id: Option<Uuid>,
    pub(super) mode: Option<Mode>,
}

/// Filters of free slots. The default range is the coming week.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SlotsQuery {
    /// One date at the location, instead of `from` and `to`.
    #[param(format = "date")]
    date: Option<String>,
    /// A date at the location, or an instant (RFC 3339).
    #[param(example = "2026-11-24")]
    from: Option<String>,
    /// The exclusive end of the range: a date or an instant, at most 62 days after `from`.
    #[param(example = "2026-12-01")]
    to: Option<String>,
    location_id: Option<Uuid>,
    mode: Option<Mode>,
    /// Only slots at which a visit of this type can begin.
    visit_type_id: Option<Uuid>,
}

/// Lists a doctor's free slots
///
/// Soonest first, by the same rules as holds.
#[utoipa::path(
    get, path = "/doctors/{id}/slots", operation_id = "list_doctor_slots",
    tag = "Directory", security(()),
    params(("id" = Uuid, Path, description = "The doctor's id"), SlotsQuery),
    responses((status = 200, description = "The free slots", body = List<Slot>), CachedRead)
)]
async fn slots(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<DoctorId>,
    Params(query): Params<SlotsQuery>,
) -> Result<Response, Problem> {
    let directory = &api.ports.directory;
    let doctor = directory.doctor(&caller, &DoctorKey::Id(id)).await?;
    let zone = doctor.places.first().map_or(nadi::zone::Zone::UTC, |place| place.zone);
    let today = formatting::local_date(caller.now, zone);
    let SlotsQuery { date, from, to, location_id, mode, visit_type_id } = query;
    let range = RangeQuery { date, from, to, location_id, mode };
    let (from, until) = range.range(today)?;
    let location = location_id.map(LocationId);
    if location.is_some_and(|id| doctor.places.iter().all(|place| place.id != id)) {
        return Err(Problem::field("location_id", text!("problem-field-location")));
    }
    let kinds = &doctor.visit_kinds;
    let kind = match visit_type_id {
        None => kinds.iter().find(|kind| kind.is_default),
        Some(id) => {
            Some(kinds.iter().find(|kind| kind.id == VisitTypeId(id)).ok_or_else(|| {
                Problem::field("visit_type_id", text!("problem-field-appointment-type"))
            })?)
        }
    };
    let query = FreeTimesQuery {
        doctor: id,
        from,
        until,
        location,
        mode: mode.map(Mode::into),
        times_for: TimesFor::NewVisit { slot_span: kind.map_or(1, |kind| kind.slot_span) },
    };
    let times = directory.free_times(&caller, &query).await?;
    Ok((shows([id]), Json(List::<Slot>::of(times))).into_response())
}

impl RangeQuery {
    /// The range from the query, its end exclusive.
    pub(super) fn range(&self, today: chrono::NaiveDate) -> Result<(Moment, Moment), Problem> {
        if let Some(date) = date("date", self.date.as_deref())? {
            if self.from.is_some() || self.to.is_some() {
                return Err(Problem::field("date", text!("problem-field-date-or-range")));
            }
            return Ok((Moment::Day(date), Moment::Day(date + Days::new(1))));
        }
        let from = moment("from", self.from.as_deref())?.unwrap_or(Moment::Day(today));
        let rough = |moment: Moment| match moment {
            Moment::Day(date) => date,
            Moment::Instant(at) => at.date_naive(),
        };
        let usual = Moment::Day(rough(from) + Days::new(DAYS_USUAL));
        let until = moment("to", self.to.as_deref())?.unwrap_or(usual);
        let ordered = match (from, until) {
            (Moment::Instant(from), Moment::Instant(until)) => from < until,
            (Moment::Day(from), Moment::Day(until)) => from < until,
            // A date and an instant are compared roughly, because their order may depend on the zone.
            (from, until) => rough(from) <= rough(until),
        };
        if !ordered {
            return Err(Problem::field("to", text!("problem-field-range-order")));
        }
        if (rough(until) - rough(from)).num_days() > DAYS_MAX {
            return Err(Problem::field("to", text!("problem-field-range-length", days = DAYS_MAX)));
        }
        Ok((from, until))
    }
}
