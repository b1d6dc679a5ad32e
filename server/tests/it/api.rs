//! The REST API over HTTP, as its clients use it.

use chrono::Duration;
use nadi::actor::SignedIn;
use nadi::ids::AppointmentId;
use nadi::ports::HoldRequest;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use server::events::live::Listener;

use crate::support::registration::Newcomer;
use crate::support::{Clinic, browser};

struct Client {
    base: String,
    http: reqwest::Client,
    token: Option<String>,
}

impl Client {
    async fn new(clinic: &Clinic, who: Option<&SignedIn>) -> Self {
        let token = match who {
            Some(who) => Some(clinic.token(who).await),
            None => None,
        };
        Self { base: clinic.serve().await, http: browser(), token }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.expect("an answer")).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: Value) -> (u16, Value) {
        let mut request = self.request(Method::POST, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        read(request.send().await.expect("an answer")).await
    }
}

/// The status and the JSON of an answer. Fails if an error is not a problem document.
async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    if status >= 400 {
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    let text = response.text().await.expect("a body");
    let json: Value = if text.is_empty() { Value::Null } else { text.parse().expect("JSON") };
    if status >= 400 {
        assert_eq!(json["status"], status);
        assert!(json["type"].as_str().is_some_and(|kind| kind.starts_with("/problems/")), "{json}");
        assert!(json["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{json}");
    }
    (status, json)
}

fn kind(answer: &(u16, Value)) -> (u16, &str) {
    let name = answer.1["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
    (answer.0, name.unwrap_or("no problem"))
}

fn code_of(clinic: &Clinic, id: &str, counter: i16) -> String {
    clinic.app_state.code_key.code(id.parse::<AppointmentId>().expect("an id"), counter)
}

#[tokio::test]
async fn a_program_registers_books_moves_and_cancels() {
    let clinic = Clinic::open().await;
    let mut client = Client::new(&clinic, None).await;
    let password = "calm green leaves";
    let asha = Newcomer { name: "Asha Rao", email: "asha@example.org", password };
    clinic.register_by_api(&client.base, asha, asha.email).await;
    let wrong = json!({"email": "asha@example.org", "password": "not this one"});
    assert_eq!(kind(&client.post("/auth/login", &[], wrong).await), (401, "wrong-credentials"));
    let right = json!({"email": "Asha@Example.org", "password": password});
    let (status, token) = client.post("/auth/login", &[], right).await;
    assert_eq!(
        (status, &token["token_type"], &token["expires_in"]),
        (200, &json!("Bearer"), &json!(900))
    );
    client.token = token["access_token"].as_str().map(str::to_owned);

    let (_, specialties) = client.get("/specialties").await;
    assert_eq!(specialties["items"][0]["slug"], "general-medicine");
    let (_, doctors) = client.get("/doctors?specialty=general-medicine&page_size=5").await;
    assert_eq!((&doctors["total"], &doctors["page_size"]), (&json!(1), &json!(5)));
    let doctor = doctors["items"][0]["id"].as_str().expect("an id").to_owned();
    let (_, by_slug) = client.get("/doctors/asha-naik").await;
    assert_eq!(by_slug["id"], doctor.as_str());
    let (_, slots) = client.get(&format!("/doctors/{doctor}/slots?date=2026-11-24")).await;
    assert_eq!(slots["items"].as_array().map(Vec::len), Some(9));
    let range = format!("/doctors/{doctor}/slots?from=2026-11-23T04:30:00Z&to=2026-11-25");
    assert_eq!(client.get(&range).await.1["items"].as_array().map(Vec::len), Some(18));
    let slot = |n: usize| slots["items"][n]["id"].clone();

    let held = client
        .request(Method::POST, "/appointments")
        .header("idempotency-key", "k1")
        .json(&json!({"slot_id": slot(0)}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(held.status(), 201);
    assert_eq!(held.headers()["etag"], "\"1\"");
    let location = held.headers()["location"].to_str().expect("an address").to_owned();
    let held: Value = held.json().await.expect("JSON");
    let id = held["id"].as_str().expect("an id").to_owned();
    assert_eq!(location, format!("/api/v1/appointments/{id}"));
    assert_eq!((&held["status"], &held["time_zone"]), (&json!("pending"), &json!("Asia/Kolkata")));
    let path = format!("/appointments/{id}");
    let (status, longer) = client.post(&format!("{path}/extend"), &[], Value::Null).await;
    assert_eq!(
        (status, &longer["extensions_left"], &longer["version"]),
        (200, &json!(2), &json!(2))
    );

    let code = code_of(&clinic, &id, 1);
    let wrong = if code == "00000000" { "11111111" } else { "00000000" };
    let refused = client.post(&format!("{path}/confirm"), &[], json!({"code": wrong})).await;
    assert_eq!((kind(&refused), &refused.1["tries_left"]), ((422, "wrong-code"), &json!(4)));
    let missing = client.post(&format!("{path}/confirm"), &[], Value::Null).await;
    assert_eq!(
        (kind(&missing), &missing.1["errors"][0]["field"]),
        ((422, "invalid"), &json!("code"))
    );
    let confirmed = client.post(&format!("{path}/confirm"), &[], json!({"code": code})).await;
    assert_eq!((confirmed.0, &confirmed.1["status"]), (200, &json!("confirmed")));

    let to = json!({"slot_id": slot(4)});
    let move_it = format!("{path}/reschedule");
    let blind = client.post(&move_it, &[("idempotency-key", "k2")], to.clone()).await;
    assert_eq!(kind(&blind), (428, "version-missing"));
    let once_less = client.post(&move_it, &[("if-match", "\"3\"")], to.clone()).await;
    assert_eq!(kind(&once_less), (400, "idempotency-key-missing"));
    let headers = [("if-match", "\"1\""), ("idempotency-key", "k3")];
    assert_eq!(kind(&client.post(&move_it, &headers, to.clone()).await), (412, "stale"));
    let headers = [("if-match", "\"3\""), ("idempotency-key", "k4")];
    let moved = client.post(&move_it, &headers, to.clone()).await;
    assert_eq!((moved.0, &moved.1["slot_id"], &moved.1["version"]), (200, &slot(4), &json!(4)));
    assert_eq!(client.post(&move_it, &headers, to).await, moved, "the first answer again");

    let (status, details) = client.get(&path).await;
    assert_eq!(
        (status, &details["person_name"], &details["doctor_name"]),
        (200, &json!("Asha Rao"), &json!("Dr asha-naik"))
    );
    assert_eq!(details["history"].as_array().map(Vec::len), Some(4));
    let unchanged = client.request(Method::GET, &path).header("if-none-match", "\"4\"");
    assert_eq!(unchanged.send().await.expect("an answer").status(), 304);
    let (_, mine) =
        client.get("/appointments?status=confirmed&from=2026-11-24&to=2026-11-25").await;
    assert_eq!((&mine["total"], &mine["items"][0]["id"]), (&json!(1), &json!(id)));
    let (_, none) = client.get("/appointments?status=cancelled").await;
    assert_eq!(none["total"], 0);

    let cancel = format!("{path}/cancel");
    assert_eq!(kind(&client.post(&cancel, &[], Value::Null).await), (428, "version-missing"));
    let (status, cancelled) = client.post(&cancel, &[("if-match", "\"4\"")], Value::Null).await;
    assert_eq!((status, &cancelled["status"]), (200, &json!("cancelled")));

    assert_eq!(client.post("/auth/logout", &[], Value::Null).await.0, 204);
}

#[tokio::test]
async fn a_token_is_checked_on_every_use() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let mut client = Client::new(&clinic, Some(&asha)).await;
    assert_eq!(client.get("/people").await.0, 200);
    let good = client.token.clone().expect("a token");

    let other = clinic.tokens(&asha).await.refresh_token;
    for forged in ["", "x", "a.b.c", &good[..good.len() - 2], &good.to_uppercase(), &other] {
        client.token = Some(forged.to_owned());
        let answer = client.get("/people").await;
        assert_eq!(kind(&answer), (401, "token-invalid"), "{forged}");
        assert_eq!(client.get("/specialties").await.0, 401, "nor where none is needed");
    }
    client.token = None;
    assert_eq!(kind(&client.get("/people").await), (401, "sign-in-needed"));

    client.token = Some(good.clone());
    clinic.clock.step(Duration::minutes(15) - Duration::seconds(1));
    assert_eq!(client.get("/people").await.0, 200);
    clinic.clock.step(Duration::seconds(1));
    assert_eq!(kind(&client.get("/people").await), (401, "token-invalid"), "it has expired");

    client.token = Some(clinic.token(&asha).await);
    assert_eq!(client.post("/auth/logout", &[], Value::Null).await.0, 204);
    assert_eq!(kind(&client.get("/people").await), (401, "token-invalid"), "signed out");

    // A session cookie of the pages works for the API too, but not from another origin.
    let cookie = clinic.cookie(&asha).await;
    client.token = None;
    let by_cookie = client.request(Method::GET, "/people").header("cookie", &cookie).send().await;
    assert_eq!(by_cookie.expect("an answer").status(), 200);
    let foreign = client
        .request(Method::POST, "/people")
        .header("cookie", &cookie)
        .header("origin", "https://evil.example")
        .json(&json!({"name": "Eve"}))
        .send()
        .await;
    assert_eq!(kind(&read(foreign.expect("an answer")).await), (403, "foreign-origin"));
}

#[tokio::test]
async fn a_doctor_checks_in_and_completes_over_the_api() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let id = clinic.book(&asha, free[0]).await;
    let account = clinic.doctor_account().await;
    sqlx::query("update doctors set account_id = $1 where id = $2")
        .bind(account.account.0)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("linked");
    let doctor = Client::new(&clinic, Some(&account)).await;
    let patient = Client::new(&clinic, Some(&asha)).await;
    let day = format!("/doctors/{}/appointments?date=2026-11-23", clinic.doctor);
    let (_, seen) = doctor.get(&day).await;
    assert_eq!((&seen["total"], &seen["items"][0]["person_name"]), (&json!(1), &json!("Asha")));
    assert_eq!(kind(&patient.get(&day).await), (404, "not-found"));

    let path = format!("/appointments/{id}");
    let not_hers = patient.post(&format!("{path}/check-in"), &[], Value::Null).await;
    assert_eq!(kind(&not_hers), (403, "not-yours"));
    let silent = doctor.post(&format!("{path}/cancel"), &[("if-match", "\"2\"")], json!({})).await;
    assert_eq!(
        (kind(&silent), &silent.1["errors"][0]["field"]),
        ((422, "invalid"), &json!("reason"))
    );
    let early = doctor.post(&format!("{path}/complete"), &[], Value::Null).await;
    assert_eq!(kind(&early), (409, "too-early"));
    let (_, here) = doctor.post(&format!("{path}/check-in"), &[], Value::Null).await;
    assert_eq!(here["status"], "checked_in");
    let early = doctor.post(&format!("{path}/complete"), &[], Value::Null).await;
    assert_eq!(kind(&early), (409, "too-early"), "also for somebody who is here");
    clinic.clock.step(Duration::hours(1));
    // Their tokens have expired.
    let doctor = Client::new(&clinic, Some(&account)).await;
    let patient = Client::new(&clinic, Some(&asha)).await;
    let (_, over) = doctor.post(&format!("{path}/complete"), &[], Value::Null).await;
    assert_eq!(over["status"], "completed");

    // Undoing must not be sent twice without an idempotency key.
    let undo = format!("{path}/reopen");
    let unseen = doctor.post(&undo, &[("idempotency-key", "u1")], Value::Null).await;
    assert_eq!(kind(&unseen), (428, "version-missing"));
    let keyless = doctor.post(&undo, &[("if-match", "\"4\"")], Value::Null).await;
    assert_eq!(kind(&keyless), (400, "idempotency-key-missing"));
    let once = [("if-match", "\"4\""), ("idempotency-key", "u1")];
    let (_, open) = doctor.post(&undo, &once, Value::Null).await;
    assert_eq!((&open["status"], &open["version"]), (&json!("checked_in"), &json!(5)));
    assert_eq!(doctor.post(&undo, &once, Value::Null).await.1, open, "the same answer");
    let stale = [("if-match", "\"4\""), ("idempotency-key", "u2")];
    assert_eq!(kind(&doctor.post(&undo, &stale, Value::Null).await), (412, "stale"));
    let (_, seen) = doctor.get(&path).await;
    assert_eq!(seen["history"][4]["event"], "appointment.reopened");
    assert_eq!(seen["history"][4]["undone"], "completed");
    let not_hers = [("if-match", "\"5\""), ("idempotency-key", "u3")];
    let answer = patient.post(&undo, &not_hers, Value::Null).await;
    assert_eq!(kind(&answer), (403, "not-yours"));
}

#[tokio::test]
async fn a_dependant_is_added_booked_for_and_protected() {
    let clinic = Clinic::open().await;
    let client = Client::new(&clinic, Some(&clinic.patient("Asha").await)).await;
    let bad = client.post("/people", &[], json!({"name": "Kiran", "birth_date": "soon"})).await;
    assert_eq!(
        (kind(&bad), &bad.1["errors"][0]["field"]),
        ((422, "invalid"), &json!("birth_date"))
    );
    let new = json!({"name": "Kiran", "birth_date": "2019-04-30"});
    let (status, kiran) = client.post("/people", &[], new).await;
    assert_eq!((status, &kiran["is_self"]), (201, &json!(false)));
    let slot = clinic.free(clinic.doctor).await[0].0;
    let wish = json!({"slot_id": slot, "person_id": kiran["id"]});
    let (_, held) = client.post("/appointments", &[("idempotency-key", "k")], wish).await;
    assert_eq!(held["person_id"], kiran["id"]);
    let (_, seen) =
        client.get(&format!("/appointments/{}", held["id"].as_str().expect("an id"))).await;
    assert_eq!(seen["person_name"], "Kiran");
    let remove = client
        .request(Method::DELETE, &format!("/people/{}", kiran["id"].as_str().expect("an id")));
    let refused = read(remove.send().await.expect("an answer")).await;
    assert_eq!(kind(&refused), (409, "has-appointments"));
}

#[tokio::test]
async fn malformed_requests_name_the_field_and_change_nothing() {
    let clinic = Clinic::open().await;
    let client = Client::new(&clinic, Some(&clinic.patient("Asha").await)).await;
    let slot = clinic.free(clinic.doctor).await[0].0;
    let raw = async |body: &'static str, media: &str| {
        let request = client.request(Method::POST, "/appointments").header("idempotency-key", "k");
        let sent = request.header("content-type", media).body(body).send().await;
        read(sent.expect("an answer")).await
    };
    assert_eq!(kind(&raw("{", "application/json").await), (400, "malformed"));
    assert_eq!(
        kind(&raw("slot_id=1", "application/x-www-form-urlencoded").await),
        (415, "media-type")
    );
    assert_eq!(kind(&raw("{}", "application/json").await), (422, "invalid"));
    for (body, field) in [
        (json!({"slot_id": "one"}), "slot_id"),
        (json!({"slot_id": slot, "person_id": "me"}), "person_id"),
        (json!({"slot_id": slot, "for": "me"}), "for"),
        (json!({"slot_id": 9.5e30}), "slot_id"),
        (json!({"slot_id": null}), "slot_id"),
    ] {
        let answer = client.post("/appointments", &[("idempotency-key", "k")], body).await;
        assert_eq!(
            (kind(&answer), &answer.1["errors"][0]["field"]),
            ((422, "invalid"), &json!(field))
        );
    }
    let wish = json!({"slot_id": slot});
    for key in ["", "two words", &"k".repeat(129)] {
        let answer = client.post("/appointments", &[("idempotency-key", key)], wish.clone()).await;
        assert_eq!(kind(&answer), (400, "idempotency-key-malformed"), "{key}");
    }
    let keyless = client.post("/appointments", &[], wish.clone()).await;
    assert_eq!(kind(&keyless), (400, "idempotency-key-missing"));
    let large = "x".repeat(70_000);
    let large = client.post("/people", &[], json!({"name": large})).await;
    assert_eq!(kind(&large), (413, "too-large"));
    for (query, field) in [
        ("page=0", "page"),
        ("page_size=101", "page_size"),
        ("page=one", "page"),
        ("status=lost", "status"),
        ("from=yesterday", "from"),
        ("form=2026-11-24", "form"),
        ("page=1&page=2", "page"),
    ] {
        let answer = client.get(&format!("/appointments?{query}")).await;
        assert_eq!(
            (kind(&answer), &answer.1["errors"][0]["field"]),
            ((422, "invalid"), &json!(field))
        );
    }
    let doctor = clinic.doctor;
    for query in [
        "from=2026-11-24&to=2026-11-24",
        "from=2026-11-24&to=2027-11-24",
        "date=x",
        "date=2026-11-24&to=2026-11-25",
    ] {
        let answer = client.get(&format!("/doctors/{doctor}/slots?{query}")).await;
        assert_eq!(kind(&answer), (422, "invalid"), "{query}");
    }
    for path in [
        "/nowhere",
        "/appointments/1",
        "/appointments/01a1fd8a-b716-7570-bd29-e80dba2a63e5",
        "/doctors/No%20Body",
    ] {
        assert_eq!(kind(&client.get(path).await), (404, "not-found"), "{path}");
    }
    let wrong = client.request(Method::DELETE, "/appointments").send().await.expect("an answer");
    assert_eq!(wrong.headers()["allow"], "GET,HEAD,POST");
    assert_eq!(kind(&read(wrong).await), (405, "method-not-allowed"));
    assert_eq!(clinic.count("select count(*) from appointments").await, 0);
    assert_eq!(clinic.count("select count(*) from idempotency_keys").await, 0);
}

/// No answer tells whether an e-mail address has an account.
#[tokio::test]
async fn nothing_tells_whether_an_account_exists() {
    let clinic = Clinic::open().await;
    let client = Client::new(&clinic, None).await;
    let register = async |email: &str, password: &str| {
        let new = json!({"name": "Somebody", "email": email, "password": password});
        client.post("/auth/register", &[], new).await
    };
    let known =
        Newcomer { name: "Known", email: "known@example.org", password: "the first leaves" };
    clinic.register_by_api(&client.base, known, known.email).await;
    let taken = register("known@example.org", "some other leaves").await;
    let fresh = register("fresh@example.org", "some other leaves").await;
    assert_eq!((taken.0, fresh.0), (202, 202), "{} {}", taken.1, fresh.1);
    assert_eq!(taken.1["expires_in"], fresh.1["expires_in"]);
    let names =
        |body: &Value| body.as_object().map(|body| body.keys().cloned().collect::<Vec<_>>());
    assert_eq!(names(&taken.1), names(&fresh.1));
    let login = async |email: &str, password: &str| {
        client.post("/auth/login", &[], json!({"email": email, "password": password})).await
    };
    assert_eq!(login("known@example.org", "the first leaves").await.0, 200, "the owner's counts");
    let wrong = login("known@example.org", "wrong").await;
    for email in ["known@example.org", "fresh@example.org"] {
        let unproven = login(email, "some other leaves").await;
        assert_eq!(unproven, wrong, "{email}: what was registered and never proven");
    }
    let known = wrong;
    assert_eq!(login("nobody@example.org", "wrong").await, known);
    assert_eq!(kind(&known), (401, "wrong-credentials"));
    assert_eq!(login("not an address", "wrong").await, known);
}

#[tokio::test]
async fn the_openapi_description_and_swagger_ui_are_served() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let page = browser().get(format!("{base}/api-docs/")).send().await.expect("an answer");
    assert_eq!(page.status(), 200);
    assert!(page.text().await.expect("a page").contains("swagger-ui"));
    let script = browser().get(format!("{base}/api-docs/swagger-ui-bundle.js")).send().await;
    assert_eq!(script.expect("an answer").status(), 200, "from us, not from elsewhere");
    let served = browser().get(format!("{base}/api-docs/openapi.json")).send().await;
    let served: Value = served.expect("an answer").json().await.expect("JSON");
    assert_eq!(served["openapi"], "3.1.0");
    let made = serde_json::to_value(server::rest::description()).expect("JSON");
    assert_eq!(served["paths"], made["paths"]);
}

/// Free times are cached briefly, but a change on this instance or another one invalidates them.
#[tokio::test]
async fn cached_free_times_are_invalidated_by_changes() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.patient("Asha").await;
    let free = clinic.free(clinic.doctor).await;
    let address = format!("{base}/api/v1/doctors/{}/slots?date=2026-11-23", clinic.doctor);
    let shown = async || -> usize {
        let answer = browser().get(&address).send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let times: Value = answer.json().await.expect("JSON");
        times["items"].as_array().map_or(0, Vec::len)
    };
    let all = shown().await;
    sqlx::query("insert into seats select id, 1, capacity, $1, doctor_id, 'infinity' from slots where id = $2")
        .bind(uuid::Uuid::nil())
        .bind(free[8].0)
        .execute(&clinic.pool)
        .await
        .expect("a seat that nobody has heard of");
    assert_eq!(shown().await, all, "kept, and nothing was heard");
    clinic.hold(&asha, free[0]).await.expect("held here");
    assert_eq!(shown().await, all - 2);

    let elsewhere = clinic.instance(2);
    let mut listener = Listener::default();
    listener.run_once(&clinic.app_state).await.expect("heard");
    assert_eq!(shown().await, all - 2);
    let ravi = clinic.patient("Ravi").await;
    let wish = HoldRequest { slot: free[1], visit_type: None, person: None };
    elsewhere.bookings.hold(&clinic.caller(&ravi), &wish, None).await.expect("held elsewhere");
    assert_eq!(shown().await, all - 2, "not heard of yet");
    listener.run_once(&clinic.app_state).await.expect("heard");
    assert_eq!(shown().await, all - 3);

    clinic.clock.step(Duration::minutes(61));
    assert_eq!(shown().await, all - 2, "the first has begun, and both holds have lapsed");
}
