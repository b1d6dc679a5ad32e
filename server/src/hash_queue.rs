//! The queue of passwords that wait to be hashed.
//!
//! Hashing is slow and uses much memory on purpose. So it has a few threads of its own, and few may wait: when many
//! people sign in at once, some are told at once to try again, and everybody else notices nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// How many passwords are hashed at the same time, each on a thread of its own.
pub const THREADS: usize = 2;
/// How many more may wait. With two threads the last one waits for half a second, or two when the machine is busy.
pub const WAITING_MAX: usize = 48;
/// Whoever has waited for this long is told that we are busy.
const WAIT_MAX: Duration = Duration::from_millis(1_500);
/// The priority of the threads: pages go first.
const NICENESS: i32 = 5;

type Job = Box<dyn FnOnce() + Send>;

/// Too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// A queue. Its threads start with its first use, and end with it.
#[derive(Clone, Default)]
pub struct HashQueue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    sender: OnceLock<SyncSender<Job>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    running: AtomicUsize,
    most_at_once: AtomicUsize,
    begun: AtomicUsize,
}

impl HashQueue {
    /// Runs `work` on one of the threads.
    ///
    /// # Errors
    /// [`Busy`], when too many wait.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (reply, answer) = oneshot::channel();
        let queued = Instant::now();
        let counts = self.0.counts.clone();
        let job = Box::new(move || {
            // Whoever asked has gone, or has waited too long. Dropping the reply tells them that we are busy.
            if !reply.is_closed() && queued.elapsed() <= WAIT_MAX {
                let running = Running::begin(counts);
                let result = work();
                drop(running);
                let _ = reply.send(result);
            }
        });
        self.sender()?.try_send(job).map_err(|_| Busy)?;
        answer.await.map_err(|_| Busy)
    }

    fn sender(&self) -> Result<&SyncSender<Job>, Busy> {
        if let Some(sender) = self.0.sender.get() {
            return Ok(sender);
        }
        let sender = start_threads().map_err(|error| {
            tracing::error!(%error, "a thread for passwords does not start");
            Busy
        })?;
        // If another request was faster, these threads end with their sender.
        Ok(self.0.sender.get_or_init(|| sender))
    }

    /// The most jobs that ever ran at the same time.
    pub fn most_at_once(&self) -> usize {
        self.0.counts.most_at_once.load(Ordering::Relaxed)
    }

    /// How many jobs have begun to run.
    pub fn begun(&self) -> usize {
        self.0.counts.begun.load(Ordering::Relaxed)
    }
}

/// A job that is running, also when it panics.
struct Running(Arc<Counts>);

impl Running {
    fn begin(counts: Arc<Counts>) -> Self {
        let running = counts.running.fetch_add(1, Ordering::Relaxed) + 1;
        counts.most_at_once.fetch_max(running, Ordering::Relaxed);
        counts.begun.fetch_add(1, Ordering::Relaxed);
        Self(counts)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

fn start_threads() -> std::io::Result<SyncSender<Job>> {
    let (sender, receiver) = sync_channel::<Job>(WAITING_MAX);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..THREADS {
        let receiver = receiver.clone();
        thread::Builder::new().name("passwords".into()).spawn(move || work_on(&receiver))?;
    }
    Ok(sender)
}

/// Does what comes until the queue is gone.
fn work_on(receiver: &Mutex<Receiver<Job>>) {
    // On Linux this is the priority of this thread only.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::setpriority_process(None, NICENESS)
    {
        tracing::debug!(%error, "the priority of a thread for passwords stays as it is");
    }
    loop {
        let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic must not end the thread. Whoever waits is told, because the reply is dropped.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("hashing a password has panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn too_many_at_once_are_refused_at_once() {
        let queue = HashQueue::default();
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let start = |_: usize| {
            let (queue, gate) = (queue.clone(), gate.clone());
            tokio::spawn(async move {
                queue.run(move || gate.lock().expect("not poisoned").recv().is_ok()).await
            })
        };
        let all: Vec<_> = (0..200).map(start).collect();
        let refused_at_least = 200 - THREADS - WAITING_MAX;
        let are_refused = async {
            while all.iter().filter(|one| one.is_finished()).count() < refused_at_least {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), are_refused).await;
        assert!(waited.is_ok(), "refused while the first ones still run");
        drop(open);
        let mut busy = 0;
        for one in all {
            busy += usize::from(one.await.expect("ended") == Err(Busy));
        }
        assert!(busy >= refused_at_least && busy < 200, "{busy}");
        assert!(queue.most_at_once() <= THREADS, "{}", queue.most_at_once());
        assert!(queue.begun() <= THREADS + WAITING_MAX, "{}", queue.begun());
    }

    #[tokio::test]
    async fn a_panic_ends_only_its_own_job() {
        let queue = HashQueue::default();
        for _ in 0..THREADS + 1 {
            let result: Result<(), Busy> = queue.run(|| panic!("a fault in the library")).await;
            assert_eq!(result, Err(Busy));
        }
        assert_eq!(queue.run(|| 7).await, Ok(7));
    }
}
