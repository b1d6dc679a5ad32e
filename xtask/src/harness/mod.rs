//! The harness of benchmarks, load tests and fault injection: one or two servers with a durable PostgreSQL and a Redis
//! of their own, the doctors of the demo data, and patients with API tokens.

pub mod usage;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::client;
use crate::clock::{self, SECONDS_PER_DAY};
use crate::directories::{self, ServiceDirectories};
use crate::os_user::OsUser;
use crate::postgres::{Durability, Postgres, Programs};
use crate::process::{self, Service};
use crate::redis::{self, Redis};
use crate::server::{self, Build, Server};
use crate::toolchain;
use usage::Usage;

/// How long PostgreSQL's worker processes may take to end after their parent was killed.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(15);

/// SQL for the ids of free slots with one seat, in random order. Only odd ids: pgbench uses the even ones.
fn slots_free_at(seconds: i64) -> String {
    format!(
        "select id from free_slots(to_timestamp({seconds}))
         where capacity = 1 and id % 2 = 1 order by md5(id::text)"
    )
}
const DOCTORS: &str = "select id from doctors order by md5(id::text)";

pub struct Harness {
    // Fields are dropped in this order, so users of a service come before the service.
    pub servers: Vec<Instance>,
    pub redis: Option<Redis>,
    pub postgres: Postgres,
    pub folder: PathBuf,
    /// The week whose free times are read: its first day, and the day after its last day.
    pub week: (String, String),
    pub options: HarnessOptions,
    /// How many patients and slots of the files are already used.
    patients_used: usize,
    /// How many seconds the servers' clocks are ahead of the machine's.
    clock_shift: i64,
    directories: ServiceDirectories,
    os_user: OsUser,
    programs: Programs,
    redis_program: PathBuf,
}

/// The size of a harness, and which build it runs.
#[derive(Clone, Copy, Debug)]
pub struct HarnessOptions {
    pub build: Build,
    /// One or two.
    pub servers: usize,
    pub patients: usize,
    /// How many days ahead slots are created.
    pub horizon_days: &'static str,
}

impl HarnessOptions {
    pub const fn release(servers: usize, patients: usize) -> Self {
        Self { build: Build::Release, servers, patients, horizon_days: "30" }
    }
}

/// A server, running or not.
pub struct Instance {
    pub nadi: Server,
    pub service: Option<Service>,
    name: &'static str,
}

impl Harness {
    /// Starts the services and the first server. `prepare_database` may change the database before the patients
    /// are added.
    pub fn prepare(
        options: HarnessOptions,
        prepare_database: impl FnOnce(&Server, &Postgres) -> Result<()>,
    ) -> Result<Self> {
        let programs = Programs::find(None)?;
        let redis_program = redis::find_or_install()?;
        let os_user = OsUser::find()?;
        let directories = ServiceDirectories::temporary(&os_user, "harness")?;
        // fsync and synchronous_commit stay on: without them, measurements and fault injection would mean nothing.
        let postgres =
            Postgres::start(programs.clone(), &os_user, &directories, Durability::Durable)?;
        let redis = Redis::start(&redis_program, &os_user, &directories)?;
        postgres.ensure_database("nadi")?;
        let secret = directories::random_secret()?;
        let mut instances = Vec::new();
        for name in ["server", "server-2"].into_iter().take(options.servers) {
            let nadi = Server {
                build: options.build,
                database_url: postgres.url("nadi"),
                redis_url: Some(redis.url()),
                secret: secret.clone(),
                port: server::free_port()?,
                operations_port: server::free_port()?,
                // Patients whose address is verified confirm without a code, which the load generator could not read.
                extra_env: vec![
                    ("NADI_CONFIRMATION", "instant".to_owned()),
                    ("NADI_HORIZON_DAYS", options.horizon_days.to_owned()),
                    ("NADI_LOG", "warn".to_owned()),
                ],
            };
            instances.push(Instance { nadi, service: None, name });
        }
        let Some(first) = instances.first() else { bail!("at least one server is needed") };
        first.nadi.migrate()?;
        first.nadi.seed()?;
        prepare_database(&first.nadi, &postgres)?;
        let folder = directories::scratch()?.join("harness");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("tokens"), add_patients_in_batches(&first.nadi, options.patients)?)?;
        postgres.psql("nadi", &["-c", "vacuum analyze"])?;
        let select = |sql: &str| postgres.psql("nadi", &["-c", sql]);
        let clock_shift = clock::shift_seconds(&first.nadi.extra_env)?;
        let now = clock::now_shifted(clock_shift);
        fs::write(folder.join("slots"), select(&slots_free_at(now + SECONDS_PER_DAY))?)?;
        fs::write(folder.join("doctors"), select(DOCTORS)?)?;
        let week = (clock::date(now + SECONDS_PER_DAY), clock::date(now + 8 * SECONDS_PER_DAY));
        let mut harness = Self {
            servers: instances,
            redis: Some(redis),
            postgres,
            folder,
            week,
            options,
            patients_used: 0,
            clock_shift,
            directories,
            os_user,
            programs,
            redis_program,
        };
        harness.start_server(0)?;
        println!("{}", Usage::machine());
        Ok(harness)
    }

    pub fn start_server(&mut self, number: usize) -> Result<()> {
        let Some(instance) = self.servers.get_mut(number) else { bail!("no such server") };
        let log = self.directories.log(instance.name);
        let pid_file = self.directories.pid_file(instance.name);
        instance.service = Some(instance.nadi.start(pid_file, Some(&log))?);
        Ok(())
    }

    /// The log files of the servers, which begin at the last start.
    pub fn server_logs(&self) -> Vec<PathBuf> {
        self.servers.iter().map(|instance| self.directories.log(instance.name)).collect()
    }

    pub fn stop_server(&mut self, number: usize) -> Result<()> {
        match self.servers.get_mut(number).and_then(|instance| instance.service.take()) {
            Some(mut service) => service.stop().map(|_| ()),
            None => bail!("no such server"),
        }
    }

    /// Kills a server with SIGKILL.
    pub fn kill_server(&mut self, number: usize) -> Result<()> {
        match self.servers.get_mut(number).and_then(|instance| instance.service.take()) {
            Some(mut service) => service.kill(),
            None => bail!("no such server"),
        }
    }

    pub fn kill_and_restart_postgres(&mut self) -> Result<()> {
        self.postgres.kill()?;
        let killed = Instant::now();
        loop {
            let programs = self.programs.clone();
            match Postgres::start(programs, &self.os_user, &self.directories, Durability::Durable) {
                Ok(postgres) => {
                    self.postgres = postgres;
                    return Ok(());
                }
                // Orphaned workers keep the shared memory until they have ended.
                Err(_) if killed.elapsed() < ORPHAN_TIMEOUT => {
                    process::pause(Duration::from_millis(100))?
                }
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
        self.redis = Some(Redis::start(&self.redis_program, &self.os_user, &self.directories)?);
        Ok(())
    }

    pub fn psql(&self, sql: &str) -> Result<String> {
        Ok(self.postgres.psql("nadi", &["-c", sql])?.trim().to_owned())
    }

    /// Reserves patients and slots that nothing else uses. Returns the index of the first.
    pub fn reserve(&mut self, count: usize) -> Result<usize> {
        let first = self.patients_used;
        self.patients_used += count;
        ensure!(
            self.patients_used <= self.options.patients,
            "{} patients are too few",
            self.options.patients
        );
        Ok(first)
    }

    /// Runs a case of the load generator with patients and slots of its own. Returns its report as JSON.
    pub fn run_case(&mut self, case: &str, connections: usize, requests: usize) -> Result<String> {
        self.run_case_with_retries(case, connections, requests, 0)
    }

    /// The same; a hold that is answered 503 is sent again so many times.
    pub fn run_case_with_retries(
        &mut self,
        case: &str,
        connections: usize,
        requests: usize,
        retries: usize,
    ) -> Result<String> {
        let skip = match case {
            "distinct-slots" | "hot-slot" | "book-confirm" => self.reserve(requests)?,
            "mixed" => self.reserve(requests / 10 + 1)?,
            // These cases use up no patients, so they can share them.
            _ => 0,
        };
        let mut load = self.load_command("case");
        load.args(["--case", case])
            .args(["--connections", &connections.to_string()])
            .args(["--requests", &requests.to_string(), "--skip", &skip.to_string()])
            .args(["--retries", &retries.to_string()])
            .args(["--from", &self.week.0, "--to", &self.week.1]);
        process::capture(&mut load)
    }

    /// Lets each patient hold a different slot. Fails unless all holds are granted.
    pub fn hold_distinct_slots(&mut self, connections: usize, requests: usize) -> Result<()> {
        let output = self.run_case("distinct-slots", connections, requests)?;
        let granted = json_number(&output, "granted")?;
        ensure!(granted == requests as f64, "of {requests} holds {granted} were granted: {output}");
        Ok(())
    }

    /// The time by the servers' clocks, in seconds since 1970.
    pub fn now(&self) -> i64 {
        clock::now_shifted(self.clock_shift)
    }

    /// How many days ahead slots are created.
    pub fn horizon_days(&self) -> Result<u64> {
        self.options.horizon_days.parse().context("the horizon is a number of days")
    }

    /// The time by the servers' clocks as an SQL expression.
    pub fn sql_now(&self) -> String {
        clock::sql_now(self.clock_shift)
    }

    /// A command of the load generator with the addresses of the running servers and the files of patients, slots and
    /// doctors.
    pub fn load_command(&self, command: &str) -> Command {
        let mut load = Command::new(self.options.build.program("load"));
        load.arg(command);
        for instance in self.servers.iter().filter(|instance| instance.service.is_some()) {
            load.args(["--address", &format!("127.0.0.1:{}", instance.nadi.port)]);
        }
        for file in ["tokens", "slots", "doctors"] {
            load.arg(format!("--{file}")).arg(self.folder.join(file));
        }
        load
    }

    /// The load generator without arguments, for commands that need no server.
    pub fn load_command_without_servers(&self) -> Command {
        Command::new(self.options.build.program("load"))
    }

    /// The processor time that servers, PostgreSQL and load generator use during `work`.
    pub fn measure(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<Usage> {
        let this_process = std::process::id();
        let used = |harness: &Self| Usage {
            server: harness.server_pids().into_iter().map(usage::process_tree_seconds).sum(),
            postgres: usage::process_tree_seconds(harness.postgres.pid()),
            generator: usage::ended_children_seconds(this_process),
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

    /// The peak memory of the server with the highest one, in megabytes.
    pub fn peak_megabytes(&self) -> f64 {
        self.server_pids().into_iter().map(usage::peak_megabytes).fold(0.0, f64::max)
    }

    /// The pids of the running servers.
    pub fn server_pids(&self) -> Vec<u32> {
        let services = self.servers.iter().filter_map(|instance| instance.service.as_ref());
        services.map(Service::pid).collect()
    }

    /// The invariants that the data violates, by their descriptions.
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

/// Adds patients in batches and returns their tokens, one per line. A single statement for all of them would exceed
/// the statement timeout.
fn add_patients_in_batches(nadi: &Server, patients: usize) -> Result<String> {
    const BATCH_SIZE: usize = 10_000;
    let mut tokens = String::new();
    for first in (0..patients).step_by(BATCH_SIZE) {
        tokens += &nadi.add_patients(BATCH_SIZE.min(patients - first))?;
    }
    Ok(tokens)
}

/// The number with this name in a JSON report of the load generator.
pub fn json_number(json: &str, name: &str) -> Result<f64> {
    let rest = json.split(&format!("\"{name}\":")).nth(1);
    let digits = rest.and_then(|rest| rest.split([',', '}']).next());
    let number = digits.and_then(|text| text.parse().ok());
    number.with_context(|| format!("no `{name}` in {}", json.trim()))
}

/// Builds the optimized server and the load generator.
pub fn build_release() -> Result<()> {
    client::build()?;
    Build::Release.build()?;
    // Built separately, so that cargo does not unify its dependencies' features with the server's.
    let mut cargo = toolchain::cargo();
    cargo.args(["build", "--release", "--package", "load"]);
    process::run(&mut cargo).context("the load generator does not build")
}

/// Descriptions of violated invariants, and SQL that counts the violations. They must hold whatever was killed.
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
        "an active appointment without its seats",
        "select count(*) from appointments a where state in ('pending', 'confirmed', 'checked_in')
         and slot_span <> (select count(*) from seats s where s.appointment_id = a.id)",
    ),
    (
        "an active appointment whose person has no entry in patient_times",
        "select count(*) from appointments a where state in ('pending', 'confirmed', 'checked_in')
         and not exists (select from patient_times p where p.appointment_id = a.id
                         and p.person_id = a.person_id and p.during = tstzrange(a.starts_at, a.ends_at))",
    ),
    (
        "a seat without an active appointment",
        "select count(*) from seats s where not exists (select from appointments a
         where a.id = s.appointment_id and a.state in ('pending', 'confirmed', 'checked_in'))",
    ),
    (
        "a seat whose held_until does not fit the state of its appointment",
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
        "a stored answer for an appointment that does not exist",
        "select count(*) from idempotency_keys k where answer ? 'Ok'
         and not exists (select from appointments a where a.id = (answer -> 'Ok' ->> 'id')::uuid)",
    ),
];
