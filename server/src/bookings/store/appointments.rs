//! The rows of appointments after the hold: reading, locking and changing them, and their events.

use chrono::{DateTime, Utc};
use nadi::actor::ActingRole;
use nadi::appointment::{Appointment, Event, State, Transition};
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId};
use nadi::permissions::Target;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::CANCEL_REASON;
use crate::encryption::seal_optional;
use crate::use_case::{Outcome, state};

/// An appointment as stored, with the clinic's policy.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: Uuid,
    pub reference: String,
    pub state: String,
    pub version: i32,
    pub expires_at: DateTime<Utc>,
    pub extensions: i16,
    pub clinic_id: Uuid,
    pub doctor_id: Uuid,
    pub location_id: Uuid,
    pub visit_type_id: Uuid,
    pub slot_id: i64,
    pub slot_span: i16,
    pub person_id: Uuid,
    pub booked_by: Uuid,
    pub mode: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub time_zone: String,
    pub fee_minor_units: i64,
    pub currency: String,
    pub code_counter: i16,
    pub code_tries: i16,
    pub created_at: DateTime<Utc>,
    pub cancel_notice_minutes: i32,
    /// The doctor is listed.
    pub takes_bookings: bool,
}

impl Stored {
    /// The part that the rules in `nadi::appointment` work on.
    ///
    /// # Errors
    /// When the stored state is unknown.
    pub fn appointment(&self) -> Outcome<Appointment> {
        Ok(Appointment {
            id: AppointmentId(self.id),
            state: state(&self.state)?,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            expires_at: self.expires_at,
            extensions: self.extensions,
            code_counter: self.code_counter,
            code_tries: self.code_tries,
            version: self.version,
        })
    }

    /// Whose it is, for permissions.
    pub fn target(&self) -> Target {
        let booked_by = AccountId(self.booked_by);
        Target::appointment(booked_by, DoctorId(self.doctor_id), ClinicId(self.clinic_id))
    }
}

/// Selects all columns of a [`Stored`] by the appointment's id; `$rest` may lock.
macro_rules! stored {
    ($from:tt, $rest:tt, $id:expr) => {
        sqlx::query_as!(
            Stored,
            r#"select a.id, a.reference, a.state, a.version, a.expires_at, a.extensions, a.clinic_id,
                      a.doctor_id, a.location_id, a.visit_type_id, a.slot_id, a.slot_span,
                      a.person_id, a.booked_by, a.mode, a.starts_at, a.ends_at, a.time_zone,
                      a.fee_minor_units, a.currency as "currency!", a.code_counter, a.code_tries,
                      a.created_at, c.cancel_notice_minutes,
                      (d.status = 'listed' and d.archived_at is null) as "takes_bookings!"
               from "#
                + $from
                + r#" a
               join clinics c on c.id = a.clinic_id
               join doctors d on d.id = a.doctor_id
               where a.id = $1 "#
                + $rest,
            $id
        )
    };
}

/// An appointment that is not in the archive.
pub async fn find(connection: &mut PgConnection, id: AppointmentId) -> Result<Option<Stored>> {
    stored!("appointments", "", id.0).fetch_optional(connection).await
}

/// Loads an appointment and locks it: every later change of it waits for this transaction.
pub async fn lock(connection: &mut PgConnection, id: AppointmentId) -> Result<Option<Stored>> {
    stored!("appointments", "for update of a", id.0).fetch_optional(connection).await
}

/// An appointment in the archive, where rows no longer change.
pub async fn archived(connection: &mut PgConnection, id: AppointmentId) -> Result<Option<Stored>> {
    stored!("archived_appointments", "", id.0).fetch_optional(connection).await
}

/// Who changed an appointment, and why.
#[derive(Clone, Debug)]
pub struct By {
    pub role: ActingRole,
    pub account: Option<AccountId>,
    pub reason: Option<String>,
    /// The language of the request; `None` without one.
    pub locale: Option<&'static str>,
}

/// Writes a transition, also into `stored`. The version rises by one if the transition has an event.
pub async fn save(
    connection: &mut PgConnection,
    stored: &mut Stored,
    transition: &Transition,
    by: &By,
    now: DateTime<Utc>,
) -> Result<()> {
    let told = transition.event.is_some();
    let reason = seal_optional(CANCEL_REASON, stored.id, by.reason.as_deref())?;
    stored.version = sqlx::query_scalar!(
        "update appointments
         set state = $2, code_counter = $3, code_tries = $4, expires_at = $5, extensions = $6,
             version = version + case when $7::bool then 1 else 0 end, updated_at = $8,
             cancelled_by = case when $2 = 'cancelled' then $9 else cancelled_by end,
             cancel_reason = case when $2 = 'cancelled' then $10 else cancel_reason end
         where id = $1
         returning version",
        stored.id,
        transition.to.as_str(),
        transition.code_counter,
        transition.code_tries,
        transition.expires_at,
        transition.extensions,
        told,
        now,
        by.role.as_str(),
        reason
    )
    .fetch_one(&mut *connection)
    .await?;
    stored.state = transition.to.as_str().to_owned();
    stored.code_counter = transition.code_counter;
    stored.code_tries = transition.code_tries;
    stored.expires_at = transition.expires_at;
    stored.extensions = transition.extensions;
    Ok(())
}

/// What an event has in addition to the appointment after the change.
#[derive(Clone, Debug, Default)]
pub struct EventDetail {
    /// For a move: where it was before.
    pub moved_from: Option<PreviousTime>,
    /// For what was reopened: the state that was undone.
    pub undone: Option<State>,
}

/// The time and place that a moved appointment had before.
#[derive(Clone, Debug)]
pub struct PreviousTime {
    pub slot_id: i64,
    pub location_id: Uuid,
    pub mode: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub time_zone: String,
}

impl From<&Stored> for PreviousTime {
    fn from(stored: &Stored) -> Self {
        Self {
            slot_id: stored.slot_id,
            location_id: stored.location_id,
            mode: stored.mode.clone(),
            starts_at: stored.starts_at,
            ends_at: stored.ends_at,
            time_zone: stored.time_zone.clone(),
        }
    }
}

/// Writes an event of an appointment. Call it after the row and the claims were changed: it reads them.
pub async fn insert_event(
    connection: &mut PgConnection,
    stored: &Stored,
    event: Event,
    detail: &EventDetail,
    by: &By,
    now: DateTime<Utc>,
) -> Result<()> {
    let previous = detail.moved_from.as_ref();
    sqlx::query!(
        "insert into events (type, subject_id, subject_version, doctor_id, actor, actor_account_id,
                             locale, occurred_at, data)
         select $1, a.id, a.version, a.doctor_id, $3, $4, $13, $5,
                jsonb_strip_nulls(jsonb_build_object(
                    'account', a.booked_by, 'location', a.location_id, 'mode', a.mode,
                    'starts_at', a.starts_at, 'ends_at', a.ends_at, 'slots', v.slots,
                    'capacity', v.capacity, 'seats_left', v.seats_left,
                    'code_counter', a.code_counter,
                    'moved_from', case when $7::bigint is not null then jsonb_build_object(
                        'location', $8::uuid, 'mode', $9::text, 'starts_at', $10::timestamptz,
                        'ends_at', $11::timestamptz, 'time_zone', $12::text, 'slots', f.slots,
                        'capacity', f.capacity, 'seats_left', f.seats_left) end,
                    'undone', $6::text))
         from appointments a
         cross join lateral visit_slots(a.slot_id, a.slot_span, $5, '{}') v
         left join lateral visit_slots($7, a.slot_span, $5, '{}') f on $7 is not null
         where a.id = $2",
        event.as_str(),
        stored.id,
        by.role.as_str(),
        by.account.map(|account| account.0),
        now,
        detail.undone.map(State::as_str),
        previous.map(|previous| previous.slot_id),
        previous.map(|previous| previous.location_id),
        previous.map(|previous| previous.mode.as_str()),
        previous.map(|previous| previous.starts_at),
        previous.map(|previous| previous.ends_at),
        previous.map(|previous| previous.time_zone.as_str()),
        by.locale
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the slot, time and place that an appointment has just claimed.
pub async fn place(connection: &mut PgConnection, stored: &Stored) -> Result<()> {
    sqlx::query!(
        "update appointments
         set slot_id = $2, location_id = $3, mode = $4, starts_at = $5, ends_at = $6, time_zone = $7
         where id = $1",
        stored.id,
        stored.slot_id,
        stored.location_id,
        stored.mode,
        stored.starts_at,
        stored.ends_at,
        stored.time_zone
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lapsed holds that are not yet marked as expired.
pub async fn lapsed(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<AppointmentId>> {
    let ids = sqlx::query_scalar!(
        "select distinct appointment_id from seats
         where held_until <= $1 and held_until < 'infinity'
         order by appointment_id
         limit $2",
        now,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(AppointmentId).collect())
}
