//! SQL of proofs of addresses.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{PROOF_EMAIL, PROOF_NAME};
use crate::encryption::{addresses, open, open_optional, seal, seal_optional};

/// A new proof.
pub struct NewProofRow<'a> {
    pub id: Uuid,
    pub secret_digest: [u8; 32],
    pub purpose: &'static str,
    pub email: &'a str,
    pub account: Option<Uuid>,
    pub name: Option<&'a str>,
    pub password_hash: Option<&'a str>,
    pub locale: &'a str,
    pub expires_at: DateTime<Utc>,
}

/// Inserts a proof. `false`: there is one with this secret. If another transaction is just inserting it, this waits.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewProofRow<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "insert into address_proofs (id, secret_digest, purpose, email, account_id, name, password_hash, locale,
                                     created_at, expires_at, email_digest)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict on constraint address_proofs_secret_key do nothing",
        new.id,
        new.secret_digest.as_slice(),
        new.purpose,
        seal(PROOF_EMAIL, new.id, new.email)?,
        new.account,
        seal_optional(PROOF_NAME, new.id, new.name)?,
        new.password_hash,
        new.locale,
        now,
        new.expires_at,
        addresses::digest(new.email)
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A proof as stored.
pub struct ProofRow {
    pub id: Uuid,
    pub purpose: String,
    pub email: String,
    pub account_id: Option<Uuid>,
    pub name: Option<String>,
    pub password_hash: Option<String>,
    pub locale: String,
    pub code_counter: i16,
    pub tries: i16,
    pub expires_at: DateTime<Utc>,
}

impl ProofRow {
    fn opened(self) -> Result<Self> {
        Ok(Self {
            email: open(PROOF_EMAIL, self.id, self.email)?,
            name: open_optional(PROOF_NAME, self.id, self.name)?,
            ..self
        })
    }
}

/// The proof with this secret, if its code can still be typed.
pub async fn find(
    connection: &mut PgConnection,
    secret_digest: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<ProofRow>> {
    let row = sqlx::query_as!(
        ProofRow,
        "select id, purpose, email, account_id, name, password_hash, locale, code_counter, tries, expires_at
         from address_proofs
         where secret_digest = $1 and used_at is null and expires_at > $2",
        secret_digest,
        now
    )
    .fetch_optional(connection)
    .await?;
    row.map(ProofRow::opened).transpose()
}

/// The same, locked until this transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    secret_digest: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<ProofRow>> {
    let row = sqlx::query_as!(
        ProofRow,
        "select id, purpose, email, account_id, name, password_hash, locale, code_counter, tries, expires_at
         from address_proofs
         where secret_digest = $1 and used_at is null and expires_at > $2
         for update",
        secret_digest,
        now
    )
    .fetch_optional(connection)
    .await?;
    row.map(ProofRow::opened).transpose()
}

/// Counts a try of the code.
pub async fn count_try(connection: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("update address_proofs set tries = tries + 1 where id = $1", id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Raises the counter: there is a new code, with all its tries.
pub async fn renew_code(
    connection: &mut PgConnection,
    id: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update address_proofs set code_counter = code_counter + 1, tries = 0, expires_at = $2 where id = $1",
        id,
        expires_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks a proof as used; its name and hash have been taken over, or are not needed.
pub async fn use_up(connection: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update address_proofs set used_at = $2, name = null, password_hash = null where id = $1",
        id,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Can this code of the proof still be typed?
pub async fn is_code_open(
    connection: &mut PgConnection,
    id: Uuid,
    counter: i16,
    now: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from address_proofs
               where id = $1 and code_counter = $2 and used_at is null and expires_at > $3) as "open!""#,
        id,
        counter,
        now
    )
    .fetch_one(connection)
    .await
}
