//! Suspending a doctor: what happens to upcoming appointments, and what their patients read.

use app::i18n::text;
use nadi::Failure;
use nadi::actor::{Administers, SignedIn};
use nadi::appointment::{Command, Refusal};
use nadi::failure::{Field, Problem};
use nadi::ids::ClinicId;
use nadi::ports::{CancelledComing, Change, DoctorStatus, SavedDoctor};
use reqwest::header::{COOKIE, LOCATION};
use serde_json::Value;
use uuid::Uuid;

use crate::support::texts::visible;
use crate::support::{Clinic, browser};

async fn administrator(clinic: &Clinic) -> SignedIn {
    let who = clinic.patient("Administrator").await;
    clinic.prove_address(&who).await;
    sqlx::query(
        "insert into staff (clinic_id, account_id, role, created_at)
         values ($1, $2, 'administrator', now())",
    )
    .bind(clinic.clinic.0)
    .bind(who.account.0)
    .execute(&clinic.pool)
    .await
    .expect("staff");
    SignedIn { administers: Administers::Clinics(vec![clinic.clinic]), ..who }
}

async fn status(clinic: &Clinic) -> String {
    sqlx::query_scalar("select status from doctors where id = $1")
        .bind(clinic.doctor.0)
        .fetch_one(&clinic.pool)
        .await
        .expect("a doctor")
}

#[tokio::test]
async fn saving_a_doctor_as_suspended_asks_about_upcoming_appointments() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic).await;
    let (port, caller) = (&clinic.ports.administration, clinic.caller(&admin));
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    for to in [DoctorStatus::Suspended, DoctorStatus::Draft] {
        let mut form = port.doctor(&caller, clinic.doctor).await.expect("a form");
        (form.status, form.bio) = (to, format!("Now {}", to.as_str()));
        let saved = port.save_doctor(&caller, clinic.doctor, form).await;
        assert_eq!(saved, Ok(SavedDoctor::StillListed));
        let kept = port.doctor(&caller, clinic.doctor).await.expect("a form");
        assert_eq!((kept.status, kept.bio), (DoctorStatus::Listed, format!("Now {}", to.as_str())));
    }
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("cancelled");
    let mut form = port.doctor(&caller, clinic.doctor).await.expect("a form");
    form.status = DoctorStatus::Suspended;
    let saved = port.save_doctor(&caller, clinic.doctor, form).await;
    assert_eq!(saved, Ok(SavedDoctor::Saved), "there is nothing to ask");
    assert_eq!(status(&clinic).await, "suspended");
}

#[tokio::test]
async fn upcoming_appointments_are_cancelled_with_a_reason_and_patients_are_told() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic).await;
    let (port, caller) = (&clinic.ports.administration, clinic.caller(&admin));
    let patients = clinic.many_patients(4).await;
    let free = clinic.free(clinic.doctor).await;
    let mut ids = Vec::new();
    for (who, slot) in patients.iter().zip(&free[3..6]) {
        ids.push(clinic.book(who, *slot).await);
    }
    let held = clinic.hold(&patients[3], free[8]).await.expect("held");
    let listed = port.cancel_coming(&caller, clinic.doctor, Some("Ill")).await;
    assert_eq!(listed, Err(Refusal::StillListed.into()), "new ones could follow");

    let mut stranger = admin.clone();
    stranger.administers = Administers::Clinics(vec![ClinicId(Uuid::from_u128(9))]);
    let stranger = clinic.caller(&stranger);
    let to = DoctorStatus::Suspended;
    let foreign = port.suspend_doctor(&stranger, clinic.doctor, to).await;
    assert_eq!(foreign, Err(Failure::NotFound));
    port.suspend_doctor(&caller, clinic.doctor, to).await.expect("suspended");
    port.suspend_doctor(&caller, clinic.doctor, to).await.expect("again is fine");
    let foreign = port.cancel_coming(&stranger, clinic.doctor, Some("Ill")).await;
    assert_eq!(foreign, Err(Failure::NotFound));
    let silent = port.cancel_coming(&caller, clinic.doctor, Some(" ")).await;
    assert_eq!(silent, Err(Failure::field(Field::Reason, Problem::Missing)));
    let late = clinic.confirm(&patients[3], held).await;
    assert_eq!(late, Err(Refusal::NotTakingBookings.into()), "a hold is no booking yet");

    // The first run stopped after one appointment, and the request is repeated.
    let reason = Some("The doctor has left.".to_owned());
    let cancel = Change::Cancel { reason: reason.clone() };
    clinic.change(&admin, ids[0], &cancel).await.expect("cancelled");
    while clinic.dispatcher().run_once().await.expect("delivered") > 0 {}
    clinic.messages.sent.lock().expect("messages").clear();
    let done = port.cancel_coming(&caller, clinic.doctor, reason.as_deref()).await;
    assert_eq!(done, Ok(CancelledComing { cancelled: 3, left: 0 }));
    let again = port.cancel_coming(&caller, clinic.doctor, reason.as_deref()).await;
    assert_eq!(again, Ok(CancelledComing { cancelled: 0, left: 0 }));
    for id in ids.iter().chain([&held]) {
        assert_eq!(clinic.state(*id).await, "cancelled");
    }
    while clinic.dispatcher().run_once().await.expect("delivered") > 0 {}
    let sent = clinic.messages.sent.lock().expect("messages").clone();
    assert_eq!(sent.len(), 2, "one for each that was confirmed, the first was told before");
    assert!(sent.iter().all(|message| message.body.contains("The doctor has left.")));
    clinic.assert_consistent().await;
}

/// An administrator without scripts saves the form and answers the question about appointments. Then the test reads the
/// pages of patients and visitors.
#[tokio::test]
async fn a_suspended_doctor_is_explained_to_their_patients_and_hidden_from_others() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic).await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.book(&asha, free[6]).await;
    let held = clinic.hold(&ravi, free[8]).await.expect("held");
    let never = clinic.patient("Never").await;
    let base = clinic.serve().await;
    let get = async |path: &str, who: Option<&SignedIn>| {
        let mut request = browser().get(format!("{base}{path}")).header("accept", "text/html");
        if let Some(who) = who {
            request = request.header(COOKIE, clinic.cookie(who).await);
        }
        let answer = request.send().await.expect("an answer");
        let robots = answer.headers().contains_key("x-robots-tag");
        (answer.status().as_u16(), answer.text().await.expect("text"), robots)
    };
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let request = browser().post(format!("{base}{path}")).header("accept", "text/html");
        let request = request.header(COOKIE, clinic.cookie(&admin).await);
        let answer = request.form(fields).send().await.expect("an answer");
        let to = answer.headers().get(LOCATION).map(|to| to.to_str().expect("text").to_owned());
        (answer.status().as_u16(), to.unwrap_or_default())
    };
    let page = format!("/admin/doctors/{}/suspend", clinic.doctor);
    let (code, question, _) = get(&page, Some(&admin)).await;
    assert_eq!(code, 200);
    for said in [
        text!("admin-suspend-upcoming", count = 1),
        text!("admin-suspend-holds", count = 1),
        "Asha".to_owned(),
        text!("admin-suspend-keep-button", count = 1),
    ] {
        assert!(question.contains(&said), "{said}: {question}");
    }
    let doctor = clinic.doctor.to_string();
    let keep = [("id", doctor.as_str()), ("status", ""), ("upcoming", "keep")];
    let (_, to) = post("/fn/suspend_doctor", &keep).await;
    assert!(to.ends_with("?done=suspended"), "{to}");
    assert_eq!(status(&clinic).await, "suspended");
    assert_eq!(clinic.state(held).await, "cancelled", "holds end");
    assert_eq!(clinic.state(id).await, "confirmed", "it is kept");
    let (_, edit, _) = get(&to, Some(&admin)).await;
    assert!(edit.contains(&text!("admin-doctor-upcoming", count = 1)), "{edit}");

    let profile = "/doctors/asha-naik";
    for who in [None, Some(&never)] {
        assert_eq!(get(profile, who).await.0, 404, "{who:?}");
    }
    let (code, seen, robots) = get(profile, Some(&asha)).await;
    assert_eq!((code, robots), (200, true));
    let (name, until) = ("Dr asha-naik", "Mon, 23 Nov 2026, 11:00, Kolkata time (IST, UTC+05:30)");
    assert!(visible(&seen).contains(&text!("doctor-not-booking", doctor = name)), "{seen}");
    assert!(!seen.contains("id=\"slot-"), "{seen}");
    assert_eq!(get(profile, None).await.0, 404, "and nothing of that is kept for visitors");

    let own = format!("/appointments/{id}");
    let (_, seen, _) = get(&own, Some(&asha)).await;
    let not_moved = text!("appointment-not-taking-bookings", doctor = name, until);
    assert!(visible(&seen).contains(&not_moved), "{seen}");
    assert!(!seen.contains(&format!("{own}/move")) && seen.contains("/fn/cancel"), "{seen}");
    let (code, seen, _) = get(&format!("{own}/move"), Some(&asha)).await;
    assert!(code == 409 && visible(&seen).contains(&not_moved), "{code}");
    let view = clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("seen");
    assert_eq!(view.open_to, [Command::Cancel]);
    let moved = clinic.change(&asha, id, &Change::Reschedule { slot: free[7] }).await;
    assert_eq!(moved, Err(Refusal::NotTakingBookings.into()));

    let api = async |path: &str, who: &SignedIn| {
        let token = clinic.token(who).await;
        let request = browser().get(format!("{base}/api/v1{path}")).bearer_auth(token);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.expect("JSON"))
    };
    let (code, seen) = api("/doctors/asha-naik", &asha).await;
    assert_eq!((code, &seen["takes_bookings"]), (200, &Value::Bool(false)));
    assert_eq!(api("/doctors/asha-naik", &never).await.0, 404);
    assert_eq!(api(&own, &asha).await.1["doctor_takes_bookings"], false);
    let (code, times) = api(&format!("{own}/slots"), &asha).await;
    assert_eq!((code, times["items"].as_array().map(Vec::len)), (200, Some(0)));

    let cancel =
        [("id", doctor.as_str()), ("upcoming", "cancel"), ("reason", "The doctor is ill.")];
    let (_, to) = post("/fn/suspend_doctor", &cancel).await;
    assert!(to.ends_with("?done=suspended-cancelled"), "{to}");
    let view = clinic.ports.bookings.appointment(&clinic.caller(&asha), id).await.expect("seen");
    assert_eq!(view.cancel_reason.as_deref(), Some("The doctor is ill."));
}
