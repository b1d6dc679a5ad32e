//! What happens to an appointment after it was held: extending, moving, check-in and completion, dependants, long
//! visits, lists.

use std::collections::BTreeSet;

use app::i18n::text;
use chrono::Duration;
use nadi::actor::ActingRole;
use nadi::appointment::{Command, Event, Refusal, State};
use nadi::ids::PersonId;
use nadi::ports::{AppointmentQuery, Change, HoldRequest, NewDependant, Seen, Whose};
use nadi::{Failure, Field, Problem};
use serde_json::Value;
use server::config::Confirmation;
use uuid::Uuid;

use crate::support::http::{call_api, get_page};
use crate::support::texts::kind_of;
use crate::support::{Clinic, LONG_VISIT, browser};

const CLAIMS: &str = "select (select count(*) from seats) + (select count(*) from patient_times)";

#[tokio::test]
async fn extending_a_hold_extends_its_claims() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let slot = clinic.free(clinic.doctor).await[3];
    let id = clinic.hold(&asha, slot).await.expect("held");
    for n in 1..=3 {
        clinic.clock.step(Duration::minutes(4));
        let longer = clinic.change(&asha, id, &Change::Extend).await.expect("longer");
        assert_eq!((longer.extensions, longer.version), (n, 1 + i32::from(n)));
        assert_eq!(server::bookings::sweeper::run_once(&clinic.app_state).await.expect("swept"), 0);
        assert_eq!(clinic.hold(&ravi, slot).await, Err(Refusal::Taken.into()));
    }
    let more = clinic.change(&asha, id, &Change::Extend).await;
    assert_eq!(more, Err(Refusal::NoMoreExtensions.into()));
    clinic.clock.step(Duration::minutes(5));
    let late = clinic.change(&asha, id, &Change::Extend).await;
    assert_eq!(late, Err(Refusal::HoldExpired.into()));
    clinic.hold(&ravi, slot).await.expect("free at that instant");
}

#[tokio::test]
async fn moving_keeps_the_appointment_and_its_history() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.book(&asha, free[3]).await;
    let before = clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("seen");
    let taken = clinic.book(&ravi, free[5]).await;

    let to_taken = clinic.change(&asha, id, &Change::Reschedule { slot: free[5] }).await;
    assert_eq!(to_taken, Err(Refusal::Taken.into()));
    let stale = clinic
        .ports
        .bookings
        .change(
            &clinic.caller(&asha),
            id,
            &Change::Reschedule { slot: free[6] },
            &Seen::version(1),
            None,
        )
        .await;
    assert_eq!(stale, Err(Failure::Stale));

    let moved =
        clinic.change(&asha, id, &Change::Reschedule { slot: free[6] }).await.expect("moved");
    assert_eq!((moved.id, moved.state, moved.version), (id, State::Confirmed, 3));
    let now_free = clinic.free(clinic.doctor).await;
    assert!(now_free.contains(&free[3]) && !now_free.contains(&free[6]));
    let after = clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("seen");
    assert_eq!(after.reference, before.reference);
    assert_eq!(after.starts_at, moved.starts_at);
    let events: Vec<Event> = after.history.iter().map(|entry| entry.event).collect();
    assert_eq!(events, [Event::Held, Event::Confirmed, Event::Rescheduled]);
    let moved_from = after.history[2].moved_from.expect("where it was");
    assert_eq!((moved_from.at(), moved_from.time_zone()), (before.starts_at, "Asia/Kolkata"));
    assert_eq!(clinic.state(taken).await, "confirmed", "nobody else was touched");
    assert_eq!(clinic.count(CLAIMS).await, 4);

    // Neither its own time nor an expired hold prevents a move.
    let again = clinic.change(&asha, id, &Change::Reschedule { slot: free[6] }).await;
    assert_eq!(again, Ok(moved), "it is there already");
    let lapsing = clinic.hold(&clinic.patient("Slow").await, free[8]).await.expect("held");
    clinic.clock.step(Duration::minutes(5));
    clinic.change(&asha, id, &Change::Reschedule { slot: free[8] }).await.expect("at once");
    assert_eq!(clinic.state(lapsing).await, "expired");
}

#[tokio::test]
async fn a_refused_move_says_why_and_changes_nothing() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let other = clinic.add_doctor("ravi-menon").await;
    let (here, there) = (clinic.free(clinic.doctor).await, clinic.free(other).await);
    let id = clinic.book(&asha, here[3]).await;
    clinic.book(&asha, there[6]).await;
    let before = clinic.count(CLAIMS).await;
    for (slot, refusal) in [
        (nadi::ids::SlotId(-1), Refusal::NotOffered),
        (there[7], Refusal::NotOffered),
        (here[6], Refusal::PersonBusy),
    ] {
        let answer = clinic.change(&asha, id, &Change::Reschedule { slot }).await;
        assert_eq!(answer, Err(refusal.into()));
    }
    let held = clinic.hold(&clinic.patient("Ravi").await, here[8]).await.expect("held");
    let mallory = clinic.change(&asha, held, &Change::Reschedule { slot: here[9] }).await;
    assert_eq!(mallory, Err(Failure::NotFound));
    // It is nine, the appointment at eleven, the notice an hour.
    clinic.clock.step(Duration::hours(1) + Duration::seconds(1));
    let late = clinic.change(&asha, id, &Change::Reschedule { slot: here[8] }).await;
    assert_eq!(late, Err(Refusal::TooLateToMove { notice_minutes: 60 }.into()));
    let doctor = clinic.doctor_account().await;
    clinic.change(&doctor, id, &Change::Reschedule { slot: here[7] }).await.expect("by the clinic");
    assert_eq!(
        clinic.count(CLAIMS).await,
        before + 2,
        "the other person's hold is the only addition"
    );
}

#[tokio::test]
async fn a_visit_is_checked_in_completed_or_missed() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let doctor = clinic.doctor_account().await;
    let free = clinic.free(clinic.doctor).await;
    let (comes, stays_away) =
        (clinic.book(&asha, free[0]).await, clinic.book(&ravi, free[1]).await);

    let patient = clinic.change(&asha, comes, &Change::CheckIn).await;
    assert_eq!(patient, Err(Refusal::NotYours.into()));
    let early = clinic.change(&doctor, stays_away, &Change::MarkNoShow).await;
    assert_eq!(early, Err(Refusal::TooEarly.into()));
    let here = clinic.change(&doctor, comes, &Change::CheckIn).await.expect("checked in");
    assert_eq!(here.state, State::CheckedIn);
    clinic.change(&doctor, comes, &Change::CheckIn).await.expect("again is fine");
    let begun = clinic.change(&asha, comes, &Change::Cancel { reason: None }).await;
    assert_eq!(begun, Err(Refusal::HasBegun.into()));

    clinic.clock.step(Duration::minutes(90));
    assert_eq!(
        clinic.change(&doctor, comes, &Change::Complete).await.expect("over").state,
        State::Completed
    );
    let away = clinic.change(&doctor, stays_away, &Change::MarkNoShow).await.expect("missed");
    assert_eq!(away.state, State::NoShow);
    assert_eq!(clinic.count(CLAIMS).await, 0, "what is over claims nothing");
    // A mistake can be corrected.
    let late =
        clinic.change(&doctor, stays_away, &Change::Complete).await.expect("they came after all");
    assert_eq!(late.state, State::Completed);

    let seen = clinic.ports.bookings.appointment(&clinic.caller(&asha), comes).await.expect("seen");
    let by: Vec<ActingRole> = seen.history.iter().map(|entry| entry.by).collect();
    assert_eq!(
        by,
        [ActingRole::Patient, ActingRole::Patient, ActingRole::Doctor, ActingRole::Doctor]
    );
    assert!(seen.open_to.is_empty());
    let told = clinic.count("select count(*) from events where type = 'appointment.no_show'");
    assert_eq!(told.await, 1);
}

/// Everyone who shares a slot sees their own booking only; the doctor sees them all.
#[tokio::test]
async fn patients_of_a_group_slot_see_their_own_booking_only() {
    let clinic = Clinic::open_with(3).await;
    let slot = clinic.free(clinic.doctor).await[0];
    let mut ids = BTreeSet::new();
    for name in ["Asha", "Ravi", "Meera"] {
        let who = clinic.patient(name).await;
        let id = clinic.book(&who, slot).await;
        let mine = AppointmentQuery::of(Whose::Mine);
        let mine = clinic.ports.bookings.list(&clinic.caller(&who), &mine).await.expect("a list");
        assert_eq!(mine.items.iter().map(|item| item.id).collect::<Vec<_>>(), [id]);
        assert_eq!(mine.items[0].person_name, name);
        for other in &ids {
            let theirs = clinic.ports.bookings.appointment(&clinic.caller(&who), *other).await;
            assert_eq!(theirs.err(), Some(Failure::NotFound));
        }
        ids.insert(id);
    }
    let fourth = clinic.hold(&clinic.patient("Late").await, slot).await;
    assert_eq!(fourth, Err(Refusal::Taken.into()));
    let doctor = clinic.doctor_account().await;
    let all = AppointmentQuery::of(Whose::OfDoctor(clinic.doctor));
    let all = clinic.ports.bookings.list(&clinic.caller(&doctor), &all).await.expect("a list");
    assert_eq!(all.items.iter().map(|item| item.id).collect::<BTreeSet<_>>(), ids);
}

#[tokio::test]
async fn an_account_books_for_its_dependants_only() {
    let clinic = Clinic::open().await;
    let (asha, mallory) = (clinic.patient("Asha").await, clinic.patient("Mallory").await);
    let other = clinic.add_doctor("ravi-menon").await;
    let (here, there) = (clinic.free(clinic.doctor).await, clinic.free(other).await);
    let caller = clinic.caller(&asha);
    let new = NewDependant { name: "Kiran".into(), birth_date: "2019-04-30".parse().ok() };
    let kiran = clinic.ports.people.add_dependant(&caller, &new).await.expect("added");
    let again = clinic.ports.people.add_dependant(&caller, &new).await.expect("a double click");
    assert_eq!(again.id, kiran.id);
    let future = NewDependant { birth_date: "2030-01-01".parse().ok(), ..new.clone() };
    assert_eq!(
        clinic.ports.people.add_dependant(&caller, &future).await,
        Err(Failure::field(Field::BirthDate, Problem::Malformed))
    );

    let wish =
        |slot, person: PersonId| HoldRequest { slot, visit_type: None, person: Some(person) };
    let own = clinic.hold(&asha, here[0]).await.expect("for herself");
    let childs = clinic.hold_as(&asha, &wish(there[0], kiran.id)).await;
    let childs = childs.expect("the same time, another person");
    let theft = clinic.hold_as(&mallory, &wish(there[1], kiran.id)).await;
    assert_eq!(theft, Err(Failure::NotFound), "not hers to book for");
    clinic.confirm(&asha, own).await.expect("confirmed");
    clinic.confirm(&asha, childs).await.expect("confirmed");
    let seen = clinic.ports.bookings.appointment(&caller, childs).await.expect("seen");
    assert_eq!((seen.person, seen.person_name.as_str()), (kiran.id, "Kiran"));

    let removed = clinic.ports.people.remove_dependant(&caller, kiran.id).await;
    assert_eq!(removed, Err(Refusal::HasAppointments.into()));
    clinic.change(&asha, childs, &Change::Cancel { reason: None }).await.expect("cancelled");
    let not_hers = clinic.ports.people.remove_dependant(&clinic.caller(&mallory), kiran.id).await;
    assert_eq!(not_hers, Err(Failure::NotFound));
    let herself = clinic.ports.people.remove_dependant(&caller, asha.person).await;
    assert_eq!(herself, Err(Failure::NotFound));
    clinic.ports.people.remove_dependant(&caller, kiran.id).await.expect("removed");
    let people = clinic.ports.people.people(&caller).await.expect("a list");
    assert_eq!(people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Asha"]);
    let gone = clinic.hold_as(&asha, &wish(there[2], kiran.id)).await;
    assert_eq!(gone, Err(Failure::NotFound));
}

#[tokio::test]
async fn a_long_visit_takes_consecutive_times_or_none() {
    let clinic = Clinic::open().await;
    clinic.add_long_visit(3).await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let free = clinic.free(clinic.doctor).await;
    let wish = |slot| HoldRequest { slot, visit_type: Some(LONG_VISIT), person: None };

    // The day has nine times: the last two cannot begin a visit of three.
    let caller = clinic.caller(&asha);
    let starts = nadi::ports::FreeTimesQuery {
        doctor: clinic.doctor,
        from: nadi::calendar::Moment::parse("2026-11-23").expect("a date"),
        until: nadi::calendar::Moment::parse("2026-11-24").expect("a date"),
        location: None,
        mode: None,
        times_for: nadi::ports::TimesFor::NewVisit { slot_span: 3 },
    };
    let times = async || clinic.ports.directory.free_times(&caller, &starts).await.expect("times");
    assert_eq!(times().await.len(), 7);
    assert_eq!(clinic.hold_as(&asha, &wish(free[7])).await, Err(Refusal::NotOffered.into()));

    let blocking = clinic.hold(&ravi, free[4]).await.expect("held");
    for blocked in [2, 3, 4] {
        let answer = clinic.hold_as(&asha, &wish(free[blocked])).await;
        assert_eq!(answer, Err(Refusal::Taken.into()), "{blocked}");
    }
    assert_eq!(times().await.len(), 4);
    assert_eq!(clinic.count("select count(*) from seats").await, 1, "nothing is half taken");

    let id = clinic.hold_as(&asha, &wish(free[0])).await.expect("held");
    clinic.confirm(&asha, id).await.expect("confirmed");
    assert_eq!(clinic.count("select count(*) from seats").await, 4);
    let view = clinic.ports.bookings.appointment(&caller, id).await.expect("seen");
    assert_eq!(view.ends_at - view.starts_at, Duration::minutes(60));
    assert_eq!(clinic.hold(&ravi, free[2]).await, Err(Refusal::Taken.into()));

    // The time twenty minutes later overlaps the appointment's own time, which does not prevent the move.
    clinic.change(&ravi, blocking, &Change::Cancel { reason: None }).await.expect("let go");
    let moved = clinic.change(&asha, id, &Change::Reschedule { slot: free[1] }).await;
    assert_eq!(moved.map(|booked| booked.starts_at), Ok(view.starts_at + Duration::minutes(20)));
    assert_eq!(clinic.count("select count(*) from seats").await, 3);
    assert!(clinic.free(clinic.doctor).await.contains(&free[0]));
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("cancelled");
    assert_eq!(clinic.count(CLAIMS).await, 0);
}

/// Choosing a longer visit at the same time releases the hold of the shorter one.
#[tokio::test]
async fn a_longer_hold_replaces_the_same_persons_shorter_one() {
    let clinic = Clinic::open().await;
    clinic.add_long_visit(2).await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let short = clinic.hold(&asha, free[1]).await.expect("held");
    let wish = HoldRequest { slot: free[1], visit_type: Some(LONG_VISIT), person: None };
    let longer = clinic.hold_as(&asha, &wish).await.expect("held");
    assert_eq!(clinic.state(short).await, "cancelled");
    let wish = HoldRequest { slot: free[0], ..wish };
    let earlier = clinic.hold_as(&asha, &wish).await.expect("overlapping one's own hold");
    assert_eq!(clinic.state(longer).await, "cancelled");
    clinic.confirm(&asha, earlier).await.expect("confirmed");
    assert_eq!(clinic.count("select count(*) from seats").await, 2);
}

#[tokio::test]
async fn with_instant_confirmation_a_verified_address_needs_no_code() {
    let mut clinic = Clinic::open().await;
    clinic.app_state.settings.confirmation = Confirmation::Instant;
    clinic.ports = server::ports::ports(&clinic.app_state, None);
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let first = clinic.hold(&asha, free[0]).await.expect("held");
    let unproven = clinic.change(&asha, first, &Change::Confirm { code: None }).await;
    assert_eq!(unproven, Err(Failure::field(Field::Code, Problem::Missing)));
    clinic.dispatcher().run_once().await.expect("delivered");
    assert_eq!(clinic.messages.sent.lock().expect("messages").len(), 1, "the code");
    clinic.confirm(&asha, first).await.expect("with the code");

    let second = clinic.hold(&asha, free[1]).await.expect("held");
    let view =
        clinic.ports.bookings.appointment(&clinic.caller(&asha), second).await.expect("seen");
    assert!(!view.code_needed && view.open_to.contains(&Command::Confirm));
    let known =
        clinic.change(&asha, second, &Change::Confirm { code: None }).await.expect("confirmed");
    assert_eq!(known.state, State::Confirmed);
    while clinic.dispatcher().run_once().await.expect("delivered") > 0 {}
    let sent = clinic.messages.sent.lock().expect("messages").clone();
    let codes = sent.iter().filter(|message| kind_of(message) == "Code").count();
    assert_eq!(codes, 1, "{sent:?}");
}

#[tokio::test]
async fn appointment_lists_are_filtered_and_paged() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let cancelled = clinic.book(&asha, free[3]).await;
    clinic.change(&asha, cancelled, &Change::Cancel { reason: None }).await.expect("cancelled");
    let mut ids = Vec::new();
    for slot in free.iter().take(3) {
        ids.push(clinic.book(&asha, *slot).await);
    }
    ids.push(cancelled);
    let caller = clinic.caller(&asha);
    let list = async |query: AppointmentQuery| {
        let page = clinic.ports.bookings.list(&caller, &query).await.expect("a list");
        (page.items.into_iter().map(|item| item.id).collect::<Vec<_>>(), page.total)
    };
    let all = AppointmentQuery::of(Whose::Mine);
    assert_eq!(list(all.clone()).await, (ids.clone(), 4));
    let second = AppointmentQuery { page: 2, page_size: 3, ..all.clone() };
    assert_eq!(list(second).await, (ids[3..].to_vec(), 4));
    let state = Some(State::Cancelled);
    assert_eq!(list(AppointmentQuery { state, ..all.clone() }).await, (ids[3..].to_vec(), 1));
    let moment = nadi::calendar::Moment::parse;
    // The range is half-open, and dates are those of the location: ten o'clock in Kolkata is 04:30 UTC.
    let (from, until) = (moment("2026-11-23T04:50:00Z"), moment("2026-11-23T10:40:00+05:30"));
    assert_eq!(list(AppointmentQuery { from, until, ..all.clone() }).await.0, ids[1..2].to_vec());
    let (from, until) = (moment("2026-11-23"), moment("2026-11-24"));
    assert_eq!(list(AppointmentQuery { from, until, ..all.clone() }).await.1, 4);
    let from = moment("2026-11-24");
    assert_eq!(list(AppointmentQuery { from, ..all.clone() }).await.1, 0);
    let doctor = Some(nadi::ids::DoctorId(Uuid::nil()));
    assert_eq!(list(AppointmentQuery { doctor, ..all }).await.1, 0);
}

/// A visit counts as begun from its start and as over only from its end.
#[tokio::test]
async fn a_visit_that_has_just_begun_is_not_called_over() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let doctor = clinic.doctor_account().await;
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.book(&asha, free[0]).await;
    let (cookie, token) = (clinic.cookie(&asha).await, clinic.token(&asha).await);
    let base = clinic.serve().await;
    let (_, shown) = call_api(&base, &format!("/appointments/{id}"), Some(&token), None).await;
    let time = |name: &str| -> chrono::DateTime<chrono::Utc> {
        shown[name].as_str().and_then(|text| text.parse().ok()).expect("a time")
    };
    let (starts_at, ends_at) = (time("starts_at"), time("ends_at"));
    let now = clinic.visitor().now;
    clinic.clock.step(starts_at - now + Duration::seconds(8));
    for (refusal, kind, sentence) in [
        (Refusal::HasBegun, "has-begun", text!("refusal-has-begun")),
        (Refusal::AlreadyOver, "already-over", text!("refusal-already-over")),
    ] {
        for who in [&asha, &doctor] {
            let cancel = Change::Cancel { reason: Some("Ill.".into()) };
            for change in [cancel, Change::Reschedule { slot: free[9] }] {
                let answer = clinic.change(who, id, &change).await;
                assert_eq!(answer, Err(refusal.into()), "{change:?}");
            }
        }
        let cancelled = browser()
            .post(format!("{base}/api/v1/appointments/{id}/cancel"))
            .bearer_auth(clinic.token(&asha).await)
            .header("if-match", "*")
            .send()
            .await
            .expect("an answer");
        let problem: Value = cancelled.json().await.expect("JSON");
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{problem}");
        assert_eq!(problem["detail"], sentence);
        for path in [format!("/appointments/{id}"), format!("/appointments/{id}/move")] {
            let (_, _, page) = get_page(&base, &path, &cookie).await;
            assert!(page.contains(&sentence), "{path}: {page}");
        }
        clinic.clock.step(ends_at - starts_at);
    }
    // A free time that has begun cannot be taken.
    let page = format!("/doctors/asha-naik?slot={}", free[0]);
    let (_, _, page) = get_page(&base, &page, &cookie).await;
    assert!(page.contains(&text!("time-gone-in-the-past")), "{page}");
}
