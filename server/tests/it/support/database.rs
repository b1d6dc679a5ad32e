//! A database for each test, cloned from a template that is made once.
//!
//! Cloning takes a few hundredths of a second. Running all migrations and making a doctor's slots takes most of a
//! second. A template belongs to one build of the tests: the key in its name covers the migrations, the fixtures
//! and the code that makes slots, so an outdated one is never used. The first process that needs a template makes
//! it under an advisory lock; the other tests of `cargo test` and the other processes of `cargo nextest` reuse it.

use std::str::FromStr;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use server::database::MIGRATIONS;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The most connections of one test.
const CONNECTIONS: u32 = 5;
/// The key of the advisory lock held while a template is made: "naditest" in ASCII.
const TEMPLATE_LOCK: i64 = 0x6e61_6469_7465_7374;
/// The age from which the databases of killed runs are dropped.
const LEFTOVER_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Fills a template through a pool of connections to it.
pub type Fill = fn(PgPool) -> LocalBoxFuture<'static, ()>;

/// The schema without any rows.
pub static MIGRATED: Template = Template::new("migrated", |pool| {
    async move {
        server::database::migrate(&pool).await.expect("migrated");
    }
    .boxed_local()
});

/// A database that tests clone.
pub struct Template {
    label: &'static str,
    /// The template that it is cloned from. Without one it begins as an empty database.
    base: Option<&'static Template>,
    fill: Fill,
    /// Its name, once this process has found or made it.
    name: OnceCell<String>,
}

impl Template {
    pub const fn new(label: &'static str, fill: Fill) -> Self {
        Self { label, base: None, fill, name: OnceCell::const_new() }
    }

    /// A template that is cloned from another one and then filled.
    pub const fn extending(base: &'static Self, label: &'static str, fill: Fill) -> Self {
        Self { label, base: Some(base), fill, name: OnceCell::const_new() }
    }

    /// A new database, cloned from the template.
    pub async fn database(&self) -> TestDatabase {
        let template = self.name().await;
        let name = format!("nadi_test_{}_{}", seconds_now(), Uuid::new_v4().simple());
        let mut connection = connect().await;
        execute(&mut connection, format!("create database {name} template {template}")).await;
        close(connection).await;
        TestDatabase { name }
    }

    async fn name(&self) -> &str {
        self.name.get_or_init(|| self.find_or_make()).await
    }

    async fn find_or_make(&self) -> String {
        // Boxed because the call is recursive: a template may be cloned from another one.
        let base = match self.base {
            Some(base) => Some(Box::pin(base.name()).await.to_owned()),
            None => None,
        };
        let mut connection = connect().await;
        let found = match self.find(&mut connection).await {
            Some(name) => name,
            None => {
                // The lock is held until the connection ends, also when making the template fails.
                sqlx::query("select pg_advisory_lock($1)")
                    .bind(TEMPLATE_LOCK)
                    .execute(&mut connection)
                    .await
                    .expect("locked");
                match self.find(&mut connection).await {
                    Some(name) => name,
                    None => self.make(&mut connection, base.as_deref()).await,
                }
            }
        };
        close(connection).await;
        found
    }

    async fn find(&self, connection: &mut PgConnection) -> Option<String> {
        sqlx::query_scalar("select datname::text from pg_database where datname ~ $1 limit 1")
            .bind(format!("^nadi_template_[0-9]+_{}_{}$", key(), self.label))
            .fetch_optional(connection)
            .await
            .expect("the list of databases")
    }

    /// The database is filled under another name and renamed at the end, so that a killed process does not leave an
    /// incomplete template.
    async fn make(&self, connection: &mut PgConnection, base: Option<&str>) -> String {
        drop_leftovers(connection).await;
        let unfinished = format!("nadi_test_{}_{}", seconds_now(), Uuid::new_v4().simple());
        let template = base.unwrap_or("template1");
        execute(connection, format!("create database {unfinished} template {template}")).await;
        let pool = pool_of(&unfinished);
        (self.fill)(pool.clone()).await;
        pool.close().await;
        let name = format!("nadi_template_{}_{}_{}", seconds_now(), key(), self.label);
        execute(connection, format!("alter database {unfinished} rename to {name}")).await;
        name
    }
}

/// A test's own database. It is dropped with this value, also when the test fails.
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// Connections that open when they are first used.
    pub fn pool(&self) -> PgPool {
        pool_of(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = self.name.clone();
        // On a separate thread, because the thread of the test may be inside its runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut connection = connect().await;
                let statement = format!("drop database if exists {name} with (force)");
                execute(&mut connection, statement).await;
                close(connection).await;
            });
        });
        // A second panic while a test fails would hide the reason of the failure.
        if dropping.join().is_err() {
            eprintln!("the database {} was not dropped", self.name);
        }
    }
}

/// Drops databases and templates that are older than a day.
async fn drop_leftovers(connection: &mut PgConnection) {
    let names: Vec<String> = sqlx::query_scalar(
        "select datname::text from pg_database where datname ~ '^nadi_(test|template)_[0-9]+_'",
    )
    .fetch_all(&mut *connection)
    .await
    .expect("the list of databases");
    let oldest = seconds_now().saturating_sub(LEFTOVER_AFTER.as_secs());
    for name in names {
        let made = name.split('_').nth(2).and_then(|seconds| seconds.parse().ok());
        if made.is_some_and(|made: u64| made < oldest) {
            let statement = format!("drop database if exists {name} with (force)");
            execute(&mut *connection, statement).await;
        }
    }
}

/// A key that differs between builds of the tests, because it covers the size and modification time of the
/// executable. The texts of the migrations and fixtures are included, in case a copied executable has the same
/// size and time as another one.
fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let executable = std::env::current_exe().expect("the executable's path");
        let executable = std::fs::metadata(executable).expect("the executable");
        let built = executable.modified().expect("a time").duration_since(UNIX_EPOCH);
        let mut digest = Sha256::new();
        digest.update(built.unwrap_or_default().as_nanos().to_be_bytes());
        digest.update(executable.len().to_be_bytes());
        for migration in MIGRATIONS.iter() {
            digest.update(&migration.checksum);
        }
        digest.update(include_str!("mod.rs"));
        digest.update(include_str!("fixtures.rs"));
        digest.update(include_str!("doubles.rs"));
        digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    })
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn url() -> String {
    std::env::var("DATABASE_URL").expect(
        "DATABASE_URL must lead to a PostgreSQL where databases can be made; `cargo xtask test` starts one",
    )
}

fn options() -> PgConnectOptions {
    PgConnectOptions::from_str(&url()).expect("DATABASE_URL is an address")
}

/// The same address with another database.
pub fn url_of(database: &str) -> String {
    let mut url: url::Url = url().parse().expect("DATABASE_URL is an address");
    url.set_path(database);
    url.into()
}

/// Options to connect to a database through a proxy on this port.
pub fn options_through(port: u16, database: &str) -> PgConnectOptions {
    let mut url: url::Url = url().parse().expect("DATABASE_URL is an address");
    // The query may contain the folder of a Unix socket.
    url.set_query(None);
    url.set_host(Some("127.0.0.1")).expect("an address with a host");
    url.set_port(Some(port)).expect("an address with a port");
    let options = PgConnectOptions::from_str(url.as_str()).expect("an address");
    options.database(database).ssl_mode(PgSslMode::Disable)
}

fn pool_of(database: &str) -> PgPool {
    patient_pool(options().database(database), CONNECTIONS)
}

/// Connections without the time limits that the real server sets.
pub fn patient_pool(options: PgConnectOptions, connections: u32) -> PgPool {
    // As in the server: compiling our queries takes longer than running them.
    let options = options.options([("jit", "off")]);
    PgPoolOptions::new().max_connections(connections).connect_lazy_with(options)
}

/// Connects to the database that `DATABASE_URL` names, which no test changes.
async fn connect() -> PgConnection {
    options().connect().await.expect("PostgreSQL answers at DATABASE_URL")
}

async fn close(connection: PgConnection) {
    connection.close().await.expect("closed");
}

async fn execute(connection: &mut PgConnection, statement: String) {
    let executed = sqlx::query(AssertSqlSafe(statement.clone())).execute(connection).await;
    executed.unwrap_or_else(|error| panic!("{statement}: {error}"));
}
