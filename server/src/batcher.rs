//! Batches requests that arrive at the same time.
//!
//! A request that finds a worker idle is run at once, on its own. While all workers are busy, requests wait
//! in a queue, and the next free worker takes as many of them as fit in a batch: the more requests wait, the
//! less each one costs. The queue is bounded; a request that finds it full is refused at once.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

/// Sizes of the batches and of the queue.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Batches that run at the same time.
    pub workers: usize,
    /// The most requests in one batch.
    pub batch_size_max: usize,
    /// The most requests that may wait in the queue.
    pub queue_size_max: usize,
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full, so the request was not run.
    #[error("the queue is full")]
    Full,
    /// The batch ended without an answer (it panicked): the request may or may not have taken effect.
    #[error("the batch ended without an answer")]
    Interrupted,
}

/// A queue of requests of one kind, and its workers. The workers end when it is dropped.
pub struct Batcher<Q, A> {
    queue: mpsc::Sender<Waiting<Q, A>>,
}

struct Waiting<Q, A> {
    request: Q,
    reply: oneshot::Sender<A>,
}

impl<Q: Send + 'static, A: Send + 'static> Batcher<Q, A> {
    /// `work` returns one answer for each request, in the order of the requests. Must be called inside a tokio runtime.
    pub fn new<W, F>(limits: Limits, work: W) -> Self
    where
        W: Fn(Vec<Q>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(limits.queue_size_max);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..limits.workers {
            tokio::spawn(serve(receiver.clone(), limits.batch_size_max, work.clone()));
        }
        Self { queue: sender }
    }

    /// Waits until a batch with this request has run, and returns its answer.
    ///
    /// # Errors
    /// [`SubmitError::Full`] at once when the queue is full; [`SubmitError::Interrupted`] when the batch panicked.
    pub async fn submit(&self, request: Q) -> Result<A, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Waiting { request, reply }).map_err(|_| SubmitError::Full)?;
        answer.await.map_err(|_| SubmitError::Interrupted)
    }
}

async fn serve<Q, A, W, F>(
    queue: Arc<Mutex<mpsc::Receiver<Waiting<Q, A>>>>,
    batch_size_max: usize,
    work: W,
) where
    Q: Send + 'static,
    A: Send + 'static,
    W: Fn(Vec<Q>) -> F,
    F: Future<Output = Vec<A>> + Send + 'static,
{
    loop {
        let mut waiting = Vec::new();
        if queue.lock().await.recv_many(&mut waiting, batch_size_max).await == 0 {
            return;
        }
        // Skip requests whose caller has stopped waiting.
        waiting.retain(|one| !one.reply.is_closed());
        if waiting.is_empty() {
            continue;
        }
        let (requests, replies): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|one| (one.request, one.reply)).unzip();
        // In a task of its own, so that a panic ends this batch and not the worker.
        let Ok(answers) = tokio::spawn(work(requests)).await else { continue };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // The caller may have stopped waiting. The request took effect all the same; a retry finds the
            // stored answer by its idempotency key.
            drop(reply.send(answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    const LIMITS: Limits = Limits { workers: 1, batch_size_max: 8, queue_size_max: 16 };

    /// Doubles numbers, runs one batch per permit, and counts the batches.
    fn doubling(allowed: &Arc<Semaphore>, pieces: &Arc<AtomicUsize>) -> Batcher<u32, u32> {
        let (allowed, pieces) = (allowed.clone(), pieces.clone());
        Batcher::new(LIMITS, move |numbers: Vec<u32>| {
            let (allowed, pieces) = (allowed.clone(), pieces.clone());
            async move {
                allowed.acquire().await.expect("open").forget();
                pieces.fetch_add(1, Ordering::Relaxed);
                assert!(!numbers.contains(&13), "this one breaks the work");
                numbers.iter().map(|number| number * 2).collect()
            }
        })
    }

    #[tokio::test]
    async fn one_request_is_served_at_once_and_many_in_batches() {
        let (allowed, pieces) = (Arc::new(Semaphore::new(1)), Arc::new(AtomicUsize::new(0)));
        let batcher = doubling(&allowed, &pieces);
        assert_eq!(batcher.submit(4).await, Ok(8));
        assert_eq!(pieces.load(Ordering::Relaxed), 1);
        let crowd = join_all((0..9).map(|number| batcher.submit(number)));
        let (answers, ()) = tokio::join!(crowd, async {
            tokio::task::yield_now().await;
            allowed.add_permits(20);
        });
        let doubled: Vec<_> = (0..9).map(|number| Ok(number * 2)).collect();
        assert_eq!(answers, doubled, "each its own answer");
        assert!(pieces.load(Ordering::Relaxed) <= 4, "nine questions in a few pieces of work");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_goes_on() {
        let (allowed, pieces) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let batcher = Arc::new(doubling(&allowed, &pieces));
        let crowd: Vec<_> = (0..60)
            .map(|_| {
                let batcher = batcher.clone();
                tokio::spawn(async move { batcher.submit(1).await })
            })
            .collect();
        // The work takes eight and sixteen wait, so the others are refused.
        while crowd.iter().filter(|one| one.is_finished()).count() < 60 - 8 - 16 {
            tokio::task::yield_now().await;
        }
        allowed.add_permits(100);
        let answers: Vec<_> =
            join_all(crowd).await.into_iter().map(|one| one.expect("ran")).collect();
        let refused = answers.iter().filter(|answer| **answer == Err(SubmitError::Full)).count();
        assert!((36..=52).contains(&refused), "{refused} of 60, with 16 waiting and 8 in work");
        assert_eq!(batcher.submit(2).await, Ok(4));
    }

    #[tokio::test]
    async fn a_panic_costs_one_batch() {
        let (allowed, pieces) = (Arc::new(Semaphore::new(9)), Arc::new(AtomicUsize::new(0)));
        let batcher = doubling(&allowed, &pieces);
        assert_eq!(batcher.submit(13).await, Err(SubmitError::Interrupted));
        assert_eq!(batcher.submit(2).await, Ok(4));
    }
}
