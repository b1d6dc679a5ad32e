//! Finding e-mail addresses that are encrypted: beside each stands a digest of it under a key of its own (a "blind
//! index"). Equal addresses have equal digests, so whoever reads the database can see that two rows are about the same
//! address, and nothing else (the id of the key stands before the digest): without the key nobody can compute the digest of an address they know.

use crate::codes::CodeKey;
use crate::keys::{Key, Purpose, of_process};

/// The digest to be written beside an address; `None` as long as addresses are written as text.
pub fn digest(email: &str) -> Option<Vec<u8>> {
    let keyring = of_process();
    // Both keys are demanded together.
    keyring.current(Purpose::Data)?;
    keyring.current(Purpose::Addresses).map(|key| digest_by(key, email))
}

/// The digests by which rows of an address are found: with each key that has written any.
pub fn digests(email: &str) -> Vec<Vec<u8>> {
    of_process().readers(Purpose::Addresses).map(|key| digest_by(key, email)).collect()
}

fn digest_by(key: &Key, email: &str) -> Vec<u8> {
    let digest = CodeKey::of(&key.bytes).fingerprint("address 1", email);
    [key.id.as_bytes(), b".", &digest].concat()
}
