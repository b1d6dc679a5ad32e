//! External calendars at an address, whose busy times are not offered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::TimeDelta;
use nadi::Failure;
use nadi::actor::Administers;
use nadi::failure::{CalendarFault, Field, Problem};
use nadi::ids::SlotId;
use nadi::ports::{BusyCalendars, BusyRead, FetchFault, NewBusyCalendar};
use server::busy_times::BusyService;
use server::busy_times::fetch::{ANSWER_WITHIN, BYTES_MAX, FetchError, Fetched, Fetcher};
use server::busy_times::refresh;
use server::config::CalendarSources;
use server::state::AppState;

use crate::support::{Clinic, time};

/// A calendar server on this machine, whose calendar a test can replace.
#[derive(Clone, Default)]
struct CalendarServer {
    text: Arc<std::sync::Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl CalendarServer {
    fn set_calendar(&self, text: &str) {
        *self.text.lock().expect("not poisoned") = text.to_owned();
    }

    async fn open(&self) -> String {
        async fn me(State(me): State<CalendarServer>, headers: HeaderMap) -> Response {
            me.asked.fetch_add(1, Ordering::SeqCst);
            let text = me.text.lock().expect("not poisoned").clone();
            let etag = format!("\"{}\"", text.len());
            if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v == etag.as_str()) {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            ([(header::ETAG, etag)], text).into_response()
        }
        async fn slow(State(me): State<CalendarServer>) {
            me.asked.fetch_add(1, Ordering::SeqCst);
            std::future::pending().await
        }
        let router = Router::new()
            .route("/me.ics", get(me))
            .route("/moved", get(|| async { Redirect::permanent("/me.ics") }))
            .route("/round", get(|| async { Redirect::temporary("/round") }))
            .route("/inside", get(|| async { Redirect::temporary("http://10.0.0.1/") }))
            .route("/file", get(|| async { Redirect::temporary("file:///etc/passwd") }))
            .route("/large", get(|| async { "X".repeat(BYTES_MAX + 1) }))
            .route("/slow", get(slow))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        base
    }
}

fn named(name: &str) -> NewBusyCalendar {
    NewBusyCalendar { name: name.into(), ..NewBusyCalendar::default() }
}

/// Busy from 10:30 to 11:10 in Panjim on Tuesday 24 November, and on every Tuesday after it.
const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\n\
    UID:1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;TZID=Asia/Kolkata:20261124T103000\r\n\
    DTEND;TZID=Asia/Kolkata:20261124T111000\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Theatre\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";
const FREE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nEND:VCALENDAR\r\n";

async fn tuesdays(clinic: &Clinic) -> i64 {
    clinic
        .count(
            "select count(*) from free_slots('2026-11-23 03:30+00') f
             where extract(isodow from f.starts_at at time zone 'Asia/Kolkata') = 2",
        )
        .await
}

#[tokio::test]
async fn busy_times_of_an_external_calendar_are_not_offered() {
    let clinic = Clinic::open().await;
    let fetcher = Fetcher::asking(|ip| ip.is_loopback());
    let busy = BusyService::new(clinic.app_state.clone(), fetcher.clone());
    let mut admin = clinic.patient("Maya").await;
    admin.administers = Administers::Clinics(vec![clinic.clinic]);
    let caller = clinic.caller(&admin);
    let asha = clinic.patient("Asha").await;
    let all = tuesdays(&clinic).await;

    let calendar_server = CalendarServer::default();
    let base = calendar_server.open().await;
    calendar_server.set_calendar(WEEKLY);
    let add = async |path: &str| {
        let address = format!("{base}{path}");
        busy.add_address(&caller, clinic.doctor, named("Hospital"), address).await
    };
    let patient = clinic.caller(&asha);
    let denied = busy.add_address(&patient, clinic.doctor, named("X"), base.clone());
    assert_eq!(denied.await, Err(Failure::NotFound));
    assert_eq!(
        calendar_server.asked.load(Ordering::SeqCst),
        0,
        "nobody is asked for those who may not"
    );
    let refused = |problem| Err(Failure::field(Field::Calendar, problem));
    assert_eq!(add("/nothing").await, refused(Problem::NoAnswer));
    assert_eq!(add("/round").await, refused(Problem::NoAnswer));
    assert_eq!(add("/inside").await, refused(Problem::NotPublic));
    assert_eq!(add("/file").await, refused(Problem::NotPublic));
    let line = 1;
    assert_eq!(
        add("/large").await,
        refused(Problem::MalformedAt { line, reason: CalendarFault::TooMuch })
    );
    assert_eq!(tuesdays(&clinic).await, all, "a refusal changes nothing");

    let read: BusyRead = add("/moved").await.expect("read");
    assert!(read.times >= 4 && read.conflicts == 0, "{read:?}");
    let weeks = all / 9;
    assert_eq!(read.times_removed as i64, 3 * weeks, "10:20, 10:40 and 11:00 on each Tuesday");
    assert_eq!(tuesdays(&clinic).await, all - 3 * weeks);

    // The job reads it again: first unchanged, then malformed, then without events.
    let list =
        async || busy.busy_calendars(&caller, clinic.doctor).await.expect("calendars").remove(0);
    clinic.clock.step(TimeDelta::minutes(61));
    assert_eq!(refresh::run_once(&clinic.app_state, &fetcher).await.expect("ran"), 1);
    assert_eq!(
        refresh::run_once(&clinic.app_state, &fetcher).await.expect("ran"),
        0,
        "not yet again"
    );
    assert_eq!(list().await.fault, None);
    calendar_server.set_calendar(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:nonsense\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    clinic.clock.step(TimeDelta::minutes(61));
    refresh::run_once(&clinic.app_state, &fetcher).await.expect("ran");
    let fault = FetchFault::Malformed { line: 3, reason: CalendarFault::BadValue };
    assert_eq!(list().await.fault, Some(fault));
    assert_eq!(tuesdays(&clinic).await, all - 3 * weeks, "what was read before still counts");
    calendar_server.set_calendar(FREE);
    clinic.clock.step(TimeDelta::hours(3));
    refresh::run_once(&clinic.app_state, &fetcher).await.expect("ran");
    assert_eq!((list().await.fault, tuesdays(&clinic).await), (None, all));
    let read = "select count(*) from events where type = 'busy_calendar.read'";
    assert_eq!(clinic.count(read).await, 1, "only what has changed is in the log");

    // An uploaded file replaces the calendar of the same name; existing bookings stay.
    let slot: i64 = sqlx::query_scalar(
        "select id from free_slots('2026-11-23 08:00+00')
         where to_char(starts_at at time zone 'Asia/Kolkata', 'MM-DD HH24:MI') = '11-24 10:40'",
    )
    .fetch_one(&clinic.pool)
    .await
    .expect("a time");
    clinic.book(&asha, SlotId(slot)).await;
    let send = async |text: &str| {
        busy.add_file(&caller, clinic.doctor, named("Hospital"), text.as_bytes().to_vec()).await
    };
    let malformed = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n";
    let reason = CalendarFault::Unfinished;
    assert_eq!(send(malformed).await, refused(Problem::MalformedAt { line: 2, reason }));
    assert_eq!(tuesdays(&clinic).await, all - 1);
    let read = send(WEEKLY).await.expect("read");
    assert_eq!((read.conflicts, list().await.host), (1, None));
    busy.remove(&caller, clinic.doctor, list().await.id).await.expect("removed");
    assert_eq!(tuesdays(&clinic).await, all - 1);
    clinic.assert_consistent().await;
}

/// What goes by http shows its address, which is often a secret, to everybody in between.
#[tokio::test]
async fn new_calendars_are_read_by_https_unless_the_operator_allows_more() {
    let clinic = Clinic::open().await;
    let mut app_state = clinic.app_state.clone();
    let fetcher = Fetcher::asking(|ip| ip.is_loopback());
    let mut admin = clinic.patient("Maya").await;
    admin.administers = Administers::Clinics(vec![clinic.clinic]);
    let caller = clinic.caller(&admin);
    let calendar_server = CalendarServer::default();
    let address = calendar_server.open().await + "/me.ics";
    calendar_server.set_calendar(WEEKLY);
    let add = async |app_state: &AppState| {
        let busy = BusyService::new(app_state.clone(), fetcher.clone());
        busy.add_address(&caller, clinic.doctor, named("Hospital"), address.clone()).await
    };
    let asked = || calendar_server.asked.load(Ordering::SeqCst);
    app_state.settings.calendar_sources = CalendarSources::Https;
    let refused = Failure::field(Field::Calendar, Problem::NotPublic);
    assert_eq!(add(&app_state).await, Err(refused));
    assert_eq!(asked(), 0, "nobody is asked");
    app_state.settings.calendar_sources = CalendarSources::Any;
    add(&app_state).await.expect("read");
    assert_eq!(asked(), 1);
    // With the stricter setting, what is there already is still read.
    app_state.settings.calendar_sources = CalendarSources::Https;
    clinic.clock.step(TimeDelta::minutes(61));
    assert_eq!(refresh::run_once(&app_state, &fetcher).await.expect("ran"), 1);
    assert_eq!(asked(), 2);
    let faults = "select count(*) from busy_calendars where fault is not null";
    assert_eq!(clinic.count(faults).await, 0);
}

#[tokio::test]
async fn private_addresses_are_never_fetched() {
    let calendar_server = CalendarServer::default();
    let base = calendar_server.open().await;
    let port = base.rsplit(':').next().expect("a port").to_owned();
    let public = Fetcher::new();
    let here = Fetcher::asking(|ip| ip.is_loopback());
    let address = here.address(&format!("{base}/me.ics")).expect("an address");
    assert_eq!(public.address(address.as_str()), None);
    // A host name that resolves to this machine is refused after the lookup.
    let named = public.address(&format!("http://localhost:{port}/me.ics")).expect("a name");
    assert_eq!(public.fetch(&named, None).await, Err(FetchError::NotPublic));
    assert_eq!(calendar_server.asked.load(Ordering::SeqCst), 0);
    calendar_server.set_calendar(FREE);
    assert!(matches!(here.fetch(&address, None).await, Ok(Fetched::Content { .. })));
    let etag = format!("\"{}\"", FREE.len());
    assert_eq!(here.fetch(&address, Some(&etag)).await, Ok(Fetched::Unchanged));
    let slow = here.address(&format!("{base}/slow")).expect("an address");
    let asked = calendar_server.asked.load(Ordering::SeqCst);
    let time_passes = async {
        let is_asked = async || calendar_server.asked.load(Ordering::SeqCst) > asked;
        time::until("the slow server is asked", is_asked).await;
        time::pass(ANSWER_WITHIN + Duration::from_millis(10)).await;
    };
    let (fetched, ()) = tokio::join!(here.fetch(&slow, None), time_passes);
    assert_eq!(fetched, Err(FetchError::NoAnswer));
}
