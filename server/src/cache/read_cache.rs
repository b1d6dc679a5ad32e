//! What is made from the database and shown again for a moment: profiles, lists, numbers, free times,
//! whole pages. A [`Shelf`] keeps one kind of them in this process and, for some, in Redis behind it.
//!
//! What is found on a shelf
//! - is younger than its lifetime, counted from before it was read, wherever it has been since;
//! - has heard of every change that this process has heard of: it remembers how many there were before
//!   it was read ([`Changes::sequence`]), and whom it is [`About`];
//! - is made once, however many ask at the same time.
//!
//! An entry in Redis is believed only if it was made after the last change this process knows of: its age
//! is counted by Redis' clock alone, and compared with how long ago this process heard of the change, so
//! instances' clocks may differ. A hold never looks here.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use moka::policy::EvictionPolicy;
use moka::sync::Cache as Entries;
use nadi::Failure;
use nadi::ids::DoctorId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::cache::backend::{Cache, Key};
use crate::cache::invalidation::Changes;

/// Another number with every change of what is written into Redis that its readers could mistake.
const FORMAT: &[u8] = concat!("nadi ", env!("CARGO_PKG_VERSION"), " 1\n").as_bytes();
/// Two clocks that count the same time may differ by so much in its course.
const SLACK: Duration = Duration::from_millis(100);
/// So often what others made is looked at before one makes it alone.
const LOOKS: usize = 3;

/// What is kept, as the figures name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Profile,
    List,
    Suggestions,
    Times,
    Page,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Profile, Self::List, Self::Suggestions, Self::Times, Self::Page];

    fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::List => "list",
            Self::Suggestions => "suggestions",
            Self::Times => "times",
            Self::Page => "page",
        }
    }
}

/// What all shelves of an instance share.
#[derive(Clone)]
pub struct Keeping(Arc<Common>);

struct Common {
    changes: Arc<Changes>,
    cache: Cache,
    /// Sets the keys of one database apart in a Redis that several use.
    namespace: String,
    figures: [Figures; Kind::ALL.len()],
}

#[derive(Debug, Default)]
struct Figures {
    hits: AtomicU64,
    /// Found in Redis.
    shared: AtomicU64,
    made: AtomicU64,
    /// Waited for what somebody else was making.
    waited: AtomicU64,
}

impl Keeping {
    /// `namespace` is any text that only instances on the same database have in common.
    pub fn new(changes: Arc<Changes>, cache: Cache, namespace: &str) -> Self {
        let digest = Sha256::digest(namespace.as_bytes());
        let namespace = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self(Arc::new(Common { changes, cache, namespace, figures: Default::default() }))
    }

    /// What only instances on the same database have in common, in a Redis that several houses may use.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// How often things were found, found in Redis, made and waited for, as Prometheus reads it.
    pub fn figures(&self) -> String {
        let mut text = "# TYPE nadi_kept_total counter\n".to_owned();
        for (kind, figures) in Kind::ALL.into_iter().zip(&self.0.figures) {
            let Figures { hits, shared, made, waited } = figures;
            for (how, count) in
                [("hit", hits), ("shared", shared), ("made", made), ("waited", waited)]
            {
                let (kind, count) = (kind.name(), count.load(Ordering::Relaxed));
                text.push_str(&format!(
                    "nadi_kept_total{{kind=\"{kind}\",how=\"{how}\"}} {count}\n"
                ));
            }
        }
        text
    }

    fn count(&self, kind: Kind, of: fn(&Figures) -> &AtomicU64) {
        of(&self.0.figures[kind as usize]).fetch_add(1, Ordering::Relaxed);
    }
}

/// What an entry rests on: a change of any of it makes the entry old.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Who is listed, and how.
    pub listings: bool,
    pub doctors: Vec<DoctorId>,
}

impl About {
    pub fn doctor(doctor: DoctorId) -> Self {
        Self { listings: false, doctors: vec![doctor] }
    }

    pub fn listings() -> Self {
        Self { listings: true, doctors: Vec::new() }
    }

    /// Has none of it changed since so many changes?
    fn stands(&self, changes: &Changes, since: u64) -> bool {
        (!self.listings || changes.of_listings() <= since)
            && self.doctors.iter().all(|doctor| changes.of(*doctor) <= since)
    }

    /// How long ago this process heard of its last change.
    fn quiet_for(&self, changes: &Changes) -> Duration {
        let doctors = self.doctors.iter().map(|doctor| changes.quiet_for(*doctor));
        let listings = self.listings.then(|| changes.listings_quiet_for());
        doctors.chain(listings).min().unwrap_or(Duration::ZERO)
    }
}

/// How long something is shown again.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// From here on one in the background makes it again. An eighth less at random, so that instances do
    /// not do it all together.
    pub fresh: Duration,
    /// Nothing is older when it is shown.
    pub most: Duration,
}

impl Lifetime {
    pub const fn seconds(fresh: u64, most: u64) -> Self {
        Self { fresh: Duration::from_secs(fresh), most: Duration::from_secs(most) }
    }
}

struct Entry<V> {
    value: Arc<V>,
    about: Arc<About>,
    /// The number of changes before it was read.
    since: u64,
    /// Before it was read.
    made: Instant,
    fresh: Duration,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        let Self { value, about, since, made, fresh } = self;
        let (value, about) = (Arc::clone(value), Arc::clone(about));
        Self { value, about, since: *since, made: *made, fresh: *fresh }
    }
}

type Making<V, E> = Shared<BoxFuture<'static, Result<Entry<V>, E>>>;
/// What is being made, each with a number of its own.
type Makings<K, V, E> =
    Arc<Mutex<HashMap<K, (u64, WeakShared<BoxFuture<'static, Result<Entry<V>, E>>>)>>>;

/// How a value lies in Redis.
struct Behind<K, V> {
    name: fn(&K) -> String,
    about: fn(&K, &V) -> About,
    write: fn(&V) -> Option<Vec<u8>>,
    read: fn(&[u8]) -> Option<V>,
}

impl<K, V> Clone for Behind<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Behind<K, V> {}

/// One kind of kept things, by what was asked for.
pub struct Shelf<K, V, E = Failure> {
    keeping: Keeping,
    kind: Kind,
    lifetime: Lifetime,
    entries: Entries<K, Entry<V>>,
    makings: Makings<K, V, E>,
    number: AtomicU64,
    behind: Option<Behind<K, V>>,
}

impl<K, V, E> Shelf<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// A shelf in this process for at most so many entries.
    pub fn new(keeping: &Keeping, kind: Kind, lifetime: Lifetime, entries_max: u64) -> Self {
        Self::weighed(keeping, kind, lifetime, entries_max, |_, _| 1)
    }

    /// The same for entries that weigh at most so much together.
    pub fn weighed(
        keeping: &Keeping,
        kind: Kind,
        lifetime: Lifetime,
        weight_max: u64,
        weight: fn(&K, &V) -> u32,
    ) -> Self {
        let entries = Entries::builder()
            .max_capacity(weight_max)
            .weigher(move |key, entry: &Entry<V>| weight(key, &entry.value))
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(lifetime.most)
            .build();
        Self {
            keeping: keeping.clone(),
            kind,
            lifetime,
            entries,
            makings: Arc::default(),
            number: AtomicU64::new(0),
            behind: None,
        }
    }

    /// Also in Redis, under a name. `about` says what a value rests on that was found there; `write` and
    /// `read` answer `None` for what cannot be written or understood, which is then made again.
    pub fn behind(
        self,
        name: fn(&K) -> String,
        about: fn(&K, &V) -> About,
        write: fn(&V) -> Option<Vec<u8>>,
        read: fn(&[u8]) -> Option<V>,
    ) -> Self {
        Self { behind: Some(Behind { name, about, write, read }), ..self }
    }

    /// What is kept, if it is fresh and stands. Never waits.
    pub fn find(&self, key: &K) -> Option<Arc<V>> {
        let entry = self.standing(key).filter(|entry| entry.made.elapsed() < entry.fresh)?;
        self.keeping.count(self.kind, |figures| &figures.hits);
        Some(entry.value)
    }

    /// What is kept, or what `make` makes of it: that, and what it rests on. Whoever asks meanwhile waits
    /// for the same, unless they know of a change since it was begun. What is not fresh any more but
    /// stands is made again in the background.
    ///
    /// # Errors
    /// Those of `make`; all who wait for it hear them, and they are not kept.
    pub async fn get<M, F>(&self, key: &K, make: M) -> Result<Arc<V>, E>
    where
        M: Fn() -> F,
        F: Future<Output = Result<(V, About), E>> + Send + 'static,
    {
        let known = self.keeping.0.changes.sequence();
        for _ in 0..LOOKS {
            if let Some(entry) = self.standing(key) {
                self.keeping.count(self.kind, |figures| &figures.hits);
                if entry.made.elapsed() >= entry.fresh
                    && let (making, true) = self.making(key, &make)
                {
                    tokio::spawn(making);
                }
                return Ok(entry.value);
            }
            let (making, mine) = self.making(key, &make);
            if !mine {
                self.keeping.count(self.kind, |figures| &figures.waited);
            }
            let entry = making.await?;
            if mine || entry.since >= known || self.stands(&entry) {
                return Ok(entry.value);
            }
        }
        // Something changed each time: what is made now is younger than the question.
        self.keeping.count(self.kind, |figures| &figures.made);
        make().await.map(|(value, _)| Arc::new(value))
    }

    fn standing(&self, key: &K) -> Option<Entry<V>> {
        self.entries.get(key).filter(|entry| self.stands(entry))
    }

    fn stands(&self, entry: &Entry<V>) -> bool {
        entry.made.elapsed() < self.lifetime.most
            && entry.about.stands(&self.keeping.0.changes, entry.since)
    }

    /// What is being made for this key, begun now if it is not; and whether it was.
    fn making<M, F>(&self, key: &K, make: &M) -> (Making<V, E>, bool)
    where
        M: Fn() -> F,
        F: Future<Output = Result<(V, About), E>> + Send + 'static,
    {
        let mut makings = lock(&self.makings);
        let under_way = makings.get(key).and_then(|(_, making)| making.upgrade());
        if let Some(making) = under_way {
            return (making, false);
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let done = Done { makings: Arc::clone(&self.makings), key: key.clone(), number };
        let making = self.entry(key.clone(), make());
        let making = async move {
            let made = making.await;
            drop(done);
            made
        };
        let making = making.boxed().shared();
        if let Some(weak) = making.downgrade() {
            match makings.entry(key.clone()) {
                Place::Occupied(mut place) => drop(place.insert((number, weak))),
                Place::Vacant(place) => drop(place.insert((number, weak))),
            }
        }
        (making, true)
    }

    /// Finds the entry in Redis or makes it, and keeps it.
    fn entry<F>(
        &self,
        key: K,
        make: F,
    ) -> impl Future<Output = Result<Entry<V>, E>> + Send + use<K, V, E, F>
    where
        F: Future<Output = Result<(V, About), E>> + Send + 'static,
    {
        let (keeping, kind, behind) = (self.keeping.clone(), self.kind, self.behind);
        let (entries, most) = (self.entries.clone(), self.lifetime.most);
        let fresh = self.lifetime.fresh.mul_f64(1.0 - rand::random::<f64>() / 8.0);
        async move {
            let since = keeping.0.changes.sequence();
            let mut redis_ms = None;
            if let Some(behind) = behind {
                let looked = keeping.look_behind(behind, &key, most).await;
                if let Some((value, about, age)) = looked.found
                    && let Some(made) = Instant::now().checked_sub(age)
                    && age < fresh
                {
                    keeping.count(kind, |figures| &figures.shared);
                    let (value, about) = (Arc::new(value), Arc::new(about));
                    let entry = Entry { value, about, since, made, fresh };
                    entries.insert(key, entry.clone());
                    return Ok(entry);
                }
                redis_ms = looked.now_ms;
            }
            keeping.count(kind, |figures| &figures.made);
            let made = Instant::now();
            let (value, about) = make.await?;
            let (value, about) = (Arc::new(value), Arc::new(about));
            let entry = Entry { value, about, since, made, fresh };
            if let (Some(behind), Some(redis_ms)) = (behind, redis_ms) {
                keeping.put_behind(behind, &key, &entry.value, redis_ms, most);
            }
            entries.insert(key, entry.clone());
            Ok(entry)
        }
    }
}

/// What Redis had.
struct Looked<V> {
    /// A value that was made after all changes known here, what it rests on, and its age.
    found: Option<(V, About, Duration)>,
    /// Its clock before anything was made.
    now_ms: Option<u64>,
}

impl Keeping {
    async fn look_behind<K, V>(&self, behind: Behind<K, V>, key: &K, most: Duration) -> Looked<V> {
        let asked = Instant::now();
        let name = self.name(behind, key);
        let Some(shared) = self.0.cache.shared(&Key::Kept(&name)).await else {
            return Looked { found: None, now_ms: None };
        };
        let read = |(bytes, left): (Vec<u8>, Duration)| {
            let value = (behind.read)(bytes.strip_prefix(FORMAT)?)?;
            let about = (behind.about)(key, &value);
            let age = most.checked_sub(left)? + asked.elapsed() + SLACK;
            (age < about.quiet_for(&self.0.changes)).then_some((value, about, age))
        };
        Looked { found: shared.found.and_then(read), now_ms: Some(shared.now_ms) }
    }

    /// Nobody waits for it. The value was made after Redis' clock said `redis_ms`.
    fn put_behind<K, V>(
        &self,
        behind: Behind<K, V>,
        key: &K,
        value: &V,
        redis_ms: u64,
        most: Duration,
    ) {
        let Some(bytes) = (behind.write)(value) else { return };
        let (name, keeping) = (self.name(behind, key), self.clone());
        let until_ms = redis_ms + u64::try_from(most.as_millis()).unwrap_or(0);
        tokio::spawn(async move {
            let bytes = [FORMAT, &bytes].concat();
            keeping.0.cache.share(&Key::Kept(&name), bytes, until_ms).await;
        });
    }

    fn name<K, V>(&self, behind: Behind<K, V>, key: &K) -> String {
        format!("{}:{}", self.0.namespace, (behind.name)(key))
    }
}

/// Takes what was being made off the list, be it done or given up.
struct Done<K: Eq + Hash, V, E> {
    makings: Makings<K, V, E>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, V, E> Drop for Done<K, V, E> {
    fn drop(&mut self) {
        let mut makings = lock(&self.makings);
        if makings.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            makings.remove(&self.key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// As JSON, for [`Shelf::behind`].
pub fn to_json<V: Serialize>(value: &V) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok()
}

/// From JSON; `None` for what another version of the software wrote and this one does not understand.
pub fn from_json<V: DeserializeOwned>(bytes: &[u8]) -> Option<V> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests;
