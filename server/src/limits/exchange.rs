//! Exchanges counts with the other instances through Redis. Without Redis each instance counts for itself.

use std::sync::PoisonError;
use std::time::Duration;

use super::window::Difference;
use super::{Changed, RateLimiter};
use crate::cache::backend::{Addition, Cache};

/// How often counts are exchanged.
pub const EXCHANGED_EVERY: Duration = Duration::from_millis(100);
/// How many counts are sent at once.
const SENT_AT_ONCE: usize = 1000;

/// Tells the others what this instance has counted since the last time, and learns what they have counted.
pub async fn run_once(limiter: &RateLimiter, cache: &Cache) {
    let changed = limiter.take_changed();
    for some in changed.chunks(SENT_AT_ONCE) {
        exchange(some, cache).await;
    }
}

async fn exchange(changed: &[Changed], cache: &Cache) {
    let differences: Vec<Difference> = changed
        .iter()
        .map(|one| one.window.lock().unwrap_or_else(PoisonError::into_inner).difference())
        .collect();
    let additions: Vec<Addition> = changed
        .iter()
        .zip(&differences)
        .map(|(one, difference)| Addition {
            key: format!("nadi:limit:{}:{}:{}", one.key.limit, one.key.subject, difference.index),
            added: difference.added,
            lifetime: one.period * 2,
        })
        .collect();
    // What was not sent is sent with the next change of the same counter.
    let Some(totals) = cache.add_all(&additions).await else { return };
    for ((one, told), total) in changed.iter().zip(differences).zip(totals) {
        one.window.lock().unwrap_or_else(PoisonError::into_inner).exchanged(told, total);
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use uuid::Uuid;

    use super::*;
    use crate::codes::CodeKey;
    use crate::limits::Limit;

    const FIVE: Limit = Limit::new("test of the exchange", 5, Duration::from_secs(600));

    fn now() -> DateTime<Utc> {
        "2026-11-30T09:00:00Z".parse().expect("a time")
    }

    #[tokio::test]
    async fn two_instances_share_a_limit() {
        let Ok(url) = std::env::var("REDIS_URL") else {
            eprintln!("REDIS_URL is not set: this test needs `cargo xtask test`");
            return;
        };
        let cache = Cache::redis(&url).expect("an address");
        let key = CodeKey::new(&Uuid::new_v4().to_string());
        let (one, two) = (RateLimiter::new(&key, true), RateLimiter::new(&key, true));
        let asha = one.subject("account", 1);
        for _ in 0..3 {
            one.take(&FIVE, asha, now());
        }
        run_once(&one, &cache).await;
        assert_eq!(two.take(&FIVE, asha, now()).remaining, 4, "not exchanged yet");
        run_once(&two, &cache).await;
        assert_eq!(two.check(&FIVE, asha, now()).remaining, 1);
        // Without an answer nothing is lost: it is sent with the next one.
        two.take(&FIVE, asha, now());
        run_once(&two, &Cache::redis("redis://127.0.0.1:1").expect("an address")).await;
        two.give_back(&FIVE, asha, now());
        run_once(&two, &cache).await;
        one.take(&FIVE, asha, now());
        run_once(&one, &cache).await;
        assert_eq!(one.check(&FIVE, asha, now()).remaining, 0);
    }
}
