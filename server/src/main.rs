//! The `nadi` binary.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use nadi::input::{Email, Password};
use nadi::ports::Registration;
use server::config::Config;
use server::engine::Engine;
use server::jobs::{listings, top_up};
use server::service::schedules::{make, zone_data};
use server::service::tokens::Tokens;
use server::store::sessions::Sessions;
use server::{database, demo, rest, run, service};
use tracing_subscriber::EnvFilter;

/// Doctor appointments: find a doctor, pick a time, and it is yours.
#[derive(Parser)]
#[command(name = "nadi", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site until asked to stop.
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Fill the database.
    Seed {
        /// With invented doctors and three sign-ins whose passwords are public: never in production.
        #[arg(long, required_unless_present = "patients")]
        demo: bool,
        /// With so many patients for load tests, and print a token of the API for each.
        #[arg(long, conflicts_with = "demo")]
        patients: Option<usize>,
    },
    /// Print the description of the API.
    Openapi,
    /// List the appointments ahead whose wall time a newer release of the time-zone data has changed.
    TimeZones,
    /// Accounts that run clinics.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Create an administrator of every clinic. The password is read from NADI_ADMIN_PASSWORD.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
    },
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("NADI_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx::postgres::notice=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Lines for machines in production, for people at a terminal.
    if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        log.init()
    } else {
        log.json().init()
    }

    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("nadi: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(execute(Arguments::parse().command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nadi: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve => run::serve(Config::read(variable)?).await,
        Command::Migrate => {
            let pool = database::pool(&Config::database_only(variable)?, 2)?;
            database::wait_until_reachable(&pool).await;
            database::migrate(&pool).await.context("the schema was not changed")
        }
        Command::Seed { patients: Some(count), .. } => patients(count).await,
        Command::Seed { .. } => seed().await,
        Command::Openapi => {
            println!("{}", rest::description().to_pretty_json()?);
            Ok(())
        }
        Command::TimeZones => time_zones().await,
        Command::Admin { command: AdminCommand::Create { email, name } } => {
            let Some(password) = variable("NADI_ADMIN_PASSWORD") else {
                bail!("NADI_ADMIN_PASSWORD is not set; expected the administrator's password");
            };
            let words =
                |problem: nadi::FieldProblem| anyhow::anyhow!(app::words::failure(&problem.into()));
            let registration = Registration {
                name,
                email: Email::parse(&email).map_err(words)?,
                password: Password::parse(&password).map_err(words)?,
            };
            let engine = Engine::from_config(&Config::read(variable)?)?;
            let now = engine.clock.now();
            match service::accounts::create_administrator(&engine, registration, now).await {
                Ok(_) => {
                    println!("{email} administers every clinic.");
                    Ok(())
                }
                Err(failure) => bail!(app::words::failure(&failure)),
            }
        }
    }
}

/// Nothing is changed: whether such an appointment keeps its instant or its wall time is for the
/// clinic and the patient to say.
async fn time_zones() -> anyhow::Result<()> {
    let engine = Engine::from_config(&Config::read(variable)?)?;
    let found = zone_data::shifted(&engine).await?;
    eprintln!("Time-zone data {}: {} appointments differ.", nadi::zone::release(), found.len());
    for shifted in found {
        let wall = |at: chrono::NaiveDateTime| at.format("%Y-%m-%d %H:%M").to_string();
        println!(
            "{} {} {} booked for {} would be at {} {} (made with {})",
            shifted.reference,
            shifted.id,
            shifted.doctor_name,
            wall(shifted.booked_for),
            wall(shifted.would_be),
            shifted.zone,
            shifted.made_with
        );
    }
    Ok(())
}

async fn patients(count: usize) -> anyhow::Result<()> {
    let config = Config::read(variable)?;
    anyhow::ensure!(
        config.is_development(),
        "patients for load tests: only with NADI_MODE=development"
    );
    let engine = Engine::from_config(&config)?;
    let sessions = Sessions::of(&engine);
    let tokens = Tokens::new(&config.secret, sessions);
    for token in demo::load_patients(&engine, &tokens, count, engine.clock.now()).await? {
        println!("{token}");
    }
    Ok(())
}

async fn seed() -> anyhow::Result<()> {
    let engine = Engine::from_config(&Config::read(variable)?)?;
    let now = engine.clock.now();
    let mut data = demo::generate(demo::SEED, now);
    data.calendar.cut(make::horizon(now, engine.settings.horizon_days));
    let hash = service::accounts::hash_now(demo::PASSWORD).map_err(anyhow::Error::msg)?;
    let mut connection = engine.write.0.acquire().await?;
    let loaded = demo::load(&mut connection, &data, &hash, now).await?;
    drop(connection);
    let made = top_up::run_once(&engine).await?;
    listings::run_once(&engine).await?;
    if loaded {
        eprintln!("Loaded {} doctors and {} times.", data.doctors.len(), made.times);
    }
    for who in demo::sign_ins() {
        println!("{:<14} {:<24} {}", who.role.to_string(), who.email, who.password);
    }
    Ok(())
}
