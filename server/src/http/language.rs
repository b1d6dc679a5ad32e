//! The language of each request: of a page by its path (`/hi/doctors`; without a prefix it is English), of the API by
//! `Accept-Language`.

use app::i18n::{self, Language};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::rest::ROOT;

/// Outermost middleware, before the routes: takes the language out of the path, so that everything behind it sees the
/// path of the English page.
pub async fn from_request(mut request: Request, next: Next) -> Response {
    let language = language_of(&request);
    if let Some(uri) = without_prefix(request.uri()) {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(language);
    let is_api = is_api(request.uri().path());
    let mut response = i18n::scope(language, next.run(request)).await;
    if is_api {
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
    }
    response
}

/// Middleware for what may run in a task of its own, such as an answer that several requests wait for.
pub async fn scoped(request: Request, next: Next) -> Response {
    let language = of(&request);
    i18n::scope(language, next.run(request)).await
}

/// The language that [`from_request`] has found.
pub fn of(request: &Request) -> Language {
    request.extensions().get().copied().unwrap_or_else(Language::english)
}

fn language_of(request: &Request) -> Language {
    if is_api(request.uri().path()) {
        accepted(request.headers()).unwrap_or_else(Language::english)
    } else {
        Language::of_path(request.uri().path()).0
    }
}

/// The language that a browser or program wishes for, if it exists here.
pub fn accepted(headers: &HeaderMap) -> Option<Language> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| Language::accepted(value.to_str().ok()?))
}

/// The API, and the pages that describe its problems.
fn is_api(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The address without its language; `None` if it has none. Only pages have one: `/hi/api/v1` does not exist.
fn without_prefix(uri: &Uri) -> Option<Uri> {
    let (language, path) = Language::of_path(uri.path());
    if language.is_english() || is_api(path) {
        return None;
    }
    let address = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    address.parse().ok()
}
