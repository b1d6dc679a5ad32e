//! `cargo xtask replay`: a day of bookings from a file, through the REST API, with somebody reading
//! pages beside it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::client;
use crate::clock;
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
    let mut reader = harness.load("background-reader");
    reader.arg("--until").arg(&stop).stdout(Stdio::piped()).stdin(Stdio::null());
    let reader = reader.spawn().context("the reader does not start")?;
    let mut load = harness.load("replay");
    load.arg("--file").arg(&file).args(["--speed", &factor.to_string()]);
    load.args(["--today", &clock::date(harness.now())]);
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
