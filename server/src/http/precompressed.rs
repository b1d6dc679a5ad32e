//! An answer that is kept: its bytes, compressed once for all who accept that, and its tag.

use std::io::Write;
use std::sync::OnceLock;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::public_cache;

/// What is smaller fits into the packet that it comes in anyway.
const PACKED_FROM_BYTES: usize = 1024;
/// Better than what is compressed for one reader alone, and 2 ms for a long page.
const BROTLI_QUALITY: i32 = 5;
const BROTLI_QUALITY_MAX: i32 = 11;
const NOT_PUBLIC: HeaderValue = HeaderValue::from_static("private, no-store");

/// An answer of 200 that is the same for all who ask for it without a session.
#[derive(Debug)]
pub struct Packed {
    content_type: HeaderValue,
    /// Which scripts the page may run.
    policy: Option<HeaderValue>,
    /// Weak: the same for all encodings.
    etag: HeaderValue,
    plain: Bytes,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

/// Kept by browsers and proxies only for those without a session.
#[derive(Clone, Copy, Debug)]
pub struct Caching {
    /// `Cache-Control` for them.
    pub control: HeaderValueText,
    pub vary: HeaderValueText,
}

type HeaderValueText = &'static str;

impl Packed {
    pub fn new(content_type: HeaderValue, policy: Option<HeaderValue>, plain: Bytes) -> Self {
        let digest = Sha256::digest(&plain);
        let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let etag = HeaderValue::from_str(&format!("W/\"{digest}\""));
        Self {
            content_type,
            policy,
            etag: etag.unwrap_or_else(|_| HeaderValue::from_static("W/\"\"")),
            plain,
            brotli: OnceLock::new(),
            gzip: OnceLock::new(),
        }
    }

    pub fn json(plain: Bytes) -> Self {
        Self::new(HeaderValue::from_static("application/json"), None, plain)
    }

    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// About how many bytes of memory it takes, compressed ones included.
    pub fn weight(&self) -> u32 {
        u32::try_from(self.plain.len() * 3 / 2 + 600).unwrap_or(u32::MAX)
    }

    /// The answer to a request with these headers: whole, or 304 when the tag is known there.
    pub fn answer(&self, asked: &HeaderMap, caching: Caching) -> Response {
        let mut response = Response::new(Body::empty());
        let control = match public_cache::is_anonymous(asked) {
            true => HeaderValue::from_static(caching.control),
            false => NOT_PUBLIC,
        };
        let is_known = knows(asked, &self.etag);
        let packed = if is_known { None } else { self.encoded(asked) };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, control);
        headers.insert(header::VARY, HeaderValue::from_static(caching.vary));
        headers.insert(header::ETAG, self.etag.clone());
        if let Some(policy) = &self.policy {
            // In a 304, too: it takes the place of the one that is kept there.
            headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, self.content_type.clone());
        let bytes = match packed {
            Some((encoding, bytes)) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
                bytes
            }
            None => self.plain.clone(),
        };
        *response.body_mut() = Body::from(bytes);
        response
    }

    fn encoded(&self, asked: &HeaderMap) -> Option<(&'static str, Bytes)> {
        if self.plain.len() < PACKED_FROM_BYTES {
            return None;
        }
        let encoding = best_encoding(asked)?;
        let packed = match encoding {
            "br" => self.brotli.get_or_init(|| brotli(&self.plain, BROTLI_QUALITY)),
            _ => self.gzip.get_or_init(|| gzip(&self.plain, flate2::Compression::default())),
        };
        Some((encoding, packed.clone()))
    }
}

/// The best encoding of ours that the other side accepts.
pub fn best_encoding(asked: &HeaderMap) -> Option<&'static str> {
    let accepted = asked.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let accepts = |encoding: &&str| {
        accepted.split(',').any(|part| {
            let mut parts = part.split(';').map(str::trim);
            let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
            is_it
                && !parts.any(|weight| weight.replace(' ', "").trim_end_matches(['0', '.']) == "q=")
        })
    };
    ["br", "gzip"].into_iter().find(accepts)
}

/// Does `If-None-Match` name this tag? Compared weakly, as RFC 9110 says for it.
fn knows(asked: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(etag) = etag.to_str().map(opaque) else { return false };
    let sent = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|tags| tags.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == etag)
}

fn brotli(bytes: &[u8], quality: i32) -> Bytes {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality,
        lgwin: 20,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut packed = Vec::with_capacity(bytes.len() / 4);
    match brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters) {
        Ok(_) => packed.into(),
        // Writing into memory does not fail.
        Err(_) => unreachable!("compressed into memory"),
    }
}

fn gzip(bytes: &[u8], level: flate2::Compression) -> Bytes {
    let mut packer = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), level);
    match packer.write_all(bytes).and_then(|()| packer.finish()) {
        Ok(packed) => packed.into(),
        Err(_) => unreachable!("compressed into memory"),
    }
}

/// A file compressed as well as it can be, once for the life of the process.
pub fn squeezed(bytes: &[u8]) -> [(&'static str, Bytes); 2] {
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
        let packed = Packed::json(Bytes::from_static(b"{}"));
        let tag = packed.etag.to_str().expect("text").to_owned();
        let known = |value: &str| {
            let mut asked = HeaderMap::new();
            asked.insert(header::IF_NONE_MATCH, value.parse().expect("a header"));
            knows(&asked, &packed.etag)
        };
        assert!(known(&tag) && known(tag.trim_start_matches("W/")) && known("*"));
        assert!(known(&format!("\"a\", {tag}")));
        assert!(!known("\"a\"") && !known(""));
    }

    #[test]
    fn what_is_squeezed_unfolds_to_the_same() {
        let text = "a page of some words ".repeat(200);
        let [(_, br), (_, gz)] = squeezed(text.as_bytes());
        let mut unfolded = Vec::new();
        brotli::BrotliDecompress(&mut &br[..], &mut unfolded).expect("brotli");
        assert_eq!(unfolded, text.as_bytes());
        let mut unfolded = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&gz[..]), &mut unfolded)
            .expect("gzip");
        assert_eq!(unfolded, text);
    }
}
