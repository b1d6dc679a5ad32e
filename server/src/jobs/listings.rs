//! Keeps what the search reads: the next free times of those whose bookings or hours have changed, and
//! the documents of those who were edited. Not where a time is given away: a hold looks at the
//! slots and seats themselves, so that this may stop or lag without harm to anybody's time.

use std::time::{Duration, Instant};

use nadi::ids::DoctorId;
use uuid::Uuid;

use crate::database::is_transient;
use crate::engine::Engine;
use crate::search_words;
use crate::service::listings::refresh_in;
use crate::store::listings as store;

use super::supervisor::Next;

/// Doctors per transaction; one takes about a millisecond.
const BATCH: usize = 50;
/// Rows trimmed at once.
const TRIM: i64 = 2_000;
/// Events that an instance reads up to when it begins.
const UNHEARD: i64 = 20_000;
/// A tenth of one connection's time at most: under a rush, bookings come first.
const REST: u32 = 9;
/// Whoever is booked meanwhile is refreshed together, with one commit.
const REST_MIN: Duration = Duration::from_millis(150);
/// The mean of all reviews is looked at that often, by each instance.
const MEAN_EVERY: Duration = Duration::from_secs(3_600);
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Everything once: the words, whoever was noted, has changed unheard, is due or stale. For the start
/// of an instance, and for tests.
///
/// # Errors
/// When the database does not answer; what was noted stays noted.
pub async fn run_once(engine: &Engine) -> anyhow::Result<u64> {
    begin(engine).await?;
    let mut done = 0;
    loop {
        let noted = refresh_noted(engine).await?;
        let looked = look(engine).await?;
        done += noted + looked;
        if noted + looked == 0 {
            return Ok(done);
        }
    }
}

/// The words, the mean of reviews, and a note of whoever has changed unheard.
async fn begin(engine: &Engine) -> anyhow::Result<()> {
    let mut connection = engine.write.0.acquire().await?;
    search_words::write(&mut connection).await?;
    store::follow_mean(&mut connection).await?;
    for doctor in store::unheard(&mut connection, UNHEARD).await? {
        engine.changes.note(DoctorId(doctor));
    }
    Ok(())
}

/// Refreshes some of those who were noted; tells how many.
///
/// # Errors
/// When the database does not answer; they stay noted.
pub async fn refresh_noted(engine: &Engine) -> anyhow::Result<u64> {
    let noted = engine.changes.take(BATCH);
    if noted.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = noted.iter().map(|doctor| doctor.0).collect();
    if let Err(error) = refresh(engine, ids).await {
        noted.into_iter().for_each(|doctor| engine.changes.put_back(doctor));
        return Err(error);
    }
    Ok(noted.len() as u64)
}

/// Trims what has passed, and refreshes some of those who are due or stale; tells how many doctors.
///
/// # Errors
/// When the database does not answer.
pub async fn look(engine: &Engine) -> anyhow::Result<u64> {
    trim(engine).await?;
    let limit = i64::try_from(BATCH)?;
    let mut connection = engine.write.0.acquire().await?;
    let mut ids = store::due(&mut connection, engine.clock.now(), limit).await?;
    ids.extend(store::stale(&mut connection, None, limit).await?);
    drop(connection);
    ids.sort_unstable();
    ids.dedup();
    let count = ids.len() as u64;
    if count > 0 {
        refresh(engine, ids).await?;
    }
    Ok(count)
}

async fn trim(engine: &Engine) -> anyhow::Result<()> {
    let mut connection = engine.write.0.acquire().await?;
    store::trim(&mut connection, engine.clock.now(), TRIM).await?;
    Ok(())
}

/// Refreshes these doctors, again when a rival was met.
async fn refresh(engine: &Engine, mut ids: Vec<Uuid>) -> anyhow::Result<()> {
    ids.sort_unstable();
    let mut tries = 0;
    loop {
        let mut transaction = engine.write.begin().await?;
        let now = engine.clock.now();
        let done = match refresh_in(&mut transaction, &ids, now).await {
            Ok(documents) => transaction.commit().await.map(|()| documents),
            Err(error) => Err(error),
        };
        match done {
            Ok(true) => {
                engine.changes.note_listings();
                return Ok(());
            }
            Ok(false) => return Ok(()),
            Err(error) if is_transient(&error) && tries < 3 => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// The job in steps, each short, with what it remembers between them.
#[derive(Default)]
pub struct Steps {
    has_begun: bool,
    /// When it last looked for whoever is due. `None`: the next step looks.
    looked: Option<Instant>,
    averaged: Option<Instant>,
}

impl Steps {
    /// # Errors
    /// When the database does not answer.
    pub async fn step(&mut self, engine: &Engine) -> anyhow::Result<Next> {
        let began = Instant::now();
        if !self.has_begun {
            begin(engine).await?;
            self.has_begun = true;
            self.averaged = Some(began);
        }
        let is_past = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
        if is_past(self.averaged, MEAN_EVERY) {
            self.averaged = Some(began);
            store::follow_mean(&mut *engine.write.0.acquire().await?).await?;
        }
        let noted = refresh_noted(engine).await?;
        let mut looked = 0;
        if is_past(self.looked, LOOK_EVERY) {
            self.looked = Some(Instant::now());
            looked = look(engine).await?;
            // A full look: there is more of it.
            if looked >= BATCH as u64 {
                self.looked = None;
            }
        } else {
            trim(engine).await?;
        }
        if noted == 0 && looked == 0 {
            return Ok(Next::Turn);
        }
        Ok(Next::After(REST_MIN.max(began.elapsed() * REST).min(LOOK_EVERY)))
    }
}
