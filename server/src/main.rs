//! The `nadi` binary.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use nadi::events::{EventType, schema};
use nadi::ids::AppointmentId;
use nadi::input::{Email, Password};
use secrecy::ExposeSecret;
use server::accounts::PlatformRole;
use server::audit::anchors;
use server::audit::chain::{self, Verdict};
use server::config::Config;
use server::directory::index_updater;
use server::notifications;
use server::schedules::top_up;
use server::schedules::{self, make, zone_data};
use server::state::AppState;
use server::{accounts, database, demo, rest, run, zoneinfo};
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
    /// Run the server until SIGTERM or Ctrl-C.
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Fill the database.
    Seed {
        /// With invented doctors and four sign-ins whose passwords are public: never in production.
        #[arg(long, required_unless_present = "patients")]
        demo: bool,
        /// With this many patients for load tests; prints an API key for each.
        #[arg(long, conflicts_with = "demo")]
        patients: Option<usize>,
    },
    /// Print the OpenAPI description.
    Openapi,
    /// Write the JSON Schemas of all events into a folder.
    EventSchemas { folder: std::path::PathBuf },
    /// Messages that could not be delivered: list them, or with `--requeue` send them again.
    Notifications {
        /// Send them again; with `--appointment` only those of one appointment.
        #[arg(long)]
        requeue: bool,
        #[arg(long, requires = "requeue")]
        appointment: Option<AppointmentId>,
    },
    /// List what a new release of the time-zone data changes: future appointments whose wall time would be
    /// different, and free slots that would move. Nothing is written without one of the options.
    TimeZones {
        /// Move the free slots to the rules in use. The server does this by itself when its rules are newer
        /// than those the slots were made with; this option does it also when they are older.
        #[arg(long = "move")]
        moves: bool,
        /// Record the decision that an appointment keeps its instant; it is no longer listed.
        #[arg(long, value_name = "REFERENCE")]
        keep: Option<String>,
    },
    /// Check that no entry of the audit log was changed, inserted or removed.
    VerifyAuditLog {
        /// A file of anchors: the one that NADI_AUDIT_ANCHORS names, or a copy of it.
        #[arg(long)]
        anchors: Option<std::path::PathBuf>,
    },
    /// Accounts of administrators and auditors.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Create an administrator of every clinic or an auditor, or give the role to the account that has proven the
    /// address. The password of a new account is read from NADI_ADMIN_PASSWORD.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        #[arg(long, value_enum, default_value = "administrator")]
        role: PlatformRole,
    },
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("NADI_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx::postgres::notice=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Plain text at a terminal, JSON otherwise.
    if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        log.init()
    } else {
        log.json().init()
    }

    server::panics::log_from_now_on();

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
            let url = Config::database_only(variable)?;
            let pool = database::pool(url.expose_secret(), 2)?;
            database::wait_until_reachable(&pool).await;
            database::migrate(&pool).await.context("the schema was not changed")
        }
        Command::Seed { patients: Some(count), .. } => patients(count).await,
        Command::Seed { .. } => seed().await,
        Command::Openapi => {
            println!("{}", rest::description().to_pretty_json()?);
            Ok(())
        }
        Command::EventSchemas { folder } => event_schemas(&folder),
        Command::Notifications { requeue, appointment } => undelivered(requeue, appointment).await,
        Command::VerifyAuditLog { anchors } => verify_audit_log(anchors).await,
        Command::TimeZones { moves, keep } => time_zones(moves, keep).await,
        Command::Admin { command: AdminCommand::Create { email, name, role } } => {
            let Some(password) = variable("NADI_ADMIN_PASSWORD") else {
                bail!("NADI_ADMIN_PASSWORD is not set; expected the password of a new account");
            };
            let words = |problem: nadi::FieldProblem| {
                anyhow::anyhow!(app::messages::failure(&problem.into()))
            };
            let address = Email::parse(&email).map_err(words)?;
            let password = Password::parse(&password).map_err(words)?;
            let app_state = AppState::from_config(&Config::read(variable)?)?;
            let now = app_state.clock.now();
            let given =
                accounts::give_platform_role(&app_state, role, &name, &address, &password, now);
            match given.await {
                Ok(_) => {
                    match role {
                        PlatformRole::Administrator => {
                            println!("{email} administers every clinic.")
                        }
                        PlatformRole::Auditor => println!("{email} may read the audit log."),
                    }
                    Ok(())
                }
                Err(failure) => bail!(app::messages::failure(&failure)),
            }
        }
    }
}

/// The shared state, with time-zone rules chosen as the server chooses them.
async fn app_state() -> anyhow::Result<(Config, AppState)> {
    let config = Config::read(variable)?;
    let app_state = AppState::from_config(&config)?;
    zoneinfo::install(&config, &app_state.write.0).await?;
    Ok((config, app_state))
}

/// Fails unless the audit log is whole.
async fn verify_audit_log(file: Option<std::path::PathBuf>) -> anyhow::Result<()> {
    let url = Config::database_only(variable)?;
    let pool = database::pool(url.expose_secret(), 1)?;
    let mut connection = pool.acquire().await?;
    let anchors = match file {
        None => Vec::new(),
        Some(file) => {
            let text = std::fs::read_to_string(&file);
            let text = text.with_context(|| format!("cannot read {}", file.display()))?;
            let (anchors, damaged) = anchors::parse(&text);
            for line in damaged {
                eprintln!("nadi: line {line} of {} is no anchor", file.display());
            }
            anchors
        }
    };
    match chain::verify(&mut connection, &anchors).await? {
        Verdict::Whole { head, anchors } => {
            println!("The audit log is whole; {anchors} anchors agree. Its head is {head}.");
            Ok(())
        }
        Verdict::Broken { position } => bail!(
            "entry {position} was changed, or an entry was inserted or removed there; the entries before it are right"
        ),
        Verdict::Shortened { anchored, head } => bail!(
            "entry {anchored} was anchored, but the log ends at entry {head}: its end was removed"
        ),
        Verdict::Rewritten { position } => {
            bail!("entry {position} is another one than was anchored: the log was written anew")
        }
    }
}

/// Writes one file for each type of event.
fn event_schemas(folder: &std::path::Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for kind in EventType::all() {
        let text = serde_json::to_string_pretty(&schema::schema(kind))? + "\n";
        let file = folder.join(format!("{kind}.json"));
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Lists the messages that were given up after several tries, or sends them again.
async fn undelivered(requeue: bool, appointment: Option<AppointmentId>) -> anyhow::Result<()> {
    const SHOWN_MAX: i64 = 1_000;
    let app_state = AppState::from_config(&Config::read(variable)?)?;
    let mut connection = app_state.write.0.acquire().await?;
    if requeue {
        let subject = appointment.map(|id| id.0);
        let count = notifications::requeue(&mut connection, subject, app_state.clock.now()).await?;
        eprintln!("{count} messages will be sent again.");
        return Ok(());
    }
    let dead = notifications::dead(&mut connection, SHOWN_MAX).await?;
    eprintln!("{} messages could not be delivered.", dead.len());
    for one in dead {
        println!(
            "{} {} of appointment {}: given up after {} tries: {}",
            one.due_at.format("%Y-%m-%d %H:%M UTC"),
            one.template,
            one.subject_id,
            one.attempts,
            one.last_failure.as_deref().unwrap_or("no reason recorded")
        );
    }
    Ok(())
}

/// Never moves a booked appointment: whether it keeps its instant or its wall time is for the clinic and the
/// patient to decide.
async fn time_zones(moves: bool, keep: Option<String>) -> anyhow::Result<()> {
    let (_, app_state) = app_state().await?;
    if let Some(reference) = keep {
        let mut connection = app_state.write.0.acquire().await?;
        let now = app_state.clock.now();
        let settled = schedules::settle_shifted(&mut connection, &reference, now).await?;
        anyhow::ensure!(settled, "no appointment {reference} is waiting for a decision");
        println!("{reference} keeps its instant.");
        return Ok(());
    }
    let free = zone_data::free_to_move(&app_state).await?;
    let found = zone_data::shifted(&app_state).await?;
    eprintln!(
        "Time-zone data {} ({}): {} appointments differ, {free} free slots would move.",
        nadi::zone::release(),
        nadi::zone::source(),
        found.len()
    );
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
    if moves {
        top_up::run_whatever_release(&app_state).await?;
        let left = zone_data::free_to_move(&app_state).await?;
        eprintln!("Moved the free slots; {left} are left.");
    }
    Ok(())
}

async fn patients(count: usize) -> anyhow::Result<()> {
    let config = Config::read(variable)?;
    anyhow::ensure!(
        config.is_development(),
        "patients for load tests: only with NADI_MODE=development"
    );
    let app_state = AppState::from_config(&config)?;
    zoneinfo::install(&config, &app_state.write.0).await?;
    for key in demo::load_patients(&app_state, count, app_state.clock.now()).await? {
        println!("{key}");
    }
    Ok(())
}

async fn seed() -> anyhow::Result<()> {
    let (config, app_state) = app_state().await?;
    anyhow::ensure!(
        config.is_development(),
        "the passwords of the demo are public: only with NADI_MODE=development"
    );
    let now = app_state.clock.now();
    let mut data = demo::generate(demo::SEED, now);
    data.calendar.cut(make::horizon(now, app_state.settings.horizon_days));
    let hash = accounts::hash_now(demo::PASSWORD).map_err(anyhow::Error::msg)?;
    let mut connection = app_state.write.0.acquire().await?;
    let loaded = demo::load(&mut connection, &data, &hash, now).await?;
    drop(connection);
    let made = top_up::run_once(&app_state).await?;
    index_updater::run_once(&app_state).await?;
    if loaded {
        eprintln!("Loaded {} doctors and {} times.", data.doctors.len(), made.times);
    }
    for who in demo::sign_ins() {
        println!("{:<14} {:<24} {}", who.role.to_string(), who.email, who.password);
    }
    Ok(())
}
