//! `cargo xtask simulate`: a seeded random life of a small clinic, for as long as one likes. The test
//! run takes 5,000 operations of the same; see `server/tests/it/simulation/`.

use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::client;
use crate::counts::Counts;
use crate::postgres::Postgres;
use crate::process;
use crate::server::DEVELOPMENT_PACKAGES;
use crate::services::Services;
use crate::toolchain;

const TEST: &str = "simulation::every_invariant_holds_after_every_step";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    operations: u64,
    /// `None`: another one every time.
    seed: Option<u64>,
}

pub fn simulate(arguments: &[&str]) -> Result<()> {
    let plan = plan(arguments)?;
    let seed = plan.seed.unwrap_or_else(any_seed);
    // The server embeds it.
    client::build()?;
    let services = Services::throwaway_postgres()?;
    let simulated = simulate_on(&services.postgres, plan.operations, seed);
    let mut postgres = services.postgres;
    postgres.stop()?;
    simulated
}

/// The short form of the command: the long one's way to the test, with few operations.
pub fn short(postgres: &Postgres) -> Result<()> {
    simulate_on(postgres, 100, 1)
}

fn simulate_on(postgres: &Postgres, operations: u64, seed: u64) -> Result<()> {
    println!("{operations} operations with seed {seed} …");
    let database = "nadi_simulation";
    postgres.ensure_database(database)?;
    // The build of the tests: a release build would take longer than it saves, for most of the
    // time goes to the database.
    let mut cargo = toolchain::cargo();
    cargo
        .arg("test")
        .args(DEVELOPMENT_PACKAGES)
        .args(["--test", "it", "--", "--exact", TEST, "--nocapture"])
        .env("SQLX_OFFLINE", "true")
        .env("DATABASE_URL", postgres.url(database))
        .env("NADI_SIMULATE_OPERATIONS", operations.to_string())
        .env("NADI_SIMULATE_SEED", seed.to_string());
    let (passed, lines) = process::tee(&mut cargo)?;
    ensure!(passed, "the simulation failed with seed {seed}");
    // Cargo is content when no test has this name.
    ensure!(Counts::of_cargo(&lines).passed == 1, "there is no test {TEST}");
    Ok(())
}

fn plan(arguments: &[&str]) -> Result<Plan> {
    let mut plan = Plan { operations: 100_000, seed: None };
    let mut left = arguments;
    while let [name, value, rest @ ..] = left {
        let number = value.parse().with_context(|| format!("{name} takes a number"))?;
        match *name {
            "--operations" => plan.operations = number,
            "--seed" => plan.seed = Some(number),
            other => bail!("simulate has no option `{other}`"),
        }
        left = rest;
    }
    if let [lonely] = left {
        bail!("`{lonely}` takes a number");
    }
    Ok(plan)
}

fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Short enough to be typed again.
    u64::from(since.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_any_order_or_not_at_all() -> Result<()> {
        assert_eq!(plan(&[])?, Plan { operations: 100_000, seed: None });
        let both = plan(&["--seed", "7", "--operations", "20"])?;
        assert_eq!(both, Plan { operations: 20, seed: Some(7) });
        for wrong in [vec!["--seed"], vec!["--seed", "x"], vec!["--sed", "1"], vec!["7"]] {
            assert!(plan(&wrong).is_err(), "{wrong:?}");
        }
        Ok(())
    }
}
