//! Searches for doctors around a point, ranked by waiting time plus distance. First reads a limited number of rows
//! from the nearest location outwards, which gives an upper bound of the rank of the page's last doctor. Then
//! reads, for each location, only rows within that bound, so distant locations cost one index look-up each. If
//! few doctors match, the first read has found all of them already.

use chrono::{DateTime, Utc};
use nadi::search::{KM_SECONDS, NEAR_KM_MAX};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use super::query::{Found, Part, StartAfter, Wanted};

/// The first read takes this many times the rows of a page. With more rows the bound is tighter, and searches that
/// match few doctors end after the first read.
const REACH: i64 = 10;
/// [`NEAR_KM_MAX`] in degrees of latitude, rounded up.
const DEGREES: f64 = NEAR_KM_MAX / 110.0;

struct Row {
    doctor_id: Option<Uuid>,
    /// The doctor's rank; in the row without a doctor, the rank up to which the result is complete.
    rank: Option<i64>,
}

/// Searches one part around the origin.
pub(super) async fn search(
    connection: &mut PgConnection,
    wanted: &Wanted,
    part: &Part,
    from: StartAfter,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    let mut needed = from.limit;
    loop {
        let rows = within(connection, wanted, part, needed, from.rank, now).await?;
        let everything = rows.iter().any(|row| row.doctor_id.is_none() && row.rank.is_none());
        let mut found: Vec<Found> = rows
            .into_iter()
            .filter_map(|row| Some(Found { doctor_id: row.doctor_id?, rank: row.rank? }))
            .filter(|found| from.is_after(found))
            .collect();
        let enough = usize::try_from(from.limit).unwrap_or(usize::MAX);
        if everything || found.len() >= enough {
            found.sort_unstable_by_key(|row| (row.rank, row.doctor_id));
            found.truncate(enough);
            return Ok(found);
        }
        // On a later page: too many of the rows were on pages before it.
        needed *= 4;
    }
}

/// All doctors up to the rank that the first `needed` doctors have, going from the nearest location outwards.
async fn within(
    connection: &mut PgConnection,
    wanted: &Wanted,
    part: &Part,
    needed: i64,
    after: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Row>> {
    let (latitude, longitude) = wanted.origin.map(|at| (at.latitude, at.longitude)).unzip();
    let zones_ahead = wanted.zones_ahead(now);
    sqlx::query_as!(
        Row,
        r#"with places as materialized (
               select id, km from (
                   select l.id, distance_km($2, $3, l.latitude, l.longitude) as km from locations l
                   where l.latitude between $2::float8 - $5 and $2 + $5
                   union all
                   select l.id, distance_km($2, $3, c.latitude, c.longitude)
                   from cities c join locations l on l.city_id = c.id and l.latitude is null
                   where c.latitude between $2 - $5 and $2 + $5
               ) p where km <= $4::float8 order by km, id
           ),
           met as (
               select x.doctor_id, x.rank
               from places n
               cross join lateral (
                   select t.doctor_id, rank_of(t, $1, $2, $3, $6::float8) - $7::bigint as rank
                   from next_times t join listings l on l.doctor_id = t.doctor_id
                   where t.location_id = n.id and l.listed and t.traits & $20 >= $20
                     and ($8::text is null or l.document @@ $8::text::tsquery)
                     and ($9::bigint is null or l.fee <= $9)
                     and ($18::smallint is null or l.rating_tenths >= $18)
                     and ($10::text is null or t.mode = $10)
                     and ($11::text is null or t.city_id = (select id from cities where slug = $11))
                     and (($12::date is null and $13::date is null and $14::text[] is null and not $15)
                          or free_within(t, $1, $12, $13, $14::text[], $15))
                   offset 0
               ) x
               limit $17
           ),
           first as (
               select min(rank) as rank from met
               group by doctor_id having min(rank) >= $16 order by 1 limit $19
           ),
           reached as materialized (
               select (select count(*) from met) < $17 as by_all,
                      case when count(*) = $19 then max(rank) end as rank
               from first
           ),
           best as (
               select doctor_id, min(rank) as rank from met
               where (select by_all from reached)
               group by doctor_id
               union all
               select x.doctor_id, min(x.rank) as rank
               from reached r cross join places n
               cross join lateral (
                   select t.doctor_id, rank_of(t, $1, $2, $3, $6::float8) - $7::bigint as rank
                   from next_times t join listings l on l.doctor_id = t.doctor_id
                   where t.location_id = n.id and l.listed and t.traits & $20 >= $20
                     and t.ranks_at <= coalesce(
                         to_timestamp(r.rank + $7::bigint - (n.km * $6::float8)::bigint + 2), 'infinity')
                     and ($8::text is null or l.document @@ $8::text::tsquery)
                     and ($9::bigint is null or l.fee <= $9)
                     and ($18::smallint is null or l.rating_tenths >= $18)
                     and ($10::text is null or t.mode = $10)
                     and ($11::text is null or t.city_id = (select id from cities where slug = $11))
                     and (($12::date is null and $13::date is null and $14::text[] is null and not $15)
                          or free_within(t, $1, $12, $13, $14::text[], $15))
                   offset 0
               ) x
               where not r.by_all and (r.rank is null or x.rank <= r.rank)
               group by x.doctor_id
           )
           select doctor_id, rank from best
           union all
           select null, case when not by_all then rank end from reached"#,
        now,
        latitude,
        longitude,
        NEAR_KM_MAX,
        DEGREES,
        KM_SECONDS,
        part.relevance_seconds,
        part.question.as_deref(),
        wanted.fee_max,
        wanted.mode,
        wanted.city.as_deref(),
        wanted.from,
        wanted.until,
        zones_ahead.as_deref(),
        wanted.evening,
        after,
        needed * REACH,
        wanted.rating_min,
        needed,
        part.signature
    )
    .fetch_all(connection)
    .await
}
