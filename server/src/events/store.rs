//! SQL of the log.

use chrono::{DateTime, Utc};
use nadi::events::{NewEvent, SCHEMA_VERSION};
use serde_json::Value;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use super::Author;

/// Writes events that one transaction has made.
pub async fn insert(
    connection: &mut PgConnection,
    events: &[NewEvent],
    by: Author,
    now: DateTime<Utc>,
) -> Result<()> {
    let types: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let subjects: Vec<Uuid> = events.iter().map(|event| event.subject).collect();
    let versions: Vec<Option<i32>> = events.iter().map(|event| event.subject_version).collect();
    let doctors: Vec<Option<Uuid>> =
        events.iter().map(|event| event.doctor.map(|doctor| doctor.0)).collect();
    let data = events.iter().map(|event| serde_json::to_value(&event.data));
    let data: Vec<Value> =
        data.collect::<Result<_, _>>().map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query!(
        "insert into events (type, schema_version, subject_id, subject_version, doctor_id, actor,
                             actor_account_id, occurred_at, data)
         select e.type, $6, e.subject_id, e.subject_version, e.doctor_id, $7, $8, $9, e.data
         from unnest($1::text[], $2::uuid[], $3::integer[], $4::uuid[], $5::jsonb[]) with ordinality
             as e (type, subject_id, subject_version, doctor_id, data, number)
         order by e.number",
        &types as _,
        &subjects,
        &versions as _,
        &doctors as _,
        &data,
        SCHEMA_VERSION,
        by.capacity.as_str(),
        by.account.map(|account| account.0),
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An event as a reader gets it.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    pub transaction_id: i64,
    pub id: i64,
    pub event_type: String,
    pub schema_version: i16,
    pub subject_id: Uuid,
    pub subject_version: Option<i32>,
    pub doctor_id: Option<Uuid>,
    pub actor: String,
    pub occurred_at: DateTime<Utc>,
    pub data: Value,
}

/// The transaction before which every one has ended: what they have written is visible.
pub async fn horizon(connection: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "horizon!""#
    )
    .fetch_one(connection)
    .await
}

/// Up to `limit` visible events after this place in the order of reading, which is that of transactions and
/// then of ids.
pub async fn after(
    connection: &mut PgConnection,
    (transaction, id): (i64, i64),
    limit: i64,
) -> Result<Vec<StoredEvent>> {
    sqlx::query_as!(
        StoredEvent,
        r#"select transaction_id::text::bigint as "transaction_id!", id, type as event_type, schema_version,
                  subject_id, subject_version, doctor_id, actor, occurred_at, data
           from events
           where (transaction_id, id) > ($1::bigint::text::xid8, $2)
           order by transaction_id, id limit $3"#,
        transaction,
        id,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Locks a reader, and gives its position; one that is new begins with the first event. `None`: another
/// instance is reading in its name.
pub async fn lock_reader(connection: &mut PgConnection, name: &str) -> Result<Option<i64>> {
    let position = position(connection, name).await?;
    if position.is_none() {
        sqlx::query!(
            "insert into event_readers (name, position) values ($1, '0') on conflict do nothing",
            name
        )
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query_scalar!(
        r#"select position::text::bigint as "position!" from event_readers where name = $1
           for no key update skip locked"#,
        name
    )
    .fetch_optional(connection)
    .await
}

/// How far a reader has come; `None` before its first run.
pub async fn position(connection: &mut PgConnection, name: &str) -> Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"select position::text::bigint as "position!" from event_readers where name = $1"#,
        name
    )
    .fetch_optional(connection)
    .await
}

/// Is there an event that this reader may not have handled?
pub async fn has_more(connection: &mut PgConnection, name: &str) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from events
                          where transaction_id >= coalesce((select position from event_readers
                                                            where name = $1), '0')) as "more!""#,
        name
    )
    .fetch_one(connection)
    .await
}

pub async fn move_reader(connection: &mut PgConnection, name: &str, position: i64) -> Result<()> {
    sqlx::query!(
        "update event_readers set position = $2::bigint::text::xid8 where name = $1",
        name,
        position
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A database that was restored into another cluster counts its transactions anew: events from before
/// would stay ahead of every reader for ever. Those that a reader has not handled become events of this
/// transaction, all others come first in the order, before where readers begin then. Tells whether there was something to mend.
pub async fn mend_after_restore(connection: &mut PgConnection) -> Result<bool> {
    let mended = sqlx::query_scalar!(
        r#"with next as materialized (
               select pg_snapshot_xmax(pg_current_snapshot()) as id,
                      (select min(position) from event_readers) as handled),
           events_before as (
               update events e
               set transaction_id = case when e.transaction_id >= n.handled then pg_current_xact_id()
                                         else '0' end
               from next n
               where e.transaction_id > n.id returning 1),
           readers_before as (
               update event_readers set position = '1'
               where position > (select id from next) returning 1)
           select (select count(*) from events_before) + (select count(*) from readers_before) as "mended!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(mended > 0)
}

/// Deletes some of the events before `before` that are not of appointments; gives how many.
pub async fn delete_old(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from events where (transaction_id, id) in (
             select transaction_id, id from events
             where type not like 'appointment.%' and occurred_at < $1
             order by occurred_at limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
