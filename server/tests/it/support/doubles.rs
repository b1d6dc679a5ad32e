//! Stand-ins for the clock and for the delivery of messages.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Duration, TimeZone, Utc};
use nadi::ports::{Message, MessageFailure, Messages};
use server::clock::Clock;

/// A Monday, 03:30 UTC: nine in the morning in Kolkata.
pub fn monday_nine() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 3, 30, 0).single().expect("a time")
}

/// A clock that only moves when a test steps it.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<DateTime<Utc>>>);

impl TestClock {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().expect("not poisoned") = now;
    }

    pub fn step(&self, by: Duration) {
        *self.0.lock().expect("not poisoned") += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("not poisoned")
    }
}

/// Records messages instead of sending them, and can be made to fail.
#[derive(Clone, Default)]
pub struct RecordedMessages {
    pub sent: Arc<Mutex<Vec<Message>>>,
    pub failure: Arc<Mutex<Option<MessageFailure>>>,
}

#[async_trait]
impl Messages for RecordedMessages {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure> {
        match self.failure.lock().expect("not poisoned").clone() {
            Some(failure) => Err(failure),
            None => {
                self.sent.lock().expect("not poisoned").push(message.clone());
                Ok(())
            }
        }
    }
}
