//! The job that reads subscribed calendars again, each about once an hour. It also deletes past busy times,
//! old drafts of schedules, and archives what is over in schedules.

use chrono::Duration;
use futures::future::join_all;

use super::BusyService;
use super::store;
use crate::busy_times::fetch::Fetcher;
use crate::schedules::clean_up;
use crate::state::AppState;

/// How many calendars are fetched at the same time.
const BATCH: i64 = 8;
/// Longer than the slowest answer. A calendar whose reader died is read again after this.
const LEASE: Duration = Duration::minutes(5);

/// Reads the calendars that are due; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(app_state: &AppState, fetcher: &Fetcher) -> anyhow::Result<usize> {
    let service = BusyService::new(app_state.clone(), fetcher.clone());
    let mut read = 0;
    loop {
        let now = app_state.clock.now();
        let mut connection = app_state.write.0.acquire().await?;
        let due = store::claim_due(&mut connection, now, now + LEASE, BATCH).await?;
        if due.is_empty() {
            store::forget_past(&mut connection, now - Duration::days(1)).await?;
            clean_up::drafts_and_rules(&mut connection, now).await?;
            return Ok(read);
        }
        drop(connection);
        read += due.len();
        for outcome in join_all(due.into_iter().map(|row| service.read_again(row))).await {
            if let Err(fault) = outcome {
                tracing::warn!(%fault, "a subscribed calendar could not be saved");
            }
        }
    }
}
