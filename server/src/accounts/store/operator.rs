//! SQL of what the operator does to accounts by command.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// Locks some accounts that are signed in somewhere, are about to be, or have a personal key; at most `limit`.
pub async fn lock_signed_in(connection: &mut PgConnection, limit: i64) -> Result<Vec<AccountId>> {
    let ids = sqlx::query_scalar!(
        "select a.id from accounts a
         where not a.visitor and a.archived_at is null
           and (exists (select from sessions s where s.account_id = a.id)
                or exists (select from api_keys k where k.account_id = a.id and k.revoked_at is null))
         order by a.id
         limit $1
         for update of a",
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(AccountId).collect())
}

/// Ends all sessions of these accounts with their tokens, and the sign-ins that are under way, and revokes their keys.
pub async fn sign_out(
    connection: &mut PgConnection,
    accounts: &[AccountId],
    now: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    sqlx::query!(
        "with ended as (delete from sessions where account_id = any($1)),
              revoked as (update api_keys set revoked_at = $2
                          where account_id = any($1) and revoked_at is null)
         update accounts set sign_in_version = sign_in_version + 1 where id = any($1)",
        &ids,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes all passkeys of an account.
pub async fn remove_passkeys(connection: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query!("delete from passkeys where account_id = $1", account.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The last time that somebody asked to take away an account's factors.
pub struct ResetRequest {
    pub asked_at: DateTime<Utc>,
    /// Nothing has ended the request since.
    pub is_open: bool,
}

pub async fn last_reset_request(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Option<ResetRequest>> {
    sqlx::query_as!(
        ResetRequest,
        r#"select e.occurred_at as asked_at,
                  not exists (select from events later
                              where later.subject_id = e.subject_id and later.id > e.id
                                and later.type in ('account.factor_reset_withdrawn', 'account.factors_reset',
                                                   'account.sign_in_changed', 'account.email_changed'))
                      as "is_open!"
           from events e
           where e.subject_id = $1 and e.type = 'account.factor_reset_requested'
           order by e.id desc
           limit 1"#,
        account.0
    )
    .fetch_optional(connection)
    .await
}
