//! The only place that reads the current time.

use chrono::{DateTime, Duration, SubsecRound, Utc};

/// The current time. Injected, so that tests can set it.
pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;

    /// How far this clock is ahead of the machine's.
    fn shift(&self) -> Duration {
        Duration::zero()
    }
}

/// The machine's clock. Development mode can shift it to run the product on another day.
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
    /// In whole microseconds, the precision of PostgreSQL, so that a time read back equals the time written.
    fn now(&self) -> DateTime<Utc> {
        (Utc::now() + self.shift).trunc_subsecs(6)
    }

    fn shift(&self) -> Duration {
        self.shift
    }
}
