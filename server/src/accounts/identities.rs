//! Finds the account behind a session or token. Every request of a signed-in person needs this, so requests
//! that arrive at the same time share one read. It always reads the main database, so that a session that
//! was ended is over on every instance at once.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{Actor, SignedIn};
use nadi::ids::AccountId;
use nadi::ports::Answer;
use tower_sessions::session::Id;

use super::sessions;
use super::store;
use crate::accounts::store::Principal;
use crate::batcher::{Batcher, Limits, SubmitError};
use crate::state::AppState;

const LIMITS: Limits = Limits { workers: 3, batch_size_max: 128, queue_size_max: 4096 };

/// Finds the accounts behind sessions and tokens, in batches.
pub struct Identities {
    batcher: Batcher<Principal, Result<Option<SignedIn>, ReadFailed>>,
}

/// The database did not answer.
#[derive(Clone, Copy, Debug)]
struct ReadFailed;

impl Identities {
    /// Must be called inside a tokio runtime.
    pub fn new(app_state: &AppState) -> Self {
        let app_state = app_state.clone();
        Self {
            batcher: Batcher::new(LIMITS, move |all| {
                let app_state = app_state.clone();
                async move { read(&app_state, all).await }
            }),
        }
    }

    /// The account of a page's session, with everything it may act as; a visitor without one.
    ///
    /// # Errors
    /// `Unavailable`, `Busy`.
    pub async fn of_account(&self, account: Option<AccountId>) -> Answer<Actor> {
        let Some(account) = account else { return Ok(Actor::Visitor) };
        Ok(actor(self.submit(Principal { account, token_session: None }).await?))
    }

    /// The account of a token. `None` when the session behind it has ended.
    ///
    /// # Errors
    /// `Unavailable`, `Busy`.
    pub async fn of_token(
        &self,
        account: AccountId,
        session: &Id,
        now: DateTime<Utc>,
    ) -> Answer<Option<SignedIn>> {
        let token_session = Some((sessions::digest(session), now));
        self.submit(Principal { account, token_session }).await
    }

    async fn submit(&self, principal: Principal) -> Answer<Option<SignedIn>> {
        match self.batcher.submit(principal).await {
            Ok(Ok(found)) => Ok(found),
            Err(SubmitError::Full) => Err(Failure::Busy),
            Ok(Err(ReadFailed)) | Err(SubmitError::Interrupted) => Err(Failure::Unavailable),
        }
    }
}

fn actor(found: Option<SignedIn>) -> Actor {
    found.map_or(Actor::Visitor, |account| Actor::Account(Box::new(account)))
}

async fn read(
    app_state: &AppState,
    all: Vec<Principal>,
) -> Vec<Result<Option<SignedIn>, ReadFailed>> {
    let found = async {
        let mut connection = app_state.write.0.acquire().await?;
        store::signed_in(&mut connection, &all).await
    };
    match found.await {
        Ok(found) => found.into_iter().map(Ok).collect(),
        Err(error) => {
            tracing::error!(%error, "cannot read the accounts behind sessions and tokens");
            all.iter().map(|_| Err(ReadFailed)).collect()
        }
    }
}
