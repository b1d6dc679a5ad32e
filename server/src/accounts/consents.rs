//! What accounts have agreed to: the privacy notice and the terms of use, each in a version.
//!
//! Whoever makes an account for somebody records it in the same transaction ([`record`]). When a document gets a new
//! version (`nadi::consent`), pages ask everybody once more; nothing waits for their answer.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::actor::Caller;
use nadi::consent::Document;
use nadi::ids::AccountId;
use nadi::ports::ConsentView;
use sqlx::PgConnection;

use super::notices::lock_account;
use super::store::consents as rows;
use crate::state::AppState;
use crate::use_case::Outcome;

/// Records that the account has agreed to all documents as they are now.
///
/// # Errors
/// When the database does not answer.
pub async fn record(
    connection: &mut PgConnection,
    account: AccountId,
    locale: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    rows::insert(connection, account, &Document::ALL, locale, now).await
}

/// See [`nadi::ports::Accounts::consents`].
pub(super) async fn list(app_state: &AppState, caller: &Caller) -> Outcome<Vec<ConsentView>> {
    let account = caller.own_account()?.account;
    let mut connection = app_state.write.0.acquire().await?;
    let found = rows::of_account(&mut connection, account).await?;
    let view = |row: rows::ConsentRow| {
        let document = Document::parse(&row.document)?;
        Some(ConsentView { document, version: row.version, accepted_at: row.accepted_at })
    };
    Ok(found.into_iter().filter_map(view).collect())
}

/// See [`nadi::ports::Accounts::agree`].
pub(super) async fn agree(
    app_state: &AppState,
    caller: &Caller,
    shown: &[(Document, NaiveDate)],
    locale: &str,
) -> Outcome<()> {
    let account = caller.own_account()?.account;
    let is_present = |(document, version): &&(Document, NaiveDate)| document.version() == *version;
    let present: Vec<Document> =
        shown.iter().filter(is_present).map(|(document, _)| *document).collect();
    if present.is_empty() {
        return Ok(());
    }
    let mut transaction = app_state.write.begin().await?;
    lock_account(&mut transaction, account).await?;
    rows::insert(&mut transaction, account, &present, locale, caller.now).await?;
    transaction.commit().await?;
    Ok(())
}
