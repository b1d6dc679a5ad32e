//! Free times. All of them come from the SQL functions `free_slots` and `free_runs`, which have the same rule as
//! the hold, or from `move_targets`, which has the same rule as moving an appointment.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::ids::{AppointmentId, DoctorId, LocationId, SlotId};
use nadi::visit::Mode;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::zone_days::zones_ahead;

pub struct FreeRow {
    pub id: i64,
    pub doctor_id: Uuid,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub local_date: NaiveDate,
    pub seats_free: i64,
    pub mode: String,
    pub location_id: Uuid,
    pub location_name: String,
    pub location_address: String,
    pub city: String,
    pub time_zone: String,
}

/// Selects all columns of a [`FreeRow`] from `f`, which `$with` defines; `$rest` holds conditions and order.
macro_rules! free_rows {
    ($with:tt, $rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            FreeRow,
            $with
                + r#" select f.id as "id!", f.doctor_id as "doctor_id!", f.starts_at as "starts_at!",
                             f.ends_at as "ends_at!", f.local_date as "local_date!",
                             f.seats_free as "seats_free!", b.mode, l.id as location_id,
                             l.name as location_name, l.address as location_address,
                             c.name as city, l.time_zone
                      from f
                      join blocks b on b.id = f.block_id
                      join locations l on l.id = b.location_id
                      join cities c on c.id = l.city_id "#
                + $rest,
            $($argument),*
        )
    };
}

/// The purpose for which free times are wanted.
#[derive(Clone, Copy, Debug)]
pub enum TimesFor {
    /// A new visit that takes `span` consecutive slots.
    NewVisit { span: i16 },
    /// Moving an appointment, by its patient or by the clinic.
    Move { appointment: AppointmentId, by_clinic: bool },
}

/// Runs a query of [`free_rows`] for either purpose: `$1` is the instant, `$2` the span or the appointment. A move
/// has one more parameter, the last, which says whether the clinic asks.
macro_rules! fetch_rows {
    ($fetch:ident($connection:expr), $for:expr, $now:expr, $new:tt, $moved:tt, $rest:tt
     $(, $argument:expr)* $(,)?) => {
        match $for {
            TimesFor::NewVisit { span } => {
                free_rows!($new, $rest, $now, span $(, $argument)*).$fetch($connection).await
            }
            TimesFor::Move { appointment, by_clinic } => {
                free_rows!($moved, $rest, $now, appointment.0 $(, $argument)*, by_clinic)
                    .$fetch($connection)
                    .await
            }
        }
    };
}

/// Filters by date and time of day, in the zone of the location; `None` and `false` do not filter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Days {
    pub from: Option<NaiveDate>,
    /// The first date after the wanted ones.
    pub until: Option<NaiveDate>,
    /// At 17:00 or later.
    pub evening: bool,
    /// In this week, Monday to Sunday.
    pub week: bool,
}

impl Days {
    /// Does it filter at all?
    pub fn any(&self) -> bool {
        self.from.is_some() || self.until.is_some() || self.evening || self.week
    }
}

/// Filters by place and mode; `None` does not filter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Narrowed<'a> {
    /// By slug.
    pub city: Option<&'a str>,
    pub mode: Option<&'a str>,
    pub locations: Option<&'a [Uuid]>,
}

/// The next free times of several doctors on some days, at most `each` per doctor, soonest first. Reads only the
/// first `each` blocks of a doctor that have a free time: blocks of a doctor do not overlap, so these contain
/// the first `each` free times.
pub async fn next_free(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    narrowed: Narrowed<'_>,
    days: &Days,
    now: DateTime<Utc>,
    each: i64,
) -> Result<Vec<FreeRow>> {
    let zones_ahead = days.week.then(|| zones_ahead(now));
    free_rows!(
        "with f as (
             select n.*
             from unnest($2::uuid[]) as d (id)
             cross join lateral (
                 select f.*
                 from (
                     select b.id, b.utc_offset
                     from blocks b join locations l on l.id = b.location_id
                     where b.doctor_id = d.id and b.ends_at > $1
                       and b.starts_at
                           > greatest($1 - interval '1 day', $5::date - interval '2 days')
                       and b.starts_at < coalesce($6::date + interval '1 day', 'infinity')
                       and ($4::text is null or b.mode = $4)
                       and ($3::text is null or l.city_id = (select id from cities where slug = $3))
                       and ($5::date is null or b.local_date >= $5)
                       and ($6::date is null or b.local_date < $6)
                       and ($7::text[] is null or b.local_date < week_end($1, l.time_zone, $7))
                       and ($7::text[] is null or b.starts_at < $1 + interval '9 days')
                       and ($10::uuid[] is null or l.id = any($10))
                       and (not $8 or ((b.ends_at - interval '1 second') at time zone 'UTC'
                                       + make_interval(secs => b.utc_offset))::time >= '17:00')
                       and exists (select from free_slots($1) f where f.block_id = b.id
                                   and (not $8 or (f.starts_at at time zone 'UTC'
                                                + make_interval(secs => b.utc_offset))::time >= '17:00'))
                     order by b.starts_at
                     limit $9
                 ) b
                 cross join lateral (
                     select f.* from free_slots($1) f
                     where f.block_id = b.id
                       and (not $8 or (f.starts_at at time zone 'UTC'
                                       + make_interval(secs => b.utc_offset))::time >= '17:00')
                     offset 0
                 ) f
                 order by f.starts_at
                 limit $9
             ) n
         )",
        "order by f.doctor_id, f.starts_at",
        now,
        doctors,
        narrowed.city,
        narrowed.mode,
        days.from,
        days.until,
        zones_ahead.as_deref(),
        days.evening,
        each,
        narrowed.locations
    )
    .fetch_all(connection)
    .await
}

/// The times in `next_times` of several doctors that are still free, soonest first.
pub async fn still_free(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    narrowed: Narrowed<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<FreeRow>> {
    free_rows!(
        "with f as (
             select n.*
             from (
                 select k.id
                 from next_times t cross join lateral unnest(t.slots) k (id)
                 where t.doctor_id = any($2)
                   and ($4::text is null or t.mode = $4)
                   and ($3::text is null or t.city_id = (select id from cities where slug = $3))
                   and ($5::uuid[] is null or t.location_id = any($5))
             ) kept
             cross join lateral (select s.* from free_slots($1) s where s.id = kept.id) n
         )",
        "order by f.doctor_id, f.starts_at",
        now,
        doctors,
        narrowed.city,
        narrowed.mode,
        narrowed.locations
    )
    .fetch_all(connection)
    .await
}

/// Which free times of a doctor to read.
pub struct TimesFilter {
    pub doctor: DoctorId,
    /// Instants for the index: `from` and `until` must contain the dates below in every zone.
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub from_date: Option<NaiveDate>,
    pub until_date: Option<NaiveDate>,
    pub location: Option<LocationId>,
    pub mode: Option<Mode>,
    pub times_for: TimesFor,
}

/// The free times of one doctor, soonest first.
pub async fn free_times(
    connection: &mut PgConnection,
    filter: &TimesFilter,
    now: DateTime<Utc>,
) -> Result<Vec<FreeRow>> {
    fetch_rows!(
        fetch_all(connection),
        filter.times_for,
        now,
        "with f as (select * from free_runs($1, $2))",
        "with f as (select * from move_targets($1, $2, $10))",
        "where f.doctor_id = $3
           and f.starts_at >= $4 and f.starts_at < $5
           and ($6::date is null or f.local_date >= $6)
           and ($7::date is null or f.local_date < $7)
           and ($8::uuid is null or b.location_id = $8)
           and ($9::text is null or b.mode = $9)
         order by f.starts_at",
        filter.doctor.0,
        filter.from,
        filter.until,
        filter.from_date,
        filter.until_date,
        filter.location.map(|location| location.0),
        filter.mode.map(Mode::as_str),
    )
}

/// One time, if it is free and the doctor is listed.
pub async fn free_time(
    connection: &mut PgConnection,
    doctor: DoctorId,
    slot: SlotId,
    times_for: TimesFor,
    now: DateTime<Utc>,
) -> Result<Option<FreeRow>> {
    fetch_rows!(
        fetch_optional(connection),
        times_for,
        now,
        "with f as (select * from free_runs($1, $2))",
        "with f as (select * from move_targets($1, $2, $5))",
        "join doctors d on d.id = f.doctor_id
         where f.id = $4 and f.doctor_id = $3 and d.status = 'listed'",
        doctor.0,
        slot.0,
    )
}

/// The `limit` free times nearest to an instant, before or after it, soonest first.
pub async fn nearest_free(
    connection: &mut PgConnection,
    doctor: DoctorId,
    to: DateTime<Utc>,
    times_for: TimesFor,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<FreeRow>> {
    fetch_rows!(
        fetch_all(connection),
        times_for,
        now,
        "with near as (
             (select f.* from free_runs($1, $2) f
              where f.doctor_id = $3 and f.starts_at >= $4 order by f.starts_at limit $5)
             union all
             (select f.* from free_runs($1, $2) f
              where f.doctor_id = $3 and f.starts_at < $4 order by f.starts_at desc limit $5)
         ),
         f as (
             select * from near
             order by abs(extract(epoch from (starts_at - $4::timestamptz)))
             limit $5
         )",
        "with near as (
             (select f.* from move_targets($1, $2, $6) f
              where f.doctor_id = $3 and f.starts_at >= $4 order by f.starts_at limit $5)
             union all
             (select f.* from move_targets($1, $2, $6) f
              where f.doctor_id = $3 and f.starts_at < $4 order by f.starts_at desc limit $5)
         ),
         f as (
             select * from near
             order by abs(extract(epoch from (starts_at - $4::timestamptz)))
             limit $5
         )",
        "order by f.starts_at",
        doctor.0,
        to,
        limit,
    )
}

/// The first date with a free time, from `from` on.
pub async fn next_free_date(
    connection: &mut PgConnection,
    doctor: DoctorId,
    from: NaiveDate,
    times_for: TimesFor,
    now: DateTime<Utc>,
) -> Result<Option<NaiveDate>> {
    match times_for {
        TimesFor::NewVisit { span } => {
            sqlx::query_scalar!(
                r#"select f.local_date as "date!" from free_runs($1, $4) f
                   where f.doctor_id = $2 and f.local_date >= $3
                     and f.starts_at >= $3::date - interval '1 day'
                   order by f.starts_at
                   limit 1"#,
                now,
                doctor.0,
                from,
                span
            )
            .fetch_optional(connection)
            .await
        }
        TimesFor::Move { appointment, by_clinic } => {
            sqlx::query_scalar!(
                r#"select f.local_date as "date!" from move_targets($1, $4, $5) f
                   where f.doctor_id = $2 and f.local_date >= $3
                     and f.starts_at >= $3::date - interval '1 day'
                   order by f.starts_at
                   limit 1"#,
                now,
                doctor.0,
                from,
                appointment.0,
                by_clinic
            )
            .fetch_optional(connection)
            .await
        }
    }
}
