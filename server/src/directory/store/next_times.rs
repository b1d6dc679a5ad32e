//! The table `next_times`: the next free times of each doctor, location and mode, by which the search orders
//! doctors. It is derived from other tables; a hold never reads it.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The most free times stored for each doctor, location and mode.
pub const TIMES_EACH_MAX: i64 = 8;
/// For how many dates, from yesterday on, it is stored whether they have a free time. The SQL function
/// `free_within` has the same number.
pub const DAYS_AHEAD: i32 = 35;

/// Makes the next times of these doctors again from the free times at `now`. Their rows in `listings` must be
/// locked. Returns the doctors whose locations or modes have changed: their documents must be made again.
pub async fn refresh_times(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>> {
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
        // In no zone is the date earlier than yesterday's date in UTC.
        now.date_naive().pred_opt().unwrap_or_default(),
        DAYS_AHEAD,
        TIMES_EACH_MAX
    )
    .execute(connection)
    .await?;
    Ok(places_changed)
}

/// A slot that was booked or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedSlot {
    pub doctor: Uuid,
    pub location: Uuid,
    pub mode: &'static str,
    pub slot: i64,
}

/// Updates the next times after bookings: removes those of the changed slots that are no longer free, and adds
/// those that are free again and come before the last stored one. Marks a doctor as due if few times are left,
/// or if a day may have lost its last free time or got its first. The rows in `listings` must be locked.
pub async fn follow_bookings(
    connection: &mut PgConnection,
    changed: &[ChangedSlot],
    now: DateTime<Utc>,
) -> Result<()> {
    let slots: Vec<i64> = changed.iter().map(|one| one.slot).collect();
    let doctors: Vec<Uuid> = changed.iter().map(|one| one.doctor).collect();
    let locations: Vec<Uuid> = changed.iter().map(|one| one.location).collect();
    let modes: Vec<&str> = changed.iter().map(|one| one.mode).collect();
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
        TIMES_EACH_MAX
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks doctors as due whose slots have changed other than by bookings, so that the job refreshes them. Not for
/// a booking's transaction.
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

/// Doctors who have no next times yet.
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

/// Doctors whose next times are due to be made again.
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

/// Removes times that have passed by `now` from up to `limit` rows; returns how many rows. Marks rows with few
/// times left as due.
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

/// Copies what the search orders and filters by (rating, signature) from `listings` to the next times of these
/// doctors. Their rows in `listings` must be locked.
pub async fn follow_documents(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    sqlx::query!(
        // Lock in the same order as everywhere, so that a review cannot cause a deadlock.
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
