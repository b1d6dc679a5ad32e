//! Rate limits: how often somebody may do something.
//!
//! [`RateLimiter`] counts in this process, so a limit costs no request to another server. Instances exchange their
//! counts through Redis ([`exchange`]). Which limits there are: [`rules`]. Limits of how much is done at once are in
//! [`crate::http::load_shedding`].

pub mod exchange;
pub mod rules;
mod window;

use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache as Counters;

pub use self::window::Usage;

use self::window::Window;
use crate::codes::CodeKey;

/// How many counters an instance keeps. When there are more, those that are used least are forgotten, so that a
/// stranger with many addresses displaces their own.
const COUNTERS_MAX: u64 = 200_000;
/// How long a counter is kept after its last use: longer than the longest period.
const IDLE_MAX: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// How many refusals are remembered as logged, and for how long.
const LOGGED_MAX: u64 = 10_000;
const LOGGED_EVERY: Duration = Duration::from_secs(60);

/// At most so many within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Unique, also in Redis.
    pub name: &'static str,
    pub most: u32,
    pub period: Duration,
}

impl Limit {
    pub const fn new(name: &'static str, most: u32, period: Duration) -> Self {
        Self { name, most, period }
    }

    fn period_ms(&self) -> u64 {
        u64::try_from(self.period.as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

/// Whom a limit counts: an account, a network, an address… A keyed hash, so that Redis holds no personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subject([u8; 16]);

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct CounterKey {
    limit: &'static str,
    subject: Subject,
}

type SharedWindow = Arc<Mutex<Window>>;

/// A counter that has to be exchanged, and the length of its window.
#[derive(Clone, Debug)]
struct Changed {
    key: CounterKey,
    window: SharedWindow,
    period: Duration,
}

/// Counts, and refuses what is too much.
#[derive(Clone)]
pub struct RateLimiter(Arc<Shared>);

struct Shared {
    key: CodeKey,
    counters: Counters<CounterKey, SharedWindow>,
    changed: Mutex<Vec<Changed>>,
    /// Who has been refused and logged in the last minute.
    logged: Counters<CounterKey, ()>,
    /// Whether other instances are told.
    is_exchanged: bool,
}

impl RateLimiter {
    pub fn new(key: &CodeKey, is_exchanged: bool) -> Self {
        let counters =
            Counters::builder().max_capacity(COUNTERS_MAX).time_to_idle(IDLE_MAX).build();
        let logged =
            Counters::builder().max_capacity(LOGGED_MAX).time_to_live(LOGGED_EVERY).build();
        let changed = Mutex::default();
        Self(Arc::new(Shared { key: key.clone(), counters, changed, logged, is_exchanged }))
    }

    /// Whoever is meant by `value`, such as the network 192.0.2.7. The same value of another kind is somebody else.
    pub fn subject(&self, kind: &str, value: impl Display) -> Subject {
        let hash = self.0.key.fingerprint("rate limit 1", &format!("{kind} {value}"));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Subject(bytes)
    }

    /// Counts one, if the limit allows it.
    pub fn take(&self, limit: &Limit, subject: Subject, now: DateTime<Utc>) -> Usage {
        let take = |window: &mut Window, now_ms| window.take(limit.most, now_ms);
        let usage = self.update(limit, subject, now, take);
        if !usage.is_allowed && self.must_be_logged(limit, subject) {
            let limit = limit.name;
            // As all lines of `security_log`.
            tracing::warn!(target: "nadi::security", event = "limit_reached", limit, %subject);
        }
        usage
    }

    /// Counts one of something that refuses nobody by itself; raises an alarm when there are more than the limit says.
    pub fn watch(&self, limit: &Limit, subject: Subject, now: DateTime<Utc>) {
        let take = |window: &mut Window, now_ms| window.take(limit.most, now_ms);
        let usage = self.update(limit, subject, now, take);
        if !usage.is_allowed && self.must_be_logged(limit, subject) {
            let (limit, most) = (limit.name, limit.most);
            tracing::error!(target: "nadi::security", event = "alarm", limit, most);
        }
    }

    /// Once a minute for each who is refused.
    fn must_be_logged(&self, limit: &Limit, subject: Subject) -> bool {
        let key = CounterKey { limit: limit.name, subject };
        self.0.logged.entry(key).or_insert(()).is_fresh()
    }

    /// What [`RateLimiter::take`] would say, without counting.
    pub fn check(&self, limit: &Limit, subject: Subject, now: DateTime<Utc>) -> Usage {
        let (_, window) = self.window(limit, subject);
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        window.usage(limit.most, milliseconds(now))
    }

    /// Takes one back that was counted.
    pub fn give_back(&self, limit: &Limit, subject: Subject, now: DateTime<Utc>) {
        self.update(limit, subject, now, Window::give_back);
    }

    /// Forgets what was counted.
    pub fn forget(&self, limit: &Limit, subject: Subject, now: DateTime<Utc>) {
        self.update(limit, subject, now, Window::forget);
    }

    fn update<T>(
        &self,
        limit: &Limit,
        subject: Subject,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut Window, u64) -> T,
    ) -> T {
        let (key, shared) = self.window(limit, subject);
        let mut window = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut window, milliseconds(now));
        let is_new = self.0.is_exchanged && window.must_be_sent();
        drop(window);
        if is_new {
            let changed = Changed { key, window: shared, period: limit.period };
            self.0.changed.lock().unwrap_or_else(PoisonError::into_inner).push(changed);
        }
        result
    }

    fn window(&self, limit: &Limit, subject: Subject) -> (CounterKey, SharedWindow) {
        let key = CounterKey { limit: limit.name, subject };
        let new = || Arc::new(Mutex::new(Window::new(limit.period_ms())));
        (key, self.0.counters.get_with(key, new))
    }

    fn take_changed(&self) -> Vec<Changed> {
        std::mem::take(&mut *self.0.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn milliseconds(at: DateTime<Utc>) -> u64 {
    u64::try_from(at.timestamp_millis()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Limit = Limit::new("test", 3, Duration::from_secs(60));

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a time")
    }

    fn limiter() -> RateLimiter {
        RateLimiter::new(&CodeKey::new("0123456789abcdef0123456789abcdef"), true)
    }

    #[test]
    fn a_limit_refuses_one_too_many_and_allows_more_later() {
        let limiter = limiter();
        let (asha, other) = (limiter.subject("account", 1), limiter.subject("network", 1));
        for remaining in [2, 1, 0] {
            let usage = limiter.take(&THREE, asha, at(0));
            assert_eq!((usage.is_allowed, usage.remaining), (true, remaining));
        }
        let refused = limiter.take(&THREE, asha, at(30));
        assert!(!refused.is_allowed && refused.wait_seconds > 30, "{refused:?}");
        assert!(limiter.take(&THREE, other, at(30)).is_allowed, "somebody else");
        let later = at(30 + i64::from(refused.wait_seconds));
        assert!(!limiter.check(&THREE, asha, later - chrono::Duration::seconds(1)).is_allowed);
        assert!(limiter.take(&THREE, asha, later).is_allowed);
    }

    #[test]
    fn what_is_given_back_or_forgotten_may_be_taken_again() {
        let limiter = limiter();
        let asha = limiter.subject("account", 1);
        for _ in 0..3 {
            limiter.take(&THREE, asha, at(0));
        }
        assert!(!limiter.check(&THREE, asha, at(1)).is_allowed);
        limiter.give_back(&THREE, asha, at(1));
        assert!(limiter.take(&THREE, asha, at(2)).is_allowed);
        assert!(!limiter.take(&THREE, asha, at(2)).is_allowed);
        limiter.forget(&THREE, asha, at(3));
        assert_eq!(limiter.check(&THREE, asha, at(3)).remaining, 3);
    }

    #[test]
    fn a_counter_is_exchanged_once_however_often_it_changes() {
        let limiter = limiter();
        let asha = limiter.subject("account", 1);
        limiter.take(&THREE, asha, at(0));
        limiter.take(&THREE, asha, at(0));
        assert_eq!(limiter.take_changed().len(), 1);
        assert!(limiter.take_changed().is_empty());
    }
}
