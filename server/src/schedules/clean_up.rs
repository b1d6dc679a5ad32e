//! Deletes old rows of schedules. Called by the jobs of bookings and busy times.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgConnection, Result};

use crate::schedules::store::{hours, old_times};

/// Rows per transaction: each takes a few milliseconds, so that it blocks nobody for longer.
const BATCH: i64 = 500;
/// Drafts of schedules are deleted after this long.
const DRAFTS_KEPT: Duration = Duration::days(1);

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

/// Deletes slots that ended before `old` and have no seats taken, then blocks without slots. Returns the
/// number of deleted slots.
///
/// # Errors
/// When the database does not answer.
pub async fn times(connection: &mut PgConnection, old: DateTime<Utc>) -> Result<u64> {
    let mut deleted = 0;
    let mut next = Some(0);
    while let Some(after) = next {
        let step = old_times::delete_slots(connection, old, after, BATCH).await?;
        deleted += step.deleted.unsigned_abs();
        next = step.last;
    }
    let mut next = Some(0);
    while let Some(after) = next {
        next = old_times::delete_blocks(connection, old, after, BATCH).await?.last;
    }
    Ok(deleted)
}
