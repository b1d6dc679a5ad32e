//! Making again what the search reads of some doctors. Not for a booking's transaction.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::directory::store::listings as store;
use crate::directory::store::suggestions;

/// Next times, and documents where something has changed that they are made from. The doctors stay locked
/// (against other refreshes, not against bookings) until the transaction ends. Tells whose documents were
/// made.
///
/// # Errors
/// When the database does.
pub async fn refresh_in(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    store::lock(connection, doctors).await?;
    store::refresh_times(connection, doctors, now).await?;
    let limit = i64::try_from(doctors.len()).unwrap_or(i64::MAX);
    let stale = store::stale(connection, Some(doctors), limit).await?;
    if !stale.is_empty() {
        store::refresh_documents(connection, &stale).await?;
        store::follow_documents(connection, &stale).await?;
        suggestions::refresh_names(connection, &stale).await?;
    }
    Ok(stale)
}
