//! Names, reasons, searches and e-mail addresses in every way in which Unicode can write them.

use app::i18n::text;
use nadi::actor::SignedIn;
use nadi::ids::AccountId;
use nadi::ports::Change;
use serde_json::{Value, json};

use crate::support::http::{administrator_cookie, call_api, get_page, send_form};
use crate::support::registration::Newcomer;
use crate::support::{Clinic, NewDoctor, browser};

/// Names without any visible character.
const BLANK: [&str; 10] = [
    "\u{200B}",
    "\u{3164}",
    "\u{00AD}",
    "\u{200D}",
    "\u{2800}",
    "\u{115F}\u{1160}",
    "\u{17B4}\u{17B5}",
    "\u{FE0F}",
    "\u{202E} \u{2066}",
    "\u{E0061}\u{FEFF}\u{301}",
];

const BROKEN: [&str; 5] =
    ["Asha\nRao", "Asha\r\nRao", "Asha\u{2028}Rao", "Asha\u{2029}Rao", "Asha\u{85}Rao"];

#[tokio::test]
async fn invisible_names_and_names_with_line_breaks_are_refused() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let (cookie, token) = (clinic.cookie(&asha).await, clinic.token(&asha).await);
    let admin = administrator_cookie(&clinic).await;
    let base = clinic.serve().await;
    let field = text!("field-name");
    let sentences = BLANK
        .map(|name| (name, text!("field-invisible", field = &field)))
        .into_iter()
        .chain(BROKEN.map(|name| (name, text!("field-line-break", field = &field))))
        .chain([("Asha\0", text!("field-malformed", field = &field))]);
    for (name, sentence) in sentences {
        let account = [("name", name), ("email", "a@b.co"), ("password", "long enough")];
        let location =
            [("clinic", "x"), ("name", name), ("address", ""), ("city", ""), ("time_zone", "")];
        for (form, cookie, fields) in [
            (("/fn/register", "/register"), "", &account[..]),
            (("/fn/add_person", "/people"), cookie.as_str(), &[("name", name)]),
            (("/fn/add_location", "/admin/locations/new"), admin.as_str(), &location),
        ] {
            let (status, page) = send_form(&base, form, cookie, fields).await;
            assert_eq!(status, 422, "{form:?} {name:?}: {page}");
            assert!(page.contains(&sentence), "{form:?} {name:?}: {page}");
        }
        if name.contains('\0') {
            continue;
        }
        let body = json!({ "name": name }).to_string();
        let (status, problem) = call_api(&base, "/people", Some(&token), Some(&body)).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (422, Some("/problems/invalid")),
            "{name:?}"
        );
        let expected = json!([{ "field": "name", "detail": sentence }]);
        assert_eq!(problem["errors"], expected, "{name:?}");
    }
    assert_eq!(clinic.count("select count(*) from people").await, 2);
}

#[tokio::test]
async fn text_is_stored_composed_and_without_invisible_characters() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let (token, doctor) = (clinic.token(&asha).await, clinic.doctor_account().await);
    let base = clinic.serve().await;
    for (typed, kept) in [
        ("Ju\u{308}rgen", "Jürgen"),
        ("\u{202E}Asha\u{2069} Rao\u{200B}", "Asha Rao"),
        // Persian, Malayalam and some emoji need their joiners.
        ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ("രാജന്\u{200D}", "രാജന്\u{200D}"),
        ("Asha 👩\u{200D}👧", "Asha 👩\u{200D}👧"),
        ("As\u{200D}ha", "Asha"),
    ] {
        let body = json!({ "name": typed, "birth_date": "2019-04-30" }).to_string();
        let (status, added) = call_api(&base, "/people", Some(&token), Some(&body)).await;
        assert_eq!((status, added["name"].as_str()), (201, Some(kept)), "{added}");
    }
    // Both ways of writing the name in Unicode are the same person.
    let again = json!({ "name": "Jürgen", "birth_date": "2019-04-30" }).to_string();
    assert_eq!(call_api(&base, "/people", Some(&token), Some(&again)).await.0, 201);
    assert_eq!(clinic.count("select count(*) from people where name = 'Jürgen'").await, 1);

    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let cancel = |reason: &str| Change::Cancel { reason: Some(reason.to_owned()) };
    for blank in BLANK {
        let refused = clinic.change(&doctor, id, &cancel(blank)).await;
        assert!(matches!(refused, Err(nadi::Failure::Invalid(_))), "{blank:?}: {refused:?}");
    }
    let reason = cancel("Ill.\r\nSorry\u{2028}for\u{202E} this.\u{85}");
    clinic.change(&doctor, id, &reason).await.expect("cancelled");
    let kept =
        "select count(*) from appointments where cancel_reason = E'Ill.\\nSorry\\nfor this.'";
    assert_eq!(clinic.count(kept).await, 1);
}

#[tokio::test]
async fn searches_find_names_in_every_unicode_composition() {
    let clinic = Clinic::open().await;
    let name = "Dr Jürgen Vogt".to_owned();
    clinic.add_doctors([NewDoctor { name, ..NewDoctor::new("juergen-vogt") }]).await;
    let admin = administrator_cookie(&clinic).await;
    let base = clinic.serve().await;
    for q in ["J%C3%BCrgen", "Ju%CC%88rgen", "Ju%CC%88r%E2%80%8Bgen", "%E2%80%AEju%CC%88rgen"] {
        let (_, found) = call_api(&base, &format!("/doctors?q={q}"), None, None).await;
        let found: Vec<_> = found["items"].as_array().expect("items").iter().collect();
        assert!(found.len() == 1 && found[0]["slug"] == "juergen-vogt", "{q}: {found:?}");
        let (_, suggested) = call_api(&base, &format!("/suggestions?q={q}"), None, None).await;
        assert_eq!(suggested["items"][0]["slug"], "juergen-vogt", "{q}");
        for (path, cookie) in [("/doctors", ""), ("/admin", admin.as_str())] {
            let (status, _, page) = get_page(&base, &format!("{path}?q={q}"), cookie).await;
            assert!(status == 200 && page.contains("Dr Jürgen Vogt"), "{path} {q}: {page}");
            assert!(!page.contains("Dr asha-naik"), "{path} {q}");
        }
    }
}

/// All spellings of an address are one account. Mail is sent to the ASCII form of the domain, pages show Unicode.
#[tokio::test]
async fn an_e_mail_address_may_have_an_international_domain() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let password = "calm green leaves";
    let jo = Newcomer { name: "Jo", email: "Jo@Mu\u{308}nchen.de", password };
    let token = clinic.register_by_api(&base, jo, "jo@xn--mnchen-3ya.de").await;
    for email in ["jo@münchen.de", "JO@MÜNCHEN.DE", "jo@xn--mnchen-3ya.de"] {
        let body = json!({ "email": email, "password": password }).to_string();
        let (status, answer) = call_api(&base, "/auth/login", None, Some(&body)).await;
        assert_eq!(status, 200, "{email}: {answer}");
        let fields = [("email", email), ("password", "wrong password")];
        let (status, page) = send_form(&base, ("/fn/sign_in", "/sign-in"), "", &fields).await;
        let refused = text!("failure-wrong-credentials");
        assert!(status == 422 && page.contains(&refused), "{email}: {page}");
    }
    let stored = "select count(*) from accounts where email = 'jo@xn--mnchen-3ya.de'";
    assert_eq!(clinic.count(stored).await, 1);

    let slot = clinic.free(clinic.doctor).await[0];
    let held = browser()
        .post(format!("{base}/api/v1/appointments"))
        .bearer_auth(&token)
        .header("idempotency-key", "hold")
        .json(&json!({ "slot_id": slot.0 }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(held.status(), 201);
    let held: Value = held.json().await.expect("JSON");
    let id = held["id"].as_str().expect("an id");
    let id = id.parse().expect("an id");
    let account = sqlx::query_scalar("select id from accounts where email like 'jo@%'");
    let account: uuid::Uuid = account.fetch_one(&clinic.pool).await.expect("an account");
    let jo = SignedIn { account: AccountId(account), ..clinic.patient("Nobody").await };
    let shown = clinic.ports.bookings.appointment(&clinic.caller(&jo), id).await.expect("a hold");
    assert_eq!(shown.code_sent_to, "j•••@münchen.de");
    clinic.dispatcher().run_once().await.expect("relayed");
    let to = clinic.messages.sent.lock().expect("sent").last().expect("a code").to.clone();
    assert_eq!(to, "jo@xn--mnchen-3ya.de");
    assert!(to.parse::<lettre::Address>().is_ok(), "as mail servers know it");
    for wrong in ["jo@münchen", "jo@-münchen.de", "jo@mün chen.de", "jö@münchen.de", "jo@xn--a.de"]
    {
        let fields = [("name", "Jo"), ("email", wrong), ("password", "long enough")];
        let (status, page) = send_form(&base, ("/fn/register", "/register"), "", &fields).await;
        assert!(status == 422 && page.contains(&text!("field-email-malformed")), "{wrong}: {page}");
    }
}
