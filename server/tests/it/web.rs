//! The pages, requested as by a browser without scripts.

use app::i18n::{pattern, text};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use server::config::{Mode, StaffSecondFactor};
use server::supervisor::{Job, Next, Supervisor};
use tokio_util::sync::CancellationToken;

use crate::support::http::administrator_cookie;
use crate::support::registration::{CookieJar, Newcomer};
use crate::support::sign_ins::PASSWORD;
use crate::support::texts::around;
use crate::support::{Clinic, browser, time};

async fn get(base: &str, path: &str, cookie: Option<&str>) -> (u16, String) {
    let mut request = browser().get(format!("{base}{path}")).header("accept", "text/html");
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("text"))
}

#[tokio::test]
async fn visitors_see_public_pages_and_are_sent_to_sign_in_for_the_others() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for path in
        ["/", "/doctors", "/doctors/asha-naik", "/sign-in", "/register", "/healthz", "/readyz"]
            .into_iter()
            .chain(["/sign-in/code", "/sign-in/forgot"])
    {
        let answer = browser().get(format!("{base}{path}")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.headers().get(SET_COOKIE).is_none(), "{path}: visitors get no cookie");
        assert!(answer.headers().contains_key("x-request-id"), "{path}");
    }
    assert_eq!(clinic.count("select count(*) from sessions").await, 0);
    for path in ["/nowhere", "/doctors/nobody", "/doctors/..%2f", "/pkg/0/nadi.css"] {
        assert_eq!(get(&base, path, None).await.0, 404, "{path}");
    }
    for path in ["/appointments", "/calendar", "/admin", "/sign-in/again", "/sign-in/second-factor"]
    {
        let request = browser().get(format!("{base}{path}")).header("accept", "text/html");
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_redirection(), "{path}: {}", answer.status());
        let to = answer.headers()[LOCATION].to_str().expect("an address");
        assert!(to.starts_with("/sign-in?"), "{path}: {to}");
    }
}

/// Public pages describe themselves to search engines; the others ask not to be indexed.
#[tokio::test]
async fn search_engines_index_public_pages_only() {
    let clinic = Clinic::open().await;
    let renamed =
        "update doctors set name = 'Dr \"Asha\" </script><b>Naik' where slug = 'asha-naik'";
    sqlx::query(renamed).execute(&clinic.pool).await.expect("a name");
    let base = clinic.serve().await;
    for (path, canonical) in [
        ("/", "/\""),
        ("/doctors?mode=video&page=2", "/doctors\""),
        ("/doctors/asha-naik?mode=video", "/doctors/asha-naik\""),
    ] {
        let (_, page) = get(&base, path, None).await;
        let (head, body) = page.split_once("</head>").expect("a head");
        assert!(head.contains("<meta name=\"description\" content=\""), "{path}: {head}");
        assert!(head.contains("rel=\"canonical\"") && head.contains(canonical), "{path}: {head}");
        assert!(!head.contains("noindex"), "{path}");
        assert!(!page.contains("</script><b>"), "{path}: a name is never markup");
        assert_eq!(body.contains("schema.org"), path.starts_with("/doctors/"), "{path}");
    }
    for path in ["/sign-in", "/sign-in/code", "/sign-in/forgot", "/register", "/nowhere"] {
        let (_, page) = get(&base, path, None).await;
        assert!(page.contains("<meta name=\"robots\" content=\"noindex\">"), "{path}");
    }
    let (status, robots) = get(&base, "/robots.txt", None).await;
    assert!(status == 200 && robots.starts_with("User-agent: *\n"), "{robots}");
}

#[tokio::test]
async fn the_mailbox_exists_in_development_only() {
    let clinic = Clinic::open().await;
    let development = clinic.serve().await;
    assert_eq!(get(&development, "/dev/mailbox", None).await.0, 200);
    let mut ports = clinic.ports.clone();
    ports.mailbox = None;
    let production = clinic.serve_with(ports).await;
    assert_eq!(get(&production, "/dev/mailbox", None).await.0, 404);
}

/// A wrong password and an unknown address get the same answer, and ten failures lock the address for a while.
#[tokio::test]
async fn sign_in_is_locked_after_ten_wrong_passwords() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let sign_in = async |email: &str, password: &str| {
        let answer = browser()
            .post(format!("{base}/fn/sign_in"))
            .form(&[("email", email), ("password", password)])
            .send()
            .await
            .expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let asha = Newcomer { name: "Asha", email: "asha@example.org", password: "right password" };
    clinic.register_by_form(&base, asha, "/").await;
    let unknown = sign_in("nobody@example.org", "wrong password").await;
    let mut wrong = (0, String::new());
    for _ in 0..10 {
        wrong = sign_in("asha@example.org", "wrong password").await;
    }
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.0, 422);
    assert_eq!(
        sign_in("asha@example.org", "right password").await.0,
        429,
        "even the right one waits"
    );
    assert_eq!(sign_in("nobody@example.org", "wrong password").await.0, 422, "others do not");
}

#[tokio::test]
async fn malformed_queries_never_cause_a_server_error() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let long = "x".repeat(6_000);
    for query in [
        "page=0",
        "page=-1",
        "page=99999999999999999999",
        "page=x",
        "date=2026-13-45",
        "date=",
        "mode=fax",
        "city=%00",
        "q=%27%3B%20drop%20table%20doctors%3B--",
        "q=%3Cscript%3Ealert(1)%3C/script%3E",
        "q=%E2%80%AE",
        "q=%FF%FE",
        "specialty=unknown",
        "q=%25_%5C",
        "month=0000-00",
        "slot=1e9",
        "slot=-9223372036854775808",
        "__err=%%%",
        "__path=x&__err=eyJ4IjoxfQ==",
        long.as_str(),
    ] {
        for path in ["/doctors", "/doctors/asha-naik"] {
            let (status, body) = get(&base, &format!("{path}?{query}"), None).await;
            assert!(status < 500, "{path}?{query}: {status}");
            assert!(!body.contains("<script>alert"), "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn a_patient_registers_books_and_signs_out_without_scripts() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = clinic.free(clinic.doctor).await[0].to_string();
    let page = format!("/doctors/asha-naik?slot={slot}");
    let post = async |path: &str, cookie: &str, back: &str, fields: &[(&str, &str)]| {
        browser()
            .post(format!("{base}{path}"))
            .header(COOKIE, cookie)
            .header("accept", "text/html")
            .header("origin", &base)
            .header("referer", format!("{base}{back}"))
            .form(fields)
            .send()
            .await
            .expect("an answer")
    };
    let to = |answer: &reqwest::Response| {
        answer.headers()[LOCATION].to_str().expect("an address").to_owned()
    };

    let fields = [("name", "Asha Rao"), ("email", "Asha@example.org"), ("password", "hunt22")];
    let refused = post("/fn/register", "", "/register", &fields).await;
    assert!(to(&refused).contains("__err="));
    let kept = refused.headers()[SET_COOKIE].to_str().expect("a cookie").to_owned();
    let kept = kept.split(';').next().expect("a pair");
    let (status, again) = get(&base, &to(&refused).replace(&base, ""), Some(kept)).await;
    assert_eq!(status, 422);
    assert!(again.contains("Asha@example.org"), "what was typed is still there");
    assert!(!again.contains("hunt22"), "but for the password");

    let fields = [
        ("name", "Asha Rao"),
        ("email", "Asha@example.org"),
        ("password", "calm green leaves"),
        ("next", page.as_str()),
    ];
    let mut jar = CookieJar::default();
    let accounts = clinic.count("select count(*) from accounts").await;
    let to_code = jar.submit(&base, ("/fn/register", "/register"), &fields).await;
    assert!(to_code.starts_with("/sign-in/code?next="), "{to_code}");
    let after = clinic.count("select count(*) from accounts").await;
    assert_eq!(after, accounts, "the account is made when the code is typed");
    let (status, _, asked) = jar.open(&base, &to_code).await;
    assert!(status == 200 && asked.to_lowercase().contains("asha@example.org"), "{asked}");
    let wrong = [("code", "00000000"), ("next", page.as_str())];
    let refused = jar.submit(&base, ("/fn/check_code", &to_code), &wrong).await;
    assert!(refused.starts_with(&to_code) && refused.contains("__err="), "{refused}");
    let (status, _, asked) = jar.open(&base, &refused).await;
    assert!(status == 422 && asked.contains(&text!("refusal-wrong-code", tries = 4)), "{asked}");

    let code = clinic.code_sent_to("asha@example.org").await;
    let right = [("code", code.as_str()), ("next", page.as_str())];
    let registered = browser()
        .post(format!("{base}/fn/check_code"))
        .header(COOKIE, jar.header())
        .header("accept", "text/html")
        .header("origin", &base)
        .form(&right)
        .send()
        .await
        .expect("an answer");
    jar.take(&registered);
    assert!(jar.has("nadi_session") && !jar.has("nadi_proof"), "{jar:?}");
    let session = registered.headers().get_all(SET_COOKIE).iter();
    let mut session = session.filter_map(|cookie| cookie.to_str().ok());
    let session = session.rfind(|cookie| cookie.starts_with("nadi_session="));
    let session = session.expect("a session").to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(attribute), "{session}");
    }
    let (status, back, _) = jar.open(&base, &to(&registered).replace(&base, "")).await;
    let picked = format!("{page}&welcome=registered");
    assert_eq!((status, back), (303, picked), "back to the time that was picked");
    let cookie = jar.header();

    let held = post("/fn/hold", &cookie, &page, &[("slot", &slot)]).await;
    let appointment = to(&held);
    assert!(appointment.starts_with("/appointments/"), "{appointment}");
    let double = post("/fn/hold", &cookie, &page, &[("slot", &slot)]).await;
    assert_eq!(to(&double), appointment, "a double click");
    let id = appointment.rsplit('/').next().expect("an id").to_owned();

    let (status, body) = get(&base, &appointment, Some(&cookie)).await;
    assert_eq!(status, 200);
    let held = pattern!("countdown-held", time);
    assert!(body.contains(around(&held).0), "the hold is explained");
    let wrong =
        post("/fn/confirm", &cookie, &appointment, &[("id", &id), ("code", "00000000")]).await;
    let (status, body) = get(&base, &to(&wrong).replace(&base, ""), Some(&cookie)).await;
    assert_eq!(status, 422, "{body}");

    let code = clinic.code_sent_to("asha@example.org").await;
    let confirmed =
        post("/fn/confirm", &cookie, &appointment, &[("id", &id), ("code", &code)]).await;
    assert!(to(&confirmed).starts_with(&appointment), "{}", to(&confirmed));
    assert!(!to(&confirmed).contains("__err="));
    let (_, list) = get(&base, "/appointments", Some(&cookie)).await;
    assert!(list.contains(&id), "it is among my appointments");

    let out = post("/fn/sign_out", &cookie, "/", &[]).await;
    assert_eq!(out.status(), 302);
    let (status, _) = get(&base, &appointment, Some(&cookie)).await;
    assert!(status == 302 || status == 303, "signed out: {status}");
    assert_eq!(clinic.count("select count(*) from sessions").await, 0);
}

/// The sign-in page leads on whoever is signed in: to the page they wanted, or to where their role belongs.
#[tokio::test]
async fn signing_in_leads_each_role_to_its_place() {
    let mut clinic = Clinic::open().await;
    let (new, booked) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    clinic.book(&booked, clinic.free(clinic.doctor).await[0]).await;
    let doctor = clinic.doctor_account().await;
    sqlx::query("update doctors set account_id = $1 where id = $2")
        .bind(doctor.account.0)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("linked");
    let (new, booked) = (clinic.cookie(&new).await, clinic.cookie(&booked).await);
    let doctor = clinic.cookie(&doctor).await;
    let administrator = administrator_cookie(&clinic).await;
    let place = async |base: &str, address: &str, cookie: &str| {
        let request = browser().get(format!("{base}{address}")).header("accept", "text/html");
        let answer = request.header(COOKIE, cookie).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{address}");
        answer.headers()[LOCATION].to_str().expect("an address").replace(base, "")
    };
    let base = clinic.serve().await;
    for (cookie, there) in [
        (&new, "/"),
        (&booked, "/appointments"),
        (&doctor, "/calendar"),
        (&administrator, "/admin"),
    ] {
        for address in ["/sign-in", "/register", "/sign-in?next=/", "/sign-in?next=//evil.example"]
        {
            assert_eq!(place(&base, address, cookie).await, there, "{address}");
        }
        let wanted = "/sign-in?next=%2Fpeople%3Fnext%3D%252Fdoctors&signed_in=yes";
        assert_eq!(place(&base, wanted, cookie).await, "/people?next=%2Fdoctors");
    }

    clinic.app_state.settings.staff_second_factor = StaffSecondFactor::Required;
    let base = clinic.serve().await;
    for cookie in [&doctor, &administrator] {
        assert_eq!(place(&base, "/sign-in", cookie).await, "/account/security");
        let wanted = place(&base, "/sign-in?next=%2Fcalendar", cookie).await;
        assert_eq!(wanted, "/account/security?next=%2Fcalendar");
        let own = "/sign-in?next=%2Faccount%2Fpassword";
        assert_eq!(place(&base, own, cookie).await, "/account/password");
    }
    assert_eq!(place(&base, "/sign-in", &booked).await, "/appointments", "patients need none");
    // Whoever has one signs in again, with it.
    sqlx::query(
        "insert into authenticators (account_id, secret, confirmed_at, created_at)
         select id, '\\x00', now(), now() from accounts",
    )
    .execute(&clinic.pool)
    .await
    .expect("authenticators");
    for cookie in [&doctor, &administrator] {
        let wanted = place(&base, "/sign-in?next=%2Fcalendar", cookie).await;
        assert_eq!(wanted, "/sign-in/again?next=%2Fcalendar");
        assert_eq!(get(&base, &wanted, Some(cookie)).await.0, 200, "it leads nowhere in a circle");
    }
}

/// Who is signed in proves again who they are; the account in whose name it is done never changes by that.
#[tokio::test]
async fn proving_again_is_for_the_account_that_is_signed_in() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = Newcomer { name: "Asha", email: "asha@example.org", password: PASSWORD };
    let (mut jar, _) = clinic.register_by_form(&base, asha, "/").await;
    let ravi =
        Newcomer { name: "Ravi", email: "ravi@example.org", password: "ravi likes blue leaves" };
    clinic.register_by_form(&base, ravi, "/").await;
    let again = "/sign-in/again?next=%2Faccount%2Fpassword";
    let (status, to, _) = jar.open(&base, again).await;
    assert_eq!((status, to.as_str()), (303, "/account/password"), "they have just signed in");

    clinic.clock.step(chrono::Duration::minutes(11));
    let (_, to, _) = jar.open(&base, "/account/password").await;
    assert_eq!(to, again);
    let (status, _, page) = jar.open(&base, again).await;
    assert!(status == 200 && page.contains("asha@example.org"), "{page}");
    let form = ("/fn/prove_with_password", again);
    let next = "/account/password";
    // Another account's password proves nothing, also with that account's address in the form.
    let fields = [("email", ravi.email), ("password", ravi.password), ("next", next)];
    let to = jar.submit(&base, form, &fields).await;
    let (status, _, page) = jar.open(&base, &to).await;
    assert!(status == 422 && page.contains(&text!("field-password-wrong")), "{page}");
    assert_eq!(jar.open(&base, "/account/password").await.1, again);

    let to = jar.submit(&base, form, &[("password", asha.password), ("next", next)]).await;
    assert_eq!(jar.open(&base, &to).await.1, "/account/password");
    assert_eq!(jar.open(&base, "/account/password").await.0, 200);

    clinic.clock.step(chrono::Duration::minutes(11));
    let to = jar.submit(&base, ("/fn/prove_with_code", again), &[("next", next)]).await;
    assert!(to.starts_with("/sign-in/code?next="), "{to}");
    let code = clinic.mailed_code(asha.email).await;
    let fields = [("code", code.as_str()), ("next", next)];
    let to = jar.submit(&base, ("/fn/check_code", &to), &fields).await;
    assert_eq!(jar.open(&base, &to).await.1, "/account/password", "with a code");
    assert_eq!(jar.open(&base, "/account/password").await.0, 200);
    let sessions = "select count(*) from sessions s join accounts a on a.id = s.account_id
                    where a.email = 'asha@example.org'";
    assert_eq!(clinic.count(sessions).await, 1, "each proof takes the place of the session before");

    let mut stranger = CookieJar::default();
    for action in ["/fn/prove_with_password", "/fn/prove_with_code"] {
        let fields = [("password", asha.password), ("next", next)];
        let to = stranger.submit(&base, (action, "/sign-in/again"), &fields).await;
        assert_eq!(to, "/sign-in?next=%2Faccount%2Fpassword", "{action}");
    }
}

/// A code counts only in the browser that has asked for it.
#[tokio::test]
async fn a_code_signs_in_only_the_browser_that_asked_for_it() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let mut asked = CookieJar::default();
    let form = ("/fn/send_sign_in_code", "/sign-in");
    let to = asked.submit(&base, form, &[("email", "asha@example.org")]).await;
    assert_eq!(to, "/sign-in/code");
    let code = clinic.mailed_code("asha@example.org").await;
    let fields = [("code", code.as_str()), ("next", "/people")];
    let mut stranger = CookieJar::default();
    let check = ("/fn/check_code", "/sign-in/code");
    let refused = stranger.submit(&base, check, &fields).await;
    assert!(refused.contains("__err="), "{refused}");
    let (status, _, page) = stranger.open(&base, &refused).await;
    assert!(status == 422 && page.contains(&text!("sign-in-code-gone-title")), "{page}");
    assert!(!stranger.has("nadi_session") && !page.contains("asha@example.org"));

    let before = asked.clone();
    let to = asked.submit(&base, check, &fields).await;
    assert_eq!(asked.open(&base, &to).await.1, "/people");
    // The same answer a second time signs nobody in.
    let mut replayed = before;
    let refused = replayed.submit(&base, check, &fields).await;
    assert!(refused.contains("__err=") && !replayed.has("nadi_session"), "{refused}");
    // But whoever is signed in by the first one, as after a double click, is led on.
    assert_eq!(asked.open(&base, "/sign-in/code?next=%2Fpeople").await.1, "/people");
}

#[tokio::test]
async fn cross_origin_and_oversized_forms_are_refused() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let cookie = clinic.cookie(&asha).await;
    let slot = clinic.free(clinic.doctor).await[0].to_string();
    let foreign = browser()
        .post(format!("{base}/fn/hold"))
        .header(COOKIE, &cookie)
        .header("origin", "https://evil.example")
        .form(&[("slot", &slot)])
        .send()
        .await
        .expect("an answer");
    assert_eq!(foreign.status(), 403);
    let large = browser()
        .post(format!("{base}/fn/hold"))
        .header(COOKIE, &cookie)
        .form(&[("slot", "x".repeat(70_000))])
        .send()
        .await
        .expect("an answer");
    assert_eq!(large.status(), 413);
    let (status, _) = get(&base, &format!("/fn/hold?slot={slot}"), Some(&cookie)).await;
    assert!(status == 404 || status == 405 || status == 400, "GET changes nothing: {status}");
    for body in ["", "slot=", "slot=abc", "slot=1&slot=2", "%%%", "slot[]=1", "{\"slot\":1}"] {
        let answer = browser()
            .post(format!("{base}/fn/hold"))
            .header(COOKIE, &cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().as_u16() < 500, "{body:?}: {}", answer.status());
    }
    assert_eq!(clinic.count("select count(*) from seats").await, 0);
}

/// An instance stays ready while requests use every connection and while a job is overdue.
#[tokio::test]
async fn readiness_needs_no_free_connection_and_reports_jobs() {
    let clinic = Clinic::open().await;
    let stop = CancellationToken::new();
    let app_state = &clinic.app_state;
    let supervisor = Supervisor::new(app_state.jobs.clone(), app_state.clock.clone(), stop.clone());
    let soon = std::time::Duration::from_millis(20);
    for (name, works) in [("working", true), ("failing", false)] {
        let job = Job { name, every: soon, overdue_after: soon * 5 };
        supervisor.start(job, std::future::pending, move || async move {
            anyhow::ensure!(works, "the mail server of asha@example.org is away");
            Ok(Next::Scheduled)
        });
    }
    let is_overdue = async || app_state.jobs.all()["failing"].overdue;
    time::until("a job is overdue", is_overdue).await;
    let base = clinic.serve().await;
    let mut taken = Vec::new();
    for _ in 0..clinic.pool.options().get_max_connections() {
        taken.push(clinic.pool.acquire().await.expect("a connection"));
    }
    assert_eq!(get(&base, "/readyz", None).await.0, 200);
    let operations = clinic.serve_operations().await;
    let (status, body) = get(&operations, "/readyz", None).await;
    assert_eq!(status, 200, "{body}");
    assert!(!body.contains("asha"), "failures are not told: {body}");
    let body: serde_json::Value = body.parse().expect("JSON");
    assert_eq!(body["ready"], true);
    assert_eq!(body["jobs"]["failing"]["overdue"], true);
    assert_eq!(body["jobs"]["failing"]["last_success"], serde_json::Value::Null);
    assert_eq!(body["jobs"]["working"]["last_success"], "2026-11-23T03:30:00Z");
    let (_, metrics) = get(&operations, "/metrics", None).await;
    for line in [
        "nadi_job_last_success_timestamp_seconds{job=\"working\"} 1795404600\n",
        "nadi_job_failures_total{job=\"working\"} 0\n",
        "nadi_job_overdue{job=\"failing\"} 1\n",
        "nadi_cache_requests_total{",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    stop.cancel();
    supervisor.finish(std::time::Duration::from_secs(5)).await;
}

/// The database goes away and comes back: pages answer 503 and recover without a restart.
#[tokio::test]
async fn pages_answer_503_without_the_database_and_recover() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let cookie = clinic.cookie(&asha).await;
    let base = clinic.serve().await;
    assert_eq!(get(&base, "/appointments", Some(&cookie)).await.0, 200);

    let name = clinic.database_name();
    let options = (*clinic.pool.connect_options()).clone().database("postgres");
    let outside =
        sqlx::postgres::PgPoolOptions::new().connect_with(options).await.expect("connected");
    let allow = async |yes: bool| {
        let sql = format!("alter database \"{name}\" allow_connections {yes}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&outside).await.expect("altered");
    };
    allow(false).await;
    sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1")
        .bind(name.as_str())
        .execute(&outside)
        .await
        .expect("cut off");

    for (path, cookie) in
        [("/doctors", None), ("/appointments", Some(cookie.as_str())), ("/readyz", None)]
    {
        let (status, body) = get(&base, path, cookie).await;
        assert_eq!(status, 503, "{path}: {body}");
    }
    assert_eq!(get(&base, "/healthz", None).await.0, 200, "the process itself is well");

    allow(true).await;
    let is_back = async || get(&base, "/appointments", Some(&cookie)).await.0 == 200;
    time::until("the site answers again", is_back).await;
    outside.close().await;
}

/// The cookie that shifts the clock for one browser works in development mode only.
#[tokio::test]
async fn the_clock_cookie_is_ignored_in_production() {
    let mut clinic = Clinic::open().await;
    let (asha, account) = (clinic.patient("Asha").await, clinic.doctor_account().await);
    sqlx::query("update doctors set account_id = $1 where id = $2")
        .bind(account.account.0)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("linked");
    // It is nine, and the visit is at ten.
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let cookie = format!("{}; nadi_ahead_seconds=3600", clinic.cookie(&account).await);
    for (mode, state) in [(Mode::Production, "confirmed"), (Mode::Development, "completed")] {
        clinic.config.mode = mode;
        clinic.config.allowed_hosts = vec!["127.0.0.1".into()];
        let base = clinic.serve().await;
        let request = browser().post(format!("{base}/fn/complete")).header(COOKIE, &cookie);
        let form = [("id", id.to_string()), ("version", "2".to_owned())];
        request.form(&form).send().await.expect("an answer");
        assert_eq!(clinic.state(id).await, state, "{mode:?}");
    }
}
