//! Sends what people are to be told: claims notifications and hands their messages over.
//!
//! At least once: a notification whose dispatcher died is claimed again when its lease ends,
//! with the same message key. After [`ATTEMPTS_MAX`] tries it is put among the dead,
//! where a person can see it and put it back (`nadi notifications`).
//!
//! In order: of an appointment one message at a time is on its way, and one that a later event has
//! overtaken is not sent. Each delivery takes one of [`crate::notifications::delivery_slots`]: when one ends, the next is claimed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use app::messages::mail;
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt;
use nadi::actor::Capacity;
use nadi::appointment::State;
use nadi::formatting;
use nadi::ids::{AppointmentId, PersonId};
use nadi::local_time::{LocalTime, LocalTimes};
use nadi::notification::{Template, told};
use nadi::ports::{Message, MessageFailure, Messages};
use nadi::visit::Mode;
use sqlx::PgConnection;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::accounts;
use crate::bookings::{self, AppointmentRow};
use crate::state::AppState;
use crate::supervisor::text_of;

use super::Maker;
use super::store;
use crate::notifications::delivery_slots::{Full, Place, Places};
use crate::notifications::store::{Claimed, Lease, PutBack, Standing};

const ATTEMPTS_MAX: i16 = 8;
/// Longer than a mail server may take, and short beside the minutes of a hold: when a dispatcher
/// dies in the middle, the patient waits this long for the code.
const LEASE: Duration = Duration::seconds(30);
/// Longer than a mail server may take (20 s), and over before the lease is.
const SEND_WITHIN: StdDuration = StdDuration::from_secs(25);
/// While a domain is at its limit, so many more events are claimed than there are places: those of that
/// domain are parked, and the others behind them are found.
const SPARE: usize = 100;
/// So often one look claims again after it has parked something.
const ROUNDS_MAX: usize = 100;
/// A parked notification is claimed when its domain has a place again. Should this dispatcher end, it is looked at
/// like any other after so long.
const PARKED_AT_MOST: Duration = Duration::seconds(15);
/// A notification behind another one of its appointment is looked at again after so long.
const BEHIND: Duration = Duration::seconds(1);

#[derive(Clone)]
pub struct Dispatcher(Arc<Shared>);

struct Shared {
    app_state: AppState,
    messages: Arc<dyn Messages>,
    /// Scheme and host, without a slash at the end.
    public_url: String,
    places: Arc<Places>,
    maker: Mutex<Maker>,
}

/// How a delivery ended without a failure.
enum Delivered {
    Sent,
    /// Nobody needs it any more.
    Needless,
    Overtaken,
    /// Another message of its appointment has to come first.
    Behind,
    /// Its lease is another dispatcher's by now.
    Lost,
}

impl Dispatcher {
    pub fn new(app_state: AppState, messages: Arc<dyn Messages>, public_url: String) -> Self {
        Self(Arc::new(Shared {
            app_state,
            messages,
            public_url,
            places: Arc::default(),
            maker: Mutex::default(),
        }))
    }

    /// Delivers what is due, and waits until that is done; tells how many deliveries were started.
    ///
    /// # Errors
    /// When the database does not answer. A message that fails only delays itself.
    pub async fn run_once(&self) -> anyhow::Result<usize> {
        let tasks = TaskTracker::new();
        let mut all = 0;
        loop {
            let started = self.start_due(&tasks).await?;
            all += started;
            if started == 0 && self.0.places.are_free() {
                return Ok(all);
            }
            if started == 0 {
                self.delivery_ended().await;
            }
        }
    }

    /// Waits until a delivery has ended since this was last asked.
    pub async fn delivery_ended(&self) {
        self.0.places.freed().await;
    }

    /// Starts to deliver what is due and finds a place, as `tasks`; tells how many. To be called again
    /// when one of them has ended. Not from two tasks at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn start_due(&self, tasks: &TaskTracker) -> anyhow::Result<usize> {
        let Shared { app_state, places, maker, .. } = &*self.0;
        maker.lock().await.run_once(app_state).await?;
        let now = app_state.clock.now();
        let lease = Lease { now, until: now + LEASE };
        let mut connection = app_state.write.0.acquire().await?;
        let mut started = 0;
        for _ in 0..ROUNDS_MAX {
            let claimed = self.claim_due(&mut connection, lease).await?;
            let mut back = Vec::new();
            for one in claimed {
                match places.take(one.domain(), is_code(&one)) {
                    Ok(place) => {
                        started += 1;
                        self.spawn(one, place, tasks);
                    }
                    Err(full) => back.push(match full {
                        Full::Domain => PutBack {
                            id: one.id,
                            due_at: now + PARKED_AT_MOST,
                            parked_for: Some(one.domain().to_owned()),
                            leased_until: one.leased_until,
                        },
                        Full::All => PutBack {
                            id: one.id,
                            due_at: one.was_due_at,
                            parked_for: None,
                            leased_until: one.leased_until,
                        },
                    }),
                }
            }
            let has_parked = back.iter().any(|one| one.parked_for.is_some());
            if !back.is_empty() {
                store::put_back(&mut connection, &back).await?;
            }
            // Those behind what was parked may find a place.
            if !has_parked {
                break;
            }
        }
        for domain in places.parked() {
            started += self.start_parked(&mut connection, lease, &domain, tasks).await?;
        }
        Ok(started)
    }

    /// Codes first: they are what somebody waits for.
    async fn claim_due(
        &self,
        connection: &mut PgConnection,
        lease: Lease,
    ) -> sqlx::Result<Vec<Claimed>> {
        let places = &self.0.places;
        let spare = if places.is_any_domain_full() { SPARE } else { 0 };
        let limit = |free: usize| i64::try_from(free + spare).unwrap_or(i64::MAX);
        let (for_codes, for_others) = (places.free(true), places.free(false));
        let mut claimed = Vec::new();
        if for_codes > 0 {
            claimed = store::claim_codes(connection, lease, limit(for_codes)).await?;
        }
        if for_others > 0 {
            claimed.extend(store::claim_others(connection, lease, limit(for_others)).await?);
        }
        Ok(claimed)
    }

    /// The same for what waits for a place of this domain.
    async fn start_parked(
        &self,
        connection: &mut PgConnection,
        lease: Lease,
        domain: &str,
        tasks: &TaskTracker,
    ) -> sqlx::Result<usize> {
        let places = &self.0.places;
        let only_codes = places.free(false) == 0;
        let room = places.room(domain, only_codes);
        if room == 0 {
            return Ok(0);
        }
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let claimed = store::claim_parked(connection, lease, limit, domain, only_codes).await?;
        if claimed.len() < room && !only_codes {
            places.nothing_parked(domain);
        }
        let mut started = 0;
        let mut back = Vec::new();
        for one in claimed {
            match places.take_parked(domain, is_code(&one)) {
                Ok(place) => {
                    started += 1;
                    self.spawn(one, place, tasks);
                }
                Err(_) => back.push(PutBack {
                    id: one.id,
                    due_at: one.was_due_at,
                    parked_for: Some(domain.to_owned()),
                    leased_until: one.leased_until,
                }),
            }
        }
        if !back.is_empty() {
            store::put_back(connection, &back).await?;
        }
        Ok(started)
    }

    fn spawn(&self, claimed: Claimed, place: Place, tasks: &TaskTracker) {
        let dispatcher = self.clone();
        tasks.spawn(async move {
            dispatcher.settle(&claimed).await;
            drop(place);
        });
    }

    /// Delivers one notification and writes down how that went.
    async fn settle(&self, claimed: &Claimed) {
        let delivered = AssertUnwindSafe(self.deliver(claimed)).catch_unwind().await;
        let delivered = delivered.unwrap_or_else(|panic| {
            Err(MessageFailure::Temporary(format!("panic: {}", text_of(panic.as_ref()))))
        });
        if let Err(error) = self.write_down(claimed, delivered).await {
            tracing::warn!(event = claimed.event_id, %error, "the end of a delivery was not written down");
        }
    }

    async fn write_down(
        &self,
        claimed: &Claimed,
        delivered: Result<Delivered, MessageFailure>,
    ) -> sqlx::Result<()> {
        let app_state = &self.0.app_state;
        let now = app_state.clock.now();
        let mut connection = app_state.write.0.acquire().await?;
        let failure = match delivered {
            Ok(Delivered::Sent | Delivered::Needless) => {
                return store::delivered(&mut connection, claimed.id, now).await;
            }
            Ok(Delivered::Overtaken) => {
                return store::overtaken(&mut connection, claimed.id, now).await;
            }
            Ok(Delivered::Behind) => {
                let back = PutBack {
                    id: claimed.id,
                    due_at: now + BEHIND,
                    parked_for: None,
                    leased_until: claimed.leased_until,
                };
                return store::put_back(&mut connection, &[back]).await;
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
        let Shared { app_state, messages, .. } = &*self.0;
        let permanent = |why: &str| MessageFailure::Permanent(why.into());
        let template = Template::parse(&claimed.template)
            .ok_or_else(|| permanent(&format!("unknown template {}", claimed.template)))?;
        let now = app_state.clock.now();
        let database = |error: sqlx::Error| MessageFailure::Temporary(error.to_string());
        let mut connection = app_state.write.0.acquire().await.map_err(database)?;
        let id = AppointmentId(claimed.subject_id);
        // Read first: what is not overtaken afterwards was not when it was read.
        let row = bookings::find_appointment(&mut connection, id)
            .await
            .map_err(database)?
            .ok_or_else(|| permanent("no such appointment"))?;
        let person = PersonId(row.person_id);
        let names = accounts::names(&mut connection, &[person]).await.map_err(database)?;
        let told: Vec<&str> = told().map(|kind| kind.as_str()).collect();
        let standing =
            store::standing(&mut connection, claimed, &told, now).await.map_err(database)?;
        drop(connection);
        if !standing.is_mine {
            return Ok(Delivered::Lost);
        }
        if standing.is_overtaken {
            return Ok(Delivered::Overtaken);
        }
        if standing.is_behind {
            return Ok(Delivered::Behind);
        }
        let to = claimed.email.clone().ok_or_else(|| permanent("no address"))?;
        let person = names.get(&person).map_or("", String::as_str);
        let Some((subject, body)) = self.words(template, claimed, &row, person, standing, now)
        else {
            return Ok(Delivered::Needless);
        };
        let key = format!("{}.{}@nadi", claimed.event_id, claimed.subject_id);
        match timeout(SEND_WITHIN, messages.send(&Message { to, subject, body, key })).await {
            Ok(sent) => sent.map(|()| Delivered::Sent),
            Err(_) => Err(MessageFailure::Temporary("no answer in time".into())),
        }
    }

    /// Subject and text. `None`: it no longer matters.
    fn words(
        &self,
        template: Template,
        claimed: &Claimed,
        row: &AppointmentRow,
        person: &str,
        standing: Standing,
        now: DateTime<Utc>,
    ) -> Option<(String, String)> {
        let zone = formatting::zone(&row.time_zone)?;
        let link = format!("{}/appointments/{}", self.0.public_url, row.id);
        let visit = mail::Visit {
            person,
            doctor: &row.doctor_name,
            when: LocalTimes::new(row.starts_at, row.ends_at, zone),
            place: match Mode::parse(&row.mode) {
                Some(Mode::Video) => mail::Place::Video,
                _ => mail::Place::Clinic {
                    name: &row.location_name,
                    address: &row.location_address,
                    city: &row.city,
                },
            },
            reference: &row.reference,
            link: &link,
        };
        let by = Capacity::parse(&claimed.actor).unwrap_or(Capacity::System);
        // Moved and moved back: there is no other time to name.
        let before = standing.moved_from.filter(|before| *before != row.starts_at).map(|before| {
            let its_zone = standing.moved_from_zone.as_deref().and_then(formatting::zone);
            LocalTime::new(before, its_zone.unwrap_or(zone))
        });
        match template {
            Template::Code => {
                let counter = claimed.data.get("code_counter").and_then(|v| v.as_i64());
                let superseded = counter.unwrap_or(1) < i64::from(row.code_counter);
                let waiting = row.state == State::Pending.as_str() && row.expires_at > now;
                if superseded || !waiting {
                    return None;
                }
                let code = self.0.app_state.code_key.code(AppointmentId(row.id), row.code_counter);
                let until = LocalTime::new(row.expires_at, zone);
                Some(mail::code(&visit, &code, until))
            }
            Template::Confirmed => Some(mail::confirmed(&visit)),
            Template::Moved => Some(match before {
                Some(before) => mail::moved(&visit, by, before),
                None => mail::confirmed(&visit),
            }),
            Template::Cancelled => {
                Some(mail::cancelled(&visit, by, row.cancel_reason.as_deref(), before))
            }
        }
    }
}

fn is_code(claimed: &Claimed) -> bool {
    claimed.template == Template::Code.as_str()
}

/// 5 s, 10 s, 20 s … at most 10 minutes.
fn pause(attempts: i16) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or(0);
    Duration::seconds((5_i64 << doublings).min(600))
}
