//! What happens later. Each job takes no input but the time, may run twice or on several
//! instances at once without harm, and has a `run_once` that tests call.

pub mod archive;
pub mod calendars;
pub mod demo;
pub mod listen;
pub mod listings;
pub mod relay;
pub mod sweeper;
pub mod top_up;
pub mod warm;

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::fetch::Fetcher;
use crate::store::sessions::Sessions;

/// Other instances' changes are shown here after so long.
pub const LISTEN_EVERY: Duration = Duration::from_millis(250);
const RELAY_EVERY: Duration = Duration::from_secs(2);
/// A hold that ran out may have been in the way of times that can be made again.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
const TIDY_EVERY: Duration = Duration::from_secs(60);
const ARCHIVE_EVERY: Duration = Duration::from_secs(60 * 60);
/// Times are made daily; a clinic's holidays and calendars from elsewhere change them in between.
const TOP_UP_EVERY: Duration = Duration::from_secs(20);
/// How often is looked whether times are to be made again at once.
const STALE_EVERY: Duration = Duration::from_millis(400);

const CALENDARS_EVERY: Duration = Duration::from_secs(60);

/// Starts all jobs; they end when `stop` is cancelled, each after the run it is in.
pub fn start(
    engine: &Engine,
    relay: relay::Relay,
    sessions: Sessions,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let (e1, e2, e6, e7) = (engine.clone(), engine.clone(), engine.clone(), engine.clone());
    let woken = engine.event_written.clone();
    let relay_stop = stop.clone();
    let relay_task = tokio::spawn(async move {
        loop {
            match relay.run_once().await {
                // A full batch: there is more.
                Ok(relay::BATCH) => continue,
                Ok(_) => {}
                Err(error) => report("relay", &error),
            }
            tokio::select! {
                () = relay_stop.cancelled() => break,
                () = woken.notified() => {}
                () = tokio::time::sleep(RELAY_EVERY) => {}
            }
        }
    });
    let (listings_stop, e5) = (stop.clone(), engine.clone());
    let (top_up_stop, e4) = (stop.clone(), engine.clone());
    let fetcher = Fetcher::new();
    let (e3, listen_stop) = (engine.clone(), stop.clone());
    let listen_task = tokio::spawn(async move {
        let mut listener = listen::Listener::default();
        while !listen_stop.is_cancelled() {
            if let Err(error) = listener.run_once(&e3).await {
                report("listen", &error);
            }
            listener.pass_edits(&e3).await;
            tokio::select! {
                () = listen_stop.cancelled() => break,
                () = tokio::time::sleep(LISTEN_EVERY) => {}
            }
        }
    });
    vec![
        relay_task,
        listen_task,
        every("sweeper", SWEEP_EVERY, stop, move || {
            let engine = e1.clone();
            async move { sweeper::run_once(&engine).await.map(|_| ()) }
        }),
        every("tidy", TIDY_EVERY, stop, move || {
            let (engine, sessions) = (e6.clone(), sessions.clone());
            async move {
                sweeper::forget_keys(&engine).await?;
                sessions.sweep(engine.clock.now()).await?;
                Ok(())
            }
        }),
        every("archive", ARCHIVE_EVERY, stop, move || {
            let engine = e7.clone();
            async move { archive::run_once(&engine).await.map(|_| ()) }
        }),
        tokio::spawn(async move {
            // Between two steps nothing is half done: what it was in is rolled back.
            tokio::select! {
                () = listings_stop.cancelled() => {}
                () = listings::run(&e5) => {}
            }
        }),
        every("calendars", CALENDARS_EVERY, stop, move || {
            let (engine, fetcher) = (e4.clone(), fetcher.clone());
            async move { calendars::run_once(&engine, &fetcher).await.map(|_| ()) }
        }),
        tokio::spawn(async move {
            while !top_up_stop.is_cancelled() {
                if let Err(error) = top_up::run_once(&e2).await {
                    report("top-up", &error);
                }
                tokio::select! {
                    () = top_up_stop.cancelled() => break,
                    () = e2.schedules_changed.notified() => {}
                    () = until_stale(&e2) => {}
                    () = tokio::time::sleep(TOP_UP_EVERY) => {}
                }
            }
        }),
    ]
}

/// Waits until times are to be made again that other instances, or bookings that ended, leave to us.
async fn until_stale(engine: &Engine) {
    loop {
        tokio::time::sleep(STALE_EVERY).await;
        match top_up::is_due(engine).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "cannot look whether times are to be made again"),
        }
    }
}

fn every<F, R>(
    name: &'static str,
    period: Duration,
    stop: &CancellationToken,
    run: F,
) -> JoinHandle<()>
where
    F: Fn() -> R + Send + 'static,
    R: Future<Output = anyhow::Result<()>> + Send,
{
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            if let Err(error) = run().await {
                report(name, &error);
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(period) => {}
            }
        }
    })
}

/// A job that failed runs again at its next turn.
fn report(job: &'static str, error: &anyhow::Error) {
    tracing::warn!(job, %error, "a job failed and will run again");
}
