//! The effects of a new release of the time-zone data on active appointments and on free slots.
//!
//! Free slots are made again by [`super::top_up`]. Appointments keep their instant, and are listed here until somebody
//! moves or cancels them, or decides that the instant stays.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use nadi::ids::AppointmentId;
use nadi::schedule::wall_time;
use nadi::zone::Zone;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::schedules::store::time_zones::{self as store, ShiftedRow};
use crate::state::AppState;
use crate::use_case::{Outcome, zone};

/// An appointment whose wall time at its location has changed since it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifted {
    pub id: AppointmentId,
    pub reference: String,
    pub doctor_name: String,
    pub zone: Zone,
    pub starts_at: DateTime<Utc>,
    /// The wall time it was booked for, by the time-zone data at that time.
    pub booked_for: NaiveDateTime,
    /// The wall time at its instant, by the data in use.
    pub would_be: NaiveDateTime,
    /// The release it was made with.
    pub made_with: String,
}

/// Future appointments whose wall time has changed since they were booked, soonest first.
///
/// # Errors
/// When the database does not answer, or has an unknown zone.
pub async fn shifted(app_state: &AppState) -> Outcome<Vec<Shifted>> {
    let mut connection = app_state.write.0.acquire().await?;
    let rows = store::future_appointments(&mut connection, None, app_state.clock.now()).await?;
    differing(&rows).map(|found| found.into_iter().map(|(_, shifted)| shifted).collect())
}

/// Those of them that the server has already recorded, of some clinics or of all, soonest first.
///
/// # Errors
/// When the database does not answer, or has an unknown zone.
pub async fn recorded(
    connection: &mut PgConnection,
    clinics: Option<&[Uuid]>,
    now: DateTime<Utc>,
    limit: i64,
) -> Outcome<Vec<Shifted>> {
    let rows = store::recorded_shifted(connection, clinics, now, limit).await?;
    differing(&rows).map(|found| found.into_iter().map(|(_, shifted)| shifted).collect())
}

/// Records which appointments of these doctors have shifted, before their slots are made again by other rules.
///
/// # Errors
/// When the database does not answer, or has an unknown zone.
pub async fn record_shifted(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> Outcome<()> {
    if doctors.is_empty() {
        return Ok(());
    }
    let rows = store::future_appointments(connection, Some(doctors), now).await?;
    let found: Vec<ShiftedRow> =
        differing(&rows)?.into_iter().map(|(row, _)| row.clone()).collect();
    if !found.is_empty() {
        tracing::warn!(
            appointments = found.len(),
            "the new time-zone data changes the wall time of appointments; they keep their instant, see `nadi time-zones`"
        );
        store::record_shifted(connection, &found, now).await?;
    }
    Ok(())
}

/// The number of free slots that would be at other instants by the rules in use.
///
/// # Errors
/// When the database does not answer, or has an unknown zone.
pub async fn free_to_move(app_state: &AppState) -> Outcome<i64> {
    let mut connection = app_state.write.0.acquire().await?;
    let mut times = 0;
    for row in store::free_offsets(&mut connection, app_state.clock.now()).await? {
        if wall_time::offset_seconds(zone(&row.time_zone)?, row.first) != row.utc_offset {
            times += row.times;
        }
    }
    Ok(times)
}

fn differing(rows: &[ShiftedRow]) -> Outcome<Vec<(&ShiftedRow, Shifted)>> {
    let mut found = Vec::new();
    for row in rows {
        let zone = zone(&row.time_zone)?;
        let offset = wall_time::offset_seconds(zone, row.starts_at);
        if offset == row.utc_offset {
            continue;
        }
        let wall = |offset: i32| row.starts_at.naive_utc() + Duration::seconds(offset.into());
        let shifted = Shifted {
            id: AppointmentId(row.id),
            zone,
            starts_at: row.starts_at,
            booked_for: wall(row.utc_offset),
            would_be: wall(offset),
            reference: row.reference.clone(),
            doctor_name: row.doctor_name.clone(),
            made_with: row.time_zone_data.clone(),
        };
        found.push((row, shifted));
    }
    Ok(found)
}
