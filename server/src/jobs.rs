//! What happens later. Each job takes no input but the time, may run twice or on several
//! instances at once without harm, and has a `run_once` that tests call. [`crate::supervisor`] runs them.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::accounts::sessions::Sessions;
use crate::bookings::{archive, sweeper};
use crate::busy_times::fetch::Fetcher;
use crate::busy_times::refresh as calendars;
use crate::directory::follow as listings;
use crate::events::live;
use crate::notifications;
use crate::notifications::dispatcher::Dispatcher;
use crate::schedules::top_up;
use crate::state::Engine;
use crate::supervisor::{Job, Next, Supervisor};

/// Other instances' changes are shown here after so long.
pub const LISTEN_EVERY: Duration = Duration::from_millis(250);

const NOTIFICATIONS: Job = Job {
    name: "notifications",
    every: Duration::from_secs(2),
    overdue_after: Duration::from_secs(60),
};
const LIVE: Job = Job { name: "live", every: LISTEN_EVERY, overdue_after: Duration::from_secs(60) };
/// A hold that ran out may have been in the way of times that can be made again.
const SWEEPER: Job = Job {
    name: "sweeper",
    every: Duration::from_millis(500),
    overdue_after: Duration::from_secs(120),
};
/// Forgets old keys and sessions.
const TIDY: Job =
    Job { name: "tidy", every: Duration::from_secs(60), overdue_after: Duration::from_secs(600) };
const ARCHIVE: Job = Job {
    name: "archive",
    every: Duration::from_secs(60 * 60),
    overdue_after: Duration::from_secs(3 * 60 * 60),
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
/// How often is looked whether times are to be made again at once.
const STALE_EVERY: Duration = Duration::from_millis(400);

/// Starts all jobs.
pub fn start(supervisor: &Supervisor, engine: &Engine, dispatcher: Dispatcher, sessions: Sessions) {
    start_dispatcher(supervisor, engine, dispatcher);

    let (e, listener) = (engine.clone(), Arc::new(Mutex::new(live::Listener::default())));
    supervisor.start(LIVE, pending, move || {
        let (engine, listener) = (e.clone(), listener.clone());
        async move { listener.lock().await.run_once(&engine).await.map(|()| Next::Turn) }
    });

    let e = engine.clone();
    supervisor.start(SWEEPER, pending, move || {
        let engine = e.clone();
        async move { sweeper::run_once(&engine).await.map(|_| Next::Turn) }
    });

    let e = engine.clone();
    supervisor.start(TIDY, pending, move || {
        let (engine, sessions) = (e.clone(), sessions.clone());
        async move {
            sweeper::forget_keys(&engine).await?;
            sessions.sweep(engine.clock.now()).await?;
            Ok(Next::Turn)
        }
    });

    // Not at once: while a release is rolled out, one that knows no archive still looks for these rows.
    let (e, has_waited) = (engine.clone(), Arc::new(AtomicBool::new(false)));
    supervisor.start(ARCHIVE, pending, move || {
        let (engine, has_waited) = (e.clone(), has_waited.swap(true, Ordering::Relaxed));
        async move {
            if has_waited {
                archive::run_once(&engine).await?;
                while notifications::forget(&engine).await? > 0 {}
            }
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

    let (e, looks) = (engine.clone(), engine.clone());
    let schedules_changed = move || {
        let engine = looks.clone();
        async move {
            tokio::select! {
                () = engine.schedules_changed.notified() => {}
                () = until_stale(&engine) => {}
            }
        }
    };
    supervisor.start(TOP_UP, schedules_changed, move || {
        let engine = e.clone();
        async move { top_up::run_once(&engine).await.map(|_| Next::Turn) }
    });
}

/// Starts the dispatcher alone.
pub fn start_dispatcher(supervisor: &Supervisor, engine: &Engine, dispatcher: Dispatcher) {
    let (woken, delivers) = (engine.event_written.clone(), dispatcher.clone());
    let wake_dispatcher = move || {
        let (woken, dispatcher) = (woken.clone(), delivers.clone());
        async move {
            tokio::select! {
                () = woken.notified() => {}
                () = dispatcher.delivery_ended() => {}
            }
        }
    };
    let tasks = supervisor.tasks().clone();
    supervisor.start(NOTIFICATIONS, wake_dispatcher, move || {
        let (dispatcher, tasks) = (dispatcher.clone(), tasks.clone());
        async move { dispatcher.start_due(&tasks).await.map(|_| Next::Turn) }
    });
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
