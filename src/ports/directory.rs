//! Finding doctors and free times. No sign-in is needed.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Answer, Page};
use crate::actor::Caller;
use crate::calendar::Moment;
use crate::ids::{AppointmentId, CityId, DoctorId, LocationId, SlotId, SpecialtyId, VisitTypeId};
use crate::input::Slug;
use crate::near::Near;
use crate::review::Rating;
use crate::search::Cursor;
use crate::suggest::Suggestion;
use crate::visit::{Fee, Mode};
use crate::zone::Zone;

/// A specialty with the number of listed doctors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Specialty {
    pub id: SpecialtyId,
    pub slug: String,
    pub name: String,
    /// `modern` or `ayurveda`.
    pub tradition: String,
    /// One sentence: reasons to see this specialist.
    pub summary: String,
    pub doctors: i64,
}

/// A city with listed doctors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct City {
    pub id: CityId,
    pub slug: String,
    pub name: String,
    pub country: String,
    pub doctors: i64,
}

/// A location where a doctor sees patients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub id: LocationId,
    pub name: String,
    pub address: String,
    pub city: String,
    pub zone: Zone,
}

/// The doctor's gender, as a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    Female,
    Male,
}

impl Gender {
    pub const ALL: [Self; 2] = [Self::Female, Self::Male];

    /// The value in the database, in JSON and in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gender| gender.as_str() == text)
    }
}

/// A search. Everything is optional; `None` and `false` do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DoctorQuery {
    /// Words of a name, a specialty, a symptom or a place. All of them have to match. At most 100 characters.
    pub text: Option<String>,
    /// A slug. An unknown one gives no results.
    pub specialty: Option<String>,
    /// A slug.
    pub city: Option<String>,
    pub mode: Option<Mode>,
    /// Free on this date, in the location's zone.
    pub date: Option<NaiveDate>,
    /// Free in the current week, Monday to Sunday, in the location's zone.
    pub this_week: bool,
    /// Free at 17:00 or later, in the location's zone.
    pub evening: bool,
    /// The name of a language as in the doctors' profiles, in any case.
    pub language: Option<String>,
    pub gender: Option<Gender>,
    /// The maximum fee of a visit, in the main unit of the doctor's own currency.
    pub fee_max: Option<i64>,
    /// The minimum average in tenths of a star, from 10 to 50; a doctor with fewer than three reviews
    /// has no average.
    pub rating_min_tenths: Option<u32>,
    /// Only locations within 100 km; nearer ones rank higher.
    pub near: Option<Near>,
    /// The position at which the previous page ended. If given, `page` is only displayed.
    pub after: Option<Cursor>,
    /// From 1; 0 means 1.
    pub page: u32,
    /// At most 100; 0 means 20.
    pub page_size: u32,
}

/// A doctor in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct DoctorCard {
    pub id: DoctorId,
    pub slug: Slug,
    pub name: String,
    pub specialties: Vec<String>,
    pub place: Option<Place>,
    /// The great-circle distance from `near` to the location, in kilometres.
    pub distance_km: Option<f64>,
    pub languages: Vec<String>,
    pub fee: Fee,
    pub video: bool,
    pub rating: Rating,
    /// The next free times (at most six), soonest first; on the requested dates if there are any.
    pub next_times: Vec<FreeTime>,
}

/// The number of doctors for each choice of a filter, by the choice's value in URLs. Choices without doctors are
/// missing. `None` while the count is still running.
pub type Numbers = Option<HashMap<String, i64>>;

/// How many doctors match, and how many would match with another choice of one filter and all others unchanged.
/// Small counts are seconds old, counts of thousands are minutes old.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// When `false`, counting is not finished, and the total is a lower bound.
    pub known: bool,
    pub total: i64,
    pub specialties: Numbers,
    pub modes: Numbers,
    pub cities: Numbers,
    pub languages: Numbers,
    pub genders: Numbers,
    /// Doctors with at least this rating, only for the values in [`crate::review::LEAST_OFFERED`].
    pub ratings: Numbers,
}

/// A page of doctors.
#[derive(Clone, Debug, PartialEq)]
pub struct DoctorPage {
    pub page: Page<DoctorCard>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<Cursor>,
    /// The corrected words that were searched for, when nothing matched the words as typed.
    pub instead: Option<String>,
    pub counts: Counts,
}

/// A doctor's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorProfile {
    pub id: DoctorId,
    pub slug: Slug,
    pub name: String,
    pub specialties: Vec<String>,
    pub qualifications: String,
    pub bio: String,
    pub languages: Vec<String>,
    pub fee: Fee,
    pub places: Vec<Place>,
    pub video: bool,
    pub clinic: String,
    /// How long before the start a patient may still cancel, in minutes.
    pub cancel_notice_minutes: i32,
    /// The default first.
    pub visit_kinds: Vec<VisitKind>,
    pub rating: Rating,
}

/// A visit type that a clinic offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitKind {
    pub id: VisitTypeId,
    pub name: String,
    /// How many consecutive slots it takes.
    pub slot_span: i16,
    /// The default.
    pub is_default: bool,
}

/// The key by which a doctor is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DoctorKey {
    Id(DoctorId),
    Slug(Slug),
}

/// A free time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeTime {
    pub slot: SlotId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The date at the location.
    pub local_date: NaiveDate,
    pub place: Place,
    pub mode: Mode,
    pub seats_free: i64,
}

/// Which free times of a doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeTimesQuery {
    pub doctor: DoctorId,
    pub from: Moment,
    /// Exclusive; at most 62 days after `from`.
    pub until: Moment,
    pub location: Option<LocationId>,
    pub mode: Option<Mode>,
    pub times_for: TimesFor,
}

/// What the free times are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimesFor {
    /// A new visit that takes so many consecutive times.
    NewVisit { slot_span: i16 },
    /// Moving this appointment: the slots to which the caller may move it. Seats of the appointment itself
    /// count as free, but its current slot is left out. Callers who may not see the appointment get
    /// `NotFound`, visitors `SignInFirst`.
    Move(AppointmentId),
}

#[async_trait]
pub trait Directory: Send + Sync {
    /// All specialties, by name.
    async fn specialties(&self, caller: &Caller) -> Answer<Vec<Specialty>>;
    /// Cities with at least one listed doctor, by name.
    async fn cities(&self, caller: &Caller) -> Answer<Vec<City>>;
    /// Languages of listed doctors, by name.
    async fn languages(&self, caller: &Caller) -> Answer<Vec<String>>;
    /// One page of listed doctors, ordered by rank as defined in [`crate::search`].
    async fn search(&self, caller: &Caller, query: &DoctorQuery) -> Answer<DoctorPage>;
    /// Suggestions for typed text: specialties, doctors and cities, in this order, at most
    /// eight; none for fewer than two characters. When nothing matches, words are replaced by the most
    /// similar known ones. Results are at most ten seconds old.
    async fn suggest(&self, caller: &Caller, text: &str) -> Answer<Vec<Suggestion>>;
    /// The slugs of all listed doctors in order, or of the first `most` of them.
    async fn listed(&self, most: u32) -> Answer<Vec<Slug>>;
    /// # Errors
    /// `NotFound` for an unknown or unlisted doctor.
    async fn doctor(&self, caller: &Caller, key: &DoctorKey) -> Answer<DoctorProfile>;
    /// The profile of a doctor who does not take bookings (any more), for callers who have booked an
    /// appointment with them.
    ///
    /// # Errors
    /// `NotFound` for a listed doctor, and for all other callers.
    async fn own_unlisted_doctor(&self, caller: &Caller, key: &DoctorKey) -> Answer<DoctorProfile>;
    /// The free times in a range, soonest first, by the same definition that holds and moves use.
    async fn free_times(&self, caller: &Caller, query: &FreeTimesQuery) -> Answer<Vec<FreeTime>>;
    /// The version of this doctor's free times that this instance knows of. Get it before reading the times: when
    /// it differs later, they may have changed.
    fn mark(&self, doctor: DoctorId) -> String;
    /// The first date, from `from` on, with a free time.
    async fn next_free_date(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        from: NaiveDate,
        times_for: TimesFor,
    ) -> Answer<Option<NaiveDate>>;
    /// The free times nearest to an instant, soonest first: alternatives to a time that was taken.
    async fn nearest_free(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        to: DateTime<Utc>,
        times_for: TimesFor,
        limit: u8,
    ) -> Answer<Vec<FreeTime>>;
    /// One slot of this doctor, if it is free for this purpose.
    ///
    /// # Errors
    /// `Refused` with `NotOffered`, `InThePast`, `Taken` or, for a move, `PersonBusy`.
    async fn free_time(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        slot: SlotId,
        times_for: TimesFor,
    ) -> Answer<FreeTime>;
}
