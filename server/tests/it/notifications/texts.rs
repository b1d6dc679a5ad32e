//! What the e-mails say.

use std::sync::Arc;

use app::i18n::text;
use nadi::ports::{Change, HoldRequest, NewDependant};
use server::notifications::dispatcher::Dispatcher;
use server::notifications::transport::DevelopmentMailbox;

use super::CANCEL;
use super::mail_server::TestMailServer;
use crate::support::texts::line_with;
use crate::support::{Clinic, browser};

#[tokio::test]
async fn merged_moves_name_the_time_the_patient_last_heard_of() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.book(&asha, free[0]).await;
    let mail_server = TestMailServer::default();
    let dispatcher = mail_server.dispatcher(&clinic);
    dispatcher.run_once().await.expect("relayed");
    let move_to = async |slot: usize| {
        let change = Change::Reschedule { slot: free[slot] };
        clinic.change(&asha, id, &change).await.expect("moved");
    };
    move_to(1).await;
    move_to(3).await;
    dispatcher.run_once().await.expect("relayed");
    // Moved again, and back to the time in the last message.
    move_to(4).await;
    move_to(3).await;
    dispatcher.run_once().await.expect("relayed");
    move_to(5).await;
    clinic.change(&asha, id, &CANCEL).await.expect("cancelled");
    dispatcher.run_once().await.expect("relayed");
    assert_eq!(mail_server.kinds(), ["Confirmed", "Moved", "Confirmed", "Cancelled"]);
    let sent = mail_server.sent();
    assert!(sent[1].subject.contains("11:00–11:20"), "{}", sent[1].subject);
    // The line of a message about its former time.
    let at = |time: &str| format!("Mon, 23 Nov 2026, {time}, Kolkata time (IST, UTC+05:30)");
    let (who, facts, page, link) = ("who", "facts", "page", "link");
    let moved = text!("email-moved-body", who, facts, before = at("10:00"), page, link);
    let body = &sent[1].body;
    assert!(body.contains(&line_with(&moved, &at("10:00"))), "{body}");
    assert!(sent[2].subject.contains("11:00–11:20"), "{}", sent[2].subject);
    let body = &sent[3].body;
    let known = text!("email-cancelled-before", before = at("11:00"));
    assert!(body.contains(&at("11:40–12:00")) && body.contains(&known), "{body}");
}

#[tokio::test]
async fn mails_name_the_patient_the_place_the_actor_and_the_reason() {
    let clinic = Clinic::open().await;
    let (asha, doctor) = (clinic.patient("Asha").await, clinic.doctor_account().await);
    let free = clinic.free(clinic.doctor).await;
    let new = NewDependant { name: "Mira".into(), birth_date: None };
    let mira = clinic.ports.people.add_dependant(&clinic.caller(&asha), &new).await.expect("added");
    let wish = HoldRequest { slot: free[0], visit_type: None, person: Some(mira.id) };
    let mailbox = DevelopmentMailbox::new(clinic.app_state.clone());
    let mails =
        Dispatcher::new(clinic.app_state.clone(), Arc::new(mailbox), "https://nadi.example".into());
    let base = clinic.serve().await;
    let latest = async || {
        mails.run_once().await.expect("relayed");
        let page = browser().get(format!("{base}/dev/mailbox")).send().await.expect("an answer");
        let page = page.text().await.expect("a page");
        let body = page.split("<pre class=\"letter-body\">").nth(1).expect("a letter");
        body.split("</pre>").next().expect("its end").to_owned()
    };

    let id = clinic.hold_as(&asha, &wish).await.expect("held");
    let (person, doctor_name) = ("Mira", "Dr asha-naik");
    let facts = |times: &str, place: &str| {
        let when = format!("Mon, 23 Nov 2026, {times}, Kolkata time (IST, UTC+05:30)");
        text!("email-facts-without-person", doctor = doctor_name, when, place)
    };
    let with_person = |facts: &str| text!("email-facts", person, facts);
    let at_clinic = facts("10:00–10:20", "Panjim Clinic, 1 Church Road, Panjim");
    let by_video = facts("10:40–11:00", &text!("email-place-video"));
    let mail = latest().await;
    assert!(mail.contains(&at_clinic) && !mail.contains(person), "a code names nobody: {mail}");
    clinic.confirm(&asha, id).await.expect("confirmed");
    let mail = latest().await;
    let confirmed =
        text!("email-confirmed-body", person, facts = "facts", page = "page", link = "link");
    assert!(mail.starts_with(&line_with(&confirmed, person)), "{mail}");
    assert!(mail.contains(&with_person(&at_clinic)), "{mail}");

    // From now on all visits are by video.
    sqlx::query("update blocks set mode = 'video'").execute(&clinic.pool).await.expect("changed");
    clinic.change(&doctor, id, &Change::Reschedule { slot: free[2] }).await.expect("moved");
    let mail = latest().await;
    let moved = text!("email-moved-by-doctor", doctor = doctor_name, person);
    assert!(mail.starts_with(&moved), "{mail}");
    assert!(mail.contains(&with_person(&by_video)) && !mail.contains("Church Road"), "{mail}");
    let reason = Some("The doctor is ill".to_owned());
    clinic.change(&doctor, id, &Change::Cancel { reason }).await.expect("cancelled");
    let mail = latest().await;
    let cancelled = text!("email-cancelled-by-doctor", doctor = doctor_name, person);
    assert!(mail.starts_with(&cancelled), "{mail}");
    let reason = text!("email-cancelled-reason", reason = "The doctor is ill");
    assert!(mail.lines().any(|line| line == reason), "{mail}");
    assert!(mail.contains(&with_person(&by_video)) && !mail.contains("Church Road"), "{mail}");
}
