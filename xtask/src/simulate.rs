//! `cargo xtask simulate`: runs the seeded simulation of a small clinic and the interleavings of use cases with many
//! more operations than `cargo xtask test`, which has 5,000 operations and some hundred interleavings. Both are
//! implemented in `server/tests/it/simulation/` and `server/tests/it/interleavings/`.

use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::client;
use crate::postgres::Postgres;
use crate::process;
use crate::server::DEVELOPMENT_PACKAGES;
use crate::services::Services;
use crate::test_counts::TestCounts;
use crate::toolchain;

const TEST: &str = "simulation::every_invariant_holds_after_every_step";
/// The tests that run use cases in many interleavings, and how many scenarios they have.
const INTERLEAVING_TESTS: &str = "interleavings::";
const INTERLEAVING_SCENARIOS: u64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Options {
    operations: u64,
    /// Random interleavings, in addition to all interleavings with two context switches.
    interleavings: u64,
    /// `None` chooses a new seed for each run.
    seed: Option<u64>,
}

pub fn simulate(arguments: &[&str]) -> Result<()> {
    let options = parse_options(arguments)?;
    let seed = options.seed.unwrap_or_else(random_seed);
    // The server embeds the client.
    client::build()?;
    let services = Services::temporary_postgres()?;
    let mut outcome = run_simulation(&services.postgres, options.operations, seed);
    if outcome.is_ok() && options.interleavings > 0 {
        outcome = run_interleavings(&services.postgres, options.interleavings, seed);
    }
    let mut postgres = services.postgres;
    postgres.stop()?;
    outcome
}

/// The smoke test of the command: runs the same test with few operations.
pub fn short(postgres: &Postgres) -> Result<()> {
    run_simulation(postgres, 100, 1)
}

fn run_simulation(postgres: &Postgres, operations: u64, seed: u64) -> Result<()> {
    println!("{operations} operations with seed {seed} …");
    let settings = [("NADI_SIMULATE_OPERATIONS", operations), ("NADI_SIMULATE_SEED", seed)];
    run_server_tests(postgres, &["--exact", TEST], &settings)
        .with_context(|| format!("the simulation failed with seed {seed}"))
}

fn run_interleavings(postgres: &Postgres, interleavings: u64, seed: u64) -> Result<()> {
    println!(
        "{interleavings} random interleavings with seed {seed}, and all with two context switches …"
    );
    let settings = [
        ("NADI_INTERLEAVING_ORDERS", u64::from(u32::MAX)),
        ("NADI_INTERLEAVING_SEED", seed),
        ("NADI_INTERLEAVING_SEEDS", interleavings.div_ceil(INTERLEAVING_SCENARIOS)),
    ];
    run_server_tests(postgres, &[INTERLEAVING_TESTS], &settings)
        .with_context(|| format!("an interleaving failed with seed {seed}"))
}

/// Runs tests of the server in the development build. A release build would take longer than it saves, since most
/// of the time is spent in the database.
fn run_server_tests(postgres: &Postgres, tests: &[&str], settings: &[(&str, u64)]) -> Result<()> {
    let database = "nadi_simulation";
    postgres.ensure_database(database)?;
    let mut cargo = toolchain::cargo();
    cargo
        .arg("test")
        .args(DEVELOPMENT_PACKAGES)
        .args(["--test", "it", "--"])
        .args(tests)
        .arg("--nocapture")
        .env("SQLX_OFFLINE", "true")
        .env("DATABASE_URL", postgres.url(database))
        .envs(settings.iter().map(|(name, value)| (name, value.to_string())));
    let (passed, lines) = process::tee(&mut cargo)?;
    ensure!(passed, "a test failed");
    // Cargo succeeds when no test has this name.
    ensure!(TestCounts::from_cargo(&lines).passed > 0, "there is no such test: {tests:?}");
    Ok(())
}

fn parse_options(arguments: &[&str]) -> Result<Options> {
    let mut options = Options { operations: 100_000, interleavings: 10_000, seed: None };
    let mut remaining = arguments;
    while let [name, value, rest @ ..] = remaining {
        let number = value.parse().with_context(|| format!("{name} takes a number"))?;
        match *name {
            "--operations" => options.operations = number,
            "--interleavings" => options.interleavings = number,
            "--seed" => options.seed = Some(number),
            other => bail!("simulate has no option `{other}`"),
        }
        remaining = rest;
    }
    if let [name_without_value] = remaining {
        bail!("`{name_without_value}` takes a number");
    }
    Ok(options)
}

fn random_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Microseconds only, so that the seed is short enough to type.
    u64::from(since.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_any_order_or_not_at_all() -> Result<()> {
        assert_eq!(
            parse_options(&[])?,
            Options { operations: 100_000, interleavings: 10_000, seed: None }
        );
        let all = parse_options(&["--seed", "7", "--operations", "20", "--interleavings", "9"])?;
        assert_eq!(all, Options { operations: 20, interleavings: 9, seed: Some(7) });
        for wrong in [vec!["--seed"], vec!["--seed", "x"], vec!["--sed", "1"], vec!["7"]] {
            assert!(parse_options(&wrong).is_err(), "{wrong:?}");
        }
        Ok(())
    }
}
