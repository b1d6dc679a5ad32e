//! SQL of the account page: what an account is called, how it is reached, and where it is signed in.

use chrono::{DateTime, Utc};
use nadi::ids::{AccountId, PersonId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{ACCOUNT_EMAIL, PERSON_NAME};
use crate::encryption::{addresses, open, open_optional, seal};

/// The most sessions that are listed.
const SESSIONS_MAX: i64 = 200;

/// An account as its owner sees it.
pub struct ProfileRow {
    pub person_id: Uuid,
    pub name: String,
    pub email: Option<String>,
    pub locale: String,
    pub has_password: bool,
    pub has_authenticator: bool,
    pub passkeys: i64,
    /// It is more than a patient's.
    pub has_role: bool,
    pub created_at: DateTime<Utc>,
}

pub async fn profile(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<ProfileRow>> {
    let row = sqlx::query_as!(
        ProfileRow,
        r#"select p.id as person_id, p.name, a.email, a.locale, a.created_at,
                  a.password_hash is not null as "has_password!",
                  exists (select from authenticators t
                          where t.account_id = a.id and t.confirmed_at is not null) as "has_authenticator!",
                  (select count(*) from passkeys k where k.account_id = a.id) as "passkeys!",
                  has_role(a.id) as "has_role!"
           from accounts a
           join people p on p.account_id = a.id and p.relation = 'self'
           where a.id = $1 and a.archived_at is null and not a.visitor"#,
        account.0
    )
    .fetch_optional(connection)
    .await?;
    let opened = row.map(|row| {
        Ok(ProfileRow {
            name: open(PERSON_NAME, row.person_id, row.name)?,
            email: open_optional(ACCOUNT_EMAIL, account.0, row.email)?,
            ..row
        })
    });
    opened.transpose()
}

/// The names of the clinics where the account works.
pub async fn clinics(connection: &mut PgConnection, account: AccountId) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        "select c.name from clinics c
         where c.id in (select s.clinic_id from staff s where s.account_id = $1
                        union all select r.clinic_id from receptionists r where r.account_id = $1
                        union all select d.clinic_id from doctors d where d.account_id = $1)
         order by c.id
         limit 20",
        account.0
    )
    .fetch_all(connection)
    .await
}

/// Changes the name of the account's owner. Gives the owner's id, or `None` when it is called so already.
pub async fn rename(
    connection: &mut PgConnection,
    account: AccountId,
    name: &str,
) -> Result<Option<PersonId>> {
    let owner = sqlx::query!(
        "select id, name from people where account_id = $1 and relation = 'self' for update",
        account.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(owner) = owner else { return Ok(None) };
    if open(PERSON_NAME, owner.id, owner.name)? == name {
        return Ok(None);
    }
    let sealed = seal(PERSON_NAME, owner.id, name)?;
    sqlx::query!("update people set name = $2 where id = $1", owner.id, sealed)
        .execute(connection)
        .await?;
    Ok(Some(PersonId(owner.id)))
}

/// Sets the hash of the password.
pub async fn set_password_hash(
    connection: &mut PgConnection,
    account: AccountId,
    hash: &str,
) -> Result<()> {
    sqlx::query!(
        "update accounts set password_hash = $2 where id = $1 and archived_at is null",
        account.0,
        hash
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces the address by one that was just proven.
pub async fn set_email(
    connection: &mut PgConnection,
    account: AccountId,
    email: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update accounts set email = $2, email_verified_at = $3, email_digest = $4 where id = $1",
        account.0,
        seal(ACCOUNT_EMAIL, account.0, email)?,
        now,
        addresses::digest(email)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A browser or program that is signed in.
pub struct SessionRow {
    pub public_id: Uuid,
    pub kind: String,
    pub device: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
}

/// The sessions of an account that have not ended, the last used first.
pub async fn sessions(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<SessionRow>> {
    sqlx::query_as!(
        SessionRow,
        "select public_id, kind, device, created_at, seen_at from sessions
         where account_id = $1 and kind in ('web', 'api') and expires_at > $2 and ends_at > $2
         order by seen_at desc, public_id
         limit $3",
        account.0,
        now,
        SESSIONS_MAX
    )
    .fetch_all(connection)
    .await
}

/// Ends a session of an account, and its tokens. `false`: there is no such session.
pub async fn end_session(
    connection: &mut PgConnection,
    account: AccountId,
    session: Uuid,
) -> Result<bool> {
    let ended = sqlx::query!(
        "delete from sessions
         where account_id = $1 and public_id = $2 and kind in ('web', 'api')",
        account.0,
        session
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends all sessions of an account and their tokens, but this one; also those that wait for a second factor. Gives the
/// number of those that were signed in.
pub async fn end_other_sessions(
    connection: &mut PgConnection,
    account: AccountId,
    current: Option<Uuid>,
) -> Result<u64> {
    let ended = sqlx::query_scalar!(
        "delete from sessions
         where account_id = $1 and public_id is distinct from $2
         returning kind",
        account.0,
        current
    )
    .fetch_all(connection)
    .await?;
    let signed_in = ended.iter().filter(|kind| *kind != "second_factor").count();
    Ok(u64::try_from(signed_in).unwrap_or(u64::MAX))
}
