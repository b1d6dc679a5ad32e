//! Messages about accounts: sent once, kept no longer than needed, and not sent when they are of no use any more.

use chrono::Duration;
use nadi::ids::AccountId;
use nadi::notification_rules::{AccountTemplate, SignInChange};
use nadi::ports::MessageFailure;
use serde_json::json;
use server::clock::Clock;
use server::notifications;
use server::notifications::account_messages::{AccountMessage, queue};
use server::notifications::store;
use server::notifications::store::{Claimed, Lease};
use sqlx::PgConnection;

use super::{OVERTAKEN, WAITING};
use crate::support::Clinic;
use crate::support::sign_ins::{PASSWORD, email, registration};

const KEPT: &str = "select count(*) from notifications where address is not null or data <> '{}'";

/// Queues a message about a change of the sign-in.
async fn queue_change(clinic: &Clinic, account: AccountId, event: i64, what: SignInChange) {
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let message = AccountMessage {
        subject: account.0,
        version: 0,
        recipient: account.0,
        template: AccountTemplate::SignInChanged,
        address: "asha@example.org",
        locale: "en",
        data: json!({ "what": what.as_str() }),
    };
    queue(&mut connection, event, &message, clinic.clock.now()).await.expect("queued");
}

async fn register(clinic: &Clinic) -> nadi::ports::ProofToken {
    let new = registration("Mira Naik", "mira@example.org", PASSWORD);
    clinic.ports.sign_in.register(&clinic.visitor(), new).await.expect("a code is sent")
}

#[tokio::test]
async fn a_code_is_sent_once_to_the_address_and_forgotten() {
    let clinic = Clinic::open().await;
    register(&clinic).await;
    let dispatcher = clinic.dispatcher();
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 1);
    assert_eq!(dispatcher.run_once().await.expect("relayed"), 0);
    let sent = clinic.messages.sent.lock().expect("not poisoned").clone();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "mira@example.org");
    assert!(sent[0].body.contains("nadi.example"), "{}", sent[0].body);
    assert_eq!(clinic.count(KEPT).await, 0, "neither address nor data");
}

#[tokio::test]
async fn a_code_that_was_replaced_used_or_has_expired_is_not_sent() {
    let clinic = Clinic::open().await;
    let sign_in = &clinic.ports.sign_in;
    let replaced = register(&clinic).await;
    sign_in.send_code_again(&clinic.visitor(), &replaced).await.expect("queued");
    clinic.dispatcher().run_once().await.expect("relayed");
    assert_eq!(clinic.messages.sent.lock().expect("not poisoned").len(), 1, "only the second");
    assert_eq!(clinic.count(OVERTAKEN).await, 1);
    let code = clinic.mailed_code("mira@example.org").await;
    clinic.check_code(&replaced, &code).await.expect("the second counts");

    // The mail server was down for a while.
    let expired = sign_in.send_code(&clinic.visitor(), &email("ravi@example.org"), "en").await;
    expired.expect("queued");
    clinic.clock.step(Duration::minutes(16));
    clinic.dispatcher().run_once().await.expect("relayed");
    assert_eq!(clinic.messages.sent.lock().expect("not poisoned").len(), 1);
    assert_eq!(clinic.count(WAITING).await, 0);
}

#[tokio::test]
async fn a_message_that_fails_for_good_is_set_aside_and_can_be_sent_later() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    queue_change(&clinic, asha.account, 1, SignInChange::Password).await;
    *clinic.messages.failure.lock().expect("not poisoned") =
        Some(MessageFailure::Temporary("busy".into()));
    let dispatcher = clinic.dispatcher();
    for _ in 0..30 {
        dispatcher.run_once().await.expect("relayed");
        clinic.clock.step(Duration::minutes(10));
    }
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let dead = notifications::dead(&mut connection, 10).await.expect("a list");
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].template.as_str(), dead[0].attempts), ("sign_in_changed", 8));

    *clinic.messages.failure.lock().expect("not poisoned") = None;
    let now = clinic.clock.now();
    notifications::requeue(&mut connection, None, now).await.expect("requeued");
    dispatcher.run_once().await.expect("relayed");
    let sent = clinic.messages.sent.lock().expect("not poisoned").clone();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "asha@example.org");
}

#[tokio::test]
async fn what_was_given_up_is_forgotten_and_a_code_at_once() {
    let clinic = Clinic::open().await;
    register(&clinic).await;
    let asha = clinic.patient("Asha").await;
    queue_change(&clinic, asha.account, 1, SignInChange::Password).await;
    *clinic.messages.failure.lock().expect("not poisoned") =
        Some(MessageFailure::Permanent("no such mailbox".into()));
    clinic.dispatcher().run_once().await.expect("relayed");
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    assert_eq!(notifications::dead(&mut connection, 10).await.expect("a list").len(), 2);
    assert_eq!(clinic.count(KEPT).await, 1, "only what can be sent later");

    // A code is not sent later: it would be too late.
    *clinic.messages.failure.lock().expect("not poisoned") = None;
    let subject = "select subject_id from notifications where template = 'account_code'";
    let subject = sqlx::query_scalar(subject).fetch_one(&clinic.pool).await.expect("a proof");
    let now = clinic.clock.now();
    let again = notifications::requeue(&mut connection, Some(subject), now).await;
    assert_eq!(again.expect("requeued"), 1);
    clinic.dispatcher().run_once().await.expect("relayed");
    assert!(clinic.messages.sent.lock().expect("not poisoned").is_empty());

    clinic.clock.step(Duration::days(30));
    assert_eq!(notifications::forget(&clinic.app_state).await.expect("an answer"), 0);
    clinic.clock.step(Duration::minutes(1));
    assert_eq!(notifications::forget(&clinic.app_state).await.expect("an answer"), 1);
    assert_eq!(clinic.count(KEPT).await, 0);
}

#[tokio::test]
async fn changes_of_the_sign_in_do_not_replace_each_other() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    for (event, what) in (1..).zip(SignInChange::ALL) {
        queue_change(&clinic, asha.account, event, what).await;
    }
    let dispatcher = clinic.dispatcher();
    for _ in 0..3 {
        dispatcher.run_once().await.expect("relayed");
        // There are more of them than one domain gets at once: the rest waits.
        clinic.clock.step(Duration::seconds(20));
    }
    let sent = clinic.messages.sent.lock().expect("not poisoned").clone();
    assert_eq!(sent.len(), SignInChange::ALL.len());
    let link = "https://nadi.example/sign-in/forgot";
    assert!(sent.iter().all(|message| message.body.contains(link)));
}

/// While both releases run, the one before may claim a message that it does not know, and gives it up.
#[tokio::test]
async fn a_message_given_up_by_the_release_before_is_sent_by_this_one() {
    let clinic = Clinic::open().await;
    register(&clinic).await;
    let given_up = "update notifications set state = 'dead', attempts = 1,
                           last_failure = 'permanent: unknown template account_code'";
    sqlx::query(given_up).execute(&clinic.pool).await.expect("given up");
    clinic.dispatcher().run_once().await.expect("relayed");
    assert_eq!(clinic.messages.sent.lock().expect("not poisoned").len(), 1);

    // One that failed for another reason stays where it is.
    clinic
        .ports
        .sign_in
        .send_code(&clinic.visitor(), &email("ravi@example.org"), "en")
        .await
        .expect("queued");
    let refused =
        "update notifications set state = 'dead', last_failure = 'permanent: no such mailbox'
                   where state = 'waiting'";
    sqlx::query(refused).execute(&clinic.pool).await.expect("refused");
    clinic.dispatcher().run_once().await.expect("relayed");
    assert_eq!(clinic.messages.sent.lock().expect("not poisoned").len(), 1);
}

/// A code to sign in is as urgent as that of a hold.
#[tokio::test]
async fn codes_are_claimed_before_other_messages() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    queue_change(&clinic, asha.account, 1, SignInChange::Password).await;
    clinic.clock.step(Duration::seconds(1));
    register(&clinic).await;
    let now = clinic.clock.now();
    let lease = Lease { now, until: now + Duration::seconds(30) };
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let templates = |claimed: Vec<Claimed>| -> Vec<String> {
        claimed.into_iter().map(|one| one.template).collect()
    };
    let codes = store::claim_codes(&mut connection, lease, 10).await.expect("claimed");
    assert_eq!(templates(codes), ["account_code"]);
    let others = store::claim_others(&mut connection, lease, 10).await.expect("claimed");
    assert_eq!(templates(others), ["sign_in_changed"]);

    let park =
        "update notifications set leased_until = null, parked_for = 'example.org', due_at = $1";
    sqlx::query(park).bind(now).execute(&clinic.pool).await.expect("parked");
    let claim = async |connection: &mut PgConnection, only_codes| {
        let claimed = store::claim_parked(connection, lease, 1, "example.org", only_codes).await;
        templates(claimed.expect("claimed"))
    };
    assert_eq!(claim(&mut connection, false).await, ["account_code"]);
    assert_eq!(claim(&mut connection, true).await, [""; 0]);
    assert_eq!(claim(&mut connection, false).await, ["sign_in_changed"]);
}
