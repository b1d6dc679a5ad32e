//! Runs several use cases at once, one step of one of them at a time, in a given order.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};

use super::proxy::{Gate, Signal};

/// A use case. It begins when it is first chosen, so that its `now` is the clock's time at that moment.
pub struct Actor {
    pub name: &'static str,
    pub run: Box<dyn FnOnce() -> BoxFuture<'static, String> + Send>,
}

impl Actor {
    pub fn new<F>(name: &'static str, run: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = String> + Send + 'static,
    {
        Self { name, run: Box::new(move || Box::pin(run())) }
    }
}

/// Which of the actors that can continue does so.
#[derive(Clone, Debug)]
pub enum Order {
    /// Pairs of an actor and a number of steps. Afterwards each actor runs to its end, in their order.
    Segments(Vec<(usize, usize)>),
    /// Chosen at random from this seed.
    Seeded(u64),
}

/// What happened in one run.
#[derive(Debug, Default)]
pub struct Trace {
    pub steps: Vec<String>,
    /// How many steps each actor took.
    pub steps_taken: Vec<usize>,
    /// The answer of each actor.
    pub answers: Vec<String>,
}

enum State {
    Waiting(Actor),
    /// It computes, or PostgreSQL executes one of its statements, which may wait for a lock.
    Running,
    Parked(VecDeque<(String, oneshot::Sender<()>)>),
    Done,
}

/// No step takes long: without any progress for this long, the run is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(20);

pub struct Scheduler {
    gate: Gate,
    receiver: mpsc::UnboundedReceiver<Signal>,
    /// The connection that reads who waits for a lock.
    monitor: PgConnection,
}

impl Scheduler {
    pub fn new(
        gate: Gate,
        receiver: mpsc::UnboundedReceiver<Signal>,
        monitor: PgConnection,
    ) -> Self {
        Self { gate, receiver, monitor }
    }

    pub async fn run(&mut self, actors: Vec<Actor>, order: &Order) -> Trace {
        let names: Vec<&'static str> = actors.iter().map(|actor| actor.name).collect();
        let count = actors.len();
        let mut trace = Trace {
            steps_taken: vec![0; count],
            answers: vec![String::new(); count],
            steps: Vec::new(),
        };
        let mut states: Vec<State> = actors.into_iter().map(State::Waiting).collect();
        let mut backends: Vec<Vec<i32>> = vec![Vec::new(); count];
        let mut next = Next::new(order);
        self.gate.set_open(false);
        loop {
            self.settle(&mut states, &mut backends, &mut trace).await;
            let ready: Vec<usize> = (0..count)
                .filter(|n| matches!(states[*n], State::Waiting(_) | State::Parked(_)))
                .collect();
            if ready.is_empty() {
                if states.iter().all(|state| matches!(state, State::Done)) {
                    break;
                }
                // All wait for each other: PostgreSQL detects the deadlock within a second.
                continue;
            }
            let chosen = next.choose(&ready);
            trace.steps_taken[chosen] += 1;
            match std::mem::replace(&mut states[chosen], State::Running) {
                State::Waiting(actor) => {
                    trace.steps.push(format!("{}: begins", names[chosen]));
                    let signals = self.gate.signals.clone();
                    tokio::spawn(async move {
                        let answer = (actor.run)().await;
                        let _ = signals.send(Signal::Done { actor: chosen, answer });
                    });
                }
                State::Parked(mut steps) => {
                    if let Some((step, go)) = steps.pop_front() {
                        trace.steps.push(format!("{}: {step}", names[chosen]));
                        let _ = go.send(());
                    }
                    if !steps.is_empty() {
                        states[chosen] = State::Parked(steps);
                    }
                }
                State::Running | State::Done => {}
            }
        }
        self.gate.set_open(true);
        // Whatever the actors left running, such as a connection going back to its pool, continues by itself.
        while let Ok(signals) = self.receiver.try_recv() {
            drop(signals);
        }
        for (name, answer) in names.iter().zip(&trace.answers) {
            trace.steps.push(format!("{name} was answered: {answer}"));
        }
        trace
    }

    /// Waits until each actor is parked, has finished, or waits for another's lock.
    async fn settle(&mut self, states: &mut [State], backends: &mut [Vec<i32>], trace: &mut Trace) {
        let started = Instant::now();
        let mut seen_waiting = 0;
        loop {
            let quiet = Duration::from_micros(300);
            match tokio::time::timeout(quiet, self.receiver.recv()).await {
                Ok(Some(Signal::Parked { actor, backend, step, go })) => {
                    if !backends[actor].contains(&backend) {
                        backends[actor].push(backend);
                    }
                    match &mut states[actor] {
                        State::Parked(steps) => steps.push_back((step, go)),
                        // Something that the finished actor left running.
                        State::Done => drop(go),
                        state => *state = State::Parked(VecDeque::from([(step, go)])),
                    }
                    seen_waiting = 0;
                    continue;
                }
                Ok(Some(Signal::Done { actor, answer })) => {
                    trace.answers[actor] = answer;
                    states[actor] = State::Done;
                    seen_waiting = 0;
                    continue;
                }
                Ok(None) => return,
                Err(_) => {}
            }
            let running: Vec<usize> =
                (0..states.len()).filter(|n| matches!(states[*n], State::Running)).collect();
            if running.is_empty() {
                return;
            }
            let waiting: Vec<i32> =
                sqlx::query_scalar("select distinct pid from pg_locks where not granted")
                    .fetch_all(&mut self.monitor)
                    .await
                    .expect("the locks");
            let all_wait =
                running.iter().all(|n| backends[*n].iter().any(|pid| waiting.contains(pid)));
            // Checked twice, so that an actor that was just released does not count as waiting.
            seen_waiting = if all_wait { seen_waiting + 1 } else { 0 };
            let anybody_else =
                states.iter().any(|state| matches!(state, State::Waiting(_) | State::Parked(_)));
            if seen_waiting >= 2 && anybody_else {
                return;
            }
            assert!(
                started.elapsed() < STUCK_AFTER,
                "nothing goes on any more: {:#?}",
                trace.steps
            );
        }
    }
}

/// The rest of an order while it is executed.
enum Next {
    Segments(VecDeque<(usize, usize)>),
    Seeded(Box<StdRng>),
}

impl Next {
    fn new(order: &Order) -> Self {
        match order {
            Order::Segments(segments) => Self::Segments(segments.iter().copied().collect()),
            Order::Seeded(seed) => Self::Seeded(Box::new(StdRng::seed_from_u64(*seed))),
        }
    }

    fn choose(&mut self, ready: &[usize]) -> usize {
        match self {
            Self::Segments(segments) => {
                while let Some((actor, left)) = segments.front_mut() {
                    if *left > 0 && ready.contains(actor) {
                        *left -= 1;
                        return *actor;
                    }
                    // The actor has finished, or waits for a lock: its turn is over.
                    segments.pop_front();
                }
                ready[0]
            }
            Self::Seeded(random) => ready[random.random_range(0..ready.len())],
        }
    }
}
