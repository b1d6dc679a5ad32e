//! What happens later: messages and the making of times; and the guards beneath everything.

mod support;

use chrono::Duration;
use nadi::ports::MessageFailure;
use server::jobs::top_up;
use sqlx::PgPool;
use support::Clinic;

#[sqlx::test(migrations = false)]
async fn the_code_reaches_the_patient_once(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let relay = clinic.relay();
    assert_eq!(relay.run_once().await.expect("relayed"), 1);
    assert_eq!(relay.run_once().await.expect("relayed"), 0);
    let sent = clinic.messages.sent.lock().expect("sent").clone();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "asha@example.org");
    assert!(sent[0].body.contains(&clinic.engine.code_key.code(id, 1)));
    assert!(sent[0].body.contains("Mon 23 Nov 2026"), "{}", sent[0].body);
    assert!(sent[0].body.contains("Kolkata time"), "the zone is named: {}", sent[0].body);
    assert!(!sent[0].body.to_lowercase().contains("medicine"), "no health detail");
    let leak = "select count(*) from outbox where outbox::text ~ 'asha|example'";
    assert_eq!(clinic.count(leak).await, 0, "events carry no personal data");
}

#[sqlx::test(migrations = false)]
async fn a_message_that_fails_is_tried_again_and_in_the_end_put_aside(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let free = clinic.free(clinic.doctor).await;
    // Confirmed at once, so that the message still matters after many tries.
    let id = clinic.hold(&asha, free[0]).await.expect("held");
    clinic.confirm(&asha, id).await.expect("confirmed");
    let relay = clinic.relay();
    *clinic.messages.failure.lock().expect("set") = Some(MessageFailure::Temporary("busy".into()));
    relay.run_once().await.expect("one failure never ends the batch");
    assert_eq!(relay.run_once().await.expect("relayed"), 0, "not at once");
    for _ in 0..10 {
        clinic.clock.step(Duration::minutes(10));
        relay.run_once().await.expect("relayed");
    }
    let dead = "select count(*) from outbox where state = 'dead'";
    assert_eq!(clinic.count(dead).await, 1, "the confirmation; the code no longer mattered");

    *clinic.messages.failure.lock().expect("set") = None;
    clinic.clock.step(Duration::days(-1));
    clinic.hold(&ravi, free[1]).await.expect("held");
    assert_eq!(relay.run_once().await.expect("relayed"), 1, "others go on");
}

#[sqlx::test(migrations = false)]
async fn a_dead_relay_leaves_its_events_to_another(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    clinic.confirm(&asha, id).await.expect("confirmed");
    let now = server::clock::Clock::now(&clinic.clock);
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let lease = now + Duration::seconds(30);
    let claimed =
        server::store::outbox::claim(&mut connection, now, lease, 10).await.expect("claimed");
    assert_eq!(claimed.len(), 2);
    drop(claimed);
    assert_eq!(clinic.relay().run_once().await.expect("relayed"), 0, "someone is at it");
    clinic.clock.step(Duration::seconds(30));
    assert_eq!(clinic.relay().run_once().await.expect("relayed"), 2, "the lease has ended");
}

#[sqlx::test(migrations = false)]
async fn times_are_made_once_and_kept_made(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let slots = "select count(*) from slots";
    let before = clinic.count(slots).await;
    // 22 or 23 working days, nine slots each.
    assert!((22 * 9..=23 * 9).contains(&before), "{before}");
    let (a, b) = tokio::join!(top_up::run_once(&clinic.engine), top_up::run_once(&clinic.engine));
    assert_eq!(a.expect("ran").times + b.expect("ran").times, 0);
    assert_eq!(clinic.count(slots).await, before);
    clinic.clock.step(Duration::days(60));
    let (a, b) = tokio::join!(top_up::run_once(&clinic.engine), top_up::run_once(&clinic.engine));
    let made = a.expect("ran").times + b.expect("ran").times;
    assert!(made >= 20 * 9, "a copy left running for months stays bookable: {made}");
    let double = "select count(*) from (select doctor_id, starts_at from slots
                  group by 1, 2 having count(*) > 1) d";
    assert_eq!(clinic.count(double).await, 0);
    let months = "select count(*) from pg_inherits where inhparent = 'appointments'::regclass";
    assert_eq!(clinic.count(months).await, 7, "October to February, then on to April");
    let last = *clinic.free(clinic.doctor).await.last().expect("a time");
    let asha = clinic.patient("Asha").await;
    clinic.hold(&asha, last).await.expect("and it can be booked");
}

/// The database itself refuses what would break the promise, whatever the code does.
#[sqlx::test(migrations = false)]
async fn the_guards_hold_without_us(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    for (what, statement, constraint) in [
        (
            "a second seat of a slot for one",
            "insert into seats select slot_id, 2, capacity, gen_random_uuid(), doctor_id, 'infinity' from seats",
            "seats_within_capacity",
        ),
        (
            "the same seat twice",
            "insert into seats select slot_id, 1, capacity, gen_random_uuid(), doctor_id, 'infinity' from seats",
            "seats_key",
        ),
        (
            "a seat with a capacity the slot does not have",
            "insert into seats select slot_id, 2, 2, gen_random_uuid(), doctor_id, 'infinity' from seats",
            "seats_slot_capacity",
        ),
        (
            "one person twice at a time",
            "insert into patient_times select gen_random_uuid(), person_id, during, 'infinity' from patient_times",
            "patient_times_no_overlap",
        ),
        (
            "withdrawing a taken time",
            "update slots set capacity = 0 where id in (select slot_id from seats)",
            "seats_within_capacity",
        ),
        (
            "overlapping blocks of a doctor",
            "insert into blocks (doctor_id, location_id, mode, local_date, starts_at, ends_at, slot_seconds, slot_count,
                                 utc_offset, time_zone_data)
             select doctor_id, location_id, mode, local_date, starts_at + interval '10 minutes',
                    ends_at + interval '10 minutes', slot_seconds, slot_count, utc_offset, time_zone_data
             from blocks limit 1",
            "blocks_no_overlap",
        ),
        (
            "a slot outside of its block",
            "insert into slots (doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_no,
                                starts_at, ends_at, local_date, capacity, closes_at)
             select doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_count,
                    ends_at, ends_at + interval '20 minutes', local_date, 1, starts_at from slots
             where slot_no = slot_count - 1 limit 1",
            "slots_position",
        ),
    ] {
        let error = sqlx::query(statement).execute(&clinic.pool).await.expect_err(what);
        let found = error.as_database_error().and_then(|e| e.constraint()).map(str::to_owned);
        assert_eq!(found.as_deref(), Some(constraint), "{what}: {error}");
    }
    assert_eq!(clinic.state(id).await, "pending");
}
