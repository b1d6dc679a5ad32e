//! A cache of values that were read from the database: profiles, lists, whole pages. In this process, and for
//! some also in Redis behind it, for the other instances. What a booking decides never comes from here.
//!
//! A value that is returned
//! - is younger than its lifetime, counted from before it was read, wherever it has been since;
//! - is not older than any change this process knew of when it was asked for: see [`Invalidation`];
//! - was loaded once, however many asked for it at the same time ([`moka`] lets the others wait).
//!
//! Redis cannot tell whether a value was read before a change, so a value from there is used only if it is
//! older than nothing this process knows of: its age, by the clock of Redis alone, must be below the time
//! since this process learned of the last change. The instances' clocks may therefore differ.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use moka::future::Cache as Entries;
use nadi::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument;

pub use super::invalidation::Dependencies;
use super::invalidation::Invalidation;
use crate::cache::backend::{Cache, Key};

/// Precedes every value in Redis. Raise the number when a value changes its meaning but not its JSON.
const FORMAT: &[u8] = concat!("nadi ", env!("CARGO_PKG_VERSION"), " 1\n").as_bytes();
/// Two clocks may drift apart by this much while they measure the same span.
const CLOCK_DRIFT: Duration = Duration::from_millis(100);
/// How often a reader waits for the loads of others, each overtaken by a change, before it loads alone.
const ATTEMPTS: usize = 3;
/// A load that takes longer has lost the database. Without a limit all later readers would wait for it.
const LOAD_WITHIN: Duration = Duration::from_secs(12);

/// What all caches of an instance share.
#[derive(Clone)]
pub struct CacheContext(Arc<Shared>);

struct Shared {
    invalidation: Arc<Invalidation>,
    redis: Cache,
    namespace: String,
    /// How often a cache had which outcome.
    counters: Mutex<BTreeMap<(&'static str, Outcome), u64>>,
}

/// What happened to a request for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Hit,
    /// Not in this process: found in Redis, loaded, or waited for.
    Miss,
    RedisHit,
    Load,
}

impl CacheContext {
    /// `namespace` is any text that only instances on the same database have in common: several databases
    /// may share a Redis.
    pub fn new(invalidation: Arc<Invalidation>, redis: Cache, namespace: &str) -> Self {
        let digest = Sha256::digest(namespace.as_bytes());
        let namespace = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self(Arc::new(Shared { invalidation, redis, namespace, counters: Default::default() }))
    }

    /// The digest of the namespace.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The counters of all caches in Prometheus' text format.
    pub fn metrics(&self) -> String {
        let mut text = "# TYPE nadi_cache_requests_total counter\n".to_owned();
        for ((cache, outcome), count) in &*self.counters() {
            let outcome = match outcome {
                Outcome::Hit => "hit",
                Outcome::Miss => "miss",
                Outcome::RedisHit => "redis_hit",
                Outcome::Load => "load",
            };
            text.push_str(&format!(
                "nadi_cache_requests_total{{cache=\"{cache}\",outcome=\"{outcome}\"}} {count}\n"
            ));
        }
        text
    }

    fn counters(&self) -> MutexGuard<'_, BTreeMap<(&'static str, Outcome), u64>> {
        self.0.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, cache: &'static str, outcome: Outcome) {
        *self.counters().entry((cache, outcome)).or_default() += 1;
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// When a value is this old, the next request has it loaded again in the background. Up to an eighth
    /// less, at random, so that instances do not load together.
    pub refresh_after: Duration,
    /// No value is returned that is older.
    pub expires_after: Duration,
}

impl Lifetime {
    pub const fn seconds(refresh_after: u64, expires_after: u64) -> Self {
        Self {
            refresh_after: Duration::from_secs(refresh_after),
            expires_after: Duration::from_secs(expires_after),
        }
    }
}

struct Entry<V> {
    value: Arc<V>,
    dependencies: Dependencies,
    /// The number of the last change before it was read.
    number: u64,
    /// Before it was read.
    read_at: Instant,
    refresh_after: Duration,
    is_refreshing: AtomicBool,
}

impl<V> Entry<V> {
    fn is_valid(&self, invalidation: &Invalidation, lifetime: Lifetime) -> bool {
        self.read_at.elapsed() < lifetime.expires_after
            && invalidation.is_valid(&self.dependencies, self.number)
    }
}

/// A failure, with the number of the last change before the load, is cached only until the load's task has
/// ended: those who wait for it are told, nobody else is.
type Cached<V, E> = Result<Arc<Entry<V>>, (u64, E)>;

/// A load that panicked, or took longer than [`LOAD_WITHIN`].
pub struct BrokenLoad;

impl From<BrokenLoad> for Failure {
    fn from(_: BrokenLoad) -> Self {
        Self::Unavailable
    }
}

/// How values are stored in Redis.
struct InRedis<K, V> {
    name: fn(&K) -> String,
    dependencies: fn(&V) -> Dependencies,
    encode: fn(&V) -> serde_json::Result<Vec<u8>>,
    decode: fn(&[u8]) -> serde_json::Result<V>,
}

/// Values of one kind, by key. A failed load is told to all who wait for it, and is not cached.
pub struct ReadCache<K, V, E = Failure> {
    context: CacheContext,
    /// Its label in the metrics.
    name: &'static str,
    lifetime: Lifetime,
    entries: Entries<K, Cached<V, E>>,
    in_redis: Option<Arc<InRedis<K, V>>>,
}

impl<K, V, E> ReadCache<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Clone + From<BrokenLoad> + Send + Sync + 'static,
{
    /// The least recently used values go when all together weigh more than `weight_max`.
    pub fn new(
        context: &CacheContext,
        name: &'static str,
        lifetime: Lifetime,
        weight_max: u64,
        weight: fn(&K, &V) -> u32,
    ) -> Self {
        let entries = Entries::builder()
            .max_capacity(weight_max)
            .weigher(move |key, entry: &Cached<V, E>| {
                entry.as_ref().map_or(1, |entry| weight(key, &entry.value))
            })
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .time_to_live(lifetime.expires_after)
            .build();
        for outcome in [Outcome::Hit, Outcome::Miss, Outcome::RedisHit, Outcome::Load] {
            context.counters().entry((name, outcome)).or_default();
        }
        Self { context: context.clone(), name, lifetime, entries, in_redis: None }
    }

    /// Stores the values in Redis as well, as JSON under this name.
    pub fn in_redis(self, name: fn(&K) -> String, dependencies: fn(&V) -> Dependencies) -> Self
    where
        V: Serialize + DeserializeOwned,
    {
        let (encode, decode) = (serde_json::to_vec, |bytes: &[u8]| serde_json::from_slice(bytes));
        let in_redis = Arc::new(InRedis { name, dependencies, encode, decode });
        Self { in_redis: Some(in_redis), ..self }
    }

    /// The value, and if it is not here what `load` reads: that and what it depends on. A value that is due
    /// for a refresh is returned while one task loads it again. `load` may be called without its future
    /// ever running.
    ///
    /// # Errors
    /// Those of `load`, and [`BrokenLoad`].
    pub async fn get<L, F>(&self, key: &K, load: L) -> Result<Arc<V>, E>
    where
        L: Fn() -> F,
        F: Future<Output = Result<(V, Dependencies), E>> + Send + 'static,
    {
        let known = self.context.0.invalidation.last_number();
        if let Some(Ok(entry)) = self.entries.get(key).await
            && self.is_valid(&entry)
        {
            self.context.count(self.name, Outcome::Hit);
            let is_due = entry.read_at.elapsed() >= entry.refresh_after;
            if is_due && !entry.is_refreshing.swap(true, Ordering::Relaxed) {
                self.refresh(key.clone(), entry.clone(), load());
            }
            return Ok(entry.value.clone());
        }
        self.context.count(self.name, Outcome::Miss);
        for _ in 0..ATTEMPTS {
            let Ok(found) = self.load_or_wait(key.clone(), load()).await else { break };
            let is_own = found.is_fresh();
            match found.into_value() {
                Ok(entry) if is_own || entry.number >= known || self.is_valid(&entry) => {
                    return Ok(entry.value.clone());
                }
                Err((number, failure)) if is_own || number >= known => return Err(failure),
                _ => {}
            }
        }
        self.context.count(self.name, Outcome::Load);
        load().await.map(|(value, _)| Arc::new(value))
    }

    fn is_valid(&self, entry: &Entry<V>) -> bool {
        entry.is_valid(&self.context.0.invalidation, self.lifetime)
    }

    /// In a task of its own: a reader who gives up leaves the load to those who wait for it.
    fn load_or_wait<F>(&self, key: K, load: F) -> JoinHandle<moka::Entry<K, Cached<V, E>>>
    where
        F: Future<Output = Result<(V, Dependencies), E>> + Send + 'static,
    {
        let (entries, context, lifetime) =
            (self.entries.clone(), self.context.clone(), self.lifetime);
        let read = self.read(key.clone(), load);
        let found = async move {
            let invalidation = &context.0.invalidation;
            let is_outdated = |found: &Cached<V, E>| {
                !found.as_ref().is_ok_and(|entry| entry.is_valid(invalidation, lifetime))
            };
            let found = entries.entry(key.clone()).or_insert_with_if(read, is_outdated).await;
            if found.is_fresh() && found.value().is_err() {
                entries.invalidate(&key).await;
            }
            found
        };
        tokio::spawn(found.in_current_span())
    }

    fn refresh<F>(&self, key: K, old: Arc<Entry<V>>, load: F)
    where
        F: Future<Output = Result<(V, Dependencies), E>> + Send + 'static,
    {
        let (entries, read) = (self.entries.clone(), self.read(key.clone(), load));
        tokio::spawn(async move {
            match read.await {
                Ok(entry) => entries.insert(key, Ok(entry)).await,
                Err(_) => old.is_refreshing.store(false, Ordering::Relaxed),
            }
        });
    }

    /// Reads the value from Redis, or loads it and writes it there.
    fn read<F>(
        &self,
        key: K,
        load: F,
    ) -> impl Future<Output = Cached<V, E>> + Send + use<K, V, E, F>
    where
        F: Future<Output = Result<(V, Dependencies), E>> + Send + 'static,
    {
        let (context, name, in_redis) = (self.context.clone(), self.name, self.in_redis.clone());
        let expires_after = self.lifetime.expires_after;
        let refresh_after = self.lifetime.refresh_after.mul_f64(1.0 - rand::random::<f64>() / 8.0);
        async move {
            let number = context.0.invalidation.last_number();
            let entry = |value, dependencies, read_at| {
                let (value, is_refreshing) = (Arc::new(value), AtomicBool::new(false));
                Arc::new(Entry {
                    value,
                    dependencies,
                    number,
                    read_at,
                    refresh_after,
                    is_refreshing,
                })
            };
            let mut redis_time_ms = None;
            if let Some(in_redis) = &in_redis {
                let (found, time_ms) = context.find(in_redis, &key, expires_after).await;
                if let Some((value, dependencies, age)) = found
                    && let Some(read_at) = Instant::now().checked_sub(age)
                    && age < refresh_after
                {
                    context.count(name, Outcome::RedisHit);
                    return Ok(entry(value, dependencies, read_at));
                }
                redis_time_ms = time_ms;
            }
            context.count(name, Outcome::Load);
            let read_at = Instant::now();
            let load = AssertUnwindSafe(tokio::time::timeout(LOAD_WITHIN, load)).catch_unwind();
            let loaded = match load.await {
                Ok(Ok(loaded)) => loaded,
                Ok(Err(_)) => {
                    tracing::error!(cache = name, "a load took too long");
                    Err(BrokenLoad.into())
                }
                Err(_) => {
                    tracing::error!(cache = name, "a load panicked");
                    Err(BrokenLoad.into())
                }
            };
            let (value, dependencies) = loaded.map_err(|failure| (number, failure))?;
            let entry = entry(value, dependencies, read_at);
            if let (Some(in_redis), Some(time_ms)) = (&in_redis, redis_time_ms) {
                context.store(in_redis, &key, &entry.value, time_ms, expires_after);
            }
            Ok(entry)
        }
    }
}

impl CacheContext {
    /// A value in Redis that is younger than every change known here, with its age; and the time by the
    /// clock of Redis, in milliseconds.
    async fn find<K, V>(
        &self,
        in_redis: &InRedis<K, V>,
        key: &K,
        expires_after: Duration,
    ) -> (Option<(V, Dependencies, Duration)>, Option<u64>) {
        let asked_at = Instant::now();
        let name = self.name(in_redis, key);
        let Some(shared) = self.0.redis.shared(&Key::Read(&name)).await else {
            return (None, None);
        };
        let read = |(bytes, left): (Vec<u8>, Duration)| {
            let value = (in_redis.decode)(bytes.strip_prefix(FORMAT)?).ok()?;
            let dependencies = (in_redis.dependencies)(&value);
            let age = expires_after.checked_sub(left)? + asked_at.elapsed() + CLOCK_DRIFT;
            let is_younger = age < self.0.invalidation.unchanged_for(&dependencies);
            is_younger.then_some((value, dependencies, age))
        };
        (shared.found.and_then(read), Some(shared.now_ms))
    }

    /// Writes in the background a value that was read after the clock of Redis showed `time_ms`.
    fn store<K, V>(
        &self,
        in_redis: &InRedis<K, V>,
        key: &K,
        value: &V,
        time_ms: u64,
        expires_after: Duration,
    ) {
        let Ok(bytes) = (in_redis.encode)(value) else { return };
        let (name, context) = (self.name(in_redis, key), self.clone());
        let until_ms = time_ms + u64::try_from(expires_after.as_millis()).unwrap_or(0);
        tokio::spawn(async move {
            let bytes = [FORMAT, &bytes].concat();
            context.0.redis.share(&Key::Read(&name), bytes, until_ms).await;
        });
    }

    fn name<K, V>(&self, in_redis: &InRedis<K, V>, key: &K) -> String {
        format!("{}:{}", self.0.namespace, (in_redis.name)(key))
    }
}

#[cfg(test)]
mod tests;
