//! Sending messages, and the development mailbox.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Answer;
use crate::actor::Caller;

/// A message to one person, with its final text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The recipient: an e-mail address.
    pub to: String,
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// An idempotency key: the same for every attempt to send this message, so that the receiver can drop duplicates.
    pub key: String,
}

/// Why a message could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageFailure {
    /// Trying again later may help.
    #[error("temporary: {0}")]
    Temporary(String),
    /// Trying again cannot help.
    #[error("permanent: {0}")]
    Permanent(String),
}

#[async_trait]
pub trait Messages: Send + Sync {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure>;
}

/// A message in the development mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedMessage {
    pub message: Message,
    pub sent_at: DateTime<Utc>,
}

/// The development mailbox. It does not exist in production.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// The latest 50 messages, newest first; only those to the address `to`, if given.
    async fn latest(&self, caller: &Caller, to: Option<&str>) -> Answer<Vec<PostedMessage>>;
}
