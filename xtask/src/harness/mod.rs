//! Where the product is measured and put under load and faults: a durable PostgreSQL and a Redis of
//! its own, the demo's doctors, patients with tokens, and one server or two.

pub mod usage;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::account::Account;
use crate::client;
use crate::clock::{self, DAY};
use crate::place::{self, Place};
use crate::postgres::{Durability, Postgres, Programs};
use crate::process::{self, Service};
use crate::redis::{self, Redis};
use crate::server::{self, Build, Server};
use crate::toolchain;
use usage::Usage;

/// How long PostgreSQL's workers may take to notice that their parent is gone.
const ORPHANS: Duration = Duration::from_secs(15);

/// Free times with one seat, in random order; the other half is pgbench's.
fn slots_free_at(seconds: i64) -> String {
    format!(
        "select id from free_slots(to_timestamp({seconds}))
         where capacity = 1 and id % 2 = 1 order by md5(id::text)"
    )
}
const DOCTORS: &str = "select id from doctors order by md5(id::text)";

pub struct Harness {
    // Dropped in this order: whoever uses something goes before it.
    pub servers: Vec<Instance>,
    pub redis: Option<Redis>,
    pub postgres: Postgres,
    pub folder: PathBuf,
    /// A week of free times: the first day, and the day after the last.
    pub days: (String, String),
    pub size: Size,
    /// Patients and slots of the files that are taken.
    used: usize,
    /// How far the servers' clocks are ahead of the machine's.
    clock_shift: i64,
    place: Place,
    account: Account,
    programs: Programs,
    redis_program: PathBuf,
}

/// How much there is of everything, and of which build.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub build: Build,
    /// One or two.
    pub servers: usize,
    pub patients: usize,
    /// Times are made so many days ahead.
    pub horizon_days: &'static str,
}

impl Size {
    pub const fn of(servers: usize, patients: usize) -> Self {
        Self { build: Build::Release, servers, patients, horizon_days: "30" }
    }
}

/// One server, running or not.
pub struct Instance {
    pub nadi: Server,
    pub service: Option<Service>,
    name: &'static str,
}

impl Harness {
    /// Starts the services and the first server. `before` may change the database before our
    /// patients come.
    pub fn prepare(
        size: Size,
        before: impl FnOnce(&Server, &Postgres) -> Result<()>,
    ) -> Result<Self> {
        let programs = Programs::find(None)?;
        let redis_program = redis::find_or_install()?;
        let account = Account::find()?;
        let place = Place::throwaway(&account, "harness")?;
        // Kept: fsync and synchronous_commit stay on, or nothing here would mean anything.
        let postgres = Postgres::start(programs.clone(), &account, &place, Durability::Kept)?;
        let redis = Redis::start(&redis_program, &account, &place)?;
        postgres.ensure_database("nadi")?;
        let secret = place::random_secret()?;
        let mut instances = Vec::new();
        for name in ["server", "server-2"].into_iter().take(size.servers) {
            let nadi = Server {
                build: size.build,
                database_url: postgres.url("nadi"),
                redis_url: Some(redis.url()),
                secret: secret.clone(),
                port: server::free_port()?,
                // Known patients confirm without a code, which the generator could not read.
                more: vec![
                    ("NADI_CONFIRMATION", "instant".to_owned()),
                    ("NADI_HORIZON_DAYS", size.horizon_days.to_owned()),
                    ("NADI_LOG", "warn".to_owned()),
                ],
            };
            instances.push(Instance { nadi, service: None, name });
        }
        let Some(first) = instances.first() else { bail!("no server is asked for") };
        first.nadi.migrate()?;
        first.nadi.seed()?;
        before(&first.nadi, &postgres)?;
        let folder = place::scratch()?.join("harness");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("tokens"), tokens_of(&first.nadi, size.patients)?)?;
        postgres.psql("nadi", &["-c", "vacuum analyze"])?;
        let select = |sql: &str| postgres.psql("nadi", &["-c", sql]);
        let clock_shift = clock::shift_seconds(&first.nadi.more)?;
        let now = clock::now_shifted(clock_shift);
        fs::write(folder.join("slots"), select(&slots_free_at(now + DAY))?)?;
        fs::write(folder.join("doctors"), select(DOCTORS)?)?;
        let days = (clock::date(now + DAY), clock::date(now + 8 * DAY));
        let mut harness = Self {
            servers: instances,
            redis: Some(redis),
            postgres,
            folder,
            days,
            size,
            used: 0,
            clock_shift,
            place,
            account,
            programs,
            redis_program,
        };
        harness.start_server(0)?;
        println!("{}", Usage::machine());
        Ok(harness)
    }

    pub fn start_server(&mut self, number: usize) -> Result<()> {
        let Some(instance) = self.servers.get_mut(number) else { bail!("no such server") };
        let log = self.place.log(instance.name);
        let pid_file = self.place.pid_file(instance.name);
        instance.service = Some(instance.nadi.start(pid_file, Some(&log))?);
        Ok(())
    }

    /// What the servers have written since they were started last.
    pub fn server_logs(&self) -> Vec<PathBuf> {
        self.servers.iter().map(|instance| self.place.log(instance.name)).collect()
    }

    pub fn stop_server(&mut self, number: usize) -> Result<()> {
        match self.servers.get_mut(number).and_then(|instance| instance.service.take()) {
            Some(mut service) => service.stop().map(|_| ()),
            None => bail!("no such server"),
        }
    }

    /// As a crash would: without a word.
    pub fn kill_server(&mut self, number: usize) -> Result<()> {
        match self.servers.get_mut(number).and_then(|instance| instance.service.take()) {
            Some(mut service) => service.kill(),
            None => bail!("no such server"),
        }
    }

    pub fn kill_and_start_postgres(&mut self) -> Result<()> {
        self.postgres.kill()?;
        let killed = Instant::now();
        loop {
            let programs = self.programs.clone();
            match Postgres::start(programs, &self.account, &self.place, Durability::Kept) {
                Ok(postgres) => {
                    self.postgres = postgres;
                    return Ok(());
                }
                // Its orphans hold the shared memory until they have noticed.
                Err(_) if killed.elapsed() < ORPHANS => process::pause(Duration::from_millis(100))?,
                Err(error) => return Err(error),
            }
        }
    }

    pub fn kill_redis(&mut self) -> Result<()> {
        match self.redis.take() {
            Some(mut redis) => redis.kill(),
            None => Ok(()),
        }
    }

    pub fn start_redis(&mut self) -> Result<()> {
        self.redis = Some(Redis::start(&self.redis_program, &self.account, &self.place)?);
        Ok(())
    }

    pub fn psql(&self, sql: &str) -> Result<String> {
        Ok(self.postgres.psql("nadi", &["-c", sql])?.trim().to_owned())
    }

    /// The first of so many patients and slots that nobody else uses.
    pub fn allot(&mut self, count: usize) -> Result<usize> {
        let first = self.used;
        self.used += count;
        ensure!(self.used <= self.size.patients, "{} patients are too few", self.size.patients);
        Ok(first)
    }

    /// Runs a case of the generator with patients and slots of its own; gives what it printed.
    pub fn case(&mut self, case: &str, connections: usize, requests: usize) -> Result<String> {
        let skip = match case {
            "distinct-slots" | "hot-slot" | "book-confirm" => self.allot(requests)?,
            "mixed" => self.allot(requests / 10 + 1)?,
            // They use up nobody: any patient will do.
            _ => 0,
        };
        let mut load = self.load("case");
        load.args(["--case", case])
            .args(["--connections", &connections.to_string()])
            .args(["--requests", &requests.to_string(), "--skip", &skip.to_string()])
            .args(["--from", &self.days.0, "--to", &self.days.1]);
        process::capture(&mut load)
    }

    /// Everybody holds a time of their own, and all of them get it.
    pub fn everybody_holds(&mut self, connections: usize, requests: usize) -> Result<()> {
        let said = self.case("distinct-slots", connections, requests)?;
        let granted = figure(&said, "granted")?;
        ensure!(granted == requests as f64, "of {requests} holds {granted} were granted: {said}");
        Ok(())
    }

    /// The time as the servers see it, in seconds since 1970.
    pub fn now(&self) -> i64 {
        clock::now_shifted(self.clock_shift)
    }

    /// Times are made so many days ahead.
    pub fn horizon_days(&self) -> Result<u64> {
        self.size.horizon_days.parse().context("the horizon is a number of days")
    }

    /// The same as an SQL expression.
    pub fn sql_now(&self) -> String {
        clock::sql_now(self.clock_shift)
    }

    /// The load generator, told where everything is: of servers, those that run.
    pub fn load(&self, command: &str) -> Command {
        let mut load = Command::new(self.size.build.program("load"));
        load.arg(command);
        for instance in self.servers.iter().filter(|instance| instance.service.is_some()) {
            load.args(["--address", &format!("127.0.0.1:{}", instance.nadi.port)]);
        }
        for file in ["tokens", "slots", "doctors"] {
            load.arg(format!("--{file}")).arg(self.folder.join(file));
        }
        load
    }

    /// A command of the generator's that needs no server.
    pub fn load_alone(&self) -> Command {
        Command::new(self.size.build.program("load"))
    }

    /// What each side uses meanwhile.
    pub fn measure(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<Usage> {
        let me = std::process::id();
        let used = |harness: &Self| Usage {
            server: harness.server_pids().into_iter().map(usage::seconds_of_family).sum(),
            postgres: usage::seconds_of_family(harness.postgres.pid()),
            generator: usage::seconds_of_ended_children(me),
        };
        let before = used(self);
        work(self)?;
        let after = used(self);
        Ok(Usage {
            server: after.server - before.server,
            postgres: after.postgres - before.postgres,
            generator: after.generator - before.generator,
        })
    }

    /// The most memory a server has had, in megabytes.
    pub fn peak_megabytes(&self) -> f64 {
        self.server_pids().into_iter().map(usage::peak_megabytes).fold(0.0, f64::max)
    }

    /// Of those that run.
    pub fn server_pids(&self) -> Vec<u32> {
        let services = self.servers.iter().filter_map(|instance| instance.service.as_ref());
        services.map(Service::pid).collect()
    }

    /// What must never be true of the data; the names of those that are.
    pub fn broken_invariants(&self) -> Result<Vec<&'static str>> {
        let mut found = Vec::new();
        for (what, sql) in INVARIANTS {
            if self.psql(sql)? != "0" {
                found.push(what);
            }
        }
        Ok(found)
    }

    pub fn close(mut self) -> Result<()> {
        for instance in &mut self.servers {
            if let Some(mut service) = instance.service.take() {
                service.stop()?;
            }
        }
        Ok(())
    }
}

/// Adds patients, some at a time: all of them in one statement would take longer than a statement may.
fn tokens_of(nadi: &Server, patients: usize) -> Result<String> {
    const AT_ONCE: usize = 10_000;
    let mut tokens = String::new();
    for first in (0..patients).step_by(AT_ONCE) {
        tokens += &nadi.patients(AT_ONCE.min(patients - first))?;
    }
    Ok(tokens)
}

/// A figure in the JSON that the generator prints.
pub fn figure(json: &str, name: &str) -> Result<f64> {
    let rest = json.split(&format!("\"{name}\":")).nth(1);
    let digits = rest.and_then(|rest| rest.split([',', '}']).next());
    let number = digits.and_then(|text| text.parse().ok());
    number.with_context(|| format!("no `{name}` in {}", json.trim()))
}

/// Builds what is measured, and the generator that drives it.
pub fn build_release() -> Result<()> {
    client::build()?;
    Build::Release.build()?;
    // By itself: it shares no features with the server.
    let mut cargo = toolchain::cargo();
    cargo.args(["build", "--release", "--package", "load"]);
    process::run(&mut cargo).context("the load generator does not build")
}

/// Guards and history have to tell one story, whatever was killed.
const INVARIANTS: [(&str, &str); 8] = [
    (
        "more active claims on a slot than it has seats",
        "select count(*) from (select slot_id from seats t join slots s on s.id = t.slot_id
         where t.overbooked_by is null group by slot_id, s.capacity having count(*) > s.capacity) x",
    ),
    (
        "a person in two places at once",
        "select count(*) from patient_times a join patient_times b
         on a.person_id = b.person_id and a.appointment_id < b.appointment_id and a.during && b.during",
    ),
    (
        "a standing appointment without its seats",
        "select count(*) from appointments a where state in ('pending', 'confirmed', 'checked_in')
         and slot_span <> (select count(*) from seats s where s.appointment_id = a.id)",
    ),
    (
        "a standing appointment without its person's time",
        "select count(*) from appointments a where state in ('pending', 'confirmed', 'checked_in')
         and not exists (select from patient_times p where p.appointment_id = a.id
                         and p.person_id = a.person_id and p.during = tstzrange(a.starts_at, a.ends_at))",
    ),
    (
        "a seat that nobody's standing appointment has",
        "select count(*) from seats s where not exists (select from appointments a
         where a.id = s.appointment_id and a.state in ('pending', 'confirmed', 'checked_in'))",
    ),
    (
        "a hold that outlives its time, or a confirmation that does not",
        "select count(*) from appointments a join seats s on s.appointment_id = a.id
         where (a.state = 'pending' and s.held_until <> a.expires_at)
            or (a.state <> 'pending' and s.held_until <> 'infinity')",
    ),
    (
        "an appointment whose version is not the number of its events",
        "select count(*) from appointments a
         where version <> (select count(*) from events e where e.subject_id = a.id)",
    ),
    (
        "an answer that was kept for a booking that is not there",
        "select count(*) from idempotency_keys k where answer ? 'Ok'
         and not exists (select from appointments a where a.id = (answer -> 'Ok' ->> 'id')::uuid)",
    ),
];
