//! A doctor's slots in the weeks around now, and the visits that take them.

use std::ops::Range;

use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, NaiveTime, Utc};
use nadi::ids::{AccountId, ClinicId, DoctorId, LocationId, PersonId, VisitTypeId};
use nadi::schedule::{Away, MadeBlock, Rule, Schedule, Zones, expand, plan};
use nadi::visit::{Fee, Mode};
use nadi::zone::Zone;

use crate::demo::data::{Doctor, Visit};
use crate::demo::fate::{Fate, HOLD_MINUTES, SHOWN_HOLD_MINUTES, events};
use crate::demo::ids::visit_id;
use crate::demo::place::Place;
use crate::demo::rng::SeededRng;

/// How many of the clinic's doctors have patients in these weeks; the demo doctor is the first.
pub(super) const BUSY_DOCTORS: usize = 12;
/// A visit is booked at least this many minutes before its start, and this many before now.
const BOOKED_AHEAD_MINUTES: usize = 3 * 60;
const BOOKED_AGO_MINUTES: usize = 30;
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

/// A doctor's hours in these weeks, and which of their slots are free.
pub(super) struct Availability<'a> {
    pub doctor: &'a Doctor,
    pub(super) blocks: Vec<MadeBlock>,
    /// In order of time, without group slots.
    pub(super) free: Vec<Slot>,
}

impl<'a> Availability<'a> {
    pub(super) fn new(doctor: &'a Doctor, place: &Place, dates: Range<NaiveDate>) -> Self {
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
