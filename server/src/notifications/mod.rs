//! Notifications: [`Maker`] makes them from the events of the log, [`dispatcher`] sends them.
//!
//! [`nadi::notification_rules::planned_notifications`] decides who gets which message. Those about accounts are queued
//! by the change itself ([`account_messages`]). A notification is a row with a state of its own; events never change
//! when a message is sent, fails or is given up.

pub mod account_messages;
mod account_texts;
mod delivery_slots;
pub mod dispatcher;
pub mod store;
pub mod transport;

use std::collections::HashSet;
use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use nadi::events::{EventType, SCHEMA_VERSION};
use nadi::notification_rules::{AccountTemplate, Recipient, planned_notifications};
use nadi::retention;
use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

// For other capabilities and commands.
pub use crate::notifications::store::{Dead, ENCRYPTED, dead, requeue};

use crate::config::Confirmation;
use crate::events::StoredEvent;
use crate::events::reader::{Reader, Run};
use crate::notifications::store::NewNotification;
use crate::state::AppState;

/// The type of a new hold.
const HELD: &str = "appointment.held";
/// The name under which the reader's position in the event log is stored.
pub const READER: &str = "notifications";
/// Entries that the previous release wrote to its outbox are taken over when it has not delivered them after this
/// long, which means that it no longer runs.
const LEFT_OVER_AFTER: Duration = Duration::seconds(10);
const TAKE_OVER_EVERY: Duration = Duration::seconds(5);
const LEFT_OVER_AT_ONCE: i64 = 500;
/// Messages that it gives up because it does not know them are sent by this release, if they are not older.
const REVIVED_WITHIN: Duration = Duration::hours(1);
/// How many batches of events are read before messages are sent.
const ROUNDS_MAX: usize = 5;
/// The least time between the starts of two reads. Too short for patients to notice, long enough that bookings
/// shortly after each other share a transaction.
const PAUSE: StdDuration = StdDuration::from_millis(25);
/// The pause before trying again while another instance runs the reader.
const OTHER_INSTANCE_PAUSE: StdDuration = StdDuration::from_millis(10);
/// Delivered notifications are deleted after this long.
const KEPT_FOR: Duration = Duration::days(retention::MESSAGE);
/// Those that were given up: until then they can be sent again.
const DEAD_KEPT_FOR: Duration = Duration::days(retention::UNDELIVERED_MESSAGE);
const FORGOTTEN_AT_ONCE: i64 = 1_000;

/// The reader of the event log that makes notifications.
#[derive(Debug)]
pub struct Maker {
    reader: Reader,
    /// When it last looked for outbox entries of the previous release.
    taken_over_at: Option<DateTime<Utc>>,
    /// When it last started to read.
    read_at: Option<Instant>,
}

impl Default for Maker {
    fn default() -> Self {
        Self { reader: Reader::new(READER), taken_over_at: None, read_at: None }
    }
}

impl Maker {
    /// Makes the notifications of events written since the last run; returns how many events there were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_once(&mut self, app_state: &AppState) -> anyhow::Result<usize> {
        // Events that arrive during the pause are read together.
        if let Some(at) = self.read_at {
            tokio::time::sleep_until(at + PAUSE).await;
        }
        self.read_at = Some(Instant::now());
        let mut read = 0;
        // Under load there are always more events, so stop after some batches to send messages.
        for _ in 0..ROUNDS_MAX {
            let run = self
                .reader
                .run(app_state, async |connection, events| {
                    // Events of version 1 were written by the previous release, which delivers them itself.
                    let ours = events.iter().filter(|event| event.schema_version >= SCHEMA_VERSION);
                    make(connection, app_state, ours.cloned().collect()).await
                })
                .await?;
            match run {
                Run::Handled(0) => break,
                Run::Handled(events) => read += events,
                // The other instance may have started before the event that woke us was committed.
                Run::Elsewhere => tokio::time::sleep(OTHER_INSTANCE_PAUSE).await,
            }
        }
        let now = app_state.clock.now();
        if self.taken_over_at.is_none_or(|at| now - at >= TAKE_OVER_EVERY) {
            take_over(app_state).await?;
            revive_unknown(app_state, now).await?;
            self.taken_over_at = Some(now);
        }
        Ok(read)
    }
}

async fn make(
    connection: &mut PgConnection,
    app_state: &AppState,
    events: Vec<StoredEvent>,
) -> anyhow::Result<()> {
    let held = events.iter().filter(|event| event.event_type == HELD);
    let verified =
        accounts_without_code(connection, app_state, held.filter_map(booker).collect()).await?;
    let mut new = Vec::new();
    for event in &events {
        // Types added by a newer release are handled by that release.
        let Some(kind) = EventType::parse(&event.event_type) else { continue };
        let booker = booker(event);
        let needs_code = booker.is_none_or(|account| !verified.contains(&account));
        for planned in planned_notifications(kind, needs_code) {
            let recipient = match planned.recipient {
                Recipient::Booker => booker,
            };
            let (Some(recipient), Some(subject_version)) = (recipient, event.subject_version)
            else {
                tracing::error!(event = event.id, "an event has no account or version");
                continue;
            };
            new.push(NewNotification {
                event: event.id,
                subject: event.subject_id,
                subject_version,
                recipient,
                channel: planned.channel.as_str(),
                template: planned.template.as_str(),
                actor: event.actor.clone(),
                data: code_data(&event.data, event.occurred_at),
                due_at: event.occurred_at,
            });
        }
    }
    if !new.is_empty() {
        store::insert(connection, &new).await?;
        // The previous release does not know these notifications, so its outbox entries are cleared here.
        let subjects: Vec<Uuid> = new.iter().map(|one| one.subject).collect();
        store::overtake_left_over(connection, &subjects, app_state.clock.now()).await?;
    }
    Ok(())
}

/// To which of these accounts no code is sent at the hold: those that may confirm without one, and visitors, who give
/// their address later and are sent a code then.
async fn accounts_without_code(
    connection: &mut PgConnection,
    app_state: &AppState,
    accounts: Vec<Uuid>,
) -> sqlx::Result<HashSet<Uuid>> {
    if accounts.is_empty() {
        return Ok(HashSet::new());
    }
    let is_instant = app_state.settings.confirmation == Confirmation::Instant;
    store::without_code(connection, &accounts, is_instant).await
}

/// Makes notifications of the outbox entries that the previous release has left.
async fn take_over(app_state: &AppState) -> anyhow::Result<()> {
    let now = app_state.clock.now();
    let mut transaction = app_state.write.begin().await?;
    let left =
        store::take_over(&mut transaction, now - LEFT_OVER_AFTER, now, LEFT_OVER_AT_ONCE).await?;
    if left.is_empty() {
        return Ok(());
    }
    let held = left.iter().filter(|event| event.event_type == HELD);
    let accounts = held.filter_map(|event| event.booked_by).collect();
    let verified = accounts_without_code(&mut transaction, app_state, accounts).await?;
    let mut new = Vec::new();
    for event in left {
        let (Some(kind), Some(recipient)) = (EventType::parse(&event.event_type), event.booked_by)
        else {
            continue;
        };
        for planned in planned_notifications(kind, !verified.contains(&recipient)) {
            new.push(NewNotification {
                event: event.id,
                subject: event.appointment_id,
                subject_version: event.appointment_version,
                recipient,
                channel: planned.channel.as_str(),
                template: planned.template.as_str(),
                actor: event.actor.clone(),
                data: code_data(&event.payload, event.occurred_at),
                due_at: event.occurred_at,
            });
        }
    }
    store::insert(&mut transaction, &new).await?;
    transaction.commit().await?;
    Ok(())
}

/// Makes messages due again that the previous release has given up, because it does not know their templates.
async fn revive_unknown(app_state: &AppState, now: DateTime<Utc>) -> sqlx::Result<()> {
    let known: Vec<&str> = AccountTemplate::ALL.iter().map(|known| known.as_str()).collect();
    let mut connection = app_state.write.0.acquire().await?;
    store::revive_unknown(&mut connection, &known, now, now - REVIVED_WITHIN).await
}

/// Deletes some notifications that were delivered or given up long ago; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    let (now, limit) = (app_state.clock.now(), FORGOTTEN_AT_ONCE);
    let delivered = store::forget(&mut connection, now - KEPT_FOR, limit).await?;
    let dead = store::forget_dead(&mut connection, now - DEAD_KEPT_FOR, limit).await?;
    Ok(delivered + dead)
}

/// The account that booked the appointment of an event.
fn booker(event: &StoredEvent) -> Option<Uuid> {
    event.data.get("account")?.as_str()?.parse().ok()
}

/// What a message with a code needs to know about it.
fn code_data(data: &serde_json::Value, sent_at: DateTime<Utc>) -> serde_json::Value {
    match data.get("code_counter") {
        Some(counter) => serde_json::json!({ "code_counter": counter, "code_sent_at": sent_at }),
        None => serde_json::json!({}),
    }
}
