//! Which network made which hold, until it is written: a hold only adds it here, and [`super::hold_sources::write_noted`]
//! writes all of them with one statement. When the queue is full, further ones are dropped: a hold never waits for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use nadi::actor::Network;
use nadi::ids::AppointmentId;

/// More than an instance holds while the database is written to once.
pub const QUEUED_MAX: usize = 10_000;

/// A hold, the network it came from, and when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotedHold {
    pub appointment: AppointmentId,
    pub network: Network,
    pub held_at: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub struct HoldSourceQueue(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    holds: Vec<NotedHold>,
    dropped: u64,
}

impl HoldSourceQueue {
    pub fn note(&self, hold: NotedHold) {
        let mut queue = self.lock();
        if queue.holds.len() < QUEUED_MAX {
            queue.holds.push(hold);
        } else {
            queue.dropped += 1;
        }
    }

    /// Takes all of them, and the number of those that were dropped since the last time.
    pub fn take(&self) -> (Vec<NotedHold>, u64) {
        let mut queue = self.lock();
        (std::mem::take(&mut queue.holds), std::mem::take(&mut queue.dropped))
    }

    /// Puts those back that could not be written.
    pub fn put_back(&self, holds: Vec<NotedHold>) {
        for hold in holds {
            self.note(hold);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn noted(number: usize) -> NotedHold {
        NotedHold {
            appointment: AppointmentId(Uuid::from_u128(number as u128)),
            network: "192.0.2.7".parse().expect("a network"),
            held_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let queue = HoldSourceQueue::default();
        for number in 0..QUEUED_MAX + 3 {
            queue.note(noted(number));
        }
        let (holds, dropped) = queue.take();
        assert_eq!((holds.len(), dropped), (QUEUED_MAX, 3));
        assert_eq!(queue.take(), (Vec::new(), 0));
        queue.note(noted(0));
        queue.put_back(holds);
        let (holds, dropped) = queue.take();
        assert_eq!(
            (holds.len(), dropped),
            (QUEUED_MAX, 1),
            "what was put back may be dropped, too"
        );
    }
}
