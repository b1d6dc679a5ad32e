//! Patients for load tests, with verified addresses and API keys.

use chrono::{DateTime, Utc};
use nadi::ids::AccountId;
use uuid::Uuid;

use crate::accounts::api_keys;
use crate::encryption::columns::{ACCOUNT_EMAIL, PERSON_NAME};
use crate::encryption::{addresses, seal};
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
    let email = |account: &Uuid| format!("{account}@load.example");
    let digests: Vec<Option<Vec<u8>>> =
        accounts.iter().map(|account| addresses::digest(&email(account))).collect();
    let emails = accounts.iter().map(|account| seal(ACCOUNT_EMAIL, account, &email(account)));
    let emails: Vec<String> = emails.collect::<sqlx::Result<_>>()?;
    let names = people.iter().map(|person| seal(PERSON_NAME, person, "Load Patient"));
    let names: Vec<String> = names.collect::<sqlx::Result<_>>()?;
    sqlx::query!(
        "with account as (
             insert into accounts (id, email, email_digest, email_verified_at, created_at)
             select a.id, a.email, a.digest, $2, $2
             from unnest($1::uuid[], $4::text[], $5::bytea[]) as a (id, email, digest)
             returning id
         )
         insert into people (id, account_id, relation, name, created_at)
         select p.id, p.account_id, 'self', p.name, $2
         from unnest($3::uuid[], $1::uuid[], $6::text[]) as p (id, account_id, name)
         join account a on a.id = p.account_id",
        &accounts,
        now,
        &people,
        &emails as _,
        &digests as _,
        &names as _
    )
    .execute(&app_state.write.0)
    .await?;
    let accounts: Vec<AccountId> = accounts.into_iter().map(AccountId).collect();
    Ok(api_keys::issue_for_load_tests(app_state, &accounts, now).await?)
}
