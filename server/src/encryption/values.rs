//! Encrypting and decrypting values.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::{Map, Value};

use super::addresses;
use super::columns::{self, Column, Stored};
use crate::codes::CodeKey;
use crate::keys::{Key, Keyring, Purpose, of_process};

/// Stands before encrypted values. Nobody can type it: control characters are refused everywhere. The SQL function
/// `is_encrypted` looks for it, too.
const MARK: char = '\u{1}';
/// Between the id of the key and what it has encrypted.
const AFTER_ID: char = '.';
const NONCE_BYTES: usize = 12;

/// An encrypted value that cannot be read. Has no part of it.
#[derive(Debug, thiserror::Error)]
#[error("{column} cannot be decrypted: {problem}")]
pub struct Undecipherable {
    column: &'static str,
    problem: String,
}

impl Undecipherable {
    /// What an error of the database is, if it is this.
    pub fn in_error(error: &sqlx::Error) -> Option<&Self> {
        match error {
            sqlx::Error::Decode(source) => source.downcast_ref(),
            _ => None,
        }
    }
}

/// Encrypts a value of a row, if there is a key. An empty text stays empty: that there is nothing is no secret.
///
/// # Errors
/// For texts of many gigabytes.
pub fn seal(column: Column, row: impl AsRef<[u8]>, plain: &str) -> sqlx::Result<String> {
    seal_with(&of_process(), column, row.as_ref(), plain)
}

/// The same for a value that may be absent.
///
/// # Errors
/// As [`seal`].
pub fn seal_optional(
    column: Column,
    row: impl AsRef<[u8]>,
    plain: Option<&str>,
) -> sqlx::Result<Option<String>> {
    plain.map(|plain| seal(column, row, plain)).transpose()
}

/// Decrypts what [`seal`] has made for the same column and row, and gives back what was stored as text.
///
/// # Errors
/// When its key is missing, or it was made for another row or changed.
pub fn open(column: Column, row: impl AsRef<[u8]>, stored: String) -> sqlx::Result<String> {
    if stored.starts_with(MARK) {
        open_with(&of_process(), column, row.as_ref(), &stored)
    } else {
        Ok(stored)
    }
}

/// The same for a value that may be absent.
///
/// # Errors
/// As [`open`].
pub fn open_optional(
    column: Column,
    row: impl AsRef<[u8]>,
    stored: Option<String>,
) -> sqlx::Result<Option<String>> {
    stored.map(|stored| open(column, row, stored)).transpose()
}

/// Decrypts all values that the SQL function `encrypted_value` has put into a document.
///
/// # Errors
/// As [`open`].
pub fn open_values(document: &mut Value) -> sqlx::Result<()> {
    match document {
        Value::Array(values) => values.iter_mut().try_for_each(open_values),
        Value::Object(fields) => match encrypted_value(fields) {
            None => fields.values_mut().try_for_each(open_values),
            Some((column, row, value)) => {
                *document = Value::String(open(column, row, value)?);
                Ok(())
            }
        },
        _ => Ok(()),
    }
}

fn encrypted_value(fields: &Map<String, Value>) -> Option<(Column, Vec<u8>, String)> {
    let text = |name: &str| fields.get(name)?.as_str();
    let name = text("encrypted")?;
    let column = columns::ALL.into_iter().find(|column| column.0 == name)?;
    Some((column, hex::decode(text("row")?).ok()?, text("value")?.to_owned()))
}

/// Encrypts bytes of a row. `None`: there is no key.
///
/// # Errors
/// As [`seal`].
pub fn seal_bytes(
    column: Column,
    row: impl AsRef<[u8]>,
    plain: &[u8],
) -> sqlx::Result<Option<Vec<u8>>> {
    let keyring = of_process();
    let Some(key) = keyring.current(Purpose::Data) else { return Ok(None) };
    let mut sealed = format!("{MARK}{}{AFTER_ID}", key.id).into_bytes();
    sealed.extend(encrypted(key, column, row.as_ref(), plain)?);
    Ok(Some(sealed))
}

/// Decrypts what [`seal_bytes`] has made. `None`: it has made no such thing.
pub fn open_bytes(column: Column, row: impl AsRef<[u8]>, stored: &[u8]) -> Option<Vec<u8>> {
    let end = stored.iter().position(|byte| *byte == AFTER_ID as u8)?;
    let id = std::str::from_utf8(&stored[..end]).ok()?.strip_prefix(MARK)?;
    let keyring = of_process();
    let key = keyring.find(Purpose::Data, id)?;
    decrypted(key, column, row.as_ref(), &stored[end + 1..])
}

fn seal_with(keyring: &Keyring, column: Column, row: &[u8], plain: &str) -> sqlx::Result<String> {
    let Some(key) = keyring.current(Purpose::Data) else { return Ok(plain.to_owned()) };
    if plain.is_empty() {
        return Ok(String::new());
    }
    let sealed = encrypted(key, column, row, plain.as_bytes())?;
    Ok(format!("{MARK}{}{AFTER_ID}{}", key.id, BASE64_STANDARD_NO_PAD.encode(sealed)))
}

fn open_with(keyring: &Keyring, column: Column, row: &[u8], stored: &str) -> sqlx::Result<String> {
    let wrong = |problem: &str| {
        let problem = problem.to_owned();
        sqlx::Error::Decode(Box::new(Undecipherable { column: column.0, problem }))
    };
    let id = key_id(stored).ok_or_else(|| wrong("it names no key"))?;
    let key = keyring.find(Purpose::Data, id);
    let key = key.ok_or_else(|| wrong(&format!("there is no key `data {id}`")))?;
    let sealed = &stored[MARK.len_utf8() + id.len() + AFTER_ID.len_utf8()..];
    let sealed = BASE64_STANDARD_NO_PAD.decode(sealed).map_err(|_| wrong("it was changed"))?;
    let plain = decrypted(key, column, row, &sealed)
        .ok_or_else(|| wrong(&format!("it was changed, or `data {id}` is another key")))?;
    String::from_utf8(plain).map_err(|_| wrong("it is no text"))
}

/// What `NADI_SECRET` derives.
pub fn secret() -> CodeKey {
    of_process().secret().clone()
}

/// A value written again with the current keys, and its digest if it is an address. `None`: it is that already.
///
/// # Errors
/// When it cannot be read.
pub fn renewed(
    column: Column,
    old: &Stored,
    is_address: bool,
) -> sqlx::Result<Option<(String, Option<Vec<u8>>)>> {
    let keyring = of_process();
    let current = keyring.current(Purpose::Data).map(|key| key.id.as_str());
    let has_key = old.value.is_empty() || key_id(&old.value) == current;
    if has_key && !is_address {
        return Ok(None);
    }
    let plain = open(column, &old.row, old.value.clone())?;
    let digest = if is_address { addresses::digest(&plain) } else { None };
    if has_key && digest == old.digest {
        return Ok(None);
    }
    Ok(Some((seal(column, &old.row, &plain)?, digest)))
}

/// The same for bytes, which are given as hexadecimal digits. `decrypt` reads what was written before there were keys.
///
/// # Errors
/// When they cannot be read.
pub fn renewed_bytes(
    column: Column,
    old: &Stored,
    decrypt: impl FnOnce(&[u8]) -> sqlx::Result<Vec<u8>>,
) -> sqlx::Result<Option<String>> {
    let stored = hex::decode(&old.value).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let keyring = of_process();
    let Some(key) = keyring.current(Purpose::Data) else { return Ok(None) };
    if stored.starts_with(format!("{MARK}{}{AFTER_ID}", key.id).as_bytes())
        && open_bytes(column, &old.row, &stored).is_some()
    {
        return Ok(None);
    }
    let sealed = seal_bytes(column, &old.row, &decrypt(&stored)?)?;
    Ok(sealed.map(hex::encode))
}

/// The id of the key that has encrypted a value. `None`: it is text.
fn key_id(stored: &str) -> Option<&str> {
    Some(stored.strip_prefix(MARK)?.split_once(AFTER_ID)?.0)
}

fn encrypted(key: &Key, column: Column, row: &[u8], plain: &[u8]) -> sqlx::Result<Vec<u8>> {
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let bound = bound_to(column, row);
    let sealed = Aes256Gcm::new(&key.bytes.into())
        .encrypt(&nonce.into(), Payload { msg: plain, aad: &bound })
        .map_err(|_| sqlx::Error::Encode("a text is too long to be encrypted".into()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn decrypted(key: &Key, column: Column, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let bound = bound_to(column, row);
    let payload = Payload { msg: sealed, aad: &bound };
    Aes256Gcm::new(&key.bytes.into()).decrypt(&(*nonce).into(), payload).ok()
}

/// What is authenticated with a value. No name of a column is the beginning of another one and a row's id.
fn bound_to(column: Column, row: &[u8]) -> Vec<u8> {
    [column.0.as_bytes(), &[0], row].concat()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::columns::{CANCEL_REASON, PERSON_NAME};
    use super::*;

    const ONE: &str = "1f8a0e7c5d3b2a190817263544536271809fa0b1c2d3e4f5061728394a5b6c7d";
    const TWO: &str = "7d6c5b4a39281706f5e4d3c2b1a09f80716253443526170819a2b3d5c7e0a8f1";
    const ROW: Uuid = Uuid::from_u128(7);

    fn keys(list: &str) -> Keyring {
        Keyring::parse(list, "").expect("a list")
    }

    fn sealed(keyring: &Keyring) -> String {
        seal_with(keyring, PERSON_NAME, ROW.as_ref(), "Zoë Rao").expect("encrypted")
    }

    fn opened(keyring: &Keyring, column: Column, row: Uuid, stored: &str) -> Option<String> {
        open_with(keyring, column, row.as_ref(), stored).ok()
    }

    #[test]
    fn only_the_same_column_row_and_key_read_a_value_again() {
        let keyring = keys(&format!("data 1 {ONE}"));
        let stored = sealed(&keyring);
        assert!(!stored.contains("Rao") && stored.starts_with("\u{1}1."));
        assert_ne!(stored, sealed(&keyring), "each time another one");
        assert_eq!(opened(&keyring, PERSON_NAME, ROW, &stored).as_deref(), Some("Zoë Rao"));

        assert_eq!(opened(&keyring, PERSON_NAME, Uuid::from_u128(8), &stored), None);
        assert_eq!(opened(&keyring, CANCEL_REASON, ROW, &stored), None);
        for other in [format!("data 1 {TWO}"), format!("data 2 {ONE}"), String::new()] {
            assert_eq!(opened(&keys(&other), PERSON_NAME, ROW, &stored), None, "{other}");
        }
        for at in 0..stored.len() {
            let mut changed = stored.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(opened(&keyring, PERSON_NAME, ROW, &changed), None, "byte {at}");
        }
        assert_eq!(opened(&keyring, PERSON_NAME, ROW, &stored[..stored.len() - 4]), None);
    }

    #[test]
    fn a_new_key_writes_and_the_old_one_still_reads() {
        let old = keys(&format!("data 1 {ONE}"));
        let both = keys(&format!("data 1 {ONE}\ndata 2 {TWO}"));
        let (before, after) = (sealed(&old), sealed(&both));
        assert_eq!((key_id(&before), key_id(&after)), (Some("1"), Some("2")));
        for stored in [&before, &after] {
            assert!(opened(&both, PERSON_NAME, ROW, stored).is_some());
        }
        assert_eq!(opened(&old, PERSON_NAME, ROW, &after), None);
    }

    #[test]
    fn without_a_key_everything_stays_text_and_nothing_stays_nothing() {
        let none = Keyring::without_lists("");
        assert_eq!(sealed(&none), "Zoë Rao");
        let keyring = keys(&format!("data 1 {ONE}"));
        assert_eq!(seal_with(&keyring, PERSON_NAME, ROW.as_ref(), "").expect("empty"), "");
    }

    #[test]
    fn the_message_about_a_value_names_column_and_key_only() {
        let stored = sealed(&keys(&format!("data 1 {ONE}")));
        let error = open_with(&keys(""), PERSON_NAME, ROW.as_ref(), &stored).expect_err("no key");
        let message = error.to_string();
        assert!(message.contains("people.name") && message.contains("data 1"), "{message}");
        assert!(!message.contains(&stored[3..12]), "{message}");
    }
}
