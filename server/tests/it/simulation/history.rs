//! Compares every acknowledged request with the event log: nothing acknowledged is lost, nothing happened that was
//! not acknowledged, and nothing happened twice.

use std::collections::{BTreeMap, BTreeSet};

use nadi::appointment::{Event, State};
use sqlx::PgPool;
use uuid::Uuid;

use super::invariants::{Invariant, Violation};
use super::oracle::{Action, Answer, Request};
use super::stored;
use super::stored::EventRow;

/// One acknowledged answer, independent of the model.
struct Acknowledged {
    step: u64,
    hold: bool,
    appointment: Uuid,
    version: i32,
    state: State,
}

#[derive(Default)]
pub struct History {
    acknowledged: Vec<Acknowledged>,
}

impl History {
    pub fn add(&mut self, step: u64, asked: &Request, answered: &Answer) {
        if let Ok(booked) = answered {
            self.acknowledged.push(Acknowledged {
                step,
                hold: matches!(asked.ask, Action::Hold(_)),
                appointment: booked.id.0,
                version: booked.version,
                state: booked.state,
            });
        }
    }

    pub async fn check(&self, pool: &PgPool) -> Result<(), Violation> {
        let events = stored::all_events(pool).await;
        let mut told: BTreeMap<(Uuid, i32), &EventRow> = BTreeMap::new();
        for event in &events {
            let key = (event.appointment_id, event.appointment_version);
            if let Some(first) = told.insert(key, event) {
                let what = format!("happened twice: {first:?} and {event:?}");
                return Err(Violation::of(Invariant::Idempotency, what));
            }
        }
        let mut answered: BTreeSet<(Uuid, i32)> = BTreeSet::new();
        for one in &self.acknowledged {
            let Some(event) = told.get(&(one.appointment, one.version)) else {
                let what = format!(
                    "{} was acknowledged in version {} at step {}, and there is no such version",
                    one.appointment, one.version, one.step
                );
                return Err(Violation::of(Invariant::Durable, what));
            };
            let state = state_after(&event.event_type);
            if state.is_some_and(|state| state != one.state)
                || (one.hold && one.version == 1 && event.event_type != Event::Held.as_str())
            {
                let what = format!("{:?} was answered at step {}: {event:?}", one.state, one.step);
                return Err(Violation::of(Invariant::Durable, what));
            }
            answered.insert((one.appointment, one.version));
        }
        for ((appointment, version), event) in &told {
            if event.actor != "system" && !answered.contains(&(*appointment, *version)) {
                let what = format!("nobody was told of {event:?}");
                return Err(Violation::of(Invariant::Idempotency, what));
            }
        }
        // The events of an appointment give its present state.
        let mut last: BTreeMap<Uuid, State> = BTreeMap::new();
        let mut marks: BTreeMap<Uuid, Vec<State>> = BTreeMap::new();
        for event in &events {
            let marks = marks.entry(event.appointment_id).or_default();
            let mut state = state_after(&event.event_type);
            match (Event::parse(&event.event_type), state) {
                (Some(Event::Reopened), _) => {
                    marks.pop();
                    state = Some(marks.last().copied().unwrap_or(State::Confirmed));
                }
                (Some(Event::CheckedIn | Event::Completed | Event::NoShow), Some(mark)) => {
                    marks.push(mark);
                }
                _ => {}
            }
            if let Some(state) = state {
                last.insert(event.appointment_id, state);
            }
        }
        for row in stored::all_rows(pool).await {
            let state = last.get(&row.id).map(|state| state.as_str());
            if state != Some(row.state.as_str()) {
                let what = format!("{} is {}, its events say {state:?}", row.id, row.state);
                return Err(Violation::of(Invariant::Durable, what));
            }
        }
        Ok(())
    }
}

/// The state after an event. `None` if the event does not change the state, or restores an earlier one.
fn state_after(event: &str) -> Option<State> {
    Some(match Event::parse(event)? {
        Event::Held => State::Pending,
        Event::Confirmed | Event::Rescheduled => State::Confirmed,
        Event::CheckedIn => State::CheckedIn,
        Event::Completed => State::Completed,
        Event::NoShow => State::NoShow,
        Event::Cancelled | Event::Released => State::Cancelled,
        Event::Expired => State::Expired,
        Event::Extended | Event::CodeRequested | Event::Reopened => return None,
    })
}
