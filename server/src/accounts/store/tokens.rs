//! Tokens of the API.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// The two tokens that a sign-in or a refresh gives.
pub struct NewTokens<'a> {
    pub access: &'a [u8; 32],
    pub access_expires_at: DateTime<Utc>,
    pub refresh: &'a [u8; 32],
    pub refresh_expires_at: DateTime<Utc>,
}

pub async fn insert(
    connection: &mut PgConnection,
    session: &[u8],
    new: &NewTokens<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into tokens (digest, session_id, kind, expires_at)
         values ($2, $1, 'access', $3), ($4, $1, 'refresh', $5)",
        session,
        new.access,
        new.access_expires_at,
        new.refresh,
        new.refresh_expires_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The session that a refresh token belongs to.
pub struct TokenSession {
    pub digest: Vec<u8>,
    pub public_id: Uuid,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Its account is more than a patient's.
    pub of_staff: bool,
}

/// Locks the session of a refresh token until the transaction ends, so that its tokens are exchanged one after the
/// other.
pub async fn lock_session(
    connection: &mut PgConnection,
    refresh: &[u8; 32],
) -> Result<Option<TokenSession>> {
    sqlx::query_as!(
        TokenSession,
        r#"select s.id as digest, s.public_id, s.created_at, s.seen_at, s.ends_at,
                  has_role(s.account_id) as "of_staff!"
         from tokens t join sessions s on s.id = t.session_id
         join accounts a on a.id = s.account_id and a.archived_at is null
         where t.digest = $1 and t.kind = 'refresh' and s.kind = 'api'
         for update of s"#,
        refresh
    )
    .fetch_optional(connection)
    .await
}

/// A refresh token; its session must be locked.
pub struct RefreshToken {
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

pub async fn refresh_token(
    connection: &mut PgConnection,
    refresh: &[u8; 32],
) -> Result<Option<RefreshToken>> {
    sqlx::query_as!(
        RefreshToken,
        "select expires_at, used_at from tokens where digest = $1 and kind = 'refresh'",
        refresh
    )
    .fetch_optional(connection)
    .await
}

/// Marks a refresh token as exchanged, and prolongs its session.
pub async fn mark_used(
    connection: &mut PgConnection,
    refresh: &[u8; 32],
    session_expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with used as (update tokens set used_at = $2 where digest = $1 returning session_id)
         update sessions s set seen_at = $2, expires_at = $3 from used u where s.id = u.session_id",
        refresh,
        now,
        session_expires_at
    )
    .execute(connection)
    .await?;
    Ok(())
}
