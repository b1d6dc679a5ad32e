//! Sends notifications: claims those that are due, renders their messages in the language of the recipient's account,
//! and passes them to the transport.
//!
//! Delivery is at least once: a notification whose dispatcher died is claimed again when its lease ends, with the
//! same message key. After [`ATTEMPTS_MAX`] tries it becomes dead; `nadi notifications` lists dead ones
//! and requeues them.
//!
//! Delivery is in order: only one message of an appointment is being sent at a time, and one that a later event has
//! overtaken is not sent. Each delivery takes one of the [`crate::notifications::delivery_slots`]; when it ends,
//! the next is claimed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use app::i18n::{self, Language};
use app::links;
use app::messages::emails;
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt;
use nadi::actor::ActingRole;
use nadi::appointment::{CODE_VALID_FOR, State};
use nadi::formatting;
use nadi::ids::{AppointmentId, PersonId};
use nadi::local_time::{LocalTime, LocalTimes};
use nadi::notification_rules::{AccountTemplate, Template, notified_types};
use nadi::ports::{Message, MessageFailure, Messages};
use nadi::visit::Mode;
use sqlx::PgConnection;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::accounts;
use crate::bookings::{self, AppointmentRow};
use crate::keys::Purpose;
use crate::state::AppState;
use crate::supervisor::panic_message;

use super::Maker;
use super::account_texts;
use super::store;
use crate::notifications::delivery_slots::{DeliverySlot, DeliverySlots, Full};
use crate::notifications::store::{Claimed, DeliveryCheck, Lease, Release};

const ATTEMPTS_MAX: i16 = 8;
/// Longer than a mail server may take, and short compared with a hold: when a dispatcher dies while sending, the
/// patient waits this long for the code.
const LEASE: Duration = Duration::seconds(30);
/// Longer than the timeout of the mail server (20 s), and shorter than the lease.
const SEND_WITHIN: StdDuration = StdDuration::from_secs(25);
/// While a domain is at its limit, this many more notifications are claimed than slots are free: those of that domain
/// are parked, which reveals the ones of other domains behind them.
const CLAIMED_BEYOND_SLOTS: usize = 100;
/// How often one run claims again after parking something.
const ROUNDS_MAX: usize = 100;
/// A parked notification is claimed when its domain has a free slot. In case this dispatcher ends before, it becomes
/// due again like any other after this long.
const PARKED_MAX: Duration = Duration::seconds(15);
/// A notification that must wait for another one of its appointment is claimed again after this long.
const BEHIND_PAUSE: Duration = Duration::seconds(1);

#[derive(Clone)]
pub struct Dispatcher(Arc<Shared>);

struct Shared {
    app_state: AppState,
    messages: Arc<dyn Messages>,
    /// Scheme and host, without a trailing slash.
    public_url: String,
    slots: Arc<DeliverySlots>,
    maker: Mutex<Maker>,
}

/// How a delivery ended, if not with a failure.
enum Delivered {
    Sent,
    /// Nothing was sent, because the message is no longer needed.
    Needless,
    /// Nothing was sent, because a later event has its own message.
    Overtaken,
    /// Another message of its appointment must be sent first.
    Behind,
    /// The lease has ended, and another dispatcher may have it.
    Lost,
}

impl Dispatcher {
    pub fn new(app_state: AppState, messages: Arc<dyn Messages>, public_url: String) -> Self {
        Self(Arc::new(Shared {
            app_state,
            messages,
            public_url,
            slots: Arc::default(),
            maker: Mutex::default(),
        }))
    }

    /// Delivers everything that is due and waits for it; returns how many deliveries were started. For tests.
    ///
    /// # Errors
    /// When the database does not answer. A message that fails only delays itself.
    pub async fn run_once(&self) -> anyhow::Result<usize> {
        let tasks = TaskTracker::new();
        let mut all = 0;
        loop {
            let started = self.start_due(&tasks).await?;
            all += started;
            if started == 0 && self.0.slots.all_free() {
                return Ok(all);
            }
            if started == 0 {
                self.delivery_ended().await;
            }
        }
    }

    /// Waits until a delivery has ended since the last call.
    pub async fn delivery_ended(&self) {
        self.0.slots.freed().await;
    }

    /// Starts deliveries of what is due, as far as slots are free, on `tasks`; returns how many. Call it again when a
    /// delivery has ended. Must not run twice at the same time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn start_due(&self, tasks: &TaskTracker) -> anyhow::Result<usize> {
        let Shared { app_state, slots, maker, .. } = &*self.0;
        maker.lock().await.run_once(app_state).await?;
        let now = app_state.clock.now();
        let lease = Lease { now, until: now + LEASE };
        let mut connection = app_state.write.0.acquire().await?;
        let mut started = 0;
        for _ in 0..ROUNDS_MAX {
            let claimed = self.claim_due(&mut connection, lease).await?;
            let mut released = Vec::new();
            for one in claimed {
                match slots.take(one.domain(), is_code(&one)) {
                    Ok(slot) => {
                        started += 1;
                        self.spawn(one, slot, tasks);
                    }
                    Err(full) => released.push(match full {
                        Full::Domain => Release {
                            id: one.id,
                            due_at: now + PARKED_MAX,
                            parked_for: Some(one.domain().to_owned()),
                            leased_until: one.leased_until,
                        },
                        Full::All => Release {
                            id: one.id,
                            due_at: one.was_due_at,
                            parked_for: None,
                            leased_until: one.leased_until,
                        },
                    }),
                }
            }
            let has_parked = released.iter().any(|one| one.parked_for.is_some());
            if !released.is_empty() {
                store::release(&mut connection, &released).await?;
            }
            // Something was parked, so there may be slots for the notifications behind it.
            if !has_parked {
                break;
            }
        }
        for domain in slots.parked() {
            started += self.start_parked(&mut connection, lease, &domain, tasks).await?;
        }
        Ok(started)
    }

    /// Claims what is due, codes first, because somebody is waiting for them.
    async fn claim_due(
        &self,
        connection: &mut PgConnection,
        lease: Lease,
    ) -> sqlx::Result<Vec<Claimed>> {
        let slots = &self.0.slots;
        let spare = if slots.is_any_domain_full() { CLAIMED_BEYOND_SLOTS } else { 0 };
        let limit = |free: usize| i64::try_from(free + spare).unwrap_or(i64::MAX);
        let (for_codes, for_others) = (slots.free(true), slots.free(false));
        let mut claimed = Vec::new();
        if for_codes > 0 {
            claimed = store::claim_codes(connection, lease, limit(for_codes)).await?;
        }
        if for_others > 0 {
            claimed.extend(store::claim_others(connection, lease, limit(for_others)).await?);
        }
        Ok(claimed)
    }

    /// The same for notifications parked for this domain.
    async fn start_parked(
        &self,
        connection: &mut PgConnection,
        lease: Lease,
        domain: &str,
        tasks: &TaskTracker,
    ) -> sqlx::Result<usize> {
        let slots = &self.0.slots;
        let only_codes = slots.free(false) == 0;
        let free = slots.free_for_parked(domain, only_codes);
        if free == 0 {
            return Ok(0);
        }
        let limit = i64::try_from(free).unwrap_or(i64::MAX);
        let claimed = store::claim_parked(connection, lease, limit, domain, only_codes).await?;
        if claimed.len() < free && !only_codes {
            slots.nothing_parked(domain);
        }
        let mut started = 0;
        let mut released = Vec::new();
        for one in claimed {
            match slots.take_parked(domain, is_code(&one)) {
                Ok(slot) => {
                    started += 1;
                    self.spawn(one, slot, tasks);
                }
                Err(_) => released.push(Release {
                    id: one.id,
                    due_at: one.was_due_at,
                    parked_for: Some(domain.to_owned()),
                    leased_until: one.leased_until,
                }),
            }
        }
        if !released.is_empty() {
            store::release(connection, &released).await?;
        }
        Ok(started)
    }

    fn spawn(&self, claimed: Claimed, slot: DeliverySlot, tasks: &TaskTracker) {
        let dispatcher = self.clone();
        tasks.spawn(async move {
            dispatcher.deliver_and_record(&claimed).await;
            drop(slot);
        });
    }

    /// Delivers one notification and records the outcome.
    async fn deliver_and_record(&self, claimed: &Claimed) {
        let outcome = AssertUnwindSafe(self.deliver(claimed)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| {
            Err(MessageFailure::Temporary(format!("panic: {}", panic_message(panic.as_ref()))))
        });
        if let Err(error) = self.record_outcome(claimed, outcome).await {
            tracing::warn!(event = claimed.event_id, %error, "the outcome of a delivery could not be recorded");
        }
    }

    async fn record_outcome(
        &self,
        claimed: &Claimed,
        outcome: Result<Delivered, MessageFailure>,
    ) -> sqlx::Result<()> {
        let app_state = &self.0.app_state;
        let now = app_state.clock.now();
        let mut connection = app_state.write.0.acquire().await?;
        let failure = match outcome {
            Ok(Delivered::Sent | Delivered::Needless) => {
                return store::delivered(&mut connection, claimed.id, now).await;
            }
            Ok(Delivered::Overtaken) => {
                return store::overtaken(&mut connection, claimed.id, now).await;
            }
            Ok(Delivered::Behind) => {
                let released = Release {
                    id: claimed.id,
                    due_at: now + BEHIND_PAUSE,
                    parked_for: None,
                    leased_until: claimed.leased_until,
                };
                return store::release(&mut connection, &[released]).await;
            }
            Ok(Delivered::Lost) => return Ok(()),
            Err(failure) => failure,
        };
        let again = match &failure {
            MessageFailure::Temporary(_) if claimed.attempts < ATTEMPTS_MAX => {
                Some(now + pause(claimed.attempts))
            }
            _ => None,
        };
        let dead = again.is_none();
        tracing::warn!(event = claimed.event_id, dead, %failure, "a message was not delivered");
        store::failed(&mut connection, claimed, again, &failure.to_string()).await
    }

    async fn deliver(&self, claimed: &Claimed) -> Result<Delivered, MessageFailure> {
        if let Some(template) = Template::parse(&claimed.template) {
            self.deliver_about_appointment(claimed, template).await
        } else if let Some(template) = AccountTemplate::parse(&claimed.template) {
            self.deliver_about_account(claimed, template).await
        } else {
            Err(permanent(&format!("unknown template {}", claimed.template)))
        }
    }

    async fn deliver_about_account(
        &self,
        claimed: &Claimed,
        template: AccountTemplate,
    ) -> Result<Delivered, MessageFailure> {
        let Shared { app_state, public_url, .. } = &*self.0;
        let mut connection = app_state.write.0.acquire().await.map_err(database)?;
        if !store::is_mine(&mut connection, claimed).await.map_err(database)? {
            return Ok(Delivered::Lost);
        }
        let now = app_state.clock.now();
        let found = account_texts::secret_of(template, &mut connection, app_state, claimed, now);
        let secret = found.await.map_err(database)?;
        drop(connection);
        if account_texts::has_secret(template) && secret.is_none() {
            return Ok(Delivered::Needless);
        }
        let message = in_language_of(claimed, || {
            account_texts::text(template, &claimed.data, secret.as_deref(), public_url)
        });
        self.send(claimed, message.ok_or_else(|| permanent("unusable data"))?).await
    }

    async fn deliver_about_appointment(
        &self,
        claimed: &Claimed,
        template: Template,
    ) -> Result<Delivered, MessageFailure> {
        let app_state = &self.0.app_state;
        let now = app_state.clock.now();
        let mut connection = app_state.write.0.acquire().await.map_err(database)?;
        let id = AppointmentId(claimed.subject_id);
        // Read the appointment before the check for later events: if there is none then, this data is current.
        let row = bookings::find_appointment(&mut connection, id)
            .await
            .map_err(database)?
            .ok_or_else(|| permanent("no such appointment"))?;
        let person = PersonId(row.person_id);
        let names = accounts::names(&mut connection, &[person]).await.map_err(database)?;
        let notified_types: Vec<&str> = notified_types().map(|kind| kind.as_str()).collect();
        let check = store::check_before_sending(&mut connection, claimed, &notified_types, now)
            .await
            .map_err(database)?;
        drop(connection);
        if !check.is_mine {
            return Ok(Delivered::Lost);
        }
        if check.is_overtaken {
            return Ok(Delivered::Overtaken);
        }
        if check.is_behind {
            return Ok(Delivered::Behind);
        }
        let person = names.get(&person).map_or("", String::as_str);
        let message = in_language_of(claimed, || {
            self.subject_and_body(template, claimed, &row, person, check, now)
        });
        let Some(message) = message else { return Ok(Delivered::Needless) };
        self.send(claimed, message).await
    }

    async fn send(
        &self,
        claimed: &Claimed,
        (subject, body): (String, String),
    ) -> Result<Delivered, MessageFailure> {
        let to = claimed.email.clone().ok_or_else(|| permanent("no address"))?;
        let key = format!("{}.{}@nadi", claimed.event_id, claimed.subject_id);
        let message = Message { to, subject, body, key };
        match timeout(SEND_WITHIN, self.0.messages.send(&message)).await {
            Ok(sent) => sent.map(|()| Delivered::Sent),
            Err(_) => Err(MessageFailure::Temporary("no answer in time".into())),
        }
    }

    /// The subject and text of the message, in the current language. `None`: the message is no longer needed.
    fn subject_and_body(
        &self,
        template: Template,
        claimed: &Claimed,
        row: &AppointmentRow,
        person: &str,
        check: DeliveryCheck,
        now: DateTime<Utc>,
    ) -> Option<(String, String)> {
        let zone = formatting::zone(&row.time_zone)?;
        let link = format!("{}{}", self.0.public_url, links::appointment(&row.id.to_string()));
        let visit = emails::Visit {
            person,
            doctor: &row.doctor_name,
            when: LocalTimes::new(row.starts_at, row.ends_at, zone),
            place: match Mode::parse(&row.mode) {
                Some(Mode::Video) => emails::Place::Video,
                _ => emails::Place::Clinic {
                    name: &row.location_name,
                    address: &row.location_address,
                    city: &row.city,
                },
            },
            reference: &row.reference,
            link: &link,
        };
        let by = ActingRole::parse(&claimed.actor).unwrap_or(ActingRole::System);
        // `None` when the appointment was moved and moved back.
        let before = check.moved_from.filter(|before| *before != row.starts_at).map(|before| {
            let its_zone = check.moved_from_zone.as_deref().and_then(formatting::zone);
            LocalTime::new(before, its_zone.unwrap_or(zone))
        });
        match template {
            Template::Code => {
                let counter = claimed.data.get("code_counter").and_then(|v| v.as_i64());
                let superseded = counter.unwrap_or(1) < i64::from(row.code_counter);
                let sent_at = claimed.data.get("code_sent_at").and_then(|v| v.as_str());
                let sent_at = sent_at.and_then(|at| at.parse::<DateTime<Utc>>().ok());
                // Messages of the release before do not say when.
                let until =
                    sent_at.map_or(row.expires_at, |at| row.expires_at.min(at + CODE_VALID_FOR));
                let waiting = row.state == State::Pending.as_str() && until > now;
                if superseded || !waiting {
                    return None;
                }
                let code = {
                    let keys = self.0.app_state.keys.macs(Purpose::Codes);
                    keys.current().code(AppointmentId(row.id), row.code_counter)
                };
                let until = LocalTime::new(until, zone);
                Some(emails::code(&visit, &code, until))
            }
            Template::Confirmed => Some(emails::confirmed(&visit)),
            Template::Moved => Some(match before {
                Some(before) => emails::moved(&visit, by, before),
                None => emails::confirmed(&visit),
            }),
            Template::Cancelled => {
                Some(emails::cancelled(&visit, by, row.cancel_reason.as_deref(), before))
            }
        }
    }
}

fn is_code(claimed: &Claimed) -> bool {
    [Template::Code.as_str(), AccountTemplate::Code.as_str()].contains(&claimed.template.as_str())
}

/// Writes a message in the language of its recipient.
fn in_language_of<T>(claimed: &Claimed, write: impl FnOnce() -> T) -> T {
    let language = claimed.locale.as_deref().and_then(Language::by_code);
    i18n::with(language.unwrap_or_else(Language::english), write)
}

fn permanent(why: &str) -> MessageFailure {
    MessageFailure::Permanent(why.into())
}

fn database(error: sqlx::Error) -> MessageFailure {
    MessageFailure::Temporary(error.to_string())
}

/// 5 s, 10 s, 20 s … at most 10 minutes.
fn pause(attempts: i16) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or(0);
    Duration::seconds((5_i64 << doublings).min(600))
}
