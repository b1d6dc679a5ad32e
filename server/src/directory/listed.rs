//! Finds a listed doctor, for other capabilities.

use nadi::ids::DoctorId;
use nadi::ports::DoctorKey;
use sqlx::{PgConnection, Result};

use crate::directory::store::profiles;

/// The id of the listed doctor with this id or slug.
///
/// # Errors
/// When the database does not answer.
pub async fn listed_doctor(
    connection: &mut PgConnection,
    key: &DoctorKey,
) -> Result<Option<DoctorId>> {
    let profile = match key {
        DoctorKey::Slug(slug) => profiles::profile(connection, slug.as_str()).await?,
        DoctorKey::Id(id) => profiles::profile_by_id(connection, *id).await?,
    };
    Ok(profile.map(|row| DoctorId(row.id)))
}
