//! Whether the database agrees with the answers, and which order of a burst's requests explains them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use nadi::appointment::{Event, State};
use nadi::ids::{AccountId, AppointmentId, PersonId};
use uuid::Uuid;

use super::invariants::{Invariant, Violation};
use super::model::{Model, Visit};
use super::oracle::{Answer, Context, Outcome, Request};
use super::stored::{EventRow, PersonRow, Row, Stored};

/// How many orders are tried before a burst counts as unexplained. Usually few are, because requests that do not
/// conflict fit in any order.
const ORDERS_MAX: u32 = 200_000;

/// Applies the recorded expiries to the model. A lapsed hold may be recorded as expired at any time, another one
/// never.
pub fn apply_expiries(
    model: &mut Model,
    stored: &Stored,
    context: &Context,
) -> Result<(), Violation> {
    for event in &stored.events {
        if event.event_type != Event::Expired.as_str() {
            continue;
        }
        let id = AppointmentId(event.appointment_id);
        match model.find(id) {
            Some(n) if model.visits[n].is_lapsed(context.now) => {
                model.end(n, State::Expired, Event::Expired, context.now);
            }
            known => {
                let known = known.map(|n| &model.visits[n]);
                let what = format!("{id} was expired, but {known:?}");
                return Err(Violation::of(Invariant::Expiry, what));
            }
        }
    }
    Ok(())
}

/// The search for an order of the requests that explains the answers and the rows in the database.
pub struct Search<'a> {
    pub asked: &'a [Request],
    pub answered: &'a [Answer],
    pub context: &'a Context,
    pub stored: &'a Stored,
    pub noted: Vec<Outcome>,
    pub orders: u32,
    /// The violation of the order in which the most requests fitted, and how many those were.
    best: Option<(usize, Violation)>,
}

impl<'a> Search<'a> {
    pub fn new(
        asked: &'a [Request],
        answered: &'a [Answer],
        context: &'a Context,
        stored: &'a Stored,
    ) -> Self {
        let noted = vec![Outcome::default(); asked.len()];
        Self { asked, answered, context, stored, noted, orders: 0, best: None }
    }

    /// Finds such an order and leaves the model in the state after it.
    pub fn explain(&mut self, model: &mut Model) -> Result<(), Violation> {
        // The ids of events follow the order of the commits closely, so usually the first order tried is right.
        let mut all: Vec<usize> = (0..self.asked.len()).collect();
        all.sort_by_key(|n| {
            let booked = self.answered[*n].as_ref().ok()?;
            let is_its = |event: &&EventRow| {
                event.appointment_id == booked.id.0 && event.appointment_version == booked.version
            };
            self.stored.events.iter().find(is_its).map(|event| event.id)
        });
        if self.place(model, &all) {
            return Ok(());
        }
        let (placed, mut violation) = self.best.take().expect("every order failed somewhere");
        if !self.context.alone {
            let orders = self.orders;
            violation.what = format!(
                "no order of the burst explains it ({orders} tried; {placed} of {} fit): {}",
                self.asked.len(),
                violation.what
            );
        }
        Err(violation)
    }

    fn place(&mut self, model: &mut Model, left: &[usize]) -> bool {
        if left.is_empty() {
            self.orders += 1;
            return match agree(model, self.stored, self.context) {
                Ok(()) => true,
                Err(violation) => {
                    self.remember(self.asked.len(), violation);
                    false
                }
            };
        }
        let depth = self.asked.len() - left.len();
        for n in left {
            let rest: Vec<usize> = left.iter().copied().filter(|other| other != n).collect();
            let mark = model.mark();
            match model.oracle(&self.asked[*n], &self.answered[*n], self.context) {
                Ok(noted) => {
                    self.noted[*n] = noted;
                    let changes_nothing =
                        model.changed_since(mark).is_empty() && self.answered[*n].is_err();
                    if self.place(model, &rest) {
                        return true;
                    }
                    model.rewind(mark);
                    // A request that is rightly refused at this place does not affect the others, so no other place has
                    // to be tried.
                    if changes_nothing {
                        return false;
                    }
                }
                Err(violation) => {
                    model.rewind(mark);
                    self.remember(depth, violation);
                }
            }
            if self.orders > ORDERS_MAX {
                return false;
            }
        }
        self.orders += 1;
        false
    }

    fn remember(&mut self, depth: usize, violation: Violation) {
        if self.best.as_ref().is_none_or(|(best, _)| depth > *best) {
            self.best = Some((depth, violation));
        }
    }
}

/// Compares the rows that may have changed with the model.
fn agree(model: &Model, stored: &Stored, context: &Context) -> Result<(), Violation> {
    let changed = model.changed();
    let rows: BTreeMap<Uuid, &Row> = stored.rows.iter().map(|row| (row.id, row)).collect();
    for n in &changed {
        row_agrees(&model.visits[*n], rows.get(&model.visits[*n].appointment.id.0).copied())?;
    }
    for row in &stored.rows {
        match model.find(AppointmentId(row.id)) {
            Some(n) => row_agrees(&model.visits[n], Some(row))?,
            None => {
                let what = format!("an appointment that nobody was told of: {row:?}");
                return Err(Violation::of(Invariant::Idempotency, what));
            }
        }
    }
    events_agree(model, stored, context, &changed)?;
    people_agree(model, &stored.people)?;
    claims_agree(model, stored)
}

fn events_agree(
    model: &Model,
    stored: &Stored,
    context: &Context,
    changed: &BTreeSet<usize>,
) -> Result<(), Violation> {
    let mut new: BTreeMap<usize, Vec<(i32, &str)>> = BTreeMap::new();
    for n in changed {
        new.insert(*n, Vec::new());
    }
    for event in &stored.events {
        let Some(n) = model.find(AppointmentId(event.appointment_id)) else {
            let what = format!("an event of an appointment nobody was told of: {event:?}");
            return Err(Violation::of(Invariant::Idempotency, what));
        };
        if event.occurred_at != context.now {
            let what = format!("told as of {}, asked at {}", event.occurred_at, context.now);
            return Err(Violation::of(Invariant::Time, what));
        }
        new.entry(n).or_default().push((event.appointment_version, &event.event_type));
    }
    for (n, mut told) in new {
        told.sort_unstable();
        let visit = &model.visits[n];
        let expected: Vec<(i32, &str)> = visit
            .events
            .iter()
            .zip(1..)
            .skip(visit.events_compared)
            .map(|((event, _), version)| (version, event.as_str()))
            .collect();
        if told == expected {
            continue;
        }
        let invariant =
            if told.len() > expected.len() { Invariant::Idempotency } else { Invariant::Events };
        let what = format!("events of {}: {told:?}, expected {expected:?}", visit.appointment.id);
        return Err(Violation::of(invariant, what));
    }
    Ok(())
}

/// Nobody has an account, or is on one, of whom the model does not know.
pub fn people_agree(model: &Model, rows: &[PersonRow]) -> Result<(), Violation> {
    for row in rows {
        let known = model.owners.people.get(&PersonId(row.id));
        let is_right = known.is_some_and(|person| {
            let found = (AccountId(row.account_id), row.name.to_lowercase(), row.is_owner);
            (person.account, person.name.clone(), person.is_owner) == found
        });
        let account = row.email.as_ref().map(|email| model.owners.addresses.get(email));
        let is_its = account.is_none_or(|account| account == Some(&AccountId(row.account_id)));
        if !is_right || !is_its {
            let what = format!("there is {row:?}, known is {known:?} with {account:?}");
            return Err(Violation::of(Invariant::Idempotency, what));
        }
    }
    Ok(())
}

pub fn row_agrees(visit: &Visit, row: Option<&Row>) -> Result<(), Violation> {
    let appointment = &visit.appointment;
    let Some(row) = row else {
        return Err(Violation::of(Invariant::Durable, format!("{} is not there", appointment.id)));
    };
    let expected = Row {
        id: appointment.id.0,
        state: appointment.state.as_str().to_owned(),
        version: appointment.version,
        slot_id: visit.run.first().map_or(0, |slot| slot.0),
        starts_at: appointment.starts_at,
        ends_at: appointment.ends_at,
        expires_at: appointment.expires_at,
        extensions: appointment.extensions,
        code_counter: appointment.code_counter,
        code_tries: appointment.code_tries,
        person_id: visit.person.0,
        booked_by: visit.booked_by.0,
        visit_type_id: visit.kind.0,
        created_at: visit.created_at,
        updated_at: visit.updated_at,
    };
    if *row == expected {
        return Ok(());
    }
    let (version, updated_at) = (row.version, row.updated_at);
    let otherwise = Row { version, updated_at, ..expected.clone() };
    let invariant = if *row != otherwise {
        Invariant::Durable
    } else if version != expected.version {
        Invariant::Events
    } else {
        Invariant::Time
    };
    Err(Violation::of(invariant, format!("there is {row:?}, promised was {expected:?}")))
}

/// Every claim belongs to an active appointment of the model, and every such appointment has all of its claims.
fn claims_agree(model: &Model, stored: &Stored) -> Result<(), Violation> {
    let mut seats: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
    for seat in &stored.seats {
        seats.entry(seat.appointment_id).or_default().push((seat.slot_id, seat.held_until));
    }
    let mut times: BTreeMap<Uuid, _> = BTreeMap::new();
    for time in &stored.times {
        let owner = (time.person_id, time.account_id);
        let claim = (owner, time.starts_at, time.ends_at, time.held_until);
        times.insert(time.appointment_id, claim);
    }
    for n in &model.active {
        let visit = &model.visits[*n];
        let appointment = &visit.appointment;
        let until = (appointment.state == State::Pending).then_some(appointment.expires_at);
        let mut found = seats.remove(&appointment.id.0).unwrap_or_default();
        found.sort_unstable();
        let mut expected: Vec<_> = visit.run.iter().map(|slot| (slot.0, until)).collect();
        expected.sort_unstable();
        let time = times.remove(&appointment.id.0);
        let owner = (visit.person.0, Some(visit.booked_by.0));
        let own = (owner, appointment.starts_at, appointment.ends_at, until);
        if found == expected && time == Some(own) {
            continue;
        }
        let what = format!(
            "{} ({:?}) has seats {found:?} and time {time:?}, promised were {expected:?} and {own:?}",
            appointment.id, appointment.state
        );
        let slots = |claims: &[(i64, _)]| claims.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let same_place = slots(&found) == slots(&expected)
            && time.is_some_and(|(owner, from, to, _)| (owner, from, to) == (own.0, own.1, own.2));
        let invariant = match found.len().cmp(&expected.len()) {
            Ordering::Greater => Invariant::Seats,
            Ordering::Equal if same_place => Invariant::Expiry,
            _ => Invariant::Durable,
        };
        return Err(Violation::of(invariant, what));
    }
    if let Some((id, _)) = seats.first_key_value() {
        let what = format!("{id} has no time any more, but a seat");
        return Err(Violation::of(Invariant::Seats, what));
    }
    if let Some((id, _)) = times.first_key_value() {
        let what = format!("{id} is over, but its person is not free");
        return Err(Violation::of(Invariant::Patient, what));
    }
    Ok(())
}
