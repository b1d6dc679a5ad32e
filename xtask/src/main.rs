//! What a newcomer types: `cargo xtask run`, `cargo xtask test`.
//!
//! Everything a bare machine lacks is found or installed here, and everything started here is
//! stopped here. Not for anything the deployed binary needs: `nadi` itself never calls this.

mod account;
mod api;
mod audit;
mod bench;
mod browser;
mod calendar_files;
mod client;
mod clock;
mod counts;
mod days;
mod fault_injection;
mod harness;
mod history;
mod layers;
mod load_shedding;
mod packages;
mod place;
mod postgres;
mod process;
mod progress;
mod proofs;
mod queries;
mod redis;
mod replay;
mod run;
mod server;
mod services;
mod simulate;
mod test;
mod toolchain;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

const HELP: &str = "\
Usage: cargo xtask COMMAND

  run                 build everything, start a private PostgreSQL and Redis, migrate, add the
                      demo data the first time, and serve on http://localhost:3000
                      (PORT chooses another port; DATABASE_URL and REDIS_URL your own services)
  test                run every check: format, layers, lints with the query metadata, Rust tests,
                      API fuzzing, the proofs below in short forms, and browser tests
  test --only A,B     run only these steps: fmt, layers, lints, build, client, unit, api, proofs,
                      browser
  test --days A,B     with the servers' clocks on these two days (two others every day)
  days                run the browser tests on every day on which software tends to fail
  simulate            make random bookings in a small clinic and check every invariant after
                      every step (--operations N, 100000 by default), then let two or three use
                      cases meet in many orders (--orders N, 10000 by default); --seed S repeats
                      a run
  prepare             rewrite .sqlx, the query metadata, from migrations/ and the code
  prepare --check     check whether .sqlx is up to date and change nothing
  audit               check the dependencies by deny.toml: licences, bans, duplicates, sources
                      (compiles cargo-deny the first time); --advisories fetches the database of
                      known vulnerabilities from GitHub and checks those too
  build               build the browser client and, with it inside, target/release/nadi
  client              build only the browser client, into target/site/pkg
  bench               measure holds and pages over HTTP, and holds by pgbench for comparison;
                      writes target/bench/latest.json (10 minutes). For a part of it:
                      --only holds, --only schedules, --only history (what three years of it
                      cost), --only search (finding doctors among many; 6 GB), --only lighthouse
                      (how fast four pages are on a phone)
  screenshots         take a picture of every page on phone and desktop, in light and dark, into
                      target/screenshots (--docs renews those in docs/screenshots too)
  replay [FILE [X]]   make the bookings of a CSV file again, X times as fast (360 by default);
                      without a file, those of a day modelled on a real city's traffic
  crowd               load shedding: send more than the server can carry, and check that it
                      refuses the rest, keeps its word and recovers
  torture             fault injection: book while servers, PostgreSQL and Redis are killed, then
                      compare every answer with the database (--kills N, 30 by default; --seed S
                      repeats an order of kills)
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
        ["days"] => browser::all_days().map(|()| ExitCode::SUCCESS),
        ["simulate", options @ ..] => simulate::simulate(options).map(|()| ExitCode::SUCCESS),
        ["prepare"] => queries::prepare().map(|()| ExitCode::SUCCESS),
        ["prepare", "--check"] => queries::check().map(|()| ExitCode::SUCCESS),
        ["audit"] => audit::audit(false).map(|()| ExitCode::SUCCESS),
        ["audit", "--advisories"] => audit::audit(true).map(|()| ExitCode::SUCCESS),
        ["build"] => build().map(|()| ExitCode::SUCCESS),
        ["replay"] => replay::run(None, replay::FACTOR).map(|()| ExitCode::SUCCESS),
        ["replay", file] => {
            replay::run(Some(Path::new(file)), replay::FACTOR).map(|()| ExitCode::SUCCESS)
        }
        ["replay", file, factor] => {
            let factor = factor.parse().with_context(|| format!("`{factor}` is no number"))?;
            replay::run(Some(Path::new(file)), factor).map(|()| ExitCode::SUCCESS)
        }
        ["crowd"] => load_shedding::run().map(|()| ExitCode::SUCCESS),
        ["torture", options @ ..] => {
            let kills = number(options, "--kills", 30)?;
            fault_injection::run(kills.try_into()?, number(options, "--seed", 1)?)
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

/// The number after an option.
fn number(options: &[&str], name: &str, usual: u64) -> anyhow::Result<u64> {
    let Some(at) = options.iter().position(|option| *option == name) else { return Ok(usual) };
    let text = options.get(at + 1).with_context(|| format!("{name} needs a number"))?;
    text.parse().with_context(|| format!("`{text}` is no number"))
}

fn build() -> anyhow::Result<()> {
    println!("client: {}", client::build()?);
    let build = server::Build::Release;
    build.build()?;
    println!("server: {}", build.program("nadi").display());
    Ok(())
}
