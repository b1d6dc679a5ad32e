//! Searches one part: all doctors in it match equally well, so they are ordered by `next_times`.

use chrono::{DateTime, Utc};
use nadi::search::{KM_SECONDS, NEAR_KM_MAX};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use super::query::{Found, Part, StartAfter, Wanted};

struct Row {
    doctor_id: Option<Uuid>,
    /// The doctor's rank; in the row without a doctor, the number of matching documents.
    rank: i64,
}

/// All doctors of a part, looked up in the index on documents, then ranked. `None` when more than `few` match.
pub(super) async fn gather(
    connection: &mut PgConnection,
    wanted: &Wanted,
    part: &Part,
    from: StartAfter,
    few: i64,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Found>>> {
    let (latitude, longitude) = wanted.origin.map(|at| (at.latitude, at.longitude)).unzip();
    let zones_ahead = wanted.zones_ahead(now);
    let rows = sqlx::query_as!(
        Row,
        r#"with fit as materialized (
               select l.doctor_id from listings l
               where l.listed and l.document @@ $2::text::tsquery and ($3::bigint is null or l.fee <= $3)
               and ($19::smallint is null or l.rating_tenths >= $19)
               limit $4::bigint + 1
           ),
           best as (
               select t.doctor_id, min(rank_of(t, $1, $5, $6, $7)) - $8::bigint as rank
               from fit join next_times t on t.doctor_id = fit.doctor_id
               where (select count(*) from fit) <= $4::bigint
                 and ($9::text is null or t.mode = $9)
                 and ($10::text is null or t.city_id = (select id from cities where slug = $10))
                 and ($5::float8 is null
                      or distance_km($5, $6, t.latitude, t.longitude) <= $11::float8)
                 and (($12::date is null and $13::date is null and $14::text[] is null and not $15)
                      or free_within(t, $1, $12, $13, $14::text[], $15))
               group by t.doctor_id
           )
           (select doctor_id, rank as "rank!" from best
            where (rank, doctor_id) > ($16, $17)
            order by rank, doctor_id limit $18)
           union all
           select null, count(*) from fit"#,
        now,
        part.question.as_deref(),
        wanted.fee_max,
        few,
        latitude,
        longitude,
        KM_SECONDS,
        part.relevance_seconds,
        wanted.mode,
        wanted.city.as_deref(),
        NEAR_KM_MAX,
        wanted.from,
        wanted.until,
        zones_ahead.as_deref(),
        wanted.evening,
        from.rank,
        from.doctor,
        from.limit,
        wanted.rating_min
    )
    .fetch_all(connection)
    .await?;
    let mut found = Vec::new();
    for row in rows {
        match row.doctor_id {
            Some(doctor_id) => found.push(Found { doctor_id, rank: row.rank }),
            None if row.rank > few => return Ok(None),
            None => {}
        }
    }
    Ok(Some(found))
}

/// Walks a part along the index on the order until the page is full. Each doctor is found once, with the
/// location that is free first.
///
/// The condition on the signature is `traits & x >= x` instead of `= x`, which means the same: for `=` between
/// computed numbers the planner expects hardly any rows, and would sort all doctors instead of walking.
pub(super) async fn walk(
    connection: &mut PgConnection,
    wanted: &Wanted,
    part: &Part,
    from: StartAfter,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    let zones_ahead = wanted.zones_ahead(now);
    let mut rows = sqlx::query_as!(
        Found,
        r#"select t.doctor_id, extract(epoch from t.ranks_at)::bigint - $4::bigint as "rank!"
           from next_times t join listings l on l.doctor_id = t.doctor_id
           where l.listed
             and t.traits & $15 >= $15
             and ($2::text is null or l.document @@ $2::text::tsquery)
             and ($3::bigint is null or l.fee <= $3)
             and ($14::smallint is null or l.rating_tenths >= $14)
             and ($5::text is null or t.mode = $5)
             and ($6::text is null or t.city_id = (select id from cities where slug = $6))
             and (($7::date is null and $8::date is null and $9::text[] is null and not $10)
                  or free_within(t, $1, $7, $8, $9::text[], $10))
             and t.passes_at > $1
             and (t.ranks_at, t.doctor_id) > (to_timestamp($11::bigint + $4::bigint), $12)
             and not exists (
                 select from next_times o
                 where o.doctor_id = t.doctor_id
                   and ($5::text is null or o.mode = $5)
                   and ($6::text is null or o.city_id = (select id from cities where slug = $6))
                   and (($7::date is null and $8::date is null and $9::text[] is null and not $10)
                        or free_within(o, $1, $7, $8, $9::text[], $10))
                   and (soonest(o, $1), o.location_id, o.mode) < (t.soonest_at, t.location_id, t.mode))
           order by t.ranks_at, t.doctor_id
           limit $13"#,
        now,
        part.question.as_deref(),
        wanted.fee_max,
        part.relevance_seconds,
        wanted.mode,
        wanted.city.as_deref(),
        wanted.from,
        wanted.until,
        zones_ahead.as_deref(),
        wanted.evening,
        from.rank,
        from.doctor,
        from.limit,
        wanted.rating_min,
        part.signature
    )
    .fetch_all(&mut *connection)
    .await?;
    rows.extend(passed(connection, wanted, part, from, now).await?);
    Ok(rows)
}

/// The few rows whose first stored time has passed since they were last trimmed.
async fn passed(
    connection: &mut PgConnection,
    wanted: &Wanted,
    part: &Part,
    from: StartAfter,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    let zones_ahead = wanted.zones_ahead(now);
    sqlx::query_as!(
        Found,
        r#"select * from (
               select t.doctor_id, min(rank_of(t, $1, null, null, 0)) - $4::bigint as "rank!"
               from next_times t join listings l on l.doctor_id = t.doctor_id
               where l.listed
                 and t.traits & $15 >= $15
                 and ($2::text is null or l.document @@ $2::text::tsquery)
                 and ($3::bigint is null or l.fee <= $3)
                 and ($14::smallint is null or l.rating_tenths >= $14)
                 and ($5::text is null or t.mode = $5)
                 and ($6::text is null or t.city_id = (select id from cities where slug = $6))
                 and (($7::date is null and $8::date is null and $9::text[] is null and not $10)
                      or free_within(t, $1, $7, $8, $9::text[], $10))
                 and t.passes_at <= $1
                 and not exists (
                     select from next_times o
                     where o.doctor_id = t.doctor_id
                       and ($5::text is null or o.mode = $5)
                       and ($6::text is null or o.city_id = (select id from cities where slug = $6))
                       and (($7::date is null and $8::date is null and $9::text[] is null and not $10)
                            or free_within(o, $1, $7, $8, $9::text[], $10))
                       and (soonest(o, $1), o.location_id, o.mode)
                           < (soonest(t, $1), t.location_id, t.mode))
               group by t.doctor_id
           ) late
           where ("rank!", doctor_id) > ($11, $12)
           order by "rank!", doctor_id
           limit $13"#,
        now,
        part.question.as_deref(),
        wanted.fee_max,
        part.relevance_seconds,
        wanted.mode,
        wanted.city.as_deref(),
        wanted.from,
        wanted.until,
        zones_ahead.as_deref(),
        wanted.evening,
        from.rank,
        from.doctor,
        from.limit,
        wanted.rating_min,
        part.signature
    )
    .fetch_all(connection)
    .await
}
