//! Runs the background jobs. A job that fails or panics is started again after a pause that doubles with
//! each failure; one that has not succeeded for too long is reported once, as an error. Not for work that
//! belongs to a request.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;

/// The pause after a first failure. It doubles with each further one.
const BACK_OFF_MIN: Duration = Duration::from_millis(250);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
/// How many characters of a failure's text are stored.
const FAILURE_CHARS_MAX: usize = 500;

/// The settings of a job.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub name: &'static str,
    /// The pause between two runs, unless the job is woken or a run returns another [`Next`].
    pub every: Duration,
    /// The job is overdue when it has not succeeded for this long.
    pub overdue_after: Duration,
}

/// When a job that succeeded runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once: there is more to do.
    Now,
    /// After [`Job::every`], or when something wakes it.
    Scheduled,
    /// Not before this pause is over, whatever happens.
    After(Duration),
}

/// The status of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    pub last_success: Option<DateTime<Utc>>,
    /// When it last failed, and with what. The text is for the log only.
    pub last_failure: Option<(DateTime<Utc>, String)>,
    pub failures_in_a_row: u32,
    pub failures: u64,
    /// How often it was started again after a failure.
    pub restarts: u64,
    pub overdue: bool,
}

/// The status of all jobs, by name.
#[derive(Debug, Default)]
pub struct JobStatuses(Mutex<BTreeMap<&'static str, JobStatus>>);

impl JobStatuses {
    pub fn all(&self) -> BTreeMap<&'static str, JobStatus> {
        self.lock().clone()
    }

    /// The same in the text format of Prometheus.
    pub fn metrics(&self) -> String {
        type Value = fn(&JobStatus) -> Option<i64>;
        let metrics: [(&str, &str, Value); 4] = [
            ("nadi_job_last_success_timestamp_seconds", "gauge", |job| {
                job.last_success.map(|at| at.timestamp())
            }),
            ("nadi_job_failures_total", "counter", |job| i64::try_from(job.failures).ok()),
            ("nadi_job_restarts_total", "counter", |job| i64::try_from(job.restarts).ok()),
            ("nadi_job_overdue", "gauge", |job| Some(job.overdue.into())),
        ];
        let jobs = self.all();
        let mut text = String::new();
        for (metric, kind, value) in metrics {
            let _ = writeln!(text, "# TYPE {metric} {kind}");
            for (name, status) in &jobs {
                if let Some(value) = value(status) {
                    let _ = writeln!(text, "{metric}{{job=\"{name}\"}} {value}");
                }
            }
        }
        text
    }

    fn change(&self, job: &'static str, change: impl FnOnce(&mut JobStatus)) {
        change(self.lock().entry(job).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, JobStatus>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs jobs until it is asked to stop.
#[derive(Clone)]
pub struct Supervisor {
    statuses: Arc<JobStatuses>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Supervisor {
    pub fn new(statuses: Arc<JobStatuses>, clock: Arc<dyn Clock>, stop: CancellationToken) -> Self {
        Self { statuses, clock, stop, tasks: TaskTracker::new() }
    }

    /// The tasks that [`Supervisor::finish`] waits for. A job may add tasks that outlive its run.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Starts a job. `woken` returns a future that ends when the job should run before its next turn.
    pub fn start<R, W>(
        &self,
        job: Job,
        woken: impl Fn() -> W + Send + Sync + 'static,
        run: impl Fn() -> R + Send + Sync + 'static,
    ) where
        R: Future<Output = anyhow::Result<Next>> + Send,
        W: Future<Output = ()> + Send,
    {
        self.statuses.change(job.name, |_| {});
        let (succeeded, success) = watch::channel(Instant::now());
        // In a task of its own, so that a run that blocks its thread is still reported as overdue.
        self.tasks.spawn(report_overdue(job, success, self.statuses.clone()));
        let this = self.clone();
        self.tasks.spawn(async move {
            while !this.stop.is_cancelled() {
                let outcome = this.run_once(job, &run).await;
                if outcome.is_ok() {
                    succeeded.send_replace(Instant::now());
                }
                let pause = async {
                    match outcome {
                        Ok(Next::Now) => tokio::task::yield_now().await,
                        Ok(Next::After(pause)) => sleep(pause).await,
                        Ok(Next::Scheduled) => tokio::select! {
                            () = woken() => {}
                            () = sleep(job.every) => {}
                        },
                        Err(Failed { back_off }) => {
                            sleep(back_off).await;
                            this.statuses.change(job.name, |status| status.restarts += 1);
                        }
                    }
                };
                tokio::select! {
                    () = this.stop.cancelled() => {}
                    () = pause => {}
                }
            }
        });
    }

    /// Runs the job once and records the outcome in its status.
    async fn run_once<R>(&self, job: Job, run: impl Fn() -> R) -> Result<Next, Failed>
    where
        R: Future<Output = anyhow::Result<Next>>,
    {
        let outcome = AssertUnwindSafe(async { run().await }).catch_unwind().await;
        let now = self.clock.now();
        let failure = match outcome {
            Ok(Ok(next)) => {
                self.statuses.change(job.name, |status| {
                    status.last_success = Some(now);
                    status.failures_in_a_row = 0;
                });
                return Ok(next);
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(panic) => format!("panic: {}", panic_message(panic.as_ref())),
        };
        let mut in_a_row = 0;
        self.statuses.change(job.name, |status| {
            status.failures += 1;
            status.failures_in_a_row = status.failures_in_a_row.saturating_add(1);
            in_a_row = status.failures_in_a_row;
            status.last_failure = Some((now, failure.chars().take(FAILURE_CHARS_MAX).collect()));
        });
        let back_off = back_off(in_a_row);
        tracing::warn!(
            job = job.name,
            failure,
            in_a_row,
            retry_in_seconds = back_off.as_secs_f32(),
            "a job failed"
        );
        Err(Failed { back_off })
    }

    /// Waits for runs in flight, at most `within`. Runs that have not ended by then are dropped with the runtime.
    pub async fn finish(&self, within: Duration) {
        self.tasks.close();
        if timeout(within, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                seconds = within.as_secs(),
                "a job did not finish in time; it will run again"
            );
        }
    }
}

/// A run failed; the next one starts after this pause.
struct Failed {
    back_off: Duration,
}

/// 250 ms, 500 ms, 1 s … at most 5 s.
fn back_off(failures_in_a_row: u32) -> Duration {
    let doublings = failures_in_a_row.saturating_sub(1).min(16);
    (BACK_OFF_MIN * 2_u32.pow(doublings)).min(BACK_OFF_MAX)
}

/// Logs once when a job becomes overdue, and once when it succeeds again. Ends with the job.
async fn report_overdue(
    job: Job,
    mut success: watch::Receiver<Instant>,
    statuses: Arc<JobStatuses>,
) {
    loop {
        let due = *success.borrow_and_update() + job.overdue_after;
        tokio::select! {
            changed = success.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            () = sleep_until(due) => {}
        }
        let mut failure = None;
        statuses.change(job.name, |status| {
            status.overdue = true;
            failure = status.last_failure.clone().filter(|_| status.failures_in_a_row > 0);
        });
        tracing::error!(
            job = job.name,
            seconds = job.overdue_after.as_secs(),
            failure = failure.map(|(_, text)| text),
            "a job is overdue: it hangs or keeps failing"
        );
        if success.changed().await.is_err() {
            return;
        }
        statuses.change(job.name, |status| status.overdue = false);
        tracing::info!(job = job.name, "a job that was overdue has succeeded");
    }
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::clock::SystemClock;

    const JOB: Job = Job {
        name: "job",
        every: Duration::from_secs(3_600),
        overdue_after: Duration::from_secs(60),
    };

    struct Setup {
        statuses: Arc<JobStatuses>,
        stop: CancellationToken,
        supervisor: Supervisor,
    }

    fn setup() -> Setup {
        let (statuses, stop) = (Arc::<JobStatuses>::default(), CancellationToken::new());
        let clock = Arc::new(SystemClock::default());
        let supervisor = Supervisor::new(statuses.clone(), clock, stop.clone());
        Setup { statuses, stop, supervisor }
    }

    impl Setup {
        fn job(&self) -> JobStatus {
            self.statuses.all()[JOB.name].clone()
        }
    }

    /// What is logged while the test runs.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn lines(&self, with: &str) -> usize {
            let log = String::from_utf8(self.0.lock().expect("not poisoned").clone());
            log.expect("text").lines().filter(|line| line.contains(with)).count()
        }

        fn begin(&self) -> tracing::subscriber::DefaultGuard {
            let log = self.clone();
            let subscriber = tracing_subscriber::fmt().with_writer(move || log.clone()).finish();
            tracing::subscriber::set_default(subscriber)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_panics_or_fails_starts_again_after_a_growing_pause() {
        let setup = setup();
        let runs = Arc::new(Mutex::new(Vec::new()));
        let counted = runs.clone();
        setup.supervisor.start(JOB, std::future::pending, move || {
            let runs = counted.clone();
            async move {
                let run = {
                    let mut runs = runs.lock().expect("not poisoned");
                    runs.push(Instant::now());
                    runs.len()
                };
                match run {
                    1 => panic!("run {run}"),
                    2..=4 => anyhow::bail!("run {run}"),
                    _ => Ok(Next::Scheduled),
                }
            }
        });
        sleep(Duration::from_millis(1)).await;
        let job = setup.job();
        assert_eq!((job.failures, job.failures_in_a_row, job.restarts), (1, 1, 0));
        assert_eq!(job.last_failure.expect("failed").1, "panic: run 1");
        assert_eq!(job.last_success, None);
        sleep(Duration::from_secs(5)).await;
        let job = setup.job();
        assert_eq!((job.failures, job.failures_in_a_row, job.restarts), (4, 0, 4));
        assert_eq!(job.last_failure.expect("failed").1, "run 4");
        assert!(job.last_success.is_some() && !job.overdue);
        let runs = runs.lock().expect("not poisoned").clone();
        let pauses: Vec<_> =
            runs.windows(2).map(|two| (two[1] - two[0]).as_millis() / 10 * 10).collect();
        assert_eq!(pauses, [250, 500, 1_000, 2_000]);
        let metrics = setup.statuses.metrics();
        assert!(metrics.contains("nadi_job_failures_total{job=\"job\"} 4\n"), "{metrics}");
        let last = "nadi_job_last_success_timestamp_seconds{job=\"job\"} 1";
        assert!(metrics.contains(last), "{metrics}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_hangs_is_reported_once_and_does_not_hold_up_the_others() {
        let log = Log::default();
        let _guard = log.begin();
        let setup = setup();
        let go_on = Arc::new(tokio::sync::Notify::new());
        let hung = go_on.clone();
        setup.supervisor.start(JOB, std::future::pending, move || {
            let hung = hung.clone();
            async move {
                hung.notified().await;
                Ok(Next::Scheduled)
            }
        });
        let beats = Arc::new(AtomicU32::new(0));
        let beaten = beats.clone();
        let other = Job { name: "other", every: Duration::from_secs(1), ..JOB };
        setup.supervisor.start(other, std::future::pending, move || {
            beaten.fetch_add(1, Ordering::Relaxed);
            async { Ok(Next::Scheduled) }
        });
        sleep(Duration::from_secs(59)).await;
        assert!(!setup.job().overdue);
        sleep(Duration::from_secs(600)).await;
        assert!(setup.job().overdue);
        assert_eq!(log.lines("ERROR"), 1, "one alert");
        assert!(beats.load(Ordering::Relaxed) > 600);
        assert!(!setup.statuses.all()["other"].overdue);
        assert!(setup.statuses.metrics().contains("nadi_job_overdue{job=\"job\"} 1\n"));
        go_on.notify_one();
        sleep(Duration::from_secs(1)).await;
        assert!(!setup.job().overdue, "it is well again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_keeps_failing_is_overdue() {
        let log = Log::default();
        let _guard = log.begin();
        let setup = setup();
        setup
            .supervisor
            .start(JOB, std::future::pending, || async { anyhow::bail!("the database is away") });
        sleep(Duration::from_secs(600)).await;
        assert!(setup.job().overdue);
        assert_eq!(log.lines("ERROR"), 1, "one alert");
        assert!(setup.job().failures > 20, "and it goes on trying");
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_sleeps_stops_at_once_and_a_run_in_flight_is_finished() {
        let sleeping = setup();
        sleeping.supervisor.start(JOB, std::future::pending, || async { Ok(Next::Scheduled) });
        let failing = sleeping.supervisor.clone();
        let other = Job { name: "failing", ..JOB };
        failing.start(other, std::future::pending, || async { anyhow::bail!("again") });
        sleep(Duration::from_secs(20)).await;
        let asked = Instant::now();
        sleeping.stop.cancel();
        sleeping.supervisor.finish(Duration::from_secs(25)).await;
        assert_eq!(asked.elapsed(), Duration::ZERO);

        for (run, ends_after) in [(5, 5), (3_600, 25)] {
            let running = setup();
            running.supervisor.start(JOB, std::future::pending, move || async move {
                sleep(Duration::from_secs(run)).await;
                Ok(Next::Scheduled)
            });
            tokio::task::yield_now().await;
            let asked = Instant::now();
            running.stop.cancel();
            running.supervisor.finish(Duration::from_secs(25)).await;
            assert_eq!(asked.elapsed().as_secs(), ends_after);
            assert_eq!(running.job().last_success.is_some(), ends_after == run);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_runs_when_it_is_woken_or_has_more_to_do() {
        let setup = setup();
        let (runs, wake) = (Arc::new(AtomicU32::new(0)), Arc::new(tokio::sync::Notify::new()));
        let (counted, rung) = (runs.clone(), wake.clone());
        let woken = move || {
            let rung = rung.clone();
            async move { rung.notified().await }
        };
        setup.supervisor.start(JOB, woken, move || {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            async move { Ok(if run < 2 { Next::Now } else { Next::Scheduled }) }
        });
        sleep(Duration::from_secs(1)).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
        wake.notify_one();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(runs.load(Ordering::Relaxed), 4);
        sleep(JOB.every).await;
        assert_eq!(runs.load(Ordering::Relaxed), 5);
    }
}
