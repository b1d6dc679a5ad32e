//! Connections to PostgreSQL. Reads and writes are separate types, so that reads can go to a replica.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, Postgres, Transaction,
};

use crate::events;

/// The main database: everything that changes, and every read that decides.
#[derive(Clone, Debug)]
pub struct WritePool(pub PgPool);

/// The main database or a replica: reads that may be a moment old.
#[derive(Clone, Debug)]
pub struct ReadPool(pub PgPool);

/// The main database, for holds alone.
#[derive(Clone, Debug)]
pub struct HoldPools {
    together: PgPool,
    /// For a hold that has something in its way, for reasons, and for answers that are kept.
    pub alone: PgPool,
}

/// Begins a transaction for the statements of a hold. They find everything by index, and are planned so
/// once and for all: on the first day, when every table is small, PostgreSQL would rather read whole
/// tables, and would keep to that plan while they grow.
///
/// The settings are the transaction's, so they work through a transaction pooler, and travel with its `begin`,
/// so they cost no round trip of their own.
pub const BEGIN_HOLD: &str = "begin; set local plan_cache_mode = force_generic_plan; \
    set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off";

impl HoldPools {
    const TOGETHER: u32 = 4;
    /// PostgreSQL knows no "never": this is far less than a rival's commit may take.
    const LOCK_TIMEOUT: &str = "10ms";

    /// To where `write` leads.
    pub fn beside(write: &PgPool) -> Self {
        let options = PgConnectOptions::clone(&write.connect_options());
        let alone = write.options().get_max_connections();
        Self {
            together: pool_options()
                .max_connections(Self::TOGETHER)
                .connect_lazy_with(options.clone()),
            alone: pool_options().max_connections(alone).connect_lazy_with(options),
        }
    }

    /// For holds that are taken together, which do not wait for a rival.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn begin_together(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        let begin = format!("{BEGIN_HOLD}; set local lock_timeout = '{}'", Self::LOCK_TIMEOUT);
        self.together.begin_with(AssertSqlSafe(begin)).await
    }

    /// For one hold, or for the reasons of many.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn begin_alone(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.alone.begin_with(BEGIN_HOLD).await
    }
}

impl WritePool {
    /// One connection to the same database, for asking whether it answers: it waits for nobody's request.
    pub fn probe(&self) -> PgPool {
        let options = PgConnectOptions::clone(&self.0.connect_options());
        pool_options().max_connections(1).connect_lazy_with(options)
    }

    /// # Errors
    /// When no connection can be had.
    pub async fn begin(&self) -> sqlx::Result<Transaction<'static, Postgres>> {
        self.0.begin().await
    }
}

/// How long a request waits for a free connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that was not used for so long is asked whether it still stands.
const IDLE_BEFORE_TEST: Duration = Duration::from_secs(1);

/// What every connection of ours needs. `nadi migrate` makes them settings of the role in this database, because
/// a transaction pooler hands on neither start-up options nor what a session has set.
pub const ROLE_SETTINGS: [(&str, &str); 4] = [
    // A statement that waits longer than these has met a fault, not a rival.
    ("statement_timeout", "10s"),
    // A rival's transaction takes milliseconds: who waits longer is told, and holds up nobody.
    ("lock_timeout", "1s"),
    ("idle_in_transaction_session_timeout", "15s"),
    // Our queries are short: compiling one took ten times as long as running it.
    ("jit", "off"),
];

/// A pool that connects when first used, so that a database that is away does not stop the start.
///
/// # Errors
/// When the address cannot be read.
pub fn pool(url: &str, connections: u32) -> sqlx::Result<PgPool> {
    Ok(pool_of(PgConnectOptions::from_str(url)?, connections))
}

/// The same for an address that has been read.
pub fn pool_of(options: PgConnectOptions, connections: u32) -> PgPool {
    // A transaction pooler refuses start-up parameters that it does not know, such as this one of sqlx. It
    // changes nothing: PostgreSQL writes numbers exactly by default.
    let options = options.application_name("nadi").extra_float_digits(None);
    pool_options().max_connections(connections).connect_lazy_with(options)
}

fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A question before every use would double the round trips. One that has idled is asked.
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

/// Waits until the database answers, with back-off, saying so each time.
pub async fn wait_until_reachable(pool: &PgPool) {
    let mut pause = Duration::from_millis(250);
    loop {
        // Not through the pool, which would try in silence until its own time is over.
        match pool.connect_options().connect().await {
            Ok(connection) => {
                if let Err(error) = connection.close().await {
                    tracing::debug!(%error, "the first connection did not close well");
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
    // Migrations may take long; the limits above are for requests.
    let mut connection = pool.acquire().await?;
    for limit in ["statement_timeout", "lock_timeout"] {
        sqlx::query(AssertSqlSafe(format!("set {limit} = 0"))).execute(&mut *connection).await?;
    }
    let migrated = async {
        MIGRATIONS.run(&mut *connection).await?;
        if events::is_from_elsewhere(&mut connection).await? {
            tracing::warn!("restored from another PostgreSQL: readers of the log go on from there");
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

/// Did a rival hold a lock for longer than we wait? (`lock_timeout`.)
pub fn is_lock_timeout(error: &sqlx::Error) -> bool {
    has_code(error, "55P03")
}

/// Is this error worth one more try of the whole transaction? (Serialization failure, deadlock.)
pub fn is_transient(error: &sqlx::Error) -> bool {
    has_code(error, "40001") || has_code(error, "40P01")
}

/// Was the connection lost, so that nobody knows how the statement ended?
pub fn is_lost(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed)
        || has_code(error, "57P01")
        || has_code(error, "57P02")
        || has_code(error, "08006")
}

fn has_code(error: &sqlx::Error, wanted: &str) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == wanted)
}
