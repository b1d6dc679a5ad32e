//! Keeps what the search reads: the next free times of those whose bookings or hours have changed, and
//! the documents of those who were edited. Not where a time is given away: a hold looks at the
//! slots and seats themselves, so that this may stop or lag without harm to anybody's time.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use nadi::events::{Data, EventType, NewEvent};
use nadi::ids::{DoctorId, LocationId, SlotId};
use nadi::visit::Mode;
use sqlx::PgConnection;
use uuid::Uuid;

use super::search_words;
use crate::database::is_transient;
use crate::directory::refresh::refresh_in;
use crate::directory::store::listings;
use crate::directory::store::next_times::{self, Touched};
use crate::events;
use crate::events::reader::{Reader, Run};
use crate::events::{Author, StoredEvent};
use crate::state::AppState;

use crate::supervisor::Next;

/// The name under which its position in the log is kept.
pub const READER: &str = "listings";
/// Events handled in one transaction, whose doctors stay locked meanwhile.
const PAGE: i64 = 500;
/// Batches of events that one step handles at most.
const ROUNDS_MAX: usize = 20;
/// Doctors per transaction; one takes about a millisecond.
const BATCH: usize = 50;
/// Rows trimmed at once.
const TRIM: i64 = 2_000;
/// A tenth of one connection's time at most: under a rush, bookings come first.
const REST: u32 = 9;
/// Whoever is booked meanwhile is refreshed together, with one commit.
const REST_MIN: Duration = Duration::from_millis(150);
/// The mean of all reviews is looked at that often, by each instance.
const MEAN_EVERY: Duration = Duration::from_secs(3_600);
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Everything once: the words, what has happened, whoever is due or stale. For the start of an instance, and
/// for tests.
///
/// # Errors
/// When the database does not answer; what was not done is done by the next run.
pub async fn run_once(app_state: &AppState) -> anyhow::Result<u64> {
    begin(app_state).await?;
    let mut follower = Follower::default();
    let mut done = 0;
    loop {
        let read = follower.run_once(app_state).await?;
        let looked = look(app_state, true).await?;
        done += read + looked;
        if read + looked == 0 {
            return Ok(done);
        }
    }
}

/// The words and the mean of reviews.
async fn begin(app_state: &AppState) -> anyhow::Result<()> {
    let mut connection = app_state.write.0.acquire().await?;
    search_words::write(&mut connection).await?;
    listings::follow_mean(&mut connection).await?;
    Ok(())
}

/// The reader of the log that keeps next free times up to date. A booking takes a time out of those that are
/// kept, or puts it back; where that does not do, the doctor is refreshed by the next look.
#[derive(Debug)]
pub struct Follower(Reader);

impl Default for Follower {
    fn default() -> Self {
        Self(Reader::new(READER).with_page(PAGE))
    }
}

impl Follower {
    /// Handles all events that were written since; tells how many.
    ///
    /// # Errors
    /// When the database does not answer; they are handled again.
    pub async fn run_once(&mut self, app_state: &AppState) -> anyhow::Result<u64> {
        let mut read = 0;
        for _ in 0..ROUNDS_MAX {
            let run = self
                .0
                .run(app_state, async |connection, events| {
                    follow(connection, events, app_state.clock.now()).await?;
                    Ok(())
                })
                .await?;
            match run {
                Run::Handled(0) | Run::Elsewhere => break,
                Run::Handled(events) => read += events as u64,
            }
        }
        Ok(read)
    }
}

async fn follow(
    connection: &mut PgConnection,
    events: &[StoredEvent],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut slots = Vec::new();
    let mut doctors: Vec<Uuid> = Vec::new();
    for event in events {
        let kind = EventType::parse(&event.event_type);
        let data = kind.and_then(|kind| Data::read(kind, &event.data).ok());
        match (kind, data) {
            (Some(EventType::Appointment(life)), Some(Data::Appointment(data))) => {
                use nadi::appointment::Event;
                if matches!(life, Event::Extended | Event::CodeRequested | Event::Confirmed) {
                    continue;
                }
                let Some(doctor) = event.doctor_id else { continue };
                let mut add = |ids: &[SlotId], location: LocationId, mode: Mode| {
                    slots.extend(ids.iter().map(|slot| Touched {
                        slot: slot.0,
                        doctor,
                        location: location.0,
                        mode: mode.as_str(),
                    }));
                };
                add(&data.slots, data.location, data.mode);
                if let Some(former) = &data.moved_from {
                    add(&former.slots, former.location, former.mode);
                }
            }
            (Some(EventType::Location(_)), Some(Data::Location(data))) => {
                doctors.extend(data.doctors.iter().map(|doctor| doctor.0));
            }
            // Made by ourselves.
            (Some(EventType::Listing(_)), _) => {}
            // Also what the release before this one has written, and types of a newer one.
            _ => doctors.extend(event.doctor_id),
        }
    }
    slots.sort_unstable();
    slots.dedup();
    doctors.sort_unstable();
    doctors.dedup();
    // As a refresh does, and before anything is read: what is written then is never older than what was there.
    let mut all: Vec<Uuid> =
        slots.iter().map(|one| one.doctor).chain(doctors.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    listings::lock(connection, &all).await?;
    if !slots.is_empty() {
        next_times::follow_bookings(connection, &slots, now).await?;
    }
    if !doctors.is_empty() {
        next_times::mark_changed(connection, &doctors, now).await?;
    }
    Ok(())
}

/// Trims what has passed, and refreshes some of those who are due, with `whole` also of those who are stale or
/// have no next times yet; tells how many doctors.
///
/// # Errors
/// When the database does not answer.
pub async fn look(app_state: &AppState, whole: bool) -> anyhow::Result<u64> {
    trim(app_state).await?;
    let limit = i64::try_from(BATCH)?;
    let mut connection = app_state.write.0.acquire().await?;
    let mut ids = next_times::due(&mut connection, app_state.clock.now(), limit).await?;
    if whole {
        ids.extend(listings::stale(&mut connection, None, limit).await?);
        ids.extend(next_times::missing(&mut connection, limit).await?);
    }
    drop(connection);
    ids.sort_unstable();
    ids.dedup();
    let count = ids.len() as u64;
    if count > 0 {
        refresh(app_state, ids).await?;
    }
    Ok(count)
}

async fn trim(app_state: &AppState) -> anyhow::Result<()> {
    let mut connection = app_state.write.0.acquire().await?;
    next_times::trim(&mut connection, app_state.clock.now(), TRIM).await?;
    Ok(())
}

/// Refreshes these doctors, again when a rival was met.
async fn refresh(app_state: &AppState, mut ids: Vec<Uuid>) -> anyhow::Result<()> {
    ids.sort_unstable();
    let mut tries = 0;
    loop {
        let mut transaction = app_state.write.begin().await?;
        let now = app_state.clock.now();
        let done = match refresh_in(&mut transaction, &ids, now).await {
            Ok(documents) => record_changes(&mut transaction, &documents, now)
                .await
                .map(|()| !documents.is_empty()),
            Err(error) => Err(error),
        };
        let done = match done {
            Ok(documents) => transaction.commit().await.map(|()| documents),
            Err(error) => Err(error),
        };
        match done {
            Ok(true) => {
                app_state.invalidation.invalidate_listings();
                return Ok(());
            }
            Ok(false) => return Ok(()),
            Err(error) if is_transient(&error) && tries < 3 => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Tells whoever shows lists which documents were made again.
async fn record_changes(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let events: Vec<NewEvent> =
        doctors.iter().map(|doctor| NewEvent::listing_changed(DoctorId(*doctor))).collect();
    if events.is_empty() {
        return Ok(());
    }
    events::record_all(connection, &events, Author::SYSTEM, now).await
}

/// The job in steps, each short, with what it remembers between them.
#[derive(Default)]
pub struct Steps {
    has_begun: bool,
    follower: Follower,
    /// When it last looked for whoever is due. `None`: the next step looks.
    looked: Option<Instant>,
    /// The last look was a full one.
    has_more: bool,
    averaged: Option<Instant>,
}

impl Steps {
    /// # Errors
    /// When the database does not answer.
    pub async fn step(&mut self, app_state: &AppState) -> anyhow::Result<Next> {
        let began = Instant::now();
        if !self.has_begun {
            begin(app_state).await?;
            self.has_begun = true;
            self.averaged = Some(began);
        }
        let is_past = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
        if is_past(self.averaged, MEAN_EVERY) {
            self.averaged = Some(began);
            listings::follow_mean(&mut *app_state.write.0.acquire().await?).await?;
        }
        let read = self.follower.run_once(app_state).await?;
        let began = Instant::now();
        let mut looked = 0;
        let whole = is_past(self.looked, LOOK_EVERY);
        if read > 0 || whole || self.has_more {
            looked = look(app_state, whole).await?;
            // A full look: there is more of it.
            self.has_more = looked >= BATCH as u64;
            if whole && !self.has_more {
                self.looked = Some(Instant::now());
            }
        } else {
            trim(app_state).await?;
        }
        if read == 0 && looked == 0 {
            return Ok(Next::Turn);
        }
        Ok(Next::After(REST_MIN.max(began.elapsed() * REST).min(LOOK_EVERY)))
    }
}
