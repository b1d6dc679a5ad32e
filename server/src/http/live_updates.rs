//! `GET /doctors/{slug}/changes`: says to whoever looks at a doctor's times that they have changed, and
//! nothing else. What they are now is asked for as always.
//!
//! A listener is a body that waits: no task and no timer thread of its own, and no more than so many at
//! once. It hears at most one event each [`Limits::rest`], and one too many rather than one too few.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use moka::sync::Cache;
use nadi::Failure;
use nadi::actor::{Actor, Caller};
use nadi::ids::DoctorId;
use nadi::input::Slug;
use nadi::ports::DoctorKey;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Web;
use crate::cache::invalidation::{Change, Invalidation};

/// The most listeners on one instance.
const LISTENERS: usize = 10_000;
/// One connection of six stays for those who ask for something.
const HEAD_ROOM: usize = 6;
/// Whoever looked a doctor up knows for so long who that is.
const KNOWN_FOR: Duration = Duration::from_secs(60);
const KNOWN: u64 = 10_000;
/// When to ask again after a refusal, in seconds.
const AGAIN_SECONDS: &str = "30";
/// A listener that lost its connection comes back after this, or up to three times of it.
const BACK_AFTER: Duration = Duration::from_secs(2);
/// All who hear of a change ask within this time, and each of them makes it longer: a thousand
/// listeners of one doctor ask within ten seconds.
const ASK_WITHIN: Duration = Duration::from_millis(600);
const ASK_WITHIN_EACH: Duration = Duration::from_millis(10);
const ASK_WITHIN_MAX: Duration = Duration::from_secs(60);

/// What a listener may expect.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub listeners: usize,
    /// At least this long between two events.
    pub rest: Duration,
    /// Something is sent this often, and up to a quarter later: so both sides know that the other is there.
    pub heartbeat: Duration,
    /// A listener is ended after this long, or up to a quarter later, and comes back.
    pub life: Duration,
}

/// Who listens here.
#[derive(Clone, Debug)]
pub struct Live {
    limits: Limits,
    places: Arc<Semaphore>,
    ended: CancellationToken,
    known: Cache<String, DoctorId>,
}

impl Live {
    /// For a server that takes so many connections.
    pub fn new(connections: usize) -> Self {
        Self::with(Limits {
            listeners: LISTENERS.min(connections - connections / HEAD_ROOM),
            rest: Duration::from_millis(250),
            heartbeat: Duration::from_secs(20),
            life: Duration::from_secs(10 * 60),
        })
    }

    pub fn with(limits: Limits) -> Self {
        Self {
            limits,
            places: Arc::new(Semaphore::new(limits.listeners)),
            ended: CancellationToken::new(),
            known: Cache::builder().max_capacity(KNOWN).time_to_live(KNOWN_FOR).build(),
        }
    }

    /// Ends all listeners now: the server is about to stop.
    pub fn end(&self) {
        self.ended.cancel();
    }
}

/// What the query says.
#[derive(Deserialize)]
pub struct Asked {
    /// The mark of the times that are shown (`PickerTimes::mark`).
    after: Option<String>,
}

/// 200 with events; 404 for a doctor nobody knows; 503 with `Retry-After` when there are too many listeners.
/// A `Last-Event-ID` or `?after=` that is not the present mark is answered with an event at once.
pub async fn changes(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let Ok(place) = web.live.places.clone().try_acquire_owned() else { return refused() };
    if web.live.ended.is_cancelled() {
        return refused();
    }
    let doctor = match doctor(&web, &slug).await {
        Ok(doctor) => doctor,
        Err(Failure::NotFound) => {
            return (StatusCode::NOT_FOUND, "No such doctor.\n").into_response();
        }
        Err(_) => return refused(),
    };
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = last.or(asked.after.as_deref());
    let listening = Listening::new(&web, place, doctor, seen);
    let events = Sse::new(stream::unfold(listening, Listening::next));
    // The second is for proxies that would wait for more before passing it on.
    ([(header::CACHE_CONTROL.as_str(), "no-store"), ("x-accel-buffering", "no")], events)
        .into_response()
}

async fn doctor(web: &Web, slug: &str) -> Result<DoctorId, Failure> {
    if let Some(doctor) = web.live.known.get(slug) {
        return Ok(doctor);
    }
    let key = DoctorKey::Slug(Slug::parse(slug).ok_or(Failure::NotFound)?);
    let now = web.app_state.clock.now();
    let caller = Caller { actor: Actor::Visitor, now, request_id: Uuid::nil() };
    let doctor = web.ports.directory.doctor(&caller, &key).await?.id;
    web.live.known.insert(slug.to_owned(), doctor);
    Ok(doctor)
}

/// The page then asks from time to time instead.
fn refused() -> Response {
    let headers = [(header::RETRY_AFTER, AGAIN_SECONDS)];
    (StatusCode::SERVICE_UNAVAILABLE, headers, "Too many listen at once.\n").into_response()
}

/// One listener, between two things it hears.
struct Listening {
    invalidation: Arc<Invalidation>,
    doctor: DoctorId,
    changes: watch::Receiver<Change>,
    limits: Limits,
    ended: CancellationToken,
    /// The number of changes it knows of.
    told: u64,
    /// Has it been greeted; and with an event, as it comes with an older mark?
    greeting: Option<bool>,
    quiet_until: Instant,
    heartbeat_at: Instant,
    ends_at: Instant,
    _place: OwnedSemaphorePermit,
}

type Said = Option<(Result<Event, Infallible>, Listening)>;

impl Listening {
    fn new(web: &Web, place: OwnedSemaphorePermit, doctor: DoctorId, seen: Option<&str>) -> Self {
        let limits = web.live.limits;
        let invalidation = web.app_state.invalidation.clone();
        let changes = invalidation.subscribe(doctor);
        let told = changes.borrow().number;
        let is_behind = seen.is_some_and(|seen| seen != invalidation.version_of(told));
        let now = Instant::now();
        Self {
            invalidation,
            doctor,
            changes,
            limits,
            ended: web.live.ended.clone(),
            told,
            greeting: Some(is_behind),
            quiet_until: now,
            heartbeat_at: now + up_to_a_quarter_more(limits.heartbeat),
            ends_at: now + up_to_a_quarter_more(limits.life),
            _place: place,
        }
    }

    async fn next(mut self) -> Said {
        if let Some(is_behind) = self.greeting.take() {
            // Without data it is no event to a browser, which keeps its id and the time to come back after.
            let hello = if is_behind { self.event() } else { self.mark() };
            return Some((
                Ok(hello.retry(BACK_AFTER.mul_f64(1.0 + 2.0 * rand::random::<f64>()))),
                self,
            ));
        }
        if self.ended.is_cancelled() || self.ends_at <= Instant::now() {
            return None;
        }
        let said = tokio::select! {
            biased;
            () = self.ended.cancelled() => return None,
            changes = change_after(&mut self.changes, self.told, self.quiet_until) => {
                self.told = changes;
                self.event()
            }
            () = sleep_until(self.heartbeat_at.min(self.ends_at)) => {
                if self.ends_at <= Instant::now() {
                    // The last word is an event: whoever looks on for that long looks again once,
                    // at what no instance has told us of.
                    self.event()
                } else {
                    Event::default().comment("")
                }
            }
        };
        let now = Instant::now();
        self.quiet_until = now + self.limits.rest;
        self.heartbeat_at = now + up_to_a_quarter_more(self.limits.heartbeat);
        Some((Ok(said), self))
    }

    fn mark(&self) -> Event {
        Event::default().id(self.invalidation.version_of(self.told))
    }

    /// Its data is the time within which to ask for the times, in milliseconds.
    fn event(&self) -> Event {
        let listeners = self.invalidation.subscribers(self.doctor);
        let within = ASK_WITHIN + ASK_WITHIN_EACH * u32::try_from(listeners).unwrap_or(u32::MAX);
        self.mark().data(within.min(ASK_WITHIN_MAX).as_millis().to_string())
    }
}

/// The number of the first change after `told`, not before `quiet_until`.
async fn change_after(
    changes: &mut watch::Receiver<Change>,
    told: u64,
    quiet_until: Instant,
) -> u64 {
    sleep_until(quiet_until).await;
    let number = changes.wait_for(|change| change.number != told).await.map(|change| change.number);
    match number {
        Ok(number) => number,
        // The sender lives as long as the listener's `invalidation`.
        Err(_) => std::future::pending().await,
    }
}

/// So that those who came together do not all come back together.
fn up_to_a_quarter_more(time: Duration) -> Duration {
    time + time.mul_f64(rand::random::<f64>() / 4.0)
}
