//! Reads what is shown of found doctors, and the words and languages they can be found by.

use nadi::search::NEAR_KM_MAX;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use super::query::Origin;

/// Corrects the spelling of words: a word that no document has is replaced by the most similar one; `None` if
/// there is none.
pub async fn spelled(
    connection: &mut PgConnection,
    words: &[String],
) -> Result<Vec<Option<String>>> {
    sqlx::query_scalar!(
        // Words are letters and digits, so they contain no wildcards of `like`.
        r#"with said as materialized (
               select plain(w) as word, place from unnest($1::text[]) with ordinality asked (w, place)
           )
           select case
               when exists (select from search_words k where k.word = said.word)
                    or length(said.word) > 2
                       and exists (select from search_words k where k.word like said.word || '%')
               then said.word
               else (select k.word from search_words k
                     where k.word % said.word and similarity(k.word, said.word) > 0.34
                     order by similarity(k.word, said.word) desc, abs(length(k.word) - length(said.word)),
                              k.word
                     limit 1)
           end as "word"
           from said order by place"#,
        words
    )
    .fetch_all(connection)
    .await
}

/// What a card shows of a doctor, except for places and times.
pub struct CardRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub languages: Vec<String>,
    pub fee_minor_units: i64,
    pub currency: String,
    pub specialties: Vec<String>,
    pub video: bool,
    pub reviews: i32,
    pub stars_sum: i32,
}

/// The cards of these doctors, in any order.
pub async fn cards(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<Vec<CardRow>> {
    sqlx::query_as!(
        CardRow,
        r#"select d.id, d.slug, d.name, d.languages, d.fee_minor_units, d.currency as "currency!",
                  array(select s.name from doctor_specialties x join specialties s on s.id = x.specialty_id
                        where x.doctor_id = d.id order by x.is_primary desc, s.name) as "specialties!",
                  exists (select from next_times t where t.doctor_id = d.id and t.mode = 'video') as "video!",
                  coalesce((select r.reviews from doctor_ratings r where r.doctor_id = d.id), 0)
                      as "reviews!",
                  coalesce((select r.stars_sum from doctor_ratings r where r.doctor_id = d.id), 0)
                      as "stars_sum!"
           from doctors d where d.id = any($1)"#,
        doctors
    )
    .fetch_all(connection)
    .await
}

/// The languages of listed doctors, in order of name.
pub async fn languages(connection: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select distinct language as "language!"
           from doctors d cross join unnest(d.languages) language
           where d.status = 'listed' and d.archived_at is null
           order by 1"#
    )
    .fetch_all(connection)
    .await
}

pub struct NearRow {
    pub location_id: Uuid,
    pub km: f64,
}

/// The locations of these doctors within [`NEAR_KM_MAX`] of a point, and their distance in kilometres.
pub async fn near_places(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    origin: Origin,
) -> Result<Vec<NearRow>> {
    sqlx::query_as!(
        NearRow,
        r#"select location_id as "location_id!", min(km) as "km!"
           from (select t.location_id, distance_km($2, $3, t.latitude, t.longitude) as km
                 from next_times t where t.doctor_id = any($1)) places
           where km <= $4::float8
           group by location_id"#,
        doctors,
        origin.latitude,
        origin.longitude,
        NEAR_KM_MAX
    )
    .fetch_all(connection)
    .await
}
