//! `cargo xtask replay`: a day of bookings from a file, through the REST API, with somebody reading
//! pages beside it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::clock;
use crate::harness::{self, Harness, Size};
use crate::history::{self, Journal};
use crate::process;

/// A day passes in four minutes, and its busiest hour in ten seconds.
pub const FACTOR: f64 = 360.0;
const PATIENTS: usize = 8_000;

/// How a day is made again.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// So many times as fast.
    factor: f64,
    patients: usize,
    /// Whether people ask again when the server is overloaded. Otherwise that is a failure.
    asks_again: bool,
}

/// In the test run: the two busiest hours of a small city's day, in twelve seconds. Unoptimized and on a
/// busy machine, the server may be overloaded by it.
const SHORT: Plan = Plan { factor: 600.0, patients: SHORT_PATIENTS, asks_again: true };
const SHORT_DAY: u32 = 750;
const SHORT_HOURS: [&str; 2] = ["07", "08"];
pub const SHORT_PATIENTS: usize = 350;

/// `cargo xtask replay`: a file, or, without one, a day made up from a real city's traffic.
pub fn run(file: Option<&Path>, factor: f64) -> Result<()> {
    harness::build_release()?;
    let mut harness = Harness::prepare(Size::of(1, PATIENTS), |_, _| Ok(()))?;
    let file = match file {
        Some(file) => file.to_owned(),
        None => write_day(&harness, &made_up(&harness, 5_000)?)?,
    };
    let plan = Plan { factor, patients: PATIENTS, asks_again: false };
    book_again(&mut harness, &file, plan)?;
    harness.close()
}

/// The short form.
pub fn short(harness: &mut Harness) -> Result<()> {
    let day = made_up(harness, SHORT_DAY)?;
    let file = write_day(harness, &hours_of(&day, &SHORT_HOURS))?;
    book_again(harness, &file, SHORT)
}

/// Every booking has to be made, or refused for a reason that a person may meet; every page has to be
/// shown meanwhile. The generator ends with an error otherwise.
fn book_again(harness: &mut Harness, file: &Path, plan: Plan) -> Result<()> {
    let Plan { factor, patients, asks_again } = plan;
    println!("replaying {} {factor} times as fast", file.display());
    let before = history::appointments_before(harness)?;
    let (stop, journal) = (harness.folder.join("stop"), harness.folder.join("replay.csv"));
    let _ = std::fs::remove_file(&stop);
    let skip = harness.allot(patients)?;
    let mut reader = harness.load("background-reader");
    reader.arg("--until").arg(&stop).stdout(Stdio::piped()).stdin(Stdio::null());
    let reader = reader.spawn().context("the reader does not start")?;
    let mut load = harness.load("replay");
    load.arg("--file").arg(file).args(["--speed", &factor.to_string()]);
    load.args(["--today", &clock::date(harness.now()), "--skip", &skip.to_string()]);
    load.args(["--horizon-days", &(harness.horizon_days()? - 1).to_string()]);
    load.arg("--journal").arg(&journal);
    if asks_again {
        load.arg("--ask-again");
    }
    let replayed = process::capture(&mut load);
    std::fs::write(&stop, "")?;
    let read = reader.wait_with_output()?;
    println!("{}", replayed?.trim());
    ensure!(read.status.success(), "the reader was not shown every page ({})", read.status);
    println!("beside it, one person read pages: {}", String::from_utf8_lossy(&read.stdout).trim());
    let found = history::check(harness, &journal, &before, Journal::Complete)?;
    println!("{} answers: every booking is there, once", found.answers);
    println!("afterwards all guards agree with the history");
    Ok(())
}

fn made_up(harness: &Harness, appointments: u32) -> Result<String> {
    let mut load = harness.load("day");
    process::capture(load.args(["--appointments", &appointments.to_string(), "--seed", "1"]))
}

fn write_day(harness: &Harness, text: &str) -> Result<PathBuf> {
    let file = harness.folder.join("day.csv");
    std::fs::write(&file, text)?;
    Ok(file)
}

/// The header, and the bookings that were made in these hours.
fn hours_of(day: &str, hours: &[&str]) -> String {
    let within = |line: &str| {
        let hour = line.split('T').nth(1).and_then(|time| time.split(':').next());
        hour.is_some_and(|hour| hours.contains(&hour))
    };
    let mut lines = day.lines();
    let header = lines.next().unwrap_or_default();
    let kept: Vec<&str> =
        std::iter::once(header).chain(lines.filter(|line| within(line))).collect();
    kept.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_hours_of_a_day_are_kept() {
        let day = "patient,created_at,appointment_date\na,2026-05-04T06:59:59Z,2026-05-04\n\
                   b,2026-05-04T07:00:00Z,2026-05-09\nc,2026-05-04T09:00:00Z,2026-05-09\n";
        let kept = hours_of(day, &["07", "08"]);
        assert_eq!(
            kept,
            "patient,created_at,appointment_date\nb,2026-05-04T07:00:00Z,2026-05-09\n"
        );
    }
}
