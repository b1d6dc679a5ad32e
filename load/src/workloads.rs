//! The workloads of the benchmark. Each sends one kind of request, or a fixed mix, from several connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::client::{ApiRequest, ApiResponse, Client};
use crate::report::{Measurements, Report};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// Each patient holds a different slot.
    DistinctSlots,
    /// All patients want the same slot.
    HotSlot,
    /// Each patient holds a slot, then confirms it.
    BookConfirm,
    /// Nine reads of free times for each hold.
    Mixed,
    /// Reads a doctor's free times of one week.
    Availability,
    /// Reads the page with the list of doctors.
    DoctorsPage,
    /// Searches for doctors through the API, as one signed-in patient.
    Search,
    /// Reads the first page of a patient's past visits through the API, one patient after another.
    PastVisits,
}

/// The pause before a hold that was answered 503 is sent again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Query strings of searches. Most are by specialty and city, as is likely of real searches.
const SEARCHES: [&str; 20] = [
    "",
    "specialty=dermatology",
    "specialty=general-medicine",
    "specialty=cardiology&city=panjim",
    "specialty=paediatrics&city=mumbai",
    "city=margao",
    "city=panjim&mode=video",
    "q=skin",
    "q=fever",
    "q=back%20pain",
    "q=asha",
    "q=fernandes",
    "q=skin%20doctor%20panjim",
    "q=dermatolgist",
    "near=panjim",
    "near=margao&specialty=dentistry",
    "evening=true&this_week=true",
    "language=Konkani&gender=female",
    "specialty=yoga-therapy&mode=video",
    "mode=video&fee_max=900",
];

impl Workload {
    /// How many patients and how many slots this many requests use up.
    pub fn patients_and_slots_needed(self, requests: usize) -> (usize, usize) {
        match self {
            Self::DistinctSlots | Self::BookConfirm => (requests, requests),
            Self::HotSlot => (requests, 1),
            Self::Mixed => (requests / 10 + 1, requests / 10 + 1),
            Self::Availability | Self::DoctorsPage => (0, 0),
            // Signed in, since most searches of visitors would be answered from the public cache.
            Self::Search | Self::PastVisits => (1, 0),
        }
    }
}

/// What a workload sends. The n-th request is the n-th patient's, for the n-th slot.
pub struct Plan {
    /// The servers. Connections are distributed evenly over them.
    pub addresses: Vec<SocketAddr>,
    pub workload: Workload,
    pub connections: usize,
    pub requests: usize,
    pub tokens: Vec<String>,
    pub slots: Vec<i64>,
    pub doctors: Vec<String>,
    /// How often a hold that was answered 503 is sent again. 0 when the speed is measured.
    pub retries: usize,
    /// The dates between which free times are read: the first day, and the day after the last.
    pub week: (String, String),
}

/// Runs a workload over `plan.connections` connections at once.
///
/// # Errors
/// When a response has a status that the workload does not expect.
pub async fn run(plan: Plan) -> Result<Report> {
    let plan = Arc::new(plan);
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let workers: Vec<_> = (0..plan.connections)
        .map(|number| tokio::spawn(run_worker(plan.clone(), number, next.clone())))
        .collect();
    let (mut measurements, mut granted) = (Measurements::default(), 0);
    for worker in workers {
        let (by_worker, granted_by_worker) = worker.await??;
        measurements.merge(by_worker);
        granted += granted_by_worker;
    }
    Ok(measurements.report(granted, started.elapsed()))
}

async fn run_worker(
    plan: Arc<Plan>,
    number: usize,
    next: Arc<AtomicUsize>,
) -> Result<(Measurements, usize)> {
    let mut client = Client::new(plan.addresses[number % plan.addresses.len()]);
    let (mut measurements, mut granted) = (Measurements::default(), 0);
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= plan.requests {
            return Ok((measurements, granted));
        }
        let response = match plan.workload {
            Workload::DistinctSlots => hold(&mut client, &plan, n, plan.slots[n]).await?,
            Workload::HotSlot => hold(&mut client, &plan, n, plan.slots[0]).await?,
            Workload::BookConfirm => {
                let held = hold(&mut client, &plan, n, plan.slots[n]).await?;
                let confirmed = confirm(&mut client, &plan, n, &held).await?;
                // The latency of a booking is that of both requests.
                ApiResponse { elapsed: held.elapsed + confirmed.elapsed, ..confirmed }
            }
            Workload::Mixed if n.is_multiple_of(10) => {
                hold(&mut client, &plan, n / 10, plan.slots[n / 10]).await?
            }
            Workload::Mixed | Workload::Availability => {
                let doctor = &plan.doctors[n % plan.doctors.len()];
                let (from, to) = &plan.week;
                let path = format!("/api/v1/doctors/{doctor}/slots?from={from}&to={to}");
                expect_status(client.send(&ApiRequest::get(&path)).await?, &[200])?
            }
            Workload::DoctorsPage => {
                let path = format!("/doctors?page={}", 1 + n % 20);
                expect_status(client.send(&ApiRequest::get(&path)).await?, &[200])?
            }
            Workload::PastVisits => {
                let token = Some(plan.tokens[n % plan.tokens.len()].as_str());
                let request = ApiRequest {
                    token,
                    ..ApiRequest::get("/api/v1/appointments?status=completed&page_size=10")
                };
                expect_status(client.send(&request).await?, &[200])?
            }
            Workload::Search => {
                let path = format!("/api/v1/doctors?{}", SEARCHES[n % SEARCHES.len()]);
                let request = ApiRequest { token: Some(&plan.tokens[0]), ..ApiRequest::get(&path) };
                expect_status(client.send(&request).await?, &[200])?
            }
        };
        granted += usize::from(response.status.is_success());
        measurements.record(response.status.as_u16(), response.elapsed);
        if plan.workload == Workload::Search {
            measurements.record_kind(SEARCHES[n % SEARCHES.len()]);
        }
    }
}

async fn hold(client: &mut Client, plan: &Plan, n: usize, slot: i64) -> Result<ApiResponse> {
    let key = format!("bench-{n}-{slot}");
    let body = format!("{{\"slot_id\":{slot}}}");
    let request = ApiRequest::post("/api/v1/appointments", &plan.tokens[n], &key, body);
    let mut response = client.send(&request).await?;
    // With the same key, the request has one effect, however often it is sent.
    for _ in 0..plan.retries {
        if response.status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(RETRY_AFTER).await;
        response = client.send(&request).await?;
    }
    expect_status(response, &[201, 409])
}

async fn confirm(
    client: &mut Client,
    plan: &Plan,
    n: usize,
    held: &ApiResponse,
) -> Result<ApiResponse> {
    let held: Value = serde_json::from_slice(&held.body)?;
    let id = held["id"].as_str().context("a hold without an id")?;
    let path = format!("/api/v1/appointments/{id}/confirm");
    let key = format!("bench-confirm-{n}");
    let request = ApiRequest {
        method: Method::POST,
        ..ApiRequest::post(&path, &plan.tokens[n], &key, "{}".into())
    };
    expect_status(client.send(&request).await?, &[200])
}

fn expect_status(response: ApiResponse, expected: &[u16]) -> Result<ApiResponse> {
    let status = response.status;
    ensure!(
        expected.contains(&status.as_u16())
            && (status != StatusCode::CONFLICT || is_taken(&response)),
        "answered {status}: {}",
        String::from_utf8_lossy(&response.body).chars().take(400).collect::<String>()
    );
    Ok(response)
}

fn is_taken(response: &ApiResponse) -> bool {
    serde_json::from_slice::<Value>(&response.body)
        .is_ok_and(|problem| problem["type"].as_str().is_some_and(|kind| kind.ends_with("/taken")))
}
