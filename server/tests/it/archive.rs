//! Appointments that ended long ago are moved to the archive and can be read as before.

use std::collections::BTreeSet;

use chrono::Duration;
use nadi::Failure;
use nadi::appointment::Refusal;
use nadi::ids::AppointmentId;
use nadi::ports::{AppointmentQuery, Change, Period, Whose};
use server::bookings::archive;
use server::bookings::archive::Archived;

use crate::support::Clinic;

#[tokio::test]
async fn appointments_are_archived_after_half_a_year_and_still_shown() {
    let clinic = Clinic::open().await;
    let doctor = clinic.doctor_account().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let confirmed = clinic.book(&asha, free[0]).await;
    let completed = clinic.book(&asha, free[1]).await;
    let cancelled = clinic.book(&asha, free[2]).await;
    let cancel = Change::Cancel { reason: None };
    clinic.change(&asha, cancelled, &cancel).await.expect("cancelled");
    clinic.clock.step(Duration::hours(3));
    clinic.change(&doctor, completed, &Change::Complete).await.expect("completed");
    let view = async |id: AppointmentId| {
        clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("seen")
    };
    let before = (view(completed).await, view(cancelled).await);

    clinic.clock.step(Duration::days(180));
    assert_eq!(
        archive::run_once(&clinic.app_state).await.expect("ran"),
        Archived::default(),
        "not yet"
    );
    clinic.clock.step(Duration::days(5));
    let (a, b) =
        tokio::join!(archive::run_once(&clinic.app_state), archive::run_once(&clinic.app_state));
    assert_eq!(a.expect("ran").appointments + b.expect("ran").appointments, 2, "each once");
    assert_eq!(clinic.count("select count(*) from appointments").await, 1, "nobody completed it");
    assert_eq!(clinic.count("select count(*) from archived_appointments").await, 2);

    // The page, the list and the count include all three, each once.
    let after = (view(completed).await, view(cancelled).await);
    assert_eq!((after.0.state, after.1.state), (before.0.state, before.1.state));
    assert_eq!((after.0.history, after.1.history), (before.0.history, before.1.history));
    let past = AppointmentQuery { period: Some(Period::Past), ..AppointmentQuery::of(Whose::Mine) };
    let page = clinic.ports.bookings.list(&clinic.caller(&asha), &past).await.expect("a list");
    let ids: BTreeSet<_> = page.items.iter().map(|item| item.id).collect();
    assert_eq!((page.total, ids), (3, [confirmed, completed, cancelled].into()));
    let whose = AppointmentQuery::of(Whose::OfDoctor(clinic.doctor));
    let page = clinic.ports.bookings.list(&clinic.caller(&doctor), &whose).await.expect("a list");
    assert_eq!(page.total, 2, "the one that stands and the one that took place");

    // An archived appointment cannot be changed any more, but a change that would have no effect still succeeds.
    clinic.change(&asha, cancelled, &cancel).await.expect("it is cancelled");
    clinic.change(&doctor, completed, &Change::Complete).await.expect("it is completed");
    let late = clinic.change(&doctor, cancelled, &Change::Complete).await;
    assert_eq!(late, Err(Refusal::AlreadyCancelled.into()));
    let stranger = clinic.patient("Ravi").await;
    assert_eq!(clinic.change(&stranger, cancelled, &cancel).await, Err(Failure::NotFound));
}

/// A list that is read while rows are moved to the archive contains each of them once.
#[tokio::test]
async fn a_list_read_during_archiving_has_each_appointment_once() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let cancel = Change::Cancel { reason: None };
    for slot in free.iter().take(20) {
        let id = clinic.hold(&asha, *slot).await.expect("held");
        clinic.change(&asha, id, &cancel).await.expect("released");
    }
    clinic.clock.step(Duration::days(240));
    let ports = clinic.instance(2);
    let query = AppointmentQuery { page_size: 100, ..AppointmentQuery::of(Whose::Mine) };
    let moving = async {
        while clinic.count("select count(*) from appointments").await > 0 {
            sqlx::query("select archive_appointments($1, $2, 1)")
                .bind(server::clock::Clock::now(&clinic.clock) - Duration::days(200))
                .bind(uuid::Uuid::nil())
                .execute(&clinic.pool)
                .await
                .expect("moved one");
        }
    };
    let reading = async {
        for _ in 0..40 {
            let page = ports.bookings.list(&clinic.caller(&asha), &query).await.expect("a list");
            let ids: BTreeSet<_> = page.items.iter().map(|item| item.id).collect();
            assert_eq!((page.total, page.items.len(), ids.len()), (20, 20, 20));
        }
    };
    tokio::join!(moving, reading);
}

/// Slots older than two years are deleted, except those with a booking.
#[tokio::test]
async fn slots_without_a_booking_are_deleted_after_two_years() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    clinic.book(&asha, free[0]).await;
    let slots = clinic.count("select count(*) from slots").await;
    clinic.clock.step(Duration::days(720));
    assert_eq!(archive::run_once(&clinic.app_state).await.expect("ran").times, 0, "not yet");
    clinic.clock.step(Duration::days(60));
    let archived = archive::run_once(&clinic.app_state).await.expect("ran");
    assert_eq!(i64::try_from(archived.times).expect("few"), slots - 1);
    assert_eq!(clinic.count("select count(*) from slots").await, 1);
    assert_eq!(clinic.count("select count(*) from blocks").await, 1);
    clinic.assert_consistent().await;
}
