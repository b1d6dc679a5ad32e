//! External calendars, and the busy times read from them.

use chrono::{DateTime, Utc};
use nadi::ids::{BusyCalendarId, DoctorId};
use serde_json::Value;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{
    ACCOUNT_EMAIL, CALENDAR_ADDRESS, CALENDAR_OWNER, EncryptedColumn, encrypted_column,
};
use crate::encryption::{open, open_optional, seal_optional};

pub const ENCRYPTED: &[&dyn EncryptedColumn] = &[&Addresses, &Owners];

encrypted_column!(
    Addresses,
    CALENDAR_ADDRESS,
    r#"select encryption_key(address) as key, count(*) as "values!" from busy_calendars
       where address is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", address as "value!", null::bytea as digest
       from busy_calendars where address is not null and id > $1::text::uuid order by id limit $2"#,
    "update busy_calendars set address = $3 where id = $1::text::uuid and address = $2"
);

encrypted_column!(
    Owners,
    CALENDAR_OWNER,
    r#"select encryption_key(owner_email) as key, count(*) as "values!" from busy_calendars
       where owner_email is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", owner_email as "value!", null::bytea as digest
       from busy_calendars where owner_email is not null and id > $1::text::uuid order by id limit $2"#,
    "update busy_calendars set owner_email = $3 where id = $1::text::uuid and owner_email = $2"
);

pub struct CalendarRow {
    pub id: Uuid,
    pub name: String,
    pub address: Option<String>,
    pub read_at: Option<DateTime<Utc>>,
    pub fault: Option<Value>,
    pub times_ahead: i64,
}

/// A doctor's active calendars, by name.
pub async fn of_doctor(
    connection: &mut PgConnection,
    doctor: DoctorId,
    now: DateTime<Utc>,
) -> Result<Vec<CalendarRow>> {
    let rows = sqlx::query_as!(
        CalendarRow,
        r#"select c.id, c.name, c.address, c.read_at, c.fault,
                  (select count(*) from busy_times b
                   where b.calendar_id = c.id and b.ends_at > $2) as "times_ahead!"
           from busy_calendars c
           where c.doctor_id = $1 and c.archived_at is null
           order by c.name, c.id"#,
        doctor.0,
        now
    )
    .fetch_all(connection)
    .await?;
    let opened = rows.into_iter().map(|row| {
        Ok(CalendarRow { address: open_optional(CALENDAR_ADDRESS, row.id, row.address)?, ..row })
    });
    opened.collect()
}

/// A calendar that has just been read; its times are inserted separately.
pub struct NewCalendar<'a> {
    pub id: BusyCalendarId,
    pub doctor: DoctorId,
    pub name: &'a str,
    pub address: Option<&'a str>,
    pub etag: Option<&'a str>,
    pub owner_email: Option<&'a str>,
    pub due_at: DateTime<Utc>,
}

pub async fn insert(
    connection: &mut PgConnection,
    new: &NewCalendar<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into busy_calendars (id, doctor_id, name, address, etag, read_at, due_at, created_at,
                                     owner_email)
         values ($1, $2, $3, $4, $5, $6, $7, $6, $8)",
        new.id.0,
        new.doctor.0,
        new.name,
        seal_optional(CALENDAR_ADDRESS, new.id.0, new.address)?,
        new.etag,
        now,
        new.due_at,
        seal_optional(CALENDAR_OWNER, new.id.0, new.owner_email)?
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Archives calendars of a doctor and deletes their times; `false`: there was none.
pub async fn archive(
    connection: &mut PgConnection,
    doctor: DoctorId,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<bool> {
    let ended = sqlx::query!(
        "update busy_calendars set archived_at = $3, address = null
         where id = any($2) and doctor_id = $1 and archived_at is null",
        doctor.0,
        ids,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from busy_times where doctor_id = $1 and calendar_id = any($2)",
        doctor.0,
        ids
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Replaces the times of a calendar; returns whether they have changed.
pub async fn replace_times(
    connection: &mut PgConnection,
    calendar: BusyCalendarId,
    doctor: DoctorId,
    times: &[(DateTime<Utc>, DateTime<Utc>)],
) -> Result<bool> {
    let starts: Vec<DateTime<Utc>> = times.iter().map(|time| time.0).collect();
    let ends: Vec<DateTime<Utc>> = times.iter().map(|time| time.1).collect();
    let is_same = sqlx::query_scalar!(
        r#"select (select coalesce(array_agg((starts_at, ends_at) order by starts_at, ends_at), '{}')
                   from busy_times where calendar_id = $1)
                = (select coalesce(array_agg((s, e) order by s, e), '{}')
                   from unnest($2::timestamptz[], $3::timestamptz[]) as t (s, e)) as "same!""#,
        calendar.0,
        &starts,
        &ends
    )
    .fetch_one(&mut *connection)
    .await?;
    if is_same {
        return Ok(false);
    }
    sqlx::query!("delete from busy_times where calendar_id = $1", calendar.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "insert into busy_times (calendar_id, doctor_id, starts_at, ends_at)
         select $1, $2, s, e from unnest($3::timestamptz[], $4::timestamptz[]) as t (s, e)",
        calendar.0,
        doctor.0,
        &starts,
        &ends
    )
    .execute(connection)
    .await?;
    Ok(true)
}

pub struct DueRow {
    pub id: Uuid,
    pub doctor_id: Uuid,
    pub address: String,
    pub etag: Option<String>,
    pub read_at: Option<DateTime<Utc>>,
    pub failures: i16,
    pub owner_email: Option<String>,
}

/// Claims up to `limit` calendars that are due. Other instances do not claim them before `lease`.
pub async fn claim_due(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DueRow>> {
    let rows = sqlx::query_as!(
        DueRow,
        r#"update busy_calendars c
           set due_at = $2
           from (select id from busy_calendars
                 where archived_at is null and address is not null and due_at <= $1
                 order by due_at
                 limit $3
                 for update skip locked) due
           where c.id = due.id
           returning c.id, c.doctor_id, c.address as "address!", c.etag, c.read_at, c.failures,
                     c.owner_email"#,
        now,
        lease,
        limit
    )
    .fetch_all(connection)
    .await?;
    // One that cannot be read keeps nobody else's from being fetched.
    let opened = |row: DueRow| {
        Ok::<_, sqlx::Error>(DueRow {
            address: open(CALENDAR_ADDRESS, row.id, row.address)?,
            owner_email: open_optional(CALENDAR_OWNER, row.id, row.owner_email)?,
            ..row
        })
    };
    let readable = rows.into_iter().filter_map(|row| {
        let id = row.id;
        opened(row)
            .inspect_err(
                |error| tracing::error!(%error, calendar = %id, "a calendar cannot be read"),
            )
            .ok()
    });
    Ok(readable.collect())
}

/// Records that a calendar was read in full; `false`: it was removed in the meantime. The row stays locked.
pub async fn record_read(
    connection: &mut PgConnection,
    id: BusyCalendarId,
    etag: Option<&str>,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let updated = sqlx::query!(
        "update busy_calendars
         set read_at = $4, etag = $2, due_at = $3, failures = 0, fault = null
         where id = $1 and archived_at is null",
        id.0,
        etag,
        due_at,
        now
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Records that a calendar has not changed.
pub async fn record_unchanged(
    connection: &mut PgConnection,
    id: BusyCalendarId,
    due_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update busy_calendars set due_at = $2, failures = 0, fault = null where id = $1",
        id.0,
        due_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records why a calendar could not be read; the times read before stay valid.
pub async fn record_fault(
    connection: &mut PgConnection,
    id: BusyCalendarId,
    fault: &Value,
    due_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update busy_calendars
         set fault = $2, due_at = $3, failures = least(failures + 1, 1000)
         where id = $1",
        id.0,
        fault,
        due_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The e-mail address of the doctor's own account.
pub async fn doctor_email(
    connection: &mut PgConnection,
    doctor: DoctorId,
) -> Result<Option<String>> {
    let found = sqlx::query!(
        "select a.id, a.email from doctors d join accounts a on a.id = d.account_id
         where d.id = $1 and a.archived_at is null",
        doctor.0
    )
    .fetch_optional(connection)
    .await?;
    let email = found.map(|row| open_optional(ACCOUNT_EMAIL, row.id, row.email)).transpose()?;
    Ok(email.flatten())
}

/// The UIDs in calendar files of those of these appointments that are with this doctor.
pub async fn uids_of_doctor(
    connection: &mut PgConnection,
    doctor: DoctorId,
    appointments: &[Uuid],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select ical_uid as "ical_uid!" from all_appointments where doctor_id = $1 and id = any($2)"#,
        doctor.0,
        appointments
    )
    .fetch_all(connection)
    .await
}

/// Deletes busy times that ended before `until`.
pub async fn forget_past(connection: &mut PgConnection, until: DateTime<Utc>) -> Result<u64> {
    let gone = sqlx::query!("delete from busy_times where ends_at < $1", until)
        .execute(connection)
        .await?;
    Ok(gone.rows_affected())
}

/// Deletes calendars that were removed before `before`; returns how many.
pub async fn delete_ended(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from busy_calendars where id in (
             select c.id from busy_calendars c
             where c.archived_at < $1 and not exists (select from busy_times t where t.calendar_id = c.id)
             limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
