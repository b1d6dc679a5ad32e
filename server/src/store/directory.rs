//! Finding doctors and free times. Every free time comes from the SQL function
//! `free_slots`, the one the hold uses.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::ids::DoctorId;
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
    pub clinic_id: Uuid,
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

/// A listed doctor; what follows says which.
macro_rules! profile {
    ($rest:tt, $key:expr) => {
        sqlx::query_as!(
            ProfileRow,
            r#"select d.id, d.clinic_id, d.slug, d.name, d.qualifications, d.bio, d.languages,
                      d.fee_minor_units, d.currency as "currency!",
                      array(select s.name from doctor_specialties x
                            join specialties s on s.id = x.specialty_id
                            where x.doctor_id = d.id
                            order by x.is_primary desc, s.name) as "specialties!",
                      c.name as clinic, c.cancel_notice_minutes
               from doctors d join clinics c on c.id = d.clinic_id
               where d.status = 'listed' and d.archived_at is null and "#
                + $rest,
            $key
        )
    };
}

pub async fn profile(connection: &mut PgConnection, slug: &str) -> Result<Option<ProfileRow>> {
    profile!("d.slug = $1", slug).fetch_optional(connection).await
}

pub async fn profile_by_id(
    connection: &mut PgConnection,
    id: DoctorId,
) -> Result<Option<ProfileRow>> {
    profile!("d.id = $1", id.0).fetch_optional(connection).await
}

pub struct VisitKindRow {
    pub id: Uuid,
    pub name: String,
    pub slot_span: i16,
    pub is_default: bool,
}

/// The kinds of visit a clinic offers, the usual one first.
pub async fn visit_kinds(connection: &mut PgConnection, clinic: Uuid) -> Result<Vec<VisitKindRow>> {
    sqlx::query_as!(
        VisitKindRow,
        "select id, name, slot_span, is_default from visit_types
         where clinic_id = $1 and archived_at is null
         order by is_default desc, slot_span, name",
        clinic
    )
    .fetch_all(connection)
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
           order by r.doctor_id, sum(r.weekly_minutes) filter (where r.mode = 'in_person') desc nulls last,
                    sum(r.weekly_minutes) desc, l.name"#,
        doctors
    )
    .fetch_all(connection)
    .await
}
