//! `cargo xtask test`: everything that must hold, with databases of its own.

use std::process::{Command, ExitCode};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::api;
use crate::browser;
use crate::calendar_files;
use crate::client;
use crate::counts::Counts;
use crate::days::{self, Day};
use crate::layers;
use crate::process::{self, Interrupted};
use crate::progress::seconds;
use crate::proofs;
use crate::queries;
use crate::server::{self, Build};
use crate::services::Services;
use crate::toolchain::{self, WasmToolchain};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Fmt,
    Layers,
    Lints,
    Build,
    Client,
    Unit,
    Api,
    Proofs,
    Browser,
}

/// In the order in which they run: quick ones first. The client builds in the background from the start; its
/// step waits for it.
const STEPS: [(Step, &str); 9] = [
    (Step::Fmt, "fmt"),
    (Step::Layers, "layers"),
    (Step::Lints, "lints"),
    (Step::Build, "build"),
    (Step::Client, "client"),
    (Step::Unit, "unit"),
    (Step::Api, "api"),
    (Step::Proofs, "proofs"),
    (Step::Browser, "browser"),
];

/// What a step came to.
enum Outcome {
    Ok(String),
    Failed(String),
    Skipped(String),
}

struct Line {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// What to test, and when it shall be.
#[derive(Debug)]
struct Plan {
    steps: Vec<(Step, &'static str)>,
    days: [Day; 2],
}

pub fn test(options: &[&str]) -> Result<ExitCode> {
    let started = Instant::now();
    let Plan { steps: wanted, days } = plan(options)?;
    let mut session = Session::new(days);
    if wanted.iter().any(|(step, _)| *step == Step::Client) {
        session.start_client()?;
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut interrupted = false;
    for (number, (step, name)) in wanted.iter().enumerate() {
        println!("\n[{}/{}] {name} …", number + 1, wanted.len());
        let step_started = Instant::now();
        let outcome = match session.run(*step) {
            Ok(outcome) => outcome,
            Err(error) if error.is::<Interrupted>() => {
                interrupted = true;
                Outcome::Failed("interrupted".to_owned())
            }
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        if let Outcome::Failed(why) = &outcome {
            println!("{name} failed: {why}");
        }
        lines.push(Line { name, outcome, took: step_started.elapsed() });
        if interrupted {
            break;
        }
    }
    let mut counts = session.counts;
    let services = session.stop();
    println!("\n{}", table(&lines));
    println!("all of it took {}", seconds(started.elapsed()));
    if let Err(error) = &services {
        println!("the services did not stop well: {error:#}");
    }
    let failed_steps =
        lines.iter().filter(|line| matches!(line.outcome, Outcome::Failed(_))).count();
    let failed = failed_steps > 0 || services.is_err();
    if failed {
        // A step that failed without a failing test (a lint, a build) is told as one.
        counts.failed = counts.failed.max(failed_steps).max(1);
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(match (interrupted, failed) {
        (true, _) => ExitCode::from(130),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    })
}

#[cfg(test)]
pub fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|(_, name)| *name).collect()
}

/// `--only` names steps, `--days` two days or one.
fn plan(options: &[&str]) -> Result<Plan> {
    let mut plan = Plan { steps: STEPS.to_vec(), days: days::pair_of_today() };
    let mut left = options;
    while let [name, value, rest @ ..] = left {
        match *name {
            "--only" => plan.steps = steps(value)?,
            "--days" => {
                let named: Vec<Day> =
                    value.split(',').map(|name| Day::named(name.trim())).collect::<Result<_>>()?;
                plan.days = match named[..] {
                    [one] => [one, one],
                    [first, second] => [first, second],
                    _ => bail!("--days takes one day or two"),
                };
            }
            other => bail!("test has no option `{other}`"),
        }
        left = rest;
    }
    if let [lonely] = left {
        bail!("`{lonely}` needs a value");
    }
    Ok(plan)
}

/// The steps of these names, with the builds that they need.
fn steps(only: &str) -> Result<Vec<(Step, &'static str)>> {
    let mut wanted = Vec::new();
    for name in only.split(',').map(str::trim) {
        let Some((step, _)) = STEPS.iter().find(|(_, known)| *known == name) else {
            let names: Vec<&str> = STEPS.iter().map(|(_, name)| *name).collect();
            bail!("there is no step `{name}`: choose from {}", names.join(", "));
        };
        wanted.push(*step);
        if matches!(step, Step::Unit | Step::Api | Step::Proofs | Step::Browser) {
            wanted.extend([Step::Build, Step::Client]);
        }
    }
    let chosen = STEPS.iter().filter(|(step, _)| wanted.contains(step));
    Ok(chosen.copied().collect())
}

/// What the steps share.
struct Session {
    days: [Day; 2],
    client: Option<JoinHandle<Result<String>>>,
    services: Option<Services>,
    counts: Counts,
    /// A build that failed: what needs it is skipped.
    broken: Option<Step>,
}

impl Session {
    fn new(days: [Day; 2]) -> Self {
        Self { days, client: None, services: None, counts: Counts::default(), broken: None }
    }

    /// Whatever has to be installed is installed before, since two package managers would meet.
    fn start_client(&mut self) -> Result<()> {
        let toolchain = WasmToolchain::find()?;
        self.services()?;
        self.client = Some(client::start_build(toolchain));
        Ok(())
    }

    fn run(&mut self, step: Step) -> Result<Outcome> {
        process::check_stop()?;
        if let (Step::Unit | Step::Api | Step::Proofs | Step::Browser, Some(broken)) =
            (step, self.broken)
        {
            return Ok(Outcome::Skipped(format!("the step `{}` failed", name_of(broken))));
        }
        match step {
            Step::Fmt => {
                let mut fmt = toolchain::cargo();
                process::run(fmt.args(["fmt", "--all", "--check"]))
                    .context("run `cargo fmt --all`")?;
                Ok(Outcome::Ok(String::new()))
            }
            Step::Layers => {
                layers::check()?;
                Ok(Outcome::Ok("packages, stores, tables, import cycles".to_owned()))
            }
            Step::Lints => {
                let queries = queries::check_with(self.services()?, queries::lints)?;
                lint_other_features()?;
                Ok(Outcome::Ok(format!("3 sets of features; {queries}")))
            }
            Step::Build => {
                self.broken = Some(Step::Build);
                process::run(&mut cargo_test(&["--no-run"]))?;
                Build::Development.build()?;
                self.broken = None;
                Ok(Outcome::Ok("tests, server and load generator".to_owned()))
            }
            Step::Client => {
                let before = self.broken.replace(Step::Client);
                let client = self.client.take().context("the client's build was not started")?;
                let note = client.join().map_err(|_| anyhow!("the client's build panicked"))??;
                self.broken = before;
                Ok(Outcome::Ok(note))
            }
            Step::Unit => self.unit(),
            Step::Api => {
                let day = self.days[0];
                let (passed, note) = api::test(self.services()?, day)?;
                Ok(if passed { Outcome::Ok(note) } else { Outcome::Failed(note) })
            }
            Step::Proofs => {
                let (passed, counts) = proofs::run()?;
                Ok(self.judge(passed, counts))
            }
            Step::Browser => {
                let days = self.days;
                let (passed, counts) = browser::test(self.services()?, days)?;
                Ok(self.judge(passed, counts))
            }
        }
    }

    fn unit(&mut self) -> Result<Outcome> {
        let mut total = Counts::default();
        let mut passed = true;
        let written = calendar_files::empty_folder()?;
        let mut task_runner = toolchain::cargo();
        // With the features it was built with for this very run.
        task_runner.args(["test", "--no-fail-fast", "--package", "xtask"]);
        for mut cargo in [cargo_test(&["--no-fail-fast"]), task_runner] {
            self.with_services(&mut cargo)?;
            // Most of the server's tests wait for PostgreSQL: two for each core keep both busy.
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            cargo.env("RUST_TEST_THREADS", (2 * cores).to_string());
            cargo.env(calendar_files::FOLDER_VARIABLE, &written);
            let (ok, lines) = process::tee(&mut cargo)?;
            passed &= ok;
            total += Counts::of_cargo(&lines);
        }
        passed &= calendar_files::read_by_node(&written)?;
        Ok(self.judge(passed, total))
    }

    fn with_services(&mut self, command: &mut Command) -> Result<()> {
        let services = self.services()?;
        command.env("DATABASE_URL", services.postgres.url("nadi"));
        if let Some(url) = services.redis_url() {
            command.env("REDIS_URL", url);
        }
        Ok(())
    }

    /// Started when the first step needs them.
    fn services(&mut self) -> Result<&Services> {
        if self.services.is_none() {
            let started = Instant::now();
            let services = Services::throwaway()?;
            services.postgres.ensure_database("nadi")?;
            println!(
                "PostgreSQL {} (without fsync: its data is thrown away) and Redis are up ({})",
                services.postgres.major(),
                seconds(started.elapsed())
            );
            self.services = Some(services);
        }
        self.services.as_ref().context("there are no services")
    }

    fn judge(&mut self, passed: bool, counts: Counts) -> Outcome {
        self.counts += counts;
        let mut note = format!("{} passed, {} failed", counts.passed, counts.failed);
        if counts.skipped > 0 {
            note.push_str(&format!(", {} skipped", counts.skipped));
        }
        if !passed || counts.failed > 0 {
            Outcome::Failed(note)
        } else if counts.passed == 0 {
            Outcome::Failed("no test ran".to_owned())
        } else {
            Outcome::Ok(note)
        }
    }

    fn stop(self) -> Result<()> {
        let Some(mut services) = self.services else {
            return Ok(());
        };
        if let Some(mut redis) = services.redis.take() {
            redis.stop()?;
        }
        services.postgres.stop()
    }
}

fn name_of(step: Step) -> &'static str {
    STEPS.iter().find(|(known, _)| *known == step).map_or("", |(_, name)| name)
}

/// All tests but the task runner's.
fn cargo_test(options: &[&str]) -> Command {
    let mut cargo = toolchain::cargo();
    cargo.arg("test").args(server::DEVELOPMENT_PACKAGES).args(options).env("SQLX_OFFLINE", "true");
    cargo
}

/// The browser's half of `app`, and the rules by themselves.
fn lint_other_features() -> Result<()> {
    let sets: [&[&str]; 2] =
        [&["--package", "app", "--lib", "--features", "hydrate"], &["--package", "nadi"]];
    for set in sets {
        let mut clippy = toolchain::cargo();
        clippy.arg("clippy").args(set).args(["--no-default-features", "--", "-D", "warnings"]);
        process::run(&mut clippy)?;
    }
    Ok(())
}

fn table(lines: &[Line]) -> String {
    let rows: Vec<String> = lines
        .iter()
        .map(|line| {
            let (word, note) = match &line.outcome {
                Outcome::Ok(note) => ("ok", note),
                Outcome::Failed(note) => ("FAILED", note),
                Outcome::Skipped(note) => ("skipped", note),
            };
            let note = note.lines().next().unwrap_or_default();
            format!("{:<9}{word:<9}{:>12}  {note}", line.name, seconds(line.took))
                .trim_end()
                .to_owned()
        })
        .collect();
    rows.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(options: &[&str]) -> Result<Vec<&'static str>> {
        Ok(plan(options)?.steps.into_iter().map(|(_, name)| name).collect())
    }

    #[test]
    fn steps_run_in_the_usual_order_with_the_builds_they_need() -> Result<()> {
        assert_eq!(names(&[])?.len(), STEPS.len());
        assert_eq!(names(&["--only", "lints, fmt"])?, ["fmt", "lints"]);
        assert_eq!(names(&["--only", "browser"])?, ["build", "client", "browser"]);
        let refused = names(&["--only", "everything"]).err();
        assert!(refused.is_some_and(|error| error.to_string().contains("layers")));
        Ok(())
    }

    #[test]
    fn days_are_chosen_by_name() -> Result<()> {
        let chosen = plan(&["--days", "29-february,31-december", "--only", "fmt"])?;
        assert_eq!(chosen.days.map(|day| day.name), ["29-february", "31-december"]);
        assert_eq!(plan(&["--days", "31-december"])?.days[1].name, "31-december");
        for wrong in [vec!["--days"], vec!["--days", "never"], vec!["--day", "29-february"]] {
            assert!(plan(&wrong).is_err(), "{wrong:?}");
        }
        Ok(())
    }

    #[test]
    fn a_run_without_tests_is_no_success() {
        let mut session = Session::new(days::pair_of_today());
        assert!(matches!(session.judge(true, Counts::default()), Outcome::Failed(_)));
        let one = Counts { passed: 1, ..Counts::default() };
        assert!(matches!(session.judge(true, one), Outcome::Ok(_)));
        assert!(matches!(session.judge(false, one), Outcome::Failed(_)));
    }
}
