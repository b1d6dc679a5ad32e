//! What a newcomer types: `cargo xtask run`, `cargo xtask test`.
//!
//! Everything a bare machine lacks is found or installed here, and everything started here is
//! stopped here. Not for anything the deployed binary needs: `nadi` itself never calls this.

mod account;
mod api;
mod arrows;
mod bench;
mod browser;
mod client;
mod clock;
mod counts;
mod fault_injection;
mod harness;
mod history;
mod load_shedding;
mod packages;
mod place;
mod postgres;
mod process;
mod progress;
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

  run                 build everything, start a private PostgreSQL and Redis, migrate,
                      fill in demo data once, and serve on http://localhost:3000
                      (PORT chooses another port; DATABASE_URL and REDIS_URL other services)
  test                format, lints, query metadata, unit and browser tests
  test --only A,B     only these of its steps: fmt, arrows, client, clippy, queries, unit,
                      server, browser
  simulate            a random life of a small clinic on a database of its own, with every
                      invariant checked after every step
                      (--operations N, 100000 by itself; --seed S, to have a run again)
  prepare             rewrite .sqlx, the query metadata, from migrations/ and the code
  prepare --check     only say whether .sqlx is up to date
  build               build the client, then target/release/nadi with it inside
  client              build the browser client into target/site/pkg
  bench               measure holds and pages over HTTP, in turns with pgbench; writes
                      target/bench/latest.json; --only schedules or --only holds for a part of it;
                      --only search for finding doctors (10 minutes, 6 GB);
                      --only lighthouse for how quick four pages are on a phone
  screenshots         every page on phone and desktop, in light and dark, into target/screenshots
                      (--docs: those in docs/screenshots too)
  replay [FILE [X]]   make the bookings of a CSV file again, X times as fast (360); without a
                      file, those of a day made up from a real city's traffic
  crowd               ask for more than can be carried, and see it refused and recover
  torture [--kills N] [--seed S]
                      book while servers, database and cache are killed; then count
  services            start the private PostgreSQL and Redis of `run` and print how to
                      reach them, until Ctrl-C
  help                this text
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
        ["test"] => test::test(None),
        ["test", "--only", names] => test::test(Some(names)),
        ["simulate", options @ ..] => simulate::simulate(options).map(|()| ExitCode::SUCCESS),
        ["prepare"] => queries::prepare().map(|()| ExitCode::SUCCESS),
        ["prepare", "--check"] => queries::check().map(|()| ExitCode::SUCCESS),
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
    server::build()?;
    println!("server: {}", server::binary().display());
    Ok(())
}
