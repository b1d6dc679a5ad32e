//! `cargo xtask test --only smoke`: short forms of the commands that no other step runs (fault injection, load
//! shedding, benchmarks and others), so that it is noticed when one stops working. They share one harness,
//! since preparing it takes longer than most of them. They check results, never how long something takes.
//!
//! The simulation itself is one of the Rust tests of the step `unit`, with 5,000 operations. A few operations
//! here show that the command `simulate` runs it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;

use crate::bench;
use crate::browser;
use crate::directories::{self, ServiceDirectories};
use crate::fault_injection;
use crate::harness::{Harness, HarnessOptions};
use crate::load_shedding;
use crate::os_user::OsUser;
use crate::process::{self, Interrupted, Service};
use crate::progress::seconds;
use crate::proxy_sample;
use crate::replay;
use crate::server::{self, Build};
use crate::simulate;
use crate::test_counts::TestCounts;

type SmokeTest = fn(&mut Shared) -> Result<()>;

/// In the order in which they run. `bench` comes before `replay`, which may take the slots that it needs, and
/// `bench: search` comes last, since it adds doctors.
const SMOKE_TESTS: [(&str, SmokeTest); 11] = [
    ("proxy", |_| proxy_sample::check()),
    ("run", run_twice),
    ("services", services),
    ("fault injection", |shared| {
        shared.harness.start_server(1)?;
        fault_injection::short(&mut shared.harness)?;
        shared.harness.stop_server(1)
    }),
    ("load shedding", |shared| load_shedding::short(&mut shared.harness)),
    ("bench", |shared| bench::short(&mut shared.harness)),
    ("replay", |shared| replay::short(&mut shared.harness)),
    ("screenshots", screenshots),
    ("simulate", |shared| simulate::short(&shared.harness.postgres)),
    ("bench: schedules", |shared| bench::short_schedules(&shared.harness)),
    ("bench: search", |shared| bench::short_searches(&mut shared.harness)),
];

/// How long a command that is already built may take to become ready, including the demo data.
const READY_LIMIT: Duration = Duration::from_secs(300);
/// How long a command may take to stop everything that it started.
const STOP_LIMIT: Duration = Duration::from_secs(60);
const PATIENT_CREDENTIALS: &str =
    r#"{"email": "patient@nadi.example", "password": "nadi-demo-2026"}"#;

/// What the smoke tests share.
struct Shared {
    /// `cargo xtask run`, which writes its demo data while the harness is prepared.
    run: RunningCommand,
    harness: Harness,
    commands: CommandRunner,
}

/// Runs all smoke tests. Needs the development build and the client. Returns whether all passed, and the counts.
pub fn run() -> Result<(bool, TestCounts)> {
    let started = Instant::now();
    let commands = CommandRunner::new()?;
    let run = commands.start("run")?;
    let patients = fault_injection::SHORT.patients
        + fault_injection::HOLDS_WITHOUT_REDIS
        + load_shedding::SHORT.patients_needed()
        + replay::SHORT_PATIENTS
        + bench::SHORT.patients_needed();
    let options =
        HarnessOptions { build: Build::Development, servers: 2, patients, horizon_days: "10" };
    let harness = Harness::prepare(options, |nadi, postgres| {
        bench::prepare_pgbench_holds(bench::SHORT, nadi, postgres)
    })?;
    println!("prepared ({})", seconds(started.elapsed()));
    let mut shared = Shared { run, harness, commands };
    let mut counts = TestCounts::default();
    for (name, test) in SMOKE_TESTS {
        println!("\n{name} …");
        let started = Instant::now();
        match test(&mut shared) {
            Ok(()) => {
                counts.passed += 1;
                println!("{name}: ok ({})", seconds(started.elapsed()));
            }
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                counts.failed += 1;
                counts.failures.push(name.to_owned());
                println!("{name}: FAILED ({}): {error:#}", seconds(started.elapsed()));
                for log in shared.harness.server_logs() {
                    println!("log of a server: {}", process::tail(&log));
                }
                break;
            }
        }
    }
    counts.skipped = SMOKE_TESTS.len() - counts.passed - counts.failed;
    shared.harness.close()?;
    Ok((counts.failed == 0, counts))
}

/// `cargo xtask run`, started twice on the same data: a token issued by the first start is valid in the second.
fn run_twice(shared: &mut Shared) -> Result<()> {
    shared.run.wait_until("Nadi is ready at")?;
    let port = shared.commands.port;
    let token = {
        pages_are_shown(port)?;
        let response = server::post_json(port, "/api/v1/auth/login", PATIENT_CREDENTIALS)?;
        let token =
            response.split("\"access_token\":\"").nth(1).and_then(|rest| rest.split('"').next());
        token
            .with_context(|| format!("no token in the answer to a sign-in: {response}"))?
            .to_owned()
    };
    shared.run.stop("Stopped; the data stays")?;

    shared.run = shared.commands.start("run")?;
    shared.run.wait_until("Nadi is ready at")?;
    pages_are_shown(port)?;
    let response = get_with_token(port, "/api/v1/appointments", &token)?;
    ensure!(
        response.starts_with("HTTP/1.1 200"),
        "the token of the first start is not accepted: {response}"
    );
    shared.run.stop("Stopped; the data stays")
}

fn pages_are_shown(port: u16) -> Result<()> {
    for path in ["/readyz", "/"] {
        let status = server::get_status(port, path);
        ensure!(status == Some(200), "{path} was answered {status:?}");
    }
    Ok(())
}

/// `cargo xtask services`, on the data of `run`: connects to PostgreSQL and Redis with the printed addresses.
fn services(shared: &mut Shared) -> Result<()> {
    let mut child = shared.commands.start("services")?;
    let output = child.wait_until("# logs:")?;
    let value = |name: &str| -> Result<&str> {
        let rest = output.split(&format!("export {name}='")).nth(1);
        rest.and_then(|rest| rest.split('\'').next())
            .with_context(|| format!("no {name} in {output}"))
    };
    let mut psql = shared.harness.postgres.program("psql", "nadi");
    psql.args(["-X", "-A", "-t", "-c", "select count(*) > 0 from doctors", value("DATABASE_URL")?]);
    let found = process::capture(&mut psql)?;
    ensure!(found.trim() == "t", "the data of `run` is missing");
    ensure!(value("NADI_SECRET")?.len() >= 32, "the secret is too short");
    let socket = value("REDIS_URL")?.trim_start_matches("redis+unix://");
    let mut redis = UnixStream::connect(socket).context("Redis does not answer")?;
    redis.set_read_timeout(Some(Duration::from_secs(30)))?;
    redis.write_all(b"PING\r\n")?;
    let mut response = [0; 5];
    redis.read_exact(&mut response)?;
    ensure!(&response == b"+PONG", "Redis did not answer PONG");
    child.stop("# logs:")
}

/// `cargo xtask screenshots`, with two pages.
fn screenshots(shared: &mut Shared) -> Result<()> {
    let instance = shared.harness.servers.first().context("no server")?;
    browser::two_screenshots(&instance.nadi)
}

/// Sends a GET request with an API token to a server on this machine. Returns the whole response.
fn get_with_token(port: u16, path: &str, token: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

/// Starts this program with other commands, on a port and in directories of their own, so that they do not
/// disturb what the developer runs in this clone.
struct CommandRunner {
    port: u16,
    directories: ServiceDirectories,
}

impl CommandRunner {
    fn new() -> Result<Self> {
        let os_user = OsUser::find()?;
        let directories = ServiceDirectories::temporary(&os_user, "commands")?;
        Ok(Self { port: server::free_port()?, directories })
    }

    fn start(&self, name: &'static str) -> Result<RunningCommand> {
        let program = std::env::current_exe()?;
        let log = self.directories.log(name);
        let output = process::rotate_log(&log)?;
        let mut command = Command::new(&program);
        command
            .arg(name)
            .env(directories::SERVICES_VARIABLE, self.directories.data.join("services"))
            .env("PORT", self.port.to_string())
            // Fewer slots to create.
            .env("NADI_HORIZON_DAYS", "10")
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .env_remove("NADI_SECRET")
            .stdout(output.try_clone()?)
            .stderr(output);
        let service = Service::start(
            "a command of the task runner",
            &mut command,
            Signal::INT,
            STOP_LIMIT,
            self.directories.pid_file(name),
            &program.to_string_lossy(),
        )?;
        Ok(RunningCommand { name, service, log })
    }
}

/// A command that runs until it receives SIGINT.
struct RunningCommand {
    name: &'static str,
    service: Service,
    log: PathBuf,
}

impl RunningCommand {
    /// Waits until the command has printed `text`. Returns all of its output.
    fn wait_until(&mut self, text: &str) -> Result<String> {
        let started = Instant::now();
        loop {
            // Before reading the log, so that the last output of an ended process is read as well.
            let ended = self.service.ended()?;
            let output = std::fs::read_to_string(&self.log)?;
            if output.contains(text) {
                return Ok(output);
            }
            if let Some(status) = ended {
                bail!("`{}` ended early ({status}); {}", self.name, process::tail(&self.log));
            }
            if started.elapsed() > READY_LIMIT {
                bail!("`{}` did not become ready in time; {}", self.name, process::tail(&self.log));
            }
            process::pause(Duration::from_millis(50))?;
        }
    }

    /// Sends SIGINT. The command has to exit with success and to have printed `text`.
    fn stop(&mut self, text: &str) -> Result<()> {
        let status = self.service.stop()?;
        let output = std::fs::read_to_string(&self.log)?;
        ensure!(
            status.success() && output.contains(text),
            "`{}` failed, or did not print `{text}` ({status}); {}",
            self.name,
            process::tail(&self.log)
        );
        Ok(())
    }
}

/// How it is noticed that a command of the task runner stops working.
#[cfg(test)]
enum Coverage {
    /// A step of `cargo xtask test` runs the same code.
    Step(&'static str),
    /// A smoke test of this module runs it.
    SmokeTest(&'static str),
    /// In another way or not at all, for this reason.
    Otherwise(&'static str),
}

/// Every command of `main.rs`. A new command needs an entry here.
#[cfg(test)]
const COMMANDS: [(&str, Coverage); 24] = {
    use Coverage::{Otherwise, SmokeTest, Step};
    [
        ("run", SmokeTest("run")),
        ("test", Otherwise("it runs the smoke tests")),
        (
            "edge-dates",
            Otherwise(
                "the step `browser` uses two of the dates, so that all are used within eight days",
            ),
        ),
        ("simulate", SmokeTest("simulate")),
        ("proxy-sample", SmokeTest("proxy")),
        ("prepare", Otherwise("it rewrites .sqlx; the step `lints` generates the same files")),
        ("prepare --check", Step("lints")),
        ("audit", Otherwise("compiling cargo-deny takes minutes")),
        ("audit --advisories", Otherwise("its database comes from GitHub")),
        (
            "build",
            Otherwise(
                "an optimized build takes minutes; the steps `build` and `client` compile the same code",
            ),
        ),
        ("client", Step("client")),
        ("bench", SmokeTest("bench")),
        ("bench --only schedules", SmokeTest("bench: schedules")),
        ("bench --only holds", SmokeTest("bench")),
        ("bench --only history", SmokeTest("bench")),
        ("bench --only search", SmokeTest("bench: search")),
        (
            "bench --only lighthouse",
            Otherwise(
                "its results are times; what does not depend on the machine is checked by \
                 end2end/tests/lighthouse.spec.ts, in the step `browser`",
            ),
        ),
        ("screenshots", SmokeTest("screenshots")),
        (
            "screenshots --docs",
            Otherwise("it changes committed files; otherwise it is `screenshots`"),
        ),
        ("replay", SmokeTest("replay")),
        ("load-shedding", SmokeTest("load shedding")),
        ("fault-injection", SmokeTest("fault injection")),
        ("services", SmokeTest("services")),
        ("help", Otherwise("a unit test here checks that it names every command")),
    ]
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const MAIN: &str = include_str!("main.rs");

    /// The commands that `dispatch` handles: the string literals at the beginning of its match arms.
    fn commands_in_dispatch() -> BTreeSet<String> {
        let body = MAIN.split("\nfn dispatch(").nth(1).and_then(|rest| rest.split("\n}").next());
        let arms = body.unwrap_or_default().lines().map(str::trim).filter_map(|line| {
            let line = line.strip_prefix("[] | ").unwrap_or(line);
            line.strip_prefix("[\"").map(|rest| rest.split(']').next().unwrap_or(rest))
        });
        arms.map(|arm| {
            // `help" | "--help" | "-h"` is one command.
            let words = arm.split(", ").map(|word| word.split(" | ").next().unwrap_or(word));
            let literal = words.take_while(|word| word.ends_with('"'));
            literal.map(|word| word.trim_matches('"')).collect::<Vec<_>>().join(" ")
        })
        .collect()
    }

    /// The commands in the help text: the first words of its indented lines.
    fn commands_in_help() -> BTreeSet<&'static str> {
        let lines = crate::HELP.lines().filter_map(|line| line.strip_prefix("  "));
        lines
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split(' ').next())
            .collect()
    }

    #[test]
    fn every_command_has_an_entry() {
        let listed: BTreeSet<String> =
            COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(listed.len(), COMMANDS.len(), "a command is listed twice");
        assert_eq!(listed, commands_in_dispatch());
    }

    #[test]
    fn the_help_names_every_command_and_option() {
        let commands: BTreeSet<&str> =
            COMMANDS.iter().filter_map(|(name, _)| name.split(' ').next()).collect();
        assert_eq!(commands_in_help(), commands);
        for (name, _) in COMMANDS {
            if let Some((_, options)) = name.split_once(' ') {
                assert!(crate::HELP.contains(options), "{name} is missing in the help");
            }
        }
    }

    #[test]
    fn the_steps_and_smoke_tests_of_the_entries_exist() {
        let steps = crate::test::step_names();
        for (name, coverage) in COMMANDS {
            match coverage {
                Coverage::Step(step) => assert!(steps.contains(&step), "{name}: no step {step}"),
                Coverage::SmokeTest(test) => {
                    let known = SMOKE_TESTS.iter().any(|(known, _)| *known == test);
                    assert!(known, "{name}: no smoke test {test}");
                }
                Coverage::Otherwise(why) => assert!(!why.is_empty(), "{name}"),
            }
        }
    }
}
