//! Middleware that protects every request and response: the time limit, the same-origin check, security
//! headers, and error pages that need nothing else to work.

use std::any::Any;
use std::sync::LazyLock;
use std::time::Duration;

use app::fns::busy::{AddBusyAddress, AddBusyFile};
use app::i18n::{self, text};
use app::links;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_SECURITY_POLICY as CONTENT_POLICY;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::server_fn::ServerFn;
use nadi::input::return_path;
use url::Url;

use super::hosts::Hosts;
use super::{ANSWER_WITHIN, UPLOAD_WITHIN, Web, source, trace};
use crate::state::AppState;
use crate::{panics, security_log};

/// The time limit for a calendar to be uploaded or fetched, and then read.
const CALENDAR_WITHIN: Duration = UPLOAD_WITHIN.saturating_add(Duration::from_secs(60));

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
pub async fn same_origin(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    if is_same_origin(&request, &web.hosts) {
        forget_foreign_referer(request.headers_mut(), &web.hosts);
        next.run(request).await
    } else {
        log_foreign_origin(&web.app_state, &request);
        (StatusCode::FORBIDDEN, plain_text(&text!("problem-foreign-origin"))).into_response()
    }
}

/// Logs that another site has sent this request.
pub fn log_foreign_origin(app_state: &AppState, request: &Request) {
    let (network, id) = (source::network_of(request), trace::request_id(request));
    security_log::foreign_origin(app_state, network, id);
}

/// A form without scripts is answered with a redirect to where it came from, which must be a page of ours.
fn forget_foreign_referer(headers: &mut HeaderMap, hosts: &Hosts) {
    let Some(referer) = headers.get(header::REFERER) else { return };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let page = referer.to_str().ok().and_then(|page| Url::parse(page).ok());
    let origin = page.map(|page| page.origin().ascii_serialization());
    if !origin.is_some_and(|origin| hosts.accepts_changes(&origin, host)) {
        headers.remove(header::REFERER);
    }
}

/// Is the method safe, or does the request come from our own pages?
pub fn is_same_origin(request: &Request, hosts: &Hosts) -> bool {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    safe || is_from_our_site(request.headers(), hosts)
}

fn is_from_our_site(headers: &HeaderMap, hosts: &Hosts) -> bool {
    // No browser sends one of these twice, or one that is not text: then it names no site of ours.
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?;
        let text = value.to_str().ok().filter(|_| values.next().is_none());
        Some(text.unwrap_or("unreadable"))
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match only("origin") {
        Some(origin) => hosts.accepts_changes(origin, host),
        None => matches!(only("sec-fetch-site"), None | Some("same-origin" | "none")),
    }
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

/// A sentence as plain text, with a line break at its end.
pub fn plain_text(sentence: &str) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{sentence}\n"))
}

/// The Content-Security-Policy: scripts only from our site (including WebAssembly) or with this page's nonce, styles only
/// from our site, no framing, forms only to our site.
pub fn content_policy(nonce: Option<&str>) -> String {
    content_policy_with(&nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default())
}

/// The same with further sources of scripts, each preceded by a space.
pub fn content_policy_with(sources: &str) -> String {
    policy(sources, "")
}

/// The policy of the API's reference: Swagger UI writes styles into its page.
pub fn api_reference_policy() -> String {
    policy("", " 'unsafe-inline'")
}

fn policy(scripts: &str, styles: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; \
         style-src 'self'{styles}; img-src 'self' data:; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

static POLICY: LazyLock<Option<HeaderValue>> =
    LazyLock::new(|| HeaderValue::from_str(&content_policy(None)).ok());

/// A year, in seconds. The operator says whether the names below the site's are theirs.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
const HTTPS_ONLY_BELOW: HeaderValue =
    HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Sets the security headers of every answer.
pub async fn secure_headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if web.app_state.site.is_https() {
        let below = web.app_state.settings.https_subdomains;
        let value = if below { HTTPS_ONLY_BELOW } else { HTTPS_ONLY };
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let headers = response.headers_mut();
    if let Some(policy) = POLICY.as_ref().filter(|_| !headers.contains_key(CONTENT_POLICY)) {
        headers.insert(CONTENT_POLICY, policy.clone());
    }
    for (name, value) in [
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(self)"),
        // No other site may keep a handle on our windows, or embed what we answer.
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
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

/// Answers a request whose path does not have its method. The router adds the header `Allow`.
pub async fn method_not_allowed() -> Response {
    let sentence = text!("problem-method-not-allowed");
    (StatusCode::METHOD_NOT_ALLOWED, plain_text(&sentence)).into_response()
}

/// Answers a request that panicked: an error page, and a line in the log without personal data.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    log_panic(&*panic);
    error_page(StatusCode::INTERNAL_SERVER_ERROR, &text!("error-internal-title"))
}

/// Logs that a request panicked; [`crate::panics`] has logged where. Only a text without values is repeated.
pub fn log_panic(panic: &(dyn Any + Send)) {
    tracing::error!(panic = panics::fixed_text(panic), "a request panicked");
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

/// The answer when a form has not arrived in time.
pub fn too_slow() -> Response {
    error_page(StatusCode::REQUEST_TIMEOUT, &text!("error-too-slow-title"))
}

pub fn error_page(status: StatusCode, title: &str) -> Response {
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
    use crate::http::hosts::tests::hosts;

    fn sent(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(n, v)| {
            let name: header::HeaderName = n.parse().expect("a name");
            (name, HeaderValue::from_static(v))
        });
        is_from_our_site(&headers.collect(), &hosts("production"))
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
        for title in [
            text!("error-internal-title"),
            text!("error-address-title"),
            text!("error-too-slow-title"),
        ] {
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
        assert!(!sent(&[("origin", "http://nadi.example"), ("host", "nadi.example")]), "no TLS");
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
