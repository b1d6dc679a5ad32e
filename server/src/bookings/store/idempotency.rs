//! Answers already given, by account and idempotency key. Stored in the transaction of their effect.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};

/// A request's key, ready to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    pub key: String,
    /// Of the whole request, under the server's key.
    pub fingerprint: Vec<u8>,
    /// The lock that rivals with this key of this account meet at.
    pub lock_key: i64,
}

/// What a key was answered before.
pub struct StoredAnswer {
    pub fingerprint: Vec<u8>,
    pub answer: serde_json::Value,
}

/// Waits for a rival with the same key, until this transaction ends.
///
/// # Errors
/// Code 55P03 when the rival takes longer than the connection's `lock_timeout`.
pub async fn enter(connection: &mut PgConnection, once: &RequestKey) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock($1)", once.lock_key).execute(connection).await?;
    Ok(())
}

/// Would [`enter`] have to wait?
pub async fn is_running(connection: &mut PgConnection, once: &RequestKey) -> Result<bool> {
    let free =
        sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "free!""#, once.lock_key)
            .fetch_one(connection)
            .await?;
    Ok(!free)
}

pub async fn find(
    connection: &mut PgConnection,
    account: AccountId,
    once: &RequestKey,
) -> Result<Option<StoredAnswer>> {
    sqlx::query_as!(
        StoredAnswer,
        "select fingerprint, answer from idempotency_keys where account_id = $1 and key = $2",
        account.0,
        once.key
    )
    .fetch_optional(connection)
    .await
}

/// Keeps an answer. `false`: another one was kept before.
pub async fn keep(
    connection: &mut PgConnection,
    account: AccountId,
    once: &RequestKey,
    answer: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<bool> {
    let kept = sqlx::query!(
        "insert into idempotency_keys (account_id, key, fingerprint, answer, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        account.0,
        once.key,
        once.fingerprint,
        answer,
        now
    )
    .execute(connection)
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// Keeps many answers at once, of different keys; gives the gates of those that were kept. Another
/// answer was kept before for the rest.
pub async fn keep_all(
    connection: &mut PgConnection,
    all: &[(AccountId, RequestKey, serde_json::Value, DateTime<Utc>)],
) -> Result<Vec<i64>> {
    let accounts: Vec<uuid::Uuid> = all.iter().map(|(account, ..)| account.0).collect();
    let keys: Vec<&str> = all.iter().map(|(_, once, ..)| once.key.as_str()).collect();
    let prints: Vec<&[u8]> = all.iter().map(|(_, once, ..)| once.fingerprint.as_slice()).collect();
    let gates: Vec<i64> = all.iter().map(|(_, once, ..)| once.lock_key).collect();
    let answers: Vec<&serde_json::Value> = all.iter().map(|(_, _, answer, _)| answer).collect();
    let moments: Vec<DateTime<Utc>> = all.iter().map(|(.., now)| *now).collect();
    sqlx::query_scalar!(
        r#"with given as (
               select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::jsonb[],
                                    $5::timestamptz[], $6::bigint[])
                        as g (account_id, key, fingerprint, answer, created_at, gate)
           ),
           kept as (
               insert into idempotency_keys (account_id, key, fingerprint, answer, created_at)
               select account_id, key, fingerprint, answer, created_at from given
               order by account_id, key
               on conflict do nothing
               returning account_id, key
           )
           select g.gate as "gate!" from kept k join given g using (account_id, key)"#,
        &accounts as _,
        &keys as _,
        &prints as _,
        &answers as _,
        &moments as _,
        &gates as _
    )
    .fetch_all(connection)
    .await
}

/// Forgets answers given before `before`; tells how many.
pub async fn forget(connection: &mut PgConnection, before: DateTime<Utc>) -> Result<u64> {
    let forgotten = sqlx::query!("delete from idempotency_keys where created_at < $1", before)
        .execute(connection)
        .await?;
    Ok(forgotten.rows_affected())
}
