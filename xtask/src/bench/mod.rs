//! `cargo xtask bench`: measures the release build over HTTP. Holds alternate with `pgbench`, which runs the same SQL
//! statement directly on the same durable PostgreSQL.
//!
//! Server, database and load generators share one machine, and the processor time of each is reported. Absolute numbers
//! compare commits on one machine only; the ratio to pgbench can be compared between machines.

mod history;
mod pgbench;
mod schedules;
mod search;
mod table;

use anyhow::{Context, Result, ensure};

use crate::clock;
use crate::directories;
use crate::harness::{self, Harness, HarnessOptions, usage::Usage};
use crate::postgres::Postgres;
use crate::server::{self, Server};
use table::{Row, Run, Table};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rounds of holds; in each, pgbench and the server take turns.
    rounds: usize,
    connections: usize,
    /// Holds per round, by pgbench and by the server.
    holds: usize,
    /// How many patients want the same slot.
    contenders: usize,
    /// Holds over one connection, one after another.
    sequential: usize,
    /// Holds before anything is measured.
    warm_up: usize,
    bookings: usize,
    mixed: usize,
    /// Reads of free times.
    reads: usize,
    pages: usize,
    searches: usize,
    /// How many copies of each doctor are added for the search among many.
    search_copies: usize,
    /// How many copies of each doctor are added for the measurement of schedules.
    schedule_copies: usize,
    /// Archived visits per patient.
    past_visits: usize,
    /// How many days of slots are created.
    schedule_days: &'static str,
    file: &'static str,
}

const LONG: Plan = Plan {
    rounds: 3,
    connections: 64,
    holds: 12_000,
    contenders: 1_000,
    sequential: 1_000,
    warm_up: 3_200,
    bookings: 4_000,
    mixed: 40_000,
    reads: 100_000,
    pages: 1_000,
    searches: 2_000,
    search_copies: 99,
    schedule_copies: 9,
    past_visits: 20,
    schedule_days: "90",
    file: "latest.json",
};

/// For the smoke test: just enough to show that everything works. Its numbers mean nothing.
pub const SHORT: Plan = Plan {
    rounds: 1,
    connections: 8,
    holds: 80,
    contenders: 40,
    sequential: 8,
    warm_up: 16,
    bookings: 40,
    mixed: 100,
    reads: 100,
    pages: 10,
    searches: 40,
    search_copies: 1,
    schedule_copies: 1,
    past_visits: 4,
    schedule_days: "2",
    file: "short.json",
};

impl Plan {
    /// How many patients the cases of the server use up.
    pub const fn patients_needed(&self) -> usize {
        let holds = self.warm_up + self.rounds * self.holds + self.sequential;
        let cases = self.contenders + self.bookings + self.mixed / 10 + 1;
        // Half a round without Redis and half on two servers; then sequential holds three times for `history`.
        holds + cases + self.holds / 2 * 2 + (self.sequential / 4 + self.sequential) * 3
    }

    /// How many patients pgbench uses up.
    const fn pgbench_patients_needed(&self) -> usize {
        self.rounds * self.holds + self.sequential + self.warm_up
    }
}

/// `cargo xtask bench`.
pub fn bench() -> Result<()> {
    let mut harness = prepare(LONG)?;
    for line in schedules::measure(&harness, LONG)? {
        println!("{line}");
    }
    let mut bench = Bench { harness: &mut harness, plan: LONG };
    bench.run_all_cases()?;
    for line in history::measure(&mut bench)? {
        println!("{line}");
    }
    harness.close()
}

/// `cargo xtask bench --only history`: what a long history of appointments costs.
pub fn history() -> Result<()> {
    let mut harness = prepare(LONG)?;
    for line in history::measure(&mut Bench { harness: &mut harness, plan: LONG })? {
        println!("{line}");
    }
    harness.close()
}

/// `cargo xtask bench --only schedules`: how fast slots are created from schedules.
pub fn schedules() -> Result<()> {
    harness::build_release()?;
    let harness = Harness::prepare(HarnessOptions::release(1, 1), |_, _| Ok(()))?;
    for line in schedules::measure(&harness, LONG)? {
        println!("{line}");
    }
    harness.close()
}

/// `cargo xtask bench --only search`: how fast doctors are found.
pub fn searches() -> Result<()> {
    harness::build_release()?;
    let mut harness = Harness::prepare(HarnessOptions::release(1, 1), |_, _| Ok(()))?;
    for line in search::measure(&mut Bench { harness: &mut harness, plan: LONG })? {
        println!("{line}");
    }
    harness.close()
}

/// `cargo xtask bench --only holds`: holds compared with pgbench.
pub fn holds() -> Result<()> {
    let mut harness = prepare(LONG)?;
    let mut table = Table::default();
    Bench { harness: &mut harness, plan: LONG }.holds(&mut table)?;
    table.print();
    harness.close()
}

/// The smoke test of all cases. It needs the rows of [`prepare_pgbench_holds`], whose slots must still be free. The
/// second server must not be running.
pub fn short(harness: &mut Harness) -> Result<()> {
    let mut bench = Bench { harness, plan: SHORT };
    bench.run_all_cases()?;
    for line in history::measure(&mut bench)? {
        println!("{line}");
    }
    Ok(())
}

/// The smoke test of schedules.
pub fn short_schedules(harness: &Harness) -> Result<()> {
    for line in schedules::measure(harness, SHORT)? {
        println!("{line}");
    }
    Ok(())
}

/// The smoke test of the search. It leaves additional doctors in the database.
pub fn short_searches(harness: &mut Harness) -> Result<()> {
    for line in search::measure(&mut Bench { harness, plan: SHORT })? {
        println!("{line}");
    }
    Ok(())
}

fn prepare(plan: Plan) -> Result<Harness> {
    harness::build_release()?;
    Harness::prepare(HarnessOptions::release(2, plan.patients_needed()), |nadi, postgres| {
        prepare_pgbench_holds(plan, nadi, postgres)
    })
}

/// Adds patients for pgbench and creates the table of its holds. To be called before other patients are added.
pub fn prepare_pgbench_holds(plan: Plan, nadi: &Server, postgres: &Postgres) -> Result<()> {
    nadi.add_patients(plan.pgbench_patients_needed())?;
    postgres.psql("nadi", &["-c", "vacuum analyze"])?;
    let now = clock::sql_now(clock::shift_seconds(&nadi.extra_env)?);
    for statement in pgbench::create_hold_inputs(&now).split(';') {
        postgres.psql("nadi", &["-c", statement])?;
    }
    Ok(())
}

struct Bench<'a> {
    harness: &'a mut Harness,
    plan: Plan,
}

impl Bench<'_> {
    fn run_all_cases(&mut self) -> Result<()> {
        let Plan { connections, holds, contenders, bookings, mixed, reads, pages, .. } = self.plan;
        let mut table = Table::default();
        self.holds(&mut table)?;
        // These reads are answered from the cache, which is filled before the measurement.
        self.run_case("availability", connections, reads / 20)?;
        for (name, case, connections, requests) in [
            ("hot_slot", "hot-slot", connections, contenders),
            ("book_confirm", "book-confirm", connections, bookings),
            ("mixed", "mixed", connections, mixed),
            ("availability", "availability", connections, reads),
            ("doctors_page", "doctors-page", 8, pages),
        ] {
            table.add(Row::new(name, &[self.run_case(case, connections, requests)?]));
        }
        self.harness.kill_redis()?;
        let without_redis = self.run_case("distinct-slots", connections, holds / 2)?;
        table.add(Row::new("without_redis", &[without_redis]));
        self.harness.start_redis()?;
        self.harness.start_server(1)?;
        let two_servers = self.run_case("distinct-slots", connections, holds / 2)?;
        table.add(Row::new("two_servers", &[two_servers]));
        self.harness.stop_server(1)?;
        table.print();
        let folder = directories::target().join("bench");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(self.plan.file);
        std::fs::write(&file, table.json(&Usage::machine()))?;
        println!("written to {}", file.display());
        Ok(())
    }

    /// Holds in turns with pgbench: over many connections, then sequentially over one.
    fn holds(&mut self, table: &mut Table) -> Result<()> {
        let Plan { rounds, connections, holds, sequential, warm_up, .. } = self.plan;
        let (mut nadi_runs, mut pgbench_runs) = (Vec::new(), Vec::new());
        // Not measured: warms up the caches of both.
        self.pgbench(rounds * holds + sequential, warm_up, connections)?;
        self.run_case("distinct-slots", connections, warm_up)?;
        for round in 0..rounds {
            pgbench_runs.push(self.pgbench(round * holds, holds, connections)?);
            nadi_runs.push(self.run_case("distinct-slots", connections, holds)?);
            println!("{}", table::round_summary(round, &nadi_runs[round], &pgbench_runs[round]));
            println!("{}", self.reader_lags()?);
        }
        table.add(Row::compared("distinct_slots", &nadi_runs, &pgbench_runs));
        let pgbench_sequential = self.pgbench(rounds * holds, sequential, 1)?;
        let nadi_sequential = self.run_case("distinct-slots", 1, sequential)?;
        table.add(Row::compared("sequential_hold", &[nadi_sequential], &[pgbench_sequential]));
        Ok(())
    }

    /// Measures holds by pgbench, beginning with the `first` row of its table.
    fn pgbench(&mut self, first: usize, holds: usize, clients: usize) -> Result<Run> {
        let hold = directories::root().join("server/src/bookings/sql/hold_single.sql");
        let hold = std::fs::read_to_string(&hold)
            .with_context(|| format!("cannot read {}", hold.display()))?;
        let script = self.harness.folder.join("hold.pgbench.sql");
        std::fs::write(&script, pgbench::script(&hold, &self.harness.sql_now(), first, clients))?;
        let before = self.count_appointments()?;
        // The server is stopped, since it would deliver messages meanwhile.
        self.harness.stop_server(0)?;
        let mut measured = None;
        let usage = self.harness.measure(|harness| {
            let command = harness.postgres.program("pgbench", "nadi");
            measured = Some(pgbench::run(command, &script, holds, clients)?);
            Ok(())
        })?;
        let measured = measured.context("pgbench has not run")?;
        // Moves the readers of the event log past pgbench's holds. Otherwise the server would process their events
        // during the next measurement.
        self.harness.psql(
            "insert into event_readers (name, position)
             select name, pg_current_snapshot()
             from unnest(array['notifications', 'listings', 'audit']) as readers (name)
             on conflict (name) do update set position = excluded.position",
        )?;
        self.harness.psql("vacuum events")?;
        self.harness.start_server(0)?;
        let made = self.count_appointments()? - before;
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

    /// The lag of each reader of the event log in seconds, right after a measurement.
    fn reader_lags(&self) -> Result<String> {
        let port = self.harness.servers.first().context("a server")?.nadi.operations_port;
        let metrics =
            server::get_text(port, "/metrics").context("the server returned no metrics")?;
        let reader_lags: Vec<String> = metrics
            .lines()
            .filter_map(|line| line.strip_prefix("nadi_event_reader_lag_seconds{reader=\""))
            .filter_map(|line| line.split_once("\"} "))
            .map(|(name, lag)| format!("{name} {lag} s"))
            .collect();
        ensure!(
            reader_lags.len() == 4,
            "expected four readers of the event log, found {reader_lags:?}"
        );
        Ok(format!("   reader lag at the end: {}", reader_lags.join(", ")))
    }

    fn count_appointments(&self) -> Result<usize> {
        self.harness.psql("select count(*) from appointments")?.parse().context("a count")
    }

    /// Runs a case of the load generator and measures the processor time meanwhile.
    fn run_case(&mut self, case: &str, connections: usize, requests: usize) -> Result<Run> {
        let mut output = String::new();
        let usage = self.harness.measure(|harness| {
            output = harness.run_case(case, connections, requests)?;
            Ok(())
        })?;
        let run = Run::read(&output)?;
        Ok(Run { usage, server_rss_mb: self.harness.peak_megabytes(), ..run })
    }
}
