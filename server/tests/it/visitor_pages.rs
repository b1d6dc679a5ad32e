//! Booking without an account over HTTP, as a browser without scripts does it.

use app::i18n::text;
use futures::future::join_all;
use reqwest::header::{CACHE_CONTROL, COOKIE, LOCATION};

use crate::support::registration::CookieJar;
use crate::support::{Clinic, browser};

pub const PAGE: &str = "/doctors/asha-naik";
const APPOINTMENTS: &str = "select count(*) from appointments";
const VISITORS: &str = "select count(*) from accounts where visitor";

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&field).unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split('"').next().expect("a value").to_owned()
}

async fn a_slot(clinic: &Clinic) -> String {
    clinic.free(clinic.doctor).await[3].to_string()
}

/// Becomes a visitor; returns the key of the form.
pub async fn become_visitor(base: &str, jar: &mut CookieJar, slot: &str) -> String {
    let to = jar.submit(base, ("/fn/hold", PAGE), &[("slot", slot), ("back", PAGE)]).await;
    assert!(to.starts_with(&format!("/book?slot={slot}&")), "{to}");
    assert!(!jar.has("nadi_visitor"), "a form sets no cookie");
    let (status, _, page) = jar.open(base, &to).await;
    assert_eq!(status, 200);
    assert!(jar.has("nadi_visitor"));
    assert_eq!((hidden(&page, "slot"), hidden(&page, "back")), (slot.to_owned(), PAGE.to_owned()));
    hidden(&page, "key")
}

/// Does `/book` send its form by itself, to a browser that says so about where the request comes from?
async fn sends_itself(base: &str, path: &str, cookies: &str, from: Option<&str>) -> bool {
    let mut request = browser().get(format!("{base}{path}")).header(COOKIE, cookies);
    if let Some(from) = from {
        request = request.header("sec-fetch-site", from);
    }
    let page = request.send().await.expect("an answer").text().await.expect("text");
    assert!(page.contains("/fn/hold"), "there is always the button: {page}");
    let sends = page.contains("data-send");
    assert_eq!(page.contains("send-form"), sends, "the script comes with it");
    sends
}

#[tokio::test]
async fn only_a_visitor_who_comes_from_our_pages_holds_a_time_without_the_button() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = a_slot(&clinic).await;
    let book = format!("/book?slot={slot}&back={PAGE}");
    assert!(sends_itself(&base, &book, "", Some("same-origin")).await);
    for elsewhere in [Some("cross-site"), Some("same-site"), Some("none"), None] {
        assert!(!sends_itself(&base, &book, "", elsewhere).await, "{elsewhere:?}");
    }
    // A link from elsewhere does not end the hold that a visitor has.
    let mut jar = CookieJar::default();
    become_visitor(&base, &mut jar, &slot).await;
    assert!(sends_itself(&base, &book, &jar.header(), Some("same-origin")).await);
    assert!(!sends_itself(&base, &book, &jar.header(), Some("cross-site")).await);
    // Whoever is signed in comes here by a link only.
    let asha = clinic.patient("Asha Rao").await;
    let cookie = clinic.cookie(&asha).await;
    assert!(!sends_itself(&base, &book, &cookie, Some("same-origin")).await);
}

#[tokio::test]
async fn fifty_forms_at_once_without_a_cookie_change_nothing() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = a_slot(&clinic).await;
    let before = (clinic.count(APPOINTMENTS).await, clinic.count(VISITORS).await);
    let send = || async {
        let mut jar = CookieJar::default();
        jar.submit(&base, ("/fn/hold", PAGE), &[("slot", slot.as_str()), ("back", PAGE)]).await
    };
    let answers = join_all((0..50).map(|_| send())).await;
    assert!(answers.iter().all(|to| to.starts_with("/book?")), "{answers:?}");
    assert_eq!((clinic.count(APPOINTMENTS).await, clinic.count(VISITORS).await), before);
}

#[tokio::test]
async fn the_same_form_sent_many_times_is_one_visitor_and_one_hold() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = a_slot(&clinic).await;
    let mut jar = CookieJar::default();
    let key = become_visitor(&base, &mut jar, &slot).await;
    let fields = [("slot", slot.as_str()), ("back", PAGE), ("key", key.as_str()), ("tried", "yes")];
    let send = || {
        let (mut jar, base) = (jar.clone(), &base);
        async move { jar.submit(base, ("/fn/hold", "/book"), &fields).await }
    };
    let answers = join_all((0..20).map(|_| send())).await;
    assert!(answers[0].starts_with("/appointments/"), "{answers:?}");
    assert!(answers.iter().all(|to| *to == answers[0]), "{answers:?}");
    assert_eq!((clinic.count(APPOINTMENTS).await, clinic.count(VISITORS).await), (1, 1));

    // From a page without a key, the browser is led to one that has it, and stays the same visitor.
    let to = jar.submit(&base, ("/fn/hold", PAGE), &fields[..2]).await;
    assert!(to.starts_with("/book?"), "{to}");
    let before = jar.header();
    jar.open(&base, &to).await;
    assert_eq!(jar.header(), before);
    clinic.assert_consistent().await;
}

#[tokio::test]
async fn the_page_that_sets_the_cookie_is_never_stored() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let address = format!("{base}/book?slot=1&back={PAGE}");
    let page = browser().get(&address).header("accept", "text/html").send().await;
    let page = page.expect("an answer");
    assert_eq!(page.headers()[CACHE_CONTROL], "no-store");
    let first = hidden(&page.text().await.expect("text"), "key");
    let again = browser().get(&address).send().await.expect("an answer");
    assert_ne!(hidden(&again.text().await.expect("text"), "key"), first);
    // The doctor's page, which is the same for everybody, has neither cookie nor key.
    let doctor = browser().get(format!("{base}{PAGE}")).send().await.expect("an answer");
    assert!(!doctor.headers().contains_key("set-cookie"));
    // Without a time there is nothing to hold.
    let empty = browser().get(format!("{base}/book")).send().await.expect("an answer");
    assert_eq!(empty.headers()[LOCATION], "/doctors");
    let elsewhere = browser().get(format!("{base}/book?back=//example.org")).send().await;
    assert_eq!(elsewhere.expect("an answer").headers()[LOCATION], "/");
}

#[tokio::test]
async fn a_browser_that_refuses_cookies_is_told_so() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = a_slot(&clinic).await;
    let fields =
        [("slot", slot.as_str()), ("back", PAGE), ("key", "a-key-of-the-page"), ("tried", "yes")];
    let to = CookieJar::default().submit(&base, ("/fn/hold", "/book"), &fields).await;
    let (status, _, page) = CookieJar::default().open(&base, &to).await;
    assert_eq!(status, 200);
    assert!(page.contains(&text!("book-no-cookies-detail")), "{page}");
    let sends = sends_itself(&base, &to, "", Some("same-origin")).await;
    assert!(!sends, "it does not send itself again");
    assert_eq!(clinic.count(APPOINTMENTS).await, 0);
}

#[tokio::test]
async fn a_time_that_was_taken_meanwhile_leads_to_the_doctor_with_the_nearest_ones() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = a_slot(&clinic).await;
    let mut jar = CookieJar::default();
    let key = become_visitor(&base, &mut jar, &slot).await;
    let rival = clinic.patient("Ravi Kamat").await;
    clinic.hold(&rival, slot.parse().expect("a slot")).await.expect("held");
    let back = format!("{PAGE}?slot={slot}#review");
    let fields = [("slot", slot.as_str()), ("back", back.as_str()), ("key", key.as_str())];
    let page = format!("/book?slot={slot}&back={PAGE}%3Fslot%3D{slot}%23review");
    let to = jar.submit(&base, ("/fn/hold", &page), &fields).await;
    assert!(to.starts_with("/book?") && to.contains("__err="), "{to}");
    let (status, to, _) = jar.open(&base, &to).await;
    assert_eq!(status, 303);
    assert!(to.starts_with(PAGE) && to.contains("__err="), "{to}");
    let (status, _, page) = jar.open(&base, &to).await;
    assert_eq!(status, 409);
    assert!(page.contains(&text!("time-gone-taken")), "{page}");
}

#[tokio::test]
async fn the_details_of_a_hold_are_typed_once_and_the_code_makes_the_account() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = a_slot(&clinic).await;
    let mut jar = CookieJar::default();
    let key = become_visitor(&base, &mut jar, &slot).await;
    let fields = [("slot", slot.as_str()), ("back", PAGE), ("key", key.as_str())];
    let held = jar.submit(&base, ("/fn/hold", "/book"), &fields).await;
    let id = held.rsplit('/').next().expect("an id").to_owned();
    let (status, _, page) = jar.open(&base, &held).await;
    assert_eq!(status, 200);
    let key = hidden(&page, "key");

    let mut details = vec![
        ("id", id.as_str()),
        ("key", key.as_str()),
        ("whom", "other"),
        ("name", "Asha Rao"),
        ("email", "asha.rao@example.org"),
        ("patient_name", ""),
    ];
    let to = jar.submit(&base, ("/fn/send_code", &held), &details).await;
    let (status, _, page) = jar.open(&base, &to).await;
    assert_eq!(status, 422);
    assert!(page.contains(&text!("field-patient-name-missing")), "{page}");
    assert!(page.contains("asha.rao@example.org"), "what was typed is still there");

    details.pop();
    details.push(("patient_name", "Mira Rao"));
    let to = jar.submit(&base, ("/fn/send_code", &held), &details).await;
    assert_eq!(to, format!("{held}?done=code-sent"));
    let (_, _, page) = jar.open(&base, &to).await;
    assert!(page.contains("Mira Rao") && page.contains("asha.rao@example.org"), "{page}");

    let code = clinic.mailed_code("asha.rao@example.org").await.as_str().to_owned();
    let fields = [("id", id.as_str()), ("key", key.as_str()), ("code", code.as_str())];
    let to = jar.submit(&base, ("/fn/confirm", &held), &fields).await;
    assert_eq!(to, format!("{held}?done=confirmed"));
    assert!(jar.has("nadi_session"), "someone new is signed in");
    let (status, _, page) = jar.open(&base, &to).await;
    assert_eq!(status, 200);
    assert!(page.contains(&text!("appointment-new-account")), "{page}");
    assert!(page.contains("Mira Rao"), "{page}");
    clinic.assert_consistent().await;
}

/// Books for an account with a password, in which nobody is signed in by that. Returns the page of the appointment.
async fn book_for_an_account(clinic: &Clinic, base: &str, jar: &mut CookieJar) -> String {
    clinic.known_patient("Asha Rao").await;
    let slot = a_slot(clinic).await;
    let key = become_visitor(base, jar, &slot).await;
    let fields = [("slot", slot.as_str()), ("back", PAGE), ("key", key.as_str())];
    let held = jar.submit(base, ("/fn/hold", "/book"), &fields).await;
    let id = held.rsplit('/').next().expect("an id").to_owned();
    let key = "the-key-of-the-details";
    let email = "asha.rao@example.org";
    let fields =
        [("id", id.as_str()), ("key", key), ("whom", "me"), ("name", "Asha"), ("email", email)];
    jar.submit(base, ("/fn/send_code", &held), &fields).await;
    let code = clinic.mailed_code(email).await;
    let fields = [("id", id.as_str()), ("key", "the-key-of-the-code"), ("code", code.as_str())];
    let to = jar.submit(base, ("/fn/confirm", &held), &fields).await;
    assert_eq!(to, format!("{held}?done=confirmed"));
    assert!(!jar.has("nadi_session"), "the account has a password");
    held
}

#[tokio::test]
async fn a_browser_can_forget_what_was_booked_with_it() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let mut jar = CookieJar::default();
    let visit = book_for_an_account(&clinic, &base, &mut jar).await;
    let (status, _, page) = jar.open(&base, &visit).await;
    assert_eq!(status, 200);
    assert!(page.contains(&text!("appointment-visitor-forget")), "{page}");
    let to = jar.submit(&base, ("/fn/forget_visit", &visit), &[]).await;
    assert_eq!(to, "/");
    assert!(!jar.has("nadi_visitor"));
    let (_, to, _) = jar.open(&base, &visit).await;
    assert!(to.starts_with("/sign-in?"), "{to}");
    clinic.assert_consistent().await;
}

/// Whoever books next at this browser need not be the same.
#[tokio::test]
async fn the_next_booking_is_another_visitors() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let mut jar = CookieJar::default();
    let visit = book_for_an_account(&clinic, &base, &mut jar).await;
    let before = jar.header();
    let (status, _, _) = jar.open(&base, &format!("/book?slot=1&back={PAGE}")).await;
    assert_eq!(status, 200);
    assert!(jar.has("nadi_visitor"));
    assert_ne!(jar.header(), before);
    let (_, to, _) = jar.open(&base, &visit).await;
    assert!(to.starts_with("/sign-in?"), "{to}");
    let before = jar.header();
    jar.open(&base, &format!("/book?slot=1&back={PAGE}")).await;
    assert_ne!(jar.header(), before, "it holds nothing, so somebody may have copied its cookie");
}

#[tokio::test]
async fn somebody_elses_appointment_asks_a_visitor_to_sign_in() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = a_slot(&clinic).await;
    let owner = clinic.patient("Ravi Kamat").await;
    let appointment = clinic.hold(&owner, slot.parse().expect("a slot")).await.expect("held");
    let mut jar = CookieJar::default();
    become_visitor(&base, &mut jar, &slot).await;
    for id in [appointment.to_string(), "01900000-0000-7000-8000-000000000000".to_owned()] {
        let (_, to, _) = jar.open(&base, &format!("/appointments/{id}")).await;
        assert_eq!(to, format!("/sign-in?next=%2Fappointments%2F{id}"));
    }
    let (_, to, _) = jar.open(&base, "/appointments").await;
    assert_eq!(to, "/sign-in?next=%2Fappointments", "a visitor without a hold has no list");
}
