//! `GET /doctors/{slug}/changes`: tells everybody who looks at a doctor's times that they have changed, and
//! nothing else. The page then asks for the times as usual.
//!
//! A listener is a response body that waits: it has no task and no thread of its own, and their number is
//! limited. A listener gets at most one event each [`Limits::min_event_interval`], and rather one too many than one
//! too few.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use app::messages;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use moka::sync::Cache;
use nadi::Failure;
use nadi::actor::{Actor, Caller, Network};
use nadi::ids::DoctorId;
use nadi::input::Slug;
use nadi::ports::{Directory, DoctorKey, Ports};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::cache::invalidation::{Change, Invalidation};
use crate::clock::Clock;
use crate::http::network_places::{NetworkPlace, NetworkPlaces};
use crate::http::security::plain_text;
use crate::http::source;
use crate::state::AppState;

/// The most listeners on one instance.
const LISTENERS: usize = 10_000;
/// The most listeners of one network, so that nobody can take the places of all others. An office behind one address
/// has fewer pages open at once; those beyond ask from time to time instead.
const LISTENERS_PER_NETWORK: usize = 200;
/// One connection of so many is reserved for other requests.
const RESERVED_SHARE: usize = 6;
/// How long, and for how many doctors, the id that belongs to a slug is remembered.
const SLUGS_FOR: Duration = Duration::from_secs(60);
const SLUGS_MAX: u64 = 10_000;
/// `Retry-After` of a refusal.
const RETRY_AFTER_SECONDS: &str = "30";
/// A listener that lost its connection reconnects after this, or up to three times as long.
const RECONNECT_AFTER: Duration = Duration::from_secs(2);
/// All who are told of a change ask for the times within this time, which grows with their number: a thousand
/// listeners of one doctor ask within ten seconds.
const ASK_WITHIN: Duration = Duration::from_millis(600);
const ASK_WITHIN_EACH: Duration = Duration::from_millis(10);
const ASK_WITHIN_MAX: Duration = Duration::from_secs(60);

/// How listeners are treated.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub listeners: usize,
    pub listeners_per_network: usize,
    /// At least this long between two events.
    pub min_event_interval: Duration,
    /// Something is sent this often, or up to a quarter later, so that both sides know that the other is there.
    pub heartbeat_interval: Duration,
    /// A response ends after this long, or up to a quarter later, and the listener reconnects.
    pub max_connection_age: Duration,
}

/// The listeners of this instance.
#[derive(Clone, Debug)]
pub struct Listeners {
    limits: Limits,
    places: Arc<Semaphore>,
    networks: NetworkPlaces,
    ended: CancellationToken,
}

/// The place of a listener, among all and among those of its network.
struct Place {
    _place: OwnedSemaphorePermit,
    _of_network: Option<NetworkPlace>,
}

impl Listeners {
    /// For a server that takes so many connections.
    pub fn new(connections: usize) -> Self {
        Self::with(Limits {
            listeners: LISTENERS.min(connections - connections / RESERVED_SHARE),
            listeners_per_network: LISTENERS_PER_NETWORK,
            min_event_interval: Duration::from_millis(250),
            heartbeat_interval: Duration::from_secs(20),
            max_connection_age: Duration::from_secs(10 * 60),
        })
    }

    pub fn with(limits: Limits) -> Self {
        Self {
            limits,
            places: Arc::new(Semaphore::new(limits.listeners)),
            networks: NetworkPlaces::new(limits.listeners_per_network, false),
            ended: CancellationToken::new(),
        }
    }

    /// `None`: there are too many listeners, or too many of this network.
    fn take(&self, network: Option<Network>) -> Option<Place> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        let of_network = match network {
            Some(network) => Some(self.networks.take(network)?),
            None => None,
        };
        Some(Place { _place: place, _of_network: of_network })
    }

    /// Ends all responses, because the server is about to stop.
    pub fn end(&self) {
        self.ended.cancel();
    }
}

/// What the handler needs.
#[derive(Clone)]
pub struct LiveUpdates {
    listeners: Listeners,
    directory: Arc<dyn Directory>,
    invalidation: Arc<Invalidation>,
    clock: Arc<dyn Clock>,
    slugs: Cache<String, DoctorId>,
}

impl LiveUpdates {
    pub fn new(listeners: &Listeners, app_state: &AppState, ports: &Ports) -> Self {
        Self {
            listeners: listeners.clone(),
            directory: ports.directory.clone(),
            invalidation: app_state.invalidation.clone(),
            clock: app_state.clock.clone(),
            slugs: Cache::builder().max_capacity(SLUGS_MAX).time_to_live(SLUGS_FOR).build(),
        }
    }

    async fn doctor(&self, slug: &str) -> Result<DoctorId, Failure> {
        if let Some(doctor) = self.slugs.get(slug) {
            return Ok(doctor);
        }
        let key = DoctorKey::Slug(Slug::parse(slug).ok_or(Failure::NotFound)?);
        let caller = Caller {
            actor: Actor::Visitor(None),
            now: self.clock.now(),
            request_id: Uuid::nil(),
            device: None,
            network: None,
        };
        let doctor = self.directory.doctor(&caller, &key).await?.id;
        self.slugs.insert(slug.to_owned(), doctor);
        Ok(doctor)
    }
}

#[derive(Deserialize)]
pub struct ChangesQuery {
    /// The version of the times that the page shows (`PickerTimes::mark`).
    after: Option<String>,
}

/// 200 with events; 404 for an unknown doctor; 503 with `Retry-After` when there are too many listeners, of all or of
/// the client's network. If
/// `Last-Event-ID` or `?after=` is not the current version, an event is sent at once.
pub async fn changes(
    State(live): State<LiveUpdates>,
    Path(slug): Path<String>,
    Query(query): Query<ChangesQuery>,
    request: Request,
) -> Response {
    let Some(place) = live.listeners.take(source::network_of(&request)) else { return refused() };
    if live.listeners.ended.is_cancelled() {
        return refused();
    }
    let doctor = match live.doctor(&slug).await {
        Ok(doctor) => doctor,
        Err(failure @ Failure::NotFound) => {
            let text = plain_text(&messages::failure(&failure));
            return (StatusCode::NOT_FOUND, text).into_response();
        }
        Err(_) => return refused(),
    };
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let shown = last.or(query.after.as_deref());
    let listener = Listener::new(&live, place, doctor, shown);
    let events = Sse::new(stream::unfold(listener, Listener::next));
    // The second header keeps proxies from collecting events before they pass them on.
    ([(header::CACHE_CONTROL.as_str(), "no-store"), ("x-accel-buffering", "no")], events)
        .into_response()
}

/// The page then asks from time to time instead.
fn refused() -> Response {
    let headers = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)];
    let text = plain_text(&messages::failure(&Failure::Busy));
    (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
}

/// One listener, between two events.
struct Listener {
    invalidation: Arc<Invalidation>,
    doctor: DoctorId,
    changes: watch::Receiver<Change>,
    limits: Limits,
    ended: CancellationToken,
    /// The number of the last change that it was told of.
    told: u64,
    /// `None` once it is greeted; `true` if the page shows an older version, so that the greeting is an event.
    greeting: Option<bool>,
    quiet_until: Instant,
    heartbeat_at: Instant,
    ends_at: Instant,
    _place: Place,
}

type NextEvent = Option<(Result<Event, Infallible>, Listener)>;

impl Listener {
    fn new(live: &LiveUpdates, place: Place, doctor: DoctorId, shown: Option<&str>) -> Self {
        let limits = live.listeners.limits;
        let invalidation = live.invalidation.clone();
        let changes = invalidation.subscribe(doctor);
        let told = changes.borrow().number;
        let is_behind = shown.is_some_and(|shown| shown != invalidation.version_of(told));
        let now = Instant::now();
        Self {
            invalidation,
            doctor,
            changes,
            limits,
            ended: live.listeners.ended.clone(),
            told,
            greeting: Some(is_behind),
            quiet_until: now,
            heartbeat_at: now + up_to_a_quarter_more(limits.heartbeat_interval),
            ends_at: now + up_to_a_quarter_more(limits.max_connection_age),
            _place: place,
        }
    }

    async fn next(mut self) -> NextEvent {
        if let Some(is_behind) = self.greeting.take() {
            // Without data it is not an event to the browser, which only stores the id and when to reconnect.
            let greeting = if is_behind { self.event() } else { self.version() };
            return Some((
                Ok(greeting.retry(RECONNECT_AFTER.mul_f64(1.0 + 2.0 * rand::random::<f64>()))),
                self,
            ));
        }
        if self.ended.is_cancelled() || self.ends_at <= Instant::now() {
            return None;
        }
        let event = tokio::select! {
            biased;
            () = self.ended.cancelled() => return None,
            changes = change_after(&mut self.changes, self.told, self.quiet_until) => {
                self.told = changes;
                self.event()
            }
            () = sleep_until(self.heartbeat_at.min(self.ends_at)) => {
                if self.ends_at <= Instant::now() {
                    // The last message is an event, so that the page asks once more, in case this instance
                    // has missed a change.
                    self.event()
                } else {
                    Event::default().comment("")
                }
            }
        };
        let now = Instant::now();
        self.quiet_until = now + self.limits.min_event_interval;
        self.heartbeat_at = now + up_to_a_quarter_more(self.limits.heartbeat_interval);
        Some((Ok(event), self))
    }

    fn version(&self) -> Event {
        Event::default().id(self.invalidation.version_of(self.told))
    }

    /// Its data is the time within which to ask for the times, in milliseconds.
    fn event(&self) -> Event {
        let listeners = self.invalidation.subscribers(self.doctor);
        let within = ASK_WITHIN + ASK_WITHIN_EACH * u32::try_from(listeners).unwrap_or(u32::MAX);
        self.version().data(within.min(ASK_WITHIN_MAX).as_millis().to_string())
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

/// Spreads what would otherwise happen to many listeners at the same moment.
fn up_to_a_quarter_more(time: Duration) -> Duration {
    time + time.mul_f64(rand::random::<f64>() / 4.0)
}
