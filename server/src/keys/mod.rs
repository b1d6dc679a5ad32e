//! The server's keys: one list for each purpose, so that each is replaced without the others.
//!
//! A list has at most one key that writes, the newest that is not marked `read-only`, and any number that still read
//! what they have written. Each key is derived with HKDF-SHA256 from a secret that the operator keeps
//! ([`source`]) and the purpose, so the same secret may stand in several lists. Without a list, a purpose uses
//! `NADI_SECRET` as earlier releases did; personal data are then encrypted in development mode only.
//!
//! Which keys the database was written with, and what re-encrypts it, is in [`crate::encryption`].

pub mod source;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use hkdf::Hkdf;
use sha2::Sha256;

use crate::codes::CodeKey;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Encrypts personal data in the database.
    Data,
    /// Makes the digests by which e-mail addresses are found.
    Addresses,
    /// Derives the codes that are mailed, and the secrets of forms that ask for one.
    Codes,
    /// Signs the cookies of visitors, and of browsers that have signed in before.
    Cookies,
    /// Derives the addresses of calendar feeds.
    Feeds,
    /// Derives the links of invitations.
    Invitations,
    /// Makes the digests of recovery codes.
    RecoveryCodes,
}

impl Purpose {
    pub const ALL: [Self; 7] = [
        Self::Data,
        Self::Addresses,
        Self::Codes,
        Self::Cookies,
        Self::Feeds,
        Self::Invitations,
        Self::RecoveryCodes,
    ];

    /// Its word in a list of keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Addresses => "addresses",
            Self::Codes => "codes",
            Self::Cookies => "cookies",
            Self::Feeds => "feeds",
            Self::Invitations => "invitations",
            Self::RecoveryCodes => "recovery-codes",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}

/// The id of the keys that development mode derives from `NADI_SECRET`.
const DEVELOPMENT: &str = "development";
const READ_ONLY: &str = "read-only";
const ID_CHARS_MAX: usize = 32;
const KEY_BYTES: usize = 32;

/// A key of 256 bits with its name.
#[derive(Clone)]
pub struct Key {
    /// Stands before everything that the key has encrypted.
    pub id: String,
    pub bytes: [u8; KEY_BYTES],
    /// What it has written is still read, but it writes nothing more.
    is_read_only: bool,
}

impl Key {
    fn derived(id: &str, secret: &[u8], purpose: Purpose) -> Self {
        let mut bytes = [0; KEY_BYTES];
        let info = format!("nadi {} 1", purpose.word());
        // Only keys of more than 8,160 bytes cannot be derived.
        if Hkdf::<Sha256>::new(None, secret).expand(info.as_bytes(), &mut bytes).is_err() {
            unreachable!("HKDF derives 32 bytes");
        }
        Self { id: id.to_owned(), bytes, is_read_only: false }
    }
}

/// All keys.
pub struct Keyring {
    keys: Vec<(Purpose, Key)>,
    macs: [Macs; Purpose::ALL.len()],
    secret: CodeKey,
}

/// The keys of a purpose that makes message authentication codes, or derives secrets: first the one that makes them,
/// then those that only check. `NADI_SECRET` is the first without a list, and the last with one.
#[derive(Clone)]
pub struct Macs(Vec<CodeKey>);

impl Macs {
    /// The one that makes new ones.
    pub fn current(&self) -> &CodeKey {
        &self.0[0]
    }

    /// All of them, to check what an earlier one has made.
    pub fn all(&self) -> &[CodeKey] {
        &self.0
    }

    /// Has one of them made it?
    pub fn any(&self, check: impl Fn(&CodeKey) -> bool) -> bool {
        self.0.iter().any(check)
    }
}

/// Why a list of keys cannot be used. Has no part of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {problem}")]
pub struct ListError {
    line: usize,
    problem: &'static str,
}

impl Keyring {
    /// The keys of a list, one in each line: its purpose, its id, 64 hexadecimal digits, and `read-only` if it writes
    /// nothing more. Empty lines, and those that begin with `#`, say nothing.
    ///
    /// # Errors
    /// The first line that cannot be read, or that repeats an id.
    pub fn parse(list: &str, secret: &str) -> Result<Self, ListError> {
        let mut keys: Vec<(Purpose, Key)> = Vec::new();
        for (index, line) in list.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |problem| ListError { line: index + 1, problem };
            let (purpose, key) = parse_line(line).map_err(wrong)?;
            if keys.iter().any(|(other, known)| *other == purpose && known.id == key.id) {
                return Err(wrong("has an id that an earlier line of its purpose has"));
            }
            keys.push((purpose, key));
        }
        Ok(Self::new(keys, secret))
    }

    /// No lists: personal data are stored as text.
    pub fn without_lists(secret: &str) -> Self {
        Self::new(Vec::new(), secret)
    }

    /// Encrypts with keys that are derived from the secret, so that development needs no list.
    pub fn of_development(secret: &str) -> Self {
        let key =
            |purpose: Purpose| (purpose, Key::derived(DEVELOPMENT, secret.as_bytes(), purpose));
        Self::new([Purpose::Data, Purpose::Addresses].map(key).into(), secret)
    }

    fn new(keys: Vec<(Purpose, Key)>, secret: &str) -> Self {
        let secret = CodeKey::new(secret);
        let macs = Purpose::ALL.map(|purpose| {
            let listed = readers(&keys, purpose).map(|key| CodeKey::of(&key.bytes));
            let mut macs: Vec<CodeKey> = listed.collect();
            let at = if current(&keys, purpose).is_some() { macs.len() } else { 0 };
            macs.insert(at, secret.clone());
            Macs(macs)
        });
        Self { keys, macs, secret }
    }

    /// What `NADI_SECRET` derives.
    pub fn secret(&self) -> &CodeKey {
        &self.secret
    }

    /// Whether personal data are encrypted when they are written.
    pub fn encrypts(&self) -> bool {
        self.current(Purpose::Data).is_some()
    }

    /// The key that writes.
    pub fn current(&self, purpose: Purpose) -> Option<&Key> {
        current(&self.keys, purpose)
    }

    /// Those that read: first the one that writes, then the others, the newest first.
    pub fn readers(&self, purpose: Purpose) -> impl Iterator<Item = &Key> {
        readers(&self.keys, purpose)
    }

    /// The key with an id.
    pub fn find(&self, purpose: Purpose, id: &str) -> Option<&Key> {
        self.readers(purpose).find(|key| key.id == id)
    }

    pub fn macs(&self, purpose: Purpose) -> &Macs {
        &self.macs[purpose as usize]
    }
}

fn newest_first(keys: &[(Purpose, Key)], purpose: Purpose) -> impl Iterator<Item = &Key> {
    keys.iter().rev().filter(move |(of, _)| *of == purpose).map(|(_, key)| key)
}

fn current(keys: &[(Purpose, Key)], purpose: Purpose) -> Option<&Key> {
    newest_first(keys, purpose).find(|key| !key.is_read_only)
}

fn readers(keys: &[(Purpose, Key)], purpose: Purpose) -> impl Iterator<Item = &Key> {
    let current = current(keys, purpose);
    let others = newest_first(keys, purpose)
        .filter(move |key| current.is_none_or(|current| current.id != key.id));
    current.into_iter().chain(others)
}

fn parse_line(line: &str) -> Result<(Purpose, Key), &'static str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (purpose, id, digits, is_read_only) = match words[..] {
        [purpose, id, digits] => (purpose, id, digits, false),
        [purpose, id, digits, READ_ONLY] => (purpose, id, digits, true),
        _ => return Err("is not a purpose, an id, a key and perhaps `read-only`"),
    };
    let purpose = Purpose::parse(purpose).ok_or("has an unknown purpose")?;
    let is_id = id.len() <= ID_CHARS_MAX
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_id {
        return Err(
            "has an id with other characters than letters, digits and hyphens, or too many",
        );
    }
    let secret = hex::decode(digits).ok().filter(|secret| secret.len() == KEY_BYTES);
    let secret = secret.ok_or("has a key that is not 64 hexadecimal digits")?;
    // Such as a key of zeros that was put there to try it out.
    if secret.iter().all(|byte| *byte == secret[0]) {
        return Err("has a key that is one digit over and over");
    }
    let key = Key { is_read_only, ..Key::derived(id, &secret, purpose) };
    Ok((purpose, key))
}

/// A line with a new random key.
///
/// # Errors
/// What is wrong with the purpose or the id.
pub fn new_line(purpose: &str, id: &str) -> Result<String, String> {
    let line = format!("{purpose} {id} {}", hex::encode(rand::random::<[u8; KEY_BYTES]>()));
    parse_line(&line).map_err(|problem| format!("a line with this purpose and id {problem}"))?;
    Ok(line)
}

/// The keys in use. They may be replaced while the server runs; whoever needs one asks again each time.
#[derive(Clone)]
pub struct Keys(Arc<RwLock<Arc<Keyring>>>);

impl Keys {
    pub fn new(keyring: Keyring) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(keyring))))
    }

    pub fn now(&self) -> Arc<Keyring> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys of a purpose that makes message authentication codes.
    pub fn macs(&self, purpose: Purpose) -> Macs {
        self.now().macs(purpose).clone()
    }

    pub fn replace(&self, keyring: Keyring) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }
}

static OF_PROCESS: OnceLock<Keys> = OnceLock::new();

/// Sets the keys that personal data are encrypted with in this process; later calls change nothing.
pub fn use_in_process(keys: &Keys) {
    OF_PROCESS.get_or_init(|| keys.clone());
}

/// The keys that personal data are encrypted with; without [`use_in_process`] there are none.
pub fn of_process() -> Arc<Keyring> {
    match OF_PROCESS.get() {
        Some(keys) => keys.now(),
        None => Arc::new(Keyring::without_lists("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1f8a0e7c5d3b2a190817263544536271809fa0b1c2d3e4f5061728394a5b6c7d";
    const TWO: &str = "7d6c5b4a39281706f5e4d3c2b1a09f80716253443526170819a2b3d5c7e0a8f1";
    const SECRET: &str = "a secret of the tests, long enough";

    fn ids(keyring: &Keyring, purpose: Purpose) -> Vec<&str> {
        keyring.readers(purpose).map(|key| key.id.as_str()).collect()
    }

    #[test]
    fn the_newest_key_that_is_not_read_only_writes() {
        let list = format!("# Keys\n\ndata 1 {ONE}\n  data 2 {TWO}  \ncodes 1 {ONE} read-only\n");
        let keyring = Keyring::parse(&list, SECRET).expect("a list");
        assert_eq!(ids(&keyring, Purpose::Data), ["2", "1"]);
        assert_eq!(keyring.current(Purpose::Data).map(|key| key.id.as_str()), Some("2"));
        assert!(keyring.encrypts());
        assert!(keyring.current(Purpose::Codes).is_none(), "it only reads");
        assert_eq!(ids(&keyring, Purpose::Codes), ["1"]);

        let list = format!("data 1 {ONE}\ndata 2 {TWO} read-only");
        let keyring = Keyring::parse(&list, SECRET).expect("a list");
        assert_eq!(ids(&keyring, Purpose::Data), ["1", "2"]);
    }

    #[test]
    fn purposes_have_different_keys_also_from_one_secret() {
        let list = format!("data 1 {ONE}\naddresses 1 {ONE}\ndata 2 {TWO}");
        let keyring = Keyring::parse(&list, SECRET).expect("a list");
        let bytes = |purpose, id| keyring.find(purpose, id).expect("a key").bytes;
        let all =
            [bytes(Purpose::Data, "1"), bytes(Purpose::Data, "2"), bytes(Purpose::Addresses, "1")];
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
        assert!(all.iter().all(|key| hex::encode(key) != ONE), "the secret itself is no key");
        let development = Keyring::of_development(SECRET);
        assert!(development.encrypts() && !Keyring::without_lists(SECRET).encrypts());
    }

    #[test]
    fn the_secret_makes_codes_until_there_is_a_list_and_then_only_checks() {
        let code = |key: &CodeKey| key.fingerprint("test", "text");
        let secret = code(&CodeKey::new(SECRET));
        let none = Keyring::without_lists(SECRET);
        assert_eq!(none.macs(Purpose::Feeds).all().len(), 1);
        assert_eq!(code(none.macs(Purpose::Feeds).current()), secret);

        let listed = Keyring::parse(&format!("feeds 1 {ONE}"), SECRET).expect("a list");
        let feeds: Vec<[u8; 32]> = listed.macs(Purpose::Feeds).all().iter().map(code).collect();
        assert_eq!(feeds.len(), 2);
        assert!(feeds[0] != secret && feeds[1] == secret);
        assert_eq!(code(listed.macs(Purpose::Codes).current()), secret, "each purpose alone");

        let later = format!("feeds 1 {ONE}\nfeeds 2 {TWO}");
        let later = Keyring::parse(&later, SECRET).expect("a list");
        let again: Vec<[u8; 32]> = later.macs(Purpose::Feeds).all().iter().map(code).collect();
        assert_eq!(again[1..], feeds[..], "what was made before is still known");
    }

    #[test]
    fn a_list_that_cannot_be_read_names_the_line_and_no_key() {
        let long = "1".repeat(33);
        for (line, problem) in [
            (format!("data 1 {}", &ONE[1..]), "64 hexadecimal digits"),
            (format!("data 1 {}", ONE.replace('f', "g")), "64 hexadecimal digits"),
            (format!("data 1 {}", "0".repeat(64)), "over and over"),
            (format!("date 1 {ONE}"), "unknown purpose"),
            (format!("data {long} {ONE}"), "an id"),
            (format!("data a.b {ONE}"), "an id"),
            (format!("data 1 {ONE} readonly"), "perhaps `read-only`"),
            (format!("data 1 {ONE} read-only now"), "perhaps `read-only`"),
            (format!("data {ONE}"), "perhaps `read-only`"),
            (format!("data 0 {TWO}"), "an earlier line"),
        ] {
            let list = format!("# first\ndata 0 {ONE}\n{line}");
            let Err(error) = Keyring::parse(&list, SECRET) else { panic!("{line} is a key") };
            let message = error.to_string();
            assert!(message.contains("line 3") && message.contains(problem), "{line}: {message}");
            assert!(!message.contains(&ONE[..8]), "{message}");
        }
    }
}
