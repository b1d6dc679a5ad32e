//! The REST API under `/api/v1`, on the same ports as the pages, described by OpenAPI.
//!
//! A handler parses, calls one port method and replies. Every error is a problem document.

mod api;
mod appointments;
mod auth;
mod directory;
mod docs;
mod input;
mod parameters;
mod people;
pub mod problem;
mod problems_page;
mod reviews;
mod schedules;
mod suggestions;
mod types;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use nadi::actor::{Actor, Caller};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::accounts::sessions::Sessions;
use crate::accounts::tokens::Tokens;
use crate::config::Config;
use crate::http::{BODY_BYTES_MAX, Web, security, session_cookie, trace};
use crate::rest::api::{Api, Shared};
use crate::rest::auth::bearer;
use crate::rest::problem::{Kind, Problem};

/// The path of the API.
pub const ROOT: &str = "/api/v1";
/// The time limit of a request. No answer takes as long unless something is broken.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The API, and its description under `/api-docs`.
pub fn router(config: &Config, web: &Web, sessions: Sessions) -> Router {
    let tokens = Tokens::new(&config.secret, sessions.clone());
    let api = Api::new(Shared {
        app_state: web.app_state.clone(),
        ports: web.ports.clone(),
        tokens,
        identities: web.identities.clone(),
    });
    let (routes, description) = described().split_for_parts();
    let routes = routes
        .route(&format!("{ROOT}/{{*anything_else}}"), any(nothing_here))
        .method_not_allowed_fallback(|| async { Kind::MethodNotAllowed.problem() })
        .layer(from_fn_with_state(api.clone(), identify))
        .layer(session_cookie::layer(config, sessions))
        .layer(from_fn_with_state(web.clone(), same_origin))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(bounded_body))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(always_a_problem))
        .with_state(api);
    docs::routes(description).merge(problems_page::routes()).merge(routes)
}

async fn nothing_here() -> Problem {
    Kind::NotFound.problem()
}

fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(docs::head()).nest(
        ROOT,
        OpenApiRouter::new()
            .merge(auth::routes())
            .merge(directory::routes())
            .merge(suggestions::routes())
            .merge(appointments::routes())
            .merge(people::routes())
            .merge(reviews::routes())
            .merge(schedules::routes()),
    )
}

/// The OpenAPI description, made from the handlers.
pub fn description() -> OpenApi {
    described().into_openapi()
}

/// Adds the caller to the request, found by token or by the session of the pages.
async fn identify(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let now = api.app_state.clock.now();
    let request_id = trace::request_id(&request);
    let actor = if request.headers().contains_key(header::AUTHORIZATION) {
        let named = bearer(request.headers()).and_then(|token| api.tokens.named(token, now));
        let Some((account, session)) = named else {
            return Kind::TokenInvalid.problem().into_response();
        };
        match api.identities.of_token(account, &session, now).await {
            Ok(Some(account)) => Ok(Actor::Account(Box::new(account))),
            // The session has ended, or the account no longer exists.
            Ok(None) => return Kind::TokenInvalid.problem().into_response(),
            Err(failure) => Err(failure),
        }
    } else {
        let account = match request.extensions().get::<tower_sessions::Session>() {
            None => Ok(None),
            Some(session) => session_cookie::account(session).await,
        };
        match account {
            Ok(account) => api.identities.of_account(account).await,
            Err(failure) => Err(failure),
        }
    };
    match actor {
        Ok(actor) => {
            request.extensions_mut().insert(Caller { actor, now, request_id });
            next.run(request).await
        }
        Err(failure) => Problem::from(failure).into_response(),
    }
}

/// Refuses changes by cookie that do not come from our own pages. A token needs no check: other sites cannot send it.
async fn same_origin(State(web): State<Web>, request: Request, next: Next) -> Response {
    let by_token = request.headers().contains_key(header::AUTHORIZATION);
    if by_token || security::is_same_origin(&request, &web.public_origin) {
        next.run(request).await
    } else {
        Kind::ForeignOrigin.problem().into_response()
    }
}

async fn bounded_body(request: Request, next: Next) -> Response {
    if security::announces_too_much(request.headers()) {
        return Kind::TooLarge.problem().into_response();
    }
    next.run(request).await
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    security::log_panic(&*panic);
    Kind::Internal.problem().into_response()
}

/// Turns error responses of the layers below, which have only a status, into problem documents.
async fn always_a_problem(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == problem::PROBLEM_JSON);
    if (status.is_client_error() || status.is_server_error()) && !is_problem {
        let kind = match status {
            StatusCode::METHOD_NOT_ALLOWED => Kind::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
            StatusCode::NOT_FOUND => Kind::NotFound,
            StatusCode::SERVICE_UNAVAILABLE => Kind::Unavailable,
            status if status.is_client_error() => Kind::Malformed,
            _ => Kind::Internal,
        };
        let allow = response.headers_mut().remove(header::ALLOW);
        response = kind.problem().into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
