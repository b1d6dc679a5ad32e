//! `cargo xtask load-shedding`: sends more requests and opens more connections than the server can serve.

use anyhow::{Result, ensure};

use crate::consistency::{self, Completeness};
use crate::harness::{self, Harness, HarnessOptions, json_number};
use crate::process;

/// The size of the overload.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Connections that never send a request.
    idle: usize,
    /// Connections that send a request byte by byte.
    slow: usize,
    /// Connections that send requests without a pause: more than the 2,048 requests that the API serves at once.
    flooding: usize,
    seconds: u64,
    /// How many patients send these requests, and how many slots they want.
    patients: usize,
    /// Holds before and after the overload, for comparison.
    baseline: usize,
    baseline_connections: usize,
}

const LONG: Plan = Plan {
    idle: 10_000,
    slow: 500,
    flooding: 3_000,
    seconds: 10,
    patients: 20_000,
    baseline: 4_000,
    baseline_connections: 64,
};

/// For the smoke test.
pub const SHORT: Plan = Plan {
    idle: 1_500,
    slow: 100,
    flooding: 2_600,
    seconds: 4,
    patients: 3_000,
    baseline: 300,
    baseline_connections: 16,
};

/// How often a hold before or after the overload is sent again when it is answered 503, every half a second. A slow
/// machine may still be busy with what came before.
const RETRIES: usize = 60;

impl Plan {
    /// How many patients the run uses up.
    pub const fn patients_needed(&self) -> usize {
        self.patients + 2 * self.baseline
    }
}

/// `cargo xtask load-shedding`: about ten times the requests that the server can serve, ten thousand idle connections
/// and incomplete requests. The server has to refuse the excess and recover afterwards.
pub fn run() -> Result<()> {
    harness::build_release()?;
    let mut harness =
        Harness::prepare(HarnessOptions::release(1, LONG.patients_needed()), |_, _| Ok(()))?;
    overload(&mut harness, LONG)?;
    harness.close()
}

/// The smoke test.
pub fn short(harness: &mut Harness) -> Result<()> {
    overload(harness, SHORT)
}

/// Overloads the server and checks that no granted hold is lost. Times are printed, but never a reason to fail.
fn overload(harness: &mut Harness, plan: Plan) -> Result<()> {
    let pids = harness.server_pids();
    let baseline = |harness: &mut Harness| -> Result<String> {
        let output = harness.run_case_with_retries(
            "distinct-slots",
            plan.baseline_connections,
            plan.baseline,
            RETRIES,
        )?;
        let granted = json_number(&output, "granted")?;
        ensure!(granted == plan.baseline as f64, "holds without overload were refused: {output}");
        Ok(output)
    };
    println!("before:   {}", baseline(harness)?.trim());
    let existing = consistency::existing_appointments(harness)?;
    let journal = harness.folder.join("load-shedding.csv");
    let skip = harness.reserve(plan.patients)?;
    let mut load = harness.load_command("load-shedding");
    for (name, value) in [
        ("--idle", plan.idle),
        ("--slow", plan.slow),
        ("--flooding", plan.flooding),
        ("--skip", skip),
        ("--first", plan.patients),
    ] {
        load.args([name, &value.to_string()]);
    }
    load.args(["--seconds", &plan.seconds.to_string(), "--journal"]).arg(&journal);
    let mut output = String::new();
    let usage = harness.measure(|_| {
        output = process::capture(&mut load)?;
        Ok(())
    })?;
    println!("overload: {}", output.trim());
    println!(
        "          processor seconds: server {:.1}, PostgreSQL {:.1}, generator {:.1}",
        usage.server, usage.postgres, usage.generator
    );
    ensure!(
        json_number(&output, "idle_opened")? == plan.idle as f64,
        "idle connections were refused"
    );
    ensure!(
        json_number(&output, "refused")? > 0.0,
        "no request was refused, so the server was not overloaded"
    );
    let unanswered = json_number(&output, "unanswered")? as usize;
    let found =
        consistency::check(harness, &journal, &existing, Completeness::Missing(unanswered))?;
    println!(
        "          {} holds were granted meanwhile, and all of them are in the database",
        found.responses
    );
    println!("after:    {}", baseline(harness)?.trim());
    println!("peak memory of the server: {:.0} MB", harness.peak_megabytes());
    ensure!(harness.server_pids() == pids, "a server did not survive");
    Ok(())
}
