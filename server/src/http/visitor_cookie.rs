//! The cookie of a visitor: a browser that can hold a time before anybody has signed in. It has random bytes, the time
//! at which it was issued, and a message authentication code, so that nobody can make one that was not issued.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use nadi::actor::Visitor;
use subtle::ConstantTimeEq;

use crate::accounts::visitors::visitor_of;
use crate::codes::CodeKey;
use crate::keys::Macs;

/// How long a cookie counts.
pub const LASTS: Duration = Duration::hours(2);

const SECRET_BYTES: usize = 16;
const SIGNED_BYTES: usize = SECRET_BYTES + 4;
const MAC_BYTES: usize = 16;

pub struct VisitorCookie {
    secret: [u8; SECRET_BYTES],
    issued_at: DateTime<Utc>,
    /// The key that it was issued with. The visitor's ids are derived with it, too, so it stays the cookie's as long as
    /// the cookie is renewed.
    key: CodeKey,
}

impl VisitorCookie {
    /// A new visitor.
    pub fn random(key: &CodeKey, now: DateTime<Utc>) -> Self {
        Self { secret: rand::random(), issued_at: now, key: key.clone() }
    }

    /// The same visitor with a later end.
    pub fn renewed(self, now: DateTime<Utc>) -> Self {
        Self { issued_at: now, ..self }
    }

    /// Less than half of its time is left.
    pub fn ends_soon(&self, now: DateTime<Utc>) -> bool {
        now - self.issued_at > LASTS / 2
    }

    pub fn visitor(&self) -> Visitor {
        visitor_of(&self.key, &self.secret)
    }

    /// The cookie's value.
    pub fn value(&self) -> String {
        let seconds = u32::try_from(self.issued_at.timestamp()).unwrap_or_default();
        let mut bytes = self.secret.to_vec();
        bytes.extend(seconds.to_be_bytes());
        let mac = mac(&self.key, &bytes);
        bytes.extend(mac);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Was this cookie issued by us, even if it has expired?
pub fn is_ours(keys: &Macs, value: &str) -> bool {
    keys.any(|key| signed(key, value).is_some())
}

/// `None`: the cookie was not issued by us, or has expired.
pub fn read(keys: &Macs, value: &str, now: DateTime<Utc>) -> Option<VisitorCookie> {
    keys.all().iter().find_map(|key| read_with(key, value, now))
}

fn read_with(key: &CodeKey, value: &str, now: DateTime<Utc>) -> Option<VisitorCookie> {
    let signed = signed(key, value)?;
    let (secret, seconds) = signed.split_at_checked(SECRET_BYTES)?;
    let seconds = u32::from_be_bytes(seconds.try_into().ok()?);
    let issued_at = DateTime::from_timestamp(seconds.into(), 0)?;
    let cookie = VisitorCookie { secret: secret.try_into().ok()?, issued_at, key: key.clone() };
    (now - issued_at <= LASTS).then_some(cookie)
}

/// What the code in a cookie authenticates, if it is right.
fn signed(key: &CodeKey, value: &str) -> Option<Vec<u8>> {
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
    let (signed, sent) = bytes.split_at_checked(SIGNED_BYTES)?;
    // Of slices of different lengths, this is false.
    let is_right = bool::from(mac(key, signed).as_slice().ct_eq(sent));
    bytes.truncate(SIGNED_BYTES);
    is_right.then_some(bytes)
}

fn mac(key: &CodeKey, signed: &[u8]) -> Vec<u8> {
    let text = BASE64_URL_SAFE_NO_PAD.encode(signed);
    key.fingerprint("visitor cookie 1", &text)[..MAC_BYTES].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CodeKey {
        CodeKey::new("0123456789abcdef0123456789abcdef")
    }

    fn start() -> DateTime<Utc> {
        "2026-11-23T03:30:00Z".parse().expect("a time")
    }

    #[test]
    fn a_cookie_names_the_same_visitor_until_it_expires() {
        let cookie = VisitorCookie::random(&key(), start());
        let (value, visitor) = (cookie.value(), cookie.visitor());
        assert_eq!(value.len(), 48);
        let again = |after: Duration| {
            read_with(&key(), &value, start() + after).map(|cookie| cookie.visitor())
        };
        assert_eq!(again(Duration::zero()), Some(visitor));
        assert_eq!(again(LASTS), Some(visitor));
        assert_eq!(again(LASTS + Duration::seconds(1)), None);
        assert_ne!(visitor.account.0, visitor.person.0);
        assert_eq!(visitor.account.0.get_version_num(), 8);

        let later = start() + Duration::minutes(90);
        let known = read_with(&key(), &value, later).expect("still valid");
        assert!(known.ends_soon(later) && !known.ends_soon(start()));
        let renewed = known.renewed(later).value();
        let renewed =
            read_with(&key(), &renewed, start() + Duration::hours(3)).expect("a later end");
        assert_eq!(renewed.visitor(), visitor);
        assert_ne!(VisitorCookie::random(&key(), start()).visitor(), visitor);
    }

    #[test]
    fn a_forged_cookie_is_none() {
        let value = VisitorCookie::random(&key(), start()).value();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&value).expect("Base64");
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            let forged = BASE64_URL_SAFE_NO_PAD.encode(forged);
            assert!(read_with(&key(), &forged, start()).is_none(), "byte {at}");
        }
        for forged in ["", "x", &value[..40], &format!("{value}AAAA"), &value[..27]] {
            assert!(read_with(&key(), forged, start()).is_none(), "{forged}");
        }
        let other = CodeKey::new("another key of thirty-two letters");
        assert!(read_with(&other, &value, start()).is_none(), "issued under another key");
    }
}
