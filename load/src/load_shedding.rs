//! More than a server can carry: thousands of idle connections, half-sent requests, connections that
//! say nothing, and ten times the load. What matters is that it refuses early, recovers at once, and
//! that every answer it gives meanwhile is true.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Ask, Client};
use crate::journal::{Action, Asked, Journal};
use crate::report::{Report, Seen};

pub struct Plan {
    pub address: SocketAddr,
    pub idle: usize,
    pub slow: usize,
    /// Connections that ask without a pause.
    pub pushing: usize,
    pub lasts: Duration,
    pub tokens: Vec<String>,
    pub slots: Vec<i64>,
    /// Where granted holds are written down.
    pub journal: PathBuf,
}

#[derive(Debug, Serialize)]
pub struct Outcome {
    pub idle_opened: usize,
    /// Of these, those the server has not closed.
    pub idle_standing: usize,
    pub pushed: Report,
    /// Answers with status 503.
    pub refused: usize,
    /// How long the first plain request took after the crowd had gone.
    pub first_after_ms: f64,
}

/// How long the server may take to answer again once the crowd has gone.
const RECOVERY: Duration = Duration::from_secs(30);

/// # Errors
/// When the server answers nobody any more, or something that no booking should meet.
pub async fn run(plan: Plan) -> Result<Outcome> {
    let journal = Arc::new(Journal::create(&plan.journal)?);
    let plan = Arc::new(plan);
    let over = Arc::new(AtomicBool::new(false));
    let mut idle = Vec::with_capacity(plan.idle);
    for _ in 0..plan.idle {
        match TcpStream::connect(plan.address).await {
            Ok(stream) => idle.push(stream),
            Err(_) => break,
        }
    }
    let mut slow = tokio::task::JoinSet::new();
    for _ in 0..plan.slow {
        let (address, over) = (plan.address, over.clone());
        slow.spawn(async move { drip(address, &over).await });
    }
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let workers: Vec<_> = (0..plan.pushing)
        .map(|_| tokio::spawn(push(plan.clone(), journal.clone(), next.clone(), started)))
        .collect();
    let (mut seen, mut refused) = (Seen::default(), 0);
    for worker in workers {
        let (of_worker, refused_there) = worker.await??;
        seen.add(of_worker);
        refused += refused_there;
    }
    let pushed = seen.report(0, started.elapsed());
    let (idle_opened, idle_standing) = (idle.len(), standing(&idle));
    over.store(true, Ordering::Relaxed);
    let gone = Instant::now();
    let mut client = Client::new(plan.address);
    while !client.ask(&Ask::get("/api/v1/specialties")).await.is_ok_and(|a| a.status.is_success()) {
        ensure!(gone.elapsed() < RECOVERY, "no answer {} s after the crowd", RECOVERY.as_secs());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let first_after_ms = gone.elapsed().as_secs_f64() * 1e3;
    drop(idle);
    Ok(Outcome { idle_opened, idle_standing, pushed, refused, first_after_ms })
}

async fn push(
    plan: Arc<Plan>,
    journal: Arc<Journal>,
    next: Arc<AtomicUsize>,
    started: Instant,
) -> Result<(Seen, usize)> {
    let mut client = Client::new(plan.address);
    let (mut seen, mut refused) = (Seen::default(), 0);
    while started.elapsed() < plan.lasts {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let (token, slot) = (&plan.tokens[n % plan.tokens.len()], plan.slots[n % plan.slots.len()]);
        let key = format!("crowd-{n}");
        let body = format!("{{\"slot_id\":{slot}}}");
        match client.ask(&Ask::post("/api/v1/appointments", token, &key, body)).await {
            Ok(answer) => {
                let status = answer.status.as_u16();
                match status {
                    201 => {
                        let asked = Asked { key: &key, action: Action::Hold, slot };
                        journal.record(asked, plan.address, &answer).await?;
                    }
                    409 => {}
                    503 => refused += 1,
                    _ => bail!("answered {status}: {}", String::from_utf8_lossy(&answer.body)),
                }
                seen.answered(status, answer.took);
            }
            Err(_) => {
                seen.unanswered();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    Ok((seen, refused))
}

/// A byte of a request every now and then, never the whole.
async fn drip(address: SocketAddr, over: &AtomicBool) {
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let head = b"POST /api/v1/appointments HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    if stream.write_all(head).await.is_err() {
        return;
    }
    while !over.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if stream.write_all(b"x").await.is_err() {
            return;
        }
    }
    let mut rest = [0; 64];
    let _ = tokio::time::timeout(Duration::from_millis(10), stream.read(&mut rest)).await;
}

/// How many the server has not closed.
fn standing(idle: &[TcpStream]) -> usize {
    let mut byte = [0; 1];
    idle.iter()
        .filter(|stream| {
            matches!(stream.try_read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
        })
        .count()
}
