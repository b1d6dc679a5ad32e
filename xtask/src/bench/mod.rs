//! `cargo xtask bench`: the release binary over HTTP against raw `pgbench` with the very statement
//! of a hold, in turns, on one durable PostgreSQL, in one run on one machine.
//!
//! Server, database and both generators share the machine, and each one's processor time is shown.
//! Figures tell one commit from another on one machine; the ratio is what travels.

mod pgbench;
mod search;
mod table;
mod times;

use anyhow::{Context, Result, ensure};

use crate::client;
use crate::clock;
use crate::harness::usage::Usage;
use crate::harness::{self, Harness};
use crate::place;
use crate::process;
use crate::server;
use table::{Row, Run, Table};

/// Rounds in which both sides take turns.
const ROUNDS: usize = 3;
const CONNECTIONS: usize = 64;
/// Holds of one round, on each side.
const HOLDS: usize = 12_000;
const RIVALS: usize = 1_000;
const ALONE: usize = 1_000;
const WARM_UP: usize = 3_200;

pub fn bench() -> Result<()> {
    let mut bench = begin()?;
    let mut table = Table::default();
    for line in times::measure(&bench.harness)? {
        println!("{line}");
    }
    bench.holds(&mut table)?;
    // From the cache: once before it counts.
    bench.case("availability", CONNECTIONS, 5_000)?;
    for (name, case, connections, requests) in [
        ("hot_slot", "hot-slot", CONNECTIONS, RIVALS),
        ("book_confirm", "book-confirm", CONNECTIONS, 4_000),
        ("mixed", "mixed", CONNECTIONS, 40_000),
        ("availability", "availability", CONNECTIONS, 100_000),
        ("doctors_page", "doctors-page", 8, 1_000),
    ] {
        table.add(Row::of(name, &[bench.case(case, connections, requests)?]));
    }
    bench.harness.kill_redis()?;
    table.add(Row::of("without_redis", &[bench.case("distinct-slots", CONNECTIONS, HOLDS / 2)?]));
    bench.harness.start_redis()?;
    bench.harness.start_server(1)?;
    table.add(Row::of("two_servers", &[bench.case("distinct-slots", CONNECTIONS, HOLDS / 2)?]));
    table.print();
    let folder = place::target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("latest.json");
    std::fs::write(&file, table.json(&Usage::machine()))?;
    println!("written to {}", file.display());
    bench.harness.close()
}

/// Only how fast schedules become times.
pub fn schedules() -> Result<()> {
    client::build()?;
    server::build()?;
    harness::build_load()?;
    let harness = Harness::prepare(1, 1, |_, _| Ok(()))?;
    for line in times::measure(&harness)? {
        println!("{line}");
    }
    harness.close()
}

/// Only how fast doctors are found.
pub fn searches() -> Result<()> {
    client::build()?;
    server::build()?;
    harness::build_load()?;
    let harness = Harness::prepare(1, 1, |_, _| Ok(()))?;
    let mut bench = Bench { harness, used: 0 };
    for line in search::measure(&mut bench)? {
        println!("{line}");
    }
    bench.harness.close()
}

/// Only holds against pgbench.
pub fn holds() -> Result<()> {
    let mut bench = begin()?;
    let mut table = Table::default();
    bench.holds(&mut table)?;
    table.print();
    bench.harness.close()
}

fn begin() -> Result<Bench> {
    client::build()?;
    server::build()?;
    harness::build_load()?;
    Bench::prepare()
}

struct Bench {
    harness: Harness,
    /// Patients and slots that have been used.
    used: usize,
}

impl Bench {
    fn prepare() -> Result<Self> {
        let for_us = ROUNDS * HOLDS + HOLDS + WARM_UP + 12_000;
        let harness = Harness::prepare(2, for_us, |nadi, postgres| {
            nadi.patients(ROUNDS * HOLDS + ALONE + WARM_UP)?;
            postgres.psql("nadi", &["-c", "vacuum analyze"])?;
            let now = clock::sql_now(clock::shift_seconds(&nadi.more)?);
            for statement in pgbench::wishes(&now).split(';') {
                postgres.psql("nadi", &["-c", statement])?;
            }
            Ok(())
        })?;
        Ok(Self { harness, used: 0 })
    }

    /// In turns with pgbench: many at once, then one after another.
    fn holds(&mut self, table: &mut Table) -> Result<()> {
        let (mut ours, mut raw) = (Vec::new(), Vec::new());
        // Once in vain, for warm caches on both sides.
        self.pgbench(ROUNDS * HOLDS + ALONE, WARM_UP, CONNECTIONS)?;
        self.case("distinct-slots", CONNECTIONS, WARM_UP)?;
        for round in 0..ROUNDS {
            raw.push(self.pgbench(round * HOLDS, HOLDS, CONNECTIONS)?);
            ours.push(self.case("distinct-slots", CONNECTIONS, HOLDS)?);
            println!("{}", table::turn(round, &ours[round], &raw[round]));
        }
        table.add(Row::against("distinct_slots", &ours, &raw));
        // Alone: one connection, one after another.
        let raw_alone = self.pgbench(ROUNDS * HOLDS, ALONE, 1)?;
        let alone = self.case("distinct-slots", 1, ALONE)?;
        table.add(Row::against("lone_hold", &[alone], &[raw_alone]));
        Ok(())
    }

    /// So many holds by pgbench, from the `first` wish on.
    fn pgbench(&mut self, first: usize, holds: usize, clients: usize) -> Result<Run> {
        let hold = place::root().join("server/src/store/sql/hold.sql");
        let hold = std::fs::read_to_string(&hold)
            .with_context(|| format!("cannot read {}", hold.display()))?;
        let script = self.harness.folder.join("hold.pgbench.sql");
        std::fs::write(&script, pgbench::script(&hold, &self.harness.sql_now(), first, clients))?;
        let before = self.held()?;
        // Its turn alone: the server would deliver messages meanwhile.
        self.harness.stop_server(0)?;
        let mut measured = None;
        let usage = self.harness.measure(|harness| {
            let command = harness.postgres.program("pgbench", "nadi");
            measured = Some(pgbench::run(command, &script, holds, clients)?);
            Ok(())
        })?;
        let measured = measured.context("pgbench has not run")?;
        self.harness.psql("update outbox set state = 'delivered' where state = 'waiting'")?;
        self.harness.psql("vacuum outbox")?;
        self.harness.start_server(0)?;
        let made = self.held()? - before;
        let wanted = holds / clients * clients;
        ensure!(made == wanted, "pgbench made {made} holds of {wanted}");
        Ok(Run {
            requests: wanted,
            granted: made,
            per_s: measured.per_s,
            p50_ms: measured.latency_ms,
            usage,
            ..Run::default()
        })
    }

    fn held(&self) -> Result<usize> {
        self.harness.psql("select count(*) from appointments")?.parse().context("a count")
    }

    /// A case of the generator; patients and slots are used once.
    fn case(&mut self, case: &str, connections: usize, requests: usize) -> Result<Run> {
        let skip = self.used;
        self.used += match case {
            "distinct-slots" | "hot-slot" | "book-confirm" => requests,
            "mixed" => requests / 10 + 1,
            _ => 0,
        };
        let mut said = String::new();
        let usage = self.harness.measure(|harness| {
            let mut load = harness.load("case");
            load.args(["--case", case])
                .args(["--connections", &connections.to_string()])
                .args(["--requests", &requests.to_string(), "--skip", &skip.to_string()])
                .args(["--from", &harness.days.0, "--to", &harness.days.1]);
            said = process::capture(&mut load)?;
            Ok(())
        })?;
        let run = Run::read(&said).with_context(|| format!("the generator said: {said}"))?;
        Ok(Run { usage, server_rss_mb: self.harness.peak_megabytes(), ..run })
    }
}
