//! Drives a running Nadi over HTTP. `cargo xtask` prepares the servers and calls this.

mod background_reader;
mod cases;
mod client;
mod day;
mod expand;
mod fault_injection;
mod journal;
mod load_shedding;
mod replay;
mod report;
mod rng;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cases::{Case, Plan};
use chrono::NaiveDate;
use clap::{Parser, Subcommand};

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
        case: Case,
        #[command(flatten)]
        target: Target,
        #[arg(long, default_value_t = 64)]
        connections: usize,
        #[arg(long)]
        requests: usize,
        /// The first patient and slot of the files to use.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// The first day of the free times that are read.
        #[arg(long)]
        from: String,
        /// The day after the last.
        #[arg(long)]
        to: String,
    },
    /// Lay out one doctor's schedule over and over; prints how long it takes as JSON.
    Expand {
        #[arg(long, default_value_t = 1_000)]
        rounds: usize,
        #[arg(long, default_value_t = 90)]
        days: u64,
    },
    /// Print a made-up day of bookings as CSV.
    Day {
        #[command(flatten)]
        target: Target,
        #[arg(long, default_value_t = 5_000)]
        appointments: u32,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Make the bookings of a file again: `patient,created_at,appointment_date`.
    Replay {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        file: PathBuf,
        /// How many seconds of theirs pass in one of ours.
        #[arg(long)]
        speed: f64,
        #[arg(long)]
        today: NaiveDate,
        /// Days ahead for which times are made.
        #[arg(long, default_value_t = 29)]
        horizon_days: u64,
        /// Ask again when the server says that it is overloaded, instead of failing.
        #[arg(long)]
        ask_again: bool,
        /// The first patient of the file to use.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// Where answers are written down.
        #[arg(long)]
        journal: PathBuf,
    },
    /// Read pages as one person does, until a file exists.
    BackgroundReader {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        until: PathBuf,
    },
    /// Book while things are killed, until a file exists; write down what was answered.
    FaultInjection {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        connections: usize,
        /// Between two bookings of a connection.
        #[arg(long, default_value_t = 0)]
        pause_ms: u64,
        /// The first patient and slot of the files to use.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// Where answers are written down.
        #[arg(long)]
        journal: PathBuf,
        #[arg(long)]
        until: PathBuf,
    },
    /// Send more than the server can carry.
    LoadShedding {
        #[command(flatten)]
        target: Target,
        #[arg(long)]
        idle: usize,
        #[arg(long)]
        slow: usize,
        #[arg(long)]
        pushing: usize,
        #[arg(long)]
        seconds: u64,
        /// The first patient and slot of the files to use.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// Use only so many of the patients and slots.
        #[arg(long)]
        first: usize,
        /// Where granted holds are written down.
        #[arg(long)]
        journal: PathBuf,
    },
}

/// Which servers to talk to, and with which patients, slots and doctors.
#[derive(clap::Args)]
struct Target {
    /// Where a server listens; may be given more than once.
    #[arg(long, required = true)]
    address: Vec<SocketAddr>,
    /// A token per line, one per patient.
    #[arg(long)]
    tokens: PathBuf,
    /// A slot per line, free ones.
    #[arg(long)]
    slots: PathBuf,
    /// A doctor's id per line.
    #[arg(long)]
    doctors: PathBuf,
}

impl Target {
    fn tokens(&self, skip: usize) -> Result<Vec<String>> {
        lines(&self.tokens, skip)
    }

    fn slots(&self, skip: usize) -> Result<Vec<i64>> {
        let number = |line: &String| line.parse().with_context(|| format!("`{line}` is no slot"));
        lines(&self.slots, skip)?.iter().map(number).collect()
    }

    fn doctors(&self) -> Result<Vec<String>> {
        lines(&self.doctors, 0)
    }

    fn first(&self) -> Result<SocketAddr> {
        self.address.first().copied().context("an address is needed")
    }
}

fn main() -> Result<()> {
    // One thread: what it costs is to be seen, and the rest is the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(execute(Arguments::parse().command))
}

async fn execute(command: Command) -> Result<()> {
    match command {
        Command::Case { case, target, connections, requests, skip, from, to } => {
            let plan = Plan {
                addresses: target.address.clone(),
                case,
                connections,
                requests,
                tokens: target.tokens(skip)?,
                slots: target.slots(skip)?,
                doctors: target.doctors()?,
                week: (from, to),
            };
            let (patients, slots) = case.needs(requests);
            ensure!(plan.tokens.len() >= patients, "too few patients for {requests} requests");
            ensure!(plan.slots.len() >= slots, "too few slots for {requests} requests");
            print(&cases::run(plan).await?)
        }
        Command::Expand { rounds, days } => expand::run(rounds, days),
        Command::Day { appointments, seed, .. } => {
            print!("{}", day::csv(appointments, seed));
            Ok(())
        }
        Command::Replay { target, file, speed, today, horizon_days, ask_again, skip, journal } => {
            let plan = replay::Plan {
                rows: replay::rows(&file)?,
                speed,
                tokens: target.tokens(skip)?,
                doctors: target.doctors()?,
                addresses: target.address,
                today,
                horizon_days,
                asks_again: ask_again,
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
        Command::LoadShedding { target, idle, slow, pushing, seconds, skip, first, journal } => {
            let (mut tokens, mut slots) = (target.tokens(skip)?, target.slots(skip)?);
            tokens.truncate(first);
            slots.truncate(first);
            raise_file_limit()?;
            let plan = load_shedding::Plan {
                address: target.first()?,
                idle,
                slow,
                pushing,
                lasts: Duration::from_secs(seconds),
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

/// Every connection is an open file.
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
