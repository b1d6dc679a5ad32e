//! The time that timers and lifetimes are measured with. The time of day is the clinic's `TestClock`.

use std::time::Duration;

/// Lets so much time pass at once: what is due by then happens now. Only tokio's clock moves. Those of
/// PostgreSQL, Redis and other processes do not.
pub async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Waits until a condition is met that something else brings about. Fails after two minutes, which only a
/// condition that never comes needs.
pub async fn until(what: &str, mut is_met: impl AsyncFnMut() -> bool) {
    let started = std::time::Instant::now();
    while !is_met().await {
        assert!(started.elapsed() < Duration::from_secs(120), "not within two minutes: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
