//! Inserts the demo data, with one statement per table. Most slots are made afterwards, by the usual job.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, Result};
use uuid::Uuid;

use crate::schedules::store::hours;

use super::write::{self, column};
use crate::demo::data::{Clinic, DemoData, Doctor, Location, Role, SignIn, VisitType};

/// Inserts the demo in one transaction. `false`: its clinics exist already, and nothing was changed.
/// `password_hash` is the hash of [`PASSWORD`](crate::demo::PASSWORD).
///
/// # Errors
/// When the database fails, or a demo e-mail address is taken; then nothing was inserted.
pub async fn load(
    connection: &mut PgConnection,
    data: &DemoData,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let mut transaction = connection.begin().await?;
    // The lock keeps two instances that start at the same time from loading it twice.
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('demo', 0))")
        .execute(&mut *transaction)
        .await?;
    let clinics: Vec<Uuid> = data.clinics.iter().map(|clinic| clinic.id.0).collect();
    let loaded: bool = sqlx::query_scalar("select exists (select from clinics where id = any($1))")
        .bind(clinics)
        .fetch_one(&mut *transaction)
        .await?;
    if loaded {
        return Ok(false);
    }
    insert_tables(&mut transaction, data).await?;
    insert_clinics(&mut transaction, &data.clinics, now).await?;
    insert_visit_types(&mut transaction, &data.visit_types, now).await?;
    insert_locations(&mut transaction, &data.locations, now).await?;
    insert_sign_ins(&mut transaction, &data.sign_ins, password_hash, now).await?;
    insert_doctors(&mut transaction, &data.doctors, now).await?;
    insert_hours(&mut transaction, &data.doctors, now).await?;
    write::insert(&mut transaction, data, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Inserts cities and specialties, which may exist without the demo.
async fn insert_tables(connection: &mut PgConnection, data: &DemoData) -> Result<()> {
    let cities = &data.cities;
    sqlx::query(
        "insert into cities (id, slug, name, country_code, country, latitude, longitude, time_zone)
         select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[],
                              $6::float8[], $7::float8[], $8::text[])
         on conflict (id) do nothing",
    )
    .bind(column(cities, |city| city.id.0))
    .bind(column(cities, |city| city.slug.clone()))
    .bind(column(cities, |city| city.name.clone()))
    .bind(column(cities, |city| city.country_code.clone()))
    .bind(column(cities, |city| city.country.clone()))
    .bind(column(cities, |city| city.latitude))
    .bind(column(cities, |city| city.longitude))
    .bind(column(cities, |city| city.zone.name()))
    .execute(&mut *connection)
    .await?;

    let specialties = &data.specialties;
    sqlx::query(
        "insert into specialties (id, slug, name, tradition, summary)
         select * from unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[])
         on conflict (id) do nothing",
    )
    .bind(column(specialties, |specialty| specialty.id.0))
    .bind(column(specialties, |specialty| specialty.slug.clone()))
    .bind(column(specialties, |specialty| specialty.name.clone()))
    .bind(column(specialties, |specialty| specialty.tradition.clone()))
    .bind(column(specialties, |specialty| specialty.summary.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_clinics(
    connection: &mut PgConnection,
    clinics: &[Clinic],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into clinics (id, slug, name, time_zone, currency, created_at)
         select *, $6 from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])",
    )
    .bind(column(clinics, |clinic| clinic.id.0))
    .bind(column(clinics, |clinic| clinic.slug.clone()))
    .bind(column(clinics, |clinic| clinic.name.clone()))
    .bind(column(clinics, |clinic| clinic.zone.name()))
    .bind(column(clinics, |clinic| clinic.currency.clone()))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_visit_types(
    connection: &mut PgConnection,
    visit_types: &[VisitType],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into visit_types (id, clinic_id, name, slot_span, is_default, created_at)
         select *, $6 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[], $5::bool[])",
    )
    .bind(column(visit_types, |visit_type| visit_type.id.0))
    .bind(column(visit_types, |visit_type| visit_type.clinic.0))
    .bind(column(visit_types, |visit_type| visit_type.name.clone()))
    .bind(column(visit_types, |visit_type| visit_type.slot_span))
    .bind(column(visit_types, |visit_type| visit_type.is_default))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_locations(
    connection: &mut PgConnection,
    locations: &[Location],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into locations
             (id, clinic_id, city_id, name, address, time_zone, latitude, longitude, created_at)
         select *, $9 from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[],
                                  $6::text[], $7::float8[], $8::float8[])",
    )
    .bind(column(locations, |location| location.id.0))
    .bind(column(locations, |location| location.clinic.0))
    .bind(column(locations, |location| location.city.0))
    .bind(column(locations, |location| location.name.clone()))
    .bind(column(locations, |location| location.address.clone()))
    .bind(column(locations, |location| location.zone.name()))
    .bind(column(locations, |location| location.latitude))
    .bind(column(locations, |location| location.longitude))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_sign_ins(
    connection: &mut PgConnection,
    sign_ins: &[SignIn],
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into accounts
             (id, email, administers_everything, is_auditor, email_verified_at, password_hash, created_at)
         select *, $5, $6, $5 from unnest($1::uuid[], $2::text[], $3::bool[], $4::bool[])",
    )
    .bind(column(sign_ins, |sign_in| sign_in.account.0))
    .bind(column(sign_ins, |sign_in| sign_in.email))
    .bind(column(sign_ins, |sign_in| sign_in.role == Role::Administrator))
    .bind(column(sign_ins, |sign_in| sign_in.role == Role::Auditor))
    .bind(now)
    .bind(password_hash)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into people (id, account_id, name, relation, created_at)
         select *, 'self', $4 from unnest($1::uuid[], $2::uuid[], $3::text[])",
    )
    .bind(column(sign_ins, |sign_in| sign_in.person.0))
    .bind(column(sign_ins, |sign_in| sign_in.account.0))
    .bind(column(sign_ins, |sign_in| sign_in.name))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_doctors(
    connection: &mut PgConnection,
    doctors: &[Doctor],
    now: DateTime<Utc>,
) -> Result<()> {
    // `unnest` flattens an array of arrays, so each doctor's languages are passed as one string.
    sqlx::query(
        "insert into doctors (id, clinic_id, account_id, slug, name, gender, qualifications, bio,
                              languages, fee_minor_units, currency, status, created_at)
         select id, clinic_id, account_id, slug, name, gender, qualifications, bio,
                string_to_array(languages, '|'), fee_minor_units, currency, 'listed', $12
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[])
             as d (id, clinic_id, account_id, slug, name, gender, qualifications, bio,
                   languages, fee_minor_units, currency)",
    )
    .bind(column(doctors, |doctor| doctor.id.0))
    .bind(column(doctors, |doctor| doctor.clinic.0))
    .bind(column(doctors, |doctor| doctor.account.map(|account| account.0)))
    .bind(column(doctors, |doctor| doctor.slug.as_str().to_owned()))
    .bind(column(doctors, |doctor| doctor.name.clone()))
    .bind(column(doctors, |doctor| doctor.gender.as_str()))
    .bind(column(doctors, |doctor| doctor.qualifications.clone()))
    .bind(column(doctors, |doctor| doctor.bio.clone()))
    .bind(column(doctors, |doctor| doctor.languages.join("|")))
    .bind(column(doctors, |doctor| doctor.fee.minor_units))
    .bind(column(doctors, |doctor| doctor.fee.currency.clone()))
    .bind(now)
    .execute(&mut *connection)
    .await?;

    let practised: Vec<(Uuid, i16, bool)> = doctors
        .iter()
        .flat_map(|doctor| {
            let second = doctor.second_specialty.map(|specialty| (doctor.id.0, specialty.0, false));
            [Some((doctor.id.0, doctor.specialty.0, true)), second]
        })
        .flatten()
        .collect();
    sqlx::query(
        "insert into doctor_specialties (doctor_id, specialty_id, is_primary)
         select * from unnest($1::uuid[], $2::smallint[], $3::bool[])",
    )
    .bind(column(&practised, |row| row.0))
    .bind(column(&practised, |row| row.1))
    .bind(column(&practised, |row| row.2))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_hours(
    connection: &mut PgConnection,
    doctors: &[Doctor],
    now: DateTime<Utc>,
) -> Result<()> {
    for doctor in doctors {
        for (position, (id, rule)) in doctor.hours.iter().enumerate() {
            hours::insert_rule(connection, *id, doctor.id, position, rule, now).await?;
        }
    }
    Ok(())
}
