//! Tells people what happened: claims events from the outbox and sends their messages.
//!
//! At least once: an event whose relay died is claimed again when its lease ends,
//! with the same message key. After [`ATTEMPTS_MAX`] tries it is put among the dead,
//! where a person can see it and put it back.

use std::sync::Arc;

use app::words::mail;
use chrono::{DateTime, Duration, Utc};
use futures::future::join_all;
use nadi::appointment::{Event, State};
use nadi::ids::{AccountId, AppointmentId};
use nadi::ports::{Message, MessageFailure, Messages};
use nadi::wall;

use crate::engine::Confirmation;
use crate::engine::Engine;
use crate::store::appointment_rows::{self as rows, Row};
use crate::store::outbox::{self, Claimed};
use crate::store::people;

/// Events delivered at once.
pub const BATCH: usize = 10;
/// Events that nobody waits to hear of, passed over with one statement.
const PASSED_AT_ONCE: i64 = 500;
const ATTEMPTS_MAX: i16 = 8;
/// Longer than a mail server may take (20 s), and short beside the minutes of a hold: when a relay
/// dies in the middle, the patient waits this long for the code.
const LEASE_SECONDS: i64 = 30;

pub struct Relay {
    engine: Engine,
    messages: Arc<dyn Messages>,
    /// Scheme and host, without a slash at the end.
    public_url: String,
}

impl Relay {
    pub fn new(engine: Engine, messages: Arc<dyn Messages>, public_url: String) -> Self {
        Self { engine, messages, public_url }
    }

    /// Delivers what is due, at most one batch; tells how many events were claimed.
    ///
    /// # Errors
    /// When the database does not answer. A message that fails only delays its own event.
    pub async fn run_once(&self) -> anyhow::Result<usize> {
        let now = self.engine.clock.now();
        let lease_until = now + Duration::seconds(LEASE_SECONDS);
        let mut connection = self.engine.write.0.acquire().await?;
        let known_need_no_code = self.engine.settings.confirmation == Confirmation::Instant;
        let silent: Vec<&str> = Event::ALL
            .into_iter()
            .filter(|event| !is_told(*event))
            .map(|event| event.as_str())
            .collect();
        outbox::pass_over(&mut connection, &silent, known_need_no_code, now, PASSED_AT_ONCE)
            .await?;
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let claimed = outbox::claim(&mut connection, now, lease_until, limit).await?;
        drop(connection);
        // At once, so that one slow mail server never holds up a code for long.
        let settled = join_all(claimed.iter().map(|event| self.settle(event, now))).await;
        settled.into_iter().collect::<sqlx::Result<()>>()?;
        Ok(claimed.len())
    }

    /// Delivers one event and writes down how that went.
    async fn settle(&self, event: &Claimed, now: DateTime<Utc>) -> sqlx::Result<()> {
        let delivered = self.deliver(event, now).await;
        let mut connection = self.engine.write.0.acquire().await?;
        let Err(failure) = delivered else {
            return outbox::delivered(&mut connection, event.id, now).await;
        };
        let again = match &failure {
            MessageFailure::Temporary(_) if event.attempts < ATTEMPTS_MAX => {
                Some(now + pause(event.attempts))
            }
            _ => None,
        };
        let dead = again.is_none();
        tracing::warn!(event = event.id, dead, %failure, "a message was not delivered");
        outbox::failed(&mut connection, event.id, again, &failure.to_string()).await
    }

    async fn deliver(&self, event: &Claimed, now: DateTime<Utc>) -> Result<(), MessageFailure> {
        let kind = Event::parse(&event.event_type).ok_or_else(|| {
            MessageFailure::Permanent(format!("unknown event {}", event.event_type))
        })?;
        if !is_told(kind) {
            return Ok(());
        }
        let id = AppointmentId(event.appointment_id);
        let database = |error: sqlx::Error| MessageFailure::Temporary(error.to_string());
        let mut connection = self.engine.write.0.acquire().await.map_err(database)?;
        let row = rows::find(&mut connection, id)
            .await
            .map_err(database)?
            .ok_or_else(|| MessageFailure::Permanent("no such appointment".into()))?;
        let email = people::email(&mut connection, AccountId(row.booked_by))
            .await
            .map_err(database)?
            .ok_or_else(|| MessageFailure::Permanent("no address".into()))?;
        let needs_no_code = self.engine.settings.confirmation == Confirmation::Instant
            && people::is_email_verified(&mut connection, AccountId(row.booked_by))
                .await
                .map_err(database)?;
        drop(connection);
        if needs_no_code && kind == Event::Held {
            return Ok(());
        }
        let Some((subject, body)) = self.words(kind, event, &row, now) else { return Ok(()) };
        let key = format!("{}.{}@nadi", event.id, event.appointment_id);
        self.messages.send(&Message { to: email, subject, body, key }).await
    }

    /// Subject and text. `None`: it no longer matters.
    fn words(
        &self,
        kind: Event,
        event: &Claimed,
        row: &Row,
        now: DateTime<Utc>,
    ) -> Option<(String, String)> {
        let zone = wall::zone(&row.time_zone)?;
        let when = format!(
            "{}, {}, {}",
            wall::date(wall::local_date(row.starts_at, zone)),
            wall::time_range(row.starts_at, row.ends_at, zone),
            wall::zone_name(zone, row.starts_at)
        );
        let link = format!("{}/appointments/{}", self.public_url, row.id);
        let place = format!("{}, {}", row.location_name, row.location_address);
        let visit = mail::Visit {
            doctor: &row.doctor_name,
            when: &when,
            place: &place,
            reference: &row.reference,
            link: &link,
        };
        match kind {
            Event::Held | Event::CodeRequested => {
                let counter = event.payload.get("code_counter").and_then(|v| v.as_i64());
                let superseded = counter.unwrap_or(1) < i64::from(row.code_counter);
                let waiting = row.state == State::Pending.as_str() && row.expires_at > now;
                if superseded || !waiting {
                    return None;
                }
                let code = self.engine.code_key.code(AppointmentId(row.id), row.code_counter);
                let until = wall::time(row.expires_at, zone);
                Some(mail::code(&visit, &code, &until))
            }
            Event::Confirmed => Some(mail::confirmed(&visit)),
            Event::Rescheduled => {
                let before = event.payload.get("moved_from").and_then(|v| v.as_str());
                let before = DateTime::parse_from_rfc3339(before?).ok()?.with_timezone(&Utc);
                let before = format!(
                    "{}, {}",
                    wall::date(wall::local_date(before, zone)),
                    wall::time(before, zone)
                );
                Some(mail::moved(&visit, &before))
            }
            Event::Cancelled => Some(mail::cancelled(&visit, row.cancel_reason.as_deref())),
            _ => None,
        }
    }
}

/// Does anyone wait to hear of it?
fn is_told(event: Event) -> bool {
    match event {
        Event::Held
        | Event::CodeRequested
        | Event::Confirmed
        | Event::Rescheduled
        | Event::Cancelled => true,
        Event::Extended
        | Event::CheckedIn
        | Event::Completed
        | Event::NoShow
        | Event::Reopened
        | Event::Released
        | Event::Expired => false,
    }
}

/// 5 s, 10 s, 20 s … at most 10 minutes.
fn pause(attempts: i16) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or(0);
    Duration::seconds((5_i64 << doublings).min(600))
}
