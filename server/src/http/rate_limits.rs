//! Limits of how often a client may ask, with the headers that say so (draft-ietf-httpapi-ratelimit-headers). What is
//! limited: [`crate::limits::rules`]. Answers of the public cache count towards the outermost limit only.

use app::fns::booking::Hold;
use app::fns::session;
use app::i18n::text;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::server_fn::ServerFn;
use nadi::Failure;
use nadi::actor::Caller;

use super::source::network_of;
use super::{Web, security};
use crate::limits::rules::{self, REQUESTS};
use crate::limits::{Limit, Usage};
use crate::rest::problem::Problem;

/// The forms of signing in. They have limits of their own, which spare those who share a network with many others.
const SIGN_IN_FORMS: [&str; 6] = [
    session::Register::PATH,
    session::SignIn::PATH,
    session::SendSignInCode::PATH,
    session::SendSignInCodeAgain::PATH,
    session::CheckCode::PATH,
    session::SecondFactor::PATH,
];
/// The same of the API.
const SIGN_IN_API: [&str; 5] = [
    "/api/v1/auth/codes",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/register",
    "/api/v1/auth/verify",
];

/// The outermost limit: all requests of a network, before anything is done for them.
pub async fn requests(State(web): State<Web>, request: Request, next: Next) -> Response {
    if !web.app_state.settings.rate_limits {
        return next.run(request).await;
    }
    let Some(network) = network_of(&request) else { return next.run(request).await };
    let now = web.app_state.clock.now();
    let usage = rules::count_any_request(&web.app_state, network, now);
    if usage.is_allowed {
        return next.run(request).await;
    }
    let wait = Failure::TooManyTries { retry_after_seconds: usage.wait_seconds };
    let text = app::messages::failure(&wait);
    let mut response = (StatusCode::TOO_MANY_REQUESTS, security::plain_text(&text)).into_response();
    add_headers(response.headers_mut(), &REQUESTS, usage);
    response
}

/// Counts a request for a page, or a form.
pub async fn pages(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some((limit, usage)) = count(&web, &request) else { return next.run(request).await };
    let mut response = match usage.is_allowed {
        true => next.run(request).await,
        false => {
            let title = text!("failure-title-too-many-requests");
            security::error_page(StatusCode::TOO_MANY_REQUESTS, &title)
        }
    };
    add_headers(response.headers_mut(), limit, usage);
    response
}

/// Counts a request to the API.
pub async fn api(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some((limit, usage)) = count(&web, &request) else { return next.run(request).await };
    let mut response = match rules::must_be_allowed(usage) {
        Ok(()) => next.run(request).await,
        Err(failure) => Problem::from(failure).into_response(),
    };
    add_headers(response.headers_mut(), limit, usage);
    response
}

/// Does a form or a call of the API with this path sign in, or register?
pub fn is_sign_in(path: &str) -> bool {
    SIGN_IN_FORMS.contains(&path) || SIGN_IN_API.contains(&path)
}

fn count(web: &Web, request: &Request) -> Option<(&'static Limit, Usage)> {
    let path = request.uri().path();
    if !web.app_state.settings.rate_limits || is_sign_in(path) {
        return None;
    }
    let caller = request.extensions().get::<Caller>()?;
    // How many times somebody holds has limits of its own; here only how often they try.
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_change = !is_read && path != Hold::PATH;
    rules::count_request(&web.app_state, caller, is_change)
}

fn add_headers(headers: &mut HeaderMap, limit: &Limit, usage: Usage) {
    let (name, period) = (limit.name, limit.period.as_secs());
    let values = [
        ("ratelimit-policy", format!("\"{name}\";q={};w={period}", limit.most)),
        ("ratelimit", format!("\"{name}\";r={};t={}", usage.remaining, usage.wait_seconds)),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    if !usage.is_allowed {
        headers.insert(header::RETRY_AFTER, usage.wait_seconds.into());
    }
}
