//! A small clinic in which each actor has a server of its own, connected to PostgreSQL through a proxy.

use std::sync::Arc;

use chrono::Duration;
use nadi::actor::{Administers, SignedIn};
use nadi::ids::{DoctorId, PersonId};
use nadi::ports::Ports;
use server::ports;
use server::state::AppState;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};

use super::proxy;
use super::proxy::{Gate, Rewrites};
use super::schedule::Scheduler;
use crate::support::{self, Clinic, NewDoctor, database};

/// The most actors of one schedule.
pub const ACTORS: usize = 3;
const DOCTORS: usize = 4;

pub struct World {
    pub clinic: Clinic,
    pub doctors: Vec<DoctorId>,
    /// Has an account of her own and three children on it.
    pub asha: SignedIn,
    pub children: Vec<PersonId>,
    pub ravi: SignedIn,
    pub administrator: SignedIn,
    /// Each actor's own server.
    pub servers: Vec<(AppState, Ports)>,
    pub gate: Gate,
}

impl World {
    /// Opens the world with replacements in the servers' statements, and with changes to the database that plant a
    /// fault.
    pub async fn open(rewrites: Rewrites, faults: &[&str]) -> (Arc<Self>, Scheduler) {
        // Slots of an hour: few slots are enough and are made faster.
        let doctor = |slug| NewDoctor { slot_minutes: 60, ..NewDoctor::new(slug) };
        let slugs = ["first", "second", "third", "fourth"];
        let (clinic, doctors) = Clinic::open_with_doctors(slugs.map(doctor)).await;
        assert_eq!(doctors.len(), DOCTORS);
        let asha = clinic.patient("Asha").await;
        let ravi = clinic.patient("Ravi").await;
        sqlx::query("update accounts set email_verified_at = created_at")
            .execute(&clinic.pool)
            .await
            .expect("proven");
        let children = clinic.dependants(&asha, ["Bina", "Chand", "Devi"]).await;
        let administrator = SignedIn {
            administers: Administers::Everything,
            ..clinic.patient("The Administrator").await
        };
        for fault in faults {
            sqlx::query(AssertSqlSafe((*fault).to_owned()))
                .execute(&clinic.pool)
                .await
                .expect("a database with a fault");
        }
        let options = PgConnectOptions::clone(&clinic.pool.connect_options());
        let (gate, receiver) = Gate::new();
        let mut servers = Vec::new();
        for actor in 0..ACTORS {
            let port = proxy::listen(&options, actor, &gate, rewrites).await;
            let proxied = database::options_through(port, &clinic.database_name());
            servers.push(server_on(&clinic, database::patient_pool(proxied, 3)));
        }
        let monitor = options.connect().await.expect("a connection");
        let scheduler = Scheduler::new(gate.clone(), receiver, monitor);
        let world = Self { clinic, doctors, asha, children, ravi, administrator, servers, gate };
        (Arc::new(world), scheduler)
    }

    /// Resets the world to Monday morning without any appointments. The slots stay.
    pub async fn reset(&self) {
        self.clinic.clock.set(support::monday_nine());
        self.clinic.messages.sent.lock().expect("not poisoned").clear();
        let forget = "
            delete from seats; delete from patient_times; delete from appointments;
            delete from events; delete from notifications; delete from idempotency_keys; delete from freed_kept_times;
            delete from visitor_visits; delete from consents; delete from hold_sources; delete from audit_pending;
            delete from people where account_id in (
                select id from accounts where visitor or email like '%@visitors.example');
            delete from accounts where visitor or email like '%@visitors.example';
            update doctors set status = 'listed' where status <> 'listed'";
        sqlx::raw_sql(forget).execute(&self.clinic.pool).await.expect("forgotten");
    }

    /// Does the same and also restores the doctors' hours and slots.
    pub async fn reset_hours(&self) {
        self.reset().await;
        let forget = "
            delete from slots; delete from blocks; delete from clinic_holidays;
            delete from clinic_working_days; delete from busy_times; delete from busy_calendars;
            delete from schedule_drafts;
            delete from availability_rules where starts_local = '14:00';
            update availability_rules set archived_at = null;
            update schedules set version = 1, made_until = null, stale = true";
        sqlx::raw_sql(forget).execute(&self.clinic.pool).await.expect("forgotten");
        self.make_times().await;
    }

    /// Runs the job that makes slots.
    pub async fn make_times(&self) {
        server::schedules::top_up::run_once(&self.clinic.app_state).await.expect("times");
    }

    pub fn step_clock(&self, by: Duration) {
        self.clinic.clock.step(by);
    }
}

fn server_on(clinic: &Clinic, pool: PgPool) -> (AppState, Ports) {
    let clock = Arc::new(clinic.clock.clone());
    let app_state = AppState::on(pool.clone(), pool, &clinic.config, clock).expect("an app_state");
    let ports = ports::ports(&app_state, None);
    (app_state, ports)
}
