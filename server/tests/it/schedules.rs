//! Schedules: hours change, and nobody loses a booked time.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};
use nadi::actor::{Administers, SignedIn};
use nadi::appointment::Refusal;
use nadi::ids::{DoctorId, SlotId};
use nadi::ports::{Change, ScheduleChange};
use nadi::recurrence::Recurrence;
use nadi::schedule::{Rule, Schedule, TimeOff};
use nadi::{Failure, Field, Problem};
use server::schedules::top_up;
use server::schedules::zone_data;
use server::supervisor::Supervisor;

use crate::support::{Clinic, NewDoctor, weekly};

fn time(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour % 24, 0, 0).expect("a time")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn hours(clinic: &Clinic, days: &str, from: u32, until: u32) -> Rule {
    let rule = weekly(clinic.location, days);
    Rule { starts: time(from), ends: time(until), slot_minutes: 30, ..rule }
}

fn of(rules: Vec<Rule>) -> Schedule {
    Schedule { rules, time_off: Vec::new() }
}

/// Whole days off, both included.
fn off(from: &str, through: &str) -> TimeOff {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
    let note = "Away".into();
    TimeOff {
        starts: midnight(date(from)),
        ends: midnight(date(through)) + Duration::days(1),
        note,
    }
}

struct Practice {
    clinic: Clinic,
    admin: SignedIn,
}

impl Practice {
    async fn open() -> Self {
        let clinic = Clinic::open().await;
        let mut admin = clinic.patient("Maya").await;
        admin.administers = Administers::Clinics(vec![clinic.clinic]);
        Self { clinic, admin }
    }

    async fn version(&self) -> i32 {
        let caller = self.clinic.caller(&self.admin);
        let view = self.clinic.ports.schedules.schedule(&caller, self.clinic.doctor).await;
        view.expect("a schedule").version
    }

    async fn save(&self, schedule: Schedule) -> Result<ScheduleChange, Failure> {
        let seen = self.version().await;
        let caller = self.clinic.caller(&self.admin);
        let schedules = &self.clinic.ports.schedules;
        schedules.save(&caller, self.clinic.doctor, seen, schedule).await.map(|(_, change)| change)
    }

    /// Free times as `23 10:00`, in Panjim.
    async fn free(&self) -> Vec<String> {
        let rows: Vec<NaiveDateTime> = sqlx::query_scalar(
            "select starts_at at time zone 'Asia/Kolkata' from free_slots($1)
             where doctor_id = $2 order by starts_at",
        )
        .bind(server::clock::Clock::now(&self.clinic.clock))
        .bind(self.clinic.doctor.0)
        .fetch_all(&self.clinic.pool)
        .await
        .expect("times");
        rows.into_iter().map(|at| at.format("%m-%d %H:%M").to_string()).collect()
    }

    async fn slot_at(&self, wall: &str) -> SlotId {
        let id: i64 = sqlx::query_scalar(
            "select id from free_slots($1)
             where doctor_id = $2
               and to_char(starts_at at time zone 'Asia/Kolkata', 'MM-DD HH24:MI') = $3",
        )
        .bind(server::clock::Clock::now(&self.clinic.clock))
        .bind(self.clinic.doctor.0)
        .bind(wall)
        .fetch_one(&self.clinic.pool)
        .await
        .expect("a free time");
        SlotId(id)
    }
}

#[tokio::test]
async fn changing_hours_never_drops_a_booked_time() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let asha = clinic.patient("Asha").await;
    let booked = clinic.hold(&asha, practice.slot_at("11-23 10:00").await).await.expect("held");
    clinic.confirm(&asha, booked).await.expect("confirmed");
    let later = clinic.hold(&asha, practice.slot_at("11-24 10:00").await).await;
    let held = later.expect("held");

    let new = of(vec![hours(clinic, "MO", 14, 18), hours(clinic, "TU", 9, 12)]);
    let schedules = &clinic.ports.schedules;
    let nobody = clinic.caller(&asha);
    let refused = schedules.save(&nobody, clinic.doctor, 1, new.clone()).await;
    assert_eq!(refused, Err(Failure::NotFound), "not for patients");

    // What the preview says is what saving does.
    let caller = clinic.caller(&practice.admin);
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

    // Both appointments stand, nothing else is offered at their times, and the new hours are offered.
    assert_eq!(
        (clinic.state(booked).await, clinic.state(held).await),
        ("confirmed".into(), "pending".into())
    );
    let free = practice.free().await;
    assert!(free.contains(&"11-23 14:00".to_owned()) && free.contains(&"11-24 09:00".to_owned()));
    assert!(!free.iter().any(|at| at.ends_with("10:20") || at.starts_with("11-25")), "{free:?}");
    // The held time, 10:00 to 10:20 on Tuesday, is inside the new hours: its half hour is not offered.
    assert!(!free.contains(&"11-24 10:00".to_owned()), "{free:?}");
    clinic.confirm(&asha, held).await.expect("a hold that stood is confirmed");
    let view = schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert_eq!((view.version, view.conflicts.len()), (2, 2));
    assert_eq!(view.schedule, new);
    assert_eq!(practice.save(new.clone()).await.expect("saved").times_added, 0, "nothing changed");
    assert_eq!(practice.version().await, 2);

    // Once moved or cancelled it is no conflict any more, and the slot is not offered again.
    clinic.change(&asha, booked, &Change::Cancel { reason: None }).await.expect("cancelled");
    let view = schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert_eq!(view.conflicts.len(), 1);
    assert!(!practice.free().await.contains(&"11-23 10:00".to_owned()));
    clinic.change(&asha, held, &Change::Cancel { reason: None }).await.expect("cancelled");
    assert_eq!(practice.save(new).await.expect("saved").times_added, 1, "10:00 on that Tuesday");
    assert!(practice.free().await.contains(&"11-24 10:00".to_owned()));

    let withdrawn: i64 = sqlx::query_scalar("select id from slots where capacity = 0 limit 1")
        .fetch_one(&clinic.pool)
        .await
        .expect("a withdrawn time");
    assert_eq!(clinic.hold(&asha, SlotId(withdrawn)).await, Err(Refusal::NotOffered.into()));
    clinic.must_be_sound().await;
}

#[tokio::test]
async fn two_concurrent_edits_have_one_winner() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let caller = clinic.caller(&practice.admin);
    let schedules = &clinic.ports.schedules;
    let one = of(vec![hours(clinic, "MO", 14, 18)]);
    let two = of(vec![hours(clinic, "TU", 14, 18)]);
    let first = schedules.propose(&caller, clinic.doctor, 1, one).await.expect("a draft");
    let second = schedules.propose(&caller, clinic.doctor, 1, two.clone()).await.expect("a draft");
    let (a, b) =
        tokio::join!(schedules.save_draft(&caller, first), schedules.save_draft(&caller, second));
    assert!(a.is_ok() != b.is_ok(), "one of them");
    assert_eq!(a.err().or(b.err()), Some(Failure::Stale));
    assert_eq!(practice.version().await, 2);
    assert_eq!(schedules.propose(&caller, clinic.doctor, 1, two).await, Err(Failure::Stale));
    let stale = schedules.preview(&caller, second, None).await.expect("a preview").stale;
    let other = schedules.preview(&caller, first, None).await.expect("a preview").stale;
    assert!(stale != other);
}

#[tokio::test]
async fn time_off_withdraws_times_and_gives_them_back() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let asha = clinic.patient("Asha").await;
    let booked = clinic.hold(&asha, practice.slot_at("12-02 11:00").await).await.expect("held");
    clinic.confirm(&asha, booked).await.expect("confirmed");
    let before = practice.free().await;
    let rules = vec![weekly(clinic.location, "MO,TU,WE,TH,FR")];

    let away = Schedule { rules: rules.clone(), time_off: vec![off("2026-11-30", "2026-12-04")] };
    let change = practice.save(away).await.expect("saved");
    assert_eq!((change.times_added, change.times_removed), (0, 5 * 9 - 1));
    assert_eq!(change.conflicts.len(), 1);
    assert_eq!(change.days.len(), 5);
    let free = practice.free().await;
    assert!(!free.iter().any(|at| ("11-30".."12-05").contains(&&at[..5])), "{free:?}");

    // Part of a day.
    let wall = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a wall time");
    let lunch = TimeOff {
        starts: wall("2026-11-24 10:30"),
        ends: wall("2026-11-24 12:10"),
        note: String::new(),
    };
    let part = Schedule { rules: rules.clone(), time_off: vec![lunch] };
    let change = practice.save(part).await.expect("saved");
    assert_eq!((change.times_added, change.times_removed), (5 * 9 - 1, 6));
    let tuesday: Vec<_> =
        practice.free().await.into_iter().filter(|at| at.starts_with("11-24")).collect();
    assert_eq!(tuesday, ["11-24 10:00", "11-24 12:20", "11-24 12:40"]);
    assert_eq!(clinic.state(booked).await, "confirmed");

    practice.save(of(rules)).await.expect("saved");
    assert_eq!(practice.free().await, before, "as it was");
    clinic.must_be_sound().await;
}

#[tokio::test]
async fn invalid_schedules_name_the_field() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let good = hours(clinic, "MO", 9, 12);
    let field = async |rule: Rule| match practice.save(of(vec![rule])).await {
        Err(Failure::Invalid(problems)) => (problems[0].field, problems[0].problem),
        other => panic!("{other:?}"),
    };
    let backwards = Rule { ends: time(8), ..good.clone() };
    assert_eq!(field(backwards).await, (Field::EndsAt, Problem::EndsBeforeStart));
    let nowhere = Rule { location: nadi::ids::LocationId(uuid::Uuid::nil()), ..good.clone() };
    assert_eq!(field(nowhere).await, (Field::Location, Problem::Unknown));
    let over = Rule { until: Some(good.from), ..good.clone() };
    assert_eq!(field(over).await, (Field::EffectiveUntil, Problem::EndsBeforeStart));
    let twice = of(vec![good.clone(), hours(clinic, "MO", 11, 13)]);
    let Err(Failure::Invalid(problems)) = practice.save(twice).await else { panic!("refused") };
    assert_eq!((problems[0].field, problems[0].problem), (Field::StartsAt, Problem::Overlaps));
    let mut backwards = of(vec![good]);
    backwards.time_off.push(TimeOff {
        ends: date("2026-11-30").and_time(time(9)),
        ..off("2026-12-01", "2026-12-01")
    });
    let Err(Failure::Invalid(problems)) = practice.save(backwards).await else { panic!("refused") };
    assert_eq!(problems[0].field, Field::EndsAt);
    assert_eq!(practice.version().await, 1, "nothing was changed");
}

#[tokio::test]
async fn notice_booking_window_and_buffers_limit_the_times() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let asha = clinic.patient("Asha").await;
    let rule = Rule {
        buffer_before: 5,
        buffer_after: 10,
        notice_minutes: 120,
        window_days: Some(7),
        ..hours(clinic, "MO,TU,WE,TH,FR", 10, 13)
    };
    practice.save(of(vec![rule])).await.expect("saved");
    // Nine in the morning: two hours' notice leave 11:35; a week ahead is open, the day after is not.
    let free = practice.free().await;
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
    // A change of the rule alone changes the times in place.
    let rule =
        Rule { buffer_before: 5, buffer_after: 10, ..hours(clinic, "MO,TU,WE,TH,FR", 10, 13) };
    let change = practice.save(of(vec![rule])).await.expect("saved");
    assert_eq!((change.times_added, change.times_removed, change.conflicts.len()), (0, 0, 0));
    assert_eq!(practice.free().await[0], "11-23 10:05");
}

#[tokio::test]
async fn holidays_close_the_clinic_unless_a_day_is_worked() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let administration = &clinic.ports.administration;
    let everything = practice.free().await;
    let christmas = |free: &[String]| free.iter().filter(|at| at.starts_with("12-25")).count();
    clinic.clock.step(Duration::days(7));
    let caller = clinic.caller(&practice.admin);
    top_up::run_once(&clinic.app_state).await.expect("times");
    assert_eq!(christmas(&practice.free().await), 9);

    let keep = async |regions: &[&str], working: &[NaiveDate]| {
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        administration.save_holidays(&caller, clinic.clinic, regions, working.to_vec()).await
    };
    keep(&["IN-GA"], &[]).await.expect("kept");
    top_up::run_once(&clinic.app_state).await.expect("times");
    assert_eq!(christmas(&practice.free().await), 0);
    let view = clinic.ports.schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert!(view.holidays.iter().any(|day| day.date == date("2026-12-25")), "{:?}", view.holidays);

    // A single day is worked all the same.
    let mut schedule = view.schedule;
    let day = Rule { repeats: None, from: date("2026-12-25"), ..hours(clinic, "MO", 16, 18) };
    schedule.rules.push(day);
    practice.save(schedule).await.expect("saved");
    assert_eq!(christmas(&practice.free().await), 4);

    keep(&["IN-GA"], &[date("2026-12-25")]).await.expect("kept");
    top_up::run_once(&clinic.app_state).await.expect("times");
    assert_eq!(christmas(&practice.free().await), 9 + 4);
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
    let practice = Practice::open().await;
    let rule = Recurrence::of_days("FREQ=MONTHLY;BYDAY=1MO").expect("a rule");
    let monthly = Rule { repeats: Some(rule), ..hours(&practice.clinic, "MO", 22, 24) };
    practice.save(of(vec![monthly])).await.expect("saved");
    let december = ["12-07 22:00", "12-07 22:30", "12-07 23:00", "12-07 23:30"];
    assert_eq!(practice.free().await, december);
}

/// Hours change over and over while many book: every acknowledged booking exists, and all is consistent.
#[tokio::test]
async fn changing_hours_during_many_bookings_loses_none() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let slots = clinic.free(clinic.doctor).await;
    let patients = clinic.many_patients(40).await;
    let book = async |n: usize| clinic.hold(&patients[n], slots[n]).await;
    let holds = futures::future::join_all((0..40).map(book));
    let edit = async {
        for (from, until) in [(10, 12), (11, 13), (10, 13), (9, 11)] {
            let rule = Rule { slot_minutes: 20, ..hours(clinic, "MO,TU,WE,TH,FR", from, until) };
            practice.save(of(vec![rule])).await.expect("saved");
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
    clinic.must_be_sound().await;
}

#[tokio::test]
async fn times_are_made_once_and_extended_over_time() {
    let clinic = Clinic::open().await;
    let slots = "select count(*) from slots";
    let before = clinic.count(slots).await;
    // 22 or 23 working days, nine slots each.
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

    // They stay due, whoever looks at the hours is told, and saving them again mends it.
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
    let again = of(vec![weekly(clinic.location, "MO,TU,WE,TH,FR")]);
    schedules.save(&caller, clinic.doctor, view.version, again).await.expect("saved");
    assert!(count(clinic.doctor).await >= before.0 - 9);
    let view = schedules.schedule(&caller, clinic.doctor).await.expect("a schedule");
    assert!(!view.unreadable && view.schedule.rules.len() == 1);
}

#[tokio::test]
async fn new_time_zone_data_moves_free_times_and_lists_booked_ones() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let asha = clinic.patient("Asha").await;
    let booked = clinic.hold(&asha, practice.slot_at("12-01 10:00").await).await.expect("held");
    clinic.confirm(&asha, booked).await.expect("confirmed");
    assert_eq!(zone_data::shifted(&clinic.app_state).await.expect("read"), []);
    // As if these times had been made when the place was to be an hour behind: 09:00 on its wall.
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
    // The job compares everything anew; who is booked stays, and stays listed.
    top_up::run_once(&clinic.app_state).await.expect("ran");
    let data = "select count(*) from schedules where time_zone_data = '2020a'";
    assert_eq!(clinic.count(data).await, 0);
    assert_eq!(clinic.state(booked).await, "confirmed");
    let listed = zone_data::shifted(&clinic.app_state).await.expect("read");
    assert_eq!(listed, shifted, "a person has to decide");
    clinic.must_be_sound().await;
}

/// Half hours from nine to twelve; what is saved then begins a quarter later, so that a time that
/// stays is in the way of two.
async fn a_quarter_later(practice: &Practice) -> Vec<Rule> {
    let clinic = &practice.clinic;
    practice.save(of(vec![hours(clinic, "TU", 9, 12)])).await.expect("saved");
    let quarter = |hour| NaiveTime::from_hms_opt(hour, 15, 0).expect("a time");
    vec![Rule { starts: quarter(9), ends: quarter(12), ..hours(clinic, "TU", 9, 12) }]
}

const TUESDAY: [&str; 6] =
    ["11-24 09:15", "11-24 09:45", "11-24 10:15", "11-24 10:45", "11-24 11:15", "11-24 11:45"];

impl Practice {
    async fn free_on_tuesday(&self) -> Vec<String> {
        let mut free = self.free().await;
        free.retain(|at| at.starts_with("11-24"));
        free
    }

    /// What the job does when it hears, within half a second, that there is something to do.
    async fn make_again(&self) {
        assert!(
            top_up::is_due(&self.clinic.app_state).await.expect("an answer"),
            "something to do"
        );
        top_up::run_once(&self.clinic.app_state).await.expect("made");
        assert!(
            !top_up::is_due(&self.clinic.app_state).await.expect("an answer"),
            "nothing is left"
        );
    }
}

/// However a time that was kept for somebody becomes free, what was in its way comes back.
#[tokio::test]
async fn what_a_kept_time_was_in_the_way_of_comes_back() {
    for way in ["released", "expired", "expired by another's hold", "cancelled", "moved"] {
        let practice = Practice::open().await;
        let clinic = &practice.clinic;
        let new = a_quarter_later(&practice).await;
        let asha = clinic.patient("Asha").await;
        let id = clinic.hold(&asha, practice.slot_at("11-24 10:00").await).await.expect("held");
        if ["cancelled", "moved"].contains(&way) {
            clinic.confirm(&asha, id).await.expect("confirmed");
        }
        practice.save(of(new)).await.expect("saved");
        let left = ["11-24 09:15", "11-24 10:45", "11-24 11:15", "11-24 11:45"];
        assert_eq!(practice.free_on_tuesday().await, left, "{way}: the kept time is in the way");
        assert!(!top_up::is_due(&clinic.app_state).await.expect("an answer"));
        let (mut expected, cancel) = (TUESDAY.to_vec(), Change::Cancel { reason: None });
        match way {
            "released" | "cancelled" => {
                clinic.change(&asha, id, &cancel).await.expect("given back");
            }
            "expired" => {
                clinic.clock.step(Duration::minutes(5));
                let swept = server::bookings::sweeper::run_once(&clinic.app_state).await;
                assert_eq!(swept.expect("swept"), 1);
            }
            "expired by another's hold" => {
                clinic.clock.step(Duration::minutes(5));
                // Her next hold, with whomever, ends the one that ran out.
                let other = clinic.add_doctor("other").await;
                let elsewhere = clinic.free(other).await[0];
                clinic.hold(&asha, elsewhere).await.expect("held elsewhere");
            }
            _ => {
                let slot = practice.slot_at("11-24 11:15").await;
                clinic.change(&asha, id, &Change::Reschedule { slot }).await.expect("moved");
                expected.retain(|at| *at != "11-24 11:15");
            }
        }
        practice.make_again().await;
        assert_eq!(practice.free_on_tuesday().await, expected, "{way}");
        clinic.must_be_sound().await;
    }
}

/// The running server does by itself what the test above asks for.
#[tokio::test]
async fn the_jobs_make_times_again_within_a_second() {
    let practice = Practice::open().await;
    let clinic = &practice.clinic;
    let new = a_quarter_later(&practice).await;
    let asha = clinic.patient("Asha").await;
    clinic.hold(&asha, practice.slot_at("11-24 10:00").await).await.expect("held");
    practice.save(of(new)).await.expect("saved");
    let sessions = server::accounts::sessions::Sessions::of(&clinic.app_state);
    let stop = tokio_util::sync::CancellationToken::new();
    let clock = std::sync::Arc::new(clinic.clock.clone());
    let supervisor = Supervisor::new(clinic.app_state.jobs.clone(), clock, stop.clone());
    server::jobs::start(&supervisor, &clinic.app_state, clinic.dispatcher(), sessions);
    // It lapses while nobody asks for anything.
    clinic.clock.step(Duration::minutes(5));
    crate::support::time::until("all six are there again", async || {
        practice.free_on_tuesday().await == TUESDAY
    })
    .await;
    stop.cancel();
    supervisor.finish(std::time::Duration::from_secs(5)).await;
}

/// A smaller group: everybody keeps their seat, and nobody joins them until enough have left.
#[tokio::test]
async fn a_smaller_group_is_obeyed_as_people_leave() {
    for way in ["cancelled", "lapsed"] {
        let practice = Practice::open().await;
        let clinic = &practice.clinic;
        let group = |seats| of(vec![Rule { capacity: seats, ..hours(clinic, "TU", 9, 10) }]);
        practice.save(group(3)).await.expect("saved");
        let slot = practice.slot_at("11-24 09:00").await;
        let people =
            [clinic.patient("A").await, clinic.patient("B").await, clinic.patient("C").await];
        let mut ids = Vec::new();
        for who in &people {
            let id = clinic.hold(who, slot).await.expect("held");
            if way == "cancelled" {
                clinic.confirm(who, id).await.expect("confirmed");
            }
            ids.push(id);
        }
        let stranger = clinic.patient("D").await;
        let change = practice.save(group(1)).await.expect("saved");
        let over: Vec<_> = change.overfull.iter().map(|time| (time.booked, time.seats)).collect();
        assert_eq!(over, [(3, 1)], "the preview says so");
        let seats = "select count(*) from seats t join slots s on s.id = t.slot_id
                     where s.starts_at = '2026-11-24 03:30Z'";
        if way == "lapsed" {
            clinic.clock.step(Duration::minutes(5));
            server::bookings::sweeper::run_once(&clinic.app_state).await.expect("swept");
            practice.make_again().await;
            assert_eq!(clinic.count(seats).await, 0);
            assert!(practice.free().await.contains(&"11-24 09:00".to_owned()));
        } else {
            // The first two leave: then there is one person in a group for one.
            for (left, id) in [(2, ids[0]), (1, ids[1])] {
                let who = if id == ids[0] { &people[0] } else { &people[1] };
                let cancel = Change::Cancel { reason: None };
                clinic.change(who, id, &cancel).await.expect("cancelled");
                assert_eq!(clinic.count(seats).await, left);
                let refused = clinic.hold(&stranger, slot).await;
                assert!(refused.is_err(), "not before the times are made again: {refused:?}");
                practice.make_again().await;
                assert!(clinic.hold(&stranger, slot).await.is_err(), "nor after it");
                assert!(!practice.free().await.contains(&"11-24 09:00".to_owned()));
            }
            let cancel = Change::Cancel { reason: None };
            clinic.change(&people[2], ids[2], &cancel).await.expect("cancelled");
            assert!(practice.free().await.contains(&"11-24 09:00".to_owned()), "the last one left");
        }
        clinic.hold(&stranger, slot).await.expect("held");
        let second = clinic.patient("E").await;
        assert_eq!(clinic.hold(&second, slot).await, Err(Refusal::Taken.into()), "it is for one");
        clinic.must_be_sound().await;
    }
}
