//! `cargo xtask replay`: repeats the bookings of a file through the REST API, while a background reader requests pages.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::clock;
use crate::consistency::{self, Completeness};
use crate::harness::{self, Harness, HarnessOptions};
use crate::process;

/// How many times faster than recorded: a day takes four minutes, and an hour ten seconds.
pub const FACTOR: f64 = 360.0;
const PATIENTS: usize = 8_000;

/// How bookings are replayed.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// How many times faster than recorded.
    factor: f64,
    patients: usize,
    /// Whether a request is retried when the server is overloaded. Otherwise the run fails.
    retry_when_overloaded: bool,
}

/// For the smoke test: the two busiest hours of a small city's day, in twelve seconds. This may overload the
/// unoptimized server on a busy machine.
const SHORT: Plan = Plan { factor: 600.0, patients: SHORT_PATIENTS, retry_when_overloaded: true };
const SHORT_DAY_APPOINTMENTS: u32 = 750;
const SHORT_HOURS: [&str; 2] = ["07", "08"];
pub const SHORT_PATIENTS: usize = 350;

/// `cargo xtask replay`: replays a file, or a synthetic day when there is none.
pub fn run(file: Option<&Path>, factor: f64) -> Result<()> {
    harness::build_release()?;
    let mut harness = Harness::prepare(HarnessOptions::release(1, PATIENTS), |_, _| Ok(()))?;
    let file = match file {
        Some(file) => file.to_owned(),
        None => write_day(&harness, &synthetic_day(&harness, 5_000)?)?,
    };
    let plan = Plan { factor, patients: PATIENTS, retry_when_overloaded: false };
    replay_file(&mut harness, &file, plan)?;
    harness.close()
}

/// The smoke test.
pub fn short(harness: &mut Harness) -> Result<()> {
    let day = synthetic_day(harness, SHORT_DAY_APPOINTMENTS)?;
    let file = write_day(harness, &hours_of(&day, &SHORT_HOURS))?;
    replay_file(harness, &file, SHORT)
}

/// Replays a file. Each booking has to succeed or fail for an expected reason, and each page has to be shown meanwhile:
/// otherwise the load generator exits with an error.
fn replay_file(harness: &mut Harness, file: &Path, plan: Plan) -> Result<()> {
    let Plan { factor, patients, retry_when_overloaded } = plan;
    println!("replaying {} {factor} times as fast", file.display());
    let existing = consistency::existing_appointments(harness)?;
    let (stop, journal) = (harness.folder.join("stop"), harness.folder.join("replay.csv"));
    let _ = std::fs::remove_file(&stop);
    let skip = harness.reserve(patients)?;
    let mut reader = harness.load_command("background-reader");
    reader.arg("--until").arg(&stop).stdout(Stdio::piped()).stdin(Stdio::null());
    let reader = reader.spawn().context("the background reader does not start")?;
    let mut load = harness.load_command("replay");
    load.arg("--file").arg(file).args(["--speed", &factor.to_string()]);
    load.args(["--today", &clock::date(harness.now()), "--skip", &skip.to_string()]);
    load.args(["--horizon-days", &(harness.horizon_days()? - 1).to_string()]);
    load.arg("--journal").arg(&journal);
    if retry_when_overloaded {
        load.arg("--retry");
    }
    let replayed = process::capture(&mut load);
    std::fs::write(&stop, "")?;
    let read = reader.wait_with_output()?;
    println!("{}", replayed?.trim());
    ensure!(
        read.status.success(),
        "a page was not shown to the background reader ({})",
        read.status
    );
    println!("pages of the background reader: {}", String::from_utf8_lossy(&read.stdout).trim());
    let found = consistency::check(harness, &journal, &existing, Completeness::Complete)?;
    println!("{} responses: every booking is in the database exactly once", found.responses);
    println!("all invariants hold");
    Ok(())
}

fn synthetic_day(harness: &Harness, appointments: u32) -> Result<String> {
    let mut load = harness.load_command("synthetic-day");
    process::capture(load.args(["--appointments", &appointments.to_string(), "--seed", "1"]))
}

fn write_day(harness: &Harness, text: &str) -> Result<PathBuf> {
    let file = harness.folder.join("day.csv");
    std::fs::write(&file, text)?;
    Ok(file)
}

/// The header of the CSV file, and the bookings that were created in these hours.
fn hours_of(day: &str, hours: &[&str]) -> String {
    let within = |line: &str| {
        let hour = line.split('T').nth(1).and_then(|time| time.split(':').next());
        hour.is_some_and(|hour| hours.contains(&hour))
    };
    let mut lines = day.lines();
    let header = lines.next().unwrap_or_default();
    let selected: Vec<&str> =
        std::iter::once(header).chain(lines.filter(|line| within(line))).collect();
    selected.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bookings_of_the_chosen_hours_are_selected() {
        let day = "patient,created_at,appointment_date\na,2026-05-04T06:59:59Z,2026-05-04\n\
                   b,2026-05-04T07:00:00Z,2026-05-09\nc,2026-05-04T09:00:00Z,2026-05-09\n";
        let selected = hours_of(day, &["07", "08"]);
        assert_eq!(
            selected,
            "patient,created_at,appointment_date\nb,2026-05-04T07:00:00Z,2026-05-09\n"
        );
    }
}
