//! Writes down holds whose time ran out, and forgets old idempotency keys. Only tidies: a lapsed
//! hold is free at its instant.

use nadi::idempotency::KEY_KEPT_HOURS;

use crate::bookings::store::{appointments, holds, idempotency};
use crate::database::is_lock_timeout;
use crate::state::AppState;

const BATCH: i64 = 200;

/// Expires what is due, each hold in a transaction of its own; tells how many.
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
            // Confirmed, extended, cancelled or expired by someone else in the meantime.
            Ok(None) => {}
            // Somebody is changing it, and takes their time: the next run will see.
            Err(error) if is_lock_timeout(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if expired > 0 {
        app_state.event_written.notify_one();
        // A time that was kept for one of them may have been in the way of others.
        app_state.schedules_changed.notify_one();
    }
    Ok(expired)
}

/// Forgets the answers under idempotency keys that are old enough.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_keys(app_state: &AppState) -> sqlx::Result<()> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - chrono::Duration::hours(KEY_KEPT_HOURS);
    idempotency::forget(&mut connection, before).await?;
    Ok(())
}
