//! The clock of timers and lifetimes. The time of day is the clinic's `TestClock`.

use std::time::Duration;

/// Advances tokio's clock by this much, so that timers that end by then fire now. The clocks of PostgreSQL, Redis and
/// other processes do not move.
pub async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Waits until a condition is met. Fails after two minutes, which is far longer than any condition should take.
pub async fn until(what: &str, mut is_met: impl AsyncFnMut() -> bool) {
    let started = std::time::Instant::now();
    while !is_met().await {
        assert!(started.elapsed() < Duration::from_secs(120), "not within two minutes: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
