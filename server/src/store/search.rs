//! Searching for doctors, by what `store::listings` keeps.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::search::{KM_SECONDS, NEAR_KM_MAX, RELEVANCE_SECONDS};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// What narrows a search; `None` does not.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Letters and digits only; each has to be found.
    pub words: Vec<String>,
    pub specialty: Option<String>,
    pub city: Option<String>,
    pub mode: Option<&'static str>,
    /// A free time on a date from here on, by the place's calendar.
    pub from: Option<NaiveDate>,
    /// The first date no longer wanted.
    pub until: Option<NaiveDate>,
    /// The time starts at 17:00 or later, by the place's clock.
    pub evening: bool,
    /// In this week, by the place's calendar.
    pub week: bool,
    /// Lower case, without accents.
    pub language: Option<String>,
    pub gender: Option<&'static str>,
    /// In the main unit of the doctor's currency.
    pub fee_max: Option<i64>,
    /// The slug of a city: places around it, the nearer the better.
    pub near: Option<String>,
}

/// From where on: the rank and doctor the part before ended with, and how many to leave out.
#[derive(Clone, Copy, Debug)]
pub struct From {
    pub rank: i64,
    pub doctor: Uuid,
    pub offset: i64,
    pub limit: i64,
}

/// A doctor found, by rank: in seconds, the lowest first; see [`nadi::search`].
pub struct Found {
    pub doctor_id: Uuid,
    pub rank: i64,
}

/// `$1` to `$11` of every statement here, a place `t` and a doctor's document `l` given, and `near`.
macro_rules! found {
    ($row:ident, $with:tt, $from:tt, $rest:tt, $now:expr, $wanted:expr $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $row,
            "with near as materialized (
                 select l.id, distance_km(o.latitude, o.longitude, coalesce(l.latitude, c.latitude),
                                          coalesce(l.longitude, c.longitude)) as km
                 from cities o cross join locations l join cities c on c.id = l.city_id
                 where o.slug = $11
                   and distance_km(o.latitude, o.longitude, coalesce(l.latitude, c.latitude),
                                   coalesce(l.longitude, c.longitude)) <= $10
             ), "
                + $with
                + $from
                + " where l.listed
                      and ($2::text is null or t.city_id = (select id from cities where slug = $2))
                      and (($3::date is null and $4::date is null and not $5 and not $6)
                           or free_within(t, $1, $3, $4, $5, $6))
                      and ($7::text is null or l.languages @> array[plain($7)])
                      and ($8::text is null or l.gender = $8)
                      and ($9::bigint is null or l.fee <= $9)
                      and ($11::text is null or n.km is not null) "
                + $rest,
            $now,
            $wanted.city.as_deref(),
            $wanted.from,
            $wanted.until,
            $wanted.week,
            $wanted.evening,
            $wanted.language.as_deref(),
            $wanted.gender,
            $wanted.fee_max,
            NEAR_KM_MAX,
            $wanted.near.as_deref()
            $(, $argument)*
        )
    };
}

/// Doctors by rank. Who is looked for by words, a specialty or a city is looked up; around a city, its
/// places are; all others are walked by their next time.
pub async fn search(
    connection: &mut PgConnection,
    wanted: &Wanted,
    from: From,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    if !wanted.words.is_empty() || wanted.specialty.is_some() || wanted.city.is_some() {
        looked_up(connection, wanted, from, now).await
    } else if wanted.near.is_some() {
        around(connection, wanted, from, now).await
    } else {
        walked(connection, wanted, from, now).await
    }
}

async fn looked_up(
    connection: &mut PgConnection,
    wanted: &Wanted,
    from: From,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    found!(
        Found,
        "asked as materialized (
             select search_query($12, $13, $2) as query, search_query($12, null, null) as words
         ),
         fit as (
             select l.doctor_id, l.listed, l.languages, l.gender, l.fee,
                    (coalesce(ts_rank('{0.1, 0.4, 0.7, 1.0}', l.document, a.words), 0)
                     * $16::float8)::bigint as relevance
             from asked a join listings l on l.document @@ a.query
             offset 0
         ),
         best as (
             select t.doctor_id,
                    min(extract(epoch from soonest(t, $1))::bigint + (coalesce(n.km, 0) * $15)::bigint
                        - l.relevance) as rank ",
        "from fit l
         join next_times t on t.doctor_id = l.doctor_id
         left join near n on n.id = t.location_id",
        "    and ($14::text is null or t.mode = $14)
             group by t.doctor_id
         )
         select doctor_id as \"doctor_id!\", rank as \"rank!\" from best
         where (rank, doctor_id) > ($17, $18)
         order by rank, doctor_id offset $19 limit $20",
        now,
        wanted,
        &wanted.words,
        wanted.specialty.as_deref(),
        wanted.mode,
        KM_SECONDS,
        RELEVANCE_SECONDS,
        from.rank,
        from.doctor,
        from.offset,
        from.limit
    )
    .fetch_all(connection)
    .await
}

async fn around(
    connection: &mut PgConnection,
    wanted: &Wanted,
    from: From,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    found!(
        Found,
        "best as (
             select t.doctor_id,
                    min(extract(epoch from soonest(t, $1))::bigint + (n.km * $13)::bigint) as rank ",
        "from near n
         join next_times t on t.location_id = n.id
         join listings l on l.doctor_id = t.doctor_id",
        "    and ($12::text is null or t.mode = $12)
             group by t.doctor_id
         )
         select doctor_id as \"doctor_id!\", rank as \"rank!\" from best
         where (rank, doctor_id) > ($14, $15)
         order by rank, doctor_id offset $16 limit $17",
        now,
        wanted,
        wanted.mode,
        KM_SECONDS,
        from.rank,
        from.doctor,
        from.offset,
        from.limit
    )
    .fetch_all(connection)
    .await
}

/// By the index on the next time: the first page costs the same whether there are a thousand doctors or
/// a hundred thousand. A doctor counts once, at the place that is free first.
async fn walked(
    connection: &mut PgConnection,
    wanted: &Wanted,
    from: From,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    let whole = From { offset: 0, limit: from.offset + from.limit, ..from };
    let mut rows = walked_part(connection, wanted, whole, now).await?;
    rows.extend(passed_part(connection, wanted, whole, now).await?);
    rows.sort_unstable_by_key(|row| (row.rank, row.doctor_id));
    let skipped = usize::try_from(from.offset).unwrap_or(usize::MAX);
    let taken = usize::try_from(from.limit).unwrap_or(usize::MAX);
    Ok(rows.into_iter().skip(skipped).take(taken).collect())
}

async fn walked_part(
    connection: &mut PgConnection,
    wanted: &Wanted,
    from: From,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    found!(
        Found,
        "part as (select t.doctor_id, t.soonest_at ",
        "from next_times t
         join listings l on l.doctor_id = t.doctor_id
         left join near n on n.id = t.location_id",
        "    and ($12::text is null or t.mode = $12)
             and t.passes_at > $1
             and (t.soonest_at, t.doctor_id) > (to_timestamp($13::bigint), $14)
             and not exists (
                 select from next_times o
                 where o.doctor_id = t.doctor_id
                   and ($12::text is null or o.mode = $12)
                   and (($3::date is null and $4::date is null and not $5 and not $6)
                        or free_within(o, $1, $3, $4, $5, $6))
                   and (soonest(o, $1), o.location_id, o.mode) < (t.soonest_at, t.location_id, t.mode))
             order by t.soonest_at, t.doctor_id
             limit $15
         )
         select doctor_id as \"doctor_id!\", extract(epoch from soonest_at)::bigint as \"rank!\" from part",
        now,
        wanted,
        wanted.mode,
        from.rank,
        from.doctor,
        from.limit
    )
    .fetch_all(connection)
    .await
}

/// The few whose first kept time has passed since they were last looked at.
async fn passed_part(
    connection: &mut PgConnection,
    wanted: &Wanted,
    from: From,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    found!(
        Found,
        "part as (select t.doctor_id, soonest(t, $1) as soonest_at ",
        "from next_times t
         join listings l on l.doctor_id = t.doctor_id
         left join near n on n.id = t.location_id",
        "    and ($12::text is null or t.mode = $12)
             and t.passes_at <= $1
             and not exists (
                 select from next_times o
                 where o.doctor_id = t.doctor_id
                   and ($12::text is null or o.mode = $12)
                   and (($3::date is null and $4::date is null and not $5 and not $6)
                        or free_within(o, $1, $3, $4, $5, $6))
                   and (soonest(o, $1), o.location_id, o.mode)
                       < (soonest(t, $1), t.location_id, t.mode))
         )
         select doctor_id as \"doctor_id!\", extract(epoch from soonest_at)::bigint as \"rank!\" from part
         where (soonest_at, doctor_id) > (to_timestamp($13::bigint), $14)
         order by soonest_at, doctor_id
         limit $15",
        now,
        wanted,
        wanted.mode,
        from.rank,
        from.doctor,
        from.limit
    )
    .fetch_all(connection)
    .await
}

/// How many doctors there are: in all, with a specialty (and everything else asked for), in a mode.
pub struct CountRow {
    /// `total`, `specialty` or `mode`.
    pub kind: String,
    pub value: String,
    pub doctors: i64,
}

/// Counts what is found, also for other specialties and modes than the asked ones.
pub async fn counts(
    connection: &mut PgConnection,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Vec<CountRow>> {
    macro_rules! counted {
        ($with:tt, $from:tt, $and:tt) => {
            found!(
                CountRow,
                $with,
                $from,
                $and,
                now,
                wanted,
                wanted.specialty.as_deref(),
                wanted.mode,
                &wanted.words
            )
            .fetch_all(connection)
            .await
        };
    }
    if wanted.words.is_empty() && wanted.city.is_none() {
        counted!(
            "fit as (select t.doctor_id, t.mode, l.specialties ",
            "from next_times t
             join listings l on l.doctor_id = t.doctor_id
             left join near n on n.id = t.location_id",
            "    and $14::text[] is not null
             ),
             each as (
                 select doctor_id, min(specialties) as specialties,
                        bool_or(mode = 'in_person') as in_person, bool_or(mode = 'video') as video
                 from fit group by doctor_id
             ),
             one as (
                 select * from each
                 where $13::text is null or ($13 = 'video' and video) or ($13 = 'in_person' and in_person)
             ),
             chosen as (select * from each where $12::text is null or specialties @> array[$12])
             select 'total' as \"kind!\", '' as \"value!\", count(*) as \"doctors!\" from one
             where $12::text is null or specialties @> array[$12]
             union all
             select 'specialty', s, count(*) from one cross join unnest(specialties) s group by s
             union all
             select 'mode', 'in_person', count(*) from chosen where in_person
             union all
             select 'mode', 'video', count(*) from chosen where video"
        )
    } else {
        counted!(
            "asked as materialized (select search_query($14, null, $2) as query),
             fit as (select t.doctor_id, t.mode, l.specialties ",
            "from asked a
             join listings l on l.document @@ a.query
             join next_times t on t.doctor_id = l.doctor_id
             left join near n on n.id = t.location_id",
            "),
             each as (
                 select doctor_id, min(specialties) as specialties,
                        bool_or(mode = 'in_person') as in_person, bool_or(mode = 'video') as video
                 from fit group by doctor_id
             ),
             one as (
                 select * from each
                 where $13::text is null or ($13 = 'video' and video) or ($13 = 'in_person' and in_person)
             ),
             chosen as (select * from each where $12::text is null or specialties @> array[$12])
             select 'total' as \"kind!\", '' as \"value!\", count(*) as \"doctors!\" from one
             where $12::text is null or specialties @> array[$12]
             union all
             select 'specialty', s, count(*) from one cross join unnest(specialties) s group by s
             union all
             select 'mode', 'in_person', count(*) from chosen where in_person
             union all
             select 'mode', 'video', count(*) from chosen where video"
        )
    }
}

/// These words, those that no document has replaced by the one most like it; `None` for one that
/// is like none.
pub async fn spelled(
    connection: &mut PgConnection,
    words: &[String],
) -> Result<Vec<Option<String>>> {
    sqlx::query_scalar!(
        r#"select case
               when exists (select from search_words k where k.word = said.word
                            or length(said.word) > 2 and starts_with(k.word, said.word)) then said.word
               else (select k.word from search_words k
                     where k.word % said.word and similarity(k.word, said.word) > 0.34
                     order by similarity(k.word, said.word) desc, abs(length(k.word) - length(said.word)),
                              k.word
                     limit 1)
           end as "word"
           from (select plain(w) as word, place
                 from unnest($1::text[]) with ordinality asked (w, place)) said
           order by said.place"#,
        words
    )
    .fetch_all(connection)
    .await
}

/// What a card shows of a doctor, but for places and times.
pub struct CardRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub languages: Vec<String>,
    pub fee_minor_units: i64,
    pub currency: String,
    pub specialties: Vec<String>,
    pub video: bool,
}

/// The cards of these doctors, in any order.
pub async fn cards(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<Vec<CardRow>> {
    sqlx::query_as!(
        CardRow,
        r#"select d.id, d.slug, d.name, d.languages, d.fee_minor_units, d.currency as "currency!",
                  array(select s.name from doctor_specialties x join specialties s on s.id = x.specialty_id
                        where x.doctor_id = d.id order by x.is_primary desc, s.name) as "specialties!",
                  exists (select from next_times t where t.doctor_id = d.id and t.mode = 'video') as "video!"
           from doctors d where d.id = any($1)"#,
        doctors
    )
    .fetch_all(connection)
    .await
}

pub struct NearRow {
    pub location_id: Uuid,
    pub km: f64,
}

/// How far places are from a city, over the ground.
pub async fn distances(
    connection: &mut PgConnection,
    locations: &[Uuid],
    city: &str,
) -> Result<Vec<NearRow>> {
    sqlx::query_as!(
        NearRow,
        r#"select l.id as location_id,
                  distance_km(o.latitude, o.longitude, coalesce(l.latitude, c.latitude),
                              coalesce(l.longitude, c.longitude)) as "km!"
           from locations l join cities c on c.id = l.city_id cross join cities o
           where l.id = any($1) and o.slug = $2"#,
        locations,
        city
    )
    .fetch_all(connection)
    .await
}

/// Languages of listed doctors, as they are written, by name.
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
