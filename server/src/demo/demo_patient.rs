//! The visits of the demo patient: future ones in person, by video and for a child, and past ones.

use std::collections::HashSet;

use chrono::{Days, Duration, NaiveDate};
use nadi::ids::{AccountId, PersonId};
use nadi::visit::Mode;
use uuid::Uuid;

use super::opinions;
use crate::demo::availability::{Availability, BUSY_DOCTORS, Clinic, Slot, booked_at, visit};
use crate::demo::data::{Dependant, Doctor, Role, Visit};
use crate::demo::fate::Fate;
use crate::demo::ids::fixed_uuid;
use crate::demo::rng::SeededRng;
use crate::demo::sign_ins::sign_ins;

/// A future visit that the demo patient should always have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlannedVisit {
    pub person: PersonId,
    pub mode: Mode,
    /// With the demo doctor; otherwise preferably with another doctor of the clinic.
    pub with_demo_doctor: bool,
    /// At least this many days from today.
    pub days_ahead: u64,
}

pub(crate) fn planned_visits() -> [PlannedVisit; 3] {
    let (_, own) = patient();
    let planned = |person, mode, with_demo_doctor, days_ahead| PlannedVisit {
        person,
        mode,
        with_demo_doctor,
        days_ahead,
    };
    [
        planned(own, Mode::InPerson, true, 2),
        planned(own, Mode::Video, false, 3),
        planned(child(), Mode::InPerson, false, 4),
    ]
}

/// The account of the demo patient, and its owner as a person.
pub(crate) fn patient() -> (AccountId, PersonId) {
    let patient = sign_ins().into_iter().find(|who| who.role == Role::Patient);
    patient.map_or((AccountId(Uuid::nil()), PersonId(Uuid::nil())), |who| (who.account, who.person))
}

fn child() -> PersonId {
    PersonId(fixed_uuid(31))
}

pub(super) fn dependants() -> Vec<Dependant> {
    let birth_date = NaiveDate::from_ymd_opt(2018, 5, 14).expect("a date");
    vec![Dependant { account: patient().0, person: child(), name: "Anaya Kamat", birth_date }]
}

/// The demo patient's visits in these weeks; their slots are taken from `availabilities`.
pub(super) fn visits(
    clinic: &Clinic,
    today: NaiveDate,
    availabilities: &mut [Availability],
) -> Vec<Visit> {
    let now = clinic.now;
    let (account, person) = patient();
    let is_over = move |slot: &Slot, days: i64| {
        slot.ends_at <= now - Duration::days(1)
            && slot.starts_at > now - Duration::days(days)
            && slot.mode == Mode::InPerson
    };
    let rng = &mut SeededRng::new(clinic.seed, "own visits", 0);
    // At most one visit on a date, so that visits never overlap.
    let mut dates: HashSet<NaiveDate> = HashSet::new();
    let mut visits = Vec::new();
    let mut book = |with_demo_doctor, person, fate, fits: &dyn Fn(&Slot) -> bool| {
        let fits = |slot: &Slot| !dates.contains(&slot.date) && fits(slot);
        let (doctor, slot) = take(availabilities, with_demo_doctor, fits)?;
        dates.insert(slot.date);
        let created_at = booked_at(rng, now, slot.starts_at, fate);
        let with = clinic.with(doctor, clinic.usual);
        Some(visit(&with, (&slot, &slot), (account, person), fate, created_at, now, rng))
    };
    for planned in planned_visits() {
        let from = today + Days::new(planned.days_ahead);
        visits.extend(book(planned.with_demo_doctor, planned.person, Fate::Completed, &|slot| {
            slot.date >= from && slot.mode == planned.mode
        }));
    }
    visits.extend(book(true, person, Fate::CancelledByPatient, &|slot| is_over(slot, 4)));
    // This one has no review yet.
    visits.extend(book(true, person, Fate::Completed, &|slot| is_over(slot, 6)));
    let mut seen = book(false, person, Fate::Completed, &|slot| is_over(slot, 9));
    if let Some(visit) = &mut seen {
        // This one has a good review.
        let yesterday = now.date_naive() - Days::new(1);
        visit.review = Some(crate::demo::visits::review(rng, visit, opinions::MOODS[0], yesterday));
    }
    visits.extend(seen);
    visits
}

/// Takes a slot that fits, of the demo doctor or of another busy doctor (of the demo doctor if no other has
/// one). Returns it with its doctor.
fn take<'a>(
    availabilities: &mut [Availability<'a>],
    with_demo_doctor: bool,
    fits: impl Fn(&Slot) -> bool,
) -> Option<(&'a Doctor, Slot)> {
    let others = 1..BUSY_DOCTORS.min(availabilities.len());
    let order: Vec<usize> = if with_demo_doctor { vec![0] } else { others.chain([0]).collect() };
    order.into_iter().find_map(|number| {
        let availability = &mut availabilities[number];
        Some((availability.doctor, availability.take(&fits)?))
    })
}
