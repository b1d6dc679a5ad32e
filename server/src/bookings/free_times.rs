//! Whether an account may move an appointment, and why a slot cannot be taken. For the directory, which shows
//! free times.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{ActingRole, Caller};
use nadi::appointment::{Command, Refusal};
use nadi::ids::{AppointmentId, DoctorId, PersonId, SlotId};
use nadi::permissions::Permission;
use nadi::ports::TimesFor;
use sqlx::PgConnection;

use crate::bookings::store::{appointments, hold_facts};
use crate::permission_checks::PermissionChecks as _;
use crate::use_case::Outcome;

/// The role in which the caller may move the appointment.
///
/// # Errors
/// [`Failure::SignInFirst`]; [`Failure::NotFound`] when it may not, or when there is no such appointment.
pub async fn role_to_move(
    connection: &mut PgConnection,
    caller: &Caller,
    appointment: AppointmentId,
) -> Outcome<ActingRole> {
    caller.signed_in()?;
    let stored = appointments::find(connection, appointment).await?;
    let stored = stored.ok_or(Failure::NotFound)?;
    let role = caller.acting_role_to(Command::Reschedule, &stored.target());
    Ok(caller.must_act(role, Permission::ChangeAppointments, appointment.0)?)
}

/// The reason why a slot of this doctor that is not free cannot be taken.
///
/// # Errors
/// [`Failure::NotFound`] when it is for moving an appointment that does not exist.
pub async fn why_not_free(
    connection: &mut PgConnection,
    doctor: DoctorId,
    slot: SlotId,
    wanted: TimesFor,
    now: DateTime<Utc>,
) -> Outcome<Refusal> {
    let (span, moving) = match wanted {
        TimesFor::NewVisit { slot_span } => (slot_span, None),
        TimesFor::Move(id) => {
            let stored = appointments::find(connection, id).await?;
            let stored = stored.ok_or(Failure::NotFound)?;
            (stored.slot_span, Some((id, PersonId(stored.person_id))))
        }
    };
    let own = moving.map(|(id, _)| id);
    let facts = hold_facts::slot_facts(connection, slot, span, Some(doctor), own, now).await?;
    let busy = match moving {
        Some((id, person)) => {
            hold_facts::person_is_busy(connection, person, slot, span, Some(id), now).await?
        }
        None => false,
    };
    Ok(match facts {
        Some(facts) if facts.starts_at <= now => Refusal::InThePast,
        Some(facts) if facts.offered && facts.seats_free <= 0 => Refusal::Taken,
        Some(facts) if facts.offered && busy => Refusal::PersonBusy,
        _ => Refusal::NotOffered,
    })
}
