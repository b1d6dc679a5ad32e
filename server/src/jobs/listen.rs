//! Hears of what other instances have changed, so that nothing stale is shown here for long, and
//! whoever looks at a doctor's times is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nadi::ids::DoctorId;

use crate::cache::Key;
use crate::changes::Edits;
use crate::engine::Engine;
use crate::store::outbox;

/// So many events are heard in one run.
const EVENTS_MAX: i64 = 10_000;
/// Numbers are given before the commit: one that is missing may yet come, for so long.
const MAY_COME_FOR: Duration = Duration::from_secs(15);
/// So many missing numbers are looked for again. Most of them were rolled back.
const MISSING_MAX: usize = 2_000;
/// Edits are no events. They are told in Redis for so long: whoever hears nothing for longer shows
/// nothing that old.
const EDITED_FOR: Duration = Duration::from_secs(600);
/// At the start, events with numbers so much lower than the latest may still be on their way.
const BEFORE_THE_START: i64 = 200;

/// How far the events have been heard.
#[derive(Default)]
pub struct Listener {
    heard: Option<i64>,
    /// Lower numbers that were not there, and since when.
    missing: BTreeMap<i64, Instant>,
    /// What was last told of edits.
    edited: Option<Vec<Option<String>>>,
}

impl Listener {
    /// # Errors
    /// When the database does not answer.
    pub async fn run_once(&mut self, engine: &Engine) -> anyhow::Result<()> {
        let mut connection = engine.write.0.acquire().await?;
        let Some(heard) = self.heard else {
            let latest = outbox::latest(&mut connection).await?;
            self.heard = Some((latest - BEFORE_THE_START).max(0));
            engine.changes.hear(Edits { anybody: true, listings: true });
            return Ok(());
        };
        let missing: Vec<i64> = self.missing.keys().copied().collect();
        let told = outbox::since(&mut connection, heard, &missing, EVENTS_MAX).await?;
        drop(connection);
        let mut doctors: Vec<_> = told.iter().map(|event| event.doctor_id).collect();
        doctors.sort_unstable();
        doctors.dedup();
        for doctor in doctors {
            engine.changes.note(DoctorId(doctor));
        }
        self.heard = Some(self.pass(heard, told.iter().map(|event| event.id), Instant::now()));
        Ok(())
    }

    /// Tells other instances of edits made here, and hears of theirs. Silence of Redis is no error.
    pub async fn pass_edits(&mut self, engine: &Engine) {
        let house = engine.keeping.house();
        let (of_anybody, of_listings) = (format!("{house}:anybody"), format!("{house}:listings"));
        let keys = [Key::Edited(&of_anybody), Key::Edited(&of_listings)];
        let Edits { anybody, listings } = engine.changes.take_untold();
        for (told, key) in [anybody, listings].into_iter().zip(&keys) {
            let text = rand::random::<u64>().to_string();
            if told && !engine.cache.tell_all(key, text, EDITED_FOR).await {
                engine.changes.tell_again(Edits { anybody, listings });
            }
        }
        let Some(edited) = engine.cache.told(&keys).await else { return };
        if let Some(known) = self.edited.replace(edited.clone()) {
            let is_new = |n: usize| known.get(n) != edited.get(n);
            engine.changes.hear(Edits { anybody: is_new(0), listings: is_new(1) });
        }
    }

    /// Keeps in mind which numbers were passed over; `ids` are in order. Tells the highest.
    fn pass(&mut self, heard: i64, ids: impl Iterator<Item = i64>, now: Instant) -> i64 {
        let mut highest = heard;
        for id in ids {
            if id > highest {
                let room = MISSING_MAX.saturating_sub(self.missing.len());
                self.missing.extend((highest + 1..id).rev().take(room).map(|gap| (gap, now)));
                highest = id;
            } else {
                self.missing.remove(&id);
            }
        }
        self.missing.retain(|_, since| now.duration_since(*since) < MAY_COME_FOR);
        highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_passed_over_is_looked_for_until_it_comes_or_cannot() {
        let mut listener = Listener::default();
        let start = Instant::now();
        assert_eq!(listener.pass(7, [8, 11].into_iter(), start), 11);
        assert!(listener.missing.keys().eq(&[9, 10]));
        assert_eq!(listener.pass(11, [10, 12].into_iter(), start), 12);
        assert!(listener.missing.keys().eq(&[9]));
        assert_eq!(listener.pass(12, [].into_iter(), start + MAY_COME_FOR), 12);
        assert!(listener.missing.is_empty());
    }
}
