//! The cookies of a browser: its session, what it waits for while signing in, and who it is as a visitor. Viewing a page
//! sets none of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use app::cookies::{self, SameSite};
use app::parts::shown_once;
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use chrono::{DateTime, Duration, Utc};
use nadi::actor::{Network, Visitor};
use nadi::ports::{Answer, BrowserSession, KnownAccount, ProofToken};
use uuid::Uuid;

use super::visitor_cookie::{self, VisitorCookie};
use crate::accounts::credential::{Credential, CredentialKind};
use crate::accounts::devices;
use crate::accounts::sessions::{self, SessionSecret};
use crate::bookings;
use crate::codes::CodeKey;
use crate::keys::Purpose;
use crate::security_log;
use crate::state::AppState;

const SESSION: &str = "nadi_session";
const SECOND_FACTOR: &str = "nadi_second_factor";
const PROOF: &str = "nadi_proof";
const PASSKEY: &str = "nadi_passkey";
const VISITOR: &str = "nadi_visitor";
/// What a browser that has signed in keeps also after signing out.
const DEVICE: &str = "nadi_device";
/// What was typed into a form that was not carried out, in two parts; see [`crate::pages::forms`].
pub(crate) const TYPED: [&str; 2] = ["nadi_typed", "nadi_typed_2"];
/// The account that was last signed in in this browser, as a digest.
pub(crate) const SENDER: &str = "nadi_sender";
/// What a browser forgets of this site when somebody signs out: what scripts have stored. Not `"cookies"`, because a
/// browser that has signed in is known by one of them. Not `"cache"` either: nothing of a person is in it (all such
/// answers are `no-store`), and with a cache of 300 MB it keeps Chromium for up to a second.
const CLEARED: HeaderValue = HeaderValue::from_static("\"storage\"");
/// How long a browser keeps the secrets of a sign-in that is not finished.
const SIGNING_IN: Duration = Duration::minutes(15);

/// A request without session, visitor and token.
pub fn is_anonymous(headers: &HeaderMap) -> bool {
    let is_personal = |line: &HeaderValue| {
        let contains =
            |name: &str| line.as_bytes().windows(name.len()).any(|part| part == name.as_bytes());
        contains(SESSION) || contains(VISITOR)
    };
    !headers.get_all(header::COOKIE).iter().any(is_personal)
        && !headers.contains_key(header::AUTHORIZATION)
}

/// The browser that sends a request: the cookies it has sent, and those that it gets with the answer.
pub struct Browser {
    app_state: AppState,
    /// The request's time.
    now: DateTime<Utc>,
    /// Names and values.
    sent: Vec<(String, String)>,
    /// What it calls itself.
    device: String,
    /// Names, and lines of `Set-Cookie`.
    answer: Mutex<Vec<(String, String)>>,
    has_signed_out: AtomicBool,
}

impl Browser {
    pub fn new(app_state: &AppState, headers: &HeaderMap, now: DateTime<Utc>) -> Self {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        let device = headers.get(header::USER_AGENT).and_then(|device| device.to_str().ok());
        Self {
            app_state: app_state.clone(),
            now,
            sent: pairs.map(|(name, value)| (name.trim().into(), value.trim().into())).collect(),
            device: device.unwrap_or_default().to_owned(),
            answer: Mutex::default(),
            has_signed_out: AtomicBool::new(false),
        }
    }

    /// What shows its session.
    pub fn session(&self) -> Option<Credential> {
        let (kind, value) = match self.sent(SESSION) {
            Some(value) => (CredentialKind::Session, value),
            // Until everybody has signed in anew, the name without prefix counts as well.
            None => (CredentialKind::OldSession, self.sent_as(SESSION)?),
        };
        Some(Credential { kind, digest: SessionSecret::parse(value)?.digest() })
    }

    /// The visitor that this browser is while nobody has signed in.
    pub fn visitor(&self) -> Option<Visitor> {
        let keys = self.app_state.keys.macs(Purpose::Cookies);
        Some(visitor_cookie::read(&keys, self.sent(VISITOR)?, self.now)?.visitor())
    }

    /// Writes a line for each of its cookies that nobody can have got from us. Sessions that have ended are not meant:
    /// browsers often send these.
    pub fn log_forged_cookies(&self, network: Option<Network>, request: Uuid) {
        let keys = self.app_state.keys.macs(Purpose::Cookies);
        let is_forged = |name, is_ours: &dyn Fn(&str) -> bool| {
            self.sent(name).is_some_and(|value| !value.is_empty() && !is_ours(value))
        };
        if is_forged(SESSION, &|value| SessionSecret::parse(value).is_some()) {
            security_log::forged(&self.app_state, network, request, "session_cookie");
        }
        if is_forged(VISITOR, &|value| visitor_cookie::is_ours(&keys, value)) {
            security_log::forged(&self.app_state, network, request, "visitor_cookie");
        }
    }

    /// The mark that it has got at its last sign-in.
    pub fn mark(&self) -> Option<String> {
        self.sent(DEVICE).map(str::to_owned)
    }

    /// What typed values are encrypted with in its cookies.
    pub fn code_key(&self) -> &CodeKey {
        &self.app_state.code_key
    }

    /// Sets the cookies in the answer to the request.
    pub fn set_cookies(&self, response: &mut Response) {
        if self.has_signed_out.load(Ordering::Relaxed) {
            response.headers_mut().insert("clear-site-data", CLEARED);
        }
        let cookies = std::mem::take(&mut *self.lock());
        for (_, cookie) in cookies {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
    }

    /// Ends the session, and leaves nothing of its person in the browser but the mark of a device.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sign_out(&self) -> Answer<()> {
        for digest in self.session_digests() {
            sessions::end(&self.app_state, &digest).await?;
        }
        self.forget(SESSION);
        self.forget_old_session();
        self.forget(SECOND_FACTOR);
        // The next person at this browser shall not see what was booked before, or a key that was just made.
        self.forget(VISITOR);
        self.forget(shown_once::NAME);
        TYPED.into_iter().chain([SENDER]).for_each(|name| self.forget(name));
        self.has_signed_out.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Its session, and its sign-in that waits for a second factor.
    fn session_digests(&self) -> Vec<[u8; 32]> {
        let session = self.session().map(|session| session.digest);
        let waiting = self.secret(SECOND_FACTOR).map(|secret| secret.digest());
        session.into_iter().chain(waiting).collect()
    }

    /// Is the site served with https?
    pub fn is_secure(&self) -> bool {
        self.app_state.site.is_https()
    }

    fn full_name(&self, name: &str) -> String {
        cookies::full_name(name, self.is_secure())
    }

    fn sent(&self, name: &str) -> Option<&str> {
        self.sent_as(&self.full_name(name))
    }

    fn sent_as(&self, full_name: &str) -> Option<&str> {
        let found = self.sent.iter().find(|(name, _)| name == full_name);
        found.map(|(_, value)| value.as_str())
    }

    fn secret(&self, name: &str) -> Option<SessionSecret> {
        SessionSecret::parse(self.sent(name)?)
    }

    fn token(&self, name: &str) -> Option<ProofToken> {
        self.sent(name).filter(|value| !value.is_empty()).map(|value| ProofToken::new(value.into()))
    }

    fn set(&self, name: &str, value: &str, lasts: Duration) {
        self.set_as(self.full_name(name), value, lasts);
    }

    fn set_as(&self, name: String, value: &str, lasts: Duration) {
        let (seconds, is_secure) = (lasts.num_seconds(), self.is_secure());
        let cookie = cookies::line(&name, value, seconds, SameSite::Lax, is_secure);
        let mut answer = self.lock();
        answer.retain(|(other, _)| *other != name);
        answer.push((name, cookie));
    }

    fn forget(&self, name: &str) {
        if self.sent(name).is_some() || self.is_set(name) {
            self.set(name, "", Duration::zero());
        }
    }

    /// Lets the browser be known as one that has signed in with this address; it keeps a mark that counts.
    fn set_mark(&self, email: &str) {
        let keys = self.app_state.keys.macs(Purpose::Cookies);
        let mark = self.mark().filter(|mark| keys.any(|key| devices::is_of(key, mark, email)));
        let mark = mark.unwrap_or_else(|| devices::mark(keys.current(), email));
        self.set(DEVICE, &mark, devices::LASTS);
    }

    /// Removes a session cookie without prefix where cookies have one.
    fn forget_old_session(&self) {
        if self.is_secure() && self.sent_as(SESSION).is_some() {
            self.set_as(SESSION.to_owned(), "", Duration::zero());
        }
    }

    /// Does the answer set this cookie?
    fn is_set(&self, name: &str) -> bool {
        let name = self.full_name(name);
        self.lock().iter().any(|(other, _)| *other == name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(String, String)>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BrowserSession for Browser {
    async fn start(&self, account: &KnownAccount) -> Answer<()> {
        let before = self.session_digests();
        let (app_state, device) = (&self.app_state, &self.device);
        let started = sessions::start(app_state, account, device, &before, self.now).await?;
        self.forget_old_session();
        self.set(SESSION, &started.secret.expose(), started.lasts);
        if let Some(email) = started.email {
            self.set_mark(&email);
        }
        self.forget(SECOND_FACTOR);
        self.forget(VISITOR);
        self.forget(shown_once::NAME);
        Ok(())
    }

    async fn await_second_factor(&self, account: &KnownAccount) -> Answer<()> {
        let secret = SessionSecret::random();
        let digest = secret.digest();
        sessions::await_second_factor(&self.app_state, &digest, account, self.now).await?;
        self.set(SECOND_FACTOR, &secret.expose(), SIGNING_IN);
        Ok(())
    }

    async fn awaiting_second_factor(&self) -> Answer<Option<KnownAccount>> {
        let Some(secret) = self.secret(SECOND_FACTOR) else { return Ok(None) };
        sessions::awaiting_second_factor(&self.app_state, &secret.digest(), self.now).await
    }

    async fn end(&self) -> Answer<()> {
        self.sign_out().await
    }

    fn proof(&self) -> Option<ProofToken> {
        self.token(PROOF)
    }

    fn set_proof(&self, token: &ProofToken) {
        self.set(PROOF, token.expose(), SIGNING_IN);
    }

    fn forget_proof(&self) {
        self.forget(PROOF);
    }

    fn passkey_request(&self) -> Option<ProofToken> {
        self.token(PASSKEY)
    }

    fn set_passkey_request(&self, token: &ProofToken) {
        self.set(PASSKEY, token.expose(), SIGNING_IN);
    }

    async fn become_visitor(&self) -> Answer<()> {
        let (app_state, now) = (&self.app_state, self.now);
        let keys = app_state.keys.macs(Purpose::Cookies);
        let mut known = self.sent(VISITOR).and_then(|sent| visitor_cookie::read(&keys, sent, now));
        // Whoever books next at this browser shall not see what was booked before, and somebody who has copied a cookie
        // from it shall not see what is booked next.
        if let Some(visitor) = known.as_ref().map(VisitorCookie::visitor)
            && !bookings::holds_a_time(app_state, visitor.account, now).await?
        {
            known = None;
        }
        // A visitor stays the same one, with a later end if the cookie would soon end.
        let cookie = match known {
            Some(known) if !known.ends_soon(now) => return Ok(()),
            Some(known) => known.renewed(now),
            None => VisitorCookie::random(keys.current(), now),
        };
        self.set(VISITOR, &cookie.value(), visitor_cookie::LASTS);
        Ok(())
    }

    fn forget_visitor(&self) {
        self.forget(VISITOR);
    }
}

/// Lets server functions sign in and out.
pub fn control(request: &axum::extract::Request) -> Option<Arc<dyn BrowserSession>> {
    let browser = request.extensions().get::<Arc<Browser>>()?.clone();
    Some(browser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_a_visitor_and_a_token_are_not_anonymous() {
        let anonymous = |name: header::HeaderName, value: &'static str| {
            is_anonymous(&[(name, HeaderValue::from_static(value))].into_iter().collect())
        };
        assert!(anonymous(header::COOKIE, "other=1"));
        assert!(!anonymous(header::COOKIE, "other=1; nadi_session=abc"));
        assert!(!anonymous(header::COOKIE, "__Host-nadi_session=abc"));
        assert!(!anonymous(header::COOKIE, "__Host-nadi_visitor=abc"));
        assert!(!anonymous(header::AUTHORIZATION, "Bearer abc"));
    }
}
