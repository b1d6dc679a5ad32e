//! Addresses, request targets, JSON and forms that are not text, or not a request to us.

use app::i18n::text;
use reqwest::header::COOKIE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::http::{administrator_cookie, call_api, get_page};
use crate::support::{Clinic, browser};

/// The heading of the page about such an address.
fn unreadable() -> String {
    format!("<h1>{}</h1>", text!("error-address-title"))
}

#[tokio::test]
async fn addresses_that_are_not_text_are_refused_with_a_message() {
    let clinic = Clinic::open().await;
    let cookie = administrator_cookie(&clinic).await;
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
        let (status, kind, page) = get_page(&base, path, &cookie).await;
        assert_eq!(status, 400, "{path}: {page}");
        assert_eq!(kind, "text/html; charset=utf-8", "{path}");
        for part in [unreadable().as_str(), "class=\"site-header\"", "nadi.css"] {
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
        let (status, problem) = call_api(&base, path, None, None).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (400, Some("/problems/malformed")),
            "{path}"
        );
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{problem}");
    }
    // These only look like invalid encodings and are ordinary text.
    for path in ["/doctors?q=%", "/doctors?q=%zz", "/doctors?q=100%25", "/doctors?q=J%C3%BCrgen"] {
        assert_eq!(get_page(&base, path, &cookie).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn json_with_text_that_cannot_be_stored_is_refused_with_a_message() {
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
        let (status, problem) = call_api(&base, path, token, Some(body)).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (400, Some("/problems/malformed")),
            "{body}"
        );
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{problem}");
    }
    // The backslash itself is escaped, so these are seven characters and not a NUL.
    let (status, added) =
        call_api(&base, "/people", token, Some(r#"{"name": "Ki\\u0000ran"}"#)).await;
    assert_eq!((status, added["name"].as_str()), (201, Some("Ki\\u0000ran")));
    let invalid = browser()
        .post(format!("{base}/api/v1/people"))
        .header("content-type", "application/json")
        .bearer_auth(clinic.token(&asha).await)
        .body(b"{\"name\": \"Ki\xffran\"}".to_vec());
    assert_eq!(invalid.send().await.expect("an answer").status(), 400);
}

/// Sends this request line unchanged, with the usual headers.
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

/// RFC 9112, 3.2: we accept only a path as a request target.
#[tokio::test]
async fn odd_request_targets_are_refused_with_a_message() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for line in [
        "GET example.com:80 HTTP/1.1",
        "POST example.com:80 HTTP/1.1",
        "GET example.com HTTP/1.1",
        "GET * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT example.com:443 HTTP/1.1",
    ] {
        let (status, answer) = raw(&base, line).await;
        assert_eq!(status, 400, "{line}: {answer}");
        assert!(answer.contains(&unreadable()), "{line}: {answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{line}: {answer}");
    }
    // A target of another host.
    let sentence = text!("error-host", address = clinic.app_state.site.public_url.as_str());
    for path in ["", "/doctors", "/api/v1/doctors"] {
        let (status, answer) = raw(&base, &format!("GET http://example.com{path} HTTP/1.1")).await;
        assert_eq!(status, 421, "{path}: {answer}");
        assert!(answer.contains(&sentence), "{path}: {answer}");
        // Under the path of the API, the refusal is a problem document.
        let is_problem = answer.contains("application/problem+json");
        assert_eq!(is_problem, path.starts_with("/api"), "{answer}");
    }
    // These are not valid targets (RFC 9112, 3): the HTTP library refuses them before our code runs.
    for line in
        ["GET  HTTP/1.1", "GET doctors/asha HTTP/1.1", "GET ?q=1 HTTP/1.1", "GET http:// HTTP/1.1"]
    {
        let (status, answer) = raw(&base, line).await;
        assert_eq!(status, 400, "{line}: {answer}");
    }
    // A path stays a path, whatever it looks like.
    for line in ["GET //example.com:99999/ HTTP/1.1", "GET /http://[ HTTP/1.1", "GET /:80 HTTP/1.1"]
    {
        let (status, answer) = raw(&base, line).await;
        assert_eq!(status, 404, "{line}: {answer}");
    }
    // Every server has to accept its own address in absolute form (RFC 9112, 3.2.2).
    let own = clinic.config.public_url.join("/doctors?mode=video").expect("an address");
    assert_eq!(raw(&base, &format!("GET {own} HTTP/1.1")).await.0, 200);
    assert_eq!(clinic.count("select count(*) from doctors").await, 1);
}

/// A form with a field that is not text is refused, whatever its other fields contain.
#[tokio::test]
async fn forms_that_are_not_text_change_nothing() {
    let clinic = Clinic::open().await;
    let cookie = administrator_cookie(&clinic).await;
    let base = clinic.serve().await;
    for (path, body) in [
        ("register", "name=%FF&email=a%40b.co&password=long+enough"),
        ("register", "name=%ED%A0%80&email=a%40b.co&password=long+enough"),
        ("register", "name=Asha&email=a%00%40b.co&password=long+enough"),
        ("register", "name=Asha&email=a%40b.co&password=long%00enough"),
        ("sign_in", "email=%00&password=%00&next=%00"),
        ("send_sign_in_code", "email=%00&next=%00"),
        ("check_code", "code=%00&next=%00"),
        ("check_code", "code=%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6&next=%2F"),
        ("prove_with_password", "password=%00&next=%00"),
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
