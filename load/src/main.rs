//! The load generator: sends requests to running servers over HTTP and prints what it measured.
//!
//! `cargo xtask` prepares the servers and runs this program. It starts and stops nothing by itself.

mod background_reader;
mod client;
mod expand_benchmark;
mod fault_injection;
mod journal;
mod load_shedding;
mod replay;
mod report;
mod rng;
mod synthetic_bookings;
mod workloads;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use clap::{Parser, Subcommand};
use workloads::{Plan, Workload};

#[derive(Parser)]
#[command(name = "load", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run one case of the benchmark; prints a report as JSON.
    Case {
        #[arg(long)]
        case: Workload,
        #[command(flatten)]
        target: Target,
        #[arg(long, default_value_t = 64)]
        connections: usize,
        #[arg(long)]
        requests: usize,
        /// How many patients and slots of the files to skip.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// How often a hold that was answered 503 is sent again.
        #[arg(long, default_value_t = 0)]
        retries: usize,
        /// The first day of the free times to read.
        #[arg(long)]
        from: String,
        /// The day after the last day of the free times to read.
        #[arg(long)]
        to: String,
    },
    /// Expand one doctor's schedule repeatedly without a server; prints how long it takes as JSON.
    Expand {
        #[arg(long, default_value_t = 1_000)]
        rounds: usize,
        #[arg(long, default_value_t = 90)]
        days: u64,
    },
    /// Print a synthetic day of bookings as CSV.
    SyntheticDay {
        #[command(flatten)]
        target: Target,
        #[arg(long, default_value_t = 5_000)]
        appointments: u32,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Repeat the bookings of a CSV file with the columns `patient,created_at,appointment_date`.
    Replay {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        file: PathBuf,
        /// How many times faster than recorded.
        #[arg(long)]
        speed: f64,
        #[arg(long)]
        today: NaiveDate,
        /// How many days ahead the server has slots.
        #[arg(long, default_value_t = 29)]
        horizon_days: u64,
        /// Retry when the server is overloaded, instead of failing.
        #[arg(long)]
        retry: bool,
        /// How many patients of the file to skip.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// The file to which responses are written.
        #[arg(long)]
        journal: PathBuf,
    },
    /// Read public pages one after another until a file exists; prints a report as JSON.
    BackgroundReader {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        until: PathBuf,
    },
    /// Book while faults are injected, until a file exists; writes every response to the journal.
    FaultInjection {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        connections: usize,
        /// Milliseconds between two bookings of a connection.
        #[arg(long, default_value_t = 0)]
        pause_ms: u64,
        /// How many patients and slots of the files to skip.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// The file to which responses are written.
        #[arg(long)]
        journal: PathBuf,
        #[arg(long)]
        until: PathBuf,
    },
    /// Send more requests and open more connections than the server can serve.
    LoadShedding {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        idle: usize,
        #[arg(long)]
        slow: usize,
        #[arg(long)]
        flooding: usize,
        #[arg(long)]
        seconds: u64,
        /// How many patients and slots of the files to skip.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// How many patients and slots to use.
        #[arg(long)]
        first: usize,
        /// The file to which granted holds are written.
        #[arg(long)]
        journal: PathBuf,
    },
}

/// The servers to send requests to, and the patients, slots and doctors to use.
#[derive(clap::Args)]
struct Target {
    /// The address of a server; may be given more than once.
    #[arg(long, required = true)]
    address: Vec<SocketAddr>,
    /// A file with an API token per line, one for each patient.
    #[arg(long)]
    tokens: PathBuf,
    /// A file with the id of a free slot per line.
    #[arg(long)]
    slots: PathBuf,
    /// A file with a doctor's id per line.
    #[arg(long)]
    doctors: PathBuf,
}

impl Target {
    fn tokens(&self, skip: usize) -> Result<Vec<String>> {
        lines(&self.tokens, skip)
    }

    fn slots(&self, skip: usize) -> Result<Vec<i64>> {
        let number =
            |line: &String| line.parse().with_context(|| format!("`{line}` is not a slot id"));
        lines(&self.slots, skip)?.iter().map(number).collect()
    }

    fn doctors(&self) -> Result<Vec<String>> {
        lines(&self.doctors, 0)
    }

    fn first(&self) -> Result<SocketAddr> {
        self.address.first().copied().context("no address is given")
    }
}

fn main() -> Result<()> {
    // One thread leaves the other cores to the server and makes the generator's own cost easy to measure.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(execute(Arguments::parse().command))
}

async fn execute(command: Command) -> Result<()> {
    match command {
        Command::Case { case, target, connections, requests, skip, retries, from, to } => {
            let plan = Plan {
                addresses: target.address.clone(),
                workload: case,
                connections,
                requests,
                tokens: target.tokens(skip)?,
                slots: target.slots(skip)?,
                doctors: target.doctors()?,
                retries,
                week: (from, to),
            };
            let (patients, slots) = case.patients_and_slots_needed(requests);
            ensure!(plan.tokens.len() >= patients, "too few patients for {requests} requests");
            ensure!(plan.slots.len() >= slots, "too few slots for {requests} requests");
            print(&workloads::run(plan).await?)
        }
        Command::Expand { rounds, days } => expand_benchmark::run(rounds, days),
        Command::SyntheticDay { appointments, seed, .. } => {
            print!("{}", synthetic_bookings::csv(appointments, seed));
            Ok(())
        }
        Command::Replay { target, file, speed, today, horizon_days, retry, skip, journal } => {
            let plan = replay::Plan {
                rows: replay::rows(&file)?,
                speed,
                tokens: target.tokens(skip)?,
                doctors: target.doctors()?,
                addresses: target.address,
                today,
                horizon_days,
                retry_when_overloaded: retry,
                journal,
            };
            let outcome = replay::run(plan).await?;
            println!("{}", outcome.lines());
            outcome.check()
        }
        Command::BackgroundReader { target, until } => {
            print(&background_reader::read(target.first()?, &until).await?)
        }
        Command::FaultInjection { target, connections, pause_ms, skip, journal, until } => {
            let plan = fault_injection::Plan {
                connections,
                pause: Duration::from_millis(pause_ms),
                tokens: target.tokens(skip)?,
                slots: target.slots(skip)?,
                addresses: target.address,
                journal,
                until,
            };
            print(&fault_injection::run(plan).await?)
        }
        Command::LoadShedding { target, idle, slow, flooding, seconds, skip, first, journal } => {
            let (mut tokens, mut slots) = (target.tokens(skip)?, target.slots(skip)?);
            tokens.truncate(first);
            slots.truncate(first);
            raise_file_limit()?;
            let plan = load_shedding::Plan {
                address: target.first()?,
                idle,
                slow,
                flooding,
                duration: Duration::from_secs(seconds),
                tokens,
                slots,
                journal,
            };
            print(&load_shedding::run(plan).await?)
        }
    }
}

fn print(report: &impl serde::Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

/// Raises the limit of open files as far as allowed, since every connection is an open file.
fn raise_file_limit() -> Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("too few files may be open")
}

fn lines(file: &Path, skip: usize) -> Result<Vec<String>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.lines().skip(skip).map(str::to_owned).collect())
}
