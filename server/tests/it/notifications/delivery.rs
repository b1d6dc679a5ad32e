//! Each message is delivered once: after failures, after a crash, despite a slow mail server and when the server
//! stops.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use chrono::Duration;
use nadi::ports::MessageFailure;
use server::clock::Clock;
use server::config::Confirmation;
use server::notifications::Maker;
use server::supervisor::Supervisor;
use tokio_util::sync::CancellationToken;

use super::mail_server::TestMailServer;
use super::{WAITING, claim_and_crash, patients_at_domain};
use crate::support::{Clinic, time};

#[tokio::test]
async fn the_code_is_sent_to_the_patient_once() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let dispatcher = clinic.dispatcher();
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1);
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 0);
    let sent = clinic.messages.sent.lock().expect("sent").clone();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "asha@example.org");
    assert!(sent[0].body.contains(&clinic.app_state.code_key.code(id, 1)));
    assert!(sent[0].body.contains("Mon, 23 Nov 2026"), "{}", sent[0].body);
    assert!(sent[0].body.contains("Kolkata time"), "the zone is named: {}", sent[0].body);
    assert!(!sent[0].body.to_lowercase().contains("medicine"), "no health detail");
    for leak in [
        "select count(*) from events where events::text ~* 'asha|example'",
        "select count(*) from notifications where notifications::text ~* 'asha|example'",
    ] {
        assert_eq!(clinic.count(leak).await, 0, "no personal data: {leak}");
    }
}

#[tokio::test]
async fn a_failing_message_is_retried_and_finally_set_aside() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let free = clinic.free(clinic.doctor).await;
    // Confirmed at once, so that the message still matters after many tries.
    let id = clinic.hold(&asha, free[0]).await.expect("held");
    clinic.confirm(&asha, id).await.expect("confirmed");
    let dispatcher = clinic.dispatcher();
    *clinic.messages.failure.lock().expect("set") = Some(MessageFailure::Temporary("busy".into()));
    dispatcher.run_once().await.expect("one failure never ends the batch");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 0, "not at once");
    for _ in 0..10 {
        clinic.clock.step(Duration::minutes(10));
        dispatcher.run_once().await.expect("relayed");
    }
    let dead = "select count(*) from notifications where state = 'dead'";
    assert_eq!(clinic.count(dead).await, 1, "the confirmation; the code no longer mattered");

    *clinic.messages.failure.lock().expect("set") = None;
    clinic.clock.step(Duration::days(-1));
    clinic.hold(&ravi, free[1]).await.expect("held");
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1, "others go on");
}

#[tokio::test]
async fn events_of_a_crashed_dispatcher_are_delivered_after_its_lease() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    assert_eq!(claim_and_crash(&clinic).await, 1, "the code is not needed any more");
    assert_eq!(clinic.dispatcher().run_once().await.expect("relayed"), 0, "someone is at it");
    clinic.clock.step(Duration::seconds(30));
    assert_eq!(clinic.dispatcher().run_once().await.expect("relayed"), 1, "the lease has ended");
}

#[tokio::test]
async fn a_panic_while_sending_is_a_failure_like_any_other() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let mail_server = TestMailServer::default();
    mail_server.0.panics_once.store(true, Ordering::SeqCst);
    let dispatcher = mail_server.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    let failed = "select count(*) from notifications where last_failure like '%the mail library%'";
    assert_eq!((mail_server.kinds().len(), clinic.count(failed).await), (0, 1));
    clinic.clock.step(Duration::seconds(5));
    dispatcher.run_once().await.expect("relayed");
    assert_eq!(mail_server.kinds(), ["Code"]);
}

/// 200 mails to a domain whose server hangs for 20 seconds: a hundred codes, a hundred confirmations.
#[tokio::test]
async fn a_slow_domain_does_not_hold_up_a_code_to_another() {
    let clinic = Clinic::open_with(10).await;
    let slow = patients_at_domain(&clinic, 200, "slow.example").await;
    let ravi = clinic.patient("Ravi").await;
    let free = clinic.free(clinic.doctor).await;
    for (n, who) in slow.iter().enumerate() {
        let id = clinic.hold(who, free[n / 10]).await.expect("held");
        if n % 2 == 0 {
            clinic.confirm(who, id).await.expect("confirmed");
        }
    }
    let mail_server = TestMailServer::slow("slow.example");
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(
        clinic.app_state.jobs.clone(),
        clinic.app_state.clock.clone(),
        stop.clone(),
    );
    server::jobs::start_dispatcher(&supervisor, &clinic.app_state, mail_server.dispatcher(&clinic));
    mail_server.until_waiting(1).await;
    clinic.hold(&ravi, free[30]).await.expect("held");
    time::until("his code has come", async || !mail_server.sent().is_empty()).await;
    assert_eq!(mail_server.sent()[0].to, "ravi@example.org", "while all others still wait");
    // Codes are sent first to the slow domain, too: the six messages being sent are codes.
    let taken =
        "select count(*) from notifications where state = 'waiting' and leased_until is not null
                 and template <> 'code'";
    assert_eq!(clinic.count(taken).await, 0);

    mail_server.0.answers.cancel();
    time::until("all have come", async || mail_server.sent().len() == 201).await;
    time::until("and are written down", async || clinic.count(WAITING).await == 0).await;
    stop.cancel();
    supervisor.finish(std::time::Duration::from_secs(25)).await;
    let most = mail_server.0.most.load(Ordering::SeqCst);
    assert!((1..=6).contains(&most), "{most} at once to one domain");
    let keys: BTreeSet<String> =
        mail_server.sent().into_iter().map(|message| message.key).collect();
    assert_eq!(keys.len(), 201, "each once");
    mail_server.assert_in_order();
}

#[tokio::test]
async fn stopping_in_the_middle_loses_nothing_and_sends_nothing_twice() {
    let clinic = Clinic::open_with(10).await;
    let patients = patients_at_domain(&clinic, 30, "example.org").await;
    let free = clinic.free(clinic.doctor).await;
    for (n, who) in patients.iter().enumerate() {
        clinic.hold(who, free[n / 10]).await.expect("held");
    }
    let mail_server = TestMailServer::slow("example.org");
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(
        clinic.app_state.jobs.clone(),
        clinic.app_state.clock.clone(),
        stop.clone(),
    );
    server::jobs::start_dispatcher(&supervisor, &clinic.app_state, mail_server.dispatcher(&clinic));
    mail_server.until_waiting(6).await;
    stop.cancel();
    let finishing = tokio::spawn(async move {
        supervisor.finish(std::time::Duration::from_secs(25)).await;
    });
    mail_server.0.answers.cancel();
    finishing.await.expect("finished");
    let sent = mail_server.sent().len();
    assert!(sent >= 6, "those on their way have arrived");
    let waiting = usize::try_from(clinic.count(WAITING).await).expect("a number");
    assert_eq!(sent + waiting, 30, "what was sent is written down");
    // After a restart the others are sent, also those that waited for a free delivery slot.
    clinic.clock.step(Duration::seconds(15));
    mail_server.dispatcher(&clinic).run_once().await.expect("relayed");
    let keys: BTreeSet<String> =
        mail_server.sent().into_iter().map(|message| message.key).collect();
    assert_eq!((keys.len(), mail_server.sent().len()), (30, 30));
}

/// With instant confirmation, the hold of a verified account makes no notification: the reader only moves on.
#[tokio::test]
async fn an_event_without_a_recipient_makes_no_notification() {
    let mut clinic = Clinic::open().await;
    clinic.app_state.settings.confirmation = Confirmation::Instant;
    let (known, new) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    sqlx::query("update accounts set email_verified_at = $1 where id = $2")
        .bind(clinic.clock.now())
        .bind(known.account.0)
        .execute(&clinic.pool)
        .await
        .expect("verified");
    let free = clinic.free(clinic.doctor).await;
    clinic.hold(&known, free[0]).await.expect("held");
    clinic.hold(&new, free[1]).await.expect("held");
    let mut maker = Maker::default();
    assert!(maker.run_once(&clinic.app_state).await.expect("made") >= 2);
    assert_eq!(maker.run_once(&clinic.app_state).await.expect("made"), 0);
    let made = "select count(*) from notifications";
    assert_eq!(clinic.count(made).await, 1, "only the hold of the account that is not known");
}
