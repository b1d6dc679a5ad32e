//! Who looks at a doctor's times is told when they change.

mod support;

use std::time::Duration;

use nadi::ports::Change;
use server::jobs::listen::Listener;
use server::web::live::{Limits, Live};
use sqlx::PgPool;
use support::{Clinic, browser};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(1);
const LIMITS: Limits = Limits {
    listeners: 10,
    rest: Duration::from_millis(250),
    heartbeat: Duration::from_secs(20),
    life: Duration::from_secs(600),
};

/// An event stream, block by block.
struct Events {
    answer: reqwest::Response,
    read: String,
}

/// The value of a field in a block.
fn field<'a>(block: &'a str, name: &str) -> Option<&'a str> {
    block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

impl Events {
    async fn open(base: &str, query: &str, last: Option<&str>) -> Self {
        let mut request = browser().get(format!("{base}/doctors/asha-naik/changes{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        Self { answer, read: String::new() }
    }

    /// The next block; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                return Some(block);
            }
            let chunk = self.answer.chunk().await.expect("not broken off")?;
            self.read.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// The id of the next block, which is there soon and either is an event or is not.
    async fn id_of_next(&mut self, is_event: bool) -> String {
        let block = timeout(SOON, self.block()).await.expect("soon").expect("not ended");
        assert_eq!(field(&block, "data").is_some(), is_event, "{block}");
        field(&block, "id").expect("an id").to_owned()
    }

    async fn is_quiet(&mut self) {
        let heard = timeout(Duration::from_millis(400), self.block()).await;
        assert!(heard.is_err(), "nothing has changed, but: {heard:?}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_hold_and_its_end_are_heard_within_a_second(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let mut events = Events::open(&base, "", None).await;
    let headers = events.answer.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("set-cookie"));
    let hello = events.block().await.expect("a greeting");
    let retry: u64 = field(&hello, "retry").expect("when to come back").parse().expect("a number");
    assert!((2_000..=6_000).contains(&retry), "{retry} ms");
    assert_eq!(field(&hello, "data"), None, "nothing has changed");
    events.is_quiet().await;

    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let first = events.id_of_next(true).await;
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("let go");
    assert_ne!(events.id_of_next(true).await, first);
    events.is_quiet().await;
}

#[sqlx::test(migrations = false)]
async fn a_hold_on_another_instance_is_heard(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let mut listener = Listener::default();
    listener.run_once(&clinic.engine).await.expect("heard");
    let mut events = Events::open(&base, "", None).await;
    events.id_of_next(false).await;

    let elsewhere = clinic.instance(2);
    let wish = nadi::ports::HoldRequest {
        slot: clinic.free(clinic.doctor).await[0],
        visit_type: None,
        person: None,
    };
    elsewhere.bookings.hold(&clinic.caller(&asha), &wish, None).await.expect("held");
    listener.run_once(&clinic.engine).await.expect("heard");
    events.id_of_next(true).await;
    listener.run_once(&clinic.engine).await.expect("heard");
    events.is_quiet().await;
}

/// An event whose number was given before another's, and which is committed after it.
#[sqlx::test(migrations = false)]
async fn an_event_that_is_late_is_heard(pool: PgPool) {
    let clinic = Clinic::open(pool.clone()).await;
    let asha = clinic.patient("Asha").await;
    let slots = clinic.free(clinic.doctor).await;
    clinic.hold(&asha, slots[0]).await.expect("held");
    let mut listener = Listener::default();
    listener.run_once(&clinic.engine).await.expect("heard");
    listener.run_once(&clinic.engine).await.expect("heard");

    let mut late = pool.begin().await.expect("a transaction");
    sqlx::query(
        "insert into outbox (event_type, appointment_id, appointment_version, doctor_id, actor, occurred_at, due_at)
         select event_type, appointment_id, 99, $1, actor, occurred_at, due_at from outbox limit 1",
    )
    .bind(clinic.doctor.0)
    .execute(&mut *late)
    .await
    .expect("inserted");
    let other = clinic.add_doctor("ravi-kamat", 1).await;
    let bela = clinic.patient("Bela").await;
    clinic.hold(&bela, clinic.free(other).await[0]).await.expect("held");
    listener.run_once(&clinic.engine).await.expect("heard");
    let before = clinic.engine.changes.of(clinic.doctor);
    late.commit().await.expect("committed");
    listener.run_once(&clinic.engine).await.expect("heard");
    let heard = clinic.engine.changes.of(clinic.doctor);
    assert!(heard > before);
    listener.run_once(&clinic.engine).await.expect("heard");
    assert_eq!(clinic.engine.changes.of(clinic.doctor), heard, "once");
}

#[sqlx::test(migrations = false)]
async fn who_comes_back_hears_what_was_missed(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let shown = clinic.ports.directory.mark(clinic.doctor);
    let before = Events::open(&base, "", None).await.id_of_next(false).await;
    assert_eq!(before, shown, "what a page shows and what is heard have one mark");
    clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let query = format!("?after={shown}");
    let now = Events::open(&base, "", Some(&before)).await.id_of_next(true).await;
    assert_eq!(Events::open(&base, &query, None).await.id_of_next(true).await, now);
    assert_eq!(Events::open(&base, &query, Some(&now)).await.id_of_next(false).await, now);
    // Of another process, or nonsense.
    for mark in ["0-7", "x", ""] {
        Events::open(&base, "", Some(mark)).await.id_of_next(true).await;
    }
}

#[sqlx::test(migrations = false)]
async fn a_burst_is_one_event_or_two(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let base = clinic.serve().await;
    let mut events = Events::open(&base, "", None).await;
    events.id_of_next(false).await;
    for _ in 0..1_000 {
        clinic.engine.changes.note(clinic.doctor);
    }
    let mut last = events.id_of_next(true).await;
    if last != clinic.engine.changes.mark(clinic.doctor) {
        last = events.id_of_next(true).await;
    }
    assert_eq!(last, clinic.engine.changes.mark(clinic.doctor), "the last change is told");
    events.is_quiet().await;
}

#[sqlx::test(migrations = false)]
async fn too_many_are_refused_and_a_place_is_given_back(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let base = clinic.serve_listeners(Live::with(Limits { listeners: 2, ..LIMITS })).await;
    let open = async || {
        let address = format!("{base}/doctors/asha-naik/changes");
        browser().get(address).send().await.expect("an answer")
    };
    let (first, second) = (open().await, open().await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let refused = open().await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "30");
    drop(first);
    for attempt in 0.. {
        if open().await.status() == 200 {
            break;
        }
        assert!(attempt < 100, "the place is not given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let page = browser().get(format!("{base}/doctors/asha-naik")).send().await.expect("an answer");
    assert_eq!(page.status(), 200, "pages are for everybody");
}

#[sqlx::test(migrations = false)]
async fn a_listener_is_kept_alive_and_after_its_time_looks_again(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let limits = Limits {
        heartbeat: Duration::from_millis(100),
        life: Duration::from_millis(500),
        ..LIMITS
    };
    let base = clinic.serve_listeners(Live::with(limits)).await;
    let mut events = Events::open(&base, "", None).await;
    let mut blocks = Vec::new();
    while let Some(block) = timeout(SOON, events.block()).await.expect("it ends") {
        blocks.push(block);
    }
    let (last, before) = blocks.split_last().expect("heard");
    assert!(before.iter().filter(|block| block.starts_with(':')).count() >= 3, "{blocks:?}");
    assert!(field(last, "data").is_some(), "{last}");
    assert_eq!(before.iter().filter(|block| field(block, "data").is_some()).count(), 0);
}

#[sqlx::test(migrations = false)]
async fn all_end_when_the_server_stops(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let live = Live::with(LIMITS);
    let base = clinic.serve_listeners(live.clone()).await;
    let mut events = Events::open(&base, "", None).await;
    events.id_of_next(false).await;
    live.end();
    assert_eq!(timeout(SOON, events.block()).await.expect("at once"), None);
    let late = browser().get(format!("{base}/doctors/asha-naik/changes")).send().await;
    assert_eq!(late.expect("an answer").status(), 503);
}

#[sqlx::test(migrations = false)]
async fn nobody_and_nonsense(pool: PgPool) {
    let clinic = Clinic::open(pool).await;
    let base = clinic.serve().await;
    for slug in ["nobody", "..%2f", "%00", "Asha-Naik"] {
        let address = format!("{base}/doctors/{slug}/changes");
        let answer = browser().get(address).send().await.expect("an answer");
        assert_eq!(answer.status(), 404, "{slug}");
    }
    // Compressed, it would be held back until there is enough of it.
    let mut request = browser().get(format!("{base}/doctors/asha-naik/changes"));
    request = request.header("accept-encoding", "gzip, br");
    let answer = request.send().await.expect("an answer");
    assert!(!answer.headers().contains_key("content-encoding"));
}
