//! Reading the log without missing anything.
//!
//! Ids are given before the commit, so an event may become visible after one with a higher id; whoever
//! goes on from the highest id that was read misses it. A reader's position is therefore a transaction:
//! all events of the transactions before it have been handled. PostgreSQL tells before which transaction
//! every one has ended (the horizon, `pg_snapshot_xmin`): what these wrote is visible, and nothing can be
//! added to it. The position follows the horizon.
//!
//! A reader does not wait for the horizon, which a long transaction holds back: it handles whatever is
//! visible and remembers what it has handled after its position. When it is restarted, these events are
//! handled once more. So an event is handled at least once, and what a reader does has to be idempotent.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};

use super::store::{self, StoredEvent};
use crate::engine::Engine;

/// Rows read with one statement.
const PAGE: i64 = 5_000;

/// What a reader remembers between two runs.
#[derive(Debug)]
pub struct Reader {
    name: &'static str,
    /// The ids of events at or after its position that it has handled.
    handled: HashSet<i64>,
}

/// What a run has read.
struct Batch {
    /// Not handled before, in the order of reading.
    fresh: Vec<StoredEvent>,
    /// Where the reader stands when these have been handled.
    position: i64,
    /// What it then remembers.
    handled: HashSet<i64>,
}

impl Reader {
    pub fn new(name: &'static str) -> Self {
        Self { name, handled: HashSet::new() }
    }

    /// A run of a reader whose position is in the database, so that whichever instance runs it goes on from
    /// there: hands up to some thousand new events to `handle`, and writes down the new position in the same
    /// transaction. Tells how many events there were; none while another instance runs it.
    ///
    /// # Errors
    /// When the database does not answer or `handle` fails; then these events are handled again.
    pub async fn run(
        &mut self,
        engine: &Engine,
        handle: impl AsyncFnOnce(&mut PgConnection, &[StoredEvent]) -> anyhow::Result<()>,
    ) -> anyhow::Result<usize> {
        let mut connection = engine.write.0.acquire().await?;
        if !store::has_more(&mut connection, self.name).await? {
            self.handled.clear();
            engine.readers.note(self.name, &[], engine.clock.now());
            return Ok(0);
        }
        let mut transaction = connection.begin().await?;
        let Some(position) = store::lock_reader(&mut transaction, self.name).await? else {
            return Ok(0);
        };
        let batch = self.read(&mut transaction, position).await?;
        if !batch.fresh.is_empty() {
            handle(&mut transaction, &batch.fresh).await?;
        }
        if batch.position != position {
            store::move_reader(&mut transaction, self.name, batch.position).await?;
        }
        transaction.commit().await?;
        self.handled = batch.handled;
        engine.readers.note(self.name, &batch.fresh, engine.clock.now());
        Ok(batch.fresh.len())
    }

    /// A run of a reader that begins anew with its process, from `position` on. Gives the new events and the
    /// new position.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_from(
        &mut self,
        connection: &mut PgConnection,
        engine: &Engine,
        position: i64,
    ) -> sqlx::Result<(Vec<StoredEvent>, i64)> {
        let batch = self.read(connection, position).await?;
        self.handled = batch.handled;
        engine.readers.note(self.name, &batch.fresh, engine.clock.now());
        Ok((batch.fresh, batch.position))
    }

    async fn read(&self, connection: &mut PgConnection, position: i64) -> sqlx::Result<Batch> {
        // First the horizon, and then the rows: what was written before it is among them.
        let horizon = store::horizon(connection).await?;
        let mut batch = Batch { fresh: Vec::new(), position: horizon, handled: HashSet::new() };
        let mut after = (position, i64::MIN);
        loop {
            let page = store::after(connection, after, PAGE).await?;
            let Some(last) = page.last().map(|event| (event.transaction_id, event.id)) else {
                break;
            };
            let is_last = (page.len() as i64) < PAGE;
            for event in page {
                if event.transaction_id >= horizon || !is_last {
                    batch.handled.insert(event.id);
                }
                if !self.handled.contains(&event.id) {
                    batch.fresh.push(event);
                }
            }
            if is_last {
                break;
            }
            // The transaction of the last row may have more.
            if !batch.fresh.is_empty() && last.0 > position {
                batch.position = horizon.min(last.0);
                break;
            }
            after = last;
        }
        Ok(batch)
    }
}

/// How far behind the readers of this instance are.
#[derive(Debug, Default)]
pub struct ReaderStatuses(Mutex<BTreeMap<&'static str, ReaderStatus>>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReaderStatus {
    /// The age of the oldest event of the last run when it was handled, in seconds.
    pub lag: f64,
    /// Events handled since this instance began.
    pub handled: u64,
}

impl ReaderStatuses {
    fn note(&self, name: &'static str, events: &[StoredEvent], now: DateTime<Utc>) {
        let oldest = events.iter().map(|event| event.occurred_at).min();
        let mut all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let status = all.entry(name).or_default();
        status.lag = oldest.map_or(0.0, |at| (now - at).as_seconds_f64().max(0.0));
        status.handled += events.len() as u64;
    }

    /// How the reader of this name is doing.
    pub fn get(&self, name: &str) -> ReaderStatus {
        let all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.get(name).copied().unwrap_or_default()
    }

    /// In the format that Prometheus reads.
    pub fn metrics(&self) -> String {
        let all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut text = String::from(
            "# HELP nadi_event_reader_lag_seconds Age of the oldest event of the last run when it was handled.\n\
             # TYPE nadi_event_reader_lag_seconds gauge\n",
        );
        for (name, status) in all.iter() {
            text +=
                &format!("nadi_event_reader_lag_seconds{{reader=\"{name}\"}} {:.3}\n", status.lag);
        }
        text += "# HELP nadi_event_reader_handled_total Events handled.\n\
                 # TYPE nadi_event_reader_handled_total counter\n";
        for (name, status) in all.iter() {
            text += &format!(
                "nadi_event_reader_handled_total{{reader=\"{name}\"}} {}\n",
                status.handled
            );
        }
        text
    }
}
