//! Demo data: invented doctors with real specialties in real cities, the same for the same seed.
//!
//! [`generate`] is pure: no clock, no randomness of the machine, no database. [`load`](load()) inserts its
//! result, and the job in [`activity`] adds to it from day to day. Not for production, and not for tests that
//! need one doctor: it always makes a thousand.

pub mod activity;
pub(crate) mod activity_data;
mod availability;
mod calendar;
mod data;
mod demo_patient;
mod doctors;
mod fate;
mod hash;
mod hours;
mod ids;
mod load;
mod names;
mod opinions;
mod patients;
mod place;
mod practice;
mod regions;
mod rng;
mod sign_ins;
mod tables;
mod visits;
mod words;
mod write;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Days, Utc};
use nadi::calendar::week_of;
use nadi::ids::VisitTypeId;

pub(crate) use crate::demo::calendar::{dates, is_soon};
pub use crate::demo::data::{
    Calendar, City, Clinic, DOCTORS, DemoData, Dependant, Doctor, Gender, Happened, Location, Past,
    PastReview, Patient, Role, SignIn, Specialty, Visit, VisitType,
};
pub(crate) use crate::demo::demo_patient::planned_visits;
pub use crate::demo::ids::is_demo_appointment;
pub use crate::demo::load::load;
pub use crate::demo::patients::load_patients;
pub use crate::demo::sign_ins::{PASSWORD, demo_doctor, sign_ins};

use crate::demo::place::Place;
use crate::demo::rng::SeededRng;

/// The seed of `nadi seed --demo`.
pub const SEED: u64 = 2026;

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
    let calendar = calendar::generate(&availability::Clinic {
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
