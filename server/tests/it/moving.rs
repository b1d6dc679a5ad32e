//! Where an appointment may be moved: the page and the API offer exactly the slots to which moving succeeds.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate};
use nadi::Failure;
use nadi::actor::SignedIn;
use nadi::calendar::Moment;
use nadi::ids::{AppointmentId, DoctorId, SlotId, VisitTypeId};
use nadi::ports::{Change, FreeTimesQuery, HoldRequest, TimesFor};
use nadi::visit::Mode;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use reqwest::header::COOKIE;
use uuid::Uuid;

use crate::support::{CONSULTATION, Clinic, LONG_VISIT, NewDoctor, browser};

/// A kind of visit that takes three slots.
const LONGER_VISIT: VisitTypeId = VisitTypeId(Uuid::from_u128(78));
const KINDS: [VisitTypeId; 3] = [CONSULTATION, LONG_VISIT, LONGER_VISIT];

fn query(doctor: DoctorId, date: NaiveDate, id: AppointmentId) -> FreeTimesQuery {
    FreeTimesQuery {
        doctor,
        from: Moment::Day(date),
        until: Moment::Day(date + chrono::Days::new(1)),
        location: None,
        mode: None::<Mode>,
        times_for: TimesFor::Move(id),
    }
}

async fn day(clinic: &Clinic, doctor: DoctorId, date: NaiveDate) -> Vec<SlotId> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "select id from slots where doctor_id = $1 and local_date = $2 order by starts_at",
    )
    .bind(doctor.0)
    .bind(date)
    .fetch_all(&clinic.pool)
    .await
    .expect("times");
    ids.into_iter().map(SlotId).collect()
}

async fn book(
    clinic: &Clinic,
    who: &SignedIn,
    slot: SlotId,
    kind: VisitTypeId,
) -> Option<AppointmentId> {
    let wish = HoldRequest { slot, visit_type: Some(kind), person: None };
    let id = clinic.hold_as(who, &wish).await.ok()?;
    clinic.confirm(who, id).await.expect("confirmed");
    Some(id)
}

/// The slots to which moving succeeds, found by trying each. The appointment is moved back every time.
async fn slots_that_moving_accepts(
    clinic: &Clinic,
    who: &SignedIn,
    (id, own): (AppointmentId, SlotId),
    slots: &[SlotId],
) -> BTreeSet<SlotId> {
    let mut granted = BTreeSet::new();
    for slot in slots.iter().filter(|slot| **slot != own) {
        if clinic.change(who, id, &Change::Reschedule { slot: *slot }).await.is_ok() {
            granted.insert(*slot);
            // The appointment's own slots may have been closed in the meantime, which would prevent moving it
            // back.
            for statement in [
                "create table as_it_was as select id, opens_at, closes_at from slots",
                "update slots set opens_at = '-infinity', closes_at = starts_at
                 where opens_at > '-infinity' or closes_at <> starts_at",
            ] {
                sqlx::query(statement).execute(&clinic.pool).await.expect("opened");
            }
            clinic.change(who, id, &Change::Reschedule { slot: own }).await.expect("moved back");
            for statement in [
                "update slots s set opens_at = w.opens_at, closes_at = w.closes_at from as_it_was w
                 where w.id = s.id and (s.opens_at <> w.opens_at or s.closes_at <> w.closes_at)",
                "drop table as_it_was",
            ] {
                sqlx::query(statement).execute(&clinic.pool).await.expect("as before");
            }
        }
    }
    granted
}

/// On many days, each with visits of others, holds, lapsed holds, withdrawn, closed and kept times and something
/// else of the person: visits of one to three slots, moved by the patient and by the clinic.
#[tokio::test]
async fn moving_succeeds_exactly_to_the_offered_slots() {
    let clinic = Clinic::open().await;
    clinic.add_long_visit(2).await;
    sqlx::query(
        "insert into visit_types (id, clinic_id, name, slot_span, created_at)
         values ($1, $2, 'Longer visit', 3, now())",
    )
    .bind(LONGER_VISIT.0)
    .bind(clinic.clinic.0)
    .execute(&clinic.pool)
    .await
    .expect("a kind of visit");
    let group = NewDoctor { capacity: 2, ..NewDoctor::new("group") };
    let others = clinic.add_doctors([group, NewDoctor::new("elsewhere")]).await;
    let patients = clinic.many_patients(9).await;
    let (mut tried, mut own_overlaps) = (0, 0);
    for seed in 0..36_u64 {
        let rng = &mut StdRng::seed_from_u64(seed);
        // The limit on visits of one account is not tested here.
        let uncounted = "update patient_times set visit_number = null";
        sqlx::query(uncounted).execute(&clinic.pool).await.expect("uncounted");
        let doctor = [clinic.doctor, others[0]][(seed % 2) as usize];
        let kind = KINDS[(seed / 2 % 3) as usize];
        let span = (seed / 2 % 3 + 1) as usize;
        // A Tuesday or a later weekday. No doctor uses a date twice.
        let week = i64::try_from(seed / 8).expect("small");
        let weekday = i64::try_from(seed / 2 % 4).expect("small");
        let date: NaiveDate = "2026-11-24".parse().expect("a date");
        let date = date + Duration::days(week * 7 + weekday);
        let slots = day(&clinic, doctor, date).await;
        assert_eq!(slots.len(), 9, "{date}");
        // Another patient for each doctor, so that their appointments do not conflict.
        let asha = &patients[[0, 7][(seed % 2) as usize]];
        let own = slots[rng.random_range(0..=9 - span)];
        let id = book(&clinic, asha, own, kind).await.expect("booked");
        for other in &patients[1..5] {
            let slot = *slots.choose(rng).expect("a slot");
            book(&clinic, other, slot, *KINDS.choose(rng).expect("a kind")).await;
        }
        let elsewhere = day(&clinic, others[1], date).await;
        if rng.random_bool(0.5) {
            book(&clinic, asha, *elsewhere.choose(rng).expect("a slot"), CONSULTATION).await;
        }
        let _ = clinic.hold(&patients[5], *slots.choose(rng).expect("a slot")).await;
        clinic.clock.step(Duration::minutes(6));
        let _ = clinic.hold(&patients[6], *slots.choose(rng).expect("a slot")).await;
        let unlucky = "update slots s set capacity = 0 where id = $1
                       and not exists (select from seats t where t.slot_id = s.id)";
        sqlx::query(unlucky)
            .bind(slots.choose(rng).expect("a slot").0)
            .execute(&clinic.pool)
            .await
            .expect("withdrawn");
        for change in [
            "update slots set closes_at = '2026-11-01' where id = $1",
            "update slots set opens_at = starts_at where id = $1",
            "update slots set closes_at = '-infinity' where id = $1",
        ] {
            if rng.random_bool(0.4) {
                let slot = slots.choose(rng).expect("a slot");
                sqlx::query(change).bind(slot.0).execute(&clinic.pool).await.expect("closed");
            }
        }
        let by_doctor = SignedIn { doctor: Some(doctor), ..patients[8].clone() };
        for who in [asha, &by_doctor] {
            let caller = clinic.caller(who);
            let directory = &clinic.ports.directory;
            let offered = directory.free_times(&caller, &query(doctor, date, id)).await;
            let offered: BTreeSet<SlotId> =
                offered.expect("times").into_iter().map(|time| time.slot).collect();
            for slot in &slots {
                let one = directory.free_time(&caller, doctor, *slot, TimesFor::Move(id)).await;
                assert_eq!(one.is_ok(), offered.contains(slot), "seed {seed}: {one:?}");
            }
            let granted = slots_that_moving_accepts(&clinic, who, (id, own), &slots).await;
            assert_eq!(offered, granted, "seed {seed}, {date}, span {span}, {}", who.name);
            tried += granted.len();
            let place = |slot: &SlotId| slots.iter().position(|one| one == slot).unwrap_or(0);
            own_overlaps +=
                granted.iter().filter(|slot| place(slot).abs_diff(place(&own)) < span).count();
        }
    }
    assert!(tried > 100 && own_overlaps > 20, "{tried}, {own_overlaps}: nothing was proven");
    clinic.assert_consistent().await;
}

/// The offered times overlap the appointment's own, whose seats therefore have to count as free.
#[tokio::test]
async fn the_page_for_moving_offers_times_that_overlap_the_present_one() {
    let clinic = Clinic::open().await;
    clinic.add_long_visit(2).await;
    let half_hours = NewDoctor { slot_minutes: 30, ..NewDoctor::new("half-hours") };
    let doctor = clinic.add_doctors([half_hours]).await[0];
    let date: NaiveDate = "2026-11-24".parse().expect("a date");
    let slots = day(&clinic, doctor, date).await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    // The visit is at eleven, the hours are ten to one, and somebody else has the last half hour.
    let id = book(&clinic, &asha, slots[2], LONG_VISIT).await.expect("booked");
    book(&clinic, &ravi, slots[5], CONSULTATION).await.expect("booked");
    let expected = [slots[0], slots[1], slots[3]];

    let base = clinic.serve().await;
    let cookie = clinic.cookie(&asha).await;
    let get = async |path: String, cookie: Option<&str>| {
        let kind = if path.starts_with("/fn/") { "application/json" } else { "text/html" };
        let mut request = browser().get(format!("{base}{path}")).header("accept", kind);
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let (status, page) = get(format!("/appointments/{id}/move?date={date}"), Some(&cookie)).await;
    assert_eq!(status, 200);
    for (n, slot) in slots.iter().enumerate() {
        let shown = page.contains(&format!("id=\"slot-{slot}\""));
        assert_eq!(shown, expected.contains(slot), "the time with number {n}");
    }
    // The request that the page's script sends.
    let month = "/fn/month_times?slug=half-hours&month=2026-11";
    let times = format!("{month}&date={date}&visit={LONG_VISIT}&appointment={id}");
    let (status, answer) = get(times.clone(), Some(&cookie)).await;
    assert_eq!(status, 200, "{answer}");
    for slot in &slots {
        let shown = answer.contains(&format!("[\"{slot}\","));
        assert_eq!(shown, expected.contains(slot), "{answer}");
    }
    // A slot that can be taken is offered; for one that cannot, the page says that it is gone.
    let chosen = format!("/appointments/{id}/move?date={date}&slot={}", slots[3]);
    assert_eq!(get(chosen, Some(&cookie)).await.0, 200);
    let taken = format!("/appointments/{id}/move?date={date}&slot={}", slots[4]);
    assert_eq!(get(taken, Some(&cookie)).await.0, 409);

    // Other accounts and visitors get no times.
    let stranger = clinic.cookie(&ravi).await;
    assert_eq!(get(times.clone(), Some(&stranger)).await.0, 404);
    let (status, answer) = get(times, None).await;
    assert!(status >= 400 && !answer.contains("\"slot\":"), "{status} {answer}");
    let visitor = clinic.visitor();
    let asked = clinic.ports.directory.free_times(&visitor, &query(doctor, date, id)).await;
    assert_eq!(asked.err(), Some(Failure::SignInFirst));

    // The API offers the same slots, and moving to one of them succeeds.
    let token = clinic.token(&asha).await;
    let api = format!("{base}/api/v1/appointments/{id}");
    let answer = browser().get(format!("{api}/slots?date={date}")).bearer_auth(&token).send().await;
    let answer: serde_json::Value = answer.expect("an answer").json().await.expect("JSON");
    let ids = answer["items"].as_array().expect("a list").iter();
    let ids: Vec<SlotId> = ids.map(|item| SlotId(item["id"].as_i64().expect("an id"))).collect();
    assert_eq!(ids, expected);
    clinic.change(&asha, id, &Change::Reschedule { slot: slots[3] }).await.expect("moved");
    clinic.assert_consistent().await;
}
