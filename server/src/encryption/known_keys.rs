//! The keys that a database was written with (`encryption_keys`), so that a server without one of them does not start
//! and find out later.

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::codes::CodeKey;
use crate::keys::{Key, Keyring, Purpose};

/// The purposes whose keys have written something that must be read again.
const WRITING: [Purpose; 2] = [Purpose::Data, Purpose::Addresses];

/// Checks that the list has every key that the database was written with, and notes those that will write from now on.
///
/// # Errors
/// When a key is missing or another one, with what the operator can do.
pub async fn check(
    connection: &mut PgConnection,
    keyring: &Keyring,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let rows = sqlx::query!("select purpose, id, digest from encryption_keys order by purpose, id")
        .fetch_all(&mut *connection)
        .await
        .context("the list of keys in the database cannot be read")?;
    for row in rows {
        let (purpose, id) = (&row.purpose, &row.id);
        let known = WRITING.into_iter().find(|known| known.word() == purpose);
        let Some(key) = known.and_then(|purpose| keyring.find(purpose, id)) else {
            bail!(
                "personal data in the database were encrypted with the key `{purpose} {id}`, which is not in NADI_KEYS \
                 or in the file that NADI_KEYS_FILE names; add its line (`nadi keys status` says when it is needed no more)"
            );
        };
        if digest_of(key) != row.digest {
            bail!(
                "the key `{purpose} {id}` is not the one that personal data in the database were encrypted with; \
                 give the new key another id, and add the line of the old one"
            );
        }
    }
    if !keyring.encrypts() {
        return Ok(());
    }
    for (purpose, key) in WRITING.into_iter().filter_map(|of| Some((of, keyring.current(of)?))) {
        sqlx::query!(
            "insert into encryption_keys (purpose, id, digest, first_used_at) values ($1, $2, $3, $4)
             on conflict do nothing",
            purpose.word(),
            key.id,
            digest_of(key),
            now
        )
        .execute(&mut *connection)
        .await
        .context("a key cannot be noted in the database")?;
    }
    Ok(())
}

/// Forgets keys that have written nothing which is still there, so that their lines may be removed.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(
    connection: &mut PgConnection,
    purpose: Purpose,
    id: &str,
) -> sqlx::Result<bool> {
    let forgotten = sqlx::query!(
        "delete from encryption_keys where purpose = $1 and id = $2",
        purpose.word(),
        id
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected() == 1)
}

/// The ids of the keys of a purpose that are noted.
///
/// # Errors
/// When the database does not answer.
pub async fn of_purpose(
    connection: &mut PgConnection,
    purpose: Purpose,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select id from encryption_keys where purpose = $1 order by id",
        purpose.word()
    )
    .fetch_all(connection)
    .await
}

/// Tells a key from another one with its id, and says nothing else about it.
fn digest_of(key: &Key) -> Vec<u8> {
    CodeKey::of(&key.bytes).fingerprint("encryption key 1", &key.id).to_vec()
}
