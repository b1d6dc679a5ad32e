//! Sessions: where an account is signed in, one row each in PostgreSQL. Only that row signs anybody in: neither Redis
//! nor a signature can.
//!
//! The table holds only hashes of what browsers and programs send, so somebody who can read it cannot use the sessions.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::ids::AccountId;
use nadi::ports::{Answer, KnownAccount};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::session_times::{STAFF, SessionKind, USUAL};
use super::store::sessions::{self as store, NewSession};
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

/// How long a sign-in may wait for its second factor.
const SECOND_FACTOR_MINUTES: i64 = 10;
/// More of what a browser calls itself is not stored.
const DEVICE_CHARS_MAX: usize = 200;

/// The secret in a browser's cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret([u8; 16]);

impl SessionSecret {
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// `None`: the text is not a secret of ours.
    pub fn parse(cookie: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cookie).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The value of the cookie.
    pub fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Its hash, the key of the row.
    pub fn digest(&self) -> [u8; 32] {
        // In this order, because earlier releases hashed it so: their sessions go on.
        let mut bytes = self.0;
        bytes.reverse();
        Sha256::digest(bytes).into()
    }
}

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(hidden)")
    }
}

/// A session that has begun.
pub struct Started {
    /// For the cookie.
    pub secret: SessionSecret,
    /// The longest that it can last.
    pub lasts: Duration,
    /// The address of the account, if it has proven one.
    pub email: Option<String>,
}

/// Signs an account in: makes a session that its owner has just proved to be theirs, and ends those that the browser
/// had before.
///
/// # Errors
/// `SignInFirst` when what the account is signed in to with has changed since it was checked; `Unavailable`.
pub async fn start(
    app_state: &AppState,
    account: &KnownAccount,
    device: &str,
    before: &[[u8; 32]],
    now: DateTime<Utc>,
) -> Answer<Started> {
    answer("start a session", start_session(app_state, account, device, before, now).await)
}

async fn start_session(
    app_state: &AppState,
    account: &KnownAccount,
    device: &str,
    before: &[[u8; 32]],
    now: DateTime<Utc>,
) -> Outcome<Started> {
    let mut transaction = app_state.write.begin().await?;
    let of_staff = store::has_role(&mut transaction, account.id).await?;
    let lifetime = if of_staff { STAFF } else { USUAL };
    // A new secret at every sign-in, against session fixation.
    let secret = SessionSecret::random();
    let new = NewSession {
        digest: &secret.digest(),
        account,
        kind: SessionKind::Web,
        device: &cut(device),
        expires_at: now + lifetime.idle,
        ends_at: now + lifetime.absolute,
    };
    let entered = store::insert(&mut transaction, &new, now).await?.ok_or(Failure::SignInFirst)?;
    // After the account was locked, as changes of it lock, too.
    store::delete(&mut transaction, before).await?;
    transaction.commit().await?;
    Ok(Started { secret, lasts: lifetime.absolute, email: entered.email })
}

/// Remembers for ten minutes that whoever can name `digest` only needs the second factor of this account.
///
/// # Errors
/// `SignInFirst`, as [`start`]; `Unavailable`.
pub async fn await_second_factor(
    app_state: &AppState,
    digest: &[u8; 32],
    account: &KnownAccount,
    now: DateTime<Utc>,
) -> Answer<()> {
    let ends_at = now + Duration::minutes(SECOND_FACTOR_MINUTES);
    let new = NewSession {
        digest,
        account,
        kind: SessionKind::SecondFactor,
        device: "",
        expires_at: ends_at,
        ends_at,
    };
    let inserted = async {
        let mut connection = app_state.write.0.acquire().await?;
        store::insert(&mut connection, &new, now).await?.ok_or(Failure::SignInFirst)?;
        Ok(())
    };
    answer("await a second factor", inserted.await)
}

/// The account that only needs its second factor.
///
/// # Errors
/// `Unavailable`.
pub async fn awaiting_second_factor(
    app_state: &AppState,
    digest: &[u8; 32],
    now: DateTime<Utc>,
) -> Answer<Option<KnownAccount>> {
    let found = async {
        let mut connection = app_state.write.0.acquire().await?;
        Ok(store::awaiting_second_factor(&mut connection, digest, now).await?)
    };
    answer("find who needs a second factor", found.await)
}

/// Ends the session with this digest, if there is one.
///
/// # Errors
/// `Unavailable`.
pub async fn end(app_state: &AppState, digest: &[u8; 32]) -> Answer<()> {
    let ended = async {
        let mut connection = app_state.write.0.acquire().await?;
        store::delete(&mut connection, std::slice::from_ref(digest)).await?;
        Ok(())
    };
    answer("end a session", ended.await)
}

/// Ends a session of an account by its public id, and with it all its tokens.
///
/// # Errors
/// `Unavailable`.
pub async fn end_by_public_id(app_state: &AppState, account: AccountId, id: Uuid) -> Answer<()> {
    let ended = async {
        let mut connection = app_state.write.0.acquire().await?;
        store::delete_public(&mut connection, account, id).await?;
        Ok(())
    };
    answer("end a session", ended.await)
}

/// Deletes sessions, tokens, proofs of addresses and passkey requests that have expired, some of each. Returns
/// the most of one kind.
///
/// # Errors
/// When the database does not answer.
pub async fn tidy(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    store::tidy(&mut connection, app_state.clock.now()).await
}

/// What a browser or program calls itself, in as many characters as are stored.
pub(super) fn cut(device: &str) -> String {
    device.chars().filter(|c| !c.is_control()).take(DEVICE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_its_cookie_and_keeps_the_digest_of_earlier_releases() {
        let secret = SessionSecret([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        assert_eq!(secret.expose(), "AQIDBAUGBwgJCgsMDQ4PEA");
        assert_eq!(SessionSecret::parse("AQIDBAUGBwgJCgsMDQ4PEA"), Some(secret.clone()));
        // Earlier releases read the cookie as a little-endian number, and hashed its big-endian bytes.
        let number = i128::from_le_bytes(secret.0);
        let digest: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
        assert_eq!(secret.digest(), digest);
        for foreign in ["", "AQID", "AQIDBAUGBwgJCgsMDQ4PEA==", "AQIDBAUGBwgJCgsMDQ4PEBE", "ä"] {
            assert_eq!(SessionSecret::parse(foreign), None, "{foreign}");
        }
        assert!(!format!("{secret:?}").contains("AQID"));
    }
}
