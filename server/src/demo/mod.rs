//! Demo data: invented doctors over real specialties in real cities, the same for the same seed.
//!
//! [`generate`] decides everything and is pure: no clock, no randomness of the
//! machine, no database. [`load`](load()) only writes it down, and the job
//! `jobs/demo.rs` keeps it going from day to day. Not for production,
//! and not for tests that want one doctor: a thousand is its smallest size.

mod calendar;
mod dice;
mod doctors;
mod hours;
pub mod keep_going;
pub(crate) mod live;
mod load;
mod names;
mod opinions;
mod own;
mod patients;
mod practice;
mod regions;
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
pub use crate::demo::load::load;
pub(crate) use crate::demo::own::wishes;
pub use crate::demo::patients::load_patients;

use crate::demo::dice::Dice;
use crate::demo::regions::{REGIONS, Region};

/// The seed of the demo everyone sees.
pub const SEED: u64 = 2026;

/// How many doctors there are, whatever the seed.
pub const DOCTORS: usize = 1000;

/// The password of every demo sign-in. No secret: it is printed where people sign in.
pub const PASSWORD: &str = "nadi-demo-2026";

/// Everything the demo consists of, in an order in which it can be inserted.
#[derive(Clone, Debug)]
pub struct DemoData {
    pub specialties: Vec<Specialty>,
    pub cities: Vec<City>,
    /// One per city, in the same order.
    pub clinics: Vec<Clinic>,
    pub visit_types: Vec<VisitType>,
    pub locations: Vec<Location>,
    pub sign_ins: Vec<SignIn>,
    /// Exactly [`DOCTORS`]; the first is the one of the demo's sign-in.
    pub doctors: Vec<Doctor>,
    pub past: Past,
    pub calendar: Calendar,
}

impl Calendar {
    /// Without what lies on `until` or later: times are only made so far.
    pub fn cut(&mut self, until: NaiveDate) {
        self.blocks.retain(|(_, block)| block.stretch.date < until);
        self.visits.retain(|visit| local_date(visit.starts_at, visit.zone) < until);
    }
}

/// What took place before the demo begins.
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
    /// The hours of all the clinic's doctors, past days included, which the job that makes
    /// everybody's times would not make.
    pub blocks: Vec<(DoctorId, MadeBlock)>,
    /// Those that are not over have their slots in `blocks`.
    pub visits: Vec<Visit>,
}

/// Somebody invented, who cannot sign in.
#[derive(Clone, Debug)]
pub struct Patient {
    pub account: AccountId,
    pub person: PersonId,
    pub email: String,
    pub name: String,
}

/// Somebody whom one of the demo's sign-ins books for.
#[derive(Clone, Debug)]
pub struct Dependant {
    pub account: AccountId,
    pub person: PersonId,
    pub name: &'static str,
    pub birth_date: NaiveDate,
}

/// An appointment with everything that happened to it.
#[derive(Clone, Debug)]
pub struct Visit {
    /// A UUIDv7 of `created_at`, as every appointment has, with the bits that [`is_made_here`] knows.
    pub id: AppointmentId,
    pub clinic: ClinicId,
    pub doctor: DoctorId,
    pub location: LocationId,
    pub visit_type: VisitTypeId,
    /// How many consecutive slots.
    pub slot_span: i16,
    pub booked_by: AccountId,
    pub person: PersonId,
    pub mode: Mode,
    pub zone: Zone,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub fee: Fee,
    pub created_at: DateTime<Utc>,
    /// When the hold ended, or will.
    pub expires_at: DateTime<Utc>,
    /// In order; the first is the hold.
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
    /// Where the last event has left it.
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

    /// Does it have a claim on its seats and its person's time?
    pub fn stands(&self) -> bool {
        matches!(self.state(), State::Pending | State::Confirmed | State::CheckedIn)
    }
}

/// What was said of a visit, and what came of it.
#[derive(Clone, Debug)]
pub struct PastReview {
    pub id: ReviewId,
    pub stars: u8,
    pub text: String,
    pub anonymous: bool,
    pub written_at: DateTime<Utc>,
    pub answer: Option<(String, DateTime<Utc>)>,
    /// Why the clinic has hidden it.
    pub hidden: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Specialty {
    pub id: SpecialtyId,
    pub slug: String,
    pub name: String,
    /// `modern` or `ayurveda`.
    pub tradition: String,
    /// One sentence: what people come for.
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
    /// Invented.
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
    /// With `Dr ` in front.
    pub name: String,
    pub gender: Gender,
    pub qualifications: String,
    pub bio: String,
    /// English is always the last.
    pub languages: Vec<String>,
    pub fee: Fee,
    pub specialty: SpecialtyId,
    pub second_specialty: Option<SpecialtyId>,
    /// Whether some of the hours are for video.
    pub video: bool,
    pub hours: Vec<(Uuid, Rule)>,
}

/// What a demo sign-in is for. Every account is a patient's as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Patient,
    Doctor(DoctorId),
    /// Of everything.
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

/// Someone who can sign in to the demo. The same for every seed.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub account: AccountId,
    /// The account's owner as a patient.
    pub person: PersonId,
    pub email: &'static str,
    pub name: &'static str,
    pub role: Role,
    /// [`PASSWORD`].
    pub password: &'static str,
}

/// Weekly hours hold from the Monday so many weeks before.
const HOURS_WEEKS_BEFORE: u64 = 4;

/// The demo of a seed as it is at `now`.
pub fn generate(seed: u64, now: DateTime<Utc>) -> DemoData {
    // Yesterday, so that no zone on earth misses its evening.
    let yesterday = now.date_naive() - Days::new(1);
    let hours_from = week_of(yesterday) - Days::new(7 * HOURS_WEEKS_BEFORE);
    let specialties = tables::specialties();
    let places: Vec<Place> = tables::cities()
        .into_iter()
        .enumerate()
        .map(|(number, (city, region))| Place::new(seed, number, city, region))
        .collect();
    let doctors = doctors::generate(seed, hours_from, &specialties, &places);

    // As clinics and their kinds of visit are numbered below.
    let usual = |doctor: &Doctor| {
        let clinic = places.iter().position(|place| place.clinic.id == doctor.clinic).unwrap_or(0);
        VisitTypeId(Dice::new(seed, "visit type", clinic).uuid())
    };
    let past = visits::generate(seed, yesterday, &places, &doctors, &usual);
    let calendar = calendar::generate(&calendar::Clinic {
        seed,
        now,
        place: &places[0],
        doctors: &doctors
            [..doctors.iter().take_while(|one| one.clinic == places[0].clinic.id).count()],
        usual: VisitTypeId(Dice::new(seed, "visit type", 0).uuid()),
        first: VisitTypeId(Dice::new(seed, "first visit", 0).uuid()),
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
            id: VisitTypeId(Dice::new(seed, label, data.cities.len()).uuid()),
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

/// The three people of the demo.
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

/// Bytes 6 to 9 of the id of each appointment that the demo makes, so that nothing of it ever touches
/// one that somebody made: of others, one in 67 million has them.
const MADE_HERE: [u8; 4] = [0x7d, 0xe0, 0x8d, 0xe0];

/// Did the demo make this appointment?
pub fn is_made_here(id: AppointmentId) -> bool {
    id.0.as_bytes()[6..10] == MADE_HERE
}

/// A UUIDv7 for an appointment of the demo, its last 48 bits from `random`.
fn visit_id(created_at: DateTime<Utc>, random: Uuid) -> AppointmentId {
    let millis = u64::try_from(created_at.timestamp_millis()).unwrap_or(0);
    let mut bytes = *random.as_bytes();
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    bytes[6..10].copy_from_slice(&MADE_HERE);
    AppointmentId(Uuid::from_bytes(bytes))
}

/// A hold is confirmed or lapses within so many minutes.
const HOLD_MINUTES: i64 = 5;
/// How long the holds last that stand in the demo's calendar: long enough to be seen.
const SHOWN_HOLD_MINUTES: i64 = 30;
/// Whoever comes, comes so many minutes early.
const EARLY_MINUTES: i64 = 10;

/// What becomes of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Completed,
    NoShow,
    /// Half-way between the booking and the visit.
    CancelledByPatient,
    CancelledByDoctor,
    /// Never confirmed.
    Held,
}

/// What has happened until `now` to a visit with this fate.
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

/// A version 8 UUID that spells `nadi` and a number.
fn fixed_uuid(number: u128) -> Uuid {
    let bits = (u128::from(u32::from_be_bytes(*b"nadi")) << 96) | number;
    Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
}

/// A city with its clinic, as doctors are spread over it.
struct Place {
    region: &'static Region,
    city: City,
    clinic: Clinic,
    locations: Vec<Location>,
}

impl Place {
    fn new(seed: u64, number: usize, city: City, region: &str) -> Self {
        let region = REGIONS.iter().find(|known| known.key == region).expect("a known region");
        let mut dice = Dice::new(seed, "clinic", number);
        let clinic = Clinic {
            id: ClinicId(dice.uuid()),
            slug: city.slug.clone(),
            name: format!("Nadi {}", city.name),
            zone: city.zone,
            currency: city.currency.clone(),
            city: city.id,
        };
        // The first has the most to show: Panjim always has all three.
        let count = if number == 0 { 3 } else { 1 + dice.weighted([4, 4, 2].into_iter()) };
        let first_quarter = dice.below(words::QUARTERS.len());
        let locations = (0..count)
            .map(|nth| Location {
                id: LocationId(dice.uuid()),
                clinic: clinic.id,
                city: city.id,
                name: words::location_name(&city.name, nth, first_quarter),
                address: words::address(&mut dice, region.streets, &city.name),
                zone: city.zone,
                latitude: near(&mut dice, city.latitude),
                longitude: near(&mut dice, city.longitude),
            })
            .collect();
        Self { region, city, clinic, locations }
    }
}

/// Degrees near others, in whole hundred-thousandths so that no rounding differs between machines.
fn near(dice: &mut Dice, degrees: f64) -> f64 {
    let moved = (degrees * 1e5).round() as i64 + dice.between(0, 2400) as i64 - 1200;
    moved as f64 / 1e5
}

/// FNV-1a, 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
