//! The expensive checks over all tables, which run once in a number of steps and at the end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use nadi::ids::SlotId;
use uuid::Uuid;

use super::compare::{people_agree, row_agrees};
use super::invariants::{Invariant, MUST_BE_ZERO, Violation};
use super::model::Slot;
use super::stored;
use super::stored::Row;
use super::world::World;

pub async fn check(world: &mut World) -> Result<(), Violation> {
    counts_are_zero(world, |_| true).await?;
    slots_are_unchanged(world).await?;
    appointments_are_as_promised(world).await?;
    free_slots_agree(world).await?;
    people_are_as_promised(world).await?;
    idempotency_keys_agree(world).await?;
    messages_were_sent(world).await
}

/// Only the checks of what a change of hours could break.
pub async fn schedules(world: &World) -> Result<(), Violation> {
    counts_are_zero(world, |invariant| invariant == Invariant::Doctor).await
}

async fn counts_are_zero(world: &World, of: impl Fn(Invariant) -> bool) -> Result<(), Violation> {
    for (invariant, what, sql) in MUST_BE_ZERO.into_iter().filter(|(invariant, ..)| of(*invariant))
    {
        let found = world.clinic.count(sql).await;
        if found != 0 {
            return Err(Violation::of(invariant, format!("{what}: {found}")));
        }
    }
    Ok(())
}

/// Only the operations that make or withdraw slots have changed them.
async fn slots_are_unchanged(world: &World) -> Result<(), Violation> {
    for row in stored::slots(&world.clinic.pool, world.now()).await {
        let known = world.model.slots.get(&SlotId(row.id));
        if known.is_none_or(|slot| slot.capacity != i64::from(row.capacity)) {
            let what = format!("{row:?} came out of nothing, it was {known:?}");
            return Err(Violation::of(Invariant::Doctor, what));
        }
    }
    Ok(())
}

async fn appointments_are_as_promised(world: &World) -> Result<(), Violation> {
    let rows = stored::all_rows(&world.clinic.pool).await;
    let rows: BTreeMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    for visit in &world.model.visits {
        row_agrees(visit, rows.get(&visit.appointment.id.0))?;
    }
    if rows.len() != world.model.visits.len() {
        let (there, made) = (rows.len(), world.model.visits.len());
        let what = format!("{there} appointments are there, {made} were made");
        return Err(Violation::of(Invariant::Idempotency, what));
    }
    Ok(())
}

/// Whoever proved an address has one account, and nobody else is on one.
async fn people_are_as_promised(world: &World) -> Result<(), Violation> {
    let rows = stored::people(&world.clinic.pool, DateTime::UNIX_EPOCH).await;
    people_agree(&world.model, &rows)?;
    let known = &world.model.owners;
    let known = known.people.values().filter(|person| !known.is_visitor(person.account)).count();
    if known != rows.len() {
        let what = format!("{} people are there, {known} were made", rows.len());
        return Err(Violation::of(Invariant::Durable, what));
    }
    Ok(())
}

/// The pages show exactly those slots as free that the model would grant.
async fn free_slots_agree(world: &World) -> Result<(), Violation> {
    let now = world.now();
    let model = &world.model;
    // Counting seats is only necessary for slots with an appointment.
    let taken: BTreeSet<SlotId> =
        model.standing(now).flat_map(|(_, visit)| visit.run.iter().copied()).collect();
    let free_alone = |id: &SlotId| {
        let Slot { capacity, kept, .. } = model.slots[id];
        if kept {
            false
        } else if taken.contains(id) {
            model.seats_free(&[*id], &[], now) > 0
        } else {
            capacity > 0
        }
    };
    for (_, span) in &model.kinds {
        let shown: BTreeSet<i64> =
            stored::free_runs(&world.clinic.pool, *span, now).await.into_iter().collect();
        let free: BTreeSet<i64> = model
            .slots
            .iter()
            .filter(|(_, slot)| slot.starts_at > now)
            .filter(|(id, _)| {
                let run = model.run(**id, *span);
                run.len() == usize::try_from(*span).unwrap_or(0) && run.iter().all(&free_alone)
            })
            .map(|(id, _)| id.0)
            .collect();
        if let Some(slot) = shown.symmetric_difference(&free).next() {
            let (invariant, how) = match shown.contains(slot) {
                true => (Invariant::Seats, "shown as free, and taken"),
                false => (Invariant::NoFalseRefusals, "free, and not shown"),
            };
            return Err(Violation::of(invariant, format!("slot {slot} is {how}")));
        }
    }
    Ok(())
}

async fn idempotency_keys_agree(world: &World) -> Result<(), Violation> {
    let kept = world.clinic.count("select count(*) from idempotency_keys").await;
    if usize::try_from(kept).ok() != Some(world.model.keys.len()) {
        let what = format!("{kept} keys are kept, {} were answered", world.model.keys.len());
        return Err(Violation::of(Invariant::Idempotency, what));
    }
    Ok(())
}

/// Every notification that counts as delivered was sent, one is only dropped when a later event is announced
/// instead, and the messages of an appointment were sent in the order of its events.
async fn messages_were_sent(world: &mut World) -> Result<(), Violation> {
    let told = "('confirmed', 'cancelled', 'moved')";
    let key = "event_id || '.' || subject_id || '@nadi'";
    let due = format!(
        "select {key} from notifications
         where state = 'delivered' and last_failure is distinct from 'overtaken'
           and template in {told}"
    );
    let dropped = format!(
        "select {key} from notifications o
         where last_failure = 'overtaken'
           and not exists (select from events n
                           where n.subject_id = o.subject_id
                             and n.subject_version > o.subject_version
                             and n.type in ('appointment.code_requested', 'appointment.confirmed',
                                                  'appointment.cancelled', 'appointment.rescheduled'))"
    );
    let all = async |sql: String| -> Vec<String> {
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql));
        query.fetch_all(&world.clinic.pool).await.expect("events")
    };
    let (due, dropped) = (all(due).await, all(dropped).await);
    if let Some(key) = dropped.first() {
        let what = format!("{key} was dropped, and nothing later is told instead");
        return Err(Violation::of(Invariant::Events, what));
    }
    let sent = world.clinic.messages.sent.lock().expect("not poisoned");
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for message in sent.iter() {
        let Some((event, appointment)) = message.key.split_once('.') else { continue };
        let event = event.parse().unwrap_or(0);
        if last.insert(appointment, event).is_some_and(|before| before > event) {
            let what = format!("{} was sent after a later one", message.key);
            return Err(Violation::of(Invariant::Events, what));
        }
    }
    let sent: BTreeSet<&str> = sent.iter().map(|message| message.key.as_str()).collect();
    match due.iter().find(|key| !sent.contains(key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let what = format!("{key} counts as delivered, and nobody had a message");
            Err(Violation::of(Invariant::Events, what))
        }
    }
}
