//! Every change is in the log, in the change's own transaction.

use std::collections::BTreeSet;

use chrono::Duration;
use nadi::actor::{Access, SignedIn};
use nadi::events::{Data, EventType, SCHEMA_VERSION, schema};
use nadi::ids::{AccountId, PersonId};
use nadi::input::Password;
use nadi::ports::{
    Alarm, Change, DoctorStatus, FeedKind, InvitedAccount, InvitedAs, LocationForm,
    NewBusyCalendar, NewDependant, NewFeed, ReviewForm, Seen, SignInStep,
};
use serde_json::Value;
use server::accounts::{self, PlatformRole, operator};
use server::bookings::sweeper;
use server::clock::Clock;
use server::directory::index_updater;
use server::schedules::top_up;
use sqlx::FromRow;
use uuid::Uuid;

use super::administrator;
use crate::support::Clinic;
use crate::support::sign_ins::{PASSWORD, email};

/// A trigger that fails every transaction that changes one of these tables without recording an event.
const MUST_BE_RECORDED: &str = "
    create function must_be_recorded() returns trigger language plpgsql as $$
    begin
        if not exists (select from events where transaction_id = pg_current_xact_id()) then
            raise exception '% of % is not in the log', tg_op, tg_table_name;
        end if;
        return null;
    end $$;
    do $$
    declare name text;
    begin
        foreach name in array array['appointments', 'seats', 'patient_times', 'slots', 'blocks', 'accounts', 'people', 'doctors',
            'doctor_specialties', 'locations', 'clinic_holidays', 'clinic_working_days', 'availability_rules',
            'time_off', 'reviews', 'review_decisions', 'doctor_ratings', 'calendar_feeds', 'busy_times', 'staff', 'invitations'] loop
            execute format('create constraint trigger recorded after insert or update or delete on %I
                            deferrable initially deferred for each row execute function must_be_recorded()',
                           name);
        end loop;
    end $$";

#[derive(Debug, FromRow)]
struct Row {
    #[sqlx(rename = "type")]
    kind: String,
    schema_version: i16,
    subject_id: Uuid,
    subject_version: Option<i32>,
    doctor_id: Option<Uuid>,
    actor: String,
    actor_account_id: Option<Uuid>,
    data: Value,
}

async fn log(clinic: &Clinic) -> Vec<Row> {
    sqlx::query_as("select * from events order by id")
        .fetch_all(&clinic.pool)
        .await
        .expect("the log")
}

/// The owner of an account, who has just signed in.
async fn owner_of(clinic: &Clinic, account: AccountId) -> SignedIn {
    let (person, name): (Uuid, String) =
        sqlx::query_as("select id, name from people where account_id = $1 and relation = 'self'")
            .bind(account.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("a person");
    just_proved(clinic, SignedIn::patient(account, PersonId(person), name))
}

fn just_proved(clinic: &Clinic, who: SignedIn) -> SignedIn {
    let access = Access { proved_at: Some(clinic.clock.now()), ..Access::default() };
    SignedIn { access, ..who }
}

/// Registers an account, changes everything about it and deletes it.
async fn change_accounts(clinic: &Clinic) {
    let ports = &clinic.ports;
    let known = match clinic.register("Mira Rao", "mira@example.org", PASSWORD).await {
        SignInStep::SignedIn(known) => known,
        SignInStep::SecondFactor(_) => panic!("no second factor is set up"),
    };
    let password = Password::parse(PASSWORD).expect("a password");
    let (boss, now) = (email("boss@example.org"), clinic.clock.now());
    for role in [PlatformRole::Administrator, PlatformRole::Auditor] {
        let name = "The Boss";
        accounts::give_platform_role(&clinic.app_state, role, name, &boss, Some(&password), now)
            .await
            .expect("a role");
    }
    let caller = clinic.caller(&owner_of(clinic, known.id).await);
    // As if the account had been registered in another language; without the trigger that asks for an event.
    let mut unwatched = clinic.pool.begin().await.expect("a transaction");
    for statement in
        ["set local session_replication_role = replica", "update accounts set locale = 'hi'"]
    {
        sqlx::query(statement).execute(&mut *unwatched).await.expect("another language");
    }
    unwatched.commit().await.expect("committed");
    ports.accounts.set_locale(&caller, "en").await.expect("another language");
    ports.accounts.rename(&caller, "Mira Naik").await.expect("renamed");
    let password = Password::parse("other calm green leaves").expect("a password");
    ports
        .accounts
        .set_password(&caller, Some(PASSWORD), &password)
        .await
        .expect("another password");
    let new = email("mira.naik@example.org");
    let token = ports.accounts.request_email_change(&caller, &new).await.expect("a code is sent");
    let code = clinic.mailed_code("mira.naik@example.org").await;
    ports.accounts.confirm_email_change(&caller, &token, &code).await.expect("another address");
    let mut unwatched = clinic.pool.begin().await.expect("a transaction");
    for statement in [
        "set local session_replication_role = replica",
        "insert into authenticators (account_id, secret, created_at, confirmed_at)
         select id, '\\x01', created_at, created_at from accounts where email = 'mira.naik@example.org'",
    ] {
        sqlx::query(statement).execute(&mut *unwatched).await.expect("an app that is lost");
    }
    unwatched.commit().await.expect("committed");
    let later = now + operator::RESET_WAIT;
    operator::reset_factors(&clinic.app_state, &new, now).await.expect("asked");
    operator::withdraw_reset(&clinic.app_state, &new, now).await.expect("withdrawn");
    operator::reset_factors(&clinic.app_state, &new, now).await.expect("asked");
    operator::reset_factors(&clinic.app_state, &new, later).await.expect("done");
    operator::sign_out(&clinic.app_state, &new, now).await.expect("signed out");
    ports.accounts.delete(&caller).await.expect("deleted");
}

/// Invites a doctor, who joins and leaves again.
async fn change_the_team(clinic: &Clinic, admin: &SignedIn) {
    let (port, caller) =
        (&clinic.ports.invitations, clinic.caller(&just_proved(clinic, admin.clone())));
    let (to, role) = (email("meera@example.org"), InvitedAs::Doctor(clinic.doctor));
    let id = port.invite(&caller, clinic.clinic, role, &to).await.expect("invited");
    port.withdraw(&caller, id).await.expect("withdrawn");
    port.invite(&caller, clinic.clinic, role, &to).await.expect("invited");
    let link = clinic.mailed_link("meera@example.org").await;
    let password = Password::parse(PASSWORD).expect("a password");
    let new = InvitedAccount { name: "Meera Naik".into(), password, locale: "en".into() };
    port.accept(&clinic.visitor(), &link, Some(new)).await.expect("joined");
    port.unlink_doctor(&caller, clinic.doctor).await.expect("left");
}

/// Makes every kind of change once and returns the log.
async fn change_everything(clinic: &Clinic) -> Vec<Row> {
    let asha = clinic.proved(&clinic.patient("Asha Rao").await);
    let doctor = clinic.doctor_account().await;
    let admin = administrator(clinic, clinic.patient("Administrator").await);
    sqlx::raw_sql(MUST_BE_RECORDED).execute(&clinic.pool).await.expect("triggers");
    let ports = &clinic.ports;

    // Accounts, people and feeds.
    change_accounts(clinic).await;
    change_the_team(clinic, &admin).await;
    let caller = clinic.caller(&asha);
    let new = NewDependant { name: "Om Rao".into(), birth_date: None };
    let person = ports.people.add_dependant(&caller, &new).await.expect("added");
    let corrected = NewDependant { name: "Om Naik".into(), birth_date: None };
    ports.people.correct_dependant(&caller, person.id, &corrected).await.expect("corrected");
    ports.people.remove_dependant(&caller, person.id).await.expect("removed");
    let wanted = NewFeed { kind: FeedKind::Patient, with_names: true, alarm: None };
    let feed = ports.feeds.add_feed(&caller, wanted).await.expect("a feed");
    ports.feeds.set_alarm(&caller, feed, Some(Alarm::OneHour)).await.expect("an alarm");
    ports.feeds.end_feed(&caller, feed).await.expect("ended");

    // Appointments, in every final state.
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.hold(&asha, free[4]).await.expect("held");
    clinic.change(&asha, id, &Change::SendCode { contact: None }).await.expect("sent again");
    clinic.clock.step(Duration::minutes(2));
    clinic.change(&asha, id, &Change::Extend).await.expect("extended");
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("released");
    clinic.hold(&asha, free[4]).await.expect("held");
    clinic.clock.step(Duration::minutes(10));
    sweeper::run_once(&clinic.app_state).await.expect("swept");
    let id = clinic.book(&asha, free[9]).await;
    clinic.change(&asha, id, &Change::Reschedule { slot: free[10] }).await.expect("moved");
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("cancelled");
    let visit = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let seen = ports.bookings.appointment(&clinic.caller(&asha), visit).await.expect("seen");
    clinic.clock.set(seen.starts_at);
    clinic.change(&doctor, visit, &Change::CheckIn).await.expect("came");
    clinic.change(&doctor, visit, &Change::Reopen).await.expect("reopened");
    clinic.clock.set(seen.ends_at);
    clinic.change(&doctor, visit, &Change::MarkNoShow).await.expect("missed");
    clinic.change(&doctor, visit, &Change::Reopen).await.expect("reopened");
    clinic.change(&doctor, visit, &Change::Complete).await.expect("completed");

    // Reviews.
    let said = |stars| ReviewForm { stars: Some(stars), text: "Kind.".into(), anonymous: false };
    let caller = clinic.caller(&asha);
    clinic.clock.step(Duration::hours(1));
    let first = ports.reviews.write(&caller, visit, &said(4), None).await.expect("written").review;
    let second =
        ports.reviews.write(&caller, visit, &said(5), Some(&Seen::version(first.version))).await;
    let review = second.expect("changed").review;
    let (staff, any) = (clinic.caller(&admin), Seen::Any);
    ports
        .reviews
        .answer(&clinic.caller(&doctor), review.id, "Thank you.", &any)
        .await
        .expect("answered");
    ports
        .reviews
        .hide(&staff, review.id, Some("It names a third person."), &any)
        .await
        .expect("hidden");
    ports.reviews.hide(&staff, review.id, None, &any).await.expect("shown");
    ports.reviews.withdraw(&caller, visit, &any).await.expect("withdrawn");

    // Hours, holidays and external calendars.
    let caller = clinic.caller(&doctor);
    let now = ports.schedules.schedule(&caller, clinic.doctor).await.expect("hours");
    let mut schedule = now.schedule.clone();
    schedule.rules[0].slot_minutes = 30;
    ports.schedules.save(&caller, clinic.doctor, now.version, schedule).await.expect("saved");
    let regions = vec!["IN".to_owned()];
    ports.administration.save_holidays(&staff, clinic.clinic, regions, vec![]).await.expect("kept");
    top_up::run_once(&clinic.app_state).await.expect("times");
    let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261126T053000Z\r\n\
                DTEND:20261126T063000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let own = NewBusyCalendar { name: "Own".into(), owner_email: String::new() };
    ports.busy.add_file(&caller, clinic.doctor, own, file.into()).await.expect("read");
    let calendars = ports.busy.busy_calendars(&caller, clinic.doctor).await.expect("calendars");
    ports.busy.remove(&caller, clinic.doctor, calendars[0].id).await.expect("removed");

    // Places and doctors.
    let form = LocationForm {
        clinic: clinic.clinic,
        name: "Second".into(),
        address: "1 Hill Road".into(),
        city: "panjim".into(),
        zone: "Asia/Kolkata".into(),
        version: None,
    };
    ports.administration.add_location(&staff, form.clone()).await.expect("a place");
    let place = ports.administration.location(&staff, clinic.location).await.expect("a place");
    let form = LocationForm { version: Some(place.version), ..form };
    ports.administration.save_location(&staff, clinic.location, form).await.expect("saved");
    let mut form = ports.administration.doctor(&staff, clinic.doctor).await.expect("a form");
    form.bio = "Another story.".into();
    ports.administration.save_doctor(&staff, clinic.doctor, form.clone()).await.expect("saved");
    (form.version, form.name) = (None, "Dr New".into());
    ports.administration.add_doctor(&staff, form).await.expect("added");
    index_updater::run_once(&clinic.app_state).await.expect("listed");
    let to = DoctorStatus::Suspended;
    ports.administration.suspend_doctor(&staff, clinic.doctor, to).await.expect("suspended");
    log(clinic).await
}

#[tokio::test]
async fn every_change_is_in_the_log_with_its_shape() {
    let clinic = Clinic::open().await;
    let rows = change_everything(&clinic).await;
    let mut seen = BTreeSet::new();
    for row in &rows {
        let kind =
            EventType::parse(&row.kind).unwrap_or_else(|| panic!("unknown type {}", row.kind));
        assert_eq!(row.schema_version, SCHEMA_VERSION, "{row:?}");
        let read = Data::read(kind, &row.data).unwrap_or_else(|error| panic!("{error}: {row:?}"));
        let again = serde_json::to_value(&read).expect("json");
        assert_eq!(
            again.as_object().map(|fields| fields.keys().collect::<BTreeSet<_>>()),
            row.data.as_object().map(|fields| fields.keys().collect()),
            "{row:?}"
        );
        assert!(matches!(row.actor.as_str(), "patient" | "doctor" | "administrator" | "system"));
        // A browser without an account asks for a code as a patient, too.
        if row.kind != "account.code_requested" {
            assert_eq!(row.actor == "system", row.actor_account_id.is_none(), "{row:?}");
        }
        if let EventType::Appointment(_) = kind {
            assert!(
                row.subject_version.is_some() && row.doctor_id == Some(clinic.doctor.0),
                "{row:?}"
            );
        }
        assert_ne!(row.subject_id, Uuid::nil());
        seen.insert(row.kind.as_str());
    }
    // The event of a calendar that is read from an address is tested in `busy_calendars.rs`.
    let all: BTreeSet<&str> = EventType::all()
        .map(EventType::as_str)
        .filter(|word| !matches!(*word, "busy_calendar.read"))
        .collect();
    assert_eq!(seen, all, "every type has been seen");
    let text =
        serde_json::to_string(&rows.iter().map(|row| &row.data).collect::<Vec<_>>()).expect("json");
    for private in [
        "Asha",
        "Mira",
        "Meera",
        "Om Rao",
        "Om Naik",
        "example.org",
        "Kind.",
        "Thank you",
        "third person",
    ] {
        assert!(!text.contains(private), "{private} is in the log");
    }
}

/// Proves that the trigger works, on which the test above relies.
#[tokio::test]
async fn a_change_that_is_not_recorded_fails_the_check() {
    let clinic = Clinic::open().await;
    sqlx::raw_sql(MUST_BE_RECORDED).execute(&clinic.pool).await.expect("triggers");
    let silent = sqlx::query("update doctors set bio = 'x'").execute(&clinic.pool).await;
    assert!(silent.is_err_and(|error| error.to_string().contains("is not in the log")));
}

#[tokio::test]
async fn a_booking_carries_what_readers_need() {
    let clinic = Clinic::open_with(3).await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    clinic.add_long_visit(2).await;
    let free = clinic.free(clinic.doctor).await;
    let long = nadi::ports::HoldRequest {
        slot: free[0],
        visit_type: Some(crate::support::LONG_VISIT),
        person: None,
    };
    clinic.hold_as(&asha, &long).await.expect("held");
    let id = clinic.book(&ravi, free[1]).await;
    clinic.change(&ravi, id, &Change::Reschedule { slot: free[5] }).await.expect("moved");
    let rows = log(&clinic).await;
    let of = |kind: &str, n: usize| {
        let mut found = rows.iter().filter(|row| row.kind == kind);
        let row = found.nth(n).unwrap_or_else(|| panic!("no {kind}"));
        match Data::read(EventType::parse(kind).expect("a type"), &row.data) {
            Ok(Data::Appointment(data)) => data,
            other => panic!("{other:?}"),
        }
    };
    let first = of("appointment.held", 0);
    assert_eq!((first.slots, first.capacity, first.seats_left), (vec![free[0], free[1]], 3, 2));
    let second = of("appointment.held", 1);
    assert_eq!((second.slots, second.seats_left), (vec![free[1]], 1));
    let moved = of("appointment.rescheduled", 0);
    assert_eq!((moved.slots, moved.seats_left), (vec![free[5]], 2));
    let former = moved.moved_from.expect("where it was");
    assert_eq!((former.slots, former.seats_left), (vec![free[1]], 2));
    assert_eq!(former.time_zone, "Asia/Kolkata");
}

#[test]
fn the_committed_event_schemas_are_current() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events"));
    let mut expected: BTreeSet<String> = ["README.md".to_owned()].into();
    for kind in EventType::all() {
        let name = format!("{kind}.json");
        let text = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        let stored: Value = serde_json::from_str(&text).unwrap_or_default();
        let current = serde_json::to_value(schema::schema(kind)).expect("json");
        assert_eq!(stored, current, "run `nadi event-schemas docs/events`: {name}");
        expected.insert(name);
    }
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(found, expected);
}
