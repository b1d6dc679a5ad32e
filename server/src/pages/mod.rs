//! Pages, server functions and calendar files over HTTP: parse the request, call the ports, reply.

pub(crate) mod account_export;
pub(crate) mod calendar_files;
pub(crate) mod forms;
pub(crate) mod security_txt;
pub(crate) mod sitemap;
mod typed_cookies;

use std::sync::Arc;

use app::error::FormFailure;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context, render_app_async_with_context};
use nadi::actor::Caller;
use nadi::ports::BrowserSession;

use crate::http::{BODY_BYTES_MAX, Web, security, session_cookie};

/// Provides the context of pages and server functions.
fn context(web: &Web, request: &Request) -> impl Fn() + Clone + Send + Sync + 'static + use<> {
    let site = web.site.clone();
    let ports = web.ports.clone();
    let caller = request.extensions().get::<Caller>().cloned();
    let session: Option<Arc<dyn BrowserSession>> = session_cookie::control(request);
    let (typed, waiting) = (forms::typed(request), forms::waiting(request));
    move || {
        allow_own_scripts();
        provide_context(site.clone());
        provide_context(ports.clone());
        if let Some(caller) = &caller {
            provide_context(caller.clone());
        }
        if let Some(session) = &session {
            provide_context(session.clone());
        }
        if let Some(typed) = &typed {
            provide_context(typed.clone());
        }
        if let Some(waiting) = &waiting {
            provide_context(waiting.clone());
        }
    }
}

/// Sets a Content-Security-Policy that allows the nonce of the scripts that Leptos writes into this page.
fn allow_own_scripts() {
    let policy = security::content_policy(use_nonce().as_deref());
    if let (Some(options), Ok(policy)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy))
    {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

pub async fn render(web: Web, request: Request) -> Response {
    let site = web.site.clone();
    let handler =
        render_app_async_with_context(context(&web, &request), move || app::shell(site.clone()));
    handler(request).await
}

pub async fn server_function(
    axum::extract::State(web): axum::extract::State<Web>,
    request: Request,
) -> Response {
    let context = context(&web, &request);
    let response = handle_server_fns_with_context(context, request).await.into_response();
    let response = redirected_on_our_site(response);
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        return with_status_of_failure(response).await;
    }
    response
}

/// Leptos redirects a plain form to the page in its `Referer`, which can be any address if somebody else has made the
/// request. Only path and query of it count.
fn redirected_on_our_site(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let Some(location) = headers.get(header::LOCATION) else { return response };
    let address = location.to_str().map_or("/".to_owned(), security::on_our_site);
    let address = HeaderValue::from_str(&address).unwrap_or(HeaderValue::from_static("/"));
    headers.insert(header::LOCATION, address);
    response
}

/// Leptos answers every failure of a server function with 500; replaces it with the failure's own status.
async fn with_status_of_failure(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    if let Ok(FormFailure(failure)) = serde_json::from_slice(&bytes)
        && let Ok(status) = StatusCode::from_u16(failure.status())
    {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(bytes))
}
