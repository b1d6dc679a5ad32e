//! Messages about accounts: codes that prove an address, invitations, and notices about changes.
//!
//! They are queued in the transaction of the change itself ([`queue`]), because the event does not tell whom to write
//! to: events have no addresses. Their addresses and data are removed when they are delivered. Their texts are in
//! [`super::account_texts`].

use chrono::{DateTime, Utc};
use nadi::actor::ActingRole;
use nadi::notification_rules::{AccountTemplate, Channel};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::notifications::store::NewAccountNotification;

/// A message to send.
#[derive(Clone, Debug)]
pub struct AccountMessage<'a> {
    /// What it is about: a proof of an address, an invitation, an account.
    pub subject: Uuid,
    /// A message replaces those with a lower version about the same subject that are not sent yet. Those with the same
    /// version are all sent.
    pub version: i32,
    /// The account; the subject when there is none.
    pub recipient: Uuid,
    pub template: AccountTemplate,
    pub address: &'a str,
    pub locale: &'a str,
    /// What the text needs, see [`AccountTemplate`]; an empty object if nothing.
    pub data: Value,
}

/// Queues a message about the event with this id, in the event's transaction. After the commit, call
/// `app_state.event_written.notify_one()`, so that it leaves at once.
///
/// # Errors
/// When the database does not answer.
pub async fn queue(
    connection: &mut PgConnection,
    event_id: i64,
    message: &AccountMessage<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let row = NewAccountNotification {
        event: event_id,
        subject: message.subject,
        subject_version: message.version,
        recipient: message.recipient,
        channel: Channel::Email.as_str(),
        template: message.template.as_str(),
        actor: ActingRole::System.as_str(),
        data: &message.data,
        due_at: now,
        address: message.address,
        locale: message.locale,
    };
    store::insert_about_account(connection, &row).await
}
