//! How often something may be tried with one address, or with one account.
//!
//! Tries are counted by the hash of the address, so that the cache holds no personal data. The counts may be lost with
//! the cache. Everybody's tries with an address are counted together, and before they are checked; those of its owner's
//! browsers apart, so that nobody can shut the owner out.

use std::time::Duration;

use nadi::Failure;
use nadi::actor::{Actor, Caller};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::addresses::account_of_address;
use super::devices;
use crate::cache::backend::Key;
use crate::state::AppState;
use crate::use_case::Outcome;

/// Counts a try.
///
/// # Errors
/// `TooManyTries`, when there were `most` already within `period`.
pub(super) async fn count(
    app_state: &AppState,
    key: &Key<'_>,
    most: u64,
    period: Duration,
) -> Outcome<()> {
    refuse_if(app_state.cache.count(key, period).await > most, period)
}

/// Fails if there were `most` tries already, without counting one.
///
/// # Errors
/// `TooManyTries`.
pub(super) async fn check(
    app_state: &AppState,
    key: &Key<'_>,
    most: u64,
    period: Duration,
) -> Outcome<()> {
    refuse_if(app_state.cache.counted(key).await >= most, period)
}

fn refuse_if(too_often: bool, period: Duration) -> Outcome<()> {
    if !too_often {
        return Ok(());
    }
    let retry_after_seconds = u32::try_from(period.as_secs()).unwrap_or(u32::MAX);
    Err(Failure::TooManyTries { retry_after_seconds }.into())
}

/// Stands in the cache for everybody who tries this address; or for this browser, if it has signed in with it before.
pub(super) fn of_browser(app_state: &AppState, caller: &Caller, email: &str) -> String {
    let counts = |mark: &&String| devices::is_of(&app_state.code_key, mark, email);
    match caller.device.as_ref().filter(counts) {
        Some(mark) => digest_of(&format!("{email} with {mark}")),
        None => digest_of(email),
    }
}

/// The same; or for the session, if it is one of the account of this address: it may have begun before browsers got
/// marks, or the address may have changed since.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn of_caller(
    connection: &mut PgConnection,
    app_state: &AppState,
    caller: &Caller,
    email: &str,
) -> sqlx::Result<String> {
    if let Actor::Account(who) = &caller.actor
        && let Some(session) = who.access.session
        && account_of_address(connection, email).await? == Some(who.account)
    {
        return Ok(digest_of(&format!("{email} in {session}")));
    }
    Ok(of_browser(app_state, caller, email))
}

fn digest_of(email: &str) -> String {
    Sha256::digest(email.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
