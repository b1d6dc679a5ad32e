//! `cargo xtask bench`: the release binary over HTTP against raw `pgbench` with the very statement
//! of a hold, in turns, on one durable PostgreSQL, in one run on one machine.
//!
//! Server, database and both generators share the machine, and each one's processor time is shown.
//! Figures tell one commit from another on one machine; the ratio is what travels.

mod pgbench;
mod table;
mod usage;
mod world;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::client;
use crate::place;
use crate::process;
use crate::server;
use crate::toolchain;
use table::{Row, Table};
use usage::Usage;
use world::World;

/// Rounds in which both sides take turns.
const ROUNDS: usize = 3;
const CONNECTIONS: usize = 64;
/// Holds of one round, on each side.
const HOLDS: usize = 12_000;
const RIVALS: usize = 1_000;

pub fn bench() -> Result<()> {
    client::build()?;
    server::build()?;
    build_load()?;
    let mut world = World::prepare(ROUNDS * HOLDS + 1_000, ROUNDS * HOLDS + 12_000)?;
    let mut table = Table::default();

    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        raw.push(world.pgbench(round * HOLDS, HOLDS, CONNECTIONS)?);
        ours.push(world.case("distinct-slots", CONNECTIONS, HOLDS)?);
        println!("{}", table::turn(round, &ours[round], &raw[round]));
    }
    table.add(Row::against("distinct_slots", &ours, &raw));
    // Alone: one connection, one after another.
    let raw_alone = world.pgbench(ROUNDS * HOLDS, 1_000, 1)?;
    let alone = world.case("distinct-slots", 1, 1_000)?;
    table.add(Row::against("lone_hold", &[alone], &[raw_alone]));
    for (name, case, connections, requests) in [
        ("hot_slot", "hot-slot", CONNECTIONS, RIVALS),
        ("book_confirm", "book-confirm", CONNECTIONS, 4_000),
        ("mixed", "mixed", CONNECTIONS, 40_000),
        ("availability", "availability", CONNECTIONS, 60_000),
        ("doctors_page", "doctors-page", 8, 2_000),
    ] {
        table.add(Row::of(name, &[world.case(case, connections, requests)?]));
    }
    table.print();
    let folder = place::target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("latest.json");
    std::fs::write(&file, table.json(&Usage::machine()))?;
    println!("written to {}", file.display());
    world.close()
}

/// The generator, in a build of its own: it shares no features with the server.
pub fn build_load() -> Result<()> {
    let mut cargo = toolchain::cargo();
    cargo.args(["build", "--release", "--package", "load"]);
    process::run(&mut cargo).context("the load generator does not build")
}

pub fn load() -> Command {
    Command::new(load_binary())
}

fn load_binary() -> PathBuf {
    place::target().join("release/load")
}
