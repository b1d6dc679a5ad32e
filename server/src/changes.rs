//! How often each doctor's free times have changed, as far as this instance has heard: what was read
//! before a change must not be shown after it.
//!
//! What happens here is noted here at once. What happens on another instance is heard of by
//! [`crate::jobs::listen`]; should it miss something, nothing kept is shown for longer than
//! [`KEPT_FOR`] anyway. A hold never looks here.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nadi::ids::DoctorId;

/// The longest that free times are shown without looking again.
pub const KEPT_FOR: Duration = Duration::from_secs(10);
/// Doctors share counters; who shares one is looked up once more than needed.
const COUNTERS: usize = 8192;

#[derive(Debug)]
pub struct Changes(Box<[AtomicU64]>);

impl Default for Changes {
    fn default() -> Self {
        Self((0..COUNTERS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Changes {
    /// The number of changes so far. Ask before reading what is to be kept.
    pub fn of(&self, doctor: DoctorId) -> u64 {
        self.counter(doctor).map_or(0, |counter| counter.load(Ordering::Acquire))
    }

    /// After the commit of a change.
    pub fn note(&self, doctor: DoctorId) {
        if let Some(counter) = self.counter(doctor) {
            counter.fetch_add(1, Ordering::Release);
        }
    }

    /// After a change that may concern anybody.
    pub fn note_all(&self) {
        for counter in &self.0 {
            counter.fetch_add(1, Ordering::Release);
        }
    }

    fn counter(&self, doctor: DoctorId) -> Option<&AtomicU64> {
        let mut hasher = DefaultHasher::new();
        doctor.0.hash(&mut hasher);
        usize::try_from(hasher.finish() % COUNTERS as u64).ok().and_then(|n| self.0.get(n))
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
        let before = changes.of(doctor);
        changes.note_all();
        assert_ne!(changes.of(doctor), before);
    }
}
