//! The session cookie. Visitors have none, and viewing a page never sets one.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use nadi::Failure;
use nadi::ids::AccountId;
use nadi::ports::{Answer, SessionControl};
use time::Duration;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};
use uuid::Uuid;

use crate::accounts::sessions::{ACCOUNT, Sessions};
use crate::config::Config;

const LASTS_DAYS: i64 = 30;
/// The cookie's name.
pub const COOKIE: &str = "nadi_session";

/// The layer that reads and sets the cookie: `HttpOnly`, `SameSite=Lax`, `Secure` when the site uses https.
pub fn layer(config: &Config, sessions: Sessions) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(sessions)
        .with_name(COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(config.public_url.scheme() == "https")
        .with_expiry(Expiry::OnInactivity(Duration::days(LASTS_DAYS)))
}

/// A request without session and token.
pub fn is_anonymous(headers: &HeaderMap) -> bool {
    let is_session = |line: &HeaderValue| {
        line.as_bytes().windows(COOKIE.len()).any(|part| part == COOKIE.as_bytes())
    };
    !headers.get_all(header::COOKIE).iter().any(is_session)
        && !headers.contains_key(header::AUTHORIZATION)
}

/// The account of a session.
///
/// # Errors
/// `Unavailable` when sessions cannot be read.
pub async fn account(session: &Session) -> Answer<Option<AccountId>> {
    let account = session.get::<Uuid>(ACCOUNT).await.map_err(|error| {
        tracing::error!(%error, "sessions cannot be read");
        Failure::Unavailable
    })?;
    Ok(account.map(AccountId))
}

/// Lets server functions sign in and out.
pub fn control(request: &Request) -> Option<Arc<dyn SessionControl>> {
    let session = request.extensions().get::<Session>()?.clone();
    Some(Arc::new(Control(session)))
}

struct Control(Session);

#[async_trait]
impl SessionControl for Control {
    async fn start(&self, account: AccountId) -> Answer<()> {
        // A new id at every sign-in, against session fixation.
        self.0.cycle_id().await.map_err(unwritable)?;
        self.0.insert(ACCOUNT, account.0).await.map_err(unwritable)
    }

    async fn end(&self) -> Answer<()> {
        self.0.flush().await.map_err(unwritable)
    }
}

fn unwritable(error: tower_sessions::session::Error) -> Failure {
    tracing::error!(%error, "a session cannot be written");
    Failure::Unavailable
}
