//! Sessions, tokens and keys: what signs somebody in, how long, and what ends it.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use nadi::Failure;
use nadi::actor::{Access, Caller, Scope, SignedIn};
use nadi::appointment::Refusal;
use nadi::ports::{API_KEYS_MAX, ApiKeyView, KnownAccount, NewApiKey};
use reqwest::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::accounts::PlatformRole;
use server::accounts::sessions::{self, SessionSecret};
use server::clock::Clock;
use server::config::StaffSecondFactor;
use server::ports;
use server::state::AppState;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::cache::beside;
use crate::support::redis::Redis;
use crate::support::registration::CookieJar;
use crate::support::sign_ins::{PASSWORD, email};
use crate::support::time::until;
use crate::support::{Clinic, browser};

/// What a request shows to say who sends it.
#[derive(Clone, Copy)]
enum Shows<'a> {
    Nothing,
    Cookie(&'a str),
    Bearer(&'a str),
}

async fn send(
    base: &str,
    method: Method,
    path: &str,
    who: Shows<'_>,
    body: Option<Value>,
) -> Response {
    let mut request = browser().request(method, format!("{base}/api/v1{path}"));
    request = match who {
        Shows::Nothing => request,
        Shows::Cookie(cookie) => request.header(COOKIE, cookie),
        Shows::Bearer(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
    };
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.expect("an answer")
}

/// The status, and the name of the problem if there is one.
async fn outcome(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    let kind = body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
    (status, kind.unwrap_or_default().to_owned())
}

/// The outcome of a request that only somebody who is signed in may send.
async fn asks(base: &str, who: Shows<'_>) -> (u16, String) {
    outcome(send(base, Method::GET, "/people", who, None).await).await
}

async fn is_signed_in(base: &str, who: Shows<'_>) -> bool {
    match asks(base, who).await {
        (200, _) => true,
        (401, _) => false,
        other => panic!("{other:?}"),
    }
}

async fn post(base: &str, path: &str, who: Shows<'_>, body: Value) -> (u16, Value) {
    let answer = send(base, Method::POST, path, who, Some(body)).await;
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn refresh(base: &str, token: &str) -> (u16, Value) {
    post(base, "/auth/refresh", Shows::Nothing, json!({ "refresh_token": token })).await
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_else(|| panic!("{name} in {body}")).to_owned()
}

fn kind_of(body: &Value) -> &str {
    body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")).unwrap_or_default()
}

/// The caller, who has just proved who they are.
fn proved(clinic: &Clinic, who: &SignedIn) -> Caller {
    let now = clinic.clock.now();
    let access = Access { proved_at: Some(now), ..who.access.clone() };
    clinic.caller(&SignedIn { access, ..who.clone() })
}

async fn new_key(clinic: &Clinic, who: &SignedIn, scope: Scope, until: Option<&str>) -> String {
    let until = until.map(|day| day.parse::<NaiveDate>().expect("a date"));
    let new = NewApiKey { name: "A program".into(), scope, until };
    let made = clinic.ports.api_keys.create_api_key(&proved(clinic, who), &new).await;
    made.expect("a key")
}

async fn make_administrator(clinic: &Clinic, who: &SignedIn) {
    clinic.prove_address(who).await;
    sqlx::query("update accounts set administers_everything = true where id = $1")
        .bind(who.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an administrator");
}

async fn add_authenticator(clinic: &Clinic, who: &SignedIn) {
    sqlx::query(
        "insert into authenticators (account_id, secret, confirmed_at, created_at)
         values ($1, '\\x00', $2, $2)",
    )
    .bind(who.account.0)
    .bind(clinic.clock.now())
    .execute(&clinic.pool)
    .await
    .expect("an authenticator");
}

/// The same clinic with other settings.
fn configured(clinic: Clinic, change: impl FnOnce(&mut server::config::Config)) -> Clinic {
    let mut config = clinic.config.clone();
    change(&mut config);
    let clock = std::sync::Arc::new(clinic.clock.clone());
    let (write, read) = (clinic.pool.clone(), clinic.pool.clone());
    let app_state = AppState::on(write, read, &config, clock).expect("an app_state");
    let ports = ports::ports(&app_state, None);
    Clinic { app_state, ports, config, ..clinic }
}

// What signs in ------------------------------------------------------------------------------------

/// Before, an entry in Redis was enough: whoever could write there was anybody.
#[tokio::test]
async fn an_entry_in_redis_signs_nobody_in() {
    let redis = Redis::start();
    let clinic = beside(&Clinic::open().await, Some(&redis));
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let cookie = clinic.cookie(&asha).await;
    let real = SessionSecret::parse(cookie.trim_start_matches("nadi_session=")).expect("a secret");
    let invented = SessionSecret::random();
    let entry = json!({
        "data": { "account": asha.account.0 },
        "expires_at": (clinic.clock.now() + Duration::days(1)).timestamp(),
    });
    for secret in [&real, &invented] {
        let name: String = secret.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        redis.overwrite(&format!("nadi:session:{name}"), entry.to_string().as_bytes()).await;
    }
    let planted = format!("nadi_session={}", invented.expose());
    assert!(!is_signed_in(&base, Shows::Cookie(&planted)).await, "there is no such row");
    assert!(is_signed_in(&base, Shows::Cookie(&cookie)).await);
    sqlx::query("delete from sessions").execute(&clinic.pool).await.expect("ended");
    assert!(!is_signed_in(&base, Shows::Cookie(&cookie)).await, "at once, whatever Redis has");
}

#[tokio::test]
async fn a_secret_counts_only_where_it_belongs() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let cookie = clinic.cookie(&asha).await;
    let session = cookie.trim_start_matches("nadi_session=");
    let issued = clinic.tokens(&asha).await;
    let (access, refresh_token) = (issued.access_token.as_str(), issued.refresh_token.as_str());
    let key = new_key(&clinic, &asha, Scope::Write, None).await;
    assert!(is_signed_in(&base, Shows::Cookie(&cookie)).await);
    for good in [access, key.as_str()] {
        assert!(is_signed_in(&base, Shows::Bearer(good)).await);
    }

    let waiting = SessionSecret::random();
    sessions::await_second_factor(
        &clinic.app_state,
        &waiting.digest(),
        &clinic.known(&asha).await,
        clinic.clock.now(),
    )
    .await
    .expect("half signed in");
    let altered = |good: &str| {
        let last = if good.ends_with('A') { "B" } else { "A" };
        format!("{}{last}", &good[..good.len() - 1])
    };
    let waiting = waiting.expose();
    let invented = SessionSecret::random().expose();
    for forged in ["", "x", access, refresh_token, &key, &waiting, &invented] {
        let cookie = format!("nadi_session={forged}");
        let answer = asks(&base, Shows::Cookie(&cookie)).await;
        assert_eq!(answer, (401, "sign-in-needed".into()), "{forged}");
    }
    let (other_access, other_key) = (altered(access), altered(&key));
    let swapped = access.replace("nadi_at_", "nadi_key_");
    let bearers = ["", "x", session, refresh_token, &other_access, &other_key, &swapped, "a.b.c"];
    for forged in bearers {
        let answer = asks(&base, Shows::Bearer(forged)).await;
        assert_eq!(answer, (401, "token-invalid".into()), "{forged}");
    }
    let (status, body) = refresh(&base, access).await;
    assert_eq!(
        (status, kind_of(&body)),
        (401, "token-invalid"),
        "an access token is not exchanged"
    );
    assert!(is_signed_in(&base, Shows::Bearer(access)).await, "and goes on");
}

#[tokio::test]
async fn nobody_signs_in_to_an_archived_account_or_to_a_visitor() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for change in ["archived_at = now()", "visitor = true"] {
        let who = clinic.patient(change).await;
        let (cookie, token) = (clinic.cookie(&who).await, clinic.token(&who).await);
        let key = new_key(&clinic, &who, Scope::Write, None).await;
        let shown = [Shows::Cookie(&cookie), Shows::Bearer(&token), Shows::Bearer(&key)];
        for shows in shown {
            assert!(is_signed_in(&base, shows).await, "{change}");
        }
        let sql = format!("update accounts set {change} where id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(who.account.0)
            .execute(&clinic.pool)
            .await
            .expect("changed");
        for shows in shown {
            assert!(!is_signed_in(&base, shows).await, "{change}");
        }
    }
}

/// The release before wrote only the first four columns, and tokens into the same table.
#[tokio::test]
async fn sessions_of_the_release_before_go_on_and_its_tokens_do_not() {
    let clinic = Clinic::open().await;
    // The columns that it does not write get the database's time.
    clinic.clock.set(Utc::now());
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let insert = async |bytes: [u8; 16], data: Value| {
        let id = Sha256::digest(i128::from_le_bytes(bytes).to_be_bytes());
        sqlx::query(
            "insert into sessions (id, account_id, data, expires_at) values ($1, $2, $3, $4)",
        )
        .bind(id.as_slice())
        .bind(asha.account.0)
        .bind(data)
        .bind(clinic.clock.now() + Duration::days(30))
        .execute(&clinic.pool)
        .await
        .expect("inserted");
    };
    insert([7; 16], json!({ "account": asha.account.0 })).await;
    insert([9; 16], json!({ "token_account": asha.account.0 })).await;
    // The bytes in Base64.
    let (page, token) =
        ("nadi_session=BwcHBwcHBwcHBwcHBwcHBw", "nadi_session=CQkJCQkJCQkJCQkJCQkJCQ");
    assert!(is_signed_in(&base, Shows::Cookie(page)).await);
    assert!(!is_signed_in(&base, Shows::Cookie(token)).await);
    // It asks for no second factor, so its sessions end with the first one that is confirmed.
    let own = clinic.cookie(&asha).await;
    add_authenticator(&clinic, &asha).await;
    assert!(!is_signed_in(&base, Shows::Cookie(page)).await);
    assert!(is_signed_in(&base, Shows::Cookie(&own)).await, "one of this release goes on");
    sqlx::query("update sessions set two_factors = true where version = 0")
        .execute(&clinic.pool)
        .await
        .expect("changed");
    assert!(is_signed_in(&base, Shows::Cookie(page)).await, "that has set it up");
    // And what this release writes is read by the one before.
    let read = "select count(*) from sessions
                where account_id is not null and data ->> 'account' = account_id::text";
    assert_eq!(clinic.count(read).await, 2);
}

// How long ----------------------------------------------------------------------------------------

async fn until_seen(clinic: &Clinic, at: DateTime<Utc>) {
    until("the use is written", async || {
        sqlx::query_scalar::<_, i64>("select count(*) from sessions where seen_at = $1")
            .bind(at)
            .fetch_one(&clinic.pool)
            .await
            .expect("a count")
            > 0
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_at_last_in_any_case() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let (used, unused) = (clinic.cookie(&asha).await, clinic.cookie(&asha).await);
    let start = clinic.clock.now();
    clinic.clock.step(Duration::minutes(59));
    assert!(is_signed_in(&base, Shows::Cookie(&used)).await);
    clinic.clock.set(start + Duration::days(29));
    assert!(is_signed_in(&base, Shows::Cookie(&used)).await);
    until_seen(&clinic, clinic.clock.now()).await;
    let written = "select count(*) from sessions where seen_at <> created_at";
    assert_eq!(clinic.count(written).await, 1, "only that of the one that was used");
    clinic.clock.set(start + Duration::days(30));
    assert!(!is_signed_in(&base, Shows::Cookie(&unused)).await, "thirty days without a use");
    for day in [58, 87, 116, 145, 174] {
        clinic.clock.set(start + Duration::days(day));
        assert!(is_signed_in(&base, Shows::Cookie(&used)).await, "day {day}");
        until_seen(&clinic, clinic.clock.now()).await;
    }
    clinic.clock.set(start + Duration::days(180) - Duration::seconds(1));
    assert!(is_signed_in(&base, Shows::Cookie(&used)).await);
    clinic.clock.set(start + Duration::days(180));
    assert!(!is_signed_in(&base, Shows::Cookie(&used)).await, "however often it was used");
}

#[tokio::test]
async fn a_session_of_staff_ends_sooner_even_if_it_began_before() {
    let clinic = Clinic::open().await;
    let boss = clinic.patient("Boss").await;
    let base = clinic.serve().await;
    let before = clinic.cookie(&boss).await;
    make_administrator(&clinic, &boss).await;
    let after = clinic.cookie(&boss).await;
    let start = clinic.clock.now();
    for cookie in [&before, &after] {
        clinic.clock.set(start + Duration::hours(12) - Duration::seconds(1));
        assert!(is_signed_in(&base, Shows::Cookie(cookie)).await);
    }
    // Both uses are written, and then both sessions last for another twelve hours.
    let both = async || {
        let written = "select count(*) from sessions where seen_at <> created_at";
        clinic.count(written).await == 2
    };
    until("the uses are written", both).await;
    let seen = clinic.clock.now();
    for cookie in [&before, &after] {
        clinic.clock.set(seen + Duration::hours(12) - Duration::seconds(1));
        assert!(is_signed_in(&base, Shows::Cookie(cookie)).await);
    }
    let fresh = clinic.cookie(&boss).await;
    clinic.clock.step(Duration::hours(12));
    assert!(!is_signed_in(&base, Shows::Cookie(&fresh)).await);
    let start = clinic.clock.now();
    let week = clinic.cookie(&boss).await;
    for hours in (11..168).step_by(11) {
        clinic.clock.set(start + Duration::hours(hours));
        assert!(is_signed_in(&base, Shows::Cookie(&week)).await, "hour {hours}");
        until_seen(&clinic, clinic.clock.now()).await;
    }
    clinic.clock.set(start + Duration::days(7));
    assert!(!is_signed_in(&base, Shows::Cookie(&week)).await, "a week is over");
}

/// Programs, too: what they read is the same.
#[tokio::test]
async fn a_program_of_staff_ends_sooner_even_if_it_began_before() {
    let clinic = Clinic::open().await;
    let boss = clinic.patient("Boss").await;
    let base = clinic.serve().await;
    let before = clinic.tokens(&boss).await;
    make_administrator(&clinic, &boss).await;
    let after = clinic.tokens(&boss).await;
    let start = clinic.clock.now();
    clinic.clock.set(start + Duration::hours(12));
    for program in [&before, &after] {
        assert_eq!(refresh(&base, &program.refresh_token).await.0, 401, "not used for too long");
    }
    let start = clinic.clock.now();
    let mut token = clinic.tokens(&boss).await.refresh_token;
    for hours in (11..168).step_by(11) {
        clinic.clock.set(start + Duration::hours(hours));
        let (status, body) = refresh(&base, &token).await;
        assert_eq!(status, 200, "hour {hours}");
        token = body["refresh_token"].as_str().expect("a token").to_owned();
    }
    clinic.clock.set(start + Duration::days(7));
    assert_eq!(refresh(&base, &token).await.0, 401, "a week is over");
}

#[tokio::test]
async fn what_has_expired_is_deleted() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    clinic.cookie(&asha).await;
    clinic.token(&asha).await;
    let now = clinic.clock.now();
    sqlx::query(
        "insert into address_proofs (id, secret_digest, purpose, email, locale, created_at, expires_at)
         values (gen_random_uuid(), '\\x01', 'sign_in', 'a@example.org', 'en', $1, $1)",
    )
    .bind(now)
    .execute(&clinic.pool)
    .await
    .expect("a proof");
    let rows = async || {
        (
            clinic.count("select count(*) from sessions").await,
            clinic.count("select count(*) from tokens").await,
            clinic.count("select count(*) from address_proofs").await,
        )
    };
    let tidy = async || sessions::tidy(&clinic.app_state).await.expect("tidied");
    tidy().await;
    assert_eq!(rows().await, (2, 2, 1));
    clinic.clock.set(now + Duration::minutes(15));
    tidy().await;
    assert_eq!(rows().await, (2, 1, 1), "the access token has expired");
    clinic.clock.set(now + Duration::days(1));
    tidy().await;
    assert_eq!(rows().await, (2, 1, 0));
    clinic.clock.set(now + Duration::days(30));
    tidy().await;
    assert_eq!(rows().await, (0, 0, 0));
}

// Tokens ------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_refresh_token_counts_once_and_a_copied_one_ends_the_session() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let first = clinic.tokens(&asha).await;
    let (status, second) = refresh(&base, &first.refresh_token).await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(
        (&second["token_type"], &second["expires_in"], &second["refresh_expires_in"]),
        (&json!("Bearer"), &json!(900), &json!(30 * 24 * 3600))
    );
    let access = text(&second, "access_token");
    for token in [&first.access_token, &access] {
        assert!(is_signed_in(&base, Shows::Bearer(token)).await, "requests on their way go on");
    }
    let (status, third) = refresh(&base, &text(&second, "refresh_token")).await;
    assert_eq!(status, 200, "{third}");

    // The first one again: somebody has a copy.
    let (status, body) = refresh(&base, &first.refresh_token).await;
    assert_eq!((status, kind_of(&body)), (401, "token-invalid"));
    for token in [first.access_token, access, text(&third, "access_token")] {
        assert!(!is_signed_in(&base, Shows::Bearer(&token)).await);
    }
    assert_eq!(refresh(&base, &text(&third, "refresh_token")).await.0, 401);
    assert_eq!(clinic.count("select count(*) from sessions").await, 0);
    assert_eq!(clinic.count("select count(*) from tokens").await, 0);
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins_and_the_session_ends() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let token = clinic.tokens(&asha).await.refresh_token;
    let (one, other) = tokio::join!(refresh(&base, &token), refresh(&base, &token));
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{one:?} {other:?}");
    assert_eq!(clinic.count("select count(*) from sessions").await, 0);
}

#[tokio::test]
async fn tokens_expire() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let start = clinic.clock.now();
    let issued = clinic.tokens(&asha).await;
    clinic.clock.set(start + Duration::minutes(15) - Duration::seconds(1));
    assert!(is_signed_in(&base, Shows::Bearer(&issued.access_token)).await);
    clinic.clock.step(Duration::seconds(1));
    assert!(!is_signed_in(&base, Shows::Bearer(&issued.access_token)).await);
    clinic.clock.set(start + Duration::days(30));
    assert_eq!(refresh(&base, &issued.refresh_token).await.0, 401);

    let start = clinic.clock.now();
    let mut token = clinic.tokens(&asha).await.refresh_token;
    let mut lasts = Vec::new();
    for day in [29, 58, 87, 116, 145, 174] {
        clinic.clock.set(start + Duration::days(day));
        let (status, body) = refresh(&base, &token).await;
        assert_eq!(status, 200, "day {day}: {body}");
        token = text(&body, "refresh_token");
        lasts.push(body["refresh_expires_in"].as_i64().expect("seconds") / 86_400);
    }
    assert_eq!(lasts, [30, 30, 30, 30, 30, 6], "never beyond 180 days");
    clinic.clock.set(start + Duration::days(180));
    assert_eq!(refresh(&base, &token).await.0, 401);
}

// Signing out -------------------------------------------------------------------------------------

#[tokio::test]
async fn another_device_is_signed_out_at_once() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let base = clinic.serve().await;
    let (here, there) = (clinic.cookie(&asha).await, clinic.cookie(&asha).await);
    let program = clinic.tokens(&asha).await;
    let list = async |who: Shows<'_>| -> Vec<Value> {
        let answer = send(&base, Method::GET, "/auth/sessions", who, None).await;
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.expect("JSON");
        body["items"].as_array().expect("a list").clone()
    };
    let listed = list(Shows::Cookie(&here)).await;
    let facts: Vec<_> = listed
        .iter()
        .map(|one| (one["is_program"].as_bool(), one["is_current"].as_bool()))
        .collect();
    assert_eq!(facts[0], (Some(false), Some(true)), "this one first: {listed:?}");
    assert_eq!(facts.iter().filter(|one| **one == (Some(true), Some(false))).count(), 1);
    assert_eq!(facts.len(), 3);
    let end = async |id: &Value, who: Shows<'_>| {
        let path = format!("/auth/sessions/{}", id.as_str().expect("an id"));
        send(&base, Method::DELETE, &path, who, None).await.status().as_u16()
    };
    let own = list(Shows::Cookie(&there)).await[0]["id"].clone();
    let stranger = clinic.cookie(&ravi).await;
    assert_eq!(end(&own, Shows::Cookie(&stranger)).await, 404, "not another account's");
    assert!(is_signed_in(&base, Shows::Cookie(&there)).await);
    assert_eq!(end(&own, Shows::Cookie(&here)).await, 204);
    assert!(!is_signed_in(&base, Shows::Cookie(&there)).await);
    assert_eq!(end(&own, Shows::Cookie(&here)).await, 404, "it is over already");

    let id = list(Shows::Bearer(&program.access_token)).await[0]["id"].clone();
    assert_eq!(end(&id, Shows::Cookie(&here)).await, 204);
    assert!(!is_signed_in(&base, Shows::Bearer(&program.access_token)).await);
    assert_eq!(refresh(&base, &program.refresh_token).await.0, 401, "its tokens have ended, too");
    assert!(is_signed_in(&base, Shows::Cookie(&here)).await);
}

/// Before, this answered 204 to a cookie, and the session lived on.
#[tokio::test]
async fn logging_out_ends_the_session_of_a_cookie_and_of_a_token() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let (cookie, other) = (clinic.cookie(&asha).await, clinic.cookie(&asha).await);
    let logout = async |who: Shows<'_>| send(&base, Method::POST, "/auth/logout", who, None).await;
    let answer = logout(Shows::Cookie(&cookie)).await;
    assert_eq!(answer.status(), 204);
    let deleted = answer.headers()[SET_COOKIE].to_str().expect("a cookie");
    assert!(deleted.starts_with("nadi_session=;") && deleted.contains("Max-Age=0"), "{deleted}");
    assert!(!is_signed_in(&base, Shows::Cookie(&cookie)).await);
    assert_eq!(outcome(logout(Shows::Cookie(&cookie)).await).await, (401, "sign-in-needed".into()));

    let program = clinic.tokens(&asha).await;
    assert_eq!(logout(Shows::Bearer(&program.access_token)).await.status(), 204);
    assert!(!is_signed_in(&base, Shows::Bearer(&program.access_token)).await);
    assert_eq!(refresh(&base, &program.refresh_token).await.0, 401);

    let key = new_key(&clinic, &asha, Scope::Write, None).await;
    assert_eq!(outcome(logout(Shows::Bearer(&key)).await).await, (403, "not-allowed".into()));
    assert!(is_signed_in(&base, Shows::Bearer(&key)).await, "and says so");
    assert!(is_signed_in(&base, Shows::Cookie(&other)).await, "the other browser goes on");
}

// Personal keys -----------------------------------------------------------------------------------

#[tokio::test]
async fn a_key_that_may_only_read_changes_nothing() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let read = new_key(&clinic, &asha, Scope::Read, None).await;
    let write = new_key(&clinic, &asha, Scope::Write, None).await;
    assert!(is_signed_in(&base, Shows::Bearer(&read)).await);
    let kiran = json!({ "name": "Kiran" });
    let (status, body) = post(&base, "/people", Shows::Bearer(&read), kiran.clone()).await;
    assert_eq!((status, kind_of(&body)), (403, "scope-too-small"));
    for (method, path) in [(Method::POST, "/auth/logout"), (Method::DELETE, "/people/x")] {
        let answer = send(&base, method, path, Shows::Bearer(&read), None).await;
        assert_eq!(outcome(answer).await, (403, "scope-too-small".into()), "{path}");
    }
    let dependants = "select count(*) from people where relation = 'dependant'";
    assert_eq!(clinic.count(dependants).await, 0);
    assert_eq!(post(&base, "/people", Shows::Bearer(&write), kiran).await.0, 201);
    assert_eq!(clinic.count(dependants).await, 1);
}

#[tokio::test]
async fn a_key_ends_with_its_last_day_or_when_it_is_revoked() {
    let clinic = Clinic::open().await;
    let (asha, ravi) = (clinic.patient("Asha").await, clinic.patient("Ravi").await);
    let base = clinic.serve().await;
    let key = new_key(&clinic, &asha, Scope::Write, Some("2026-11-24")).await;
    let endless = new_key(&clinic, &asha, Scope::Write, None).await;
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
    clinic.clock.set(at("2026-11-24T23:59:59Z"));
    assert!(is_signed_in(&base, Shows::Bearer(&key)).await);
    clinic.clock.set(at("2026-11-25T00:00:00Z"));
    assert!(!is_signed_in(&base, Shows::Bearer(&key)).await);
    clinic.clock.step(Duration::days(300));
    assert!(is_signed_in(&base, Shows::Bearer(&endless)).await);

    let keys = &clinic.ports.api_keys;
    let listed = keys.api_keys(&clinic.caller(&asha)).await.expect("listed");
    assert_eq!(listed.len(), 2);
    let is_usual =
        |one: &&ApiKeyView| Some(one.ending.as_str()) == endless.get(endless.len() - 4..);
    let one = listed.iter().find(is_usual).expect("the one without a last day");
    assert_eq!((one.expires_at - one.created_at).num_days(), 365, "{one:?}");
    let revoke = async |who: &SignedIn| keys.revoke_api_key(&clinic.caller(who), one.id).await;
    assert_eq!(revoke(&ravi).await, Err(Failure::NotFound), "not another account's");
    assert!(is_signed_in(&base, Shows::Bearer(&endless)).await);
    assert_eq!(revoke(&asha).await, Ok(()));
    assert!(!is_signed_in(&base, Shows::Bearer(&endless)).await);
    assert_eq!(revoke(&asha).await, Err(Failure::NotFound));
    let changed = "select count(*) from events where type = 'account.sign_in_changed'";
    assert_eq!(clinic.count(changed).await, 3, "two were made and one revoked");
    let secret: i64 = sqlx::query_scalar("select count(*) from api_keys k where k::text like $1")
        .bind(format!("%{}%", &endless[9..]))
        .fetch_one(&clinic.pool)
        .await
        .expect("a count");
    assert_eq!(secret, 0, "the key is stored nowhere");
}

#[tokio::test]
async fn a_key_is_made_only_after_a_recent_proof_and_their_number_is_bounded() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let keys = &clinic.ports.api_keys;
    let new = |name: &str| NewApiKey { name: name.into(), scope: Scope::Read, until: None };
    let old = clinic.clock.now() - Duration::minutes(10) - Duration::seconds(1);
    for proved_at in [None, Some(old)] {
        let access = Access { proved_at, ..asha.access.clone() };
        let who = SignedIn { access, ..asha.clone() };
        let answer = keys.create_api_key(&clinic.caller(&who), &new("x")).await;
        assert_eq!(answer, Err(Failure::ProveAgain), "{proved_at:?}");
    }
    let who = proved(&clinic, &asha);
    for wrong in [
        new(" "),
        NewApiKey { until: Some("2026-11-22".parse().expect("a date")), ..new("too late") },
    ] {
        let answer = keys.create_api_key(&who, &wrong).await;
        assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");
    }
    assert_eq!(clinic.count("select count(*) from api_keys").await, 0);
    for n in 0..API_KEYS_MAX - 1 {
        keys.create_api_key(&who, &new(&format!("Key {n}"))).await.expect("a key");
    }
    // Two at once, and room for one.
    let (one, other) = (new("One"), new("Other"));
    let (one, other) =
        tokio::join!(keys.create_api_key(&who, &one), keys.create_api_key(&who, &other));
    let refused = [&one, &other].into_iter().filter(|answer| answer.is_err()).count();
    assert_eq!(refused, 1, "{one:?} {other:?}");
    assert_eq!(one.clone().err().or(other.clone().err()), Some(Refusal::TooManyApiKeys.into()));

    // Its use is written once an hour.
    let key = one.or(other).expect("one of them");
    let uses = async || -> Option<DateTime<Utc>> {
        sqlx::query_scalar("select max(last_used_at) from api_keys")
            .fetch_one(&clinic.pool)
            .await
            .expect("a time")
    };
    let first = clinic.clock.now();
    assert!(is_signed_in(&base, Shows::Bearer(&key)).await);
    until("the use is written", async || uses().await == Some(first)).await;
    clinic.clock.step(Duration::minutes(59));
    assert!(is_signed_in(&base, Shows::Bearer(&key)).await);
    clinic.clock.step(Duration::minutes(1));
    assert!(is_signed_in(&base, Shows::Bearer(&key)).await);
    let second = first + Duration::hours(1);
    until("the next one is written", async || uses().await == Some(second)).await;
}

// Second factors ----------------------------------------------------------------------------------

#[tokio::test]
async fn staff_without_a_second_factor_are_patients_where_one_is_required() {
    let clinic = Clinic::open().await;
    let boss = clinic.patient("Boss").await;
    make_administrator(&clinic, &boss).await;
    let clinic =
        configured(clinic, |config| config.staff_second_factor = StaffSecondFactor::Required);
    let base = clinic.serve().await;
    let (cookie, token) = (clinic.cookie(&boss).await, clinic.token(&boss).await);
    let key = new_key(&clinic, &boss, Scope::Write, None).await;
    let shown = [Shows::Cookie(&cookie), Shows::Bearer(&token), Shows::Bearer(&key)];
    let path = format!("/doctors/{}/appointments?date=2026-11-23", clinic.doctor);
    let administers = async |who: Shows<'_>| match send(&base, Method::GET, &path, who, None)
        .await
        .status()
        .as_u16()
    {
        200 => true,
        404 => false,
        other => panic!("{other}"),
    };
    for who in shown {
        assert!(is_signed_in(&base, who).await, "as a patient");
        assert!(!administers(who).await);
    }
    add_authenticator(&clinic, &boss).await;
    for who in shown {
        assert!(is_signed_in(&base, who).await, "still as a patient");
        assert!(!administers(who).await, "it was made with one factor");
    }
    let both = KnownAccount { two_factors: true, ..clinic.known(&boss).await };
    let (page, program) = (clinic.cookie_of(&both).await, clinic.tokens_of(&both).await);
    let access = Access { two_factors: true, ..boss.access.clone() };
    let key = new_key(&clinic, &SignedIn { access, ..boss.clone() }, Scope::Write, None).await;
    let token = Shows::Bearer(&program.access_token);
    for who in [Shows::Cookie(&page), token, Shows::Bearer(&key)] {
        assert!(administers(who).await);
    }
    let (_, next) = refresh(&base, &program.refresh_token).await;
    assert!(administers(Shows::Bearer(&text(&next, "access_token"))).await, "as its session");
    sqlx::query("delete from authenticators").execute(&clinic.pool).await.expect("removed");
    assert!(!administers(Shows::Cookie(&page)).await);
    let optional =
        configured(clinic, |config| config.staff_second_factor = StaffSecondFactor::Optional);
    let base = optional.serve().await;
    let answer = send(&base, Method::GET, &path, Shows::Cookie(&cookie), None).await;
    assert_eq!(answer.status(), 200, "where none is required");
}

/// Somebody else may have typed the address, in a release that did not ask for a proof.
#[tokio::test]
async fn no_role_counts_while_the_address_is_not_proven() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let boss = clinic.patient("Boss").await;
    make_administrator(&clinic, &boss).await;
    let cookie = clinic.cookie(&boss).await;
    let path = format!("/doctors/{}/appointments?date=2026-11-23", clinic.doctor);
    let asks = async || {
        send(&base, Method::GET, &path, Shows::Cookie(&cookie), None).await.status().as_u16()
    };
    assert_eq!(asks().await, 200);
    sqlx::query("update accounts set email_verified_at = null")
        .execute(&clinic.pool)
        .await
        .expect("changed");
    assert_eq!(asks().await, 404);
    assert!(is_signed_in(&base, Shows::Cookie(&cookie)).await, "as a patient");
}

/// A wrong or missing second factor does not use up the code that was mailed.
#[tokio::test]
async fn a_program_signs_in_with_a_mailed_code_and_a_second_factor() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    let base = clinic.serve().await;
    let caller = proved(&clinic, &asha);
    let factors = &clinic.ports.second_factors;
    let setup = factors.set_up_authenticator(&caller).await.expect("begun");
    let secret = setup.secret.replace(' ', "");
    let totp_at = |now: DateTime<Utc>| {
        let secret = totp_rs::Secret::try_from_base32(&secret).expect("a secret");
        let totp = totp_rs::Builder::new().with_secret(secret).build().expect("an authenticator");
        totp.generate(u64::try_from(now.timestamp()).expect("after 1970")).to_string()
    };
    factors.confirm_authenticator(&caller, &totp_at(clinic.clock.now())).await.expect("set up");
    clinic.clock.step(Duration::minutes(2));
    // The message about it leaves before the code.
    clinic.dispatcher().run_once().await.expect("relayed");

    let (status, sent) =
        post(&base, "/auth/codes", Shows::Nothing, json!({ "email": "asha@example.org" })).await;
    assert_eq!((status, &sent["expires_in"]), (202, &json!(600)));
    let code = clinic.mailed_code("asha@example.org").await;
    let proof_token = text(&sent, "proof_token");
    let verify = async |code: &str, second_factor: Option<&str>| {
        let mut body = json!({ "proof_token": proof_token, "code": code });
        if let Some(second_factor) = second_factor {
            body["second_factor"] = json!(second_factor);
        }
        post(&base, "/auth/verify", Shows::Nothing, body).await
    };
    let right = totp_at(clinic.clock.now());
    let wrong = if right == "000000" { "111111" } else { "000000" };
    let wrong_code = if code.as_str() == "00000000" { "11111111" } else { "00000000" };
    let (status, body) = verify(wrong_code, Some(&right)).await;
    assert_eq!((status, kind_of(&body)), (422, "wrong-code"));
    for _ in 0..2 {
        let (status, body) = verify(code.as_str(), None).await;
        assert_eq!((status, kind_of(&body)), (401, "second-factor-needed"));
    }
    let (status, body) = verify(code.as_str(), Some(wrong)).await;
    assert_eq!((status, kind_of(&body)), (401, "wrong-second-factor"));
    assert_eq!(clinic.count("select count(*) from sessions where kind = 'api'").await, 0);
    let (status, body) = verify(code.as_str(), Some(&right)).await;
    assert_eq!(status, 200, "{body}");
    assert!(is_signed_in(&base, Shows::Bearer(&text(&body, "access_token"))).await);
    clinic.clock.step(Duration::seconds(60));
    let again = totp_at(clinic.clock.now());
    let (status, body) = verify(code.as_str(), Some(&again)).await;
    assert_eq!((status, kind_of(&body)), (422, "code-expired"), "the code counted once");

    let login = async |second_factor: Option<&str>| {
        let mut body = json!({ "email": "asha@example.org", "password": PASSWORD });
        if let Some(second_factor) = second_factor {
            body["second_factor"] = json!(second_factor);
        }
        post(&base, "/auth/login", Shows::Nothing, body).await
    };
    let (status, body) = login(None).await;
    assert_eq!((status, kind_of(&body)), (401, "second-factor-needed"));
    let (status, body) = login(Some(wrong)).await;
    assert_eq!((status, kind_of(&body)), (401, "wrong-second-factor"));
    assert_eq!(login(Some(&again)).await.0, 200);
}

// Cookies -----------------------------------------------------------------------------------------

#[tokio::test]
async fn with_https_the_cookie_belongs_to_this_host_alone() {
    let clinic = configured(Clinic::open().await, |config| {
        config.public_url = "https://nadi.example".parse().expect("an address");
    });
    let asha = clinic.known_patient("Asha").await;
    let base = clinic.serve().await;
    let mut jar = CookieJar::default();
    let fields = [("email", "asha@example.org"), ("password", PASSWORD)];
    let signed_in = browser()
        .post(format!("{base}/fn/sign_in"))
        .header("accept", "text/html")
        .header("origin", &base)
        .header("referer", format!("{base}/sign-in"))
        .form(&fields)
        .send()
        .await
        .expect("an answer");
    let lines = signed_in.headers().get_all(SET_COOKIE).iter();
    let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
    let line = lines.iter().find(|line| line.starts_with("__Host-nadi_session="));
    let line = line.unwrap_or_else(|| panic!("{lines:?}"));
    for attribute in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(line.contains(attribute), "{line}");
    }
    assert!(!line.contains("Domain"), "{line}");
    jar.take(&signed_in);
    assert!(is_signed_in(&base, Shows::Cookie(&jar.header())).await);
    // Any host of the domain can set the name of the release before: it counts for the sessions of that release only.
    let old = clinic.cookie(&asha).await;
    assert!(!is_signed_in(&base, Shows::Cookie(&old)).await);
    let both = format!("{old}; {}", jar.header());
    assert!(is_signed_in(&base, Shows::Cookie(&both)).await);
    sqlx::query("update sessions set version = 0").execute(&clinic.pool).await.expect("changed");
    assert!(is_signed_in(&base, Shows::Cookie(&old)).await);
    let answer = send(&base, Method::POST, "/auth/logout", Shows::Cookie(&old), None).await;
    assert_eq!(answer.status(), 204);
    assert!(!is_signed_in(&base, Shows::Cookie(&old)).await);
}

/// A browser that signs in again gets another secret, and the one it had ends.
#[tokio::test]
async fn signing_in_changes_the_secret_and_ends_the_old_session() {
    let clinic = Clinic::open().await;
    clinic.known_patient("Asha").await;
    let base = clinic.serve().await;
    let mut jar = CookieJar::default();
    let fields = [("email", "asha@example.org"), ("password", PASSWORD)];
    jar.submit(&base, ("/fn/sign_in", "/sign-in"), &fields).await;
    let first = jar.header();
    assert!(is_signed_in(&base, Shows::Cookie(&first)).await);
    jar.submit(&base, ("/fn/sign_in", "/sign-in"), &fields).await;
    let second = jar.header();
    assert_ne!(first, second);
    assert!(is_signed_in(&base, Shows::Cookie(&second)).await);
    assert!(!is_signed_in(&base, Shows::Cookie(&first)).await);
    assert_eq!(clinic.count("select count(*) from sessions").await, 1);
}

#[tokio::test]
async fn only_a_visitor_cookie_of_ours_holds_a_time() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = clinic.free(clinic.doctor).await[0].to_string();
    let page = "/doctors/asha-naik";
    let hold = async |jar: &mut CookieJar, key: &str| {
        jar.submit(&base, ("/fn/hold", page), &[("slot", &slot), ("key", key)]).await
    };
    let mut jar = CookieJar::default();
    let to = hold(&mut jar, "").await;
    assert!(to.starts_with("/book"), "{to}");
    assert!(!jar.has("nadi_visitor"));
    let (status, _, _) = jar.open(&base, &to).await;
    assert_eq!(status, 200);
    let cookie = jar.header();
    let value = cookie.split("nadi_visitor=").nth(1).and_then(|rest| rest.split(';').next());
    let value = value.unwrap_or_else(|| panic!("no visitor in {cookie}")).to_owned();
    let key = Uuid::new_v4().to_string();
    let end = if value.ends_with('A') { "B" } else { "A" };
    let start = if value.starts_with('A') { "B" } else { "A" };
    let forged = [
        format!("{}{end}", &value[..value.len() - 1]),
        format!("{start}{}", &value[1..]),
        String::new(),
        "A".repeat(48),
    ];
    let visitors = "select count(*) from accounts where visitor";
    for forged in forged {
        let answer = browser()
            .post(format!("{base}/fn/hold"))
            .header(COOKIE, format!("nadi_visitor={forged}"))
            .header("accept", "text/html")
            .header("origin", &base)
            .header("referer", format!("{base}{page}"))
            .form(&[("slot", slot.as_str()), ("key", key.as_str())])
            .send()
            .await
            .expect("an answer");
        let to = answer.headers()["location"].to_str().expect("an address").to_owned();
        assert!(to.contains("/book"), "{forged}: {to}");
        assert_eq!(clinic.count(visitors).await, 0, "{forged}");
    }
    let mut late = jar.clone();
    let to = hold(&mut jar, &key).await;
    assert!(to.starts_with("/appointments/"), "{to}");
    assert_eq!(clinic.count(visitors).await, 1);
    clinic.clock.step(Duration::hours(2) + Duration::seconds(1));
    let to = hold(&mut late, &Uuid::new_v4().to_string()).await;
    assert!(to.starts_with("/book"), "after two hours: {to}");
}

// Administrators ----------------------------------------------------------------------------------

#[tokio::test]
async fn an_administrator_is_made_of_the_account_that_has_proven_the_address() {
    let clinic = Clinic::open().await;
    let asha = clinic.known_patient("Asha").await;
    // Somebody typed this address and never proved it.
    let impostor = clinic.patient("Ravi").await;
    let create = async |address: &str| {
        let password =
            nadi::input::Password::parse("seven quiet brown stones").expect("a password");
        let (name, now) = ("The Boss", clinic.clock.now());
        server::accounts::give_platform_role(
            &clinic.app_state,
            PlatformRole::Administrator,
            name,
            &email(address),
            Some(&password),
            now,
        )
        .await
        .expect("an administrator")
    };
    assert_eq!(create("asha@example.org").await, asha.account);
    let visitor = clinic.visitor();
    let kept = clinic.ports.sign_in.check_password(&visitor, "asha@example.org", PASSWORD).await;
    assert!(kept.is_ok(), "she keeps her password");
    let made = create("ravi@example.org").await;
    assert_ne!(made, impostor.account);
    assert_eq!(create("ravi@example.org").await, made, "again is the same");
    let proven = "select count(*) from accounts
                  where administers_everything and email_verified_at is not null";
    assert_eq!(clinic.count(proven).await, 2);
    assert_eq!(clinic.count("select count(*) from accounts").await, 3);
}
