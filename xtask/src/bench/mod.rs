//! `cargo xtask bench`: the release binary over HTTP against raw `pgbench` with the very statement
//! of a hold, in turns, on one durable PostgreSQL, in one run on one machine.
//!
//! Server, database and both generators share the machine, and each one's processor time is shown.
//! Figures tell one commit from another on one machine; the ratio is what travels.

mod history;
mod pgbench;
mod search;
mod table;
mod times;

use anyhow::{Context, Result, ensure};

use crate::clock;
use crate::harness::{self, Harness, Size, usage::Usage};
use crate::place;
use crate::postgres::Postgres;
use crate::server::{self, Server};
use table::{Row, Run, Table};

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rounds in which both sides take turns.
    rounds: usize,
    connections: usize,
    /// Holds of one round, on each side.
    holds: usize,
    /// Who wants the same slot.
    rivals: usize,
    /// Holds one after another.
    alone: usize,
    /// Holds before anything is measured.
    warm_up: usize,
    bookings: usize,
    mixed: usize,
    /// Reads of free times.
    reads: usize,
    pages: usize,
    searches: usize,
    /// How often each doctor is copied for the search among many.
    search_copies: usize,
    /// The same for the making of times.
    schedule_copies: usize,
    /// Visits that each patient has in the archive.
    behind: usize,
    /// Days for which a clinic's times are made.
    schedule_days: &'static str,
    file: &'static str,
}

const LONG: Plan = Plan {
    rounds: 3,
    connections: 64,
    holds: 12_000,
    rivals: 1_000,
    alone: 1_000,
    warm_up: 3_200,
    bookings: 4_000,
    mixed: 40_000,
    reads: 100_000,
    pages: 1_000,
    searches: 2_000,
    search_copies: 99,
    schedule_copies: 9,
    behind: 20,
    schedule_days: "90",
    file: "latest.json",
};

/// In the test run: as little of everything as shows that it still works. Its figures mean nothing.
pub const SHORT: Plan = Plan {
    rounds: 1,
    connections: 8,
    holds: 80,
    rivals: 40,
    alone: 8,
    warm_up: 16,
    bookings: 40,
    mixed: 100,
    reads: 100,
    pages: 10,
    searches: 40,
    search_copies: 1,
    schedule_copies: 1,
    behind: 4,
    schedule_days: "2",
    file: "short.json",
};

impl Plan {
    /// Patients that our side uses up.
    pub const fn needs(&self) -> usize {
        let holds = self.warm_up + self.rounds * self.holds + self.alone;
        let cases = self.rivals + self.bookings + self.mixed / 10 + 1;
        // Without Redis, and on two servers; and in a house without a past and with one.
        holds + cases + self.holds / 2 * 2 + (self.alone / 4 + self.alone) * 3
    }

    const fn pgbench_needs(&self) -> usize {
        self.rounds * self.holds + self.alone + self.warm_up
    }
}

/// `cargo xtask bench`.
pub fn bench() -> Result<()> {
    let mut harness = prepare(LONG)?;
    for line in times::measure(&harness, LONG)? {
        println!("{line}");
    }
    let mut bench = Bench { harness: &mut harness, plan: LONG };
    bench.every_case()?;
    for line in history::measure(&mut bench)? {
        println!("{line}");
    }
    harness.close()
}

/// Only what a long history costs.
pub fn history() -> Result<()> {
    let mut harness = prepare(LONG)?;
    for line in history::measure(&mut Bench { harness: &mut harness, plan: LONG })? {
        println!("{line}");
    }
    harness.close()
}

/// Only how fast schedules become times.
pub fn schedules() -> Result<()> {
    harness::build_release()?;
    let harness = Harness::prepare(Size::of(1, 1), |_, _| Ok(()))?;
    for line in times::measure(&harness, LONG)? {
        println!("{line}");
    }
    harness.close()
}

/// Only how fast doctors are found.
pub fn searches() -> Result<()> {
    harness::build_release()?;
    let mut harness = Harness::prepare(Size::of(1, 1), |_, _| Ok(()))?;
    for line in search::measure(&mut Bench { harness: &mut harness, plan: LONG })? {
        println!("{line}");
    }
    harness.close()
}

/// Only holds against pgbench.
pub fn holds() -> Result<()> {
    let mut harness = prepare(LONG)?;
    let mut table = Table::default();
    Bench { harness: &mut harness, plan: LONG }.holds(&mut table)?;
    table.print();
    harness.close()
}

/// The short form of every case. It needs the wishes of [`add_wishes`], whose slots must be free still;
/// the second server must not run.
pub fn short(harness: &mut Harness) -> Result<()> {
    let mut bench = Bench { harness, plan: SHORT };
    bench.every_case()?;
    for line in history::measure(&mut bench)? {
        println!("{line}");
    }
    Ok(())
}

pub fn short_schedules(harness: &Harness) -> Result<()> {
    for line in times::measure(harness, SHORT)? {
        println!("{line}");
    }
    Ok(())
}

/// Leaves the database with more doctors than it had.
pub fn short_searches(harness: &mut Harness) -> Result<()> {
    for line in search::measure(&mut Bench { harness, plan: SHORT })? {
        println!("{line}");
    }
    Ok(())
}

fn prepare(plan: Plan) -> Result<Harness> {
    harness::build_release()?;
    Harness::prepare(Size::of(2, plan.needs()), |nadi, postgres| add_wishes(plan, nadi, postgres))
}

/// Patients and slots for pgbench, before any other patients come.
pub fn add_wishes(plan: Plan, nadi: &Server, postgres: &Postgres) -> Result<()> {
    nadi.patients(plan.pgbench_needs())?;
    postgres.psql("nadi", &["-c", "vacuum analyze"])?;
    let now = clock::sql_now(clock::shift_seconds(&nadi.more)?);
    for statement in pgbench::wishes(&now).split(';') {
        postgres.psql("nadi", &["-c", statement])?;
    }
    Ok(())
}

struct Bench<'a> {
    harness: &'a mut Harness,
    plan: Plan,
}

impl Bench<'_> {
    fn every_case(&mut self) -> Result<()> {
        let Plan { connections, holds, rivals, bookings, mixed, reads, pages, .. } = self.plan;
        let mut table = Table::default();
        self.holds(&mut table)?;
        // From the cache: once before it counts.
        self.case("availability", connections, reads / 20)?;
        for (name, case, connections, requests) in [
            ("hot_slot", "hot-slot", connections, rivals),
            ("book_confirm", "book-confirm", connections, bookings),
            ("mixed", "mixed", connections, mixed),
            ("availability", "availability", connections, reads),
            ("doctors_page", "doctors-page", 8, pages),
        ] {
            table.add(Row::of(name, &[self.case(case, connections, requests)?]));
        }
        self.harness.kill_redis()?;
        let without_redis = self.case("distinct-slots", connections, holds / 2)?;
        table.add(Row::of("without_redis", &[without_redis]));
        self.harness.start_redis()?;
        self.harness.start_server(1)?;
        let two_servers = self.case("distinct-slots", connections, holds / 2)?;
        table.add(Row::of("two_servers", &[two_servers]));
        self.harness.stop_server(1)?;
        table.print();
        let folder = place::target().join("bench");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(self.plan.file);
        std::fs::write(&file, table.json(&Usage::machine()))?;
        println!("written to {}", file.display());
        Ok(())
    }

    /// In turns with pgbench: many at once, then one after another.
    fn holds(&mut self, table: &mut Table) -> Result<()> {
        let Plan { rounds, connections, holds, alone, warm_up, .. } = self.plan;
        let (mut ours, mut raw) = (Vec::new(), Vec::new());
        // Once in vain, for warm caches on both sides.
        self.pgbench(rounds * holds + alone, warm_up, connections)?;
        self.case("distinct-slots", connections, warm_up)?;
        for round in 0..rounds {
            raw.push(self.pgbench(round * holds, holds, connections)?);
            ours.push(self.case("distinct-slots", connections, holds)?);
            println!("{}", table::turn(round, &ours[round], &raw[round]));
            println!("{}", self.lags()?);
        }
        table.add(Row::against("distinct_slots", &ours, &raw));
        // Alone: one connection, one after another.
        let raw_alone = self.pgbench(rounds * holds, alone, 1)?;
        let ours_alone = self.case("distinct-slots", 1, alone)?;
        table.add(Row::against("lone_hold", &[ours_alone], &[raw_alone]));
        Ok(())
    }

    /// So many holds by pgbench, from the `first` wish on.
    fn pgbench(&mut self, first: usize, holds: usize, clients: usize) -> Result<Run> {
        let hold = place::root().join("server/src/bookings/sql/hold.sql");
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
        // Of these holds nobody is told: what the readers of the log have to catch up on would be measured next.
        self.harness.psql(
            "insert into event_readers (name, position)
             select name, pg_current_snapshot()
             from unnest(array['notifications', 'listings']) as readers (name)
             on conflict (name) do update set position = excluded.position",
        )?;
        self.harness.psql("vacuum events")?;
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

    /// How old the oldest event was that each reader of the log has handled last, right after a rush.
    fn lags(&self) -> Result<String> {
        let port = self.harness.servers.first().context("a server")?.nadi.port;
        let metrics = server::text(port, "/metrics").context("the server tells no metrics")?;
        let lags: Vec<String> = metrics
            .lines()
            .filter_map(|line| line.strip_prefix("nadi_event_reader_lag_seconds{reader=\""))
            .filter_map(|line| line.split_once("\"} "))
            .map(|(name, lag)| format!("{name} {lag} s"))
            .collect();
        ensure!(lags.len() == 3, "three readers of the log are expected, and {lags:?} answer");
        Ok(format!("   behind at the end: {}", lags.join(", ")))
    }

    fn held(&self) -> Result<usize> {
        self.harness.psql("select count(*) from appointments")?.parse().context("a count")
    }

    /// A case of the generator, with what it uses meanwhile.
    fn case(&mut self, case: &str, connections: usize, requests: usize) -> Result<Run> {
        let mut said = String::new();
        let usage = self.harness.measure(|harness| {
            said = harness.case(case, connections, requests)?;
            Ok(())
        })?;
        let run = Run::read(&said)?;
        Ok(Run { usage, server_rss_mb: self.harness.peak_megabytes(), ..run })
    }
}
