//! The networks that holds came from.

use chrono::{DateTime, Utc};
use nadi::actor::Network;
use nadi::ids::AppointmentId;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::bookings::hold_source_queue::NotedHold;

/// Writes many; those that are there already stay.
pub async fn insert_all(connection: &mut PgConnection, holds: &[NotedHold]) -> Result<()> {
    let ids: Vec<Uuid> = holds.iter().map(|hold| hold.appointment.0).collect();
    let networks: Vec<String> = holds.iter().map(|hold| hold.network.to_string()).collect();
    let moments: Vec<DateTime<Utc>> = holds.iter().map(|hold| hold.held_at).collect();
    sqlx::query!(
        "insert into hold_sources (appointment_id, network, held_at)
         select n.id, n.network::inet, n.held_at
         from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as n (id, network, held_at)
         on conflict do nothing",
        &ids,
        &networks,
        &moments
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What a network holds, and what it has let lapse.
pub struct SourceRow {
    pub network: String,
    pub held: i64,
    pub unconfirmed: i64,
    pub confirmed: i64,
    pub doctors: i64,
    /// Accounts and visitors.
    pub holders: i64,
    pub visitors: i64,
    /// The doctor of whom it holds the largest share, how many of the times, and how many could be booked otherwise.
    pub doctor_name: Option<String>,
    pub of_doctor: Option<i64>,
    pub offered: Option<i64>,
}

/// The networks that hold something now, or have held something since `since` that was not confirmed; those that hold
/// most first. Shares are of the times that begin until `until`.
pub async fn sources(
    connection: &mut PgConnection,
    clinics: Option<&[Uuid]>,
    now: DateTime<Utc>,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<SourceRow>> {
    sqlx::query_as!(
        SourceRow,
        r#"with recent as (
               select h.network, h.appointment_id from hold_sources h where h.held_at > $2
               union
               select h.network, h.appointment_id
               from seats t
               join hold_sources h on h.appointment_id = t.appointment_id
               where t.held_until > $1 and t.held_until < 'infinity'
           ),
           judged as (
               select r.network, a.id, a.doctor_id, a.booked_by,
                      a.state = 'pending' and a.expires_at > $1 as is_held,
                      case a.state
                          when 'pending' then a.expires_at <= $1
                          when 'expired' then true
                          -- Released, if it had not been confirmed before.
                          when 'cancelled' then (
                              select count(*) from events e
                              where e.subject_id = a.id and e.type = 'appointment.confirmed') = 0
                          else false
                      end as is_unconfirmed
               from recent r
               -- `offset 0`: looked up by id in every plan.
               cross join lateral (select * from appointments x where x.id = r.appointment_id offset 0) a
               where $4::uuid[] is null or a.clinic_id = any ($4)
           ),
           source as (
               select j.network,
                      count(*) filter (where j.is_held) as held,
                      count(*) filter (where j.is_unconfirmed) as unconfirmed,
                      count(*) filter (where not j.is_held and not j.is_unconfirmed) as confirmed,
                      count(distinct j.doctor_id) filter (where j.is_held or j.is_unconfirmed) as doctors,
                      count(distinct j.booked_by) filter (where j.is_held or j.is_unconfirmed) as holders,
                      count(distinct j.booked_by)
                          filter (where (j.is_held or j.is_unconfirmed) and c.visitor) as visitors
               from judged j
               left join accounts c on c.id = j.booked_by
               group by j.network
               having bool_or(j.is_held or j.is_unconfirmed)
               order by held desc, unconfirmed desc, j.network
               limit $5
           ),
           taken as (
               select j.network, j.doctor_id, count(*) as seats
               from judged j
               join source o on o.network = j.network
               join seats t on t.appointment_id = j.id and t.held_until > $1 and t.held_until < 'infinity'
               join slots s on s.id = t.slot_id and s.starts_at > $1 and s.starts_at <= $3
                    and s.opens_at <= $1 and s.closes_at > $1
               where j.is_held
               group by j.network, j.doctor_id
           ),
           -- What is free or held: everything but what somebody has for good.
           offered as (
               select s.doctor_id, sum(greatest(s.capacity - kept.seats, 0))::bigint as seats
               from slots s
               cross join lateral (
                   select count(*) as seats from seats t where t.slot_id = s.id and t.held_until = 'infinity'
               ) kept
               where s.doctor_id in (select doctor_id from taken)
                 and s.starts_at > $1 and s.starts_at <= $3 and s.opens_at <= $1 and s.closes_at > $1
               group by s.doctor_id
           ),
           most_affected as (
               select distinct on (t.network) t.network, d.name, t.seats as of_doctor, f.seats as offered
               from taken t
               join offered f on f.doctor_id = t.doctor_id
               join doctors d on d.id = t.doctor_id
               order by t.network, t.seats::float8 / greatest(f.seats, 1) desc, d.name
           )
           select host(o.network) as "network!", o.held as "held!", o.unconfirmed as "unconfirmed!",
                  o.confirmed as "confirmed!", o.doctors as "doctors!", o.holders as "holders!",
                  o.visitors as "visitors!", m.name as "doctor_name?", m.of_doctor as "of_doctor?",
                  m.offered as "offered?"
           from source o
           left join most_affected m on m.network = o.network
           order by o.held desc, o.unconfirmed desc, o.network"#,
        now,
        since,
        until,
        clinics as Option<&[Uuid]>,
        limit
    )
    .fetch_all(connection)
    .await
}

/// What a network holds now, each hold with its version; in the order of the ids, which is that of the holds.
pub async fn held_from(
    connection: &mut PgConnection,
    network: Network,
    clinics: Option<&[Uuid]>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(AppointmentId, i32)>> {
    let rows = sqlx::query!(
        r#"select a.id as "id!", a.version as "version!"
           from (select distinct t.appointment_id as id
                 from seats t
                 join hold_sources h on h.appointment_id = t.appointment_id
                 where t.held_until > $1 and t.held_until < 'infinity' and h.network = $2::text::inet) held
           cross join lateral (select * from appointments x where x.id = held.id offset 0) a
           where a.state = 'pending' and a.expires_at > $1
             and ($3::uuid[] is null or a.clinic_id = any ($3))
           order by a.id
           limit $4"#,
        now,
        network.to_string(),
        clinics as Option<&[Uuid]>,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (AppointmentId(row.id), row.version)).collect())
}

/// Deletes those that were held before `before`, at most `limit`; returns how many.
pub async fn delete_old(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from hold_sources where appointment_id in (
             select appointment_id from hold_sources where held_at < $1
             order by held_at limit $2 for update skip locked)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
