//! The only place where the time of day comes from.

use chrono::{DateTime, SubsecRound, Utc};

/// Tells the time. Injected, so that tests can step it.
pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// In whole microseconds, as PostgreSQL keeps them, so that a time read back equals the time written.
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}
