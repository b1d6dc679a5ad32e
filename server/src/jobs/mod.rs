//! What happens later. Each job takes no input but the time, may run twice or on several
//! instances at once without harm, and has a `run_once` that tests call. [`supervisor`] runs them.

pub mod calendars;
pub mod demo;
pub mod listen;
pub mod listings;
pub mod relay;
pub mod supervisor;
pub mod sweeper;
pub mod top_up;
pub mod warm;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::engine::Engine;
use crate::fetch::Fetcher;
use crate::store::sessions::Sessions;
use supervisor::{Job, Next, Supervisor};

/// Other instances' changes are shown here after so long.
pub const LISTEN_EVERY: Duration = Duration::from_millis(250);

const RELAY: Job =
    Job { name: "relay", every: Duration::from_secs(2), overdue_after: Duration::from_secs(60) };
const LISTEN: Job =
    Job { name: "listen", every: LISTEN_EVERY, overdue_after: Duration::from_secs(60) };
const SWEEPER: Job = Job {
    name: "sweeper",
    every: Duration::from_secs(10),
    overdue_after: Duration::from_secs(120),
};
/// After a start it has everybody to look at, in steps.
const LISTINGS: Job = Job {
    name: "listings",
    every: Duration::from_secs(1),
    overdue_after: Duration::from_secs(300),
};
/// One run reads every calendar that is due, and some answer slowly.
const CALENDARS: Job = Job {
    name: "calendars",
    every: Duration::from_secs(60),
    overdue_after: Duration::from_secs(900),
};
/// Times are made daily; a clinic's holidays and calendars from elsewhere change them in between.
/// The first run on a new day is the long one.
const TOP_UP: Job =
    Job { name: "top_up", every: Duration::from_secs(20), overdue_after: Duration::from_secs(900) };

/// Starts all jobs.
pub fn start(supervisor: &Supervisor, engine: &Engine, relay: relay::Relay, sessions: Sessions) {
    start_relay(supervisor, engine, relay);

    let (e, listener) = (engine.clone(), Arc::new(Mutex::new(listen::Listener::default())));
    supervisor.start(LISTEN, pending, move || {
        let (engine, listener) = (e.clone(), listener.clone());
        async move {
            let mut listener = listener.lock().await;
            let heard = listener.run_once(&engine).await;
            listener.pass_edits(&engine).await;
            heard.map(|()| Next::Turn)
        }
    });

    let e = engine.clone();
    supervisor.start(SWEEPER, pending, move || {
        let (engine, sessions) = (e.clone(), sessions.clone());
        async move {
            sweeper::run_once(&engine).await?;
            sessions.sweep(engine.clock.now()).await?;
            Ok(Next::Turn)
        }
    });

    let (e, steps) = (engine.clone(), Arc::new(Mutex::new(listings::Steps::default())));
    let changes = engine.changes.clone();
    let noted = move || {
        let changes = changes.clone();
        async move { changes.noted().await }
    };
    supervisor.start(LISTINGS, noted, move || {
        let (engine, steps) = (e.clone(), steps.clone());
        async move { steps.lock().await.step(&engine).await }
    });

    let (e, fetcher) = (engine.clone(), Fetcher::new());
    supervisor.start(CALENDARS, pending, move || {
        let (engine, fetcher) = (e.clone(), fetcher.clone());
        async move { calendars::run_once(&engine, &fetcher).await.map(|_| Next::Turn) }
    });

    let (e, changed) = (engine.clone(), engine.schedules_changed.clone());
    let schedules_changed = move || {
        let changed = changed.clone();
        async move { changed.notified().await }
    };
    supervisor.start(TOP_UP, schedules_changed, move || {
        let engine = e.clone();
        async move { top_up::run_once(&engine).await.map(|_| Next::Turn) }
    });
}

/// Starts the relay alone.
pub fn start_relay(supervisor: &Supervisor, engine: &Engine, relay: relay::Relay) {
    let (woken, delivers) = (engine.event_written.clone(), relay.clone());
    let wake_relay = move || {
        let (woken, relay) = (woken.clone(), delivers.clone());
        async move {
            tokio::select! {
                () = woken.notified() => {}
                () = relay.delivery_ended() => {}
            }
        }
    };
    let tasks = supervisor.tasks().clone();
    supervisor.start(RELAY, wake_relay, move || {
        let (relay, tasks) = (relay.clone(), tasks.clone());
        async move { relay.start_due(&tasks).await.map(|_| Next::Turn) }
    });
}
