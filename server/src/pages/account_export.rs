//! An account's data as a file. A server function cannot answer with one.

use app::links;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use nadi::Failure;
use nadi::actor::Caller;

use crate::http::Web;
use crate::http::security::plain_text;

const PAGE: &str = "/account/export";

/// `POST /account/export`, sent by the form on the page of this address.
pub async fn export(State(web): State<Web>, Extension(caller): Extension<Caller>) -> Response {
    match web.ports.accounts.export(&caller).await {
        Ok(document) => file(document, &caller),
        Err(Failure::SignInFirst) => {
            Redirect::to(&links::sign_in(&links::page(PAGE))).into_response()
        }
        Err(Failure::ProveAgain) => {
            Redirect::to(&links::sign_in_again(&links::page(PAGE))).into_response()
        }
        Err(failure) => {
            let status = StatusCode::from_u16(failure.status());
            let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            (status, plain_text(&app::messages::failure(&failure))).into_response()
        }
    }
}

fn file(document: String, caller: &Caller) -> Response {
    let name = format!("attachment; filename=\"nadi-{}.json\"", caller.now.format("%Y-%m-%d"));
    let mut response = document.into_response();
    let headers = response.headers_mut();
    for (header, value) in [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(header, HeaderValue::from_static(value));
    }
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
