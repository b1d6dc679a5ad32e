//! Stored answers by account and idempotency key, written in the same transaction as the effect.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};

/// An idempotency key with what is derived from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    pub key: String,
    /// A keyed hash of the whole request.
    pub fingerprint: Vec<u8>,
    /// The number of the advisory lock that requests of this account with this key take.
    pub lock_key: i64,
}

/// The answer stored under a key.
pub struct StoredAnswer {
    pub fingerprint: Vec<u8>,
    pub answer: serde_json::Value,
}

/// Takes the lock of the key until this transaction ends; waits for another request that has it.
///
/// # Errors
/// SQLSTATE 55P03 when the other request takes longer than the connection's `lock_timeout`.
pub async fn enter(connection: &mut PgConnection, key: &RequestKey) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock($1)", key.lock_key).execute(connection).await?;
    Ok(())
}

/// Would [`enter`] have to wait?
pub async fn is_running(connection: &mut PgConnection, key: &RequestKey) -> Result<bool> {
    let free =
        sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "free!""#, key.lock_key)
            .fetch_one(connection)
            .await?;
    Ok(!free)
}

pub async fn find(
    connection: &mut PgConnection,
    account: AccountId,
    key: &RequestKey,
) -> Result<Option<StoredAnswer>> {
    sqlx::query_as!(
        StoredAnswer,
        "select fingerprint, answer from idempotency_keys where account_id = $1 and key = $2",
        account.0,
        key.key
    )
    .fetch_optional(connection)
    .await
}

/// Stores an answer. `false`: another one was stored before.
pub async fn insert(
    connection: &mut PgConnection,
    account: AccountId,
    key: &RequestKey,
    answer: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<bool> {
    let kept = sqlx::query!(
        "insert into idempotency_keys (account_id, key, fingerprint, answer, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        account.0,
        key.key,
        key.fingerprint,
        answer,
        now
    )
    .execute(connection)
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// Stores answers of different keys in one statement. Returns the `lock_key`s of those that were stored; for
/// the others, an answer was stored before.
pub async fn insert_all(
    connection: &mut PgConnection,
    all: &[(AccountId, RequestKey, serde_json::Value, DateTime<Utc>)],
) -> Result<Vec<i64>> {
    let accounts: Vec<uuid::Uuid> = all.iter().map(|(account, ..)| account.0).collect();
    let keys: Vec<&str> = all.iter().map(|(_, key, ..)| key.key.as_str()).collect();
    let prints: Vec<&[u8]> = all.iter().map(|(_, key, ..)| key.fingerprint.as_slice()).collect();
    let lock_keys: Vec<i64> = all.iter().map(|(_, key, ..)| key.lock_key).collect();
    let answers: Vec<&serde_json::Value> = all.iter().map(|(_, _, answer, _)| answer).collect();
    let moments: Vec<DateTime<Utc>> = all.iter().map(|(.., now)| *now).collect();
    sqlx::query_scalar!(
        r#"with given as (
               select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::jsonb[],
                                    $5::timestamptz[], $6::bigint[])
                        as g (account_id, key, fingerprint, answer, created_at, lock_key)
           ),
           kept as (
               insert into idempotency_keys (account_id, key, fingerprint, answer, created_at)
               select account_id, key, fingerprint, answer, created_at from given
               order by account_id, key
               on conflict do nothing
               returning account_id, key
           )
           select g.lock_key as "lock_key!" from kept k join given g using (account_id, key)"#,
        &accounts as _,
        &keys as _,
        &prints as _,
        &answers as _,
        &moments as _,
        &lock_keys as _
    )
    .fetch_all(connection)
    .await
}

/// Deletes answers given before `before`, at most `limit`; returns how many.
pub async fn forget(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let forgotten = sqlx::query!(
        "delete from idempotency_keys where (account_id, key) in
             (select account_id, key from idempotency_keys where created_at < $1 limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected())
}
