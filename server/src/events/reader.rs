//! Reads the event log without missing anything.
//!
//! Ids are assigned before the commit, so an event may become visible after one with a higher id; a reader that
//! continued from the highest id it has read would miss it. A reader's position is therefore a snapshot
//! (`pg_snapshot`): it has handled every event that is visible in it. An event that is visible now and was not in
//! that snapshot is new, however long its transaction took. Transactions that are still open do not block readers.
//!
//! The position is written in the transaction that handles the events. If it cannot be (position in memory), or if
//! a reader is stopped before the commit, events are handled again. Delivery is at least once, so readers must be
//! idempotent.

use sqlx::{Connection, PgConnection};

use super::store;
use crate::events::store::{Snapshot, StoredEvent};
use crate::state::AppState;

/// How many events are read at once.
const PAGE: i64 = 5_000;

/// A reader of the event log with a name.
#[derive(Debug)]
pub struct Reader {
    name: &'static str,
    page: i64,
}

/// The outcome of a run of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// This many events were handled; 0 means there is nothing new.
    Handled(usize),
    /// Another instance is running the reader of this name.
    Elsewhere,
}

impl Reader {
    pub fn new(name: &'static str) -> Self {
        Self { name, page: PAGE }
    }

    /// Reads about `page` events at once.
    pub fn with_page(self, page: i64) -> Self {
        Self { page, ..self }
    }

    /// Runs a reader whose position is in the database and thus shared by all instances: passes new events to
    /// `handle`, and stores the new position in the same transaction.
    ///
    /// # Errors
    /// When the database does not answer or `handle` fails; then these events are handled again.
    pub async fn run(
        &mut self,
        app_state: &AppState,
        handle: impl AsyncFnOnce(&mut PgConnection, &[StoredEvent]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Run> {
        let mut connection = app_state.write.0.acquire().await?;
        if !store::has_more(&mut connection, self.name).await? {
            app_state.readers.record(self.name, &[], app_state.clock.now());
            return Ok(Run::Handled(0));
        }
        let mut transaction = connection.begin().await?;
        store::prepare_to_read(&mut transaction).await?;
        let Some(position) = store::lock_reader(&mut transaction, self.name).await? else {
            app_state.readers.record(self.name, &[], app_state.clock.now());
            return Ok(Run::Elsewhere);
        };
        let (events, position) = self.read(&mut transaction, &position).await?;
        if events.is_empty() {
            return Ok(Run::Handled(0));
        }
        if let Err(error) = handle(&mut transaction, &events).await {
            // Explicitly, so that the reader's lock is released before the next run.
            transaction.rollback().await?;
            return Err(error);
        }
        store::move_reader(&mut transaction, self.name, &position).await?;
        transaction.commit().await?;
        app_state.readers.record(self.name, &events, app_state.clock.now());
        Ok(Run::Handled(events.len()))
    }

    /// Runs a reader whose position is only in memory, from `position` on. Returns the new events and the new
    /// position.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_from(
        &mut self,
        connection: &mut PgConnection,
        app_state: &AppState,
        position: &Snapshot,
    ) -> sqlx::Result<(Vec<StoredEvent>, Snapshot)> {
        let mut transaction = connection.begin().await?;
        store::prepare_to_read(&mut transaction).await?;
        let (events, position) = self.read(&mut transaction, position).await?;
        transaction.commit().await?;
        app_state.readers.record(self.name, &events, app_state.clock.now());
        Ok((events, position))
    }

    /// The events that are new since `position`, in order of transaction and id, and the position after them.
    async fn read(
        &self,
        connection: &mut PgConnection,
        position: &Snapshot,
    ) -> sqlx::Result<(Vec<StoredEvent>, Snapshot)> {
        let (mut events, now) = store::since(connection, position, self.page).await?;
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Ok((events, now));
        };
        let (first, last, last_id) = (first.transaction_id, last.transaction_id, last.id);
        if i64::try_from(events.len()).is_ok_and(|count| count < self.page) {
            return Ok((events, now));
        }
        // The page is full. End it at a transaction, because the last one may have more events than were read.
        if first < last {
            events.retain(|event| event.transaction_id < last);
            return Ok((events, now.before(last)));
        }
        events.extend(store::rest_of(connection, last, last_id).await?);
        Ok((events, now.before(last + 1)))
    }
}
