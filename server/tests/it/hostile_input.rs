//! Requests that no browser and no honest client sends, and text that poses as something else: refused in
//! words or normalized, on pages, in forms and in the API alike.

use nadi::actor::SignedIn;
use nadi::appointment::Refusal;
use nadi::ids::AccountId;
use nadi::ports::Change;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Clinic, NewDoctor, browser};

/// Status, content type and body of a page or of an answer of the API.
async fn get(base: &str, path: &str, cookie: &str) -> (u16, String, String) {
    let request = browser().get(format!("{base}{path}")).header("accept", "text/html");
    let answer = request.header(COOKIE, cookie).send().await.expect("an answer");
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.expect("text"))
}

/// Status and JSON; with a body, it is posted as it is.
async fn api(base: &str, path: &str, token: Option<&str>, body: Option<&str>) -> (u16, Value) {
    let address = format!("{base}/api/v1{path}");
    let mut request = match body {
        None => browser().get(address),
        Some(body) => {
            browser().post(address).header("content-type", "application/json").body(body.to_owned())
        }
    };
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// A form sent without scripts, and the page it leads back to: its status and text.
async fn send(
    base: &str,
    (action, page): (&str, &str),
    cookie: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    let answer = browser()
        .post(format!("{base}{action}"))
        .header(COOKIE, cookie)
        .header("accept", "text/html")
        .header("origin", base)
        .header("referer", format!("{base}{page}"))
        .form(fields)
        .send()
        .await
        .expect("an answer");
    let Some(to) = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()) else {
        return (answer.status().as_u16(), answer.text().await.expect("text"));
    };
    let to = to.replace(base, "");
    let kept = answer.headers().get(SET_COOKIE).and_then(|kept| kept.to_str().ok());
    let kept = kept.and_then(|kept| kept.split(';').next()).unwrap_or_default();
    let (status, _, text) = get(base, &to, &format!("{cookie}; {kept}")).await;
    (status, text)
}

/// The cookie of somebody who administers every clinic.
pub async fn administrator(clinic: &Clinic) -> String {
    let who = clinic.patient("The Administrator").await;
    sqlx::query("update accounts set administers_everything = true where id = $1")
        .bind(who.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an administrator");
    clinic.cookie(&who).await
}

#[tokio::test]
async fn addresses_that_are_no_text_are_refused_in_words() {
    let clinic = Clinic::open().await;
    let cookie = administrator(&clinic).await;
    let base = clinic.serve().await;
    for path in [
        "/admin?q=%00",
        "/admin?q=a%00b",
        "/admin?q=a%2500b",
        "/admin?q=%FF",
        "/admin?%00=a",
        "/doctors?q=%C3%28",
        "/doctors?q=%ED%A0%80",
        "/doctors/%00",
        "/doctors/%2500",
        "/doctors/%ff",
        "/doctors/%00/changes",
        "/feeds/%00.ics",
        "/appointments/%00/calendar.ics",
        "/dev/mailbox?to=%00",
        "/fn/day_times?slug=%00&date=2026-11-24",
        "/nowhere/%00",
    ] {
        let (status, kind, page) = get(&base, path, &cookie).await;
        assert_eq!(status, 400, "{path}: {page}");
        assert_eq!(kind, "text/html; charset=utf-8", "{path}");
        for part in ["<h1>We cannot read this address</h1>", "class=\"site-header\"", "nadi.css"] {
            assert!(page.contains(part), "{path}: {page}");
        }
    }
    for path in [
        "/doctors?q=%00",
        "/doctors?city=%00",
        "/doctors?language=%FF",
        "/doctors/%00",
        "/doctors/%2500",
        "/suggestions?q=a%00",
        "/nothing/%00",
    ] {
        let (status, problem) = api(&base, path, None, None).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (400, Some("/problems/malformed")),
            "{path}"
        );
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{problem}");
    }
    // What only looks like it is text.
    for path in ["/doctors?q=%", "/doctors?q=%zz", "/doctors?q=100%25", "/doctors?q=J%C3%BCrgen"] {
        assert_eq!(get(&base, path, &cookie).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn json_with_text_that_cannot_be_kept_is_refused_in_words() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let token = clinic.token(&asha).await;
    let base = clinic.serve().await;
    let token = Some(token.as_str());
    for (path, body) in [
        ("/people", r#"{"name": "Ki\u0000ran"}"#),
        ("/people", r#"{"name": "Ki\\\u0000ran"}"#),
        ("/people", r#"{"name": "Ki\ud800ran"}"#),
        ("/people", r#"{"name": "Kiran", "birth_date": "\u0000"}"#),
        ("/people", "{\"name\": \"Ki\0ran\"}"),
        ("/auth/login", r#"{"email": "a\u0000@b.co", "password": "long enough"}"#),
        ("/auth/login", r#"{"email": "a@b.co", "password": "long\u0000enough"}"#),
    ] {
        let (status, problem) = api(&base, path, token, Some(body)).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (400, Some("/problems/malformed")),
            "{body}"
        );
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{problem}");
    }
    // A backslash before it: seven characters, and no NUL.
    let (status, added) = api(&base, "/people", token, Some(r#"{"name": "Ki\\u0000ran"}"#)).await;
    assert_eq!((status, added["name"].as_str()), (201, Some("Ki\\u0000ran")));
    let invalid = browser()
        .post(format!("{base}/api/v1/people"))
        .header("content-type", "application/json")
        .bearer_auth(clinic.token(&asha).await)
        .body(b"{\"name\": \"Ki\xffran\"}".to_vec());
    assert_eq!(invalid.send().await.expect("an answer").status(), 400);
}

/// Sends a request line as it is, with the usual headers.
async fn raw(base: &str, line: &str) -> (u16, String) {
    let address = base.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!("{line}\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), answer)
}

/// RFC 9112, 3.2: only a path is a target of ours.
#[tokio::test]
async fn odd_request_targets_are_refused_in_words() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for line in [
        "GET example.com:80 HTTP/1.1",
        "POST example.com:80 HTTP/1.1",
        "GET example.com HTTP/1.1",
        "GET * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT example.com:443 HTTP/1.1",
        "GET http://example.com/doctors HTTP/1.1",
        "GET http://example.com HTTP/1.1",
        "GET https://user@example.com:99/ HTTP/1.1",
    ] {
        let (status, answer) = raw(&base, line).await;
        assert_eq!(status, 400, "{line}: {answer}");
        assert!(answer.contains("<h1>We cannot read this address</h1>"), "{line}: {answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{line}: {answer}");
    }
    // Of the API by its path.
    let (status, answer) = raw(&base, "GET http://example.com/api/v1/doctors HTTP/1.1").await;
    assert!(status == 400 && answer.contains("application/problem+json"), "{answer}");
    // These are no targets at all (RFC 9112, 3): the HTTP library refuses them before we see them.
    for line in
        ["GET  HTTP/1.1", "GET doctors/asha HTTP/1.1", "GET ?q=1 HTTP/1.1", "GET http:// HTTP/1.1"]
    {
        let (status, answer) = raw(&base, line).await;
        assert_eq!(status, 400, "{line}: {answer}");
    }
    // Whatever a path looks like, it is a path.
    for line in ["GET //example.com:99999/ HTTP/1.1", "GET /http://[ HTTP/1.1", "GET /:80 HTTP/1.1"]
    {
        let (status, answer) = raw(&base, line).await;
        assert_eq!(status, 404, "{line}: {answer}");
    }
    // Ours by its whole address, as every server has to accept it (RFC 9112, 3.2.2).
    let own = clinic.config.public_url.join("/doctors?mode=video").expect("an address");
    assert_eq!(raw(&base, &format!("GET {own} HTTP/1.1")).await.0, 200);
    assert_eq!(clinic.count("select count(*) from doctors").await, 1);
}

/// Names that show nothing, or more than one line.
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
async fn names_that_show_nothing_or_break_the_line_are_refused() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let (cookie, token) = (clinic.cookie(&asha).await, clinic.token(&asha).await);
    let admin = administrator(&clinic).await;
    let base = clinic.serve().await;
    let sentences = BLANK
        .map(|name| (name, "The name has no characters that can be seen. Type it again."))
        .into_iter()
        .chain(BROKEN.map(|name| (name, "The name has to be on one line. Remove the line breaks.")))
        .chain([("Asha\0", "The name has characters we cannot use. Type it again.")]);
    for (name, sentence) in sentences {
        let account = [("name", name), ("email", "a@b.co"), ("password", "long enough")];
        let location =
            [("clinic", "x"), ("name", name), ("address", ""), ("city", ""), ("time_zone", "")];
        for (form, cookie, fields) in [
            (("/fn/register", "/register"), "", &account[..]),
            (("/fn/add_person", "/people"), cookie.as_str(), &[("name", name)]),
            (("/fn/add_location", "/admin/locations/new"), admin.as_str(), &location),
        ] {
            let (status, page) = send(&base, form, cookie, fields).await;
            assert_eq!(status, 422, "{form:?} {name:?}: {page}");
            assert!(page.contains(sentence), "{form:?} {name:?}: {page}");
        }
        if name.contains('\0') {
            continue;
        }
        let body = json!({ "name": name }).to_string();
        let (status, problem) = api(&base, "/people", Some(&token), Some(&body)).await;
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

/// Forms are text, too, whatever their other fields say.
#[tokio::test]
async fn forms_that_are_no_text_change_nothing() {
    let clinic = Clinic::open().await;
    let cookie = administrator(&clinic).await;
    let base = clinic.serve().await;
    for (path, body) in [
        ("register", "name=%FF&email=a%40b.co&password=long+enough"),
        ("register", "name=%ED%A0%80&email=a%40b.co&password=long+enough"),
        ("register", "name=Asha&email=a%00%40b.co&password=long+enough"),
        ("register", "name=Asha&email=a%40b.co&password=long%00enough"),
        ("sign_in", "email=%00&password=%00&next=%00"),
        ("add_person", "name=Asha&birth_date=%00&next=%2Fpeople%3Fa%3D%00"),
        ("hold", "slot=%00&visit_type=%00&person=%00&back=%00&key=%00"),
        ("cancel", "id=%00&version=1&reason=%00"),
        ("add_feed", "kind=%00"),
        ("save_holidays", "clinic=00000000-0000-0000-0000-000000000001&region=%00"),
        ("save_holidays", "clinic=00000000-0000-0000-0000-000000000001&regions[0][code]=%00"),
        ("add_location", "clinic=%00&name=%00&address=%00&city=%00&time_zone=%00&version=%00"),
        (
            "add_doctor",
            "clinic=%00&name=%00&specialty=%00&fee=%00&status=%00&email=%00&version=%00",
        ),
        ("hide_review", "id=00000000-0000-0000-0000-000000000001&version=1&reason=%00"),
    ] {
        let answer = browser()
            .post(format!("{base}/fn/{path}"))
            .header(COOKIE, &cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        assert!((400..500).contains(&status), "{path} {body}: {status}");
    }
    assert_eq!(clinic.count("select count(*) from people").await, 1);
    assert_eq!(clinic.count("select count(*) from accounts").await, 1);
}

#[tokio::test]
async fn text_is_kept_composed_and_without_what_cannot_be_seen() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let (token, doctor) = (clinic.token(&asha).await, clinic.doctor_account().await);
    let base = clinic.serve().await;
    for (typed, kept) in [
        ("Ju\u{308}rgen", "Jürgen"),
        ("\u{202E}Asha\u{2069} Rao\u{200B}", "Asha Rao"),
        // Persian and Malayalam need their joiners, a family its own.
        ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ("രാജന്\u{200D}", "രാജന്\u{200D}"),
        ("Asha 👩\u{200D}👧", "Asha 👩\u{200D}👧"),
        ("As\u{200D}ha", "Asha"),
    ] {
        let body = json!({ "name": typed, "birth_date": "2019-04-30" }).to_string();
        let (status, added) = api(&base, "/people", Some(&token), Some(&body)).await;
        assert_eq!((status, added["name"].as_str()), (201, Some(kept)), "{added}");
    }
    // Once by each way of writing: it is the same person.
    let again = json!({ "name": "Jürgen", "birth_date": "2019-04-30" }).to_string();
    assert_eq!(api(&base, "/people", Some(&token), Some(&again)).await.0, 201);
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
async fn searches_find_names_however_they_are_composed() {
    let clinic = Clinic::open().await;
    let name = "Dr Jürgen Vogt".to_owned();
    clinic.add_doctors([NewDoctor { name, ..NewDoctor::new("juergen-vogt") }]).await;
    let admin = administrator(&clinic).await;
    let base = clinic.serve().await;
    for q in ["J%C3%BCrgen", "Ju%CC%88rgen", "Ju%CC%88r%E2%80%8Bgen", "%E2%80%AEju%CC%88rgen"] {
        let (_, found) = api(&base, &format!("/doctors?q={q}"), None, None).await;
        let found: Vec<_> = found["items"].as_array().expect("items").iter().collect();
        assert!(found.len() == 1 && found[0]["slug"] == "juergen-vogt", "{q}: {found:?}");
        let (_, suggested) = api(&base, &format!("/suggestions?q={q}"), None, None).await;
        assert_eq!(suggested["items"][0]["slug"], "juergen-vogt", "{q}");
        for (path, cookie) in [("/doctors", ""), ("/admin", admin.as_str())] {
            let (status, _, page) = get(&base, &format!("{path}?q={q}"), cookie).await;
            assert!(status == 200 && page.contains("Dr Jürgen Vogt"), "{path} {q}: {page}");
            assert!(!page.contains("Dr asha-naik"), "{path} {q}");
        }
    }
}

/// One address, however it is written; sent to by the form that mail servers know, shown as people write it.
#[tokio::test]
async fn an_e_mail_address_may_have_an_international_domain() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let body = json!({ "name": "Jo", "email": "Jo@Mu\u{308}nchen.de", "password": "long enough" });
    let (status, _) = api(&base, "/auth/register", None, Some(&body.to_string())).await;
    assert_eq!(status, 201);
    for email in ["jo@münchen.de", "JO@MÜNCHEN.DE", "jo@xn--mnchen-3ya.de"] {
        let body = json!({ "email": email, "password": "long enough" }).to_string();
        let (status, answer) = api(&base, "/auth/login", None, Some(&body)).await;
        assert_eq!(status, 200, "{email}: {answer}");
        let fields = [("email", email), ("password", "wrong password")];
        let (status, page) = send(&base, ("/fn/sign_in", "/sign-in"), "", &fields).await;
        assert!(status == 422 && page.contains("do not go together"), "{email}: {page}");
    }
    let stored = "select count(*) from accounts where email = 'jo@xn--mnchen-3ya.de'";
    assert_eq!(clinic.count(stored).await, 1);

    let jo = json!({ "email": "jo@münchen.de", "password": "long enough" }).to_string();
    let (_, token) = api(&base, "/auth/login", None, Some(&jo)).await;
    let token = token["access_token"].as_str().expect("a token").to_owned();
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
    let to = clinic.messages.sent.lock().expect("sent")[0].to.clone();
    assert_eq!(to, "jo@xn--mnchen-3ya.de");
    assert!(to.parse::<lettre::Address>().is_ok(), "as mail servers know it");
    for wrong in ["jo@münchen", "jo@-münchen.de", "jo@mün chen.de", "jö@münchen.de", "jo@xn--a.de"]
    {
        let fields = [("name", "Jo"), ("email", wrong), ("password", "long enough")];
        let (status, page) = send(&base, ("/fn/register", "/register"), "", &fields).await;
        assert!(status == 422 && page.contains("like name@example.org"), "{wrong}: {page}");
    }
}

/// A visit that began eight seconds ago has begun; it is over at its end.
#[tokio::test]
async fn a_visit_that_has_just_begun_is_not_called_over() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let doctor = clinic.doctor_account().await;
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.book(&asha, free[0]).await;
    let (cookie, token) = (clinic.cookie(&asha).await, clinic.token(&asha).await);
    let base = clinic.serve().await;
    let (_, shown) = api(&base, &format!("/appointments/{id}"), Some(&token), None).await;
    let time = |name: &str| -> chrono::DateTime<chrono::Utc> {
        shown[name].as_str().and_then(|text| text.parse().ok()).expect("a time")
    };
    let (starts_at, ends_at) = (time("starts_at"), time("ends_at"));
    let now = clinic.visitor().now;
    clinic.clock.step(starts_at - now + chrono::Duration::seconds(8));
    for (refusal, kind, sentence) in [
        (
            Refusal::HasBegun,
            "has-begun",
            "The visit has begun, so it can no longer be changed here.",
        ),
        (Refusal::AlreadyOver, "already-over", "This appointment is over."),
    ] {
        for who in [&asha, &doctor] {
            let cancel = Change::Cancel { reason: Some("Ill.".into()) };
            for change in [cancel, Change::Reschedule { slot: free[9] }] {
                let answer = clinic.change(who, id, &change).await;
                assert_eq!(answer, Err(refusal.into()), "{change:?}");
            }
        }
        let cancelled = browser()
            .post(format!("{base}/api/v1/appointments/{id}/cancel"))
            .bearer_auth(clinic.token(&asha).await)
            .header("if-match", "*")
            .send()
            .await
            .expect("an answer");
        let problem: Value = cancelled.json().await.expect("JSON");
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{problem}");
        assert_eq!(problem["detail"], sentence);
        for path in [format!("/appointments/{id}"), format!("/appointments/{id}/move")] {
            let (_, _, page) = get(&base, &path, &cookie).await;
            assert!(page.contains(sentence), "{path}: {page}");
        }
        clinic.clock.step(ends_at - starts_at);
    }
    // A time that has begun cannot be taken, and is not called over either.
    let page = format!("/doctors/asha-naik?slot={}", free[0]);
    let (_, _, page) = get(&base, &page, &cookie).await;
    assert!(page.contains("That time has already started."), "{page}");
}

/// What the page shows that it left out, the API refuses by name; what one understands, the other does.
#[tokio::test]
async fn page_and_api_read_a_search_alike() {
    let clinic = Clinic::open().await;
    sqlx::query("update doctors set languages = '{English,Konkani}', gender = 'female'")
        .execute(&clinic.pool)
        .await
        .expect("languages");
    sqlx::query("insert into cities values (2, 'zurich', 'Zürich', 'CH', 'Switzerland', 47.4, 8.5, 'Europe/Zurich')")
        .execute(&clinic.pool)
        .await
        .expect("a city");
    sqlx::query("update listings set stale = true").execute(&clinic.pool).await.expect("stale");
    server::directory::follow::run_once(&clinic.app_state).await.expect("listed");
    let base = clinic.serve().await;
    for query in [
        "city=panjim",
        "city=Panjim",
        "city=Panaji",
        "city=PANAJI%2C%20India",
        "near=Panaji",
        "near=15.49,73.83",
        "specialty=General%20Medicine",
        "specialty=general-medicine",
        "language=konkani",
        "gender=female",
        "mode=in_person",
        "date=2026-11-24",
        "this_week=true",
        "this_week=yes",
        "evening=false",
        "evening=no",
        "fee_max=600",
        "fee_max=%20600",
        "rating_min=4.5",
        "page=1",
        "q=",
    ] {
        let (status, found) = api(&base, &format!("/doctors?{query}"), None, None).await;
        assert_eq!(status, 200, "{query}: {found}");
        let expected = u64::from(!query.starts_with("rating_min"));
        assert_eq!(found["total"], expected, "{query}: {found}");
        let (status, _, page) = get(&base, &format!("/doctors?{query}"), "").await;
        assert_eq!(status, 200, "{query}");
        assert!(!page.contains("We could not read"), "{query}: {page}");
        assert_eq!(page.contains("/doctors/asha-naik"), expected == 1, "{query}: {page}");
    }
    for query in [
        "city=atlantis",
        "city=%3Cb%3E",
        "near=atlantis",
        "near=91,0",
        "specialty=unknown",
        "language=Klingon",
        "gender=x",
        "mode=telepathy",
        "date=2020-01-01",
        "date=yesterday",
        "this_week=1",
        "evening=perhaps",
        "fee_max=-5",
        "rating_min=6",
        "page=0",
        "page=10001",
        "q=naik&q=skin",
    ] {
        let (status, problem) = api(&base, &format!("/doctors?{query}"), None, None).await;
        assert_eq!((status, problem["type"].as_str()), (422, Some("/problems/invalid")), "{query}");
        let name = query.split('=').next().expect("a name");
        assert_eq!(problem["errors"][0]["field"], name, "{query}: {problem}");
        let (status, _, page) = get(&base, &format!("/doctors?{query}"), "").await;
        assert_eq!(status, 200, "{query}");
        assert!(page.contains("We could not read"), "{query}: {page}");
    }
    // Several at once are all named; an empty field of a form says nothing, but a client means something.
    let (_, problem) = api(&base, "/doctors?city=atlantis&page=0", None, None).await;
    let named: Vec<_> = problem["errors"].as_array().expect("errors").iter().collect();
    assert_eq!(named.len(), 2, "{problem}");
    assert_eq!(api(&base, "/doctors?city=", None, None).await.0, 422);
    assert!(!get(&base, "/doctors?city=&mode=", "").await.2.contains("We could not read"));
    let (status, problem) = api(&base, "/doctors?town=panjim", None, None).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some("town")));

    // The same of a doctor's free times: the page says that nobody is seen at that place.
    let nowhere = uuid::Uuid::from_u128(99);
    let slots = format!("/doctors/{}/slots?location_id={nowhere}", clinic.doctor);
    let (status, problem) = api(&base, &slots, None, None).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some("location_id")));
    let (_, _, page) = get(&base, &format!("/doctors/asha-naik?location={nowhere}"), "").await;
    assert!(page.contains("We could not read the place"), "{page}");
    let slots = format!("/doctors/{}/slots?visit_type_id={nowhere}", clinic.doctor);
    let (status, problem) = api(&base, &slots, None, None).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some("visit_type_id")));
    let (_, _, page) = get(&base, &format!("/doctors/asha-naik?visit={nowhere}"), "").await;
    assert!(page.contains("We could not read the kind of visit"), "{page}");
}
