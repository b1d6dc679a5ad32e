//! SQL of what accounts sign in with: addresses and passwords.

use chrono::{DateTime, Utc};
use nadi::ids::{AccountId, PersonId};
use nadi::ports::KnownAccount;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{ACCOUNT_EMAIL, PERSON_NAME};
use crate::encryption::{addresses, open_optional, seal};

/// A new account and its owner.
pub struct AccountRow<'a> {
    pub id: AccountId,
    pub person: PersonId,
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: Option<&'a str>,
    pub locale: &'a str,
}

/// Inserts an account whose address is proven, and its owner as a person.
pub async fn insert_account(
    connection: &mut PgConnection,
    new: &AccountRow<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with account as (
            insert into accounts (id, email, email_verified_at, password_hash, locale, created_at, email_digest)
            values ($1, $2, $6, $3, $7, $6, $8)
            returning id
        )
        insert into people (id, account_id, relation, name, created_at)
        select $4, account.id, 'self', $5, $6 from account",
        new.id.0,
        seal(ACCOUNT_EMAIL, new.id.0, new.email)?,
        new.password_hash,
        new.person.0,
        seal(PERSON_NAME, new.person.0, new.name)?,
        now,
        new.locale,
        addresses::digest(new.email)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks an address until this transaction ends.
pub async fn lock_address(connection: &mut PgConnection, email: &str) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('address ' || $1, 0))", email)
        .execute(connection)
        .await?;
    Ok(())
}

/// The account that has proven the address.
pub async fn account_of_address(
    connection: &mut PgConnection,
    email: &str,
) -> Result<Option<AccountId>> {
    let rows = sqlx::query!(
        "select id, email from accounts
         where (email = $1 or email_digest = any($2))
           and email_verified_at is not null and archived_at is null and not visitor
         order by created_at",
        email,
        &addresses::digests(email)
    )
    .fetch_all(connection)
    .await?;
    // A digest that does not belong to the address leads to nobody's account.
    for row in rows {
        if is_address(row.id, row.email, email)? {
            return Ok(Some(AccountId(row.id)));
        }
    }
    Ok(None)
}

fn is_address(account: Uuid, stored: Option<String>, email: &str) -> Result<bool> {
    Ok(open_optional(ACCOUNT_EMAIL, account, stored)?.as_deref() == Some(email))
}

/// What a password is compared with.
pub struct Credentials {
    pub account: KnownAccount,
    /// `None`: the account has no password.
    pub password_hash: Option<String>,
}

/// The account that has proven the address, with its password's hash.
pub async fn credentials(
    connection: &mut PgConnection,
    email: &str,
) -> Result<Option<Credentials>> {
    let row = sqlx::query!(
        "select id, email, password_hash, locale, sign_in_version from accounts
         where (email = $1 or email_digest = any($2))
           and email_verified_at is not null and archived_at is null and not visitor
         order by created_at limit 1",
        email,
        &addresses::digests(email)
    )
    .fetch_optional(connection)
    .await?;
    let row = match row {
        Some(row) if is_address(row.id, row.email.clone(), email)? => Some(row),
        _ => None,
    };
    Ok(row.map(|row| Credentials {
        account: KnownAccount {
            id: AccountId(row.id),
            locale: row.locale,
            sign_in_version: row.sign_in_version,
            two_factors: false,
            by_code: false,
        },
        password_hash: row.password_hash,
    }))
}

/// Replaces a password's hash by one of the same password, unless the password was changed in the meantime.
pub async fn upgrade_hash(
    connection: &mut PgConnection,
    account: AccountId,
    old: &str,
    new: &str,
) -> Result<()> {
    sqlx::query!(
        "update accounts set password_hash = $3 where id = $1 and password_hash = $2",
        account.0,
        old,
        new
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An account that somebody has proved to be theirs. `None`: nobody can sign in to it.
///
/// # Errors
/// When the database does not answer.
pub async fn known_account(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<KnownAccount>> {
    let row = sqlx::query!(
        "select locale, sign_in_version from accounts
         where id = $1 and archived_at is null and not visitor",
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| KnownAccount {
        id: account,
        locale: row.locale,
        sign_in_version: row.sign_in_version,
        two_factors: false,
        by_code: false,
    }))
}

/// Ends all sign-ins of an account that are under way, because what it is signed in to with changes: those that wait for
/// their second factor, and those that are about to begin their session.
pub async fn end_sign_ins(connection: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query!(
        "with waiting as (delete from sessions where account_id = $1 and kind = 'second_factor')
         update accounts set sign_in_version = sign_in_version + 1 where id = $1",
        account.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Does signing in to the account take a second step? With `staff_needs_two_factors`, a passkey of an account that is
/// more than a patient's counts as one.
pub async fn needs_second_factor(
    connection: &mut PgConnection,
    account: AccountId,
    staff_needs_two_factors: bool,
) -> Result<bool> {
    let needs = sqlx::query_scalar!(
        r#"select exists (select from authenticators f
                          where f.account_id = a.id and f.confirmed_at is not null)
               or $2 and exists (select from passkeys k where k.account_id = a.id)
                  and has_role(a.id) as "needs!"
           from accounts a where a.id = $1"#,
        account.0,
        staff_needs_two_factors
    )
    .fetch_optional(connection)
    .await?;
    Ok(needs.unwrap_or(false))
}

/// The address of an account that has not proven it.
pub async fn unproven_address(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<String>> {
    let email = sqlx::query_scalar!(
        "select email from accounts where id = $1 and email_verified_at is null and not visitor",
        account.0
    )
    .fetch_optional(connection)
    .await?;
    open_optional(ACCOUNT_EMAIL, account.0, email.flatten())
}
