//! Encryption of the secrets of authenticator apps. The server has to read them again, but nobody should who reads the
//! database: not even as long as no keys are configured. They are then encrypted under a key that is derived from
//! `NADI_SECRET`, as earlier releases have done.
//!
//! AES-256-GCM with a random nonce in front; purpose and account are authenticated with it.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use nadi::ids::AccountId;

use crate::codes::CodeKey;
use crate::encryption::columns::AUTHENTICATOR_SECRET;
use crate::encryption::{open_bytes, seal_bytes, secret};
use crate::use_case::{Fault, Outcome};

const NONCE_BYTES: usize = 12;
const PURPOSE: &str = "authenticator secret";

/// Encrypts the secret of an account's app.
///
/// # Errors
/// `Broken` for texts of many gigabytes.
pub(super) fn encrypt(account: AccountId, plain: &[u8]) -> Outcome<Vec<u8>> {
    match seal_bytes(AUTHENTICATOR_SECRET, account.0, plain)? {
        Some(sealed) => Ok(sealed),
        None => encrypt_with_secret(&secret(), account, plain),
    }
}

/// Decrypts what [`encrypt`] has made for the same account.
///
/// # Errors
/// `Broken` for anything else, and when its key is missing.
pub(super) fn decrypt(account: AccountId, stored: &[u8]) -> Outcome<Vec<u8>> {
    match open_bytes(AUTHENTICATOR_SECRET, account.0, stored) {
        Some(plain) => Ok(plain),
        None => decrypt_with_secret(&secret(), account, stored),
    }
}

fn encrypt_with_secret(key: &CodeKey, account: AccountId, plain: &[u8]) -> Outcome<Vec<u8>> {
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let bound = bound_to(account);
    let encrypted = cipher(key)
        .encrypt(&nonce.into(), Payload { msg: plain, aad: &bound })
        .map_err(|_| Fault::Broken(format!("{PURPOSE} could not be encrypted")))?;
    Ok([nonce.as_slice(), &encrypted].concat())
}

fn decrypt_with_secret(key: &CodeKey, account: AccountId, stored: &[u8]) -> Outcome<Vec<u8>> {
    let unreadable = || Fault::Broken(format!("{PURPOSE} cannot be decrypted"));
    let (nonce, encrypted) = stored.split_first_chunk::<NONCE_BYTES>().ok_or_else(unreadable)?;
    let bound = bound_to(account);
    cipher(key)
        .decrypt(&(*nonce).into(), Payload { msg: encrypted, aad: &bound })
        .map_err(|_| unreadable())
}

fn cipher(key: &CodeKey) -> Aes256Gcm {
    Aes256Gcm::new(&key.fingerprint("nadi encryption 1", "").into())
}

fn bound_to(account: AccountId) -> Vec<u8> {
    [account.0.as_bytes().as_slice(), PURPOSE.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_the_same_account_and_secret_read_it_again() {
        let key = CodeKey::new("0123456789abcdef0123456789abcdef");
        let account = AccountId(Uuid::from_u128(7));
        let stored = encrypt_with_secret(&key, account, b"plain").expect("encrypted");
        assert!(!stored.windows(5).any(|part| part == b"plain"));
        assert_ne!(stored, encrypt_with_secret(&key, account, b"plain").expect("encrypted"));
        assert_eq!(decrypt_with_secret(&key, account, &stored).expect("decrypted"), b"plain");

        let other_account = AccountId(Uuid::from_u128(8));
        let other_key = CodeKey::new("another key of thirty-two letters");
        assert!(decrypt_with_secret(&key, other_account, &stored).is_err());
        assert!(decrypt_with_secret(&other_key, account, &stored).is_err());
        let mut changed = stored.clone();
        changed[NONCE_BYTES] ^= 1;
        assert!(decrypt_with_secret(&key, account, &changed).is_err());
        assert!(decrypt_with_secret(&key, account, &stored[..4]).is_err());
    }
}
