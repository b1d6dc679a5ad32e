//! `/problems`: a page that explains every problem type. The address of a type leads there.

use std::fmt::Write as _;

use app::i18n::text;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::http::security::{self, escaped};
use crate::rest::problem::PROBLEMS;
use crate::rest::problem::all_kinds;

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(PROBLEMS, get(list)).route(&format!("{PROBLEMS}/{{name}}"), get(one))
}

async fn list() -> Response {
    let title = text!("problems-page-title");
    let mut body = format!(
        "<h1>{}</h1><p>{}</p><p><a href=\"/api-docs/\">{}</a></p><dl>",
        escaped(&title),
        escaped(&text!("problems-page-lead")),
        escaped(&text!("problems-page-api-link")),
    );
    for kind in all_kinds() {
        let _ = write!(
            body,
            "<dt id=\"{name}\"><code translate=\"no\">{name}</code> ({status})</dt>\
             <dd><p><strong>{title}</strong></p><p>{advice}</p></dd>",
            name = kind.name(),
            status = kind.status(),
            title = escaped(&kind.title()),
            advice = escaped(&kind.advice()),
        );
    }
    body.push_str("</dl>");
    let page = security::plain_page(&title, &body);
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// Redirects the address of a problem type to its place in the list.
async fn one(Path(name): Path<String>) -> Response {
    match all_kinds().iter().find(|kind| kind.name() == name) {
        Some(kind) => Redirect::permanent(&format!("{PROBLEMS}#{}", kind.name())).into_response(),
        None => Redirect::to(PROBLEMS).into_response(),
    }
}
