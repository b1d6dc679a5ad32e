//! What both sides are measured on: a durable PostgreSQL, a Redis, the demo's doctors, patients with
//! tokens, and one server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::pgbench::{self, Measured};
use super::table::Run;
use super::usage::{self, Usage};
use crate::account::Account;
use crate::place::{self, Place};
use crate::postgres::{Durability, Postgres, Programs};
use crate::process::{self, Service};
use crate::redis::{self, Redis};
use crate::server::{self, Server};

pub struct World {
    // Dropped in this order: whoever uses something goes before it.
    service: Service,
    _redis: Redis,
    postgres: Postgres,
    _place: Place,
    nadi: Server,
    folder: PathBuf,
    used: usize,
    days: (String, String),
}

impl World {
    /// With patients for so many holds of pgbench, and for so many of ours: each holds once.
    pub fn prepare(for_pgbench: usize, for_us: usize) -> Result<Self> {
        let programs = Programs::find(None)?;
        let redis = redis::find_or_install()?;
        let account = Account::find()?;
        let place = Place::throwaway(&account)?;
        // Kept: fsync and synchronous_commit stay on, or the figures would mean nothing.
        let postgres = Postgres::start(programs, &account, &place, Durability::Kept)?;
        let redis = Redis::start(&redis, &account, &place)?;
        postgres.ensure_database("nadi")?;
        let nadi = Server {
            database_url: postgres.url("nadi"),
            redis_url: Some(redis.url()),
            secret: place::random_secret()?,
            port: server::free_port()?,
            // Known patients confirm without a code, which the generator could not read.
            more: vec![("NADI_CONFIRMATION", "instant"), ("NADI_LOG", "warn")],
        };
        nadi.migrate()?;
        nadi.seed()?;
        let folder = place::scratch()?.join("bench");
        fs::create_dir_all(&folder)?;
        nadi.patients(for_pgbench)?;
        postgres.psql("nadi", &["-c", "vacuum analyze"])?;
        for statement in pgbench::WISHES.split(';') {
            postgres.psql("nadi", &["-c", statement])?;
        }
        fs::write(folder.join("tokens"), nadi.patients(for_us)?)?;
        postgres.psql("nadi", &["-c", "vacuum analyze"])?;
        let select = |sql: &str| postgres.psql("nadi", &["-c", sql]);
        fs::write(
            folder.join("slots"),
            select(
                "select id from free_slots(now() + interval '1 day')
                 where capacity = 1 and id % 2 = 1 order by md5(id::text)",
            )?,
        )?;
        fs::write(
            folder.join("doctors"),
            select("select id from doctors order by md5(id::text)")?,
        )?;
        let days = (
            select("select (now() + interval '1 day')::date")?.trim().to_owned(),
            select("select (now() + interval '8 days')::date")?.trim().to_owned(),
        );
        let log = place::scratch()?.join("bench-server.log");
        let service = nadi.start(place.pid_file("server"), Some(&log))?;
        println!("{}", Usage::machine());
        Ok(Self { service, _redis: redis, postgres, _place: place, nadi, folder, used: 0, days })
    }

    /// So many holds by pgbench, from the `first` wish on.
    pub fn pgbench(&mut self, first: usize, holds: usize, clients: usize) -> Result<Run> {
        let hold = place::root().join("server/src/store/sql/hold.sql");
        let hold =
            fs::read_to_string(&hold).with_context(|| format!("cannot read {}", hold.display()))?;
        let script = self.folder.join("hold.pgbench.sql");
        fs::write(&script, pgbench::script(&hold, first, clients))?;
        let before = self.held()?;
        let mut measured = None;
        let usage = self.measure(|world| {
            let command = world.postgres.program("pgbench", "nadi");
            measured = Some(pgbench::run(command, &script, holds, clients)?);
            Ok(())
        })?;
        let Measured { per_s, latency_ms } = measured.context("pgbench has not run")?;
        let made = self.held()? - before;
        let wanted = holds / clients * clients;
        ensure!(made == wanted, "pgbench made {made} holds of {wanted}");
        Ok(Run {
            requests: wanted,
            granted: made,
            per_s,
            p50_ms: latency_ms,
            usage,
            ..Run::default()
        })
    }

    fn held(&self) -> Result<usize> {
        let count = self.postgres.psql("nadi", &["-c", "select count(*) from appointments"])?;
        count.trim().parse().context("a count")
    }

    /// A case of the generator; patients and slots are used once.
    pub fn case(&mut self, case: &str, connections: usize, requests: usize) -> Result<Run> {
        let skip = self.used;
        self.used += match case {
            "distinct-slots" | "hot-slot" | "book-confirm" => requests,
            "mixed" => requests / 10 + 1,
            _ => 0,
        };
        let mut load = super::load();
        load.args(["case", "--case", case])
            .args(["--address", &format!("127.0.0.1:{}", self.nadi.port)])
            .args(["--connections", &connections.to_string()])
            .args(["--requests", &requests.to_string(), "--skip", &skip.to_string()])
            .args(["--from", &self.days.0, "--to", &self.days.1]);
        for file in ["tokens", "slots", "doctors"] {
            load.arg(format!("--{file}")).arg(self.folder.join(file));
        }
        let mut said = String::new();
        let usage = self.measure(|_| {
            said = process::capture(&mut load)?;
            Ok(())
        })?;
        let mut run = Run::read(&said).with_context(|| format!("the generator said: {said}"))?;
        run.usage = usage;
        run.server_rss_mb = usage::peak_megabytes(self.service.pid());
        Ok(run)
    }

    /// What each side has used meanwhile.
    fn measure(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<Usage> {
        let me = std::process::id();
        let used = |world: &Self| Usage {
            server: usage::seconds_of_family(world.service.pid()),
            postgres: usage::seconds_of_family(world.postgres.pid()),
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

    pub fn close(mut self) -> Result<()> {
        self.service.stop().map(|_| ())
    }
}
