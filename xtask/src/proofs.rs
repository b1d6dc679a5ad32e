//! `cargo xtask test --only proofs`: short forms of the long proofs, and of commands that no other
//! step runs, so that none of them stops working unnoticed. They share one harness, since preparing
//! it takes longer than most of them. They judge what is true, never how long it takes.
//!
//! The simulation itself is one of the Rust tests of the step `unit`, with 5,000 operations; here a few
//! show that the command finds it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;

use crate::account::Account;
use crate::bench;
use crate::browser;
use crate::counts::Counts;
use crate::fault_injection;
use crate::harness::{Harness, Size};
use crate::load_shedding;
use crate::place::{self, Place};
use crate::process::{self, Interrupted, Service};
use crate::progress::seconds;
use crate::replay;
use crate::server::{self, Build};
use crate::simulate;

type Proof = fn(&mut Shared) -> Result<()>;

/// In the order in which they run: the benchmark needs free slots that `replay` may take, and the
/// search among many adds doctors.
const PROOFS: [(&str, Proof); 10] = [
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

/// How long a command that is built already may take to be ready, demo data included.
const READY_LIMIT: Duration = Duration::from_secs(300);
/// How long a command may take to stop everything that it started.
const STOP_LIMIT: Duration = Duration::from_secs(60);
const PATIENT: &str = r#"{"email": "patient@nadi.example", "password": "nadi-demo-2026"}"#;

/// What the proofs share.
struct Shared {
    /// `cargo xtask run`, which fills in its demo data while the harness is prepared.
    run: Child,
    harness: Harness,
    commands: Commands,
}

/// Needs the development build and the client. Gives whether all is well, and the counts.
pub fn run() -> Result<(bool, Counts)> {
    let started = Instant::now();
    let commands = Commands::new()?;
    let run = commands.start("run")?;
    let patients = fault_injection::SHORT.patients
        + fault_injection::HOLDS_WITHOUT_REDIS
        + load_shedding::SHORT.needs()
        + replay::SHORT_PATIENTS
        + bench::SHORT.needs();
    let size = Size { build: Build::Development, servers: 2, patients, horizon_days: "10" };
    let harness =
        Harness::prepare(size, |nadi, postgres| bench::add_wishes(bench::SHORT, nadi, postgres))?;
    println!("prepared ({})", seconds(started.elapsed()));
    let mut shared = Shared { run, harness, commands };
    let mut counts = Counts::default();
    for (name, proof) in PROOFS {
        println!("\n{name} …");
        let started = Instant::now();
        match proof(&mut shared) {
            Ok(()) => {
                counts.passed += 1;
                println!("{name}: ok ({})", seconds(started.elapsed()));
            }
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                counts.failed += 1;
                println!("{name}: FAILED ({}): {error:#}", seconds(started.elapsed()));
                for log in shared.harness.server_logs() {
                    println!("the server said, {}", process::tail(&log));
                }
                break;
            }
        }
    }
    counts.skipped = PROOFS.len() - counts.passed - counts.failed;
    shared.harness.close()?;
    Ok((counts.failed == 0, counts))
}

/// `cargo xtask run`, started twice on the same data: the second start knows who the first one signed
/// in.
fn run_twice(shared: &mut Shared) -> Result<()> {
    shared.run.wait_until("Nadi is ready at")?;
    let port = shared.commands.port;
    let token = {
        pages_are_shown(port)?;
        let answer = server::post_json(port, "/api/v1/auth/login", PATIENT)?;
        let token =
            answer.split("\"access_token\":\"").nth(1).and_then(|rest| rest.split('"').next());
        token.with_context(|| format!("no token in the answer to a sign-in: {answer}"))?.to_owned()
    };
    shared.run.stop("Stopped; the data stays")?;

    shared.run = shared.commands.start("run")?;
    shared.run.wait_until("Nadi is ready at")?;
    pages_are_shown(port)?;
    let known = get_as(port, "/api/v1/appointments", &token)?;
    ensure!(known.starts_with("HTTP/1.1 200"), "the first start's patient is not known: {known}");
    shared.run.stop("Stopped; the data stays")
}

fn pages_are_shown(port: u16) -> Result<()> {
    for path in ["/readyz", "/"] {
        let status = server::get(port, path);
        ensure!(status == Some(200), "{path} was answered {status:?}");
    }
    Ok(())
}

/// `cargo xtask services`, on the data that `run` has left: what it prints leads to both of them.
fn services(shared: &mut Shared) -> Result<()> {
    let mut child = shared.commands.start("services")?;
    let said = child.wait_until("# logs:")?;
    let value = |name: &str| -> Result<&str> {
        let rest = said.split(&format!("export {name}='")).nth(1);
        rest.and_then(|rest| rest.split('\'').next())
            .with_context(|| format!("no {name} in {said}"))
    };
    let mut psql = shared.harness.postgres.program("psql", "nadi");
    psql.args(["-X", "-A", "-t", "-c", "select count(*) > 0 from doctors", value("DATABASE_URL")?]);
    let found = process::capture(&mut psql)?;
    ensure!(found.trim() == "t", "the data of `run` is not there");
    ensure!(value("NADI_SECRET")?.len() >= 32, "the secret is too short");
    let socket = value("REDIS_URL")?.trim_start_matches("redis+unix://");
    let mut redis = UnixStream::connect(socket).context("Redis does not answer")?;
    redis.set_read_timeout(Some(Duration::from_secs(30)))?;
    redis.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    redis.read_exact(&mut answer)?;
    ensure!(&answer == b"+PONG", "Redis answered otherwise");
    child.stop("# logs:")
}

/// `cargo xtask screenshots`, of two pages.
fn screenshots(shared: &mut Shared) -> Result<()> {
    let instance = shared.harness.servers.first().context("no server")?;
    browser::two_screenshots(&instance.nadi)
}

/// A GET on this machine with a token of the API; gives the whole answer.
fn get_as(port: u16, path: &str, token: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Starts this very program with other commands, on a port and in a place of their own, beside
/// whatever the developer runs in this clone.
struct Commands {
    port: u16,
    place: Place,
}

impl Commands {
    fn new() -> Result<Self> {
        let account = Account::find()?;
        let place = Place::throwaway(&account, "commands")?;
        Ok(Self { port: server::free_port()?, place })
    }

    fn start(&self, name: &'static str) -> Result<Child> {
        let program = std::env::current_exe()?;
        let log = self.place.log(name);
        let output = process::new_log(&log)?;
        let mut command = Command::new(&program);
        command
            .arg(name)
            .env(place::ANOTHER, self.place.data.join("place"))
            .env("PORT", self.port.to_string())
            // Fewer times to make.
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
            self.place.pid_file(name),
            &program.to_string_lossy(),
        )?;
        Ok(Child { name, service, log })
    }
}

/// A command that runs until it gets Ctrl-C.
struct Child {
    name: &'static str,
    service: Service,
    log: PathBuf,
}

impl Child {
    /// Until it has printed this; gives all it has printed.
    fn wait_until(&mut self, text: &str) -> Result<String> {
        let started = Instant::now();
        loop {
            // In this order: what it prints last is read, too.
            let ended = self.service.ended()?;
            let said = std::fs::read_to_string(&self.log)?;
            if said.contains(text) {
                return Ok(said);
            }
            if let Some(status) = ended {
                bail!("`{}` ended by itself ({status}); {}", self.name, process::tail(&self.log));
            }
            if started.elapsed() > READY_LIMIT {
                bail!("`{}` does not become ready; {}", self.name, process::tail(&self.log));
            }
            process::pause(Duration::from_millis(50))?;
        }
    }

    /// Sends what Ctrl-C sends: it has to end well, having printed this.
    fn stop(&mut self, text: &str) -> Result<()> {
        let status = self.service.stop()?;
        let said = std::fs::read_to_string(&self.log)?;
        ensure!(
            status.success() && said.contains(text),
            "`{}` did not end well ({status}); {}",
            self.name,
            process::tail(&self.log)
        );
        Ok(())
    }
}

/// Where a command of the task runner is exercised.
#[cfg(test)]
enum Exercised {
    /// By a step of `cargo xtask test`.
    Step(&'static str),
    /// By a proof of this module.
    Proof(&'static str),
    /// Another way, or not at all: why.
    Otherwise(&'static str),
}

/// Every command of `main.rs`. Whoever adds one says here how we notice when it stops working.
#[cfg(test)]
const COMMANDS: [(&str, Exercised); 23] = {
    use Exercised::{Otherwise, Proof, Step};
    [
        ("run", Proof("run")),
        ("test", Otherwise("it runs this")),
        (
            "days",
            Otherwise(
                "the step `browser` takes two of the days, so that all have their turn in eight",
            ),
        ),
        ("simulate", Proof("simulate")),
        ("prepare", Otherwise("it rewrites .sqlx; the step `lints` makes the same files")),
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
        ("bench", Proof("bench")),
        ("bench --only schedules", Proof("bench: schedules")),
        ("bench --only holds", Proof("bench")),
        ("bench --only history", Proof("bench")),
        ("bench --only search", Proof("bench: search")),
        (
            "bench --only lighthouse",
            Otherwise(
                "its figures are times; what does not depend on the machine is judged in \
                 end2end/tests/lighthouse.spec.ts, in the step `browser`",
            ),
        ),
        ("screenshots", Proof("screenshots")),
        ("screenshots --docs", Otherwise("it changes committed files; the rest is `screenshots`")),
        ("replay", Proof("replay")),
        ("crowd", Proof("load shedding")),
        ("torture", Proof("fault injection")),
        ("services", Proof("services")),
        ("help", Otherwise("a test here: it names every command")),
    ]
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const MAIN: &str = include_str!("main.rs");

    /// The commands that `dispatch` knows: the literal words with which its arms begin.
    fn dispatched() -> BTreeSet<String> {
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

    /// The commands that the help names: the first words of its indented lines.
    fn helped() -> BTreeSet<&'static str> {
        let lines = crate::HELP.lines().filter_map(|line| line.strip_prefix("  "));
        lines
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split(' ').next())
            .collect()
    }

    #[test]
    fn every_command_is_exercised_or_says_why_not() {
        let listed: BTreeSet<String> =
            COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(listed.len(), COMMANDS.len(), "one line each");
        assert_eq!(listed, dispatched());
    }

    #[test]
    fn the_help_names_every_command_and_option() {
        let commands: BTreeSet<&str> =
            COMMANDS.iter().filter_map(|(name, _)| name.split(' ').next()).collect();
        assert_eq!(helped(), commands);
        for (name, _) in COMMANDS {
            if let Some((_, options)) = name.split_once(' ') {
                assert!(crate::HELP.contains(options), "the help does not name {name}");
            }
        }
    }

    #[test]
    fn what_exercises_a_command_exists() {
        let steps = crate::test::step_names();
        for (name, exercised) in COMMANDS {
            match exercised {
                Exercised::Step(step) => assert!(steps.contains(&step), "{name}: no step {step}"),
                Exercised::Proof(proof) => {
                    let known = PROOFS.iter().any(|(known, _)| *known == proof);
                    assert!(known, "{name}: no proof {proof}");
                }
                Exercised::Otherwise(why) => assert!(!why.is_empty(), "{name}"),
            }
        }
    }
}
