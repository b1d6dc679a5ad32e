//! Personal keys for the API.

use chrono::{DateTime, Utc};
use nadi::actor::Scope;
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub struct KeyRow {
    pub id: Uuid,
    pub name: String,
    pub ending: String,
    pub scope: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The keys of an account that were not revoked, the newest first. Their number is bounded when one is made.
pub async fn of_account(connection: &mut PgConnection, account: AccountId) -> Result<Vec<KeyRow>> {
    sqlx::query_as!(
        KeyRow,
        // The release before makes keys without an end.
        r#"select id, name, ending, scope, created_at, last_used_at,
                  coalesce(expires_at, created_at + interval '1 year') as "expires_at!"
           from api_keys
           where account_id = $1 and revoked_at is null
           order by created_at desc, id"#,
        account.0
    )
    .fetch_all(connection)
    .await
}

/// How many keys of an account were not revoked.
pub async fn count(connection: &mut PgConnection, account: AccountId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from api_keys where account_id = $1 and revoked_at is null"#,
        account.0
    )
    .fetch_one(connection)
    .await
}

pub struct NewKey<'a> {
    pub id: Uuid,
    pub digest: &'a [u8; 32],
    pub name: &'a str,
    pub ending: &'a str,
    pub scope: Scope,
    pub two_factors: bool,
    pub expires_at: DateTime<Utc>,
}

pub async fn insert(
    connection: &mut PgConnection,
    account: AccountId,
    new: &NewKey<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into api_keys (id, account_id, digest, name, ending, scope, created_at, expires_at,
                               two_factors)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        account.0,
        new.digest,
        new.name,
        new.ending,
        new.scope.as_str(),
        now,
        new.expires_at,
        new.two_factors
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Revokes a key of an account. `false`: it has no such key.
pub async fn revoke(
    connection: &mut PgConnection,
    account: AccountId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool> {
    let revoked = sqlx::query!(
        "update api_keys set revoked_at = $3
         where id = $2 and account_id = $1 and revoked_at is null",
        account.0,
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(revoked.rows_affected() == 1)
}

/// Revokes all keys of an account.
pub async fn revoke_all(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update api_keys set revoked_at = $2 where account_id = $1 and revoked_at is null",
        account.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Inserts a key for each of many accounts, in one statement; it works for a year.
pub async fn insert_many(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    digests: &[[u8; 32]],
    name: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let digests: Vec<&[u8]> = digests.iter().map(<[u8; 32]>::as_slice).collect();
    sqlx::query!(
        "insert into api_keys (id, account_id, digest, name, ending, scope, created_at, last_used_at)
         select gen_random_uuid(), account_id, digest, $3, '', 'write', $4, $4
         from unnest($1::uuid[], $2::bytea[]) as k (account_id, digest)",
        accounts,
        &digests as _,
        name,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
