//! What may be lost: cached rows, in Redis or in this process, and counts that instances share.
//!
//! Nothing here is ever the truth. A cache that does not answer counts as
//! empty, and after a failure it is left alone for a moment, so that a dead
//! Redis costs nobody a wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, SetExpiry, SetOptions};
use tokio::time::Instant;

/// How long Redis may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(150);
/// How long it is left alone after a failure.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);
/// Entries the in-process cache keeps.
const MEMORY_ENTRIES: u64 = 50_000;

/// What a key is for; the prefix keeps kinds apart.
#[derive(Clone, Debug)]
pub enum Key<'a> {
    /// A value that was read from the database ([`crate::cache::read_cache`]).
    Read(&'a str),
}

impl Key<'_> {
    fn text(&self) -> String {
        match self {
            Self::Read(name) => format!("nadi:read:{name}"),
        }
    }
}

/// Where cached things are.
#[derive(Clone)]
pub enum Cache {
    Redis(Arc<RedisCache>),
    Memory(MemoryCache),
}

/// What is to be added to a shared count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    pub key: String,
    pub added: i64,
    /// How long the count is kept after the last addition.
    pub lifetime: Duration,
}

/// State of the cache, as `/readyz` tells it to operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheState {
    Up,
    Down,
    InProcess,
}

/// What Redis says of a key.
pub struct SharedValue {
    /// The value, and how long it may still live.
    pub found: Option<(Vec<u8>, Duration)>,
    /// Its clock, in milliseconds since 1970.
    pub now_ms: u64,
}

pub struct RedisCache {
    connection: ConnectionManager,
    /// Milliseconds after `born` until which Redis is left alone.
    paused_until: AtomicU64,
    born: Instant,
}

impl Cache {
    /// # Errors
    /// When the address cannot be read; not when nobody answers there.
    pub fn redis(url: &str) -> redis::RedisResult<Self> {
        let client = redis::Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(ANSWER_WITHIN))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(200));
        Ok(Self::Redis(Arc::new(RedisCache {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            paused_until: AtomicU64::new(0),
            born: Instant::now(),
        })))
    }

    pub fn memory() -> Self {
        Self::Memory(MemoryCache::new())
    }

    pub async fn get(&self, key: &Key<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Memory(memory) => memory.get(&key.text()).await,
            Self::Redis(redis) => {
                let key = key.text();
                redis.ask(async |mut c| c.get::<_, Option<Vec<u8>>>(key).await).await.flatten()
            }
        }
    }

    pub async fn set(&self, key: &Key<'_>, value: Vec<u8>, lifetime: Duration) {
        match self {
            Self::Memory(memory) => memory.set(key.text(), value, lifetime).await,
            Self::Redis(redis) => {
                let (key, seconds) = (key.text(), lifetime.as_secs().max(1));
                redis.ask(async |mut c| c.set_ex::<_, _, ()>(key, value, seconds).await).await;
            }
        }
    }

    /// What others may have kept under a key, as Redis sees it. Never from this process: who asks has
    /// looked there. `None` when there is no Redis, or when it does not answer.
    pub async fn shared(&self, key: &Key<'_>) -> Option<SharedValue> {
        let Self::Redis(redis) = self else { return None };
        let key = key.text();
        let (value, left_ms, time) = redis
            .ask(async |mut c| {
                let mut all = redis::pipe();
                // At one moment: the time that is left is that of this very value.
                all.atomic().get(&key).pttl(&key).cmd("TIME");
                all.query_async::<(Option<Vec<u8>>, i64, (u64, u64))>(&mut c).await
            })
            .await?;
        let left = u64::try_from(left_ms).ok().map(Duration::from_millis);
        Some(SharedValue { found: value.zip(left), now_ms: time.0 * 1000 + time.1 / 1000 })
    }

    /// Keeps a value for others until a time by Redis' own clock ([`SharedValue::now_ms`]): however long
    /// this takes, the value does not live longer.
    pub async fn share(&self, key: &Key<'_>, value: Vec<u8>, until_ms: u64) {
        let Self::Redis(redis) = self else { return };
        let key = key.text();
        let options = SetOptions::default().with_expiration(SetExpiry::PXAT(until_ms));
        redis.ask(async |mut c| c.set_options::<_, _, ()>(key, value, options).await).await;
    }

    pub async fn delete(&self, key: &Key<'_>) {
        match self {
            Self::Memory(memory) => memory.entries.invalidate(&key.text()).await,
            Self::Redis(redis) => {
                let key = key.text();
                redis.ask(async |mut c| c.del::<_, ()>(key).await).await;
            }
        }
    }

    /// Adds to counts that all instances share, and returns their new values. `None` when there is no Redis, or when it
    /// does not answer.
    pub async fn add_all(&self, additions: &[Addition]) -> Option<Vec<i64>> {
        let Self::Redis(redis) = self else { return None };
        let mut all = redis::pipe();
        for one in additions {
            let seconds = i64::try_from(one.lifetime.as_secs().max(1)).unwrap_or(i64::MAX);
            all.incr(&one.key, one.added).expire(&one.key, seconds).ignore();
        }
        redis.ask(async |mut c| all.query_async::<Vec<i64>>(&mut c).await).await
    }

    pub async fn state(&self) -> CacheState {
        match self {
            Self::Memory(_) => CacheState::InProcess,
            Self::Redis(redis) => {
                let mut connection = redis.connection.clone();
                let ping =
                    async move { redis::cmd("PING").query_async::<()>(&mut connection).await };
                match tokio::time::timeout(ANSWER_WITHIN * 2, ping).await {
                    Ok(Ok(())) => CacheState::Up,
                    _ => CacheState::Down,
                }
            }
        }
    }
}

impl RedisCache {
    async fn ask<T>(
        &self,
        command: impl AsyncFnOnce(ConnectionManager) -> redis::RedisResult<T>,
    ) -> Option<T> {
        let elapsed = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        if elapsed < self.paused_until.load(Ordering::Relaxed) {
            return None;
        }
        match tokio::time::timeout(ANSWER_WITHIN, command(self.connection.clone())).await {
            Ok(Ok(value)) => Some(value),
            failed => {
                let pause = u64::try_from(PAUSE_AFTER_FAILURE.as_millis()).unwrap_or(0);
                self.paused_until.store(elapsed + pause, Ordering::Relaxed);
                let error = failed.err().map_or("error".to_owned(), |_| "no answer in time".into());
                tracing::warn!(error, "Redis does not answer; going on without it");
                None
            }
        }
    }
}

/// The in-process fallback: bounded, least recently used first out.
#[derive(Clone)]
pub struct MemoryCache {
    entries: moka::future::Cache<String, (Instant, Vec<u8>)>,
}

impl MemoryCache {
    fn new() -> Self {
        Self {
            entries: moka::future::Cache::builder()
                .max_capacity(MEMORY_ENTRIES)
                .eviction_policy(moka::policy::EvictionPolicy::lru())
                .build(),
        }
    }

    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let (until, value) = self.entries.get(key).await?;
        (Instant::now() < until).then_some(value)
    }

    async fn set(&self, key: String, value: Vec<u8>, lifetime: Duration) {
        self.entries.insert(key, (Instant::now() + lifetime, value)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn behaves(cache: Cache) {
        let key = Key::Read("test");
        cache.delete(&key).await;
        assert_eq!(cache.get(&key).await, None);
        cache.set(&key, b"x".to_vec(), Duration::from_secs(30)).await;
        assert_eq!(cache.get(&key).await, Some(b"x".to_vec()));
        cache.delete(&key).await;
        assert_eq!(cache.get(&key).await, None);
    }

    #[tokio::test]
    async fn the_in_process_cache() {
        behaves(Cache::memory()).await;
    }

    #[tokio::test]
    async fn the_redis_cache() {
        let Ok(url) = std::env::var("REDIS_URL") else {
            eprintln!("REDIS_URL is not set: the Redis half of this test needs `cargo xtask test`");
            return;
        };
        let cache = Cache::redis(&url).expect("an address");
        assert_eq!(cache.state().await, CacheState::Up);
        behaves(cache).await;
    }

    #[tokio::test]
    async fn a_dead_redis_counts_as_empty() {
        let cache = Cache::redis("redis://127.0.0.1:1").expect("an address");
        let key = Key::Read("test");
        cache.set(&key, b"x".to_vec(), Duration::from_secs(30)).await;
        assert_eq!(cache.get(&key).await, None);
        assert_eq!(cache.state().await, CacheState::Down);
    }
}
