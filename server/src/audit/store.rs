//! The tables `audit_pending` and `audit_entries`.

use chrono::{DateTime, Utc};
use nadi::audit::Entry;
use nadi::ports::{AuditQuery, AuditRow};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use super::head::{Hash, Head};
use crate::encryption::columns::PERSON_NAME;
use crate::encryption::open;

/// Of the advisory lock that appending takes.
const LOCK: i64 = 0x6e61_6469_6175;

pub async fn insert_pending(connection: &mut PgConnection, entry: &Entry) -> Result<()> {
    sqlx::query!(
        "insert into audit_pending (action, role, account_id, subjects, request_id, occurred_at)
         values ($1, $2, $3, $4, $5, $6)",
        entry.action,
        entry.role,
        entry.account,
        &entry.subjects,
        entry.request,
        entry.occurred_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the oldest out of those that are pending, at most `limit`.
pub async fn take_pending(connection: &mut PgConnection, limit: i64) -> Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"with taken as (
               delete from audit_pending where id in (
                   select id from audit_pending order by id limit $1 for update skip locked)
               returning *
           )
           select action, role, account_id as account, subjects, request_id as request, occurred_at
           from taken order by id"#,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Until the end of the transaction, nobody else appends. Its commit waits for the disk, even where it reads events: an
/// entry whose hash was anchored must not be lost.
pub async fn lock(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock($1) as lock,
                set_config('synchronous_commit', 'on', true) as commit",
        LOCK
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

fn hash_of(bytes: Vec<u8>) -> Result<Hash> {
    let wrong = |_| sqlx::Error::Decode("a hash that has not 32 bytes".into());
    Hash::try_from(bytes).map_err(wrong)
}

pub async fn head(connection: &mut PgConnection) -> Result<Head> {
    let row =
        sqlx::query!("select position, hash from audit_entries order by position desc limit 1")
            .fetch_optional(connection)
            .await?;
    match row {
        Some(row) => Ok(Head { position: row.position, hash: hash_of(row.hash)? }),
        None => Ok(Head::EMPTY),
    }
}

/// Inserts entries, each with the head that it makes.
pub async fn insert(
    connection: &mut PgConnection,
    entries: &[Entry],
    heads: &[Head],
) -> Result<()> {
    let positions: Vec<i64> = heads.iter().map(|head| head.position).collect();
    let hashes: Vec<&[u8]> = heads.iter().map(|head| head.hash.as_slice()).collect();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let roles: Vec<&str> = entries.iter().map(|entry| entry.role.as_str()).collect();
    let accounts: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.account).collect();
    // Arrays of arrays must have rows of one length, so each is passed as text.
    let subjects: Vec<String> = entries.iter().map(|entry| array_text(&entry.subjects)).collect();
    let requests: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.request).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|entry| entry.occurred_at).collect();
    sqlx::query!(
        "insert into audit_entries (position, action, role, account_id, subjects, request_id,
                                    occurred_at, hash)
         select e.position, e.action, e.role, e.account_id, e.subjects::uuid[], e.request_id,
                e.occurred_at, e.hash
         from unnest($1::bigint[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::uuid[],
                     $7::timestamptz[], $8::bytea[])
              as e (position, action, role, account_id, subjects, request_id, occurred_at, hash)",
        &positions,
        &actions as _,
        &roles as _,
        &accounts as _,
        &subjects,
        &requests as _,
        &times,
        &hashes as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn array_text(ids: &[Uuid]) -> String {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

/// The entries after this position in order, at most `limit`, each with the position and hash that are stored.
pub async fn after(
    connection: &mut PgConnection,
    position: i64,
    limit: i64,
) -> Result<Vec<(Head, Entry)>> {
    let rows = sqlx::query!(
        "select position, action, role, account_id, subjects, request_id, occurred_at, hash
         from audit_entries where position > $1 order by position limit $2",
        position,
        limit
    )
    .fetch_all(connection)
    .await?;
    let entries = rows.into_iter().map(|row| {
        let head = Head { position: row.position, hash: hash_of(row.hash)? };
        let entry = Entry {
            action: row.action,
            role: row.role,
            account: row.account_id,
            subjects: row.subjects,
            request: row.request_id,
            occurred_at: row.occurred_at,
        };
        Ok((head, entry))
    });
    entries.collect()
}

/// Entries newest first. Only the names of those who acted as staff are shown: the others are patients.
pub async fn entries(
    connection: &mut PgConnection,
    query: &AuditQuery,
    limit: i64,
) -> Result<Vec<AuditRow>> {
    let rows = sqlx::query!(
        r#"select e.position as "position!", e.action as "action!", e.role as "role!", e.account_id,
                  e.subjects as "subjects!", e.request_id, e.occurred_at as "occurred_at!",
                  p.id as "person_id?", p.name as "name?"
           from (select * from audit_entries where $2::uuid is null
                 union all
                 select * from audit_entries where subjects @> array[$2::uuid]) e
           left join people p on p.account_id = e.account_id and p.relation = 'self'
                and e.role in ('doctor', 'receptionist', 'administrator', 'auditor')
           where ($1::uuid is null or e.account_id = $1)
             and ($3::text is null or e.action = $3)
             and ($4::timestamptz is null or e.occurred_at >= $4)
             and ($5::timestamptz is null or e.occurred_at < $5)
             and ($6::bigint is null or e.position < $6)
           order by e.position desc
           limit $7"#,
        query.account.map(|id| id.0),
        query.subject,
        query.action.as_deref(),
        query.from,
        query.until,
        query.before,
        limit
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let name = row.person_id.zip(row.name);
        Ok(AuditRow {
            position: row.position,
            name: name.map(|(person, name)| open(PERSON_NAME, person, name)).transpose()?,
            entry: Entry {
                action: row.action,
                role: row.role,
                account: row.account_id,
                subjects: row.subjects,
                request: row.request_id,
                occurred_at: row.occurred_at,
            },
        })
    });
    rows.collect()
}
