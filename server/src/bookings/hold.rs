//! Holding a time.

use std::sync::Arc;

use nadi::Failure;
use nadi::actor::{Caller, Capacity, SignedIn};
use nadi::appointment::{Command, Facts, Refusal, decide};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::AppointmentId;
use nadi::ports::{Booked, HoldRequest};
use serde_json::Value;

use super::{BookingService, ROUNDS_MAX, violates};
use crate::bookings::idempotency::{is_kept, of_hold, replay};
use crate::bookings::store::hold_facts::HoldFacts;
use crate::bookings::store::holds;
use crate::bookings::store::holds::NewHold;
use crate::bookings::store::idempotency;
use crate::bookings::store::idempotency::RequestKey;
use crate::database::{is_lock_timeout, is_lost, is_transient};
use crate::ids::uuid_v7;
use crate::use_case::{Fault, Outcome};

/// How often a hold waits in vain for a rival's commit before it is told to come back.
const WAITS_MAX: usize = 3;
/// How often the connection may be lost under one hold.
const LOSSES_MAX: usize = 2;

impl BookingService {
    /// First together with the other holds that wait; then, for those that have something in the
    /// way, alone; and when that did not come about, the reason.
    pub(super) async fn hold_time(
        &self,
        caller: &Caller,
        wish: &HoldRequest,
        key: Option<&IdempotencyKey>,
    ) -> Outcome<Booked> {
        let account = caller.signed_in()?;
        let once = key.map(|key| self.once(account.account, key, &of_hold(wish)));
        if let Some(booked) = self.batcher.take(self.new_hold(caller, account, wish, &once)).await?
        {
            return Ok(booked);
        }
        let (mut waits, mut losses) = (0, 0);
        for _ in 0..ROUNDS_MAX {
            let new = self.new_hold(caller, account, wish, &once);
            let known = self.batcher.explain(new.clone()).await?;
            if let Some(answer) = self.why_not(&new, known, caller).await? {
                return answer;
            }
            // It would be granted: nothing stands in the way but what the hold itself ends.
            match self.take_alone(&new).await {
                Ok(Some(booked)) => {
                    let booked = read(booked)?;
                    self.app_state.tell(booked.doctor);
                    return Ok(booked);
                }
                // A rival was faster, or took the same seat of a group: there may be another.
                Ok(None) => {}
                Err(error) if is_transient(&error) => {}
                // It may have come about: then its key, or the appointment itself, will be found.
                Err(error) if is_lost(&error) && losses < LOSSES_MAX => losses += 1,
                Err(error) if is_lock_timeout(&error) => {
                    waits += 1;
                    self.must_not_be_running(once.as_ref()).await?;
                    if waits == WAITS_MAX {
                        return Err(Refusal::Crowded.into());
                    }
                }
                // The capacity it counted on has just changed: withdrawn, or made smaller.
                Err(error) if violates(&error, "seats_slot_capacity") => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::Crowded.into())
    }

    fn new_hold(
        &self,
        caller: &Caller,
        account: &SignedIn,
        wish: &HoldRequest,
        once: &Option<RequestKey>,
    ) -> NewHold {
        NewHold {
            id: AppointmentId(uuid_v7(caller.now)),
            slot: wish.slot,
            visit_type: wish.visit_type,
            person: wish.person.unwrap_or(account.person),
            account: account.account,
            now: caller.now,
            hold: self.app_state.settings.hold,
            visits_max: self.app_state.settings.visits_per_doctor,
            uid_host: Arc::clone(&self.app_state.site.uid_host),
            once: once.clone(),
        }
    }

    async fn take_alone(&self, new: &NewHold) -> sqlx::Result<Option<Value>> {
        let mut transaction = self.app_state.holds.begin_alone().await?;
        match holds::take(&mut transaction, new).await? {
            Some(booked) => {
                transaction.commit().await?;
                Ok(Some(booked))
            }
            None => {
                transaction.rollback().await?;
                Ok(None)
            }
        }
    }

    /// Something was waited for in vain: was it this very request, running elsewhere?
    async fn must_not_be_running(&self, once: Option<&RequestKey>) -> Outcome<()> {
        let Some(once) = once else { return Ok(()) };
        let mut transaction = self.app_state.write.begin().await?;
        let running = idempotency::is_running(&mut transaction, once).await?;
        transaction.rollback().await?;
        if running { Err(Failure::StillRunning.into()) } else { Ok(()) }
    }

    /// The answer to a hold that did not come about; `None` when it might now.
    async fn why_not(
        &self,
        new: &NewHold,
        known: HoldFacts,
        caller: &Caller,
    ) -> Outcome<Option<Outcome<Booked>>> {
        if let (Some(kept), Some(once)) = (known.kept, &new.once) {
            return Ok(Some(replay(kept, once)));
        }
        if !known.person_is_own {
            return Err(Failure::NotFound.into());
        }
        if let Some(standing) = known.standing {
            let booked = read(standing)?;
            return Ok(Some(self.keep_answer(new, Ok(booked)).await));
        }
        if known.slot.is_none() {
            return Ok(Some(self.keep_answer(new, Err(Refusal::NotOffered.into())).await));
        }
        let facts = Facts {
            slot: known.slot,
            person_is_busy: known.person_is_busy,
            active_holds: known.other_holds,
            visits_ahead: known.other_visits,
            ..self.facts(Capacity::Patient, 0)
        };
        match decide(None, &facts, Command::Hold, caller.now) {
            Ok(_) => Ok(None),
            Err(refusal) => Ok(Some(self.keep_answer(new, Err(refusal.into())).await)),
        }
    }

    /// Keeps what is answered to a hold; a rival's answer that is there already is the answer.
    async fn keep_answer(&self, new: &NewHold, answer: Result<Booked, Failure>) -> Outcome<Booked> {
        let Some(once) = new.once.as_ref().filter(|_| is_kept(&answer)) else {
            return answer.map_err(Fault::Told);
        };
        let json = serde_json::to_value(&answer).map_err(|e| Fault::Broken(e.to_string()))?;
        if self.batcher.keep((new.account, once.clone(), json, new.now)).await? {
            return answer.map_err(Fault::Told);
        }
        let mut connection = self.app_state.write.0.acquire().await?;
        match idempotency::find(&mut connection, new.account, once).await? {
            Some(kept) => replay(kept, once),
            None => answer.map_err(Fault::Told),
        }
    }
}

/// An answer as the database has it.
fn read(booked: Value) -> Outcome<Booked> {
    serde_json::from_value(booked)
        .map_err(|error| Fault::Broken(format!("a hold's answer: {error}")))
}
