//! The benchmark's cases.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::client::{Answer, Ask, Client};
use crate::report::{Report, Seen};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// Everybody holds a time of their own.
    DistinctSlots,
    /// Everybody wants the same time.
    HotSlot,
    /// Hold, then confirm.
    BookConfirm,
    /// Nine look at free times, one holds.
    Mixed,
    /// The free times of a doctor for a week.
    Availability,
    /// The list of doctors, as a page.
    DoctorsPage,
    /// What people search for, through the API, by one of them who is signed in.
    Search,
    /// What is behind a patient, through the API, by one after another.
    History,
}

/// Searches in the proportions in which people may ask: by specialty and city most of all.
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

impl Case {
    /// The patients and slots that so many requests use up.
    pub fn needs(self, requests: usize) -> (usize, usize) {
        match self {
            Self::DistinctSlots | Self::BookConfirm => (requests, requests),
            Self::HotSlot => (requests, 1),
            Self::Mixed => (requests / 10 + 1, requests / 10 + 1),
            Self::Availability | Self::DoctorsPage => (0, 0),
            // One who is signed in: what is kept for visitors would answer most of it.
            Self::Search | Self::History => (1, 0),
        }
    }
}

/// Who asks for what: the n-th request is of the n-th patient, for the n-th slot.
pub struct Plan {
    /// Connections are shared out among these.
    pub addresses: Vec<SocketAddr>,
    pub case: Case,
    pub connections: usize,
    pub requests: usize,
    pub tokens: Vec<String>,
    pub slots: Vec<i64>,
    pub doctors: Vec<String>,
    /// Days for free times: from, and to.
    pub week: (String, String),
}

/// Runs a case from so many connections at once.
///
/// # Errors
/// When an answer is none that the case knows.
pub async fn run(plan: Plan) -> Result<Report> {
    let plan = Arc::new(plan);
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let workers: Vec<_> = (0..plan.connections)
        .map(|number| tokio::spawn(work(plan.clone(), number, next.clone())))
        .collect();
    let (mut seen, mut granted) = (Seen::default(), 0);
    for worker in workers {
        let (of_worker, granted_there) = worker.await??;
        seen.add(of_worker);
        granted += granted_there;
    }
    Ok(seen.report(granted, started.elapsed()))
}

async fn work(plan: Arc<Plan>, number: usize, next: Arc<AtomicUsize>) -> Result<(Seen, usize)> {
    let mut client = Client::new(plan.addresses[number % plan.addresses.len()]);
    let (mut seen, mut granted) = (Seen::default(), 0);
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= plan.requests {
            return Ok((seen, granted));
        }
        let answer = match plan.case {
            Case::DistinctSlots => hold(&mut client, &plan, n, plan.slots[n]).await?,
            Case::HotSlot => hold(&mut client, &plan, n, plan.slots[0]).await?,
            Case::BookConfirm => {
                let held = hold(&mut client, &plan, n, plan.slots[n]).await?;
                let confirmed = confirm(&mut client, &plan, n, &held).await?;
                // A booking is both; its time is that of both.
                Answer { took: held.took + confirmed.took, ..confirmed }
            }
            Case::Mixed if n.is_multiple_of(10) => {
                hold(&mut client, &plan, n / 10, plan.slots[n / 10]).await?
            }
            Case::Mixed | Case::Availability => {
                let doctor = &plan.doctors[n % plan.doctors.len()];
                let (from, to) = &plan.week;
                let path = format!("/api/v1/doctors/{doctor}/slots?from={from}&to={to}");
                known(client.ask(&Ask::get(&path)).await?, &[200])?
            }
            Case::DoctorsPage => {
                let path = format!("/doctors?page={}", 1 + n % 20);
                known(client.ask(&Ask::get(&path)).await?, &[200])?
            }
            Case::History => {
                let token = Some(plan.tokens[n % plan.tokens.len()].as_str());
                let ask =
                    Ask { token, ..Ask::get("/api/v1/appointments?status=completed&page_size=10") };
                known(client.ask(&ask).await?, &[200])?
            }
            Case::Search => {
                let path = format!("/api/v1/doctors?{}", SEARCHES[n % SEARCHES.len()]);
                let ask = Ask { token: Some(&plan.tokens[0]), ..Ask::get(&path) };
                known(client.ask(&ask).await?, &[200])?
            }
        };
        granted += usize::from(answer.status.is_success());
        seen.answered(answer.status.as_u16(), answer.took);
        if plan.case == Case::Search {
            seen.of_kind(SEARCHES[n % SEARCHES.len()]);
        }
    }
}

async fn hold(client: &mut Client, plan: &Plan, n: usize, slot: i64) -> Result<Answer> {
    let key = format!("bench-{n}-{slot}");
    let body = format!("{{\"slot_id\":{slot}}}");
    let ask = Ask::post("/api/v1/appointments", &plan.tokens[n], &key, body);
    known(client.ask(&ask).await?, &[201, 409])
}

async fn confirm(client: &mut Client, plan: &Plan, n: usize, held: &Answer) -> Result<Answer> {
    let held: Value = serde_json::from_slice(&held.body)?;
    let id = held["id"].as_str().context("a hold without an id")?;
    let path = format!("/api/v1/appointments/{id}/confirm");
    let key = format!("bench-confirm-{n}");
    let ask = Ask { method: Method::POST, ..Ask::post(&path, &plan.tokens[n], &key, "{}".into()) };
    known(client.ask(&ask).await?, &[200])
}

fn known(answer: Answer, expected: &[u16]) -> Result<Answer> {
    let status = answer.status;
    ensure!(
        expected.contains(&status.as_u16())
            && (status != StatusCode::CONFLICT || is_taken(&answer)),
        "answered {status}: {}",
        String::from_utf8_lossy(&answer.body).chars().take(400).collect::<String>()
    );
    Ok(answer)
}

fn is_taken(answer: &Answer) -> bool {
    serde_json::from_slice::<Value>(&answer.body)
        .is_ok_and(|problem| problem["type"].as_str().is_some_and(|kind| kind.ends_with("/taken")))
}
