//! The weeks around now at the demo doctor's clinic: hours on past days as well, and appointments in
//! every state. What is not over is chosen by the same functions as what the job adds from day to day.

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
    events, fnv1a, own, visit_id, visits,
};
use crate::demo::dice::Dice;

/// Of the clinic's doctors, how many have patients in these weeks; the demo doctor is the first.
pub(super) const BUSY_DOCTORS: usize = 12;
/// Patients of these weeks, so that each comes about once a week.
pub(super) const PATIENTS: usize = 360;
const WEEKS_BEFORE: u64 = 2;
/// This week and the next.
const WEEKS_AHEAD: u64 = 2;
/// A visit is booked so many minutes before at least, and so many before now.
const BOOKED_AHEAD_MINUTES: usize = 3 * 60;
const BOOKED_AGO_MINUTES: usize = 30;
/// Of a day's visits, how many of a hundred are first visits, which take two times.
const FIRST_VISIT_PERCENT: usize = 15;
const CANCEL_REASON: &str = "The doctor is called away that hour. Please take another time.";

/// What the weeks are made from.
pub(super) struct Clinic<'a> {
    pub seed: u64,
    pub now: DateTime<Utc>,
    pub place: &'a Place,
    /// All of this clinic's, the demo doctor first.
    pub doctors: &'a [Doctor],
    pub usual: VisitTypeId,
    /// The kind of visit that takes two times.
    pub first: VisitTypeId,
    /// Visits that took place, whose times are gone.
    pub past: &'a [Visit],
}

impl Clinic<'_> {
    pub(super) fn with<'a>(&self, doctor: &'a Doctor, visit_type: VisitTypeId) -> With<'a> {
        let zone = self.place.city.zone;
        With { clinic: doctor.clinic, doctor: doctor.id, fee: &doctor.fee, zone, visit_type }
    }
}

/// A time that one person can take. Times of one block with consecutive numbers follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub block: i64,
    pub number: i16,
    pub date: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub location: LocationId,
    pub mode: Mode,
}

/// The first date for which appointments are made, and the first for which none are made yet.
pub(crate) fn dates(today: NaiveDate) -> Range<NaiveDate> {
    let monday = week_of(today);
    monday - Days::new(7 * WEEKS_BEFORE)..monday + Days::new(7 * WEEKS_AHEAD)
}

pub(super) fn generate(clinic: &Clinic) -> Calendar {
    let Clinic { seed, now, place, doctors, .. } = *clinic;
    let today = local_date(now, place.city.zone);
    let patients = patients(seed, place);
    let mut diaries: Vec<Diary> =
        doctors.iter().map(|doctor| Diary::new(doctor, place, dates(today))).collect();
    let mut busy: Busy = HashMap::new();
    for visit in clinic.past {
        busy.entry(visit.person).or_default().push((visit.starts_at, visit.ends_at));
        if let Some(diary) = diaries.iter_mut().find(|diary| diary.doctor.id == visit.doctor) {
            diary.free.retain(|time| time.starts_at != visit.starts_at);
        }
    }
    let mut visits = own::visits(clinic, today, &mut diaries);
    for diary in diaries.iter_mut().take(BUSY_DOCTORS) {
        visits.extend(fill(clinic, today, diary, &patients, &mut busy));
    }
    let blocks = diaries
        .into_iter()
        .flat_map(|diary| diary.blocks.into_iter().map(|block| (diary.doctor.id, block)))
        .collect();
    Calendar { patients, dependants: own::dependants(), blocks, visits }
}

/// Who comes in these weeks; the same for every day.
pub(super) fn patients(seed: u64, place: &Place) -> Vec<Patient> {
    (0..PATIENTS).map(|number| visits::patient(seed, place, &place.city.slug, number)).collect()
}

/// When each person is somewhere.
type Busy = HashMap<PersonId, Vec<(DateTime<Utc>, DateTime<Utc>)>>;

/// A doctor's hours in these weeks, and which times of theirs are free.
pub(super) struct Diary<'a> {
    pub doctor: &'a Doctor,
    blocks: Vec<MadeBlock>,
    /// In order; none for groups.
    free: Vec<Time>,
}

impl<'a> Diary<'a> {
    fn new(doctor: &'a Doctor, place: &Place, dates: Range<NaiveDate>) -> Self {
        let zones: Zones = place.locations.iter().map(|one| (one.id, one.zone)).collect();
        let rules: Vec<Rule> = doctor.hours.iter().map(|(_, rule)| rule.clone()).collect();
        let schedule = Schedule { rules, time_off: Vec::new() };
        let away = Away { holidays: &Default::default(), busy: &[] };
        let cells = expand(&schedule, &zones, away, dates.start, dates.end);
        // As the job that makes times would have made them before all of them began.
        let blocks = plan(&[], &cells, DateTime::<Utc>::MIN_UTC).make;
        let free = (0_i64..).zip(&blocks).flat_map(|(number, block)| times(number, block));
        Self { doctor, free: free.collect(), blocks }
    }

    /// The first free time that fits, which is then taken.
    pub(super) fn take(&mut self, fits: impl Fn(&Time) -> bool) -> Option<Time> {
        let index = self.free.iter().position(fits)?;
        Some(self.free.remove(index))
    }
}

/// The times of a block that one person has for themselves.
fn times(number: i64, block: &MadeBlock) -> impl Iterator<Item = Time> + '_ {
    let stretch = &block.stretch;
    (0_i16..).zip(&block.slots).filter(|(_, slot)| slot.capacity == 1).map(move |(place, slot)| {
        Time {
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
    diary: &Diary,
    patients: &[Patient],
    busy: &mut Busy,
) -> Vec<Visit> {
    let doctor = diary.doctor;
    let dice = &mut Dice::new(clinic.seed, "calendar", number_of(doctor.id, today));
    let is_demo_doctor = doctor.id == demo_doctor();
    let mut visits = Vec::new();
    let mut held = false;
    let mut number = 0;
    for day in diary.free.chunk_by(|one, next| one.date == next.date) {
        let Some(date) = day.first().map(|time| time.date) else { continue };
        // Somebody is with the demo doctor now, if she is there.
        let about_now = |time: &Time| time.starts_at <= clinic.now && clinic.now < time.ends_at;
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
            let Some(patient) = who(dice, patients, busy, during) else { continue };
            let created_at = booked_at(dice, clinic.now, first.starts_at, fate);
            let visit_type = if range.len() > 1 { clinic.first } else { clinic.usual };
            let with = clinic.with(doctor, visit_type);
            let who = (patient.account, patient.person);
            visits.push(visit(&with, (first, last), who, fate, created_at, clinic.now, dice));
        }
    }
    visits
}

/// A time that a hold may stand on while somebody looks.
pub(crate) fn is_soon(time: &Time, now: DateTime<Utc>) -> bool {
    time.starts_at > now + Duration::minutes(2 * SHOWN_HOLD_MINUTES)
}

/// With whom a visit is, and of which kind.
pub(super) struct With<'a> {
    pub clinic: ClinicId,
    pub doctor: DoctorId,
    pub fee: &'a Fee,
    pub zone: Zone,
    pub visit_type: VisitTypeId,
}

/// The visit of a person from one time to another, as it is at `now`.
pub(super) fn visit(
    with: &With,
    (first, last): (&Time, &Time),
    (booked_by, person): (AccountId, PersonId),
    fate: Fate,
    created_at: DateTime<Utc>,
    now: DateTime<Utc>,
    dice: &mut Dice,
) -> Visit {
    let during = (first.starts_at, last.ends_at);
    let hold_minutes = if fate == Fate::Held { SHOWN_HOLD_MINUTES } else { HOLD_MINUTES };
    Visit {
        id: visit_id(created_at, dice.uuid()),
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

/// When a visit was booked: some days before, in the past, and not before the clinics came here.
pub(super) fn booked_at(
    dice: &mut Dice,
    now: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    fate: Fate,
) -> DateTime<Utc> {
    let ahead = dice.between(BOOKED_AHEAD_MINUTES, 6 * 24 * 60) as i64;
    let ago = dice.between(BOOKED_AGO_MINUTES, 5 * 24 * 60) as i64;
    if fate == Fate::Held {
        return now - Duration::minutes(2);
    }
    let at = (starts_at - Duration::minutes(ahead)).min(now - Duration::minutes(ago));
    at.max(earliest(now))
}

/// When the clinics came here: on the first of the month before.
pub(super) fn earliest(now: DateTime<Utc>) -> DateTime<Utc> {
    let month = now.date_naive().with_day(1).unwrap_or(now.date_naive()) - Months::new(1);
    month.and_time(NaiveTime::MIN).and_utc()
}

/// Somebody who is nowhere else then, and notes that they are there.
fn who<'a>(
    dice: &mut Dice,
    patients: &'a [Patient],
    busy: &mut Busy,
    during: (DateTime<Utc>, DateTime<Utc>),
) -> Option<&'a Patient> {
    // A day between two visits: nobody sees two doctors in a row.
    let apart = Duration::hours(20);
    for _ in 0..20 {
        let patient = &patients[dice.below(patients.len())];
        let times = busy.entry(patient.person).or_default();
        if times.iter().all(|(from, until)| during.1 + apart <= *from || *until + apart <= during.0)
        {
            times.push(during);
            return Some(patient);
        }
    }
    None
}

/// How many of a hundred times are taken. On days to come most stay free for whoever tries the demo.
pub(crate) fn percent(seed: u64, doctor: DoctorId, is_past: bool) -> usize {
    let dice = &mut Dice::new(seed, "how busy", number_of(doctor, NaiveDate::MIN));
    let (past, ahead) = (dice.between(25, 50), dice.between(15, 28));
    match (doctor == demo_doctor(), is_past) {
        (true, true) => 55,
        (true, false) => 34,
        (false, true) => past,
        (false, false) => ahead,
    }
}

/// Which of a doctor's free times of one day are taken, in order, each one or two in a row; `must`,
/// if given, among them. At least one, and of each block as many as `percent` says.
pub(crate) fn choose(
    seed: u64,
    doctor: DoctorId,
    day: &[Time],
    percent: usize,
    must: Option<usize>,
) -> Vec<Range<usize>> {
    let Some(date) = day.first().map(|time| time.date) else { return Vec::new() };
    let dice = &mut Dice::new(seed, "taken times", number_of(doctor, date));
    let mut taken = vec![false; day.len()];
    let mut start = 0;
    for block in day.chunk_by(|one, next| one.block == next.block) {
        let wanted = (block.len() * percent + dice.below(100)) / 100;
        let mut left: Vec<usize> = (start..start + block.len()).collect();
        for _ in 0..wanted.min(block.len().div_ceil(2).max(block.len() * percent / 100)) {
            taken[left.swap_remove(dice.below(left.len()))] = true;
        }
        start += block.len();
    }
    if let Some(must) = must {
        taken[must] = true;
    }
    if !taken.contains(&true) {
        taken[dice.below(day.len())] = true;
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
        let span = if dice.chance(FIRST_VISIT_PERCENT) && follows { 2 } else { 1 };
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
