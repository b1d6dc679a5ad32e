//! One clinic on a database of its own, with a clock that tests step.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveTime, TimeZone, Utc};
use nadi::actor::{Actor, Administers, Caller, SignedIn};
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, LocationId, PersonId, SlotId};
use nadi::input::Code;
use nadi::ports::{Booked, Change, HoldRequest, Message, MessageFailure, Messages, Ports, Seen};
use nadi::recurrence::Recurrence;
use nadi::schedule::Rule;
use nadi::visit::Mode;
use server::clock::Clock;
use server::config::Config;
use server::engine::Engine;
use server::entropy::uuid_v7;
use server::jobs::{listings, relay::Relay, top_up};
use server::messages::DevelopmentMailbox;
use server::service::tokens::Tokens;
use server::store::schedules;
use server::store::sessions::{ACCOUNT, Sessions};
use server::web::live::Live;
use server::web::{self, Web};
use server::{database, service};
use sqlx::PgPool;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use uuid::Uuid;

/// A Monday, 03:30 UTC: nine in the morning in Kolkata.
pub fn monday_nine() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 3, 30, 0).single().expect("a time")
}

/// A clock that stands until it is stepped.
#[derive(Clone)]
pub struct Stepped(Arc<Mutex<DateTime<Utc>>>);

impl Stepped {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn step(&self, by: Duration) {
        *self.0.lock().expect("not poisoned") += by;
    }
}

impl Clock for Stepped {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("not poisoned")
    }
}

/// Messages that stay here, and can be made to fail.
#[derive(Clone, Default)]
pub struct Kept {
    pub sent: Arc<Mutex<Vec<Message>>>,
    pub failure: Arc<Mutex<Option<MessageFailure>>>,
}

#[async_trait]
impl Messages for Kept {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure> {
        match self.failure.lock().expect("not poisoned").clone() {
            Some(failure) => Err(failure),
            None => {
                self.sent.lock().expect("not poisoned").push(message.clone());
                Ok(())
            }
        }
    }
}

pub struct Clinic {
    pub engine: Engine,
    pub ports: Ports,
    pub clock: Stepped,
    pub messages: Kept,
    pub clinic: ClinicId,
    pub location: LocationId,
    pub doctor: DoctorId,
    pub config: Config,
    pub pool: PgPool,
}

pub fn config() -> Config {
    Config::read(|name| {
        let value = match name {
            "DATABASE_URL" => "postgres://unused@localhost/unused",
            "NADI_MODE" => "development",
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
    /// ten to one, 20 minutes each, one person at a time; in a second doctor's
    /// place there is none yet.
    pub async fn open(pool: PgPool) -> Self {
        Self::open_with(pool, 1).await
    }

    /// The same with `capacity` people per slot.
    pub async fn open_with(pool: PgPool, capacity: i16) -> Self {
        let clock = Stepped(Arc::new(Mutex::new(monday_nine())));
        let now = clock.now();
        database::migrate(&pool, now).await.expect("migrated");
        let config = config();
        let engine = Engine::on(pool.clone(), pool.clone(), &config, Arc::new(clock.clone()))
            .expect("an engine");
        let mailbox = DevelopmentMailbox::new(engine.clone());
        let ports = service::ports(&engine, Some(mailbox));
        let (clinic, location) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for statement in [
            "insert into cities values (1, 'panjim', 'Panjim', 'IN', 'India', 15.5, 73.8, 'Asia/Kolkata')",
            "insert into specialties values (1, 'general-medicine', 'General medicine', 'modern', 'Fever.')",
        ] {
            sqlx::query(statement).execute(&pool).await.expect("inserted");
        }
        sqlx::query(
            "insert into clinics (id, slug, name, time_zone, currency, cancel_notice_minutes, created_at)
             values ($1, 'panjim', 'Nadi Panjim', 'Asia/Kolkata', 'INR', 60, $2)",
        )
        .bind(clinic)
        .bind(now)
        .execute(&pool)
        .await
        .expect("a clinic");
        sqlx::query(
            "insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at)
             values ($1, $2, 1, 'Panjim Clinic', '1 Church Road', 'Asia/Kolkata', $3)",
        )
        .bind(location)
        .bind(clinic)
        .bind(now)
        .execute(&pool)
        .await
        .expect("a location");
        sqlx::query(
            "insert into visit_types (id, clinic_id, name, is_default, created_at)
             values ($1, $2, 'Consultation', true, $3)",
        )
        .bind(Uuid::from_u128(3))
        .bind(clinic)
        .bind(now)
        .execute(&pool)
        .await
        .expect("a visit type");
        let mut this = Self {
            engine,
            ports,
            clock,
            messages: Kept::default(),
            clinic: ClinicId(clinic),
            location: LocationId(location),
            doctor: DoctorId(Uuid::nil()),
            config,
            pool,
        };
        this.doctor = this.add_doctor("asha-naik", capacity).await;
        this
    }

    /// Another instance on the same database, with connections and limits of its own.
    pub fn instance(&self, connections: u32) -> Ports {
        let options = self.pool.connect_options().as_ref().clone();
        let pool = database::pool_of(options, connections);
        let clock = Arc::new(self.clock.clone());
        let engine = Engine::on(pool.clone(), pool, &self.config, clock).expect("an engine");
        service::ports(&engine, None)
    }

    /// Waits until so many connections wait for a lock, by the database's own word.
    pub async fn until_waiting(&self, connections: i64) {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        while self.count(waiting).await < connections {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Fails when a guard and the history tell different stories.
    pub async fn must_be_sound(&self) {
        must_be_sound(&self.pool).await;
    }

    /// A listed doctor with the clinic's usual hours, and their times.
    pub async fn add_doctor(&self, slug: &str, capacity: i16) -> DoctorId {
        self.add_doctor_with(slug, capacity, 20).await
    }

    /// The same with times of so many minutes.
    pub async fn add_doctor_with(&self, slug: &str, capacity: i16, minutes: i16) -> DoctorId {
        let now = self.clock.now();
        let id = uuid_v7(now);
        sqlx::query(
            "insert into doctors (id, clinic_id, slug, name, fee_minor_units, currency, status, created_at)
             values ($1, $2, $3, 'Dr ' || $3, 60000, 'INR', 'listed', $4)",
        )
        .bind(id)
        .bind(self.clinic.0)
        .bind(slug)
        .bind(now)
        .execute(&self.pool)
        .await
        .expect("a doctor");
        sqlx::query("insert into doctor_specialties values ($1, 1, true)")
            .bind(id)
            .execute(&self.pool)
            .await
            .expect("a specialty");
        let minutes = u16::try_from(minutes).expect("a length");
        let rule = Rule {
            slot_minutes: minutes,
            capacity: u16::try_from(capacity).expect("a capacity"),
            ..weekly(self.location, "MO,TU,WE,TH,FR")
        };
        let mut connection = self.pool.acquire().await.expect("a connection");
        schedules::insert_rule(&mut connection, uuid_v7(now), DoctorId(id), 0, &rule, now)
            .await
            .expect("a rule");
        drop(connection);
        top_up::run_once(&self.engine).await.expect("times");
        listings::run_once(&self.engine).await.expect("listed");
        DoctorId(id)
    }

    /// The ids of a doctor's free times, soonest first.
    pub async fn free(&self, doctor: DoctorId) -> Vec<SlotId> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "select id from free_slots($1) where doctor_id = $2 order by starts_at",
        )
        .bind(self.clock.now())
        .bind(doctor.0)
        .fetch_all(&self.pool)
        .await
        .expect("times");
        ids.into_iter().map(SlotId).collect()
    }

    /// A new patient's account, and a request of theirs.
    pub async fn patient(&self, name: &str) -> SignedIn {
        let now = self.clock.now();
        let (account, person) = (uuid_v7(now), uuid_v7(now));
        sqlx::query("insert into accounts (id, email, created_at) values ($1, $2, $3)")
            .bind(account)
            .bind(format!("{}@example.org", name.to_lowercase().replace(' ', ".")))
            .bind(now)
            .execute(&self.pool)
            .await
            .expect("an account");
        sqlx::query(
            "insert into people (id, account_id, relation, name, created_at) values ($1, $2, 'self', $3, $4)",
        )
        .bind(person)
        .bind(account)
        .bind(name)
        .bind(now)
        .execute(&self.pool)
        .await
        .expect("a person");
        SignedIn {
            account: AccountId(account),
            person: PersonId(person),
            name: name.into(),
            doctor: None,
            administers: Administers::Nothing,
        }
    }

    pub fn caller(&self, who: &SignedIn) -> Caller {
        Caller {
            actor: Actor::Account(Box::new(who.clone())),
            now: self.clock.now(),
            request_id: Uuid::nil(),
        }
    }

    pub fn visitor(&self) -> Caller {
        Caller { actor: Actor::Visitor, now: self.clock.now(), request_id: Uuid::nil() }
    }

    pub async fn hold(&self, who: &SignedIn, slot: SlotId) -> Result<AppointmentId, nadi::Failure> {
        self.hold_as(who, &HoldRequest { slot, visit_type: None, person: None }).await
    }

    pub async fn hold_as(
        &self,
        who: &SignedIn,
        wish: &HoldRequest,
    ) -> Result<AppointmentId, nadi::Failure> {
        self.ports.bookings.hold(&self.caller(who), wish, None).await.map(|booked| booked.id)
    }

    /// Asks for a change, having seen whatever there is.
    pub async fn change(
        &self,
        who: &SignedIn,
        id: AppointmentId,
        change: &Change,
    ) -> Result<Booked, nadi::Failure> {
        self.ports.bookings.change(&self.caller(who), id, change, &Seen::Any, None).await
    }

    /// A confirmed appointment.
    pub async fn book(&self, who: &SignedIn, slot: SlotId) -> AppointmentId {
        let id = self.hold(who, slot).await.expect("held");
        self.confirm(who, id).await.expect("confirmed");
        id
    }

    /// The doctor's own account.
    pub async fn doctor_account(&self) -> SignedIn {
        let doctor = self.doctor;
        SignedIn { doctor: Some(doctor), ..self.patient("The Doctor").await }
    }

    pub async fn confirm(&self, who: &SignedIn, id: AppointmentId) -> Result<(), nadi::Failure> {
        let counter: i16 =
            sqlx::query_scalar("select code_counter from appointments where id = $1")
                .bind(id.0)
                .fetch_one(&self.pool)
                .await
                .expect("an appointment");
        let code = Code::parse(&self.engine.code_key.code(id, counter)).expect("six digits");
        self.change(who, id, &Change::Confirm { code: Some(code) }).await.map(|_| ())
    }

    pub async fn state(&self, id: AppointmentId) -> String {
        sqlx::query_scalar("select state from appointments where id = $1")
            .bind(id.0)
            .fetch_one(&self.pool)
            .await
            .expect("an appointment")
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect("a count")
    }

    pub fn relay(&self) -> Relay {
        let messages = Arc::new(self.messages.clone());
        Relay::new(self.engine.clone(), messages, "https://nadi.example".into())
    }

    /// A session of this account, as the browser's cookie.
    pub async fn cookie(&self, who: &SignedIn) -> String {
        let sessions = Sessions::of(&self.engine);
        let mut record = Record {
            id: Id::default(),
            data: [(ACCOUNT.to_owned(), serde_json::json!(who.account.0))].into(),
            expiry_date: time::OffsetDateTime::now_utc() + time::Duration::days(1),
        };
        sessions.create(&mut record).await.expect("a session");
        format!("nadi_session={}", record.id)
    }

    /// A bearer token of this account.
    pub async fn token(&self, who: &SignedIn) -> String {
        let sessions = Sessions::of(&self.engine);
        let tokens = Tokens::new(&self.config.secret, sessions);
        tokens.issue(who.account, self.clock.now()).await.expect("a token")
    }

    /// Serves the site on a free port until the test ends.
    pub async fn serve(&self) -> String {
        self.serve_with(self.ports.clone()).await
    }

    /// The same with other ports.
    pub async fn serve_with(&self, ports: Ports) -> String {
        self.serve_web(Web::new(&self.config, &self.engine, ports)).await
    }

    /// The same with other limits for those who listen.
    pub async fn serve_listeners(&self, live: Live) -> String {
        self.serve_web(Web::with(&self.config, &self.engine, self.ports.clone(), live)).await
    }

    async fn serve_web(&self, web: Web) -> String {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let sessions = Sessions::of(&self.engine);
        let router = web::router(&self.config, web, sessions);
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }
}

/// Fails when a guard and the history tell different stories.
pub async fn must_be_sound(pool: &PgPool) {
    for (what, sql) in [
        (
            "a standing appointment without its seats",
            "select count(*) from appointments a
             where state in ('pending', 'confirmed', 'checked_in')
               and slot_span <> (select count(*) from seats s where s.appointment_id = a.id)",
        ),
        (
            "a seat that is not on the appointment's slots",
            "select count(*) from seats s
             join slots x on x.id = s.slot_id
             left join appointments a on a.id = s.appointment_id
                  and a.state in ('pending', 'confirmed', 'checked_in')
                  and x.starts_at >= a.starts_at and x.ends_at <= a.ends_at
             where a.id is null",
        ),
        (
            "a person's time that is not the appointment's",
            "select count(*) from patient_times p
             left join appointments a on a.id = p.appointment_id and a.person_id = p.person_id
                  and a.state in ('pending', 'confirmed', 'checked_in')
                  and p.during = tstzrange(a.starts_at, a.ends_at)
             where a.id is null",
        ),
        (
            "an appointment whose version is not the number of its events",
            "select count(*) from appointments a
             where version <> (select count(*) from outbox o where o.appointment_id = a.id)",
        ),
    ] {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.expect("a count");
        assert_eq!(found, 0, "{what}");
    }
}

/// A browser without scripts that does not follow redirects by itself.
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

/// Hours from 10 to 13 on these days of every week, in times of twenty minutes for one person.
pub fn weekly(location: LocationId, days: &str) -> Rule {
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    let text = format!("FREQ=WEEKLY;BYDAY={days}");
    Rule {
        location,
        mode: Mode::InPerson,
        repeats: Some(Recurrence::of_days(&text).expect("a rule")),
        from: "2026-01-01".parse().expect("a date"),
        until: None,
        starts: hour(10),
        ends: hour(13),
        slot_minutes: 20,
        buffer_before: 0,
        buffer_after: 0,
        capacity: 1,
        notice_minutes: 0,
        window_days: None,
    }
}
