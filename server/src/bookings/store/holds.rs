//! The statements of holds. They repeat the rules of `nadi::appointment::decide` as conditions, and each is a
//! transaction of its own. Not for the reasons of refusals, see [`crate::bookings::store::hold_facts`].
//!
//! Locks are taken in the same order everywhere, which avoids deadlocks: the request's key, appointments (by
//! id), seats, patients' times. Guards are claimed with `on conflict do nothing`, which waits for a concurrent
//! transaction instead of failing.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use nadi::appointment::reference;
use nadi::ids::{AccountId, AppointmentId, DoctorId, PersonId, SlotId, VisitTypeId};
use serde_json::Value;
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, Result};

use crate::bookings::store::idempotency::RequestKey;

/// The input of a hold.
#[derive(Clone, Debug)]
pub struct NewHold {
    pub id: AppointmentId,
    pub slot: SlotId,
    /// `None`: the clinic's default.
    pub visit_type: Option<VisitTypeId>,
    pub person: PersonId,
    pub account: AccountId,
    pub now: DateTime<Utc>,
    pub hold: Duration,
    /// How many holds the account or visitor may have at a time.
    pub holds_max: i16,
    /// How many future visits the account may have with one doctor.
    pub visits_max: i16,
    /// The host that follows the id in the appointment's UID in calendar files.
    pub uid_host: Arc<str>,
    pub request_key: Option<RequestKey>,
    /// The language of the request.
    pub locale: &'static str,
}

/// Claims the seats and the person's time, writes the appointment, its event and, for a request with a key,
/// the answer. Returns the answer, a [`nadi::ports::Booked`] as JSON.
///
/// Lapsed holds in the way are expired, with their events, and the person's hold with the same doctor (of a visitor,
/// any hold) is released. `None`: the hold was not granted (or the key was used before), and nothing was changed.
pub async fn take(connection: &mut PgConnection, new: &NewHold) -> Result<Option<Value>> {
    // Concurrent holds of a group slot start at different seats. Any number will do.
    let first_seat = (new.id.0.as_u128() & 0x7fff) as i32;
    let request_key = new.request_key.as_ref();
    let taken = sqlx::query_file_scalar!(
        "src/bookings/sql/hold_single.sql",
        new.now,
        new.slot.0,
        new.person.0,
        new.account.0,
        new.id.0,
        reference(new.id),
        interval(new.hold),
        first_seat,
        new.holds_max,
        new.visit_type.map(|kind| kind.0),
        request_key.map(|request_key| request_key.lock_key),
        request_key.map(|request_key| request_key.key.as_str()),
        request_key.map(|request_key| request_key.fingerprint.as_slice()),
        new.visits_max,
        &new.uid_host as &str,
        new.locale
    )
    .fetch_one(connection)
    .await;
    match taken {
        Err(error) if is_undone(&error) => Ok(None),
        taken => taken,
    }
}

/// The same for many holds in one statement. Returns the answers of those that were granted; the others must
/// be tried on their own, or refused.
///
/// # Errors
/// Also when another transaction holds a lock, or was faster: then nothing was written.
pub async fn take_batch(
    connection: &mut PgConnection,
    all: &[NewHold],
    hold: Duration,
    uid_host: &str,
) -> Result<Vec<Value>> {
    let column = Columns::of(all);
    let taken = sqlx::query_file_scalar!(
        "src/bookings/sql/hold_batch.sql",
        interval(hold),
        &column.ids as _,
        &column.references as _,
        &column.slots as _,
        &column.visit_types as _,
        &column.persons as _,
        &column.accounts as _,
        &column.moments as _,
        &column.lock_keys as _,
        &column.keys as _,
        &column.fingerprints as _,
        uid_host,
        &column.locales as _
    )
    .fetch_all(connection)
    .await?;
    Ok(taken.into_iter().flatten().collect())
}

/// Marks a lapsed hold as expired and releases its time. Returns the doctor it was with. `None`: it has not
/// lapsed, or is no hold any more.
pub async fn expire(
    connection: &mut PgConnection,
    id: AppointmentId,
    now: DateTime<Utc>,
) -> Result<Option<DoctorId>> {
    let doctor = sqlx::query_scalar!(
        r#"select doctor_id as "doctor_id!" from end_holds(array[$1::uuid], '{}', $2)"#,
        id.0,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(doctor.map(DoctorId))
}

/// Expires the lapsed holds on these slots, with their events.
pub async fn expire_lapsed(
    connection: &mut PgConnection,
    slots: &[i64],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "select from end_holds(
             array(select t.appointment_id from seats t where t.slot_id = any($1) and t.held_until <= $2),
             '{}', $2)",
        slots,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Holds, column by column.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<uuid::Uuid>,
    references: Vec<String>,
    slots: Vec<i64>,
    visit_types: Vec<Option<uuid::Uuid>>,
    persons: Vec<uuid::Uuid>,
    accounts: Vec<uuid::Uuid>,
    moments: Vec<DateTime<Utc>>,
    lock_keys: Vec<Option<i64>>,
    keys: Vec<Option<&'a str>>,
    fingerprints: Vec<Option<&'a [u8]>>,
    locales: Vec<&'static str>,
}

impl<'a> Columns<'a> {
    fn of(all: &'a [NewHold]) -> Self {
        let mut columns = Self::default();
        for new in all {
            let request_key = new.request_key.as_ref();
            columns.ids.push(new.id.0);
            columns.references.push(reference(new.id));
            columns.slots.push(new.slot.0);
            columns.visit_types.push(new.visit_type.map(|kind| kind.0));
            columns.persons.push(new.person.0);
            columns.accounts.push(new.account.0);
            columns.moments.push(new.now);
            columns.lock_keys.push(request_key.map(|request_key| request_key.lock_key));
            columns.keys.push(request_key.map(|request_key| request_key.key.as_str()));
            columns
                .fingerprints
                .push(request_key.map(|request_key| request_key.fingerprint.as_slice()));
            columns.locales.push(new.locale);
        }
        columns
    }
}

fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: duration.num_seconds() * 1_000_000 }
}

/// Did the statement roll itself back because a guard was taken? (The SQL function `undo_hold`.)
fn is_undone(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "ND001")
}
