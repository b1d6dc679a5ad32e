//! Personal data: accounts, names and addresses. Apart from the demo, the only module that writes them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use nadi::actor::{Administers, SignedIn};
use nadi::ids::{AccountId, ClinicId, DoctorId, PersonId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::accounts::sessions::TOKEN_ACCOUNT;

pub struct NewAccount<'a> {
    pub id: AccountId,
    pub person: PersonId,
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    pub locale: &'a str,
}

/// Inserts an account and its owner as a person.
pub async fn insert_account(
    connection: &mut PgConnection,
    new: &NewAccount<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with account as (
            insert into accounts (id, email, password_hash, locale, created_at)
            values ($1, $2, $3, $7, $6)
            returning id
        )
        insert into people (id, account_id, relation, name, created_at)
        select $4, account.id, 'self', $5, $6 from account",
        new.id.0,
        new.email,
        new.password_hash,
        new.person.0,
        new.name,
        now,
        new.locale
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks an address until this transaction ends, so that only one registration of it runs at a time.
pub async fn lock_address(connection: &mut PgConnection, email: &str) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('address ' || $1, 0))", email)
        .execute(connection)
        .await?;
    Ok(())
}

/// How many accounts with the same address can sign in: verified ones first, then the newest.
pub const ACCOUNTS_OF_ADDRESS: usize = 3;

/// What a password is compared with.
#[derive(PartialEq, Eq)]
pub struct Credentials {
    pub account: AccountId,
    pub password_hash: String,
    pub locale: String,
}

/// The active accounts of an address with their password hashes, at most [`ACCOUNTS_OF_ADDRESS`].
pub async fn credentials(connection: &mut PgConnection, email: &str) -> Result<Vec<Credentials>> {
    let rows = sqlx::query!(
        r#"select id, password_hash as "password_hash!", locale from accounts
           where email = $1 and archived_at is null and password_hash is not null
           order by email_verified_at is null, created_at desc
           limit $2"#,
        email,
        i64::try_from(ACCOUNTS_OF_ADDRESS).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    let found = rows.into_iter().map(|row| Credentials {
        account: AccountId(row.id),
        password_hash: row.password_hash,
        locale: row.locale,
    });
    Ok(found.collect())
}

/// An account that a doctor may be linked to.
pub struct AccountToLink {
    pub id: AccountId,
    /// The address is verified, or the account is already a doctor's.
    pub is_known: bool,
}

/// The accounts of an address, the known ones first; at most two.
pub async fn accounts_to_link(
    connection: &mut PgConnection,
    email: &str,
) -> Result<Vec<AccountToLink>> {
    let rows = sqlx::query!(
        r#"select a.id,
                  (a.email_verified_at is not null
                   or exists (select from doctors d where d.account_id = a.id)) as "is_known!"
           from accounts a
           where a.email = $1 and a.archived_at is null
           order by 2 desc, a.created_at
           limit 2"#,
        email
    )
    .fetch_all(connection)
    .await?;
    let found = rows.into_iter();
    Ok(found.map(|row| AccountToLink { id: AccountId(row.id), is_known: row.is_known }).collect())
}

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
    sqlx::query_as!(
        PersonRow,
        "select id, relation, name, birth_date from people
         where account_id = $1 and archived_at is null
         order by relation <> 'self', name, id",
        account.0
    )
    .fetch_all(connection)
    .await
}

/// Locks an account until this transaction ends, so that only one change of its people runs at a time.
/// `false`: there is no such account.
pub async fn lock_account(connection: &mut PgConnection, account: AccountId) -> Result<bool> {
    let found = sqlx::query!("select id from accounts where id = $1 for update", account.0)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

pub async fn insert_dependant(
    connection: &mut PgConnection,
    account: AccountId,
    person: PersonId,
    name: &str,
    birth_date: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into people (id, account_id, relation, name, birth_date, created_at)
         values ($1, $2, 'dependant', $3, $4, $5)",
        person.0,
        account.0,
        name,
        birth_date,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
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

/// The account that a request claims to come from.
#[derive(Clone, Debug)]
pub struct Principal {
    pub account: AccountId,
    /// For a token: the digest of the session behind it, and the instant at which the session must be valid.
    pub token_session: Option<([u8; 32], DateTime<Utc>)>,
}

/// The accounts, with everything they may act as, in the order of `all`; `None` for one that does not exist,
/// or whose token's session has ended.
pub async fn signed_in(
    connection: &mut PgConnection,
    all: &[Principal],
) -> Result<Vec<Option<SignedIn>>> {
    let accounts: Vec<Uuid> = all.iter().map(|who| who.account.0).collect();
    let sessions: Vec<Option<&[u8]>> =
        all.iter().map(|who| who.token_session.as_ref().map(|(id, _)| id.as_slice())).collect();
    let moments: Vec<Option<DateTime<Utc>>> =
        all.iter().map(|who| who.token_session.map(|(_, now)| now)).collect();
    let rows = sqlx::query!(
        r#"select w.n as "n!", p.id as person_id, p.name, a.administers_everything,
                  (select d.id from doctors d where d.account_id = a.id and d.archived_at is null)
                      as doctor_id,
                  array(select s.clinic_id from staff s where s.account_id = a.id) as "clinics!: Vec<Uuid>"
           from unnest($1::uuid[], $2::bytea[], $3::timestamptz[]) with ordinality
                    as w (account_id, session_id, now, n)
           join accounts a on a.id = w.account_id and a.archived_at is null
           join people p on p.account_id = a.id and p.relation = 'self'
           where w.session_id is null
              or exists (select from sessions s
                         where s.id = w.session_id and s.account_id = a.id
                           and s.data ? $4 and s.expires_at > w.now)"#,
        &accounts,
        &sessions as _,
        &moments as _,
        TOKEN_ACCOUNT
    )
    .fetch_all(connection)
    .await?;
    let mut found = vec![None; all.len()];
    for row in rows {
        let Some(n) = usize::try_from(row.n).ok().and_then(|n| n.checked_sub(1)) else { continue };
        let (Some(place), Some(who)) = (found.get_mut(n), all.get(n)) else { continue };
        *place = Some(SignedIn {
            account: who.account,
            person: PersonId(row.person_id),
            name: row.name,
            doctor: row.doctor_id.map(DoctorId),
            administers: if row.administers_everything {
                Administers::Everything
            } else if row.clinics.is_empty() {
                Administers::Nothing
            } else {
                Administers::Clinics(row.clinics.into_iter().map(ClinicId).collect())
            },
        });
    }
    Ok(found)
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
    Ok(rows.into_iter().map(|row| (PersonId(row.id), row.name)).collect())
}

/// The names of the accounts' owners.
pub async fn names_of_accounts(
    connection: &mut PgConnection,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, String>> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let rows = sqlx::query!(
        "select account_id, name from people where account_id = any($1) and relation = 'self'",
        &ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (AccountId(row.account_id), row.name)).collect())
}

/// The e-mail address of an account.
pub async fn email(connection: &mut PgConnection, account: AccountId) -> Result<Option<String>> {
    let email = sqlx::query_scalar!("select email from accounts where id = $1", account.0)
        .fetch_optional(connection)
        .await?;
    Ok(email.flatten())
}

/// Marks the address as verified; returns whether it was not before.
pub async fn mark_email_verified(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let verified = sqlx::query!(
        "update accounts set email_verified_at = $2 where id = $1 and email_verified_at is null",
        account.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(verified.rows_affected() == 1)
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
