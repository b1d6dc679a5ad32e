//! Personal data: accounts, names and addresses. The only module that reads or writes them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use nadi::actor::{Administers, SignedIn};
use nadi::ids::{AccountId, ClinicId, DoctorId, PersonId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

pub struct NewAccount<'a> {
    pub id: AccountId,
    pub person: PersonId,
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
}

/// Makes an account and the person it is itself. `false`: the address has an account already.
pub async fn insert_account(
    connection: &mut PgConnection,
    new: &NewAccount<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "with account as (
            insert into accounts (id, email, password_hash, created_at) values ($1, $2, $3, $6)
            on conflict (email) do nothing
            returning id
        )
        insert into people (id, account_id, relation, name, created_at)
        select $4, account.id, 'self', $5, $6 from account",
        new.id.0,
        new.email,
        new.password_hash,
        new.person.0,
        new.name,
        now
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The password hash of a living account, by address.
pub async fn credentials(
    connection: &mut PgConnection,
    email: &str,
) -> Result<Option<(AccountId, Option<String>)>> {
    let row = sqlx::query!(
        "select id, password_hash from accounts where email = $1 and archived_at is null",
        email
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (AccountId(row.id), row.password_hash)))
}

/// Everything an account may act as.
pub async fn signed_in(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<SignedIn>> {
    let row = sqlx::query!(
        r#"select p.id as person_id, p.name, a.administers_everything,
                  (select d.id from doctors d where d.account_id = a.id and d.archived_at is null)
                      as doctor_id,
                  array(select s.clinic_id from staff s where s.account_id = a.id) as "clinics!: Vec<Uuid>"
           from accounts a join people p on p.account_id = a.id and p.relation = 'self'
           where a.id = $1 and a.archived_at is null"#,
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| SignedIn {
        account,
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
    }))
}

/// Does this person belong to this account?
pub async fn belongs_to(
    connection: &mut PgConnection,
    person: PersonId,
    account: AccountId,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from people
               where id = $1 and account_id = $2 and archived_at is null) as "belongs!""#,
        person.0,
        account.0
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
    Ok(rows.into_iter().map(|row| (PersonId(row.id), row.name)).collect())
}

/// Where an account is reached.
pub async fn email(connection: &mut PgConnection, account: AccountId) -> Result<Option<String>> {
    let email = sqlx::query_scalar!("select email from accounts where id = $1", account.0)
        .fetch_optional(connection)
        .await?;
    Ok(email.flatten())
}

/// The first code that comes back proves the address.
pub async fn mark_email_verified(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update accounts set email_verified_at = $2 where id = $1 and email_verified_at is null",
        account.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets an account administer every clinic.
pub async fn grant_everything(connection: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query!("update accounts set administers_everything = true where id = $1", account.0)
        .execute(connection)
        .await?;
    Ok(())
}
