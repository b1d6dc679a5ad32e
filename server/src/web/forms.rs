//! Forms sent without scripts: when one fails, the browser is led back to it with a cookie that
//! keeps what was typed for a minute, so that nobody types it twice. Secrets are left out.

use std::collections::HashMap;

use app::context::Typed;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::BODY_BYTES_MAX;

const COOKIE: &str = "nadi_typed";
const SECRETS: [&str; 2] = ["password", "code"];
/// Browsers drop cookies past 4096 bytes.
const COOKIE_BYTES_MAX: usize = 3_500;

/// Wraps server functions: remembers what was typed when a plain form fails, and forgets it when shown.
pub async fn keep_typed(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_form = request.method() == Method::POST
        && request.uri().path().starts_with("/fn/")
        && has(headers, header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        && has(headers, header::ACCEPT, "text/html");
    if !is_form {
        let shown = typed(headers, request.uri()).is_some();
        let mut response = next.run(request).await;
        if shown {
            set_cookie(
                &mut response,
                &format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
            );
        }
        return response;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let request = Request::from_parts(parts, Body::from(bytes.clone()));
    let mut response = next.run(request).await;
    let location = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
    if location.is_some_and(|location| location.contains("__err="))
        && let Some(value) = encode(&bytes)
    {
        set_cookie(
            &mut response,
            &format!("{COOKIE}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"),
        );
    }
    response
}

/// What was typed into the form that this page is shown for again.
pub fn typed(headers: &HeaderMap, uri: &Uri) -> Option<Typed> {
    uri.query().filter(|query| query.contains("__err="))?;
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let value = cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
    serde_json::from_slice::<HashMap<String, String>>(&bytes).ok().map(Typed)
}

fn encode(body: &[u8]) -> Option<String> {
    let fields: HashMap<String, String> = url::form_urlencoded::parse(body)
        .filter(|(name, _)| !SECRETS.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let value = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&fields).ok()?);
    (value.len() <= COOKIE_BYTES_MAX).then_some(value)
}

fn has(headers: &HeaderMap, name: header::HeaderName, part: &str) -> bool {
    headers.get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(part))
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_without_its_secrets() {
        let value = encode(b"name=Asha+%26+Co&password=hunter22&code=123456").expect("small");
        let mut headers = HeaderMap::new();
        let cookie = format!("other=1; {COOKIE}={value}");
        headers.insert(header::COOKIE, cookie.parse().expect("a header"));
        let shown_again = Uri::from_static("/register?__path=x&__err=y");
        let typed = typed(&headers, &shown_again).expect("typed");
        assert_eq!(typed.get("name"), Some("Asha & Co"));
        assert_eq!((typed.get("password"), typed.get("code")), (None, None));
        assert!(super::typed(&headers, &Uri::from_static("/register")).is_none());
    }

    #[test]
    fn too_much_is_not_kept() {
        assert!(encode(format!("name={}", "x".repeat(5_000)).as_bytes()).is_none());
    }
}
