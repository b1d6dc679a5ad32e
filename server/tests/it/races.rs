//! Many requests at once, on a real database and over real connections.

use futures::future::join_all;
use nadi::Failure;
use nadi::appointment::{Refusal, State};
use nadi::idempotency::IdempotencyKey;
use nadi::ids::AppointmentId;
use nadi::ports::{Change, HoldRequest, Seen};
use server::bookings::store::holds;
use server::bookings::store::holds::NewHold;
use server::ids::uuid_v7;
use uuid::Uuid;

use crate::support::{Clinic, LONG_VISIT, NewDoctor, browser};

/// A thousand people want one slot while an uncommitted transaction has its seats. PostgreSQL shows that they
/// wait for it. After the rollback there are as many winners as seats.
async fn race_for_one_slot(capacity: u16) {
    let clinic = Clinic::open_with(capacity).await;
    let slot = clinic.free(clinic.doctor).await[0];
    let people = clinic.many_patients(1000).await;
    let mut in_flight = clinic.pool.begin().await.expect("a transaction");
    sqlx::query(
        "insert into seats (slot_id, seat_no, capacity, appointment_id, doctor_id, held_until)
         select id, seat_no, capacity, $2, doctor_id, 'infinity'
         from slots, generate_series(1, capacity) seat_no where id = $1",
    )
    .bind(slot.0)
    .bind(Uuid::nil())
    .execute(&mut *in_flight)
    .await
    .expect("seats in flight");
    let instance = clinic.instance(40);
    let wish = HoldRequest { slot, visit_type: None, person: None };
    let callers: Vec<_> = people.iter().map(|who| clinic.caller(who)).collect();
    let rivals = join_all(callers.iter().map(|who| async {
        // A request that does not get a connection in time is repeated.
        loop {
            match instance.bookings.hold(who, &wish, None).await {
                Err(Failure::Unavailable) => {}
                answer => return answer,
            }
        }
    }));
    let release = async {
        clinic.until_waiting(30).await;
        in_flight.rollback().await.expect("rolled back");
    };
    let (answers, ()) = tokio::join!(rivals, release);
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(won, usize::from(capacity));
    let told = answers.iter().filter(|answer| **answer == Err(Refusal::Taken.into())).count();
    assert_eq!(won + told, people.len(), "everyone else hears that it was taken");
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn a_thousand_rivals_for_one_seat_have_one_winner() {
    race_for_one_slot(1).await;
}

#[tokio::test]
async fn a_thousand_rivals_for_seven_seats_have_seven_winners() {
    race_for_one_slot(7).await;
}

/// Two hundred people send the same form at the same moment.
#[tokio::test]
async fn two_hundred_forms_for_one_slot_have_one_winner() {
    let clinic = Clinic::open().await;
    let slot = clinic.free(clinic.doctor).await[0];
    let base = clinic.serve().await;
    let people = clinic.many_patients(200).await;
    let cookies = join_all(people.iter().map(|who| clinic.cookie(who))).await;
    let browser = browser();
    let answers = join_all(cookies.iter().map(|cookie| {
        browser
            .post(format!("{base}/fn/hold"))
            .header("cookie", cookie)
            .header("accept", "text/html")
            .header("referer", format!("{base}/doctors/asha-naik?slot={slot}"))
            .form(&[("slot", slot.to_string())])
            .send()
    }))
    .await;
    let mut won = 0;
    for answer in answers {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 302);
        let to = answer.headers()["location"].to_str().expect("an address").to_owned();
        if to.contains("/appointments/") {
            won += 1
        } else {
            assert!(to.contains("__err="), "{to}")
        }
    }
    assert_eq!(won, 1);
    assert_eq!(clinic.count("select count(*) from seats").await, 1);
    assert_eq!(clinic.count("select count(*) from appointments").await, 1);
}

#[tokio::test]
async fn two_hundred_concurrent_holds_of_distinct_slots_all_succeed() {
    let clinic = Clinic::open().await;
    let quick = NewDoctor { slot_minutes: 10, ..NewDoctor::new("quick") };
    let doctor = clinic.add_doctors([quick]).await[0];
    let free = clinic.free(doctor).await;
    let people = clinic.many_patients(200).await;
    let holds = people.iter().zip(&free).map(|(who, slot)| clinic.hold(who, *slot));
    let refused: Vec<_> = join_all(holds).await.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused, [], "a free time is never refused because of another");
}

#[tokio::test]
async fn one_person_holding_at_two_doctors_at_once_gets_one() {
    let clinic = Clinic::open().await;
    let other = clinic.add_doctor("other").await;
    let (here, there) = (clinic.free(clinic.doctor).await, clinic.free(other).await);
    let people = clinic.many_patients(10).await;
    for (who, (here, there)) in people.into_iter().zip(here.into_iter().zip(there)) {
        let both = [clinic.hold(&who, here), clinic.hold(&who, there)];
        let answers = join_all(both).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1, "{answers:?}");
        assert!(answers.contains(&Err(Refusal::PersonBusy.into())), "{answers:?}");
    }
}

/// A patient asks for a longer visit at the time of their own hold. A rival takes its second half and gives it
/// back at the worst moments. The hold that the visit replaces must not be the reason for a refusal.
#[tokio::test]
async fn a_hold_is_not_refused_because_of_the_hold_it_replaces() {
    let clinic = Clinic::open().await;
    clinic.add_long_visit(2).await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let short = clinic.hold(&asha, free[3]).await.expect("held");

    let mut rival = clinic.pool.begin().await.expect("a transaction");
    sqlx::query(
        "insert into seats (slot_id, seat_no, capacity, appointment_id, doctor_id, held_until)
         values ($1, 1, 1, $2, $3, 'infinity')",
    )
    .bind(free[4].0)
    .bind(Uuid::nil())
    .bind(clinic.doctor.0)
    .execute(&mut *rival)
    .await
    .expect("a seat in flight");
    let caller = clinic.caller(&asha);
    let wish = HoldRequest { slot: free[3], visit_type: Some(LONG_VISIT), person: None };
    let once = IdempotencyKey::parse("k").expect("a key");
    let longer = clinic.ports.bookings.hold(&caller, &wish, Some(&once));
    let meanwhile = async {
        clinic.until_waiting(1).await;
        // Before it is refused, a hold looks for a stored answer under its key. Here that lookup has to wait.
        let mut gate = clinic.pool.begin().await.expect("a transaction");
        let lock = sqlx::query("lock table idempotency_keys in access exclusive mode");
        let takes_the_second_half = async {
            clinic.until_waiting(2).await;
            rival.commit().await.expect("taken");
        };
        let (locked, ()) = tokio::join!(lock.execute(&mut *gate), takes_the_second_half);
        locked.expect("locked");
        clinic.until_waiting(1).await;
        sqlx::query("delete from seats where appointment_id = $1")
            .bind(Uuid::nil())
            .execute(&clinic.pool)
            .await
            .expect("given back");
        gate.rollback().await.expect("released");
    };
    let (longer, ()) = tokio::join!(longer, meanwhile);
    assert_eq!(longer.map(|booked| booked.state), Ok(State::Pending));
    assert_eq!(clinic.state(short).await, "cancelled");
    clinic.assert_consistent().await;
}

/// PostgreSQL shows that the second hold waits for the first one's transaction. It is then refused.
#[tokio::test]
async fn a_hold_waits_for_an_uncommitted_rival() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let slot = clinic.free(clinic.doctor).await[0];
    let now = server::clock::Clock::now(&clinic.clock);
    let first = NewHold {
        id: AppointmentId(uuid_v7(now)),
        slot,
        visit_type: None,
        person: asha.person,
        account: asha.account,
        now,
        holds_max: 3,
        visits_max: 3,
        uid_host: clinic.app_state.site.uid_host.clone(),
        hold: chrono::Duration::minutes(5),
        request_key: None,
        locale: "en",
    };
    let mut in_flight = clinic.app_state.write.begin().await.expect("a transaction");
    assert!(holds::take(&mut in_flight, &first).await.expect("taken").is_some());

    let waits = async {
        clinic.until_waiting(1).await;
        in_flight.commit().await.expect("committed");
    };
    let (second, ()) = tokio::join!(clinic.hold(&ravi, slot), waits);
    assert_eq!(second, Err(Refusal::Taken.into()));
}

/// The first one wins, the other one is refused with a reason, and nothing is left half done.
#[tokio::test]
async fn confirming_races_with_taking_over_an_expired_hold() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    for (n, slot) in free.into_iter().take(12).enumerate() {
        let slow = clinic.patient(&format!("Slow {n}")).await;
        let quick = clinic.patient(&format!("Quick {n}")).await;
        let held = clinic.hold(&slow, slot).await.expect("held");
        // The confirmation is sent just before the hold expires, the other request afterwards.
        let before = clinic.caller(&slow);
        clinic.clock.step(chrono::Duration::minutes(5));
        let code =
            nadi::input::Code::parse(&clinic.app_state.code_key.code(held, 1)).expect("digits");
        let confirm = Change::Confirm { code: Some(code) };
        let (confirmed, taken) = tokio::join!(
            clinic.ports.bookings.change(&before, held, &confirm, &Seen::Any, None),
            clinic.hold(&quick, slot)
        );
        assert!(confirmed.is_ok() != taken.is_ok(), "{confirmed:?} {taken:?}");
        clinic.clock.step(chrono::Duration::minutes(-5));
    }
    clinic.assert_consistent().await;
}

/// A patient confirms and cancels while somebody else takes over the same expiring hold. They wait for each
/// other on its row, and the result is that of some sequential order.
#[tokio::test]
async fn confirming_cancelling_and_taking_over_one_hold_race() {
    let clinic = Clinic::open().await;
    let free = clinic.free(clinic.doctor).await;
    for (n, slot) in free.into_iter().take(9).enumerate() {
        let slow = clinic.patient(&format!("Slow {n}")).await;
        let quick = clinic.patient(&format!("Quick {n}")).await;
        let id = clinic.hold(&slow, slot).await.expect("held");
        let before = clinic.caller(&slow);
        clinic.clock.step(chrono::Duration::minutes(5));
        let after = clinic.caller(&quick);
        let mut blocker = clinic.pool.begin().await.expect("a transaction");
        sqlx::query("select from appointments where id = $1 for update")
            .bind(id.0)
            .execute(&mut *blocker)
            .await
            .expect("locked");

        let instance = clinic.instance(10);
        let code =
            nadi::input::Code::parse(&clinic.app_state.code_key.code(id, 1)).expect("digits");
        let (confirm, cancel) =
            (Change::Confirm { code: Some(code) }, Change::Cancel { reason: None });
        let wish = HoldRequest { slot, visit_type: None, person: None };
        let release = async {
            clinic.until_waiting(3).await;
            blocker.rollback().await.expect("released");
        };
        let (confirmed, cancelled, taken, ()) = tokio::join!(
            instance.bookings.change(&before, id, &confirm, &Seen::Any, None),
            instance.bookings.change(&before, id, &cancel, &Seen::Any, None),
            instance.bookings.hold(&after, &wish, None),
            release
        );
        let state = clinic.state(id).await;
        match state.as_str() {
            // Confirmed first, then perhaps cancelled.
            "confirmed" => assert!(confirmed.is_ok() && cancelled.is_err() && taken.is_err()),
            "cancelled" => assert!(cancelled.is_ok(), "{cancelled:?}"),
            "expired" => {
                assert!(confirmed.is_err() && cancelled.is_err() && taken.is_ok());
            }
            other => panic!("{other}"),
        }
        for refused in [confirmed.err(), cancelled.err(), taken.err()].into_iter().flatten() {
            assert!(matches!(refused, Failure::Refused(_)), "{refused:?}");
        }
        clinic.assert_consistent().await;
        clinic.clock.step(chrono::Duration::minutes(-5));
    }
}

/// Two patients want to move to each other's slot. Neither can, and neither gets a deadlock error.
#[tokio::test]
async fn two_patients_moving_to_each_others_slots_never_deadlock() {
    let clinic = Clinic::open().await;
    let instances = [clinic.instance(5), clinic.instance(5)];
    let free = clinic.free(clinic.doctor).await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let (hers, his) = (clinic.book(&asha, free[3]).await, clinic.book(&ravi, free[4]).await);
    let (asha, ravi) = (clinic.caller(&asha), clinic.caller(&ravi));
    let places = [free[3], free[4], free[5]];
    let to = |slot| Change::Reschedule { slot };
    for round in 0..40 {
        // A third slot makes some of the moves possible, and longer wait cycles.
        let (one, two) = (to(places[(round + 1) % 3]), to(places[(round * 2) % 3]));
        let (first, second) = tokio::join!(
            instances[0].bookings.change(&asha, hers, &one, &Seen::Any, None),
            instances[1].bookings.change(&ravi, his, &two, &Seen::Any, None)
        );
        for answer in [first, second] {
            assert!(
                answer.is_ok() || answer == Err(Refusal::Taken.into()),
                "round {round}: {answer:?}"
            );
        }
        clinic.assert_consistent().await;
    }
}

/// One person has two appointments, and each is moved to the time of the other.
#[tokio::test]
async fn one_person_moving_two_appointments_across_each_other_never_deadlocks() {
    let clinic = Clinic::open().await;
    let other = clinic.add_doctor("ravi-menon").await;
    let (here, there) = (clinic.free(clinic.doctor).await, clinic.free(other).await);
    let asha = clinic.patient("Asha").await;
    let (one, two) = (clinic.book(&asha, here[3]).await, clinic.book(&asha, there[5]).await);
    let caller = clinic.caller(&asha);
    let instances = [clinic.instance(5), clinic.instance(5)];
    for round in 0..20 {
        let (a, b) = if round % 2 == 0 { (5, 3) } else { (3, 5) };
        let (to_a, to_b) =
            (Change::Reschedule { slot: here[a] }, Change::Reschedule { slot: there[b] });
        let (first, second) = tokio::join!(
            instances[0].bookings.change(&caller, one, &to_a, &Seen::Any, None),
            instances[1].bookings.change(&caller, two, &to_b, &Seen::Any, None)
        );
        for answer in [first, second] {
            assert!(
                answer.is_ok() || answer == Err(Refusal::PersonBusy.into()),
                "round {round}: {answer:?}"
            );
        }
        clinic.assert_consistent().await;
    }
}
