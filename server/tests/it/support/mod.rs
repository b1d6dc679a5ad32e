//! What the tests share: one clinic on a database of its own, with a clock that tests step.

mod bookings;
mod consistency;
pub mod database;
mod doubles;
pub mod everyday_use;
mod fixtures;
pub mod http;
mod invitations;
pub mod process;
pub mod redis;
pub mod registration;
pub mod sign_ins;
pub mod texts;
pub mod time;

use std::sync::Arc;

use nadi::ids::{ClinicId, DoctorId, LocationId};
use nadi::ports::Ports;
use server::config::Config;
use server::notifications::dispatcher::Dispatcher;
use server::notifications::transport::DevelopmentMailbox;
use server::ports;
use server::state::AppState;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

pub use consistency::{assert_consistent, find_inconsistency};
use database::TestDatabase;
pub use doubles::{RecordedMessages, TestClock, monday_nine};
use fixtures::{ASHA, WITH_ONE_DOCTOR};
pub use fixtures::{
    CLINIC, CONSULTATION, LOCATION, LONG_VISIT, NewDoctor, WITHOUT_DOCTORS, weekly,
};
pub use http::browser;

pub struct Clinic {
    pub app_state: AppState,
    pub ports: Ports,
    pub clock: TestClock,
    pub messages: RecordedMessages,
    pub clinic: ClinicId,
    pub location: LocationId,
    pub doctor: DoctorId,
    pub config: Config,
    pub pool: PgPool,
    /// The database is dropped with the last clinic that uses it. `None` while a template is filled.
    pub database: Option<Arc<TestDatabase>>,
}

pub fn config() -> Config {
    Config::read(|name| {
        let value = match name {
            "DATABASE_URL" => "postgres://unused@localhost/unused",
            "NADI_MODE" => "development",
            // Tests look into tables; encryption has tests of its own.
            "NADI_KEYS" => "none",
            "NADI_SECRET" => "a secret of the tests, long enough",
            "NADI_HORIZON_DAYS" => "30",
            _ => return None,
        };
        Some(value.to_owned())
    })
    .expect("complete")
}

impl Clinic {
    /// A clinic in Kolkata's zone with one listed doctor: Mondays to Fridays,
    /// ten to one, 20 minutes each, one person at a time. It is Monday, nine o'clock.
    pub async fn open() -> Self {
        let mut clinic = Self::in_database(WITH_ONE_DOCTOR.database().await);
        let doctor = sqlx::query_scalar("select id from doctors where slug = $1").bind(ASHA);
        clinic.doctor = DoctorId(doctor.fetch_one(&clinic.pool).await.expect("the first doctor"));
        clinic
    }

    /// Like [`Self::open`], with `capacity` people per slot.
    pub async fn open_with(capacity: u16) -> Self {
        let mut clinic = Self::in_database(WITHOUT_DOCTORS.database().await);
        let doctor = NewDoctor { capacity, ..NewDoctor::new(ASHA) };
        clinic.doctor = clinic.add_doctors([doctor]).await[0];
        clinic
    }

    /// Like [`Self::open`], with these doctors instead.
    pub async fn open_with_doctors<'a>(
        doctors: impl IntoIterator<Item = NewDoctor<'a>>,
    ) -> (Self, Vec<DoctorId>) {
        let mut clinic = Self::in_database(WITHOUT_DOCTORS.database().await);
        let doctors = clinic.add_doctors(doctors).await;
        clinic.doctor = doctors[0];
        (clinic, doctors)
    }

    /// The clinic of [`CLINIC`] in a copy of a template.
    pub fn in_database(database: TestDatabase) -> Self {
        Self::on(database.pool(), Some(Arc::new(database)))
    }

    pub fn on(pool: PgPool, database: Option<Arc<TestDatabase>>) -> Self {
        let clock = TestClock::at(monday_nine());
        let config = config();
        let app_state = AppState::on(pool.clone(), pool.clone(), &config, Arc::new(clock.clone()))
            .expect("an app_state");
        let mailbox = DevelopmentMailbox::new(app_state.clone());
        let ports = ports::ports(&app_state, Some(mailbox));
        Self {
            app_state,
            ports,
            clock,
            messages: RecordedMessages::default(),
            clinic: CLINIC,
            location: LOCATION,
            doctor: DoctorId(Uuid::nil()),
            config,
            pool,
            database,
        }
    }

    /// The name of this test's database.
    pub fn database_name(&self) -> String {
        self.pool.connect_options().get_database().expect("a name").to_owned()
    }

    /// The address of this test's database, for another process.
    pub fn database_url(&self) -> String {
        database::url_of(&self.database_name())
    }

    /// Another instance on the same database with connections of its own. It waits for locks and
    /// connections as long as a slow machine may need.
    pub fn instance(&self, connections: u32) -> Ports {
        let options = PgConnectOptions::clone(&self.pool.connect_options());
        self.instance_on(database::patient_pool(options, connections))
    }

    /// Another instance with the time limits of the real server, which waits for a lock for a second at most.
    pub fn instance_with_limits(&self, connections: u32) -> Ports {
        let options = PgConnectOptions::clone(&self.pool.connect_options());
        let options = options.options(server::database::ROLE_SETTINGS);
        self.instance_on(server::database::pool_of(options, connections))
    }

    fn instance_on(&self, pool: PgPool) -> Ports {
        let clock = Arc::new(self.clock.clone());
        let app_state =
            AppState::on(pool.clone(), pool, &self.config, clock).expect("an app_state");
        ports::ports(&app_state, None)
    }

    /// How many connections to this database wait for a lock, as PostgreSQL reports it.
    pub async fn waiting(&self) -> i64 {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        self.count(waiting).await
    }

    /// Waits until at least this many connections wait for a lock.
    pub async fn until_waiting(&self, connections: i64) {
        let what = format!("{connections} connections wait for a lock");
        time::until(&what, async || self.waiting().await >= connections).await;
    }

    /// Fails if the claims and the history of the appointments do not agree.
    pub async fn assert_consistent(&self) {
        assert_consistent(&self.pool).await;
    }

    pub fn dispatcher(&self) -> Dispatcher {
        let messages = Arc::new(self.messages.clone());
        Dispatcher::new(self.app_state.clone(), messages, "https://nadi.example".into())
    }
}
