//! The event log: writing to it, and reading on from a reader's position.
//!
//! Every change is one row, written in the change's own transaction ([`record`]; the hold writes its own,
//! see `bookings/sql/hold.sql`). [`reader`] explains how a reader misses nothing; the readers are [`live`] (cache
//! invalidation and live updates of this instance), [`crate::notifications`] (messages) and
//! [`crate::directory::follow`] (the tables of the search).

pub mod live;
pub mod reader;
pub mod store;

use chrono::{DateTime, Utc};
use nadi::actor::{Caller, Capacity};
use nadi::events::NewEvent;
use nadi::ids::AccountId;
use sqlx::PgConnection;

/// Who made a change, and in which capacity.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    pub capacity: Capacity,
    pub account: Option<AccountId>,
}

impl Author {
    /// The server itself.
    pub const SYSTEM: Self = Self { capacity: Capacity::System, account: None };

    pub fn new(capacity: Capacity, account: AccountId) -> Self {
        Self { capacity, account: Some(account) }
    }

    /// The caller, in this capacity; a visitor has no account.
    pub fn of(caller: &Caller, capacity: Capacity) -> Self {
        Self { capacity, account: caller.signed_in().ok().map(|account| account.account) }
    }
}

/// Writes an event into the log, in the transaction of the change itself.
///
/// # Errors
/// When the database does not answer.
pub async fn record(
    connection: &mut PgConnection,
    event: &NewEvent,
    by: Author,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    store::insert(connection, std::slice::from_ref(event), by, now).await
}
