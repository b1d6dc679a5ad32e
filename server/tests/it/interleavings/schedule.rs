//! Carries out several use cases at once, one step of one of them at a time, in a given order.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};

use super::proxy::{Gate, Heard};

/// A use case that begins when it is first chosen, so that its `now` is the clock's of that moment.
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

/// Which of those who can go on does.
#[derive(Clone, Debug)]
pub enum Order {
    /// So many steps of one, so many of another…; then each to its end, in their order.
    Segments(Vec<(usize, usize)>),
    /// As this seed says.
    Seeded(u64),
}

/// What happened.
#[derive(Debug, Default)]
pub struct Trace {
    pub steps: Vec<String>,
    /// How many steps each took, by their order.
    pub taken: Vec<usize>,
    /// What each was answered.
    pub answers: Vec<String>,
}

enum State {
    Waiting(Actor),
    /// It computes, or waits in PostgreSQL, for the statement of these backends.
    Running,
    Parked(VecDeque<(String, oneshot::Sender<()>)>),
    Done,
}

/// Nothing here takes long: whoever is silent for so long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(20);

pub struct Scheduler {
    gate: Gate,
    hears: mpsc::UnboundedReceiver<Heard>,
    /// Sees who waits for a lock.
    monitor: PgConnection,
}

impl Scheduler {
    pub fn new(gate: Gate, hears: mpsc::UnboundedReceiver<Heard>, monitor: PgConnection) -> Self {
        Self { gate, hears, monitor }
    }

    pub async fn run(&mut self, actors: Vec<Actor>, order: &Order) -> Trace {
        let names: Vec<&'static str> = actors.iter().map(|actor| actor.name).collect();
        let count = actors.len();
        let mut trace =
            Trace { taken: vec![0; count], answers: vec![String::new(); count], steps: Vec::new() };
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
                // Everybody waits for somebody: PostgreSQL ends that, in a second.
                continue;
            }
            let chosen = next.choose(&ready);
            trace.taken[chosen] += 1;
            match std::mem::replace(&mut states[chosen], State::Running) {
                State::Waiting(actor) => {
                    trace.steps.push(format!("{}: begins", names[chosen]));
                    let heard = self.gate.heard.clone();
                    tokio::spawn(async move {
                        let answer = (actor.run)().await;
                        let _ = heard.send(Heard::Done { actor: chosen, answer });
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
        // What an actor has left behind, such as a connection on its way back, goes on by itself.
        while let Ok(heard) = self.hears.try_recv() {
            drop(heard);
        }
        for (name, answer) in names.iter().zip(&trace.answers) {
            trace.steps.push(format!("{name} was answered: {answer}"));
        }
        trace
    }

    /// Waits until each actor is parked, through, or waits for another's lock.
    async fn settle(&mut self, states: &mut [State], backends: &mut [Vec<i32>], trace: &mut Trace) {
        let started = Instant::now();
        let mut seen_waiting = 0;
        loop {
            let quiet = Duration::from_micros(300);
            match tokio::time::timeout(quiet, self.hears.recv()).await {
                Ok(Some(Heard::Parked { actor, backend, step, go })) => {
                    if !backends[actor].contains(&backend) {
                        backends[actor].push(backend);
                    }
                    match &mut states[actor] {
                        State::Parked(steps) => steps.push_back((step, go)),
                        // Something it left behind.
                        State::Done => drop(go),
                        state => *state = State::Parked(VecDeque::from([(step, go)])),
                    }
                    seen_waiting = 0;
                    continue;
                }
                Ok(Some(Heard::Done { actor, answer })) => {
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
            // Twice, so that whoever has just been let go is not taken for waiting.
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

/// An order as it is carried out.
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
                    // It is through, or waits for a lock: its turn is over.
                    segments.pop_front();
                }
                ready[0]
            }
            Self::Seeded(random) => ready[random.random_range(0..ready.len())],
        }
    }
}
