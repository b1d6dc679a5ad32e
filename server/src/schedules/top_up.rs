//! The job that makes slots for the days up to the horizon, and makes slots again when what they depend on changes.

use nadi::ids::DoctorId;
use uuid::Uuid;

use super::{make, zone_data};
use crate::schedules::store::hours as store;
use crate::state::AppState;
use crate::use_case::{Fault, retried};

/// How many doctors one transaction handles.
const BATCH: i64 = 50;

/// How many doctors were changed, and how many slots were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    pub doctors: u64,
    pub times: u64,
}

/// Makes missing slots up to the horizon, and makes slots again whose hours, holidays, busy times or time-zone data
/// have changed. Instances that run it at the same time share the doctors.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(app_state: &AppState) -> anyhow::Result<Made> {
    run(app_state, false).await
}

/// The same, and also makes slots again that were made with a newer release of the time-zone data.
///
/// # Errors
/// When the database does not answer.
pub async fn run_whatever_release(app_state: &AppState) -> anyhow::Result<Made> {
    run(app_state, true).await
}

async fn run(app_state: &AppState, whatever_release: bool) -> anyhow::Result<Made> {
    let mut made = Made::default();
    let mut connection = app_state.write.0.acquire().await?;
    store::ensure_rows(&mut connection).await?;
    store::mark_freed_stale(&mut connection).await?;
    drop(connection);
    let mut after = Uuid::nil();
    while let Some((last, doctors, times)) = batch(app_state, whatever_release, after).await? {
        after = last;
        made.doctors += doctors;
        made.times += times;
    }
    if made.times > 0 {
        let Made { doctors, times } = made;
        tracing::info!(doctors, times, "made slots");
    }
    Ok(made)
}

/// Are there slots to be made again before the next regular run?
///
/// # Errors
/// When the database does not answer.
pub async fn is_due(app_state: &AppState) -> sqlx::Result<bool> {
    let mut connection = app_state.write.0.acquire().await?;
    store::any_stale(&mut connection).await
}

/// Handles one batch; tries again after a serialization failure or deadlock. `None`: no doctor is left.
async fn batch(
    app_state: &AppState,
    whatever_release: bool,
    after: Uuid,
) -> anyhow::Result<Option<(Uuid, u64, u64)>> {
    Ok(retried(|| try_batch(app_state, whatever_release, after)).await?)
}

async fn try_batch(
    app_state: &AppState,
    whatever_release: bool,
    after: Uuid,
) -> Result<Option<(Uuid, u64, u64)>, Fault> {
    let now = app_state.clock.now();
    let until = make::horizon(now, app_state.settings.horizon_days);
    let data = nadi::zone::release();
    let mut transaction = app_state.write.begin().await?;
    let due =
        store::claim_due(&mut transaction, until, data, whatever_release, after, BATCH).await?;
    let Some(last) = due.last().map(|row| row.doctor_id) else { return Ok(None) };
    let today = make::earliest_today(now);
    let doctors: Vec<_> = due
        .iter()
        .map(|row| {
            let from = row.made_until.filter(|_| !row.whole).unwrap_or(today).max(today);
            (row.doctor_id, from)
        })
        .collect();
    let other: Vec<Uuid> =
        due.iter().filter(|row| row.other_zones).map(|row| row.doctor_id).collect();
    zone_data::record_shifted(&mut transaction, &other, now).await?;
    let plans = make::renew(&mut transaction, &doctors, until, now).await?;
    transaction.commit().await?;
    let changed: Vec<DoctorId> = make::changed(&plans).collect();
    for doctor in &changed {
        app_state.invalidation.invalidate_doctor(*doctor);
    }
    let times = plans.values().map(nadi::schedule::Plan::added).sum();
    Ok(Some((last, changed.len() as u64, times)))
}
