//! Doctors, locations and holidays as administrators edit them.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::ids::{CityId, ClinicId, DoctorId, LocationId, SpecialtyId};
use nadi::ports::{DoctorForm, DoctorStatus, LocationForm};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub mod invitations;

pub struct ClinicRow {
    pub id: Uuid,
    pub name: String,
    pub currency: String,
    pub time_zone: String,
}

/// Clinics by name: all of them, or the given ones.
pub async fn clinics(
    connection: &mut PgConnection,
    only: Option<&[Uuid]>,
) -> Result<Vec<ClinicRow>> {
    sqlx::query_as!(
        ClinicRow,
        r#"select id, name, currency as "currency!", time_zone from clinics
           where archived_at is null and ($1::uuid[] is null or id = any($1))
           order by name"#,
        only
    )
    .fetch_all(connection)
    .await
}

/// The clinic of a doctor.
pub async fn clinic_of(
    connection: &mut PgConnection,
    doctor: DoctorId,
) -> Result<Option<ClinicId>> {
    let clinic = sqlx::query_scalar!(
        "select clinic_id from doctors where id = $1 and archived_at is null",
        doctor.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(clinic.map(ClinicId))
}

/// The ids of all doctors of a clinic.
pub async fn doctors_of(connection: &mut PgConnection, clinic: ClinicId) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!("select id from doctors where clinic_id = $1", clinic.0)
        .fetch_all(connection)
        .await
}

pub struct DoctorListRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub specialty: Option<String>,
    pub clinic_name: String,
    pub status: String,
    pub hours_unreadable: bool,
    pub total: i64,
}

/// Doctors of some clinics by name; `pattern` is an `ilike` pattern.
pub async fn doctors(
    connection: &mut PgConnection,
    only: Option<&[Uuid]>,
    pattern: Option<&str>,
    limit: i64,
    offset: i64,
) -> Result<Vec<DoctorListRow>> {
    sqlx::query_as!(
        DoctorListRow,
        r#"select d.id, d.slug, d.name, c.name as clinic_name, d.status,
                  (select s.name from doctor_specialties x join specialties s on s.id = x.specialty_id
                   where x.doctor_id = d.id and x.is_primary) as specialty,
                  exists (select from schedules h
                          where h.doctor_id = d.id and h.unreadable_since is not null)
                      as "hours_unreadable!",
                  count(*) over () as "total!"
           from doctors d join clinics c on c.id = d.clinic_id
           where d.archived_at is null and ($1::uuid[] is null or d.clinic_id = any($1))
             and ($2::text is null or d.name ilike $2)
           order by d.name, d.id
           limit $3 offset $4"#,
        only,
        pattern,
        limit,
        offset
    )
    .fetch_all(connection)
    .await
}

pub struct DoctorEditRow {
    pub clinic_id: Uuid,
    pub name: String,
    pub qualifications: String,
    pub bio: String,
    pub languages: Vec<String>,
    pub fee_minor_units: i64,
    pub status: String,
    pub version: i32,
    pub specialty_id: Option<i16>,
}

pub async fn doctor(connection: &mut PgConnection, id: DoctorId) -> Result<Option<DoctorEditRow>> {
    sqlx::query_as!(
        DoctorEditRow,
        "select d.clinic_id, d.name, d.qualifications, d.bio, d.languages, d.fee_minor_units, d.status,
                d.version,
                (select x.specialty_id from doctor_specialties x
                 where x.doctor_id = d.id and x.is_primary) as specialty_id
         from doctors d where d.id = $1 and d.archived_at is null",
        id.0
    )
    .fetch_optional(connection)
    .await
}

/// Inserts a doctor, with the clinic's currency. `false`: the slug is taken.
pub async fn insert_doctor(
    connection: &mut PgConnection,
    id: DoctorId,
    slug: &str,
    form: &DoctorForm,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into doctors (id, clinic_id, slug, name, qualifications, bio, languages,
                              fee_minor_units, currency, status, created_at)
         select $1, c.id, $3, $4, $5, $6, $7, $8, c.currency, $9, $10
         from clinics c where c.id = $2
         on conflict (slug) do nothing",
        id.0,
        form.clinic.0,
        slug,
        form.name,
        form.qualifications,
        form.bio,
        &form.languages,
        form.fee_minor_units,
        form.status.as_str(),
        now
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Saves a doctor, except for the clinic. `false`: the version is not the current one, so nothing was saved.
pub async fn update_doctor(
    connection: &mut PgConnection,
    id: DoctorId,
    form: &DoctorForm,
) -> Result<bool> {
    let updated = sqlx::query!(
        "update doctors
         set name = $2, qualifications = $3, bio = $4, languages = $5,
             fee_minor_units = $6, status = $7, version = version + 1
         where id = $1 and ($8::int is null or version = $8) and archived_at is null",
        id.0,
        form.name,
        form.qualifications,
        form.bio,
        &form.languages,
        form.fee_minor_units,
        form.status.as_str(),
        form.version
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

pub async fn set_status(
    connection: &mut PgConnection,
    id: DoctorId,
    status: DoctorStatus,
) -> Result<Option<i32>> {
    sqlx::query_scalar!(
        "update doctors set status = $2, version = version + 1 where id = $1 and status = 'listed'
         returning version",
        id.0,
        status.as_str()
    )
    .fetch_optional(connection)
    .await
}

/// How many future confirmed appointments and active holds a doctor has.
pub async fn count_coming(
    connection: &mut PgConnection,
    id: DoctorId,
    now: DateTime<Utc>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from appointments
           where doctor_id = $1 and starts_at > $2
             and (state = 'confirmed' or state = 'pending' and expires_at > $2)"#,
        id.0,
        now
    )
    .fetch_one(connection)
    .await
}

/// The first `limit` of them, soonest first; with `only_holds` only the holds.
pub async fn coming(
    connection: &mut PgConnection,
    id: DoctorId,
    only_holds: bool,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from appointments
         where doctor_id = $1 and starts_at > $2
           and (state = 'confirmed' and not $3 or state = 'pending' and expires_at > $2)
         order by starts_at, id
         limit $4",
        id.0,
        now,
        only_holds,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Makes a specialty the doctor's main one; further specialties stay.
pub async fn set_primary_specialty(
    connection: &mut PgConnection,
    doctor: DoctorId,
    specialty: SpecialtyId,
) -> Result<()> {
    sqlx::query!(
        "delete from doctor_specialties where doctor_id = $1 and (is_primary or specialty_id = $2)",
        doctor.0,
        specialty.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into doctor_specialties (doctor_id, specialty_id, is_primary) values ($1, $2, true)",
        doctor.0,
        specialty.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn specialty_exists(
    connection: &mut PgConnection,
    specialty: SpecialtyId,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from specialties where id = $1) as "exists!""#,
        specialty.0
    )
    .fetch_one(connection)
    .await
}

pub struct LocationRow {
    pub id: Uuid,
    pub clinic_id: Uuid,
    pub clinic_name: String,
    pub name: String,
    pub address: String,
    pub city_id: i32,
    pub city_name: String,
    pub time_zone: String,
    pub version: i32,
    pub total: i64,
}

/// Locations of some clinics by name, or the one with an id.
pub async fn locations(
    connection: &mut PgConnection,
    only: Option<&[Uuid]>,
    id: Option<LocationId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<LocationRow>> {
    sqlx::query_as!(
        LocationRow,
        r#"select l.id, l.clinic_id, k.name as clinic_name, l.name, l.address, l.city_id,
                  c.name as city_name, l.time_zone, l.version, count(*) over () as "total!"
           from locations l join clinics k on k.id = l.clinic_id join cities c on c.id = l.city_id
           where l.archived_at is null and ($1::uuid[] is null or l.clinic_id = any($1))
             and ($2::uuid is null or l.id = $2)
           order by l.name, l.id
           limit $3 offset $4"#,
        only,
        id.map(|id| id.0),
        limit,
        offset
    )
    .fetch_all(connection)
    .await
}

pub async fn city_by_slug(connection: &mut PgConnection, slug: &str) -> Result<Option<CityId>> {
    let id = sqlx::query_scalar!("select id from cities where slug = $1", slug)
        .fetch_optional(connection)
        .await?;
    Ok(id.map(CityId))
}

pub async fn insert_location(
    connection: &mut PgConnection,
    id: LocationId,
    form: &LocationForm,
    city: CityId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into locations (id, clinic_id, city_id, name, address, time_zone, latitude, longitude,
                                created_at)
         select $1, $2, c.id, $4, $5, $6, c.latitude, c.longitude, $7 from cities c where c.id = $3",
        id.0,
        form.clinic.0,
        city.0,
        form.name,
        form.address,
        form.zone,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Saves a location, except for the clinic. `false`: the version is not the current one, so nothing was saved.
pub async fn update_location(
    connection: &mut PgConnection,
    id: LocationId,
    form: &LocationForm,
    city: CityId,
) -> Result<bool> {
    let updated = sqlx::query!(
        "update locations
         set city_id = $2, name = $3, address = $4, time_zone = $5, version = version + 1
         where id = $1 and ($6::int is null or version = $6) and archived_at is null",
        id.0,
        city.0,
        form.name,
        form.address,
        form.zone,
        form.version
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Does any active availability rule use this location? Then its zone cannot be changed.
pub async fn location_in_use(connection: &mut PgConnection, id: LocationId) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from availability_rules
               where location_id = $1 and archived_at is null) as "used!""#,
        id.0
    )
    .fetch_one(connection)
    .await
}

/// The regions whose public holidays a clinic observes.
pub async fn holiday_regions(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        "select region from clinic_holidays where clinic_id = $1 order by region",
        clinic.0
    )
    .fetch_all(connection)
    .await
}

/// The public holidays on which a clinic is open.
pub async fn working_days(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<NaiveDate>> {
    sqlx::query_scalar!(
        "select date from clinic_working_days where clinic_id = $1 order by date",
        clinic.0
    )
    .fetch_all(connection)
    .await
}

pub async fn replace_holidays(
    connection: &mut PgConnection,
    clinic: ClinicId,
    regions: &[String],
    working_days: &[NaiveDate],
) -> Result<()> {
    // Lock the clinic's row, so that two who save at the same time run one after the other.
    sqlx::query!("select id from clinics where id = $1 for no key update", clinic.0)
        .fetch_optional(&mut *connection)
        .await?;
    sqlx::query!("delete from clinic_holidays where clinic_id = $1", clinic.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "insert into clinic_holidays (clinic_id, region) select $1, unnest($2::text[])",
        clinic.0,
        regions
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("delete from clinic_working_days where clinic_id = $1", clinic.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "insert into clinic_working_days (clinic_id, date) select $1, unnest($2::date[])",
        clinic.0,
        working_days
    )
    .execute(connection)
    .await?;
    Ok(())
}
