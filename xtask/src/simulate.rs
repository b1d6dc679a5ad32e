//! `cargo xtask simulate`: a seeded random life of a small clinic, for as long as one likes, and the
//! orders in which two or three use cases can meet. The test run has 5,000 operations and some hundred
//! orders of the same; see `server/tests/it/simulation/` and `server/tests/it/interleavings/`.

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
/// The tests that try the orders in which use cases can meet, and how many these are.
const ORDERS_TESTS: &str = "interleavings::";
const ORDERS_SCENARIOS: u64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    operations: u64,
    /// Orders by a seed, beside all with two changes of who goes on.
    orders: u64,
    /// `None`: another one every time.
    seed: Option<u64>,
}

pub fn simulate(arguments: &[&str]) -> Result<()> {
    let plan = plan(arguments)?;
    let seed = plan.seed.unwrap_or_else(any_seed);
    // The server embeds it.
    client::build()?;
    let services = Services::throwaway_postgres()?;
    let mut simulated = simulate_on(&services.postgres, plan.operations, seed);
    if simulated.is_ok() && plan.orders > 0 {
        simulated = interleave_on(&services.postgres, plan.orders, seed);
    }
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
    let settings = [("NADI_SIMULATE_OPERATIONS", operations), ("NADI_SIMULATE_SEED", seed)];
    run(postgres, &["--exact", TEST], &settings)
        .with_context(|| format!("the simulation failed with seed {seed}"))
}

fn interleave_on(postgres: &Postgres, orders: u64, seed: u64) -> Result<()> {
    println!("{orders} orders with seed {seed}, beside all with two changes …");
    let settings = [
        ("NADI_INTERLEAVING_ORDERS", u64::from(u32::MAX)),
        ("NADI_INTERLEAVING_SEED", seed),
        ("NADI_INTERLEAVING_SEEDS", orders.div_ceil(ORDERS_SCENARIOS)),
    ];
    run(postgres, &[ORDERS_TESTS], &settings)
        .with_context(|| format!("something is wrong in an order, with seed {seed}"))
}

/// Runs tests of the server in the build of the tests: a release build would take longer than it saves,
/// for most of the time goes to the database.
fn run(postgres: &Postgres, tests: &[&str], settings: &[(&str, u64)]) -> Result<()> {
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
    // Cargo is content when no test has this name.
    ensure!(Counts::of_cargo(&lines).passed > 0, "there is no such test: {tests:?}");
    Ok(())
}

fn plan(arguments: &[&str]) -> Result<Plan> {
    let mut plan = Plan { operations: 100_000, orders: 10_000, seed: None };
    let mut left = arguments;
    while let [name, value, rest @ ..] = left {
        let number = value.parse().with_context(|| format!("{name} takes a number"))?;
        match *name {
            "--operations" => plan.operations = number,
            "--orders" => plan.orders = number,
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
        assert_eq!(plan(&[])?, Plan { operations: 100_000, orders: 10_000, seed: None });
        let all = plan(&["--seed", "7", "--operations", "20", "--orders", "9"])?;
        assert_eq!(all, Plan { operations: 20, orders: 9, seed: Some(7) });
        for wrong in [vec!["--seed"], vec!["--seed", "x"], vec!["--sed", "1"], vec!["7"]] {
            assert!(plan(&wrong).is_err(), "{wrong:?}");
        }
        Ok(())
    }
}
