//! Books while servers, database and cache are killed. Every response is written to the journal before the
//! next request is sent. A request without a final response is sent again with the same idempotency key.
//!
//! To test idempotency, half of the requests are sent more than once on purpose: again after the response, to
//! two servers at the same time, or again after the client disconnected without waiting for the response.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::{ApiRequest, ApiResponse, Client};
use crate::journal::{Action, Journal, RequestInfo};

pub struct Plan {
    pub addresses: Vec<SocketAddr>,
    pub connections: usize,
    /// The pause between two bookings of a connection.
    pub pause: Duration,
    pub tokens: Vec<String>,
    pub slots: Vec<i64>,
    /// The file to which responses are written.
    pub journal: PathBuf,
    /// Bookings end when this file exists.
    pub until: PathBuf,
}

#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub held: usize,
    pub confirmed: usize,
    pub cancelled: usize,
    pub taken: usize,
    /// How often a request was sent again because there was no final response.
    pub retried: usize,
    /// How many requests were sent again after their response, on purpose.
    pub repeated: usize,
    /// How many requests were sent to two servers at the same time.
    pub sent_concurrently: usize,
    /// How many requests were sent again after the client disconnected early.
    pub disconnected: usize,
    /// Responses that no request should get.
    pub unexpected: Vec<String>,
}

struct Shared {
    plan: Plan,
    next: AtomicUsize,
    ended: AtomicBool,
    journal: Journal,
    outcome: Mutex<Outcome>,
}

/// How long a request is retried before the run fails.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a response may take before the request is sent again.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a request is sent, and to which servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    /// Until there is a final response.
    Plain,
    /// Once more after the response, to the other server.
    Repeat,
    /// To both servers at the same time.
    Concurrent,
    /// First without waiting for the response, then to the other server.
    Disconnect,
}

impl Delivery {
    /// The delivery of the n-th request: half of all requests are plain.
    fn of(n: usize) -> Self {
        match n % 6 {
            1 => Self::Repeat,
            3 => Self::Concurrent,
            5 => Self::Disconnect,
            _ => Self::Plain,
        }
    }
}

/// Books until the file `plan.until` exists or the patients are used up.
///
/// # Errors
/// When a request gets no final response in time.
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
        (0..connections).map(|number| tokio::spawn(run_worker(shared.clone(), number))).collect();
    while !shared.plan.until.exists() && !workers.iter().all(|worker| worker.is_finished()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shared.ended.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await??;
    }
    Ok(std::mem::take(&mut *shared.outcome.lock().await))
}

/// Books for one patient after another. Two patients compete for each slot: the n-th and the one after the next.
async fn run_worker(shared: Arc<Shared>, number: usize) -> Result<()> {
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

/// One patient's booking: holds the slot, confirms most holds and cancels some.
async fn book(
    shared: &Shared,
    clients: &mut [Client],
    n: usize,
    token: &str,
    slot: i64,
) -> Result<()> {
    let key = format!("fault-{n}");
    let body = format!("{{\"slot_id\":{slot}}}");
    let hold = ApiRequest::post("/api/v1/appointments", token, &key, body);
    let info = RequestInfo { key: &key, action: Action::Hold, slot };
    let response = send(shared, clients, &hold, info, Delivery::of(n)).await?;
    match response.status.as_u16() {
        201 => {}
        409 => {
            shared.outcome.lock().await.taken += 1;
            return Ok(());
        }
        _ => return record_unexpected(shared, "hold", &response).await,
    }
    let held: Value = serde_json::from_slice(&response.body)?;
    let id = held["id"].as_str().context("a hold without an id")?;
    shared.outcome.lock().await.held += 1;
    if !n.is_multiple_of(7) {
        change(shared, clients, n, token, info, id).await?;
    }
    if n.is_multiple_of(4) {
        // Whatever was done to the appointment since, the same request gets the same response and has no
        // second effect.
        shared.outcome.lock().await.repeated += 1;
        send_until_final(shared, clients, 1, &hold, info).await?;
    }
    Ok(())
}

/// Confirms a hold, and cancels one in five confirmed appointments.
async fn change(
    shared: &Shared,
    clients: &mut [Client],
    n: usize,
    token: &str,
    held: RequestInfo<'_>,
    id: &str,
) -> Result<()> {
    let (path, key) = (format!("/api/v1/appointments/{id}/confirm"), format!("fault-{n}-confirm"));
    let confirm = ApiRequest::post(&path, token, &key, "{}".into());
    let info = RequestInfo { key: &key, action: Action::Confirm, ..held };
    let response = send(shared, clients, &confirm, info, Delivery::of(n / 2)).await?;
    if response.status.as_u16() != 200 {
        return record_unexpected(shared, "confirm", &response).await;
    }
    shared.outcome.lock().await.confirmed += 1;
    if !n.is_multiple_of(5) {
        return Ok(());
    }
    let confirmed: Value = serde_json::from_slice(&response.body)?;
    let (path, key) = (format!("/api/v1/appointments/{id}/cancel"), format!("fault-{n}-cancel"));
    let cancel = ApiRequest {
        if_match: confirmed["version"].as_i64(),
        ..ApiRequest::post(&path, token, &key, "{}".into())
    };
    let info = RequestInfo { key: &key, action: Action::Cancel, ..held };
    let response = send(shared, clients, &cancel, info, Delivery::of(n / 5)).await?;
    if response.status.as_u16() != 200 {
        return record_unexpected(shared, "cancel", &response).await;
    }
    shared.outcome.lock().await.cancelled += 1;
    Ok(())
}

/// Sends a request with this kind of delivery and returns its first response.
async fn send(
    shared: &Shared,
    clients: &mut [Client],
    request: &ApiRequest<'_>,
    info: RequestInfo<'_>,
    delivery: Delivery,
) -> Result<ApiResponse> {
    match delivery {
        Delivery::Plain => send_until_final(shared, clients, 0, request, info).await,
        Delivery::Repeat => {
            let response = send_until_final(shared, clients, 0, request, info).await?;
            shared.outcome.lock().await.repeated += 1;
            send_until_final(shared, clients, 1, request, info).await?;
            Ok(response)
        }
        Delivery::Concurrent => {
            shared.outcome.lock().await.sent_concurrently += 1;
            let (one, others) = clients.split_at_mut(1);
            if others.is_empty() {
                return send_until_final(shared, one, 0, request, info).await;
            }
            let (response, other) = tokio::join!(
                send_until_final(shared, one, 0, request, info),
                send_until_final(shared, others, 0, request, info)
            );
            other?;
            response
        }
        Delivery::Disconnect => {
            shared.outcome.lock().await.disconnected += 1;
            if let Some(client) = clients.first_mut() {
                // 0 to 7 ms, to disconnect before, during and after the server's work on the request.
                let waited = Duration::from_millis(info.slot.unsigned_abs() % 8);
                let result = tokio::time::timeout(waited, client.send(request)).await;
                client.disconnect();
                if let Ok(Ok(response)) = result
                    && is_final(&response)
                {
                    shared.journal.record(info, client.address(), &response).await?;
                }
            }
            send_until_final(shared, clients, 1, request, info).await
        }
    }
}

/// Sends the same request with the same idempotency key until there is a final response: first with the client
/// at index `first`, then with each client in turn.
async fn send_until_final(
    shared: &Shared,
    clients: &mut [Client],
    first: usize,
    request: &ApiRequest<'_>,
    info: RequestInfo<'_>,
) -> Result<ApiResponse> {
    let started = Instant::now();
    let mut attempt = first;
    loop {
        let count = clients.len();
        let client = &mut clients[attempt % count];
        let result = tokio::time::timeout(RESPONSE_TIMEOUT, client.send(request)).await;
        match result {
            Ok(Ok(response)) if is_final(&response) => {
                shared.journal.record(info, client.address(), &response).await?;
                return Ok(response);
            }
            Ok(_) => {}
            Err(_) => client.disconnect(),
        }
        attempt += 1;
        shared.outcome.lock().await.retried += 1;
        anyhow::ensure!(
            started.elapsed() < RETRY_TIMEOUT,
            "no final response in {} s",
            RETRY_TIMEOUT.as_secs()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a response is final: neither a server error nor a request to try again.
fn is_final(response: &ApiResponse) -> bool {
    !response.status.is_server_error() && !is_still_running(response)
}

fn is_still_running(response: &ApiResponse) -> bool {
    response.status.as_u16() == 409
        && serde_json::from_slice::<Value>(&response.body).is_ok_and(|problem| {
            let kind = problem["type"].as_str().unwrap_or_default();
            kind.ends_with("/still-running") || kind.ends_with("/crowded")
        })
}

async fn record_unexpected(shared: &Shared, what: &str, response: &ApiResponse) -> Result<()> {
    let text: String = String::from_utf8_lossy(&response.body).chars().take(200).collect();
    shared.outcome.lock().await.unexpected.push(format!("{what}: {} {text}", response.status));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_delivery_is_used() {
        let count = |delivery| (0..60).filter(|n| Delivery::of(*n) == delivery).count();
        assert_eq!(count(Delivery::Plain), 30);
        assert_eq!(
            (count(Delivery::Repeat), count(Delivery::Concurrent), count(Delivery::Disconnect)),
            (10, 10, 10)
        );
    }
}
