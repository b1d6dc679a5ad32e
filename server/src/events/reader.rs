//! Reading the log without missing anything.
//!
//! Ids are given before the commit, so an event may become visible after one with a higher id; whoever
//! goes on from the highest id that was read misses it. A reader's position is therefore a snapshot
//! (`pg_snapshot`): it has handled every event that is visible in it. What is visible now and was not in that
//! snapshot is new, however long its transaction took, and a transaction that is still open holds nothing up.
//!
//! The position is written in the transaction that handles the events. Where it cannot be (in memory), or when
//! a reader is stopped before the commit, events are handled once more: each at least once, so what a reader does
//! has to be idempotent.

use sqlx::{Connection, PgConnection};

use super::store;
use crate::events::store::{Snapshot, StoredEvent};
use crate::state::AppState;

/// Events read at once.
const PAGE: i64 = 5_000;

/// A reader of the log, by its name.
#[derive(Debug)]
pub struct Reader {
    name: &'static str,
    page: i64,
}

/// What a run of a reader came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// So many events were handled; 0: there is nothing new.
    Handled(usize),
    /// Another instance is reading in its name.
    Elsewhere,
}

impl Reader {
    pub fn new(name: &'static str) -> Self {
        Self { name, page: PAGE }
    }

    /// Reads about so many events at once.
    pub fn with_page(self, page: i64) -> Self {
        Self { page, ..self }
    }

    /// A run of a reader whose position is in the database, so that whichever instance runs it goes on from
    /// there: hands new events to `handle`, and writes down the new position in the same transaction.
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
            app_state.readers.note(self.name, &[], app_state.clock.now());
            return Ok(Run::Handled(0));
        }
        let mut transaction = connection.begin().await?;
        store::prepare_to_read(&mut transaction).await?;
        let Some(position) = store::lock_reader(&mut transaction, self.name).await? else {
            app_state.readers.note(self.name, &[], app_state.clock.now());
            return Ok(Run::Elsewhere);
        };
        let (events, position) = self.read(&mut transaction, &position).await?;
        if events.is_empty() {
            return Ok(Run::Handled(0));
        }
        if let Err(error) = handle(&mut transaction, &events).await {
            // At once, so that the next run does not find the reader taken.
            transaction.rollback().await?;
            return Err(error);
        }
        store::move_reader(&mut transaction, self.name, &position).await?;
        transaction.commit().await?;
        app_state.readers.note(self.name, &events, app_state.clock.now());
        Ok(Run::Handled(events.len()))
    }

    /// A run of a reader that begins anew with its process, from `position` on. Gives the new events and the
    /// new position.
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
        app_state.readers.note(self.name, &events, app_state.clock.now());
        Ok((events, position))
    }

    /// What is new since `position`, in the order of reading, and the position after it.
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
        // There is more. Up to whole transactions: of the last one there may be more, too.
        if first < last {
            events.retain(|event| event.transaction_id < last);
            return Ok((events, now.before(last)));
        }
        events.extend(store::rest_of(connection, last, last_id).await?);
        Ok((events, now.before(last + 1)))
    }
}
