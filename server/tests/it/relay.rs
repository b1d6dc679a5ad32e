//! Messages leave the outbox: each once, again after a failure, and set aside in the end.

use chrono::Duration;
use nadi::ports::MessageFailure;

use crate::support::Clinic;

#[tokio::test]
async fn the_code_is_sent_to_the_patient_once() {
    let clinic = Clinic::open().await;
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

#[tokio::test]
async fn a_failing_message_is_retried_and_finally_set_aside() {
    let clinic = Clinic::open().await;
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

#[tokio::test]
async fn events_of_a_crashed_relay_are_delivered_after_its_lease() {
    let clinic = Clinic::open().await;
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
