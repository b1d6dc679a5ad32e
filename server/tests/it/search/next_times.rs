//! The stored next free times: they follow every change of free times, and a hold never relies on them.

use chrono::Duration;
use nadi::ids::DoctorId;
use nadi::ports::{Change, DoctorQuery};
use server::bookings::sweeper;
use server::directory::index_updater;
use server::directory::store::search::{
    self as search_store, SearchStrategies, StartAfter, Wanted,
};
use server::events::live::Listener;
use server::schedules::top_up;

use super::{clinic_with_four_doctors, find, update_doctor};
use crate::support::Clinic;

/// A doctor's stored next free times.
async fn stored_next_times(clinic: &Clinic, doctor: DoctorId) -> Vec<i64> {
    sqlx::query_scalar("select unnest(slots) from next_times where doctor_id = $1")
        .bind(doctor.0)
        .fetch_all(&clinic.pool)
        .await
        .expect("kept times")
}

/// Fails unless the stored times are the first eight free ones.
async fn assert_next_times_current(clinic: &Clinic, doctor: DoctorId, when: &str) {
    let free: Vec<i64> = clinic.free(doctor).await.iter().map(|slot| slot.0).take(8).collect();
    let kept = stored_next_times(clinic, doctor).await;
    // Each booking removes one stored time. More are added only when few are left.
    assert!(
        kept.len() >= free.len().min(4) && free.starts_with(&kept),
        "{when}: {kept:?} of {free:?}"
    );
}

#[tokio::test]
async fn next_times_follow_every_change_of_free_times() {
    let clinic = Clinic::open().await;
    let doctor = clinic.doctor;
    assert_next_times_current(&clinic, doctor, "at first").await;
    let who = clinic.patient("Asha Rao").await;
    let first = clinic.free(doctor).await[0];
    let follower = tokio::sync::Mutex::new(index_updater::Follower::default());
    let noted =
        || async { follower.lock().await.run_once(&clinic.app_state).await.expect("followed") };

    let held = clinic.hold(&who, first).await.expect("held");
    // The page is correct even before the job has run.
    let card = find(&clinic, DoctorQuery::default()).await.page.items.remove(0);
    assert!(card.next_times.iter().all(|time| time.slot != first));
    noted().await;
    assert_next_times_current(&clinic, doctor, "after a hold").await;

    clinic.clock.step(Duration::minutes(6));
    sweeper::run_once(&clinic.app_state).await.expect("swept");
    noted().await;
    assert_next_times_current(&clinic, doctor, "after it lapsed").await;
    assert_eq!(stored_next_times(&clinic, doctor).await[0], first.0);
    assert_eq!(clinic.state(held).await, "expired");

    // More than an hour from now, so that it can still be cancelled.
    let fourth = clinic.free(doctor).await[3];
    let booked = clinic.book(&who, fourth).await;
    noted().await;
    assert_next_times_current(&clinic, doctor, "after a booking").await;
    clinic.change(&who, booked, &Change::Cancel { reason: None }).await.expect("cancelled");
    noted().await;
    assert_next_times_current(&clinic, doctor, "after it was cancelled").await;

    // Times that have passed are left out on reading, then removed, and then replaced.
    clinic.clock.step(Duration::hours(2));
    let card = find(&clinic, DoctorQuery::default()).await.page.items.remove(0);
    assert!(card.next_times.iter().all(|time| time.starts_at > clinic.visitor().now));
    index_updater::run_once(&clinic.app_state).await.expect("listed");
    assert_next_times_current(&clinic, doctor, "after some have passed and most are left").await;

    // When the rule ends, the job that makes times withdraws the rest.
    sqlx::query("update availability_rules set effective_until = '2026-11-25'")
        .execute(&clinic.pool)
        .await
        .expect("ended");
    sqlx::query("update schedules set stale = true").execute(&clinic.pool).await.expect("stale");
    top_up::run_once(&clinic.app_state).await.expect("times");
    noted().await;
    index_updater::look(&clinic.app_state, true).await.expect("looked");
    assert_next_times_current(&clinic, doctor, "after hours that end").await;
    let thursday =
        find(&clinic, DoctorQuery { date: "2026-11-26".parse().ok(), ..DoctorQuery::default() });
    assert_eq!(thursday.await.page.total, 0);
}

#[tokio::test]
async fn next_times_follow_other_instances_and_concurrent_jobs() {
    let clinic = Clinic::open().await;
    let doctor = clinic.doctor;
    let mut listener = Listener::default();
    listener.run_once(&clinic.app_state).await.expect("listened");
    let who = clinic.patient("Asha Rao").await;
    let elsewhere = clinic.instance(5);
    let first = clinic.free(doctor).await[0];
    let wish = nadi::ports::HoldRequest { slot: first, visit_type: None, person: None };
    elsewhere.bookings.hold(&clinic.caller(&who), &wish, None).await.expect("held");
    assert_eq!(stored_next_times(&clinic, doctor).await[0], first.0, "not heard of yet");
    listener.run_once(&clinic.app_state).await.expect("listened");
    index_updater::Follower::default().run_once(&clinic.app_state).await.expect("followed");
    assert_next_times_current(&clinic, doctor, "heard").await;

    sqlx::query(
        "update next_times set look_at = '2020-01-01', slots = '{}', starts = '{}', closes = '{}'",
    )
    .execute(&clinic.pool)
    .await
    .expect("spoiled");
    let (a, b, c) = tokio::join!(
        index_updater::run_once(&clinic.app_state),
        index_updater::run_once(&clinic.app_state),
        index_updater::look(&clinic.app_state, true)
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_next_times_current(&clinic, doctor, "two at once").await;
}

#[tokio::test]
async fn outdated_next_times_never_lead_to_a_double_booking() {
    let clinic = Clinic::open().await;
    let first = clinic.free(clinic.doctor).await[0];
    clinic.book(&clinic.patient("Asha Rao").await, first).await;
    // No job runs: the slot is still among the stored next times.
    assert_eq!(stored_next_times(&clinic, clinic.doctor).await[0], first.0);
    let late = clinic.patient("João Silva").await;
    assert!(clinic.hold(&late, first).await.is_err(), "the hold decides");
    let card = find(&clinic, DoctorQuery::default()).await.page.items.remove(0);
    assert!(card.next_times.iter().all(|time| time.slot != first), "and no page offers it");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn filter_bits_of_next_times_follow_the_doctors_languages() {
    let (clinic, _, _) = clinic_with_four_doctors().await;
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let all = StartAfter { rank: -1, doctor: uuid::Uuid::nil(), offset: 0, limit: 100 };
    let speaking = async |connection: &mut sqlx::PgConnection, language: &str| {
        let wanted = Wanted { language: Some(language.into()), ..Wanted::default() };
        // Walks the stored times in order and never starts from the documents.
        let walking = SearchStrategies::gathering(-1);
        let found =
            search_store::search(connection, &walking, &wanted, all, clinic.visitor().now).await;
        found.expect("an answer").iter().any(|found| found.doctor_id == clinic.doctor.0)
    };
    assert!(!speaking(&mut connection, "português").await);
    update_doctor(
        &clinic,
        clinic.doctor,
        "update doctors set languages = array['English', 'Português'] where id = $1",
    )
    .await;
    assert!(speaking(&mut connection, "portugues").await, "learned");
    // A booking renews the stored times but not the document. Deleting them makes new rows.
    let first = clinic.free(clinic.doctor).await[0];
    let who = clinic.patient("Ravi Iyer").await;
    clinic.book(&who, first).await;
    index_updater::run_once(&clinic.app_state).await.expect("listed");
    assert!(speaking(&mut connection, "PORTUGUÊS").await, "and a booking changes nothing");
    sqlx::query("delete from next_times").execute(&mut *connection).await.expect("gone");
    index_updater::run_once(&clinic.app_state).await.expect("listed");
    assert!(speaking(&mut connection, "português").await, "nor do rows that are made anew");
    update_doctor(
        &clinic,
        clinic.doctor,
        "update doctors set languages = array['English'] where id = $1",
    )
    .await;
    assert!(!speaking(&mut connection, "português").await, "forgotten");
    let differing: i64 = sqlx::query_scalar(
        "select count(*) from next_times t join listings l using (doctor_id) where t.traits <> l.traits",
    )
    .fetch_one(&mut *connection)
    .await
    .expect("a number");
    assert_eq!(differing, 0);
}
