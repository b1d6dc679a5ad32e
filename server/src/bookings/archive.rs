//! Keeps the tables that every booking touches small: appointments that ended half a year ago are moved to
//! the archive; slots and events of more than two years ago are deleted (except the events of appointments).

use chrono::{DateTime, Duration, Months, Utc};
use nadi::retention;
use uuid::Uuid;

use crate::bookings::store::archive;
use crate::events;
use crate::schedules::clean_up;
use crate::state::AppState;

/// Rows per transaction: each takes a few milliseconds, so that it blocks nobody for longer.
const BATCH: i32 = 500;

/// How long after its end an appointment stays out of the archive.
const UNARCHIVED_FOR: Months = Months::new(6);
/// How long slots, and events that are not about appointments ([`retention::EVENT`]), are kept.
const SLOTS_KEPT: Months = Months::new(24);
/// How many appointments one transaction deletes with their events.
const DELETED: i64 = 500;

/// How many rows a run archived or deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    pub appointments: u64,
    pub times: u64,
    pub events: u64,
}

/// Archives and deletes everything that is due, in batches.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(app_state: &AppState) -> anyhow::Result<Archived> {
    let now = app_state.clock.now();
    let mut done = Archived::default();
    let mut connection = app_state.write.0.acquire().await?;
    let (ended, mut after) = (before(now, UNARCHIVED_FOR), Uuid::nil());
    loop {
        let (moved, last) =
            archive::archive_appointments(&mut connection, ended, after, BATCH).await?;
        done.appointments += moved;
        let Some(last) = last else { break };
        after = last;
    }
    let old = before(now, SLOTS_KEPT);
    done.times = clean_up::times(&mut connection, old).await?;
    loop {
        let deleted = events::delete_old(&mut connection, old, BATCH.into()).await?;
        done.events += deleted;
        if deleted == 0 {
            break;
        }
    }
    if done != Archived::default() {
        let Archived { appointments, times, events } = done;
        tracing::info!(
            appointments,
            times,
            events,
            "archived old appointments, deleted old slots and events"
        );
    }
    Ok(done)
}

/// Deletes times that were held long ago and never confirmed, with their events: all of them, so that nothing is left
/// for a second turn.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_lapsed(app_state: &AppState) -> sqlx::Result<u64> {
    let ended = app_state.clock.now() - Duration::days(retention::LAPSED_HOLD);
    loop {
        let mut transaction = app_state.write.begin().await?;
        let ids = archive::delete_lapsed(&mut transaction, ended, DELETED).await?;
        events::delete_of_appointments(&mut transaction, &ids).await?;
        transaction.commit().await?;
        if ids.is_empty() {
            return Ok(0);
        }
    }
}

/// Deletes appointments that ended longer ago than the operator keeps them, with their events. One with a review stays
/// as long as the review. All of them, too.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_old(app_state: &AppState) -> sqlx::Result<u64> {
    let Some(years) = app_state.settings.appointments_kept_years else { return Ok(0) };
    let ended = before(app_state.clock.now(), Months::new(12 * u32::from(years)));
    loop {
        let mut transaction = app_state.write.begin().await?;
        let ids = archive::delete_old(&mut transaction, ended, DELETED).await?;
        events::delete_of_appointments(&mut transaction, &ids).await?;
        transaction.commit().await?;
        if ids.is_empty() {
            return Ok(0);
        }
    }
}

fn before(now: DateTime<Utc>, months: Months) -> DateTime<Utc> {
    now.checked_sub_months(months).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
