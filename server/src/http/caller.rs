//! Middleware that finds, once per request, who is asking and at what time.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::Duration;
use nadi::actor::{Actor, Caller};

use super::session_cookie::Browser;
use super::{Web, security, source, trace};

/// A cookie with the seconds, up to a day, that this browser's clock is ahead of the site's. In development mode
/// only: tests use it to see later states of a visit without waiting.
const OFFSET_COOKIE: &str = "nadi_ahead_seconds";

fn clock_offset(web: &Web, headers: &HeaderMap) -> Duration {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let seconds = cookies
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(OFFSET_COOKIE)?.strip_prefix('=')?.parse().ok())
        .filter(|_| web.site.development);
    Duration::seconds(seconds.unwrap_or(0_i64).clamp(0, 86_400))
}

/// Adds the [`Caller`] and the [`Browser`] to the request, and the browser's new cookies to the answer.
pub async fn identify(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let now = web.app_state.clock.now() + clock_offset(&web, request.headers());
    let request_id = trace::request_id(&request);
    let browser = Arc::new(Browser::new(&web.app_state, request.headers(), now));
    let network = source::network_of(&request);
    browser.log_forged_cookies(network, request_id);
    let account = match browser.session() {
        None => Ok(None),
        Some(session) => web.identities.of_session(session, now).await,
    };
    // The account is unknown for now: show nothing, and keep the session.
    let Ok(account) = account else { return security::unavailable() };
    let actor = match account {
        Some(account) => Actor::Account(Box::new(account)),
        None => Actor::Visitor(browser.visitor()),
    };
    let device = browser.mark();
    request.extensions_mut().insert(Caller { actor, now, request_id, device, network });
    request.extensions_mut().insert(browser.clone());
    let mut response = next.run(request).await;
    browser.set_cookies(&mut response);
    response
}
