//! What is to be told to whom: made from the events of the log ([`Maker`]), and sent ([`dispatcher`]).
//!
//! Who is told what is decided by [`nadi::notification::notices`]. A notification is a row with a state of
//! its own; the log is not touched when a message is sent, fails or is given up.

mod delivery_slots;
pub mod dispatcher;
pub mod store;
pub mod transport;

use std::collections::HashSet;
use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use nadi::events::{EventType, SCHEMA_VERSION};
use nadi::notification::{Recipient, notices};
use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

// For other capabilities and commands.
pub use crate::notifications::store::{Dead, dead, requeue};

use crate::config::Confirmation;
use crate::events::StoredEvent;
use crate::events::reader::{Reader, Run};
use crate::notifications::store::NewNotification;
use crate::state::AppState;

/// The type of a new hold.
const HELD: &str = "appointment.held";
/// The name under which its position is kept.
pub const READER: &str = "notifications";
/// What the release before this one has written to the outbox, it delivers itself, unless it has ended.
const LEFT_OVER_AFTER: Duration = Duration::seconds(10);
const TAKE_OVER_EVERY: Duration = Duration::seconds(5);
const LEFT_OVER_AT_ONCE: i64 = 500;
/// So many batches of events are read before messages are sent.
const ROUNDS_MAX: usize = 5;
/// From the beginning of one reading to the next: a patient does not notice, and bookings that come one after
/// another share a transaction.
const PAUSE: StdDuration = StdDuration::from_millis(25);
/// While another instance reads, it is asked again after so long.
const ELSEWHERE_FOR: StdDuration = StdDuration::from_millis(10);
/// Delivered notifications are forgotten after so long.
const KEPT_FOR: Duration = Duration::days(400);
const FORGOTTEN_AT_ONCE: i64 = 1_000;

/// The reader of the log that makes notifications.
#[derive(Debug)]
pub struct Maker {
    reader: Reader,
    /// When it last looked for what the release before this one has left.
    taken_over_at: Option<DateTime<Utc>>,
    /// When it last began to read.
    read_at: Option<Instant>,
}

impl Default for Maker {
    fn default() -> Self {
        Self { reader: Reader::new(READER), taken_over_at: None, read_at: None }
    }
}

impl Maker {
    /// Makes the notifications of all events that were written since; tells how many events there were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_once(&mut self, app_state: &AppState) -> anyhow::Result<usize> {
        // Whoever comes meanwhile is read together.
        if let Some(at) = self.read_at {
            tokio::time::sleep_until(at + PAUSE).await;
        }
        self.read_at = Some(Instant::now());
        let mut read = 0;
        // In a rush there is always more: messages must be sent meanwhile.
        for _ in 0..ROUNDS_MAX {
            let run = self
                .reader
                .run(app_state, async |connection, events| {
                    // Version 1 was written by the release before this one, which delivers it itself.
                    let ours = events.iter().filter(|event| event.schema_version >= SCHEMA_VERSION);
                    make(connection, app_state, ours.cloned().collect()).await
                })
                .await?;
            match run {
                Run::Handled(0) => break,
                Run::Handled(events) => read += events,
                // It may have looked before the event was there that we were woken for.
                Run::Elsewhere => tokio::time::sleep(ELSEWHERE_FOR).await,
            }
        }
        let now = app_state.clock.now();
        if self.taken_over_at.is_none_or(|at| now - at >= TAKE_OVER_EVERY) {
            take_over(app_state).await?;
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
    let proven = need_no_code(connection, app_state, held.filter_map(booker).collect()).await?;
    let mut new = Vec::new();
    for event in &events {
        // A type that a newer release has added is told by that release.
        let Some(kind) = EventType::parse(&event.event_type) else { continue };
        let booker = booker(event);
        let needs_code = booker.is_none_or(|account| !proven.contains(&account));
        for notice in notices(kind, needs_code) {
            let recipient = match notice.recipient {
                Recipient::Booker => booker,
            };
            let (Some(recipient), Some(subject_version)) = (recipient, event.subject_version)
            else {
                tracing::error!(event = event.id, "an event does not say whom it concerns");
                continue;
            };
            new.push(NewNotification {
                event: event.id,
                subject: event.subject_id,
                subject_version,
                recipient,
                channel: notice.channel.as_str(),
                template: notice.template.as_str(),
                actor: event.actor.clone(),
                data: code_counter(&event.data),
                due_at: event.occurred_at,
            });
        }
    }
    if !new.is_empty() {
        store::insert(connection, &new).await?;
        // The release before this one knows nothing of them.
        let subjects: Vec<Uuid> = new.iter().map(|one| one.subject).collect();
        store::overtake_left_over(connection, &subjects, app_state.clock.now()).await?;
    }
    Ok(())
}

/// Which of these accounts confirm what they hold without a code.
async fn need_no_code(
    connection: &mut PgConnection,
    app_state: &AppState,
    accounts: Vec<Uuid>,
) -> sqlx::Result<HashSet<Uuid>> {
    if app_state.settings.confirmation != Confirmation::Instant || accounts.is_empty() {
        return Ok(HashSet::new());
    }
    store::with_proven_address(connection, &accounts).await
}

/// Makes notifications of what the release before this one has left in its outbox.
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
    let proven = need_no_code(&mut transaction, app_state, accounts).await?;
    let mut new = Vec::new();
    for event in left {
        let (Some(kind), Some(recipient)) = (EventType::parse(&event.event_type), event.booked_by)
        else {
            continue;
        };
        for notice in notices(kind, !proven.contains(&recipient)) {
            new.push(NewNotification {
                event: event.id,
                subject: event.appointment_id,
                subject_version: event.appointment_version,
                recipient,
                channel: notice.channel.as_str(),
                template: notice.template.as_str(),
                actor: event.actor.clone(),
                data: code_counter(&event.payload),
                due_at: event.occurred_at,
            });
        }
    }
    store::insert(&mut transaction, &new).await?;
    transaction.commit().await?;
    Ok(())
}

/// Forgets some of what was delivered long ago; tells how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    store::forget(&mut connection, app_state.clock.now() - KEPT_FOR, FORGOTTEN_AT_ONCE).await
}

/// The account that booked the appointment which an event is of.
fn booker(event: &StoredEvent) -> Option<Uuid> {
    event.data.get("account")?.as_str()?.parse().ok()
}

fn code_counter(data: &serde_json::Value) -> serde_json::Value {
    match data.get("code_counter") {
        Some(counter) => serde_json::json!({ "code_counter": counter }),
        None => serde_json::json!({}),
    }
}
