//! Changes of an existing appointment: confirm, extend, move, cancel, check in and so on.

use chrono::{DateTime, Utc};
use nadi::actor::{ActingRole, Caller, Owner};
use nadi::appointment::{CODE_VALID_FOR, Claims, Facts, Proof, Refusal, State, Transition, decide};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId, DoctorId, PersonId, SlotId};
use nadi::input::{Code, optional_lines};
use nadi::permissions::Permission;
use nadi::ports::{Booked, Change, Seen};
use nadi::{Failure, Field, Problem};
use sqlx::{PgConnection, Postgres, Transaction};

use super::{BookingService, ROUNDS_MAX, booked, violates};
use crate::accounts;
use crate::accounts::visitors;
use crate::bookings::idempotency::{describe_change, replay};
use crate::bookings::show::{history_entry, undo};
use crate::bookings::store::appointment_rows as rows;
use crate::bookings::store::appointments;
use crate::bookings::store::appointments::{By, EventDetail, PreviousTime, Stored};
use crate::bookings::store::idempotency;
use crate::bookings::store::idempotency::RequestKey;
use crate::bookings::store::{claims, hold_facts};
use crate::bookings::visitor_holds::{VisitorHold, hidden, was_held_for};
use crate::database::{is_lock_timeout, is_transient};
use crate::keys::Purpose;
use crate::limits::rules;
use crate::security_log;
use crate::use_case::{Fault, Outcome, state, zone};

/// The outcome of one run of the transaction. `None`: another transaction took the seat or time first, so it
/// must run again; the next run reads that and refuses.
type Run = Option<Result<Booked, Failure>>;

/// A change that was decided.
struct Written<'a> {
    change: &'a Change,
    transition: &'a Transition,
    by: &'a mut By,
    caller: &'a Caller,
}

impl BookingService {
    pub(super) async fn change_appointment(
        &self,
        caller: &Caller,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        key: Option<&IdempotencyKey>,
    ) -> Outcome<Booked> {
        let owner = caller.owner()?;
        let change = cleaned(change, owner, caller)?;
        let request_key = key
            .map(|key| self.request_key(owner.account, key, &describe_change(id, &change, seen)));
        for _ in 0..ROUNDS_MAX {
            match self.run_change(caller, owner, id, &change, seen, request_key.as_ref()).await {
                Ok(Some(answer)) => return answer.map_err(Fault::Failure),
                Ok(None) => {}
                Err(Fault::Database(error)) if is_transient(&error) => {}
                Err(Fault::Database(error)) if is_lock_timeout(&error) => {
                    return Err(Failure::StillRunning.into());
                }
                Err(Fault::Database(error))
                    if violates(&error, "patient_times_no_overlap")
                        || violates(&error, "patient_times_visit_number_key")
                        || violates(&error, "seats_slot_capacity") => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(Refusal::Crowded.into())
    }

    async fn run_change(
        &self,
        caller: &Caller,
        owner: Owner,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        request_key: Option<&RequestKey>,
    ) -> Outcome<Run> {
        let now = caller.now;
        let mut transaction = self.app_state.write.begin().await?;
        if let Some(request_key) = request_key {
            idempotency::enter(&mut transaction, request_key).await?;
            if let Some(kept) =
                idempotency::find(&mut transaction, owner.account, request_key).await?
            {
                return replay(kept, request_key).map(|booked| Some(Ok(booked)));
            }
        }
        let current = appointments::lock(&mut transaction, id).await?;
        let is_archived = current.is_none();
        let mut stored = match current {
            Some(stored) => stored,
            None => appointments::archived(&mut transaction, id).await?.ok_or(hidden(owner))?,
        };
        let Some(role) = caller.acting_role_to(change.command(), &stored.target()) else {
            let answer = confirmed_before(&mut transaction, &stored, change, owner, now).await?;
            if answer.is_err() {
                security_log::refused(caller, Permission::ChangeAppointments, Some(id.0));
            }
            return self.finish(transaction, owner, request_key, answer, now).await;
        };
        let appointment = stored.appointment()?;
        let mut facts = self.change_facts(&mut transaction, &stored, change, role, caller).await?;
        let mut visitor_hold = None;
        if owner.is_visitor {
            let (app_state, facts) = (&self.app_state, &mut facts);
            let read = VisitorHold::read(
                app_state,
                &mut transaction,
                owner,
                &stored,
                change,
                facts,
                caller,
            );
            let Some(read) = read.await? else {
                transaction.rollback().await?;
                return Ok(None);
            };
            visitor_hold = Some(read);
        }
        let mut decision = decide(Some(&appointment), &facts, change.command(), now);
        if let Some(hold) = &visitor_hold {
            decision = hold.or_no_room(decision);
        }
        let mut was_confirmed = false;
        let answer = match decision {
            // Nothing to do: the appointment is already in the wanted state.
            Ok(transition) if !transition.changes(&appointment) => Ok(booked(&stored)?),
            _ if !seen.admits(stored.version) => Err(Failure::Stale),
            Ok(_) if is_archived => Err(Refusal::AlreadyOver.into()),
            Err(refusal) => Err(refusal.into()),
            Ok(transition) => {
                if let Some(hold) = &visitor_hold {
                    hold.must_have_contact(change)?;
                }
                must_be_complete(change, &facts, appointment.state)?;
                let mut by = By {
                    role,
                    account: Some(owner.account),
                    reason: reason(change),
                    locale: Some(app::i18n::current().code()),
                };
                let detail = EventDetail {
                    moved_from: (transition.claims == Claims::Move)
                        .then(|| PreviousTime::from(&stored)),
                    undone: (change == &Change::Reopen).then_some(appointment.state),
                };
                let written = Written { change, transition: &transition, by: &mut by, caller };
                if !self
                    .write(&mut transaction, &mut stored, written, visitor_hold.as_ref())
                    .await?
                {
                    transaction.rollback().await?;
                    return Ok(None);
                }
                if let Some(event) = transition.event {
                    appointments::insert_event(&mut transaction, &stored, event, &detail, &by, now)
                        .await?;
                }
                was_confirmed = transition.claims == Claims::MakePermanent;
                // A wrong code is saved before it is refused, because it has used up one of the tries.
                match transition.refusal {
                    None => Ok(booked(&stored)?),
                    Some(refusal) => Err(refusal.into()),
                }
            }
        };
        if let Err(Failure::Refused(Refusal::WrongCode { .. } | Refusal::CodeSpent)) = &answer {
            security_log::wrong_code(&self.app_state, caller, "booking", id.0);
        }
        let run = self.finish(transaction, owner, request_key, answer, now).await?;
        self.app_state.tell(DoctorId(stored.doctor_id));
        if was_confirmed {
            rules::hold_was_confirmed(&self.app_state, caller, owner);
        }
        Ok(run)
    }

    /// Stores the answer under the request's key, and commits.
    async fn finish(
        &self,
        mut transaction: Transaction<'_, Postgres>,
        owner: Owner,
        request_key: Option<&RequestKey>,
        answer: Result<Booked, Failure>,
        now: DateTime<Utc>,
    ) -> Outcome<Run> {
        let kept =
            self.store_answer(&mut transaction, owner.account, request_key, answer, now).await;
        transaction.commit().await?;
        match kept {
            Ok(booked) => Ok(Some(Ok(booked))),
            Err(Fault::Failure(failure)) => Ok(Some(Err(failure))),
            Err(fault) => Err(fault),
        }
    }

    /// Writes the change as decided, except its event. `false`: what it needs has just been taken.
    async fn write(
        &self,
        connection: &mut PgConnection,
        stored: &mut Stored,
        Written { change, transition, by, caller }: Written<'_>,
        visitor_hold: Option<&VisitorHold>,
    ) -> Outcome<bool> {
        let now = caller.now;
        let is_confirmed = transition.claims == Claims::MakePermanent;
        let mut moves_to = None;
        match (visitor_hold, change) {
            (Some(hold), Change::SendCode { .. }) => {
                hold.save_contact(&self.app_state, connection, stored, caller).await?;
            }
            (Some(hold), _) if is_confirmed => {
                let (account, person) = hold.make_room(connection, stored, now).await?;
                by.account = Some(account);
                moves_to = Some((hold, (account, person)));
            }
            _ => {}
        }
        if !self.carry_out(connection, stored, change, transition, by, caller).await? {
            return Ok(false);
        }
        match moves_to {
            Some((hold, to)) => {
                let visits_max = self.app_state.settings.visits_per_doctor;
                hold.hand_over(connection, stored, to, visits_max, now).await
            }
            None => {
                if is_confirmed {
                    // A code proves the address. Without a code it was proven before, and this changes nothing.
                    let account = AccountId(stored.booked_by);
                    accounts::verify_email(connection, account, now).await?;
                }
                Ok(true)
            }
        }
    }

    async fn change_facts(
        &self,
        connection: &mut PgConnection,
        stored: &Stored,
        change: &Change,
        role: ActingRole,
        caller: &Caller,
    ) -> Outcome<Facts> {
        let mut facts = self.facts(role, stored.cancel_notice_minutes);
        facts.takes_bookings = stored.takes_bookings;
        match change {
            Change::Confirm { code } => {
                facts.proof = self.proof(connection, stored, code.as_ref(), caller).await?;
            }
            Change::Reschedule { slot } => {
                let (own, span) = (Some(AppointmentId(stored.id)), stored.slot_span);
                let doctor = Some(DoctorId(stored.doctor_id));
                let now = caller.now;
                facts.slot =
                    hold_facts::slot_facts(connection, *slot, span, doctor, own, now).await?;
                let person = PersonId(stored.person_id);
                facts.person_is_busy =
                    hold_facts::person_is_busy(connection, person, *slot, span, own, now).await?;
            }
            Change::Reopen => {
                let history = rows::history(connection, AppointmentId(stored.id)).await?;
                let zone = zone(&stored.time_zone)?;
                let history = history.into_iter().map(|row| history_entry(row, zone));
                let history = history.collect::<Outcome<Vec<_>>>()?;
                let visit = (AppointmentId(stored.id), stored.starts_at, zone);
                let undo = undo(connection, visit, &history, caller.now).await?;
                facts.person_is_busy = undo.is_some_and(|(_, busy)| busy);
                facts.undo = undo.map(|(undo, _)| undo);
            }
            _ => {}
        }
        Ok(facts)
    }

    async fn proof(
        &self,
        connection: &mut PgConnection,
        stored: &Stored,
        code: Option<&Code>,
        caller: &Caller,
    ) -> Outcome<Proof> {
        // A visitor's address is proven by nothing but the code.
        let is_signed_in = caller.signed_in().is_ok();
        if is_signed_in && self.needs_no_code(connection, AccountId(stored.booked_by)).await? {
            return Ok(Proof::NotNeeded);
        }
        let id = AppointmentId(stored.id);
        let sent_at = rows::code_sent_at(connection, id).await?.unwrap_or(stored.created_at);
        if sent_at + CODE_VALID_FOR <= caller.now {
            return Ok(Proof::CodeTooOld);
        }
        let keys = self.app_state.keys.macs(Purpose::Codes);
        let right =
            code.is_some_and(|code| keys.any(|key| key.matches(id, stored.code_counter, code)));
        Ok(if right { Proof::RightCode } else { Proof::WrongCode })
    }

    /// Changes the claims and the row as decided. `false`: the wanted seat or time has just been taken.
    async fn carry_out(
        &self,
        connection: &mut PgConnection,
        stored: &mut Stored,
        change: &Change,
        transition: &Transition,
        by: &By,
        caller: &Caller,
    ) -> Outcome<bool> {
        let id = AppointmentId(stored.id);
        let held = match transition.claims {
            Claims::Keep | Claims::Make => true,
            Claims::Extend => claims::extend(connection, id, transition.expires_at).await?,
            Claims::MakePermanent => claims::make_permanent(connection, id).await?,
            Claims::MakeAgain => {
                if !claims::make_again(connection, stored, caller.now).await? {
                    return Ok(false);
                }
                true
            }
            Claims::Drop => {
                claims::drop(connection, id).await?;
                true
            }
            Claims::Move => {
                let Change::Reschedule { slot } = change else {
                    return Err(Fault::Broken("a move without a new slot".into()));
                };
                if !move_to(connection, stored, *slot, caller).await? {
                    return Ok(false);
                }
                true
            }
        };
        if !held {
            return Err(Fault::Broken(format!("appointment {id} has lost its seat")));
        }
        appointments::save(connection, stored, transition, by, caller.now).await?;
        Ok(true)
    }
}

/// Claims the new time, then releases the old one. `false`: the new time is taken.
async fn move_to(
    connection: &mut PgConnection,
    stored: &mut Stored,
    slot: SlotId,
    caller: &Caller,
) -> Outcome<bool> {
    let (doctor, span) = (DoctorId(stored.doctor_id), stored.slot_span);
    let Some(target) = claims::target(connection, doctor, slot, span, caller.now).await? else {
        return Ok(false);
    };
    let person = PersonId(stored.person_id);
    claims::expire_conflicting(connection, &target, span, person, caller.now).await?;
    if !claims::move_seats(connection, stored, &target).await? {
        return Ok(false);
    }
    if !claims::move_time(connection, stored, &target).await? {
        return Err(Fault::Broken(format!("appointment {} has lost its time", stored.id)));
    }
    stored.slot_id = target.slot_id;
    stored.starts_at = target.starts_at;
    stored.ends_at = target.ends_at;
    stored.location_id = target.location_id;
    stored.mode = target.mode;
    stored.time_zone = target.time_zone;
    appointments::place(connection, stored).await?;
    Ok(true)
}

/// Fields that are optional only in some cases.
fn must_be_complete(change: &Change, facts: &Facts, state: State) -> Outcome<()> {
    match change {
        Change::Confirm { code: None } if facts.proof != Proof::NotNeeded => {
            Err(Failure::field(Field::Code, Problem::Missing).into())
        }
        // The patient reads why the clinic cancels.
        Change::Cancel { reason: None }
            if facts.by != ActingRole::Patient && state == State::Confirmed =>
        {
            Err(Failure::field(Field::Reason, Problem::Missing).into())
        }
        _ => Ok(()),
    }
}

fn reason(change: &Change) -> Option<String> {
    match change {
        Change::Cancel { reason } => reason.clone(),
        _ => None,
    }
}

/// The change with what was typed in the form in which it is stored.
fn cleaned(change: &Change, owner: Owner, caller: &Caller) -> Outcome<Change> {
    match change {
        Change::Cancel { reason: Some(text) } => {
            let text = optional_lines(Field::Reason, text, 300)?;
            Ok(Change::Cancel { reason: (!text.is_empty()).then_some(text) })
        }
        // The address of an account is not changed in passing.
        Change::SendCode { contact: Some(_) } if !owner.is_visitor => {
            Err(Failure::Malformed.into())
        }
        Change::SendCode { contact: Some(contact) } => {
            let contact = visitors::clean_contact(contact, caller.now)?;
            Ok(Change::SendCode { contact: Some(contact) })
        }
        _ => Ok(change.clone()),
    }
}

/// The answer about an appointment in which the caller has no role. A visitor who has just confirmed it, and does so
/// again, is told that it is confirmed.
async fn confirmed_before(
    connection: &mut PgConnection,
    stored: &Stored,
    change: &Change,
    owner: Owner,
    now: DateTime<Utc>,
) -> Outcome<Result<Booked, Failure>> {
    let held_for = was_held_for(connection, owner, AppointmentId(stored.id), now).await?;
    if held_for.is_some()
        && matches!(change, Change::Confirm { .. })
        && state(&stored.state)? == State::Confirmed
    {
        return Ok(Ok(booked(stored)?));
    }
    Ok(Err(hidden(owner)))
}
