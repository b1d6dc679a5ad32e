//! Keeps the tables that every booking touches as small as what is going on: appointments that ended
//! half a year ago go to the archive, times and events of more than two years ago are deleted (those of appointments stay).

use chrono::{DateTime, Months, Utc};
use uuid::Uuid;

use crate::bookings::store::archive;
use crate::events;
use crate::schedules::clean_up;
use crate::state::AppState;

/// Rows per transaction: a few milliseconds each, so that nobody waits for one.
const BATCH: i32 = 500;

/// How long an appointment that has ended stays among the current ones.
const CURRENT: Months = Months::new(6);
/// How long times, and events that are not of appointments, are kept.
const TIMES_KEPT: Months = Months::new(24);

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    pub appointments: u64,
    pub times: u64,
    pub events: u64,
}

/// Archives and deletes everything that is due, batch by batch.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(app_state: &AppState) -> anyhow::Result<Archived> {
    let now = app_state.clock.now();
    let mut done = Archived::default();
    let mut connection = app_state.write.0.acquire().await?;
    let (ended, mut after) = (before(now, CURRENT), Uuid::nil());
    loop {
        let (moved, last) =
            archive::archive_appointments(&mut connection, ended, after, BATCH).await?;
        done.appointments += moved;
        let Some(last) = last else { break };
        after = last;
    }
    let old = before(now, TIMES_KEPT);
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
        tracing::info!(appointments, times, events, "archived what ended long ago");
    }
    Ok(done)
}

fn before(now: DateTime<Utc>, months: Months) -> DateTime<Utc> {
    now.checked_sub_months(months).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
