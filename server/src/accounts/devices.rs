//! Browsers that have signed in before.
//!
//! Whoever knows an address can use up the wrong passwords and the codes that it may have. So that this shuts nobody
//! out, a browser gets a mark at each sign-in, and its tries with the address of that account are counted apart
//! ([`super::address_limits`]). The mark signs nobody in, and says nothing without the server's key. Whether it counts is
//! decided without looking for the account, so nothing reveals whether the address has one.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::Duration;
use subtle::ConstantTimeEq;

use crate::codes::CodeKey;

/// How long a browser keeps its mark after its last sign-in.
pub const LASTS: Duration = Duration::days(365);
const ID_BYTES: usize = 16;
const MAC_BYTES: usize = 16;

/// A new mark for a browser that has just signed in to the account of this address.
pub fn mark(key: &CodeKey, email: &str) -> String {
    let id: [u8; ID_BYTES] = rand::random();
    let mut bytes = id.to_vec();
    bytes.extend(mac(key, &id, email));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Was this mark made for this address?
pub fn is_of(key: &CodeKey, mark: &str, email: &str) -> bool {
    let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(mark) else { return false };
    let Some((id, sent)) = bytes.split_at_checked(ID_BYTES) else { return false };
    // Of slices of different lengths, this is false.
    mac(key, id, email).as_slice().ct_eq(sent).into()
}

fn mac(key: &CodeKey, id: &[u8], email: &str) -> Vec<u8> {
    let text = format!("{} {email}", BASE64_URL_SAFE_NO_PAD.encode(id));
    key.fingerprint("known device 1", &text)[..MAC_BYTES].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_only_for_its_address_and_cannot_be_made() {
        let key = CodeKey::new("0123456789abcdef0123456789abcdef");
        let known = mark(&key, "asha@example.org");
        assert!(is_of(&key, &known, "asha@example.org"));
        assert_ne!(known, mark(&key, "asha@example.org"), "each browser has its own");
        assert!(!is_of(&key, &known, "ravi@example.org"));
        let other = CodeKey::new("another key of thirty-two letters");
        assert!(!is_of(&other, &known, "asha@example.org"), "made under another key");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&known).expect("Base64");
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            let forged = BASE64_URL_SAFE_NO_PAD.encode(forged);
            assert!(!is_of(&key, &forged, "asha@example.org"), "byte {at}");
        }
        for forged in ["", "x", &known[..40], &format!("{known}AAAA"), &known[..22]] {
            assert!(!is_of(&key, forged, "asha@example.org"), "{forged}");
        }
    }
}
