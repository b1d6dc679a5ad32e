//! Accounts and their sessions.

use async_trait::async_trait;

use super::Answer;
use crate::actor::Caller;
use crate::ids::AccountId;
use crate::input::{Email, Password};

/// What a new patient gives.
#[derive(Clone, Debug)]
pub struct Registration {
    pub name: String,
    pub email: Email,
    pub password: Password,
}

#[async_trait]
pub trait Accounts: Send + Sync {
    /// Makes an account for a patient. Repeated with the same e-mail *and* password
    /// (a double click, a retry) it answers the account that is there already.
    /// An address may have several accounts, told apart by their passwords: so nobody learns
    /// whether it has one, and only a code that came back makes the address theirs.
    ///
    /// # Errors
    /// `TooManyTries`; `Unavailable`.
    async fn register(&self, caller: &Caller, registration: Registration) -> Answer<AccountId>;

    /// The account that e-mail and password belong to.
    ///
    /// # Errors
    /// `WrongCredentials`, the same for an unknown address; `TooManyTries`; `Unavailable`.
    async fn sign_in(&self, caller: &Caller, email: &str, password: &str) -> Answer<AccountId>;
}

/// The session of the request at hand; provided to server functions beside the ports.
#[async_trait]
pub trait SessionControl: Send + Sync {
    /// Signs the account in, under a new session id.
    async fn start(&self, account: AccountId) -> Answer<()>;
    /// Signs out. Fine when nobody was signed in.
    async fn end(&self) -> Answer<()>;
}
