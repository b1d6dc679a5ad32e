//! The messages of one appointment arrive in the order of its events, and outdated ones are not sent.

use chrono::Duration;
use nadi::actor::SignedIn;
use nadi::ids::AppointmentId;
use nadi::notification_rules;
use nadi::ports::Change;
use server::clock::Clock;
use server::notifications::Maker;
use server::notifications::store;
use tokio_util::sync::CancellationToken;

use super::mail_server::TestMailServer;
use super::{CANCEL, OVERTAKEN, WAITING, claim_and_crash, patients_at_domain, run_for_ten_minutes};
use crate::support::{Clinic, time};

#[tokio::test]
async fn a_message_waiting_for_a_retry_is_dropped_when_a_later_one_is_sent() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let mail_server = TestMailServer::failing_once("Confirmed");
    let dispatcher = mail_server.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    assert_eq!(mail_server.kinds(), [""; 0]);
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1, "it is not held up");
    run_for_ten_minutes(&clinic, &dispatcher).await;
    assert_eq!(mail_server.kinds(), ["Cancelled"]);
    assert_eq!(clinic.count(OVERTAKEN).await, 2, "the code and the confirmation");
    assert_eq!(clinic.count(WAITING).await, 0);
}

#[tokio::test]
async fn a_message_retried_after_a_later_one_is_dropped() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    let mail_server = TestMailServer::default();
    let dispatcher = mail_server.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    let again = "update notifications set state = 'waiting', attempts = 0, due_at = $1
                 where template = 'confirmed'";
    let now = clinic.clock.now();
    sqlx::query(again).bind(now).execute(&clinic.pool).await.expect("put back");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1);
    assert_eq!(mail_server.kinds(), ["Cancelled"]);
}

#[tokio::test]
async fn a_later_message_waits_for_the_one_being_sent() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let mail_server = TestMailServer::slow("example.org");
    let (first, second) = (mail_server.dispatcher(&clinic), mail_server.dispatcher(&clinic));
    let sending = tokio::spawn(async move { first.run_once().await.expect("relayed") });
    mail_server.until_waiting(1).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    assert_eq!(second.run_once().await.expect("relayed"), 0, "not before the other has arrived");
    mail_server.0.answers.cancel();
    assert_eq!(sending.await.expect("ended"), 2);
    assert_eq!(mail_server.kinds(), ["Confirmed", "Cancelled"]);
}

#[tokio::test]
async fn a_message_of_a_crashed_dispatcher_is_not_sent_after_a_later_one() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    assert_eq!(claim_and_crash(&clinic).await, 1);
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    let mail_server = TestMailServer::default();
    let dispatcher = mail_server.dispatcher(&clinic);
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 0, "it may still be on its way");
    clinic.clock.step(Duration::seconds(30));
    run_for_ten_minutes(&clinic, &dispatcher).await;
    assert_eq!(mail_server.kinds(), ["Cancelled"]);
    assert_eq!(clinic.count(WAITING).await, 0);
}

/// Both have claimed a message of the same appointment, which is possible while neither sees the other's claim.
#[tokio::test]
async fn two_dispatchers_with_messages_of_one_appointment_send_only_the_later_one() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    Maker::default().run_once(&clinic.app_state).await.expect("made");
    let now = clinic.clock.now();
    let lease = now + Duration::seconds(30);
    sqlx::query(
        "update notifications set leased_until = $1, due_at = $1, attempts = 1
         where template = 'confirmed'",
    )
    .bind(lease)
    .execute(&clinic.pool)
    .await
    .expect("claimed by the one");
    let (notified_types, mut connection) = (
        notification_rules::notified_types().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        clinic.pool.acquire().await.expect("a connection"),
    );
    let standing = async |connection: &mut sqlx::PgConnection, template: &str| {
        let (id, event_id, subject_id, subject_version): (i64, i64, uuid::Uuid, i32) = sqlx::query_as(
            "select id, event_id, subject_id, subject_version from notifications where template = $1",
        )
        .bind(template)
        .fetch_one(&mut *connection)
        .await
        .expect("a notification");
        let claimed = store::Claimed {
            id,
            event_id,
            subject_id,
            subject_version,
            template: template.to_owned(),
            actor: "patient".into(),
            data: serde_json::Value::Null,
            attempts: 1,
            was_due_at: now,
            leased_until: lease,
            email: None,
            locale: None,
        };
        store::check_before_sending(connection, &claimed, &notified_types, now)
            .await
            .expect("known")
    };
    let earlier = standing(&mut connection, "confirmed").await;
    assert!(earlier.is_mine && earlier.is_overtaken, "it is dropped");
    let later = standing(&mut connection, "cancelled").await;
    assert!(later.is_behind && !later.is_overtaken, "it waits for that");
    drop(connection);
    let mail_server = TestMailServer::default();
    clinic.clock.step(Duration::seconds(30));
    run_for_ten_minutes(&clinic, &mail_server.dispatcher(&clinic)).await;
    assert_eq!(mail_server.kinds(), ["Cancelled"]);
}

#[tokio::test]
async fn two_dispatchers_at_once_send_everything_once_and_in_order() {
    let clinic = Clinic::open_with(4).await;
    let patients = patients_at_domain(&clinic, 40, "example.org").await;
    let free = clinic.free(clinic.doctor).await;
    let mut booked: Vec<(SignedIn, AppointmentId)> = Vec::new();
    for (n, who) in patients.into_iter().enumerate() {
        let id = clinic.book(&who, free[n / 4]).await;
        booked.push((who, id));
    }
    let mail_server = TestMailServer::default();
    let stop = CancellationToken::new();
    let dispatchers: Vec<_> = (0..2)
        .map(|_| {
            let (dispatcher, stop) = (mail_server.dispatcher(&clinic), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    dispatcher.run_once().await.expect("relayed");
                }
            })
        })
        .collect();
    for (n, (who, id)) in booked.iter().enumerate() {
        if n % 2 == 0 {
            let slot = free[20 + n / 4];
            clinic.change(who, *id, &Change::Reschedule { slot }).await.expect("moved");
        }
        clinic.change(who, *id, &CANCEL).await.expect("cancelled");
    }
    let all_told = async || {
        // A message that one dispatcher postponed for the other's is due a moment later.
        clinic.clock.step(Duration::seconds(1));
        clinic.count(WAITING).await == 0
    };
    time::until("everything is told", all_told).await;
    stop.cancel();
    for dispatcher in dispatchers {
        dispatcher.await.expect("ended");
    }
    mail_server.assert_in_order();
    let cancelled = mail_server.kinds().iter().filter(|kind| *kind == "Cancelled").count();
    assert_eq!(cancelled, 40, "each is told of its end");
}
