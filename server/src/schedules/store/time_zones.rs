//! Which time-zone rules slots were made with, and appointments whose wall time new rules have changed.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The zones of all locations.
pub async fn zones_in_use(connection: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar!("select distinct time_zone from locations").fetch_all(connection).await
}

/// An appointment, with the UTC offset and the time-zone data that its slot was made with.
#[derive(Clone)]
pub struct ShiftedRow {
    pub reference: String,
    pub id: Uuid,
    pub doctor_name: String,
    pub starts_at: DateTime<Utc>,
    pub time_zone: String,
    pub utc_offset: i32,
    pub time_zone_data: String,
}

/// Active future appointments of these doctors or of all, with the offset their slot was made with; for appointments
/// already recorded as shifted, with the recorded offset. Settled ones are left out.
pub async fn future_appointments(
    connection: &mut PgConnection,
    doctors: Option<&[Uuid]>,
    now: DateTime<Utc>,
) -> Result<Vec<ShiftedRow>> {
    sqlx::query_as!(
        ShiftedRow,
        r#"select a.reference, a.id, d.name as doctor_name, a.starts_at, a.time_zone,
                  coalesce(n.utc_offset, b.utc_offset) as "utc_offset!",
                  coalesce(n.time_zone_data, b.time_zone_data) as "time_zone_data!"
           from appointments a
           join doctors d on d.id = a.doctor_id
           join slots s on s.id = a.slot_id
           join blocks b on b.id = s.block_id
           left join shifted_appointments n on n.appointment_id = a.id and n.starts_at = a.starts_at
           where a.starts_at > $1 and a.state in ('pending', 'confirmed', 'checked_in')
             and n.settled_at is null
             and ($2::uuid[] is null or a.doctor_id = any($2))
           order by a.starts_at, a.id"#,
        now,
        doctors
    )
    .fetch_all(connection)
    .await
}

/// The appointments recorded as shifted and not settled, of some clinics or of all, soonest first.
pub async fn recorded_shifted(
    connection: &mut PgConnection,
    clinics: Option<&[Uuid]>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ShiftedRow>> {
    sqlx::query_as!(
        ShiftedRow,
        "select a.reference, a.id, d.name as doctor_name, a.starts_at, a.time_zone, n.utc_offset, n.time_zone_data
         from shifted_appointments n
         join appointments a on a.id = n.appointment_id and a.starts_at = n.starts_at
         join doctors d on d.id = a.doctor_id
         where a.starts_at > $1 and a.state in ('pending', 'confirmed', 'checked_in')
           and n.settled_at is null
           and ($2::uuid[] is null or a.clinic_id = any($2))
         order by a.starts_at, a.id
         limit $3",
        now,
        clinics,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Records that these appointments keep their instant, with the offset they were booked with. An earlier record about
/// the same instant is left unchanged.
pub async fn record_shifted(
    connection: &mut PgConnection,
    rows: &[ShiftedRow],
    now: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let starts: Vec<DateTime<Utc>> = rows.iter().map(|row| row.starts_at).collect();
    let offsets: Vec<i32> = rows.iter().map(|row| row.utc_offset).collect();
    let releases: Vec<String> = rows.iter().map(|row| row.time_zone_data.clone()).collect();
    sqlx::query!(
        "insert into shifted_appointments as n (appointment_id, starts_at, utc_offset, time_zone_data, noted_at)
         select k.id, k.starts_at, k.utc_offset, k.release, $5
         from unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::text[])
             as k (id, starts_at, utc_offset, release)
         on conflict (appointment_id) do update set
             starts_at = excluded.starts_at, utc_offset = excluded.utc_offset,
             time_zone_data = excluded.time_zone_data, noted_at = excluded.noted_at, settled_at = null
         where n.starts_at <> excluded.starts_at",
        &ids,
        &starts,
        &offsets,
        &releases,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records the decision that an appointment keeps its instant. `false`: no decision is pending.
pub async fn settle_shifted(
    connection: &mut PgConnection,
    reference: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let settled = sqlx::query!(
        "update shifted_appointments n set settled_at = $2
         from appointments a
         where a.id = n.appointment_id and a.starts_at = n.starts_at and a.reference = $1
           and n.settled_at is null",
        reference,
        now
    )
    .execute(connection)
    .await?;
    Ok(settled.rows_affected() > 0)
}

/// The number of future free slots of one zone and offset whose blocks begin in the same hour.
pub struct FreeOffsetRow {
    pub time_zone: String,
    pub utc_offset: i32,
    pub first: DateTime<Utc>,
    pub times: i64,
}

/// Counts future free slots by zone, offset and the hour in which their block begins; `first` is the earliest block.
pub async fn free_offsets(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<FreeOffsetRow>> {
    sqlx::query_as!(
        FreeOffsetRow,
        r#"select l.time_zone, b.utc_offset, min(b.starts_at) as "first!", count(*) as "times!"
           from blocks b
           join locations l on l.id = b.location_id
           join slots s on s.block_id = b.id
           where b.closed_at is null and b.starts_at > $1 and s.capacity > 0
             and not exists (select from seats t where t.slot_id = s.id and t.held_until > $1)
           group by l.time_zone, b.utc_offset, date_trunc('hour', b.starts_at)"#,
        now
    )
    .fetch_all(connection)
    .await
}
