//! Which cached values are outdated, as far as this instance knows. Every change has a number; each doctor,
//! and the list of doctors as a whole, has the number of its last change. A value that was read after change
//! `n` is valid while nothing it depends on has a higher number.
//!
//! Changes made by this instance are entered here right after their commit, those of other instances by
//! [`crate::events::live`]. Nothing here is needed for a booking to be correct.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nadi::ids::DoctorId;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Doctors share entries by hash: a change of one then also counts as a change of those beside it, which
/// costs a read too many and nothing else.
const ENTRIES: usize = 4096;

/// What a cached value was made of: a change of any of it makes the value outdated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Which doctors are listed, and how.
    pub listings: bool,
    pub doctors: Vec<DoctorId>,
}

impl Dependencies {
    pub fn doctor(doctor: DoctorId) -> Self {
        Self { listings: false, doctors: vec![doctor] }
    }

    pub fn listings() -> Self {
        Self { listings: true, doctors: Vec::new() }
    }
}

/// The last change of something.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub number: u64,
    /// When this process learned of it; the start of the process if there was none.
    known_since: Instant,
}

#[derive(Debug)]
pub struct Invalidation {
    doctors: Box<[watch::Sender<Change>]>,
    listings: watch::Sender<Change>,
    last_number: AtomicU64,
    /// Held while a change is entered.
    entering: Mutex<()>,
    /// Numbers begin again with each process: this tells them apart.
    process: u32,
    doctor_changed: Notify,
}

impl Default for Invalidation {
    fn default() -> Self {
        let none = || watch::Sender::new(Change { number: 0, known_since: Instant::now() });
        Self {
            doctors: (0..ENTRIES).map(|_| none()).collect(),
            listings: none(),
            last_number: AtomicU64::new(0),
            entering: Mutex::new(()),
            process: rand::random(),
            doctor_changed: Notify::new(),
        }
    }
}

impl Invalidation {
    /// Call after the commit of a change of one doctor's times or profile.
    pub fn invalidate_doctor(&self, doctor: DoctorId) {
        self.enter([self.of_doctor(doctor)]);
        self.doctor_changed.notify_one();
    }

    /// Call after the commit of a change of who is listed, or how.
    pub fn invalidate_listings(&self) {
        self.enter([&self.listings]);
    }

    /// Call after the commit of a change that may concern any doctor.
    pub fn invalidate_all(&self) {
        self.enter(self.doctors.iter().chain([&self.listings]));
    }

    /// The number of the last change of all. Take it before reading what is to be cached.
    pub fn last_number(&self) -> u64 {
        self.last_number.load(Ordering::Acquire)
    }

    /// True if nothing of these has changed since the change of this number.
    pub fn is_valid(&self, dependencies: &Dependencies, since: u64) -> bool {
        self.changes(dependencies).all(|change| change.number <= since)
    }

    /// The time since this process learned of the last change of any of these.
    pub fn unchanged_for(&self, dependencies: &Dependencies) -> Duration {
        self.changes(dependencies)
            .map(|change| change.known_since.elapsed())
            .min()
            .unwrap_or_default()
    }

    pub fn listings_number(&self) -> u64 {
        self.listings.borrow().number
    }

    /// The doctor's last change, and every later one. Others who share the entry are reported, too.
    pub fn subscribe(&self, doctor: DoctorId) -> watch::Receiver<Change> {
        self.of_doctor(doctor).subscribe()
    }

    pub fn subscribers(&self, doctor: DoctorId) -> usize {
        self.of_doctor(doctor).receiver_count()
    }

    /// The number of the doctor's last change, as a text that is unique among all processes.
    pub fn version(&self, doctor: DoctorId) -> String {
        self.version_of(self.of_doctor(doctor).borrow().number)
    }

    pub fn version_of(&self, number: u64) -> String {
        format!("{:x}-{number}", self.process)
    }

    /// Waits until a doctor is invalidated.
    pub async fn doctor_changed(&self) {
        self.doctor_changed.notified().await;
    }

    /// Publishes the number last: who reads it finds the change entered everywhere. A value that is read
    /// in between has the number before, and is loaded once more than needed.
    fn enter<'a>(&self, entries: impl IntoIterator<Item = &'a watch::Sender<Change>>) {
        let _entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        let change = Change { number: self.last_number() + 1, known_since: Instant::now() };
        for last in entries {
            last.send_replace(change);
        }
        self.last_number.store(change.number, Ordering::Release);
    }

    fn changes(&self, dependencies: &Dependencies) -> impl Iterator<Item = Change> {
        let doctors = dependencies.doctors.iter().map(|doctor| self.of_doctor(*doctor));
        doctors.chain(dependencies.listings.then_some(&self.listings)).map(|last| *last.borrow())
    }

    fn of_doctor(&self, doctor: DoctorId) -> &watch::Sender<Change> {
        let mut hasher = DefaultHasher::new();
        doctor.0.hash(&mut hasher);
        let entry = hasher.finish() % self.doctors.len() as u64;
        &self.doctors[usize::try_from(entry).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCTOR: DoctorId = DoctorId(uuid::Uuid::from_u128(7));

    #[test]
    fn a_change_makes_what_was_read_before_it_outdated() {
        let invalidation = Invalidation::default();
        let (doctor, listings) = (Dependencies::doctor(DOCTOR), Dependencies::listings());
        let before = invalidation.last_number();
        invalidation.invalidate_doctor(DOCTOR);
        assert!(!invalidation.is_valid(&doctor, before));
        assert!(invalidation.is_valid(&listings, before));
        let before = invalidation.last_number();
        assert!(invalidation.is_valid(&doctor, before));
        invalidation.invalidate_all();
        assert!(!invalidation.is_valid(&doctor, before));
        assert!(!invalidation.is_valid(&listings, before));
        let before = invalidation.last_number();
        invalidation.invalidate_listings();
        assert!(invalidation.is_valid(&doctor, before));
        assert!(!invalidation.is_valid(&listings, before));
    }

    #[tokio::test]
    async fn a_subscriber_misses_no_change() {
        let invalidation = Invalidation::default();
        let mut changes = invalidation.subscribe(DOCTOR);
        assert_eq!(invalidation.subscribers(DOCTOR), 1);
        invalidation.invalidate_doctor(DOCTOR);
        let change = changes.wait_for(|change| change.number != 0).await;
        assert_eq!(change.expect("told").number, 1, "before it was asked for");
        let waiting = tokio::spawn(async move {
            changes.wait_for(|change| change.number != 1).await.map(|change| change.number)
        });
        tokio::task::yield_now().await;
        invalidation.invalidate_doctor(DOCTOR);
        assert_eq!(waiting.await.expect("no panic").expect("told"), 2, "while it waits");
        assert_ne!(Invalidation::default().version(DOCTOR), invalidation.version(DOCTOR));
    }
}
