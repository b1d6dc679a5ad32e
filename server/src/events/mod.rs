//! The event log: writing to it, and reading on from a reader's position.
//!
//! Every change is one row, written in the change's own transaction ([`record`]; the hold writes its own, see
//! `bookings/sql/hold_single.sql`). [`reader`] explains how a reader misses nothing; the readers are [`live`]
//! (cache invalidation and live updates of this instance), [`crate::notifications`] (messages),
//! [`crate::directory::index_updater`] (the tables of the search) and [`crate::audit`] (the audit log).

mod author;
pub mod live;
pub mod reader;
mod reader_statuses;
mod store;

use chrono::{DateTime, Utc};
use nadi::events::NewEvent;
use sqlx::PgConnection;

pub use crate::events::author::Author;
pub use crate::events::reader_statuses::{ReaderStatus, ReaderStatuses};

// For other capabilities and commands.
pub use crate::events::store::{
    StoredEvent, adopt, delete_of_appointments, delete_old, is_from_elsewhere,
};

/// Writes an event into the log, in the transaction of the change itself; returns its id, which only messages that
/// are queued with it need.
///
/// # Errors
/// When the database does not answer.
pub async fn record(
    connection: &mut PgConnection,
    event: &NewEvent,
    by: Author,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let ids = store::insert(connection, std::slice::from_ref(event), by, now).await?;
    ids.first().copied().ok_or(sqlx::Error::RowNotFound)
}

/// The same for several events that one transaction has made.
///
/// # Errors
/// When the database does not answer.
pub async fn record_all(
    connection: &mut PgConnection,
    events: &[NewEvent],
    by: Author,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    store::insert(connection, events, by, now).await?;
    Ok(())
}
