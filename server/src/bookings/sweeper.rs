//! Marks lapsed holds as expired, and deletes old idempotency keys. Nothing waits for this job: the slot of a
//! hold is free from the instant at which the hold lapses. Also forgets what visitors have confirmed.

use chrono::Duration;
use nadi::idempotency::KEY_KEPT_HOURS;
use nadi::retention;

use crate::bookings::store::{appointments, holds, idempotency, visitor_visits};
use crate::database::{DELETED_AT_ONCE, is_lock_timeout};
use crate::state::AppState;

const BATCH: i64 = 200;
/// For how long it is remembered which visitor has confirmed an appointment: longer than its browser may show it.
const VISITS_KEPT: Duration = Duration::days(retention::VISITOR);

/// Expires the lapsed holds, each in a transaction of its own, at most 200; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(app_state: &AppState) -> anyhow::Result<usize> {
    let now = app_state.clock.now();
    let mut connection = app_state.write.0.acquire().await?;
    let due = appointments::lapsed(&mut connection, now, BATCH).await?;
    let mut expired = 0;
    for id in due {
        match holds::expire(&mut connection, id, now).await {
            Ok(Some(doctor)) => {
                app_state.invalidation.invalidate_doctor(doctor);
                expired += 1;
            }
            // It was confirmed, extended, cancelled or expired in the meantime.
            Ok(None) => {}
            // Another transaction is changing it and takes long: the next run looks again.
            Err(error) if is_lock_timeout(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if expired > 0 {
        app_state.event_written.notify_one();
        // A slot outside the hours that stayed for one of these holds may have blocked the making of new slots.
        app_state.schedules_changed.notify_one();
    }
    Ok(expired)
}

/// Deletes some of the stored answers that are older than [`KEY_KEPT_HOURS`]; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_keys(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - Duration::hours(KEY_KEPT_HOURS);
    idempotency::forget(&mut connection, before, DELETED_AT_ONCE).await
}

/// Deletes some of the records of which visitor has confirmed an appointment long ago; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_visits(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - VISITS_KEPT;
    visitor_visits::delete_old(&mut connection, before, DELETED_AT_ONCE).await
}
