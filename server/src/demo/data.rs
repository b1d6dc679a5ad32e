//! The types of the demo data.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use nadi::actor::ActingRole;
use nadi::appointment::{Event, State};
use nadi::formatting::local_date;
use nadi::ids::{
    AccountId, AppointmentId, CityId, ClinicId, DoctorId, LocationId, PersonId, ReviewId,
    SpecialtyId, VisitTypeId,
};
use nadi::input::Slug;
use nadi::schedule::{MadeBlock, Rule};
use nadi::visit::{Fee, Mode};
use nadi::zone::Zone;
use uuid::Uuid;

/// How many doctors there are, whatever the seed.
pub const DOCTORS: usize = 1000;

/// All demo data, in an order in which it can be inserted.
#[derive(Clone, Debug)]
pub struct DemoData {
    pub specialties: Vec<Specialty>,
    pub cities: Vec<City>,
    /// One per city, in the same order.
    pub clinics: Vec<Clinic>,
    pub visit_types: Vec<VisitType>,
    pub locations: Vec<Location>,
    pub sign_ins: Vec<SignIn>,
    /// Exactly [`DOCTORS`]; the first is the demo doctor, who can sign in.
    pub doctors: Vec<Doctor>,
    pub past: Past,
    pub calendar: Calendar,
}

/// Visits that took place before the demo was loaded, and their patients.
#[derive(Clone, Debug, Default)]
pub struct Past {
    pub patients: Vec<Patient>,
    pub visits: Vec<Visit>,
}

/// The weeks around now at the demo doctor's clinic: two before this one, this one and the next.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    pub patients: Vec<Patient>,
    pub dependants: Vec<Dependant>,
    /// The hours of all the clinic's doctors, including past days, for which the usual job makes no slots.
    pub blocks: Vec<(DoctorId, MadeBlock)>,
    /// Visits that are not over have their slots in `blocks`.
    pub visits: Vec<Visit>,
}

impl Calendar {
    /// Removes everything on `until` or later, because slots are only made up to there.
    pub fn cut(&mut self, until: NaiveDate) {
        self.blocks.retain(|(_, block)| block.stretch.date < until);
        self.visits.retain(|visit| local_date(visit.starts_at, visit.zone) < until);
    }
}

/// An invented patient, who cannot sign in.
#[derive(Clone, Debug)]
pub struct Patient {
    pub account: AccountId,
    pub person: PersonId,
    pub email: String,
    pub name: String,
}

/// A dependant of one of the demo's sign-ins.
#[derive(Clone, Debug)]
pub struct Dependant {
    pub account: AccountId,
    pub person: PersonId,
    pub name: &'static str,
    pub birth_date: NaiveDate,
}

/// An appointment with its history.
#[derive(Clone, Debug)]
pub struct Visit {
    /// A UUIDv7 of `created_at`, as every appointment has, with the bits that [`crate::demo::is_demo_appointment`]
    /// checks.
    pub id: AppointmentId,
    pub clinic: ClinicId,
    pub doctor: DoctorId,
    pub location: LocationId,
    pub visit_type: VisitTypeId,
    /// The number of consecutive slots.
    pub slot_span: i16,
    pub booked_by: AccountId,
    pub person: PersonId,
    pub mode: Mode,
    pub zone: Zone,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub fee: Fee,
    pub created_at: DateTime<Utc>,
    /// When the hold ended or will end.
    pub expires_at: DateTime<Utc>,
    /// In order of time; the first is the hold.
    pub events: Vec<Happened>,
    pub cancel_reason: Option<&'static str>,
    pub review: Option<PastReview>,
}

/// An event of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    pub event: Event,
    pub by: ActingRole,
    pub at: DateTime<Utc>,
}

impl Visit {
    /// The state after the last event.
    pub fn state(&self) -> State {
        match self.events.last().map(|last| last.event) {
            Some(Event::Confirmed) => State::Confirmed,
            Some(Event::CheckedIn) => State::CheckedIn,
            Some(Event::Completed) => State::Completed,
            Some(Event::NoShow) => State::NoShow,
            Some(Event::Cancelled) => State::Cancelled,
            _ => State::Pending,
        }
    }

    /// Is it active, with claims on its seats and its person's time?
    pub fn is_active(&self) -> bool {
        matches!(self.state(), State::Pending | State::Confirmed | State::CheckedIn)
    }
}

/// A review of a visit, with the doctor's answer.
#[derive(Clone, Debug)]
pub struct PastReview {
    pub id: ReviewId,
    pub stars: u8,
    pub text: String,
    pub anonymous: bool,
    pub written_at: DateTime<Utc>,
    pub answer: Option<(String, DateTime<Utc>)>,
    /// Why the clinic has hidden it; `None` when it is visible.
    pub hidden: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Specialty {
    pub id: SpecialtyId,
    pub slug: String,
    pub name: String,
    /// `modern` or `ayurveda`.
    pub tradition: String,
    /// One sentence about what patients come for.
    pub summary: String,
}

#[derive(Clone, Debug)]
pub struct City {
    pub id: CityId,
    pub slug: String,
    pub name: String,
    /// ISO 3166-1, two letters.
    pub country_code: String,
    pub country: String,
    pub latitude: f64,
    pub longitude: f64,
    pub zone: Zone,
    /// ISO 4217, three letters.
    pub currency: String,
}

#[derive(Clone, Debug)]
pub struct Clinic {
    pub id: ClinicId,
    pub slug: String,
    pub name: String,
    pub zone: Zone,
    pub currency: String,
    pub city: CityId,
}

/// Each clinic has two: the default, a visit of one slot, and a first visit of two.
#[derive(Clone, Debug)]
pub struct VisitType {
    pub id: VisitTypeId,
    pub clinic: ClinicId,
    pub name: String,
    pub slot_span: i16,
    pub is_default: bool,
}

/// One to three per clinic.
#[derive(Clone, Debug)]
pub struct Location {
    pub id: LocationId,
    pub clinic: ClinicId,
    pub city: CityId,
    pub name: String,
    /// An invented street.
    pub address: String,
    pub zone: Zone,
    /// Within two kilometres of the city's own coordinates.
    pub latitude: f64,
    pub longitude: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    Female,
    Male,
}

impl Gender {
    /// The word used in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Doctor {
    pub id: DoctorId,
    pub clinic: ClinicId,
    /// Only the demo doctor can sign in.
    pub account: Option<AccountId>,
    pub slug: Slug,
    /// Begins with `Dr `.
    pub name: String,
    pub gender: Gender,
    pub qualifications: String,
    pub bio: String,
    /// English is always the last.
    pub languages: Vec<String>,
    pub fee: Fee,
    pub specialty: SpecialtyId,
    pub second_specialty: Option<SpecialtyId>,
    /// Some of the hours are for video visits.
    pub video: bool,
    pub hours: Vec<(Uuid, Rule)>,
}

/// The role of a demo sign-in. Every account is a patient's as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Patient,
    Doctor(DoctorId),
    /// Of all clinics.
    Administrator,
    /// Reads the audit log.
    Auditor,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patient => "Patient",
            Self::Doctor(_) => "Doctor",
            Self::Administrator => "Administrator",
            Self::Auditor => "Auditor",
        })
    }
}

/// An account that can sign in to the demo. The same for every seed.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub account: AccountId,
    /// The account's owner as a person.
    pub person: PersonId,
    pub email: &'static str,
    pub name: &'static str,
    pub role: Role,
    /// Always [`crate::demo::PASSWORD`].
    pub password: &'static str,
}
