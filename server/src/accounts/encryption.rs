//! Encryption of what the server has to read again, but nobody should who reads the database: the secrets of
//! authenticator apps.
//!
//! AES-256-GCM under a key that is derived from `NADI_SECRET`, with a random nonce in front. The purpose and the account
//! are authenticated with it, so that a value that is copied to another row or column cannot be read. With another
//! `NADI_SECRET`, nothing can be read any more: accounts then have to set up their authenticator apps again.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use nadi::ids::AccountId;

use crate::codes::CodeKey;
use crate::use_case::{Fault, Outcome};

const NONCE_BYTES: usize = 12;

/// Encrypts something of an account.
///
/// # Errors
/// `Broken` for texts of many gigabytes.
pub(super) fn encrypt(
    key: &CodeKey,
    purpose: &str,
    account: AccountId,
    plain: &[u8],
) -> Outcome<Vec<u8>> {
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let bound = bound_to(purpose, account);
    let encrypted = cipher(key)
        .encrypt(&nonce.into(), Payload { msg: plain, aad: &bound })
        .map_err(|_| Fault::Broken(format!("{purpose} could not be encrypted")))?;
    Ok([nonce.as_slice(), &encrypted].concat())
}

/// Decrypts what [`encrypt`] has made for the same purpose and account.
///
/// # Errors
/// `Broken` for anything else, and after `NADI_SECRET` was changed.
pub(super) fn decrypt(
    key: &CodeKey,
    purpose: &str,
    account: AccountId,
    stored: &[u8],
) -> Outcome<Vec<u8>> {
    let unreadable = || Fault::Broken(format!("{purpose} cannot be decrypted"));
    let (nonce, encrypted) = stored.split_first_chunk::<NONCE_BYTES>().ok_or_else(unreadable)?;
    let bound = bound_to(purpose, account);
    cipher(key)
        .decrypt(&(*nonce).into(), Payload { msg: encrypted, aad: &bound })
        .map_err(|_| unreadable())
}

fn cipher(key: &CodeKey) -> Aes256Gcm {
    Aes256Gcm::new(&key.fingerprint("nadi encryption 1", "").into())
}

fn bound_to(purpose: &str, account: AccountId) -> Vec<u8> {
    [account.0.as_bytes().as_slice(), purpose.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_the_same_account_purpose_and_key_read_it_again() {
        let key = CodeKey::new("0123456789abcdef0123456789abcdef");
        let account = AccountId(Uuid::from_u128(7));
        let stored = encrypt(&key, "a secret", account, b"plain").expect("encrypted");
        assert!(!stored.windows(5).any(|part| part == b"plain"));
        assert_ne!(stored, encrypt(&key, "a secret", account, b"plain").expect("encrypted"));
        assert_eq!(decrypt(&key, "a secret", account, &stored).expect("decrypted"), b"plain");

        let other_account = AccountId(Uuid::from_u128(8));
        let other_key = CodeKey::new("another key of thirty-two letters");
        assert!(decrypt(&key, "a secret", other_account, &stored).is_err());
        assert!(decrypt(&key, "another purpose", account, &stored).is_err());
        assert!(decrypt(&other_key, "a secret", account, &stored).is_err());
        let mut changed = stored.clone();
        changed[NONCE_BYTES] ^= 1;
        assert!(decrypt(&key, "a secret", account, &changed).is_err());
        assert!(decrypt(&key, "a secret", account, &stored[..4]).is_err());
    }
}
