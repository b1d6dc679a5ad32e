//! The list of all background jobs. Each job takes no input but the time, may run twice or on several
//! instances at once without harm, and has a `run_once` that tests call. [`crate::supervisor`] runs them.
//! Not for the work itself, which is in the capabilities' folders.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Mutex;

use crate::accounts::second_factors;
use crate::accounts::sessions;
use crate::accounts::visitors;
use crate::bookings::{archive, sweeper};
use crate::busy_times::fetch::Fetcher;
use crate::busy_times::refresh as calendars;
use crate::clinic::invitations;
use crate::database::DELETED_AT_ONCE;
use crate::directory::index_updater;
use crate::events::live;
use crate::notifications;
use crate::notifications::dispatcher::Dispatcher;
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
/// Deletes old idempotency keys and invitations, expired sessions, and visitors of the days before.
const TIDY: Job =
    Job { name: "tidy", every: Duration::from_secs(60), overdue_after: Duration::from_secs(600) };
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
/// Makes slots. New ones are made daily; in between, changed holidays and subscribed calendars change them.
/// The first run of a day takes the longest.
const TOP_UP: Job =
    Job { name: "top_up", every: Duration::from_secs(20), overdue_after: Duration::from_secs(900) };
/// How often to check whether a doctor's slots must be made again before the job's next turn.
const STALE_EVERY: Duration = Duration::from_millis(400);

/// Deletes at most [`DELETED_AT_ONCE`] rows of a table, and returns how many; of several tables, the most of one.
type TidyStep = for<'a> fn(&'a AppState) -> BoxFuture<'a, sqlx::Result<u64>>;

const TIDY_STEPS: [TidyStep; 6] = [
    |app_state| sweeper::forget_keys(app_state).boxed(),
    |app_state| sweeper::forget_visits(app_state).boxed(),
    |app_state| visitors::tidy(app_state).boxed(),
    |app_state| sessions::tidy(app_state).boxed(),
    |app_state| second_factors::tidy(app_state).boxed(),
    |app_state| invitations::delete_ended(app_state).boxed(),
];

/// Repeats each step as long as there may be more to delete. A step that fails does not keep the others from theirs.
///
/// # Errors
/// The first failure, after all steps.
pub async fn tidy(app_state: &AppState) -> sqlx::Result<()> {
    let mut outcome = Ok(());
    for step in TIDY_STEPS {
        outcome = outcome.and(until_done(step, app_state).await);
    }
    outcome
}

async fn until_done(step: TidyStep, app_state: &AppState) -> sqlx::Result<()> {
    while step(app_state).await? >= DELETED_AT_ONCE.unsigned_abs() {}
    Ok(())
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
    supervisor.start(TIDY, pending, move || {
        let app_state = e.clone();
        async move {
            tidy(&app_state).await?;
            Ok(Next::Scheduled)
        }
    });

    // Skip the first run: during a rollout, an instance of a release without the archive may still read these rows.
    let (e, has_waited) = (app_state.clone(), Arc::new(AtomicBool::new(false)));
    supervisor.start(ARCHIVE, pending, move || {
        let (app_state, has_waited) = (e.clone(), has_waited.swap(true, Ordering::Relaxed));
        async move {
            if has_waited {
                archive::run_once(&app_state).await?;
                while notifications::forget(&app_state).await? > 0 {}
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
