//! SQL of visitors: accounts that nobody can sign in to, with the people they book for.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::actor::Owner;
use nadi::ids::{AccountId, PersonId};
use nadi::ports::KnownAccount;
use sqlx::{PgConnection, Result};

use super::open_birth_date;
use crate::encryption::columns::{ACCOUNT_EMAIL, PERSON_NAME};
use crate::encryption::{addresses, open, open_optional, seal};

/// Makes a visitor's account and its owner as a person, without a name; leaves existing ones as they are.
pub async fn make_rows(
    connection: &mut PgConnection,
    visitor: Owner,
    locale: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with account as (
             insert into accounts (id, visitor, locale, created_at) values ($1, true, $3, $4)
             on conflict (id) do nothing
             returning id
         )
         insert into people (id, account_id, relation, name, created_at)
         select $2, id, 'self', '', $4 from account",
        visitor.account.0,
        visitor.person.0,
        locale,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What a visitor has typed for one of their people.
pub struct Typed {
    pub name: String,
    pub email: Option<String>,
    /// When it is not for the visitor.
    pub patient_name: Option<String>,
    pub patient_birth_date: Option<NaiveDate>,
}

/// `None`: it is no visitor, or not one of their people.
pub async fn typed(
    connection: &mut PgConnection,
    visitor: AccountId,
    person: PersonId,
) -> Result<Option<Typed>> {
    let row = sqlx::query!(
        r#"select s.id, s.name, a.email, case when p.id <> s.id then p.name end as "patient_name?",
                  case when p.id <> s.id then p.birth_date end as "birth_date?",
                  case when p.id <> s.id then p.birth_date_encrypted end as "birth_date_encrypted?"
           from accounts a
           join people s on s.account_id = a.id and s.relation = 'self'
           join people p on p.account_id = a.id and p.id = $2
           where a.id = $1 and a.visitor"#,
        visitor.0,
        person.0
    )
    .fetch_optional(connection)
    .await?;
    let opened = row.map(|row| {
        Ok(Typed {
            name: open(PERSON_NAME, row.id, row.name)?,
            email: open_optional(ACCOUNT_EMAIL, visitor.0, row.email)?,
            patient_name: open_optional(PERSON_NAME, person.0, row.patient_name)?,
            patient_birth_date: open_birth_date(
                person.0,
                row.birth_date,
                row.birth_date_encrypted,
            )?,
        })
    });
    opened.transpose()
}

/// Writes a visitor's name and address. The address is not proven.
pub async fn set_contact(
    connection: &mut PgConnection,
    visitor: Owner,
    name: &str,
    email: &str,
    locale: &str,
) -> Result<()> {
    sqlx::query!(
        "with account as (
             update accounts set email = $3, locale = $5, email_digest = $6 where id = $1 and visitor
             returning id
         )
         update people p set name = $4 from account a where p.id = $2 and p.account_id = a.id",
        visitor.account.0,
        visitor.person.0,
        seal(ACCOUNT_EMAIL, visitor.account.0, email)?,
        seal(PERSON_NAME, visitor.person.0, name)?,
        locale,
        addresses::digest(email)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The account, if nothing but a code is needed to sign in to it: it has neither password, passkey nor second factor,
/// and is nobody's who works here.
pub async fn protected_by_code_only(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<KnownAccount>> {
    let row = sqlx::query!(
        "select a.id, a.locale, a.sign_in_version
         from accounts a
         where a.id = $1 and a.archived_at is null and not a.visitor
           and a.password_hash is null and not has_role(a.id)
           and not exists (select from passkeys k where k.account_id = a.id)
           and not exists (select from authenticators t where t.account_id = a.id and t.confirmed_at is not null)
           and not exists (select from doctors d where d.account_id = a.id)",
        account.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| KnownAccount {
        id: AccountId(row.id),
        locale: row.locale,
        sign_in_version: row.sign_in_version,
        two_factors: false,
        by_code: true,
    }))
}

/// Deletes visitors, with their people, that were made before `before` and hold nothing; at most `limit`, oldest
/// first. Returns how many.
pub async fn delete_old(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "with old as (
             select a.id from accounts a
             where a.visitor and a.created_at < $1
               and not exists (select from patient_times p
                               where p.account_id = a.id and p.hold_number is not null
                                 and p.held_until < 'infinity')
             order by a.created_at
             limit $2
             for update skip locked
         ),
         nameless as (
             delete from people p using old o where p.account_id = o.id returning p.id
         )
         delete from accounts a using old o
         where a.id = o.id and (select count(*) from nameless) >= 0",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
