//! The JSON types of the API, and their conversions from and to the types of the ports.

use app::i18n::names;
use chrono::{DateTime, NaiveDate, Utc};
use nadi::appointment::{CODE_TRIES, EXTENSIONS_MAX};
use nadi::local_time::LocalTime;
use nadi::ports;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::rest::reviews::Rating;

/// The state of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Held until `expires_at`, not confirmed yet.
    Pending,
    Confirmed,
    CheckedIn,
    Completed,
    Cancelled,
    /// A lapsed hold.
    Expired,
    NoShow,
}

impl From<nadi::appointment::State> for State {
    fn from(state: nadi::appointment::State) -> Self {
        use nadi::appointment::State as Known;
        match state {
            Known::Pending => Self::Pending,
            Known::Confirmed => Self::Confirmed,
            Known::CheckedIn => Self::CheckedIn,
            Known::Completed => Self::Completed,
            Known::Cancelled => Self::Cancelled,
            Known::Expired => Self::Expired,
            Known::NoShow => Self::NoShow,
        }
    }
}

impl From<State> for nadi::appointment::State {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Confirmed => Self::Confirmed,
            State::CheckedIn => Self::CheckedIn,
            State::Completed => Self::Completed,
            State::Cancelled => Self::Cancelled,
            State::Expired => Self::Expired,
            State::NoShow => Self::NoShow,
        }
    }
}

/// Where a visit takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    InPerson,
    Video,
}

impl From<nadi::visit::Mode> for Mode {
    fn from(mode: nadi::visit::Mode) -> Self {
        match mode {
            nadi::visit::Mode::InPerson => Self::InPerson,
            nadi::visit::Mode::Video => Self::Video,
        }
    }
}

impl From<Mode> for nadi::visit::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::InPerson => Self::InPerson,
            Mode::Video => Self::Video,
        }
    }
}

/// The doctor's gender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    Female,
    Male,
}

impl From<Gender> for ports::Gender {
    fn from(gender: Gender) -> Self {
        match gender {
            Gender::Female => Self::Female,
            Gender::Male => Self::Male,
        }
    }
}

/// Money in the smallest unit of its currency (ISO 4217), such as paise or cents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Fee {
    #[schema(example = 80_000)]
    pub minor_units: i64,
    #[schema(example = "INR")]
    pub currency: String,
}

impl From<nadi::visit::Fee> for Fee {
    fn from(fee: nadi::visit::Fee) -> Self {
        Self { minor_units: fee.minor_units, currency: fee.currency }
    }
}

/// One page of a longer list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// From 1.
    pub page: u32,
    pub page_size: u32,
    /// The number of items on all pages together.
    pub total: i64,
}

impl<T> Page<T> {
    pub fn of<U>(page: ports::Page<U>) -> Self
    where
        T: From<U>,
    {
        Self {
            items: page.items.into_iter().map(T::from).collect(),
            page: page.number,
            page_size: page.size,
            total: page.total,
        }
    }
}

/// A complete list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
}

impl<T> List<T> {
    pub fn of<U>(items: impl IntoIterator<Item = U>) -> Self
    where
        T: From<U>,
    {
        Self { items: items.into_iter().map(T::from).collect() }
    }
}

/// A medical specialty.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Specialty {
    #[schema(example = "dermatology")]
    pub slug: String,
    pub name: String,
    /// `modern` or `ayurveda`.
    pub tradition: String,
    /// Reasons to see this specialist, in one sentence.
    pub summary: String,
    /// The number of listed doctors.
    pub doctors: i64,
}

impl From<ports::Specialty> for Specialty {
    fn from(one: ports::Specialty) -> Self {
        Self {
            name: names::specialty(&one.slug, &one.name),
            summary: names::specialty_about(&one.slug, &one.summary),
            slug: one.slug,
            tradition: one.tradition,
            doctors: one.doctors,
        }
    }
}

/// A location where a doctor sees patients.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Place {
    pub id: Uuid,
    pub name: String,
    pub address: String,
    pub city: String,
    /// IANA name.
    #[schema(example = "Asia/Kolkata")]
    pub time_zone: String,
}

impl From<ports::Place> for Place {
    fn from(place: ports::Place) -> Self {
        Self {
            id: place.id.0,
            name: place.name,
            address: place.address,
            city: names::city_named(&place.city),
            time_zone: place.zone.name().into(),
        }
    }
}

/// A free slot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Slot {
    pub id: i64,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The date at the location.
    pub local_date: NaiveDate,
    pub place: Place,
    pub mode: Mode,
    pub seats_free: i64,
}

impl From<ports::FreeTime> for Slot {
    fn from(time: ports::FreeTime) -> Self {
        Self {
            id: time.slot.0,
            starts_at: time.starts_at,
            ends_at: time.ends_at,
            local_date: time.local_date,
            place: time.place.into(),
            mode: time.mode.into(),
            seats_free: time.seats_free,
        }
    }
}

/// A doctor in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DoctorCard {
    pub id: Uuid,
    #[schema(example = "asha-naik")]
    pub slug: String,
    pub name: String,
    /// The main one first.
    pub specialties: Vec<String>,
    pub place: Option<Place>,
    /// The great-circle distance from `near` to the location, in kilometres.
    pub distance_km: Option<f64>,
    pub languages: Vec<String>,
    pub fee: Fee,
    /// Whether the doctor offers video visits.
    pub video: bool,
    pub rating: Rating,
    /// The next free slots, soonest first.
    pub next_slots: Vec<Slot>,
}

impl From<ports::DoctorCard> for DoctorCard {
    fn from(card: ports::DoctorCard) -> Self {
        Self {
            id: card.id.0,
            slug: card.slug.to_string(),
            name: card.name,
            specialties: names::specialties_named(&card.specialties),
            place: card.place.map(Place::from),
            distance_km: card.distance_km,
            languages: card.languages,
            fee: card.fee.into(),
            video: card.video,
            rating: card.rating.into(),
            next_slots: card.next_times.into_iter().map(Slot::from).collect(),
        }
    }
}

/// One page of doctors.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DoctorsPage {
    pub items: Vec<DoctorCard>,
    /// From 1.
    pub page: u32,
    pub page_size: u32,
    /// The number of doctors on all pages together; null while a large count is still running. Small counts are seconds
    /// old, counts of thousands are minutes old.
    pub total: Option<i64>,
    /// The value of `cursor` for the next page; null on the last page.
    pub next_cursor: Option<String>,
    /// The corrected words that were searched for, if nothing matched the given ones.
    #[schema(example = "dermatologist")]
    pub searched_for: Option<String>,
}

impl From<ports::DoctorPage> for DoctorsPage {
    fn from(found: ports::DoctorPage) -> Self {
        Self {
            items: found.page.items.into_iter().map(DoctorCard::from).collect(),
            page: found.page.number,
            page_size: found.page.size,
            total: found.counts.known.then_some(found.page.total),
            next_cursor: found.next.map(|cursor| cursor.to_string()),
            searched_for: found.instead,
        }
    }
}

/// A visit type.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VisitType {
    pub id: Uuid,
    pub name: String,
    /// How many consecutive slots it takes.
    pub slot_span: i16,
    /// Used when a hold gives no visit type.
    pub is_default: bool,
}

/// A doctor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Doctor {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub specialties: Vec<String>,
    pub qualifications: String,
    pub bio: String,
    pub languages: Vec<String>,
    pub fee: Fee,
    pub places: Vec<Place>,
    pub video: bool,
    pub clinic: String,
    /// How long before the start a patient may still cancel or move, in minutes.
    pub cancel_notice_minutes: i32,
    /// The default first.
    pub visit_types: Vec<VisitType>,
    pub rating: Rating,
    /// If false, there are no free slots, and only accounts that have booked an appointment see the doctor.
    pub takes_bookings: bool,
}

impl From<ports::DoctorProfile> for Doctor {
    fn from(doctor: ports::DoctorProfile) -> Self {
        Self {
            id: doctor.id.0,
            slug: doctor.slug.to_string(),
            name: doctor.name,
            specialties: names::specialties_named(&doctor.specialties),
            qualifications: doctor.qualifications,
            bio: doctor.bio,
            languages: doctor.languages,
            fee: doctor.fee.into(),
            places: doctor.places.into_iter().map(Place::from).collect(),
            video: doctor.video,
            clinic: doctor.clinic,
            cancel_notice_minutes: doctor.cancel_notice_minutes,
            visit_types: doctor
                .visit_kinds
                .into_iter()
                .map(|kind| VisitType {
                    id: kind.id.0,
                    name: kind.name,
                    slot_span: kind.slot_span,
                    is_default: kind.is_default,
                })
                .collect(),
            rating: doctor.rating.into(),
            takes_bookings: true,
        }
    }
}

/// An appointment after a change, without names.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Appointment {
    pub id: Uuid,
    /// A short reference that can be read out.
    #[schema(example = "K7P2-QXM4")]
    pub reference: String,
    pub status: State,
    /// Rises by one with every change; the ETag is this in quotes.
    pub version: i32,
    pub person_id: Uuid,
    pub doctor_id: Uuid,
    pub location_id: Uuid,
    pub visit_type_id: Uuid,
    /// The first slot.
    pub slot_id: i64,
    pub mode: Mode,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// IANA name of the location's zone.
    #[schema(example = "Asia/Kolkata")]
    pub time_zone: String,
    pub fee: Fee,
    /// For a hold: when it lapses.
    pub expires_at: Option<DateTime<Utc>>,
    /// For a hold: how often it can be extended.
    pub extensions_left: i16,
    /// For a hold: how many more wrong codes are allowed.
    pub code_tries_left: i16,
    pub created_at: DateTime<Utc>,
}

impl From<ports::Booked> for Appointment {
    fn from(booked: ports::Booked) -> Self {
        let held = booked.state == nadi::appointment::State::Pending;
        let left = |max: i16, used: i16| if held { (max - used).max(0) } else { 0 };
        Self {
            id: booked.id.0,
            reference: booked.reference,
            status: booked.state.into(),
            version: booked.version,
            person_id: booked.person.0,
            doctor_id: booked.doctor.0,
            location_id: booked.location.0,
            visit_type_id: booked.visit_type.0,
            slot_id: booked.slot.0,
            mode: booked.mode.into(),
            starts_at: booked.starts_at,
            ends_at: booked.ends_at,
            time_zone: booked.time_zone,
            fee: booked.fee.into(),
            expires_at: held.then_some(booked.expires_at),
            extensions_left: left(EXTENSIONS_MAX, booked.extensions),
            code_tries_left: left(CODE_TRIES, booked.code_tries),
            created_at: booked.created_at,
        }
    }
}

/// An appointment with names, for callers who may see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppointmentDetails {
    #[serde(flatten)]
    pub appointment: Appointment,
    pub person_name: String,
    pub doctor_name: String,
    pub specialty: String,
    pub clinic: String,
    pub location_name: String,
    pub location_address: String,
    pub visit_type: String,
    /// Whether confirming this hold needs the code that was sent.
    pub code_needed: bool,
    /// The last moment at which the caller may cancel or move it.
    pub change_until: Option<DateTime<Utc>>,
    pub cancel_reason: Option<String>,
    /// If false, the appointment cannot be moved, but it is still valid and can be cancelled.
    pub doctor_takes_bookings: bool,
    /// What happened to it, oldest first. Empty in lists.
    pub history: Vec<HistoryEntry>,
}

/// An event in the history of an appointment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryEntry {
    #[schema(example = "appointment.rescheduled")]
    pub event: String,
    pub at: DateTime<Utc>,
    /// `patient`, `doctor`, `receptionist`, `administrator` or `system`.
    pub by: String,
    /// For a move: the previous start.
    pub moved_from: Option<DateTime<Utc>>,
    /// For a move: the IANA name of the zone of the previous location.
    #[schema(example = "Asia/Kolkata")]
    pub moved_from_time_zone: Option<&'static str>,
    /// For `appointment.reopened`: the status that was undone.
    pub undone: Option<State>,
}

impl From<ports::AppointmentView> for AppointmentDetails {
    fn from(view: ports::AppointmentView) -> Self {
        let held = view.state == nadi::appointment::State::Pending;
        let left = |left: i16| if held { left } else { 0 };
        Self {
            appointment: Appointment {
                id: view.id.0,
                reference: view.reference,
                status: view.state.into(),
                version: view.version,
                person_id: view.person.0,
                doctor_id: view.doctor.0,
                location_id: view.location.0,
                visit_type_id: view.visit_type.0,
                slot_id: view.slot.0,
                mode: view.mode.into(),
                starts_at: view.starts_at,
                ends_at: view.ends_at,
                time_zone: view.zone.name().into(),
                fee: view.fee.into(),
                expires_at: held.then_some(view.expires_at),
                extensions_left: left(view.extensions_left),
                code_tries_left: left(view.code_tries_left),
                created_at: view.created_at,
            },
            person_name: view.person_name,
            doctor_name: view.doctor_name,
            specialty: view.specialty,
            clinic: view.clinic,
            location_name: view.location_name,
            location_address: view.location_address,
            visit_type: view.visit_type_name,
            code_needed: held && view.code_needed,
            change_until: view.change_until,
            cancel_reason: view.cancel_reason,
            doctor_takes_bookings: view.doctor_takes_bookings,
            history: view
                .history
                .into_iter()
                .map(|entry| HistoryEntry {
                    event: entry.event.as_str().into(),
                    at: entry.at,
                    by: entry.by.as_str().into(),
                    moved_from: entry.moved_from.map(LocalTime::at),
                    moved_from_time_zone: entry.moved_from.map(LocalTime::time_zone),
                    undone: entry.undone.map(State::from),
                })
                .collect(),
        }
    }
}

/// A person the account books for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    pub id: Uuid,
    pub name: String,
    pub birth_date: Option<NaiveDate>,
    /// Whether this is the account's owner.
    pub is_self: bool,
}

impl From<ports::PersonView> for Person {
    fn from(person: ports::PersonView) -> Self {
        Self {
            id: person.id.0,
            name: person.name,
            birth_date: person.birth_date,
            is_self: person.is_self,
        }
    }
}
