//! The only place where the time of day comes from.

use chrono::{DateTime, Duration, SubsecRound, Utc};

/// Tells the time. Injected, so that tests can step it.
pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;

    /// How far this clock is ahead of the machine's. For libraries that read the machine's clock
    /// themselves, such as the one that judges whether a session has expired.
    fn shift(&self) -> Duration {
        Duration::zero()
    }
}

/// The machine's clock, which development mode can shift to see the product on another day.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock {
    shift: Duration,
}

impl SystemClock {
    pub fn shifted(shift: Duration) -> Self {
        Self { shift }
    }
}

impl Clock for SystemClock {
    /// In whole microseconds, as PostgreSQL keeps them, so that a time read back equals the time written.
    fn now(&self) -> DateTime<Utc> {
        (Utc::now() + self.shift).trunc_subsecs(6)
    }

    fn shift(&self) -> Duration {
        self.shift
    }
}
