//! Everything that is stored about an account, for its owner to take along.

use chrono::SecondsFormat;
use nadi::actor::Caller;
use serde_json::json;

use super::notices::recently_proved;
use super::store::{self, export as rows};
use crate::audit;
use crate::encryption::open_values;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome};

/// One JSON document, which a page also shows to people (`app/src/pages/account/readable_export.rs`). All its parts are
/// read in one transaction. It has no secrets: neither passwords, keys and codes, nor what they are checked with.
pub async fn export(app_state: &AppState, caller: &Caller) -> Outcome<String> {
    let account = recently_proved(caller)?.account;
    let mut transaction = app_state.write.begin().await?;
    let connection = &mut *transaction;
    let email = store::email(connection, account).await?;
    let is_proven = store::is_email_verified(connection, account).await?;
    let proven = email.as_deref().filter(|_| is_proven);
    let mut document = json!({
        "exported_at": caller.now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "site": app_state.site.public_url,
        "account": rows::account(connection, account).await?,
        "people": rows::people(connection, account).await?,
        "appointments": rows::appointments(connection, account).await?,
        "reviews": rows::reviews(connection, account).await?,
        "sessions": rows::sessions(connection, account, caller.now).await?,
        "second_factors": rows::second_factors(connection, account).await?,
        "api_keys": rows::api_keys(connection, account).await?,
        "calendar_links": rows::calendar_feeds(connection, account).await?,
        "messages": rows::messages(connection, account).await?,
        "consents": rows::consents(connection, account).await?,
        "codes": rows::codes(connection, account, proven).await?,
        "invitations": rows::invitations(connection, account, proven).await?,
        "doctor": rows::doctor(connection, account).await?,
        "decisions": rows::decisions(connection, account).await?,
        "events": rows::events(connection, account).await?,
    });
    open_values(&mut document)?;
    audit::record_export(connection, caller, account.0).await?;
    transaction.commit().await?;
    serde_json::to_string_pretty(&document)
        .map_err(|error| Fault::Broken(format!("an export: {error}")))
}
