//! What a new release of the time-zone data does to appointments that stand.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use nadi::ids::AppointmentId;
use nadi::schedule::clock;
use nadi::zone::Zone;

use crate::engine::Engine;
use crate::service::{Outcome, zone};
use crate::store::times;

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
pub async fn shifted(engine: &Engine) -> Outcome<Vec<Shifted>> {
    let mut connection = engine.write.0.acquire().await?;
    let mut found = Vec::new();
    for row in times::ahead(&mut connection, engine.clock.now()).await? {
        let zone = zone(&row.time_zone)?;
        let offset = clock::offset_seconds(zone, row.starts_at);
        if offset != row.utc_offset {
            let wall = |offset: i32| row.starts_at.naive_utc() + Duration::seconds(offset.into());
            found.push(Shifted {
                id: AppointmentId(row.id),
                zone,
                starts_at: row.starts_at,
                booked_for: wall(row.utc_offset),
                would_be: wall(offset),
                reference: row.reference,
                doctor_name: row.doctor_name,
                made_with: row.time_zone_data,
            });
        }
    }
    Ok(found)
}
