//! Personal keys for the API: for programs that act for an account without its password.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::Answer;
use crate::actor::{Caller, Scope};

/// The maximum number of keys of one account.
pub const API_KEYS_MAX: usize = 20;
/// How many days a key works unless another last day is chosen, and how many it may work at most.
pub const API_KEY_DAYS: i64 = 365;
pub const API_KEY_DAYS_MAX: i64 = 2 * 366;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyView {
    pub id: Uuid,
    pub name: String,
    /// Its last characters.
    pub ending: String,
    pub scope: Scope,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    pub name: String,
    pub scope: Scope,
    /// The last day on which it works; `None`: in [`API_KEY_DAYS`].
    pub until: Option<NaiveDate>,
}

/// All methods fail with `SignInFirst` for visitors, and with `Unavailable`.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    async fn api_keys(&self, caller: &Caller) -> Answer<Vec<ApiKeyView>>;

    /// Makes a key; returns it. It is shown once: only its hash is stored.
    ///
    /// # Errors
    /// `ProveAgain`; `Invalid`; `Refused` with `TooManyApiKeys`.
    async fn create_api_key(&self, caller: &Caller, new: &NewApiKey) -> Answer<String>;

    /// # Errors
    /// `NotFound`.
    async fn revoke_api_key(&self, caller: &Caller, id: Uuid) -> Answer<()>;
}
