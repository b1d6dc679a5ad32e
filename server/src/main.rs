//! The `nadi` binary.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use nadi::events::{EventType, schema};
use nadi::ids::AppointmentId;
use nadi::input::{Email, Password};
use secrecy::ExposeSecret;
use server::accounts::PlatformRole;
use server::accounts::operator::{self, Reset};
use server::audit::anchors;
use server::audit::chain::{self, Verdict};
use server::clock::Clock as _;
use server::config::Config;
use server::directory::index_updater;
use server::encryption::known_keys;
use server::notifications;
use server::schedules::top_up;
use server::schedules::{self, make, zone_data};
use server::state::AppState;
use server::{accounts, database, demo, re_encrypt, rest, run, zoneinfo};
use sqlx::Connection as _;
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
    /// Keys: make new ones, and encrypt personal data in the database with the current ones.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Sign accounts out, or take away second factors that are lost.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Accounts of administrators and auditors.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Print a line with a new random key, to be added to the end of the list of keys.
    New {
        /// What it is for: data, addresses, codes, cookies, feeds, invitations or recovery-codes.
        purpose: String,
        /// Its id, which no other key of the purpose has had; without this, the day.
        #[arg(long)]
        id: Option<String>,
    },
    /// Count the personal data in the database by the key that they were encrypted with.
    Status,
    /// Encrypt again whatever the current keys have not encrypted. The server may go on running.
    ReEncrypt,
    /// Give up what a lost key has encrypted, so that the server starts without it. Nothing is deleted: with the key,
    /// everything could be read again.
    Abandon { purpose: String, id: String },
}

#[derive(Subcommand)]
enum AccountCommand {
    /// End all sessions and tokens, and revoke all personal keys.
    SignOut {
        /// Of the account with this address, whose owner gets an e-mail.
        #[arg(long, required_unless_present = "all")]
        email: Option<String>,
        /// Of every account; nobody gets an e-mail.
        #[arg(long, conflicts_with = "email")]
        all: bool,
    },
    /// Take away the authenticator app, the recovery codes and the passkeys of somebody who has lost them. Check before
    /// who asks, as docs/accounts.md says. The first time, only the owner is told; a day later the same command does it.
    ResetFactors {
        #[arg(long)]
        email: String,
        /// Do not do it after all.
        #[arg(long)]
        withdraw: bool,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Create an administrator of every clinic or an auditor, or give the role to the account that has proven the
    /// address. A new account has no password: its owner signs in with a code that is mailed to the address. In
    /// development mode NADI_ADMIN_PASSWORD may give it one.
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
        Command::Keys { command } => keys(command).await,
        Command::Admin { command: AdminCommand::Create { email, name, role } } => {
            create_admin(&email, &name, role).await
        }
        Command::Account { command } => match command {
            AccountCommand::SignOut { email: Some(email), .. } => sign_out(&email).await,
            AccountCommand::SignOut { email: None, .. } => sign_out_all().await,
            AccountCommand::ResetFactors { email, withdraw } => {
                reset_factors(&email, withdraw).await
            }
        },
    }
}

fn words(problem: nadi::FieldProblem) -> anyhow::Error {
    anyhow::anyhow!(app::messages::failure(&problem.into()))
}

fn failed(failure: &nadi::Failure) -> anyhow::Error {
    anyhow::anyhow!(app::messages::failure(failure))
}

async fn create_admin(email: &str, name: &str, role: PlatformRole) -> anyhow::Result<()> {
    let config = Config::for_command(true, variable)?;
    let password = variable("NADI_ADMIN_PASSWORD").filter(|password| !password.is_empty());
    // Whoever runs the command would know it, and it would stay.
    anyhow::ensure!(
        password.is_none() || config.is_development(),
        "NADI_ADMIN_PASSWORD is for NADI_MODE=development only; unset it: the account signs in with a mailed code"
    );
    let password = password.map(|text| Password::parse(&text).map_err(words)).transpose()?;
    let address = Email::parse(email).map_err(words)?;
    let app_state = with_keys(&config).await?;
    let now = app_state.clock.now();
    let given =
        accounts::give_platform_role(&app_state, role, name, &address, password.as_ref(), now);
    given.await.map_err(|failure| failed(&failure))?;
    match role {
        PlatformRole::Administrator => println!("{email} administers every clinic."),
        PlatformRole::Auditor => println!("{email} may read the audit log."),
    }
    println!("Sign in with a code that is mailed there: {}/sign-in", app_state.site.public_url);
    Ok(())
}

async fn sign_out(email: &str) -> anyhow::Result<()> {
    let email = Email::parse(email).map_err(words)?;
    let app_state = with_keys(&Config::for_command(true, variable)?).await?;
    match operator::sign_out(&app_state, &email, app_state.clock.now()).await {
        Ok(account) => println!("{account} is signed out everywhere; its owner gets an e-mail."),
        Err(nadi::Failure::NotFound) => bail!("no account has proven this address"),
        Err(failure) => return Err(failed(&failure)),
    }
    Ok(())
}

async fn sign_out_all() -> anyhow::Result<()> {
    let app_state = with_keys(&Config::for_command(true, variable)?).await?;
    let count = operator::sign_out_all(&app_state, app_state.clock.now()).await;
    println!("{} accounts are signed out.", count.map_err(|failure| failed(&failure))?);
    Ok(())
}

async fn reset_factors(email: &str, withdraw: bool) -> anyhow::Result<()> {
    const NOBODY: &str = "no account has proven this address, or it has no second factor";
    let email = Email::parse(email).map_err(words)?;
    let app_state = with_keys(&Config::for_command(true, variable)?).await?;
    let now = app_state.clock.now();
    if withdraw {
        return match operator::withdraw_reset(&app_state, &email, now).await {
            Ok(()) => {
                println!("The factors stay.");
                Ok(())
            }
            Err(nadi::Failure::NotFound) => bail!("nobody has asked for this account"),
            Err(failure) => Err(failed(&failure)),
        };
    }
    match operator::reset_factors(&app_state, &email, now).await {
        Ok(Reset::Waits { until }) => println!(
            "The owner gets an e-mail and may object. Run this again after {}.",
            until.format("%Y-%m-%d %H:%M UTC")
        ),
        Ok(Reset::Done) => println!("The factors are taken away; sign in and set up new ones."),
        Err(nadi::Failure::NotFound) => bail!(NOBODY),
        Err(failure) => return Err(failed(&failure)),
    }
    Ok(())
}

/// The shared state, with time-zone rules chosen as the server chooses them.
async fn app_state(needs_key: bool) -> anyhow::Result<(Config, AppState)> {
    let config = Config::for_command(needs_key, variable)?;
    let app_state =
        if needs_key { with_keys(&config).await? } else { AppState::from_config(&config)? };
    zoneinfo::install(&config, &app_state.write.0).await?;
    Ok((config, app_state))
}

/// The shared state; fails unless the keys are those that the database was written with.
async fn with_keys(config: &Config) -> anyhow::Result<AppState> {
    let app_state = AppState::from_config(config)?;
    let mut connection = app_state.write.0.acquire().await?;
    known_keys::note(&mut connection, &app_state.keys.now(), app_state.clock.now()).await?;
    drop(connection);
    Ok(app_state)
}

async fn keys(command: KeysCommand) -> anyhow::Result<()> {
    if let KeysCommand::New { purpose, id } = command {
        let id = match id {
            Some(id) => id,
            None => Config::clock(variable)?.now().format("%Y-%m-%d").to_string(),
        };
        println!("{}", server::keys::new_line(&purpose, &id).map_err(anyhow::Error::msg)?);
        return Ok(());
    }
    let config = Config::for_command(true, variable)?;
    // What needs a lost key can still be counted and given up.
    let app_state = match command {
        KeysCommand::ReEncrypt => with_keys(&config).await?,
        _ => AppState::from_config(&config)?,
    };
    let mut connection = app_state.write.0.acquire().await?;
    // They read whole tables.
    sqlx::query("set statement_timeout = 0").execute(&mut *connection).await?;
    match command {
        KeysCommand::New { .. } | KeysCommand::Status => {}
        KeysCommand::Abandon { purpose, id } => {
            let name = format!("{purpose} {id}");
            let listed = server::keys::Purpose::parse(&purpose)
                .is_some_and(|purpose| app_state.keys.now().find(purpose, &id).is_some());
            anyhow::ensure!(
                !listed,
                "the key `{name}` is in the list, so it is not lost; remove its line first if it is the wrong key"
            );
            let was_noted = known_keys::abandon(&mut connection, &name).await?;
            anyhow::ensure!(was_noted, "nothing in the database was written with a key `{name}`");
            eprintln!("What was encrypted with `{name}` is given up.");
        }
        KeysCommand::ReEncrypt => re_encrypt_all(&mut connection, &app_state).await?,
    }
    for (column, counts) in re_encrypt::counts(&mut connection).await? {
        for (key, values) in counts {
            let written =
                key.map_or_else(|| "as text".to_owned(), |key| format!("with the key `{key}`"));
            println!("{column}: {values} {written}");
        }
    }
    for name in known_keys::all(&mut connection).await? {
        println!("The server does not start without the key `{name}`.");
    }
    Ok(())
}

async fn re_encrypt_all(
    connection: &mut sqlx::PgConnection,
    app_state: &AppState,
) -> anyhow::Result<()> {
    let keyring = app_state.keys.now();
    anyhow::ensure!(keyring.encrypts(), "there are no keys to encrypt with");
    let written = re_encrypt::run(connection).await?;
    eprintln!("{} values were encrypted with the current keys.", written.values);
    if !written.failures.is_empty() {
        for failure in &written.failures {
            eprintln!("{failure}");
        }
        bail!("{} values could not be encrypted; no key was forgotten", written.failures.len());
    }
    let (forgotten, later) =
        re_encrypt::forget_unused(connection, &keyring, app_state.clock.now()).await?;
    for name in forgotten {
        eprintln!(
            "Nothing in the database needs the key `{name}` any more. Keep its line as long as there are backups from \
             before."
        );
    }
    for name in later {
        eprintln!(
            "Nothing in the database needs the key `{name}`, but a server has written with it in the last ten minutes. \
             Wait until all have read the new list, and run this again."
        );
    }
    Ok(())
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
    let url = Config::database_only(variable)?;
    let mut connection = database::pool(url.expose_secret(), 1)?.acquire().await?;
    if requeue {
        let (subject, now) = (appointment.map(|id| id.0), Config::clock(variable)?.now());
        let count = notifications::requeue(&mut connection, subject, now).await?;
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
    let (_, app_state) = app_state(false).await?;
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
    let config = Config::for_command(true, variable)?;
    anyhow::ensure!(
        config.is_development(),
        "patients for load tests: only with NADI_MODE=development"
    );
    let app_state = with_keys(&config).await?;
    zoneinfo::install(&config, &app_state.write.0).await?;
    for key in demo::load_patients(&app_state, count, app_state.clock.now()).await? {
        println!("{key}");
    }
    Ok(())
}

async fn seed() -> anyhow::Result<()> {
    let (config, app_state) = app_state(true).await?;
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
    if loaded {
        // The demo is written as text, many rows at a time.
        let mut transaction = connection.begin().await?;
        re_encrypt::run(&mut transaction).await?;
        transaction.commit().await?;
    }
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
