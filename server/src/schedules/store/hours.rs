//! What slots are made from: availability rules, time off, drafts of them, public holidays and busy times. Also
//! the table `schedules`, which records what has been made.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use nadi::ids::{ClinicId, DoctorId, DraftId};
use nadi::schedule::{Rule, TimeOff};
use serde_json::Value;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{
    EncryptedColumn, SCHEDULE_DRAFT, TIME_OFF_NOTE, encrypted_column,
};
use crate::encryption::{open, seal};

pub const ENCRYPTED: &[&dyn EncryptedColumn] = &[&Notes, &Drafts];

encrypted_column!(
    Notes,
    TIME_OFF_NOTE,
    r#"select encryption_key(note) as key, count(*) as "values!" from time_off where note <> '' group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", note as "value!", null::bytea as digest
       from time_off where note <> '' and id > $1::text::uuid order by id limit $2"#,
    "update time_off set note = $3 where id = $1::text::uuid and note = $2"
);

// An encrypted draft is a JSON string, others are objects.
encrypted_column!(
    Drafts,
    SCHEDULE_DRAFT,
    r#"select encryption_key(schedule #>> '{}') as key, count(*) as "values!" from schedule_drafts group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", schedule #>> '{}' as "value!", null::bytea as digest
       from schedule_drafts where id > $1::text::uuid order by id limit $2"#,
    "update schedule_drafts set schedule = to_jsonb($3::text)
     where id = $1::text::uuid and schedule #>> '{}' = $2"
);

/// The name and zone of a doctor: the zone of the location with most hours, else the clinic's.
pub async fn name_and_zone(
    connection: &mut PgConnection,
    doctor: DoctorId,
) -> Result<Option<(String, String)>> {
    let row = sqlx::query!(
        r#"select d.name, coalesce(
               (select l.time_zone from availability_rules r join locations l on l.id = r.location_id
                where r.doctor_id = d.id and r.archived_at is null
                group by l.time_zone order by sum(r.weekly_minutes) desc, l.time_zone limit 1),
               c.time_zone) as "time_zone!"
           from doctors d join clinics c on c.id = d.clinic_id
           where d.id = $1 and d.archived_at is null"#,
        doctor.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.name, row.time_zone)))
}

/// Inserts missing rows in `schedules`.
pub async fn ensure_rows(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "insert into schedules (doctor_id)
         select d.id from doctors d
         where not exists (select from schedules s where s.doctor_id = d.id)
         on conflict do nothing"
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub struct ScheduleRow {
    pub version: i32,
    pub made_until: Option<NaiveDate>,
    /// Since when the doctor has a rule that cannot be read.
    pub unreadable_since: Option<DateTime<Utc>>,
}

/// A doctor's row in `schedules`, without a lock.
pub async fn find(connection: &mut PgConnection, doctor: DoctorId) -> Result<Option<ScheduleRow>> {
    sqlx::query_as!(
        ScheduleRow,
        "select version, made_until, unreadable_since from schedules where doctor_id = $1",
        doctor.0
    )
    .fetch_optional(connection)
    .await
}

/// The same with a lock, so that only one transaction changes the hours or makes slots.
pub async fn lock(connection: &mut PgConnection, doctor: DoctorId) -> Result<ScheduleRow> {
    sqlx::query!("insert into schedules (doctor_id) values ($1) on conflict do nothing", doctor.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query_as!(
        ScheduleRow,
        "select version, made_until, unreadable_since from schedules where doctor_id = $1
         for no key update",
        doctor.0
    )
    .fetch_one(connection)
    .await
}

pub struct DueRow {
    pub doctor_id: Uuid,
    pub made_until: Option<NaiveDate>,
    /// All dates must be made again, not only those after `made_until`.
    pub whole: bool,
    /// The slots were made with another release of the time-zone data.
    pub other_zones: bool,
}

/// Locks up to `limit` doctors after `after` whose slots must be made or made again; skips those that another
/// instance has locked. Slots made with a newer release of the time-zone data are left alone, so that instances with
/// different releases do not undo each other's work, unless `whatever_release`.
pub async fn claim_due(
    connection: &mut PgConnection,
    until: NaiveDate,
    time_zone_data: &str,
    whatever_release: bool,
    after: Uuid,
    limit: i64,
) -> Result<Vec<DueRow>> {
    sqlx::query_as!(
        DueRow,
        r#"select s.doctor_id, s.made_until,
                  s.stale or z.other as "whole!", z.other as "other_zones!"
           from schedules s
           cross join lateral (
               select s.time_zone_data is null or s.time_zone_data collate "C" < $2
                      or $5 and s.time_zone_data <> $2 as other
           ) z
           where s.doctor_id > $3
             and (s.stale or s.made_until is null or s.made_until < $1 or z.other)
           order by s.doctor_id
           limit $4
           for no key update of s skip locked"#,
        until,
        time_zone_data,
        after,
        limit,
        whatever_release
    )
    .fetch_all(connection)
    .await
}

/// Records that the slots of these doctors are made up to `until`.
pub async fn mark_made(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    until: NaiveDate,
    time_zone_data: &str,
) -> Result<()> {
    sqlx::query!(
        "update schedules
         set made_until = greatest(made_until, $2), time_zone_data = $3, stale = false,
             unreadable_since = null
         where doctor_id = any($1)",
        doctors,
        until,
        time_zone_data
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that these doctors have rules that cannot be read; returns those for whom that is new.
pub async fn mark_unreadable(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update schedules set unreadable_since = $2
         where doctor_id = any($1) and unreadable_since is null
         returning doctor_id",
        doctors,
        now
    )
    .fetch_all(connection)
    .await
}

/// Marks doctors as stale who had a slot outside of their hours that is no longer booked: slots that it blocked can
/// be made again.
pub async fn mark_freed_stale(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "with freed as (delete from freed_kept_times returning doctor_id)
         update schedules set stale = true where doctor_id in (select doctor_id from freed)"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Are there slots to be made again now? Doctors with unreadable rules do not count; the regular run tries them.
pub async fn any_stale(connection: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from freed_kept_times)
               or exists (select from schedules where stale and unreadable_since is null) as "any!""#
    )
    .fetch_one(connection)
    .await
}

/// Marks these doctors as stale, so that their slots are made again.
pub async fn mark_stale(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<()> {
    sqlx::query!("update schedules set stale = true where doctor_id = any($1)", doctors)
        .execute(connection)
        .await?;
    Ok(())
}

/// The same for all doctors of a clinic.
pub async fn mark_clinic_stale(connection: &mut PgConnection, clinic: ClinicId) -> Result<()> {
    sqlx::query!(
        "update schedules s set stale = true
         from doctors d where d.id = s.doctor_id and d.clinic_id = $1",
        clinic.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn raise_version(connection: &mut PgConnection, doctor: DoctorId) -> Result<i32> {
    sqlx::query_scalar!(
        "update schedules set version = version + 1 where doctor_id = $1 returning version",
        doctor.0
    )
    .fetch_one(connection)
    .await
}

pub struct RuleRow {
    pub id: Uuid,
    pub doctor_id: Uuid,
    pub location_id: Uuid,
    pub mode: String,
    pub recurrence: Option<String>,
    pub starts_local: NaiveTime,
    pub ends_local: NaiveTime,
    pub slot_minutes: i16,
    pub buffer_before_minutes: i16,
    pub buffer_after_minutes: i16,
    pub capacity: i16,
    pub notice_minutes: i32,
    pub window_days: Option<i16>,
    pub effective_from: NaiveDate,
    pub effective_until: Option<NaiveDate>,
    pub time_zone: String,
}

/// The active rules of some doctors, in the order of each doctor's rules.
pub async fn rules(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<Vec<RuleRow>> {
    sqlx::query_as!(
        RuleRow,
        "select r.id, r.doctor_id, r.location_id, r.mode, r.recurrence, r.starts_local, r.ends_local,
                r.slot_minutes, r.buffer_before_minutes, r.buffer_after_minutes, r.capacity,
                r.notice_minutes, r.window_days, r.effective_from, r.effective_until, l.time_zone
         from availability_rules r join locations l on l.id = r.location_id
         where r.doctor_id = any($1) and r.archived_at is null
         order by r.doctor_id, r.position, r.effective_from, r.starts_local, r.id",
        doctors
    )
    .fetch_all(connection)
    .await
}

/// Inserts a rule at a position among the doctor's rules.
pub async fn insert_rule(
    connection: &mut PgConnection,
    id: Uuid,
    doctor: DoctorId,
    position: usize,
    rule: &Rule,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into availability_rules (id, doctor_id, location_id, mode, recurrence, starts_local,
             ends_local, slot_minutes, buffer_before_minutes, buffer_after_minutes, capacity,
             notice_minutes, window_days, effective_from, effective_until, position, weekly_minutes,
             created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        id,
        doctor.0,
        rule.location.0,
        rule.mode.as_str(),
        rule.repeats.as_ref().map(|recurrence| recurrence.as_str()),
        rule.starts,
        rule.ends,
        small(rule.slot_minutes),
        small(rule.buffer_before),
        small(rule.buffer_after),
        small(rule.capacity),
        i32::try_from(rule.notice_minutes).unwrap_or(i32::MAX),
        rule.window_days.map(small),
        rule.from,
        rule.until,
        i16::try_from(position).unwrap_or(i16::MAX),
        i32::try_from(rule.weekly_minutes()).unwrap_or(i32::MAX),
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves a rule to another position among the doctor's rules.
pub async fn place_rule(connection: &mut PgConnection, id: Uuid, position: usize) -> Result<()> {
    sqlx::query!(
        "update availability_rules set position = $2 where id = $1 and position <> $2",
        id,
        i16::try_from(position).unwrap_or(i16::MAX)
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn archive_rules(
    connection: &mut PgConnection,
    rules: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update availability_rules set archived_at = $2 where id = any($1) and archived_at is null",
        rules,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Archives rules and time off that ended before `date`.
pub async fn archive_over(
    connection: &mut PgConnection,
    date: NaiveDate,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update availability_rules set archived_at = $2
         where archived_at is null
           and (effective_until <= $1 or recurrence is null and effective_from < $1)",
        date,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update time_off set archived_at = $2
         where archived_at is null and ends_local <= $1::date",
        date,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub struct TimeOffRow {
    pub id: Uuid,
    pub doctor_id: Uuid,
    pub starts_local: NaiveDateTime,
    pub ends_local: NaiveDateTime,
    pub note: String,
}

/// The time off of some doctors that ends after `from`, by start.
pub async fn time_off(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    from: NaiveDate,
) -> Result<Vec<TimeOffRow>> {
    let rows = sqlx::query_as!(
        TimeOffRow,
        "select id, doctor_id, starts_local, ends_local, note from time_off
         where doctor_id = any($1) and archived_at is null and ends_local > $2::date
         order by doctor_id, starts_local, id",
        doctors,
        from
    )
    .fetch_all(connection)
    .await?;
    let opened = rows
        .into_iter()
        .map(|row| Ok(TimeOffRow { note: open(TIME_OFF_NOTE, row.id, row.note)?, ..row }));
    opened.collect()
}

pub async fn insert_time_off(
    connection: &mut PgConnection,
    id: Uuid,
    doctor: DoctorId,
    off: &TimeOff,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into time_off (id, doctor_id, starts_local, ends_local, note, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        id,
        doctor.0,
        off.starts,
        off.ends,
        seal(TIME_OFF_NOTE, id, &off.note)?,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn archive_time_off(
    connection: &mut PgConnection,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update time_off set archived_at = $2 where id = any($1) and archived_at is null",
        ids,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub struct RegionRow {
    pub doctor_id: Uuid,
    pub region: String,
}

/// The regions whose public holidays the clinics of some doctors observe.
pub async fn holiday_regions(
    connection: &mut PgConnection,
    doctors: &[Uuid],
) -> Result<Vec<RegionRow>> {
    sqlx::query_as!(
        RegionRow,
        "select d.id as doctor_id, h.region
         from doctors d join clinic_holidays h on h.clinic_id = d.clinic_id
         where d.id = any($1)
         order by d.id, h.region",
        doctors
    )
    .fetch_all(connection)
    .await
}

pub struct DateRow {
    pub doctor_id: Uuid,
    pub date: NaiveDate,
}

/// The public holidays on which the clinics of some doctors are open.
pub async fn working_days(connection: &mut PgConnection, doctors: &[Uuid]) -> Result<Vec<DateRow>> {
    sqlx::query_as!(
        DateRow,
        "select d.id as doctor_id, w.date
         from doctors d join clinic_working_days w on w.clinic_id = d.clinic_id
         where d.id = any($1)",
        doctors
    )
    .fetch_all(connection)
    .await
}

pub struct BusyRow {
    pub doctor_id: Uuid,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// The busy times of some doctors from external calendars, by start. Calendars of a doctor may overlap.
pub async fn busy_times(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<BusyRow>> {
    sqlx::query_as!(
        BusyRow,
        "select b.doctor_id, b.starts_at, b.ends_at
         from busy_times b
         where b.doctor_id = any($1) and b.ends_at > $2
         order by b.doctor_id, b.starts_at",
        doctors,
        now
    )
    .fetch_all(connection)
    .await
}

/// A draft of a schedule.
pub struct DraftRow {
    pub doctor_id: Uuid,
    pub version: i32,
    pub schedule: Value,
    pub saved: Option<Value>,
}

pub async fn insert_draft(
    connection: &mut PgConnection,
    id: DraftId,
    doctor: DoctorId,
    account: Uuid,
    version: i32,
    schedule: &Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let text = schedule.to_string();
    let sealed = seal(SCHEDULE_DRAFT, id.0, &text)?;
    let schedule = if sealed == text { schedule } else { &Value::String(sealed) };
    sqlx::query!(
        "insert into schedule_drafts (id, doctor_id, account_id, version, schedule, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        id.0,
        doctor.0,
        account,
        version,
        schedule,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An account's own draft.
pub async fn draft(
    connection: &mut PgConnection,
    id: DraftId,
    account: Uuid,
) -> Result<Option<DraftRow>> {
    let row = sqlx::query_as!(
        DraftRow,
        "select doctor_id, version, schedule, saved from schedule_drafts
         where id = $1 and account_id = $2",
        id.0,
        account
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| opened_draft(id, row)).transpose()
}

/// As long as there are no keys, the schedule is JSON.
fn opened_draft(id: DraftId, row: DraftRow) -> Result<DraftRow> {
    let Value::String(stored) = row.schedule else { return Ok(row) };
    let text = open(SCHEDULE_DRAFT, id.0, stored)?;
    let schedule =
        serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(DraftRow { schedule, ..row })
}

/// Stores the result of applying a draft.
pub async fn draft_saved(connection: &mut PgConnection, id: DraftId, saved: &Value) -> Result<()> {
    sqlx::query!("update schedule_drafts set saved = $2 where id = $1", id.0, saved)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes drafts created before `until`.
pub async fn forget_drafts(connection: &mut PgConnection, until: DateTime<Utc>) -> Result<u64> {
    let gone = sqlx::query!("delete from schedule_drafts where created_at < $1", until)
        .execute(connection)
        .await?;
    Ok(gone.rows_affected())
}

/// Deletes times off that were archived before `before`; returns how many.
pub async fn delete_time_off(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from time_off where id in (select id from time_off where archived_at < $1 limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// The values are far below `i16::MAX`: `Rule::check` and the table's constraints make sure of that.
fn small(number: u16) -> i16 {
    i16::try_from(number).unwrap_or(i16::MAX)
}
