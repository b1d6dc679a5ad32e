//! `cargo xtask crowd`: more requests and connections than the server can carry.

use anyhow::{Result, ensure};

use crate::client;
use crate::harness::{self, Harness};
use crate::process;
use crate::server;

/// Ten times what it can carry, ten thousand idle connections, half requests: refused early, and
/// over when it is over.
pub fn run() -> Result<()> {
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
    let mut crowd = harness.load("load-shedding");
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
