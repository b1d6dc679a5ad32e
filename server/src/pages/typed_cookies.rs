//! The cookies with what was typed into a form: two, because it may be too long for one. They are compressed, and
//! encrypted under a key of the server. What they are for is in [`super::forms`].

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit};
use app::cookies::{self, SameSite};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::codes::CodeKey;
use crate::http::session_cookie::{Browser, TYPED};

/// Browsers drop cookies of more than 4096 bytes; proxies often take no more than 8 KiB of cookies in all.
const COOKIE_BYTES_MAX: usize = 3_500;
const NONCE_BYTES: usize = 12;
/// The decompressed size limit. A cookie that decompresses to more was not made by us.
const TYPED_BYTES_MAX: usize = 64 * 1024;

/// What the cookies contain.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) fields: HashMap<String, String>,
    /// Who has typed it, as a digest, if that is known.
    pub(super) sender: Option<String>,
    pub(super) waiting: Option<Waiting>,
}

/// A form whose sender has to sign in first.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Waiting {
    /// Where the form posts to, without the language.
    pub(super) action: String,
    /// The path of its page, without the language.
    pub(super) page: String,
    pub(super) is_too_long: bool,
}

/// How the cookies of a request are read and written.
#[derive(Clone)]
pub(super) struct Cookies {
    key: CodeKey,
    /// Is the site served with https?
    is_secure: bool,
}

impl Cookies {
    pub(super) fn of_browser(request: &Request) -> Option<Self> {
        let browser = request.extensions().get::<Arc<Browser>>()?;
        Some(Self { key: browser.code_key().clone(), is_secure: browser.is_secure() })
    }

    pub(super) fn read(&self, headers: &HeaderMap) -> Option<Kept> {
        let [first, second] = TYPED.map(|name| self.value(headers, name).unwrap_or_default());
        if first.is_empty() {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode([first, second].concat()).ok()?;
        serde_json::from_slice(&inflate(&self.decrypt(&bytes)?)?).ok()
    }

    /// The values of the cookies. `None`: it is too long.
    pub(super) fn encode(&self, kept: &Kept) -> Option<[String; 2]> {
        // A form with many lines repeats the same names; compressed, it fits into a cookie or two.
        let value = self.encrypt(&deflate(&serde_json::to_vec(kept).ok()?).ok()?)?;
        let mut first = BASE64_URL_SAFE_NO_PAD.encode(value);
        let second = first.split_off(first.len().min(COOKIE_BYTES_MAX));
        (second.len() <= COOKIE_BYTES_MAX).then_some([first, second])
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let encrypted = self.cipher().encrypt(&nonce.into(), plain).ok()?;
        Some([nonce.as_slice(), &encrypted].concat())
    }

    /// `None`: it was not made with this key, or was changed.
    fn decrypt(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (nonce, encrypted) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher().decrypt(&(*nonce).into(), encrypted).ok()
    }

    /// The key has a purpose of its own, so that nothing else that was encrypted can be shown as typed.
    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.key.fingerprint("nadi typed cookie 1", "").into())
    }

    pub(super) fn value<'a>(&self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let name = cookies::full_name(name, self.is_secure);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        lines
            .flat_map(|line| line.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(name.as_str())?.strip_prefix('='))
    }

    pub(super) fn set_typed(&self, response: &mut Response, parts: &[String; 2], seconds: i64) {
        for (name, part) in TYPED.iter().zip(parts) {
            // A second part of an earlier form must not follow on the first part of this one.
            let seconds = if part.is_empty() { 0 } else { seconds };
            self.set(response, name, part, seconds);
        }
    }

    pub(super) fn forget(&self, response: &mut Response) {
        self.set_typed(response, &Default::default(), 0);
    }

    pub(super) fn set(&self, response: &mut Response, name: &str, value: &str, seconds: i64) {
        let name = cookies::full_name(name, self.is_secure);
        let cookie = cookies::line(&name, value, seconds, SameSite::Lax, self.is_secure);
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::pages) fn our_cookies(is_secure: bool) -> Cookies {
        Cookies { key: CodeKey::new("0123456789abcdef0123456789abcdef"), is_secure }
    }

    fn sent(bytes: &[u8]) -> HeaderMap {
        let line = format!("{}={}", TYPED[0], BASE64_URL_SAFE_NO_PAD.encode(bytes));
        HeaderMap::from_iter([(header::COOKIE, line.parse().expect("a header"))])
    }

    fn kept(name: &str) -> Kept {
        Kept { fields: HashMap::from([("name".into(), name.into())]), ..Kept::default() }
    }

    /// Neither what was typed nor the names of its fields can be read.
    #[test]
    fn the_cookies_are_encrypted_and_cannot_be_forged() {
        let (ours, typed) = (our_cookies(false), kept("Zuleika Quettawalla"));
        let [value, rest] = ours.encode(&typed).expect("it fits");
        assert_eq!(rest, "");
        assert_ne!(ours.encode(&typed).expect("it fits")[0], value, "a nonce for each");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).expect("base64");
        assert_eq!(inflate(&bytes), None);
        assert_eq!(inflate(&bytes[NONCE_BYTES..]), None);
        let read = ours.read(&sent(&bytes)).expect("ours");
        assert_eq!(read.fields, typed.fields);
        let mut changed = bytes.clone();
        changed[NONCE_BYTES] ^= 1;
        assert!(ours.read(&sent(&changed)).is_none());
        let key = CodeKey::new("another key of thirty-two letters");
        assert!(Cookies { key, is_secure: false }.read(&sent(&bytes)).is_none());
        let plain = deflate(b"{\"fields\":{\"name\":\"Asha\"}}").expect("deflated");
        assert!(ours.read(&sent(&plain)).is_none(), "as the release before wrote them");
    }

    #[test]
    fn a_cookie_that_unfolds_without_end_is_left_alone() {
        let ours = our_cookies(false);
        let bomb = deflate(&vec![b' '; 10 * TYPED_BYTES_MAX]).expect("deflated");
        assert!(ours.read(&sent(&ours.encrypt(&bomb).expect("encrypted"))).is_none());
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
