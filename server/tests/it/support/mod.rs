//! One clinic on a database of its own, with a clock that tests step.

pub mod database;
pub mod redis;
pub mod time;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveTime, TimeZone, Utc};
use futures::FutureExt;
use nadi::actor::{Actor, Administers, Caller, SignedIn};
use nadi::ids::{
    AccountId, AppointmentId, ClinicId, DoctorId, LocationId, PersonId, SlotId, VisitTypeId,
};
use nadi::input::Code;
use nadi::ports::{Booked, Change, HoldRequest, Message, MessageFailure, Messages, Ports, Seen};
use nadi::recurrence::Recurrence;
use nadi::schedule::Rule;
use nadi::visit::Mode;
use server::accounts::sessions::{ACCOUNT, Sessions};
use server::accounts::tokens::Tokens;
use server::clock::Clock;
use server::config::Config;
use server::directory::follow;
use server::http::Web;
use server::http::connections::Connections;
use server::http::live_updates::Live;
use server::ids::uuid_v7;
use server::notifications::dispatcher::Dispatcher;
use server::notifications::transport::DevelopmentMailbox;
use server::ports;
use server::router;
use server::schedules::store::hours;
use server::schedules::top_up;
use server::state::AppState;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::CancellationToken;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use uuid::Uuid;

use database::{MIGRATED, Template, TestDatabase};

/// A Monday, 03:30 UTC: nine in the morning in Kolkata.
pub fn monday_nine() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 3, 30, 0).single().expect("a time")
}

/// A clock that stands still until a test steps it.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<DateTime<Utc>>>);

impl TestClock {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().expect("not poisoned") = now;
    }

    pub fn step(&self, by: Duration) {
        *self.0.lock().expect("not poisoned") += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("not poisoned")
    }
}

/// Records messages instead of sending them, and can be made to fail.
#[derive(Clone, Default)]
pub struct RecordedMessages {
    pub sent: Arc<Mutex<Vec<Message>>>,
    pub failure: Arc<Mutex<Option<MessageFailure>>>,
}

#[async_trait]
impl Messages for RecordedMessages {
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
    pub app_state: AppState,
    pub ports: Ports,
    pub clock: TestClock,
    pub messages: RecordedMessages,
    pub clinic: ClinicId,
    pub location: LocationId,
    pub doctor: DoctorId,
    pub config: Config,
    pub pool: PgPool,
    /// Dropped with the last clinic that uses it. A template has none.
    pub database: Option<Arc<TestDatabase>>,
}

const CLINIC: ClinicId = ClinicId(Uuid::from_u128(1));
const LOCATION: LocationId = LocationId(Uuid::from_u128(2));
/// The usual kind of visit.
pub const CONSULTATION: VisitTypeId = VisitTypeId(Uuid::from_u128(3));
/// A kind of visit that takes several slots, see [`Clinic::add_long_visit`].
pub const LONG_VISIT: VisitTypeId = VisitTypeId(Uuid::from_u128(77));

/// The slug of the first doctor.
const ASHA: &str = "asha-naik";

static WITHOUT_DOCTORS: Template = Template::extending(&MIGRATED, "without_doctors", |pool| {
    async move { insert_clinic(&pool).await }.boxed_local()
});

static WITH_ONE_DOCTOR: Template =
    Template::extending(&WITHOUT_DOCTORS, "with_one_doctor", |pool| {
        async move {
            Clinic::on(pool, None).add_doctor(ASHA).await;
        }
        .boxed_local()
    });

/// A clinic in Kolkata's zone with one place and one kind of visit.
async fn insert_clinic(pool: &PgPool) {
    for statement in [
        "insert into cities values (1, 'panjim', 'Panjim', 'IN', 'India', 15.5, 73.8, 'Asia/Kolkata')",
        "insert into specialties values (1, 'general-medicine', 'General medicine', 'modern', 'Fever.')",
    ] {
        sqlx::query(statement).execute(pool).await.expect("inserted");
    }
    sqlx::query(
        "with clinic as (
             insert into clinics (id, slug, name, time_zone, currency, cancel_notice_minutes, created_at)
             values ($1, 'panjim', 'Nadi Panjim', 'Asia/Kolkata', 'INR', 60, $4)),
         location as (
             insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at)
             values ($2, $1, 1, 'Panjim Clinic', '1 Church Road', 'Asia/Kolkata', $4))
         insert into visit_types (id, clinic_id, name, is_default, created_at)
         values ($3, $1, 'Consultation', true, $4)",
    )
    .bind(CLINIC.0)
    .bind(LOCATION.0)
    .bind(CONSULTATION.0)
    .bind(monday_nine())
    .execute(pool)
    .await
    .expect("a clinic");
}

/// What tests choose about a doctor.
pub struct NewDoctor<'a> {
    pub slug: &'a str,
    pub name: String,
    pub specialty: i16,
    /// People per slot.
    pub capacity: u16,
    pub slot_minutes: u16,
}

impl<'a> NewDoctor<'a> {
    /// In general medicine, with times of twenty minutes for one person.
    pub fn new(slug: &'a str) -> Self {
        let name = format!("Dr {slug}");
        Self { slug, name, specialty: 1, capacity: 1, slot_minutes: 20 }
    }
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
    /// ten to one, 20 minutes each, one person at a time. It is Monday, nine o'clock.
    pub async fn open() -> Self {
        let mut clinic = Self::in_database(WITH_ONE_DOCTOR.database().await);
        let doctor = sqlx::query_scalar("select id from doctors where slug = $1").bind(ASHA);
        clinic.doctor = DoctorId(doctor.fetch_one(&clinic.pool).await.expect("the first doctor"));
        clinic
    }

    /// The same with `capacity` people per slot.
    pub async fn open_with(capacity: u16) -> Self {
        let mut clinic = Self::in_database(WITHOUT_DOCTORS.database().await);
        let doctor = NewDoctor { capacity, ..NewDoctor::new(ASHA) };
        clinic.doctor = clinic.add_doctors([doctor]).await[0];
        clinic
    }

    /// The same with these doctors.
    pub async fn open_with_doctors<'a>(
        doctors: impl IntoIterator<Item = NewDoctor<'a>>,
    ) -> (Self, Vec<DoctorId>) {
        let mut clinic = Self::in_database(WITHOUT_DOCTORS.database().await);
        let doctors = clinic.add_doctors(doctors).await;
        clinic.doctor = doctors[0];
        (clinic, doctors)
    }

    fn in_database(database: TestDatabase) -> Self {
        Self::on(database.pool(), Some(Arc::new(database)))
    }

    fn on(pool: PgPool, database: Option<Arc<TestDatabase>>) -> Self {
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

    /// The same with the time limits of a real server, which gives up after a second at a lock.
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

    /// How many connections to this database wait for a lock, as PostgreSQL sees it.
    pub async fn waiting(&self) -> i64 {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        self.count(waiting).await
    }

    /// Waits until at least so many connections wait for a lock.
    pub async fn until_waiting(&self, connections: i64) {
        let what = format!("{connections} connections wait for a lock");
        time::until(&what, async || self.waiting().await >= connections).await;
    }

    /// Fails when a guard and the history tell different stories.
    pub async fn must_be_sound(&self) {
        must_be_sound(&self.pool).await;
    }

    /// A listed doctor with the clinic's usual hours, and their times.
    pub async fn add_doctor(&self, slug: &str) -> DoctorId {
        self.add_doctors([NewDoctor::new(slug)]).await[0]
    }

    /// Listed doctors with the clinic's usual hours, and their times: in their order, with rising ids.
    pub async fn add_doctors<'a>(
        &self,
        doctors: impl IntoIterator<Item = NewDoctor<'a>>,
    ) -> Vec<DoctorId> {
        let now = self.clock.now();
        let doctors: Vec<NewDoctor> = doctors.into_iter().collect();
        let mut ids: Vec<Uuid> = doctors.iter().map(|_| uuid_v7(now)).collect();
        ids.sort_unstable();
        let slugs: Vec<&str> = doctors.iter().map(|doctor| doctor.slug).collect();
        let names: Vec<&str> = doctors.iter().map(|doctor| doctor.name.as_str()).collect();
        let specialties: Vec<i16> = doctors.iter().map(|doctor| doctor.specialty).collect();
        sqlx::query(
            "with new as (
                 select * from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[])
                     as new (id, slug, name, specialty)),
             doctor as (
                 insert into doctors (id, clinic_id, slug, name, fee_minor_units, currency, status, created_at)
                 select id, $5, slug, name, 60000, 'INR', 'listed', $6 from new)
             insert into doctor_specialties select id, specialty, true from new",
        )
        .bind(&ids)
        .bind(slugs)
        .bind(names)
        .bind(specialties)
        .bind(self.clinic.0)
        .bind(now)
        .execute(&self.pool)
        .await
        .expect("doctors");
        let mut connection = self.pool.acquire().await.expect("a connection");
        for (id, doctor) in ids.iter().zip(&doctors) {
            let rule = Rule {
                slot_minutes: doctor.slot_minutes,
                capacity: doctor.capacity,
                ..weekly(self.location, "MO,TU,WE,TH,FR")
            };
            hours::insert_rule(&mut connection, uuid_v7(now), DoctorId(*id), 0, &rule, now)
                .await
                .expect("a rule");
        }
        drop(connection);
        top_up::run_once(&self.app_state).await.expect("times");
        follow::run_once(&self.app_state).await.expect("listed");
        ids.into_iter().map(DoctorId).collect()
    }

    /// A kind of visit that takes so many slots: [`LONG_VISIT`].
    pub async fn add_long_visit(&self, slots: i16) {
        sqlx::query(
            "insert into visit_types (id, clinic_id, name, slot_span, created_at)
             values ($1, $2, 'First visit', $3, $4)",
        )
        .bind(LONG_VISIT.0)
        .bind(self.clinic.0)
        .bind(slots)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .expect("a kind of visit");
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

    /// A new patient with an account.
    pub async fn patient(&self, name: &str) -> SignedIn {
        self.patients([name.to_owned()]).await.remove(0)
    }

    /// So many new patients: `Patient 0`, `Patient 1` …
    pub async fn many_patients(&self, count: usize) -> Vec<SignedIn> {
        self.patients((0..count).map(|n| format!("Patient {n}"))).await
    }

    /// New patients with accounts, inserted together.
    async fn patients(&self, names: impl IntoIterator<Item = String>) -> Vec<SignedIn> {
        let now = self.clock.now();
        let patients: Vec<SignedIn> = names
            .into_iter()
            .map(|name| SignedIn {
                account: AccountId(uuid_v7(now)),
                person: PersonId(uuid_v7(now)),
                name,
                doctor: None,
                administers: Administers::Nothing,
            })
            .collect();
        let accounts: Vec<Uuid> = patients.iter().map(|who| who.account.0).collect();
        let people: Vec<Uuid> = patients.iter().map(|who| who.person.0).collect();
        let names: Vec<&str> = patients.iter().map(|who| who.name.as_str()).collect();
        let email = |name: &str| format!("{}@example.org", name.to_lowercase().replace(' ', "."));
        let emails: Vec<String> = names.iter().map(|name| email(name)).collect();
        sqlx::query(
            "with new as (
                 select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
                     as new (account, person, name, email)),
             account as (
                 insert into accounts (id, email, created_at) select account, email, $5 from new)
             insert into people (id, account_id, relation, name, created_at)
             select person, account, 'self', name, $5 from new",
        )
        .bind(accounts)
        .bind(people)
        .bind(names)
        .bind(emails)
        .bind(now)
        .execute(&self.pool)
        .await
        .expect("patients");
        patients
    }

    /// People on this account besides the one whose it is.
    pub async fn dependants<const N: usize>(
        &self,
        who: &SignedIn,
        names: [&str; N],
    ) -> Vec<PersonId> {
        let ids: Vec<Uuid> = names.iter().map(|_| uuid_v7(self.clock.now())).collect();
        sqlx::query(
            "insert into people (id, account_id, relation, name, created_at)
             select id, $3, 'dependant', name, $4 from unnest($1::uuid[], $2::text[]) as n (id, name)",
        )
        .bind(&ids)
        .bind(names.as_slice())
        .bind(who.account.0)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .expect("dependants");
        ids.into_iter().map(PersonId).collect()
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
        let code = Code::parse(&self.app_state.code_key.code(id, counter)).expect("six digits");
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

    pub fn dispatcher(&self) -> Dispatcher {
        let messages = Arc::new(self.messages.clone());
        Dispatcher::new(self.app_state.clone(), messages, "https://nadi.example".into())
    }

    /// A session of this account, as the browser's cookie.
    pub async fn cookie(&self, who: &SignedIn) -> String {
        let sessions = Sessions::of(&self.app_state);
        let mut record = Record {
            id: Id::default(),
            data: [(ACCOUNT.to_owned(), serde_json::json!(who.account.0))].into(),
            expiry_date: ::time::OffsetDateTime::now_utc() + ::time::Duration::days(1),
        };
        sessions.create(&mut record).await.expect("a session");
        format!("nadi_session={}", record.id)
    }

    /// A bearer token of this account.
    pub async fn token(&self, who: &SignedIn) -> String {
        let sessions = Sessions::of(&self.app_state);
        let tokens = Tokens::new(&self.config.secret, sessions);
        tokens.issue(who.account, self.clock.now()).await.expect("a token")
    }

    /// Serves the site on a free port until the test ends.
    pub async fn serve(&self) -> String {
        self.serve_with(self.ports.clone()).await
    }

    /// The same with other ports.
    pub async fn serve_with(&self, ports: Ports) -> String {
        self.serve_web(Web::new(&self.config, &self.app_state, ports)).await
    }

    /// The same with other limits for those who listen.
    pub async fn serve_listeners(&self, live: Live) -> String {
        self.serve_web(Web::with(&self.config, &self.app_state, self.ports.clone(), live)).await
    }

    async fn serve_web(&self, web: Web) -> String {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let sessions = Sessions::of(&self.app_state);
        let router = router::router(&self.config, web, sessions);
        let connections = Connections::new(self.config.connections);
        tokio::spawn(connections.serve(listener, router, CancellationToken::new()));
        format!("http://{address}")
    }
}

/// Fails when a guard and the history tell different stories.
pub async fn must_be_sound(pool: &PgPool) {
    if let Err(what) = unsound(pool).await {
        panic!("{what}");
    }
}

/// In what a guard and the history tell different stories.
pub async fn unsound(pool: &PgPool) -> Result<(), String> {
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
            "more than three holds of one account",
            "select count(*) from (select account_id from patient_times where hold_number is not null
                                   group by account_id having count(*) > 3) x",
        ),
        (
            "a hold without a number, or a confirmed visit with a hold's",
            "select count(*) from patient_times
             where (hold_number is null) <> (held_until = 'infinity') and account_id is not null",
        ),
        (
            "an appointment whose version is not the number of its events",
            "select count(*) from appointments a
             where version <> (select count(*) from events e where e.subject_id = a.id)",
        ),
    ] {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.expect("a count");
        if found > 0 {
            return Err(format!("{found} times {what}"));
        }
    }
    Ok(())
}

/// A browser without scripts that does not follow redirects by itself.
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        // Nothing here speaks TLS, and reading the machine's certificates takes longer than most requests.
        .tls_certs_only([])
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
