//! `cargo xtask torture --kills N`: people book on two servers while servers, database and cache are
//! killed with signal 9 and connections are cut, in an order drawn from a seed. Afterwards every
//! answer that was given is compared with the database.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::client;
use crate::harness::{self, Harness};
use crate::process;
use crate::server;

const CONNECTIONS: &str = "24";
const PATIENTS: usize = 60_000;
/// From one kill to the next.
const BETWEEN: Duration = Duration::from_millis(1500);
/// How long anything may take to answer again.
const RECOVERY: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Server(usize),
    Postgres,
    Redis,
    /// The connections of whoever is in the middle of writing.
    Connections,
}

pub fn run(kills: usize, seed: u64) -> Result<()> {
    client::build()?;
    server::build()?;
    harness::build_load()?;
    println!(
        "seed {seed}: `cargo xtask torture --kills {kills} --seed {seed}` kills in the same order"
    );
    let mut harness = Harness::prepare(2, PATIENTS, |_, _| Ok(()))?;
    harness.start_server(1)?;
    let stop = harness.folder.join("stop");
    let acknowledged = harness.folder.join("acknowledged.csv");
    let _ = std::fs::remove_file(&stop);
    let mut load = harness.load("fault-injection");
    load.args(["--connections", CONNECTIONS, "--acknowledged"]).arg(&acknowledged);
    load.arg("--until").arg(&stop);
    let mut load = Generator::start(&mut load)?;

    for (number, kill) in sequence(kills, seed).into_iter().enumerate() {
        process::pause(BETWEEN)?;
        load.must_be_running()?;
        let again = inject(&mut harness, kill)?;
        println!(
            "{:>3}. {kill:?}: both servers answered after {} ms",
            number + 1,
            again.as_millis()
        );
    }
    process::pause(BETWEEN)?;
    std::fs::write(&stop, "")?;
    let said = load.end()?;
    println!("{said}");
    check_history(&harness, &acknowledged, &said)?;
    compare_without_redis(&mut harness)?;
    harness.close()
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
fn inject(harness: &mut Harness, kill: Fault) -> Result<Duration> {
    let killed = Instant::now();
    match kill {
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

/// The history of answers against the database.
fn check_history(harness: &Harness, acknowledged: &std::path::Path, said: &str) -> Result<()> {
    ensure!(said.contains("\"wrong\":[]"), "answers that nobody should get: {said}");
    let file = acknowledged.display();
    harness.psql("create table acknowledged (id uuid, slot bigint, state text)")?;
    let copy = format!("\\copy acknowledged from '{file}' csv");
    harness.psql(&copy)?;
    let count = |sql: &str| -> Result<u64> { harness.psql(sql)?.parse().context("a count") };
    let total = count("select count(*) from acknowledged")?;
    ensure!(total > 0, "nothing was booked at all");
    let mut wrong = Vec::new();
    for (what, sql) in [
        (
            "an acknowledged hold is not there",
            "select count(*) from acknowledged k where not exists
             (select from appointments a where a.id = k.id and a.slot_id = k.slot)",
        ),
        (
            "an acknowledged confirmation is not one",
            "select count(*) from acknowledged k join appointments a using (id)
             where k.state = 'confirmed' and a.state not in ('confirmed', 'cancelled')",
        ),
        (
            "a confirmed time was cancelled by nobody who heard of it",
            // The last request of a connection may have been carried out without being heard of.
            "select greatest(count(*) - 24, 0) from acknowledged k join appointments a using (id)
             where k.state = 'confirmed' and a.state = 'cancelled' and not exists
                   (select from acknowledged c where c.id = k.id and c.state = 'cancelled')",
        ),
        (
            "an acknowledged cancellation is not one",
            "select count(*) from acknowledged k join appointments a using (id)
             where k.state = 'cancelled' and a.state <> 'cancelled'",
        ),
        (
            "a key with two effects",
            "select count(*) from (select booked_by, slot_id from appointments
             group by 1, 2 having count(*) > 1) x",
        ),
    ] {
        let found = count(sql)?;
        if found > 0 {
            wrong.push(format!("{what}: {found}"));
        }
    }
    wrong.extend(harness.broken_invariants()?.into_iter().map(str::to_owned));
    ensure!(wrong.is_empty(), "of {total} answers: {}", wrong.join("; "));
    println!(
        "{total} acknowledged changes: every one is there, once; all guards agree with the history"
    );
    Ok(())
}

/// Holds per second with Redis, and without.
fn compare_without_redis(harness: &mut Harness) -> Result<()> {
    let per_second = |harness: &Harness, skip: usize| -> Result<f64> {
        let mut load = harness.load("case");
        load.args(["--case", "distinct-slots", "--connections", "64", "--requests", "6000"]).args(
            ["--skip", &skip.to_string(), "--from", &harness.days.0, "--to", &harness.days.1],
        );
        let said = process::capture(&mut load)?;
        let number = said.split("\"per_s\":").nth(1).and_then(|rest| rest.split(',').next());
        number.and_then(|text| text.parse().ok()).with_context(|| format!("it said: {said}"))
    };
    let with = per_second(harness, PATIENTS - 12_000)?;
    harness.kill_redis()?;
    let without = per_second(harness, PATIENTS - 6_000)?;
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
