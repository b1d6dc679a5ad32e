//! SQL of what accounts have agreed to. Rows are only added, and deleted with their account.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::consent::Document;
use nadi::ids::AccountId;
use sqlx::{PgConnection, Result};

/// Writes the present versions of these documents. What was agreed to before stays as it is.
pub async fn insert(
    connection: &mut PgConnection,
    account: AccountId,
    documents: &[Document],
    locale: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let words: Vec<&str> = documents.iter().map(|document| document.as_str()).collect();
    let versions: Vec<NaiveDate> = documents.iter().map(|document| document.version()).collect();
    sqlx::query!(
        "insert into consents (account_id, document, version, accepted_at, locale)
         select $1, d.document, d.version, $4, $5
         from unnest($2::text[], $3::date[]) as d (document, version)
         on conflict do nothing",
        account.0,
        &words as _,
        &versions,
        now,
        locale
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub struct ConsentRow {
    pub document: String,
    pub version: NaiveDate,
    pub accepted_at: DateTime<Utc>,
}

/// The newest first.
pub async fn of_account(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ConsentRow>> {
    sqlx::query_as!(
        ConsentRow,
        "select document, version, accepted_at from consents
         where account_id = $1
         order by accepted_at desc, document desc",
        account.0
    )
    .fetch_all(connection)
    .await
}
