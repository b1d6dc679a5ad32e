//! Finding doctors and free times. Every free time comes from the SQL function
//! `free_slots`, the one the hold uses.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::ids::{DoctorId, LocationId, SlotId};
use nadi::visit::Mode;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub struct SpecialtyRow {
    pub id: i16,
    pub slug: String,
    pub name: String,
    pub tradition: String,
    pub summary: String,
    pub doctors: i64,
}

pub async fn specialties(connection: &mut PgConnection) -> Result<Vec<SpecialtyRow>> {
    sqlx::query_as!(
        SpecialtyRow,
        r#"select s.id, s.slug, s.name, s.tradition, s.summary, count(d.id) as "doctors!"
           from specialties s
           left join doctor_specialties x on x.specialty_id = s.id
           left join doctors d on d.id = x.doctor_id and d.status = 'listed' and d.archived_at is null
           group by s.id
           order by s.name"#
    )
    .fetch_all(connection)
    .await
}

pub struct CityRow {
    pub id: i32,
    pub slug: String,
    pub name: String,
    pub country: String,
    pub doctors: i64,
}

pub async fn cities(connection: &mut PgConnection) -> Result<Vec<CityRow>> {
    sqlx::query_as!(
        CityRow,
        r#"select c.id, c.slug, c.name, c.country, count(distinct d.id) as "doctors!"
           from cities c
           join locations l on l.city_id = c.id and l.archived_at is null
           join availability_rules r on r.location_id = l.id and r.archived_at is null
           join doctors d on d.id = r.doctor_id and d.status = 'listed' and d.archived_at is null
           group by c.id
           order by c.name, c.country"#
    )
    .fetch_all(connection)
    .await
}

/// What narrows a search; `None` does not.
pub struct Filter<'a> {
    /// `ilike` patterns, each of which name or specialty must match.
    pub patterns: &'a [String],
    pub specialty: Option<&'a str>,
    pub city: Option<&'a str>,
    pub mode: Option<Mode>,
    pub date: Option<NaiveDate>,
}

pub struct DoctorRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub languages: Vec<String>,
    pub fee_minor_units: i64,
    pub currency: String,
    pub specialties: Vec<String>,
    pub video: bool,
    pub total: i64,
}

/// Listed doctors, those with the soonest free time first, and how many there are in all.
pub async fn search(
    connection: &mut PgConnection,
    filter: &Filter<'_>,
    now: DateTime<Utc>,
    limit: i64,
    offset: i64,
) -> Result<Vec<DoctorRow>> {
    sqlx::query_as!(
        DoctorRow,
        r#"
        with found as (
            select d.id, d.name, soonest.starts_at
            from doctors d
            left join lateral (
                select f.starts_at
                from free_slots($1) f
                join blocks b on b.id = f.block_id
                join locations l on l.id = b.location_id
                where f.doctor_id = d.id
                  and ($5::text is null or b.mode = $5)
                  and ($4::text is null or l.city_id = (select id from cities where slug = $4))
                  and ($6::date is null or f.local_date = $6)
                  and ($6::date is null or f.starts_at between $6::date - interval '1 day'
                                                           and $6::date + interval '2 days')
                order by f.starts_at
                limit 1
            ) soonest on true
            where d.status = 'listed' and d.archived_at is null
              and ($3::text is null or exists (
                    select from doctor_specialties x join specialties s on s.id = x.specialty_id
                    where x.doctor_id = d.id and s.slug = $3))
              and ($4::text is null or exists (
                    select from availability_rules r
                    join locations l on l.id = r.location_id
                    join cities c on c.id = l.city_id
                    where r.doctor_id = d.id and r.archived_at is null and c.slug = $4))
              and ($5::text is null or exists (
                    select from availability_rules r
                    where r.doctor_id = d.id and r.archived_at is null and r.mode = $5))
              and ($6::date is null or soonest.starts_at is not null)
              and not exists (
                    select from unnest($2::text[]) pattern
                    where d.name not ilike pattern and not exists (
                        select from doctor_specialties x join specialties s on s.id = x.specialty_id
                        where x.doctor_id = d.id and (s.name ilike pattern or s.summary ilike pattern)))
        ),
        page as (
            select id, name, starts_at, count(*) over () as total
            from found
            order by starts_at nulls last, name, id
            limit $7 offset $8
        )
        select d.id, d.slug, d.name, d.languages, d.fee_minor_units, d.currency as "currency!",
               array(select s.name from doctor_specialties x join specialties s on s.id = x.specialty_id
                     where x.doctor_id = d.id order by x.is_primary desc, s.name) as "specialties!",
               exists (select from availability_rules r where r.doctor_id = d.id
                       and r.archived_at is null and r.mode = 'video') as "video!",
               page.total as "total!"
        from page join doctors d on d.id = page.id
        order by page.starts_at nulls last, page.name, page.id
        "#,
        now,
        filter.patterns,
        filter.specialty,
        filter.city,
        filter.mode.map(Mode::as_str),
        filter.date,
        limit,
        offset
    )
    .fetch_all(connection)
    .await
}

pub struct ProfileRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub qualifications: String,
    pub bio: String,
    pub languages: Vec<String>,
    pub fee_minor_units: i64,
    pub currency: String,
    pub specialties: Vec<String>,
    pub clinic: String,
    pub cancel_notice_minutes: i32,
}

/// A listed doctor by slug.
pub async fn profile(connection: &mut PgConnection, slug: &str) -> Result<Option<ProfileRow>> {
    sqlx::query_as!(
        ProfileRow,
        r#"select d.id, d.slug, d.name, d.qualifications, d.bio, d.languages, d.fee_minor_units,
                  d.currency as "currency!",
                  array(select s.name from doctor_specialties x
                        join specialties s on s.id = x.specialty_id
                        where x.doctor_id = d.id order by x.is_primary desc, s.name) as "specialties!",
                  c.name as clinic, c.cancel_notice_minutes
           from doctors d join clinics c on c.id = d.clinic_id
           where d.slug = $1 and d.status = 'listed' and d.archived_at is null"#,
        slug
    )
    .fetch_optional(connection)
    .await
}

pub struct PlaceRow {
    pub doctor_id: Uuid,
    pub id: Uuid,
    pub name: String,
    pub address: String,
    pub city: String,
    pub time_zone: String,
    pub video: bool,
    pub in_person: bool,
}

/// Where doctors work, the place with most hours first.
pub async fn places(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<Vec<PlaceRow>> {
    sqlx::query_as!(
        PlaceRow,
        r#"select r.doctor_id, l.id, l.name, l.address, c.name as city, l.time_zone,
                  bool_or(r.mode = 'video') as "video!", bool_or(r.mode = 'in_person') as "in_person!"
           from availability_rules r
           join locations l on l.id = r.location_id
           join cities c on c.id = l.city_id
           where r.doctor_id = any($1) and r.archived_at is null
           group by r.doctor_id, l.id, c.name
           order by r.doctor_id, count(*) filter (where r.mode = 'in_person') desc, count(*) desc, l.name"#,
        doctors
    )
    .fetch_all(connection)
    .await
}

pub struct FreeRow {
    pub id: i64,
    pub doctor_id: Uuid,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub local_date: NaiveDate,
    pub seats_free: i64,
    pub mode: String,
    pub location_id: Uuid,
    pub location_name: String,
    pub location_address: String,
    pub city: String,
    pub time_zone: String,
}

/// The next free times of several doctors, a few each, soonest first.
pub async fn next_free(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    filter: &Filter<'_>,
    now: DateTime<Utc>,
    each: i64,
) -> Result<Vec<FreeRow>> {
    sqlx::query_as!(
        FreeRow,
        r#"select f.id as "id!", d.id as "doctor_id!", f.starts_at as "starts_at!",
                  f.ends_at as "ends_at!", f.local_date as "local_date!",
                  f.seats_free as "seats_free!", f.mode as "mode!", l.id as location_id,
                  l.name as location_name, l.address as location_address, c.name as city, l.time_zone
           from unnest($2::uuid[]) as d (id)
           cross join lateral (
               select f.*, b.mode, b.location_id
               from free_slots($1) f
               join blocks b on b.id = f.block_id
               join locations l on l.id = b.location_id
               where f.doctor_id = d.id
                 and ($4::text is null or b.mode = $4)
                 and ($3::text is null or l.city_id = (select id from cities where slug = $3))
                 and ($5::date is null or f.local_date = $5)
                 and ($5::date is null or f.starts_at between $5::date - interval '1 day'
                                                          and $5::date + interval '2 days')
               order by f.starts_at
               limit $6
           ) f
           join locations l on l.id = f.location_id
           join cities c on c.id = l.city_id
           order by d.id, f.starts_at"#,
        now,
        doctors,
        filter.city,
        filter.mode.map(Mode::as_str),
        filter.date,
        each
    )
    .fetch_all(connection)
    .await
}

/// The free times of one doctor on the dates `from..until`, soonest first: one ranged query.
pub async fn free_times(
    connection: &mut PgConnection,
    doctor: DoctorId,
    from: NaiveDate,
    until: NaiveDate,
    location: Option<LocationId>,
    mode: Option<Mode>,
    now: DateTime<Utc>,
) -> Result<Vec<FreeRow>> {
    sqlx::query_as!(
        FreeRow,
        r#"select f.id as "id!", f.doctor_id as "doctor_id!", f.starts_at as "starts_at!",
                  f.ends_at as "ends_at!", f.local_date as "local_date!",
                  f.seats_free as "seats_free!", b.mode, l.id as location_id,
                  l.name as location_name, l.address as location_address, c.name as city, l.time_zone
           from free_slots($1) f
           join blocks b on b.id = f.block_id
           join locations l on l.id = b.location_id
           join cities c on c.id = l.city_id
           where f.doctor_id = $2
             and f.local_date >= $3 and f.local_date < $4
             -- The index knows instants; a date is at most 14 hours away from its UTC day.
             and f.starts_at >= $3::date - interval '1 day' and f.starts_at < $4::date + interval '1 day'
             and ($5::uuid is null or b.location_id = $5)
             and ($6::text is null or b.mode = $6)
           order by f.starts_at"#,
        now,
        doctor.0,
        from,
        until,
        location.map(|location| location.0),
        mode.map(Mode::as_str)
    )
    .fetch_all(connection)
    .await
}

/// One time, if it is free and the doctor is listed.
pub async fn free_time(
    connection: &mut PgConnection,
    doctor: DoctorId,
    slot: SlotId,
    now: DateTime<Utc>,
) -> Result<Option<FreeRow>> {
    sqlx::query_as!(
        FreeRow,
        r#"select f.id as "id!", f.doctor_id as "doctor_id!", f.starts_at as "starts_at!",
                  f.ends_at as "ends_at!", f.local_date as "local_date!",
                  f.seats_free as "seats_free!", b.mode, l.id as location_id,
                  l.name as location_name, l.address as location_address, c.name as city, l.time_zone
           from free_slots($1) f
           join blocks b on b.id = f.block_id
           join locations l on l.id = b.location_id
           join cities c on c.id = l.city_id
           join doctors d on d.id = f.doctor_id
           where f.id = $3 and f.doctor_id = $2 and d.status = 'listed'"#,
        now,
        doctor.0,
        slot.0
    )
    .fetch_optional(connection)
    .await
}

/// The free times nearest to an instant, before or after it.
pub async fn nearest_free(
    connection: &mut PgConnection,
    doctor: DoctorId,
    to: DateTime<Utc>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<FreeRow>> {
    sqlx::query_as!(
        FreeRow,
        r#"with near as (
               (select f.* from free_slots($1) f
                where f.doctor_id = $2 and f.starts_at >= $3 order by f.starts_at limit $4)
               union all
               (select f.* from free_slots($1) f
                where f.doctor_id = $2 and f.starts_at < $3 order by f.starts_at desc limit $4)
           ),
           nearest as (
               select * from near
               order by abs(extract(epoch from (starts_at - $3::timestamptz)))
               limit $4
           )
           select f.id as "id!", f.doctor_id as "doctor_id!", f.starts_at as "starts_at!",
                  f.ends_at as "ends_at!", f.local_date as "local_date!",
                  f.seats_free as "seats_free!", b.mode, l.id as location_id,
                  l.name as location_name, l.address as location_address, c.name as city, l.time_zone
           from nearest f
           join blocks b on b.id = f.block_id
           join locations l on l.id = b.location_id
           join cities c on c.id = l.city_id
           order by f.starts_at"#,
        now,
        doctor.0,
        to,
        limit
    )
    .fetch_all(connection)
    .await
}

/// The first date from `from` on with a free time.
pub async fn next_free_date(
    connection: &mut PgConnection,
    doctor: DoctorId,
    from: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Option<NaiveDate>> {
    let date = sqlx::query_scalar!(
        r#"select f.local_date as "date!" from free_slots($1) f
           where f.doctor_id = $2 and f.local_date >= $3
             and f.starts_at >= $3::date - interval '1 day'
           order by f.starts_at
           limit 1"#,
        now,
        doctor.0,
        from
    )
    .fetch_optional(connection)
    .await?;
    Ok(date)
}
