//! Holding, confirming and cancelling an appointment.

use chrono::Duration;
use nadi::actor::Administers;
use nadi::appointment::{Refusal, State};
use nadi::input::Code;
use nadi::ports::{AppointmentQuery, Change, Period, Seen, Whose};
use nadi::{Failure, Field, Problem};

use crate::support::{Clinic, NewDoctor};

const ACTIVE_CLAIMS: &str = "select count(*) from seats";
const EVENTS: &str = "select count(*) from events where type like 'appointment.%'";

#[tokio::test]
async fn a_time_is_held_confirmed_and_cancelled() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha Rao").await;
    let slot = clinic.free(clinic.doctor).await[0];

    let id = clinic.hold(&asha, slot).await.expect("held");
    assert_eq!(clinic.state(id).await, "pending");
    assert!(!clinic.free(clinic.doctor).await.contains(&slot), "no longer offered");

    clinic.confirm(&asha, id).await.expect("confirmed");
    clinic.confirm(&asha, id).await.expect("again, as after a double click");
    assert_eq!(clinic.state(id).await, "confirmed");
    clinic.clock.step(Duration::minutes(6));
    assert!(!clinic.free(clinic.doctor).await.contains(&slot), "confirmed does not lapse");

    clinic.clock.step(Duration::days(-1));
    let caller = clinic.caller(&asha);
    let view = clinic.ports.bookings.appointment(&caller, id).await.expect("visible");
    assert_eq!((view.state, view.version), (State::Confirmed, 2));
    let cancel = Change::Cancel { reason: None };
    let cancel_seeing = async |version| {
        clinic.ports.bookings.change(&caller, id, &cancel, &Seen::version(version), None).await
    };
    assert_eq!(cancel_seeing(1).await, Err(Failure::Stale));
    cancel_seeing(2).await.expect("cancelled");
    cancel_seeing(2).await.expect("again");
    assert!(clinic.free(clinic.doctor).await.contains(&slot), "offered again");

    assert_eq!(clinic.count(ACTIVE_CLAIMS).await, 0);
    assert_eq!(clinic.count("select count(*) from patient_times").await, 0);
    let told: Vec<String> =
        sqlx::query_scalar("select type from events where type like 'appointment.%' order by id")
            .fetch_all(&clinic.pool)
            .await
            .expect("events");
    assert_eq!(told, ["appointment.held", "appointment.confirmed", "appointment.cancelled"]);
}

#[tokio::test]
async fn an_expired_hold_is_free_at_once_without_the_sweeper() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let slot = clinic.free(clinic.doctor).await[0];
    let first = clinic.hold(&asha, slot).await.expect("held");

    clinic.clock.step(Duration::minutes(5) - Duration::milliseconds(1));
    assert_eq!(clinic.hold(&ravi, slot).await, Err(Refusal::Taken.into()));
    clinic.clock.step(Duration::milliseconds(1));
    let second = clinic.hold(&ravi, slot).await.expect("free at that instant");
    assert_eq!(clinic.state(first).await, "expired");
    let late = clinic.confirm(&asha, first).await;
    assert_eq!(late, Err(Refusal::HoldExpired.into()));
    clinic.confirm(&ravi, second).await.expect("the new owner");
    let expired = "select count(*) from events where type = 'appointment.expired'";
    assert_eq!(clinic.count(expired).await, 1, "expiry is told too");
}

#[tokio::test]
async fn the_sweeper_only_records_expired_holds() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let slot = clinic.free(clinic.doctor).await[0];
    let id = clinic.hold(&asha, slot).await.expect("held");
    let sweep =
        async || server::bookings::sweeper::run_once(&clinic.app_state).await.expect("swept");
    assert_eq!(sweep().await, 0, "it still runs");
    clinic.clock.step(Duration::minutes(5));
    assert_eq!(sweep().await, 1);
    assert_eq!(sweep().await, 0, "twice is fine");
    assert_eq!(clinic.state(id).await, "expired");
    assert_eq!(clinic.count(ACTIVE_CLAIMS).await, 0);
}

#[tokio::test]
async fn five_wrong_codes_need_a_new_code() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let right = clinic.app_state.code_key.code(id, 1);
    let wrong =
        Code::parse(if right == "00000000" { "00000001" } else { "00000000" }).expect("digits");
    let confirm = async |code: &Code| {
        clinic.change(&asha, id, &Change::Confirm { code: Some(code.clone()) }).await
    };
    for tries_left in [4, 3, 2, 1] {
        assert_eq!(confirm(&wrong).await, Err(Refusal::WrongCode { tries_left }.into()));
    }
    let fifth = confirm(&wrong).await;
    assert_eq!(fifth, Err(Refusal::CodeSpent.into()));
    let right = Code::parse(&right).expect("digits");
    let too_late = confirm(&right).await;
    assert_eq!(too_late, Err(Refusal::CodeSpent.into()));

    clinic.change(&asha, id, &Change::SendCode { contact: None }).await.expect("a new code");
    let old = confirm(&right).await;
    assert_eq!(old, Err(Refusal::WrongCode { tries_left: 4 }.into()));
    clinic.confirm(&asha, id).await.expect("the new code counts");
}

#[tokio::test]
async fn a_repeated_hold_returns_the_same_appointment() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let slot = clinic.free(clinic.doctor).await[0];
    let id = clinic.hold(&asha, slot).await.expect("held");
    clinic.clock.step(Duration::minutes(2));
    assert_eq!(clinic.hold(&asha, slot).await, Ok(id));
    assert_eq!(clinic.count(EVENTS).await, 1, "one hold, one code");
    clinic.confirm(&asha, id).await.expect("confirmed");
    assert_eq!(clinic.hold(&asha, slot).await, Ok(id), "Back and again leads to what is booked");
}

#[tokio::test]
async fn holding_another_slot_of_the_same_doctor_releases_the_first() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let first = clinic.hold(&asha, free[0]).await.expect("held");
    let second = clinic.hold(&asha, free[1]).await.expect("held instead");
    assert_eq!(clinic.state(first).await, "cancelled");
    assert_eq!(clinic.count(ACTIVE_CLAIMS).await, 1);
    clinic.confirm(&asha, second).await.expect("confirmed");
    let third = clinic.hold(&asha, free[2]).await.expect("beside a confirmed one");
    assert_eq!(clinic.state(second).await, "confirmed", "a confirmed one is never released");
    assert_eq!(clinic.state(third).await, "pending");
}

#[tokio::test]
async fn a_refused_hold_releases_nothing() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let free = clinic.free(clinic.doctor).await;
    let own = clinic.hold(&asha, free[0]).await.expect("held");
    clinic.hold(&ravi, free[1]).await.expect("held");
    assert_eq!(clinic.hold(&asha, free[1]).await, Err(Refusal::Taken.into()));
    assert_eq!(clinic.state(own).await, "pending");
    clinic.confirm(&asha, own).await.expect("still hers");
}

#[tokio::test]
async fn holds_of_one_person_do_not_overlap_and_are_limited() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let others = clinic.add_doctors(["two", "three", "four"].map(NewDoctor::new)).await;
    let mut times = vec![clinic.free(clinic.doctor).await];
    for doctor in others {
        times.push(clinic.free(doctor).await);
    }
    clinic.hold(&asha, times[0][0]).await.expect("ten o'clock with one");
    let elsewhere = clinic.hold(&asha, times[1][0]).await;
    assert_eq!(elsewhere, Err(Refusal::PersonBusy.into()), "ten o'clock with another");
    clinic.hold(&asha, times[1][1]).await.expect("the second");
    clinic.hold(&asha, times[2][2]).await.expect("the third");
    assert_eq!(clinic.hold(&asha, times[3][3]).await, Err(Refusal::TooManyHolds.into()));
    clinic.clock.step(Duration::minutes(5));
    clinic.hold(&asha, times[3][3]).await.expect("lapsed holds do not count");
}

#[tokio::test]
async fn past_unknown_and_unlisted_slots_cannot_be_held() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    assert_eq!(clinic.hold(&asha, nadi::ids::SlotId(-1)).await, Err(Refusal::NotOffered.into()));
    clinic.clock.step(Duration::hours(1));
    assert_eq!(clinic.hold(&asha, free[0]).await, Err(Refusal::InThePast.into()), "it starts now");
    sqlx::query("update doctors set status = 'suspended'")
        .execute(&clinic.pool)
        .await
        .expect("suspended");
    assert_eq!(clinic.hold(&asha, free[1]).await, Err(Refusal::NotOffered.into()));
    assert_eq!(clinic.count(ACTIVE_CLAIMS).await + clinic.count(EVENTS).await, 0);
}

#[tokio::test]
async fn an_appointment_is_hidden_from_other_accounts() {
    let clinic = Clinic::open().await;
    let (asha, mallory) = (clinic.patient("Asha").await, clinic.patient("Mallory").await);
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let other = clinic.caller(&mallory);
    let code = Code::parse(&clinic.app_state.code_key.code(id, 1)).expect("digits");
    let bookings = &clinic.ports.bookings;
    assert_eq!(bookings.appointment(&other, id).await.err(), Some(Failure::NotFound));
    for change in [
        Change::Extend,
        Change::Confirm { code: Some(code) },
        Change::SendCode { contact: None },
        Change::Cancel { reason: None },
        Change::Reschedule { slot: clinic.free(clinic.doctor).await[3] },
        Change::CheckIn,
        Change::Complete,
        Change::MarkNoShow,
        Change::Reopen,
    ] {
        assert_eq!(clinic.change(&mallory, id, &change).await, Err(Failure::NotFound));
        let nobody = bookings.change(&clinic.visitor(), id, &change, &Seen::Any, None).await;
        assert_eq!(nobody, Err(Failure::SignInFirst));
    }
    let mine = bookings.list(&other, &AppointmentQuery::mine(Period::Upcoming, 1)).await;
    assert_eq!(mine.expect("an empty list").total, 0);
    let theirs = AppointmentQuery::of(Whose::OfDoctor(clinic.doctor));
    assert_eq!(bookings.list(&other, &theirs).await.err(), Some(Failure::NotFound));

    clinic.confirm(&asha, id).await.expect("confirmed");
    let mut doctor = mallory.clone();
    doctor.doctor = Some(clinic.doctor);
    let seen = bookings.appointment(&clinic.caller(&doctor), id).await.expect("the doctor's own");
    assert_eq!(seen.person_name, "Asha");
    let mut staff = mallory;
    staff.administers = Administers::Clinics(vec![clinic.clinic]);
    assert!(bookings.appointment(&clinic.caller(&staff), id).await.is_ok());
}

#[tokio::test]
async fn the_cancellation_notice_binds_patients_but_not_doctors() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    clinic.confirm(&asha, id).await.expect("confirmed");
    // It is nine, the appointment at ten, the notice an hour.
    clinic.clock.step(Duration::seconds(1));
    let late = clinic.change(&asha, id, &Change::Cancel { reason: None }).await;
    assert_eq!(late, Err(Refusal::TooLateToCancel { notice_minutes: 60 }.into()));
    let doctor = clinic.doctor_account().await;
    let unexplained =
        clinic.change(&doctor, id, &Change::Cancel { reason: Some(" ".into()) }).await;
    assert_eq!(unexplained, Err(Failure::field(Field::Reason, Problem::Missing)));
    let reason = Some("The clinic has no power today.".to_owned());
    clinic.change(&doctor, id, &Change::Cancel { reason }).await.expect("cancelled");
    let shown = clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("shown");
    assert_eq!(shown.cancel_reason.as_deref(), Some("The clinic has no power today."));
}
