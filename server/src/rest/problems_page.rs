//! `/problems`: a page that explains every problem type. The address of a type leads there.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::http::security;
use crate::rest::problem::all_kinds;

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/problems", get(list)).route("/problems/{name}", get(one))
}

async fn list() -> Response {
    let mut body = String::from(
        "<h1>Problems of the API</h1>\
         <p>Each refusal of <a href=\"/api-docs/\">the API</a> names one of these as its type. \
         Whatever it is, nothing was changed, but for a wrong code, which uses up a try.</p><dl>",
    );
    for kind in all_kinds() {
        // Not escaped: the texts are constants of ours without special characters of HTML.
        let _ = write!(
            body,
            "<dt id=\"{name}\"><strong>{name}</strong> ({status})</dt><dd><p>{title}. {advice}</p></dd>",
            name = kind.name,
            status = kind.status,
            title = kind.title,
            advice = kind.long_advice(),
        );
    }
    body.push_str("</dl>");
    let page = security::plain_page("Problems of the API", &body);
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// Redirects the address of a problem type to its place in the list.
async fn one(Path(name): Path<String>) -> Response {
    match all_kinds().iter().find(|kind| kind.name == name) {
        Some(kind) => Redirect::permanent(&format!("/problems#{}", kind.name)).into_response(),
        None => Redirect::to("/problems").into_response(),
    }
}
