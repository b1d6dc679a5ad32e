//! The audit log: what is done and what is seen is in it, and no change to it goes unnoticed.

use nadi::actor::SignedIn;
use nadi::ports::{AppointmentQuery, AuditQuery, AuditRows, Change, Whose};
use nadi::{Failure, ids::AccountId};
use server::accounts::{PlatformRole, give_platform_role};
use server::audit::chain::{self, Verdict};
use server::audit::head::Head;
use server::audit::{self, anchors};
use server::clock::Clock;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::invitations::{administrator, proven};
use crate::support::Clinic;
use crate::support::http::get_page;
use crate::support::sign_ins::{PASSWORD, email};

async fn auditor(clinic: &Clinic) -> SignedIn {
    let address = email("auditor@example.org");
    let password = nadi::input::Password::parse(PASSWORD).expect("a password");
    let now = clinic.clock.now();
    let role = PlatformRole::Auditor;
    let id = give_platform_role(
        &clinic.app_state,
        role,
        "Aurelia Audit",
        &address,
        Some(&password),
        now,
    )
    .await
    .expect("an auditor");
    let person: Uuid =
        sqlx::query_scalar("select id from people where account_id = $1 and relation = 'self'")
            .bind(id.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("a person");
    let who = SignedIn::patient(id, nadi::ids::PersonId(person), "Aurelia Audit".into());
    SignedIn { is_auditor: true, ..who }
}

/// Brings everything into the log and reads it.
async fn log(clinic: &Clinic, auditor: &SignedIn, query: AuditQuery) -> AuditRows {
    audit::run_once(&clinic.app_state).await.expect("a run");
    let port = &clinic.ports.audit;
    port.entries(&clinic.caller(auditor), &query).await.expect("entries")
}

/// Somebody books a visit.
async fn book(clinic: &Clinic) {
    let somebody = clinic.patient("Somebody").await;
    clinic.book(&somebody, clinic.free(clinic.doctor).await[3]).await;
}

async fn verdict(clinic: &Clinic, anchors: &[Head]) -> Verdict {
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    chain::verify(&mut connection, anchors).await.expect("an answer")
}

async fn head(clinic: &Clinic) -> Head {
    chain::head(&mut clinic.pool.acquire().await.expect("a connection")).await.expect("a head")
}

/// As somebody who has taken over the database would.
async fn tamper(clinic: &Clinic, statement: &str) {
    let statement = format!(
        "alter table audit_entries disable trigger all; {statement};
         alter table audit_entries enable trigger all"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&clinic.pool).await.expect("tampered");
}

#[tokio::test]
async fn what_staff_do_and_see_is_recorded_and_what_patients_see_of_their_own_is_not() {
    let clinic = Clinic::open().await;
    let (maria, auditor) = (clinic.patient("Maria Souza").await, auditor(&clinic).await);
    let admin = administrator(&clinic, "Administrator").await;
    let doctor = clinic.doctor_account().await;
    let visit = clinic.book(&maria, clinic.free(clinic.doctor).await[3]).await;
    let (bookings, schedules) = (&clinic.ports.bookings, &clinic.ports.schedules);

    bookings.appointment(&clinic.caller(&maria), visit).await.expect("her own");
    bookings.appointment(&clinic.caller(&doctor), visit).await.expect("a patient's");
    schedules.calendar(&clinic.caller(&doctor), None, 7).await.expect("a calendar");
    let listed = AppointmentQuery::of(Whose::OfClinic(clinic.clinic));
    let caller = clinic.caller(&admin);
    bookings.list(&caller, &listed).await.expect("a list");
    let refused = bookings.appointment(&clinic.caller(&auditor), visit).await;
    assert_eq!(refused, Err(Failure::NotFound));
    let cancel = Change::Cancel { reason: Some("The doctor is ill.".into()) };
    clinic.change(&admin, visit, &cancel).await.expect("cancelled");

    let about = AuditQuery { subject: Some(visit.0), ..AuditQuery::default() };
    let found = log(&clinic, &auditor, about).await;
    let mut said: Vec<(&str, &str, Option<Uuid>)> = found
        .rows
        .iter()
        .map(|row| (row.entry.action.as_str(), row.entry.role.as_str(), row.entry.account))
        .collect();
    said.sort_unstable();
    let by = |who: &SignedIn| Some(who.account.0);
    assert_eq!(
        said,
        [
            ("appointment.cancelled", "administrator", by(&admin)),
            ("appointment.confirmed", "patient", by(&maria)),
            ("appointment.held", "patient", by(&maria)),
            ("appointment.viewed", "doctor", by(&doctor)),
            ("appointments.viewed", "administrator", by(&admin)),
            ("calendar.viewed", "doctor", by(&doctor)),
        ]
    );
    let viewed = found.rows.iter().find(|row| row.entry.action == "appointments.viewed");
    let viewed = viewed.expect("the list");
    assert_eq!(viewed.entry.request, Some(caller.request_id));
    assert_eq!(viewed.name.as_deref(), Some("Administrator"), "staff are named");
    let held = found.rows.iter().find(|row| row.entry.action == "appointment.held");
    assert_eq!(held.expect("the hold").name, None, "patients are not");

    // Reading the log is in the log, too.
    let read = AuditQuery { action: Some("audit_log.viewed".into()), ..AuditQuery::default() };
    let found = log(&clinic, &auditor, read).await;
    assert_eq!(found.rows[0].entry.account, by(&auditor));
    assert_eq!(found.rows[0].entry.subjects, [visit.0], "what was searched for");

    // And only auditors read it.
    for other in [&maria, &doctor, &admin] {
        let (caller, all) = (clinic.caller(other), AuditQuery::default());
        let refused = clinic.ports.audit.entries(&caller, &all).await;
        assert_eq!(refused, Err(Failure::NotAllowed));
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_shown() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Souza").await;
    let doctor = clinic.doctor_account().await;
    let visit = clinic.book(&maria, clinic.free(clinic.doctor).await[3]).await;
    let full = "alter table audit_pending add constraint full_disk check (false) not valid";
    sqlx::query(full).execute(&clinic.pool).await.expect("a constraint");
    let bookings = &clinic.ports.bookings;
    let seen = bookings.appointment(&clinic.caller(&doctor), visit).await;
    assert_eq!(seen, Err(Failure::Unavailable));
    bookings.appointment(&clinic.caller(&maria), visit).await.expect("her own");
}

#[tokio::test]
async fn entries_are_in_the_log_once_however_often_and_wherever_the_job_runs() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Souza").await;
    let doctor = clinic.doctor_account().await;
    let visit = clinic.book(&maria, clinic.free(clinic.doctor).await[3]).await;
    for _ in 0..20 {
        clinic.ports.bookings.appointment(&clinic.caller(&doctor), visit).await.expect("seen");
    }
    let runs = (0..8).map(|_| audit::run_once(&clinic.app_state));
    for run in futures::future::join_all(runs).await {
        run.expect("a run");
    }
    // A run that found the events taken by another one has left nothing behind.
    audit::run_once(&clinic.app_state).await.expect("a run");
    let counted: Vec<(String, i64)> = sqlx::query_as(
        "select action, count(*) from audit_entries where $1 = any (subjects) group by 1 order by 1",
    )
    .bind(visit.0)
    .fetch_all(&clinic.pool)
    .await
    .expect("counts");
    let expected =
        [("appointment.confirmed", 1), ("appointment.held", 1), ("appointment.viewed", 20)];
    assert_eq!(counted, expected.map(|(action, count)| (action.to_owned(), count)));
    assert!(matches!(verdict(&clinic, &[]).await, Verdict::Whole { .. }));
}

#[tokio::test]
async fn every_change_to_the_log_is_noticed() {
    let clinic = Clinic::open().await;
    for _ in 0..5 {
        book(&clinic).await;
    }
    audit::run_once(&clinic.app_state).await.expect("a run");
    let head_then = head(&clinic).await;
    assert_eq!(
        verdict(&clinic, &[head_then]).await,
        Verdict::Whole { head: head_then, anchors: 1 }
    );

    // The roles of the application cannot change it at all.
    for statement in [
        "update audit_entries set role = 'patient'",
        "delete from audit_entries",
        "truncate audit_entries",
    ] {
        let refused = sqlx::query(statement).execute(&clinic.pool).await.expect_err(statement);
        assert!(refused.to_string().contains("never changed or removed"), "{refused}");
    }

    let undo = "create table kept as select * from audit_entries";
    sqlx::query(undo).execute(&clinic.pool).await.expect("a copy");
    let restore = "delete from audit_entries; insert into audit_entries select * from kept";
    for (what, position) in [
        ("update audit_entries set account_id = null where position = 3", 3),
        ("update audit_entries set subjects = subjects || subjects where position = 1", 1),
        (
            "update audit_entries set occurred_at = occurred_at - interval '1 us' where position = 4",
            4,
        ),
        ("delete from audit_entries where position = 5", 5),
        (
            "delete from audit_entries where position = 5;
             update audit_entries set position = position - 1 where position > 5",
            5,
        ),
        (
            "update audit_entries e set hash = o.hash from audit_entries o
             where e.position = 2 and o.position = 3",
            2,
        ),
    ] {
        tamper(&clinic, what).await;
        assert_eq!(verdict(&clinic, &[]).await, Verdict::Broken { position }, "{what}");
        tamper(&clinic, restore).await;
    }

    // Only the anchor shows that the end was cut off, or that all was written anew with right hashes.
    tamper(&clinic, "delete from audit_entries where position > 4").await;
    let shortened = head(&clinic).await;
    assert_eq!(verdict(&clinic, &[]).await, Verdict::Whole { head: shortened, anchors: 0 });
    let anchored = head_then.position;
    assert_eq!(verdict(&clinic, &[head_then]).await, Verdict::Shortened { anchored, head: 4 });
    // The entries that the job appends now are others than those which were anchored.
    while head(&clinic).await.position < anchored {
        book(&clinic).await;
        audit::run_once(&clinic.app_state).await.expect("a run");
    }
    assert_eq!(verdict(&clinic, &[head_then]).await, Verdict::Rewritten { position: anchored });
}

#[tokio::test]
async fn the_head_is_anchored_once_a_minute_while_there_is_something_new() {
    let mut clinic = Clinic::open().await;
    let file = std::env::temp_dir().join(format!("nadi-anchors-{}", Uuid::new_v4()));
    clinic.app_state.audit_anchors = Some(file.as_path().into());
    let mut anchored = anchors::Anchored::default();
    let mut heads = Vec::new();
    for _ in 0..3 {
        book(&clinic).await;
        audit::run_once(&clinic.app_state).await.expect("a run");
        heads.push(head(&clinic).await);
        for _ in 0..2 {
            anchored.write_if_due(&clinic.app_state).await.expect("written");
        }
        clinic.clock.step(chrono::Duration::minutes(1));
    }
    anchored.write_if_due(&clinic.app_state).await.expect("nothing new");
    let text = std::fs::read_to_string(&file).expect("the file");
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(anchors::parse(&text), (heads.clone(), vec![]));
    let last = heads[2];
    assert_eq!(verdict(&clinic, &heads).await, Verdict::Whole { head: last, anchors: 3 });
}

#[tokio::test]
async fn deleting_a_person_leaves_the_log_whole() {
    let clinic = Clinic::open().await;
    let who = proven(&clinic, "leaver@example.org").await;
    audit::run_once(&clinic.app_state).await.expect("a run");
    let before = head(&clinic).await;
    clinic.ports.accounts.delete(&clinic.caller(&who)).await.expect("deleted");
    audit::run_once(&clinic.app_state).await.expect("a run");
    assert!(matches!(verdict(&clinic, &[before]).await, Verdict::Whole { anchors: 1, .. }));
    let text: String = sqlx::query_scalar("select string_agg(e::text, ' ') from audit_entries e")
        .fetch_one(&clinic.pool)
        .await
        .expect("the log");
    assert!(text.contains("account.deleted") && !text.contains("leaver"), "{text}");
}

#[tokio::test]
async fn auditors_find_entries_on_a_page() {
    let clinic = Clinic::open().await;
    let (maria, auditor) = (clinic.patient("Maria Souza").await, auditor(&clinic).await);
    let doctor = clinic.doctor_account().await;
    let visit = clinic.book(&maria, clinic.free(clinic.doctor).await[3]).await;
    for _ in 0..60 {
        clinic.ports.bookings.appointment(&clinic.caller(&doctor), visit).await.expect("seen");
    }
    audit::run_once(&clinic.app_state).await.expect("a run");
    let base = clinic.serve().await;
    let cookie = clinic.cookie(&auditor).await;
    let (status, _, page) = get_page(&base, "/audit", &cookie).await;
    assert_eq!(status, 200);
    assert!(page.contains("Appointment viewed") && page.contains("Older entries"), "{page}");
    assert!(!page.contains("Maria"), "no patient is named: {page}");
    let filtered = format!("/audit?action=appointment.held&subject={}", visit.0);
    let (_, _, page) = get_page(&base, &filtered, &cookie).await;
    assert!(page.contains(&maria.account.0.to_string()), "{page}");
    assert!(!page.contains("Older entries"), "{page}");
    let (_, _, page) = get_page(&base, "/audit?account=x&before=y&until=z", &cookie).await;
    assert!(page.contains("the account") && page.contains("Appointment viewed"), "{page}");
    let (status, ..) = get_page(&base, "/audit", &clinic.cookie(&doctor).await).await;
    assert_eq!(status, 403);
    let nobody = AuditQuery { account: Some(AccountId(Uuid::nil())), ..AuditQuery::default() };
    assert_eq!(log(&clinic, &auditor, nobody).await.rows, []);
}
