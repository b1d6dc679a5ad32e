//! How many are found, for each specialty and mode.

use chrono::{DateTime, Utc};
use nadi::search::NEAR_KM_MAX;
use sqlx::{PgConnection, Result};

use super::Wanted;

/// Doctors with a specialty, or with any when it is empty.
#[derive(Clone, Debug)]
pub struct CountRow {
    pub specialty: String,
    pub doctors: i64,
    pub in_person: i64,
    pub video: i64,
}

#[derive(Clone, Debug)]
pub enum Counted {
    Rows(Vec<CountRow>),
    /// More doctors than were to be looked at.
    TooMany,
}

struct Row {
    specialty: Option<String>,
    doctors: i64,
    in_person: i64,
    video: i64,
}

/// Counts what is found with any specialty and mode, and everything else as wanted, if no more than `most`
/// documents fit.
pub async fn counts(
    connection: &mut PgConnection,
    wanted: &Wanted,
    most: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Counted> {
    let (latitude, longitude) = wanted.origin.map(|at| (at.latitude, at.longitude)).unzip();
    let asked = question(connection, &wanted.words, &wanted.features()).await?;
    if asked.is_none() && !wanted.words.is_empty() {
        return Ok(Counted::Rows(Vec::new()));
    }
    let rows = sqlx::query_as!(
        Row,
        // Two ways to read the documents, of which one is gone: with `or` between them, no plan that is kept
        // would use the index.
        r#"with fit as materialized (
               select doctor_id, specialties from (
                   select l.doctor_id, l.specialties, l.fee, l.rating_tenths from listings l
                   where $2::text is not null and l.listed and l.document @@ $2::text::tsquery
                   union all
                   select l.doctor_id, l.specialties, l.fee, l.rating_tenths from listings l
                   where $2::text is null and l.listed
               ) l
               where ($3::bigint is null or l.fee <= $3)
                 and ($13::smallint is null or l.rating_tenths >= $13)
               limit $4::bigint + 1
           ),
           each as (
               select t.doctor_id, min(fit.specialties) as specialties,
                      bool_or(t.mode = 'in_person') as in_person, bool_or(t.mode = 'video') as video
               from fit join next_times t on t.doctor_id = fit.doctor_id
               where ($4::bigint is null or (select count(*) from fit) <= $4)
                 and ($5::text is null or t.city_id = (select id from cities where slug = $5))
                 and ($6::float8 is null
                      or distance_km($6, $7, t.latitude, t.longitude) <= $8::float8)
                 and (($9::date is null and $10::date is null and not $11 and not $12)
                      or free_within(t, $1, $9, $10, $11, $12))
               group by t.doctor_id
           )
           select s as specialty, count(*) as "doctors!", count(*) filter (where in_person) as "in_person!",
                  count(*) filter (where video) as "video!"
           from each cross join unnest(specialties || '{""}'::text[]) s
           group by s
           union all
           select null, count(*), 0, 0 from fit"#,
        now,
        asked.as_deref(),
        wanted.fee_max,
        most,
        wanted.city.as_deref(),
        latitude,
        longitude,
        NEAR_KM_MAX,
        wanted.from,
        wanted.until,
        wanted.week,
        wanted.evening,
        wanted.rating_min
    )
    .fetch_all(connection)
    .await?;
    let mut counted = Vec::new();
    for row in rows {
        match row.specialty {
            Some(specialty) => counted.push(CountRow {
                specialty,
                doctors: row.doctors,
                in_person: row.in_person,
                video: row.video,
            }),
            None if most.is_some_and(|most| row.doctors > most) => return Ok(Counted::TooMany),
            None => {}
        }
    }
    Ok(Counted::Rows(counted))
}

/// What to ask the documents; `None` when nothing is asked for.
async fn question(
    connection: &mut PgConnection,
    words: &[String],
    features: &[String],
) -> Result<Option<String>> {
    if words.is_empty() && features.is_empty() {
        return Ok(None);
    }
    sqlx::query_scalar!(
        r#"select search_question($1, 'ABCD', $2)::text as "question""#,
        words,
        features
    )
    .fetch_one(connection)
    .await
}
