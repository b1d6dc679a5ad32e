//! A request with an idempotency key has one effect, however often and wherever it is sent.

use chrono::Duration;
use futures::future::join_all;
use nadi::Failure;
use nadi::actor::SignedIn;
use nadi::appointment::{Refusal, State};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::SlotId;
use nadi::input::Code;
use nadi::ports::{Booked, Change, HoldRequest, Seen};

use crate::support::Clinic;

const KEYS: &str = "select count(*) from idempotency_keys";

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).expect("a key")
}

async fn hold(
    clinic: &Clinic,
    who: &SignedIn,
    slot: SlotId,
    name: &str,
) -> Result<Booked, Failure> {
    let wish = HoldRequest { slot, visit_type: None, person: None };
    clinic.ports.bookings.hold(&clinic.caller(who), &wish, Some(&key(name))).await
}

#[tokio::test]
async fn a_repeated_key_gets_the_first_answer() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let first = hold(&clinic, &asha, free[0], "k1").await.expect("held");
    clinic.confirm(&asha, first.id).await.expect("confirmed");
    assert_eq!(hold(&clinic, &asha, free[0], "k1").await, Ok(first.clone()), "as it was then");
    assert_eq!(first.state, State::Pending);
    assert_eq!(hold(&clinic, &asha, free[1], "k1").await, Err(Failure::KeyReused));
    assert_eq!(clinic.count("select count(*) from appointments").await, 1);

    // Keys belong to an account: the same key of another account is a different one.
    let ravi = clinic.patient("Ravi").await;
    let his = hold(&clinic, &ravi, free[1], "k1").await.expect("held");
    assert_ne!(his.id, first.id);

    // After the cancellation the answer is still the first one, and nothing is held again.
    clinic.change(&asha, first.id, &Change::Cancel { reason: None }).await.expect("cancelled");
    assert_eq!(hold(&clinic, &asha, free[0], "k1").await, Ok(first));
    assert!(clinic.free(clinic.doctor).await.contains(&free[0]));
}

#[tokio::test]
async fn a_repeated_key_gets_the_first_refusal() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let slot = clinic.free(clinic.doctor).await[0];
    let his = hold(&clinic, &ravi, slot, "his").await.expect("held");
    assert_eq!(hold(&clinic, &asha, slot, "hers").await, Err(Refusal::Taken.into()));
    clinic.change(&ravi, his.id, &Change::Cancel { reason: None }).await.expect("let go");
    assert_eq!(
        hold(&clinic, &asha, slot, "hers").await,
        Err(Refusal::Taken.into()),
        "once is once"
    );
    hold(&clinic, &asha, slot, "another").await.expect("another request");
}

#[tokio::test]
async fn a_wrong_code_sent_twice_uses_one_try() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let held = hold(&clinic, &asha, clinic.free(clinic.doctor).await[0], "k").await.expect("held");
    let right = clinic.app_state.code_key.code(held.id, 1);
    let wrong = if right == "00000000" { "11111111" } else { "00000000" };
    let confirm = async |code: &str, once: &IdempotencyKey| {
        let change = Change::Confirm { code: Some(Code::parse(code).expect("digits")) };
        let caller = clinic.caller(&asha);
        clinic.ports.bookings.change(&caller, held.id, &change, &Seen::Any, Some(once)).await
    };
    for _ in 0..3 {
        let refused = confirm(wrong, &key("c1")).await;
        assert_eq!(refused, Err(Refusal::WrongCode { tries_left: 4 }.into()));
    }
    assert_eq!(confirm(&right, &key("c1")).await, Err(Failure::KeyReused));
    // The key of a form is combined with its fields: a corrected form is another request.
    let form = IdempotencyKey::of_form("f1").expect("a key");
    let refused = confirm(wrong, &form).await;
    assert_eq!(refused, Err(Refusal::WrongCode { tries_left: 3 }.into()));
    let confirmed = confirm(&right, &form).await.expect("confirmed");
    assert_eq!(confirm(&right, &form).await, Ok(confirmed), "a double click");
    let told = "select count(*) from events where type = 'appointment.confirmed'";
    assert_eq!(clinic.count(told).await, 1);
}

#[tokio::test]
async fn concurrent_requests_with_one_key_have_one_effect() {
    let clinic = Clinic::open().await;
    let instances = [clinic.instance(10), clinic.instance(10)];
    let free = clinic.free(clinic.doctor).await;
    for (who, slot) in clinic.many_patients(9).await.iter().zip(&free) {
        let caller = clinic.caller(who);
        let wish = HoldRequest { slot: *slot, visit_type: None, person: None };
        let once = key("k");
        let asked = (0..16).map(|i| instances[i % 2].bookings.hold(&caller, &wish, Some(&once)));
        let answers = join_all(asked).await;
        let first = answers[0].as_ref().expect("held").clone();
        assert!(answers.iter().all(|answer| answer.as_ref() == Ok(&first)), "{answers:?}");

        let to = Change::Extend;
        let once = key("longer");
        let asked = (0..16).map(|i| {
            instances[i % 2].bookings.change(&caller, first.id, &to, &Seen::Any, Some(&once))
        });
        let answers = join_all(asked).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(answers[0].as_ref().map(|booked| booked.extensions), Ok(1));
    }
    assert_eq!(clinic.count("select count(*) from appointments").await, 9);
    clinic.assert_consistent().await;
}

/// While the first is still running, the second waits for PostgreSQL's lock timeout of a second, and no
/// answer is stored.
#[tokio::test]
async fn a_concurrent_request_with_the_same_key_gets_still_running() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let held = hold(&clinic, &asha, clinic.free(clinic.doctor).await[0], "k").await.expect("held");
    let mut blocker = clinic.pool.begin().await.expect("a transaction");
    sqlx::query("select from appointments for update")
        .execute(&mut *blocker)
        .await
        .expect("locked");
    let instance = clinic.instance_with_limits(4);
    let caller = clinic.caller(&asha);
    let once = key("longer");
    let extend =
        || instance.bookings.change(&caller, held.id, &Change::Extend, &Seen::Any, Some(&once));
    // The first request holds the key's lock and waits for the row; the second waits for the key's lock.
    let at_the_key = async {
        clinic.until_waiting(2).await;
        let advisory = "select count(*) from pg_stat_activity
                        where datname = current_database() and wait_event = 'advisory'";
        assert_eq!(clinic.count(advisory).await, 1);
    };
    let (first, second, ()) = tokio::join!(extend(), extend(), at_the_key);
    assert_eq!((first, second), (Err(Failure::StillRunning), Err(Failure::StillRunning)));
    assert_eq!(clinic.count(KEYS).await, 1, "only the hold's");
    blocker.rollback().await.expect("released");
    assert_eq!(extend().await.map(|booked| booked.extensions), Ok(1), "now it is done");
}

#[tokio::test]
async fn keys_are_deleted_after_a_day() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    hold(&clinic, &asha, free[0], "k").await.expect("held");
    let sweep =
        async || server::bookings::sweeper::forget_keys(&clinic.app_state).await.expect("swept");
    clinic.clock.step(Duration::hours(24));
    sweep().await;
    assert_eq!(clinic.count(KEYS).await, 1);
    clinic.clock.step(Duration::seconds(1));
    sweep().await;
    assert_eq!(clinic.count(KEYS).await, 0);
    hold(&clinic, &asha, free[20], "k").await.expect("a new request");
}
