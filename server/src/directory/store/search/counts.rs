//! Counts how many doctors a search would find for each choice of a filter (facets).

use chrono::{DateTime, Utc};
use nadi::review::LEAST_OFFERED;
use nadi::search::NEAR_KM_MAX;
use sqlx::{PgConnection, Result};

use super::query::Wanted;

/// Which facets are counted in one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Doctors for each specialty, regardless of the wanted one.
    Specialties,
    /// Doctors for each city, language, gender and least rating, among those that match all filters.
    Traits,
}

/// A filter that has choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    Specialty,
    City,
    Language,
    Gender,
    /// At least this many tenths of a star.
    Rating,
}

impl Facet {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "specialty" => Some(Self::Specialty),
            "city" => Some(Self::City),
            "language" => Some(Self::Language),
            "gender" => Some(Self::Gender),
            "rating" => Some(Self::Rating),
            _ => None,
        }
    }
}

impl Wanted {
    /// The same without this filter; `None` if it is not set.
    pub fn without(&self, facet: Facet) -> Option<Self> {
        let all = self.clone();
        match facet {
            Facet::Specialty => self.specialty.as_ref().map(|_| Self { specialty: None, ..all }),
            Facet::City => self.city.as_ref().map(|_| Self { city: None, ..all }),
            Facet::Language => self.language.as_ref().map(|_| Self { language: None, ..all }),
            Facet::Gender => self.gender.map(|_| Self { gender: None, ..all }),
            Facet::Rating => self.rating_min.map(|_| Self { rating_min: None, ..all }),
        }
    }
}

/// The number of doctors for a choice of a filter. An empty choice of a specialty means any.
#[derive(Clone, Debug)]
pub struct CountRow {
    pub facet: Facet,
    pub choice: String,
    pub doctors: i64,
    pub in_person: i64,
    pub video: i64,
}

#[derive(Clone, Debug)]
pub enum Counted {
    Rows(Vec<CountRow>),
    /// More documents match than may be read.
    TooMany,
}

struct Row {
    /// `None` in the row that has the number of matching documents.
    facet: Option<String>,
    choice: Option<String>,
    doctors: i64,
    in_person: i64,
    video: i64,
}

/// Counts the doctors in any mode, if no more than `most` documents match.
pub async fn counts(
    connection: &mut PgConnection,
    counting: Counting,
    wanted: &Wanted,
    most: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Counted> {
    let mut features = wanted.features();
    if counting == Counting::Traits {
        features.extend(wanted.specialty.as_ref().map(|slug| format!("s:{slug}")));
    }
    let asked = question(connection, wanted, &features).await?;
    if asked.is_none() && !wanted.words.is_empty() {
        return Ok(Counted::Rows(Vec::new()));
    }
    let rows = match counting {
        Counting::Specialties => specialties(connection, wanted, asked, most, now).await?,
        Counting::Traits => traits(connection, wanted, asked, most, now).await?,
    };
    let mut counted = Vec::new();
    for row in rows {
        match (row.facet.as_deref().map(Facet::parse), row.choice) {
            (Some(Some(facet)), Some(choice)) => counted.push(CountRow {
                facet,
                choice,
                doctors: row.doctors,
                in_person: row.in_person,
                video: row.video,
            }),
            (None, _) if most.is_some_and(|most| row.doctors > most) => {
                return Ok(Counted::TooMany);
            }
            _ => {}
        }
    }
    Ok(Counted::Rows(counted))
}

async fn specialties(
    connection: &mut PgConnection,
    wanted: &Wanted,
    asked: Option<String>,
    most: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Vec<Row>> {
    let (latitude, longitude) = wanted.origin.map(|at| (at.latitude, at.longitude)).unzip();
    let zones_ahead = wanted.zones_ahead(now);
    sqlx::query_as!(
        Row,
        // Two branches, of which one is always empty: with `or` in one condition, a cached plan would not use the
        // index.
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
                 and (($9::date is null and $10::date is null and $11::text[] is null and not $12)
                      or free_within(t, $1, $9, $10, $11::text[], $12))
               group by t.doctor_id
           )
           select 'specialty' as facet, s as choice, count(*) as "doctors!",
                  count(*) filter (where in_person) as "in_person!", count(*) filter (where video) as "video!"
           from each cross join unnest(specialties || '{""}'::text[]) s
           group by s
           union all
           select null, null, count(*), 0, 0 from fit"#,
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
        zones_ahead.as_deref(),
        wanted.evening,
        wanted.rating_min
    )
    .fetch_all(connection)
    .await
}

async fn traits(
    connection: &mut PgConnection,
    wanted: &Wanted,
    asked: Option<String>,
    most: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Vec<Row>> {
    let (latitude, longitude) = wanted.origin.map(|at| (at.latitude, at.longitude)).unzip();
    let least = LEAST_OFFERED.map(|tenths| i16::try_from(tenths).unwrap_or(i16::MAX));
    let zones_ahead = wanted.zones_ahead(now);
    sqlx::query_as!(
        Row,
        r#"with fit as materialized (
               select doctor_id, rating_tenths from (
                   select l.doctor_id, l.fee, l.rating_tenths from listings l
                   where $2::text is not null and l.listed and l.document @@ $2::text::tsquery
                   union all
                   select l.doctor_id, l.fee, l.rating_tenths from listings l
                   where $2::text is null and l.listed
               ) l
               where ($3::bigint is null or l.fee <= $3)
                 and ($13::smallint is null or l.rating_tenths >= $13)
               limit $4::bigint + 1
           ),
           kept as materialized (
               select t.doctor_id, t.city_id, fit.rating_tenths,
                      bool_or(t.mode = 'in_person') as in_person, bool_or(t.mode = 'video') as video
               from fit join next_times t on t.doctor_id = fit.doctor_id
               where ($4::bigint is null or (select count(*) from fit) <= $4)
                 and ($5::text is null or t.city_id = (select id from cities where slug = $5))
                 and ($6::float8 is null
                      or distance_km($6, $7, t.latitude, t.longitude) <= $8::float8)
                 and (($9::date is null and $10::date is null and $11::text[] is null and not $12)
                      or free_within(t, $1, $9, $10, $11::text[], $12))
               group by 1, 2, 3
           ),
           each as (
               select k.doctor_id, k.rating_tenths, bool_or(k.in_person) as in_person, bool_or(k.video) as video
               from kept k group by 1, 2
           )
           select 'city' as facet, y.slug as choice, count(*) as "doctors!",
                  count(*) filter (where k.in_person) as "in_person!", count(*) filter (where k.video) as "video!"
           from kept k join cities y on y.id = k.city_id
           group by y.slug
           union all
           select c.facet, c.choice, count(*), count(*) filter (where e.in_person),
                  count(*) filter (where e.video)
           from each e join doctors d on d.id = e.doctor_id
           cross join lateral (
               select 'gender' as facet, d.gender as choice where d.gender is not null
               union all
               select 'language', name from (select distinct unnest(d.languages) as name) names
               union all
               select 'rating', least::text from unnest($14::smallint[]) least where e.rating_tenths >= least
           ) c
           group by 1, 2
           union all
           select null, null, count(*), 0, 0 from fit"#,
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
        zones_ahead.as_deref(),
        wanted.evening,
        wanted.rating_min,
        &least[..]
    )
    .fetch_all(connection)
    .await
}

/// The full-text query; `None` when there are no words and features.
async fn question(
    connection: &mut PgConnection,
    wanted: &Wanted,
    features: &[String],
) -> Result<Option<String>> {
    if wanted.words.is_empty() && features.is_empty() {
        return Ok(None);
    }
    sqlx::query_scalar!(
        r#"select search_question($1, 'ABCD', $2, $3)::text as "question""#,
        &wanted.words,
        features,
        wanted.stemming
    )
    .fetch_one(connection)
    .await
}
