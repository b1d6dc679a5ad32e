//! Sends e-mails over SMTP.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use lettre::message::{Mailbox, Message as Mail};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use nadi::ports::{Message, MessageFailure, Messages};

const ANSWER_WITHIN: Duration = Duration::from_secs(20);

pub struct SmtpMessages {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMessages {
    /// # Errors
    /// When the server's address or the sender is invalid.
    pub fn new(url: &str, from: &str) -> anyhow::Result<Self> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .context("SMTP_URL cannot be used")?
            .timeout(Some(ANSWER_WITHIN))
            .build();
        Ok(Self { transport, from: from.parse().context("MAIL_FROM cannot be used")? })
    }
}

#[async_trait]
impl Messages for SmtpMessages {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure> {
        let permanent = |error: String| MessageFailure::Permanent(error);
        let to: Mailbox = message.to.parse().map_err(|_| permanent("unusable address".into()))?;
        let mail = Mail::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&message.subject)
            .message_id(Some(format!("<{}>", message.key)))
            .body(message.body.clone())
            .map_err(|error| permanent(error.to_string()))?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            // The server's reply may contain the e-mail address, so only its status is used.
            Err(error) if error.is_permanent() => {
                Err(permanent(format!("refused: {:?}", error.status())))
            }
            Err(error) => Err(MessageFailure::Temporary(format!("status {:?}", error.status()))),
        }
    }
}
