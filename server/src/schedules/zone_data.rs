//! What a new release of the time-zone data does to appointments that stand, and to times nobody has.
//!
//! Times nobody has are made again by [`super::top_up`]. Who is booked keeps the instant, and is listed here until
//! a person has moved or cancelled the visit, or has decided that the instant stays.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use nadi::ids::AppointmentId;
use nadi::schedule::clock;
use nadi::zone::Zone;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::schedules::store::time_zones::{self as store, ShiftedRow};
use crate::state::AppState;
use crate::use_case::{Outcome, zone};

/// An appointment at whose place the clocks will show another time than when it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifted {
    pub id: AppointmentId,
    pub reference: String,
    pub doctor_name: String,
    pub zone: Zone,
    pub starts_at: DateTime<Utc>,
    /// What the clock on the wall was to show, by the data its time was made with.
    pub booked_for: NaiveDateTime,
    /// What it will show at that instant, by the data in use.
    pub would_be: NaiveDateTime,
    /// The release it was made with.
    pub made_with: String,
}

/// Appointments ahead whose wall time is not what it was when they were booked, soonest first.
///
/// # Errors
/// When the database does not answer, or names a zone nobody knows.
pub async fn shifted(app_state: &AppState) -> Outcome<Vec<Shifted>> {
    let mut connection = app_state.write.0.acquire().await?;
    let rows = store::ahead(&mut connection, None, app_state.clock.now()).await?;
    differing(&rows).map(|found| found.into_iter().map(|(_, shifted)| shifted).collect())
}

/// The same as far as it was written down, of some clinics or of all: what the server has met since the data changed.
///
/// # Errors
/// When the database does not answer, or names a zone nobody knows.
pub async fn noted(
    connection: &mut PgConnection,
    clinics: Option<&[Uuid]>,
    now: DateTime<Utc>,
    limit: i64,
) -> Outcome<Vec<Shifted>> {
    let rows = store::noted(connection, clinics, now, limit).await?;
    differing(&rows).map(|found| found.into_iter().map(|(_, shifted)| shifted).collect())
}

/// Writes down which appointments of these doctors differ, before their times are made again by other rules.
///
/// # Errors
/// When the database does not answer, or names a zone nobody knows.
pub async fn note(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> Outcome<()> {
    if doctors.is_empty() {
        return Ok(());
    }
    let rows = store::ahead(connection, Some(doctors), now).await?;
    let found: Vec<ShiftedRow> =
        differing(&rows)?.into_iter().map(|(row, _)| row.clone()).collect();
    if !found.is_empty() {
        tracing::warn!(
            appointments = found.len(),
            "booked for another wall time than the new time-zone data gives; they keep their instant, see `nadi time-zones`"
        );
        store::note_shifted(connection, &found, now).await?;
    }
    Ok(())
}

/// Times nobody has that the rules in use would have at other instants.
///
/// # Errors
/// When the database does not answer, or names a zone nobody knows.
pub async fn free_to_move(app_state: &AppState) -> Outcome<i64> {
    let mut connection = app_state.write.0.acquire().await?;
    let mut times = 0;
    for row in store::free_offsets(&mut connection, app_state.clock.now()).await? {
        if clock::offset_seconds(zone(&row.time_zone)?, row.first) != row.utc_offset {
            times += row.times;
        }
    }
    Ok(times)
}

fn differing(rows: &[ShiftedRow]) -> Outcome<Vec<(&ShiftedRow, Shifted)>> {
    let mut found = Vec::new();
    for row in rows {
        let zone = zone(&row.time_zone)?;
        let offset = clock::offset_seconds(zone, row.starts_at);
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
