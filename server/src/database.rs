//! Connections to PostgreSQL. Reads and writes are separate types, so that reads can go to a replica.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, Postgres, Transaction,
};

use crate::events;

/// How many old rows a background job deletes in one statement.
pub const DELETED_AT_ONCE: i64 = 1_000;

/// The main database: all writes, and every read that a decision is based on.
#[derive(Clone, Debug)]
pub struct WritePool(pub PgPool);

/// The main database or a replica, for reads that may lag behind by a moment.
#[derive(Clone, Debug)]
pub struct ReadPool(pub PgPool);

/// Pools on the main database that only the statements of holds use. These statements should always use indexes. On
/// the first day, when every table is small, PostgreSQL would choose sequential scans instead and keep that cached
/// plan while the tables grow, so the connections rule such plans out ([`HOLD_PLANS`]).
#[derive(Clone, Debug)]
pub struct HoldPools {
    /// For holds that run as one batch: these connections do not wait for another transaction's lock.
    pub batched: PgPool,
    /// For a hold that runs on its own because it met a conflict, for reading why one was refused, and for storing
    /// answers.
    pub single: PgPool,
}

/// PostgreSQL settings for planning the statements of holds. They are start-up options, which a transaction pooler
/// refuses: holds connect to PostgreSQL directly (`DATABASE_HOLDS_URL`).
pub const HOLD_PLANS: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

impl HoldPools {
    const BATCHED_CONNECTIONS: u32 = 4;
    /// PostgreSQL has no setting for "do not wait" (0 means no limit). This is far less than another transaction's
    /// commit may take.
    const LOCK_TIMEOUT: &str = "10ms";

    /// At this address, or where `write` connects to.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(write: &PgPool, url: Option<&str>) -> sqlx::Result<Self> {
        let options = match url {
            Some(url) => connect_options(PgConnectOptions::from_str(url)?),
            None => PgConnectOptions::clone(&write.connect_options()),
        };
        let options = options.options(HOLD_PLANS);
        let impatient = options.clone().options([("lock_timeout", Self::LOCK_TIMEOUT)]);
        let single = write.options().get_max_connections();
        Ok(Self {
            batched: pool_options()
                .max_connections(Self::BATCHED_CONNECTIONS)
                .connect_lazy_with(impatient),
            single: pool_options().max_connections(single).connect_lazy_with(options),
        })
    }
}

impl WritePool {
    /// One connection to the same database for health checks, so that a check never waits for requests to return
    /// theirs.
    pub fn probe(&self) -> PgPool {
        let options = PgConnectOptions::clone(&self.0.connect_options());
        pool_options().max_connections(1).connect_lazy_with(options)
    }

    /// Begins a transaction, in a task of its own. If a request is cancelled while PostgreSQL answers, sqlx does not
    /// know that the transaction has begun and would put the connection back into the pool with it; here it is
    /// always rolled back.
    ///
    /// # Errors
    /// When no connection is free in time, or the database does not answer.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        let pool = self.0.clone();
        let begun = tokio::spawn(async move { pool.begin().await });
        begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

/// How long a request waits for a free connection before it fails as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that was idle for longer than this is tested before it is used.
const IDLE_BEFORE_TEST: Duration = Duration::from_secs(1);

/// The settings that every connection needs. `nadi migrate` makes them settings of its role in this database, and
/// `ops/database-roles.sql` those of the role that serves, because a transaction pooler passes on neither start-up
/// options nor settings of a session.
pub const ROLE_SETTINGS: [(&str, &str); 4] = [
    // A statement that takes longer than this indicates a fault, not normal contention.
    ("statement_timeout", "10s"),
    // Other transactions take milliseconds. A statement that waits longer fails, so that it does not block others.
    ("lock_timeout", "1s"),
    ("idle_in_transaction_session_timeout", "15s"),
    // Our queries are short: JIT compilation took ten times as long as running them.
    ("jit", "off"),
];

/// A pool that connects when first used, so that the server can be built while the database is down.
///
/// # Errors
/// When `url` is not a valid address.
pub fn pool(url: &str, connections: u32) -> sqlx::Result<PgPool> {
    Ok(pool_of(PgConnectOptions::from_str(url)?, connections))
}

/// The same for a parsed address.
pub fn pool_of(options: PgConnectOptions, connections: u32) -> PgPool {
    pool_options().max_connections(connections).connect_lazy_with(connect_options(options))
}

/// A transaction pooler refuses start-up parameters that it does not know, such as `extra_float_digits` of sqlx. It
/// changes nothing: PostgreSQL writes numbers exactly by default.
fn connect_options(options: PgConnectOptions) -> PgConnectOptions {
    options.application_name("nadi").extra_float_digits(None)
}

fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // Testing before every use would double the round trips, so only idle connections are tested.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > IDLE_BEFORE_TEST {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// The migrations, compiled into the binary.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// Waits until the database answers, with growing pauses; logs each failed try.
pub async fn wait_until_reachable(pool: &PgPool) {
    let mut pause = Duration::from_millis(250);
    loop {
        // Not through the pool, which would retry silently until its own timeout.
        match pool.connect_options().connect().await {
            Ok(connection) => {
                if let Err(error) = connection.close().await {
                    tracing::debug!(%error, "the first connection did not close cleanly");
                }
                return;
            }
            Err(error) => {
                tracing::warn!(%error, retry_in_seconds = pause.as_secs_f32(), "the database does not answer");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        }
    }
}

/// Brings the schema up to date.
///
/// # Errors
/// When a migration fails.
pub async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    // Migrations may take long; the pool's timeouts are meant for requests.
    let mut connection = pool.acquire().await?;
    for limit in ["statement_timeout", "lock_timeout"] {
        sqlx::query(AssertSqlSafe(format!("set {limit} = 0"))).execute(&mut *connection).await?;
    }
    let migrated = async {
        MIGRATIONS.run(&mut *connection).await?;
        sqlx::raw_sql(include_str!("grants.sql"))
            .execute(&mut *connection)
            .await
            .context("the roles nadi_serve and nadi_read did not get their rights")?;
        if events::is_from_elsewhere(&mut connection).await? {
            tracing::warn!("the database was restored from another PostgreSQL: the readers of the event log continue from its state");
            let mut transaction = connection.begin().await?;
            events::adopt(&mut transaction).await?;
            transaction.commit().await?;
        }
        anyhow::Ok(())
    }
    .await;
    for limit in ["statement_timeout", "lock_timeout"] {
        sqlx::query(AssertSqlSafe(format!("reset {limit}"))).execute(&mut *connection).await?;
    }
    migrated?;
    // Only a warning: where the role may not do this, the operator can.
    if let Err(error) = set_role_settings(&mut connection).await {
        tracing::warn!(%error, settings = ?ROLE_SETTINGS, "the role's settings were not changed; set them yourself");
    }
    Ok(())
}

/// Makes [`ROLE_SETTINGS`] the defaults of this role in this database, from its next connection on.
async fn set_role_settings(connection: &mut PgConnection) -> sqlx::Result<()> {
    let database: String = sqlx::query_scalar("select quote_ident(current_database())")
        .fetch_one(&mut *connection)
        .await?;
    for (name, value) in ROLE_SETTINGS {
        let set = format!("alter role current_user in database {database} set {name} = '{value}'");
        sqlx::query(AssertSqlSafe(set)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Which of [`ROLE_SETTINGS`] nobody has set on this connection, neither to our value nor to another.
///
/// # Errors
/// When the database does not answer.
pub async fn missing_settings(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let names = ROLE_SETTINGS.map(|(name, _)| name);
    sqlx::query_scalar(
        "select name from pg_settings where name = any($1) and source = 'default' order by name",
    )
    .bind(&names[..])
    .fetch_all(connection)
    .await
}

/// Did another transaction hold a lock for longer than `lock_timeout`?
pub fn is_lock_timeout(error: &sqlx::Error) -> bool {
    has_code(error, "55P03")
}

/// May the whole transaction succeed when it is run again? (Serialization failure, deadlock.)
pub fn is_transient(error: &sqlx::Error) -> bool {
    has_code(error, "40001") || has_code(error, "40P01")
}

/// Was the connection lost, so that it is unknown whether the statement took effect?
pub fn is_lost(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed)
        || has_code(error, "57P01")
        || has_code(error, "57P02")
        || has_code(error, "08006")
        || has_code(error, "25P03")
}

fn has_code(error: &sqlx::Error, wanted: &str) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == wanted)
}
