//! `cargo xtask test`: runs every check, with temporary databases.

use std::process::{Command, ExitCode};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::api_fuzzing;
use crate::browser;
use crate::calendar_files;
use crate::client;
use crate::edge_dates::{self, EdgeDate};
use crate::layers;
use crate::process::{self, Interrupted};
use crate::progress::seconds;
use crate::query_metadata;
use crate::server::{self, Build};
use crate::services::Services;
use crate::smoke_tests;
use crate::test_counts::TestCounts;
use crate::texts;
use crate::toolchain::{self, WasmToolchain};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Fmt,
    Layers,
    Texts,
    Lints,
    Build,
    Client,
    Unit,
    Api,
    Smoke,
    Browser,
}

/// In the order in which they run, quick ones first. The client is built in the background from the start, and its
/// step waits for that build.
const STEPS: [(Step, &str); 10] = [
    (Step::Fmt, "fmt"),
    (Step::Layers, "layers"),
    (Step::Texts, "texts"),
    (Step::Lints, "lints"),
    (Step::Build, "build"),
    (Step::Client, "client"),
    (Step::Unit, "unit"),
    (Step::Api, "api"),
    (Step::Smoke, "smoke"),
    (Step::Browser, "browser"),
];

/// The result of a step, with a note for the table.
enum Outcome {
    Ok(String),
    Failed(String),
    Skipped(String),
}

struct StepResult {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Which steps to run, and on which dates.
#[derive(Debug)]
struct Options {
    steps: Vec<(Step, &'static str)>,
    dates: [EdgeDate; 2],
}

pub fn test(options: &[&str]) -> Result<ExitCode> {
    let started = Instant::now();
    let Options { steps: wanted, dates } = parse_options(options)?;
    let mut session = Session::new(dates);
    if wanted.iter().any(|(step, _)| *step == Step::Client) {
        session.start_client()?;
    }
    let mut results: Vec<StepResult> = Vec::new();
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
        results.push(StepResult { name, outcome, took: step_started.elapsed() });
        if interrupted {
            break;
        }
    }
    let mut counts = std::mem::take(&mut session.counts);
    let services = session.stop();
    println!("\n{}", table(&results));
    println!("total: {}", seconds(started.elapsed()));
    if let Err(error) = &services {
        println!("the services failed to stop: {error:#}");
    }
    let failed_steps =
        results.iter().filter(|result| matches!(result.outcome, Outcome::Failed(_))).count();
    let failed = failed_steps > 0 || services.is_err();
    if failed {
        // A step that failed without a failing test (a lint, a build) counts as one failure.
        counts.failed = counts.failed.max(failed_steps).max(1);
    }
    for name in &counts.failures {
        println!("failed: {name}");
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

/// Reads the options: `--only` with steps, and `--dates` with one or two edge dates.
fn parse_options(arguments: &[&str]) -> Result<Options> {
    let mut options = Options { steps: STEPS.to_vec(), dates: edge_dates::todays_pair() };
    let mut left = arguments;
    while let [name, value, rest @ ..] = left {
        match *name {
            "--only" => options.steps = steps(value)?,
            "--dates" => {
                let dates: Vec<EdgeDate> = value
                    .split(',')
                    .map(|name| EdgeDate::named(name.trim()))
                    .collect::<Result<_>>()?;
                options.dates = match dates[..] {
                    [one] => [one, one],
                    [first, second] => [first, second],
                    _ => bail!("--dates takes one date or two"),
                };
            }
            other => bail!("test has no option `{other}`"),
        }
        left = rest;
    }
    if let [name_without_value] = left {
        bail!("`{name_without_value}` needs a value");
    }
    Ok(options)
}

/// The steps with these names, and the builds that they need.
fn steps(only: &str) -> Result<Vec<(Step, &'static str)>> {
    let mut wanted = Vec::new();
    for name in only.split(',').map(str::trim) {
        let Some((step, _)) = STEPS.iter().find(|(_, known)| *known == name) else {
            let names: Vec<&str> = STEPS.iter().map(|(_, name)| *name).collect();
            bail!("there is no step `{name}`: choose from {}", names.join(", "));
        };
        wanted.push(*step);
        if matches!(step, Step::Unit | Step::Api | Step::Smoke | Step::Browser) {
            wanted.extend([Step::Build, Step::Client]);
        }
    }
    let chosen = STEPS.iter().filter(|(step, _)| wanted.contains(step));
    Ok(chosen.copied().collect())
}

/// What the steps share.
struct Session {
    dates: [EdgeDate; 2],
    client: Option<JoinHandle<Result<String>>>,
    services: Option<Services>,
    counts: TestCounts,
    /// A build step that failed. Steps that need it are skipped.
    failed_build: Option<Step>,
}

impl Session {
    fn new(dates: [EdgeDate; 2]) -> Self {
        Self {
            dates,
            client: None,
            services: None,
            counts: TestCounts::default(),
            failed_build: None,
        }
    }

    /// Starts the client's build in the background. Installs everything first, since two package managers cannot run
    /// at the same time.
    fn start_client(&mut self) -> Result<()> {
        let toolchain = WasmToolchain::find()?;
        self.services()?;
        self.client = Some(client::start_build(toolchain));
        Ok(())
    }

    fn run(&mut self, step: Step) -> Result<Outcome> {
        process::fail_if_interrupted()?;
        if let (Step::Unit | Step::Api | Step::Smoke | Step::Browser, Some(failed_build)) =
            (step, self.failed_build)
        {
            return Ok(Outcome::Skipped(format!("the step `{}` failed", name_of(failed_build))));
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
            Step::Texts => {
                texts::check()?;
                Ok(Outcome::Ok("no sentence outside the catalogue, no unused message".to_owned()))
            }
            Step::Lints => {
                let queries = query_metadata::check_with(self.services()?, query_metadata::lints)?;
                lint_other_features()?;
                Ok(Outcome::Ok(format!("3 sets of features; {queries}")))
            }
            Step::Build => {
                self.failed_build = Some(Step::Build);
                process::run(&mut cargo_test(&["--no-run"]))?;
                Build::Development.build()?;
                self.failed_build = None;
                Ok(Outcome::Ok("tests, server and load generator".to_owned()))
            }
            Step::Client => {
                let before = self.failed_build.replace(Step::Client);
                let client = self.client.take().context("the client's build was not started")?;
                let note = client.join().map_err(|_| anyhow!("the client's build panicked"))??;
                self.failed_build = before;
                Ok(Outcome::Ok(note))
            }
            Step::Unit => self.unit(),
            Step::Api => {
                let date = self.dates[0];
                let (passed, note) = api_fuzzing::test(self.services()?, date)?;
                Ok(if passed { Outcome::Ok(note) } else { Outcome::Failed(note) })
            }
            Step::Smoke => {
                let (passed, counts) = smoke_tests::run()?;
                Ok(self.outcome_of(passed, counts))
            }
            Step::Browser => {
                let dates = self.dates;
                let (passed, counts) = browser::test(self.services()?, dates)?;
                Ok(self.outcome_of(passed, counts))
            }
        }
    }

    fn unit(&mut self) -> Result<Outcome> {
        let mut total = TestCounts::default();
        let mut passed = true;
        let written = calendar_files::empty_folder()?;
        let mut task_runner = toolchain::cargo();
        // By itself, with the features with which it was built for this run.
        task_runner.args(["test", "--no-fail-fast", "--package", "xtask"]);
        for mut cargo in [cargo_test(&["--no-fail-fast"]), task_runner] {
            self.with_services(&mut cargo)?;
            // Most of the server's tests wait for PostgreSQL, so two threads per core keep the processor busy.
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            cargo.env("RUST_TEST_THREADS", (2 * cores).to_string());
            cargo.env(calendar_files::FOLDER_VARIABLE, &written);
            let (ok, lines) = process::tee(&mut cargo)?;
            passed &= ok;
            total += TestCounts::from_cargo(&lines);
        }
        passed &= calendar_files::read_by_node(&written)?;
        Ok(self.outcome_of(passed, total))
    }

    fn with_services(&mut self, command: &mut Command) -> Result<()> {
        let services = self.services()?;
        command.env("DATABASE_URL", services.postgres.url("nadi"));
        if let Some(url) = services.redis_url() {
            command.env("REDIS_URL", url);
        }
        Ok(())
    }

    /// The services, which are started when the first step needs them.
    fn services(&mut self) -> Result<&Services> {
        if self.services.is_none() {
            let started = Instant::now();
            let services = Services::temporary()?;
            services.postgres.ensure_database("nadi")?;
            println!(
                "temporary PostgreSQL {} (without fsync) and Redis are ready ({})",
                services.postgres.major(),
                seconds(started.elapsed())
            );
            self.services = Some(services);
        }
        self.services.as_ref().context("there are no services")
    }

    fn outcome_of(&mut self, passed: bool, counts: TestCounts) -> Outcome {
        let mut note = format!("{} passed, {} failed", counts.passed, counts.failed);
        if counts.skipped > 0 {
            note.push_str(&format!(", {} skipped", counts.skipped));
        }
        let outcome = if !passed || counts.failed > 0 {
            Outcome::Failed(note)
        } else if counts.passed == 0 {
            Outcome::Failed("no test ran".to_owned())
        } else {
            Outcome::Ok(note)
        };
        self.counts += counts;
        outcome
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

/// `cargo test` for all packages except xtask.
fn cargo_test(options: &[&str]) -> Command {
    let mut cargo = toolchain::cargo();
    cargo.arg("test").args(server::DEVELOPMENT_PACKAGES).args(options).env("SQLX_OFFLINE", "true");
    cargo
}

/// Lints `app` with the features of the browser client, and `nadi` without its default features.
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

fn table(results: &[StepResult]) -> String {
    let rows: Vec<String> = results
        .iter()
        .map(|result| {
            let (word, note) = match &result.outcome {
                Outcome::Ok(note) => ("ok", note),
                Outcome::Failed(note) => ("FAILED", note),
                Outcome::Skipped(note) => ("skipped", note),
            };
            let note = note.lines().next().unwrap_or_default();
            format!("{:<9}{word:<9}{:>12}  {note}", result.name, seconds(result.took))
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
        Ok(parse_options(options)?.steps.into_iter().map(|(_, name)| name).collect())
    }

    #[test]
    fn steps_run_in_a_fixed_order_with_the_builds_they_need() -> Result<()> {
        assert_eq!(names(&[])?.len(), STEPS.len());
        assert_eq!(names(&["--only", "lints, fmt"])?, ["fmt", "lints"]);
        assert_eq!(names(&["--only", "browser"])?, ["build", "client", "browser"]);
        let refused = names(&["--only", "everything"]).err();
        assert!(refused.is_some_and(|error| error.to_string().contains("layers")));
        Ok(())
    }

    #[test]
    fn edge_dates_are_chosen_by_name() -> Result<()> {
        let chosen = parse_options(&["--dates", "29-february,31-december", "--only", "fmt"])?;
        assert_eq!(chosen.dates.map(|date| date.name), ["29-february", "31-december"]);
        assert_eq!(parse_options(&["--dates", "31-december"])?.dates[1].name, "31-december");
        for wrong in [vec!["--dates"], vec!["--dates", "never"], vec!["--date", "29-february"]] {
            assert!(parse_options(&wrong).is_err(), "{wrong:?}");
        }
        Ok(())
    }

    #[test]
    fn a_run_without_tests_fails() {
        let mut session = Session::new(edge_dates::todays_pair());
        assert!(matches!(session.outcome_of(true, TestCounts::default()), Outcome::Failed(_)));
        let one = TestCounts { passed: 1, ..TestCounts::default() };
        assert!(matches!(session.outcome_of(true, one.clone()), Outcome::Ok(_)));
        assert!(matches!(session.outcome_of(false, one), Outcome::Failed(_)));
    }
}
