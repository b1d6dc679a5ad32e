//! Personal data: accounts, names and addresses. Apart from the demo, the only module that writes them.

pub mod adoption;
pub mod api_keys;
pub mod consents;
pub mod credentials;
pub mod deletion;
pub mod encrypted;
pub mod export;
pub mod forget;
pub mod identities;
pub mod operator;
pub mod own_account;
pub mod passkeys;
pub mod proofs;
pub mod second_factors;
pub mod sessions;
pub mod tokens;
pub mod visitors;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use nadi::ids::{AccountId, PersonId};
use nadi::text::plain;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{ACCOUNT_EMAIL, PERSON_BIRTH_DATE, PERSON_NAME};
use crate::encryption::{open, open_optional, seal};

/// Was the account's address verified by a code that was sent to it?
pub async fn is_email_verified(connection: &mut PgConnection, account: AccountId) -> Result<bool> {
    let verified = sqlx::query_scalar!(
        r#"select email_verified_at is not null as "verified!" from accounts where id = $1"#,
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(verified.unwrap_or(false))
}

/// A person an account books for.
pub struct PersonRow {
    pub id: Uuid,
    pub relation: String,
    pub name: String,
    pub birth_date: Option<NaiveDate>,
}

/// The active people of an account, the owner first.
pub async fn of_account(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<PersonRow>> {
    let rows = sqlx::query!(
        "select id, relation, name, birth_date, birth_date_encrypted from people
         where account_id = $1 and archived_at is null
         order by relation <> 'self', id",
        account.0
    )
    .fetch_all(connection)
    .await?;
    let people = rows.into_iter().map(|row| {
        Ok(PersonRow {
            id: row.id,
            relation: row.relation,
            name: open(PERSON_NAME, row.id, row.name)?,
            birth_date: open_birth_date(row.id, row.birth_date, row.birth_date_encrypted)?,
        })
    });
    let mut people: Vec<PersonRow> = people.collect::<Result<_>>()?;
    people.sort_by_cached_key(|person| (person.relation != "self", plain(&person.name)));
    Ok(people)
}

/// A birth date to be written, as a date or encrypted.
struct BirthDate {
    plain: Option<NaiveDate>,
    encrypted: Option<String>,
}

fn seal_birth_date(person: PersonId, date: Option<NaiveDate>) -> Result<BirthDate> {
    let Some(date) = date else { return Ok(BirthDate { plain: None, encrypted: None }) };
    let text = date.to_string();
    let sealed = seal(PERSON_BIRTH_DATE, person.0, &text)?;
    let is_text = sealed == text;
    Ok(BirthDate { plain: is_text.then_some(date), encrypted: (!is_text).then_some(sealed) })
}

fn open_birth_date(
    person: Uuid,
    plain: Option<NaiveDate>,
    encrypted: Option<String>,
) -> Result<Option<NaiveDate>> {
    match open_optional(PERSON_BIRTH_DATE, person, encrypted)? {
        None => Ok(plain),
        Some(text) => text.parse().map(Some).map_err(|error| sqlx::Error::Decode(Box::new(error))),
    }
}

/// An account that is locked, and so stays in use.
pub struct Locked {
    /// `None`: it has no address, or none that was proven.
    pub email: Option<String>,
    /// The language for messages to it.
    pub locale: String,
}

/// Locks an account until this transaction ends, so that it is neither deleted nor changed by another one meanwhile.
/// `None`: it was deleted, or is a visitor's.
pub async fn lock_account(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<Locked>> {
    let row = sqlx::query_as!(
        Locked,
        "select case when email_verified_at is not null then email end as email, locale
         from accounts
         where id = $1 and archived_at is null and not visitor
         for update",
        account.0
    )
    .fetch_optional(connection)
    .await?;
    let opened = row.map(|row| {
        Ok(Locked { email: open_optional(ACCOUNT_EMAIL, account.0, row.email)?, ..row })
    });
    opened.transpose()
}

pub async fn insert_dependant(
    connection: &mut PgConnection,
    account: AccountId,
    person: PersonId,
    name: &str,
    birth_date: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<()> {
    let birth_date = seal_birth_date(person, birth_date)?;
    sqlx::query!(
        "insert into people (id, account_id, relation, name, birth_date, created_at, birth_date_encrypted)
         values ($1, $2, 'dependant', $3, $4, $5, $6)",
        person.0,
        account.0,
        seal(PERSON_NAME, person.0, name)?,
        birth_date.plain,
        now,
        birth_date.encrypted
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Corrects a dependant of an account. `false`: there is no such dependant.
pub async fn correct_dependant(
    connection: &mut PgConnection,
    account: AccountId,
    person: PersonId,
    name: &str,
    birth_date: Option<NaiveDate>,
) -> Result<bool> {
    let birth_date = seal_birth_date(person, birth_date)?;
    let corrected = sqlx::query!(
        "update people set name = $3, birth_date = $4, birth_date_encrypted = $5
         where id = $2 and account_id = $1 and relation = 'dependant' and archived_at is null",
        account.0,
        person.0,
        seal(PERSON_NAME, person.0, name)?,
        birth_date.plain,
        birth_date.encrypted
    )
    .execute(connection)
    .await?;
    Ok(corrected.rows_affected() == 1)
}

/// Archives a dependant of an account. `false`: there is no such dependant.
pub async fn archive_dependant(
    connection: &mut PgConnection,
    account: AccountId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let archived = sqlx::query!(
        "update people set archived_at = $3
         where id = $2 and account_id = $1 and relation = 'dependant' and archived_at is null",
        account.0,
        person.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(archived.rows_affected() == 1)
}

/// Does the person have a future appointment, held or confirmed?
pub async fn has_times_ahead(
    connection: &mut PgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from patient_times
               where person_id = $1 and held_until > $2 and upper(during) > $2) as "busy!""#,
        person.0,
        now
    )
    .fetch_one(connection)
    .await
}

/// Names by person.
pub async fn names(
    connection: &mut PgConnection,
    people: &[PersonId],
) -> Result<HashMap<PersonId, String>> {
    let ids: Vec<Uuid> = people.iter().map(|person| person.0).collect();
    let rows = sqlx::query!("select id, name from people where id = any($1)", &ids)
        .fetch_all(connection)
        .await?;
    let named =
        rows.into_iter().map(|row| Ok((PersonId(row.id), open(PERSON_NAME, row.id, row.name)?)));
    named.collect()
}

/// The names of the accounts' owners; none for an account that was deleted.
pub async fn names_of_accounts(
    connection: &mut PgConnection,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, String>> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let rows = sqlx::query!(
        "select p.id, p.account_id, p.name from people p
         join accounts a on a.id = p.account_id and a.archived_at is null
         where p.account_id = any($1) and p.relation = 'self'",
        &ids
    )
    .fetch_all(connection)
    .await?;
    let named = rows
        .into_iter()
        .map(|row| Ok((AccountId(row.account_id), open(PERSON_NAME, row.id, row.name)?)));
    named.collect()
}

/// The e-mail address of an account.
pub async fn email(connection: &mut PgConnection, account: AccountId) -> Result<Option<String>> {
    let email = sqlx::query_scalar!("select email from accounts where id = $1", account.0)
        .fetch_optional(connection)
        .await?;
    open_optional(ACCOUNT_EMAIL, account.0, email.flatten())
}

/// Marks the address as verified; returns whether it was not before, and is now. It stays unverified when another
/// account has proven it.
pub async fn mark_email_verified(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let verified = sqlx::query_scalar!(
        r#"update accounts set email_verified_at = $2
           where id = $1 and email_verified_at is null and archived_at is null
           returning email_verified_at is not null as "verified!""#,
        account.0,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(verified.unwrap_or(false))
}

/// The language for messages to an account.
pub async fn locale(connection: &mut PgConnection, account: AccountId) -> Result<Option<String>> {
    sqlx::query_scalar!("select locale from accounts where id = $1", account.0)
        .fetch_optional(connection)
        .await
}

/// Changes it; returns whether it was another one.
pub async fn set_locale(
    connection: &mut PgConnection,
    account: AccountId,
    locale: &str,
) -> Result<bool> {
    let changed = sqlx::query!(
        "update accounts set locale = $2 where id = $1 and locale <> $2",
        account.0,
        locale
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Lets an account administer every clinic.
pub async fn grant_everything(connection: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query!("update accounts set administers_everything = true where id = $1", account.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets an account read the audit log.
pub async fn make_auditor(connection: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query!("update accounts set is_auditor = true where id = $1", account.0)
        .execute(connection)
        .await?;
    Ok(())
}
