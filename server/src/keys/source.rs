//! Where lists of keys come from: an environment variable or a file. A key management service is another [`KeySource`]:
//! it unwraps the secrets that were wrapped for it, and gives the same lines.

use std::path::PathBuf;

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
        Some(source) => keyring(source.as_ref(), secret)
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
    #[error("has no line for `{0}`")]
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

/// Reads the keys of a source, which must have one that encrypts and one that makes the digests of addresses.
///
/// # Errors
/// When the list cannot be got or used.
pub fn keyring(source: &dyn KeySource, secret: &SecretString) -> Result<Keyring, SourceError> {
    let list = source.read()?;
    let keyring = Keyring::parse(list.expose_secret(), secret.expose_secret())?;
    for purpose in [Purpose::Data, Purpose::Addresses] {
        if keyring.current(purpose).is_none() {
            return Err(SourceError::Missing(purpose.word()));
        }
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

    /// The keys of the list, if it was changed since the last time. One that cannot be used is looked at again.
    ///
    /// # Errors
    /// When it cannot be got or used.
    pub fn changed(&mut self) -> Result<Option<Keyring>, SourceError> {
        let list = self.source.read()?;
        let is_known = |known: &SecretString| known.expose_secret() == list.expose_secret();
        if self.in_use.as_ref().is_some_and(is_known) {
            return Ok(None);
        }
        let keyring = keyring(self.source.as_ref(), &self.secret)?;
        self.in_use = Some(list);
        Ok(Some(keyring))
    }
}
