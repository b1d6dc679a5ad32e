//! Holds of visitors: what is typed for them, and how a confirmed one moves to the account of the proven address.

use chrono::{DateTime, Duration, Utc};
use nadi::actor::{Actor, Caller, Owner};
use nadi::appointment::{Appointment, CODE_TRIES, Facts, Proof, Refusal, State, Transition};
use nadi::ids::{AccountId, AppointmentId, PersonId};
use nadi::input::Code;
use nadi::ports::{Change, Contact, KnownAccount};
use nadi::{Failure, Field, Problem};
use sqlx::PgConnection;

use crate::accounts::visitors::{self, Destination};
use crate::bookings::store::appointments::Stored;
use crate::bookings::store::visitor_visits;
use crate::keys::Purpose;
use crate::security_log;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome};

/// For how long a visitor's browser may look at an appointment that it has confirmed.
const VISIBLE_FOR: Duration = Duration::hours(24);
/// For how long after confirming an appointment its code signs in, and how often it is compared. More than once, because
/// of double clicks and lost answers.
const SIGNS_IN_FOR: Duration = Duration::minutes(10);
const SIGN_IN_TRIES_MAX: i16 = 5;
/// The number of the code that a hold begins with. Only `SendCode` sends a visitor one, with a higher number.
const FIRST_CODE: i16 = 1;

/// The part of a change that only a visitor's hold has.
pub(super) struct VisitorHold {
    visitor: Owner,
    /// The visitor's person it is for.
    held_for: PersonId,
    /// What was typed before, or comes with this change.
    contact: Option<Contact>,
    /// Where it moves to when this change confirms it.
    destination: Option<Destination>,
    /// The account that is to have the patient can have no further person.
    is_full: bool,
}

impl VisitorHold {
    /// Reads what was typed. If the code is right, also finds the account that the appointment moves to, and the facts
    /// about it. `None`: that account is just being changed, and the transaction must be run again.
    ///
    /// # Errors
    /// `TooManyTries` for a code when too many were wrong for the address; `Refused` with `CodeSpent`.
    pub async fn read(
        app_state: &AppState,
        connection: &mut PgConnection,
        visitor: Owner,
        stored: &Stored,
        change: &Change,
        facts: &mut Facts,
        caller: &Caller,
    ) -> Outcome<Option<Self>> {
        let now = caller.now;
        let held_for = PersonId(stored.person_id);
        let mut hold = Self { visitor, held_for, contact: None, destination: None, is_full: false };
        hold.contact = match change {
            Change::SendCode { contact: Some(contact) } => {
                hold.is_full = !visitors::has_room(connection, visitor.account, contact).await?;
                Some(contact.clone())
            }
            // What was typed for an earlier hold does not count: no code was sent for this one.
            _ if stored.code_counter == FIRST_CODE => None,
            _ => visitors::contact(connection, visitor.account, held_for).await?,
        };
        let Some(contact) = &hold.contact else {
            // Nobody has been sent a code.
            facts.proof = Proof::WrongCode;
            return Ok(Some(hold));
        };
        if !is_tried(&stored.appointment()?, change, facts, now) {
            return Ok(Some(hold));
        }
        let is_right = facts.proof == Proof::RightCode;
        let is_first = stored.code_tries == 0;
        visitors::count_try(app_state, caller, contact, is_first, is_right)?;
        if !is_right {
            return Ok(Some(hold));
        }
        let Some(destination) = visitors::find_destination(connection, contact, now).await? else {
            return Ok(None);
        };
        if let Some(account) = destination.account {
            let person = destination.person;
            let room = visitor_visits::room(connection, stored, account, person, now).await?;
            facts.person_is_busy = room.person_is_busy;
            facts.visits_ahead = room.visits_ahead;
        }
        hold.is_full = destination.is_full;
        hold.destination = Some(destination);
        Ok(Some(hold))
    }

    /// The decision, unless the account has no room for the patient.
    pub fn or_no_room(&self, decision: Result<Transition, Refusal>) -> Result<Transition, Refusal> {
        match decision {
            Ok(_) if self.is_full => Err(Refusal::TooManyPeople),
            decision => decision,
        }
    }

    /// # Errors
    /// `Invalid` as long as no address was typed.
    pub fn must_have_contact(&self, change: &Change) -> Outcome<()> {
        let needs_one = matches!(change, Change::Confirm { .. } | Change::SendCode { .. });
        if needs_one && self.contact.is_none() {
            return Err(Failure::field(Field::Email, Problem::Missing).into());
        }
        Ok(())
    }

    /// Writes what was typed, for the code that is about to be sent.
    ///
    /// # Errors
    /// `TooManyTries` when too many codes were sent to the address; `TooManyPeople`.
    pub async fn save_contact(
        &self,
        app_state: &AppState,
        connection: &mut PgConnection,
        stored: &mut Stored,
        caller: &Caller,
    ) -> Outcome<()> {
        let Some(contact) = &self.contact else { return Ok(()) };
        visitors::count_code(app_state, caller, contact)?;
        let person = visitors::save_contact(connection, self.visitor, contact, caller.now).await?;
        visitor_visits::set_person(connection, stored, person).await?;
        Ok(())
    }

    /// Makes the account and the person that the appointment moves to, if there are none, and ends lapsed holds that
    /// are in the way there. Before the seats are locked.
    pub async fn make_room(
        &self,
        connection: &mut PgConnection,
        stored: &Stored,
        now: DateTime<Utc>,
    ) -> Outcome<(AccountId, PersonId)> {
        let (Some(contact), Some(destination)) = (&self.contact, self.destination) else {
            return Err(Fault::Broken("a visitor's hold without an address".into()));
        };
        let (account, person) = visitors::settle(connection, contact, destination, now).await?;
        visitor_visits::expire_lapsed(connection, stored, account, person, now).await?;
        Ok((account, person))
    }

    /// Moves the confirmed appointment. `false`: another transaction has taken the last visit with the doctor.
    pub async fn hand_over(
        &self,
        connection: &mut PgConnection,
        stored: &mut Stored,
        (account, person): (AccountId, PersonId),
        visits_max: i16,
        now: DateTime<Utc>,
    ) -> Outcome<bool> {
        if !visitor_visits::hand_over(connection, stored, account, person, visits_max, now).await? {
            return Ok(false);
        }
        let visitor = self.visitor.account;
        visitor_visits::insert(connection, stored, visitor, self.held_for, now).await?;
        Ok(true)
    }
}

/// Does this change confirm the hold if its code is right, as far as the hold alone tells?
fn is_tried(held: &Appointment, change: &Change, facts: &Facts, now: DateTime<Utc>) -> bool {
    matches!(change, Change::Confirm { code: Some(_) })
        && facts.takes_bookings
        && held.state_at(now) == State::Pending
        && held.code_tries < CODE_TRIES
        && facts.proof != Proof::CodeTooOld
}

/// The visitor's person that an appointment was held for, if this visitor has confirmed it within a day.
pub(super) async fn was_held_for(
    connection: &mut PgConnection,
    visitor: Owner,
    appointment: AppointmentId,
    now: DateTime<Utc>,
) -> Outcome<Option<PersonId>> {
    if !visitor.is_visitor {
        return Ok(None);
    }
    let since = now - VISIBLE_FOR;
    Ok(visitor_visits::held_for(connection, appointment, visitor.account, since).await?)
}

/// Does this visitor hold a time?
pub(super) async fn holds_a_time(
    app_state: &AppState,
    visitor: AccountId,
    now: DateTime<Utc>,
) -> Outcome<bool> {
    let mut connection = app_state.write.0.acquire().await?;
    Ok(visitor_visits::holds_a_time(&mut connection, visitor, now).await?)
}

/// See [`nadi::ports::Bookings::account_after_confirming`].
pub(super) async fn account_after_confirming(
    app_state: &AppState,
    caller: &Caller,
    appointment: AppointmentId,
    code: &Code,
) -> Outcome<Option<KnownAccount>> {
    let Actor::Visitor(Some(visitor)) = caller.actor else { return Ok(None) };
    let mut connection = app_state.write.0.acquire().await?;
    let (visitor, since) = (visitor.account, caller.now - SIGNS_IN_FOR);
    // Counted before the code is compared, so that it cannot be guessed.
    let visit = visitor_visits::count_sign_in_try(
        &mut connection,
        appointment,
        visitor,
        since,
        SIGN_IN_TRIES_MAX,
    );
    let Some(visit) = visit.await? else { return Ok(None) };
    let keys = app_state.keys.macs(Purpose::Codes);
    if !keys.any(|key| key.matches(appointment, visit.code_counter, code)) {
        security_log::wrong_code(app_state, caller, "booking", appointment.0);
        return Ok(None);
    }
    let account = AccountId(visit.account);
    let found = visitors::protected_by_code_only(&mut connection, account).await?;
    if let Some(account) = &found {
        security_log::signed_in(app_state, caller, "booking_code", account.id);
    }
    Ok(found)
}

/// What is told about an appointment that the caller may not see, and about one that does not exist. A visitor may be
/// somebody who has an account and has not signed in yet.
pub(super) fn hidden(from: Owner) -> Failure {
    if from.is_visitor { Failure::SignInFirst } else { Failure::NotFound }
}
