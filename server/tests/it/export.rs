//! What an account's owner can take along is complete, and the page for people has the same facts as the file.

use std::collections::BTreeSet;

use app::i18n::exported;
use nadi::ports::{Change, NewDependant, ReviewForm};
use serde_json::Value;
use server::clock::Clock;

use crate::retention::{tables_of_people, without_personal_data};
use crate::support::Clinic;
use crate::support::http::get_page;

/// Tables about people that the export does not read, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "audit_entries",
        "who has done and seen what, by identifiers: auditors answer questions about it",
    ),
    ("audit_pending", "the same, for seconds"),
    ("hold_sources", "from which network a time was held, for a day"),
    ("idempotency_keys", "answers that the account has got already, for a day"),
    ("passkey_challenges", "a passkey that is being added, for minutes"),
    ("patient_times", "the times of the appointments that are in it"),
    ("schedule_drafts", "what a doctor has typed and not saved, for a day"),
    ("seats", "the seats of the appointments that are in it"),
    ("unproven_accounts", "nobody can sign in to these accounts"),
    ("visitor_visits", "that a browser has confirmed an appointment that is in it, for two days"),
];

#[tokio::test]
async fn every_table_about_people_is_in_the_export_or_an_exception() {
    let clinic = Clinic::open().await;
    let found = tables_of_people(&clinic.pool).await;
    let sql = include_str!("../../src/accounts/store/export.rs");
    let words: BTreeSet<&str> =
        sql.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_').collect();
    let is_read = |table: &str| {
        let named = words.contains(table);
        // Through the view of both.
        named || table.ends_with("appointments") && words.contains("all_appointments")
    };
    let excepted: BTreeSet<String> =
        EXCEPTIONS.iter().map(|(table, _)| (*table).to_owned()).collect();
    let no_people = without_personal_data();
    for table in &found {
        let in_one = [is_read(table), excepted.contains(table), no_people.contains(table)];
        // The export also names clinics and locations, which are not about people.
        let count = in_one.into_iter().filter(|is| *is).count();
        let is_fine = count == 1 || no_people.contains(table);
        assert!(is_fine, "{table}: read, excepted, not about people: {in_one:?}");
    }
    for table in &excepted {
        assert!(found.contains(table), "{table} is not about people");
    }
}

/// All texts of a document.
fn texts<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>, key: &'a str) {
    match value {
        Value::String(text) if !text.is_empty() => found.push((key, text)),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found, key)),
        Value::Object(fields) => fields.iter().for_each(|(key, item)| texts(item, found, key)),
        _ => {}
    }
}

fn keys<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(key, item)| {
            found.insert(key);
            keys(item, found);
        }),
        _ => {}
    }
}

#[tokio::test]
async fn the_page_has_the_facts_of_the_file_in_words() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    // A doctor who is also a patient, and whom somebody has invited.
    let maria = clinic.known_patient("Maria Dias").await;
    let doctor = clinic.doctor_account().await;
    let child = NewDependant { name: "Kiran <Dias>".into(), birth_date: "2019-05-04".parse().ok() };
    clinic.ports.people.add_dependant(&clinic.caller(&maria), &child).await.expect("added");
    let slots = clinic.free(clinic.doctor).await;
    let visit = clinic.book(&maria, slots[0]).await;
    let cancelled = clinic.book(&maria, slots[4]).await;
    let why = Change::Cancel { reason: Some("A cold".into()) };
    clinic.change(&maria, cancelled, &why).await.expect("cancelled");
    clinic.clock.step(chrono::Duration::hours(3));
    clinic.change(&doctor, visit, &Change::Complete).await.expect("completed");
    let review = ReviewForm { stars: Some(5), text: "Calm & kind.".into(), anonymous: false };
    let caller = clinic.caller(&maria);
    clinic.ports.reviews.write(&caller, visit, &review, None).await.expect("written");
    sqlx::query(
        "with doctor as (
             update doctors set account_id = $1, bio = 'Twenty years' where id = $3 returning clinic_id),
         staff as (
             insert into staff select clinic_id, $1, 'administrator', $2 from doctor),
         agreed as (
             insert into consents values ($1, 'terms', '2026-01-02', $2, 'en')),
         key as (
             insert into api_keys (id, account_id, digest, name, ending, scope, created_at)
             values (gen_random_uuid(), $1, '\\x01', 'A key', 'abcd', 'read', $2)),
         feed as (
             insert into calendar_feeds (id, account_id, kind, created_at, archived_at)
             values (gen_random_uuid(), $1, 'patient', $2, $2)),
         code as (
             insert into address_proofs (id, secret_digest, purpose, email, account_id, locale, created_at, expires_at)
             values (gen_random_uuid(), '\\x01', 'change_email', 'new@example.org', $1, 'en', $2, $2)),
         passkey as (
             insert into passkeys (id, account_id, credential_id, credential, name, created_at)
             values (gen_random_uuid(), $1, '\\x01', '{}', 'My phone', $2)),
         off as (
             insert into time_off (id, doctor_id, starts_local, ends_local, note, created_at)
             values (gen_random_uuid(), $3, '2026-12-24', '2026-12-27', 'With the family', $2)),
         calendar as (
             insert into busy_calendars (id, doctor_id, name, owner_email, due_at, created_at)
             values (gen_random_uuid(), $3, 'Hospital', 'm@hospital.example', $2, $2))
         insert into invitations (id, role, clinic_id, email, locale, invited_by, created_at, expires_at)
         select gen_random_uuid(), 'administrator', clinic_id, 'maria.dias@example.org', 'en', $4, $2, $2 from doctor",
    )
    .bind(maria.account.0)
    .bind(clinic.clock.now())
    .bind(clinic.doctor.0)
    .bind(doctor.account.0)
    .execute(&clinic.pool)
    .await
    .expect("everything else");
    let cookie = clinic.cookie(&maria).await;
    let caller = clinic.caller(&clinic.proved(&maria));
    let file = clinic.ports.accounts.export(&caller).await.expect("an export");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    for part in ["doctor", "invitations", "codes", "consents", "calendar_links"] {
        let value = &file[part];
        assert!(value.is_object() || value.as_array().is_some_and(|all| !all.is_empty()), "{part}");
    }
    assert_eq!(file["appointments"][1]["history"][0]["type"], "appointment.held");
    assert_eq!(file["doctor"]["times_off"][0]["note"], "With the family");

    let (status, _, page) = get_page(&base, "/account/export/page", &cookie).await;
    assert_eq!(status, 200);
    let mut named = BTreeSet::new();
    keys(&file, &mut named);
    for part in file.as_object().expect("parts").keys() {
        named.remove(part.as_str());
        if part != "exported_at" && part != "site" {
            assert!(exported::part(part).is_some(), "the part {part} has no name");
        }
    }
    for key in named.into_iter().filter(|key| *key != "doctor") {
        assert!(exported::field(key).is_some(), "the field {key} has no name");
    }
    let mut all = Vec::new();
    texts(&file, &mut all, "");
    for (key, text) in all {
        let is_formatted =
            ["_at", "_on", "_date", "_local", "_since"].iter().any(|end| key.ends_with(end));
        if is_formatted || ["version", "exported_at"].contains(&key) {
            continue;
        }
        let shown = exported::word(key, text).unwrap_or_else(|| text.to_owned());
        let shown = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert!(page.contains(&shown), "{key}: {shown} is not on the page");
    }
    assert!(page.contains("4 May 2019") && page.contains("data-print"), "{page}");
    // Only for its owner, and only soon after a proof.
    assert_eq!(get_page(&base, "/account/export/page", "").await.0, 303);
    clinic.clock.step(chrono::Duration::minutes(11));
    assert_eq!(get_page(&base, "/account/export/page", &cookie).await.0, 303);
}
