//! Many at once, on a real database and over real connections.

mod support;

use std::time::Duration;

use futures::future::join_all;
use nadi::appointment::Refusal;
use nadi::ids::AppointmentId;
use nadi::ports::{Change, Seen};
use server::entropy::uuid_v7;
use server::store::holds::{self, NewHold};
use sqlx::PgPool;
use support::{Clinic, browser};

#[sqlx::test(migrations = false)]
async fn a_hot_slot_has_exactly_as_many_winners_as_seats(pool: PgPool) {
    for (capacity, rivals) in [(1, 40), (7, 60)] {
        let pool = pool.clone();
        if capacity > 1 {
            sqlx::query("drop schema public cascade").execute(&pool).await.expect("emptied");
            sqlx::query("create schema public").execute(&pool).await.expect("emptied");
        }
        let clinic = Clinic::open_with(pool, capacity).await;
        let slot = clinic.free(clinic.doctor).await[0];
        let mut people = Vec::new();
        for n in 0..rivals {
            people.push(clinic.patient(&format!("Rival {n}")).await);
        }
        let answers = join_all(people.iter().map(|who| clinic.hold(who, slot))).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, usize::try_from(capacity).expect("small"));
        let told = answers.iter().filter(|answer| **answer == Err(Refusal::Taken.into())).count();
        assert_eq!(won + told, people.len(), "everyone else hears that it was taken");
    }
}

/// Two hundred people press the same button of the same page in the same moment.
#[sqlx::test(migrations = false)]
async fn two_hundred_at_one_time_over_http(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let slot = clinic.free(clinic.doctor).await[0];
    let base = clinic.serve().await;
    let mut cookies = Vec::new();
    for n in 0..200 {
        let who = clinic.patient(&format!("Rival {n}")).await;
        cookies.push(clinic.cookie(&who).await);
    }
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

#[sqlx::test(migrations = false)]
async fn everyone_gets_a_free_time_of_their_own(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let free = clinic.free(clinic.doctor).await;
    let mut people = Vec::new();
    for n in 0..120 {
        people.push(clinic.patient(&format!("Patient {n}")).await);
    }
    let holds = people.iter().zip(&free).map(|(who, slot)| clinic.hold(who, *slot));
    let refused: Vec<_> = join_all(holds).await.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused, [], "a free time is never refused because of another");
}

#[sqlx::test(migrations = false)]
async fn one_person_at_two_doctors_in_the_same_moment(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let other = clinic.add_doctor("other", 1).await;
    let (here, there) = (clinic.free(clinic.doctor).await, clinic.free(other).await);
    for (n, (here, there)) in here.into_iter().zip(there).take(10).enumerate() {
        let who = clinic.patient(&format!("Patient {n}")).await;
        let both = [clinic.hold(&who, here), clinic.hold(&who, there)];
        let answers = join_all(both).await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1, "{answers:?}");
        assert!(answers.contains(&Err(Refusal::PersonBusy.into())), "{answers:?}");
    }
}

/// A rival in flight is waited for, by the database's own word, and then refused.
#[sqlx::test(migrations = false)]
async fn a_hold_waits_for_the_one_in_flight(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let slot = clinic.free(clinic.doctor).await[0];
    let now = server::clock::Clock::now(&clinic.clock);
    let first = NewHold {
        id: AppointmentId(uuid_v7(now)),
        slot,
        visit_type: None,
        person: asha.person,
        account: asha.account,
        hold: chrono::Duration::minutes(5),
        once: None,
    };
    let mut in_flight = clinic.engine.write.begin().await.expect("a transaction");
    assert!(holds::take(&mut in_flight, &first, now).await.expect("taken").is_some());

    let waits = async {
        loop {
            let waiting = clinic
                .count(
                    "select count(*) from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'",
                )
                .await;
            if waiting == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        in_flight.commit().await.expect("committed");
    };
    let (second, ()) = tokio::join!(clinic.hold(&ravi, slot), waits);
    assert_eq!(second, Err(Refusal::Taken.into()));
}

/// Whoever comes first wins; the other one hears a reason; nothing is left half done.
#[sqlx::test(migrations = false)]
async fn confirming_against_taking_over_a_lapsed_hold(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let free = clinic.free(clinic.doctor).await;
    for (n, slot) in free.into_iter().take(12).enumerate() {
        let slow = clinic.patient(&format!("Slow {n}")).await;
        let quick = clinic.patient(&format!("Quick {n}")).await;
        let held = clinic.hold(&slow, slot).await.expect("held");
        // One clock says a moment before the end, the other the end itself.
        let before = clinic.caller(&slow);
        clinic.clock.step(chrono::Duration::minutes(5));
        let code = nadi::input::Code::parse(&clinic.engine.code_key.code(held, 1)).expect("digits");
        let confirm = Change::Confirm { code: Some(code) };
        let (confirmed, taken) = tokio::join!(
            clinic.ports.bookings.change(&before, held, &confirm, &Seen::Any, None),
            clinic.hold(&quick, slot)
        );
        assert!(confirmed.is_ok() != taken.is_ok(), "{confirmed:?} {taken:?}");
        clinic.clock.step(chrono::Duration::minutes(-5));
    }
    let double =
        "select count(*) from (select slot_id from seats group by slot_id having count(*) > 1) d";
    assert_eq!(clinic.count(double).await, 0);
    let lost = "select count(*) from appointments a where state in ('pending', 'confirmed')
                and not exists (select from seats s where s.appointment_id = a.id)";
    assert_eq!(clinic.count(lost).await, 0);
    let stray = "select count(*) from seats s where not exists
                 (select from appointments a where a.id = s.appointment_id
                  and a.state in ('pending', 'confirmed'))";
    assert_eq!(clinic.count(stray).await, 0);
}
