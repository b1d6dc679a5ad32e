//! The demo data: what is loaded into a database, and how the job adds to it from day to day.

use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};
use futures::FutureExt;
use nadi::actor::{Actor, Caller, SignedIn};
use nadi::ids::{AppointmentId, DoctorId, SlotId};
use nadi::input::Code;
use nadi::ports::{Change, HoldRequest, Ports, Seen};
use server::bookings::sweeper;
use server::demo;
use server::demo::activity as job;
use server::demo::activity::Summary;
use server::demo::{DOCTORS, DemoData, SEED};
use server::notifications::dispatcher::Dispatcher;
use server::ports;
use server::schedules::make;
use server::schedules::top_up;
use server::state::AppState;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::database::{MIGRATED, Template, TestDatabase};
use crate::support::{Clinic, RecordedMessages, TestClock, assert_consistent, config, monday_nine};

struct Demo {
    app_state: AppState,
    ports: Ports,
    clock: TestClock,
    messages: RecordedMessages,
    pool: PgPool,
    data: DemoData,
    /// Dropped at the end of the test.
    _database: TestDatabase,
}

static LOADED: Template = Template::extending(&MIGRATED, "demo", |pool| {
    async move { assert!(load(&pool, &data()).await) }.boxed_local()
});

/// Only the demo doctor's clinic: loading the other nine hundred doctors would take too long.
fn data() -> DemoData {
    let now = monday_nine();
    let mut data = demo::generate(SEED, now);
    data.calendar.cut(make::horizon(now, config().horizon_days));
    let clinic = data.clinics[0].id;
    data.doctors.retain(|doctor| doctor.clinic == clinic);
    data.past.visits.retain(|visit| visit.clinic == clinic);
    data
}

async fn load(pool: &PgPool, data: &DemoData) -> bool {
    let mut connection = pool.acquire().await.expect("a connection");
    demo::load(&mut connection, data, "a hash", monday_nine()).await.expect("loaded")
}

impl Demo {
    async fn open() -> Self {
        let database = LOADED.database().await;
        let (pool, clock) = (database.pool(), TestClock::at(monday_nine()));
        let app_state =
            AppState::on(pool.clone(), pool.clone(), &config(), Arc::new(clock.clone()))
                .expect("an app_state");
        let ports = ports::ports(&app_state, None);
        let messages = RecordedMessages::default();
        Self { app_state, ports, clock, messages, pool, data: data(), _database: database }
    }

    async fn load_again(&self) -> bool {
        load(&self.pool, &self.data).await
    }

    /// Runs the jobs that change appointments and slots, and the job of the demo last.
    async fn run(&self) -> Summary {
        sweeper::run_once(&self.app_state).await.expect("swept");
        top_up::run_once(&self.app_state).await.expect("times");
        job::run_once(&self.app_state).await.expect("kept going")
    }

    /// Fails unless the data is consistent and no message was sent.
    async fn check(&self) {
        assert_consistent(&self.pool).await;
        let messages = Arc::new(self.messages.clone());
        let dispatcher =
            Dispatcher::new(self.app_state.clone(), messages, "https://nadi.example".into());
        dispatcher.run_once().await.expect("relayed");
        assert!(self.messages.sent.lock().expect("not poisoned").is_empty());
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let query = sqlx::query_scalar(sql).bind(self.app_state.clock.now()).bind(doctor().0);
        query.fetch_one(&self.pool).await.expect("a count")
    }

    async fn state(&self, id: AppointmentId) -> (String, i32) {
        sqlx::query_as("select state, version from appointments where id = $1")
            .bind(id.0)
            .fetch_one(&self.pool)
            .await
            .expect("an appointment")
    }

    fn caller(&self, who: &SignedIn) -> Caller {
        let actor = Actor::Account(Box::new(who.clone()));
        Caller {
            actor,
            now: self.app_state.clock.now(),
            request_id: Uuid::nil(),
            device: None,
            network: None,
        }
    }

    /// Holds the demo doctor's first free slot that begins more than `after` from now.
    async fn hold(&self, who: &SignedIn, after: Duration) -> AppointmentId {
        let slot: i64 = sqlx::query_scalar(
            "select id from free_slots($1) where doctor_id = $2 and starts_at > $3
             order by starts_at limit 1",
        )
        .bind(self.app_state.clock.now())
        .bind(doctor().0)
        .bind(self.app_state.clock.now() + after)
        .fetch_one(&self.pool)
        .await
        .expect("a free time");
        let wish = HoldRequest { slot: SlotId(slot), visit_type: None, person: None };
        let held = self.ports.bookings.hold(&self.caller(who), &wish, None).await;
        held.expect("held").id
    }

    /// Books a confirmed appointment with the demo doctor.
    async fn book(&self, who: &SignedIn, after: Duration) -> AppointmentId {
        let id = self.hold(who, after).await;
        let code = Code::parse(&self.app_state.code_key.code(id, 1)).expect("a code");
        let change = Change::Confirm { code: Some(code) };
        let confirmed =
            self.ports.bookings.change(&self.caller(who), id, &change, &Seen::Any, None).await;
        confirmed.expect("confirmed");
        sqlx::query("update notifications set state = 'delivered' where subject_id = $1")
            .bind(id.0)
            .execute(&self.pool)
            .await
            .expect("told already");
        id
    }

    /// The demo's patient, signed in.
    fn patient(&self) -> SignedIn {
        let patient = &self.data.sign_ins[0];
        SignedIn::patient(patient.account, patient.person, patient.name.into())
    }
}

fn doctor() -> DoctorId {
    demo::demo_doctor()
}

#[tokio::test]
async fn loading_the_demo_a_second_time_changes_nothing() {
    let database = MIGRATED.database().await;
    let pool = database.pool();
    let now = Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().expect("a time");
    let data = demo::generate(SEED, now);
    let mut connection = pool.acquire().await.expect("a connection");
    assert!(demo::load(&mut connection, &data, "a hash", now).await.expect("loaded"));
    assert!(!demo::load(&mut connection, &data, "another", now).await.expect("unchanged"));

    let mut count = async |sql: &'static str| -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.expect("a count")
    };
    let listed = "select count(*) from doctors where status = 'listed'";
    assert_eq!(count(listed).await, DOCTORS as i64);
    let rules = data.doctors.iter().map(|doctor| doctor.hours.len() as i64).sum::<i64>();
    assert_eq!(count("select count(*) from availability_rules").await, rules);
    let visits = data.past.visits.iter().chain(&data.calendar.visits);
    let reviewed = visits.filter(|visit| visit.review.is_some()).count();
    let reviews = "select count(*) from reviews r join appointments a on a.id = r.appointment_id";
    assert_eq!(count(reviews).await, reviewed as i64);
    let wrong = "select count(*) from (
                     select doctor_id, count(*) as reviews, sum(stars) as stars from reviews
                     where hidden_at is null group by doctor_id) r
                 full join doctor_ratings k using (doctor_id)
                 where (r.reviews, r.stars) is distinct from (k.reviews, k.stars_sum)";
    assert_eq!(count(wrong).await, 0);
    let passwords = "select count(*) from accounts where password_hash = 'a hash'";
    assert_eq!(count(passwords).await, 4);

    let (slug, languages): (String, Vec<String>) = sqlx::query_as(
        "select d.slug, d.languages from doctors d join accounts a on a.id = d.account_id
         where d.id = $1 and a.email = 'doctor@nadi.example'",
    )
    .bind(doctor().0)
    .fetch_one(&pool)
    .await
    .expect("the demo doctor");
    assert_eq!(slug, "asha-naik");
    assert_eq!(languages, ["Konkani", "Marathi", "Hindi", "English"]);
}

#[tokio::test]
async fn the_loaded_demo_obeys_every_rule_and_sends_no_messages() {
    let demo = Demo::open().await;
    demo.check().await;
    assert!(!demo.load_again().await, "once is enough");
    demo.check().await;
    for (what, sql) in [
        ("events to be told", "select count(*) from notifications where state <> 'delivered'"),
        (
            "visits beside the slots they are on",
            "select count(*) from appointments a join slots s
             on s.doctor_id = a.doctor_id and s.starts_at = a.starts_at where a.slot_id <> s.id",
        ),
        (
            "times with two people",
            "select count(*) from (
                 select s.id from appointments a
                 join slots f on f.id = a.slot_id
                 join slots s on s.block_id = f.block_id
                      and s.slot_no between f.slot_no and f.slot_no + a.slot_span - 1
                 where a.state <> 'cancelled' group by s.id having count(*) > 1) x",
        ),
        (
            "holds that outlive their time, or confirmations that do not",
            "select count(*) from appointments a join seats s on s.appointment_id = a.id
             where (a.state = 'pending' and s.held_until <> a.expires_at)
                or (a.state <> 'pending' and s.held_until <> 'infinity')",
        ),
        (
            "standing visits without their person's time",
            "select count(*) from appointments a where state in ('pending', 'confirmed', 'checked_in')
             and not exists (select from patient_times p where p.appointment_id = a.id)",
        ),
        (
            "changes before the booking or in the future",
            "select count(*) from events o join appointments a on a.id = o.subject_id
             where o.occurred_at < a.created_at or o.occurred_at > $1",
        ),
    ] {
        let query = sqlx::query_scalar::<_, i64>(sql);
        let query = if sql.contains("$1") { query.bind(monday_nine()) } else { query };
        assert_eq!(query.fetch_one(&demo.pool).await.expect("a count"), 0, "{what}");
    }
    // The job that makes slots keeps those of the demo and only adds later ones.
    let blocks = "select count(*) from blocks where closed_at is null";
    let count = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&demo.pool);
    let before = count(blocks).await.expect("a count");
    assert_eq!(before, i64::try_from(demo.data.calendar.blocks.len()).expect("few"));
    top_up::run_once(&demo.app_state).await.expect("times");
    assert!(count(blocks).await.expect("a count") > before);
    let closed = "select count(*) from blocks where closed_at is not null or kept";
    assert_eq!(count(closed).await.expect("a count"), 0);
    demo.check().await;
}

#[tokio::test]
async fn the_job_keeps_the_demo_going_day_by_day_and_does_nothing_twice() {
    let demo = Demo::open().await;
    demo.run().await;
    demo.check().await;
    assert_eq!(demo.run().await, Summary::default(), "nothing is left to do");
    let unfinished = "select count(*) from appointments
                      where ends_at <= $1 and state in ('confirmed', 'checked_in') and $2 is not null";
    // From nine to noon, patients are checked in and their visits completed.
    let here = "select count(*) from appointments
                where state = 'checked_in' and starts_at <= $1 + interval '10 minutes'
                  and $2 is not null";
    let (mut came, mut changed) = (0, 0);
    for _ in 0..12 {
        demo.clock.step(Duration::minutes(15));
        changed += demo.run().await.changed;
        came += demo.count(here).await;
    }
    assert!(came > 0 && changed > 0, "{came} came, {changed} changes");
    demo.check().await;
    assert_eq!(demo.count(unfinished).await, 0);
    for day in 1..=16 {
        demo.clock.step(Duration::days(1));
        let done = demo.run().await;
        assert!(done.changed > 0, "day {day}");
        assert_eq!(demo.run().await, Summary::default(), "day {day}, again");
        demo.check().await;
        assert_eq!(demo.count(unfinished).await, 0, "day {day}");
        let week =
            "select count(distinct (starts_at at time zone time_zone)::date) from appointments
                    where doctor_id = $2 and state = 'confirmed'
                      and starts_at > $1 and starts_at < $1 + interval '7 days'";
        assert!(demo.count(week).await >= 6, "day {day}");
        let held = "select count(*) from appointments
                    where doctor_id = $2 and state = 'pending' and expires_at > $1";
        assert_eq!(demo.count(held).await, 1, "day {day}");
        let free = "select count(*) from free_slots($1)
                    where doctor_id = $2 and starts_at < $1 + interval '7 days'";
        assert!(demo.count(free).await > 30, "day {day}: most stay free");
    }
    let missed = "select count(*) from appointments
                  where doctor_id = $2 and state = 'no_show' and starts_at > $1 - interval '14 days'";
    assert!(demo.count(missed).await > 0);
    let patient = demo.patient();
    let own: Vec<(String, i64)> = sqlx::query_as(
        "select mode, count(*) from appointments
         where booked_by = $1 and starts_at > $2 and state = 'confirmed' group by 1 order by 1",
    )
    .bind(patient.account.0)
    .bind(demo.app_state.clock.now())
    .fetch_all(&demo.pool)
    .await
    .expect("rows");
    assert_eq!(own, [("in_person".to_owned(), 2), ("video".to_owned(), 1)]);
}

#[tokio::test]
async fn the_job_does_not_touch_what_people_have_booked() {
    let demo = Demo::open().await;
    demo.run().await;
    let patient = demo.patient();
    let booked = demo.book(&patient, Duration::hours(26)).await;
    let before = demo.state(booked).await;
    assert_eq!(before, ("confirmed".to_owned(), 2));
    // The job's bookings do not release a hold that the patient has with the same doctor.
    demo.clock.step(Duration::days(12));
    let held = demo.hold(&patient, Duration::hours(2)).await;
    job::run_once(&demo.app_state).await.expect("kept going");
    assert_eq!(demo.state(booked).await, before, "it is over, and nobody has said so");
    assert_eq!(demo.state(held).await, ("pending".to_owned(), 1));
    assert_consistent(&demo.pool).await;
}

#[tokio::test]
async fn concurrent_jobs_book_each_visit_once() {
    let demo = Demo::open().await;
    demo.run().await;
    demo.clock.step(Duration::days(7));
    top_up::run_once(&demo.app_state).await.expect("times");
    let both = futures::join!(job::run_once(&demo.app_state), job::run_once(&demo.app_state));
    let (one, other) = (both.0.expect("one"), both.1.expect("the other"));
    assert!(one.booked + other.booked > 50, "{one:?} {other:?}");
    assert_eq!(demo.run().await, Summary::default());
    let held = "select count(*) from appointments
                where doctor_id = $2 and state = 'pending' and expires_at > $1";
    assert_eq!(demo.count(held).await, 1);
    assert_consistent(&demo.pool).await;
}

#[tokio::test]
async fn without_the_demo_the_job_does_nothing() {
    let clinic = Clinic::open().await;
    assert_eq!(job::run_once(&clinic.app_state).await.expect("kept going"), Summary::default());
    assert_eq!(clinic.count("select count(*) from appointments").await, 0);
}
