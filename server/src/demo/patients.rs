//! Patients for load tests, with verified addresses and API keys.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use uuid::Uuid;

use crate::accounts::api_keys;
use crate::ids::uuid_v7;
use crate::state::AppState;

/// Inserts `count` patients without a password, and returns an API key for each.
///
/// # Errors
/// When the database does not answer.
pub async fn load_patients(
    app_state: &AppState,
    count: usize,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<String>> {
    let accounts: Vec<Uuid> = (0..count).map(|_| uuid_v7(now)).collect();
    let people: Vec<Uuid> = (0..count).map(|_| uuid_v7(now)).collect();
    sqlx::query!(
        "with account as (
             insert into accounts (id, email, email_verified_at, created_at)
             select id, id || '@load.example', $2, $2 from unnest($1::uuid[]) as id
             returning id
         )
         insert into people (id, account_id, relation, name, created_at)
         select p.id, p.account_id, 'self', 'Load Patient', $2
         from unnest($3::uuid[], $1::uuid[]) as p (id, account_id)
         join account a on a.id = p.account_id",
        &accounts,
        now,
        &people
    )
    .execute(&app_state.write.0)
    .await?;
    let accounts: Vec<AccountId> = accounts.into_iter().map(AccountId).collect();
    Ok(api_keys::issue_for_load_tests(app_state, &accounts, now).await?)
}
