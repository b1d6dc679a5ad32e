//! The readers of the log: they handle every event, also those that become visible late.

use chrono::Duration;
use nadi::ports::DoctorKey;
use server::clock::Clock;
use server::events;
use server::events::live::Listener;
use server::events::reader::{Reader, Run};
use server::notifications::Maker;

use super::administrator;
use crate::support::Clinic;

/// The reader runs while a transaction with a lower id is still open.
#[tokio::test]
async fn a_reader_misses_nothing_that_becomes_visible_late() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let mut maker = Maker::default();
    maker.run_once(&clinic.app_state).await.expect("made");
    let id = clinic.book(&asha, free[5]).await;
    let mut late = clinic.pool.begin().await.expect("a transaction");
    sqlx::query(
        "insert into events (type, subject_id, subject_version, doctor_id, actor, occurred_at, data)
         select 'appointment.cancelled', subject_id, subject_version + 1, doctor_id, actor, occurred_at, data
         from events where subject_id = $1 and type = 'appointment.confirmed'",
    )
    .bind(id.0)
    .execute(&mut *late)
    .await
    .expect("inserted");
    let ravi = clinic.patient("Ravi").await;
    clinic.hold(&ravi, free[7]).await.expect("held");
    // It handles the visible events and does not move past those that are not visible yet.
    assert!(maker.run_once(&clinic.app_state).await.expect("made") >= 3);
    assert_eq!(maker.run_once(&clinic.app_state).await.expect("made"), 0, "nothing twice");
    late.commit().await.expect("committed");
    let another = &mut Maker::default();
    another.run_once(&clinic.app_state).await.expect("made");
    let made = "select count(*) from notifications where template = 'cancelled'";
    assert_eq!(clinic.count(made).await, 1, "by whoever reads on, also another instance");
    maker.run_once(&clinic.app_state).await.expect("made");
    assert_eq!(
        clinic.count("select count(*) from notifications").await,
        4,
        "code, confirmed, code, cancelled"
    );
}

#[tokio::test]
async fn a_reader_that_is_killed_handles_its_events_again() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let app_state = &clinic.app_state;
    let mut reader = Reader::new("test");
    let all = match reader.run(app_state, async |_, _| Ok(())).await.expect("read") {
        Run::Handled(all) if all >= 2 => all,
        other => panic!("{other:?}"),
    };
    let none = reader.run(app_state, async |_, _| panic!("there is nothing")).await.expect("read");
    assert_eq!(none, Run::Handled(0));
    clinic
        .hold(&clinic.patient("Ravi").await, clinic.free(clinic.doctor).await[3])
        .await
        .expect("held");
    for _ in 0..2 {
        let failed =
            reader.run(app_state, async |_, _| anyhow::bail!("killed in the middle")).await;
        assert!(failed.is_err());
    }
    // Another instance continues from the stored position.
    let mut other = Reader::new("test");
    let again = other.run(app_state, async |_, _| Ok(())).await.expect("read");
    assert_eq!(again, Run::Handled(1), "the one that is new");
    assert_eq!(app_state.readers.get("test").handled, u64::try_from(all + 1).expect("few"));
}

/// A page is smaller than the log, and smaller than the events of one transaction.
#[tokio::test]
async fn a_reader_with_small_pages_reads_everything_once() {
    let clinic = Clinic::open_with(10).await;
    let patients = clinic.many_patients(7).await;
    let free = clinic.free(clinic.doctor).await;
    let mut reader = Reader::new("test").with_page(2);
    let mut seen = Vec::new();
    for round in 0..3 {
        for who in &patients[round * 2..][..2] {
            clinic.book(who, free[3]).await;
        }
        sqlx::query(
            "insert into events (type, subject_id, actor, occurred_at)
             select 'person.added', gen_random_uuid(), 'system', now() from generate_series(1, 5)",
        )
        .execute(&clinic.pool)
        .await
        .expect("five at once");
        let mut late = clinic.pool.begin().await.expect("a transaction");
        sqlx::query("insert into events (type, subject_id, actor, occurred_at) values ('person.removed', gen_random_uuid(), 'system', now())")
            .execute(&mut *late)
            .await
            .expect("late");
        clinic.hold(&patients[6], free[5 + round]).await.expect("held");
        for commits in [false, true] {
            loop {
                let mut ids = Vec::new();
                let run = reader
                    .run(&clinic.app_state, async |_, events| {
                        ids.extend(events.iter().map(|event| event.id));
                        Ok(())
                    })
                    .await;
                seen.extend(ids);
                if run.expect("read") == Run::Handled(0) {
                    break;
                }
            }
            if !commits {
                let id: i64 =
                    sqlx::query_scalar("select max(id) from events where type = 'person.removed'")
                        .fetch_one(&mut *late)
                        .await
                        .expect("an id");
                assert!(!seen.contains(&id), "it is not committed yet");
                late = {
                    late.commit().await.expect("committed");
                    clinic.pool.begin().await.expect("another")
                };
            }
        }
    }
    let all: Vec<i64> =
        sqlx::query_scalar("select id from events where transaction_id >= '1' order by id")
            .fetch_all(&clinic.pool)
            .await
            .expect("ids");
    seen.sort_unstable();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn two_instances_make_each_notification_once() {
    let clinic = Clinic::open_with(10).await;
    let patients = clinic.many_patients(40).await;
    let free = clinic.free(clinic.doctor).await;
    let make = async || {
        let mut maker = Maker::default();
        for _ in 0..30 {
            maker.run_once(&clinic.app_state).await.expect("made");
            tokio::task::yield_now().await;
        }
    };
    let book = async || {
        for (n, who) in patients.iter().enumerate() {
            clinic.book(who, free[n / 10 + 3]).await;
        }
    };
    tokio::join!(make(), make(), book());
    Maker::default().run_once(&clinic.app_state).await.expect("made");
    assert_eq!(
        clinic.count("select count(*) from notifications where template = 'code'").await,
        40
    );
    assert_eq!(
        clinic.count("select count(*) from notifications where template = 'confirmed'").await,
        40
    );
}

/// The database was dumped and restored into another cluster, whose transaction ids start again from the
/// beginning.
#[tokio::test]
async fn readers_continue_after_the_database_was_restored_elsewhere() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    Maker::default().run_once(&clinic.app_state).await.expect("made");
    sqlx::raw_sql(
        "update events set transaction_id = (transaction_id::text::bigint + 1000000000000)::text::xid8;
         update event_readers
         set position = ((pg_snapshot_xmax(position)::text::bigint + 1000000000000)::text || ':'
                         || (pg_snapshot_xmax(position)::text::bigint + 1000000000000)::text || ':')::pg_snapshot",
    )
    .execute(&clinic.pool)
    .await
    .expect("as restored");
    clinic
        .hold(&clinic.patient("Ravi").await, clinic.free(clinic.doctor).await[3])
        .await
        .expect("held");
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    assert!(events::is_from_elsewhere(&mut connection).await.expect("looked"));
    server::database::migrate(&clinic.pool).await.expect("migrated");
    assert!(!events::is_from_elsewhere(&mut connection).await.expect("looked"));
    drop(connection);
    Maker::default().run_once(&clinic.app_state).await.expect("made");
    let made = "select count(*) from notifications";
    assert_eq!(clinic.count(made).await, 3, "the old ones once, and the new one");
}

/// The previous release writes to the outbox and delivers these events itself.
#[tokio::test]
async fn an_event_of_the_previous_release_is_announced_once() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    clinic.dispatcher().run_once().await.expect("sent");
    let sent = clinic.messages.sent.lock().expect("sent").len();
    sqlx::query(
        "insert into outbox (event_type, appointment_id, appointment_version, doctor_id, actor, occurred_at, due_at)
         values ('appointment.cancelled', $1, 3, $2, 'patient', $3, $3)",
    )
    .bind(id.0)
    .bind(clinic.doctor.0)
    .bind(clinic.clock.now())
    .execute(&clinic.pool)
    .await
    .expect("as the release before");
    clinic.dispatcher().run_once().await.expect("run");
    assert_eq!(clinic.messages.sent.lock().expect("sent").len(), sent, "it delivers that itself");
    let seen = clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("seen");
    assert_eq!(seen.history.len(), 3, "it is in the history");
    clinic.clock.step(Duration::seconds(11));
    for _ in 0..2 {
        clinic.dispatcher().run_once().await.expect("run");
    }
    assert_eq!(
        clinic.messages.sent.lock().expect("sent").len(),
        sent + 1,
        "it has ended without doing so"
    );
}

#[tokio::test]
async fn an_edit_is_seen_on_another_instance_without_redis() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, clinic.patient("Administrator").await);
    let mut here = Listener::default();
    here.run_once(&clinic.app_state).await.expect("begun");
    let key = DoctorKey::Id(clinic.doctor);
    let bio =
        async || clinic.ports.directory.doctor(&clinic.visitor(), &key).await.expect("listed").bio;
    assert_eq!(bio().await, "");
    let elsewhere = clinic.instance(2);
    let caller = clinic.caller(&admin);
    let mut form = elsewhere.administration.doctor(&caller, clinic.doctor).await.expect("a form");
    form.bio = "Another story.".into();
    elsewhere.administration.save_doctor(&caller, clinic.doctor, form).await.expect("saved");
    assert_eq!(bio().await, "", "not heard of yet");
    here.run_once(&clinic.app_state).await.expect("heard");
    assert_eq!(bio().await, "Another story.");
}
