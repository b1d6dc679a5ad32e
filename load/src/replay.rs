//! Repeats recorded bookings through the REST API, each at its time of day but faster. Each booking does what a
//! patient does: it reads a doctor's free times, holds one and confirms it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Days, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::{ApiRequest, ApiResponse, Client};
use crate::journal::{Action, Journal, RequestInfo, digest};
use crate::report::{Measurements, Report};
use crate::rng::Rng;

/// A recorded booking.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Row {
    pub patient: String,
    pub created_at: DateTime<Utc>,
    pub appointment_date: NaiveDate,
}

pub struct Plan {
    pub addresses: Vec<SocketAddr>,
    pub rows: Vec<Row>,
    /// How many times faster than recorded.
    pub speed: f64,
    pub tokens: Vec<String>,
    pub doctors: Vec<String>,
    pub today: NaiveDate,
    /// How many days ahead the server has slots. Bookings for a later day use the last of these days.
    pub horizon_days: u64,
    /// Whether to retry with the same idempotency key when the server is overloaded. Otherwise the run fails.
    pub retry_when_overloaded: bool,
    /// The file to which responses are written.
    pub journal: PathBuf,
}

#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub rows: usize,
    pub booked: usize,
    /// Repeated requests that were answered like the first one.
    pub repeats_answered_alike: usize,
    pub repeats_answered_differently: usize,
    /// How often each problem type occurred. After `taken` and `person-busy` another slot is tried.
    pub refused: BTreeMap<String, usize>,
    /// How often a request was retried because the server was overloaded.
    pub retried: usize,
    /// Bookings that failed, by the last reason.
    pub not_booked: BTreeMap<String, usize>,
    pub whole_day: Option<Report>,
    /// By the hour of the day at which the bookings were recorded.
    pub hours: BTreeMap<u32, Report>,
    /// The longest delay with which a booking started, in milliseconds.
    pub late_ms: f64,
}

/// Reasons for which a booking may fail: problem types of the API, and no free time.
const EXPECTED_REASONS: [&str; 5] =
    ["taken", "person-busy", NO_FREE_TIME, "crowded", "still-running"];
/// How long a request is retried while the server is overloaded, and the pause between two tries.
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);
const RETRY_PAUSE: Duration = Duration::from_millis(200);
const NO_FREE_TIME: &str = "no free time in that week";

impl Outcome {
    /// # Errors
    /// When a repeated request was answered differently, or a booking failed for an unexpected reason.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.repeats_answered_differently == 0,
            "a repeated request was answered differently"
        );
        let not_booked: usize = self.not_booked.values().sum();
        ensure!(
            self.booked + not_booked == self.rows,
            "of {} bookings {} succeeded and {not_booked} failed",
            self.rows,
            self.booked
        );
        let unknown =
            self.not_booked.keys().find(|kind| !EXPECTED_REASONS.contains(&kind.as_str()));
        ensure!(unknown.is_none(), "a booking failed for an unexpected reason: {unknown:?}");
        ensure!(self.rows == 0 || self.booked > 0, "no booking succeeded");
        Ok(())
    }

    /// The report as text, a line per hour.
    pub fn lines(&self) -> String {
        let mut text = format!(
            "{} of {} bookings succeeded; repeated requests answered alike: {}, differently: {}; longest \
             delay of a start: {:.0} ms\n",
            self.booked,
            self.rows,
            self.repeats_answered_alike,
            self.repeats_answered_differently,
            self.late_ms
        );
        for (kind, count) in &self.refused {
            let _ = writeln!(text, "refused: {count} × {kind}");
        }
        if self.retried > 0 {
            let _ = writeln!(text, "retried because the server was overloaded: {}", self.retried);
        }
        for (reason, count) in &self.not_booked {
            let _ = writeln!(text, "failed: {count} × {reason}");
        }
        let hours = self.hours.iter().map(|(hour, report)| (format!("{hour:02}:00"), report));
        let whole = self.whole_day.iter().map(|report| ("all".to_owned(), report));
        for (hour, report) in hours.chain(whole) {
            let _ = writeln!(
                text,
                "{hour:<5}  {:>6} requests, {:>6.1} per second, p50 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms",
                report.requests, report.per_s, report.p50_ms, report.p99_ms, report.max_ms
            );
        }
        text
    }
}

/// Reads the recorded bookings of a CSV file, sorted by `created_at`.
///
/// # Errors
/// When the file cannot be read.
pub fn rows(file: &Path) -> Result<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let mut rows: Vec<Row> = reader
        .deserialize()
        .enumerate()
        .map(|(n, row)| row.with_context(|| format!("{}: row {}", file.display(), n + 2)))
        .collect::<Result<_>>()?;
    rows.sort_by_key(|row| row.created_at);
    Ok(rows)
}

/// What the concurrent bookings share.
#[derive(Default)]
struct State {
    outcome: Outcome,
    by_hour: BTreeMap<u32, Measurements>,
    /// The slot that was chosen for each idempotency key.
    choices: HashMap<String, Value>,
    /// The first response with each idempotency key.
    first_responses: HashMap<String, Arc<Mutex<Option<String>>>>,
}

/// Starts each booking at its time and waits for all of them.
///
/// # Errors
/// When the server answers a booking in an unexpected way.
pub async fn run(plan: Plan) -> Result<Outcome> {
    ensure!(plan.speed > 0.0, "the speed has to be greater than 0");
    let Some(first) = plan.rows.first().map(|row| row.created_at) else {
        return Ok(Outcome::default());
    };
    let mut patients: HashMap<&str, usize> = HashMap::new();
    for row in &plan.rows {
        let next = patients.len();
        patients.entry(&row.patient).or_insert(next);
    }
    ensure!(patients.len() <= plan.tokens.len(), "{} patients are too many", patients.len());
    let patients: Vec<usize> = plan.rows.iter().map(|row| patients[row.patient.as_str()]).collect();
    let journal = Arc::new(Journal::create(&plan.journal)?);
    let (plan, state) = (Arc::new(plan), Arc::new(Mutex::new(State::default())));
    let idle: Arc<Mutex<Vec<Client>>> = Arc::default();
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for (n, patient) in patients.into_iter().enumerate() {
        let after = (plan.rows[n].created_at - first).to_std().unwrap_or_default();
        let due = started + after.div_f64(plan.speed);
        tokio::time::sleep_until(due.into()).await;
        let (plan, state, idle) = (plan.clone(), state.clone(), idle.clone());
        let journal = journal.clone();
        running.spawn(async move {
            let client = idle.lock().await.pop();
            let address = plan.addresses[n % plan.addresses.len()];
            let mut client = client.unwrap_or_else(|| Client::new(address));
            let lateness = due.elapsed();
            let done = book(&plan, n, patient, &mut client, &state, &journal).await;
            idle.lock().await.push(client);
            let mut state = state.lock().await;
            state.outcome.late_ms = state.outcome.late_ms.max(lateness.as_secs_f64() * 1e3);
            done
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    let mut state = state.lock().await;
    let mut outcome = std::mem::take(&mut state.outcome);
    outcome.rows = plan.rows.len();
    let mut whole_day = Measurements::default();
    for (hour, measurements) in std::mem::take(&mut state.by_hour) {
        let duration = Duration::from_secs(3600).div_f64(plan.speed);
        whole_day.merge(measurements.clone());
        outcome.hours.insert(hour, measurements.report(0, duration));
    }
    outcome.whole_day = Some(whole_day.report(0, started.elapsed()));
    Ok(outcome)
}

/// One booking. When the chosen slot was just taken, up to two others are tried.
async fn book(
    plan: &Plan,
    n: usize,
    patient: usize,
    client: &mut Client,
    state: &Mutex<State>,
    journal: &Journal,
) -> Result<()> {
    let row = &plan.rows[n];
    let mut rng = Rng::new(digest(format!("{} {}", row.patient, row.created_at).as_bytes()));
    let doctor = &plan.doctors[rng.below(u32::try_from(plan.doctors.len())?) as usize];
    let lead_days = row.appointment_date - row.created_at.date_naive();
    let lead_days = u64::try_from(lead_days.num_days()).unwrap_or(0).min(plan.horizon_days);
    let hour = row.created_at.hour();
    let token = &plan.tokens[patient];

    let (from, to) = (plan.today + Days::new(lead_days), plan.today + Days::new(lead_days + 7));
    let path = format!("/api/v1/doctors/{doctor}/slots?from={from}&to={to}");
    let free = send(plan, state, hour, client, &ApiRequest::get(&path)).await?;
    let free: Value = serde_json::from_slice(&free.body)?;
    let free = free["items"].as_array().cloned().unwrap_or_default();
    let mut held = None;
    let mut reason = NO_FREE_TIME.to_owned();
    for choice in 0..3 {
        if free.is_empty() {
            break;
        }
        let key = format!("{}-{}-{choice}", row.patient, row.created_at.timestamp());
        // One of the twelve earliest times, as patients tend to choose.
        let slot = &free[rng.below(u32::try_from(free.len().min(12))?) as usize]["id"];
        // A booking that is recorded twice has to send the same slot with the same key.
        let slot = state.lock().await.choices.entry(key.clone()).or_insert(slot.clone()).clone();
        let body = format!("{{\"slot_id\":{slot}}}");
        let slot = slot.as_i64().context("a slot id that is not a number")?;
        let hold = ApiRequest::post("/api/v1/appointments", token, &key, body);
        let response = send(plan, state, hour, client, &hold).await?;
        if response.status.is_success() {
            let info = RequestInfo { key: &key, action: Action::Hold, slot };
            journal.record(info, client.address(), &response).await?;
            record_repeat(state, &key, &response).await;
            held = Some((serde_json::from_slice::<Value>(&response.body)?, slot));
            break;
        }
        reason = problem(&response)?;
        record_refusal(state, &reason).await;
        if reason != "still-running" && reason != "crowded" {
            record_repeat(state, &key, &response).await;
        }
        if reason != "taken" && reason != "person-busy" {
            break;
        }
    }
    let Some((held, slot)) = held else {
        *state.lock().await.outcome.not_booked.entry(reason).or_default() += 1;
        return Ok(());
    };
    let id = held["id"].as_str().context("a hold without an id")?;
    let path = format!("/api/v1/appointments/{id}/confirm");
    let key = format!("{}-{}-confirm", row.patient, row.created_at.timestamp());
    let confirm = ApiRequest::post(&path, token, &key, "{}".into());
    let response = send(plan, state, hour, client, &confirm).await?;
    if response.status.is_success() {
        let info = RequestInfo { key: &key, action: Action::Confirm, slot };
        journal.record(info, client.address(), &response).await?;
        state.lock().await.outcome.booked += 1;
    } else {
        let reason = problem(&response)?;
        record_refusal(state, &reason).await;
        *state.lock().await.outcome.not_booked.entry(reason).or_default() += 1;
    }
    Ok(())
}

/// Sends a request and records its response. A server error is an error, unless it is retried.
async fn send(
    plan: &Plan,
    state: &Mutex<State>,
    hour: u32,
    client: &mut Client,
    request: &ApiRequest<'_>,
) -> Result<ApiResponse> {
    let started = Instant::now();
    loop {
        let response = client.send(request).await?;
        let status = response.status;
        let mut state = state.lock().await;
        state.by_hour.entry(hour).or_default().record(status.as_u16(), response.elapsed);
        if !status.is_server_error() {
            return Ok(response);
        }
        let overloaded = status.as_u16() == 503 && plan.retry_when_overloaded;
        ensure!(
            overloaded && started.elapsed() < RETRY_TIMEOUT,
            "answered {status}: {}",
            String::from_utf8_lossy(&response.body)
        );
        state.outcome.retried += 1;
        drop(state);
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn record_refusal(state: &Mutex<State>, kind: &str) {
    *state.lock().await.outcome.refused.entry(kind.to_owned()).or_default() += 1;
}

/// Counts whether the second response with an idempotency key equals the first.
async fn record_repeat(state: &Mutex<State>, key: &str, response: &ApiResponse) {
    let mut state = state.lock().await;
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let first = state.first_responses.entry(key.to_owned()).or_default().clone();
    let mut first = first.lock().await;
    match first.as_deref() {
        None => *first = Some(text),
        Some(before) if before == text => state.outcome.repeats_answered_alike += 1,
        Some(_) => state.outcome.repeats_answered_differently += 1,
    }
}

fn problem(response: &ApiResponse) -> Result<String> {
    let problem: Value = serde_json::from_slice(&response.body)?;
    let kind = problem["type"].as_str().and_then(|kind| kind.rsplit('/').next());
    Ok(kind.unwrap_or("unknown").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_booking_succeeds_or_fails_for_an_expected_reason() {
        let day = |booked, reason: &str, count| Outcome {
            rows: 10,
            booked,
            not_booked: BTreeMap::from([(reason.to_owned(), count)]),
            ..Outcome::default()
        };
        assert!(day(8, "taken", 2).check().is_ok());
        assert!(day(8, "taken", 1).check().is_err(), "one is missing");
        assert!(day(8, "not-yours", 2).check().is_err(), "an unknown reason");
        assert!(day(0, "taken", 10).check().is_err(), "nothing was booked");
        assert!(Outcome { repeats_answered_differently: 1, ..day(8, "taken", 2) }.check().is_err());
    }
}
