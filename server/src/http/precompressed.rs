//! An answer with its `ETag`, compressed once for all browsers that accept it; and how the encoding of an
//! answer is chosen.

use std::io::Write;
use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::http::session_cookie;

/// Anything smaller fits into one packet as it is.
const COMPRESSED_FROM_BYTES: usize = 1024;
/// Takes 2 ms for a long page.
const BROTLI_QUALITY: i32 = 5;
const BROTLI_QUALITY_MAX: i32 = 11;

/// An answer of 200 that is the same for all who ask for it without a session.
#[derive(Debug)]
pub struct Precompressed {
    content_type: HeaderValue,
    content_policy: Option<HeaderValue>,
    /// Weak, because it is the same for all encodings.
    etag: HeaderValue,
    plain: Bytes,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Precompressed {
    pub fn new(
        content_type: HeaderValue,
        content_policy: Option<HeaderValue>,
        plain: Bytes,
    ) -> Self {
        let digest = Sha256::digest(&plain);
        let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let etag = HeaderValue::from_str(&format!("W/\"{digest}\""));
        let etag = etag.unwrap_or_else(|_| HeaderValue::from_static("W/\"\""));
        let (brotli, gzip) = (OnceLock::new(), OnceLock::new());
        Self { content_type, content_policy, etag, plain, brotli, gzip }
    }

    /// About how many bytes of memory it takes, with both compressed forms.
    pub fn weight(&self) -> u32 {
        u32::try_from(self.plain.len() * 3 / 2 + 600).unwrap_or(u32::MAX)
    }

    /// The answer to a request with these headers: 304 if the browser has it already. `control` is the
    /// `Cache-Control` for requests without a session.
    pub fn response(
        &self,
        request: &HeaderMap,
        control: &'static str,
        vary: &'static str,
    ) -> Response {
        let control =
            if session_cookie::is_anonymous(request) { control } else { "private, no-store" };
        let control = HeaderValue::from_static(control);
        let mut response = if is_known(request, &self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let (encoding, bytes) = self.encoded(request);
            let mut response = bytes.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, self.content_type.clone());
            if let Some(encoding) = encoding {
                let encoding = HeaderValue::from_static(encoding);
                response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, control);
        headers.insert(header::VARY, HeaderValue::from_static(vary));
        headers.insert(header::ETAG, self.etag.clone());
        if let Some(policy) = &self.content_policy {
            // In a 304, too: the browser replaces the policy it had stored.
            headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        response
    }

    fn encoded(&self, request: &HeaderMap) -> (Option<&'static str>, Bytes) {
        let is_long = self.plain.len() >= COMPRESSED_FROM_BYTES;
        let encoding = best_encoding(request).filter(|_| is_long);
        let bytes = match encoding {
            None => &self.plain,
            Some("br") => self.brotli.get_or_init(|| brotli(&self.plain, BROTLI_QUALITY)),
            Some(_) => self.gzip.get_or_init(|| gzip(&self.plain, flate2::Compression::default())),
        };
        (encoding, bytes.clone())
    }
}

/// The best encoding we have that the browser accepts.
pub fn best_encoding(request: &HeaderMap) -> Option<&'static str> {
    let accepted = request.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let accepts = |encoding: &&str| {
        accepted.split(',').any(|part| {
            let mut parts = part.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
            let is_zero =
                |weight: &str| weight.replace(' ', "").trim_end_matches(['0', '.']) == "q=";
            is_named && !parts.any(is_zero)
        })
    };
    ["br", "gzip"].into_iter().find(accepts)
}

/// Does `If-None-Match` name this tag? Compared weakly (RFC 9110, section 13.1.2).
fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(etag) = etag.to_str().map(opaque) else { return false };
    let sent =
        request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|tags| tags.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == etag)
}

fn brotli(bytes: &[u8], quality: i32) -> Bytes {
    let mut compressed = Vec::with_capacity(bytes.len() / 4);
    let size_hint = bytes.len();
    let parameters =
        brotli::enc::BrotliEncoderParams { quality, lgwin: 20, size_hint, ..Default::default() };
    // Writing into memory does not fail.
    let written = brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters);
    written.map_or_else(|_| unreachable!("compressed into memory"), |_| compressed.into())
}

fn gzip(bytes: &[u8], level: flate2::Compression) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), level);
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_or_else(|_| unreachable!("compressed into memory"), Into::into)
}

/// A file compressed as well as possible. Slow: for what stays the same while the process runs.
pub fn compress_best(bytes: &[u8]) -> [(&'static str, Bytes); 2] {
    [("br", brotli(bytes, BROTLI_QUALITY_MAX)), ("gzip", gzip(bytes, flate2::Compression::best()))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        [(name, HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn the_best_encoding_that_is_accepted() {
        let best = |value| best_encoding(&headers(header::ACCEPT_ENCODING, value));
        assert_eq!(best("gzip, deflate, br;q=0.9"), Some("br"));
        assert_eq!(best("br;q=0, GZIP"), Some("gzip"));
        assert_eq!(best("br; q=0.0, gzip;q=0"), None);
        assert_eq!(best("identity"), None);
        assert_eq!(best_encoding(&HeaderMap::new()), None);
    }

    #[test]
    fn a_tag_is_known_in_any_of_its_forms() {
        let answer = Precompressed::new(
            HeaderValue::from_static("application/json"),
            None,
            Bytes::from_static(b"{}"),
        );
        let tag = answer.etag.to_str().expect("text").to_owned();
        let known = |value: &str| {
            let mut asked = HeaderMap::new();
            asked.insert(header::IF_NONE_MATCH, value.parse().expect("a header"));
            is_known(&asked, &answer.etag)
        };
        assert!(known(&tag) && known(tag.trim_start_matches("W/")) && known("*"));
        assert!(known(&format!("\"a\", {tag}")));
        assert!(!known("\"a\"") && !known(""));
    }

    #[test]
    fn compressed_bytes_decompress_to_the_same() {
        let text = "a page of some words ".repeat(200);
        let [(_, br), (_, gz)] = compress_best(text.as_bytes());
        let mut decompressed = Vec::new();
        brotli::BrotliDecompress(&mut &br[..], &mut decompressed).expect("brotli");
        assert_eq!(decompressed, text.as_bytes());
        let mut decompressed = String::new();
        std::io::Read::read_to_string(
            &mut flate2::read::GzDecoder::new(&gz[..]),
            &mut decompressed,
        )
        .expect("gzip");
        assert_eq!(decompressed, text);
    }
}
