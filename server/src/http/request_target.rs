//! Middleware that accepts only request targets (RFC 9112, 3.2) whose path and query are valid text, so that
//! everything behind it can rely on that.

use app::i18n::text;
use app::links;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::{Web, security};
use crate::rest::ROOT;
use crate::rest::problem::Kind;

/// Refuses every other request target with an error page or a problem.
pub async fn readable(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    match read(request.uri(), &web.public_origin) {
        Some(target) => {
            *request.uri_mut() = target;
            next.run(request).await
        }
        None if request.uri().path().starts_with(ROOT) => {
            Kind::Malformed.with(text!("problem-address-unreadable")).into_response()
        }
        None => refused(),
    }
}

/// The target as a path with its query. The absolute form is accepted when its origin is ours, as every server must
/// (3.2.2); `host:80` and `*` are refused. `None` when it is not acceptable.
fn read(target: &Uri, public_origin: &str) -> Option<Uri> {
    let path = target.path_and_query().filter(|path| path.as_str().starts_with('/'))?;
    let origin = match (target.scheme_str(), target.authority()) {
        (None, None) => None,
        (scheme, authority) => Some(format!("{}://{}", scheme?, authority?)),
    };
    let is_ours = origin.is_none_or(|origin| origin.eq_ignore_ascii_case(public_origin));
    (is_ours && is_text(path.as_str())).then(|| Uri::from(path.clone()))
}

/// Valid UTF-8 without NUL, which PostgreSQL refuses; also when decoded twice, as the pages' router does.
fn is_text(encoded: &str) -> bool {
    let Ok(once) = percent_decode_str(encoded).decode_utf8() else { return false };
    !percent_decode_str(&once).decode_utf8_lossy().contains('\0')
}

fn refused() -> Response {
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
    use proptest::prelude::*;

    use super::*;

    fn target(text: &str) -> Option<String> {
        let target: Uri = text.parse().expect("a target");
        read(&target, "https://nadi.example").map(|read| read.to_string())
    }

    #[test]
    fn only_a_path_of_ours_is_a_target() {
        for ours in ["/", "/doctors?q=a%20b", "//x:99999/", "/a?q=100%25", "/?q=%"] {
            assert_eq!(target(ours).as_deref(), Some(ours));
        }
        assert_eq!(target("https://Nadi.example/a?b=c").as_deref(), Some("/a?b=c"));
        assert_eq!(target("https://nadi.example").as_deref(), Some("/"));
        for foreign in [
            "*",
            "example.com",
            "example.com:80",
            "nadi.example:443",
            "http://nadi.example/",
            "https://nadi.example:444/",
            "https://nadi.example@evil.example/",
        ] {
            assert_eq!(target(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn addresses_are_text() {
        for bad in ["/%00", "/?a=%00", "/%2500", "/?%00", "/%ff", "/?a=%C3%28", "/?a=%ED%A0%80"] {
            assert_eq!(target(bad), None, "{bad}");
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
            prop_assert_eq!(read.is_some(), fits && !nested);
        }
    }
}
