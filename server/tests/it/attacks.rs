//! Attacks on accounts and on visitors' holds over HTTP. Each test says what happened before.
//!
//! These attacks have their tests elsewhere:
//!
//! | attack | before | test |
//! | --- | --- | --- |
//! | fifty forms without a cookie | nobody held without an account | `visitor_pages`: `fifty_forms_at_once_…` |
//! | a forged or an old visitor cookie | there was none | `sessions`: `only_a_visitor_cookie_of_ours_…` |
//! | a planted entry in Redis | signed in as anybody | `sessions`: `an_entry_in_redis_…` |
//! | a secret of another kind | tokens were signed, and of one kind | `sessions`: `a_secret_counts_only_…` |
//! | a refresh token twice | there were none | `sessions`: `a_refresh_token_counts_once_…`, `of_two_refreshes_…` |
//! | `POST /auth/logout` with a cookie | 204, and the session lived on | `sessions`: `logging_out_ends_…` |
//! | fifty guesses of a code at once | there were no such codes | `registration`: `of_fifty_guesses_…` |
//! | using up the tries of an address | its owner was shut out | `sign_in`: `strangers_do_not_shut_out_…` |
//! | an old password while it changes | a session began after the change | `sign_in`: `a_sign_in_that_began_…` |
//! | using up the second factors of an account | its owner was shut out, also in a known browser | `sign_in`: `strangers_with_the_password_…` |
//! | writing to an account while it is deleted | it stayed for good | `own_account`: `nothing_is_written_…` |
//! | copying a calendar address at an open browser | nobody was told, and it worked on | `calendar_feeds`: `an_address_is_shown_…` |
//! | a recovery code twice | there were none | `second_factors` |
//! | a passkey of another origin | there were none | `passkeys` |

use futures::future::join_all;
use nadi::appointment::CODES_PER_HOLD;
use nadi::ids::AppointmentId;
use reqwest::header::{COOKIE, LOCATION};
use serde_json::json;
use uuid::Uuid;

use crate::invitations::invited_doctor;
use crate::support::http::call_api;
use crate::support::registration::{CookieJar, Newcomer};
use crate::support::sign_ins::PASSWORD;
use crate::support::{Clinic, browser};
use crate::visitor_pages::{PAGE, become_visitor};

const MEERA: &str = "meera@example.org";
const SESSIONS: &str = "select count(*) from sessions where kind = 'web'";
/// Somebody else's appointment, and one that does not exist, look alike.
const INVENTED: &str = "01900000-0000-7000-8000-000000000000";

/// A browser that holds the clinic's `n`th free time as a visitor, and the appointment.
async fn holding_visitor(clinic: &Clinic, base: &str, n: usize) -> (CookieJar, String) {
    let slot = clinic.free(clinic.doctor).await[n].to_string();
    let mut jar = CookieJar::default();
    let key = become_visitor(base, &mut jar, &slot).await;
    let fields = [("slot", slot.as_str()), ("back", PAGE), ("key", key.as_str())];
    let to = jar.submit(base, ("/fn/hold", "/book"), &fields).await;
    let id = to.strip_prefix("/appointments/").unwrap_or_else(|| panic!("{to}"));
    (jar, id.to_owned())
}

/// Gives an address for a hold and asks for the code; returns where that leads.
async fn give_address(base: &str, jar: &mut CookieJar, id: &str, email: &str) -> String {
    let key = Uuid::new_v4().to_string();
    let fields =
        [("id", id), ("key", key.as_str()), ("whom", "me"), ("name", "Asha"), ("email", email)];
    jar.submit(base, ("/fn/send_code", &format!("/appointments/{id}")), &fields).await
}

async fn confirm(base: &str, jar: &mut CookieJar, id: &str, code: &str) -> String {
    let key = Uuid::new_v4().to_string();
    let fields = [("id", id), ("key", key.as_str()), ("code", code)];
    jar.submit(base, ("/fn/confirm", &format!("/appointments/{id}")), &fields).await
}

async fn state_of(clinic: &Clinic, id: &str) -> String {
    clinic.state(AppointmentId(id.parse().expect("an id"))).await
}

/// The address of the account that has the appointment.
async fn address_of(clinic: &Clinic, id: &str) -> Option<String> {
    let id: Uuid = id.parse().expect("an id");
    let address =
        "select a.email from appointments p join accounts a on a.id = p.booked_by where p.id = $1";
    sqlx::query_scalar(address).bind(id).fetch_one(&clinic.pool).await.expect("an appointment")
}

/// Signs in with a password; returns whether that worked.
async fn sign_in(base: &str, email: &str, password: &str) -> bool {
    let mut jar = CookieJar::default();
    let fields = [("email", email), ("password", password)];
    jar.submit(base, ("/fn/sign_in", "/sign-in"), &fields).await;
    jar.has("nadi_session")
}

/// Sends the form for registering, and never types the code.
async fn register_only(base: &str, email: &str, password: &str) {
    let mut jar = CookieJar::default();
    let fields = [("name", "Mallory"), ("email", email), ("password", password), ("next", "")];
    let to = jar.submit(base, ("/fn/register", "/register"), &fields).await;
    assert_eq!(to, "/sign-in/code");
}

/// Before, nobody could hold without an account. A hold must not be less private because it has none.
#[tokio::test]
async fn nobody_else_sees_changes_or_confirms_a_visitors_hold() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let (mut owner, id) = holding_visitor(&clinic, &base, 3).await;
    give_address(&base, &mut owner, &id, MEERA).await;
    // Even somebody who has read the code over her shoulder cannot use it elsewhere.
    let code = clinic.code_sent_to(MEERA).await;
    let (another, _) = holding_visitor(&clinic, &base, 5).await;
    let stranger = clinic.known_patient("Mallory").await;
    let cookie = clinic.cookie(&stranger).await;

    for mut jar in [CookieJar::default(), another] {
        for (known, path) in [(&id, ""), (&id, "/move")] {
            let page = |id: &str| format!("/appointments/{id}{path}");
            let (status, to, text) = jar.open(&base, &page(known)).await;
            let invented = jar.open(&base, &page(INVENTED)).await;
            assert_eq!((status, to.replace(known.as_str(), INVENTED)), (invented.0, invented.1));
            assert!(to.starts_with("/sign-in") && !text.contains(MEERA), "{to}");
        }
        for form in ["confirm", "release", "extend", "send_code"] {
            let fields = [
                ("id", id.as_str()),
                ("key", "a-key-of-the-page"),
                ("code", code.as_str()),
                ("whom", "me"),
                ("name", "Mallory"),
                ("email", "mallory@example.org"),
            ];
            let page = format!("/appointments/{id}");
            let to = jar.submit(&base, (&format!("/fn/{form}"), &page), &fields).await;
            assert!(to.starts_with("/sign-in"), "{form}: {to}");
            assert!(!jar.has("nadi_session"), "{form}");
        }
    }
    let signed_in = |path: String| {
        browser().get(format!("{base}{path}")).header("accept", "text/html").header(COOKIE, &cookie)
    };
    for known in [id.as_str(), INVENTED] {
        let answer = signed_in(format!("/appointments/{known}")).send().await.expect("an answer");
        assert_eq!(answer.status(), 404);
    }
    let token = clinic.token(&stranger).await;
    let path = format!("/appointments/{id}");
    let (status, body) = call_api(&base, &path, Some(&token), None).await;
    assert_eq!(status, 404, "{body}");
    let typed = json!({ "code": code }).to_string();
    let path = format!("/appointments/{id}/confirm");
    let (status, body) = call_api(&base, &path, Some(&token), Some(&typed)).await;
    assert_eq!(status, 404, "{body}");

    assert_eq!(state_of(&clinic, &id).await, "pending");
    let sent = "select count(*) from accounts where visitor and email = 'mallory@example.org'";
    assert_eq!(clinic.count(sent).await, 0);
    let to = confirm(&base, &mut owner, &id, &code).await;
    assert_eq!(to, format!("/appointments/{id}?done=confirmed"));
    assert_eq!(address_of(&clinic, &id).await.as_deref(), Some(MEERA));
    clinic.assert_consistent().await;
}

/// Before, there was nothing that a form of another site could do without a session.
#[tokio::test]
async fn a_form_of_another_site_does_nothing_with_a_visitors_hold() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let (mut owner, id) = holding_visitor(&clinic, &base, 3).await;
    give_address(&base, &mut owner, &id, MEERA).await;
    let code = clinic.code_sent_to(MEERA).await;
    let slot = clinic.free(clinic.doctor).await[0].to_string();
    let version = "select sum(version) from appointments";
    let before = clinic.count(version).await;
    let forms =
        ["hold", "confirm", "release", "extend", "send_code", "sign_in_to_book", "forget_visit"];
    for form in forms {
        let foreign = browser()
            .post(format!("{base}/fn/{form}"))
            .header(COOKIE, owner.header())
            .header("accept", "text/html")
            .header("origin", "https://evil.example")
            .form(&[
                ("id", id.as_str()),
                ("slot", slot.as_str()),
                ("key", "a-key-of-the-page"),
                ("code", code.as_str()),
                ("whom", "me"),
                ("name", "Mallory"),
                ("email", "mallory@example.org"),
            ])
            .send()
            .await
            .expect("an answer");
        assert_eq!(foreign.status(), 403, "{form}");
    }
    assert_eq!(clinic.count(version).await, before);
    assert_eq!(state_of(&clinic, &id).await, "pending");
}

/// A booking before there was an account proved nothing; now its code makes an account. It must not be a way around
/// the password of one that exists.
#[tokio::test]
async fn the_code_of_a_booking_is_no_way_around_a_password() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    clinic.known_patient("Meera").await;
    let (mut jar, id) = holding_visitor(&clinic, &base, 3).await;
    give_address(&base, &mut jar, &id, MEERA).await;
    let code = clinic.code_sent_to(MEERA).await;
    let to = confirm(&base, &mut jar, &id, &code).await;
    assert_eq!(to, format!("/appointments/{id}?done=confirmed"));
    assert_eq!(address_of(&clinic, &id).await.as_deref(), Some(MEERA));
    assert!(!jar.has("nadi_session"));
    assert_eq!(clinic.count(SESSIONS).await, 0);
    for path in ["/appointments", "/account", "/people"] {
        let (_, to, _) = jar.open(&base, path).await;
        assert!(to.starts_with("/sign-in"), "{path}: {to}");
    }
    // What it has confirmed, this browser sees, and cannot change.
    let (status, _, page) = jar.open(&base, &format!("/appointments/{id}")).await;
    assert_eq!(status, 200);
    let moving = format!("/appointments/{id}/move");
    assert!(!page.contains("/fn/cancel") && !page.contains(&moving), "{page}");
    clinic.assert_consistent().await;
}

/// Before, codes went to accounts only. Now anybody can have them sent to an address, but the owner of the address
/// must not be kept out by that.
#[tokio::test]
async fn codes_that_others_ask_for_keep_nobody_from_signing_in() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    clinic.known_patient("Meera").await;
    let mut refused = 0;
    for n in 0..6 {
        let (mut jar, id) = holding_visitor(&clinic, &base, n).await;
        for _ in 1..CODES_PER_HOLD {
            let to = give_address(&base, &mut jar, &id, MEERA).await;
            refused += usize::from(!to.ends_with("done=code-sent"));
        }
    }
    assert!(refused > 0, "nobody's mailbox is filled");
    assert!(sign_in(&base, MEERA, PASSWORD).await, "the password counts as before");
    while clinic.dispatcher().run_once().await.expect("relayed") > 0 {}
    let mut jar = CookieJar::default();
    let form = ("/fn/send_sign_in_code", "/sign-in/forgot");
    let to = jar.submit(&base, form, &[("email", MEERA)]).await;
    assert_eq!(to, "/sign-in/code", "and so do codes for signing in");
    let code = clinic.code_sent_to(MEERA).await;
    let check = ("/fn/check_code", "/sign-in/code");
    jar.submit(&base, check, &[("code", code.as_str()), ("next", "")]).await;
    assert!(jar.has("nadi_session"));
}

/// Before, the stranger became the doctor: the administrator linked the profile to the account that had registered
/// the address, whoever that was.
#[tokio::test]
async fn whoever_registers_a_future_doctors_address_does_not_become_the_doctor() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for _ in 0..3 {
        register_only(&base, MEERA, "a strangers own phrase").await;
    }
    let link = invited_doctor(&clinic, MEERA).await;
    let path = format!("/invitations/{link}");
    let mut meera = CookieJar::default();
    assert_eq!(meera.open(&base, &path).await.0, 303);
    assert_eq!(meera.open(&base, "/invitation").await.0, 200);
    let fields = [("link", link.as_str()), ("name", "Meera Naik"), ("password", PASSWORD)];
    let to = meera.submit(&base, ("/fn/join", "/invitation"), &fields).await;
    assert!(to.starts_with("/sign-in") && meera.has("nadi_session"), "{to}");

    let doctors = "select count(*) from doctors d join accounts a on a.id = d.account_id
                   where a.email = 'meera@example.org' and a.email_verified_at is not null";
    assert_eq!(clinic.count(doctors).await, 1);
    assert!(!sign_in(&base, MEERA, "a strangers own phrase").await);
    assert!(sign_in(&base, MEERA, PASSWORD).await);
    let accounts = "select count(*) from accounts where email = 'meera@example.org'";
    assert_eq!(clinic.count(accounts).await, 1);
}

/// Before, the owner's password was answered 401 for good: a sign-in compared it with at most three of the accounts of
/// an address.
#[tokio::test]
async fn three_foreign_registrations_of_an_address_displace_nobody() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let meera = Newcomer { name: "Meera", email: MEERA, password: PASSWORD };
    clinic.register_by_form(&base, meera, "").await;
    for n in 0..3 {
        register_only(&base, MEERA, &format!("a strangers phrase {n}")).await;
    }
    assert!(sign_in(&base, MEERA, PASSWORD).await);
    let login = |password: &str| json!({ "email": MEERA, "password": password }).to_string();
    let (status, body) = call_api(&base, "/auth/login", None, Some(&login(PASSWORD))).await;
    assert_eq!(status, 200, "{body}");
    for n in 0..3 {
        assert!(!sign_in(&base, MEERA, &format!("a strangers phrase {n}")).await);
    }
    let accounts = "select count(*) from accounts where email = 'meera@example.org'";
    assert_eq!(clinic.count(accounts).await, 1);
}

/// Before, there were no codes to sign in with. One that counted twice would be a password that was mailed.
#[tokio::test]
async fn a_code_that_is_sent_many_times_signs_in_once() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let mut jar = CookieJar::default();
    let form = ("/fn/send_sign_in_code", "/sign-in");
    jar.submit(&base, form, &[("email", MEERA), ("next", "")]).await;
    let code = clinic.code_sent_to(MEERA).await;
    let check = || {
        let (mut jar, base, code) = (jar.clone(), &base, code.as_str());
        async move {
            let fields = [("code", code), ("next", "")];
            jar.submit(base, ("/fn/check_code", "/sign-in/code"), &fields).await;
            jar.has("nadi_session")
        }
    };
    let signed_in = join_all((0..20).map(|_| check())).await;
    assert_eq!(signed_in.into_iter().filter(|signed_in| *signed_in).count(), 1);
    assert!(!check().await, "nor later");
    assert_eq!(clinic.count(SESSIONS).await, 1);
    let accounts = "select count(*) from accounts where email = 'meera@example.org'";
    assert_eq!(clinic.count(accounts).await, 1);
}

/// Before, a sign-out that Redis missed counted half a minute later.
#[tokio::test]
async fn a_cookie_is_worth_nothing_after_signing_out() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let meera = Newcomer { name: "Meera", email: MEERA, password: PASSWORD };
    let (mut jar, _) = clinic.register_by_form(&base, meera, "").await;
    let mut copied = jar.clone();
    assert_eq!(copied.open(&base, "/account").await.0, 200);
    jar.submit(&base, ("/fn/sign_out", "/account"), &[]).await;
    assert!(!jar.has("nadi_session"));
    let (_, to, _) = copied.open(&base, "/account").await;
    assert!(to.starts_with("/sign-in"), "{to}");
    assert_eq!(clinic.count(SESSIONS).await, 0);
}

/// What everybody can see of an answer: its status, where it leads, and its text without what differs in each.
async fn seen(
    base: &str,
    jar: &mut CookieJar,
    form: (&str, &str),
    fields: &[(&str, &str)],
) -> Seen {
    let answer = browser()
        .post(format!("{base}{}", form.0))
        .header(COOKIE, jar.header())
        .header("accept", "text/html")
        .header("origin", base)
        .header("referer", format!("{base}{}", form.1))
        .form(fields)
        .send()
        .await
        .expect("an answer");
    jar.take(&answer);
    let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    let (status, to) = (answer.status().as_u16(), to.unwrap_or_default().replace(base, ""));
    let body = answer.text().await.expect("text");
    let page = if to.is_empty() { String::new() } else { jar.open(base, &to).await.2 };
    Seen { status, to, body: without_nonces(&body), page: without_nonces(&page) }
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    to: String,
    body: String,
    page: String,
}

/// The nonces of scripts are random.
fn without_nonces(page: &str) -> String {
    let mut pieces = page.split("nonce=\"");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('"').map_or(piece, |(_, rest)| rest))
}

/// Before, an address could have several accounts, so that registering told nothing. Now it has one, and registering
/// must still tell nothing.
#[tokio::test]
async fn pages_tell_nothing_about_whether_an_address_has_an_account() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    clinic.known_patient("Asha").await;
    let mut answers = Vec::new();
    // Of the same length, and masked alike.
    for email in ["asha@example.org", "anne@example.org"] {
        let mut jar = CookieJar::default();
        let new = [("name", "Somebody"), ("email", email), ("password", "blue chair window")];
        let mut all = vec![seen(&base, &mut jar, ("/fn/register", "/register"), &new).await];
        let forms = ["/sign-in", "/sign-in/forgot"];
        for page in forms {
            let fields = [("email", email), ("next", "")];
            all.push(seen(&base, &mut jar, ("/fn/send_sign_in_code", page), &fields).await);
        }
        let wrong = [("code", "00000000"), ("next", "")];
        all.push(seen(&base, &mut jar, ("/fn/check_code", "/sign-in/code"), &wrong).await);
        let fields = [("email", email), ("password", "not the right one"), ("next", "")];
        all.push(seen(&base, &mut jar, ("/fn/sign_in", "/sign-in"), &fields).await);
        let in_address = email.replace('@', "%40");
        let hide = |text: String| text.replace(email, "somebody").replace(&in_address, "somebody");
        let hidden = all.into_iter().map(|seen| Seen {
            to: hide(seen.to),
            body: hide(seen.body),
            page: hide(seen.page),
            ..seen
        });
        answers.push(hidden.collect::<Vec<_>>());
    }
    let (known, unknown) = (&answers[0], &answers[1]);
    for (known, unknown) in known.iter().zip(unknown) {
        assert_eq!(known, unknown);
        assert!((300..400).contains(&known.status), "{known:?}");
    }
}

/// Before, the mail with the code had the patient's name, which whoever holds the time can choose: our site sent anybody
/// what a stranger had written.
#[tokio::test]
async fn the_mail_with_a_code_has_nothing_that_a_stranger_has_typed() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let (mut jar, id) = holding_visitor(&clinic, &base, 3).await;
    let fields = [
        ("id", id.as_str()),
        ("key", "a-key-of-the-page"),
        ("whom", "somebody"),
        ("name", "Your bank https://evil.example"),
        ("email", MEERA),
        ("patient_name", "URGENT: verify your card at https://evil.example"),
        ("birth_date", ""),
    ];
    let to = jar.submit(&base, ("/fn/send_code", &format!("/appointments/{id}")), &fields).await;
    assert!(!to.contains("__err="), "{to}");
    let code = clinic.code_sent_to(MEERA).await;
    {
        let sent = clinic.messages.sent.lock().expect("not poisoned");
        let mails: Vec<_> = sent.iter().filter(|mail| mail.to == MEERA).collect();
        assert_eq!(mails.len(), 1);
        let text = format!("{} {}", mails[0].subject, mails[0].body);
        assert!(!text.contains("evil") && !text.contains("URGENT"), "{text}");
        assert!(text.contains("Panjim Clinic"), "{text}");
    }
    // Whoever types the code has asked for it.
    let to = confirm(&base, &mut jar, &id, &code).await;
    assert!(!to.contains("__err="), "{to}");
    assert_eq!(address_of(&clinic, &id).await.as_deref(), Some(MEERA));
}

/// Before, the cookie with a new key survived signing out, and showed the key to whoever signed in next within a minute.
#[tokio::test]
async fn a_new_key_is_shown_to_its_account_only() {
    const PAGE: &str = "/account/api-keys?done=created";
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for name in ["Asha", "Ravi"] {
        clinic.known_patient(name).await;
    }
    let signed_in = async |jar: &mut CookieJar, email: &str| {
        let fields = [("email", email), ("password", PASSWORD)];
        jar.submit(&base, ("/fn/sign_in", "/sign-in"), &fields).await;
        assert!(jar.has("nadi_session"));
    };
    let create = async |jar: &mut CookieJar| {
        let fields = [("name", "Front desk"), ("scope", "read")];
        let to = jar.submit(&base, ("/fn/create_api_key", "/account/api-keys"), &fields).await;
        assert_eq!((to.as_str(), jar.has("nadi_shown_once")), (PAGE, true));
    };
    let mut shared = CookieJar::default();
    signed_in(&mut shared, "asha@example.org").await;

    // Another account signs in in the same browser, with and without signing out before.
    create(&mut shared).await;
    let copied = shared.header();
    let copied = copied.split("; ").find(|pair| pair.starts_with("nadi_shown_once=")).expect("set");
    shared.submit(&base, ("/fn/sign_out", "/account"), &[]).await;
    assert!(!shared.has("nadi_shown_once"), "signing out deletes it");
    signed_in(&mut shared, "asha@example.org").await;
    create(&mut shared).await;
    signed_in(&mut shared, "ravi@example.org").await;
    assert!(!shared.has("nadi_shown_once"), "signing in deletes it");
    let page = browser().get(format!("{base}{PAGE}")).header("accept", "text/html");
    let page = page.header(COOKIE, format!("{}; {copied}", shared.header()));
    let answer = page.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let text = answer.text().await.expect("text");
    assert!(!text.contains("nadi_key_"), "a cookie that was kept all the same shows nothing");

    signed_in(&mut shared, "asha@example.org").await;
    create(&mut shared).await;
    assert!(shared.open(&base, PAGE).await.2.contains("nadi_key_"), "she sees it");
    assert!(!shared.open(&base, PAGE).await.2.contains("nadi_key_"), "once");
}

/// Before, a form without scripts was redirected to whatever its `Referer` was: a link to one of our addresses led to
/// another site, or to a script.
#[tokio::test]
async fn no_server_function_leads_to_another_site() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let request = |method: &str, path: &str| match method {
        "GET" => browser().get(format!("{base}{path}")),
        _ => browser().post(format!("{base}{path}")).form(&[("email", "x"), ("password", "")]),
    };
    for (method, path) in [
        ("GET", "/fn/day_times?slug=x&date=bad"),
        ("GET", "/fn/day_times?slug=asha-naik&date=2026-11-24"),
        ("POST", "/fn/sign_in"),
        ("POST", "/fn/sign_out"),
    ] {
        for referer in [
            "https://evil.example",
            "https://evil.example//evil.example/",
            "//evil.example/doctors",
            "/\\evil.example",
            "javascript:alert(1)",
            "data:text/html,evil",
        ] {
            let request = request(method, path).header("accept", "text/html");
            let answer = request.header("referer", referer).send().await.expect("an answer");
            let to = answer.headers()[LOCATION].to_str().expect("text");
            let is_here = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
            assert!(is_here && !to.contains("javascript"), "{method} {path} {referer}: {to}");
        }
    }
    let form = request("POST", "/fn/sign_in").header("accept", "text/html");
    let form = form.header("referer", format!("{base}/sign-in?next=%2Faccount"));
    let answer = form.send().await.expect("an answer");
    let to = answer.headers()[LOCATION].to_str().expect("text");
    assert!(to.starts_with("/sign-in?next=%2Faccount&__path="), "back to the form: {to}");
}
