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
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use chrono::{DateTime, Utc};
use nadi::actor::{Actor, Caller, Scope};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::http::session_cookie::Browser;
use crate::http::{BODY_BYTES_MAX, Web, rate_limits, security, source, trace};
use crate::rest::api::{Api, Shared};
use crate::rest::auth::bearer;
use crate::rest::problem::{Kind, Problem};
use crate::security_log;

/// The path of the API.
pub const ROOT: &str = "/api/v1";
/// The time limit of a request. No answer takes as long unless something is broken.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The API, and its description under `/api-docs`.
pub fn router(web: &Web) -> Router {
    let api = Api::new(Shared {
        app_state: web.app_state.clone(),
        ports: web.ports.clone(),
        identities: web.identities.clone(),
    });
    let (routes, description) = described().split_for_parts();
    let routes = routes
        .route(&format!("{ROOT}/{{*anything_else}}"), any(nothing_here))
        .method_not_allowed_fallback(|| async { Kind::MethodNotAllowed.problem() })
        .layer(from_fn_with_state(web.clone(), rate_limits::api))
        .layer(from_fn_with_state(api.clone(), identify))
        .layer(from_fn_with_state(web.clone(), same_origin))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
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

/// Adds the [`Caller`] and the [`Browser`] to the request, and the browser's new cookies to the answer.
async fn identify(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let now = api.app_state.clock.now();
    let request_id = trace::request_id(&request);
    let browser = Arc::new(Browser::new(&api.app_state, request.headers(), now));
    let (method, headers) = (request.method(), request.headers());
    let network = source::network_of(&request);
    browser.log_forged_cookies(network, request_id);
    let actor = match actor(&api, method, headers, &browser, now).await {
        Ok(actor) => actor,
        Err(problem) => {
            if problem.status == 401 {
                security_log::forged(&api.app_state, network, request_id, "token");
            }
            return problem.into_response();
        }
    };
    // A mark counts here, too, when it is sent.
    let device = browser.mark();
    request.extensions_mut().insert(Caller { actor, now, request_id, device, network });
    request.extensions_mut().insert(browser.clone());
    let mut response = next.run(request).await;
    browser.set_cookies(&mut response);
    response
}

/// Who asks: found by token or key, or else by the session of the pages. A visitor's cookie counts on pages only.
async fn actor(
    api: &Api,
    method: &Method,
    headers: &HeaderMap,
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<Actor, Problem> {
    if !headers.contains_key(header::AUTHORIZATION) {
        let Some(session) = browser.session() else { return Ok(Actor::Visitor(None)) };
        let account = api.identities.of_session(session, now).await?;
        return Ok(
            account.map_or(Actor::Visitor(None), |account| Actor::Account(Box::new(account)))
        );
    }
    let token = bearer(headers).ok_or_else(|| Kind::TokenInvalid.problem())?;
    let account = api.identities.of_bearer(token, now).await?;
    // Unknown, expired or revoked, or its session has ended, or its account no longer exists.
    let account = account.ok_or_else(|| Kind::TokenInvalid.problem())?;
    let only_reads = matches!(*method, Method::GET | Method::HEAD);
    if account.access.scope == Scope::Read && !only_reads {
        return Err(Kind::ScopeTooSmall.problem());
    }
    Ok(Actor::Account(Box::new(account)))
}

/// Refuses changes by cookie that do not come from our own pages. A token needs no check: other sites cannot send it.
async fn same_origin(State(web): State<Web>, request: Request, next: Next) -> Response {
    let by_token = request.headers().contains_key(header::AUTHORIZATION);
    if by_token || security::is_same_origin(&request, &web.hosts) {
        next.run(request).await
    } else {
        security::log_foreign_origin(&web.app_state, &request);
        Kind::ForeignOrigin.problem().into_response()
    }
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
