//! SQL of accounts whose address was not proven before (`unproven_accounts`).

use chrono::{DateTime, Utc};
use nadi::ids::{AccountId, PersonId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{ACCOUNT_EMAIL, PERSON_NAME};
use crate::encryption::{addresses, open, open_optional, seal};

/// The account of an address, with its owner.
pub struct Unproven {
    pub id: Uuid,
    pub person_id: Uuid,
    pub name: String,
}

/// Whether the list has an account of this address that nobody has proven since.
pub async fn is_waiting(connection: &mut PgConnection, email: &str) -> Result<bool> {
    let found = sqlx::query!(
        "select a.id, a.email from unproven_accounts u join accounts a on a.id = u.account_id
         where (u.email = $1 or u.email_digest = any($2))
           and a.email_verified_at is null and a.archived_at is null",
        email,
        &addresses::digests(email)
    )
    .fetch_optional(connection)
    .await?;
    // It may have another address by now.
    let address = found.map(|row| open_optional(ACCOUNT_EMAIL, row.id, row.email)).transpose()?;
    Ok(address.flatten().as_deref() == Some(email))
}

/// Takes the account of an address from the list, and locks it. `None`: there is none, or it is proven by now.
pub async fn claim(connection: &mut PgConnection, email: &str) -> Result<Option<Unproven>> {
    let claimed = sqlx::query_scalar!(
        "delete from unproven_accounts where email = $1 or email_digest = any($2)
         returning account_id",
        email,
        &addresses::digests(email)
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(account) = claimed else { return Ok(None) };
    let row = sqlx::query!(
        "select a.id, a.email, p.id as person_id, p.name
         from accounts a join people p on p.account_id = a.id and p.relation = 'self'
         where a.id = $1 and a.email_verified_at is null and a.archived_at is null
         for update of a",
        account
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if open_optional(ACCOUNT_EMAIL, row.id, row.email)?.as_deref() != Some(email) {
        return Ok(None);
    }
    let name = open(PERSON_NAME, row.person_id, row.name)?;
    Ok(Some(Unproven { id: row.id, person_id: row.person_id, name }))
}

/// Marks the address as proven, with another password, or with none.
pub async fn prove(
    connection: &mut PgConnection,
    account: AccountId,
    password_hash: Option<&str>,
    locale: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update accounts set email_verified_at = $4, password_hash = $2, locale = $3 where id = $1",
        account.0,
        password_hash,
        locale,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the owner of an account a dependant, and a new person the owner.
pub async fn replace_owner(
    connection: &mut PgConnection,
    account: AccountId,
    person: PersonId,
    name: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update people set relation = 'dependant' where account_id = $1 and relation = 'self'",
        account.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into people (id, account_id, relation, name, created_at) values ($1, $2, 'self', $3, $4)",
        person.0,
        account.0,
        seal(PERSON_NAME, person.0, name)?,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
