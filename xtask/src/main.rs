//! The developer commands of the project, such as `cargo xtask run` and `cargo xtask test`.
//!
//! They find or install what the machine lacks, and stop everything that they start. Nothing in here is needed by
//! the deployed binary `nadi`.

mod api_fuzzing;
mod audit;
mod bench;
mod browser;
mod calendar_files;
mod client;
mod clock;
mod consistency;
mod directories;
mod edge_dates;
mod fault_injection;
mod harness;
mod layers;
mod load_shedding;
mod os_user;
mod packages;
mod personal_data;
mod postgres;
mod process;
mod progress;
mod proxy_sample;
mod query_metadata;
mod redis;
mod replay;
mod run;
mod server;
mod services;
mod simulate;
mod smoke_tests;
mod test;
mod test_counts;
mod texts;
mod toolchain;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

const HELP: &str = "\
Usage: cargo xtask COMMAND

  run                 build everything, start a private PostgreSQL and Redis, migrate, add the
                      demo data the first time, and serve on http://localhost:3000
                      (PORT chooses another port; DATABASE_URL and REDIS_URL your own services)
  test                run every check: format, layers, texts, lints with the query metadata, Rust tests,
                      API fuzzing, smoke tests of the other commands, and browser tests
  test --only A,B     run only these steps: fmt, layers, texts, lints, build, client, unit, api,
                      smoke, browser
  test --dates A,B    with the servers' clocks on these two dates (by default two edge dates, other
                      ones every day)
  edge-dates          run the browser tests on every edge date: ends of months and years, leap
                      days, clock changes
  simulate            make random bookings in a small clinic and check every invariant after
                      every step (--operations N, 100000 by default), then run two or three use
                      cases concurrently in many interleavings (--interleavings N, 10000 by
                      default); --seed S repeats a run
  prepare             rewrite .sqlx, the query metadata, from migrations/ and the code
  prepare --check     check whether .sqlx is up to date and change nothing
  audit               check the dependencies by deny.toml: licences, bans, duplicates, sources
                      (compiles cargo-deny the first time); --advisories fetches the database of
                      known vulnerabilities from GitHub and checks those too
  build               build the browser client and, with it inside, target/release/nadi
  client              build only the browser client, into target/site/pkg
  bench               measure holds and pages over HTTP, and holds by pgbench for comparison;
                      writes target/bench/latest.json (10 minutes). For a part of it:
                      --only holds, --only schedules, --only history (holds and past visits with
                      three years of appointments), --only search (among 100,000 doctors; needs
                      6 GB), --only lighthouse (how fast four pages load on a phone)
  screenshots         take a screenshot of every page on phone and desktop, in light and dark, into
                      target/screenshots (--docs also renews those in docs/screenshots)
  replay [FILE [X]]   repeat the bookings of a CSV file, X times as fast (360 by default); without
                      a file, those of a synthetic day modelled on a real city's traffic
  load-shedding       send more requests than the server can serve, and check that it refuses the
                      excess, loses no hold that it granted, and recovers
  fault-injection     book while servers, PostgreSQL and Redis are killed, then compare every
                      response with the database (--kills N, 30 by default; --seed S repeats an
                      order of kills)
  proxy-sample        try ops/nginx.conf with nginx: TLS, redirects, what it passes on and logs
  services            start only the private PostgreSQL and Redis of `run`, and print how to
                      reach them, until Ctrl-C
  help                show this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) if error.is::<process::Interrupted>() => {
            eprintln!("Stopped.");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> anyhow::Result<ExitCode> {
    process::watch_signals()?;
    match arguments {
        ["run"] => run::run().map(|()| ExitCode::SUCCESS),
        ["test", options @ ..] => test::test(options),
        ["edge-dates"] => browser::test_all_edge_dates().map(|()| ExitCode::SUCCESS),
        ["simulate", options @ ..] => simulate::simulate(options).map(|()| ExitCode::SUCCESS),
        ["prepare"] => query_metadata::prepare().map(|()| ExitCode::SUCCESS),
        ["prepare", "--check"] => query_metadata::check().map(|()| ExitCode::SUCCESS),
        ["audit"] => audit::audit(false).map(|()| ExitCode::SUCCESS),
        ["audit", "--advisories"] => audit::audit(true).map(|()| ExitCode::SUCCESS),
        ["build"] => build().map(|()| ExitCode::SUCCESS),
        ["replay"] => replay::run(None, replay::FACTOR).map(|()| ExitCode::SUCCESS),
        ["replay", file] => {
            replay::run(Some(Path::new(file)), replay::FACTOR).map(|()| ExitCode::SUCCESS)
        }
        ["replay", file, factor] => {
            let factor = factor.parse().with_context(|| format!("`{factor}` is not a number"))?;
            replay::run(Some(Path::new(file)), factor).map(|()| ExitCode::SUCCESS)
        }
        ["load-shedding"] => load_shedding::run().map(|()| ExitCode::SUCCESS),
        ["fault-injection", options @ ..] => {
            let kills = number_option(options, "--kills", 30)?;
            fault_injection::run(kills.try_into()?, number_option(options, "--seed", 1)?)
                .map(|()| ExitCode::SUCCESS)
        }
        ["bench"] => bench::bench().map(|()| ExitCode::SUCCESS),
        ["bench", "--only", "schedules"] => bench::schedules().map(|()| ExitCode::SUCCESS),
        ["bench", "--only", "holds"] => bench::holds().map(|()| ExitCode::SUCCESS),
        ["bench", "--only", "history"] => bench::history().map(|()| ExitCode::SUCCESS),
        ["bench", "--only", "search"] => bench::searches().map(|()| ExitCode::SUCCESS),
        ["bench", "--only", "lighthouse"] => browser::lighthouse().map(|()| ExitCode::SUCCESS),
        ["screenshots"] => browser::screenshots(false).map(|()| ExitCode::SUCCESS),
        ["screenshots", "--docs"] => browser::screenshots(true).map(|()| ExitCode::SUCCESS),
        ["client"] => client::command().map(|()| ExitCode::SUCCESS),
        ["proxy-sample"] => proxy_sample::check().map(|()| ExitCode::SUCCESS),
        ["services"] => services::command().map(|()| ExitCode::SUCCESS),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => {
            eprint!("{HELP}");
            bail!("there is no command `{}`", other.join(" "))
        }
    }
}

/// The number that follows the option `name`, or `default` when the option is not given.
fn number_option(options: &[&str], name: &str, default: u64) -> anyhow::Result<u64> {
    let Some(at) = options.iter().position(|option| *option == name) else { return Ok(default) };
    let text = options.get(at + 1).with_context(|| format!("{name} needs a number"))?;
    text.parse().with_context(|| format!("`{text}` is not a number"))
}

fn build() -> anyhow::Result<()> {
    println!("client: {}", client::build()?);
    let build = server::Build::Release;
    build.build()?;
    println!("server: {}", build.program("nadi").display());
    Ok(())
}
