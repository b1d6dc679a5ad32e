//! Generates the weeks around now at the demo doctor's clinic: hours, also on past days, and appointments in
//! every state. Uses the same functions to choose slots as the job in `activity.rs`.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, Utc};
use nadi::calendar::week_of;
use nadi::formatting::local_date;
use nadi::ids::{DoctorId, PersonId};

use super::{demo_patient, visits};
use crate::demo::availability::{Availability, BUSY_DOCTORS, Clinic, Slot, booked_at, visit};
use crate::demo::data::{Calendar, Patient, Visit};
use crate::demo::fate::{Fate, SHOWN_HOLD_MINUTES};
use crate::demo::hash::fnv1a;
use crate::demo::place::Place;
use crate::demo::rng::SeededRng;
use crate::demo::sign_ins::demo_doctor;

/// How many patients there are in these weeks, so that each comes about once a week.
pub(super) const PATIENTS: usize = 360;
const WEEKS_BEFORE: u64 = 2;
/// This week and the next.
const WEEKS_AHEAD: u64 = 2;
/// How many percent of a day's visits are first visits, which take two slots.
const FIRST_VISIT_PERCENT: usize = 15;

/// The dates for which appointments are made.
pub(crate) fn dates(today: NaiveDate) -> Range<NaiveDate> {
    let monday = week_of(today);
    monday - Days::new(7 * WEEKS_BEFORE)..monday + Days::new(7 * WEEKS_AHEAD)
}

pub(super) fn generate(clinic: &Clinic) -> Calendar {
    let Clinic { seed, now, place, doctors, .. } = *clinic;
    let today = local_date(now, place.city.zone);
    let patients = patients(seed, place);
    let mut availabilities: Vec<Availability> =
        doctors.iter().map(|doctor| Availability::new(doctor, place, dates(today))).collect();
    let mut busy: Busy = HashMap::new();
    for visit in clinic.past {
        busy.entry(visit.person).or_default().push((visit.starts_at, visit.ends_at));
        if let Some(availability) =
            availabilities.iter_mut().find(|availability| availability.doctor.id == visit.doctor)
        {
            availability.free.retain(|slot| slot.starts_at != visit.starts_at);
        }
    }
    let mut visits = demo_patient::visits(clinic, today, &mut availabilities);
    for availability in availabilities.iter_mut().take(BUSY_DOCTORS) {
        visits.extend(fill(clinic, today, availability, &patients, &mut busy));
    }
    let blocks = availabilities
        .into_iter()
        .flat_map(|availability| {
            availability.blocks.into_iter().map(|block| (availability.doctor.id, block))
        })
        .collect();
    Calendar { patients, dependants: demo_patient::dependants(), blocks, visits }
}

/// The patients of these weeks; the same on every day.
pub(super) fn patients(seed: u64, place: &Place) -> Vec<Patient> {
    (0..PATIENTS).map(|number| visits::patient(seed, place, &place.city.slug, number)).collect()
}

/// When each person has a visit.
type Busy = HashMap<PersonId, Vec<(DateTime<Utc>, DateTime<Utc>)>>;

/// A doctor's appointments of all these weeks.
fn fill(
    clinic: &Clinic,
    today: NaiveDate,
    availability: &Availability,
    patients: &[Patient],
    busy: &mut Busy,
) -> Vec<Visit> {
    let doctor = availability.doctor;
    let rng = &mut SeededRng::new(clinic.seed, "calendar", number_of(doctor.id, today));
    let is_demo_doctor = doctor.id == demo_doctor();
    let mut visits = Vec::new();
    let mut held = false;
    let mut number = 0;
    for day in availability.free.chunk_by(|one, next| one.date == next.date) {
        let Some(date) = day.first().map(|slot| slot.date) else { continue };
        // If the demo doctor is working now, a patient is with her.
        let about_now = |slot: &Slot| slot.starts_at <= clinic.now && clinic.now < slot.ends_at;
        let must = day.iter().position(about_now).filter(|_| is_demo_doctor);
        let percent = percent(clinic.seed, doctor.id, date < today);
        for range in choose(clinic.seed, doctor.id, day, percent, must) {
            let (Some(first), Some(last)) = (day.get(range.start), day.get(range.end - 1)) else {
                continue;
            };
            let fate = match number % 12 {
                _ if is_demo_doctor && about_now(first) => Fate::Completed,
                4 if last.ends_at <= clinic.now => Fate::NoShow,
                8 => Fate::CancelledByPatient,
                11 => Fate::CancelledByDoctor,
                _ if !held && is_soon(first, clinic.now) => {
                    held = true;
                    Fate::Held
                }
                _ => Fate::Completed,
            };
            number += 1;
            let during = (first.starts_at, last.ends_at);
            let Some(patient) = who(rng, patients, busy, during) else { continue };
            let created_at = booked_at(rng, clinic.now, first.starts_at, fate);
            let visit_type = if range.len() > 1 { clinic.first } else { clinic.usual };
            let with = clinic.with(doctor, visit_type);
            let who = (patient.account, patient.person);
            visits.push(visit(&with, (first, last), who, fate, created_at, clinic.now, rng));
        }
    }
    visits
}

/// Is the slot late enough that the hold shown in the demo ends well before it?
pub(crate) fn is_soon(slot: &Slot, now: DateTime<Utc>) -> bool {
    slot.starts_at > now + Duration::minutes(2 * SHOWN_HOLD_MINUTES)
}

/// Chooses a patient who has no other visit around that time, and adds this one to `busy`.
fn who<'a>(
    rng: &mut SeededRng,
    patients: &'a [Patient],
    busy: &mut Busy,
    during: (DateTime<Utc>, DateTime<Utc>),
) -> Option<&'a Patient> {
    // At least this long between two visits, so that nobody sees two doctors on one day.
    let apart = Duration::hours(20);
    for _ in 0..20 {
        let patient = &patients[rng.below(patients.len())];
        let times = busy.entry(patient.person).or_default();
        if times.iter().all(|(from, until)| during.1 + apart <= *from || *until + apart <= during.0)
        {
            times.push(during);
            return Some(patient);
        }
    }
    None
}

/// What percentage of slots is taken. On future days most stay free for people who try the demo.
pub(crate) fn percent(seed: u64, doctor: DoctorId, is_past: bool) -> usize {
    let rng = &mut SeededRng::new(seed, "how busy", number_of(doctor, NaiveDate::MIN));
    let (past, ahead) = (rng.between(25, 50), rng.between(15, 28));
    match (doctor == demo_doctor(), is_past) {
        (true, true) => 55,
        (true, false) => 34,
        (false, true) => past,
        (false, false) => ahead,
    }
}

/// Chooses which of a doctor's free slots of one day are taken: ranges of one or two slots, in order. Takes
/// about `percent` of each block, at least one slot of the day, and `must` if given.
pub(crate) fn choose(
    seed: u64,
    doctor: DoctorId,
    day: &[Slot],
    percent: usize,
    must: Option<usize>,
) -> Vec<Range<usize>> {
    let Some(date) = day.first().map(|slot| slot.date) else { return Vec::new() };
    let rng = &mut SeededRng::new(seed, "taken times", number_of(doctor, date));
    let mut taken = vec![false; day.len()];
    let mut start = 0;
    for block in day.chunk_by(|one, next| one.block == next.block) {
        let wanted = (block.len() * percent + rng.below(100)) / 100;
        let mut left: Vec<usize> = (start..start + block.len()).collect();
        for _ in 0..wanted.min(block.len().div_ceil(2).max(block.len() * percent / 100)) {
            taken[left.swap_remove(rng.below(left.len()))] = true;
        }
        start += block.len();
    }
    if let Some(must) = must {
        taken[must] = true;
    }
    if !taken.contains(&true) {
        taken[rng.below(day.len())] = true;
    }
    let mut chosen = Vec::new();
    let mut index = 0;
    while index < day.len() {
        if !taken[index] {
            index += 1;
            continue;
        }
        let follows = day.get(index + 1).is_some_and(|next| {
            let this = &day[index];
            next.block == this.block && next.number == this.number + 1 && !taken[index + 1]
        });
        let span = if rng.chance(FIRST_VISIT_PERCENT) && follows { 2 } else { 1 };
        chosen.push(index..index + span);
        index += span;
    }
    chosen
}

/// One number for a doctor and a date.
pub(super) fn number_of(doctor: DoctorId, date: NaiveDate) -> usize {
    let hash = fnv1a(doctor.0.as_bytes()) ^ u64::from(date.num_days_from_ce().unsigned_abs());
    usize::try_from(hash).unwrap_or(0)
}
