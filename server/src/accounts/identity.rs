//! Who is asking. Every request of a signed-in person asks it, so those that ask at the same time are
//! answered with one read, straight from the database: a session that was ended is over everywhere.

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

const ASKING: Limits = Limits { workers: 3, batch_size_max: 128, queue_size_max: 4096 };

/// Answers who is behind a token or a session.
pub struct Identities {
    batcher: Batcher<Principal, Result<Option<SignedIn>, Unread>>,
}

/// The database did not say.
#[derive(Clone, Copy, Debug)]
struct Unread;

impl Identities {
    /// Must be called where tokio runs.
    pub fn new(app_state: &AppState) -> Self {
        let app_state = app_state.clone();
        Self {
            batcher: Batcher::new(ASKING, move |all| {
                let app_state = app_state.clone();
                async move { read(&app_state, all).await }
            }),
        }
    }

    /// The account of a page's session, with everything it may act as.
    ///
    /// # Errors
    /// `Unavailable`, `Busy`.
    pub async fn of_account(&self, account: Option<AccountId>) -> Answer<Actor> {
        let Some(account) = account else { return Ok(Actor::Visitor) };
        Ok(actor(self.ask(Principal { account, token_session: None }).await?))
    }

    /// The account of a token, while the session behind it stands.
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
        self.ask(Principal { account, token_session }).await
    }

    async fn ask(&self, principal: Principal) -> Answer<Option<SignedIn>> {
        match self.batcher.submit(principal).await {
            Ok(Ok(found)) => Ok(found),
            Err(SubmitError::Full) => Err(Failure::Busy),
            Ok(Err(Unread)) | Err(SubmitError::Interrupted) => Err(Failure::Unavailable),
        }
    }
}

fn actor(found: Option<SignedIn>) -> Actor {
    found.map_or(Actor::Visitor, |account| Actor::Account(Box::new(account)))
}

async fn read(app_state: &AppState, all: Vec<Principal>) -> Vec<Result<Option<SignedIn>, Unread>> {
    let found = async {
        let mut connection = app_state.write.0.acquire().await?;
        store::signed_in(&mut connection, &all).await
    };
    match found.await {
        Ok(found) => found.into_iter().map(Ok).collect(),
        Err(error) => {
            tracing::error!(%error, "nobody can be known");
            all.iter().map(|_| Err(Unread)).collect()
        }
    }
}
