//! Weekly hours, the blocks and slots made of them, and the calendar that shows them.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use nadi::ids::{ClinicId, DoctorId, RuleId};
use nadi::schedule::Block;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub struct RuleRow {
    pub id: Uuid,
    pub doctor_id: Uuid,
    pub location_id: Uuid,
    pub mode: String,
    pub weekday: i16,
    pub starts_local: NaiveTime,
    pub ends_local: NaiveTime,
    pub slot_minutes: i16,
    pub capacity: i16,
    pub effective_from: NaiveDate,
    pub effective_until: Option<NaiveDate>,
    pub made_until: Option<NaiveDate>,
    pub time_zone: String,
}

/// The clinic of a doctor.
pub async fn clinic_of(
    connection: &mut PgConnection,
    doctor: DoctorId,
) -> Result<Option<ClinicId>> {
    let clinic = sqlx::query_scalar!(
        "select clinic_id from doctors where id = $1 and archived_at is null",
        doctor.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(clinic.map(ClinicId))
}

/// Locks a doctor, so that hours are changed and times made by one at a time. `false`: no such doctor.
pub async fn lock_doctor(connection: &mut PgConnection, doctor: DoctorId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select id from doctors where id = $1 and archived_at is null for no key update",
        doctor.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// The living rules of some doctors, Monday first.
pub async fn rules(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<Vec<RuleRow>> {
    sqlx::query_as!(
        RuleRow,
        "select r.id, r.doctor_id, r.location_id, r.mode, r.weekday, r.starts_local, r.ends_local,
                r.slot_minutes, r.capacity, r.effective_from, r.effective_until, r.made_until,
                l.time_zone
         from availability_rules r join locations l on l.id = r.location_id
         where r.doctor_id = any($1) and r.archived_at is null
         order by r.doctor_id, r.weekday, r.starts_local",
        doctors
    )
    .fetch_all(connection)
    .await
}

/// Some doctors whose times are not yet made until `until`, locked; those that
/// another instance is working on are left out.
pub async fn claim_doctors_to_top_up(
    connection: &mut PgConnection,
    until: NaiveDate,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select d.id from doctors d
         where d.archived_at is null and exists (
             select from availability_rules r
             where r.doctor_id = d.id and r.archived_at is null
               and (r.made_until is null or r.made_until < $1))
         order by d.id
         limit $2
         for no key update skip locked",
        until,
        limit
    )
    .fetch_all(connection)
    .await
}

/// A new line of weekly hours.
pub struct NewRule {
    pub id: RuleId,
    pub doctor: DoctorId,
    pub location: Uuid,
    pub mode: &'static str,
    pub weekday: i16,
    pub starts: NaiveTime,
    pub ends: NaiveTime,
    pub slot_minutes: i16,
    pub capacity: i16,
    pub effective_from: NaiveDate,
}

pub async fn insert_rule(
    connection: &mut PgConnection,
    rule: &NewRule,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into availability_rules (id, doctor_id, location_id, mode, weekday, starts_local,
             ends_local, slot_minutes, capacity, effective_from, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        rule.id.0,
        rule.doctor.0,
        rule.location,
        rule.mode,
        rule.weekday,
        rule.starts,
        rule.ends,
        rule.slot_minutes,
        rule.capacity,
        rule.effective_from,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn archive_rule(
    connection: &mut PgConnection,
    rule: RuleId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update availability_rules set archived_at = $2 where id = $1 and archived_at is null",
        rule.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down that blocks exist for every date before `until`.
pub async fn mark_made(
    connection: &mut PgConnection,
    rules: &[Uuid],
    until: NaiveDate,
) -> Result<()> {
    sqlx::query!(
        "update availability_rules set made_until = $2
         where id = any($1) and (made_until is null or made_until < $2)",
        rules,
        until
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes blocks and their slots; tells how many slots. A block that exists already, or
/// would overlap another open block of its doctor, is left out.
pub async fn insert_blocks(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    blocks: &[Block],
) -> Result<u64> {
    debug_assert_eq!(doctors.len(), blocks.len(), "one doctor per block");
    let locations: Vec<Uuid> = blocks.iter().map(|b| b.location.0).collect();
    let rules: Vec<Uuid> = blocks.iter().map(|b| b.rule.0).collect();
    let modes: Vec<String> = blocks.iter().map(|b| b.mode.as_str().to_owned()).collect();
    let dates: Vec<NaiveDate> = blocks.iter().map(|b| b.local_date).collect();
    let starts: Vec<DateTime<Utc>> = blocks.iter().map(|b| b.starts_at).collect();
    let seconds: Vec<i32> = blocks.iter().map(|b| i32::from(b.slot_minutes) * 60).collect();
    let counts: Vec<i16> =
        blocks.iter().map(|b| i16::try_from(b.slot_count).unwrap_or(i16::MAX)).collect();
    let capacities: Vec<i16> =
        blocks.iter().map(|b| i16::try_from(b.capacity).unwrap_or(i16::MAX)).collect();
    let made = sqlx::query!(
        "with given as (
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::date[],
                                 $6::timestamptz[], $7::int[], $8::smallint[], $9::smallint[])
                as g (doctor_id, location_id, rule_id, mode, local_date, starts_at, slot_seconds,
                      slot_count, capacity)
        ),
        made as (
            insert into blocks (doctor_id, location_id, rule_id, mode, local_date, starts_at, ends_at,
                                slot_seconds, slot_count)
            select doctor_id, location_id, rule_id, mode, local_date, starts_at,
                   starts_at + make_interval(secs => slot_seconds * slot_count), slot_seconds, slot_count
            from given
            on conflict do nothing
            returning id, doctor_id, rule_id, local_date, starts_at, slot_seconds, slot_count
        )
        insert into slots (doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_no,
                           starts_at, ends_at, local_date, capacity)
        select m.doctor_id, m.id, m.starts_at, m.slot_seconds, m.slot_count, n,
               m.starts_at + make_interval(secs => m.slot_seconds * n),
               m.starts_at + make_interval(secs => m.slot_seconds * (n + 1)),
               -- Hours end before midnight, so a slot's date is its block's.
               m.local_date, g.capacity
        from made m
        join given g on g.rule_id = m.rule_id and g.local_date = m.local_date
        cross join lateral generate_series(0, m.slot_count - 1) n",
        doctors,
        &locations,
        &rules,
        &modes,
        &dates,
        &starts,
        &seconds,
        &counts,
        &capacities
    )
    .execute(connection)
    .await?;
    Ok(made.rows_affected())
}

/// Withdraws the future times of a rule, except on days where someone is booked; tells how many.
/// The slots are locked first: a hold in flight is either seen here or fails on the capacity.
pub async fn withdraw_times(
    connection: &mut PgConnection,
    rule: RuleId,
    kept: &[NaiveDate],
    now: DateTime<Utc>,
) -> Result<u64> {
    let withdrawn = sqlx::query!(
        "update slots set capacity = 0
         from blocks b
         where b.id = slots.block_id and b.rule_id = $1 and b.closed_at is null
           and b.starts_at > $2 and not b.local_date = any($3) and slots.capacity > 0",
        rule.0,
        now,
        kept
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update blocks set closed_at = $2
         where rule_id = $1 and closed_at is null and starts_at > $2 and not local_date = any($3)",
        rule.0,
        now,
        kept
    )
    .execute(connection)
    .await?;
    Ok(withdrawn.rows_affected())
}

/// Locks the future slots of a rule against holds in flight.
pub async fn lock_slots_of(
    connection: &mut PgConnection,
    rule: RuleId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "select s.id from slots s join blocks b on b.id = s.block_id
         where b.rule_id = $1 and b.closed_at is null and b.ends_at > $2
         order by s.id
         for update of s",
        rule.0,
        now
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

pub struct BlockRow {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub location_name: String,
    pub mode: String,
    pub slot_seconds: i32,
    pub seats: i64,
    pub seats_free: i64,
}

/// A doctor's open blocks that touch a range of time.
pub async fn blocks(
    connection: &mut PgConnection,
    doctor: DoctorId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<BlockRow>> {
    sqlx::query_as!(
        BlockRow,
        r#"select b.starts_at, b.ends_at, l.name as location_name, b.mode, b.slot_seconds,
                  (select coalesce(sum(s.capacity), 0) from slots s where s.block_id = b.id) as "seats!",
                  (select coalesce(sum(f.seats_free), 0)::bigint from free_slots($4) f
                   where f.block_id = b.id) as "seats_free!"
           from blocks b join locations l on l.id = b.location_id
           where b.doctor_id = $1 and b.closed_at is null and b.starts_at < $3 and b.ends_at > $2
           order by b.starts_at"#,
        doctor.0,
        from,
        until,
        now
    )
    .fetch_all(connection)
    .await
}

/// Name and zone of a doctor: the zone of the place with most hours, else the clinic's.
pub async fn name_and_zone(
    connection: &mut PgConnection,
    doctor: DoctorId,
) -> Result<Option<(String, String)>> {
    let row = sqlx::query!(
        r#"select d.name, coalesce(
               (select l.time_zone from availability_rules r join locations l on l.id = r.location_id
                where r.doctor_id = d.id and r.archived_at is null
                group by l.time_zone order by count(*) desc, l.time_zone limit 1),
               c.time_zone) as "time_zone!"
           from doctors d join clinics c on c.id = d.clinic_id
           where d.id = $1 and d.archived_at is null"#,
        doctor.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.name, row.time_zone)))
}
