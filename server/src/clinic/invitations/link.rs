//! The link in an invitation: its id, and a keyed hash of what it says. So the database holds nothing with which an
//! invitation could be accepted, and an invitation that is sent again, with a new end, has a new link.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::codes::CodeKey;

/// The last part of the link's address: the id as 32 hexadecimal digits, then the hash as 32.
pub fn token(key: &CodeKey, id: Uuid, email: &str, expires_at: DateTime<Utc>) -> String {
    let text = format!("{id} {email} {}", expires_at.timestamp());
    let hash = key.fingerprint("invitation", &text);
    let mut token = id.simple().to_string();
    for byte in &hash[..16] {
        let _ = write!(token, "{byte:02x}");
    }
    token
}

/// The id in a token; says nothing about whether the token is genuine.
pub fn id_in(token: &str) -> Option<Uuid> {
    let shaped = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if shaped { Uuid::try_parse(&token[..32]).ok() } else { None }
}

/// Is it the token of this invitation? Compares in constant time.
pub fn is_genuine(
    key: &CodeKey,
    typed: &str,
    id: Uuid,
    email: &str,
    expires_at: DateTime<Utc>,
) -> bool {
    token(key, id, email, expires_at).as_bytes().ct_eq(typed.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_belongs_to_one_invitation_address_end_and_key() {
        let key = CodeKey::new("0123456789abcdef0123456789abcdef");
        let (id, end) = (Uuid::from_u128(7), DateTime::<Utc>::UNIX_EPOCH);
        let link = token(&key, id, "a@example.org", end);
        assert_eq!(id_in(&link), Some(id));
        assert!(is_genuine(&key, &link, id, "a@example.org", end));
        let later = end + chrono::Duration::seconds(1);
        for other in [
            token(&key, Uuid::from_u128(8), "a@example.org", end),
            token(&key, id, "b@example.org", end),
            token(&key, id, "a@example.org", later),
            token(&CodeKey::new("another key of thirty-two letters"), id, "a@example.org", end),
            link.to_uppercase(),
            format!("{link}0"),
            link[..63].to_owned(),
        ] {
            assert!(!is_genuine(&key, &other, id, "a@example.org", end), "{other}");
        }
        for broken in ["", "7", &"ä".repeat(32), &"x".repeat(64)] {
            assert_eq!(id_in(broken), None, "{broken}");
        }
    }
}
