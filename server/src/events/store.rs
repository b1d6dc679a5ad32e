//! SQL of the event log.

use chrono::{DateTime, Utc};
use nadi::events::{NewEvent, SCHEMA_VERSION};
use serde_json::Value;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::events::author::Author;

/// Inserts events of this transaction; returns their ids in the same order.
pub async fn insert(
    connection: &mut PgConnection,
    events: &[NewEvent],
    by: Author,
    now: DateTime<Utc>,
) -> Result<Vec<i64>> {
    let types: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let subjects: Vec<Uuid> = events.iter().map(|event| event.subject).collect();
    let versions: Vec<Option<i32>> = events.iter().map(|event| event.subject_version).collect();
    let doctors: Vec<Option<Uuid>> =
        events.iter().map(|event| event.doctor.map(|doctor| doctor.0)).collect();
    let data = events.iter().map(|event| serde_json::to_value(&event.data));
    let data: Vec<Value> =
        data.collect::<Result<_, _>>().map_err(|error| sqlx::Error::Encode(error.into()))?;
    let mut ids = sqlx::query_scalar!(
        "insert into events (type, schema_version, subject_id, subject_version, doctor_id, actor,
                             actor_account_id, locale, occurred_at, data)
         select e.type, $6, e.subject_id, e.subject_version, e.doctor_id, $7, $8, $10, $9, e.data
         from unnest($1::text[], $2::uuid[], $3::integer[], $4::uuid[], $5::jsonb[]) with ordinality
             as e (type, subject_id, subject_version, doctor_id, data, number)
         order by e.number
         returning id",
        &types as _,
        &subjects,
        &versions as _,
        &doctors as _,
        &data,
        SCHEMA_VERSION,
        by.role.as_str(),
        by.account.map(|account| account.0),
        now,
        by.locale
    )
    .fetch_all(connection)
    .await?;
    // They are given out in the order of insertion.
    ids.sort_unstable();
    Ok(ids)
}

/// An event as read from the log.
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
    pub actor_account_id: Option<Uuid>,
    pub occurred_at: DateTime<Utc>,
    pub data: Value,
}

/// Which transactions had been committed at some moment: PostgreSQL's `pg_snapshot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// All transactions below this have ended.
    xmin: i64,
    /// No transaction from here on had been committed.
    xmax: i64,
    /// The transactions in between that were still open.
    open: Vec<i64>,
}

impl Snapshot {
    /// `xmin:xmax:open,open…`, as PostgreSQL writes it.
    fn parse(text: &str) -> Result<Self> {
        let read = || {
            let mut parts = text.split(':');
            let (xmin, xmax) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let open = parts.next()?.split(',').filter(|id| !id.is_empty());
            Some(Self { xmin, xmax, open: open.map(str::parse).collect::<Result<_, _>>().ok()? })
        };
        read().ok_or_else(|| sqlx::Error::Decode(format!("a snapshot like {text}").into()))
    }

    fn text(&self) -> String {
        let open: Vec<String> = self.open.iter().map(i64::to_string).collect();
        format!("{}:{}:{}", self.xmin, self.xmax, open.join(","))
    }

    /// The same without this transaction and later ones.
    pub fn before(&self, transaction: i64) -> Self {
        let xmax = self.xmax.min(transaction);
        let open = self.open.iter().copied().filter(|id| *id < xmax).collect();
        Self { xmin: self.xmin.min(xmax), xmax, open }
    }
}

/// The current snapshot.
pub async fn now(connection: &mut PgConnection) -> Result<Snapshot> {
    let text = sqlx::query_scalar!(r#"select pg_current_snapshot()::text as "snapshot!""#)
        .fetch_one(connection)
        .await?;
    Snapshot::parse(&text)
}

/// Up to `limit` events that are visible now but were not in `position`, in order of transaction and id; and the
/// snapshot they were read in.
pub async fn since(
    connection: &mut PgConnection,
    position: &Snapshot,
    limit: i64,
) -> Result<(Vec<StoredEvent>, Snapshot)> {
    let rows = sqlx::query!(
        r#"select s.snapshot::text as "snapshot!", e.transaction_id::text::bigint as transaction_id, e.id as "id?",
                  e.type as "event_type?", e.schema_version as "schema_version?",
                  e.subject_id as "subject_id?", e.subject_version, e.doctor_id, e.actor as "actor?",
                  e.actor_account_id,
                  e.occurred_at as "occurred_at?", e.data as "data?"
           from (select pg_current_snapshot() as snapshot) s
           left join lateral (
               select * from events
               where transaction_id >= pg_snapshot_xmin($1::text::pg_snapshot)
                 and not pg_visible_in_snapshot(transaction_id, $1::text::pg_snapshot)
               order by transaction_id, id limit $2
           ) e on true"#,
        position.text(),
        limit
    )
    .fetch_all(connection)
    .await?;
    let snapshot = rows.first().map(|row| Snapshot::parse(&row.snapshot));
    let snapshot = snapshot.ok_or(sqlx::Error::RowNotFound)??;
    let events = rows.into_iter().filter_map(|row| {
        Some(StoredEvent {
            transaction_id: row.transaction_id?,
            id: row.id?,
            event_type: row.event_type?,
            schema_version: row.schema_version?,
            subject_id: row.subject_id?,
            subject_version: row.subject_version,
            doctor_id: row.doctor_id,
            actor: row.actor?,
            actor_account_id: row.actor_account_id,
            occurred_at: row.occurred_at?,
            data: row.data?,
        })
    });
    Ok((events.collect(), snapshot))
}

/// The events of a transaction with ids after this one.
pub async fn rest_of(
    connection: &mut PgConnection,
    transaction: i64,
    id: i64,
) -> Result<Vec<StoredEvent>> {
    sqlx::query_as!(
        StoredEvent,
        r#"select transaction_id::text::bigint as "transaction_id!", id, type as event_type, schema_version,
                  subject_id, subject_version, doctor_id, actor, actor_account_id, occurred_at, data
           from events
           where transaction_id = $1::bigint::text::xid8 and id > $2
           order by id"#,
        transaction,
        id
    )
    .fetch_all(connection)
    .await
}

/// Locks a reader and returns its position; a new reader begins with the first event. `None`: another instance
/// has the lock.
pub async fn lock_reader(connection: &mut PgConnection, name: &str) -> Result<Option<Snapshot>> {
    for is_known in [true, false] {
        if !is_known {
            sqlx::query!(
                "insert into event_readers (name, position) values ($1, '1:1:') on conflict do nothing",
                name
            )
            .execute(&mut *connection)
            .await?;
        }
        let position = sqlx::query_scalar!(
            r#"select position::text as "position!" from event_readers where name = $1
               for no key update skip locked"#,
            name
        )
        .fetch_optional(&mut *connection)
        .await?;
        if let Some(text) = position {
            return Snapshot::parse(&text).map(Some);
        }
    }
    Ok(None)
}

/// Settings of a transaction that reads the log: index scans even while the planner has no statistics, and a commit
/// that does not wait for the disk. After a crash, position and effect may be lost, but only together, and are
/// made again from the events.
pub async fn prepare_to_read(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "select set_config('enable_seqscan', 'off', true) as seqscan,
                set_config('enable_sort', 'off', true) as sort,
                set_config('plan_cache_mode', 'force_generic_plan', true) as plan,
                set_config('synchronous_commit', 'off', true) as commit"
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Is there an event that this reader has not handled?
pub async fn has_more(connection: &mut PgConnection, name: &str) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from (select coalesce((select position from event_readers where name = $1), '1:1:')
                                   as position) r
               cross join lateral (
                   select from events
                   where transaction_id >= pg_snapshot_xmin(r.position)
                     and not pg_visible_in_snapshot(transaction_id, r.position)
                   -- In this order it has to be the index, which begins where the position does.
                   order by transaction_id, id limit 1) e) as "more!""#,
        name
    )
    .fetch_one(connection)
    .await
}

pub async fn move_reader(
    connection: &mut PgConnection,
    name: &str,
    position: &Snapshot,
) -> Result<()> {
    sqlx::query!(
        "update event_readers set position = $2::text::pg_snapshot where name = $1",
        name,
        position.text()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Was the database restored into another PostgreSQL cluster? A new cluster starts counting transactions from the
/// beginning, so stored positions and events would seem newer than all that follow.
pub async fn is_from_elsewhere(connection: &mut PgConnection) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from event_readers
                          where pg_snapshot_xmax(position) > pg_snapshot_xmax(pg_current_snapshot()))
               or exists (select from events
                          where transaction_id > pg_snapshot_xmax(pg_current_snapshot())) as "so!""#
    )
    .fetch_one(connection)
    .await
}

/// Lets readers continue in such a database. Events that some reader has not handled, and those written since the
/// restore, are assigned to this transaction; all others get transaction 0, before every reader's position.
pub async fn adopt(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "with before as materialized (
             select coalesce(max(id), 0) as last_id from events
             where transaction_id > pg_snapshot_xmax(pg_current_snapshot()))
         update events e
         set transaction_id = case when e.id > b.last_id or exists (
                 select from event_readers r
                 where e.transaction_id >= pg_snapshot_xmin(r.position)
                   and not pg_visible_in_snapshot(e.transaction_id, r.position))
             then pg_current_xact_id() else '0' end
         from before b
         where e.transaction_id <> '0'"
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("update event_readers set position = '1:1:'").execute(connection).await?;
    Ok(())
}

/// Deletes up to `limit` events before `before` that are not about appointments; returns how many.
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

/// Deletes the events of appointments that are deleted themselves.
pub async fn delete_of_appointments(connection: &mut PgConnection, ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "delete from events where subject_id = any($1) and type like 'appointment.%'",
        ids
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_cut_at_a_transaction() {
        let all = Snapshot::parse("10:20:10,14,15").expect("a snapshot");
        assert_eq!(all.text(), "10:20:10,14,15");
        assert_eq!(all.before(15).text(), "10:15:10,14");
        assert_eq!(all.before(10).text(), "10:10:");
        assert_eq!(all.before(7).text(), "7:7:");
        assert_eq!(all.before(25), all);
        assert_eq!(Snapshot::parse("7:7:").expect("a snapshot").text(), "7:7:");
        assert!(Snapshot::parse("7:x:").is_err() && Snapshot::parse("").is_err());
    }
}
