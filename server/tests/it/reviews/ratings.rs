//! The stored rating of a doctor, and what it changes in the search.

use chrono::Duration;
use nadi::Failure;
use nadi::actor::SignedIn;
use nadi::ids::{AppointmentId, DoctorId};
use nadi::near::Near;
use nadi::ports::{DoctorQuery, Seen};
use nadi::review::Rating;
use server::directory;

use super::{administrator, assert_ratings_are_sums, public_reviews, review_form, write};
use crate::support::{CONSULTATION, Clinic, NewDoctor};

/// A completed visit, inserted with SQL because one day does not have enough slots.
async fn past_visit(clinic: &Clinic, who: &SignedIn, doctor: DoctorId, n: u8) -> AppointmentId {
    let now = clinic.app_state.clock.now();
    let id = server::ids::uuid_v7(now - Duration::days(2));
    let starts = now - Duration::days(1) - Duration::minutes(20 * i64::from(n));
    sqlx::query(
        "insert into appointments (id, reference, ical_uid, state, expires_at, clinic_id, doctor_id,
             location_id, visit_type_id, slot_id, person_id, booked_by, mode, starts_at, ends_at,
             time_zone, fee_minor_units, currency, created_at, updated_at)
         values ($1, 'AAAA-AAAA', $1::text, 'completed', $8, $2, $3, $4, $5, 0, $6, $7, 'in_person',
             $8, $8 + interval '20 minutes', 'Asia/Kolkata', 0, 'INR', $8, $8)",
    )
    .bind(id)
    .bind(clinic.clinic.0)
    .bind(doctor.0)
    .bind(clinic.location.0)
    .bind(CONSULTATION.0)
    .bind(who.person.0)
    .bind(who.account.0)
    .bind(starts)
    .execute(&clinic.pool)
    .await
    .expect("a visit");
    AppointmentId(id)
}

async fn names(clinic: &Clinic, query: DoctorQuery) -> Vec<String> {
    let found = clinic.ports.directory.search(&clinic.visitor(), &query).await.expect("found");
    found.page.items.into_iter().map(|card| card.name).collect()
}

#[tokio::test]
async fn concurrent_reviews_are_all_counted() {
    let clinic = Clinic::open().await;
    let other = clinic.add_doctor("ravi-menon").await;
    let mut reviewers = Vec::new();
    for (n, who) in (0..48u8).zip(clinic.many_patients(48).await) {
        let doctor = if n % 4 == 0 { other } else { clinic.doctor };
        let visit = past_visit(&clinic, &who, doctor, n).await;
        reviewers.push((who, visit, n % 5 + 1));
    }
    let ports = clinic.instance(24);
    let all = reviewers.iter().map(|(who, visit, stars)| {
        let (ports, caller) = (ports.clone(), clinic.caller(who));
        let (visit, stars) = (*visit, *stars);
        tokio::spawn(async move {
            // Twice at once: a double click.
            let form = review_form(stars, "At once.");
            let (one, two) = tokio::join!(
                ports.reviews.write(&caller, visit, &form, None),
                ports.reviews.write(&caller, visit, &form, None),
            );
            let created = [one, two].map(|answer| answer.expect("written").created);
            assert_ne!(created[0], created[1], "one of them is the first");
        })
    });
    for task in all.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    assert_ratings_are_sums(&clinic).await;
    assert_eq!(public_reviews(&clinic).await.rating.reviews, 36);

    // Now changed, hidden and withdrawn at once.
    let office = administrator(clinic.clinic, clinic.patient("Office").await);
    let tasks: Vec<_> = reviewers
        .iter()
        .enumerate()
        .map(|(n, (who, visit, _))| {
            let (ports, caller, visit) = (ports.clone(), clinic.caller(who), *visit);
            let office = clinic.caller(&office);
            tokio::spawn(async move {
                let own = ports.reviews.own(&caller, visit).await.expect("seen");
                let id = own.review.expect("there").id;
                let (form, seen) = (review_form(5, "Changed."), Seen::Any);
                let (changed, hidden, gone) = tokio::join!(
                    ports.reviews.write(&caller, visit, &form, Some(&seen)),
                    ports.reviews.hide(&office, id, Some("Why not."), &seen),
                    async {
                        match n % 3 {
                            0 => ports.reviews.withdraw(&caller, visit, &seen).await,
                            _ => Ok(()),
                        }
                    },
                );
                // A request that comes after the withdrawal finds no review.
                assert!(matches!(changed, Ok(_) | Err(Failure::Stale)), "{changed:?}");
                assert!(matches!(hidden, Ok(()) | Err(Failure::NotFound)), "{hidden:?}");
                assert_eq!(gone, Ok(()));
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_ratings_are_sums(&clinic).await;
}

#[tokio::test]
async fn a_better_rating_outweighs_days_of_waiting() {
    let clinic = Clinic::open().await;
    let doctors = clinic.add_doctors(["bela-good", "carl-poor"].map(NewDoctor::new)).await;
    for (doctor, stars) in doctors.into_iter().zip([100, 60]) {
        sqlx::query("insert into doctor_ratings values ($1, 20, $2)")
            .bind(doctor.0)
            .bind(stars)
            .execute(&clinic.pool)
            .await
            .expect("a rating");
    }
    // The job updates the mean rating, which is 4.0 now, and computes the ranks from it.
    directory::follow::run_once(&clinic.app_state).await.expect("listed");
    assert_eq!(clinic.count("select tenths::bigint from rating_mean").await, 40);
    let anybody = DoctorQuery::default;
    let specialty = || DoctorQuery { specialty: Some("general-medicine".into()), ..anybody() };
    let order = ["Dr bela-good", "Dr asha-naik", "Dr carl-poor"];
    assert_eq!(names(&clinic, specialty()).await, order);
    let near = DoctorQuery { near: Near::parse("panjim"), ..anybody() };
    assert_eq!(names(&clinic, near).await, order);
    let first = DoctorQuery { page_size: 1, ..specialty() };
    let found = clinic.ports.directory.search(&clinic.visitor(), &first).await.expect("found");
    let soonest = found.page.items[0].next_times[0].starts_at.timestamp();
    // Twenty reviews of five stars and a prior of ten of four stars give two thirds of a star above the mean. A star is
    // worth three days.
    assert_eq!(found.next.map(|cursor| cursor.rank), Some(soonest - 172_800));
    let second = DoctorQuery { after: found.next, ..first };
    assert_eq!(names(&clinic, second).await, ["Dr asha-naik"]);
    // A search without any criteria has the same order.
    assert_eq!(names(&clinic, anybody()).await, order);

    let least = |tenths| DoctorQuery { rating_min_tenths: Some(tenths), ..anybody() };
    assert_eq!(names(&clinic, least(45)).await, ["Dr bela-good"]);
    assert_eq!(names(&clinic, least(30)).await, ["Dr bela-good", "Dr carl-poor"]);
    let both = DoctorQuery { text: Some("fever".into()), ..least(45) };
    let found = clinic.ports.directory.search(&clinic.visitor(), &both).await.expect("found");
    assert_eq!((found.page.total, found.page.items[0].rating.reviews), (1, 20));

    // A review counts in the search at once, without any job.
    let maria = clinic.patient("Maria Dias").await;
    let visit = past_visit(&clinic, &maria, clinic.doctor, 0).await;
    write(&clinic, &maria, visit, &review_form(5, ""), None).await.expect("written");
    let seconds = "select rating_seconds from listings where doctor_id not in
                       (select doctor_id from doctor_ratings where reviews > 1)";
    assert_eq!(clinic.count(seconds).await, 23_564, "one star in eleven");
    assert_eq!(names(&clinic, least(10)).await.len(), 2, "one review is no average");
}

#[tokio::test]
async fn the_database_rounds_ratings_as_the_code_does() {
    let clinic = Clinic::open().await;
    let rows: Vec<(i32, i32, Option<i16>)> = sqlx::query_as(
        "select n, s, rating_tenths(n, s) from generate_series(0, 40) n, generate_series(0, 200) s
         where s between n and 5 * n",
    )
    .fetch_all(&clinic.pool)
    .await
    .expect("rows");
    assert!(rows.len() > 3_000);
    for (reviews, stars_sum, tenths) in rows {
        let rating =
            Rating { reviews: reviews.unsigned_abs(), stars_sum: stars_sum.unsigned_abs() };
        let expected = rating.average_tenths().and_then(|tenths| i16::try_from(tenths).ok());
        assert_eq!(tenths, expected, "{stars_sum} of {reviews}");
    }
}
