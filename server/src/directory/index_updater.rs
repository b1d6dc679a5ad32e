//! Keeps the tables of the search up to date: `next_times` after bookings and changes of hours, and `listings`
//! after edits of doctors. Not for deciding what is free: a hold reads slots and seats themselves, so these
//! tables may lag without harm.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use nadi::events::{Data, EventType, NewEvent};
use nadi::ids::{DoctorId, LocationId, SlotId};
use nadi::visit::Mode;
use sqlx::PgConnection;
use uuid::Uuid;

use super::search_words;
use crate::database::is_transient;
use crate::directory::index_refresh::refresh_in;
use crate::directory::store::listings;
use crate::directory::store::next_times::{self, ChangedSlot};
use crate::events;
use crate::events::reader::{Reader, Run};
use crate::events::{Author, StoredEvent};
use crate::state::AppState;

use crate::supervisor::Next;

/// The name under which the reader's position in the event log is stored.
pub const READER: &str = "listings";
/// Events handled in one transaction. The rows of their doctors are locked until it ends.
const EVENTS_PER_BATCH: i64 = 500;
/// The most batches of events that one step handles.
const ROUNDS_MAX: usize = 20;
/// Doctors refreshed in one transaction; each takes about a millisecond.
const DOCTORS_PER_BATCH: usize = 50;
/// The most rows trimmed at once.
const ROWS_TRIMMED_MAX: i64 = 2_000;
/// The job rests this many times as long as it worked, so that under load it leaves the database to bookings.
const REST_FACTOR: u32 = 9;
/// The shortest rest. Doctors booked in the meantime are refreshed together, with one commit.
const REST_MIN: Duration = Duration::from_millis(150);
/// How often each instance recomputes the mean of all ratings.
const MEAN_EVERY: Duration = Duration::from_secs(3_600);
/// How often each instance looks for stale documents and for doctors without next times.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Brings everything up to date: search words, new events, due and stale doctors. For `nadi seed` and tests.
///
/// # Errors
/// When the database does not answer; the next run does the rest.
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

/// Writes the search words and the mean of all ratings.
async fn begin(app_state: &AppState) -> anyhow::Result<()> {
    let mut transaction = app_state.write.0.begin().await?;
    // In one transaction, so that changed words are never written without marking what has to be made again.
    search_words::write(&mut transaction).await?;
    listings::follow_mean(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// The reader of the event log that keeps `next_times` up to date. A booking removes its slot from the stored
/// ones, a cancellation adds it again; where that is not enough, the doctor is marked to be refreshed.
#[derive(Debug)]
pub struct Follower(Reader);

impl Default for Follower {
    fn default() -> Self {
        Self(Reader::new(READER).with_page(EVENTS_PER_BATCH))
    }
}

impl Follower {
    /// Handles the events written since the last run; returns how many.
    ///
    /// # Errors
    /// When the database does not answer; the events are handled again.
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
                    slots.extend(ids.iter().map(|slot| ChangedSlot {
                        slot: slot.0,
                        doctor,
                        location: location.0,
                        mode: mode.as_str(),
                    }));
                };
                add(&data.slots, data.location, data.mode);
                if let Some(previous) = &data.moved_from {
                    add(&previous.slots, previous.location, previous.mode);
                }
            }
            (Some(EventType::Location(_)), Some(Data::Location(data))) => {
                doctors.extend(data.doctors.iter().map(|doctor| doctor.0));
            }
            // Written by this job itself.
            (Some(EventType::Listing(_)), _) => {}
            // All other types, also those of an older or a newer release: refresh the doctor.
            _ => doctors.extend(event.doctor_id),
        }
    }
    slots.sort_unstable();
    slots.dedup();
    doctors.sort_unstable();
    doctors.dedup();
    // Lock before reading, as a refresh does, so that newer data is never overwritten with older data.
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

/// Trims passed times, and refreshes a batch of doctors who are due; with `whole` also ones whose document is
/// stale or who have no next times yet. Returns how many doctors.
///
/// # Errors
/// When the database does not answer.
pub async fn look(app_state: &AppState, whole: bool) -> anyhow::Result<u64> {
    trim(app_state).await?;
    let limit = i64::try_from(DOCTORS_PER_BATCH)?;
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
    next_times::trim(&mut connection, app_state.clock.now(), ROWS_TRIMMED_MAX).await?;
    Ok(())
}

/// Refreshes these doctors; tries again after a serialization failure or deadlock.
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

/// Records an event for each document that was made again, so that other instances invalidate their lists.
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

/// The job, divided into short steps, and its state between them.
#[derive(Default)]
pub struct Steps {
    has_begun: bool,
    follower: Follower,
    /// When it last looked at all doctors. `None`: the next step does.
    looked: Option<Instant>,
    /// The last batch was full, so there is more to do.
    has_more: bool,
    averaged: Option<Instant>,
}

impl Steps {
    /// Does one step; returns when the next one should run.
    ///
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
            // A full batch: there may be more.
            self.has_more = looked >= DOCTORS_PER_BATCH as u64;
            if whole && !self.has_more {
                self.looked = Some(Instant::now());
            }
        } else {
            trim(app_state).await?;
        }
        if read == 0 && looked == 0 {
            return Ok(Next::Scheduled);
        }
        Ok(Next::After(REST_MIN.max(began.elapsed() * REST_FACTOR).min(LOOK_EVERY)))
    }
}
