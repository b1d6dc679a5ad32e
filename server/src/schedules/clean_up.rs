//! Deletes old rows of schedules. Called by the jobs of bookings and busy times.

use chrono::{DateTime, Duration, Utc};
use nadi::retention;
use sqlx::{PgConnection, Result};

use crate::database::DELETED_AT_ONCE;
use crate::schedules::store::{delete_old_slots, hours};
use crate::state::AppState;

/// Rows per transaction: each takes a few milliseconds, so that it blocks nobody for longer.
const BATCH: i64 = 500;
/// Drafts of schedules are deleted after this long.
pub const DRAFTS_KEPT: Duration = Duration::days(1);

/// Deletes old drafts, and archives rules and times off that are over.
///
/// # Errors
/// When the database does not answer.
pub async fn drafts_and_rules(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    hours::forget_drafts(connection, now - DRAFTS_KEPT).await?;
    // Two days, so that the date is over in every time zone.
    let over = now.date_naive() - Duration::days(2);
    hours::archive_over(connection, over, now).await
}

/// Deletes some times off that were removed or are over; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn time_off(app_state: &AppState) -> Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - Duration::days(retention::TIME_OFF);
    hours::delete_time_off(&mut connection, before, DELETED_AT_ONCE).await
}

/// Deletes slots that ended before `old` and have no seats taken, then blocks without slots. Returns the
/// number of deleted slots.
///
/// # Errors
/// When the database does not answer.
pub async fn times(connection: &mut PgConnection, old: DateTime<Utc>) -> Result<u64> {
    let mut deleted = 0;
    let mut next = Some(0);
    while let Some(after) = next {
        let step = delete_old_slots::delete_slots(connection, old, after, BATCH).await?;
        deleted += step.deleted.unsigned_abs();
        next = step.last;
    }
    let mut next = Some(0);
    while let Some(after) = next {
        next = delete_old_slots::delete_blocks(connection, old, after, BATCH).await?.last;
    }
    Ok(deleted)
}
