//! Holding a slot.

use std::sync::Arc;

use nadi::Failure;
use nadi::actor::{ActingRole, Caller, Owner};
use nadi::appointment::{ACTIVE_HOLDS_MAX, Command, Facts, Refusal, VISITOR_HOLDS_MAX, decide};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::AppointmentId;
use nadi::ports::{Booked, HoldRequest};
use serde_json::Value;

use super::{BookingService, ROUNDS_MAX, violates};
use crate::accounts::visitors;
use crate::bookings::idempotency::{describe_hold, replay, should_store};
use crate::bookings::store::hold_facts::HoldFacts;
use crate::bookings::store::holds;
use crate::bookings::store::holds::NewHold;
use crate::bookings::store::idempotency;
use crate::bookings::store::idempotency::RequestKey;
use crate::database::{is_lock_timeout, is_lost, is_transient};
use crate::ids::uuid_v7;
use crate::limits::rules;
use crate::use_case::{Fault, Outcome};

/// How often a hold may time out waiting for another transaction before it is refused.
const WAITS_MAX: usize = 3;
/// How often the connection may be lost during one hold.
const LOSSES_MAX: usize = 2;

impl BookingService {
    /// First tries the hold in a batch with the others that are waiting. If that does not grant it, reads why:
    /// either returns the refusal, or runs the hold on its own when only something it replaces was in the way.
    pub(super) async fn hold_time(
        &self,
        caller: &Caller,
        request: &HoldRequest,
        key: Option<&IdempotencyKey>,
    ) -> Outcome<Booked> {
        let owner = caller.owner()?;
        let request_key =
            key.map(|key| self.request_key(owner.account, key, &describe_hold(request)));
        if let Err(too_many) = rules::count_hold(&self.app_state, caller, owner) {
            // The same request may have been granted before, as the last one that was allowed.
            let new = self.new_hold(caller, owner, request, &request_key);
            return self.stored_answer(new).await.unwrap_or(Err(too_many));
        }
        let outcome = self.counted_hold(caller, owner, request, request_key).await;
        if let Err(Fault::Failure(Failure::Refused(_))) = outcome {
            rules::hold_was_refused(&self.app_state, caller, owner);
        }
        outcome
    }

    /// The answer that was given before to a request with this key.
    async fn stored_answer(&self, new: NewHold) -> Option<Outcome<Booked>> {
        let request_key = new.request_key.clone()?;
        let facts = self.batcher.explain(new).await.ok()?;
        facts.stored_answer.map(|stored| replay(stored, &request_key))
    }

    async fn counted_hold(
        &self,
        caller: &Caller,
        owner: Owner,
        request: &HoldRequest,
        request_key: Option<RequestKey>,
    ) -> Outcome<Booked> {
        if owner.is_visitor {
            self.admit(owner, &self.new_hold(caller, owner, request, &request_key)).await?;
        }
        if let Some(booked) =
            self.batcher.take(self.new_hold(caller, owner, request, &request_key)).await?
        {
            return Ok(booked);
        }
        let (mut waits, mut losses) = (0, 0);
        for _ in 0..ROUNDS_MAX {
            let new = self.new_hold(caller, owner, request, &request_key);
            let facts = self.batcher.explain(new.clone()).await?;
            if let Some(answer) = self.settled_answer(&new, facts).await? {
                return answer;
            }
            // The rules allow it: the only conflicts are older holds that this hold ends itself.
            match self.take_single(&new).await {
                Ok(Some(booked)) => {
                    let booked = read(booked)?;
                    self.app_state.tell(booked.doctor);
                    return Ok(booked);
                }
                // Another hold was faster, or took the same seat of a group: there may be another seat.
                Ok(None) => {}
                Err(error) if is_transient(&error) => {}
                // It may have taken effect. Then the next round finds the stored answer or the appointment.
                Err(error) if is_lost(&error) && losses < LOSSES_MAX => losses += 1,
                Err(error) if is_lock_timeout(&error) => {
                    waits += 1;
                    self.ensure_not_running(request_key.as_ref()).await?;
                    if waits == WAITS_MAX {
                        return Err(Refusal::Crowded.into());
                    }
                }
                // The capacity of the slot has just changed: the slot was withdrawn, or has fewer seats.
                Err(error) if violates(&error, "seats_slot_capacity") => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::Crowded.into())
    }

    /// Makes the rows of a visitor, unless there are some: only for a time that may be held, because a stranger can
    /// become a new visitor for each request.
    async fn admit(&self, owner: Owner, new: &NewHold) -> Outcome<()> {
        let facts = self.batcher.explain(new.clone()).await?;
        if facts.person_is_own {
            return Ok(());
        }
        if new.person != owner.person {
            return Err(Failure::NotFound.into());
        }
        self.must_be_allowed(new, &facts)?;
        Ok(visitors::make_rows(&self.app_state, owner, new.now).await?)
    }

    fn new_hold(
        &self,
        caller: &Caller,
        owner: Owner,
        request: &HoldRequest,
        request_key: &Option<RequestKey>,
    ) -> NewHold {
        NewHold {
            id: AppointmentId(uuid_v7(caller.now)),
            slot: request.slot,
            visit_type: request.visit_type,
            person: request.person.unwrap_or(owner.person),
            account: owner.account,
            now: caller.now,
            hold: self.app_state.settings.hold,
            holds_max: if owner.is_visitor { VISITOR_HOLDS_MAX } else { ACTIVE_HOLDS_MAX },
            visits_max: self.app_state.settings.visits_per_doctor,
            uid_host: Arc::clone(&self.app_state.site.uid_host),
            request_key: request_key.clone(),
            locale: app::i18n::current().code(),
        }
    }

    async fn take_single(&self, new: &NewHold) -> sqlx::Result<Option<Value>> {
        let mut connection = self.app_state.holds.single.acquire().await?;
        holds::take(&mut connection, new).await
    }

    /// After a lock timeout: refuses when the lock was that of the same request, running elsewhere.
    async fn ensure_not_running(&self, request_key: Option<&RequestKey>) -> Outcome<()> {
        let Some(request_key) = request_key else { return Ok(()) };
        let mut transaction = self.app_state.write.begin().await?;
        let running = idempotency::is_running(&mut transaction, request_key).await?;
        transaction.rollback().await?;
        if running { Err(Failure::StillRunning.into()) } else { Ok(()) }
    }

    /// The final answer to a hold that was not granted; `None` when it should be tried again.
    async fn settled_answer(
        &self,
        new: &NewHold,
        mut facts: HoldFacts,
    ) -> Outcome<Option<Outcome<Booked>>> {
        if let (Some(kept), Some(request_key)) = (facts.stored_answer.take(), &new.request_key) {
            return Ok(Some(replay(kept, request_key)));
        }
        if !facts.person_is_own {
            return Err(Failure::NotFound.into());
        }
        if let Some(existing) = facts.existing.take() {
            let booked = read(existing)?;
            return Ok(Some(self.store_hold_answer(new, Ok(booked)).await));
        }
        match self.must_be_allowed(new, &facts) {
            Ok(()) => Ok(None),
            Err(refusal) => Ok(Some(self.store_hold_answer(new, Err(refusal.into())).await)),
        }
    }

    /// Do the rules allow the hold?
    fn must_be_allowed(&self, new: &NewHold, facts: &HoldFacts) -> Result<(), Refusal> {
        if facts.slot.is_none() {
            return Err(Refusal::NotOffered);
        }
        let facts = Facts {
            slot: facts.slot,
            person_is_busy: facts.person_is_busy,
            active_holds: facts.other_holds,
            holds_max: new.holds_max.into(),
            visits_ahead: facts.other_visits,
            ..self.facts(ActingRole::Patient, 0)
        };
        decide(None, &facts, Command::Hold, new.now).map(|_| ())
    }

    /// Stores the answer to a hold under its key. When another request with the key stored one first, returns that one.
    async fn store_hold_answer(
        &self,
        new: &NewHold,
        answer: Result<Booked, Failure>,
    ) -> Outcome<Booked> {
        let Some(request_key) = new.request_key.as_ref().filter(|_| should_store(&answer)) else {
            return answer.map_err(Fault::Failure);
        };
        let json = serde_json::to_value(&answer)
            .map_err(|e| Fault::Broken(format!("a hold's answer: {e}")))?;
        if self.batcher.store_answer((new.account, request_key.clone(), json, new.now)).await? {
            return answer.map_err(Fault::Failure);
        }
        let mut connection = self.app_state.write.0.acquire().await?;
        match idempotency::find(&mut connection, new.account, request_key).await? {
            Some(kept) => replay(kept, request_key),
            None => answer.map_err(Fault::Failure),
        }
    }
}

/// Parses an answer as the database returned it.
fn read(booked: Value) -> Outcome<Booked> {
    serde_json::from_value(booked)
        .map_err(|error| Fault::Broken(format!("a hold's answer: {error}")))
}
