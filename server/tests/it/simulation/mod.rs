//! A seeded random simulation of a small clinic on the real database, through the ports that pages and
//! REST use, with every invariant of `ARCHITECTURE.md` checked after every step.
//!
//! `cargo xtask simulate --operations N --seed S` runs it for as long as one likes. The seed decides what is
//! requested and when. It does not decide which request of a burst is handled first, so a run with bursts can
//! differ in that. The answers of a burst are right when some sequential order of its requests explains all of
//! them and the rows in the database afterwards.

mod bursts;
mod compare;
mod families;
mod full_check;
mod generator;
mod history;
mod invariants;
mod model;
mod mutations;
mod oracle;
mod owners;
mod run;
mod statistics;
mod stored;
mod world;

use std::time::Instant;

use run::{FailedRun, Plan, Run};
use world::World;

const OPERATIONS: u64 = 5_000;
const SEED: u64 = 2026;

fn setting(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number")),
        Err(_) => usual,
    }
}

fn report(failed: &FailedRun, plan: Plan) -> String {
    let recent: Vec<&str> = failed.recent.iter().map(String::as_str).collect();
    format!(
        "\n{}\n\nat step {} of seed {}. What happened last:\n{}\n\nAgain: cargo xtask simulate \
         --operations {} --seed {}\n",
        failed.violation,
        failed.step,
        plan.seed,
        recent.join("\n"),
        plan.operations,
        plan.seed
    )
}

#[tokio::test]
async fn every_invariant_holds_after_every_step() {
    let plan = Plan {
        seed: setting("NADI_SIMULATE_SEED", SEED),
        operations: setting("NADI_SIMULATE_OPERATIONS", OPERATIONS),
        bursts: true,
    };
    let mut world = World::open().await;
    let started = Instant::now();
    let mut run = Run::new(&mut world, plan);
    if let Err(failed) = run.carry_out(plan).await {
        panic!("{}", report(&failed, plan));
    }
    let took = started.elapsed().as_secs_f64();
    let statistics = run.statistics;
    println!("{statistics}");
    let per_second = f64::from(u32::try_from(statistics.operations).unwrap_or(u32::MAX)) / took;
    let (operations, seed) = (statistics.operations, plan.seed);
    println!("{operations} operations with seed {seed} in {took:.1} s: {per_second:.0} a second");
    world.clinic.assert_consistent().await;
    if plan.operations >= OPERATIONS {
        for kind in ["hold", "hold of two", "extend", "confirm", "send a code", "cancel"] {
            assert!(statistics.granted(kind) > 0, "no {kind} was ever granted");
        }
        for kind in ["reschedule", "check in", "complete", "no show", "reopen", "the same again"] {
            assert!(statistics.granted(kind) > 0, "no {kind} was ever granted");
        }
        for kind in ["a visitor holds", "a visitor gives an address", "a visitor confirms"] {
            assert!(statistics.granted(kind) > 0, "no {kind} was ever granted");
        }
        for reason in ["PersonBusy", "TooManyVisits", "TooManyPeople"] {
            // Whoever has an account is not refused for any of these when they confirm.
            let kinds = ["a visitor confirms", "confirm"];
            let refused: u64 = kinds.iter().map(|kind| statistics.refused(kind, reason)).sum();
            assert!(refused > 0, "no visitor was ever refused for {reason}");
        }
    }
}

/// Without bursts the seed decides the whole run, so two runs have the same statistics.
#[tokio::test]
async fn the_same_seed_gives_the_same_run() {
    let plan = Plan { seed: SEED, operations: 300, bursts: false };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mut world = World::open().await;
        let mut run = Run::new(&mut world, plan);
        if let Err(failed) = run.carry_out(plan).await {
            panic!("{}", report(&failed, plan));
        }
        runs.push(run.statistics.to_string());
    }
    assert_eq!(runs[0], runs[1]);
}
