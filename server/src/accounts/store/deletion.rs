//! SQL of deleting an account.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};

use crate::encryption::addresses;

/// Why an account cannot be deleted now.
pub struct Obstacles {
    /// It is more than a patient's.
    pub has_role: bool,
    /// It has a visit or a hold that is not over.
    pub has_visits_ahead: bool,
}

pub async fn obstacles(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Obstacles> {
    sqlx::query_as!(
        Obstacles,
        r#"select has_role(a.id) as "has_role!",
                  exists (select from people p
                          join patient_times t on t.person_id = p.id
                          where p.account_id = a.id and t.held_until > $2 and upper(t.during) > $2)
                      as "has_visits_ahead!"
           from accounts a where a.id = $1"#,
        account.0,
        now
    )
    .fetch_one(connection)
    .await
}

/// Deletes everything that somebody could sign in with, and the codes that were sent to the address.
pub async fn delete_sign_in(
    connection: &mut PgConnection,
    account: AccountId,
    email: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "with sessions as (delete from sessions where account_id = $1),
              keys as (delete from api_keys where account_id = $1),
              authenticators as (delete from authenticators where account_id = $1),
              codes as (delete from recovery_codes where account_id = $1),
              passkeys as (delete from passkeys where account_id = $1),
              challenges as (delete from passkey_challenges where account_id = $1)
         delete from address_proofs where account_id = $1 or email = $2 or email_digest = any($3)",
        account.0,
        email,
        &email.map(addresses::digests).unwrap_or_default()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes what identifies the people of an account. Those who had a visit keep their name, since it belongs to the
/// clinic's record of that visit.
pub async fn forget_people(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update people p
         set birth_date = null, birth_date_encrypted = null,
             archived_at = coalesce(p.archived_at, $2),
             name = case when p.id in (
                 select v.person_id from all_appointments v
                 where v.booked_by = $1 and v.state in ('confirmed', 'checked_in', 'completed', 'no_show')
             ) then p.name else '' end
         where p.account_id = $1",
        account.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes the address and the password of an account, what it has agreed to, and the address of accounts that were
/// merged into it. Nobody can sign in to it from now on, and its address can be used again.
pub async fn archive(
    connection: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with agreed as (delete from consents where account_id = $1),
              waiting as (delete from unproven_accounts where account_id = $1)
         update accounts
         set archived_at = coalesce(archived_at, $2), email = null, email_digest = null,
             email_verified_at = null, phone = null, phone_verified_at = null, password_hash = null
         where id = $1 or id in (select m.account_id from merged_accounts m where m.into_id = $1)",
        account.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
