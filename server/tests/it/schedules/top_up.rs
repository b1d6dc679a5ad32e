//! The job that makes times ahead: each once, and again when a rule or the time zones change.

use chrono::Duration;
use nadi::actor::{Administers, SignedIn};
use nadi::ids::DoctorId;
use server::schedules::top_up;
use server::schedules::zone_data;

use super::{Harness, schedule_of};
use crate::support::{Clinic, NewDoctor, weekly};

#[tokio::test]
async fn times_are_made_once_and_extended_over_time() {
    let clinic = Clinic::open().await;
    let slots = "select count(*) from slots";
    let before = clinic.count(slots).await;
    // 22 or 23 working days with nine slots each.
    assert!((22 * 9..=23 * 9).contains(&before), "{before}");
    let (a, b) =
        tokio::join!(top_up::run_once(&clinic.app_state), top_up::run_once(&clinic.app_state));
    assert_eq!(a.expect("ran").times + b.expect("ran").times, 0);
    assert_eq!(clinic.count(slots).await, before);
    clinic.clock.step(Duration::days(60));
    let (a, b) =
        tokio::join!(top_up::run_once(&clinic.app_state), top_up::run_once(&clinic.app_state));
    let made = a.expect("ran").times + b.expect("ran").times;
    assert!(made >= 20 * 9, "a copy left running for months stays bookable: {made}");
    let double = "select count(*) from (select doctor_id, starts_at from slots
                  group by 1, 2 having count(*) > 1) d";
    assert_eq!(clinic.count(double).await, 0);
    let last = *clinic.free(clinic.doctor).await.last().expect("a time");
    let asha = clinic.patient("Asha").await;
    clinic.hold(&asha, last).await.expect("and it can be booked");
}

#[tokio::test]
async fn concurrent_top_ups_make_each_time_once() {
    let clinic = Clinic::open().await;
    let slugs: Vec<String> = (0..7).map(|n| format!("doctor-{n}")).collect();
    clinic.add_doctors(slugs.iter().map(|slug| NewDoctor::new(slug))).await;
    clinic.clock.step(Duration::days(20));
    let (a, b) =
        tokio::join!(top_up::run_once(&clinic.app_state), top_up::run_once(&clinic.app_state));
    let (a, b) = (a.expect("ran"), b.expect("ran"));
    assert!(a.times + b.times > 0);
    let twice = "select count(*) from (select from slots group by doctor_id, starts_at
                 having count(*) > 1) d";
    assert_eq!(clinic.count(twice).await, 0);
    let each =
        "select count(distinct n) from (select count(*) as n from slots group by doctor_id) d";
    assert_eq!(clinic.count(each).await, 1, "all have the same hours, and so as many times");
    let again = top_up::run_once(&clinic.app_state).await.expect("ran");
    assert_eq!((again.doctors, again.times), (0, 0));
}

/// A doctor whose rule cannot be read does not prevent the others' times.
#[tokio::test]
async fn an_unreadable_rule_affects_its_doctor_only() {
    let clinic = Clinic::open().await;
    let other = clinic.add_doctor("other").await;
    sqlx::query("update availability_rules set recurrence = 'FREQ=SOMETIMES' where doctor_id = $1")
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("a broken rule");
    let count = async |doctor: DoctorId| clinic.free(doctor).await.len();
    let before = (count(clinic.doctor).await, count(other).await);
    clinic.clock.step(Duration::days(14));
    let made = top_up::run_once(&clinic.app_state).await.expect("ran");
    assert!(made.times > 0);
    assert!(count(other).await >= before.1 - 9 && count(clinic.doctor).await < before.0);

    // The schedule stays due, pages say that the rule is unreadable, and saving the hours again repairs it.
    let due = "select count(*) from schedules where unreadable_since is not null and made_until < '2027-01-06'";
    assert_eq!(clinic.count(due).await, 1);
    assert!(!top_up::is_due(&clinic.app_state).await.expect("an answer"), "not every half second");
    let admin = SignedIn {
        administers: Administers::Clinics(vec![clinic.clinic]),
        ..clinic.patient("Maya").await
    };
    let caller = clinic.caller(&admin);
    let administration = &clinic.ports.administration;
    let rows = administration.doctors(&caller, None, 1).await.expect("a list");
    let unreadable = rows.items.iter().filter(|row| row.hours_unreadable).map(|row| row.id);
    assert_eq!(unreadable.collect::<Vec<_>>(), [clinic.doctor]);
    let schedules = &clinic.ports.schedules;
    let view = schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert!(view.unreadable && view.schedule.rules.is_empty());
    let again = schedule_of(vec![weekly(clinic.location, "MO,TU,WE,TH,FR")]);
    schedules.save(&caller, clinic.doctor, view.version, again).await.expect("saved");
    assert!(count(clinic.doctor).await >= before.0 - 9);
    let view = schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert!(!view.unreadable && view.schedule.rules.len() == 1);
}

#[tokio::test]
async fn new_time_zone_data_moves_free_times_and_lists_booked_ones() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let asha = clinic.patient("Asha").await;
    let booked = clinic.hold(&asha, harness.slot_at("12-01 10:00").await).await.expect("held");
    clinic.confirm(&asha, booked).await.expect("confirmed");
    assert_eq!(zone_data::shifted(&clinic.app_state).await.expect("read"), []);
    // As if these times had been made by rules that put the place an hour behind, so that they were at 09:00.
    for statement in [
        "update blocks set utc_offset = utc_offset - 3600, time_zone_data = '2020a'",
        "update schedules set time_zone_data = '2020a'",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("changed");
    }
    let shifted = zone_data::shifted(&clinic.app_state).await.expect("read");
    assert_eq!(shifted.len(), 1);
    assert_eq!(shifted[0].booked_for.to_string(), "2026-12-01 09:00:00");
    assert_eq!(shifted[0].would_be.to_string(), "2026-12-01 10:00:00");
    assert_eq!(shifted[0].made_with, "2020a");
    // The job compares everything again. A booked time stays, and stays on the list.
    top_up::run_once(&clinic.app_state).await.expect("ran");
    let data = "select count(*) from schedules where time_zone_data = '2020a'";
    assert_eq!(clinic.count(data).await, 0);
    assert_eq!(clinic.state(booked).await, "confirmed");
    let listed = zone_data::shifted(&clinic.app_state).await.expect("read");
    assert_eq!(listed, shifted, "a person has to decide");
    clinic.assert_consistent().await;
}
