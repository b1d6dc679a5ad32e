//! Middleware that protects every request and response: time and size limits, the same-origin check, security
//! headers, and error pages that need nothing else to work.

use std::any::Any;
use std::sync::LazyLock;
use std::time::Duration;

use app::error::FormFailure;
use app::fns::busy::{AddBusyAddress, AddBusyFile, FORM_BYTES_MAX};
use app::i18n::{self, text};
use app::{links, messages};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_SECURITY_POLICY as CONTENT_POLICY;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http_body_util::{BodyExt, Limited};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use nadi::Failure;
use nadi::input::return_path;
use url::Url;

use super::{ANSWER_WITHIN, BODY_BYTES_MAX, Web};

/// How much of a too large upload is read and discarded, so that the browser gets to read the answer.
const DRAINED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The time limit for a calendar to be uploaded or fetched and read: 10 MB on a slow line.
const CALENDAR_WITHIN: Duration = Duration::from_secs(120);

/// Answers 503 when a request takes too long.
pub async fn bounded_time(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let calendar = path == AddBusyFile::PATH || path == AddBusyAddress::PATH;
    let within = if calendar { CALENDAR_WITHIN } else { ANSWER_WITHIN };
    let answer = tokio::time::timeout(within, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// Refuses changes that do not come from our own pages (CSRF protection). Browsers send the origin of a POST; a
/// client that sends none is not a browser, and has no cookie that could be misused.
pub async fn same_origin(State(web): State<Web>, request: Request, next: Next) -> Response {
    if is_same_origin(&request, &web.public_origin) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, plain_text(&text!("problem-foreign-origin"))).into_response()
    }
}

/// Is the method safe, or does the request come from our own pages?
pub fn is_same_origin(request: &Request, public_origin: &str) -> bool {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    safe || is_from_our_site(request.headers(), public_origin)
}

fn is_from_our_site(headers: &HeaderMap, public_origin: &str) -> bool {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    match text(header::ORIGIN) {
        Some(origin) => {
            let host = text(header::HOST).unwrap_or_default();
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            origin == public_origin || (!host.is_empty() && authority == Some(host))
        }
        None => {
            let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
            matches!(site, None | Some("same-origin" | "none"))
        }
    }
}

/// Refuses a request whose `Content-Length` is too large, and cuts off a body that turns out to be.
pub async fn bounded_body(request: Request, next: Next) -> Response {
    let bytes_max = body_bytes_max(request.uri().path());
    if announces_more(request.headers(), bytes_max) {
        if let Some(form) = form_of_large_file(&request) {
            // A browser reads the answer only after it has sent the whole body.
            drop(Limited::new(request.into_body(), DRAINED_BYTES_MAX).collect().await);
            return Redirect::to(&form).into_response();
        }
        let text = messages::failure(&Failure::TooLarge);
        return (StatusCode::PAYLOAD_TOO_LARGE, plain_text(&text)).into_response();
    }
    let request = request.map(|body| Body::new(Limited::new(body, bytes_max)));
    next.run(request).await
}

/// For a form without scripts whose file is too large: the address of its page, with the failure.
fn form_of_large_file(request: &Request) -> Option<String> {
    let text = |name| request.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let is_form = request.uri().path() == AddBusyFile::PATH
        && text(header::ACCEPT).is_some_and(|accepts| accepts.contains("text/html"));
    let page = text(header::REFERER).filter(|_| is_form)?;
    let failure = FormFailure(Failure::TooLarge);
    let page = ServerFnUrlError::new(AddBusyFile::PATH, failure).to_url(page).ok()?;
    Some(on_our_site(page.as_str()))
}

/// An address to redirect to, without what would lead to another site: of a whole address only path and query.
pub fn on_our_site(address: &str) -> String {
    let Ok(url) = Url::parse(address) else { return return_path(address).to_owned() };
    // Of other schemes, such as `javascript:`, the path is no path.
    if !matches!(url.scheme(), "http" | "https") {
        return "/".to_owned();
    }
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    // Two slashes in front would begin with a host.
    format!("/{}{query}", url.path().trim_start_matches('/'))
}

/// The largest body for a path: more for the form with a file.
fn body_bytes_max(path: &str) -> usize {
    if path == AddBusyFile::PATH { FORM_BYTES_MAX } else { BODY_BYTES_MAX }
}

/// Is the announced `Content-Length` too large?
pub fn announces_too_much(headers: &HeaderMap) -> bool {
    announces_more(headers, BODY_BYTES_MAX)
}

fn announces_more(headers: &HeaderMap, bytes_max: usize) -> bool {
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    announced.is_some_and(|bytes| bytes > bytes_max)
}

/// A sentence as plain text, with a line break at its end.
pub fn plain_text(sentence: &str) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sentence}\n"))
}

/// The Content-Security-Policy: scripts only from our site (including WebAssembly) or with this page's nonce, no
/// framing, forms only to our site.
pub fn content_policy(nonce: Option<&str>) -> String {
    content_policy_with(&nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default())
}

/// The same with further sources of scripts, each preceded by a space.
pub fn content_policy_with(sources: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{sources}; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

static POLICY: LazyLock<Option<HeaderValue>> =
    LazyLock::new(|| HeaderValue::from_str(&content_policy(None)).ok());

pub async fn secure_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(policy) = POLICY.as_ref().filter(|_| !headers.contains_key(CONTENT_POLICY)) {
        headers.insert(CONTENT_POLICY, policy.clone());
    }
    for (name, value) in [
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(self)"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|v| v.to_str().is_ok_and(|v| v.starts_with("text/html")));
    if is_page && !headers.contains_key(header::CACHE_CONTROL) {
        // Pages contain free times and personal data, so neither the back button nor a proxy may show an old one.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Answers a request that panicked: an error page, and a line in the log without personal data.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    log_panic(&*panic);
    error_page(StatusCode::INTERNAL_SERVER_ERROR, &text!("error-internal-title"))
}

/// Logs a panic.
pub fn log_panic(panic: &(dyn Any + Send)) {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(panic = text, "a request panicked");
}

/// The answer when the database is unreachable.
pub fn unavailable() -> Response {
    let mut response =
        error_page(StatusCode::SERVICE_UNAVAILABLE, &text!("failure-title-unavailable"));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// The answer when too many requests are being handled.
pub fn busy() -> Response {
    let mut response = error_page(StatusCode::SERVICE_UNAVAILABLE, &text!("failure-title-busy"));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

fn error_page(status: StatusCode, title: &str) -> Response {
    let lead = text!("error-page-lead");
    let home = (links::page("/"), text!("failure-home"));
    let page = plain_page(title, &message(title, &lead, &[home]));
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// The content of a plain page, as HTML: a heading, a paragraph and links, each with its address and its text. The last
/// link is the least important one.
pub fn message(title: &str, lead: &str, actions: &[(String, String)]) -> String {
    let last = actions.len().saturating_sub(1);
    let buttons: String = actions
        .iter()
        .enumerate()
        .map(|(at, (address, label))| {
            let variant = if at == last { "secondary" } else { "primary" };
            format!(
                "<a class=\"button\" data-variant=\"{variant}\" href=\"{}\">{}</a>",
                escaped(address),
                escaped(label)
            )
        })
        .collect();
    format!(
        "<section class=\"narrow\"><header class=\"page-head\"><h1>{}</h1>\
         <p class=\"lead\">{}</p></header><p class=\"actions\">{buttons}</p></section>",
        escaped(title),
        escaped(lead)
    )
}

/// A page in the site's design that needs nothing that could fail. The title is text, the body HTML.
pub fn plain_page(title: &str, body: &str) -> String {
    let stylesheet = crate::http::assets::stylesheet_url();
    let language = i18n::current();
    format!(
        "<!DOCTYPE html><html lang=\"{code}\" dir=\"{direction}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"{stylesheet}\">\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"></head>\
         <body><header class=\"site-header\"><div class=\"site-header-row\">\
         <a class=\"wordmark\" href=\"{home}\" aria-label=\"{home_label}\">Nadi</a></div></header>\
         <main id=\"content\">{body}</main></body></html>",
        code = language.code(),
        direction = language.direction(),
        title = escaped(&text!("page-title", title)),
        home = links::page("/"),
        home_label = escaped(&text!("layout-home-link")),
    )
}

/// A text as HTML, also inside of an attribute in double quotes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(n, v)| {
            let name: header::HeaderName = n.parse().expect("a name");
            (name, HeaderValue::from_static(v))
        });
        is_from_our_site(&headers.collect(), "https://nadi.example")
    }

    #[test]
    fn a_plain_page_is_in_the_language_of_the_request() {
        let page = plain_page("A < B", "<p>x</p>");
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"), "{page}");
        assert!(page.contains("<title>A &lt; B – Nadi</title>"), "{page}");
        assert!(page.contains("<main id=\"content\"><p>x</p></main>"), "{page}");
    }

    #[test]
    fn every_error_page_says_what_to_do() {
        for title in [text!("error-internal-title"), text!("error-address-title")] {
            assert!(
                title.contains(' ') && !title.ends_with('.') && !title.contains('{'),
                "{title}"
            );
        }
        for lead in [text!("error-page-lead"), text!("error-address-lead")] {
            assert!(lead.ends_with('.') && !lead.contains('{'), "{lead}");
        }
        let actions = [("/a?b&c".to_owned(), "A".to_owned()), ("/".to_owned(), "B".to_owned())];
        let content = message("T", "L", &actions);
        assert!(content.contains("data-variant=\"primary\" href=\"/a?b&amp;c\">A</a>"));
        assert!(content.contains("data-variant=\"secondary\" href=\"/\">B</a>"), "{content}");
    }

    #[test]
    fn no_address_leads_off_the_site() {
        for (address, expected) in [
            ("/doctors?q=a#b", "/doctors?q=a#b"),
            ("https://nadi.example/hi/doctors?q=a", "/hi/doctors?q=a"),
            ("https://evil.example", "/"),
            ("https://evil.example//evil.example/x?a=//b", "/evil.example/x?a=//b"),
            ("https://a\\\\evil.example", "/evil.example"),
            ("//evil.example/x", "/"),
            ("/\\evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("data:text/html,x", "/"),
            ("evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(on_our_site(address), expected, "{address}");
        }
    }

    #[test]
    fn changes_come_from_our_own_pages() {
        assert!(sent(&[("origin", "https://nadi.example"), ("host", "10.0.0.1:3000")]));
        assert!(sent(&[("origin", "http://localhost:3000"), ("host", "localhost:3000")]));
        assert!(sent(&[]), "not a browser");
        assert!(!sent(&[("origin", "https://evil.example"), ("host", "nadi.example")]));
        assert!(!sent(&[("origin", "null"), ("host", "nadi.example")]));
        assert!(!sent(&[
            ("origin", "https://nadi.example.evil.example"),
            ("host", "nadi.example")
        ]));
        assert!(!sent(&[("sec-fetch-site", "cross-site")]));
    }
}
