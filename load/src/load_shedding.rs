//! Overloads a server: thousands of idle connections, connections that send their request byte by byte
//! (slowloris), and ten times the requests that it can serve. The server has to refuse the excess early, recover
//! at once, and keep every hold that it grants meanwhile.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use crate::client::{ApiRequest, ApiResponse, Client};
use crate::journal::{Action, Journal, RequestInfo};
use crate::report::{Measurements, Report};

pub struct Plan {
    pub address: SocketAddr,
    /// Connections that never send a request.
    pub idle: usize,
    /// Connections that send a request byte by byte.
    pub slow: usize,
    /// Connections that send requests without a pause.
    pub flooding: usize,
    pub duration: Duration,
    pub tokens: Vec<String>,
    pub slots: Vec<i64>,
    /// The file to which granted holds are written.
    pub journal: PathBuf,
}

#[derive(Debug, Serialize)]
pub struct Outcome {
    pub idle_opened: usize,
    /// Idle connections that the server has not closed by the end of the flood.
    pub idle_still_open: usize,
    pub flood: Report,
    /// Responses that say that the server has too many requests.
    pub refused: usize,
    /// How long it took after the end of the flood until a single request was answered with success.
    pub first_response_after_ms: f64,
}

/// The type of the problem in a response that refuses a request because there are too many.
const BUSY: &[u8] = b"/problems/busy\"";
/// How long the server may take to answer again after the flood.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// # Errors
/// When the server does not recover in time, or answers a hold with an unexpected status.
pub async fn run(plan: Plan) -> Result<Outcome> {
    let journal = Arc::new(Journal::create(&plan.journal)?);
    let plan = Arc::new(plan);
    let stop = Arc::new(AtomicBool::new(false));
    let mut idle = Vec::with_capacity(plan.idle);
    for _ in 0..plan.idle {
        match TcpStream::connect(plan.address).await {
            Ok(stream) => idle.push(stream),
            Err(_) => break,
        }
    }
    let mut slow = tokio::task::JoinSet::new();
    for _ in 0..plan.slow {
        let (address, stop) = (plan.address, stop.clone());
        slow.spawn(async move { send_slowly(address, &stop).await });
    }
    let next = Arc::new(AtomicUsize::new(0));
    // All begin at once. On a machine where sending takes longer than serving, the server would otherwise never
    // have too many requests.
    let connected = Arc::new(Barrier::new(plan.flooding + 1));
    let workers: Vec<_> = (0..plan.flooding)
        .map(|_| {
            let (plan, journal) = (plan.clone(), journal.clone());
            tokio::spawn(flood_worker(plan, journal, next.clone(), connected.clone()))
        })
        .collect();
    connected.wait().await;
    let started = Instant::now();
    let (mut measurements, mut refused) = (Measurements::default(), 0);
    for worker in workers {
        let (by_worker, refused_by_worker) = worker.await??;
        measurements.merge(by_worker);
        refused += refused_by_worker;
    }
    let flood = measurements.report(0, started.elapsed());
    let (idle_opened, idle_still_open) = (idle.len(), count_open(&idle));
    stop.store(true, Ordering::Relaxed);
    let flood_ended = Instant::now();
    let mut client = Client::new(plan.address);
    while !client
        .send(&ApiRequest::get("/api/v1/specialties"))
        .await
        .is_ok_and(|a| a.status.is_success())
    {
        ensure!(
            flood_ended.elapsed() < RECOVERY_TIMEOUT,
            "no response {} s after the overload",
            RECOVERY_TIMEOUT.as_secs()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let first_response_after_ms = flood_ended.elapsed().as_secs_f64() * 1e3;
    drop(idle);
    Ok(Outcome { idle_opened, idle_still_open, flood, refused, first_response_after_ms })
}

async fn flood_worker(
    plan: Arc<Plan>,
    journal: Arc<Journal>,
    next: Arc<AtomicUsize>,
    connected: Arc<Barrier>,
) -> Result<(Measurements, usize)> {
    let mut client = Client::new(plan.address);
    // Opens the connection. If that fails, the first request of the flood tries again.
    let _ = client.send(&ApiRequest::get("/healthz")).await;
    connected.wait().await;
    let started = Instant::now();
    let (mut measurements, mut refused) = (Measurements::default(), 0);
    while started.elapsed() < plan.duration {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let (token, slot) = (&plan.tokens[n % plan.tokens.len()], plan.slots[n % plan.slots.len()]);
        let key = format!("overload-{n}");
        let body = format!("{{\"slot_id\":{slot}}}");
        match client.send(&ApiRequest::post("/api/v1/appointments", token, &key, body)).await {
            Ok(response) => {
                let status = response.status.as_u16();
                match status {
                    201 => {
                        let info = RequestInfo { key: &key, action: Action::Hold, slot };
                        journal.record(info, plan.address, &response).await?;
                    }
                    409 => {}
                    503 if says_busy(&response) => refused += 1,
                    // Given up by the time limit or the database: it may have been granted.
                    503 => {
                        measurements.record_unanswered();
                        continue;
                    }
                    _ => bail!("answered {status}: {}", String::from_utf8_lossy(&response.body)),
                }
                measurements.record(status, response.elapsed);
            }
            Err(_) => {
                measurements.record_unanswered();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    Ok((measurements, refused))
}

/// Was the request refused before anything was done?
fn says_busy(response: &ApiResponse) -> bool {
    response.body.windows(BUSY.len()).any(|part| part == BUSY)
}

/// Sends one byte of a request header every 500 ms and never completes it.
async fn send_slowly(address: SocketAddr, stop: &AtomicBool) {
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let head = b"POST /api/v1/appointments HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    if stream.write_all(head).await.is_err() {
        return;
    }
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if stream.write_all(b"x").await.is_err() {
            return;
        }
    }
    let mut rest = [0; 64];
    let _ = tokio::time::timeout(Duration::from_millis(10), stream.read(&mut rest)).await;
}

/// How many of the connections the server has not closed.
fn count_open(idle: &[TcpStream]) -> usize {
    let mut byte = [0; 1];
    idle.iter()
        .filter(|stream| {
            matches!(stream.try_read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
        })
        .count()
}
