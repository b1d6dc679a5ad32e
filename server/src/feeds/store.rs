//! Calendar feeds, and the appointments in them.

use chrono::{DateTime, Utc};
use nadi::ids::{AccountId, AppointmentId, DoctorId, FeedId};
use nadi::ports::{Alarm, FeedKind, NewFeed};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub struct FeedRow {
    pub id: Uuid,
    pub account_id: Uuid,
    pub kind: String,
    pub with_names: bool,
    pub alarm_minutes: Option<i16>,
    pub created_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
}

/// An account's active feeds of a kind, oldest first.
pub async fn of_account(
    connection: &mut PgConnection,
    account: AccountId,
    kind: FeedKind,
) -> Result<Vec<FeedRow>> {
    sqlx::query_as!(
        FeedRow,
        "select id, account_id, kind, with_names, alarm_minutes, created_at, read_at from calendar_feeds
         where account_id = $1 and kind = $2 and archived_at is null
         order by created_at, id",
        account.0,
        kind.as_str()
    )
    .fetch_all(connection)
    .await
}

pub async fn find(connection: &mut PgConnection, id: FeedId) -> Result<Option<FeedRow>> {
    sqlx::query_as!(
        FeedRow,
        "select id, account_id, kind, with_names, alarm_minutes, created_at, read_at from calendar_feeds
         where id = $1 and archived_at is null",
        id.0
    )
    .fetch_optional(connection)
    .await
}

/// Inserts a feed. `false`: the account already has `max` of this kind.
pub async fn insert(
    connection: &mut PgConnection,
    id: FeedId,
    account: AccountId,
    wanted: NewFeed,
    max: i64,
    now: DateTime<Utc>,
) -> Result<bool> {
    let made = sqlx::query!(
        "insert into calendar_feeds (id, account_id, kind, with_names, created_at, alarm_minutes)
         select $1, $2, $3, $4, $5, $7
         where (select count(*) from calendar_feeds
                where account_id = $2 and kind = $3 and archived_at is null) < $6",
        id.0,
        account.0,
        wanted.kind.as_str(),
        wanted.with_names,
        now,
        max,
        wanted.alarm.map(Alarm::minutes)
    )
    .execute(connection)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Gives its kind. `None`: there is no such feed of this account.
pub async fn set_alarm(
    connection: &mut PgConnection,
    id: FeedId,
    account: AccountId,
    alarm: Option<Alarm>,
) -> Result<Option<String>> {
    sqlx::query_scalar!(
        "update calendar_feeds set alarm_minutes = $3
         where id = $1 and account_id = $2 and archived_at is null
         returning kind",
        id.0,
        account.0,
        alarm.map(Alarm::minutes)
    )
    .fetch_optional(connection)
    .await
}

/// Gives its kind. `None`: there is no such feed of this account.
pub async fn archive(
    connection: &mut PgConnection,
    id: FeedId,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    sqlx::query_scalar!(
        "update calendar_feeds set archived_at = $3
         where id = $1 and account_id = $2 and archived_at is null
         returning kind",
        id.0,
        account.0,
        now
    )
    .fetch_optional(connection)
    .await
}

/// Archives all feeds of an account. Gives their ids.
pub async fn archive_all(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<FeedId>> {
    let ended = sqlx::query_scalar!(
        "update calendar_feeds set archived_at = $2
         where account_id = $1 and archived_at is null
         returning id",
        account.0,
        now
    )
    .fetch_all(connection)
    .await?;
    Ok(ended.into_iter().map(FeedId).collect())
}

/// Records that a feed was read, at most once an hour.
pub async fn record_read(
    connection: &mut PgConnection,
    id: FeedId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update calendar_feeds set read_at = $2
         where id = $1 and (read_at is null or read_at < $2::timestamptz - interval '1 hour')",
        id.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The doctor whose account this is.
pub async fn doctor_of(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<DoctorId>> {
    let doctor = sqlx::query_scalar!(
        "select id from doctors where account_id = $1 and archived_at is null",
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(doctor.map(DoctorId))
}

/// An appointment with the data of a calendar event.
pub struct EventRow {
    pub id: Uuid,
    pub ical_uid: String,
    pub version: i32,
    pub state: String,
    pub expires_at: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub reference: String,
    pub mode: String,
    pub doctor_name: String,
    pub clinic: String,
    pub location_name: String,
    pub location_address: String,
    pub city: String,
}

/// Selects all columns of an [`EventRow`] from `all_appointments a`; `$rest` holds conditions and order.
macro_rules! events {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            EventRow,
            r#"select a.id as "id!", a.ical_uid as "ical_uid!", a.version as "version!",
                    a.state as "state!", a.expires_at as "expires_at!", a.starts_at as "starts_at!",
                    a.ends_at as "ends_at!", a.updated_at as "updated_at!",
                    a.reference as "reference!", a.mode as "mode!", d.name as doctor_name,
                    c.name as clinic, l.name as location_name, l.address as location_address,
                    ct.name as city
             from all_appointments a
             join doctors d on d.id = a.doctor_id
             join clinics c on c.id = a.clinic_id
             join locations l on l.id = a.location_id
             join cities ct on ct.id = l.city_id "#
                + $rest,
            $($argument),*
        )
    };
}

pub async fn event(connection: &mut PgConnection, id: AppointmentId) -> Result<Option<EventRow>> {
    events!("where a.id = $1", id.0).fetch_optional(connection).await
}

/// Appointments booked by an account after `since`, confirmed or past, soonest first.
pub async fn booked_by(
    connection: &mut PgConnection,
    account: AccountId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<EventRow>> {
    events!(
        "where a.booked_by = $1 and a.starts_at > $2
           and a.state in ('confirmed', 'checked_in', 'completed', 'no_show')
         order by a.starts_at, a.id
         limit $3",
        account.0,
        since,
        limit
    )
    .fetch_all(connection)
    .await
}

/// The same for a doctor's appointments.
pub async fn of_doctor(
    connection: &mut PgConnection,
    doctor: DoctorId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<EventRow>> {
    events!(
        "where a.doctor_id = $1 and a.starts_at > $2
           and a.state in ('confirmed', 'checked_in', 'completed', 'no_show')
         order by a.starts_at, a.id
         limit $3",
        doctor.0,
        since,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Deletes feeds that ended before `before`; returns how many.
pub async fn delete_ended(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from calendar_feeds where id in (
             select id from calendar_feeds where archived_at < $1 limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
