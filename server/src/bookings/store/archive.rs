//! Moves old appointments to the archive, and deletes old slots and blocks.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Moves appointments to the archive that are in a final state and ended before `ended`. Looks at the next
/// `limit` of them after the id `after`. Returns how many it moved, and the last id it looked at; `None` at
/// the end.
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
