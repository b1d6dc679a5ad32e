//! Doing together what is asked for at the same time.
//!
//! Who asks while the workers are idle is served at once, alone. Who asks while they are busy waits
//! in line, and the next free worker takes everybody who stands there: the more people ask, the
//! less each of them costs. The line has an end; who finds it full is told so at once.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

/// How much is done together, and how much waits.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Pieces of work that run side by side.
    pub workers: usize,
    /// Questions in one piece of work, at most.
    pub at_once: usize,
    /// Questions that may wait.
    pub waiting: usize,
}

/// Why a question got no answer. It was not carried out, or nobody knows how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The line is full: nothing was done.
    #[error("too many wait")]
    Full,
    /// The work was cut short.
    #[error("the work was cut short")]
    Lost,
}

/// A line of questions of one kind, and the workers at its head. They end when it is dropped.
pub struct Together<Q, A> {
    line: mpsc::Sender<Waiting<Q, A>>,
}

struct Waiting<Q, A> {
    question: Q,
    reply: oneshot::Sender<A>,
}

impl<Q: Send + 'static, A: Send + 'static> Together<Q, A> {
    /// `work` answers questions in their order, one answer each. Must be called where tokio runs.
    pub fn new<W, F>(line: Line, work: W) -> Self
    where
        W: Fn(Vec<Q>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(line.waiting);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..line.workers {
            tokio::spawn(serve(receiver.clone(), line.at_once, work.clone()));
        }
        Self { line: sender }
    }

    /// # Errors
    /// When the line is full, or the work was cut short.
    pub async fn ask(&self, question: Q) -> Result<A, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        self.line.try_send(Waiting { question, reply }).map_err(|_| NoAnswer::Full)?;
        answer.await.map_err(|_| NoAnswer::Lost)
    }
}

async fn serve<Q, A, W, F>(line: Arc<Mutex<mpsc::Receiver<Waiting<Q, A>>>>, at_once: usize, work: W)
where
    Q: Send + 'static,
    A: Send + 'static,
    W: Fn(Vec<Q>) -> F,
    F: Future<Output = Vec<A>> + Send + 'static,
{
    loop {
        let mut waiting = Vec::new();
        if line.lock().await.recv_many(&mut waiting, at_once).await == 0 {
            return;
        }
        // Who has gone away meanwhile is not worked for.
        waiting.retain(|one| !one.reply.is_closed());
        if waiting.is_empty() {
            continue;
        }
        let (questions, replies): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|one| (one.question, one.reply)).unzip();
        // In a task of its own: a panic in it costs this piece of work, not the worker.
        let Ok(answers) = tokio::spawn(work(questions)).await else { continue };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Nobody listens any more: the effect stands, and a retry finds it by its key.
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

    const LINE: Line = Line { workers: 1, at_once: 8, waiting: 16 };

    /// Doubles numbers, so many at a time as it is allowed to, and counts its pieces of work.
    fn doubling(allowed: &Arc<Semaphore>, pieces: &Arc<AtomicUsize>) -> Together<u32, u32> {
        let (allowed, pieces) = (allowed.clone(), pieces.clone());
        Together::new(LINE, move |numbers: Vec<u32>| {
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
    async fn one_is_served_at_once_and_a_crowd_together() {
        let (allowed, pieces) = (Arc::new(Semaphore::new(1)), Arc::new(AtomicUsize::new(0)));
        let line = doubling(&allowed, &pieces);
        assert_eq!(line.ask(4).await, Ok(8));
        assert_eq!(pieces.load(Ordering::Relaxed), 1);
        let crowd = join_all((0..9).map(|number| line.ask(number)));
        let (answers, ()) = tokio::join!(crowd, async {
            tokio::task::yield_now().await;
            allowed.add_permits(20);
        });
        let doubled: Vec<_> = (0..9).map(|number| Ok(number * 2)).collect();
        assert_eq!(answers, doubled, "each its own answer");
        assert!(pieces.load(Ordering::Relaxed) <= 4, "nine questions in a few pieces of work");
    }

    #[tokio::test]
    async fn a_full_line_says_so_and_goes_on() {
        let (allowed, pieces) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let line = Arc::new(doubling(&allowed, &pieces));
        let crowd: Vec<_> = (0..60)
            .map(|_| {
                let line = line.clone();
                tokio::spawn(async move { line.ask(1).await })
            })
            .collect();
        // The work takes eight and sixteen wait, so the others are refused.
        while crowd.iter().filter(|one| one.is_finished()).count() < 60 - 8 - 16 {
            tokio::task::yield_now().await;
        }
        allowed.add_permits(100);
        let answers: Vec<_> =
            join_all(crowd).await.into_iter().map(|one| one.expect("ran")).collect();
        let refused = answers.iter().filter(|answer| **answer == Err(NoAnswer::Full)).count();
        assert!((36..=52).contains(&refused), "{refused} of 60, with 16 waiting and 8 in work");
        assert_eq!(line.ask(2).await, Ok(4));
    }

    #[tokio::test]
    async fn a_panic_costs_one_piece_of_work() {
        let (allowed, pieces) = (Arc::new(Semaphore::new(9)), Arc::new(AtomicUsize::new(0)));
        let line = doubling(&allowed, &pieces);
        assert_eq!(line.ask(13).await, Err(NoAnswer::Lost));
        assert_eq!(line.ask(2).await, Ok(4));
    }
}
