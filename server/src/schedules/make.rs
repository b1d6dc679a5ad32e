//! Makes slots from doctors' schedules: reads the facts, plans the difference to the existing slots, and writes it.
//!
//! The caller must have locked the doctors' rows in `schedules`, so that only one transaction does this for a doctor.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use nadi::events::{NewEvent, ScheduleData, ScheduleReason};
use nadi::ids::{DoctorId, LocationId, SlotId};
use nadi::recurrence::Recurrence;
use nadi::schedule::{
    Away, Existing, ExistingSlot, Plan, Rule, Schedule, Stretch, TimeOff, Zones, expand, plan,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::holidays;
use crate::bookings;
use crate::events;
use crate::events::Author;
use crate::schedules::store::hours::{self as store, RuleRow, TimeOffRow};
use crate::schedules::store::times;
use crate::schedules::store::times::SlotRow;
use crate::use_case::{Fault, Outcome, mode, zone};

/// What a doctor's slots are made from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub schedule: Schedule,
    pub zones: Zones,
    pub holidays: HashSet<NaiveDate>,
    pub busy: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Facts {
    /// Compares the wanted slots of the dates `from..until` with the existing ones.
    pub fn plan(
        &self,
        existing: &[Existing],
        (from, until): (NaiveDate, NaiveDate),
        now: DateTime<Utc>,
    ) -> Plan {
        let away = Away { holidays: &self.holidays, busy: &self.busy };
        plan(existing, &expand(&self.schedule, &self.zones, away, from, until), now)
    }
}

/// The first date, in any time zone, for which no slots are needed yet.
pub fn horizon(now: DateTime<Utc>, horizon_days: u16) -> NaiveDate {
    now.date_naive() + Duration::days(i64::from(horizon_days) + 1)
}

/// The earliest date that it is now in any time zone.
pub fn earliest_today(now: DateTime<Utc>) -> NaiveDate {
    now.date_naive() - Duration::days(1)
}

/// The facts of some doctors. Doctors with a rule that cannot be read are added to `unreadable`; their facts are
/// without that rule.
pub async fn facts(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
    unreadable: &mut HashSet<Uuid>,
) -> sqlx::Result<HashMap<Uuid, Facts>> {
    let mut all: HashMap<Uuid, Facts> =
        doctors.iter().map(|doctor| (*doctor, Facts::default())).collect();
    for row in store::rules(connection, doctors).await? {
        let Some(facts) = all.get_mut(&row.doctor_id) else { continue };
        match (rule_of(&row), zone(&row.time_zone)) {
            (Ok(rule), Ok(zone)) => {
                facts.zones.insert(rule.location, zone);
                facts.schedule.rules.push(rule);
            }
            _ => {
                unreadable.insert(row.doctor_id);
            }
        }
    }
    for row in store::time_off(connection, doctors, earliest_today(now)).await? {
        if let Some(facts) = all.get_mut(&row.doctor_id) {
            facts.schedule.time_off.push(time_off_of(row));
        }
    }
    let until = now.date_naive() + Duration::days(800);
    for row in store::holiday_regions(connection, doctors).await? {
        if let Some(facts) = all.get_mut(&row.doctor_id) {
            let days = holidays::between(&row.region, earliest_today(now), until);
            facts.holidays.extend(days.into_iter().map(|holiday| holiday.date));
        }
    }
    for row in store::working_days(connection, doctors).await? {
        if let Some(facts) = all.get_mut(&row.doctor_id) {
            facts.holidays.remove(&row.date);
        }
    }
    for row in store::busy_times(connection, doctors, now).await? {
        if let Some(facts) = all.get_mut(&row.doctor_id) {
            match facts.busy.last_mut() {
                Some(last) if row.starts_at <= last.1 => last.1 = last.1.max(row.ends_at),
                _ => facts.busy.push((row.starts_at, row.ends_at)),
            }
        }
    }
    Ok(all)
}

/// Brings the slots of some doctors up to date, each for the dates from its own first date to before `until`, and
/// records that. A doctor with a rule that cannot be read keeps the existing slots and stays due, so that the
/// others need not wait.
///
/// The caller must have locked the doctors' rows in `schedules` before reading anything that slots are made from:
/// otherwise a change saved in between would be lost.
pub async fn renew(
    connection: &mut PgConnection,
    doctors: &[(Uuid, NaiveDate)],
    until: NaiveDate,
    now: DateTime<Utc>,
) -> Outcome<HashMap<Uuid, Plan>> {
    let ids: Vec<Uuid> = doctors.iter().map(|(doctor, _)| *doctor).collect();
    let mut unreadable = HashSet::new();
    let mut facts = facts(connection, &ids, now, &mut unreadable).await?;
    facts.retain(|doctor, _| !unreadable.contains(doctor));
    let plans = remake(connection, doctors, &facts, until, now).await?;
    let mut events: Vec<NewEvent> = plans
        .iter()
        .filter(|(_, plan)| !plan.is_empty())
        .map(|(doctor, plan)| {
            let data = schedule_data(plan, ScheduleReason::MadeAgain);
            NewEvent::schedule(DoctorId(*doctor), None, data)
        })
        .collect();
    events.sort_by_key(|event| event.subject);
    if !events.is_empty() {
        events::record_all(connection, &events, Author::SYSTEM, now).await?;
    }
    let made: Vec<Uuid> = facts.into_keys().collect();
    store::mark_made(connection, &made, until, nadi::zone::release()).await?;
    if !unreadable.is_empty() {
        let unreadable: Vec<Uuid> = unreadable.into_iter().collect();
        for doctor in store::mark_unreadable(connection, &unreadable, now).await? {
            tracing::error!(%doctor, "a doctor has a rule that cannot be read: no slots are made");
        }
    }
    Ok(plans)
}

/// The open blocks of some doctors, each from its own first date on.
pub async fn existing(
    connection: &mut PgConnection,
    doctors: &[(Uuid, NaiveDate)],
    now: DateTime<Utc>,
) -> Outcome<HashMap<Uuid, Vec<Existing>>> {
    let ids: Vec<Uuid> = doctors.iter().map(|(doctor, _)| *doctor).collect();
    let from: Vec<NaiveDate> = doctors.iter().map(|(_, from)| *from).collect();
    let mut all: HashMap<Uuid, Vec<Existing>> = HashMap::new();
    for row in times::open(connection, &ids, &from, now).await? {
        let blocks = all.entry(row.doctor_id).or_default();
        let slot = slot_of(&row)?;
        match blocks.last_mut() {
            Some(block) if block.block == row.block_id => block.slots.push(slot),
            _ => blocks.push(Existing {
                block: row.block_id,
                stretch: stretch_of(&row)?,
                slots: vec![slot],
            }),
        }
    }
    Ok(all)
}

/// Brings the slots of some doctors up to date, each for the dates from its own first date to before `until`;
/// returns what was done for each.
pub async fn remake(
    connection: &mut PgConnection,
    doctors: &[(Uuid, NaiveDate)],
    facts: &HashMap<Uuid, Facts>,
    until: NaiveDate,
    now: DateTime<Utc>,
) -> Outcome<HashMap<Uuid, Plan>> {
    let plans_of = |existing: &HashMap<Uuid, Vec<Existing>>| -> HashMap<Uuid, Plan> {
        let none = Vec::new();
        let planned = doctors.iter().filter_map(|(doctor, from)| {
            let facts = facts.get(doctor)?;
            let existing = existing.get(doctor).unwrap_or(&none);
            Some((*doctor, facts.plan(existing, (*from, until), now)))
        });
        planned.collect()
    };
    let found = existing(connection, doctors, now).await?;
    let mut plans = plans_of(&found);
    let slots_to_lock = slots_to_lock(&plans, &found);
    if !slots_to_lock.is_empty() {
        // From here on these slots cannot be booked. Plan again, because some may have been booked before the lock.
        bookings::expire_lapsed(connection, &slots_to_lock, now).await?;
        times::lock(connection, &slots_to_lock).await?;
        plans = plans_of(&existing(connection, doctors, now).await?);
    }
    write(connection, &plans, now).await?;
    Ok(plans)
}

/// All slots whose booking would change a plan: those in blocks that it closes, and those that it changes.
fn slots_to_lock(plans: &HashMap<Uuid, Plan>, existing: &HashMap<Uuid, Vec<Existing>>) -> Vec<i64> {
    let mut slots = Vec::new();
    for (doctor, plan) in plans {
        let closed: HashSet<i64> = plan.close.iter().copied().collect();
        let blocks = existing.get(doctor).into_iter().flatten();
        let inside = blocks.filter(|block| closed.contains(&block.block)).flat_map(|b| &b.slots);
        slots.extend(inside.map(|slot| slot.id.0));
        slots.extend(plan.change.iter().filter_map(|made| made.existing).map(|id| id.0));
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}

async fn write(
    connection: &mut PgConnection,
    plans: &HashMap<Uuid, Plan>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let close: Vec<i64> = plans.values().flat_map(|plan| plan.close.iter().copied()).collect();
    let mut make = Vec::new();
    for (doctor, plan) in plans {
        make.extend(plan.make.iter().map(|block| (*doctor, block.clone())));
    }
    let change: Vec<_> = plans.values().flat_map(|plan| plan.change.iter().cloned()).collect();
    let withdraw: Vec<i64> =
        plans.values().flat_map(|plan| plan.withdraw.iter().map(|slot| slot.0)).collect();
    if !close.is_empty() {
        times::close(connection, &close, now).await?;
    }
    times::make(connection, &make, nadi::zone::release()).await?;
    times::change(connection, &change).await?;
    if !withdraw.is_empty() {
        times::withdraw(connection, &withdraw).await?;
    }
    Ok(())
}

/// The event data about a plan that was carried out.
pub fn schedule_data(plan: &Plan, reason: ScheduleReason) -> ScheduleData {
    let made = plan.make.iter().map(|block| block.stretch.date);
    let days: BTreeSet<NaiveDate> = plan.days.keys().copied().chain(made).collect();
    ScheduleData {
        reason,
        days: days.into_iter().collect(),
        slots_added: plan.added(),
        slots_withdrawn: plan.removed(),
    }
}

/// The doctors whose free times have changed. For use after the commit.
pub fn changed(plans: &HashMap<Uuid, Plan>) -> impl Iterator<Item = DoctorId> + '_ {
    plans.iter().filter(|(_, plan)| !plan.is_empty()).map(|(doctor, _)| DoctorId(*doctor))
}

pub fn rule_of(row: &RuleRow) -> Outcome<Rule> {
    let broken = || Fault::Broken(format!("rule {}", row.id));
    let number = |number: i16| u16::try_from(number).map_err(|_| broken());
    let repeats = match &row.recurrence {
        None => None,
        Some(text) => Some(Recurrence::of_days(text).map_err(|_| broken())?),
    };
    Ok(Rule {
        location: LocationId(row.location_id),
        mode: mode(&row.mode)?,
        repeats,
        from: row.effective_from,
        until: row.effective_until,
        starts: row.starts_local,
        ends: row.ends_local,
        slot_minutes: number(row.slot_minutes)?,
        buffer_before: number(row.buffer_before_minutes)?,
        buffer_after: number(row.buffer_after_minutes)?,
        capacity: number(row.capacity)?,
        notice_minutes: u32::try_from(row.notice_minutes).map_err(|_| broken())?,
        window_days: row.window_days.map(number).transpose()?,
    })
}

pub fn time_off_of(row: TimeOffRow) -> TimeOff {
    TimeOff { starts: row.starts_local, ends: row.ends_local, note: row.note }
}

fn stretch_of(row: &SlotRow) -> Outcome<Stretch> {
    Ok(Stretch {
        location: LocationId(row.location_id),
        mode: mode(&row.mode)?,
        date: row.local_date,
        starts_at: row.block_starts_at,
        stride_seconds: row.slot_seconds,
        count: small(row.slot_count)?,
        utc_offset: row.utc_offset,
        kept: row.kept,
    })
}

fn slot_of(row: &SlotRow) -> Outcome<ExistingSlot> {
    Ok(ExistingSlot {
        id: SlotId(row.slot_id),
        number: small(row.slot_no)?,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        capacity: small(row.capacity)?,
        opens_at: row.opens_at,
        closes_at: row.closes_at,
        seats_taken: small(row.seats_taken)?,
        joined: row.joined,
    })
}

fn small(number: i16) -> Outcome<u16> {
    u16::try_from(number).map_err(|_| Fault::Broken(format!("negative number {number} in a slot")))
}
