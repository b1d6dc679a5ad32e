//! Demo data: invented doctors with real specialties in real cities, the same for the same seed.
//!
//! [`generate`] is pure: no clock, no randomness of the machine, no database. [`load`](load()) inserts its
//! result, and the job in [`activity`] adds to it from day to day. Not for production, and not for tests that
//! need one doctor: it always makes a thousand.

pub mod activity;
pub(crate) mod activity_data;
mod calendar;
mod demo_patient;
mod doctors;
mod hours;
mod load;
mod names;
mod opinions;
mod patients;
mod practice;
mod regions;
mod rng;
mod tables;
mod visits;
mod words;
mod write;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use nadi::actor::Capacity;
use nadi::appointment::{Event, State};
use nadi::calendar::week_of;
use nadi::formatting::local_date;
use nadi::ids::{
    AccountId, AppointmentId, CityId, ClinicId, DoctorId, LocationId, PersonId, ReviewId,
    SpecialtyId, VisitTypeId,
};
use nadi::input::Slug;
use nadi::schedule::{MadeBlock, Rule};
use nadi::visit::{Fee, Mode};
use nadi::zone::Zone;
use uuid::{Builder, Uuid};

pub(crate) use crate::demo::calendar::{dates, is_soon};
pub(crate) use crate::demo::demo_patient::planned_visits;
pub use crate::demo::load::load;
pub use crate::demo::patients::load_patients;

use crate::demo::regions::{REGIONS, Region};
use crate::demo::rng::SeededRng;

/// The seed of `nadi seed --demo`.
pub const SEED: u64 = 2026;

/// How many doctors there are, whatever the seed.
pub const DOCTORS: usize = 1000;

/// The password of every demo sign-in. Not a secret: the sign-in page shows it.
pub const PASSWORD: &str = "nadi-demo-2026";

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

impl Calendar {
    /// Removes everything on `until` or later, because slots are only made up to there.
    pub fn cut(&mut self, until: NaiveDate) {
        self.blocks.retain(|(_, block)| block.stretch.date < until);
        self.visits.retain(|visit| local_date(visit.starts_at, visit.zone) < until);
    }
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
    /// A UUIDv7 of `created_at`, as every appointment has, with the bits that [`is_demo_appointment`] checks.
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
    pub by: Capacity,
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
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Patient => "Patient",
            Self::Doctor(_) => "Doctor",
            Self::Administrator => "Administrator",
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
    /// Always [`PASSWORD`].
    pub password: &'static str,
}

/// Weekly hours apply from the Monday this many weeks ago.
const HOURS_WEEKS_BEFORE: u64 = 4;

/// Generates the demo of a seed as it is at `now`.
pub fn generate(seed: u64, now: DateTime<Utc>) -> DemoData {
    // Begin at yesterday, so that today is complete in every time zone.
    let yesterday = now.date_naive() - Days::new(1);
    let hours_from = week_of(yesterday) - Days::new(7 * HOURS_WEEKS_BEFORE);
    let specialties = tables::specialties();
    let places: Vec<Place> = tables::cities()
        .into_iter()
        .enumerate()
        .map(|(number, (city, region))| Place::new(seed, number, city, region))
        .collect();
    let doctors = doctors::generate(seed, hours_from, &specialties, &places);

    // The same numbers of clinics as for the visit types below.
    let usual = |doctor: &Doctor| {
        let clinic = places.iter().position(|place| place.clinic.id == doctor.clinic).unwrap_or(0);
        VisitTypeId(SeededRng::new(seed, "visit type", clinic).uuid())
    };
    let past = visits::generate(seed, yesterday, &places, &doctors, &usual);
    let calendar = calendar::generate(&calendar::Clinic {
        seed,
        now,
        place: &places[0],
        doctors: &doctors
            [..doctors.iter().take_while(|one| one.clinic == places[0].clinic.id).count()],
        usual: VisitTypeId(SeededRng::new(seed, "visit type", 0).uuid()),
        first: VisitTypeId(SeededRng::new(seed, "first visit", 0).uuid()),
        past: &past.visits,
    });
    let mut data = DemoData {
        specialties,
        cities: Vec::new(),
        clinics: Vec::new(),
        visit_types: Vec::new(),
        locations: Vec::new(),
        sign_ins: sign_ins(),
        doctors,
        past,
        calendar,
    };
    for place in places {
        let visit_type = |name: &str, label, slot_span| VisitType {
            id: VisitTypeId(SeededRng::new(seed, label, data.cities.len()).uuid()),
            clinic: place.clinic.id,
            name: name.to_owned(),
            slot_span,
            is_default: slot_span == 1,
        };
        let both = [
            visit_type("Consultation", "visit type", 1),
            visit_type("First visit", "first visit", 2),
        ];
        data.visit_types.extend(both);
        data.cities.push(place.city);
        data.clinics.push(place.clinic);
        data.locations.extend(place.locations);
    }
    data
}

/// The three accounts of the demo that can sign in.
pub fn sign_ins() -> Vec<SignIn> {
    let sign_in = |number: u128, email, name, role| SignIn {
        account: AccountId(fixed_uuid(10 + number)),
        person: PersonId(fixed_uuid(20 + number)),
        email,
        name,
        role,
        password: PASSWORD,
    };
    vec![
        sign_in(1, "patient@nadi.example", "Ravi Kamat", Role::Patient),
        sign_in(2, "doctor@nadi.example", "Dr Asha Naik", Role::Doctor(demo_doctor())),
        sign_in(3, "admin@nadi.example", "Maya Fernandes", Role::Administrator),
    ]
}

/// Dr Asha Naik, the same for every seed.
pub fn demo_doctor() -> DoctorId {
    DoctorId(fixed_uuid(1))
}

/// Bytes 6 to 9 of the ids of the demo's appointments, so that the demo never changes an appointment that
/// somebody else made: one in 67 million of those has these bytes by chance.
const DEMO_ID_BYTES: [u8; 4] = [0x7d, 0xe0, 0x8d, 0xe0];

/// Did the demo make this appointment?
pub fn is_demo_appointment(id: AppointmentId) -> bool {
    id.0.as_bytes()[6..10] == DEMO_ID_BYTES
}

/// A UUIDv7 for an appointment of the demo; its last 48 bits come from `random`.
fn visit_id(created_at: DateTime<Utc>, random: Uuid) -> AppointmentId {
    let millis = u64::try_from(created_at.timestamp_millis()).unwrap_or(0);
    let mut bytes = *random.as_bytes();
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    bytes[6..10].copy_from_slice(&DEMO_ID_BYTES);
    AppointmentId(Uuid::from_bytes(bytes))
}

/// How many minutes after its creation a hold expires.
const HOLD_MINUTES: i64 = 5;
/// The same for holds shown in the demo's calendar: long enough to be seen.
const SHOWN_HOLD_MINUTES: i64 = 30;
/// How many minutes before the visit patients arrive.
const EARLY_MINUTES: i64 = 10;

/// How a visit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Completed,
    NoShow,
    /// Cancelled half-way between the booking and the visit.
    CancelledByPatient,
    CancelledByDoctor,
    /// Never confirmed.
    Held,
}

/// The events up to `now` of a visit that ends like this.
fn events(
    fate: Fate,
    created_at: DateTime<Utc>,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Vec<Happened> {
    let mut events = vec![Happened { event: Event::Held, by: Capacity::Patient, at: created_at }];
    let mut then = |event, by, at| events.push(Happened { event, by, at });
    if fate == Fate::Held {
        return events;
    }
    let confirmed_at = created_at + Duration::minutes(1);
    then(Event::Confirmed, Capacity::Patient, confirmed_at);
    let arrives_at = starts_at - Duration::minutes(EARLY_MINUTES);
    match fate {
        Fate::CancelledByPatient | Fate::CancelledByDoctor => {
            let by = match fate {
                Fate::CancelledByDoctor => Capacity::Doctor,
                _ => Capacity::Patient,
            };
            let latest = starts_at.min(now);
            let seconds = (latest - confirmed_at).num_seconds() / 2;
            then(Event::Cancelled, by, confirmed_at + Duration::seconds(seconds));
        }
        Fate::NoShow if ends_at <= now => then(Event::NoShow, Capacity::Doctor, ends_at),
        Fate::Completed if arrives_at <= now => {
            then(Event::CheckedIn, Capacity::Doctor, arrives_at);
            if ends_at <= now {
                then(Event::Completed, Capacity::Doctor, ends_at);
            }
        }
        _ => {}
    }
    events
}

/// A version 8 UUID of the bytes `nadi` and a number.
fn fixed_uuid(number: u128) -> Uuid {
    let bits = (u128::from(u32::from_be_bytes(*b"nadi")) << 96) | number;
    Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
}

/// A city with its clinic and locations.
struct Place {
    region: &'static Region,
    city: City,
    clinic: Clinic,
    locations: Vec<Location>,
}

impl Place {
    fn new(seed: u64, number: usize, city: City, region: &str) -> Self {
        let region = REGIONS.iter().find(|known| known.key == region).expect("a known region");
        let mut rng = SeededRng::new(seed, "clinic", number);
        let clinic = Clinic {
            id: ClinicId(rng.uuid()),
            slug: city.slug.clone(),
            name: format!("Nadi {}", city.name),
            zone: city.zone,
            currency: city.currency.clone(),
            city: city.id,
        };
        // The first city, Panjim, always has three locations, the most.
        let count = if number == 0 { 3 } else { 1 + rng.weighted([4, 4, 2].into_iter()) };
        let first_quarter = rng.below(words::QUARTERS.len());
        let locations = (0..count)
            .map(|nth| Location {
                id: LocationId(rng.uuid()),
                clinic: clinic.id,
                city: city.id,
                name: words::location_name(&city.name, nth, first_quarter),
                address: words::address(&mut rng, region.streets, &city.name),
                zone: city.zone,
                latitude: near(&mut rng, city.latitude),
                longitude: near(&mut rng, city.longitude),
            })
            .collect();
        Self { region, city, clinic, locations }
    }
}

/// A coordinate near another, in whole hundred-thousandths of a degree, so that all machines round alike.
fn near(rng: &mut SeededRng, degrees: f64) -> f64 {
    let moved = (degrees * 1e5).round() as i64 + rng.between(0, 2400) as i64 - 1200;
    moved as f64 / 1e5
}

/// FNV-1a, 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
