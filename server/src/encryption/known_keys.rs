//! The keys that a database was written with (`encryption_keys`), so that a server without one of them does not start
//! and find out later.

use anyhow::{Context, bail};
use chrono::{DateTime, Duration, Utc};
use sqlx::{Connection as _, PgConnection};

use crate::codes::CodeKey;
use crate::keys::{Key, Keyring, Purpose};

/// The purposes whose keys write what must be read again.
const WRITING: [Purpose; 2] = [Purpose::Data, Purpose::Addresses];
/// How often a server notes that it writes with a key.
const NOTED_EVERY: Duration = Duration::minutes(1);
/// A key that a server wrote with in this time may be writing still.
const IN_USE_FOR: Duration = Duration::minutes(10);

/// Notes the keys that will write from now on, and checks that the list has every key that the database was written
/// with. Of two servers that begin at once with different keys of one id, only one passes.
///
/// # Errors
/// When a key is missing or another one, with what the operator can do; then nothing was noted.
pub async fn note(
    connection: &mut PgConnection,
    keyring: &Keyring,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let mut transaction =
        connection.begin().await.context("the keys in the database cannot be read")?;
    for (purpose, key) in writers(keyring) {
        sqlx::query!(
            "insert into encryption_keys (purpose, id, digest, first_used_at, last_used_at)
             values ($1, $2, $3, $4, $4)
             on conflict (purpose, id) do update
             set last_used_at = greatest(encryption_keys.last_used_at, excluded.last_used_at)",
            purpose.word(),
            key.id,
            digest_of(key),
            now
        )
        .execute(&mut *transaction)
        .await
        .context("a key cannot be noted in the database")?;
    }
    let rows = sqlx::query!("select purpose, id, digest from encryption_keys order by purpose, id")
        .fetch_all(&mut *transaction)
        .await
        .context("the keys in the database cannot be read")?;
    for row in rows {
        let (purpose, id) = (&row.purpose, &row.id);
        let known = WRITING.into_iter().find(|known| known.word() == purpose);
        let Some(key) = known.and_then(|purpose| keyring.find(purpose, id)) else {
            bail!(
                "personal data in the database were encrypted with the key `{purpose} {id}`, which is not in NADI_KEYS \
                 or in the file that NADI_KEYS_FILE names; add its line. `nadi keys status` says what needs it, and \
                 `nadi keys abandon {purpose} {id}` gives up what was encrypted with it if it is lost"
            );
        };
        if digest_of(key) != row.digest {
            bail!(
                "the key `{purpose} {id}` is not the one that personal data in the database were encrypted with; \
                 give the new key another id, and add the line of the old one"
            );
        }
    }
    transaction.commit().await.context("a key cannot be noted in the database")
}

/// Notes that a server still writes with its keys, once a minute.
///
/// # Errors
/// When the database does not answer.
pub async fn note_use(
    connection: &mut PgConnection,
    keyring: &Keyring,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    for (purpose, key) in writers(keyring) {
        sqlx::query!(
            "update encryption_keys set last_used_at = $3
             where purpose = $1 and id = $2 and last_used_at < $4",
            purpose.word(),
            key.id,
            now,
            now - NOTED_EVERY
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The keys that the database was written with, by their purpose and id, such as `data 1`.
///
/// # Errors
/// When the database does not answer.
pub async fn all(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select purpose || ' ' || id as "name!" from encryption_keys order by purpose, id"#
    )
    .fetch_all(connection)
    .await
}

/// Forgets a key that has written nothing which is still there, unless a server has used it minutes ago. Then the
/// answer is `false`.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(
    connection: &mut PgConnection,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let forgotten = sqlx::query!(
        "delete from encryption_keys where purpose || ' ' || id = $1 and last_used_at < $2",
        name,
        now - IN_USE_FOR
    )
    .execute(connection)
    .await?;
    Ok(forgotten.rows_affected() == 1)
}

/// Gives up what a lost key has written, so that the server starts again. `false`: it was not noted.
///
/// # Errors
/// When the database does not answer.
pub async fn abandon(connection: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    let given_up =
        sqlx::query!("delete from encryption_keys where purpose || ' ' || id = $1", name)
            .execute(connection)
            .await?;
    Ok(given_up.rows_affected() == 1)
}

fn writers(keyring: &Keyring) -> impl Iterator<Item = (Purpose, &Key)> {
    WRITING.into_iter().filter_map(|purpose| Some((purpose, keyring.current(purpose)?)))
}

/// Tells a key from another one with its id, and says nothing else about it.
fn digest_of(key: &Key) -> Vec<u8> {
    CodeKey::of(&key.bytes).fingerprint("encryption key 1", &key.id).to_vec()
}
