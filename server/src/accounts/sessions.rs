//! Sessions of signed-in people, in PostgreSQL with the cache in front.
//!
//! The table and the cache hold only the hash of a session's id, so somebody who can read them cannot use
//! the sessions. A cached session lives 30 seconds: when Redis misses a sign-out, the session ends at most
//! half a minute later.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use uuid::Uuid;

use crate::cache::backend::{Cache, Key};
use crate::database::WritePool;
use crate::state::AppState;

/// The key of the account in a session's data.
pub const ACCOUNT: &str = "account";
/// The same for the session behind an API token. The names differ so that neither can be used as the other.
pub const TOKEN_ACCOUNT: &str = "token_account";
const CACHED_FOR: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Sessions {
    write: WritePool,
    cache: Cache,
    /// How far the site's clock is ahead of the machine's. tower-sessions uses the machine's clock to set and
    /// check the expiry of records.
    shift: chrono::Duration,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    data: HashMap<String, serde_json::Value>,
    /// Unix seconds.
    expires_at: i64,
}

impl Sessions {
    /// With the site's database, cache and clock.
    pub fn of(app_state: &AppState) -> Self {
        Self {
            write: app_state.write.clone(),
            cache: app_state.cache.clone(),
            shift: app_state.clock.shift(),
        }
    }

    /// Inserts sessions whose expiry is given by the site's clock, all in one statement.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create_all(&self, records: &[Record]) -> Result<()> {
        let ids: Vec<Vec<u8>> = records.iter().map(|record| digest(&record.id).to_vec()).collect();
        let accounts: Vec<Option<Uuid>> = records.iter().map(account_in).collect();
        let ends: Vec<DateTime<Utc>> = records.iter().map(expiry).collect();
        let data: Vec<serde_json::Value> = records
            .iter()
            .map(|record| serde_json::to_value(&record.data))
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::Encode(error.to_string()))?;
        sqlx::query!(
            "insert into sessions (id, account_id, data, expires_at)
             select * from unnest($1::bytea[], $2::uuid[], $3::jsonb[], $4::timestamptz[])",
            &ids,
            &accounts as _,
            &data,
            &ends
        )
        .execute(&self.write.0)
        .await
        .map_err(backend)?;
        Ok(())
    }

    /// The record for tower-sessions, with its expiry converted to the machine's clock.
    fn record(&self, id: Id, stored: Stored) -> Result<Record> {
        let expires_at = stored.expires_at - self.shift.num_seconds();
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at).map_err(decode)?;
        Ok(Record { id, data: stored.data, expiry_date })
    }

    /// Deletes sessions that have expired by `now`, at most a thousand; returns how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sweep(&self, now: DateTime<Utc>) -> sqlx::Result<u64> {
        let swept = sqlx::query!(
            "delete from sessions where id in
                 (select id from sessions where expires_at <= $1 limit 1000)",
            now
        )
        .execute(&self.write.0)
        .await?;
        Ok(swept.rows_affected())
    }
}

/// The hash of a session's id, which the table has as its key.
pub fn digest(id: &Id) -> [u8; 32] {
    Sha256::digest(id.0.to_be_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn account_in(record: &Record) -> Option<Uuid> {
    let account = record.data.get(ACCOUNT).or_else(|| record.data.get(TOKEN_ACCOUNT));
    account.and_then(|v| v.as_str()).and_then(|v| v.parse().ok())
}

fn expiry(record: &Record) -> DateTime<Utc> {
    DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

fn decode(error: impl ToString) -> Error {
    Error::Decode(error.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let data =
                serde_json::to_value(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
            let created = sqlx::query!(
                "insert into sessions (id, account_id, data, expires_at) values ($1, $2, $3, $4)
                 on conflict (id) do nothing",
                &digest(&record.id),
                account_in(record),
                data,
                expiry(record) + self.shift
            )
            .execute(&self.write.0)
            .await
            .map_err(backend)?;
            if created.rows_affected() == 1 {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let key = digest(&record.id);
        let data = serde_json::to_value(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        sqlx::query!(
            "insert into sessions (id, account_id, data, expires_at) values ($1, $2, $3, $4)
             on conflict (id) do update set account_id = excluded.account_id, data = excluded.data,
                 expires_at = excluded.expires_at",
            &key,
            account_in(record),
            data,
            expiry(record) + self.shift
        )
        .execute(&self.write.0)
        .await
        .map_err(backend)?;
        self.cache.delete(&Key::Session(&hex(&key))).await;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let key = digest(id);
        let name = hex(&key);
        let cached = self.cache.get(&Key::Session(&name)).await;
        if let Some(stored) = cached.and_then(|v| serde_json::from_slice::<Stored>(&v).ok()) {
            return self.record(*id, stored).map(Some);
        }
        let row = sqlx::query!("select data, expires_at from sessions where id = $1", &key)
            .fetch_optional(&self.write.0)
            .await
            .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let stored = Stored {
            data: serde_json::from_value(row.data).map_err(decode)?,
            expires_at: row.expires_at.timestamp(),
        };
        if let Ok(value) = serde_json::to_vec(&stored) {
            self.cache.set(&Key::Session(&name), value, CACHED_FOR).await;
        }
        self.record(*id, stored).map(Some)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let key = digest(id);
        sqlx::query!("delete from sessions where id = $1", &key)
            .execute(&self.write.0)
            .await
            .map_err(backend)?;
        self.cache.delete(&Key::Session(&hex(&key))).await;
        Ok(())
    }
}
