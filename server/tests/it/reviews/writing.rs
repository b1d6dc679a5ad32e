//! Who may write, answer and hide reviews, and until when.

use app::i18n::text;
use chrono::Duration;
use nadi::actor::SignedIn;
use nadi::appointment::Refusal;
use nadi::ids::{AppointmentId, ClinicId};
use nadi::ports::{Change, HoldRequest, NewDependant, ReviewForm, ReviewView, Seen};
use nadi::review::Rating;
use nadi::{Failure, Field, Problem};
use serde_json::json;
use uuid::Uuid;

use super::{administrator, assert_ratings_are_sums, public_reviews, review_form, write};
use crate::support::{Clinic, browser};

/// A visit booked by this account that the doctor has marked as completed.
async fn visit(clinic: &Clinic, who: &SignedIn) -> AppointmentId {
    let slot = clinic.free(clinic.doctor).await[0];
    let id = clinic.book(who, slot).await;
    let seen = clinic.ports.bookings.appointment(&clinic.caller(who), id).await.expect("seen");
    clinic.clock.step(seen.ends_at - clinic.app_state.clock.now());
    let doctor = clinic.doctor_account().await;
    clinic.change(&doctor, id, &Change::Complete).await.expect("completed");
    id
}

async fn own_review(clinic: &Clinic, who: &SignedIn, visit: AppointmentId) -> ReviewView {
    let own = clinic.ports.reviews.own(&clinic.caller(who), visit).await.expect("one's own");
    own.review.expect("a review")
}

#[tokio::test]
async fn a_completed_visit_is_reviewed_once_by_whoever_booked_it() {
    let clinic = Clinic::open().await;
    let (maria, ravi) = (clinic.patient("Maria Dias").await, clinic.patient("Ravi").await);
    let slots = clinic.free(clinic.doctor).await;
    let ahead = clinic.book(&maria, slots[5]).await;
    let early = write(&clinic, &maria, ahead, &review_form(5, ""), None).await;
    assert_eq!(early, Err(Refusal::NotCompleted.into()));
    clinic.change(&maria, ahead, &Change::Cancel { reason: None }).await.expect("cancelled");
    let cancelled = write(&clinic, &maria, ahead, &review_form(5, ""), None).await;
    assert_eq!(cancelled, Err(Refusal::NotCompleted.into()));

    let visit = visit(&clinic, &maria).await;
    for other in [&ravi, &clinic.doctor_account().await] {
        let mine = write(&clinic, other, visit, &review_form(5, ""), None).await;
        assert_eq!(mine, Err(Failure::NotFound), "{}", other.name);
        let read = clinic.ports.reviews.own(&clinic.caller(other), visit).await;
        assert_eq!(read.err(), Some(Failure::NotFound), "{}", other.name);
        let gone = clinic.ports.reviews.withdraw(&clinic.caller(other), visit, &Seen::Any).await;
        assert_eq!(gone, Err(Failure::NotFound));
    }
    let nobody =
        clinic.ports.reviews.write(&clinic.visitor(), visit, &review_form(5, ""), None).await;
    assert_eq!(nobody, Err(Failure::SignInFirst));

    let first = write(&clinic, &maria, visit, &review_form(4, "Calm.\r\nOn time."), None).await;
    let first = first.expect("written");
    assert!(first.created);
    assert_eq!(first.review.shown.text, "Calm.\nOn time.");
    let again = write(&clinic, &maria, visit, &review_form(4, "Calm.\nOn time."), None).await;
    assert!(!again.expect("a double click").created);
    let another = write(&clinic, &maria, visit, &review_form(1, ""), None).await;
    assert_eq!(another, Err(Refusal::AlreadyReviewed.into()));

    let stale = write(&clinic, &maria, visit, &review_form(5, ""), Some(7)).await;
    assert_eq!(stale, Err(Failure::Stale));
    let changed = write(&clinic, &maria, visit, &review_form(5, "Better."), Some(1)).await;
    assert_eq!(changed.expect("changed").review.version, 2);
    let stale = write(&clinic, &maria, visit, &review_form(3, ""), Some(1)).await;
    assert_eq!(stale, Err(Failure::Stale));

    let everybody = public_reviews(&clinic).await;
    assert_eq!(everybody.rating, Rating { reviews: 1, stars_sum: 5 });
    let review = &everybody.page.items[0];
    assert_eq!((review.name.as_str(), review.text.as_str()), ("Maria D.", "Better."));
    assert_eq!(review.visit_month.to_string(), "2026-11-01");
    let reviewed = clinic.ports.reviews.reviewed(&clinic.caller(&maria), &[visit, ahead]).await;
    assert_eq!(reviewed, Ok(vec![visit]));
    assert_ratings_are_sums(&clinic).await;

    // Withdrawn, then written again anonymously.
    let old = clinic.ports.reviews.withdraw(&clinic.caller(&maria), visit, &Seen::version(1)).await;
    assert_eq!(old, Err(Failure::Stale));
    let back =
        clinic.ports.reviews.withdraw(&clinic.caller(&maria), visit, &Seen::version(2)).await;
    assert_eq!(back, Ok(()));
    assert_eq!(public_reviews(&clinic).await.rating, Rating::default());
    assert_eq!(public_reviews(&clinic).await.page.items, []);
    assert_eq!(clinic.count("select count(*) from reviews where text <> ''").await, 0);
    let twice = clinic.ports.reviews.withdraw(&clinic.caller(&maria), visit, &Seen::Any).await;
    assert_eq!(twice, Err(Failure::NotFound));
    let nameless = ReviewForm { anonymous: true, ..review_form(2, "Late.") };
    let written = write(&clinic, &maria, visit, &nameless, None).await.expect("written again");
    assert_eq!((written.created, written.review.version), (true, 4));
    assert_eq!(public_reviews(&clinic).await.page.items[0].name, "Patient");
    assert_ratings_are_sums(&clinic).await;
}

#[tokio::test]
async fn reviewing_ends_after_ninety_days_but_withdrawing_does_not() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Dias").await;
    let visit = visit(&clinic, &maria).await;
    clinic.clock.step(Duration::days(90) - Duration::seconds(1));
    write(&clinic, &maria, visit, &review_form(5, "Good."), None).await.expect("in time");
    clinic.clock.step(Duration::seconds(1));
    let late = Err(Refusal::TooLateToReview { days: 90 }.into());
    assert_eq!(write(&clinic, &maria, visit, &review_form(1, ""), Some(1)).await, late);
    let own = clinic.ports.reviews.own(&clinic.caller(&maria), visit).await.expect("seen");
    assert_eq!(own.closed, Some(Refusal::TooLateToReview { days: 90 }));
    let back = clinic.ports.reviews.withdraw(&clinic.caller(&maria), visit, &Seen::Any).await;
    assert_eq!(back, Ok(()));
    assert_eq!(write(&clinic, &maria, visit, &review_form(1, ""), None).await, late);
    assert_ratings_are_sums(&clinic).await;
}

#[tokio::test]
async fn invisible_or_malformed_text_is_refused_and_markup_is_shown_as_text() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Dias").await;
    let visit = visit(&clinic, &maria).await;
    let invalid = |field, problem| Err(Failure::field(field, problem));
    for (hostile, problem) in [
        ("a\0b", Problem::Malformed),
        ("a\u{fffd}b", Problem::Malformed),
        ("\u{feff}\u{202e}", Problem::Invisible),
        ("\u{3164}", Problem::Invisible),
    ] {
        let answer = write(&clinic, &maria, visit, &review_form(5, hostile), None).await;
        assert_eq!(answer, invalid(Field::Text, problem), "{hostile:?}");
    }
    let long = "x".repeat(2_001);
    let answer = write(&clinic, &maria, visit, &review_form(5, &long), None).await;
    assert_eq!(answer, invalid(Field::Text, Problem::TooLong(2_000)));
    let both = ReviewForm { stars: None, ..review_form(1, "\u{202e}") };
    let answer = write(&clinic, &maria, visit, &both, None).await;
    assert!(matches!(answer, Err(Failure::Invalid(problems)) if problems.len() == 2));
    for stars in [0, 6, 255] {
        let answer = write(&clinic, &maria, visit, &review_form(stars, ""), None).await;
        assert_eq!(answer, invalid(Field::Stars, Problem::OutOfRange { min: 1, max: 5 }));
    }

    let markup = "\u{202e}<script>alert(1)\u{7}</script> & \"quotes\" '; drop table reviews --";
    write(&clinic, &maria, visit, &review_form(5, markup), None).await.expect("it is text");
    let site = clinic.serve().await;
    let page = browser().get(format!("{site}/doctors/asha-naik")).send().await.expect("a page");
    let html = page.text().await.expect("text");
    assert!(!html.contains("<script>alert(1)") && html.contains("&lt;script&gt;alert(1)"));
    let visited = text!("review-appointment-in", month = "November 2026");
    let stars = format!("aria-label=\"{}\"", text!("stars-of-five", count = 5));
    assert!(html.contains(&visited) && html.contains(&stars), "{html}");
    // One review is too few for an average.
    let average = text!("rating-average", average = "5.0", count = 1);
    assert!(html.contains(&text!("rating-reviews", count = 1)) && !html.contains(&average));
    // The page tells neither whole names nor e-mail addresses.
    assert!(html.contains("Maria D.") && !html.contains("Maria Dias"));
}

#[tokio::test]
async fn only_the_reviewed_doctor_answers() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Dias").await;
    let visit = visit(&clinic, &maria).await;
    let review = write(&clinic, &maria, visit, &review_form(3, "Long wait."), None).await;
    let id = review.expect("written").review.id;
    let doctor = clinic.doctor_account().await;
    let other = clinic.add_doctor("ravi-menon").await;
    let reviews = &clinic.ports.reviews;
    let colleague = SignedIn { doctor: Some(other), ..clinic.patient("Colleague").await };
    for stranger in [&maria, &colleague, &administrator(clinic.clinic, maria.clone())] {
        let answer = reviews.answer(&clinic.caller(stranger), id, "Sorry.", &Seen::Any).await;
        assert_eq!(answer, Err(Failure::NotFound));
    }
    let hostile = reviews.answer(&clinic.caller(&doctor), id, "\u{202e}", &Seen::Any).await;
    assert_eq!(hostile, Err(Failure::field(Field::Answer, Problem::Invisible)));
    let stale = reviews.answer(&clinic.caller(&doctor), id, "Sorry.", &Seen::version(2)).await;
    assert_eq!(stale, Err(Failure::Stale));
    let sorry = reviews.answer(&clinic.caller(&doctor), id, " Sorry. ", &Seen::version(1)).await;
    assert_eq!(sorry.expect("answered").shown.answer.as_deref(), Some("Sorry."));
    let again = reviews.answer(&clinic.caller(&doctor), id, "Sorry.", &Seen::version(1)).await;
    assert_eq!(again.expect("the same").version, 2);
    clinic.clock.step(Duration::minutes(1));
    let edited =
        reviews.answer(&clinic.caller(&doctor), id, "We are sorry.", &Seen::version(2)).await;
    assert_eq!(edited.expect("edited").version, 3);

    assert!(!public_reviews(&clinic).await.page.items[0].changed_since);
    clinic.clock.step(Duration::minutes(1));
    write(&clinic, &maria, visit, &review_form(4, "Wait, but kind."), Some(3))
        .await
        .expect("changed");
    let public = public_reviews(&clinic).await.page.items.remove(0);
    assert!(public.changed_since, "an answer to other words is told apart");
    assert_eq!(public.answer.as_deref(), Some("We are sorry."));

    let mine = reviews.mine(&clinic.caller(&doctor), 1).await.expect("the doctor's");
    assert_eq!((mine.page.total, mine.rating.stars_sum), (1, 4));
    assert_eq!(reviews.mine(&clinic.caller(&maria), 1).await.err(), Some(Failure::NotAllowed));
    let gone = reviews.answer(&clinic.caller(&doctor), id, " ", &Seen::version(4)).await;
    assert_eq!(gone.expect("taken back").shown.answer, None);
}

#[tokio::test]
async fn the_clinic_hides_reviews_with_a_reason_and_they_do_not_count() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Dias").await;
    let visit = visit(&clinic, &maria).await;
    let written = write(&clinic, &maria, visit, &review_form(1, "Mr X is ill."), None).await;
    let id = written.expect("written").review.id;
    let reviews = &clinic.ports.reviews;
    let elsewhere = administrator(ClinicId(Uuid::from_u128(77)), clinic.patient("Elsewhere").await);
    let office = administrator(clinic.clinic, clinic.patient("Office").await);
    let doctor = clinic.doctor_account().await;

    let reason = Some("It names another patient.");
    let outsider = reviews.hide(&clinic.caller(&elsewhere), id, reason, &Seen::Any).await;
    assert_eq!(outsider, Err(Failure::NotFound));
    let list = reviews.in_clinics(&clinic.caller(&elsewhere), false, 1).await.expect("a list");
    assert_eq!(list.total, 0);
    for nobody in [&maria, &doctor] {
        let answer = reviews.hide(&clinic.caller(nobody), id, reason, &Seen::Any).await;
        assert_eq!(answer, Err(Failure::NotAllowed));
    }
    let mute = reviews.hide(&clinic.caller(&office), id, Some(" "), &Seen::version(1)).await;
    assert_eq!(mute, Err(Failure::field(Field::Reason, Problem::Missing)));
    let stale = reviews.hide(&clinic.caller(&office), id, reason, &Seen::version(9)).await;
    assert_eq!(stale, Err(Failure::Stale));
    reviews.hide(&clinic.caller(&office), id, reason, &Seen::version(1)).await.expect("hidden");
    reviews.hide(&clinic.caller(&office), id, reason, &Seen::version(1)).await.expect("is so");

    assert_eq!(public_reviews(&clinic).await.rating, Rating::default());
    assert_eq!(public_reviews(&clinic).await.page.items, []);
    assert_ratings_are_sums(&clinic).await;
    let hidden = own_review(&clinic, &maria, visit).await.hidden.expect("told");
    assert_eq!((hidden.reason.as_str(), hidden.by), ("It names another patient.", None));
    let mine = reviews.mine(&clinic.caller(&doctor), 1).await.expect("the doctor's");
    assert!(mine.page.items[0].hidden.is_some());
    let list = reviews.in_clinics(&clinic.caller(&office), true, 1).await.expect("a list");
    let by = list.items[0].hidden.clone().and_then(|hidden| hidden.by);
    assert_eq!(by.as_deref(), Some("Office"));

    // Neither changing it nor withdrawing and writing it again makes it visible.
    write(&clinic, &maria, visit, &review_form(2, "Still here."), Some(2)).await.expect("changed");
    reviews.withdraw(&clinic.caller(&maria), visit, &Seen::Any).await.expect("taken back");
    write(&clinic, &maria, visit, &review_form(5, "Here again."), None)
        .await
        .expect("written again");
    assert_eq!(public_reviews(&clinic).await.page.items, []);
    assert_ratings_are_sums(&clinic).await;

    let version = own_review(&clinic, &maria, visit).await.version;
    let seen = Seen::version(version);
    reviews.hide(&clinic.caller(&office), id, None, &seen).await.expect("shown again");
    assert_eq!(public_reviews(&clinic).await.rating, Rating { reviews: 1, stars_sum: 5 });
    assert_ratings_are_sums(&clinic).await;
    let decided =
        "select count(*) from review_decisions d join people p on p.account_id = d.decided_by
                   where p.name = 'Office' and (d.decision, d.reason) in
                       (('hidden', 'It names another patient.'), ('shown', ''))";
    assert_eq!(clinic.count(decided).await, 2, "who decided stays written down");
}

#[tokio::test]
async fn reviews_are_written_and_read_over_the_api() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Dias").await;
    let visit = visit(&clinic, &maria).await;
    let token = clinic.token(&maria).await;
    let site = clinic.serve().await;
    let api = browser();
    let address = format!("{site}/api/v1/appointments/{visit}/review");
    let none = api.get(&address).bearer_auth(&token).send().await.expect("an answer");
    assert_eq!(none.status(), 404);
    let six = api.put(&address).bearer_auth(&token).json(&json!({"stars": 6}));
    let six = six.send().await.expect("an answer");
    assert_eq!(six.status(), 422);
    let problem: serde_json::Value = six.json().await.expect("a problem");
    assert_eq!(problem["errors"][0]["field"], "stars");

    let good = json!({"stars": 5, "text": "Clear.", "anonymous": true});
    let put = api.put(&address).bearer_auth(&token).json(&good).send().await.expect("an answer");
    assert_eq!(
        (put.status().as_u16(), &put.headers()["etag"]),
        (201, &"\"1\"".parse().expect("a tag"))
    );
    let same = api.put(&address).bearer_auth(&token).json(&good).send().await.expect("an answer");
    assert_eq!(same.status(), 200);
    let other = json!({"stars": 1});
    let clash = api.put(&address).bearer_auth(&token).json(&other).send().await.expect("an answer");
    let problem: serde_json::Value = clash.json().await.expect("a problem");
    assert_eq!(
        (&problem["status"], &problem["type"]),
        (&json!(409), &json!("/problems/already-reviewed"))
    );
    let stale = api.put(&address).bearer_auth(&token).header("if-match", "\"4\"").json(&other);
    assert_eq!(stale.send().await.expect("an answer").status(), 412);

    for name in ["asha-naik".to_owned(), clinic.doctor.to_string()] {
        let list = format!("{site}/api/v1/doctors/{name}/reviews?page_size=5");
        let list: serde_json::Value =
            api.get(&list).send().await.expect("an answer").json().await.expect("a list");
        assert_eq!(
            list,
            json!({
                "rating": {"reviews": 1, "average": null},
                "items": [{
                    "name": "Patient", "stars": 5, "text": "Clear.", "visit_month": "2026-11",
                    "answer": null, "changed_since_answer": false,
                }],
                "page": 1, "page_size": 5, "total": 1,
            })
        );
    }
    let unknown = api.get(format!("{site}/api/v1/doctors/nobody/reviews")).send().await;
    assert_eq!(unknown.expect("an answer").status(), 404);
    let doctor = format!("{site}/api/v1/doctors/asha-naik");
    let doctor: serde_json::Value =
        api.get(&doctor).send().await.expect("an answer").json().await.expect("a doctor");
    assert_eq!(doctor["rating"], json!({"reviews": 1, "average": null}));

    let gone = api.delete(&address).bearer_auth(&token).header("if-match", "\"1\"");
    assert_eq!(gone.send().await.expect("an answer").status(), 204);
    let gone = api.delete(&address).bearer_auth(&token).send().await.expect("an answer");
    assert_eq!(gone.status(), 404);
}

/// A doctor and the administrators of the clinic cannot review that doctor, whoever the visit was for.
#[tokio::test]
async fn doctors_and_their_administrators_do_not_review_them() {
    let clinic = Clinic::open().await;
    let doctor = clinic.doctor_account().await;
    let staff = administrator(clinic.clinic, clinic.patient("Staff").await);
    let child = NewDependant { name: "Child".into(), birth_date: None };
    let child = clinic.ports.people.add_dependant(&clinic.caller(&doctor), &child).await;
    let child = child.expect("a dependant").id;
    let slots = clinic.free(clinic.doctor).await;
    let mut visits = Vec::new();
    for (who, slot, person) in
        [(&doctor, slots[0], None), (&doctor, slots[1], Some(child)), (&staff, slots[2], None)]
    {
        let wish = HoldRequest { slot, visit_type: None, person };
        let id = clinic.hold_as(who, &wish).await.expect("held");
        clinic.confirm(who, id).await.expect("confirmed");
        visits.push((who, id));
    }
    clinic.clock.step(Duration::hours(2));
    for (who, id) in visits {
        clinic.change(&doctor, id, &Change::Complete).await.expect("completed");
        let own = write(&clinic, who, id, &review_form(5, ""), None).await;
        assert_eq!(own, Err(Refusal::ConflictOfInterest.into()), "{}", who.name);
        let seen = clinic.ports.reviews.own(&clinic.caller(who), id).await.expect("seen");
        assert_eq!(seen.closed, Some(Refusal::ConflictOfInterest));
    }
    assert_eq!(public_reviews(&clinic).await.rating, Rating::default());
}
