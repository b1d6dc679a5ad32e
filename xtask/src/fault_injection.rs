//! `cargo xtask fault-injection --kills N`: patients book on two servers while servers, database and cache are killed
//! with SIGKILL and connections are cut, in a random order that depends on a seed. Afterwards every response is
//! compared with the database.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::consistency::{self, Completeness};
use crate::harness::{self, Harness, HarnessOptions};
use crate::process;
use crate::server;

const SERVERS: usize = 2;
/// How long the servers may take to answer again after a fault.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// How many faults and patients, and how fast they follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub faults: usize,
    pub seed: u64,
    /// The time from one fault to the next.
    interval: Duration,
    connections: usize,
    /// The pause between two bookings of a connection.
    pause: Duration,
    pub patients: usize,
}

impl Plan {
    fn long(faults: usize, seed: u64) -> Self {
        Self {
            faults,
            seed,
            interval: Duration::from_millis(1500),
            connections: 24,
            pause: Duration::ZERO,
            patients: 60_000,
        }
    }
}

/// For the smoke test: every kind of fault once, with fewer patients.
pub const SHORT: Plan = Plan {
    faults: 5,
    seed: 1,
    interval: Duration::from_millis(1200),
    connections: 12,
    pause: Duration::from_millis(40),
    patients: 6_000,
};
/// Holds without Redis, in the smoke test.
pub const HOLDS_WITHOUT_REDIS: usize = 200;
/// Holds of each measurement, with Redis and without.
const HOLDS_PER_MEASUREMENT: usize = 6_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Server(usize),
    Postgres,
    Redis,
    /// Cuts all database connections of the servers that are not idle.
    Connections,
}

/// `cargo xtask fault-injection`.
pub fn run(faults: usize, seed: u64) -> Result<()> {
    harness::build_release()?;
    println!(
        "seed {seed}: `cargo xtask fault-injection --kills {faults} --seed {seed}` repeats this order"
    );
    let plan = Plan::long(faults, seed);
    let options = HarnessOptions::release(SERVERS, plan.patients + 2 * HOLDS_PER_MEASUREMENT);
    let mut harness = Harness::prepare(options, |_, _| Ok(()))?;
    harness.start_server(1)?;
    book_under_faults(&mut harness, plan)?;
    compare_without_redis(&mut harness)?;
    harness.close()
}

/// The smoke test: the same with fewer faults, then holds without Redis.
pub fn short(harness: &mut Harness) -> Result<()> {
    book_under_faults(harness, SHORT)?;
    harness.kill_redis()?;
    harness.hold_distinct_slots(16, HOLDS_WITHOUT_REDIS)?;
    harness.start_redis()
}

/// Injects faults while patients book, then checks all responses. Both servers have to be running.
fn book_under_faults(harness: &mut Harness, plan: Plan) -> Result<()> {
    let existing = consistency::existing_appointments(harness)?;
    let stop = harness.folder.join("stop");
    let journal = harness.folder.join("fault-injection.csv");
    let _ = std::fs::remove_file(&stop);
    let skip = harness.reserve(plan.patients)?;
    let mut load = harness.load_command("fault-injection");
    load.args(["--connections", &plan.connections.to_string()])
        .args(["--pause-ms", &plan.pause.as_millis().to_string()])
        .args(["--skip", &skip.to_string(), "--journal"])
        .arg(&journal)
        .arg("--until")
        .arg(&stop);
    let mut load = LoadGenerator::start(&mut load)?;

    for (number, fault) in fault_order(plan.faults, plan.seed).into_iter().enumerate() {
        process::pause(plan.interval)?;
        load.fail_if_ended()?;
        let recovery = inject(harness, fault)?;
        println!(
            "{:>3}. {fault:?}: both servers answered after {} ms",
            number + 1,
            recovery.as_millis()
        );
    }
    process::pause(plan.interval)?;
    std::fs::write(&stop, "")?;
    let output = load.finish()?;
    println!("{}", output.trim());
    ensure!(output.contains("\"unexpected\":[]"), "unexpected responses: {output}");
    wait_for_readers(harness)?;
    let found = consistency::check(harness, &journal, &existing, Completeness::Complete)?;
    // Otherwise the run would not have tested idempotency across servers.
    ensure!(found.keys_answered_by_both > 0, "no request was answered by both servers");
    println!(
        "{} responses with {} idempotency keys, {} keys with more than one response, {} answered by both \
         servers: every acknowledged change is in the database exactly once, and all invariants hold",
        found.responses, found.keys, found.repeated_keys, found.keys_answered_by_both
    );
    Ok(())
}

/// Descriptions of what readers of the event log may have missed although they were killed, and SQL that counts it.
/// Each event of which somebody is notified needs exactly one notification, and each next time has to be free.
const READER_CHECKS: [(&str, &str); 3] = [
    (
        "events without a notification",
        "select count(*) from events e
         where e.schema_version >= 2
           and e.type in ('appointment.code_requested', 'appointment.confirmed', 'appointment.rescheduled',
                          'appointment.cancelled')
           and not exists (select from notifications n where n.event_id = e.id)",
    ),
    (
        "events with more than one notification",
        "select count(*) from (select from notifications group by event_id having count(*) > 1) twice",
    ),
    (
        "next times that are booked",
        "select count(*) from next_times t cross join unnest(t.slots) as kept (slot)
         join seats s on s.slot_id = kept.slot and s.held_until = 'infinity' and s.capacity = 1",
    ),
];
/// How long the readers of the event log may take to catch up after the last fault.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(30);

fn wait_for_readers(harness: &Harness) -> Result<()> {
    let began = Instant::now();
    loop {
        let mut missed = Vec::new();
        for (what, sql) in READER_CHECKS {
            let count = harness.psql(sql)?;
            if count != "0" {
                missed.push(format!("{count} {what}"));
            }
        }
        if missed.is_empty() {
            println!(
                "every reader of the event log has caught up after {:.1} s",
                began.elapsed().as_secs_f32()
            );
            return Ok(());
        }
        ensure!(
            began.elapsed() < CATCH_UP_TIMEOUT,
            "readers of the event log have missed {}",
            missed.join(", ")
        );
        process::pause(Duration::from_millis(500))?;
    }
}

/// The order of faults: rounds in which each fault occurs once, in a random order that depends on the seed.
fn fault_order(faults: usize, seed: u64) -> Vec<Fault> {
    use Fault::{Connections, Postgres, Redis, Server};
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).map_or(0, |drawn| drawn % below)
    };
    let mut all = Vec::new();
    while all.len() < faults {
        let mut round = vec![Server(0), Server(1), Postgres, Redis, Connections];
        while !round.is_empty() {
            all.push(round.swap_remove(next(round.len())));
        }
    }
    all.truncate(faults);
    all
}

/// Injects a fault and restarts what was killed. Returns the time until both servers could read the database again.
fn inject(harness: &mut Harness, fault: Fault) -> Result<Duration> {
    let killed = Instant::now();
    match fault {
        Fault::Server(number) => {
            harness.kill_server(number)?;
            harness.start_server(number)?;
        }
        Fault::Postgres => harness.kill_and_restart_postgres()?,
        Fault::Redis => {
            harness.kill_redis()?;
            wait_until_both_answer(harness, killed)?;
            harness.start_redis()?;
        }
        Fault::Connections => {
            harness.psql(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity
                 where application_name = 'nadi' and state <> 'idle'",
            )?;
        }
    }
    wait_until_both_answer(harness, killed)
}

/// Waits until both servers answer a request that reads the database. Returns the time since `since`.
fn wait_until_both_answer(harness: &Harness, since: Instant) -> Result<Duration> {
    loop {
        let responses = |port| server::get_status(port, "/api/v1/specialties") == Some(200);
        if harness.servers.iter().all(|instance| responses(instance.nadi.port)) {
            return Ok(since.elapsed());
        }
        if since.elapsed() > RECOVERY_TIMEOUT {
            bail!("no response {} s after a fault", RECOVERY_TIMEOUT.as_secs());
        }
        process::pause(Duration::from_millis(5))?;
    }
}

/// Compares holds per second with Redis and without.
fn compare_without_redis(harness: &mut Harness) -> Result<()> {
    let per_second = |harness: &mut Harness| -> Result<f64> {
        harness::json_number(
            &harness.run_case("distinct-slots", 64, HOLDS_PER_MEASUREMENT)?,
            "per_s",
        )
    };
    let with = per_second(harness)?;
    harness.kill_redis()?;
    let without = per_second(harness)?;
    println!(
        "holds per second: {with:.0} with Redis, {without:.0} without ({:.2})",
        without / with
    );
    ensure!(without > with / 2.0, "without Redis, holds are less than half as fast");
    Ok(())
}

/// A running load generator.
struct LoadGenerator(Child);

impl LoadGenerator {
    fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Ok(Self(command.spawn().context("the load generator does not start")?))
    }

    fn fail_if_ended(&mut self) -> Result<()> {
        match self.0.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the load generator ended early ({status})"),
        }
    }

    fn finish(mut self) -> Result<String> {
        use std::io::Read;
        let mut output = String::new();
        if let Some(stdout) = &mut self.0.stdout {
            stdout.read_to_string(&mut output)?;
        }
        let status = self.0.wait()?;
        ensure!(status.success(), "the load generator failed ({status})");
        Ok(output)
    }
}

impl Drop for LoadGenerator {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_occurs_equally_often_and_the_seed_decides_the_order() {
        let faults = fault_order(30, 1);
        assert_eq!(faults, fault_order(30, 1));
        assert_ne!(faults, fault_order(30, 2));
        for fault in
            [Fault::Server(0), Fault::Server(1), Fault::Postgres, Fault::Redis, Fault::Connections]
        {
            assert_eq!(faults.iter().filter(|other| **other == fault).count(), 6);
        }
        assert_eq!(fault_order(3, 1).len(), 3);
    }
}
