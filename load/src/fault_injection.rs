//! Bookings while servers, database and cache are killed. Every answer is written down before the
//! next request, and what was not answered is sent again with the same key until it is. Some requests
//! are sent more often than needed, so that it shows whether a key has one effect and one answer:
//! again after an answer, to both servers at once, and again after we hung up without listening.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::{Answer, Ask, Client};
use crate::journal::{Action, Asked, Journal};

pub struct Plan {
    pub addresses: Vec<SocketAddr>,
    pub connections: usize,
    /// Between two bookings of a connection.
    pub pause: Duration,
    pub tokens: Vec<String>,
    pub slots: Vec<i64>,
    /// Where answers are written down.
    pub journal: PathBuf,
    /// Ends when this file exists.
    pub until: PathBuf,
}

#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub held: usize,
    pub confirmed: usize,
    pub cancelled: usize,
    pub taken: usize,
    /// How often a request was sent again because no answer came.
    pub asked_again: usize,
    /// How often one was sent again although it had been answered.
    pub repeated: usize,
    /// How often one was sent to two servers at once.
    pub raced: usize,
    /// How often we hung up on one and sent it again.
    pub hung_up: usize,
    /// Answers nobody should get, by what they were.
    pub wrong: Vec<String>,
}

struct Shared {
    plan: Plan,
    next: AtomicUsize,
    ended: AtomicBool,
    journal: Journal,
    outcome: Mutex<Outcome>,
}

/// How long one request is sent again before that is an outage.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one answer may take before the request is sent again.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Until it is answered.
    Plain,
    /// Once more after its answer, to the other server.
    Repeat,
    /// To both servers at once.
    Race,
    /// First without waiting for the answer, then to the other server.
    HangUp,
}

impl Manner {
    /// Half of all requests are plain.
    fn of(n: usize) -> Self {
        match n % 6 {
            1 => Self::Repeat,
            3 => Self::Race,
            5 => Self::HangUp,
            _ => Self::Plain,
        }
    }
}

/// # Errors
/// When an answer never came.
pub async fn run(plan: Plan) -> Result<Outcome> {
    let journal = Journal::create(&plan.journal)?;
    let connections = plan.connections;
    let shared = Arc::new(Shared {
        plan,
        next: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
        journal,
        outcome: Mutex::default(),
    });
    let workers: Vec<_> =
        (0..connections).map(|number| tokio::spawn(work(shared.clone(), number))).collect();
    while !shared.plan.until.exists() && !workers.iter().all(|worker| worker.is_finished()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shared.ended.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await??;
    }
    Ok(std::mem::take(&mut *shared.outcome.lock().await))
}

/// Two rivals per slot: the n-th and the next but one patient want the same.
async fn work(shared: Arc<Shared>, number: usize) -> Result<()> {
    let mut clients: Vec<Client> = shared.plan.addresses.iter().map(|a| Client::new(*a)).collect();
    let turn = number % clients.len();
    clients.rotate_left(turn);
    while !shared.ended.load(Ordering::Relaxed) {
        let n = shared.next.fetch_add(1, Ordering::Relaxed);
        let (Some(token), Some(slot)) =
            (shared.plan.tokens.get(n), shared.plan.slots.get(n / 4 * 2 + n % 2))
        else {
            return Ok(());
        };
        book(&shared, &mut clients, n, token, *slot).await?;
        tokio::time::sleep(shared.plan.pause).await;
    }
    Ok(())
}

/// One patient's booking: held, mostly confirmed, sometimes cancelled.
async fn book(
    shared: &Shared,
    clients: &mut [Client],
    n: usize,
    token: &str,
    slot: i64,
) -> Result<()> {
    let key = format!("fault-{n}");
    let body = format!("{{\"slot_id\":{slot}}}");
    let hold = Ask::post("/api/v1/appointments", token, &key, body);
    let asked = Asked { key: &key, action: Action::Hold, slot };
    let answer = send(shared, clients, &hold, asked, Manner::of(n)).await?;
    match answer.status.as_u16() {
        201 => {}
        409 => {
            shared.outcome.lock().await.taken += 1;
            return Ok(());
        }
        _ => return record_wrong(shared, "hold", &answer).await,
    }
    let held: Value = serde_json::from_slice(&answer.body)?;
    let id = held["id"].as_str().context("a hold without an id")?;
    shared.outcome.lock().await.held += 1;
    if !n.is_multiple_of(7) {
        change(shared, clients, n, token, asked, id).await?;
    }
    if n.is_multiple_of(4) {
        // Whatever has become of it: the same request has the same answer, and no second effect.
        shared.outcome.lock().await.repeated += 1;
        until_answered(shared, clients, 1, &hold, asked).await?;
    }
    Ok(())
}

/// Confirms a hold, and cancels one in five.
async fn change(
    shared: &Shared,
    clients: &mut [Client],
    n: usize,
    token: &str,
    held: Asked<'_>,
    id: &str,
) -> Result<()> {
    let (path, key) = (format!("/api/v1/appointments/{id}/confirm"), format!("fault-{n}-confirm"));
    let confirm = Ask::post(&path, token, &key, "{}".into());
    let asked = Asked { key: &key, action: Action::Confirm, ..held };
    let answer = send(shared, clients, &confirm, asked, Manner::of(n / 2)).await?;
    if answer.status.as_u16() != 200 {
        return record_wrong(shared, "confirm", &answer).await;
    }
    shared.outcome.lock().await.confirmed += 1;
    if !n.is_multiple_of(5) {
        return Ok(());
    }
    let confirmed: Value = serde_json::from_slice(&answer.body)?;
    let (path, key) = (format!("/api/v1/appointments/{id}/cancel"), format!("fault-{n}-cancel"));
    let cancel =
        Ask { seen: confirmed["version"].as_i64(), ..Ask::post(&path, token, &key, "{}".into()) };
    let asked = Asked { key: &key, action: Action::Cancel, ..held };
    let answer = send(shared, clients, &cancel, asked, Manner::of(n / 5)).await?;
    if answer.status.as_u16() != 200 {
        return record_wrong(shared, "cancel", &answer).await;
    }
    shared.outcome.lock().await.cancelled += 1;
    Ok(())
}

/// Sends a request in this manner; gives its first answer.
async fn send(
    shared: &Shared,
    clients: &mut [Client],
    ask: &Ask<'_>,
    asked: Asked<'_>,
    manner: Manner,
) -> Result<Answer> {
    match manner {
        Manner::Plain => until_answered(shared, clients, 0, ask, asked).await,
        Manner::Repeat => {
            let answer = until_answered(shared, clients, 0, ask, asked).await?;
            shared.outcome.lock().await.repeated += 1;
            until_answered(shared, clients, 1, ask, asked).await?;
            Ok(answer)
        }
        Manner::Race => {
            shared.outcome.lock().await.raced += 1;
            let (one, others) = clients.split_at_mut(1);
            if others.is_empty() {
                return until_answered(shared, one, 0, ask, asked).await;
            }
            let (answer, other) = tokio::join!(
                until_answered(shared, one, 0, ask, asked),
                until_answered(shared, others, 0, ask, asked)
            );
            other?;
            answer
        }
        Manner::HangUp => {
            shared.outcome.lock().await.hung_up += 1;
            if let Some(client) = clients.first_mut() {
                // Short enough to hang up before, while and after it is carried out.
                let listened = Duration::from_millis(asked.slot.unsigned_abs() % 8);
                let heard = tokio::time::timeout(listened, client.ask(ask)).await;
                client.hang_up();
                if let Ok(Ok(answer)) = heard
                    && is_settled(&answer)
                {
                    shared.journal.record(asked, client.address(), &answer).await?;
                }
            }
            until_answered(shared, clients, 1, ask, asked).await
        }
    }
}

/// Sends the same request with the same key, first to the client of this number and then to each in
/// turn, until there is an answer that is not a fault.
async fn until_answered(
    shared: &Shared,
    clients: &mut [Client],
    first: usize,
    ask: &Ask<'_>,
    asked: Asked<'_>,
) -> Result<Answer> {
    let started = Instant::now();
    let mut attempt = first;
    loop {
        let count = clients.len();
        let client = &mut clients[attempt % count];
        let heard = tokio::time::timeout(ANSWER_WITHIN, client.ask(ask)).await;
        match heard {
            Ok(Ok(answer)) if is_settled(&answer) => {
                shared.journal.record(asked, client.address(), &answer).await?;
                return Ok(answer);
            }
            Ok(_) => {}
            Err(_) => client.hang_up(),
        }
        attempt += 1;
        shared.outcome.lock().await.asked_again += 1;
        anyhow::ensure!(started.elapsed() < PATIENCE, "no answer in {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether the answer is the request's last word: neither a fault nor a plea to ask again.
fn is_settled(answer: &Answer) -> bool {
    !answer.status.is_server_error() && !is_still_running(answer)
}

fn is_still_running(answer: &Answer) -> bool {
    answer.status.as_u16() == 409
        && serde_json::from_slice::<Value>(&answer.body).is_ok_and(|problem| {
            let kind = problem["type"].as_str().unwrap_or_default();
            kind.ends_with("/still-running") || kind.ends_with("/crowded")
        })
}

async fn record_wrong(shared: &Shared, what: &str, answer: &Answer) -> Result<()> {
    let said: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
    shared.outcome.lock().await.wrong.push(format!("{what}: {} {said}", answer.status));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookings_are_sent_in_every_manner() {
        let of = |manner| (0..60).filter(|n| Manner::of(*n) == manner).count();
        assert_eq!(of(Manner::Plain), 30);
        assert_eq!((of(Manner::Repeat), of(Manner::Race), of(Manner::HangUp)), (10, 10, 10));
    }
}
