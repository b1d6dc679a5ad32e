//! SQL of passkeys, and of requests to make or use one.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use serde_json::Value;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub struct PasskeyRow {
    pub id: Uuid,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The account's passkeys, the oldest first.
pub async fn of_account(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<PasskeyRow>> {
    sqlx::query_as!(
        PasskeyRow,
        "select id, name, created_at, last_used_at from passkeys
         where account_id = $1 order by created_at, id",
        account.0
    )
    .fetch_all(connection)
    .await
}

/// The ids by which authenticators know the account's passkeys.
pub async fn credential_ids(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Vec<u8>>> {
    sqlx::query_scalar!("select credential_id from passkeys where account_id = $1", account.0)
        .fetch_all(connection)
        .await
}

/// A request to a browser, to make a passkey for an account or to use any.
pub struct NewChallenge<'a> {
    pub digest: &'a [u8],
    /// The account that adds a passkey; `None` for signing in.
    pub account: Option<AccountId>,
    pub state: &'a Value,
    pub expires_at: DateTime<Utc>,
}

pub async fn insert_challenge(connection: &mut PgConnection, new: &NewChallenge<'_>) -> Result<()> {
    sqlx::query!(
        "insert into passkey_challenges (secret_digest, account_id, state, expires_at)
         values ($1, $2, $3, $4)",
        new.digest,
        new.account.map(|account| account.0),
        new.state,
        new.expires_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a request, so that it is answered once, and returns its state. `None`: unknown, answered, expired, or of
/// another account.
pub async fn take_challenge(
    connection: &mut PgConnection,
    digest: &[u8],
    account: Option<AccountId>,
    now: DateTime<Utc>,
) -> Result<Option<Value>> {
    sqlx::query_scalar!(
        "delete from passkey_challenges
         where secret_digest = $1 and account_id is not distinct from $2 and expires_at > $3
         returning state",
        digest,
        account.map(|account| account.0),
        now
    )
    .fetch_optional(connection)
    .await
}

pub struct NewPasskey<'a> {
    pub id: Uuid,
    pub account: AccountId,
    pub credential_id: &'a [u8],
    pub credential: &'a Value,
    pub name: &'a str,
}

/// `false`: the passkey is known already.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewPasskey<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into passkeys (id, account_id, credential_id, credential, name, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict on constraint passkeys_credential_key do nothing",
        new.id,
        new.account.0,
        new.credential_id,
        new.credential,
        new.name,
        now
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A passkey that somebody signs in with.
pub struct UsedPasskey {
    pub id: Uuid,
    pub credential: Value,
    /// The language of its account.
    pub locale: String,
    pub sign_in_version: i32,
}

/// Locks the passkey of an account that can be signed in to.
pub async fn lock_for_use(
    connection: &mut PgConnection,
    account: AccountId,
    credential_id: &[u8],
) -> Result<Option<UsedPasskey>> {
    sqlx::query_as!(
        UsedPasskey,
        "select p.id, p.credential, a.locale, a.sign_in_version
         from passkeys p
         join accounts a on a.id = p.account_id
         where p.credential_id = $2 and p.account_id = $1 and a.archived_at is null and not a.visitor
         for update of p",
        account.0,
        credential_id
    )
    .fetch_optional(connection)
    .await
}

/// Stores the counter and the state of a passkey that was used.
pub async fn set_used(
    connection: &mut PgConnection,
    id: Uuid,
    credential: &Value,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update passkeys set credential = $2, last_used_at = $3 where id = $1",
        id,
        credential,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// `false`: the account has no such passkey.
pub async fn remove(connection: &mut PgConnection, account: AccountId, id: Uuid) -> Result<bool> {
    let removed =
        sqlx::query!("delete from passkeys where id = $2 and account_id = $1", account.0, id)
            .execute(connection)
            .await?;
    Ok(removed.rows_affected() == 1)
}
