//! The end of old invitations: they have the address of somebody who may never have had an account.

use chrono::Duration;
use nadi::retention;
use sqlx::PgConnection;

use crate::clinic::store::invitations as store;
use crate::database::DELETED_AT_ONCE;
use crate::state::AppState;

/// Invitations stay this long after they were accepted or withdrawn, or have expired.
const KEPT_FOR: Duration = Duration::days(retention::INVITATION);

/// Deletes some invitations that ended long ago; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_ended(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - KEPT_FOR;
    store::delete_ended(&mut connection, before, DELETED_AT_ONCE).await
}

/// Deletes all invitations of an address, when its account is deleted.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_of_address(connection: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    store::delete_of_address(connection, email).await
}
