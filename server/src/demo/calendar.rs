//! Generates the weeks around now at the demo doctor's clinic: hours, also on past days, and appointments in
//! every state. Uses the same functions to choose slots as the job in `activity.rs`.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveTime, Utc};
use nadi::calendar::week_of;
use nadi::formatting::local_date;
use nadi::ids::{AccountId, ClinicId, DoctorId, LocationId, PersonId, VisitTypeId};
use nadi::schedule::{Away, MadeBlock, Rule, Schedule, Zones, expand, plan};
use nadi::visit::{Fee, Mode};
use nadi::zone::Zone;

use super::{
    Calendar, Doctor, Fate, HOLD_MINUTES, Patient, Place, SHOWN_HOLD_MINUTES, Visit, demo_doctor,
    demo_patient, events, fnv1a, visit_id, visits,
};
use crate::demo::rng::SeededRng;

/// How many of the clinic's doctors have patients in these weeks; the demo doctor is the first.
pub(super) const BUSY_DOCTORS: usize = 12;
/// How many patients there are in these weeks, so that each comes about once a week.
pub(super) const PATIENTS: usize = 360;
const WEEKS_BEFORE: u64 = 2;
/// This week and the next.
const WEEKS_AHEAD: u64 = 2;
/// A visit is booked at least this many minutes before its start, and this many before now.
const BOOKED_AHEAD_MINUTES: usize = 3 * 60;
const BOOKED_AGO_MINUTES: usize = 30;
/// How many percent of a day's visits are first visits, which take two slots.
const FIRST_VISIT_PERCENT: usize = 15;
const CANCEL_REASON: &str = "The doctor is called away that hour. Please take another time.";

/// The input of the weeks.
pub(super) struct Clinic<'a> {
    pub seed: u64,
    pub now: DateTime<Utc>,
    pub place: &'a Place,
    /// All doctors of this clinic, the demo doctor first.
    pub doctors: &'a [Doctor],
    pub usual: VisitTypeId,
    /// The visit type that takes two slots.
    pub first: VisitTypeId,
    /// Visits that took place, whose slots are taken.
    pub past: &'a [Visit],
}

impl Clinic<'_> {
    pub(super) fn with<'a>(&self, doctor: &'a Doctor, visit_type: VisitTypeId) -> VisitContext<'a> {
        let zone = self.place.city.zone;
        VisitContext {
            clinic: doctor.clinic,
            doctor: doctor.id,
            fee: &doctor.fee,
            zone,
            visit_type,
        }
    }
}

/// A slot with one seat. Slots of one block with consecutive numbers follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub block: i64,
    pub number: i16,
    pub date: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub location: LocationId,
    pub mode: Mode,
}

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

/// A doctor's hours in these weeks, and which of their slots are free.
pub(super) struct Availability<'a> {
    pub doctor: &'a Doctor,
    blocks: Vec<MadeBlock>,
    /// In order of time, without group slots.
    free: Vec<Slot>,
}

impl<'a> Availability<'a> {
    fn new(doctor: &'a Doctor, place: &Place, dates: Range<NaiveDate>) -> Self {
        let zones: Zones = place.locations.iter().map(|one| (one.id, one.zone)).collect();
        let rules: Vec<Rule> = doctor.hours.iter().map(|(_, rule)| rule.clone()).collect();
        let schedule = Schedule { rules, time_off: Vec::new() };
        let away = Away { holidays: &Default::default(), busy: &[] };
        let cells = expand(&schedule, &zones, away, dates.start, dates.end);
        // As the job that makes slots would have made them before the first of these weeks.
        let blocks = plan(&[], &cells, DateTime::<Utc>::MIN_UTC).make;
        let free = (0_i64..).zip(&blocks).flat_map(|(number, block)| times(number, block));
        Self { doctor, free: free.collect(), blocks }
    }

    /// Takes the first free slot that fits.
    pub(super) fn take(&mut self, fits: impl Fn(&Slot) -> bool) -> Option<Slot> {
        let index = self.free.iter().position(fits)?;
        Some(self.free.remove(index))
    }
}

/// The slots of a block that have one seat.
fn times(number: i64, block: &MadeBlock) -> impl Iterator<Item = Slot> + '_ {
    let stretch = &block.stretch;
    (0_i16..).zip(&block.slots).filter(|(_, slot)| slot.capacity == 1).map(move |(place, slot)| {
        Slot {
            block: number,
            number: place,
            date: stretch.date,
            starts_at: slot.starts_at,
            ends_at: slot.ends_at,
            location: stretch.location,
            mode: stretch.mode,
        }
    })
}

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

/// The clinic, doctor, fee, zone and visit type of a visit.
pub(super) struct VisitContext<'a> {
    pub clinic: ClinicId,
    pub doctor: DoctorId,
    pub fee: &'a Fee,
    pub zone: Zone,
    pub visit_type: VisitTypeId,
}

/// The visit of a person from the `first` to the `last` slot, in its state at `now`.
pub(super) fn visit(
    with: &VisitContext,
    (first, last): (&Slot, &Slot),
    (booked_by, person): (AccountId, PersonId),
    fate: Fate,
    created_at: DateTime<Utc>,
    now: DateTime<Utc>,
    rng: &mut SeededRng,
) -> Visit {
    let during = (first.starts_at, last.ends_at);
    let hold_minutes = if fate == Fate::Held { SHOWN_HOLD_MINUTES } else { HOLD_MINUTES };
    Visit {
        id: visit_id(created_at, rng.uuid()),
        clinic: with.clinic,
        doctor: with.doctor,
        location: first.location,
        visit_type: with.visit_type,
        slot_span: last.number - first.number + 1,
        booked_by,
        person,
        mode: first.mode,
        zone: with.zone,
        starts_at: during.0,
        ends_at: during.1,
        fee: with.fee.clone(),
        created_at,
        expires_at: created_at + Duration::minutes(hold_minutes),
        events: events(fate, created_at, during, now),
        cancel_reason: (fate == Fate::CancelledByDoctor).then_some(CANCEL_REASON),
        review: None,
    }
}

/// When a visit was booked: some days before it, in the past, and not before [`earliest`].
pub(super) fn booked_at(
    rng: &mut SeededRng,
    now: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    fate: Fate,
) -> DateTime<Utc> {
    let ahead = rng.between(BOOKED_AHEAD_MINUTES, 6 * 24 * 60) as i64;
    let ago = rng.between(BOOKED_AGO_MINUTES, 5 * 24 * 60) as i64;
    if fate == Fate::Held {
        return now - Duration::minutes(2);
    }
    let at = (starts_at - Duration::minutes(ahead)).min(now - Duration::minutes(ago));
    at.max(earliest(now))
}

/// When the demo's clinics and patients were registered: on the first of the month before.
pub(super) fn earliest(now: DateTime<Utc>) -> DateTime<Utc> {
    let month = now.date_naive().with_day(1).unwrap_or(now.date_naive()) - Months::new(1);
    month.and_time(NaiveTime::MIN).and_utc()
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
