//! What programs sign in with: access tokens for a quarter of an hour, refresh tokens that are exchanged for new ones,
//! and personal keys ([`super::api_keys`]).
//!
//! All are random texts of which the database has only the hash. They are not signed: each use asks the database anyway,
//! whether the session still exists and what its account may do, so a signature would save nothing, and there is no
//! signing key to lose or to change.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::ports::{Answer, KnownAccount};
use sha2::{Digest, Sha256};

use super::credential::{Credential, CredentialKind};
use super::session_times::{STAFF, SessionKind, Times, USUAL};
use super::sessions;
use super::store::sessions::{self as session_store, NewSession};
use super::store::tokens::{self as store, NewTokens};
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

/// How long an access token lasts.
pub const ACCESS_SECONDS: i64 = 15 * 60;
const ACCESS_PREFIX: &str = "nadi_at_";
const REFRESH_PREFIX: &str = "nadi_rt_";
const KEY_PREFIX: &str = "nadi_key_";
/// 32 bytes in Base64.
const RANDOM_CHARS: usize = 43;

/// The tokens of a program that has signed in.
pub struct IssuedTokens {
    pub access_token: String,
    pub refresh_token: String,
    pub refresh_expires_at: DateTime<Utc>,
}

/// A new secret text with this beginning, and its hash.
fn random_token(prefix: &str) -> (String, [u8; 32]) {
    let random = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let token = format!("{prefix}{random}");
    let digest = digest(&token);
    (token, digest)
}

/// A new personal key, and its hash.
pub(super) fn random_key() -> (String, [u8; 32]) {
    random_token(KEY_PREFIX)
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn has_shape(token: &str, prefix: &str) -> bool {
    token.strip_prefix(prefix).is_some_and(|rest| rest.len() == RANDOM_CHARS)
}

/// What to look for in the database. `None`: not an access token or key of ours. A refresh token is only exchanged.
pub(super) fn credential(token: &str) -> Option<Credential> {
    let kind = if has_shape(token, ACCESS_PREFIX) {
        CredentialKind::AccessToken
    } else if has_shape(token, KEY_PREFIX) {
        CredentialKind::ApiKey
    } else {
        return None;
    };
    Some(Credential { kind, digest: digest(token) })
}

/// Signs a program in to an account whose owner has just proved who they are.
///
/// # Errors
/// `SignInFirst` when what the account is signed in to with has changed since it was checked; `Unavailable`.
pub async fn issue(
    app_state: &AppState,
    account: &KnownAccount,
    device: &str,
    now: DateTime<Utc>,
) -> Answer<IssuedTokens> {
    answer("issue tokens", issue_tokens(app_state, account, device, now).await)
}

async fn issue_tokens(
    app_state: &AppState,
    account: &KnownAccount,
    device: &str,
    now: DateTime<Utc>,
) -> Outcome<IssuedTokens> {
    let mut transaction = app_state.write.begin().await?;
    // Only its tokens lead to this session, so nobody needs to know what this is the hash of.
    let session = rand::random::<[u8; 32]>();
    let of_staff = session_store::has_role(&mut transaction, account.id).await?;
    let lifetime = if of_staff { STAFF } else { USUAL };
    let (expires_at, ends_at) = (now + lifetime.idle, now + lifetime.absolute);
    let new = NewSession {
        digest: &session,
        account,
        kind: SessionKind::Api,
        device: &sessions::cut(device),
        expires_at,
        ends_at,
    };
    let entered = session_store::insert(&mut transaction, &new, now).await?;
    entered.ok_or(Failure::SignInFirst)?;
    let issued = new_tokens(&mut transaction, &session, expires_at, now).await?;
    transaction.commit().await?;
    Ok(issued)
}

async fn new_tokens(
    connection: &mut sqlx::PgConnection,
    session: &[u8],
    refresh_expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<IssuedTokens> {
    let (access_token, access) = random_token(ACCESS_PREFIX);
    let (refresh_token, refresh) = random_token(REFRESH_PREFIX);
    let new = NewTokens {
        access: &access,
        access_expires_at: now + Duration::seconds(ACCESS_SECONDS),
        refresh: &refresh,
        refresh_expires_at,
    };
    store::insert(connection, session, &new).await?;
    Ok(IssuedTokens { access_token, refresh_token, refresh_expires_at })
}

/// Exchanges a refresh token for new tokens. `None`: it is unknown, has expired, or was exchanged before.
///
/// A token that is exchanged a second time was copied, and nobody can tell who has the copy: so its session ends, with
/// all tokens. That also happens to a program that sends the same token twice at once; it has to sign in again.
///
/// # Errors
/// `Unavailable`.
pub async fn refresh(
    app_state: &AppState,
    token: &str,
    now: DateTime<Utc>,
) -> Answer<Option<IssuedTokens>> {
    answer("refresh tokens", refresh_tokens(app_state, token, now).await)
}

async fn refresh_tokens(
    app_state: &AppState,
    token: &str,
    now: DateTime<Utc>,
) -> Outcome<Option<IssuedTokens>> {
    if !has_shape(token, REFRESH_PREFIX) {
        return Ok(None);
    }
    let digest = digest(token);
    let mut transaction = app_state.write.begin().await?;
    let Some(session) = store::lock_session(&mut transaction, &digest).await? else {
        return Ok(None);
    };
    // Read after the lock: another exchange may just have used it.
    let Some(known) = store::refresh_token(&mut transaction, &digest).await? else {
        return Ok(None);
    };
    if known.used_at.is_some() {
        session_store::delete_row(&mut transaction, &session.digest).await?;
        transaction.commit().await?;
        tracing::warn!(session = %session.public_id, "a refresh token was used twice: the session was ended");
        return Ok(None);
    }
    let times = Times {
        created_at: session.created_at,
        seen_at: session.seen_at,
        expires_at: known.expires_at,
        ends_at: session.ends_at,
    };
    if !times.is_alive(session.of_staff, now) {
        return Ok(None);
    }
    let lifetime = if session.of_staff { STAFF } else { USUAL };
    let expires_at = (now + lifetime.idle).min(session.ends_at);
    store::mark_used(&mut transaction, &digest, expires_at, now).await?;
    let issued = new_tokens(&mut transaction, &session.digest, expires_at, now).await?;
    transaction.commit().await?;
    Ok(Some(issued))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_told_by_its_beginning() {
        let kind = |token: &str| credential(token).map(|found| found.kind);
        let (access, access_digest) = random_token(ACCESS_PREFIX);
        let (key, _) = random_key();
        let (refresh, _) = random_token(REFRESH_PREFIX);
        assert_eq!(access.len(), ACCESS_PREFIX.len() + RANDOM_CHARS);
        assert_eq!(kind(&access), Some(CredentialKind::AccessToken));
        assert_eq!(credential(&access).map(|found| found.digest), Some(access_digest));
        assert_eq!(kind(&key), Some(CredentialKind::ApiKey));
        assert_eq!(kind(&refresh), None, "a refresh token opens nothing");
        for foreign in ["", "x", "nadi_at_", &access[..access.len() - 1], "a.b.c"] {
            assert_eq!(kind(foreign), None, "{foreign}");
        }
        assert_ne!(random_token(ACCESS_PREFIX).0, access);
    }
}
