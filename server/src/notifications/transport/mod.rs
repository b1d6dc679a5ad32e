//! How messages are sent: through a mail server, or to the development mailbox.

mod development;
mod smtp;

use std::sync::Arc;

pub use crate::notifications::transport::development::DevelopmentMailbox;
pub use crate::notifications::transport::smtp::SmtpMessages;
use nadi::ports::Messages;
use secrecy::ExposeSecret;

use crate::config::Config;
use crate::state::AppState;

/// The transport, and in development mode the mailbox for the page `/dev/mailbox`.
///
/// # Errors
/// When the mail server's address cannot be used.
pub fn from_config(
    config: &Config,
    app_state: &AppState,
) -> anyhow::Result<(Arc<dyn Messages>, Option<DevelopmentMailbox>)> {
    let mailbox = config.is_development().then(|| DevelopmentMailbox::new(app_state.clone()));
    let messages: Arc<dyn Messages> = match (&config.smtp_url, &mailbox) {
        (Some(url), _) => Arc::new(SmtpMessages::new(url.expose_secret(), &config.mail_from)?),
        (None, Some(mailbox)) => Arc::new(mailbox.clone()),
        (None, None) => anyhow::bail!("SMTP_URL is not set; expected outside of development mode"),
    };
    Ok((messages, mailbox))
}
