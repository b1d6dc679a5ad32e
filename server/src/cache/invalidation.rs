//! How often each doctor's free times have changed, as far as this instance has heard: what was read
//! before a change must not be shown after it, and whoever looks at those times is told
//! ([`crate::http::live_updates`]).
//!
//! What happens here is noted here at once. What happens on another instance is heard of by
//! [`crate::events::live`]; should it miss something, nothing kept is shown for longer than
//! [`KEPT_FOR`] anyway. A hold never looks here.
//!
//! All changes are numbered in one row, and a counter is the number of its last change. So what was
//! read after change number n still stands while none of the counters it rests on is above n.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use nadi::ids::DoctorId;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The longest that free times are shown without looking again.
pub const KEPT_FOR: Duration = Duration::from_secs(10);
/// Doctors share counters; who shares one is looked up, or told, once more than needed.
const COUNTERS: usize = 8192;

#[derive(Debug, Default)]
struct Counter {
    /// The number of the last change.
    changes: AtomicU64,
    /// When it was heard of, in milliseconds after the process began.
    noted_ms: AtomicU64,
    listeners: AtomicU32,
    moved: Notify,
}

#[derive(Debug)]
pub struct Changes {
    counters: Box<[Counter]>,
    born: Instant,
    /// All changes so far, of whatever kind.
    sequence: AtomicU64,
    /// Counters begin anew with each process: a mark of another one is never ours.
    process: u32,
    /// Of what is listed: names, places, who is listed at all.
    listings: Counter,
    /// Rung when a doctor's times have changed, for [`crate::directory::follow`].
    noted: Notify,
}

/// Changes that are not of a single doctor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Of names, places, hours: whoever it was, everybody looks again.
    pub anybody: bool,
    pub listings: bool,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            counters: (0..COUNTERS).map(|_| Counter::default()).collect(),
            process: rand::random(),
            born: Instant::now(),
            sequence: AtomicU64::new(0),
            listings: Counter::default(),
            noted: Notify::new(),
        }
    }
}

impl Changes {
    /// The number of the last change of all. Ask before reading what is to be kept.
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// The number of this doctor's last change.
    pub fn of(&self, doctor: DoctorId) -> u64 {
        self.counter(doctor).map_or(0, |counter| counter.changes.load(Ordering::Acquire))
    }

    /// The same as a text that no other process has: a listener's `id`.
    pub fn mark(&self, doctor: DoctorId) -> String {
        self.mark_of(self.of(doctor))
    }

    pub fn mark_of(&self, changes: u64) -> String {
        format!("{:x}-{changes}", self.process)
    }

    /// After the commit of a change.
    pub fn note(&self, doctor: DoctorId) {
        let number = self.next();
        if let Some(counter) = self.counter(doctor) {
            counter.note(number, self.now_ms());
        }
        self.noted.notify_one();
    }

    /// After the commit of a change that may concern anybody.
    pub fn note_all(&self) {
        self.hear(Edits { anybody: true, listings: true });
    }

    /// The same for changes that were made elsewhere.
    pub fn hear(&self, edits: Edits) {
        if edits == Edits::default() {
            return;
        }
        let (number, now_ms) = (self.next(), self.now_ms());
        if edits.anybody {
            self.counters.iter().for_each(|counter| counter.note(number, now_ms));
        }
        if edits.anybody || edits.listings {
            self.listings.note(number, now_ms);
        }
    }

    fn next(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How long ago the last change of this doctor was heard of: never longer than this process knows.
    pub fn quiet_for(&self, doctor: DoctorId) -> Duration {
        self.counter(doctor).map_or(Duration::ZERO, |counter| self.since(counter))
    }

    /// The same of the listings.
    pub fn listings_quiet_for(&self) -> Duration {
        self.since(&self.listings)
    }

    fn since(&self, counter: &Counter) -> Duration {
        let noted_ms = counter.noted_ms.load(Ordering::Acquire);
        Duration::from_millis(self.now_ms().saturating_sub(noted_ms))
    }

    /// Waits until the number of changes is another than `known`, and tells it. May be dropped
    /// at any time; nothing that happens between two calls is missed.
    pub async fn after(&self, doctor: DoctorId, known: u64) -> u64 {
        let Some(counter) = self.counter(doctor) else { return std::future::pending().await };
        loop {
            // Made before looking: it hears of every change from here on.
            let moved = counter.moved.notified();
            let changes = counter.changes.load(Ordering::Acquire);
            if changes != known {
                return changes;
            }
            moved.await;
        }
    }

    /// After the commit of a change of who is listed, or how.
    pub fn note_listings(&self) {
        self.hear(Edits { anybody: false, listings: true });
    }

    /// The number of the last such change.
    pub fn of_listings(&self) -> u64 {
        self.listings.changes.load(Ordering::Acquire)
    }

    /// Waits until a doctor is noted.
    pub async fn noted(&self) {
        self.noted.notified().await;
    }

    /// Counts one more who listens to this doctor, until it is dropped.
    pub fn listener(self: Arc<Self>, doctor: DoctorId) -> Listener {
        if let Some(counter) = self.counter(doctor) {
            counter.listeners.fetch_add(1, Ordering::Relaxed);
        }
        Listener { changes: self, doctor }
    }

    fn counter(&self, doctor: DoctorId) -> Option<&Counter> {
        let mut hasher = DefaultHasher::new();
        doctor.0.hash(&mut hasher);
        usize::try_from(hasher.finish() % COUNTERS as u64).ok().and_then(|n| self.counters.get(n))
    }
}

impl Counter {
    fn note(&self, number: u64, now_ms: u64) {
        self.noted_ms.fetch_max(now_ms, Ordering::AcqRel);
        self.changes.fetch_max(number, Ordering::AcqRel);
        self.moved.notify_waiters();
    }
}

/// Someone who waits for changes of one doctor.
#[derive(Debug)]
pub struct Listener {
    pub changes: Arc<Changes>,
    pub doctor: DoctorId,
}

impl Listener {
    /// How many listen to this doctor, this one included.
    pub fn beside(&self) -> u32 {
        let counter = self.changes.counter(self.doctor);
        counter.map_or(1, |counter| counter.listeners.load(Ordering::Relaxed))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(counter) = self.changes.counter(self.doctor) {
            counter.listeners.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_from_none() {
        let changes = Changes::default();
        let doctor = DoctorId(uuid::Uuid::from_u128(7));
        let before = changes.of(doctor);
        assert_eq!(changes.of(doctor), before);
        changes.note(doctor);
        assert_ne!(changes.of(doctor), before);
        let before = (changes.of(doctor), changes.of_listings());
        assert_eq!(changes.sequence(), before.0);
        changes.note_all();
        assert_ne!(changes.of(doctor), before.0);
        assert_ne!(changes.of_listings(), before.1);
    }

    #[tokio::test]
    async fn a_change_between_two_looks_is_not_missed() {
        let changes = Arc::new(Changes::default());
        let doctor = DoctorId(uuid::Uuid::from_u128(7));
        let listener = changes.clone().listener(doctor);
        assert_eq!(listener.beside(), 1);
        changes.note(doctor);
        assert_eq!(changes.after(doctor, 0).await, 1, "before it was asked");
        let waiting = tokio::spawn({
            let changes = changes.clone();
            async move { changes.after(doctor, 1).await }
        });
        tokio::task::yield_now().await;
        changes.note(doctor);
        assert_eq!(waiting.await.expect("told"), 2, "while it waits");
        assert_ne!(Changes::default().mark(doctor), changes.mark(doctor));
    }
}
