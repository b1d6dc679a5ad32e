//! Registering and signing in: by password, by code, by passkey, and with a second factor.
//!
//! No answer here, and no duration, reveals whether an address has an account.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Answer;
use crate::actor::Caller;
use crate::idempotency::IdempotencyKey;
use crate::ids::AccountId;
use crate::input::{Code, Email, Password};

/// The account that somebody has signed in to, or almost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAccount {
    pub id: AccountId,
    /// Its language.
    pub locale: String,
    /// What it could be signed in to with when that was checked: a session begins only if it still is so.
    pub sign_in_version: i32,
    /// It was signed in to with two factors.
    pub two_factors: bool,
    /// A code that was mailed to its address was typed for it.
    pub by_code: bool,
}

/// What somebody types to register. It counts when the address is proven.
#[derive(Clone, Debug)]
pub struct Registration {
    pub name: String,
    pub email: Email,
    /// Without one, codes are sent for signing in.
    pub password: Option<Password>,
    /// The language for messages to the account, such as `en`.
    pub locale: String,
    /// The key of the form: of a double click, one code is sent.
    pub key: Option<IdempotencyKey>,
}

/// The secret of whoever asked for a code. A code is accepted only together with it, so that nobody can be talked into
/// typing or telling a code that somebody else has asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofToken(String);

impl ProofToken {
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ProofToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProofToken(hidden)")
    }
}

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofPurpose {
    Register,
    SignIn,
    ChangeEmail,
}

impl ProofPurpose {
    pub const ALL: [Self; 3] = [Self::Register, Self::SignIn, Self::ChangeEmail];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::ChangeEmail => "change_email",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// A code that was asked for and not yet typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingProof {
    pub purpose: ProofPurpose,
    /// As it was typed.
    pub email: String,
    pub expires_at: DateTime<Utc>,
    pub tries_left: i16,
    pub codes_left: i16,
}

/// What signing in has led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInStep {
    SignedIn(KnownAccount),
    /// The account asks for a second factor, too.
    SecondFactor(KnownAccount),
}

/// A request to a passkey of the browser.
#[derive(Clone, Debug)]
pub struct PasskeyRequest {
    /// The secret that the answer has to come with.
    pub token: ProofToken,
    /// The options for `navigator.credentials`, as WebAuthn has them in JSON.
    pub options: String,
}

#[async_trait]
pub trait SignIn: Send + Sync {
    /// Sends a code to the address. With the code, [`Self::check_code`] makes the account, or signs in to the one
    /// that the address has already.
    ///
    /// # Errors
    /// `Invalid` for a password that is too easy to guess; `TooManyTries`; `Busy`; `Unavailable`.
    async fn register(&self, caller: &Caller, registration: Registration) -> Answer<ProofToken>;

    /// Sends a code to sign in with; also for those who have forgotten their password.
    ///
    /// # Errors
    /// `TooManyTries`; `Unavailable`.
    async fn send_code(&self, caller: &Caller, email: &Email, locale: &str) -> Answer<ProofToken>;

    /// Sends a new code in place of the last one.
    ///
    /// # Errors
    /// `CodeExpired`; `Refused` with `NoMoreCodes`; `Unavailable`.
    async fn send_code_again(&self, caller: &Caller, token: &ProofToken) -> Answer<()>;

    /// What the code was sent for. `None`: unknown, used or expired.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn pending_proof(
        &self,
        caller: &Caller,
        token: &ProofToken,
    ) -> Answer<Option<PendingProof>>;

    /// Signs in with the code; a new address gets its account.
    ///
    /// # Errors
    /// `Refused` with `WrongCode` or `CodeSpent`; `CodeExpired`; `Unavailable`.
    async fn check_code(
        &self,
        caller: &Caller,
        token: &ProofToken,
        code: &Code,
    ) -> Answer<SignInStep>;

    /// Signs in with e-mail and password.
    ///
    /// # Errors
    /// `WrongCredentials`, the same for an unknown address; `TooManyTries`; `Busy`; `Unavailable`.
    async fn check_password(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
    ) -> Answer<SignInStep>;

    /// Ends a sign-in with the second factor: a code of the authenticator app, or a recovery code, which counts once.
    ///
    /// # Errors
    /// `WrongSecondFactor`; `TooManyTries`; `Unavailable`.
    async fn check_second_factor(
        &self,
        caller: &Caller,
        account: &KnownAccount,
        code: &str,
    ) -> Answer<KnownAccount>;

    /// Asks for a passkey of any account.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn request_passkey(&self, caller: &Caller) -> Answer<PasskeyRequest>;

    /// Signs in with a passkey. It asks its owner for a fingerprint or a PIN, so it counts as two factors.
    ///
    /// # Errors
    /// `WrongPasskey`; `Unavailable`.
    async fn check_passkey(
        &self,
        caller: &Caller,
        token: &ProofToken,
        credential: &str,
    ) -> Answer<KnownAccount>;
}
