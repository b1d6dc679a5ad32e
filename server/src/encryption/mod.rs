//! Encryption of personal data in the database, so that a copy of it, such as a backup, tells nobody who visits whom
//! and why.
//!
//! AES-256-GCM with a random nonce. The column and the id of the row are authenticated with the value, so one that is
//! copied to another row or column cannot be read. A value names its key, so keys can be replaced while the server runs
//! ([`crate::re_encrypt`]). What was stored as text before is read as it is. Addresses are found by a digest ([`addresses`]).
//!
//! The stores encrypt and decrypt; nobody else sees an encrypted value. Like the rules of time zones, the keys belong to
//! the whole process ([`crate::keys::use_in_process`]).

pub mod addresses;
pub mod columns;
pub mod known_keys;
mod values;

pub use values::{
    Undecipherable, open, open_bytes, open_optional, open_values, renewed, renewed_bytes, seal,
    seal_bytes, seal_optional, secret,
};
