//! The list of all background jobs. Each job takes no input but the time, may run twice or on several
//! instances at once without harm, and has a `run_once` that tests call. [`crate::supervisor`] runs them.
//! Not for the work itself, which is in the capabilities' folders.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::audit::{self, anchors};
use crate::bookings::{archive, hold_sources, sweeper};
use crate::busy_times::fetch::Fetcher;
use crate::busy_times::refresh as calendars;
use crate::cache::backend::Cache;
use crate::directory::index_updater;
use crate::encryption::known_keys;
use crate::events::live;
use crate::keys::source::Watcher;
use crate::limits::exchange;
use crate::notifications::dispatcher::Dispatcher;
use crate::retention;
use crate::schedules::top_up;
use crate::state::AppState;
use crate::supervisor::{Job, Next, Supervisor};

/// How often this instance looks for changes made by other instances.
pub const LISTEN_EVERY: Duration = Duration::from_millis(250);

const NOTIFICATIONS: Job = Job {
    name: "notifications",
    every: Duration::from_secs(2),
    overdue_after: Duration::from_secs(60),
};
const LIVE: Job = Job { name: "live", every: LISTEN_EVERY, overdue_after: Duration::from_secs(60) };
/// Expires lapsed holds. One of them may have blocked slots that can be made again, so it runs often.
const SWEEPER: Job = Job {
    name: "sweeper",
    every: Duration::from_millis(500),
    overdue_after: Duration::from_secs(120),
};
/// Writes which networks made holds.
const HOLD_SOURCES: Job = Job {
    name: "hold_sources",
    every: Duration::from_millis(250),
    overdue_after: Duration::from_secs(60),
};
/// Deletes what is not kept for longer than days, such as expired sessions ([`retention::RULES`]).
const TIDY: Job =
    Job { name: "tidy", every: Duration::from_secs(60), overdue_after: Duration::from_secs(600) };
/// Moves old appointments to the archive, and deletes what is not kept for longer than months or years.
const ARCHIVE: Job = Job {
    name: "archive",
    every: Duration::from_secs(60 * 60),
    overdue_after: Duration::from_secs(3 * 60 * 60),
};
/// After a start it checks every doctor, a batch at a time.
const LISTINGS: Job = Job {
    name: "listings",
    every: Duration::from_secs(1),
    overdue_after: Duration::from_secs(300),
};
/// One run reads every subscribed calendar that is due, and some servers answer slowly.
const CALENDARS: Job = Job {
    name: "calendars",
    every: Duration::from_secs(60),
    overdue_after: Duration::from_secs(900),
};
/// Exchanges what rate limits have counted with other instances.
const LIMITS: Job = Job {
    name: "limits",
    every: exchange::EXCHANGED_EVERY,
    overdue_after: Duration::from_secs(60),
};
/// Brings what was done and seen into the audit log.
const AUDIT: Job =
    Job { name: "audit", every: Duration::from_secs(5), overdue_after: Duration::from_secs(300) };
/// Makes slots. New ones are made daily; in between, changed holidays and subscribed calendars change them.
/// The first run of a day takes the longest.
const TOP_UP: Job =
    Job { name: "top_up", every: Duration::from_secs(20), overdue_after: Duration::from_secs(900) };
/// Reads the file with the keys again if it has changed, and notes that its keys are in use.
const KEYS: Job =
    Job { name: "keys", every: Duration::from_secs(2), overdue_after: Duration::from_secs(60) };
/// How often to check whether a doctor's slots must be made again before the job's next turn.
const STALE_EVERY: Duration = Duration::from_millis(400);

/// Puts a changed list of keys to use while the server runs, and notes which keys it writes with. A list that cannot be
/// used leaves the keys as they are, and the job fails until the list is mended.
pub fn start_keys(supervisor: &Supervisor, app_state: &AppState, watcher: Option<Watcher>) {
    let (e, watcher) = (app_state.clone(), Arc::new(Mutex::new(watcher)));
    supervisor.start(KEYS, pending, move || {
        let (app_state, watcher) = (e.clone(), watcher.clone());
        async move {
            let mut watcher = watcher.lock().await;
            let changed = watcher.as_ref().map(Watcher::changed).transpose()?.flatten();
            let now = app_state.clock.now();
            let mut connection = app_state.write.0.acquire().await?;
            match (changed, watcher.as_mut()) {
                (Some((list, keyring)), Some(watcher)) => {
                    known_keys::note(&mut connection, &keyring, now).await?;
                    app_state.keys.replace(keyring);
                    watcher.set_in_use(list);
                    tracing::info!("the list of keys was read");
                }
                _ => known_keys::note_use(&mut connection, &app_state.keys.now(), now).await?,
            }
            anyhow::Ok(Next::Scheduled)
        }
    });
}

/// Starts all jobs.
pub fn start(supervisor: &Supervisor, app_state: &AppState, dispatcher: Dispatcher) {
    start_dispatcher(supervisor, app_state, dispatcher);

    let (e, listener) = (app_state.clone(), Arc::new(Mutex::new(live::Listener::default())));
    supervisor.start(LIVE, pending, move || {
        let (app_state, listener) = (e.clone(), listener.clone());
        async move { listener.lock().await.run_once(&app_state).await.map(|()| Next::Scheduled) }
    });

    let e = app_state.clone();
    supervisor.start(SWEEPER, pending, move || {
        let app_state = e.clone();
        async move { sweeper::run_once(&app_state).await.map(|_| Next::Scheduled) }
    });

    let e = app_state.clone();
    supervisor.start(HOLD_SOURCES, pending, move || {
        let app_state = e.clone();
        async move {
            hold_sources::write_noted(&app_state).await?;
            Ok(Next::Scheduled)
        }
    });

    let e = app_state.clone();
    supervisor.start(TIDY, pending, move || {
        let app_state = e.clone();
        async move {
            retention::run_every_minute(&app_state).await?;
            anyhow::Ok(Next::Scheduled)
        }
    });

    if matches!(app_state.cache, Cache::Redis(_)) {
        let e = app_state.clone();
        supervisor.start(LIMITS, pending, move || {
            let app_state = e.clone();
            async move {
                exchange::run_once(&app_state.limiter, &app_state.cache).await;
                anyhow::Ok(Next::Scheduled)
            }
        });
    }

    let (e, anchored) = (app_state.clone(), Arc::new(Mutex::new(anchors::Anchored::default())));
    supervisor.start(AUDIT, pending, move || {
        let (app_state, anchored) = (e.clone(), anchored.clone());
        async move {
            audit::run_once(&app_state).await?;
            anchored.lock().await.write_if_due(&app_state).await?;
            anyhow::Ok(Next::Scheduled)
        }
    });

    // Skip the first run: during a rollout, an instance of a release without the archive may still read these rows.
    let (e, has_waited) = (app_state.clone(), Arc::new(AtomicBool::new(false)));
    supervisor.start(ARCHIVE, pending, move || {
        let (app_state, has_waited) = (e.clone(), has_waited.swap(true, Ordering::Relaxed));
        async move {
            if has_waited {
                // One that fails does not keep the other from its turn.
                let archived = archive::run_once(&app_state).await;
                retention::run_every_hour(&app_state).await?;
                archived?;
            }
            Ok(Next::Scheduled)
        }
    });

    let (e, steps) = (app_state.clone(), Arc::new(Mutex::new(index_updater::Steps::default())));
    let invalidation = app_state.invalidation.clone();
    let doctor_changed = move || {
        let invalidation = invalidation.clone();
        async move { invalidation.doctor_changed().await }
    };
    supervisor.start(LISTINGS, doctor_changed, move || {
        let (app_state, steps) = (e.clone(), steps.clone());
        async move { steps.lock().await.step(&app_state).await }
    });

    let (e, fetcher) = (app_state.clone(), Fetcher::new());
    supervisor.start(CALENDARS, pending, move || {
        let (app_state, fetcher) = (e.clone(), fetcher.clone());
        async move { calendars::run_once(&app_state, &fetcher).await.map(|_| Next::Scheduled) }
    });

    let (e, looks) = (app_state.clone(), app_state.clone());
    let schedules_changed = move || {
        let app_state = looks.clone();
        async move {
            tokio::select! {
                () = app_state.schedules_changed.notified() => {}
                () = until_stale(&app_state) => {}
            }
        }
    };
    supervisor.start(TOP_UP, schedules_changed, move || {
        let app_state = e.clone();
        async move { top_up::run_once(&app_state).await.map(|_| Next::Scheduled) }
    });
}

/// Starts only the dispatcher.
pub fn start_dispatcher(supervisor: &Supervisor, app_state: &AppState, dispatcher: Dispatcher) {
    let (woken, delivers) = (app_state.event_written.clone(), dispatcher.clone());
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
        async move { dispatcher.start_due(&tasks).await.map(|_| Next::Scheduled) }
    });
}

/// Waits until some doctor's slots must be made again, because another instance or an ended booking marked them.
async fn until_stale(app_state: &AppState) {
    loop {
        tokio::time::sleep(STALE_EVERY).await;
        match top_up::is_due(app_state).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "cannot check whether slots must be made again"),
        }
    }
}
