//! What is deleted some time after nobody needs it any more, and that each table with personal data has a rule.

use std::collections::BTreeSet;

use chrono::Duration;
use nadi::actor::SignedIn;
use nadi::ports::{Alarm, Change, FeedKind, NewDependant, NewFeed};
use nadi::retention as days;
use server::bookings::archive;
use server::clock::Clock;
use server::retention::{self, RULES};
use server::state::AppState;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Clinic, config};

/// The columns that say whom a row is about, besides references to accounts and people.
const PERSONAL: &str = "^(account_id|person_id|booked_by|author_id|recipient_id|actor_account_id|visitor_id|\
                        subject_id|invited_by|email|owner_email|phone|address|recipient|name|note|text|device|\
                        cancel_reason|birth_date|network)$";

/// Tables that have such a column and nothing about people, and why.
const NOT_PERSONAL: &[(&str, &str)] = &[
    ("cities", "names of cities"),
    ("city_names", "names of cities"),
    ("clinics", "names of clinics"),
    ("development_mail", "only in development mode, and the last messages only"),
    ("event_readers", "names of programs"),
    ("locations", "names and addresses of clinics"),
    ("outbox", "the release before: ids only"),
    ("specialties", "names of specialties"),
    ("visit_types", "names of kinds of visits"),
];

/// The tables with a personal column or a reference to an account or a person.
pub async fn tables_of_people(pool: &PgPool) -> BTreeSet<String> {
    let found: Vec<String> = sqlx::query_scalar(
        "select c.table_name::text
         from information_schema.columns c
         join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name ~ $1
         union
         select f.conrelid::regclass::text from pg_constraint f
         where f.contype = 'f' and f.confrelid in ('accounts'::regclass, 'people'::regclass)",
    )
    .bind(PERSONAL)
    .fetch_all(pool)
    .await
    .expect("tables");
    found.into_iter().collect()
}

/// Tables without personal data in spite of their columns.
pub fn without_personal_data() -> BTreeSet<String> {
    NOT_PERSONAL.iter().map(|(table, _)| (*table).to_owned()).collect()
}

#[tokio::test]
async fn every_table_with_personal_data_has_a_rule() {
    let clinic = Clinic::open().await;
    let found = tables_of_people(&clinic.pool).await;
    let ruled: BTreeSet<String> =
        RULES.iter().flat_map(|rule| rule.tables).map(|table| (*table).to_owned()).collect();
    let excepted = without_personal_data();
    let missing: Vec<_> = found.iter().filter(|table| !ruled.contains(*table)).collect();
    let missing: Vec<_> = missing.into_iter().filter(|table| !excepted.contains(*table)).collect();
    assert!(missing.is_empty(), "no rule in server/src/retention.rs for {missing:?}");
    let superfluous: Vec<_> = excepted.difference(&found).collect();
    assert!(superfluous.is_empty(), "these have no personal column: {superfluous:?}");
    for table in ruled {
        let known =
            sqlx::query_scalar::<_, bool>("select to_regclass($1) is not null").bind(&table);
        assert!(known.fetch_one(&clinic.pool).await.expect("an answer"), "there is no {table}");
    }
}

async fn run(clinic: &Clinic, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&clinic.pool).await.expect("done");
}

async fn hourly(clinic: &Clinic) {
    retention::run_every_hour(&clinic.app_state).await.expect("carried out");
}

#[tokio::test]
async fn accounts_that_nobody_has_proven_are_forgotten_unless_they_have_visits() {
    let clinic = Clinic::open().await;
    let empty = clinic.patient("Nobody Here").await;
    let booked = clinic.patient("Asha Booked").await;
    let proven = clinic.known_patient("Maria Proven").await;
    let slot = clinic.free(clinic.doctor).await[0];
    clinic.book(&booked, slot).await;
    // Booking has proven the address; releases of the past did not always.
    sqlx::query("update accounts set email_verified_at = null where id = $1")
        .bind(booked.account.0)
        .execute(&clinic.pool)
        .await
        .expect("unproven");
    sqlx::query("insert into unproven_accounts values ($1, 'asha.booked@example.org')")
        .bind(booked.account.0)
        .execute(&clinic.pool)
        .await
        .expect("waiting");
    let emails = async || -> Vec<String> {
        sqlx::query_scalar("select email from accounts where email is not null order by email")
            .fetch_all(&clinic.pool)
            .await
            .expect("addresses")
    };
    let all = ["asha.booked@example.org", "maria.proven@example.org", "nobody.here@example.org"];
    hourly(&clinic).await;
    assert_eq!(emails().await, all, "not yet");
    clinic.clock.step(Duration::days(days::UNPROVEN_ACCOUNT + 1));
    hourly(&clinic).await;
    assert_eq!(emails().await, all[..2]);
    let name = async |who: &SignedIn| -> String {
        sqlx::query_scalar("select name from people where id = $1")
            .bind(who.person.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("a person")
    };
    assert_eq!(name(&empty).await, "");
    clinic.clock.step(Duration::days(days::UNPROVEN_ACCOUNT_WITH_VISITS));
    hourly(&clinic).await;
    assert_eq!(emails().await, all[1..2]);
    assert_eq!(clinic.count("select count(*) from unproven_accounts").await, 0);
    assert_eq!(name(&booked).await, "Asha Booked", "the clinic's record");
    assert_eq!(name(&proven).await, "Maria Proven");
    let events = "select count(*) from events where type = 'account.deleted'";
    assert_eq!(clinic.count(events).await, 2);
}

#[tokio::test]
async fn removed_people_lose_their_birth_date_and_the_name_that_no_appointment_needs() {
    let clinic = Clinic::open().await;
    let maria = clinic.known_patient("Maria Dias").await;
    let caller = clinic.caller(&maria);
    let mut ids = Vec::new();
    for name in ["Kiran Dias", "Lea Dias"] {
        let new = NewDependant { name: name.into(), birth_date: "2019-05-04".parse().ok() };
        ids.push(clinic.ports.people.add_dependant(&caller, &new).await.expect("added").id);
    }
    let slot = clinic.free(clinic.doctor).await[0];
    let wish = nadi::ports::HoldRequest { slot, visit_type: None, person: Some(ids[1]) };
    let visit = clinic.hold_as(&maria, &wish).await.expect("held");
    clinic.confirm(&maria, visit).await.expect("confirmed");
    clinic.change(&maria, visit, &Change::Cancel { reason: None }).await.expect("cancelled");
    for id in &ids {
        clinic.ports.people.remove_dependant(&caller, *id).await.expect("removed");
    }
    let people = async || -> Vec<(String, bool)> {
        sqlx::query_as(
            "select name, birth_date is not null from people where relation = 'dependant' order by created_at, id",
        )
        .fetch_all(&clinic.pool)
        .await
        .expect("people")
    };
    clinic.clock.step(Duration::days(days::REMOVED_PERSON - 1));
    hourly(&clinic).await;
    assert!(people().await.iter().all(|(name, born)| !name.is_empty() && *born));
    clinic.clock.step(Duration::days(2));
    hourly(&clinic).await;
    let mut left = people().await;
    left.sort();
    assert_eq!(left, [(String::new(), false), ("Lea Dias".to_owned(), false)]);
}

#[tokio::test]
async fn what_has_ended_is_deleted_after_ninety_days() {
    let clinic = Clinic::open().await;
    let maria = clinic.known_patient("Maria Dias").await;
    let maria = clinic.proved(&maria);
    let caller = clinic.caller(&maria);
    let alarm = Alarm::ALL.first().copied();
    for _ in 0..2 {
        let feed = NewFeed { kind: FeedKind::Patient, with_names: true, alarm };
        clinic.ports.feeds.add_feed(&caller, feed).await.expect("a feed");
    }
    let feeds = clinic.ports.feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds");
    clinic.ports.feeds.end_feed(&caller, feeds[0].id).await.expect("ended");
    for (id, ended) in [(1, Some(clinic.clock.now())), (2, None)] {
        sqlx::query(
            "with key as (
                 insert into api_keys (id, account_id, digest, name, ending, scope, created_at, revoked_at)
                 values ($1, $2, $1::text::bytea, 'A key', 'abcd', 'read', $3, $4)),
             off as (
                 insert into time_off (id, doctor_id, starts_local, ends_local, note, created_at, archived_at)
                 values ($1, $5, '2026-12-01', '2026-12-02', 'A knee', $3, $4))
             insert into busy_calendars (id, doctor_id, name, owner_email, due_at, created_at, archived_at)
             values ($1, $5, 'Hospital', 'own@example.org', 'infinity', $3, $4)",
        )
        .bind(Uuid::from_u128(id))
        .bind(maria.account.0)
        .bind(clinic.clock.now())
        .bind(ended)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("things that end");
    }
    let left = async || {
        let mut left = Vec::new();
        for count in [
            "select count(*) from calendar_feeds",
            "select count(*) from api_keys",
            "select count(*) from time_off",
            "select count(*) from busy_calendars",
        ] {
            left.push(clinic.count(count).await);
        }
        left
    };
    clinic.clock.step(Duration::days(days::ENDED_ACCESS - 1));
    hourly(&clinic).await;
    assert_eq!(left().await, [2, 2, 2, 2]);
    clinic.clock.step(Duration::days(2));
    hourly(&clinic).await;
    assert_eq!(left().await, [1, 1, 1, 1]);
}

#[tokio::test]
async fn messages_are_forgotten_after_a_year_and_those_that_were_given_up_before() {
    let clinic = Clinic::open().await;
    clinic.register("Maria Dias", "maria@example.org", "four calm green leaves").await;
    let addressed = "select count(*) from notifications where address is not null or data <> '{}'";
    assert_eq!(clinic.count(addressed).await, 0, "it is delivered");
    run(
        &clinic,
        "insert into notifications (event_id, subject_id, subject_version, recipient_id, channel, template, actor,
                                    state, due_at, address)
         select event_id + 1, subject_id, 7, recipient_id, channel, template, actor, 'dead', due_at,
                'maria@example.org'
         from notifications",
    )
    .await;
    clinic.clock.step(Duration::days(days::UNDELIVERED_MESSAGE + 1));
    hourly(&clinic).await;
    assert_eq!(clinic.count("select count(*) from notifications").await, 1);
    assert_eq!(clinic.count(addressed).await, 0);
    clinic.clock.step(Duration::days(days::MESSAGE));
    hourly(&clinic).await;
    assert_eq!(clinic.count("select count(*) from notifications").await, 0);
}

#[tokio::test]
async fn merged_and_deleted_accounts_leave_neither_address_nor_consent() {
    let clinic = Clinic::open().await;
    let old = clinic.patient("Maria Old").await;
    let new = clinic.known_patient("Maria New").await;
    sqlx::query("insert into merged_accounts values ($1, $2, $3)")
        .bind(old.account.0)
        .bind(new.account.0)
        .bind(clinic.clock.now())
        .execute(&clinic.pool)
        .await
        .expect("merged");
    run(
        &clinic,
        "insert into consents
         select id, 'terms', '2026-01-01', created_at, 'en' from accounts;
         update accounts a set archived_at = created_at
         from merged_accounts m where m.account_id = a.id;",
    )
    .await;
    clinic.clock.step(Duration::days(days::MERGED_ADDRESS + 1));
    hourly(&clinic).await;
    let emails = "select count(*) from accounts where email is not null";
    assert_eq!(clinic.count(emails).await, 1);
    assert_eq!(clinic.count("select count(*) from consents").await, 1);
}

#[tokio::test]
async fn lapsed_holds_go_after_a_year_and_visits_when_the_operator_says_so() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let slots = clinic.free(clinic.doctor).await;
    let visit = clinic.book(&asha, slots[0]).await;
    let held = clinic.hold(&asha, slots[5]).await.expect("held");
    // One that was given up, one that was confirmed and then cancelled, and one that nobody will mark.
    let maria = clinic.known_patient("Maria").await;
    let released = clinic.hold(&maria, slots[6]).await.expect("held");
    clinic.change(&maria, released, &Change::Cancel { reason: None }).await.expect("released");
    let cancelled = clinic.book(&maria, slots[20]).await;
    clinic.change(&maria, cancelled, &Change::Cancel { reason: None }).await.expect("cancelled");
    let unmarked = clinic.book(&maria, slots[7]).await;
    clinic.clock.step(Duration::hours(1));
    server::bookings::sweeper::run_once(&clinic.app_state).await.expect("swept");
    let doctor = clinic.doctor_account().await;
    clinic.clock.step(Duration::hours(3));
    clinic.change(&doctor, visit, &Change::Complete).await.expect("completed");
    let events = async |id: nadi::ids::AppointmentId| -> i64 {
        sqlx::query_scalar("select count(*) from events where subject_id = $1")
            .bind(id.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("events")
    };
    clinic.clock.step(Duration::days(days::LAPSED_HOLD - 1));
    archive::run_once(&clinic.app_state).await.expect("archived");
    hourly(&clinic).await;
    assert_eq!(clinic.count("select count(*) from archived_appointments").await, 4);
    clinic.clock.step(Duration::days(2));
    hourly(&clinic).await;
    assert_eq!(clinic.count("select count(*) from archived_appointments").await, 2);
    assert_eq!((events(held).await, events(released).await), (0, 0));
    assert!(events(cancelled).await > 0);

    // Without a number of years, visits stay for good.
    clinic.clock.step(Duration::days(365 * 12));
    hourly(&clinic).await;
    assert!(events(visit).await > 0 && events(unmarked).await > 0);
    let configured = server::config::Config { appointments_kept_years: Some(10), ..config() };
    let clock = std::sync::Arc::new(clinic.clock.clone());
    let state = AppState::on(clinic.pool.clone(), clinic.pool.clone(), &configured, clock);
    let state = state.expect("a state");
    retention::run_every_hour(&state).await.expect("carried out");
    assert_eq!(clinic.count("select count(*) from all_appointments").await, 0);
    assert_eq!(clinic.count("select count(*) from patient_times").await, 0);
    assert_eq!((events(visit).await, events(unmarked).await), (0, 0));
    assert_eq!(clinic.count("select count(*) from seats").await, 0);
}
