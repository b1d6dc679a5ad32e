//! Bookings while servers, database and cache are killed: every answered change is written down before
//! the next is asked for, and what was not answered is asked again with the same key until it is.

use std::io::Write;
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

pub struct Plan {
    pub addresses: Vec<SocketAddr>,
    pub connections: usize,
    pub tokens: Vec<String>,
    pub slots: Vec<i64>,
    /// Where answered changes are written: `id,slot,state` per line.
    pub acknowledged: PathBuf,
    /// Ends when this file exists.
    pub until: PathBuf,
}

#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub held: usize,
    pub confirmed: usize,
    pub cancelled: usize,
    pub taken: usize,
    /// Requests that had to be asked again, and how often.
    pub asked_again: usize,
    /// Answers nobody should get, by what they were.
    pub wrong: Vec<String>,
}

struct Shared {
    plan: Plan,
    next: AtomicUsize,
    ended: AtomicBool,
    file: Mutex<std::fs::File>,
    outcome: Mutex<Outcome>,
}

/// How long one request is asked again before that is an outage.
const PATIENCE: Duration = Duration::from_secs(60);

/// # Errors
/// When an answer never came.
pub async fn run(plan: Plan) -> Result<Outcome> {
    let file = std::fs::File::create(&plan.acknowledged)?;
    let connections = plan.connections;
    let shared = Arc::new(Shared {
        plan,
        next: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
        file: Mutex::new(file),
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
    }
    Ok(())
}

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
    let answer = until_answered(shared, clients, &hold).await?;
    match answer.status.as_u16() {
        201 => {}
        409 => {
            shared.outcome.lock().await.taken += 1;
            return Ok(());
        }
        _ => return record_wrong(shared, "hold", &answer).await,
    }
    let held: Value = serde_json::from_slice(&answer.body)?;
    let id = held["id"].as_str().context("a hold without an id")?.to_owned();
    record(shared, &id, slot, "held").await?;
    shared.outcome.lock().await.held += 1;
    if n.is_multiple_of(7) {
        return Ok(());
    }
    let (path, key) = (format!("/api/v1/appointments/{id}/confirm"), format!("fault-{n}-confirm"));
    let confirm = Ask::post(&path, token, &key, "{}".into());
    let answer = until_answered(shared, clients, &confirm).await?;
    if answer.status.as_u16() != 200 {
        return record_wrong(shared, "confirm", &answer).await;
    }
    record(shared, &id, slot, "confirmed").await?;
    shared.outcome.lock().await.confirmed += 1;
    if !n.is_multiple_of(5) {
        return Ok(());
    }
    let confirmed: Value = serde_json::from_slice(&answer.body)?;
    let (path, key) = (format!("/api/v1/appointments/{id}/cancel"), format!("fault-{n}-cancel"));
    let cancel =
        Ask { seen: confirmed["version"].as_i64(), ..Ask::post(&path, token, &key, "{}".into()) };
    let answer = until_answered(shared, clients, &cancel).await?;
    if answer.status.as_u16() != 200 {
        return record_wrong(shared, "cancel", &answer).await;
    }
    shared.outcome.lock().await.cancelled += 1;
    record(shared, &id, slot, "cancelled").await
}

/// Asks until there is an answer that is not a fault: the same key, on whichever server is there.
async fn until_answered(shared: &Shared, clients: &mut [Client], ask: &Ask<'_>) -> Result<Answer> {
    let started = Instant::now();
    let mut attempt = 0_usize;
    loop {
        let count = clients.len();
        let client = &mut clients[attempt % count];
        let asked = tokio::time::timeout(Duration::from_secs(20), client.ask(ask)).await;
        if let Ok(Ok(answer)) = asked
            && !answer.status.is_server_error()
            && !is_still_running(&answer)
        {
            return Ok(answer);
        }
        attempt += 1;
        shared.outcome.lock().await.asked_again += 1;
        anyhow::ensure!(started.elapsed() < PATIENCE, "no answer in {} s", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn is_still_running(answer: &Answer) -> bool {
    answer.status.as_u16() == 409
        && serde_json::from_slice::<Value>(&answer.body).is_ok_and(|problem| {
            let kind = problem["type"].as_str().unwrap_or_default();
            kind.ends_with("/still-running") || kind.ends_with("/crowded")
        })
}

async fn record(shared: &Shared, id: &str, slot: i64, state: &str) -> Result<()> {
    let mut file = shared.file.lock().await;
    writeln!(file, "{id},{slot},{state}")?;
    Ok(())
}

async fn record_wrong(shared: &Shared, what: &str, answer: &Answer) -> Result<()> {
    let said: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
    shared.outcome.lock().await.wrong.push(format!("{what}: {} {said}", answer.status));
    Ok(())
}
