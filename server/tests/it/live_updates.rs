//! Live updates: a page that shows a doctor's slots is told when they change.

use std::time::Duration;

use nadi::ports::Change;
use server::events::live::Listener;
use server::http::live_updates::{Limits, Listeners};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Clinic, browser, time};

/// How long a sent block may take to arrive.
const SOON: Duration = Duration::from_secs(10);
const LIMITS: Limits = Limits {
    listeners: 10,
    listeners_per_network: 10,
    min_event_interval: Duration::from_millis(250),
    heartbeat_interval: Duration::from_secs(20),
    max_connection_age: Duration::from_secs(600),
};
/// Heartbeats are up to a quarter late, so that the listeners do not all get theirs at once.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(25);

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

    async fn next_block(&mut self) -> String {
        timeout(SOON, self.block()).await.expect("soon").expect("not ended")
    }

    /// The id in the greeting, the first block, which is not an event.
    async fn greeting(&mut self) -> String {
        let block = self.next_block().await;
        assert_eq!(field(&block, "data"), None, "{block}");
        field(&block, "id").expect("an id").to_owned()
    }

    /// The id of the next event, which is sent at the latest when the pause between two events is over.
    async fn event(&mut self) -> String {
        time::pass(LIMITS.min_event_interval).await;
        let block = self.next_block().await;
        assert!(field(&block, "data").is_some(), "{block}");
        field(&block, "id").expect("an id").to_owned()
    }

    /// Fails when there is an event before the next heartbeat.
    async fn assert_no_event(&mut self) {
        time::pass(LONGEST_HEARTBEAT).await;
        let block = self.next_block().await;
        assert!(block.starts_with(':'), "nothing has changed, but: {block}");
    }
}

#[tokio::test]
async fn a_hold_and_its_release_are_announced_within_a_second() {
    let clinic = Clinic::open().await;
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
    events.assert_no_event().await;

    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let first = events.event().await;
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("let go");
    assert_ne!(events.event().await, first);
    events.assert_no_event().await;
}

#[tokio::test]
async fn a_hold_on_another_instance_is_announced() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let mut listener = Listener::default();
    listener.run_once(&clinic.app_state).await.expect("heard");
    let mut events = Events::open(&base, "", None).await;
    events.greeting().await;

    let elsewhere = clinic.instance(2);
    let wish = nadi::ports::HoldRequest {
        slot: clinic.free(clinic.doctor).await[0],
        visit_type: None,
        person: None,
    };
    elsewhere.bookings.hold(&clinic.caller(&asha), &wish, None).await.expect("held");
    listener.run_once(&clinic.app_state).await.expect("heard");
    events.event().await;
    listener.run_once(&clinic.app_state).await.expect("heard");
    events.assert_no_event().await;
}

/// The event has a lower id than another one that was committed before it.
#[tokio::test]
async fn an_event_committed_late_is_not_missed() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let slots = clinic.free(clinic.doctor).await;
    clinic.hold(&asha, slots[0]).await.expect("held");
    let mut listener = Listener::default();
    listener.run_once(&clinic.app_state).await.expect("heard");
    listener.run_once(&clinic.app_state).await.expect("heard");

    let mut late = clinic.pool.begin().await.expect("a transaction");
    sqlx::query(
        "insert into events (type, subject_id, subject_version, doctor_id, actor, occurred_at, data)
         select type, subject_id, 99, $1, actor, occurred_at, data from events
         where type = 'appointment.held' limit 1",
    )
    .bind(clinic.doctor.0)
    .execute(&mut *late)
    .await
    .expect("inserted");
    let other = clinic.add_doctor("ravi-kamat").await;
    let bela = clinic.patient("Bela").await;
    clinic.hold(&bela, clinic.free(other).await[0]).await.expect("held");
    listener.run_once(&clinic.app_state).await.expect("heard");
    let number = || clinic.app_state.invalidation.subscribe(clinic.doctor).borrow().number;
    let before = number();
    late.commit().await.expect("committed");
    listener.run_once(&clinic.app_state).await.expect("heard");
    let heard = number();
    assert!(heard > before);
    listener.run_once(&clinic.app_state).await.expect("heard");
    assert_eq!(number(), heard, "once");
}

#[tokio::test]
async fn a_returning_listener_hears_of_missed_changes() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let shown = clinic.ports.directory.mark(clinic.doctor);
    let before = Events::open(&base, "", None).await.greeting().await;
    assert_eq!(before, shown, "what a page shows and what is heard have one mark");
    clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    let query = format!("?after={shown}");
    let now = Events::open(&base, "", Some(&before)).await.event().await;
    assert_eq!(Events::open(&base, &query, None).await.event().await, now);
    assert_eq!(Events::open(&base, &query, Some(&now)).await.greeting().await, now);
    // A version from another process, or a malformed one.
    for mark in ["0-7", "x", ""] {
        Events::open(&base, "", Some(mark)).await.event().await;
    }
}

#[tokio::test]
async fn a_burst_of_changes_is_one_event_or_two() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let mut events = Events::open(&base, "", None).await;
    events.greeting().await;
    for _ in 0..1_000 {
        clinic.app_state.invalidation.invalidate_doctor(clinic.doctor);
    }
    let mut last = events.event().await;
    if last != clinic.app_state.invalidation.version(clinic.doctor) {
        last = events.event().await;
    }
    assert_eq!(
        last,
        clinic.app_state.invalidation.version(clinic.doctor),
        "the last change is told"
    );
    events.assert_no_event().await;
}

#[tokio::test]
async fn too_many_listeners_are_refused_until_one_leaves() {
    let clinic = Clinic::open().await;
    let base = clinic.serve_listeners(Listeners::with(Limits { listeners: 2, ..LIMITS })).await;
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
    let is_given_back = async || open().await.status() == 200;
    time::until("the place is given back", is_given_back).await;
    let page = browser().get(format!("{base}/doctors/asha-naik")).send().await.expect("an answer");
    assert_eq!(page.status(), 200, "pages are for everybody");
}

/// Also behind a proxy, whose address is that of all connections.
#[tokio::test]
async fn one_network_cannot_take_the_places_of_the_others() {
    let mut clinic = Clinic::open().await;
    clinic.config.trusted_proxies = 1;
    let clinic = crate::cache::beside(&clinic, None);
    let limits = Limits { listeners: 4, listeners_per_network: 2, ..LIMITS };
    let base = clinic.serve_listeners(Listeners::with(limits)).await;
    let open = async |from: &str| {
        let request = browser().get(format!("{base}/doctors/asha-naik/changes"));
        request.header("x-forwarded-for", from).send().await.expect("an answer")
    };
    let (first, second) = (open("192.0.2.1").await, open("192.0.2.1").await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let refused = open("192.0.2.1").await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "30");
    let one = open("2001:db8::1").await;
    let another = open("2001:db8::2").await;
    assert_eq!((one.status().as_u16(), another.status().as_u16()), (200, 200));
    assert_eq!(open("192.0.2.2").await.status(), 503, "all places are taken");
    drop(first);
    let is_given_back = async || open("192.0.2.1").await.status() == 200;
    time::until("the place is given back", is_given_back).await;
}

#[tokio::test]
async fn a_listener_gets_heartbeats_and_is_ended_with_an_event() {
    let clinic = Clinic::open().await;
    let base = clinic.serve_listeners(Listeners::with(LIMITS)).await;
    let mut events = Events::open(&base, "", None).await;
    events.greeting().await;
    for _ in 0..3 {
        events.assert_no_event().await;
    }
    time::pass(LIMITS.max_connection_age + LIMITS.max_connection_age / 4).await;
    let last = events.next_block().await;
    assert!(field(&last, "data").is_some(), "{last}");
    assert_eq!(timeout(SOON, events.block()).await.expect("it ends"), None);
}

/// The listener is open for longer than a request may take (20 s) or a connection may be idle (30 s).
#[tokio::test]
async fn a_listener_outlives_the_time_limits_of_requests_and_connections() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let base = clinic.serve().await;
    let address = base.trim_start_matches("http://");
    let mut idle = TcpStream::connect(address).await.expect("connected");
    let mut events = Events::open(&base, "", None).await;
    events.greeting().await;
    events.assert_no_event().await;
    time::pass(Duration::from_secs(10)).await;
    let mut nothing = [0; 1];
    let closed = timeout(SOON, idle.read(&mut nothing)).await.expect("a connection may not idle");
    assert_eq!(closed.expect("closed"), 0);
    clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    events.event().await;
}

#[tokio::test]
async fn listeners_end_when_the_server_stops() {
    let clinic = Clinic::open().await;
    let live = Listeners::with(LIMITS);
    let base = clinic.serve_listeners(live.clone()).await;
    let mut events = Events::open(&base, "", None).await;
    events.greeting().await;
    live.end();
    assert_eq!(timeout(SOON, events.block()).await.expect("at once"), None);
    let late = browser().get(format!("{base}/doctors/asha-naik/changes")).send().await;
    assert_eq!(late.expect("an answer").status(), 503);
}

#[tokio::test]
async fn unknown_doctors_are_404_and_events_are_never_compressed() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    for slug in ["nobody", "..%2f", "%20", "Asha-Naik"] {
        let address = format!("{base}/doctors/{slug}/changes");
        let answer = browser().get(address).send().await.expect("an answer");
        assert_eq!(answer.status(), 404, "{slug}");
    }
    // Compression would delay an event until the encoder has enough data.
    let mut request = browser().get(format!("{base}/doctors/asha-naik/changes"));
    request = request.header("accept-encoding", "gzip, br");
    let answer = request.send().await.expect("an answer");
    assert!(!answer.headers().contains_key("content-encoding"));
}
