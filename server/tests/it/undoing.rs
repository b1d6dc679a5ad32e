//! Undoing a check-in, a completion and a no-show, and what prevents it.

use chrono::Duration;
use nadi::Failure;
use nadi::actor::{Administers, SignedIn};
use nadi::appointment::{Command, Event, Refusal, State};
use nadi::ids::AppointmentId;
use nadi::ports::{Change, HoldRequest, ReviewForm, Seen};

use crate::support::{Clinic, LONG_VISIT};

const CLAIMS: &str = "select (select count(*) from seats) + (select count(*) from patient_times)";

/// A visit of two slots at ten that was marked as completed at ten past ten, with its patient and doctor.
async fn completed(clinic: &Clinic) -> (AppointmentId, SignedIn, SignedIn) {
    clinic.add_long_visit(2).await;
    let (asha, doctor) = (clinic.patient("Asha").await, clinic.doctor_account().await);
    let slot = clinic.free(clinic.doctor).await[0];
    let wish = HoldRequest { slot, visit_type: Some(LONG_VISIT), person: None };
    let id = clinic.hold_as(&asha, &wish).await.expect("held");
    clinic.confirm(&asha, id).await.expect("confirmed");
    clinic.clock.step(Duration::minutes(70));
    clinic.change(&doctor, id, &Change::Complete).await.expect("completed");
    (id, asha, doctor)
}

#[tokio::test]
async fn check_ins_completions_and_no_shows_are_undone_one_by_one() {
    let clinic = Clinic::open().await;
    let (asha, doctor) = (clinic.patient("Asha").await, clinic.doctor_account().await);
    let administers = Administers::Clinics(vec![clinic.clinic]);
    let administrator = SignedIn { administers, ..clinic.patient("Administrator").await };
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let state = async |who: &SignedIn, change: Change| {
        clinic.change(who, id, &change).await.map(|booked| booked.state)
    };
    assert_eq!(state(&doctor, Change::Reopen).await, Err(Refusal::NothingToUndo.into()));
    assert_eq!(state(&doctor, Change::CheckIn).await, Ok(State::CheckedIn));
    assert_eq!(state(&asha, Change::Reopen).await, Err(Refusal::NotYours.into()));
    assert_eq!(state(&doctor, Change::Reopen).await, Ok(State::Confirmed));
    assert_eq!(clinic.count(CLAIMS).await, 2);
    assert_eq!(state(&doctor, Change::CheckIn).await, Ok(State::CheckedIn));
    let early = state(&doctor, Change::Complete).await;
    assert_eq!(early, Err(Refusal::TooEarly.into()), "here, but it is not ten yet");

    clinic.clock.step(Duration::minutes(70));
    assert_eq!(state(&doctor, Change::Complete).await, Ok(State::Completed));
    assert_eq!(clinic.count(CLAIMS).await, 0);
    let seen = clinic.ports.bookings.appointment(&clinic.caller(&doctor), id).await.expect("seen");
    assert_eq!(seen.open_to, [Command::Reopen]);
    assert_eq!(state(&administrator, Change::Reopen).await, Ok(State::CheckedIn));
    assert_eq!(clinic.count(CLAIMS).await, 2, "seat and time are claimed again");
    clinic.assert_consistent().await;
    assert_eq!(state(&doctor, Change::Reopen).await, Ok(State::Confirmed));
    assert_eq!(state(&doctor, Change::MarkNoShow).await, Ok(State::NoShow));
    assert_eq!(state(&doctor, Change::Complete).await, Ok(State::Completed));
    assert_eq!(state(&doctor, Change::Reopen).await, Ok(State::NoShow));
    assert_eq!(state(&doctor, Change::Reopen).await, Ok(State::Confirmed));
    assert_eq!(clinic.count(CLAIMS).await, 2);
    clinic.assert_consistent().await;

    let seen = clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("seen");
    let undone: Vec<Option<State>> = seen
        .history
        .iter()
        .filter(|entry| entry.event == Event::Reopened)
        .map(|entry| entry.undone)
        .collect();
    let expected =
        [State::CheckedIn, State::Completed, State::CheckedIn, State::Completed, State::NoShow];
    assert_eq!(undone, expected.map(Some));
    while clinic.dispatcher().run_once().await.expect("delivered") > 0 {}
    let dead = clinic.count("select count(*) from notifications where state <> 'delivered'").await;
    assert_eq!(dead, 0, "nobody is told, and nothing is set aside");
}

#[tokio::test]
async fn undoing_does_not_take_a_slot_booked_by_somebody_else() {
    let clinic = Clinic::open().await;
    let (id, _, doctor) = completed(&clinic).await;
    let ravi = clinic.patient("Ravi").await;
    // The second slot of the visit, from twenty past ten.
    let second = clinic.free(clinic.doctor).await[0];
    let held = clinic.hold(&ravi, second).await.expect("free since the visit is over");
    let undone = clinic.change(&doctor, id, &Change::Reopen).await;
    assert_eq!(undone, Err(Refusal::TimeGivenAway.into()));
    let seen = clinic.ports.bookings.appointment(&clinic.caller(&doctor), id).await.expect("seen");
    assert!(seen.open_to.is_empty(), "{:?}", seen.open_to);
    assert_eq!(clinic.state(held).await, "pending");

    // A lapsed hold does not prevent it.
    clinic.clock.step(Duration::minutes(6));
    clinic.change(&doctor, id, &Change::Reopen).await.expect("undone");
    assert_eq!(clinic.state(held).await, "expired");
    assert_eq!(clinic.state(id).await, "confirmed");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn undoing_does_not_put_a_person_in_two_places_at_once() {
    let clinic = Clinic::open().await;
    let other = clinic.add_doctor("ravi-menon").await;
    let (id, asha, doctor) = completed(&clinic).await;
    let elsewhere = clinic.free(other).await[0];
    let second = clinic.book(&asha, elsewhere).await;
    let undone = clinic.change(&doctor, id, &Change::Reopen).await;
    assert_eq!(undone, Err(Refusal::PersonBusy.into()));
    clinic.assert_consistent().await;
    let reason = Some("Mistake".to_owned());
    let administers = Administers::Clinics(vec![clinic.clinic]);
    let administrator = SignedIn { administers, ..clinic.patient("Administrator").await };
    clinic.change(&administrator, second, &Change::Cancel { reason }).await.expect("cancelled");
    clinic.change(&doctor, id, &Change::Reopen).await.expect("undone");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_completion_is_undone_on_its_day_only() {
    let clinic = Clinic::open().await;
    let (id, _, doctor) = completed(&clinic).await;
    // It is ten past ten in Kolkata: the day ends in thirteen hours and fifty minutes.
    clinic.clock.step(Duration::minutes(13 * 60 + 50));
    let late = clinic.change(&doctor, id, &Change::Reopen).await;
    assert_eq!(late, Err(Refusal::TooLateToUndo.into()));
    clinic.clock.step(-Duration::seconds(1));
    clinic.change(&doctor, id, &Change::Reopen).await.expect("on its last second");
}

#[tokio::test]
async fn a_reviewed_visit_is_reopened_only_after_its_review_is_withdrawn() {
    let clinic = Clinic::open().await;
    let (id, asha, doctor) = completed(&clinic).await;
    let reviews = &clinic.ports.reviews;
    let form = ReviewForm { stars: Some(4), text: "Calm.".into(), anonymous: false };
    let caller = clinic.caller(&asha);
    reviews.write(&caller, id, &form, None).await.expect("written");
    let undone = clinic.change(&doctor, id, &Change::Reopen).await;
    assert_eq!(undone, Err(Refusal::HasReview.into()));
    reviews.withdraw(&caller, id, &Seen::Any).await.expect("withdrawn");
    clinic.change(&doctor, id, &Change::Reopen).await.expect("undone");
    let early = reviews.write(&caller, id, &form, None).await;
    assert_eq!(early, Err(Refusal::NotCompleted.into()));
}

/// Writing a review and reopening its visit exclude each other: the review waits for the transaction that reopens.
#[tokio::test]
async fn a_review_waits_for_a_visit_being_reopened() {
    let clinic = Clinic::open().await;
    let (id, asha, _) = completed(&clinic).await;
    let mut undoing = clinic.pool.begin().await.expect("a transaction");
    sqlx::query("select from appointments where id = $1 for update")
        .bind(id.0)
        .execute(&mut *undoing)
        .await
        .expect("locked");
    let (reviews, caller) = (clinic.instance(2).reviews, clinic.caller(&asha));
    let form = ReviewForm { stars: Some(5), text: String::new(), anonymous: false };
    let writing = tokio::spawn(async move { reviews.write(&caller, id, &form, None).await });
    clinic.until_waiting(1).await;
    sqlx::query("update appointments set state = 'confirmed' where id = $1")
        .bind(id.0)
        .execute(&mut *undoing)
        .await
        .expect("undone");
    undoing.commit().await.expect("committed");
    let written = writing.await.expect("an answer");
    assert_eq!(written, Err(Failure::Refused(Refusal::NotCompleted)));
}
