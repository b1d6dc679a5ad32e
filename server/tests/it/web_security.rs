//! What protects every request and answer, whoever asks: security headers, hosts and origins, cookies, request lines,
//! and what only the operator's listener tells.

use app::i18n::text;
use reqwest::Response;
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::http::administrator_cookie;
use crate::support::registration::CookieJar;
use crate::support::sign_ins::PASSWORD;
use crate::support::{Clinic, browser};

/// A clinic whose site is at `https://nadi.example`, in development mode: it also answers at the address of the test.
async fn with_https() -> Clinic {
    let mut clinic = Clinic::open().await;
    clinic.config.public_url = "https://nadi.example".parse().expect("an address");
    with_its_configuration(clinic)
}

/// The same clinic after a change of its configuration.
fn with_its_configuration(clinic: Clinic) -> Clinic {
    crate::cache::beside(&clinic, None)
}

async fn get(base: &str, path: &str) -> Response {
    browser().get(format!("{base}{path}")).send().await.expect("an answer")
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

/// Pages, files, the API, errors and refusals alike.
#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let (plain, secure) = (Clinic::open().await, with_https().await);
    let mut alone = with_https().await;
    alone.config.https_subdomains = false;
    let alone = with_its_configuration(alone);
    let year = "max-age=31536000";
    let with_subdomains = format!("{year}; includeSubDomains");
    for (clinic, https_only) in [(&plain, ""), (&secure, with_subdomains.as_str()), (&alone, year)]
    {
        let base = clinic.serve().await;
        let operations = clinic.serve_operations().await;
        let request = |method: &str, path: &str| {
            let method = method.parse().expect("a method");
            browser().request(method, format!("{base}{path}"))
        };
        let mut answers = Vec::new();
        for path in [
            "/",
            "/doctors/asha-naik",
            "/doctors/asha-naik/changes",
            "/appointments",
            "/nowhere",
            "/healthz",
            "/readyz",
            "/robots.txt",
            "/favicon.svg",
            "/fonts/atkinson-hyperlegible-next-latin.woff2",
            "/pkg/0/nadi.css",
            "/problems",
            "/api/v1/doctors",
            "/api/v1/appointments",
            "/api/v1/nothing",
            "/.well-known/security.txt",
            "/?q=%00",
        ] {
            answers.push((path, request("GET", path).send().await.expect("an answer")));
        }
        let evil = ("origin", "https://evil.example");
        for (what, request) in [
            ("another method", request("DELETE", "/doctors")),
            ("an unknown method", request("TRACE", "/doctors")),
            ("another host", request("GET", "/").header("host", "evil.example")),
            ("another origin", request("POST", "/fn/hold").header(evil.0, evil.1)),
            ("a large body", request("POST", "/fn/hold").body("x".repeat(70_000))),
        ] {
            answers.push((what, request.send().await.expect("an answer")));
        }
        let metrics = browser().get(format!("{operations}/metrics")).send().await;
        answers.push(("metrics", metrics.expect("an answer")));
        for (what, answer) in answers {
            let headers = answer.headers();
            for (name, expected) in [
                ("strict-transport-security", https_only),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
            ] {
                assert_eq!(value(headers, name), expected, "{what}: {name}");
            }
            let policy = value(headers, "content-security-policy");
            assert_eq!(without_marks_of_scripts(policy), POLICY, "{what}");
            let policies = headers.get_all("content-security-policy").iter().count();
            assert_eq!(policies, 1, "{what}");
            assert_eq!(cors_headers(headers), Vec::<&str>::new(), "{what}");
            let kind = value(headers, "content-type");
            let is_text = kind.starts_with("text/") || kind.starts_with("image/svg");
            // Events are UTF-8 whatever is said.
            let is_text = is_text && kind != "text/event-stream";
            assert!(!is_text || kind.ends_with("; charset=utf-8"), "{what}: {kind}");
        }
        // Swagger UI writes styles into its page, which has a policy of its own.
        let reference = get(&base, "/api-docs/").await;
        let policy = value(reference.headers(), "content-security-policy");
        assert_eq!(policy, POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"));
    }
}

/// The whole policy, without the nonce or the digests of a page's scripts.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                      img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// Only in `script-src`: anywhere else they stay, and the policy is not the expected one.
fn without_marks_of_scripts(policy: &str) -> String {
    let directives = policy.split("; ").map(|directive| {
        let is_mark = |source: &&str| {
            directive.starts_with("script-src ")
                && (source.starts_with("'nonce-") || source.starts_with("'sha256-"))
        };
        let sources: Vec<&str> = directive.split(' ').filter(|source| !is_mark(source)).collect();
        sources.join(" ")
    });
    directives.collect::<Vec<_>>().join("; ")
}

fn cors_headers(headers: &HeaderMap) -> Vec<&str> {
    headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| name.starts_with("access-control"))
        .collect()
}

/// A page of another site can read no answer, and gets no permission to send more than a plain form can (CORS).
#[tokio::test]
async fn no_other_origin_may_read_an_answer() {
    let clinic = with_https().await;
    let base = clinic.serve().await;
    for path in [
        "/",
        "/doctors/asha-naik",
        "/doctors/asha-naik/changes",
        "/nowhere",
        "/healthz",
        "/favicon.svg",
        "/fn/hold",
        "/feeds/x.ics",
        "/api/v1/doctors",
        "/api/v1/openapi.json",
        "/api/v1/auth/login",
        "/api-docs/",
    ] {
        for origin in ["https://evil.example", "https://nadi.example", "http://localhost", "null"] {
            for method in ["GET", "HEAD", "POST", "OPTIONS"] {
                let method: reqwest::Method = method.parse().expect("a method");
                let request = browser()
                    .request(method.clone(), format!("{base}{path}"))
                    .header("origin", origin)
                    .header("access-control-request-method", "PUT")
                    .header("access-control-request-headers", "authorization, content-type");
                let answer = request.send().await.expect("an answer");
                let found = cors_headers(answer.headers());
                assert_eq!(found, Vec::<&str>::new(), "{method} {path} from {origin}");
            }
        }
    }
}

/// Who could choose the id of a request could hide among the lines of another one.
#[tokio::test]
async fn a_request_has_an_id_of_ours_or_of_our_proxy() {
    let mut clinic = Clinic::open().await;
    let id_of = async |base: &str, sent: &str| {
        let request = browser().get(format!("{base}/healthz")).header("x-request-id", sent);
        let answer = request.send().await.expect("an answer");
        value(answer.headers(), "x-request-id").to_owned()
    };
    let uuid = "0e1c07f5-5b0c-4297-a6ee-b51042fae057";
    let base = clinic.serve().await;
    assert_ne!(id_of(&base, uuid).await, uuid, "there is no proxy");
    clinic.config.trusted_proxies = 1;
    let clinic = with_its_configuration(clinic);
    let base = clinic.serve().await;
    assert_eq!(id_of(&base, uuid).await, uuid);
    assert_eq!(id_of(&base, &uuid.replace('-', "")).await, uuid, "as nginx writes it");
    for nonsense in ["", "1", "an id", "0e1c07f5-5b0c-4297-a6ee-b51042fae05g"] {
        let id = id_of(&base, nonsense).await;
        assert!(id != nonsense && id.parse::<uuid::Uuid>().is_ok(), "{nonsense}: {id}");
    }
}

/// The policy would make the browser ignore them.
#[tokio::test]
async fn no_page_has_styles_of_its_own() {
    let clinic = Clinic::open().await;
    let doctor = clinic.doctor_account().await;
    sqlx::query("update doctors set account_id = $1 where id = $2")
        .bind(doctor.account.0)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("linked");
    let asha = clinic.known_patient("Asha").await;
    let visit = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let cookies = [
        String::new(),
        clinic.cookie(&asha).await,
        clinic.cookie(&doctor).await,
        administrator_cookie(&clinic).await,
    ];
    let base = clinic.serve().await;
    let visit = format!("/appointments/{}", visit.0);
    for path in [
        "/",
        "/doctors",
        "/doctors/asha-naik",
        "/appointments",
        &visit,
        "/calendar",
        "/calendar?view=day",
        "/calendar?view=list",
        "/calendar/hours",
        "/calendar/time-off",
        "/account",
        "/account/security",
        "/account/security/authenticator",
        "/admin",
        "/admin/team",
        "/people",
        "/help/calendars",
        "/privacy",
        "/terms",
        "/dev/mailbox",
        "/dev/pieces",
        "/problems",
    ] {
        for cookie in &cookies {
            let request = browser().get(format!("{base}{path}")).header("cookie", cookie);
            let answer = request.header("accept", "text/html").send().await.expect("an answer");
            let page = answer.text().await.expect("text");
            assert!(!page.contains(" style=") && !page.contains("<style"), "{path}: {page}");
        }
    }
    let request = browser().get(format!("{base}/calendar")).header("cookie", &cookies[2]);
    let page = request.send().await.expect("an answer").text().await.expect("text");
    // The visit at ten, in the only lane.
    let entry = "data-at=\"10:00\" data-lasts=\"00:20\" data-lane=\"0\" data-lanes=\"1\"";
    assert!(page.contains(entry), "{page}");
}

#[tokio::test]
async fn changes_come_from_our_origin_with_its_scheme() {
    let clinic = with_https().await;
    let base = clinic.serve().await;
    let sent = async |path: &str, host: &str, origin: &str| {
        let request = browser().post(format!("{base}{path}")).header("host", host);
        let request = request.header("origin", origin).header("accept", "text/html");
        request.form(&[("slot", "1")]).send().await.expect("an answer").status().as_u16()
    };
    for path in ["/fn/hold", "/api/v1/auth/login"] {
        assert_ne!(sent(path, "nadi.example", "https://nadi.example").await, 403, "{path}");
        for (host, origin) in [
            ("nadi.example", "http://nadi.example"),
            ("nadi.example", "https://nadi.example:8443"),
            ("nadi.example", "https://evil.example"),
            ("nadi.example", "null"),
            ("localhost", "https://localhost"),
            ("localhost:3000", "http://localhost:3001"),
        ] {
            assert_eq!(sent(path, host, origin).await, 403, "{path} {host} {origin}");
        }
    }
}

/// A name that somebody else has pointed at our address (DNS rebinding) gets nothing but the address of the site.
#[tokio::test]
async fn the_site_answers_under_its_own_names_only() {
    let mut clinic = Clinic::open().await;
    clinic.config.mode = server::config::Mode::Production;
    clinic.config.allowed_hosts = vec!["nadi.internal".into()];
    let clinic = with_its_configuration(clinic);
    let base = clinic.serve().await;
    let get = async |path: &str, host: &str| {
        let request = browser().get(format!("{base}{path}")).header("host", host);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    for host in ["localhost:3000", "LOCALHOST", "nadi.internal:8080"] {
        assert_eq!(get("/doctors", host).await.0, 200, "{host}");
    }
    let address = clinic.app_state.site.public_url.as_str();
    let sentence = text!("error-host", address);
    for host in ["evil.example", "127.0.0.1", "localhost.evil.example:3000"] {
        for path in ["/", "/doctors", "/robots.txt", "/favicon.svg", "/nowhere"] {
            let (status, body) = get(path, host).await;
            assert_eq!((status, body), (421, format!("{sentence}\n")), "{host}{path}");
        }
        let (status, problem) = get("/api/v1/doctors", host).await;
        assert_eq!(status, 421);
        assert!(problem.contains("/problems/misdirected") && problem.contains(&sentence));
        // Load balancers ask by address.
        assert_eq!(get("/healthz", host).await.0, 200);
        assert_eq!(get("/readyz", host).await.0, 200);
    }
}

/// A browser that remembers the lines of every `Set-Cookie`.
struct Recorder {
    base: String,
    jar: CookieJar,
    lines: Vec<String>,
}

impl Recorder {
    fn record(&mut self, answer: &Response) {
        self.jar.take(answer);
        let lines = answer.headers().get_all(SET_COOKIE).iter();
        self.lines.extend(lines.map(|line| line.to_str().expect("text").to_owned()));
    }

    async fn post(&mut self, action: &str, page: &str, fields: &[(&str, &str)]) -> Response {
        let request = browser()
            .post(format!("{}{action}", self.base))
            .header("cookie", self.jar.header())
            .header("accept", "text/html")
            .header("origin", "https://nadi.example")
            .header("referer", format!("https://nadi.example{page}"));
        let answer = request.form(fields).send().await.expect("an answer");
        self.record(&answer);
        answer
    }

    async fn open(&mut self, path: &str) {
        let request = browser().get(format!("{}{path}", self.base)).header("accept", "text/html");
        let answer = request.header("cookie", self.jar.header()).send().await.expect("an answer");
        self.record(&answer);
    }
}

#[tokio::test]
async fn with_https_every_cookie_is_secure() {
    let clinic = with_https().await;
    let base = clinic.serve().await;
    let mut seen = Recorder { base, jar: CookieJar::default(), lines: Vec::new() };
    let slot = clinic.free(clinic.doctor).await[0].to_string();
    seen.open(&format!("/book?slot={slot}&back=/doctors/asha-naik")).await;
    let fields = [("name", "Asha"), ("email", "nobody"), ("password", PASSWORD)];
    seen.post("/fn/register", "/register", &fields).await;
    seen.post("/fn/send_sign_in_code", "/sign-in", &[("email", "asha@example.org")]).await;
    let code = clinic.code_sent_to("asha@example.org").await;
    seen.post("/fn/check_code", "/sign-in/code", &[("code", &code)]).await;
    seen.open("/account").await;
    let fields = [("name", "Reports"), ("scope", "read")];
    seen.post("/fn/create_api_key", "/account/api-keys", &fields).await;
    seen.open("/account/api-keys?done=created").await;
    seen.post("/fn/sign_out", "/account", &[]).await;
    for name in
        ["visitor", "typed", "typed_2", "proof", "session", "device", "sender", "shown_once"]
    {
        let begin = format!("__Host-nadi_{name}=");
        let is_set = seen.lines.iter().any(|line| line.starts_with(&begin));
        assert!(is_set, "{name} is not among {:#?}", seen.lines);
    }
    for line in &seen.lines {
        let attributes: Vec<&str> = line.split("; ").collect();
        assert!(line.starts_with("__Host-nadi_"), "{line}");
        for attribute in ["Path=/", "HttpOnly", "Secure"] {
            assert!(attributes.contains(&attribute), "{attribute}: {line}");
        }
        assert!(line.contains("; SameSite=Lax") || line.contains("; SameSite=Strict"), "{line}");
        assert!(!line.contains("Domain"), "{line}");
    }
}

/// On a computer that others use, too.
#[tokio::test]
async fn signing_out_clears_the_browser() {
    let clinic = with_https().await;
    let base = clinic.serve().await;
    let mut seen = Recorder { base, jar: CookieJar::default(), lines: Vec::new() };
    seen.post("/fn/send_sign_in_code", "/sign-in", &[("email", "asha@example.org")]).await;
    let code = clinic.code_sent_to("asha@example.org").await;
    seen.post("/fn/check_code", "/sign-in/code", &[("code", &code)]).await;
    seen.open("/account").await;
    let fields = [("name", "Mira"), ("birth_date", "tomorrow")];
    let failed = seen.post("/fn/add_person", "/people", &fields).await;
    assert!(!failed.headers().contains_key("clear-site-data"));
    for name in ["session", "typed", "sender"] {
        assert!(seen.jar.has(&format!("__Host-nadi_{name}")), "{name}");
    }
    let out = seen.post("/fn/sign_out", "/people", &[]).await;
    assert_eq!(value(out.headers(), "clear-site-data"), "\"storage\"");
    assert_eq!(seen.jar.header().matches("__Host-").count(), 1, "{}", seen.jar.header());
    assert!(seen.jar.has("__Host-nadi_device"), "the browser is known, not its person");
    seen.open("/").await;
    assert_eq!(seen.jar.header().matches("__Host-").count(), 1, "{}", seen.jar.header());

    // Also when a program signs a browser out with the API.
    seen.post("/fn/send_sign_in_code", "/sign-in", &[("email", "asha@example.org")]).await;
    let code = clinic.code_sent_to("asha@example.org").await;
    seen.post("/fn/check_code", "/sign-in/code", &[("code", &code)]).await;
    let request = browser().post(format!("{}/api/v1/auth/logout", seen.base));
    let request = request.header("cookie", seen.jar.header());
    let out = request.header("origin", "https://nadi.example").send().await.expect("an answer");
    assert_eq!(value(out.headers(), "clear-site-data"), "\"storage\"");
}

/// What an attacker could plan by: releases, dependencies, jobs, load.
#[tokio::test]
async fn metrics_and_the_reasons_of_readiness_are_for_operators() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    assert_eq!(get(&base, "/metrics").await.status(), 404);
    let ready = get(&base, "/readyz").await;
    assert_eq!(ready.status(), 200);
    assert_eq!(ready.text().await.expect("text"), "{\"ready\":true}");

    let operations = clinic.serve_operations().await;
    let metrics = get(&operations, "/metrics").await.text().await.expect("text");
    assert!(metrics.contains("nadi_cache_requests_total"), "{metrics}");
    let details = get(&operations, "/readyz").await.text().await.expect("text");
    assert!(details.contains("\"database\":\"up\""), "{details}");
    assert_eq!(get(&operations, "/healthz").await.status(), 200);
    for path in ["/", "/doctors", "/api/v1/doctors", "/sign-in"] {
        assert_eq!(get(&operations, path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn weaknesses_are_reported_to_the_configured_contact() {
    let mut clinic = with_https().await;
    let base = clinic.serve().await;
    let missing = get(&base, "/.well-known/security.txt").await;
    assert_eq!(missing.status(), 404);
    assert!(missing.text().await.expect("text").ends_with(".\n"));

    clinic.config.security_contact = Some("mailto:security@nadi.example".parse().expect("one"));
    let base = clinic.serve().await;
    let file = get(&base, "/.well-known/security.txt").await;
    assert_eq!(file.status(), 200);
    assert_eq!(value(file.headers(), "content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        file.text().await.expect("text"),
        "Contact: mailto:security@nadi.example\nExpires: 2027-05-22T00:00:00Z\n\
         Preferred-Languages: en\nCanonical: https://nadi.example/.well-known/security.txt\n"
    );
}

/// Sends this head unchanged. Returns the status and the answer.
async fn raw(base: &str, head: &[u8]) -> (u16, String) {
    let address = base.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    // The server may refuse a long head, and close, before it has read all of it.
    let _ = stream.write_all(&[head, b"\r\nConnection: close\r\n\r\n"].concat()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), answer)
}

#[tokio::test]
async fn odd_request_lines_are_refused_with_a_sentence() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let long = "a".repeat(17_000);
    let method = text!("problem-method-not-allowed");
    let too_long = text!("error-address-too-long");
    let no_host = text!("error-host-unreadable");
    for (head, status, sentence) in [
        ("TRACE / HTTP/1.1\r\nHost: localhost".to_owned(), 405, &method),
        ("PROPFIND /doctors HTTP/1.1\r\nHost: localhost".to_owned(), 405, &method),
        ("get / HTTP/1.1\r\nHost: localhost".to_owned(), 405, &method),
        ("DELETE /doctors HTTP/1.1\r\nHost: localhost".to_owned(), 405, &method),
        ("PUT /robots.txt HTTP/1.1\r\nHost: localhost".to_owned(), 405, &method),
        ("POST /doctors/asha-naik/changes HTTP/1.1\r\nHost: localhost".to_owned(), 405, &method),
        ("TRACE /api/v1/doctors HTTP/1.1\r\nHost: localhost".to_owned(), 405, &method),
        (format!("GET /doctors?q={long} HTTP/1.1\r\nHost: localhost"), 414, &too_long),
        (format!("GET /{long} HTTP/1.1\r\nHost: localhost"), 414, &too_long),
        (format!("GET /api/v1/doctors?q={long} HTTP/1.1\r\nHost: localhost"), 400, &too_long),
        ("GET / HTTP/1.1".to_owned(), 400, &no_host),
        ("GET / HTTP/1.0".to_owned(), 400, &no_host),
        ("GET / HTTP/1.1\r\nHost:".to_owned(), 400, &no_host),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost".to_owned(), 400, &no_host),
        ("GET / HTTP/1.1\r\nHost: local host".to_owned(), 400, &no_host),
        ("GET /api/v1/doctors HTTP/1.1".to_owned(), 400, &no_host),
        ("GET https://u@localhost/ HTTP/1.1\r\nHost: localhost".to_owned(), 400, &no_host),
    ] {
        let (found, answer) = raw(&base, head.as_bytes()).await;
        let shown = head.get(..80).unwrap_or(&head);
        assert_eq!(found, status, "{shown}: {answer}");
        assert!(answer.contains(sentence.as_str()), "{shown}: {answer}");
        assert_eq!(answer.to_lowercase().contains("\r\nallow: "), status == 405, "{shown}");
    }
    // The HTTP library answers these before our code runs, so there is a status only.
    let head = format!("GET /{} HTTP/1.1\r\nHost: localhost", "a".repeat(70_000));
    let (status, answer) = raw(&base, head.as_bytes()).await;
    assert!(matches!(status, 414 | 431), "{answer}");
    for head in [
        b"GET /doctors?q=a\0b HTTP/1.1\r\nHost: localhost".as_slice(),
        b"GET /doctors HTTP/1.1\r\nHost: localhost\r\nX-Name: a\0b",
        b"GET /doctors\x01 HTTP/1.1\r\nHost: localhost",
        b"G\0T /doctors HTTP/1.1\r\nHost: localhost",
        b"GET /doctors HTTP/9.9\r\nHost: localhost",
        b"GET /doctors\r\nHost: localhost",
        b"GET  /doctors HTTP/1.1\r\nHost: localhost",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ] {
        let (status, answer) = raw(&base, head).await;
        assert_eq!(status, 400, "{}: {answer}", String::from_utf8_lossy(head));
    }
    assert_eq!(get(&base, "/healthz").await.status(), 200);
}

/// No spelling of a path leads to a file, to a page that it does not name, or to another site.
#[tokio::test]
async fn encoded_paths_lead_nowhere_else() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for path in [
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/doctors/..%2fadmin",
        "/doctors/%2e%2e%2fadmin",
        "/doctors/..;/admin",
        "/doctors%2fasha-naik",
        "/doctors%252fasha-naik",
        "/doctors%3fq=a",
        "/doctors/asha-naik%00.ics",
        "/pkg/%2e%2e/nadi.css",
        "/pkg/0/..%2f..%2fCargo.toml",
        "/fonts/..%2ffavicon.svg",
        "/favicon.svg%20",
        "/favicon.svg/",
        "//evil.example",
        "//evil.example/doctors",
        "///evil.example",
        "/%2fevil.example",
        "/%5cevil.example",
        "/\\evil.example",
        "/doctors//evil.example",
        "/en-XB//evil.example",
        "/sign-in%0d%0aset-cookie:a=b",
        "/feeds/..%2f..%2fx.ics",
        "/api/v1/%2e%2e/%2e%2e/readyz",
        "/api/v1//doctors",
        "/API/V1/doctors",
        "/readyz%2f",
        "/metrics",
        "/METRICS",
        "/.git/config",
        "/.env",
    ] {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost");
        let (status, answer) = raw(&base, head.as_bytes()).await;
        assert!(matches!(status, 400 | 404), "{path}: {answer}");
        let lower = answer.to_lowercase();
        assert!(!lower.contains("\r\nlocation:"), "{path}: {answer}");
        assert!(!lower.contains("\r\nset-cookie:"), "{path}: {answer}");
        assert!(!answer.contains("root:x:"), "{path}");
    }
    // A failed form leads back to a page of ours, whatever the browser says where it came from.
    for referer in ["https://evil.example/a", "http://evil.example//b", "//evil.example"] {
        let request = browser().post(format!("{base}/fn/register")).header("accept", "text/html");
        let request = request.header("referer", referer).form(&[("name", "A"), ("email", "b")]);
        let answer = request.header("origin", &base).send().await.expect("an answer");
        let to = answer.headers().get(LOCATION).map_or("", |to| to.to_str().expect("text"));
        assert!(!to.contains("evil.example"), "{referer}: {to}");
    }
}
