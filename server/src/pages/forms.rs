//! Forms sent without scripts: when one fails, the browser is redirected back to it with a cookie that holds the
//! typed values for a minute, so that they need not be typed again. Passwords and codes are left out.

use std::collections::HashMap;
use std::io::{self, Read, Write};

use app::context::{TYPED_HEADER, Typed};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::http::BODY_BYTES_MAX;

const COOKIE: &str = "nadi_typed";
const SECRETS: [&str; 2] = ["password", "code"];
/// Browsers drop cookies of more than 4096 bytes.
const COOKIE_BYTES_MAX: usize = 3_500;
/// The decompressed size limit. A cookie that decompresses to more was not made by us.
const TYPED_BYTES_MAX: usize = 64 * 1024;

/// Middleware around pages and server functions: sets the cookie when a plain form fails, and deletes it once shown.
pub async fn keep_typed(request: Request, next: Next) -> Response {
    let request = without_old_failures(request);
    let headers = request.headers();
    let is_form = request.method() == Method::POST
        && request.uri().path().starts_with("/fn/")
        && has(headers, header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        && has(headers, header::ACCEPT, "text/html");
    if !is_form {
        let shown = typed(headers, request.uri()).is_some();
        let mut response = next.run(request).await;
        // A form with a file: only the server function has read it, so it returns the typed values in a header.
        if let Some(typed) = response.headers_mut().remove(TYPED_HEADER) {
            remember(&mut response, typed.as_bytes());
        }
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
    remember(&mut response, &bytes);
    response
}

/// Removes earlier failures from the `Referer`: Leptos adds each failure to the page's address, which would grow with
/// every try.
fn without_old_failures(mut request: Request) -> Request {
    let referer = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let Some((page, query)) = referer.and_then(|referer| referer.split_once('?')) else {
        return request;
    };
    let is_trace = |pair: &&str| pair.starts_with("__path=") || pair.starts_with("__err=");
    let kept: Vec<_> = query.split('&').filter(|pair| !is_trace(pair)).collect();
    let address = match kept.as_slice() {
        [] => page.to_owned(),
        kept => format!("{page}?{}", kept.join("&")),
    };
    if let Ok(address) = HeaderValue::from_str(&address) {
        request.headers_mut().insert(header::REFERER, address);
    }
    request
}

/// Sets the cookie with the typed values if the form failed.
fn remember(response: &mut Response, typed: &[u8]) {
    let location = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
    if location.is_some_and(|location| location.contains("__err="))
        && let Some(value) = encode(typed)
    {
        let cookie = format!("{COOKIE}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        set_cookie(response, &cookie);
    }
}

/// The typed values, if this page is shown again after a form failed.
pub fn typed(headers: &HeaderMap, uri: &Uri) -> Option<Typed> {
    uri.query().filter(|query| query.contains("__err="))?;
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let value = cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
    let bytes = inflate(&bytes)?;
    serde_json::from_slice::<HashMap<String, String>>(&bytes).ok().map(Typed)
}

fn encode(body: &[u8]) -> Option<String> {
    let fields: HashMap<String, String> = url::form_urlencoded::parse(body)
        .filter(|(name, _)| !SECRETS.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    // A form with many lines repeats the same names; compressed, it fits into a cookie.
    let value = deflate(&serde_json::to_vec(&fields).ok()?).ok()?;
    let value = BASE64_URL_SAFE_NO_PAD.encode(value);
    (value.len() <= COOKIE_BYTES_MAX).then_some(value)
}

fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// `None`: the bytes are not valid, or decompress to more than [`TYPED_BYTES_MAX`].
fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    // One byte more than is allowed, so that a text that is too long can be told from one that just fits.
    let limit = TYPED_BYTES_MAX as u64 + 1;
    DeflateDecoder::new(bytes).take(limit).read_to_end(&mut inflated).ok()?;
    (inflated.len() <= TYPED_BYTES_MAX).then_some(inflated)
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
    use sha2::{Digest, Sha256};

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
        assert!(crate::pages::forms::typed(&headers, &Uri::from_static("/register")).is_none());
    }

    #[test]
    fn a_week_of_hours_is_kept() {
        let mut body = String::from("doctor=01a1fd8a-b716-7570-bd29-e80dba2a63e5&own=true");
        for line in 0..17 {
            for (field, value) in [
                (["mo", "tu", "we", "th", "fr", "sa", "su"][line % 7], "yes".to_owned()),
                ("starts_at", format!("{:02}:00", line + 5)),
                ("ends_at", format!("{:02}:40", line + 5)),
                ("slot_minutes", "20".into()),
                ("mode", "in_person".into()),
                ("location", "01a1fd8a-b716-7570-bd29-e80dba2a63e5".into()),
                ("repeats", "1".into()),
                ("rule", String::new()),
                ("effective_from", "2026-11-23".into()),
                ("effective_until", String::new()),
                ("seat_capacity", "1".into()),
                ("buffer_before", "0".into()),
                ("buffer_after", "0".into()),
                ("notice", "0".into()),
                ("window", String::new()),
            ] {
                body.push_str(&format!("&lines%5B{line}%5D%5B{field}%5D={value}"));
            }
        }
        let value = encode(body.as_bytes()).expect("small enough");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("{COOKIE}={value}").parse().expect("a header"));
        let shown_again = Uri::from_static("/calendar/hours?__err=y");
        let typed = typed(&headers, &shown_again).expect("typed");
        assert_eq!(typed.get("lines[16][starts_at]"), Some("21:00"));
    }

    #[test]
    fn an_address_does_not_grow_with_every_failure() {
        let from = |referer: &'static str| {
            let request = Request::post("/fn/x").header(header::REFERER, referer);
            let request = without_old_failures(request.body(Body::empty()).expect("a request"));
            request.headers()[header::REFERER].to_str().expect("text").to_owned()
        };
        assert_eq!(from("http://a/b?c=d&__path=x&__err=y"), "http://a/b?c=d");
        assert_eq!(from("http://a/b?__path=x&__err=y&__path=x&__err=z"), "http://a/b");
        assert_eq!(from("http://a/b?c=__err=d"), "http://a/b?c=__err=d");
        assert_eq!(from("http://a/b"), "http://a/b");
    }

    #[test]
    fn too_much_is_not_kept() {
        // Digests do not compress.
        let bytes = (0u32..200).flat_map(|n| Sha256::digest(n.to_be_bytes()));
        let noise: String = bytes.map(|byte| format!("{byte:02x}")).collect();
        assert!(encode(format!("name={noise}").as_bytes()).is_none());
    }

    #[test]
    fn a_cookie_that_unfolds_without_end_is_left_alone() {
        let bomb = deflate(&vec![b' '; 10 * TYPED_BYTES_MAX]).expect("deflated");
        let mut headers = HeaderMap::new();
        let value = BASE64_URL_SAFE_NO_PAD.encode(bomb);
        headers.insert(header::COOKIE, format!("{COOKIE}={value}").parse().expect("a header"));
        assert!(typed(&headers, &Uri::from_static("/register?__err=y")).is_none());
    }

    #[test]
    fn what_unfolds_into_just_as_much_as_is_allowed_is_read() {
        let inflated = |length| inflate(&deflate(&vec![b' '; length]).expect("deflated"));
        assert_eq!(inflated(TYPED_BYTES_MAX).map(|bytes| bytes.len()), Some(TYPED_BYTES_MAX));
        assert_eq!(inflated(TYPED_BYTES_MAX + 1), None);
    }

    #[test]
    fn a_damaged_cookie_is_left_alone() {
        let whole = deflate(b"{\"name\":\"Asha\"}").expect("deflated");
        assert_eq!(inflate(&whole[..whole.len() - 4]), None);
    }
}
