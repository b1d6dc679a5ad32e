//! Removes what schedules no longer need. Jobs of bookings and busy times call it.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgConnection, Result};

use crate::schedules::store::{delete_old_slots, hours};

/// Rows per transaction: a few milliseconds each, so that nobody waits for one.
const BATCH: i64 = 500;
/// Drafts of schedules are forgotten after so long.
const DRAFTS_KEPT: Duration = Duration::days(1);

/// Forgets old drafts, and archives rules and times off that are over.
///
/// # Errors
/// When the database does not answer.
pub async fn drafts_and_rules(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    hours::forget_drafts(connection, now - DRAFTS_KEPT).await?;
    // Two days, so that it is over everywhere on earth.
    let over = now.date_naive() - Duration::days(2);
    hours::archive_over(connection, over, now).await
}

/// Deletes times that ended before `old` and in which nobody has a seat, then blocks without times. Gives the
/// number of times.
///
/// # Errors
/// When the database does not answer.
pub async fn times(connection: &mut PgConnection, old: DateTime<Utc>) -> Result<u64> {
    let mut deleted = 0;
    let mut next = Some(0);
    while let Some(after) = next {
        let passed = delete_old_slots::delete_slots(connection, old, after, BATCH).await?;
        deleted += passed.deleted.unsigned_abs();
        next = passed.last;
    }
    let mut next = Some(0);
    while let Some(after) = next {
        next = delete_old_slots::delete_blocks(connection, old, after, BATCH).await?.last;
    }
    Ok(deleted)
}
