//! Reads what public pages show about specialties, cities and doctors. Free times are in [`super::free_times`].

use nadi::ids::{AccountId, DoctorId};
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
        r#"select c.id, c.slug, c.name, c.country, n.doctors as "doctors!"
           from (select t.city_id, count(distinct t.doctor_id) as doctors
                 from next_times t join listings l on l.doctor_id = t.doctor_id and l.listed
                 where t.city_id is not null group by t.city_id) n
           join cities c on c.id = n.city_id
           order by c.name, c.country"#
    )
    .fetch_all(connection)
    .await
}

/// The slugs of the first `limit` listed doctors.
pub async fn listed_slugs(connection: &mut PgConnection, limit: i64) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        "select slug from doctors where status = 'listed' and archived_at is null order by slug limit $1",
        limit
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
    pub reviews: i32,
    pub stars_sum: i32,
}

/// Selects a doctor; `$rest` is the condition.
macro_rules! profile {
    ($rest:tt, $key:expr $(, $argument:expr)?) => {
        sqlx::query_as!(
            ProfileRow,
            r#"select d.id, d.clinic_id, d.slug, d.name, d.qualifications, d.bio, d.languages,
                      d.fee_minor_units, d.currency as "currency!",
                      array(select s.name from doctor_specialties x
                            join specialties s on s.id = x.specialty_id
                            where x.doctor_id = d.id
                            order by x.is_primary desc, s.name) as "specialties!",
                      c.name as clinic, c.cancel_notice_minutes,
                      coalesce((select r.reviews from doctor_ratings r where r.doctor_id = d.id), 0)
                          as "reviews!",
                      coalesce((select r.stars_sum from doctor_ratings r where r.doctor_id = d.id), 0)
                          as "stars_sum!"
               from doctors d join clinics c on c.id = d.clinic_id
               where "#
                + $rest,
            $key $(, $argument)?
        )
    };
}

pub async fn profile(connection: &mut PgConnection, slug: &str) -> Result<Option<ProfileRow>> {
    profile!("d.status = 'listed' and d.archived_at is null and d.slug = $1", slug)
        .fetch_optional(connection)
        .await
}

pub async fn profile_by_id(
    connection: &mut PgConnection,
    id: DoctorId,
) -> Result<Option<ProfileRow>> {
    profile!("d.status = 'listed' and d.archived_at is null and d.id = $1", id.0)
        .fetch_optional(connection)
        .await
}

/// A doctor who is not listed, if this account has or had an appointment with them.
pub async fn unlisted_with(
    connection: &mut PgConnection,
    slug: &str,
    account: AccountId,
) -> Result<Option<ProfileRow>> {
    profile!(
        "(d.status <> 'listed' or d.archived_at is not null) and d.slug = $1
         and exists (select from all_appointments a where a.doctor_id = d.id and a.booked_by = $2)",
        slug,
        account.0
    )
    .fetch_optional(connection)
    .await
}

/// The same by id.
pub async fn unlisted_with_by_id(
    connection: &mut PgConnection,
    id: DoctorId,
    account: AccountId,
) -> Result<Option<ProfileRow>> {
    profile!(
        "(d.status <> 'listed' or d.archived_at is not null) and d.id = $1
         and exists (select from all_appointments a where a.doctor_id = d.id and a.booked_by = $2)",
        id.0,
        account.0
    )
    .fetch_optional(connection)
    .await
}

pub struct VisitKindRow {
    pub id: Uuid,
    pub name: String,
    pub slot_span: i16,
    pub is_default: bool,
}

/// The visit types a clinic offers, the default first.
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

/// The locations where doctors work, the one with most in-person hours first.
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
