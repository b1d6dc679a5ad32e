//! Saving a schedule: which times are added and withdrawn, and what is refused.

use chrono::{Duration, NaiveDate, NaiveDateTime};
use nadi::appointment::Refusal;
use nadi::ids::SlotId;
use nadi::ports::Change;
use nadi::recurrence::Recurrence;
use nadi::schedule::{Rule, Schedule, TimeOff};
use nadi::{Failure, Field, Problem};
use server::schedules::top_up;

use super::{Harness, date, days_off, hours, schedule_of, time};
use crate::support::weekly;

#[tokio::test]
async fn changing_hours_never_drops_a_booked_time() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let asha = clinic.patient("Asha").await;
    let booked = clinic.hold(&asha, harness.slot_at("11-23 10:00").await).await.expect("held");
    clinic.confirm(&asha, booked).await.expect("confirmed");
    let later = clinic.hold(&asha, harness.slot_at("11-24 10:00").await).await;
    let held = later.expect("held");

    let new = schedule_of(vec![hours(clinic, "MO", 14, 18), hours(clinic, "TU", 9, 12)]);
    let schedules = &clinic.ports.schedules;
    let nobody = clinic.caller(&asha);
    let refused = schedules.save(&nobody, clinic.doctor, 1, new.clone()).await;
    assert_eq!(refused, Err(Failure::NotFound), "not for patients");

    // Saving does what the preview says.
    let caller = clinic.caller(&harness.admin);
    let draft = schedules.propose(&caller, clinic.doctor, 1, new.clone()).await.expect("a draft");
    let preview = schedules.preview(&caller, draft, None).await.expect("a preview");
    assert!(preview.change.times_removed > 0 && preview.change.times_added > 0);
    let names: Vec<_> =
        preview.change.conflicts.iter().map(|entry| entry.person_name.as_str()).collect();
    assert_eq!(names, ["Asha", "Asha"], "the booked one, and the hold");
    assert_eq!(schedules.preview(&nobody, draft, None).await, Err(Failure::NotFound));
    let saved = schedules.save_draft(&caller, draft).await.expect("saved");
    assert_eq!(saved, preview.change);
    let again = schedules.save_draft(&caller, draft).await.expect("the same");
    assert_eq!(again.times_added, saved.times_added);

    // Both appointments stay, their times are not offered to others, and the new hours are offered.
    assert_eq!(
        (clinic.state(booked).await, clinic.state(held).await),
        ("confirmed".into(), "pending".into())
    );
    let free = harness.free().await;
    assert!(free.contains(&"11-23 14:00".to_owned()) && free.contains(&"11-24 09:00".to_owned()));
    assert!(!free.iter().any(|at| at.ends_with("10:20") || at.starts_with("11-25")), "{free:?}");
    // The held time, 10:00 to 10:20 on Tuesday, is inside the new hours, so its half hour is not offered.
    assert!(!free.contains(&"11-24 10:00".to_owned()), "{free:?}");
    clinic.confirm(&asha, held).await.expect("a hold that stood is confirmed");
    let view = schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert_eq!((view.version, view.conflicts.len()), (2, 2));
    assert_eq!(view.schedule, new);
    assert_eq!(harness.save(new.clone()).await.expect("saved").times_added, 0, "nothing changed");
    assert_eq!(harness.version().await, 2);

    // A cancelled appointment is no longer a conflict, and its slot outside the hours is not offered again.
    clinic.change(&asha, booked, &Change::Cancel { reason: None }).await.expect("cancelled");
    let view = schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert_eq!(view.conflicts.len(), 1);
    assert!(!harness.free().await.contains(&"11-23 10:00".to_owned()));
    clinic.change(&asha, held, &Change::Cancel { reason: None }).await.expect("cancelled");
    assert_eq!(harness.save(new).await.expect("saved").times_added, 1, "10:00 on that Tuesday");
    assert!(harness.free().await.contains(&"11-24 10:00".to_owned()));

    let withdrawn: i64 = sqlx::query_scalar("select id from slots where capacity = 0 limit 1")
        .fetch_one(&clinic.pool)
        .await
        .expect("a withdrawn time");
    assert_eq!(clinic.hold(&asha, SlotId(withdrawn)).await, Err(Refusal::NotOffered.into()));
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn two_concurrent_edits_have_one_winner() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let caller = clinic.caller(&harness.admin);
    let schedules = &clinic.ports.schedules;
    let one = schedule_of(vec![hours(clinic, "MO", 14, 18)]);
    let two = schedule_of(vec![hours(clinic, "TU", 14, 18)]);
    let first = schedules.propose(&caller, clinic.doctor, 1, one).await.expect("a draft");
    let second = schedules.propose(&caller, clinic.doctor, 1, two.clone()).await.expect("a draft");
    let (a, b) =
        tokio::join!(schedules.save_draft(&caller, first), schedules.save_draft(&caller, second));
    assert!(a.is_ok() != b.is_ok(), "one of them");
    assert_eq!(a.err().or(b.err()), Some(Failure::Stale));
    assert_eq!(harness.version().await, 2);
    assert_eq!(schedules.propose(&caller, clinic.doctor, 1, two).await, Err(Failure::Stale));
    let stale = schedules.preview(&caller, second, None).await.expect("a preview").stale;
    let other = schedules.preview(&caller, first, None).await.expect("a preview").stale;
    assert!(stale != other);
}

#[tokio::test]
async fn time_off_withdraws_times_and_gives_them_back() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let asha = clinic.patient("Asha").await;
    let booked = clinic.hold(&asha, harness.slot_at("12-02 11:00").await).await.expect("held");
    clinic.confirm(&asha, booked).await.expect("confirmed");
    let before = harness.free().await;
    let rules = vec![weekly(clinic.location, "MO,TU,WE,TH,FR")];

    let away =
        Schedule { rules: rules.clone(), time_off: vec![days_off("2026-11-30", "2026-12-04")] };
    let change = harness.save(away).await.expect("saved");
    assert_eq!((change.times_added, change.times_removed), (0, 5 * 9 - 1));
    assert_eq!(change.conflicts.len(), 1);
    assert_eq!(change.days.len(), 5);
    let free = harness.free().await;
    assert!(!free.iter().any(|at| ("11-30".."12-05").contains(&&at[..5])), "{free:?}");

    // Part of a day.
    let wall = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a wall time");
    let lunch = TimeOff {
        starts: wall("2026-11-24 10:30"),
        ends: wall("2026-11-24 12:10"),
        note: String::new(),
    };
    let part = Schedule { rules: rules.clone(), time_off: vec![lunch] };
    let change = harness.save(part).await.expect("saved");
    assert_eq!((change.times_added, change.times_removed), (5 * 9 - 1, 6));
    let tuesday: Vec<_> =
        harness.free().await.into_iter().filter(|at| at.starts_with("11-24")).collect();
    assert_eq!(tuesday, ["11-24 10:00", "11-24 12:20", "11-24 12:40"]);
    assert_eq!(clinic.state(booked).await, "confirmed");

    harness.save(schedule_of(rules)).await.expect("saved");
    assert_eq!(harness.free().await, before, "as it was");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn invalid_schedules_name_the_field() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let good = hours(clinic, "MO", 9, 12);
    let field = async |rule: Rule| match harness.save(schedule_of(vec![rule])).await {
        Err(Failure::Invalid(problems)) => (problems[0].field, problems[0].problem),
        other => panic!("{other:?}"),
    };
    let backwards = Rule { ends: time(8), ..good.clone() };
    assert_eq!(field(backwards).await, (Field::EndsAt, Problem::EndsBeforeStart));
    let nowhere = Rule { location: nadi::ids::LocationId(uuid::Uuid::nil()), ..good.clone() };
    assert_eq!(field(nowhere).await, (Field::Location, Problem::Unknown));
    let over = Rule { until: Some(good.from), ..good.clone() };
    assert_eq!(field(over).await, (Field::EffectiveUntil, Problem::EndsBeforeStart));
    let twice = schedule_of(vec![good.clone(), hours(clinic, "MO", 11, 13)]);
    let Err(Failure::Invalid(problems)) = harness.save(twice).await else { panic!("refused") };
    assert_eq!((problems[0].field, problems[0].problem), (Field::StartsAt, Problem::Overlaps));
    let mut backwards = schedule_of(vec![good]);
    backwards.time_off.push(TimeOff {
        ends: date("2026-11-30").and_time(time(9)),
        ..days_off("2026-12-01", "2026-12-01")
    });
    let Err(Failure::Invalid(problems)) = harness.save(backwards).await else { panic!("refused") };
    assert_eq!(problems[0].field, Field::EndsAt);
    assert_eq!(harness.version().await, 1, "nothing was changed");
}

#[tokio::test]
async fn notice_booking_window_and_buffers_limit_the_times() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let asha = clinic.patient("Asha").await;
    let rule = Rule {
        buffer_before: 5,
        buffer_after: 10,
        notice_minutes: 120,
        window_days: Some(7),
        ..hours(clinic, "MO,TU,WE,TH,FR", 10, 13)
    };
    harness.save(schedule_of(vec![rule])).await.expect("saved");
    // It is nine. With two hours' notice the first time is 11:35, and the window of a week ends with the 30th.
    let free = harness.free().await;
    assert_eq!(&free[..3], ["11-23 11:35", "11-23 12:20", "11-24 10:05"]);
    assert_eq!(free.last().expect("some"), "11-30 12:20");
    let slot = async |wall: &str| {
        let id: i64 = sqlx::query_scalar(
            "select s.id from slots s join blocks b on b.id = s.block_id
             where b.closed_at is null and s.doctor_id = $1 and s.capacity > 0
               and to_char(s.starts_at at time zone 'Asia/Kolkata', 'MM-DD HH24:MI') = $2",
        )
        .bind(clinic.doctor.0)
        .bind(wall)
        .fetch_one(&clinic.pool)
        .await
        .expect("a time");
        SlotId(id)
    };
    let soon = clinic.hold(&asha, slot("11-23 10:50").await).await;
    assert_eq!(soon, Err(Refusal::TooShortNotice.into()));
    let early = clinic.hold(&asha, slot("12-01 10:05").await).await;
    assert_eq!(early, Err(Refusal::NotOpenYet.into()));
    let held = clinic.hold(&asha, slot("11-23 11:35").await).await.expect("held");
    clinic.confirm(&asha, held).await.expect("confirmed");
    // A changed notice and window alone change the existing times in place.
    let rule =
        Rule { buffer_before: 5, buffer_after: 10, ..hours(clinic, "MO,TU,WE,TH,FR", 10, 13) };
    let change = harness.save(schedule_of(vec![rule])).await.expect("saved");
    assert_eq!((change.times_added, change.times_removed, change.conflicts.len()), (0, 0, 0));
    assert_eq!(harness.free().await[0], "11-23 10:05");
}

#[tokio::test]
async fn holidays_close_the_clinic_unless_a_day_is_worked() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let administration = &clinic.ports.administration;
    let everything = harness.free().await;
    let christmas = |free: &[String]| free.iter().filter(|at| at.starts_with("12-25")).count();
    clinic.clock.step(Duration::days(7));
    let caller = clinic.caller(&harness.admin);
    top_up::run_once(&clinic.app_state).await.expect("times");
    assert_eq!(christmas(&harness.free().await), 9);

    let keep = async |regions: &[&str], working: &[NaiveDate]| {
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        administration.save_holidays(&caller, clinic.clinic, regions, working.to_vec()).await
    };
    keep(&["IN-GA"], &[]).await.expect("kept");
    top_up::run_once(&clinic.app_state).await.expect("times");
    assert_eq!(christmas(&harness.free().await), 0);
    let view = clinic.ports.schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert!(view.holidays.iter().any(|day| day.date == date("2026-12-25")), "{:?}", view.holidays);

    // A rule for this single day makes times in spite of the holiday.
    let mut schedule = view.schedule;
    let day = Rule { repeats: None, from: date("2026-12-25"), ..hours(clinic, "MO", 16, 18) };
    schedule.rules.push(day);
    harness.save(schedule).await.expect("saved");
    assert_eq!(christmas(&harness.free().await), 4);

    keep(&["IN-GA"], &[date("2026-12-25")]).await.expect("kept");
    top_up::run_once(&clinic.app_state).await.expect("times");
    assert_eq!(christmas(&harness.free().await), 9 + 4);
    let holidays = administration.holidays(&caller, clinic.clinic).await.expect("holidays");
    assert!(holidays.coming.iter().any(|(day, works)| *works && day.date == date("2026-12-25")));
    assert_eq!(keep(&["XX"], &[]).await, Err(Failure::field(Field::Region, Problem::Unknown)));
    keep(&[], &[]).await.expect("kept");
    assert!(everything.len() > 100);
    let patient = clinic.caller(&clinic.patient("Asha").await);
    assert!(administration.holidays(&patient, clinic.clinic).await.is_err());
}

#[tokio::test]
async fn monthly_rules_make_times() {
    let harness = Harness::open().await;
    let rule = Recurrence::of_days("FREQ=MONTHLY;BYDAY=1MO").expect("a rule");
    let monthly = Rule { repeats: Some(rule), ..hours(&harness.clinic, "MO", 22, 24) };
    harness.save(schedule_of(vec![monthly])).await.expect("saved");
    let december = ["12-07 22:00", "12-07 22:30", "12-07 23:00", "12-07 23:30"];
    assert_eq!(harness.free().await, december);
}

/// Hours change repeatedly while many people book. Every acknowledged booking exists, and the data is consistent.
#[tokio::test]
async fn changing_hours_during_many_bookings_loses_none() {
    let harness = Harness::open().await;
    let clinic = &harness.clinic;
    let slots = clinic.free(clinic.doctor).await;
    let patients = clinic.many_patients(40).await;
    let book = async |n: usize| clinic.hold(&patients[n], slots[n]).await;
    let holds = futures::future::join_all((0..40).map(book));
    let edit = async {
        for (from, until) in [(10, 12), (11, 13), (10, 13), (9, 11)] {
            let rule = Rule { slot_minutes: 20, ..hours(clinic, "MO,TU,WE,TH,FR", from, until) };
            harness.save(schedule_of(vec![rule])).await.expect("saved");
        }
    };
    let (answers, ()) = tokio::join!(holds, edit);
    let held = answers.iter().filter(|answer| answer.is_ok()).count();
    for answer in &answers {
        let fine = matches!(answer, Ok(_) | Err(Failure::Refused(Refusal::NotOffered)));
        assert!(fine, "{answer:?}");
    }
    let seats = "select count(*) from seats t join slots s on s.id = t.slot_id
                 join blocks b on b.id = s.block_id where s.capacity > 0 and b.closed_at is null";
    assert_eq!(clinic.count(seats).await, i64::try_from(held).expect("small"));
    clinic.assert_consistent().await;
}
