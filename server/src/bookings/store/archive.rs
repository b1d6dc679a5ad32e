//! Appointments that ended long ago go to the archive.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Moves appointments to the archive that are final and ended before `ended`: of the `limit` after
/// `after`, in the order of their ids. Gives how many it moved and the last it looked at, `None` at the
/// end.
pub async fn archive_appointments(
    connection: &mut PgConnection,
    ended: DateTime<Utc>,
    after: Uuid,
    limit: i32,
) -> Result<(u64, Option<Uuid>)> {
    let row = sqlx::query!(
        r#"select moved as "moved!", last from archive_appointments($1, $2, $3)"#,
        ended,
        after,
        limit
    )
    .fetch_one(connection)
    .await?;
    Ok((row.moved.unsigned_abs(), row.last))
}
