//! Finds the account behind a session, token or key. Every request of a signed-in person needs this, so requests
//! that arrive at the same time share one read. It always reads the main database, so that a session that
//! was ended is over on every instance at once.

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::actor::{Access, MissingFactor, Scope, SignedIn};
use nadi::ports::Answer;

use super::credential::{Credential, CredentialKind};
use super::session_times::USE_WRITTEN_EVERY;
use super::store::identities::{self as store, Behind, Identity, SessionUse};
use super::tokens;
use crate::batcher::{Batcher, Limits, SubmitError};
use crate::config::StaffSecondFactor;
use crate::state::AppState;

const LIMITS: Limits = Limits { workers: 3, batch_size_max: 128, queue_size_max: 4096 };

/// A credential, and the instant at which it must be valid.
struct Question {
    credential: Credential,
    now: DateTime<Utc>,
}

/// Finds the accounts behind sessions, tokens and keys, in batches.
pub struct Identities {
    batcher: Batcher<Question, Result<Option<SignedIn>, ReadFailed>>,
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

    /// The account of a page's session, with everything it may act as. `None`: the session has ended.
    ///
    /// # Errors
    /// `Unavailable`, `Busy`.
    pub async fn of_session(
        &self,
        session: Credential,
        now: DateTime<Utc>,
    ) -> Answer<Option<SignedIn>> {
        self.submit(Question { credential: session, now }).await
    }

    /// The account of an access token or API key. `None`: it is not one of ours, has expired or was revoked.
    ///
    /// # Errors
    /// `Unavailable`, `Busy`.
    pub async fn of_bearer(&self, token: &str, now: DateTime<Utc>) -> Answer<Option<SignedIn>> {
        let Some(credential) = tokens::credential(token) else { return Ok(None) };
        self.submit(Question { credential, now }).await
    }

    async fn submit(&self, question: Question) -> Answer<Option<SignedIn>> {
        match self.batcher.submit(question).await {
            Ok(Ok(found)) => Ok(found),
            Err(SubmitError::Full) => Err(Failure::Busy),
            Ok(Err(ReadFailed)) | Err(SubmitError::Interrupted) => Err(Failure::Unavailable),
        }
    }
}

async fn read(
    app_state: &AppState,
    all: Vec<Question>,
) -> Vec<Result<Option<SignedIn>, ReadFailed>> {
    let required = app_state.settings.staff_second_factor == StaffSecondFactor::Required;
    let credentials: Vec<Credential> = all.iter().map(|one| one.credential.clone()).collect();
    let found = async {
        let mut connection = app_state.write.0.acquire().await?;
        store::identities(&mut connection, &credentials).await
    };
    let found = match found.await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "cannot read the accounts behind sessions and tokens");
            return all.iter().map(|_| Err(ReadFailed)).collect();
        }
    };
    let mut uses = Uses::default();
    let signed_in = all.iter().zip(found).map(|(question, identity)| {
        let identity = identity.filter(|one| one.is_valid(question))?;
        uses.add(&identity, question);
        Some(identity.signed_in(required))
    });
    let signed_in = signed_in.map(Ok).collect();
    uses.write_later(app_state);
    signed_in
}

impl Identity {
    /// Whoever has not proven their address may have typed that of somebody else: it gives no role.
    fn is_staff(&self) -> bool {
        self.is_proven && self.account.has_roles()
    }

    fn is_valid(&self, question: &Question) -> bool {
        let (kind, now) = (question.credential.kind, question.now);
        match &self.behind {
            Behind::Session { times, token_expires_at, of_release_before, .. } => {
                // The release before asks for no second factor.
                let lacks_factor = self.has_authenticator && !self.two_factors;
                let counts = match of_release_before {
                    true => !lacks_factor,
                    false => kind != CredentialKind::OldSession,
                };
                counts
                    && times.is_alive(self.is_staff(), now)
                    && token_expires_at.is_none_or(|at| now < at)
            }
            Behind::Key { expires_at, .. } => expires_at.is_none_or(|at| now < at),
        }
    }

    /// What its roles wait for. It matters how this session or key was made: one that was made with one factor must not
    /// become staff's when a role or a factor is added later.
    fn missing_factor(&self, required: bool) -> Option<MissingFactor> {
        let has_factor = self.has_authenticator || self.has_passkey;
        match (required && self.is_staff(), has_factor, self.two_factors) {
            (false, ..) | (true, true, true) => None,
            (true, true, false) => Some(MissingFactor::SignIn),
            (true, false, _) => Some(MissingFactor::SetUp),
        }
    }

    fn signed_in(self, required: bool) -> SignedIn {
        let second_factor_missing = self.missing_factor(required);
        let has_roles = self.is_staff() && second_factor_missing.is_none();
        // One factor proves nothing where signing in takes two.
        let needs_two =
            self.has_authenticator || second_factor_missing == Some(MissingFactor::SignIn);
        let proved_at = self.proved_at.filter(|_| self.two_factors || !needs_two);
        let (two_factors, by_code) = (self.two_factors, self.by_code);
        let (session, scope) = match self.behind {
            Behind::Session { public_id, .. } => (Some(public_id), Scope::Write),
            Behind::Key { scope, .. } => (None, scope),
        };
        let access =
            Access { session, proved_at, scope, two_factors, by_code, second_factor_missing };
        let all = self.account;
        let agreed = all.agreed;
        let counted = match has_roles {
            true => all,
            false => SignedIn::patient(all.account, all.person, all.name),
        };
        SignedIn { access, agreed, ..counted }
    }
}

/// Uses of sessions and keys that are to be written.
#[derive(Default)]
struct Uses {
    sessions: Vec<SessionUse>,
    keys: Vec<(uuid::Uuid, DateTime<Utc>)>,
}

impl Uses {
    fn add(&mut self, identity: &Identity, question: &Question) {
        let (kind, now) = (question.credential.kind, question.now);
        match &identity.behind {
            Behind::Session { digest, times, .. } => {
                let Some(expires_at) = times.prolonged(identity.is_staff(), now) else {
                    return;
                };
                // Programs prolong their session by refreshing, not by every request.
                let expires_at = match kind {
                    CredentialKind::Session | CredentialKind::OldSession => expires_at,
                    CredentialKind::AccessToken | CredentialKind::ApiKey => times.expires_at,
                };
                let digest = digest.clone();
                self.sessions.push(SessionUse { digest, seen_at: now, expires_at });
            }
            Behind::Key { id, last_used_at, .. } => {
                if last_used_at.is_none_or(|at| at + USE_WRITTEN_EVERY <= now) {
                    self.keys.push((*id, now));
                }
            }
        }
    }

    /// Writes them without letting anybody wait.
    fn write_later(self, app_state: &AppState) {
        if self.sessions.is_empty() && self.keys.is_empty() {
            return;
        }
        let app_state = app_state.clone();
        tokio::spawn(async move {
            if let Err(error) = self.write(&app_state).await {
                tracing::warn!(%error, "cannot write when sessions and keys were used");
            }
        });
    }

    async fn write(self, app_state: &AppState) -> sqlx::Result<()> {
        let mut connection = app_state.write.0.acquire().await?;
        if !self.sessions.is_empty() {
            store::write_session_uses(&mut connection, &self.sessions).await?;
        }
        if let Some(now) = self.keys.iter().map(|(_, now)| *now).max() {
            let keys: Vec<_> = self.keys.into_iter().map(|(id, _)| id).collect();
            store::write_key_uses(&mut connection, &keys, now).await?;
        }
        Ok(())
    }
}
