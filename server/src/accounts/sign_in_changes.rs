//! What happens after each change of how an account is signed in to: an event, and a message to its owner, who may not
//! have been the one who changed it.

use chrono::{DateTime, Utc};
use nadi::actor::{ActingRole, Caller};
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::AccountId;
use nadi::notification_rules::AccountTemplate;
pub(super) use nadi::notification_rules::SignInChange;
use serde_json::json;
use sqlx::PgConnection;

use super::store::credentials;
use super::store::lock_account;
use crate::events;
use crate::events::Author;
use crate::notifications::account_messages::{self, AccountMessage};

/// Records the change of the caller's own account, in its transaction, and ends sign-ins that are under way. After the commit, call
/// `app_state.event_written.notify_one()`, so that the message leaves at once.
///
/// # Errors
/// When the database does not answer.
pub async fn record(
    connection: &mut PgConnection,
    caller: &Caller,
    account: AccountId,
    what: SignInChange,
) -> sqlx::Result<()> {
    let by = Author::of(caller, ActingRole::Patient);
    let what = (AccountEvent::SignInChanged, what);
    record_by(connection, by, account, what, caller.now).await
}

/// The same for what the operator has done by command, which has an event of its own.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn record_by_operator(
    connection: &mut PgConnection,
    account: AccountId,
    what: (AccountEvent, SignInChange),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    record_by(connection, Author::SYSTEM, account, what, now).await
}

async fn record_by(
    connection: &mut PgConnection,
    by: Author,
    account: AccountId,
    (event, what): (AccountEvent, SignInChange),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    credentials::end_sign_ins(connection, account).await?;
    let event = NewEvent::account(event, account);
    let event = events::record(connection, &event, by, now).await?;
    // The account is locked already, so this does not wait.
    let Some(reached) = lock_account(connection, account).await? else { return Ok(()) };
    let Some(address) = &reached.email else { return Ok(()) };
    let message = AccountMessage {
        subject: account.0,
        // All of them are sent: no message about a change replaces another one.
        version: 0,
        recipient: account.0,
        template: AccountTemplate::SignInChanged,
        address,
        locale: &reached.locale,
        data: json!({ "what": what.as_str() }),
    };
    account_messages::queue(connection, event, &message, now).await
}
