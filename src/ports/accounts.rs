//! Accounts and their sessions.

use async_trait::async_trait;

use super::Answer;
use crate::actor::Caller;
use crate::ids::AccountId;
use crate::input::{Email, Password};

/// The data of a new account.
#[derive(Clone, Debug)]
pub struct Registration {
    pub name: String,
    pub email: Email,
    pub password: Password,
    /// The language for messages to the account, such as `en`.
    pub locale: String,
}

/// The account that somebody has signed in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAccount {
    pub id: AccountId,
    /// Its language.
    pub locale: String,
}

#[async_trait]
pub trait Accounts: Send + Sync {
    /// Makes an account for a patient. Repeated with the same e-mail *and* password (a double click, a retry), it
    /// returns the existing account. An address may have several accounts with different passwords, so that nobody
    /// learns whether it has one; only a code sent to the address verifies it.
    ///
    /// # Errors
    /// `TooManyTries`; `Unavailable`.
    async fn register(&self, caller: &Caller, registration: Registration) -> Answer<AccountId>;

    /// The account that e-mail and password belong to.
    ///
    /// # Errors
    /// `WrongCredentials`, the same for an unknown address; `TooManyTries`; `Unavailable`.
    async fn sign_in(&self, caller: &Caller, email: &str, password: &str) -> Answer<KnownAccount>;

    /// The language for messages to the caller's account.
    ///
    /// # Errors
    /// `SignInFirst`, `Unavailable`.
    async fn locale(&self, caller: &Caller) -> Answer<String>;

    /// Changes it. Only languages that exist here may be given.
    ///
    /// # Errors
    /// `SignInFirst`, `Unavailable`.
    async fn set_locale(&self, caller: &Caller, locale: &str) -> Answer<()>;
}

/// The session of the current request; provided to server functions in addition to the ports.
#[async_trait]
pub trait SessionControl: Send + Sync {
    /// Signs the account in, under a new session id.
    async fn start(&self, account: AccountId) -> Answer<()>;
    /// Signs out. Succeeds also when nobody was signed in.
    async fn end(&self) -> Answer<()>;
}
