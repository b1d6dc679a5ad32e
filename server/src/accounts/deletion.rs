//! Deleting an account.
//!
//! Clinics have to keep records of visits that took place, so these appointments stay, with the patient's name and
//! without contact data. Everything else that identifies somebody is removed. The row of the account stays, without
//! an address, because appointments, reviews and the event log name its id.

use nadi::actor::{ActingRole, Caller};
use nadi::appointment::Refusal;
use nadi::events::{AccountEvent, NewEvent};
use nadi::notification_rules::AccountTemplate;

use super::notices::{Notice, lock_account, recently_proved, tell};
use super::store::deletion as rows;
use crate::clinic::invitations;
use crate::events::{self, Author};
use crate::state::AppState;
use crate::use_case::Outcome;
use crate::{feeds, reviews};

/// Deletes the caller's account, and sends a message to the address that it had.
///
/// A visitor who confirms an appointment for the same address at this moment waits for the lock of the account, and
/// then gets a new account. A hold that the account itself makes at this moment lapses, because nobody can confirm it.
pub async fn delete(app_state: &AppState, caller: &Caller) -> Outcome<()> {
    let (id, now) = (recently_proved(caller)?.account, caller.now);
    let mut transaction = app_state.write.begin().await?;
    let reached = lock_account(&mut transaction, id).await?;
    let found = rows::obstacles(&mut transaction, id, now).await?;
    if found.has_role {
        return Err(Refusal::StillOnStaff.into());
    }
    if found.has_visits_ahead {
        return Err(Refusal::HasAppointments.into());
    }

    let by = Author::of(caller, ActingRole::Patient);
    let doctors = reviews::make_anonymous(&mut transaction, id, by, now).await?;
    feeds::end_all(&mut transaction, id, by, now).await?;
    rows::delete_sign_in(&mut transaction, id, reached.email.as_deref()).await?;
    if let Some(email) = &reached.email {
        invitations::delete_of_address(&mut transaction, email).await?;
    }
    rows::forget_people(&mut transaction, id, now).await?;
    rows::archive(&mut transaction, id, now).await?;
    let event = NewEvent::account(AccountEvent::Deleted, id);
    let event = events::record(&mut transaction, &event, by, now).await?;
    let notice = Notice { event, template: AccountTemplate::AccountDeleted };
    tell(&mut transaction, id, &reached, notice, now).await?;
    transaction.commit().await?;

    for doctor in doctors {
        app_state.invalidation.invalidate_doctor(doctor);
    }
    app_state.event_written.notify_one();
    Ok(())
}
