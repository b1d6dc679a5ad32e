//! The account that is signed in: what it is called, how it is reached, where it is signed in.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::Answer;
use super::sign_in::ProofToken;
use crate::actor::Caller;
use crate::consent::Document;
use crate::input::{Code, Email, Password};

/// What the account page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub email: String,
    /// The language for messages, such as `en`.
    pub locale: String,
    pub has_password: bool,
    /// An authenticator app was set up.
    pub has_authenticator: bool,
    pub passkeys: usize,
    /// The configuration asks this account for a second factor.
    pub needs_second_factor: bool,
    pub created_at: DateTime<Utc>,
}

/// A browser or program that is signed in to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    pub id: Uuid,
    /// What the browser or program calls itself (`User-Agent`); may be empty.
    pub device: String,
    /// It uses the API.
    pub is_program: bool,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    /// It is the one that asks.
    pub is_current: bool,
}

/// A version of a document that the account has agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentView {
    pub document: Document,
    pub version: NaiveDate,
    pub accepted_at: DateTime<Utc>,
}

/// All methods fail with `SignInFirst` for visitors, and with `Unavailable`.
#[async_trait]
pub trait Accounts: Send + Sync {
    async fn profile(&self, caller: &Caller) -> Answer<Profile>;

    /// Changes the name of the account's owner.
    ///
    /// # Errors
    /// `Invalid`.
    async fn rename(&self, caller: &Caller, name: &str) -> Answer<()>;

    /// The language for messages to the caller's account.
    async fn locale(&self, caller: &Caller) -> Answer<String>;

    /// Changes it. Only languages that exist here may be given.
    async fn set_locale(&self, caller: &Caller, locale: &str) -> Answer<()>;

    /// Sets or changes the password, ends all other sessions and tokens, revokes all keys, and sends a message about it.
    ///
    /// # Errors
    /// `ProveAgain`; `Invalid` for a password that is too easy to guess; `Busy`.
    async fn set_password(
        &self,
        caller: &Caller,
        old: Option<&str>,
        password: &Password,
    ) -> Answer<()>;

    /// Sends a code to a new address. Nothing changes until it is typed.
    ///
    /// # Errors
    /// `ProveAgain`; `TooManyTries`.
    async fn request_email_change(&self, caller: &Caller, email: &Email) -> Answer<ProofToken>;

    /// Changes the address, and sends a message to the old one.
    ///
    /// # Errors
    /// `CodeExpired`; `Refused` with `WrongCode`, `CodeSpent`, or with `AddressTaken` when another account has proven
    /// the address, or waits for whoever signs in with it.
    async fn confirm_email_change(
        &self,
        caller: &Caller,
        token: &ProofToken,
        code: &Code,
    ) -> Answer<()>;

    /// Where the account is signed in; the current one first, then the last used.
    async fn sessions(&self, caller: &Caller) -> Answer<Vec<SessionView>>;

    /// Ends one of them.
    ///
    /// # Errors
    /// `NotFound`; `ProveAgain`, unless it is the current one.
    async fn end_session(&self, caller: &Caller, id: Uuid) -> Answer<()>;

    /// Ends all but the current one; returns how many.
    ///
    /// # Errors
    /// `ProveAgain`.
    async fn end_other_sessions(&self, caller: &Caller) -> Answer<u64>;

    /// What the account has agreed to, the newest first.
    async fn consents(&self, caller: &Caller) -> Answer<Vec<ConsentView>>;

    /// Agrees to documents in the versions that a page has shown in a language. A version that is not the present one
    /// any more is left out, so that the page asks again.
    async fn agree(
        &self,
        caller: &Caller,
        shown: &[(Document, NaiveDate)],
        locale: &str,
    ) -> Answer<()>;

    /// Everything that is stored about the account, for its owner to keep, as JSON.
    ///
    /// # Errors
    /// `ProveAgain`.
    async fn export(&self, caller: &Caller) -> Answer<String>;

    /// Deletes the account: signs it out everywhere and removes what identifies its people. Appointments that took
    /// place stay without contact data, as the law asks of clinics.
    ///
    /// # Errors
    /// `ProveAgain`; `Refused` with `HasAppointments` while visits are ahead, or with `StillOnStaff`.
    async fn delete(&self, caller: &Caller) -> Answer<()>;
}
