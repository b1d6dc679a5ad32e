//! The second factors of the account that is signed in: an authenticator app with recovery codes, and passkeys.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Answer;
use super::sign_in::{PasskeyRequest, ProofToken};
use crate::actor::Caller;

/// An authenticator app that is being set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorSetup {
    /// In Base32, in groups of four, to be typed.
    pub secret: String,
    /// The `otpauth:` URL.
    pub url: String,
    /// The same as a QR code: an SVG image.
    pub qr_code: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorView {
    pub since: DateTime<Utc>,
    pub recovery_codes_left: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyView {
    pub id: Uuid,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// All methods fail with `SignInFirst` for visitors, and with `Unavailable`; all changes with `ProveAgain`. Each
/// change sends a message to the account.
#[async_trait]
pub trait SecondFactors: Send + Sync {
    /// `None`: none is set up.
    async fn authenticator(&self, caller: &Caller) -> Answer<Option<AuthenticatorView>>;

    /// Begins to set one up, in place of one that was not confirmed. The one in use stays until the new one is
    /// confirmed.
    async fn set_up_authenticator(&self, caller: &Caller) -> Answer<AuthenticatorSetup>;

    /// The one that is being set up; `None` when none is, or after half an hour. Fails with `ProveAgain`, too.
    async fn authenticator_setup(&self, caller: &Caller) -> Answer<Option<AuthenticatorSetup>>;

    /// Ends it with a first code; returns new recovery codes, which are shown once.
    ///
    /// # Errors
    /// `WrongSecondFactor`; `NotFound` when none is being set up.
    async fn confirm_authenticator(&self, caller: &Caller, code: &str) -> Answer<Vec<String>>;

    /// # Errors
    /// `Refused` with `SecondFactorRequired` when the configuration asks this account for one and there is no other.
    async fn remove_authenticator(&self, caller: &Caller) -> Answer<()>;

    /// New recovery codes; the old ones no longer count.
    ///
    /// # Errors
    /// `NotFound` without an authenticator app.
    async fn renew_recovery_codes(&self, caller: &Caller) -> Answer<Vec<String>>;

    async fn passkeys(&self, caller: &Caller) -> Answer<Vec<PasskeyView>>;

    /// Asks the browser to make one.
    ///
    /// # Errors
    /// `Refused` with `TooManyPasskeys`.
    async fn request_new_passkey(&self, caller: &Caller) -> Answer<PasskeyRequest>;

    /// # Errors
    /// `WrongPasskey`; `Invalid` for the name.
    async fn add_passkey(
        &self,
        caller: &Caller,
        token: &ProofToken,
        name: &str,
        credential: &str,
    ) -> Answer<()>;

    /// # Errors
    /// `NotFound`; `Refused` with `SecondFactorRequired`.
    async fn remove_passkey(&self, caller: &Caller, id: Uuid) -> Answer<()>;
}
