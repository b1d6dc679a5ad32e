//! The locations of a clinic, for schedules.

use nadi::ids::{ClinicId, LocationId};
use nadi::ports::HoursPlace;
use sqlx::PgConnection;

use super::store;
use crate::use_case::{Outcome, zone};

/// The most locations offered in the form for hours.
const PLACES_MAX: i64 = 200;

/// The locations of a clinic, for the form for hours.
///
/// # Errors
/// When the database does not answer, or a place has an unknown zone.
pub async fn places(connection: &mut PgConnection, clinic: ClinicId) -> Outcome<Vec<HoursPlace>> {
    let clinics = [clinic.0];
    let rows = store::locations(connection, Some(&clinics), None, PLACES_MAX, 0).await?;
    rows.into_iter()
        .map(|row| {
            Ok(HoursPlace { id: LocationId(row.id), zone: zone(&row.time_zone)?, name: row.name })
        })
        .collect()
}
