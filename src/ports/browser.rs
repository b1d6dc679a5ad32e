//! What the browser of the current request remembers, as cookies.

use async_trait::async_trait;

use super::Answer;
use super::sign_in::{KnownAccount, ProofToken};

/// Provided to server functions in addition to the ports.
#[async_trait]
pub trait BrowserSession: Send + Sync {
    /// Signs the account in, under a new session id; the session that was there before ends. The browser counts as one
    /// that this account knows from now on.
    ///
    /// # Errors
    /// `SignInFirst` when what it is signed in to with has changed since it was checked; `Unavailable`.
    async fn start(&self, account: &KnownAccount) -> Answer<()>;

    /// Remembers for ten minutes that this account only needs its second factor.
    async fn await_second_factor(&self, account: &KnownAccount) -> Answer<()>;

    /// The account that waits for its second factor.
    async fn awaiting_second_factor(&self) -> Answer<Option<KnownAccount>>;

    /// Signs out. Succeeds also when nobody was signed in.
    async fn end(&self) -> Answer<()>;

    /// The secret of the code that this browser has asked for.
    fn proof(&self) -> Option<ProofToken>;

    fn set_proof(&self, token: &ProofToken);

    fn forget_proof(&self);

    /// The secret of the passkey request that this browser has got.
    fn passkey_request(&self) -> Option<ProofToken>;

    fn set_passkey_request(&self, token: &ProofToken);

    /// Makes this browser a visitor that can hold a time: another one, unless it holds a time already. So a cookie that
    /// somebody has copied from this browser before is of no use.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn become_visitor(&self) -> Answer<()>;

    /// Forgets the visitor, and with it what was booked.
    fn forget_visitor(&self);
}
