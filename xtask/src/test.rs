//! `cargo xtask test`: everything that must hold, with databases of its own.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::api;
use crate::arrows;
use crate::browser;
use crate::client;
use crate::counts::Counts;
use crate::process::{self, Interrupted};
use crate::progress::seconds;
use crate::proofs;
use crate::queries;
use crate::server;
use crate::services::Services;
use crate::toolchain;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Fmt,
    Arrows,
    Client,
    Clippy,
    Queries,
    Unit,
    Server,
    Api,
    Proofs,
    Browser,
}

/// In the order in which they run: quick ones first, and the client before everything that
/// compiles the server, which embeds it.
const STEPS: [(Step, &str); 10] = [
    (Step::Fmt, "fmt"),
    (Step::Arrows, "arrows"),
    (Step::Client, "client"),
    (Step::Clippy, "clippy"),
    (Step::Queries, "queries"),
    (Step::Unit, "unit"),
    (Step::Server, "server"),
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

pub fn test(only: Option<&str>) -> Result<ExitCode> {
    let started = Instant::now();
    let wanted = wanted(only)?;
    let mut session = Session::default();
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

/// The steps to run. Browser tests take what they test with them.
fn wanted(only: Option<&str>) -> Result<Vec<(Step, &'static str)>> {
    let Some(only) = only else {
        return Ok(STEPS.to_vec());
    };
    let mut wanted = Vec::new();
    for name in only.split(',').map(str::trim) {
        let Some((step, _)) = STEPS.iter().find(|(_, known)| *known == name) else {
            let names: Vec<&str> = STEPS.iter().map(|(_, name)| *name).collect();
            bail!("there is no step `{name}`: choose from {}", names.join(", "));
        };
        wanted.push(*step);
        match step {
            Step::Api | Step::Proofs | Step::Browser => wanted.extend([Step::Client, Step::Server]),
            Step::Server => wanted.push(Step::Client),
            _ => {}
        }
    }
    let chosen = STEPS.iter().filter(|(step, _)| wanted.contains(step));
    Ok(chosen.copied().collect())
}

/// What the steps share.
#[derive(Default)]
struct Session {
    services: Option<Services>,
    counts: Counts,
    /// A build that failed: what needs it is skipped.
    broken: Option<Step>,
}

impl Session {
    fn run(&mut self, step: Step) -> Result<Outcome> {
        process::check_stop()?;
        match step {
            Step::Fmt => {
                let mut fmt = toolchain::cargo();
                process::run(fmt.args(["fmt", "--all", "--check"]))
                    .context("run `cargo fmt --all`")?;
                Ok(Outcome::Ok(String::new()))
            }
            Step::Arrows => {
                arrows::check()?;
                Ok(Outcome::Ok("nadi ← app ← server".to_owned()))
            }
            Step::Client => {
                self.broken = Some(Step::Client);
                let note = client::build()?;
                self.broken = None;
                Ok(Outcome::Ok(note))
            }
            Step::Clippy => clippy(),
            Step::Queries => {
                if !queries::folder().is_dir() {
                    return Ok(Outcome::Skipped("there is no .sqlx yet".to_owned()));
                }
                Ok(Outcome::Ok(queries::check_with(self.services()?)?))
            }
            Step::Unit => self.unit(),
            Step::Server => {
                if self.broken.is_some() {
                    return Ok(Outcome::Skipped("the client is broken".to_owned()));
                }
                self.broken = Some(Step::Server);
                server::build()?;
                self.broken = None;
                Ok(Outcome::Ok(String::new()))
            }
            Step::Api => {
                if self.broken.is_some() {
                    return Ok(Outcome::Skipped("a build is broken".to_owned()));
                }
                let (passed, note) = api::test(self.services()?)?;
                Ok(if passed { Outcome::Ok(note) } else { Outcome::Failed(note) })
            }
            Step::Proofs => {
                if self.broken.is_some() {
                    return Ok(Outcome::Skipped("a build is broken".to_owned()));
                }
                let (passed, counts) = proofs::run()?;
                Ok(self.judge(passed, counts))
            }
            Step::Browser => {
                if !browser::exist() {
                    return Ok(Outcome::Skipped("there is no end2end yet".to_owned()));
                }
                if self.broken.is_some() {
                    return Ok(Outcome::Skipped("a build is broken".to_owned()));
                }
                let (passed, counts) = browser::test(self.services()?)?;
                Ok(self.judge(passed, counts))
            }
        }
    }

    fn unit(&mut self) -> Result<Outcome> {
        let mut total = Counts::default();
        let mut passed = true;
        // The task runner apart, with the features it was built with for this very run: together
        // with the others it would be compiled once more.
        let selections: [&[&str]; 2] =
            [&["--workspace", "--exclude", "xtask"], &["--package", "xtask"]];
        for selection in selections {
            let mut cargo = toolchain::cargo();
            cargo.args(["test", "--no-fail-fast"]).args(selection);
            self.with_services(&mut cargo)?;
            let (ok, lines) = process::tee(&mut cargo)?;
            passed &= ok;
            total += Counts::of_cargo(&lines);
        }
        Ok(self.judge(passed, total))
    }

    fn with_services(&mut self, command: &mut Command) -> Result<()> {
        let services = self.services()?;
        command.env("SQLX_OFFLINE", "true").env("DATABASE_URL", services.postgres.url("nadi"));
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

/// Lints for every set of features that is built.
fn clippy() -> Result<Outcome> {
    process::run(&mut queries::clippy())?;
    let sets: [&[&str]; 2] =
        [&["--package", "app", "--lib", "--features", "hydrate"], &["--package", "nadi"]];
    for set in sets {
        let mut clippy = toolchain::cargo();
        clippy.arg("clippy").args(set).args(["--no-default-features", "--", "-D", "warnings"]);
        process::run(&mut clippy)?;
    }
    Ok(Outcome::Ok("3 sets of features".to_owned()))
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

    fn names(only: Option<&str>) -> Result<Vec<&'static str>> {
        Ok(wanted(only)?.into_iter().map(|(_, name)| name).collect())
    }

    #[test]
    fn parts_run_in_the_usual_order_with_what_they_need() -> Result<()> {
        assert_eq!(names(None)?.len(), STEPS.len());
        assert_eq!(names(Some("unit, fmt"))?, ["fmt", "unit"]);
        assert_eq!(names(Some("browser"))?, ["client", "server", "browser"]);
        let refused = names(Some("everything")).err();
        assert!(refused.is_some_and(|error| error.to_string().contains("queries")));
        Ok(())
    }

    #[test]
    fn a_run_without_tests_is_no_success() {
        let mut session = Session::default();
        assert!(matches!(session.judge(true, Counts::default()), Outcome::Failed(_)));
        let one = Counts { passed: 1, ..Counts::default() };
        assert!(matches!(session.judge(true, one), Outcome::Ok(_)));
        assert!(matches!(session.judge(false, one), Outcome::Failed(_)));
    }
}
