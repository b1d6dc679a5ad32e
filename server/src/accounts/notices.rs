//! What the changes of an account have in common: a recent proof of who asks, the lock, and the message about it.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{Caller, SignedIn};
use nadi::ids::AccountId;
use nadi::notification_rules::AccountTemplate;
use sqlx::PgConnection;

use super::store::{self, Locked};
use crate::notifications::account_messages::{self, AccountMessage};
use crate::use_case::Outcome;

/// The caller, who has proved recently who they are.
pub(super) fn recently_proved(caller: &Caller) -> Outcome<&SignedIn> {
    let account = caller.own_account()?;
    account.must_have_proved(caller.now)?;
    Ok(account)
}

/// Locks an account until the transaction ends. Whoever writes something that belongs to an account does this first:
/// what is written after the account was deleted, by a request that began before, would stay for good.
///
/// # Errors
/// `SignInFirst` when the account was deleted in the meantime.
pub async fn lock_account(connection: &mut PgConnection, account: AccountId) -> Outcome<Locked> {
    let locked = store::lock_account(connection, account).await?;
    Ok(locked.ok_or(Failure::SignInFirst)?)
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
    account: AccountId,
    reached: &Locked,
    notice: Notice,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let Some(address) = &reached.email else { return Ok(()) };
    let message = AccountMessage {
        subject: account.0,
        // All of them are sent: no notice replaces another one.
        version: 0,
        recipient: account.0,
        template: notice.template,
        address,
        locale: &reached.locale,
        data: serde_json::json!({}),
    };
    account_messages::queue(connection, notice.event, &message, now).await?;
    Ok(())
}
