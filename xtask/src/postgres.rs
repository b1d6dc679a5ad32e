//! A private PostgreSQL with a data directory and a socket of its own and no TCP port. A PostgreSQL that the
//! machine already runs is not touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::directories::ServiceDirectories;
use crate::os_user::OsUser;
use crate::packages;
use crate::process::{self, Service};

const MIN_MAJOR: u32 = 15;
const START_LIMIT: Duration = Duration::from_secs(60);

/// Whether the data has to survive a crash of the machine.
#[derive(Clone, Copy, PartialEq)]
pub enum Durability {
    /// Yes: fsync and synchronous commits are on.
    Durable,
    /// No: a cluster for a single test run, without fsync.
    Temporary,
}

/// The programs of an installed PostgreSQL.
#[derive(Clone)]
pub struct Programs {
    bin: PathBuf,
    pub major: u32,
}

impl Programs {
    /// Finds the version that created the existing data, or the newest one without data. Installs it when missing.
    pub fn find(data: Option<u32>) -> Result<Programs> {
        if let Some(found) = choose(installed(), data)? {
            return Ok(found);
        }
        packages::install("PostgreSQL 15 or later", &["postgresql"])?;
        choose(installed(), data)?.with_context(
            || "PostgreSQL 15 or later is missing: the package manager installed an older one",
        )
    }
}

/// Which of the installed versions to use. `data` is the major version that created the existing data, which no other
/// major version can read.
fn choose(installed: Vec<Programs>, data: Option<u32>) -> Result<Option<Programs>> {
    let newest = installed
        .iter()
        .filter(|found| found.major >= MIN_MAJOR)
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
        "the private database was created by PostgreSQL {data}, and this machine has {has}: install \
         PostgreSQL {data}, or remove the database's directory to begin with new demo data"
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
        // A link to a single program is not an installation.
        .filter(|bin| {
            let programs = ["initdb", "postgres", "psql", "pg_isready"];
            programs.iter().all(|name| packages::is_program(&bin.join(name)))
        })
        .filter_map(|bin| {
            let mut query = std::process::Command::new(bin.join("postgres"));
            let major = major(&process::capture(query.arg("--version")).ok()?)?;
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

/// The major version that created a data directory.
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
    /// Starts PostgreSQL and waits until it accepts connections. Creates the cluster when there is none.
    pub fn start(
        programs: Programs,
        os_user: &OsUser,
        directories: &ServiceDirectories,
        durability: Durability,
    ) -> Result<Postgres> {
        let data = directories.data.join("postgres");
        if !data.join("PG_VERSION").exists() {
            init_cluster(&programs, os_user, &data, durability)?;
        }
        os_user.create_owned_directory(&data)?;
        remove_stale_lock(&data)?;
        let log = directories.log("postgres");
        let output = process::rotate_log(&log)?;
        let mut command = os_user.command(programs.bin.join("postgres"));
        command.arg("-D").arg(&data).stdout(output.try_clone()?).stderr(output);
        for setting in settings(&directories.sockets, durability, small_shared_memory()) {
            command.args(["-c", &setting]);
        }
        // On SIGINT it closes all connections and stops. On SIGTERM, which the kernel sends if we are killed, it
        // waits for the clients first.
        let service = Service::start(
            "PostgreSQL",
            &mut command,
            Signal::INT,
            Duration::from_secs(30),
            directories.pid_file("postgres"),
            &data.to_string_lossy(),
        )?;
        let mut postgres = Postgres { service, programs, sockets: directories.sockets.clone() };
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
                bail!("PostgreSQL does not accept connections: {refusal}; {}", process::tail(log));
            }
            process::pause(Duration::from_millis(20))?;
        }
    }

    pub fn major(&self) -> u32 {
        self.programs.major
    }

    /// The URL of one of its databases, for sqlx, psql and Node's `pg`.
    pub fn url(&self, database: &str) -> String {
        let sockets = self.sockets.display();
        format!("postgres://nadi@localhost/{database}?host={sockets}")
    }

    /// Creates a database unless it exists.
    pub fn ensure_database(&self, name: &str) -> Result<()> {
        let query = format!("select 1 from pg_database where datname = '{name}'");
        if self.psql("postgres", &["-c", &query])?.trim().is_empty() {
            self.psql("postgres", &["-c", &format!("create database {name}")])?;
        }
        Ok(())
    }

    /// Runs psql and returns its unaligned output without headers. It stops at the first error.
    pub fn psql(&self, database: &str, arguments: &[&str]) -> Result<String> {
        let mut psql = std::process::Command::new(self.programs.bin.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(arguments)
            .arg(self.url(database))
            // `nadi migrate` has set limits for the role, which are those of a request.
            .env("PGOPTIONS", "-c statement_timeout=0 -c lock_timeout=0");
        process::capture(&mut psql)
    }

    /// A command for one of PostgreSQL's programs, with the database set by environment variables.
    pub fn program(&self, name: &str, database: &str) -> std::process::Command {
        let mut command = std::process::Command::new(self.programs.bin.join(name));
        command.env("PGHOST", &self.sockets).env("PGUSER", "nadi").env("PGDATABASE", database);
        command
    }

    pub fn pid(&self) -> u32 {
        self.service.pid()
    }

    /// The exit status, if the server has ended.
    pub fn ended(&mut self) -> Result<Option<std::process::ExitStatus>> {
        self.service.ended()
    }

    /// Kills the main process with SIGKILL. Its worker processes notice and end by themselves.
    pub fn kill(&mut self) -> Result<()> {
        self.service.kill()
    }

    pub fn stop(&mut self) -> Result<()> {
        self.service.stop().map(|_| ())
    }
}

/// Creates the cluster in a temporary directory and renames it when complete, so that a killed run leaves no
/// incomplete cluster.
fn init_cluster(
    programs: &Programs,
    os_user: &OsUser,
    data: &Path,
    durability: Durability,
) -> Result<()> {
    let new = data.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    os_user.create_owned_directory(&new)?;
    let mut initdb = os_user.command(programs.bin.join("initdb"));
    initdb
        .arg("-D")
        .arg(&new)
        // `trust` is safe: the socket is in a directory that no other user can enter.
        .args(["-U", "nadi", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]);
    if durability == Durability::Temporary {
        initdb.arg("--no-sync");
    }
    process::capture(&mut initdb).context("the private database cannot be created")?;
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    fs::rename(&new, data)?;
    Ok(())
}

/// Removes the lock file of a killed postmaster that is still a zombie. Its parent never read the exit status, which
/// in a container without an init process means that the zombie stays forever. PostgreSQL would take it for a running
/// server.
fn remove_stale_lock(data: &Path) -> Result<()> {
    let lock = data.join("postmaster.pid");
    let pid = || -> Option<u32> {
        let text = fs::read_to_string(&lock).ok()?;
        text.lines().next()?.trim().parse().ok()
    };
    let Some(pid) = pid().filter(|pid| process::is_zombie(*pid)) else {
        return Ok(());
    };
    // Gives its workers time to end, which they do by themselves without a postmaster.
    let waiting_since = Instant::now();
    while process::is_zombie(pid) && waiting_since.elapsed() < Duration::from_secs(2) {
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
    if durability == Durability::Temporary {
        for off in ["fsync", "synchronous_commit", "full_page_writes"] {
            settings.push(format!("{off}=off"));
        }
    }
    if small_shared_memory {
        // Parallel workers communicate through /dev/shm, which has only 64 MB in many containers.
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

    fn programs_of(majors: &[u32]) -> Vec<Programs> {
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
    fn the_newest_supported_version_creates_new_data() -> Result<()> {
        let chosen = choose(programs_of(&[14, 17, 16]), None)?;
        assert_eq!(chosen.map(|found| found.major), Some(17));
        assert!(choose(programs_of(&[13]), None)?.is_none());
        Ok(())
    }

    #[test]
    fn existing_data_needs_the_version_that_created_it() -> Result<()> {
        let chosen = choose(programs_of(&[15, 17]), Some(15))?;
        assert_eq!(chosen.map(|found| found.major), Some(15));
        let refused = choose(programs_of(&[17]), Some(15)).err();
        assert!(
            refused.is_some_and(|error| error.to_string().contains("created by PostgreSQL 15"))
        );
        Ok(())
    }

    #[test]
    fn fsync_is_off_for_temporary_data_only() {
        let sockets = Path::new("/run/x");
        let durable = settings(sockets, Durability::Durable, false);
        assert!(!durable.iter().any(|setting| setting.contains("off")));
        let temporary = settings(sockets, Durability::Temporary, true);
        assert!(temporary.contains(&"fsync=off".to_owned()));
        assert!(temporary.contains(&"max_parallel_workers_per_gather=0".to_owned()));
    }
}
