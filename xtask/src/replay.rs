//! `cargo xtask replay`: a day of bookings from a file, through the REST API, with somebody reading
//! pages beside it; and `cargo xtask crowd`: more than can be carried.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::client;
use crate::harness::{self, Harness};
use crate::process;
use crate::server;

/// A day passes in four minutes, and its busiest hour in ten seconds.
pub const FACTOR: f64 = 360.0;
const PATIENTS: usize = 8_000;

/// Replays a file, or, without one, a day made up from a real city's traffic.
pub fn replay(file: Option<&Path>, factor: f64) -> Result<()> {
    client::build()?;
    server::build()?;
    harness::build_load()?;
    let harness = Harness::prepare(1, PATIENTS, |_, _| Ok(()))?;
    let file = match file {
        Some(file) => file.to_owned(),
        None => made_up(&harness)?,
    };
    println!("replaying {} {factor} times as fast", file.display());
    let stop = harness.folder.join("stop");
    let _ = std::fs::remove_file(&stop);
    let mut reader = harness.load("beside");
    reader.arg("--until").arg(&stop).stdout(Stdio::piped()).stdin(Stdio::null());
    let reader = reader.spawn().context("the reader does not start")?;
    let mut load = harness.load("replay");
    load.arg("--file").arg(&file).args(["--speed", &factor.to_string()]);
    load.args(["--today", &harness.psql("select now()::date")?]);
    let replayed = process::capture(&mut load);
    std::fs::write(&stop, "")?;
    let read = reader.wait_with_output()?;
    println!("{}", replayed?.trim());
    println!("beside it, one person read pages: {}", String::from_utf8_lossy(&read.stdout).trim());
    let broken = harness.broken_invariants()?;
    ensure!(broken.is_empty(), "afterwards: {}", broken.join("; "));
    println!("afterwards all guards agree with the history");
    harness.close()
}

fn made_up(harness: &Harness) -> Result<PathBuf> {
    let file = harness.folder.join("day.csv");
    let text =
        process::capture(harness.load("day").args(["--appointments", "5000", "--seed", "1"]))?;
    std::fs::write(&file, text)?;
    Ok(file)
}

/// Ten times what it can carry, ten thousand idle connections, half requests: refused early, and
/// over when it is over.
pub fn crowd() -> Result<()> {
    client::build()?;
    server::build()?;
    harness::build_load()?;
    let mut harness = Harness::prepare(1, 30_000, |_, _| Ok(()))?;
    let usual = |harness: &Harness, skip: &str| -> Result<String> {
        let mut load = harness.load("case");
        load.args(["--case", "distinct-slots", "--connections", "64", "--requests", "4000"])
            .args(["--skip", skip, "--from", &harness.days.0, "--to", &harness.days.1]);
        process::capture(&mut load)
    };
    println!("before:  {}", usual(&harness, "20000")?.trim());
    let mut crowd = harness.load("crowd");
    crowd.args(["--idle", "10000", "--slow", "500", "--pushing", "3000", "--seconds", "10"]);
    crowd.args(["--first", "20000"]);
    let mut said = String::new();
    let usage = harness.measure(|_| {
        said = process::capture(&mut crowd)?;
        Ok(())
    })?;
    println!("crowd:   {}", said.trim());
    println!(
        "         processor seconds: server {:.1}, PostgreSQL {:.1}, generator {:.1}",
        usage.server, usage.postgres, usage.generator
    );
    println!("after:   {}", usual(&harness, "24000")?.trim());
    println!("the server's memory at its peak: {:.0} MB", harness.peak_megabytes());
    let broken = harness.broken_invariants()?;
    ensure!(broken.is_empty(), "afterwards: {}", broken.join("; "));
    harness.close()
}
