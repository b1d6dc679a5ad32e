//! Middleware that accepts only requests to one of our hosts, with a method we know, and with a target (RFC 9112, 3.2)
//! whose path and query are valid text, so that everything behind it can rely on that.

use app::i18n::text;
use app::links;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::hosts::Hosts;
use super::{Web, security};
use crate::rest::ROOT;
use crate::rest::problem::{Kind, Problem};

/// The longest path with its query. RFC 9110, 4.1 recommends at least 8000 bytes. More, so that a page can say which
/// field of a search was too long.
const TARGET_BYTES_MAX: usize = 16 * 1024;
/// What some route uses. Others, such as `TRACE`, are refused before a route is chosen.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];
/// Load balancers ask these by the address of the machine.
const FOR_ANY_HOST: [&str; 2] = ["/healthz", "/readyz"];

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Unreadable,
    TooLong,
    UnknownMethod,
    /// There is no host, more than one, or it is not the name of a host.
    HostUnreadable,
    ForeignHost,
}

/// Refuses every other request with an error page, a sentence or a problem.
pub async fn readable(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    match read(&request, &web.hosts) {
        Ok(target) => {
            *request.uri_mut() = target;
            next.run(request).await
        }
        Err(refusal) => {
            let mut response = if request.uri().path().starts_with(ROOT) {
                refusal.problem(&web.site.public_url).into_response()
            } else {
                refusal.page(&web.site.public_url)
            };
            if refusal == Refusal::UnknownMethod {
                let names = METHODS.map(|method| method.to_string()).join(", ");
                if let Ok(names) = HeaderValue::from_str(&names) {
                    response.headers_mut().insert(header::ALLOW, names);
                }
            }
            response
        }
    }
}

/// The target as a path with its query. The absolute form (3.2.2) is accepted, as every server must; its host counts
/// instead of that of the header. `host:80` and `*` are refused.
fn read(request: &Request, hosts: &Hosts) -> Result<Uri, Refusal> {
    let target = request.uri();
    let path = target.path_and_query().filter(|path| path.as_str().starts_with('/'));
    let path = path.ok_or(Refusal::Unreadable)?;
    let has_odd_form = match (target.scheme_str(), target.authority()) {
        (None, None) => false,
        (Some(scheme), Some(_)) => scheme != "http" && scheme != "https",
        _ => true,
    };
    if path.as_str().len() > TARGET_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    if has_odd_form || !is_text(path.as_str()) || is_decoded_twice(path.path()) {
        return Err(Refusal::Unreadable);
    }
    if !METHODS.contains(request.method()) {
        return Err(Refusal::UnknownMethod);
    }
    if !FOR_ANY_HOST.contains(&path.path()) {
        let named = target.authority().map(|authority| authority.as_str());
        let host = named.or_else(|| host_header(request.headers()));
        match host.and_then(|host| hosts.answers(host)) {
            None => return Err(Refusal::HostUnreadable),
            Some(false) => return Err(Refusal::ForeignHost),
            Some(true) => {}
        }
    }
    Ok(Uri::from(path.clone()))
}

/// The only `Host` header of a request.
fn host_header(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::HOST).iter();
    let host = lines.next()?.to_str().ok()?;
    lines.next().is_none().then_some(host)
}

/// Valid UTF-8 without NUL, which PostgreSQL refuses; also when decoded twice, as the pages' router does.
fn is_text(encoded: &str) -> bool {
    let Ok(once) = percent_decode_str(encoded).decode_utf8() else { return false };
    !percent_decode_str(&once).decode_utf8_lossy().contains('\0')
}

/// Would a path that is decoded twice, as the pages' router does, be another one than after decoding it once? No path
/// of ours needs that; it only hides what a check has looked for.
fn is_decoded_twice(path: &str) -> bool {
    let Ok(once) = percent_decode_str(path).decode_utf8() else { return true };
    percent_decode_str(&once).decode_utf8_lossy() != once
}

impl Refusal {
    fn problem(self, public_url: &str) -> Problem {
        match self {
            Self::Unreadable => Kind::Malformed.with(text!("problem-address-unreadable")),
            Self::TooLong => Kind::Malformed.with(text!("error-address-too-long")),
            Self::UnknownMethod => Kind::MethodNotAllowed.problem(),
            Self::HostUnreadable => Kind::Malformed.with(text!("error-host-unreadable")),
            Self::ForeignHost => Kind::Misdirected.with(text!("error-host", address = public_url)),
        }
    }

    fn page(self, public_url: &str) -> Response {
        let (status, sentence) = match self {
            Self::Unreadable => return unreadable(),
            Self::TooLong => (StatusCode::URI_TOO_LONG, text!("error-address-too-long")),
            Self::UnknownMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, text!("problem-method-not-allowed"))
            }
            Self::HostUnreadable => (StatusCode::BAD_REQUEST, text!("error-host-unreadable")),
            Self::ForeignHost => {
                (StatusCode::MISDIRECTED_REQUEST, text!("error-host", address = public_url))
            }
        };
        (status, security::plain_text(&sentence)).into_response()
    }
}

fn unreadable() -> Response {
    let title = text!("error-address-title");
    let actions = [
        (links::page("/doctors"), text!("layout-find-doctor")),
        (links::page("/"), text!("failure-home")),
    ];
    let content = security::message(&title, &text!("error-address-lead"), &actions);
    let page = security::plain_page(&title, &content);
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::BAD_REQUEST, kind, page).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use proptest::prelude::*;

    use super::*;
    use crate::http::hosts::tests::hosts;

    fn checked(method: &str, target: &str, host: &[&str]) -> Result<String, Refusal> {
        let mut request = Request::builder().method(method).uri(target);
        for host in host {
            request = request.header(header::HOST, *host);
        }
        let request = request.body(Body::empty()).expect("a request");
        read(&request, &hosts("production")).map(|read| read.to_string())
    }

    fn target(text: &str) -> Result<String, Refusal> {
        checked("GET", text, &["nadi.example"])
    }

    #[test]
    fn only_a_path_of_ours_is_a_target() {
        for ours in ["/", "/doctors?q=a%20b", "//x:99999/", "/a?q=100%25", "/?q=%"] {
            assert_eq!(target(ours).as_deref(), Ok(ours));
        }
        assert_eq!(target("https://Nadi.example/a?b=c").as_deref(), Ok("/a?b=c"));
        assert_eq!(target("https://nadi.example").as_deref(), Ok("/"));
        for odd in ["*", "example.com", "example.com:80", "nadi.example:443", "ftp://nadi.example/"]
        {
            assert_eq!(target(odd), Err(Refusal::Unreadable), "{odd}");
        }
        for foreign in ["http://evil.example/", "https://nadi.example.evil.example:443/"] {
            assert_eq!(target(foreign), Err(Refusal::ForeignHost), "{foreign}");
        }
        let with_user = "https://nadi.example@evil.example/";
        assert_eq!(target(with_user), Err(Refusal::HostUnreadable));
    }

    /// RFC 9112, 3.2: a request names one host, and with the absolute form the header does not count.
    #[test]
    fn a_request_names_one_host_of_ours() {
        let to = |host: &[&str]| checked("GET", "/doctors", host).map(|_| ());
        assert_eq!(to(&["nadi.example"]), Ok(()));
        assert_eq!(to(&["nadi.internal:3000"]), Ok(()));
        assert_eq!(to(&["evil.example"]), Err(Refusal::ForeignHost));
        for unreadable in [&[][..], &[""], &["nadi.example", "nadi.example"], &["a/b"], &["a b"]] {
            assert_eq!(to(unreadable), Err(Refusal::HostUnreadable), "{unreadable:?}");
        }
        let absolute = |host| checked("GET", "https://nadi.example/a", &[host]);
        assert_eq!(absolute("evil.example").as_deref(), Ok("/a"));
        let absolute = checked("GET", "https://evil.example/a", &["nadi.example"]);
        assert_eq!(absolute, Err(Refusal::ForeignHost));
        for health in ["/healthz", "/readyz"] {
            assert!(checked("GET", health, &["10.1.2.3"]).is_ok(), "{health}");
            assert!(checked("GET", health, &[]).is_ok(), "{health}");
        }
        assert_eq!(checked("GET", "/healthz/x", &["10.1.2.3"]), Err(Refusal::ForeignHost));
    }

    #[test]
    fn odd_methods_and_long_targets_are_refused() {
        let own = ["nadi.example"];
        for method in ["TRACE", "CONNECT", "PROPFIND", "get", "X"] {
            assert_eq!(checked(method, "/", &own), Err(Refusal::UnknownMethod), "{method}");
        }
        let path = |length: usize| format!("/{}", "a".repeat(length - 1));
        assert!(checked("GET", &path(TARGET_BYTES_MAX), &own).is_ok());
        let long = path(TARGET_BYTES_MAX + 1);
        assert_eq!(checked("GET", &long, &own), Err(Refusal::TooLong));
        let long = format!("https://nadi.example{long}");
        assert_eq!(checked("GET", &long, &own), Err(Refusal::TooLong));
    }

    #[test]
    fn addresses_are_text() {
        for bad in ["/%00", "/?a=%00", "/%2500", "/?%00", "/%ff", "/?a=%C3%28", "/?a=%ED%A0%80"] {
            assert_eq!(target(bad), Err(Refusal::Unreadable), "{bad}");
        }
    }

    #[test]
    fn no_path_is_another_one_when_it_is_decoded_again() {
        for twice in
            ["/doctors%252fasha-naik", "/%252e%252e/x", "/a%2541", "/a%25C3%25A9", "/%25%32%66"]
        {
            assert_eq!(target(twice), Err(Refusal::Unreadable), "{twice}");
        }
        for once in ["/100%25", "/a%20b", "/%25zz", "/a?q=%252f", "/a?next=%2Fb%3Fc%3D%2525"] {
            assert_eq!(target(once).as_deref(), Ok(once));
        }
    }

    proptest! {
        /// Every accepted target can be decoded once or twice, and has no NUL.
        #[test]
        fn what_comes_through_is_text(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            let encoded: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
            let read = target(&format!("/x?q={encoded}"));
            let fits = std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains('\0'));
            // Bytes that spell another `%00` are refused, too.
            let nested = bytes.windows(3).any(|three| three == b"%00");
            prop_assert_eq!(read.is_ok(), fits && !nested);
        }
    }
}
