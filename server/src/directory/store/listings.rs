//! What the search reads: documents and next free times, made from other tables. Nothing here is the
//! truth about anything, and a hold never looks at it.

use chrono::{DateTime, Utc};
use nadi::ids::LocationId;
use nadi::search::{MEAN_VISITS, STAR_SECONDS};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Free times kept for each doctor, place and mode.
pub const KEPT_EACH: i64 = 8;
/// Dates ahead, from the day before, of which it is kept whether they have a free time; the SQL function
/// `free_within` knows this number.
pub const KEPT_DAYS: i32 = 35;

/// Has the rest of this transaction find everything by index.
async fn plan_by_index(connection: &mut PgConnection) -> Result<()> {
    // Small tables mislead the planner into reading all slots of everybody, or all of a
    // doctor's to sort them; and planning anew for each doctor takes four times as long as the work.
    sqlx::query!(
        "select set_config('enable_hashjoin', 'off', true) as hash,
                set_config('enable_mergejoin', 'off', true) as merge,
                set_config('enable_sort', 'off', true) as sort,
                set_config('jit', 'off', true) as jit,
                set_config('plan_cache_mode', 'force_generic_plan', true) as plan"
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// The rows of these doctors, made if missing and locked in one order: from here to the commit nobody
/// else refreshes them, so that what is read later is never overwritten by what was read earlier.
pub async fn lock(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    plan_by_index(connection).await?;
    sqlx::query!(
        "insert into listings (doctor_id)
         select d.id from doctors d where d.id = any($1)
           and not exists (select from listings l where l.doctor_id = d.id)
         order by d.id on conflict do nothing",
        doctors
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "select doctor_id from listings where doctor_id = any($1) order by doctor_id for update",
        doctors
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Makes the next times of these doctors, whose rows are locked, from the free times at `now`.
pub async fn refresh_times(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    let places_changed = sqlx::query_scalar!(
        r#"with pairs as (
             select distinct r.doctor_id, r.location_id, r.mode
             from availability_rules r
             where r.doctor_id = any($1) and r.archived_at is null
         ),
         gone as (
             delete from next_times t
             where t.doctor_id = any($1)
               and case when t.mode is null
                   then exists (select from pairs p where p.doctor_id = t.doctor_id)
                   else not exists (select from pairs p where p.doctor_id = t.doctor_id
                                    and p.location_id = t.location_id and p.mode = t.mode) end
             returning t.doctor_id
         )
         select doctor_id as "doctor_id!" from gone
         union
         select p.doctor_id from pairs p
         where not exists (select from next_times t where t.doctor_id = p.doctor_id
                           and t.location_id = p.location_id and t.mode = p.mode)"#,
        doctors
    )
    .fetch_all(&mut *connection)
    .await?;
    mark_stale(connection, &places_changed).await?;
    sqlx::query!(
        r#"
        with pairs as materialized (
            select r.doctor_id, r.location_id, r.mode, l.city_id, l.time_zone,
                   coalesce(l.latitude, y.latitude) as latitude,
                   coalesce(l.longitude, y.longitude) as longitude,
                   bool_or(r.window_days is not null) as opens_later
            from availability_rules r
            join locations l on l.id = r.location_id
            join cities y on y.id = l.city_id
            where r.doctor_id = any($1) and r.archived_at is null
            group by 1, 2, 3, 4, 5, 6, 7
            union all
            select d.id, null, null, null, null, null, null, false from doctors d
            where d.id = any($1)
              and not exists (select from availability_rules r
                              where r.doctor_id = d.id and r.archived_at is null)
        ),
        -- A block lies within one date. Of each, the first free time tells: not all of them are read.
        days as (
            select w.doctor_id, w.location_id, w.mode,
                   bit_or(1::bigint << (w.local_date - $3::date)) filter (where w.free) as free_days,
                   bit_or(1::bigint << (w.local_date - $3::date)) filter (where w.evening) as evening_days
            from unnest($1::uuid[]) d (id)
            cross join lateral (
                select b.doctor_id, b.location_id, b.mode, b.local_date,
                       exists (select from free_slots($2) f where f.block_id = b.id) as free,
                       ((b.ends_at - interval '1 second') at time zone 'UTC'
                        + make_interval(secs => b.utc_offset))::time >= '17:00'
                       and exists (select from free_slots($2) f
                                   where f.block_id = b.id
                                     and (f.starts_at at time zone 'UTC'
                                          + make_interval(secs => b.utc_offset))::time >= '17:00') as evening
                from blocks b
                where b.doctor_id = d.id and b.ends_at > $2
                  and b.starts_at > $2::timestamptz - interval '1 day'
                  and b.starts_at < $2::timestamptz + make_interval(days => $4::int)
                  and b.local_date - $3::date between 0 and $4::int - 1
                offset 0
            ) w
            group by 1, 2, 3
        ),
        kept as (
            select p.doctor_id, p.location_id, p.mode,
                   array_agg(n.id order by n.starts_at) as slots,
                   array_agg(n.starts_at order by n.starts_at) as starts,
                   array_agg(n.closes_at order by n.starts_at) as closes,
                   array_agg(n.utc_offset order by n.starts_at) as utc_offsets,
                   min(n.starts_at) as soonest_at, min(n.closes_at) as passes_at
            from pairs p
            cross join lateral (
                select f.id, f.starts_at, s.closes_at, b.utc_offset
                from (select b.id, b.location_id, b.mode, b.starts_at, b.utc_offset from blocks b
                      where b.doctor_id = p.doctor_id and b.ends_at > $2
                        and b.starts_at > $2::timestamptz - interval '1 day'
                      order by b.starts_at offset 0) b
                cross join lateral (select f.* from free_slots($2) f where f.block_id = b.id) f
                join slots s on s.id = f.id
                where b.location_id = p.location_id and b.mode = p.mode
                order by b.starts_at, f.slot_no limit $5
            ) n
            group by 1, 2, 3
        )
        insert into next_times as t (doctor_id, location_id, mode, city_id, latitude, longitude, time_zone,
            slots, starts, closes, utc_offsets, soonest_at, ranks_at, passes_at, look_at, days_from, free_days,
            evening_days, traits, refreshed_at)
        select p.doctor_id, p.location_id, p.mode, p.city_id, p.latitude, p.longitude, p.time_zone,
               coalesce(k.slots, '{}'), coalesce(k.starts, '{}'), coalesce(k.closes, '{}'),
               coalesce(k.utc_offsets, '{}'),
               coalesce(k.soonest_at, to_timestamp(9999999999)),
               coalesce(k.soonest_at, to_timestamp(9999999999))
                   - make_interval(secs => coalesce(e.rating_seconds, 0)),
               coalesce(k.passes_at, 'infinity'),
               least($2::timestamptz + interval '1 hour',
                     -- A time that opens for booking later than now may come before those kept.
                     case when p.opens_later then
                         (select min(s.opens_at) from slots s
                          where s.doctor_id = p.doctor_id and s.starts_at > $2 and s.opens_at > $2) end),
               $3::date, coalesce(y.free_days, 0), coalesce(y.evening_days, 0), coalesce(e.traits, 0), $2
        from pairs p
        left join listings e on e.doctor_id = p.doctor_id
        left join days y on y.doctor_id = p.doctor_id and y.location_id = p.location_id and y.mode = p.mode
        left join kept k on k.doctor_id = p.doctor_id and k.location_id = p.location_id and k.mode = p.mode
        order by p.doctor_id, p.location_id, p.mode
        on conflict on constraint next_times_key do update set
            city_id = excluded.city_id, latitude = excluded.latitude, longitude = excluded.longitude,
            time_zone = excluded.time_zone, slots = excluded.slots,
            starts = excluded.starts, closes = excluded.closes,
            utc_offsets = excluded.utc_offsets, soonest_at = excluded.soonest_at,
            ranks_at = excluded.ranks_at, passes_at = excluded.passes_at,
            -- Left alone while it is far enough: it stands in an index, which all of the row would go through.
            look_at = case when t.look_at between $2::timestamptz + interval '30 minutes' and excluded.look_at
                           then t.look_at else excluded.look_at end,
            days_from = excluded.days_from, free_days = excluded.free_days, evening_days = excluded.evening_days,
            traits = excluded.traits, refreshed_at = excluded.refreshed_at
        "#,
        doctors,
        now,
        // The date is nowhere earlier than yesterday's in UTC.
        now.date_naive().pred_opt().unwrap_or_default(),
        KEPT_DAYS,
        KEPT_EACH
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the documents of these doctors, whose rows are locked.
pub async fn refresh_documents(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    sqlx::query!(
        r#"
        update listings l set
            listed = d.status = 'listed' and d.archived_at is null,
            fee = case when d.currency in ('JPY', 'KRW', 'VND', 'CLP') then d.fee_minor_units
                       else (d.fee_minor_units + 99) / 100 end,
            specialties = s.slugs,
            rating_tenths = r.tenths,
            rating_seconds = coalesce(r.seconds, 0),
            document = findable_as('n:', d.name)
                || findable_as('o:', concat_ws(' ', d.qualifications, array_to_string(d.languages, ' '),
                                               c.name, p.names))
                || array_to_tsvector(array(select 's:' || slug from unnest(s.slugs) slug
                                           union select 'c:' || slug from unnest(p.slugs) slug
                                           union select plain('l:' || name) from unnest(d.languages) name
                                           union select 'g:' || d.gender where d.gender is not null)),
            stale = false
        from doctors d
        join clinics c on c.id = d.clinic_id
        cross join lateral (
            select coalesce(array_agg(s.slug), '{}') as slugs
            from doctor_specialties x join specialties s on s.id = x.specialty_id
            where x.doctor_id = d.id
        ) s
        cross join lateral (
            select coalesce(array_agg(distinct y.slug), '{}') as slugs,
                   coalesce(string_agg(distinct concat_ws(' ', o.name, y.name, y.country), ' '), '') as names
            from availability_rules r
            join locations o on o.id = r.location_id
            join cities y on y.id = o.city_id
            where r.doctor_id = d.id and r.archived_at is null
        ) p
        left join lateral (
            select rating_tenths(k.reviews, k.stars_sum) as tenths,
                   round((k.stars_sum - k.reviews * m.tenths / 10.0) / (k.reviews + $2::float8) * $3::float8)
                       ::bigint as seconds
            from doctor_ratings k cross join rating_mean m where k.doctor_id = d.id
        ) r on true
        where l.doctor_id = d.id and d.id = any($1)
        "#,
        doctors,
        MEAN_VISITS,
        STAR_SECONDS
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into search_words (word)
         select distinct found.lexeme
         from doctors d
         cross join lateral (
             select concat_ws(' ', d.name, array_to_string(d.languages, ' '),
                    (select string_agg(concat_ws(' ', s.name, s.summary,
                         (select string_agg(w.word, ' ') from specialty_words w
                          where w.specialty_id = s.id)), ' ')
                     from doctor_specialties x join specialties s on s.id = x.specialty_id
                     where x.doctor_id = d.id),
                    (select string_agg(concat_ws(' ', y.name, y.country), ' ')
                     from next_times t join cities y on y.id = t.city_id
                     where t.doctor_id = d.id)) as text
         ) said
         cross join lateral unnest(to_tsvector('simple', plain(said.text))) found
         where d.id = any($1) and d.status = 'listed' and length(found.lexeme) between 3 and 40
           and found.lexeme ~ '^[[:alpha:]]+$'
           and not exists (select from search_words w where w.word = found.lexeme)
         order by 1
         on conflict do nothing",
        doctors
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The documents of these doctors are to be made again.
pub async fn mark_stale(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    if !doctors.is_empty() {
        sqlx::query!("update listings set stale = true where doctor_id = any($1)", doctors)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// A slot that somebody has booked or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touched {
    pub doctor: Uuid,
    pub location: Uuid,
    pub mode: &'static str,
    pub slot: i64,
}

/// For doctors whose rows are locked: takes out of the kept times those of these slots that are not free any more, and puts in those that are
/// free again and come before the last kept one. Where few are left, or a day may have lost its last free
/// time or got its first, the doctor is to be looked at.
pub async fn follow_bookings(
    connection: &mut PgConnection,
    touched: &[Touched],
    now: DateTime<Utc>,
) -> Result<()> {
    let slots: Vec<i64> = touched.iter().map(|one| one.slot).collect();
    let doctors: Vec<Uuid> = touched.iter().map(|one| one.doctor).collect();
    let locations: Vec<Uuid> = touched.iter().map(|one| one.location).collect();
    let modes: Vec<&str> = touched.iter().map(|one| one.mode).collect();
    sqlx::query!(
        "with found as materialized (
             select t.doctor_id, t.location_id, t.mode, s.id, s.starts_at, s.closes_at,
                    exists (select from free_slots($5) f where f.id = s.id) as is_free,
                    s.id = any(t.slots) as is_kept,
                    s.starts_at < t.starts[cardinality(t.starts)] as is_before_last,
                    cardinality(t.starts) < $6::bigint as is_short,
                    s.block_id, b.utc_offset,
                    (s.starts_at at time zone 'UTC' + make_interval(secs => b.utc_offset))::time >= '17:00'
                        as is_evening,
                    s.local_date - t.days_from as day, t.free_days, t.evening_days
             from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[])
                  as a (slot_id, doctor_id, location_id, mode)
             join next_times t on t.doctor_id = a.doctor_id and t.location_id = a.location_id
                  and t.mode = a.mode
             join slots s on s.id = a.slot_id and s.starts_at > $5
             join blocks b on b.id = s.block_id
         ),
         changes as (
             select doctor_id, location_id, mode,
                    coalesce(array_agg(id) filter (where is_kept and not is_free), '{}') as gone,
                    coalesce(array_agg(id) filter (where is_free and not is_kept and is_before_last), '{}')
                        as come,
                    coalesce(array_agg(starts_at)
                             filter (where is_free and not is_kept and is_before_last), '{}') as come_starts,
                    coalesce(array_agg(closes_at)
                             filter (where is_free and not is_kept and is_before_last), '{}') as come_closes,
                    coalesce(array_agg(utc_offset)
                             filter (where is_free and not is_kept and is_before_last), '{}') as come_offsets,
                    bool_or(case
                        when is_free then (not is_kept and is_short and is_before_last is not true)
                             -- `between` first: a shift by more would wrap around.
                             or (day between 0 and 34
                                 and (free_days & (1::bigint << day) = 0
                                      or (is_evening and evening_days & (1::bigint << day) = 0)))
                        when day between 0 and 34 and free_days & (1::bigint << day) <> 0 then
                             not exists (select from free_slots($5) f where f.block_id = found.block_id)
                             or (evening_days & (1::bigint << day) <> 0
                                 and not exists (select from free_slots($5) f
                                                 where f.block_id = found.block_id
                                                   and f.starts_at > found.starts_at))
                        else false end) as has_to_be_looked_at
             from found
             group by 1, 2, 3
         ),
         mine as (
             select t.doctor_id, t.location_id, t.mode, c.gone, c.come, c.come_starts, c.come_closes,
                    c.come_offsets, c.has_to_be_looked_at
             from changes c
             join next_times t on t.doctor_id = c.doctor_id and t.location_id = c.location_id
                  and t.mode = c.mode
             where c.gone <> '{}' or c.come <> '{}' or c.has_to_be_looked_at
             order by 1, 2, 3 for update of t
         )
         update next_times t set
             (slots, starts, closes, utc_offsets, soonest_at, ranks_at, passes_at, look_at) = (
                 select n.slots, n.starts, n.closes, n.utc_offsets, soonest_after(n.starts, n.closes, $5),
                        soonest_after(n.starts, n.closes, $5) + (t.ranks_at - t.soonest_at),
                        coalesce((select min(c) from unnest(n.closes) c), 'infinity'),
                        case when m.has_to_be_looked_at
                                  or (cardinality(n.slots) < 4 and cardinality(m.gone) > 0)
                             then least(t.look_at, $5) else t.look_at end
                 from merge_next_times(t.slots, t.starts, t.closes, t.utc_offsets, m.gone, m.come,
                                       m.come_starts, m.come_closes, m.come_offsets, $6) n)
         from mine m
         where t.doctor_id = m.doctor_id and t.location_id = m.location_id and t.mode = m.mode",
        &slots,
        &doctors,
        &locations,
        &modes as _,
        now,
        KEPT_EACH
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The times of these doctors have changed by more than bookings: should nobody hear of it, the next
/// look finds it. Not for a booking's transaction.
pub async fn mark_changed(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with mine as (
             select doctor_id, location_id, mode from next_times where doctor_id = any($1)
             order by doctor_id, location_id, mode for update
         )
         update next_times t set look_at = $2
         from mine m
         where t.doctor_id = m.doctor_id and t.location_id is not distinct from m.location_id
           and t.mode is not distinct from m.mode",
        doctors,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Documents of the doctors who work at this place are to be made again; tells who they are.
pub async fn mark_place_stale(
    connection: &mut PgConnection,
    location: LocationId,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update listings l set stale = true
         where exists (select from availability_rules r
                       where r.doctor_id = l.doctor_id and r.location_id = $1)
         returning l.doctor_id",
        location.0
    )
    .fetch_all(connection)
    .await
}

/// Whose document is to be made again: which of these, or with `None` some of all.
pub async fn stale(
    connection: &mut PgConnection,
    doctors: Option<&[Uuid]>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select doctor_id from listings
         where stale and ($1::uuid[] is null or doctor_id = any($1))
         order by doctor_id limit $2",
        doctors,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Who has no next times yet.
pub async fn missing(connection: &mut PgConnection, limit: i64) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"select d.id as "id!" from doctors d
           where d.archived_at is null
             and not exists (select from next_times t where t.doctor_id = d.id)
           order by d.id limit $1"#,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Whose next times are to be made again by now.
pub async fn due(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select doctor_id from next_times where look_at <= $1 order by look_at limit $2",
        now,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Leaves out what has passed by `now`, of some rows; tells how many rows. Rows with few times left are
/// looked at again at once.
pub async fn trim(connection: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> Result<u64> {
    let trimmed = sqlx::query!(
        "with mine as (
             select doctor_id, location_id, mode from next_times where passes_at <= $1
             order by passes_at limit $2 for update skip locked
         )
         update next_times t set
             slots = array(select s from unnest(t.slots, t.starts, t.closes) k (s, b, c)
                           where c > $1 order by b),
             starts = array(select b from unnest(t.starts, t.closes) k (b, c) where c > $1 order by b),
             closes = array(select c from unnest(t.starts, t.closes) k (b, c) where c > $1 order by b),
             utc_offsets = array(select o from unnest(t.utc_offsets, t.starts, t.closes) k (o, b, c)
                                 where c > $1 order by b),
             soonest_at = soonest_after(t.starts, t.closes, $1),
             ranks_at = soonest_after(t.starts, t.closes, $1) + (t.ranks_at - t.soonest_at),
             passes_at = coalesce((select min(c) from unnest(t.closes) c where c > $1), 'infinity'),
             look_at = case when (select count(*) from unnest(t.closes) c where c > $1) < 4
                            then $1 else t.look_at end
         from mine m
         where t.doctor_id = m.doctor_id and t.location_id = m.location_id and t.mode = m.mode",
        now,
        limit
    )
    .execute(connection)
    .await?;
    Ok(trimmed.rows_affected())
}

/// Writes down the words for specialties, given as three columns; tells how many were not so before.
pub async fn write_words(
    connection: &mut PgConnection,
    specialties: &[&str],
    words: &[&str],
    kinds: &[&str],
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"with said as (
             select s.id, w.word, w.kind
             from unnest($1::text[], $2::text[], $3::text[]) w (specialty, word, kind)
             join specialties s on s.slug = w.specialty
         ),
         gone as (
             delete from specialty_words o
             where not exists (select from said where said.id = o.specialty_id and said.word = o.word)
             returning 1
         ),
         made as (
             insert into specialty_words (specialty_id, word, kind)
             select id, word, kind from said
             order by id, word
             on conflict (specialty_id, word) do update set kind = excluded.kind
             where specialty_words.kind <> excluded.kind
             returning 1
         )
         select (select count(*) from gone) + (select count(*) from made) as "changed!""#,
        specialties as _,
        words as _,
        kinds as _
    )
    .fetch_one(connection)
    .await
}

/// Makes the documents of specialties again where their words are others; tells of how many.
pub async fn write_specialties(connection: &mut PgConnection) -> Result<u64> {
    let written = sqlx::query!(
        "insert into specialty_documents as o (specialty_id, slug, document)
         select s.id, s.slug, setweight(findable(s.name), 'B')
                || setweight(findable(concat_ws(' . ', s.summary,
                       (select string_agg(w.word, ' . ' order by w.word) from specialty_words w
                        where w.specialty_id = s.id))), 'C')
         from specialties s order by s.id
         on conflict (specialty_id) do update set slug = excluded.slug, document = excluded.document
         where o.slug <> excluded.slug or o.document <> excluded.document"
    )
    .execute(connection)
    .await?;
    Ok(written.rows_affected())
}

/// The rating of a doctor has changed: written into the document's row at once, in the same transaction, and
/// into the order of doctors.
pub async fn refresh_rating(connection: &mut PgConnection, doctor: Uuid) -> Result<()> {
    sqlx::query!(
        "update listings l set
             rating_tenths = rating_tenths(k.reviews, k.stars_sum),
             rating_seconds = round((k.stars_sum - k.reviews * m.tenths / 10.0) / (k.reviews + $2::float8)
                                    * $3::float8)::bigint
         from doctor_ratings k cross join rating_mean m
         where l.doctor_id = k.doctor_id and k.doctor_id = $1",
        doctor,
        MEAN_VISITS,
        STAR_SECONDS
    )
    .execute(&mut *connection)
    .await?;
    follow_documents(connection, &[doctor]).await
}

/// Moves the kept times of these doctors, whose rows are locked, in the order of doctors to where their
/// ratings put them, and writes beside them what the documents say.
pub async fn follow_documents(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    sqlx::query!(
        // Locked in the order of everybody else, so that a review never waits in a circle.
        "with mine as (
             select t.doctor_id, t.location_id, t.mode, l.rating_seconds, l.traits
             from next_times t join listings l on l.doctor_id = t.doctor_id
             where t.doctor_id = any($1)
               and (t.ranks_at <> t.soonest_at - make_interval(secs => l.rating_seconds)
                    or t.traits <> l.traits)
             order by t.doctor_id, t.location_id, t.mode for update of t
         )
         update next_times t set ranks_at = t.soonest_at - make_interval(secs => m.rating_seconds),
                                 traits = m.traits
         from mine m
         where t.doctor_id = m.doctor_id and t.location_id is not distinct from m.location_id
           and t.mode is not distinct from m.mode",
        doctors
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Follows the mean of all reviews when it is a whole tenth of a star away from the one that is kept. All
/// documents of those who have reviews are then to be made again; tells whether.
pub async fn follow_mean(connection: &mut PgConnection) -> Result<bool> {
    let moved = sqlx::query!(
        "with real as (
             select sum(stars_sum) * 10.0 / sum(reviews) as tenths from doctor_ratings having sum(reviews) > 0
         ),
         moved as (
             update rating_mean m set tenths = round(r.tenths)::smallint
             from real r where abs(r.tenths - m.tenths) >= 1
             returning m.tenths
         )
         update listings l set stale = true
         from moved cross join doctor_ratings k
         where l.doctor_id = k.doctor_id and k.reviews > 0 and not l.stale"
    )
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// All documents are to be made again.
pub async fn mark_all_stale(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!("update listings set stale = true where not stale").execute(connection).await?;
    Ok(())
}
