//! The tables of sessions and of the tokens that belong to them.

use chrono::{DateTime, Duration, Utc};
use nadi::ids::AccountId;
use nadi::ports::KnownAccount;
use nadi::retention;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::accounts::session_times::SessionKind;
use crate::database::DELETED_AT_ONCE;
use crate::encryption::columns::ACCOUNT_EMAIL;
use crate::encryption::open_optional;

/// A proof of an address is kept this long after it has expired.
const PROOFS_KEPT: Duration = Duration::days(retention::CODE);

pub struct NewSession<'a> {
    pub digest: &'a [u8; 32],
    pub account: &'a KnownAccount,
    pub kind: SessionKind,
    pub device: &'a str,
    pub expires_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// The account that a session was inserted for.
pub struct Entered {
    /// Its address, if it has proven one.
    pub email: Option<String>,
}

/// Inserts a session; one with the same digest starts anew. `None`: the account can no longer be signed in to with what
/// was checked. A change of that waits for this transaction, or this one waits for the change.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewSession<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Entered>> {
    // The release before reads the account of a page's session from `data`.
    let entered = sqlx::query_as!(
        Entered,
        r#"with entered as (
             select id, email, email_verified_at from accounts
             where id = $2 and sign_in_version = $9 and archived_at is null and not visitor
             for share
         ), inserted as (
             insert into sessions (id, account_id, kind, device, data, created_at, seen_at, proved_at,
                                   expires_at, ends_at, two_factors, by_code, version)
             select $1, id, $3, $4,
                    case when $3 = 'web' then jsonb_build_object('account', id) else '{}' end,
                    $5, $5, $5, $6, $7, $8, $10, 1
             from entered
             on conflict (id) do update set created_at = $5, seen_at = $5, proved_at = $5,
                 expires_at = $6, ends_at = $7, by_code = $10
             where sessions.account_id = $2 and sessions.kind = $3
         )
         select case when email_verified_at is not null then email end as "email?" from entered"#,
        new.digest,
        new.account.id.0,
        new.kind.as_str(),
        new.device,
        now,
        new.expires_at,
        new.ends_at,
        new.account.two_factors,
        new.account.sign_in_version,
        new.account.by_code
    )
    .fetch_optional(connection)
    .await?;
    let opened = entered.map(|entered| {
        let email = open_optional(ACCOUNT_EMAIL, new.account.id.0, entered.email)?;
        Ok(Entered { email })
    });
    opened.transpose()
}

/// Is the account more than a patient's?
pub async fn has_role(connection: &mut PgConnection, account: AccountId) -> Result<bool> {
    sqlx::query_scalar!(r#"select has_role($1) as "has_role!""#, account.0)
        .fetch_one(connection)
        .await
}

/// Deletes sessions, and with them their tokens.
pub async fn delete(connection: &mut PgConnection, digests: &[[u8; 32]]) -> Result<()> {
    if digests.is_empty() {
        return Ok(());
    }
    let digests: Vec<&[u8]> = digests.iter().map(<[u8; 32]>::as_slice).collect();
    sqlx::query!("delete from sessions where id = any($1)", &digests as _)
        .execute(connection)
        .await?;
    Ok(())
}

/// The same for one session, by its key as it was read.
pub async fn delete_row(connection: &mut PgConnection, digest: &[u8]) -> Result<()> {
    sqlx::query!("delete from sessions where id = $1", digest).execute(connection).await?;
    Ok(())
}

/// The account that only needs its second factor. What it is signed in to with has not changed while this row exists
/// (`credentials::end_sign_ins`).
pub async fn awaiting_second_factor(
    connection: &mut PgConnection,
    digest: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<KnownAccount>> {
    let row = sqlx::query!(
        "select a.id, a.locale, a.sign_in_version, s.by_code
         from sessions s join accounts a on a.id = s.account_id and a.archived_at is null
         where s.id = $1 and s.kind = 'second_factor' and s.expires_at > $2",
        digest,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| KnownAccount {
        id: AccountId(row.id),
        locale: row.locale,
        sign_in_version: row.sign_in_version,
        two_factors: false,
        by_code: row.by_code,
    }))
}

/// Deletes a session of an account by its public id.
pub async fn delete_public(
    connection: &mut PgConnection,
    account: AccountId,
    id: Uuid,
) -> Result<()> {
    sqlx::query!("delete from sessions where account_id = $1 and public_id = $2", account.0, id)
        .execute(connection)
        .await?;
    Ok(())
}

/// From now on, two factors were proved in this session.
pub async fn set_two_factors(
    connection: &mut PgConnection,
    account: AccountId,
    session: Option<Uuid>,
) -> Result<()> {
    sqlx::query!(
        "update sessions set two_factors = true where account_id = $1 and public_id = $2",
        account.0,
        session
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes what has expired, at most [`DELETED_AT_ONCE`] rows of each table. Returns the most rows of one table.
pub async fn tidy(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<u64> {
    let sessions = sqlx::query!(
        "delete from sessions where id in
             (select id from sessions where expires_at <= $1 limit $2 for update skip locked)",
        now,
        DELETED_AT_ONCE
    );
    let tokens = sqlx::query!(
        "delete from tokens where digest in
             (select digest from tokens where expires_at <= $1 limit $2 for update skip locked)",
        now,
        DELETED_AT_ONCE
    );
    let proofs = sqlx::query!(
        "delete from address_proofs where id in
             (select id from address_proofs where expires_at <= $1 limit $2
              for update skip locked)",
        now - PROOFS_KEPT,
        DELETED_AT_ONCE
    );
    let challenges = sqlx::query!(
        "delete from passkey_challenges where secret_digest in
             (select secret_digest from passkey_challenges where expires_at <= $1 limit $2
              for update skip locked)",
        now,
        DELETED_AT_ONCE
    );
    // One that fails does not keep the others from theirs.
    let deleted = [
        sessions.execute(&mut *connection).await,
        tokens.execute(&mut *connection).await,
        proofs.execute(&mut *connection).await,
        challenges.execute(&mut *connection).await,
    ];
    let deleted = deleted.into_iter().map(|one| one.map(|rows| rows.rows_affected()));
    deleted.reduce(|most, one| Ok(most?.max(one?))).unwrap_or(Ok(0))
}
