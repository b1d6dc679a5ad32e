//! The caches: a value is computed once, never shown after a known change, and may be lost at any time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::i18n::text;
use nadi::events::{DoctorData, DoctorEvent, NewEvent};
use nadi::input::Slug;
use nadi::ports::DoctorKey;
use reqwest::header::HeaderMap;
use server::cache::backend::CacheState;
use server::events;
use server::events::Author;
use server::events::live::Listener;
use server::ports;
use server::state::AppState;

use crate::support::redis::Redis;
use crate::support::{Clinic, browser, time};

const RUN: &str = "update doctors set bio = 'Another story.'";

/// Another instance on the same database and Redis.
pub fn beside(clinic: &Clinic, redis: Option<&Redis>) -> Clinic {
    let config = server::config::Config {
        redis_url: redis.map(|redis| redis.url().into()),
        ..clinic.config.clone()
    };
    let clock = Arc::new(clinic.clock.clone());
    let (write, read) = (clinic.pool.clone(), clinic.pool.clone());
    let app_state = AppState::on(write, read, &config, clock).expect("an app_state");
    let ports = ports::ports(&app_state, None);
    Clinic {
        app_state,
        ports,
        clock: clinic.clock.clone(),
        messages: clinic.messages.clone(),
        config,
        pool: clinic.pool.clone(),
        database: clinic.database.clone(),
        ..*clinic
    }
}

/// How often requests for values of this kind had this outcome: `hit`, `miss`, `redis_hit` or `load`.
fn count(clinic: &Clinic, kind: &str, outcome: &str) -> u64 {
    let metrics = clinic.app_state.cache_context.metrics();
    let name = format!("nadi_cache_requests_total{{cache=\"{kind}\",outcome=\"{outcome}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |line| line.parse().expect("a number"))
}

fn asha() -> DoctorKey {
    DoctorKey::Slug(Slug::parse("asha-naik").expect("a slug"))
}

async fn bio(clinic: &Clinic) -> String {
    clinic.ports.directory.doctor(&clinic.visitor(), &asha()).await.expect("listed").bio
}

async fn run(clinic: &Clinic, sql: &'static str) {
    sqlx::query(sql).execute(&clinic.pool).await.expect("done");
}

struct Got {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

async fn get(base: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = browser().get(format!("{base}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Got { status, headers, body: answer.text().await.unwrap_or_default() }
}

// "Within a second" is one run of the job.
const _: () = assert!(server::jobs::LISTEN_EVERY.as_millis() < 1_000);

/// One run of the job that hears of other instances' changes.
async fn listen(clinic: &Clinic, listener: &mut Listener) {
    listener.run_once(&clinic.app_state).await.expect("heard");
}

/// An entry in Redis is believed when it is younger than what an instance knows of. Entries made from
/// now on are.
async fn outlive_the_start() {
    time::pass(Duration::from_millis(300)).await;
}

/// While the tables are locked, PostgreSQL has one statement per value waiting, not five hundred.
#[tokio::test]
async fn five_hundred_concurrent_readers_compute_a_missing_value_once() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let kinds = ["profile", "suggestions", "page"];
    let before = kinds.map(|kind| count(&clinic, kind, "load"));
    let before_misses = ["page", "suggestions", "profile"].map(|kind| count(&clinic, kind, "miss"));
    let mut locked = clinic.pool.begin().await.expect("begun");
    sqlx::query("lock table doctors, listings in access exclusive mode")
        .execute(&mut *locked)
        .await
        .expect("locked");
    let slots = format!("/api/v1/doctors/{}/slots", clinic.doctor);
    let mut readers = Vec::new();
    for n in 0..500 {
        let (ports, caller) = (clinic.ports.clone(), clinic.visitor());
        let (base, slots) = (base.clone(), slots.clone());
        readers.push(tokio::spawn(async move {
            let directory = &ports.directory;
            match n % 10 {
                0 => assert_eq!(get(&base, "/doctors/asha-naik", &[]).await.status, 200),
                1 => assert_eq!(get(&base, &slots, &[]).await.status, 200),
                2 => assert_eq!(get(&base, "/doctors?q=skin", &[]).await.status, 200),
                3 => drop(directory.suggest(&caller, "asha").await.expect("suggested")),
                _ => drop(directory.doctor(&caller, &asha()).await.expect("listed")),
            }
        }));
    }
    // Everybody has asked: those who do not wait for the database wait for one who does.
    for (n, (kind, readers)) in
        [("page", 150), ("suggestions", 50), ("profile", 302)].iter().enumerate()
    {
        let all = async || count(&clinic, kind, "miss") - before_misses[n] >= *readers;
        time::until(&format!("{readers} wait for {kind}"), all).await;
    }
    clinic.until_waiting(3).await;
    assert_eq!(
        clinic.waiting().await,
        3,
        "a profile by slug, one by id, and the list of specialties"
    );
    locked.rollback().await.expect("unlocked");
    for reader in readers {
        reader.await.expect("no panic");
    }
    let after = kinds.map(|kind| count(&clinic, kind, "load"));
    let more: Vec<u64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(more, [2, 1, 3], "{kinds:?}");
}

/// Everybody who waits gets the failure, and the next request tries again.
#[tokio::test]
async fn a_failure_is_not_cached() {
    let clinic = Clinic::open().await;
    run(&clinic, "alter table clinics rename to elsewhere").await;
    let (caller, asha) = (clinic.visitor(), asha());
    let directory = &clinic.ports.directory;
    let both = tokio::join!(directory.doctor(&caller, &asha), directory.doctor(&caller, &asha));
    assert!(both.0.is_err() && both.1.is_err(), "{both:?}");
    run(&clinic, "alter table elsewhere rename to clinics").await;
    assert_eq!(bio(&clinic).await, "");
}

#[tokio::test]
async fn a_booking_is_visible_at_once_here_and_within_a_second_on_other_instances() {
    let redis = Redis::start();
    let here = beside(&Clinic::open().await, Some(&redis));
    let there = beside(&here, Some(&redis));
    let patient = here.patient("Asha").await;
    let (base, base_there) = (here.serve().await, there.serve().await);
    let mut listener = Listener::default();
    listen(&there, &mut listener).await;
    outlive_the_start().await;
    let slot = here.free(here.doctor).await[0];
    let [json, html] = [format!("\"id\":{slot},"), format!("slot={slot}")];
    let slots = format!("/api/v1/doctors/{}/slots", here.doctor);
    let pages = [(slots.as_str(), &json), ("/doctors", &html), ("/doctors/asha-naik", &html)];
    for (path, offer) in pages {
        for base in [&base, &base_there, &base, &base_there] {
            let page = get(base, path, &[]).await;
            assert!(page.body.contains(offer), "{path}: {}", page.body);
        }
    }
    assert!(count(&here, "page", "hit") >= 3);

    let id = here.hold(&patient, slot).await.expect("held");
    for (path, offer) in pages {
        assert!(!get(&base, path, &[]).await.body.contains(offer), "{path}: in the same process");
    }
    listen(&there, &mut listener).await;
    for (path, offer) in pages {
        assert!(!get(&base_there, path, &[]).await.body.contains(offer), "{path}: elsewhere");
    }
    here.change(&patient, id, &nadi::ports::Change::Cancel { reason: None }).await.expect("let go");
    assert!(get(&base, &slots, &[]).await.body.contains(&json), "free again at once");
}

#[tokio::test]
async fn an_edit_is_visible_within_a_second_on_other_instances() {
    let redis = Redis::start();
    let here = beside(&Clinic::open().await, Some(&redis));
    let there = beside(&here, Some(&redis));
    let (mut listener, mut listener_there) = (Listener::default(), Listener::default());
    listen(&here, &mut listener).await;
    listen(&there, &mut listener_there).await;
    outlive_the_start().await;
    assert_eq!((bio(&here).await, bio(&there).await), (String::new(), String::new()));
    run(&here, RUN).await;
    assert_eq!(bio(&here).await, "", "nobody has said so");
    // As every use case does that changes a doctor.
    let data = DoctorData { clinic: here.clinic, status: "listed".into() };
    let event = NewEvent::doctor(DoctorEvent::Changed, here.doctor, 2, data);
    let mut connection = here.pool.acquire().await.expect("a connection");
    let now = here.visitor().now;
    events::record(&mut connection, &event, Author::SYSTEM, now).await.expect("recorded");
    listen(&here, &mut listener).await;
    assert_eq!(bio(&here).await, "Another story.");
    listen(&there, &mut listener_there).await;
    assert_eq!(bio(&there).await, "Another story.");
}

/// Nobody tells the other instance: what it shows is never older than the lifetime allows.
#[tokio::test]
async fn a_change_without_notification_is_visible_after_the_lifetime() {
    let redis = Redis::start();
    let here = beside(&Clinic::open().await, Some(&redis));
    let deaf = beside(&here, Some(&redis));
    let patient = here.patient("Asha").await;
    let base = deaf.serve().await;
    let time_passes = async |time: Duration| {
        redis.pass(time).await;
        time::pass(time).await;
    };
    let slot = here.free(here.doctor).await[0];
    let slots = format!("/api/v1/doctors/{}/slots", here.doctor);
    let offer = format!("\"id\":{slot},");
    assert!(get(&base, &slots, &[]).await.body.contains(&offer));
    here.hold(&patient, slot).await.expect("held");
    assert!(get(&base, &slots, &[]).await.body.contains(&offer), "cached");
    time_passes(Duration::from_secs(5)).await;
    assert!(!get(&base, &slots, &[]).await.body.contains(&offer), "an answer to visitors");

    deaf.app_state.invalidation.invalidate_all();
    outlive_the_start().await;
    here.app_state.invalidation.invalidate_all();
    assert_eq!(bio(&here).await, "");
    redis.until_cached(":profile:asha-naik").await;
    run(&here, RUN).await;
    time_passes(Duration::from_secs(10)).await;
    let before = count(&deaf, "profile", "redis_hit");
    assert_eq!(bio(&deaf).await, "", "from Redis");
    assert_eq!(count(&deaf, "profile", "redis_hit"), before + 1);
    // Its lifetime of 55 seconds counts from before it was read, not from when it was found in Redis.
    time_passes(Duration::from_secs(46)).await;
    assert_eq!(bio(&deaf).await, "Another story.");
}

#[tokio::test]
async fn an_entry_in_redis_older_than_a_known_change_is_not_used() {
    let redis = Redis::start();
    let here = beside(&Clinic::open().await, Some(&redis));
    let [second, third] = [(); 2].map(|()| beside(&here, Some(&redis)));
    outlive_the_start().await;
    assert_eq!(bio(&here).await, "");
    redis.until_cached("").await;
    run(&here, RUN).await;
    assert_eq!(bio(&second).await, "", "from Redis, for nobody has heard of anything");
    assert_eq!((count(&second, "profile", "redis_hit"), count(&second, "profile", "load")), (1, 0));
    third.app_state.invalidation.invalidate_doctor(third.doctor);
    assert_eq!(bio(&third).await, "Another story.", "that in Redis is older");
    assert_eq!((count(&third, "profile", "redis_hit"), count(&third, "profile", "load")), (0, 1));
    let late = beside(&here, Some(&redis));
    assert_eq!(bio(&late).await, "Another story.");
    assert_eq!(
        count(&late, "profile", "load"),
        1,
        "what is older than a process was never heard of"
    );
}

#[tokio::test]
async fn an_entry_in_redis_of_another_version_is_not_used() {
    let redis = Redis::start();
    let here = beside(&Clinic::open().await, Some(&redis));
    let [reader, other] = [(); 2].map(|()| beside(&here, Some(&redis)));
    outlive_the_start().await;
    assert_eq!(bio(&here).await, "");
    redis.until_cached("").await;
    let (name, bytes) = redis.cached().await.remove(0);
    assert!(bytes.starts_with(b"nadi "), "{name}");
    redis.overwrite(&name, &[&b"nadi 0.0.1 1\n"[..], &bytes[bytes.len() - 20..]].concat()).await;
    assert_eq!(bio(&reader).await, "");
    assert_eq!((count(&reader, "profile", "redis_hit"), count(&reader, "profile", "load")), (0, 1));
    redis.overwrite(&name, &bytes).await;
    assert_eq!(bio(&other).await, "");
    assert_eq!(count(&other, "profile", "redis_hit"), 1, "it was the bytes, not their age");
}

#[tokio::test]
async fn pages_work_without_redis_and_share_entries_once_it_is_back() {
    let mut redis = Redis::start();
    let here = beside(&Clinic::open().await, Some(&redis));
    let there = beside(&here, Some(&redis));
    let base = here.serve().await;
    let slots = format!("/api/v1/doctors/{}/slots", here.doctor);
    outlive_the_start().await;
    assert_eq!(get(&base, &slots, &[]).await.status, 200);
    redis.kill();
    here.app_state.invalidation.invalidate_all();
    let asked = Instant::now();
    assert_eq!(bio(&here).await, "");
    for path in [slots.as_str(), "/", "/doctors", "/doctors/asha-naik", "/api/v1/doctors/asha-naik"]
    {
        assert_eq!(get(&base, path, &[]).await.status, 200, "{path}");
    }
    assert!(asked.elapsed() < Duration::from_secs(3), "nobody waits for it: {:?}", asked.elapsed());

    redis.start_again();
    // After each failure Redis is not asked for two seconds, and the first request meets the broken connection.
    let is_shared = async || {
        time::pass(Duration::from_secs(2)).await;
        here.app_state.invalidation.invalidate_all();
        assert_eq!(bio(&here).await, "");
        !redis.cached().await.is_empty()
    };
    time::until("one instance writes into Redis again", is_shared).await;
    let is_up = async || there.app_state.cache.state().await == CacheState::Up;
    time::until("Redis answers the other instance", is_up).await;
    assert_eq!(bio(&there).await, "");
    assert_eq!(count(&there, "profile", "redis_hit"), 1, "they share again");
}

#[tokio::test]
async fn public_pages_are_cached_for_visitors_and_private_for_patients() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let head = browser().head(format!("{base}/doctors")).send().await.expect("an answer");
    let got = get(&base, "/doctors", &[]).await;
    assert_eq!(head.headers().get("etag"), got.headers.get("etag"));
    assert_eq!(head.headers().get("cache-control"), got.headers.get("cache-control"));
    let cookie = clinic.cookie(&clinic.patient("Asha").await).await;
    for (path, control) in [
        ("/", "public, max-age=10"),
        ("/doctors", "public, max-age=0, s-maxage=2"),
        ("/doctors/asha-naik", "public, max-age=0, s-maxage=2"),
        ("/doctors/asha-naik?month=2026-12", "public, max-age=0, s-maxage=2"),
        ("/api/v1/specialties", "public, max-age=10"),
        ("/api/v1/doctors", "public, max-age=0, s-maxage=2"),
        ("/api/v1/doctors/asha-naik", "public, max-age=10"),
    ] {
        let one = get(&base, path, &[]).await;
        // Computed again for another request: nothing in it belongs to one reader.
        clinic.app_state.invalidation.invalidate_listings();
        let other = get(&base, path, &[("x-request-id", &uuid::Uuid::new_v4().to_string())]).await;
        assert_eq!(one.status, 200, "{path}: {}", one.body);
        assert_eq!(one.body, other.body, "{path}");
        assert!(one.header("cache-control").starts_with(control), "{path}: {:?}", one.headers);
        assert!(one.header("vary").contains("cookie"), "{path}: {:?}", one.headers);
        assert!(!one.headers.contains_key("x-nadi-shows"), "{path}");
        assert!(!one.body.contains("nonce="), "{path}");
        let policy = one.header("content-security-policy");
        assert_eq!(policy.contains("'sha256-"), one.body.contains("<script>"), "{path}: {policy}");
        assert!(!policy.contains("nonce"), "{path}: {policy}");

        let tag = one.header("etag").to_owned();
        let known = get(&base, path, &[("if-none-match", &tag)]).await;
        assert_eq!((known.status, known.body.as_str()), (304, ""), "{path}");
        for name in ["etag", "cache-control", "vary", "content-security-policy"] {
            assert_eq!(known.header(name), one.header(name), "{path}: {name}");
        }
        let packed = get(&base, path, &[("accept-encoding", "br, gzip")]).await;
        let is_long = one.body.len() >= 1024;
        assert_eq!(packed.header("content-encoding") == "br", is_long, "{path}");
        assert_eq!(packed.header("etag"), tag, "{path}");

        let own = get(&base, path, &[("cookie", &cookie), ("if-none-match", &tag)]).await;
        assert_eq!(own.status, 200, "{path}");
        assert_eq!(own.header("cache-control"), "private, no-store", "{path}");
        assert!(!own.headers.contains_key("etag"), "{path}");
        assert!(!own.headers.contains_key("x-nadi-shows"), "{path}");
        let is_page = !path.starts_with("/api");
        let sign_out = text!("layout-sign-out");
        assert_eq!(own.body.contains(&sign_out), is_page, "{path}");
        assert!(!get(&base, path, &[]).await.body.contains(&sign_out), "{path}: stays theirs");
    }
    // These are not cached, but the browser's Back button may show them again.
    let chosen = format!("/doctors/asha-naik?slot={}", clinic.free(clinic.doctor).await[0]);
    for path in ["/doctors?utm_source=x", chosen.as_str()] {
        let page = get(&base, path, &[]).await;
        assert_eq!(
            (page.status, page.header("cache-control")),
            (200, "private, no-cache"),
            "{path}"
        );
        assert!(!page.headers.contains_key("etag"), "{path}");
    }
    for path in ["/doctors/nobody", "/api/v1/doctors/nobody"] {
        let page = get(&base, path, &[]).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.header("cache-control").contains("no-store"), "{path}: {:?}", page.headers);
        assert!(!page.headers.contains_key("etag"), "{path}");
    }
}

#[tokio::test]
async fn free_times_have_an_etag_and_are_private_with_a_token() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let path = format!("/api/v1/doctors/{}/slots", clinic.doctor);
    let token = format!("Bearer {}", clinic.token(&clinic.patient("Asha").await).await);
    let one = get(&base, &path, &[]).await;
    let tag = one.header("etag").to_owned();
    let again = get(&base, &path, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.header("etag")), (304, tag.as_str()));
    assert!(one.header("cache-control").starts_with("public, max-age=0"), "{:?}", one.headers);
    let own = get(&base, &path, &[("authorization", &token)]).await;
    assert_eq!((own.status, own.body.as_str()), (200, one.body.as_str()));
    assert_eq!(own.header("cache-control"), "private, no-store");
    let wrong = get(&base, &path, &[("authorization", "Bearer nonsense")]).await;
    assert_eq!(wrong.status, 401, "kept or not");
    let wrong = get(&base, &format!("{path}?visit=x"), &[]).await;
    assert_eq!((wrong.status, wrong.header("etag")), (422, ""));
    assert!(wrong.header("cache-control").contains("no-store"));
}

/// After a booking every open slot picker asks for the same month at once.
#[tokio::test]
async fn the_slot_pickers_months_are_computed_once_for_everybody() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let cookie = clinic.cookie(&clinic.patient("Asha").await).await;
    let path = "/fn/month_times?slug=asha-naik&month=2026-11&date=";
    let made = count(&clinic, "page", "load");
    let visitor = get(&base, path, &[("accept", "application/json")]).await;
    let patient = get(&base, path, &[("accept", "application/json"), ("cookie", &cookie)]).await;
    assert_eq!((visitor.status, patient.status), (200, 200), "{}", visitor.body);
    assert_eq!(visitor.body, patient.body);
    assert_eq!(count(&clinic, "page", "load"), made + 1);
    assert!(visitor.header("cache-control").contains("no-store"), "{:?}", visitor.headers);
    let form = get(&base, path, &[("accept", "text/html")]).await;
    assert_ne!(form.status, 200, "a form without scripts is led back to its page");
}

/// A slot that begins is not free any more, whatever was cached a second ago.
#[tokio::test]
async fn no_cached_answer_outlives_a_full_minute() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let slot = clinic.free(clinic.doctor).await[0];
    // From nine to one second before ten, when the first one begins.
    clinic.clock.step(chrono::Duration::seconds(3599));
    let [json, html] = [format!("\"id\":{slot},"), format!("slot={slot}")];
    let slots = format!("/api/v1/doctors/{}/slots", clinic.doctor);
    let pages = [(slots.as_str(), &json), ("/doctors", &html), ("/doctors/asha-naik", &html)];
    for (path, offer) in pages {
        assert!(get(&base, path, &[]).await.body.contains(offer), "{path}");
    }
    clinic.clock.step(chrono::Duration::seconds(1));
    for (path, offer) in pages {
        assert!(!get(&base, path, &[]).await.body.contains(offer), "{path}");
    }
}
