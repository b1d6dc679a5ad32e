//! A private PostgreSQL: its own data folder, its own socket, no TCP port. What the machine runs
//! already is not touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::account::Account;
use crate::packages;
use crate::place::Place;
use crate::process::{self, Service};

const LEAST_MAJOR: u32 = 15;
const START_LIMIT: Duration = Duration::from_secs(60);

/// What a crash of the machine may cost.
#[derive(Clone, Copy, PartialEq)]
pub enum Durability {
    /// Nothing: people's data.
    Kept,
    /// Everything: a cluster made for one test run.
    Throwaway,
}

/// PostgreSQL's programs.
#[derive(Clone)]
pub struct Programs {
    bin: PathBuf,
    pub major: u32,
}

impl Programs {
    /// Those that suit the data already there, else the newest; installed when missing.
    pub fn find(data: Option<u32>) -> Result<Programs> {
        if let Some(found) = choose(installed(), data)? {
            return Ok(found);
        }
        packages::install("PostgreSQL 15 or later", &["postgresql"])?;
        choose(installed(), data)?.with_context(
            || "PostgreSQL 15 or later is missing: what the package manager brought is older",
        )
    }
}

/// Which of the installed versions to use. Data made by one major version is of use to that one
/// only.
fn choose(installed: Vec<Programs>, data: Option<u32>) -> Result<Option<Programs>> {
    let newest = installed
        .iter()
        .filter(|found| found.major >= LEAST_MAJOR)
        .max_by_key(|found| found.major)
        .cloned();
    let Some(data) = data else {
        return Ok(newest);
    };
    if let Some(same) = installed.into_iter().find(|found| found.major == data) {
        return Ok(Some(same));
    }
    let has = newest.map_or("none".to_owned(), |found| found.major.to_string());
    bail!(
        "the private database was made by PostgreSQL {data}, and this machine has {has}: install \
         PostgreSQL {data}, or remove the database's folder to begin with fresh demo data"
    )
}

fn installed() -> Vec<Programs> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for parent in ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            folders.push(entry.path().join("bin"));
        }
    }
    folders.push("/usr/pgsql/bin".into());
    if let Some(program) = packages::on_path("postgres") {
        folders.extend(program.parent().map(Path::to_owned));
    }
    folders
        .into_iter()
        // A link to one program alone is no installation.
        .filter(|bin| {
            let programs = ["initdb", "postgres", "psql", "pg_isready"];
            programs.iter().all(|name| packages::is_program(&bin.join(name)))
        })
        .filter_map(|bin| {
            let mut ask = std::process::Command::new(bin.join("postgres"));
            let major = major(&process::capture(ask.arg("--version")).ok()?)?;
            Some(Programs { bin, major })
        })
        .collect()
}

/// `15` of `postgres (PostgreSQL) 15.18 (Debian …)`, also of `18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split(' ').nth(2)?;
    let digits = number.find(|c: char| !c.is_ascii_digit());
    number[..digits.unwrap_or(number.len())].parse().ok()
}

/// The major version that made a data folder.
pub fn version_of(data: &Path) -> Option<u32> {
    let text = fs::read_to_string(data.join("PG_VERSION")).ok()?;
    text.trim().parse().ok()
}

pub struct Postgres {
    service: Service,
    programs: Programs,
    sockets: PathBuf,
}

impl Postgres {
    /// Makes the cluster when there is none, starts it and waits until it answers.
    pub fn start(
        programs: Programs,
        account: &Account,
        place: &Place,
        durability: Durability,
    ) -> Result<Postgres> {
        let data = place.data.join("postgres");
        if !data.join("PG_VERSION").exists() {
            make_cluster(&programs, account, &data, durability)?;
        }
        account.own_folder(&data)?;
        forget_dead_postmaster(&data)?;
        let log = place.log("postgres");
        let output = process::new_log(&log)?;
        let mut command = account.command(programs.bin.join("postgres"));
        command.arg("-D").arg(&data).stdout(output.try_clone()?).stderr(output);
        for setting in settings(&place.sockets, durability, small_shared_memory()) {
            command.args(["-c", &setting]);
        }
        // SIGINT: end the connections and stop; SIGTERM, sent should we be killed, lets the
        // server finish first.
        let service = Service::start(
            "PostgreSQL",
            &mut command,
            Signal::INT,
            Duration::from_secs(30),
            place.pid_file("postgres"),
            &data.to_string_lossy(),
        )?;
        let mut postgres = Postgres { service, programs, sockets: place.sockets.clone() };
        postgres.wait_until_ready(&log)?;
        Ok(postgres)
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let started = Instant::now();
        let mut refusal = String::new();
        loop {
            if let Some(status) = self.service.ended()? {
                bail!("PostgreSQL did not start ({status}); {}", process::tail(log));
            }
            if self.sockets.join(".s.PGSQL.5432").exists() {
                let mut ready = std::process::Command::new(self.programs.bin.join("pg_isready"));
                ready.arg("-q").arg("-h").arg(&self.sockets);
                match process::capture(&mut ready) {
                    Ok(_) => return Ok(()),
                    Err(error) => refusal = format!("{error:#}"),
                }
            }
            if started.elapsed() > START_LIMIT {
                bail!("PostgreSQL does not answer: {refusal}; {}", process::tail(log));
            }
            process::pause(Duration::from_millis(20))?;
        }
    }

    pub fn major(&self) -> u32 {
        self.programs.major
    }

    /// The address of one of its databases, for sqlx, psql and Node's `pg`.
    pub fn url(&self, database: &str) -> String {
        let sockets = self.sockets.display();
        format!("postgres://nadi@localhost/{database}?host={sockets}")
    }

    /// Makes the database unless it is there.
    pub fn ensure_database(&self, name: &str) -> Result<()> {
        let ask = format!("select 1 from pg_database where datname = '{name}'");
        if self.psql("postgres", &["-c", &ask])?.trim().is_empty() {
            self.psql("postgres", &["-c", &format!("create database {name}")])?;
        }
        Ok(())
    }

    /// Runs psql, which stops at the first error, and gives its bare output.
    pub fn psql(&self, database: &str, arguments: &[&str]) -> Result<String> {
        let mut psql = std::process::Command::new(self.programs.bin.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(arguments)
            .arg(self.url(database))
            // `nadi migrate` has set limits for the role, which are those of a request.
            .env("PGOPTIONS", "-c statement_timeout=0 -c lock_timeout=0");
        process::capture(&mut psql)
    }

    /// One of PostgreSQL's programs, told by its environment which database to use.
    pub fn program(&self, name: &str, database: &str) -> std::process::Command {
        let mut command = std::process::Command::new(self.programs.bin.join(name));
        command.env("PGHOST", &self.sockets).env("PGUSER", "nadi").env("PGDATABASE", database);
        command
    }

    pub fn pid(&self) -> u32 {
        self.service.pid()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<std::process::ExitStatus>> {
        self.service.ended()
    }

    /// Ends it as a crash would. Its workers notice by themselves.
    pub fn kill(&mut self) -> Result<()> {
        self.service.kill()
    }

    pub fn stop(&mut self) -> Result<()> {
        self.service.stop().map(|_| ())
    }
}

/// Made beside its place and moved there whole, so that a killed start leaves no half of it.
fn make_cluster(
    programs: &Programs,
    account: &Account,
    data: &Path,
    durability: Durability,
) -> Result<()> {
    let new = data.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    account.own_folder(&new)?;
    let mut initdb = account.command(programs.bin.join("initdb"));
    initdb
        .arg("-D")
        .arg(&new)
        // The socket lies in a folder that nobody else can enter.
        .args(["-U", "nadi", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]);
    if durability == Durability::Throwaway {
        initdb.arg("--no-sync");
    }
    process::capture(&mut initdb).context("the private database cannot be made")?;
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    fs::rename(&new, data)?;
    Ok(())
}

/// A killed postmaster whose parent never asked for its exit status stays as a zombie, in a
/// container without an init for ever, and PostgreSQL takes it for a living rival.
fn forget_dead_postmaster(data: &Path) -> Result<()> {
    let lock = data.join("postmaster.pid");
    let pid = || -> Option<u32> {
        let text = fs::read_to_string(&lock).ok()?;
        text.lines().next()?.trim().parse().ok()
    };
    let Some(pid) = pid().filter(|pid| process::is_zombie(*pid)) else {
        return Ok(());
    };
    // Long enough for its workers, which end by themselves without it.
    let noticed = Instant::now();
    while process::is_zombie(pid) && noticed.elapsed() < Duration::from_secs(2) {
        process::pause(Duration::from_millis(50))?;
    }
    if process::is_zombie(pid) {
        fs::remove_file(lock)?;
    }
    Ok(())
}

fn settings(sockets: &Path, durability: Durability, small_shared_memory: bool) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", sockets.display()),
        "max_connections=200".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_line_prefix=%m [%p] %d ".to_owned(),
    ];
    if durability == Durability::Throwaway {
        for off in ["fsync", "synchronous_commit", "full_page_writes"] {
            settings.push(format!("{off}=off"));
        }
    }
    if small_shared_memory {
        // Parallel workers talk through /dev/shm, 64 MB of it in many containers.
        settings.push("max_parallel_workers_per_gather=0".to_owned());
        settings.push("max_parallel_maintenance_workers=0".to_owned());
    }
    settings
}

fn small_shared_memory() -> bool {
    rustix::fs::statvfs("/dev/shm")
        .is_ok_and(|found| found.f_blocks.saturating_mul(found.f_frsize) < 256 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn having(majors: &[u32]) -> Vec<Programs> {
        let programs = |major: &u32| Programs { bin: PathBuf::new(), major: *major };
        majors.iter().map(programs).collect()
    }

    #[test]
    fn versions_are_read() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(major(debian), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major("something else"), None);
    }

    #[test]
    fn fresh_data_is_made_by_the_newest_version_that_will_do() -> Result<()> {
        let chosen = choose(having(&[14, 17, 16]), None)?;
        assert_eq!(chosen.map(|found| found.major), Some(17));
        assert!(choose(having(&[13]), None)?.is_none());
        Ok(())
    }

    #[test]
    fn data_stays_with_the_version_that_made_it() -> Result<()> {
        let chosen = choose(having(&[15, 17]), Some(15))?;
        assert_eq!(chosen.map(|found| found.major), Some(15));
        let refused = choose(having(&[17]), Some(15)).err();
        assert!(refused.is_some_and(|error| error.to_string().contains("made by PostgreSQL 15")));
        Ok(())
    }

    #[test]
    fn only_throwaway_data_is_written_carelessly() {
        let sockets = Path::new("/run/x");
        let kept = settings(sockets, Durability::Kept, false);
        assert!(!kept.iter().any(|setting| setting.contains("off")));
        let thrown = settings(sockets, Durability::Throwaway, true);
        assert!(thrown.contains(&"fsync=off".to_owned()));
        assert!(thrown.contains(&"max_parallel_workers_per_gather=0".to_owned()));
    }
}
