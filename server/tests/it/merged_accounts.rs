//! The migration that leaves one proven account for each address, and what happens to the accounts it keeps unproven.

use chrono::{DateTime, Duration, Utc};
use futures::FutureExt;
use nadi::actor::SignedIn;
use server::accounts::addresses::{self, NewAccount};
use server::clock::Clock;
use server::database::MIGRATIONS;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::database::{Template, TestDatabase};
use crate::support::{Clinic, monday_nine};

/// The migration before the one that merges.
const BEFORE: i64 = 20_261_202_090_000;

static UNMERGED: Template = Template::new("unmerged", |pool| {
    async move { MIGRATIONS.run_to(BEFORE, &pool).await.expect("migrated") }.boxed_local()
});

const CLINIC: Uuid = Uuid::from_u128(1);

/// A database in the state before the migration.
struct Before {
    pool: PgPool,
    _database: TestDatabase,
}

/// An account to insert, registered so many days ago.
struct Account<'a> {
    id: u128,
    email: &'a str,
    proven: bool,
    days: i64,
}

/// The owner of an account has this id.
fn owner(account: u128) -> Uuid {
    Uuid::from_u128(account + 1_000)
}

impl Before {
    async fn open() -> Self {
        let database = UNMERGED.database().await;
        let before = Self { pool: database.pool(), _database: database };
        sqlx::query(
            "insert into clinics (id, slug, name, time_zone, currency, cancel_notice_minutes, created_at)
             values ($1, 'panjim', 'Nadi Panjim', 'Asia/Kolkata', 'INR', 60, $2)",
        )
        .bind(CLINIC)
        .bind(monday_nine())
        .execute(&before.pool)
        .await
        .expect("a clinic");
        for doctor in [11, 12] {
            before.doctor(doctor).await;
        }
        before
    }

    async fn doctor(&self, id: u128) {
        sqlx::query(
            "insert into doctors (id, clinic_id, slug, name, fee_minor_units, currency, status, created_at)
             values ($1, $2, $3, $3, 100, 'INR', 'listed', $4)",
        )
        .bind(Uuid::from_u128(id))
        .bind(CLINIC)
        .bind(format!("doctor-{id}"))
        .bind(monday_nine() + Duration::days(i64::try_from(id).expect("few")))
        .execute(&self.pool)
        .await
        .expect("a doctor");
    }

    /// With its owner, called after the account, a session and a feed.
    async fn account(&self, new: Account<'_>) {
        let id = Uuid::from_u128(new.id);
        let at = monday_nine() - Duration::days(new.days);
        sqlx::query(
            "with account as (
                 insert into accounts (id, email, email_verified_at, password_hash, created_at)
                 values ($1, $2, case when $3 then $4 end, 'hash', $4)),
             session as (
                 insert into sessions (id, account_id, data, expires_at)
                 values ($7, $1, '{}', $4 + interval '1 year')),
             feed as (
                 insert into calendar_feeds (id, account_id, kind, created_at)
                 values ($1, $1, 'patient', $4))
             insert into people (id, account_id, relation, name, created_at)
             values ($5, $1, 'self', $6, $4)",
        )
        .bind(id)
        .bind(new.email)
        .bind(new.proven)
        .bind(at)
        .bind(owner(new.id))
        .bind(format!("Owner {}", new.id))
        .bind(id.as_bytes().as_slice())
        .execute(&self.pool)
        .await
        .expect("an account");
    }

    /// Appointments of an account's owner with a doctor, in this state, on a day of the doctor's; each begins an hour
    /// after the one before.
    async fn visits(&self, account: u128, doctor: u128, state: &str, numbers: &[i16]) {
        for (n, number) in numbers.iter().enumerate() {
            let hours = Duration::hours(i64::try_from(n).expect("few"));
            let days = Duration::days(i64::try_from(doctor).expect("few"));
            let starts: DateTime<Utc> = monday_nine() + days + hours;
            let id = Uuid::new_v4();
            sqlx::query(
                "insert into appointments (id, reference, ical_uid, state, expires_at, clinic_id, doctor_id,
                                           location_id, visit_type_id, slot_id, person_id, booked_by, mode, starts_at,
                                           ends_at, time_zone, fee_minor_units, currency, created_at, updated_at)
                 values ($1, $1::text, $1::text, $2, $3, $4, $5, $4, $4, 1, $6, $7, 'in_person', $3,
                         $3 + interval '20 minutes', 'Asia/Kolkata', 100, 'INR', $3, $3)",
            )
            .bind(id)
            .bind(state)
            .bind(starts)
            .bind(CLINIC)
            .bind(Uuid::from_u128(doctor))
            .bind(owner(account))
            .bind(Uuid::from_u128(account))
            .execute(&self.pool)
            .await
            .expect("an appointment");
            if state == "cancelled" {
                continue;
            }
            sqlx::query(
                "insert into patient_times (appointment_id, person_id, during, held_until, account_id, doctor_id,
                                            hold_number, visit_number)
                 values ($1, $2, tstzrange($3, $3 + interval '20 minutes'),
                         case when $6 then $3 else 'infinity' end, $4, $5,
                         case when $6 then $7 end, $7)",
            )
            .bind(id)
            .bind(owner(account))
            .bind(starts)
            .bind(Uuid::from_u128(account))
            .bind(Uuid::from_u128(doctor))
            .bind(state == "pending")
            .bind(*number)
            .execute(&self.pool)
            .await
            .expect("a time");
        }
    }

    async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.expect("changed");
    }

    async fn merge(&self) {
        MIGRATIONS.run(&self.pool).await.expect("merged");
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect("a count")
    }

    /// The ids, as small numbers.
    async fn ids(&self, sql: &'static str) -> Vec<u128> {
        let ids: Vec<Uuid> = sqlx::query_scalar(sql).fetch_all(&self.pool).await.expect("ids");
        ids.into_iter().map(|id| id.as_u128()).collect()
    }
}

const ACTIVE: &str = "select id from accounts where archived_at is null order by id";

#[tokio::test]
async fn accounts_that_have_proven_one_address_become_one() {
    let before = Before::open().await;
    let anna = "anna@example.org";
    before.account(Account { id: 101, email: anna, proven: true, days: 30 }).await;
    before.account(Account { id: 102, email: anna, proven: true, days: 20 }).await;
    before.account(Account { id: 103, email: anna, proven: true, days: 10 }).await;
    before.account(Account { id: 104, email: "ben@example.org", proven: true, days: 10 }).await;
    before.visits(101, 11, "confirmed", &[1]).await;
    before.visits(101, 12, "pending", &[1]).await;
    before.visits(102, 11, "confirmed", &[1, 3]).await;
    before.visits(102, 12, "pending", &[1]).await;
    before.visits(103, 11, "cancelled", &[1, 1, 1, 1, 1]).await;
    before.visits(104, 11, "confirmed", &[1]).await;
    before.run(
        "insert into archived_appointments select * from appointments where booked_by = '00000000-0000-0000-0000-000000000065' and state = 'confirmed';
         delete from appointments where id in (select id from archived_appointments);
         insert into reviews (id, appointment_id, doctor_id, clinic_id, author_id, stars, anonymous, visited_on, created_at, written_at)
         select gen_random_uuid(), id, doctor_id, clinic_id, booked_by, 5, false, '2026-11-01', now(), now() from all_appointments where state = 'confirmed';
         insert into idempotency_keys select id, 'key', '', '{}', now() from accounts;",
    )
    .await;
    let visits = before.count("select count(*) from all_appointments").await;
    before.merge().await;

    assert_eq!(before.ids(ACTIVE).await, [102, 104], "the one with most visits that count");
    let merged = "select account_id from merged_accounts order by account_id";
    assert_eq!(before.ids(merged).await, [101, 103]);
    let into = "select distinct into_id from merged_accounts";
    assert_eq!(before.ids(into).await, [102]);
    assert_eq!(before.count("select count(*) from all_appointments").await, visits);
    for nothing_of_the_others in [
        "select count(*) from all_appointments where booked_by not in (select id from accounts where archived_at is null)",
        "select count(*) from patient_times where account_id not in (select id from accounts where archived_at is null)",
        "select count(*) from reviews where author_id not in (select id from accounts where archived_at is null)",
        "select count(*) from people where account_id not in (select id from accounts where archived_at is null)",
        "select count(*) from calendar_feeds where account_id not in (select id from accounts where archived_at is null)",
        "select count(*) from sessions where account_id not in (select id from accounts where archived_at is null)",
        "select count(*) from idempotency_keys where account_id not in (select id from accounts where archived_at is null)",
        "select count(*) from accounts where archived_at is not null and password_hash is not null",
        // The name on an appointment stays.
        "select count(*) from all_appointments v join people p on p.id = v.person_id where p.account_id <> v.booked_by",
        "select count(*) from calendar_feeds where archived_at is not null",
    ] {
        assert_eq!(before.count(nothing_of_the_others).await, 0, "{nothing_of_the_others}");
    }
    let family = "select id from people where account_id = '00000000-0000-0000-0000-000000000066'
                  order by relation <> 'self', id";
    let family = before.ids(family).await;
    assert_eq!(family, [102, 101, 103].map(|id| owner(id).as_u128()), "the others are dependants");

    let numbers = "select array_agg(visit_number order by visit_number) from patient_times
                   where account_id = '00000000-0000-0000-0000-000000000066' and held_until = 'infinity'";
    let numbers: Vec<i16> =
        sqlx::query_scalar(numbers).fetch_one(&before.pool).await.expect("numbers");
    assert_eq!(numbers, [1, 2, 3], "the lowest number that was free");
    let holds = "select array_agg(hold_number order by hold_number) from patient_times
                 where account_id = '00000000-0000-0000-0000-000000000066' and held_until < 'infinity'";
    let holds: Vec<i16> = sqlx::query_scalar(holds).fetch_one(&before.pool).await.expect("numbers");
    assert_eq!(holds, [1, 2]);

    let second = sqlx::query(
        "insert into accounts (id, email, email_verified_at, created_at)
         values (gen_random_uuid(), 'anna@example.org', now(), now())",
    );
    let second = second.execute(&before.pool).await.expect_err("an address has one account");
    let constraint = second.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("accounts_proven_email"));
}

#[tokio::test]
async fn the_account_with_a_role_survives_and_gets_the_roles_of_the_others() {
    let before = Before::open().await;
    let meera = "meera@example.org";
    before.account(Account { id: 101, email: meera, proven: true, days: 30 }).await;
    before.account(Account { id: 102, email: meera, proven: true, days: 20 }).await;
    before.account(Account { id: 103, email: meera, proven: true, days: 10 }).await;
    before.visits(101, 12, "completed", &[1, 2, 3]).await;
    before
        .run(
            "update doctors set account_id = '00000000-0000-0000-0000-000000000066' where slug = 'doctor-11';
             update doctors set account_id = '00000000-0000-0000-0000-000000000067' where slug = 'doctor-12';
             insert into staff select '00000000-0000-0000-0000-000000000001', id, 'administrator', now()
             from accounts where id = '00000000-0000-0000-0000-000000000067'",
        )
        .await;
    before.merge().await;
    assert_eq!(before.ids(ACTIVE).await, [102]);
    let doctors = "select id from doctors where account_id is not null";
    assert_eq!(before.ids(doctors).await, [11], "the other profile can be invited again");
    assert_eq!(before.ids("select account_id from staff").await, [102]);
    let visits = "select distinct booked_by from appointments";
    assert_eq!(before.ids(visits).await, [102]);
}

#[tokio::test]
async fn registrations_that_were_never_proven_give_the_address_back() {
    let before = Before::open().await;
    before.account(Account { id: 101, email: "anna@example.org", proven: false, days: 30 }).await;
    before.account(Account { id: 102, email: "anna@example.org", proven: false, days: 20 }).await;
    before.account(Account { id: 103, email: "ben@example.org", proven: true, days: 20 }).await;
    before.account(Account { id: 104, email: "ben@example.org", proven: false, days: 30 }).await;
    before.visits(101, 11, "cancelled", &[1, 1]).await;
    before.merge().await;
    assert_eq!(before.ids(ACTIVE).await, [103]);
    for nothing in [
        "select count(*) from merged_accounts",
        "select count(*) from unproven_accounts",
        "select count(*) from accounts where archived_at is not null and (email is not null or password_hash is not null)",
        "select count(*) from people where name in ('Owner 101', 'Owner 102', 'Owner 104')",
        "select count(*) from people where name = '' and archived_at is null",
    ] {
        assert_eq!(before.count(nothing).await, 0, "{nothing}");
    }
    assert_eq!(before.count("select count(*) from people where name = 'Owner 103'").await, 1);
    assert_eq!(before.ids("select account_id from sessions").await, [103]);
    let feeds = "select id from calendar_feeds where archived_at is null";
    assert_eq!(before.ids(feeds).await, [103]);
}

#[tokio::test]
async fn visits_of_unproven_accounts_wait_for_the_owner_of_the_address() {
    let before = Before::open().await;
    let (anna, ben, meera) = ("anna@example.org", "ben@example.org", "meera@example.org");
    // Two unproven ones, of which one is held right now.
    before.account(Account { id: 101, email: anna, proven: false, days: 30 }).await;
    before.account(Account { id: 102, email: anna, proven: false, days: 20 }).await;
    before.visits(101, 11, "pending", &[1]).await;
    before.visits(102, 12, "confirmed", &[1, 2]).await;
    // An unproven one beside the proven one.
    before.account(Account { id: 103, email: ben, proven: true, days: 20 }).await;
    before.account(Account { id: 104, email: ben, proven: false, days: 30 }).await;
    before.visits(104, 11, "confirmed", &[1]).await;
    // A doctor's, whose address somebody else may have registered.
    before.account(Account { id: 105, email: meera, proven: false, days: 30 }).await;
    // Made by the operator.
    before.account(Account { id: 106, email: "boss@example.org", proven: false, days: 30 }).await;
    before
        .run(
            "update doctors set account_id = '00000000-0000-0000-0000-000000000069' where slug = 'doctor-11';
             update accounts set administers_everything = true where email = 'boss@example.org'",
        )
        .await;
    before.merge().await;
    assert_eq!(before.ids(ACTIVE).await, [102, 103, 105, 106]);
    let unproven = "select account_id from unproven_accounts order by account_id";
    assert_eq!(before.ids(unproven).await, [102, 105]);
    let merged = "select into_id from merged_accounts order by account_id";
    assert_eq!(before.ids(merged).await, [102, 103]);
    let proven = "select id from accounts where email_verified_at is not null order by id";
    assert_eq!(before.ids(proven).await, [103, 106], "the operator has vouched for the last");
    let owners = "select distinct booked_by from appointments order by booked_by";
    assert_eq!(before.ids(owners).await, [102, 103], "no visit is lost");
    let sessions = "select account_id from sessions order by account_id";
    assert_eq!(before.ids(sessions).await, [102, 103, 106], "nobody is a doctor without a proof");
    let feeds = "select id from calendar_feeds where archived_at is null order by id";
    let feeds = before.ids(feeds).await;
    assert_eq!(feeds, [102, 103, 106], "who has that of a doctor is unknown");
}

/// The release before, which still runs, proves the address of a second account.
#[tokio::test]
async fn a_second_proof_by_the_release_before_leaves_the_account_unproven() {
    let before = Before::open().await;
    before.merge().await;
    let anna = "anna@example.org";
    before.account(Account { id: 101, email: anna, proven: true, days: 30 }).await;
    before.account(Account { id: 102, email: anna, proven: false, days: 20 }).await;
    before.account(Account { id: 103, email: "ben@example.org", proven: false, days: 20 }).await;
    before
        .run(
            "insert into unproven_accounts select id, email from accounts where email_verified_at is null;
             update accounts set email_verified_at = now() where email_verified_at is null",
        )
        .await;
    let proven = "select id from accounts where email_verified_at is not null order by id";
    assert_eq!(before.ids(proven).await, [101, 103]);
    let unproven = before.ids("select account_id from unproven_accounts").await;
    assert_eq!(unproven, [102], "the address of a proven one is not kept a second time");
}

/// An account as the migration keeps it: with a visit, a session, a feed and somebody's password.
async fn unproven(clinic: &Clinic) -> SignedIn {
    let who = clinic.known_patient("Asha").await;
    clinic.book(&who, clinic.free(clinic.doctor).await[0]).await;
    clinic.cookie(&who).await;
    sqlx::query("update accounts set email_verified_at = null where id = $1")
        .bind(who.account.0)
        .execute(&clinic.pool)
        .await
        .expect("unproven");
    sqlx::query(
        "insert into unproven_accounts (account_id, email) values ($1, 'asha@example.org')",
    )
    .bind(who.account.0)
    .execute(&clinic.pool)
    .await
    .expect("listed");
    sqlx::query(
        "insert into calendar_feeds (id, account_id, kind, created_at)
         values (gen_random_uuid(), $1, 'patient', $2)",
    )
    .bind(who.account.0)
    .bind(clinic.clock.now())
    .execute(&clinic.pool)
    .await
    .expect("a feed");
    who
}

/// Proves the address `asha@example.org`, as a code, an invitation or a booking does.
async fn prove(clinic: &Clinic, name: &str) -> (Uuid, Uuid) {
    let mut transaction = clinic.pool.begin().await.expect("a transaction");
    let email = "asha@example.org";
    addresses::lock_address(&mut transaction, email).await.expect("locked");
    let known = addresses::account_of_address(&mut transaction, email).await.expect("looked");
    assert_eq!(known, None, "an unproven account is nobody's");
    let new = NewAccount { name, email, password_hash: None, locale: "en", has_agreed: true };
    let made = addresses::make_account(&mut transaction, &new, clinic.clock.now()).await;
    transaction.commit().await.expect("committed");
    let (account, person) = made.expect("an account");
    (account.0, person.0)
}

#[tokio::test]
async fn whoever_proves_the_address_gets_the_visits_and_nobody_else_keeps_access() {
    let clinic = Clinic::open().await;
    let who = unproven(&clinic).await;
    let (account, person) = prove(&clinic, "").await;
    assert_eq!((account, person), (who.account.0, who.person.0));
    for nothing in [
        "select count(*) from sessions",
        "select count(*) from calendar_feeds where archived_at is null",
        "select count(*) from accounts where password_hash is not null",
        "select count(*) from unproven_accounts",
    ] {
        assert_eq!(clinic.count(nothing).await, 0, "{nothing}");
    }
    let verified = "select count(*) from accounts where email_verified_at is not null";
    assert_eq!(clinic.count(verified).await, 1);
    assert_eq!(clinic.count("select count(*) from appointments").await, 1);
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn visits_keep_the_name_under_which_they_were_booked() {
    let clinic = Clinic::open().await;
    let who = unproven(&clinic).await;
    let (account, person) = prove(&clinic, "Ravi").await;
    assert_eq!(account, who.account.0);
    assert_ne!(person, who.person.0);
    let named = "select count(*) from appointments v
                 join people p on p.id = v.person_id and p.account_id = v.booked_by
                 where p.name = 'Asha' and p.relation = 'dependant'";
    assert_eq!(clinic.count(named).await, 1);
    let owner = "select count(*) from people where name = 'Ravi' and relation = 'self'";
    assert_eq!(clinic.count(owner).await, 1);
    clinic.assert_consistent().await;
}
