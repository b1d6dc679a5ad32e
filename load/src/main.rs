//! Drives a running Nadi over HTTP. `cargo xtask` prepares the server and calls this.

mod cases;
mod client;
mod report;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cases::{Case, Plan};
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
        world: World,
        #[arg(long, default_value_t = 64)]
        connections: usize,
        #[arg(long)]
        requests: usize,
        /// The first patient and slot of the files to use.
        #[arg(long, default_value_t = 0)]
        skip: usize,
    },
}

/// What there is on the server.
#[derive(clap::Args)]
struct World {
    /// Where the server listens.
    #[arg(long)]
    address: SocketAddr,
    /// A token per line, one per patient.
    #[arg(long)]
    tokens: PathBuf,
    /// A slot per line, free ones.
    #[arg(long)]
    slots: PathBuf,
    /// A doctor's id per line.
    #[arg(long)]
    doctors: PathBuf,
    /// The first day of the free times that are read.
    #[arg(long)]
    from: String,
    /// The day after the last.
    #[arg(long)]
    to: String,
}

fn main() -> Result<()> {
    // One thread: what it costs is to be seen, and the rest is the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(execute(Arguments::parse().command))
}

async fn execute(command: Command) -> Result<()> {
    match command {
        Command::Case { case, world, connections, requests, skip } => {
            let slots: Vec<i64> = lines(&world.slots, skip)?
                .iter()
                .map(|line| line.parse().with_context(|| format!("`{line}` is no slot")))
                .collect::<Result<_>>()?;
            let plan = Plan {
                address: world.address,
                case,
                connections,
                requests,
                tokens: lines(&world.tokens, skip)?,
                slots,
                doctors: lines(&world.doctors, 0)?,
                week: (world.from, world.to),
            };
            let needed = match case {
                Case::DistinctSlots | Case::BookConfirm => (requests, requests),
                Case::HotSlot => (requests, 1),
                Case::Mixed => (requests / 10 + 1, requests / 10 + 1),
                Case::Availability | Case::DoctorsPage => (0, 0),
            };
            ensure!(plan.tokens.len() >= needed.0, "too few patients for {requests} requests");
            ensure!(plan.slots.len() >= needed.1, "too few slots for {requests} requests");
            let report = cases::run(plan).await?;
            println!("{}", serde_json::to_string(&report)?);
            Ok(())
        }
    }
}

fn lines(file: &Path, skip: usize) -> Result<Vec<String>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.lines().skip(skip).map(str::to_owned).collect())
}
