//! Where lists of keys come from: an environment variable or a file. A key management service is another [`KeySource`]:
//! it unwraps the secrets that were wrapped for it, and gives the same lines.

use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

use super::{Keyring, ListError, Purpose};

/// Where the operator keeps the list of keys.
#[derive(Clone, Debug)]
pub enum KeyPlace {
    /// In a variable; instead of a new line there may be a semicolon.
    Variable(SecretString),
    File(PathBuf),
    /// There is none: personal data are stored as text.
    Nowhere,
    /// There is none, and the keys are derived from `NADI_SECRET`: development mode.
    Secret,
}

impl KeyPlace {
    /// `None`: there is no list.
    pub fn source(&self) -> Option<Box<dyn KeySource>> {
        match self {
            Self::Variable(list) => Some(Box::new(Variable(list.clone()))),
            Self::File(file) => Some(Box::new(File(file.clone()))),
            Self::Nowhere | Self::Secret => None,
        }
    }
}

/// The keys at the start.
///
/// # Errors
/// When a list cannot be got or used; with its place.
pub fn keyring_of(place: &KeyPlace, secret: &SecretString) -> anyhow::Result<Keyring> {
    match place.source() {
        Some(source) => source
            .read()
            .and_then(|list| keyring_in(&list, secret))
            .with_context(|| format!("the keys in {} cannot be used", source.place())),
        None if matches!(place, KeyPlace::Secret) => {
            Ok(Keyring::of_development(secret.expose_secret()))
        }
        None => Ok(Keyring::without_lists(secret.expose_secret())),
    }
}

/// Gives the operator's list of keys.
pub trait KeySource: Send + Sync {
    /// The list as it is now.
    ///
    /// # Errors
    /// When it cannot be got; the message has no part of a key.
    fn read(&self) -> Result<SecretString, SourceError>;

    /// Where the list is, for messages.
    fn place(&self) -> String;

    /// May the list change while the server runs?
    fn changes(&self) -> bool;
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error(transparent)]
    List(#[from] ListError),
    #[error("the list has no line for `{0}`, or only `read-only` ones although it has others")]
    Missing(&'static str),
}

/// The list in the variable `NADI_KEYS`.
pub struct Variable(pub SecretString);

impl KeySource for Variable {
    fn read(&self) -> Result<SecretString, SourceError> {
        Ok(self.0.expose_secret().replace(';', "\n").into())
    }

    fn place(&self) -> String {
        "NADI_KEYS".to_owned()
    }

    fn changes(&self) -> bool {
        false
    }
}

/// The list in the file that `NADI_KEYS_FILE` names.
pub struct File(pub PathBuf);

impl KeySource for File {
    fn read(&self) -> Result<SecretString, SourceError> {
        warn_about_readers(&self.0);
        let text = std::fs::read_to_string(&self.0);
        text.map(SecretString::from).map_err(|error| SourceError::Unreadable(error.to_string()))
    }

    fn place(&self) -> String {
        self.0.display().to_string()
    }

    fn changes(&self) -> bool {
        true
    }
}

/// Others on the machine should not read the keys.
fn warn_about_readers(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    static WARNED: Once = Once::new();
    let mode = std::fs::metadata(file).map(|file| file.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        WARNED.call_once(|| {
            tracing::warn!(file = %file.display(), "others on this machine may read the keys: chmod 600");
        });
    }
}

/// The keys in a list, which has some for values and for the digests of addresses. Either both purposes have one that
/// writes, or neither: then values are read, and written as text.
fn keyring_in(list: &SecretString, secret: &SecretString) -> Result<Keyring, SourceError> {
    let keyring = Keyring::parse(list.expose_secret(), secret.expose_secret())?;
    for purpose in [Purpose::Data, Purpose::Addresses] {
        let is_listed = keyring.readers(purpose).next().is_some();
        if !is_listed || keyring.encrypts() && keyring.current(purpose).is_none() {
            return Err(SourceError::Missing(purpose.word()));
        }
    }
    if !keyring.encrypts() && keyring.current(Purpose::Addresses).is_some() {
        return Err(SourceError::Missing(Purpose::Data.word()));
    }
    Ok(keyring)
}

/// Looks for changes of a list.
pub struct Watcher {
    source: Box<dyn KeySource>,
    secret: SecretString,
    in_use: Option<SecretString>,
}

impl Watcher {
    /// `None`: the list of this place does not change while the server runs.
    pub fn new(place: &KeyPlace, secret: &SecretString) -> Option<Self> {
        let source = place.source().filter(|source| source.changes())?;
        Some(Self { source, secret: secret.clone(), in_use: None })
    }

    /// The list and its keys, if it was changed since the last one that was put to use ([`Self::set_in_use`]).
    ///
    /// # Errors
    /// When it cannot be got or used.
    pub fn changed(&self) -> Result<Option<(SecretString, Keyring)>, SourceError> {
        let list = self.source.read()?;
        let is_known = |known: &SecretString| known.expose_secret() == list.expose_secret();
        if self.in_use.as_ref().is_some_and(is_known) {
            return Ok(None);
        }
        let keyring = keyring_in(&list, &self.secret)?;
        Ok(Some((list, keyring)))
    }

    /// This list was put to use.
    pub fn set_in_use(&mut self, list: SecretString) {
        self.in_use = Some(list);
    }
}
