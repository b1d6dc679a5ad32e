//! SQL of authenticator apps and recovery codes.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};

use crate::database::DELETED_AT_ONCE;

/// An authenticator app in use.
pub struct AuthenticatorRow {
    pub confirmed_at: DateTime<Utc>,
    pub recovery_codes_left: i64,
}

/// The authenticator app that the account uses.
pub async fn authenticator(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<AuthenticatorRow>> {
    sqlx::query_as!(
        AuthenticatorRow,
        r#"select a.confirmed_at as "confirmed_at!",
                  (select count(*) from recovery_codes c
                   where c.account_id = a.account_id and c.used_at is null) as "recovery_codes_left!"
           from authenticators a
           where a.account_id = $1 and a.confirmed_at is not null"#,
        account.0
    )
    .fetch_optional(connection)
    .await
}

/// The encrypted secret of the authenticator app in use.
pub async fn secret(connection: &mut PgConnection, account: AccountId) -> Result<Option<Vec<u8>>> {
    let secret =
        sqlx::query_scalar!("select secret from authenticators where account_id = $1", account.0)
            .fetch_optional(connection)
            .await?;
    Ok(secret.flatten())
}

/// The factors that an account can sign in with besides its password and its address.
#[derive(Clone, Copy, Debug)]
pub struct Factors {
    pub authenticator: bool,
    pub passkeys: i64,
}

pub async fn factors(connection: &mut PgConnection, account: AccountId) -> Result<Factors> {
    sqlx::query_as!(
        Factors,
        r#"select exists (select from authenticators
                          where account_id = $1 and confirmed_at is not null) as "authenticator!",
                  (select count(*) from passkeys where account_id = $1) as "passkeys!""#,
        account.0
    )
    .fetch_one(connection)
    .await
}

/// Begins to set up an authenticator app, in place of another one that was not confirmed.
pub async fn set_new_secret(
    connection: &mut PgConnection,
    account: AccountId,
    encrypted: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into authenticators (account_id, new_secret, created_at) values ($1, $2, $3)
         on conflict (account_id) do update
         set new_secret = excluded.new_secret, created_at = excluded.created_at",
        account.0,
        encrypted,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The encrypted secret of the app that is being set up, if that began after `since`.
pub async fn new_secret(
    connection: &mut PgConnection,
    account: AccountId,
    since: DateTime<Utc>,
) -> Result<Option<Vec<u8>>> {
    let secret = sqlx::query_scalar!(
        "select new_secret from authenticators where account_id = $1 and created_at > $2",
        account.0,
        since
    )
    .fetch_optional(connection)
    .await?;
    Ok(secret.flatten())
}

/// Makes the app that is being set up the one in use. The code of this time step was used for that.
pub async fn confirm_new_secret(
    connection: &mut PgConnection,
    account: AccountId,
    step: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update authenticators
         set secret = new_secret, new_secret = null, last_step = $2, confirmed_at = $3
         where account_id = $1 and new_secret is not null",
        account.0,
        step,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses up the code of a time step. `false`: it, or a later one, was used before.
pub async fn use_step(
    connection: &mut PgConnection,
    account: AccountId,
    step: i64,
) -> Result<bool> {
    let used = sqlx::query!(
        "update authenticators set last_step = $2
         where account_id = $1 and confirmed_at is not null and last_step < $2",
        account.0,
        step
    )
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Removes the authenticator app with its recovery codes. `false`: there was none in use.
pub async fn remove_authenticator(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<bool> {
    let removed = sqlx::query_scalar!(
        r#"with codes as (delete from recovery_codes where account_id = $1)
           delete from authenticators where account_id = $1
           returning confirmed_at is not null as "was_in_use!""#,
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(removed == Some(true))
}

/// Replaces all recovery codes of the account.
pub async fn replace_recovery_codes(
    connection: &mut PgConnection,
    account: AccountId,
    digests: &[Vec<u8>],
) -> Result<()> {
    sqlx::query!("delete from recovery_codes where account_id = $1", account.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "insert into recovery_codes (account_id, digest)
         select $1, digest from unnest($2::bytea[]) as new (digest)",
        account.0,
        digests
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses up a recovery code. `false`: there is no such code, or it was used before.
pub async fn use_recovery_code(
    connection: &mut PgConnection,
    account: AccountId,
    digests: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<bool> {
    let used = sqlx::query!(
        "update recovery_codes set used_at = $3
         where account_id = $1 and digest = any($2) and used_at is null",
        account.0,
        digests,
        now
    )
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Forgets apps that were never confirmed, at most a thousand.
pub async fn forget_unconfirmed(
    connection: &mut PgConnection,
    begun_before: DateTime<Utc>,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from authenticators
         where account_id in (select account_id from authenticators
                              where confirmed_at is null and created_at < $1
                              limit $2)
           and confirmed_at is null",
        begun_before,
        DELETED_AT_ONCE
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
