//! `cargo xtask torture --kills N`: people book on two servers while servers, database and cache are
//! killed with signal 9 and connections are cut, in an order drawn from a seed. Afterwards every
//! answer that was given is compared with the database.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::harness::{self, Harness, Size};
use crate::history::{self, Journal};
use crate::process;
use crate::server;

const SERVERS: usize = 2;
/// How long anything may take to answer again.
const RECOVERY: Duration = Duration::from_secs(30);

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub kills: usize,
    pub seed: u64,
    /// From one kill to the next.
    between: Duration,
    connections: usize,
    /// Between two bookings of a connection.
    pause: Duration,
    pub patients: usize,
}

impl Plan {
    fn long(kills: usize, seed: u64) -> Self {
        Self {
            kills,
            seed,
            between: Duration::from_millis(1500),
            connections: 24,
            pause: Duration::ZERO,
            patients: 60_000,
        }
    }
}

/// In the test run: every kind of fault once, with fewer people.
pub const SHORT: Plan = Plan {
    kills: 5,
    seed: 1,
    between: Duration::from_millis(1200),
    connections: 12,
    pause: Duration::from_millis(40),
    patients: 6_000,
};
/// Holds without Redis, in the test run.
pub const HOLDS_WITHOUT_REDIS: usize = 200;
/// Holds of one measurement, with Redis and without.
const MEASURED: usize = 6_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Server(usize),
    Postgres,
    Redis,
    /// The connections of whoever is in the middle of writing.
    Connections,
}

/// `cargo xtask torture`.
pub fn run(kills: usize, seed: u64) -> Result<()> {
    harness::build_release()?;
    println!(
        "seed {seed}: `cargo xtask torture --kills {kills} --seed {seed}` kills in the same order"
    );
    let plan = Plan::long(kills, seed);
    let size = Size::of(SERVERS, plan.patients + 2 * MEASURED);
    let mut harness = Harness::prepare(size, |_, _| Ok(()))?;
    harness.start_server(1)?;
    book_under_faults(&mut harness, plan)?;
    compare_without_redis(&mut harness)?;
    harness.close()
}

/// The short form: the same with fewer faults, and holds while there is no Redis.
pub fn short(harness: &mut Harness) -> Result<()> {
    book_under_faults(harness, SHORT)?;
    harness.kill_redis()?;
    harness.everybody_holds(16, HOLDS_WITHOUT_REDIS)?;
    harness.start_redis()
}

/// Both servers have to run.
fn book_under_faults(harness: &mut Harness, plan: Plan) -> Result<()> {
    let before = history::appointments_before(harness)?;
    let stop = harness.folder.join("stop");
    let journal = harness.folder.join("fault-injection.csv");
    let _ = std::fs::remove_file(&stop);
    let skip = harness.allot(plan.patients)?;
    let mut load = harness.load("fault-injection");
    load.args(["--connections", &plan.connections.to_string()])
        .args(["--pause-ms", &plan.pause.as_millis().to_string()])
        .args(["--skip", &skip.to_string(), "--journal"])
        .arg(&journal)
        .arg("--until")
        .arg(&stop);
    let mut load = Generator::start(&mut load)?;

    for (number, fault) in sequence(plan.kills, plan.seed).into_iter().enumerate() {
        process::pause(plan.between)?;
        load.must_be_running()?;
        let again = inject(harness, fault)?;
        println!(
            "{:>3}. {fault:?}: both servers answered after {} ms",
            number + 1,
            again.as_millis()
        );
    }
    process::pause(plan.between)?;
    std::fs::write(&stop, "")?;
    let said = load.end()?;
    println!("{}", said.trim());
    ensure!(said.contains("\"wrong\":[]"), "answers that nobody should get: {said}");
    readers_must_catch_up(harness)?;
    let found = history::check(harness, &journal, &before, Journal::Complete)?;
    // Otherwise nothing was shown about keys.
    ensure!(found.answered_by_both > 0, "no request was answered by both servers");
    println!(
        "{} answers to {} keys, {} of them answered more than once, {} by both servers: every change \
         is there, once; all guards agree with the history",
        found.answers, found.keys, found.answered_again, found.answered_by_both
    );
    Ok(())
}

/// What readers of the log, killed again and again, may not have missed: a notification of each event that is
/// told, made once, and next times that are free.
const MISSED: [(&str, &str); 3] = [
    (
        "events of which nobody is told",
        "select count(*) from events e
         where e.schema_version >= 2
           and e.type in ('appointment.code_requested', 'appointment.confirmed', 'appointment.rescheduled',
                          'appointment.cancelled')
           and not exists (select from notifications n where n.event_id = e.id)",
    ),
    (
        "events told twice",
        "select count(*) from (select from notifications group by event_id having count(*) > 1) twice",
    ),
    (
        "next times that somebody has",
        "select count(*) from next_times t cross join unnest(t.slots) as kept (slot)
         join seats s on s.slot_id = kept.slot and s.held_until = 'infinity' and s.capacity = 1",
    ),
];
/// How long the readers may take after the last fault.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(30);

fn readers_must_catch_up(harness: &Harness) -> Result<()> {
    let began = Instant::now();
    loop {
        let mut missed = Vec::new();
        for (what, sql) in MISSED {
            let count = harness.psql(sql)?;
            if count != "0" {
                missed.push(format!("{count} {what}"));
            }
        }
        if missed.is_empty() {
            println!(
                "every reader of the log has caught up after {:.1} s",
                began.elapsed().as_secs_f32()
            );
            return Ok(());
        }
        ensure!(
            began.elapsed() < CATCH_UP_WITHIN,
            "readers of the log have missed {}",
            missed.join(", ")
        );
        process::pause(Duration::from_millis(500))?;
    }
}

/// Everything once before anything comes again, each time in another order.
fn sequence(kills: usize, seed: u64) -> Vec<Fault> {
    use Fault::{Connections, Postgres, Redis, Server};
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).map_or(0, |drawn| drawn % below)
    };
    let mut all = Vec::new();
    while all.len() < kills {
        let mut round = vec![Server(0), Server(1), Postgres, Redis, Connections];
        while !round.is_empty() {
            all.push(round.swap_remove(next(round.len())));
        }
    }
    all.truncate(kills);
    all
}

/// Kills, starts again what does not start by itself, and tells when both servers answered from the
/// database again.
fn inject(harness: &mut Harness, fault: Fault) -> Result<Duration> {
    let killed = Instant::now();
    match fault {
        Fault::Server(number) => {
            harness.kill_server(number)?;
            harness.start_server(number)?;
        }
        Fault::Postgres => harness.kill_and_start_postgres()?,
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

/// Until a read of the database through either server is answered.
fn wait_until_both_answer(harness: &Harness, since: Instant) -> Result<Duration> {
    loop {
        let answers = |port| server::get(port, "/api/v1/specialties") == Some(200);
        if harness.servers.iter().all(|instance| answers(instance.nadi.port)) {
            return Ok(since.elapsed());
        }
        if since.elapsed() > RECOVERY {
            bail!("no answer {} s after a kill", RECOVERY.as_secs());
        }
        process::pause(Duration::from_millis(5))?;
    }
}

/// Holds per second with Redis, and without.
fn compare_without_redis(harness: &mut Harness) -> Result<()> {
    let per_second = |harness: &mut Harness| -> Result<f64> {
        harness::figure(&harness.case("distinct-slots", 64, MEASURED)?, "per_s")
    };
    let with = per_second(harness)?;
    harness.kill_redis()?;
    let without = per_second(harness)?;
    println!(
        "holds per second: {with:.0} with Redis, {without:.0} without ({:.2})",
        without / with
    );
    ensure!(without > with / 2.0, "without Redis it is less than half as fast");
    Ok(())
}

/// The generator while it runs.
struct Generator(Child);

impl Generator {
    fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Ok(Self(command.spawn().context("the load generator does not start")?))
    }

    fn must_be_running(&mut self) -> Result<()> {
        match self.0.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the load generator ended early ({status})"),
        }
    }

    fn end(mut self) -> Result<String> {
        use std::io::Read;
        let mut said = String::new();
        if let Some(output) = &mut self.0.stdout {
            output.read_to_string(&mut said)?;
        }
        let status = self.0.wait()?;
        ensure!(status.success(), "the load generator failed ({status})");
        Ok(said)
    }
}

impl Drop for Generator {
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
    fn everything_is_killed_and_the_seed_decides_the_order() {
        let kills = sequence(30, 1);
        assert_eq!(kills, sequence(30, 1));
        assert_ne!(kills, sequence(30, 2));
        for kill in
            [Fault::Server(0), Fault::Server(1), Fault::Postgres, Fault::Redis, Fault::Connections]
        {
            assert_eq!(kills.iter().filter(|one| **one == kill).count(), 6);
        }
        assert_eq!(sequence(3, 1).len(), 3);
    }
}
