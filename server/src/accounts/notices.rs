//! What the changes of an account have in common: a recent proof of who asks, the lock, and the message about it.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{Caller, SignedIn};
use nadi::notification_rules::AccountTemplate;
use sqlx::PgConnection;

use super::store::own_account::{self as rows, Reached};
use crate::notifications::account_messages::{self, AccountMessage};
use crate::use_case::Outcome;

/// The caller, who has proved recently who they are.
pub(super) fn recently_proved(caller: &Caller) -> Outcome<&SignedIn> {
    let account = caller.signed_in()?;
    account.must_have_proved(caller.now)?;
    Ok(account)
}

/// Locks the account; whoever deleted it in the meantime is signed out.
pub(super) async fn lock(connection: &mut PgConnection, account: &SignedIn) -> Outcome<Reached> {
    let reached = rows::lock_reached(connection, account.account).await?;
    Ok(reached.ok_or(Failure::SignInFirst)?)
}

/// A message about a change that leaves the account with another address, or with none.
pub(super) struct Notice {
    /// The event's id.
    pub event: i64,
    pub template: AccountTemplate,
}

/// Queues a notice to where the account was reached before the change; nothing if it had no proven address.
pub(super) async fn tell(
    connection: &mut PgConnection,
    account: &SignedIn,
    reached: &Reached,
    notice: Notice,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let Some(address) = &reached.email else { return Ok(()) };
    let message = AccountMessage {
        subject: account.account.0,
        // All of them are sent: no notice replaces another one.
        version: 0,
        recipient: account.account.0,
        template: notice.template,
        address,
        locale: &reached.locale,
        data: serde_json::json!({}),
    };
    account_messages::queue(connection, notice.event, &message, now).await?;
    Ok(())
}
