//! Makes the rows of the search again for some doctors. Not for a booking's transaction.

use chrono::{DateTime, Utc};
use nadi::ids::DoctorId;
use sqlx::PgConnection;
use uuid::Uuid;

pub use crate::directory::store::listings::{mark_place_stale, refresh_rating};

use crate::directory::store::suggestions;
use crate::directory::store::{listings, next_times};

/// Makes next times, and documents that are stale. The doctors stay locked (against other refreshes, not
/// against bookings) until the transaction ends. Returns whose documents were made.
///
/// # Errors
/// When the database fails.
pub async fn refresh_in(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    listings::lock(connection, doctors).await?;
    let places_changed = next_times::refresh_times(connection, doctors, now).await?;
    listings::mark_stale(connection, &places_changed).await?;
    let limit = i64::try_from(doctors.len()).unwrap_or(i64::MAX);
    let stale = listings::stale(connection, Some(doctors), limit).await?;
    if !stale.is_empty() {
        listings::refresh_documents(connection, &stale).await?;
        next_times::follow_documents(connection, &stale).await?;
        suggestions::refresh_names(connection, &stale).await?;
    }
    Ok(stale)
}

/// The same for a doctor who was edited, always including the search document.
///
/// # Errors
/// When the database does not answer.
pub async fn refresh_edited(
    connection: &mut PgConnection,
    doctor: DoctorId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    listings::mark_stale(connection, &[doctor.0]).await?;
    refresh_in(connection, &[doctor.0], now).await?;
    Ok(())
}
