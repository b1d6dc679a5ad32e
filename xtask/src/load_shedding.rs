//! `cargo xtask crowd`: more requests and connections than the server can carry.

use anyhow::{Result, ensure};

use crate::harness::{self, Harness, Size, figure};
use crate::history::{self, Journal};
use crate::process;

/// How much more.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Connections that say nothing.
    idle: usize,
    /// Connections that send a request a byte at a time.
    slow: usize,
    /// Connections that ask without a pause: more than the 2,048 requests that the API works on.
    pushing: usize,
    seconds: u64,
    /// Those who push, and the slots they want.
    patients: usize,
    /// Plain holds before and after, and from how many connections.
    usual: usize,
    usual_connections: usize,
}

const LONG: Plan = Plan {
    idle: 10_000,
    slow: 500,
    pushing: 3_000,
    seconds: 10,
    patients: 20_000,
    usual: 4_000,
    usual_connections: 64,
};

/// In the test run.
pub const SHORT: Plan = Plan {
    idle: 1_500,
    slow: 100,
    pushing: 2_600,
    seconds: 4,
    patients: 3_000,
    usual: 300,
    usual_connections: 16,
};

impl Plan {
    /// Patients that it uses up.
    pub const fn needs(&self) -> usize {
        self.patients + 2 * self.usual
    }
}

/// `cargo xtask crowd`: ten times what it can carry, ten thousand idle connections, half requests:
/// refused early, and over when it is over.
pub fn run() -> Result<()> {
    harness::build_release()?;
    let mut harness = Harness::prepare(Size::of(1, LONG.needs()), |_, _| Ok(()))?;
    overload(&mut harness, LONG)?;
    harness.close()
}

/// The short form.
pub fn short(harness: &mut Harness) -> Result<()> {
    overload(harness, SHORT)
}

/// Nothing here is judged by how long it takes, but that the server answers again at all.
fn overload(harness: &mut Harness, plan: Plan) -> Result<()> {
    let pids = harness.server_pids();
    let usual = |harness: &mut Harness| -> Result<String> {
        let said = harness.case("distinct-slots", plan.usual_connections, plan.usual)?;
        let granted = figure(&said, "granted")?;
        ensure!(granted == plan.usual as f64, "plain holds were refused: {said}");
        Ok(said)
    };
    println!("before:  {}", usual(harness)?.trim());
    let before = history::appointments_before(harness)?;
    let journal = harness.folder.join("load-shedding.csv");
    let skip = harness.allot(plan.patients)?;
    let mut crowd = harness.load("load-shedding");
    for (name, value) in [
        ("--idle", plan.idle),
        ("--slow", plan.slow),
        ("--pushing", plan.pushing),
        ("--skip", skip),
        ("--first", plan.patients),
    ] {
        crowd.args([name, &value.to_string()]);
    }
    crowd.args(["--seconds", &plan.seconds.to_string(), "--journal"]).arg(&journal);
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
    ensure!(figure(&said, "idle_opened")? == plan.idle as f64, "idle connections were refused");
    ensure!(figure(&said, "refused")? > 0.0, "nobody was refused: that was no crowd");
    let unanswered = figure(&said, "unanswered")? as usize;
    let found = history::check(harness, &journal, &before, Journal::Without(unanswered))?;
    println!("         {} holds were granted meanwhile: every one is there", found.answers);
    println!("after:   {}", usual(harness)?.trim());
    println!("the server's memory at its peak: {:.0} MB", harness.peak_megabytes());
    ensure!(harness.server_pids() == pids, "a server did not survive");
    Ok(())
}
