//! Bookings of the past, made again: each at its time of day, sped up, through the REST API, as a
//! person would: look at a doctor's free times, take one, confirm it.

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

use crate::client::{Answer, Ask, Client};
use crate::journal::{Action, Asked, Journal, digest};
use crate::report::{Report, Seen};
use crate::rng::Rng;

/// A booking, as it was made.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Row {
    pub patient: String,
    pub created_at: DateTime<Utc>,
    pub appointment_date: NaiveDate,
}

pub struct Plan {
    pub addresses: Vec<SocketAddr>,
    pub rows: Vec<Row>,
    /// How many seconds of theirs pass in one of ours.
    pub speed: f64,
    pub tokens: Vec<String>,
    pub doctors: Vec<String>,
    pub today: NaiveDate,
    /// Times are made so many days ahead; what lies beyond is asked for on the last of them.
    pub horizon_days: u64,
    /// Whether a person who is told that the server is overloaded asks again, with the same key.
    pub asks_again: bool,
    /// Where answers are written down.
    pub journal: PathBuf,
}

#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    pub rows: usize,
    pub booked: usize,
    /// A request that was sent again had the same answer.
    pub repeated_alike: usize,
    pub repeated_otherwise: usize,
    /// Problem types, and how often; `taken` may be followed by another choice.
    pub refused: BTreeMap<String, usize>,
    /// How often somebody was told that the server is overloaded, and asked again.
    pub asked_again: usize,
    /// Bookings that were not made, by the last reason.
    pub not_booked: BTreeMap<String, usize>,
    pub whole_day: Option<Report>,
    /// By hour of the day in the file.
    pub hours: BTreeMap<u32, Report>,
    /// How far behind its time a booking began, at worst.
    pub late_ms: f64,
}

/// Why a booking may fail on a day like any other.
const REASONS: [&str; 5] = ["taken", "person-busy", NO_FREE_TIME, "crowded", "still-running"];
/// How long a person asks again, and the pause in between.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);
const NO_FREE_TIME: &str = "no free time in that week";

impl Outcome {
    /// # Errors
    /// When a repeated request was answered differently, or a booking has neither been made nor
    /// refused for a reason that we know.
    pub fn check(&self) -> Result<()> {
        ensure!(self.repeated_otherwise == 0, "a repeated request was answered otherwise");
        let not_booked: usize = self.not_booked.values().sum();
        ensure!(
            self.booked + not_booked == self.rows,
            "of {} bookings {} were made and {not_booked} refused",
            self.rows,
            self.booked
        );
        let unknown = self.not_booked.keys().find(|kind| !REASONS.contains(&kind.as_str()));
        ensure!(unknown.is_none(), "a booking failed for a reason it should not meet: {unknown:?}");
        ensure!(self.rows == 0 || self.booked > 0, "not one booking was made");
        Ok(())
    }

    /// For people.
    pub fn lines(&self) -> String {
        let mut text = format!(
            "{} bookings asked for, {} made; sent twice and answered alike: {}, otherwise: {}; at worst \
             {:.0} ms behind their time\n",
            self.rows, self.booked, self.repeated_alike, self.repeated_otherwise, self.late_ms
        );
        for (kind, count) in &self.refused {
            let _ = writeln!(text, "refused: {count} × {kind}");
        }
        if self.asked_again > 0 {
            let _ = writeln!(text, "overloaded, and asked again: {}", self.asked_again);
        }
        for (reason, count) in &self.not_booked {
            let _ = writeln!(text, "not booked in the end: {count} × {reason}");
        }
        let hours = self.hours.iter().map(|(hour, report)| (format!("{hour:02}:00"), report));
        let whole = self.whole_day.iter().map(|report| ("all".to_owned(), report));
        for (hour, report) in hours.chain(whole) {
            let _ = writeln!(
                text,
                "{hour:<5}  {:>6} requests, {:>6.1} a second, p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms",
                report.requests, report.per_s, report.p50_ms, report.p99_ms, report.max_ms
            );
        }
        text
    }
}

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

/// What happened so far.
#[derive(Default)]
struct Notes {
    outcome: Outcome,
    seen: BTreeMap<u32, Seen>,
    /// The time asked for under each key.
    choices: HashMap<String, Value>,
    first_answers: HashMap<String, Arc<Mutex<Option<String>>>>,
}

/// # Errors
/// When the server answers something that no booking should meet.
pub async fn run(plan: Plan) -> Result<Outcome> {
    ensure!(plan.speed > 0.0, "the factor has to be more than nothing");
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
    let (plan, notes) = (Arc::new(plan), Arc::new(Mutex::new(Notes::default())));
    let idle: Arc<Mutex<Vec<Client>>> = Arc::default();
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for (n, patient) in patients.into_iter().enumerate() {
        let after = (plan.rows[n].created_at - first).to_std().unwrap_or_default();
        let due = started + after.div_f64(plan.speed);
        tokio::time::sleep_until(due.into()).await;
        let (plan, notes, idle) = (plan.clone(), notes.clone(), idle.clone());
        let journal = journal.clone();
        running.spawn(async move {
            let client = idle.lock().await.pop();
            let address = plan.addresses[n % plan.addresses.len()];
            let mut client = client.unwrap_or_else(|| Client::new(address));
            let late = due.elapsed();
            let done = book(&plan, n, patient, &mut client, &notes, &journal).await;
            idle.lock().await.push(client);
            let mut notes = notes.lock().await;
            notes.outcome.late_ms = notes.outcome.late_ms.max(late.as_secs_f64() * 1e3);
            done
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    let mut notes = notes.lock().await;
    let mut outcome = std::mem::take(&mut notes.outcome);
    outcome.rows = plan.rows.len();
    let mut all = Seen::default();
    for (hour, seen) in std::mem::take(&mut notes.seen) {
        let pace = Duration::from_secs(3600).div_f64(plan.speed);
        all.add(seen.clone());
        outcome.hours.insert(hour, seen.report(0, pace));
    }
    outcome.whole_day = Some(all.report(0, started.elapsed()));
    Ok(outcome)
}

/// One booking: up to three choices, as a person whose time was just taken would.
async fn book(
    plan: &Plan,
    n: usize,
    patient: usize,
    client: &mut Client,
    notes: &Mutex<Notes>,
    journal: &Journal,
) -> Result<()> {
    let row = &plan.rows[n];
    let mut rng = Rng::new(digest(format!("{} {}", row.patient, row.created_at).as_bytes()));
    let doctor = &plan.doctors[rng.below(u32::try_from(plan.doctors.len())?) as usize];
    let lead = row.appointment_date - row.created_at.date_naive();
    let lead = u64::try_from(lead.num_days()).unwrap_or(0).min(plan.horizon_days);
    let hour = row.created_at.hour();
    let token = &plan.tokens[patient];

    let (from, to) = (plan.today + Days::new(lead), plan.today + Days::new(lead + 7));
    let path = format!("/api/v1/doctors/{doctor}/slots?from={from}&to={to}");
    let free = ask(plan, notes, hour, client, &Ask::get(&path)).await?;
    let free: Value = serde_json::from_slice(&free.body)?;
    let free = free["items"].as_array().cloned().unwrap_or_default();
    let mut held = None;
    let mut reason = NO_FREE_TIME.to_owned();
    for choice in 0..3 {
        if free.is_empty() {
            break;
        }
        // The soonest are what people take.
        let key = format!("{}-{}-{choice}", row.patient, row.created_at.timestamp());
        let slot = &free[rng.below(u32::try_from(free.len().min(12))?) as usize]["id"];
        // Who sends it again sends the same.
        let slot = notes.lock().await.choices.entry(key.clone()).or_insert(slot.clone()).clone();
        let body = format!("{{\"slot_id\":{slot}}}");
        let slot = slot.as_i64().context("a slot without a number")?;
        let hold = Ask::post("/api/v1/appointments", token, &key, body);
        let answer = ask(plan, notes, hour, client, &hold).await?;
        if answer.status.is_success() {
            let asked = Asked { key: &key, action: Action::Hold, slot };
            journal.record(asked, client.address(), &answer).await?;
            repeated(notes, &key, &answer).await;
            held = Some((serde_json::from_slice::<Value>(&answer.body)?, slot));
            break;
        }
        reason = problem(&answer)?;
        refused(notes, &reason).await;
        if reason != "still-running" && reason != "crowded" {
            repeated(notes, &key, &answer).await;
        }
        if reason != "taken" && reason != "person-busy" {
            break;
        }
    }
    let Some((held, slot)) = held else {
        *notes.lock().await.outcome.not_booked.entry(reason).or_default() += 1;
        return Ok(());
    };
    let id = held["id"].as_str().context("a hold without an id")?;
    let path = format!("/api/v1/appointments/{id}/confirm");
    let key = format!("{}-{}-confirm", row.patient, row.created_at.timestamp());
    let confirm = Ask::post(&path, token, &key, "{}".into());
    let answer = ask(plan, notes, hour, client, &confirm).await?;
    if answer.status.is_success() {
        let asked = Asked { key: &key, action: Action::Confirm, slot };
        journal.record(asked, client.address(), &answer).await?;
        notes.lock().await.outcome.booked += 1;
    } else {
        let reason = problem(&answer)?;
        refused(notes, &reason).await;
        *notes.lock().await.outcome.not_booked.entry(reason).or_default() += 1;
    }
    Ok(())
}

/// Asks and takes note of the answer; a fault of the server's is an error.
async fn ask(
    plan: &Plan,
    notes: &Mutex<Notes>,
    hour: u32,
    client: &mut Client,
    ask: &Ask<'_>,
) -> Result<Answer> {
    let started = Instant::now();
    loop {
        let answer = client.ask(ask).await?;
        let status = answer.status;
        let mut seen = notes.lock().await;
        seen.seen.entry(hour).or_default().answered(status.as_u16(), answer.took);
        if !status.is_server_error() {
            return Ok(answer);
        }
        let overloaded = status.as_u16() == 503 && plan.asks_again;
        ensure!(
            overloaded && started.elapsed() < PATIENCE,
            "answered {status}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        seen.outcome.asked_again += 1;
        drop(seen);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn refused(notes: &Mutex<Notes>, kind: &str) {
    *notes.lock().await.outcome.refused.entry(kind.to_owned()).or_default() += 1;
}

/// The same key twice: the second answer has to be the first.
async fn repeated(notes: &Mutex<Notes>, key: &str, answer: &Answer) {
    let mut notes = notes.lock().await;
    let said = String::from_utf8_lossy(&answer.body).into_owned();
    let first = notes.first_answers.entry(key.to_owned()).or_default().clone();
    let mut first = first.lock().await;
    match first.as_deref() {
        None => *first = Some(said),
        Some(before) if before == said => notes.outcome.repeated_alike += 1,
        Some(_) => notes.outcome.repeated_otherwise += 1,
    }
}

fn problem(answer: &Answer) -> Result<String> {
    let problem: Value = serde_json::from_slice(&answer.body)?;
    let kind = problem["type"].as_str().and_then(|kind| kind.rsplit('/').next());
    Ok(kind.unwrap_or("unknown").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_booking_is_made_or_refused_for_a_known_reason() {
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
        assert!(Outcome { repeated_otherwise: 1, ..day(8, "taken", 2) }.check().is_err());
    }
}
