//! What every service and job shares: the database, the cache, the keys and the settings.

use std::sync::Arc;

use chrono::Duration;
use nadi::ids::DoctorId;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::cache::backend::Cache;
use crate::cache::invalidation::Invalidation;
use crate::cache::read_cache::CacheContext;
use crate::clock::{Clock, SystemClock};
use crate::codes::CodeKey;
use crate::config::{Config, Confirmation, StaffSecondFactor};
use crate::database::{HoldPools, ReadPool, WritePool, pool};
use crate::events::ReaderStatuses;
use crate::hash_queue::HashQueue;
use crate::supervisor::JobStatuses;

#[derive(Clone)]
pub struct AppState {
    pub write: WritePool,
    pub read: ReadPool,
    pub holds: HoldPools,
    pub cache: Cache,
    pub clock: Arc<dyn Clock>,
    pub code_key: CodeKey,
    /// Hashes passwords on threads of its own.
    pub hash_queue: HashQueue,
    pub settings: Settings,
    pub site: Arc<SiteSettings>,
    /// Notified after a commit that wrote an event, so that messages leave at once; the dispatcher also polls.
    pub event_written: Arc<Notify>,
    /// Notified when slots must be made again: after a change of a clinic's holidays, or when holds have lapsed.
    pub schedules_changed: Arc<Notify>,
    /// The versions of cached data, which tell which entries are outdated.
    pub invalidation: Arc<Invalidation>,
    /// How far this instance's readers of the event log lag behind.
    pub readers: Arc<ReaderStatuses>,
    /// The status of this instance's jobs.
    pub jobs: Arc<JobStatuses>,
    /// What all read caches of this instance share.
    pub cache_context: CacheContext,
}

/// Rules that the operator configures.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub hold: Duration,
    /// How long before the start a patient may be checked in.
    pub check_in_lead: Duration,
    /// For how many days ahead slots are made.
    pub horizon_days: u16,
    pub confirmation: Confirmation,
    /// Whether doctors and administrators need a second factor.
    pub staff_second_factor: StaffSecondFactor,
    /// How many visits ahead an account may have with one doctor.
    pub visits_per_doctor: i16,
}

/// How the site is reached.
#[derive(Clone, Debug)]
pub struct SiteSettings {
    /// Scheme and host without a trailing slash, for links outside of our pages.
    pub public_url: String,
    /// The host of `public_url`, which is part of the UIDs of new appointments in calendar files.
    pub uid_host: Arc<str>,
    /// The sender of e-mails, such as `Nadi <no-reply@nadi.example>`.
    pub mail_from: String,
}

impl AppState {
    /// With the machine's clock.
    ///
    /// # Errors
    /// When an address cannot be read.
    pub fn from_config(config: &Config) -> anyhow::Result<Self> {
        let write = pool(&config.database_url, config.database_connections)?;
        let read = match &config.database_read_url {
            Some(url) => pool(url, config.database_connections)?,
            None => write.clone(),
        };
        Self::on(write, read, config, Arc::new(SystemClock::shifted(config.clock_shift)))
    }

    /// The same on pools that exist already.
    ///
    /// # Errors
    /// When an address cannot be read.
    pub fn on(
        write: PgPool,
        read: PgPool,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let cache = match &config.redis_url {
            Some(url) => Cache::redis(url)?,
            None => Cache::memory(),
        };
        let invalidation: Arc<Invalidation> = Arc::default();
        let database = write.connect_options().get_database().unwrap_or_default().to_owned();
        let namespace = format!("kept {database} {}", config.secret);
        let cache_context = CacheContext::new(invalidation.clone(), cache.clone(), &namespace);
        Ok(Self {
            holds: HoldPools::new(&write, config.database_holds_url.as_deref())?,
            write: WritePool(write),
            read: ReadPool(read),
            cache,
            clock,
            code_key: CodeKey::new(&config.secret),
            hash_queue: HashQueue::default(),
            settings: Settings {
                hold: Duration::seconds(config.hold_seconds.into()),
                check_in_lead: Duration::minutes(config.check_in_minutes.into()),
                horizon_days: config.horizon_days,
                confirmation: config.confirmation,
                staff_second_factor: config.staff_second_factor,
                visits_per_doctor: config.visits_per_doctor,
            },
            site: Arc::new(SiteSettings {
                public_url: config.public_url.as_str().trim_end_matches('/').to_owned(),
                uid_host: config.public_url.host_str().unwrap_or("nadi").into(),
                mail_from: config.mail_from.clone(),
            }),
            event_written: Arc::new(Notify::new()),
            schedules_changed: Arc::new(Notify::new()),
            invalidation,
            readers: Arc::default(),
            jobs: Arc::default(),
            cache_context,
        })
    }

    /// After a commit that changed this doctor's free times and wrote an event.
    pub fn tell(&self, doctor: DoctorId) {
        self.invalidation.invalidate_doctor(doctor);
        self.event_written.notify_one();
    }
}
