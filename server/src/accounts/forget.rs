//! Deletes what has become superfluous of accounts ([`crate::retention`]).

use chrono::{DateTime, Duration, Utc};
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::AccountId;
use nadi::retention;
use sqlx::PgConnection;

use super::store::{deletion, forget as rows};
use crate::database::DELETED_AT_ONCE;
use crate::events::{self, Author};
use crate::feeds;
use crate::state::AppState;

/// How many accounts one transaction forgets.
const BATCH: i64 = 50;

/// Forgets all accounts whose address was never proven, as if their owner had deleted them. Nobody can sign in to them.
///
/// # Errors
/// When the database does not answer.
pub async fn unproven_accounts(app_state: &AppState) -> sqlx::Result<u64> {
    let now = app_state.clock.now();
    loop {
        let mut transaction = app_state.write.begin().await?;
        let made_before = now - Duration::days(retention::UNPROVEN_ACCOUNT);
        let visits_before = now - Duration::days(retention::UNPROVEN_ACCOUNT_WITH_VISITS);
        let due = rows::unproven(&mut transaction, made_before, visits_before, BATCH).await?;
        for &id in &due {
            forget(&mut transaction, AccountId(id), now).await?;
        }
        transaction.commit().await?;
        if due.is_empty() {
            return Ok(0);
        }
    }
}

async fn forget(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    feeds::end_all(connection, account, Author::SYSTEM, now).await?;
    deletion::delete_sign_in(connection, account, None).await?;
    deletion::forget_people(connection, account, now).await?;
    deletion::archive(connection, account, now).await?;
    let event = NewEvent::account(AccountEvent::Deleted, account);
    events::record(connection, &event, Author::SYSTEM, now).await?;
    Ok(())
}

/// Removes the birth dates of some people who were removed from their account, and the names of those whom no
/// appointment names. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn removed_people(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - Duration::days(retention::REMOVED_PERSON);
    rows::forget_removed_people(&mut connection, before, DELETED_AT_ONCE).await
}

/// Removes the addresses of some accounts that were merged into others. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn merged_addresses(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - Duration::days(retention::MERGED_ADDRESS);
    rows::forget_merged_addresses(&mut connection, before, DELETED_AT_ONCE).await
}

/// Deletes some of what deleted accounts have agreed to: the release before leaves it. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn consents_of_deleted(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    rows::delete_consents_of_deleted(&mut connection, DELETED_AT_ONCE).await
}

/// Deletes some API keys that were revoked or have expired. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn ended_keys(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let before = app_state.clock.now() - Duration::days(retention::ENDED_ACCESS);
    rows::delete_ended_keys(&mut connection, before, DELETED_AT_ONCE).await
}
