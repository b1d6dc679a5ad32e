//! Whether an account may move an appointment, and why a slot cannot be taken. For the directory, which shows
//! free times.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{Capacity, SignedIn};
use nadi::appointment::{Command, Refusal};
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, PersonId, SlotId};
use nadi::ports::TimesFor;
use sqlx::PgConnection;

use crate::bookings::store::{appointments, hold_facts};
use crate::use_case::Outcome;

/// The capacity in which this account may move the appointment.
///
/// # Errors
/// [`Failure::NotFound`] when it may not, or when there is no such appointment.
pub async fn capacity_to_move(
    connection: &mut PgConnection,
    account: &SignedIn,
    appointment: AppointmentId,
) -> Outcome<Capacity> {
    let stored = appointments::find(connection, appointment).await?;
    let stored = stored.ok_or(Failure::NotFound)?;
    let capacity = account
        .capacity_to(
            Command::Reschedule,
            AccountId(stored.booked_by),
            DoctorId(stored.doctor_id),
            ClinicId(stored.clinic_id),
        )
        .ok_or(Failure::NotFound)?;
    Ok(capacity)
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
