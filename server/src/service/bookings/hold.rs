//! Holding a time.

use nadi::Failure;
use nadi::actor::{Caller, Capacity};
use nadi::appointment::{Command, Facts, Refusal, decide};
use nadi::ids::AppointmentId;
use nadi::once::OnceKey;
use nadi::ports::{Booked, HoldRequest};
use sqlx::PgConnection;

use super::once::{of_hold, replay};
use super::{BookingService, ROUNDS_MAX, booked, violates};
use crate::database::{is_lock_timeout, is_transient};
use crate::entropy::uuid_v7;
use crate::service::{Fault, Outcome};
use crate::store::holds::{self, NewHold};
use crate::store::once::{self, Once};
use crate::store::{appointments, people, wishes};

/// How often a hold waits in vain for a rival's commit before it is told to come back.
const WAITS_MAX: usize = 3;

impl BookingService {
    pub(super) async fn hold_time(
        &self,
        caller: &Caller,
        wish: &HoldRequest,
        key: Option<&OnceKey>,
    ) -> Outcome<Booked> {
        let account = caller.signed_in()?;
        let once = key.map(|key| self.once(account.account, key, &of_hold(wish)));
        let mut waits = 0;
        for _ in 0..ROUNDS_MAX {
            let new = NewHold {
                id: AppointmentId(uuid_v7(caller.now)),
                slot: wish.slot,
                visit_type: wish.visit_type,
                person: wish.person.unwrap_or(account.person),
                account: account.account,
                hold: self.engine.settings.hold,
                once: once.clone(),
            };
            match self.try_hold(&new, caller).await {
                Ok(Some(booked)) => {
                    self.engine.event_written.notify_one();
                    return serde_json::from_value(booked)
                        .map_err(|error| Fault::Broken(format!("a hold's answer: {error}")));
                }
                Ok(None) => {}
                Err(error) if is_transient(&error) => continue,
                Err(error) if is_lock_timeout(&error) => {
                    waits += 1;
                    self.must_not_be_running(once.as_ref()).await?;
                    if waits == WAITS_MAX {
                        return Err(Refusal::Crowded.into());
                    }
                    continue;
                }
                // The capacity it counted on has just changed: withdrawn, or made smaller.
                Err(error) if violates(&error, "seats_slot_capacity") => {}
                Err(error) => return Err(error.into()),
            }
            let mut connection = self.engine.write.0.acquire().await?;
            if let Some(once) = &once
                && let Some(kept) = once::find(&mut connection, account.account, once).await?
            {
                return replay(kept, once);
            }
            if let Some(answer) = self.why_not(&mut connection, &new, caller).await? {
                let (account, once) = (account.account, once.as_ref());
                return self.keep(&mut connection, account, once, answer, caller.now).await;
            }
            // It would be granted now: a seat came free, or a rival took the same seat of a group.
        }
        Err(Refusal::Crowded.into())
    }

    async fn try_hold(
        &self,
        new: &NewHold,
        caller: &Caller,
    ) -> sqlx::Result<Option<serde_json::Value>> {
        let mut transaction = self.engine.write.begin().await?;
        let booked = holds::take(&mut transaction, new, caller.now).await?;
        if booked.is_some() {
            transaction.commit().await?
        } else {
            transaction.rollback().await?
        }
        Ok(booked)
    }

    /// Something was waited for in vain: was it this very request, running elsewhere?
    async fn must_not_be_running(&self, once: Option<&Once>) -> Outcome<()> {
        let Some(once) = once else { return Ok(()) };
        let mut transaction = self.engine.write.begin().await?;
        let running = once::is_running(&mut transaction, once).await?;
        transaction.rollback().await?;
        if running { Err(Failure::StillRunning.into()) } else { Ok(()) }
    }

    /// The answer to a hold that did not come about; `None` when it might now.
    async fn why_not(
        &self,
        connection: &mut PgConnection,
        new: &NewHold,
        caller: &Caller,
    ) -> Outcome<Option<Result<Booked, Failure>>> {
        let now = caller.now;
        if !people::belongs_to(connection, new.person, new.account).await? {
            return Err(Failure::NotFound.into());
        }
        let own =
            wishes::own_on_slot(connection, new.person, new.slot, new.visit_type, now).await?;
        if let Some(id) = own
            && let Some(stored) = appointments::find(connection, id).await?
        {
            return Ok(Some(Ok(booked(&stored)?)));
        }
        let Some(span) = wishes::span(connection, new.slot, new.visit_type).await? else {
            return Ok(Some(Err(Refusal::NotOffered.into())));
        };
        let facts = Facts {
            slot: wishes::slot_facts(connection, new.slot, span, None, None, now).await?,
            person_is_busy: wishes::person_is_busy(
                connection, new.person, new.slot, span, None, now,
            )
            .await?,
            active_holds: wishes::other_holds(connection, new.account, new.person, new.slot, now)
                .await?,
            ..self.facts(Capacity::Patient, 0)
        };
        match decide(None, &facts, Command::Hold, now) {
            Ok(_) => Ok(None),
            Err(refusal) => Ok(Some(Err(refusal.into()))),
        }
    }
}
