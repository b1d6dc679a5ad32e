//! What every service and job shares: the database, the cache, the keys and the settings.

use std::path::Path;
use std::sync::Arc;

use chrono::Duration;
use nadi::ids::DoctorId;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::bookings::hold_source_queue::HoldSourceQueue;
use crate::cache::backend::Cache;
use crate::cache::invalidation::Invalidation;
use crate::cache::read_cache::CacheContext;
use crate::clock::{Clock, SystemClock};
use crate::codes::CodeKey;
use crate::config::{CalendarSources, Config, Confirmation, StaffSecondFactor};
use crate::database::{HoldPools, ReadPool, WritePool, pool};
use crate::events::ReaderStatuses;
use crate::hash_queue::HashQueue;
use crate::keys::{self, Keys, source};
use crate::limits::RateLimiter;
use crate::supervisor::JobStatuses;

#[derive(Clone)]
pub struct AppState {
    pub write: WritePool,
    pub read: ReadPool,
    pub holds: HoldPools,
    /// The networks that made holds, until they are written.
    pub hold_sources: Arc<HoldSourceQueue>,
    pub cache: Cache,
    pub clock: Arc<dyn Clock>,
    /// What `NADI_SECRET` derives, for what has no keys of its own.
    pub code_key: CodeKey,
    pub keys: Keys,
    /// Counts what may be done only so often.
    pub limiter: RateLimiter,
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
    /// The file to which heads of the audit log are written.
    pub audit_anchors: Option<Arc<Path>>,
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
    /// After how many years appointments that are over are deleted; `None`: never.
    pub appointments_kept_years: Option<u16>,
    /// Whether the limits of requests and networks count ([`crate::limits::rules`]).
    pub rate_limits: bool,
    /// How many proxies of the operator a request passes through.
    pub trusted_proxies: usize,
    pub calendar_sources: CalendarSources,
    /// Whether browsers shall use https for the names below the site's, too.
    pub https_subdomains: bool,
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

impl SiteSettings {
    /// Is the site served with https?
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}

impl AppState {
    /// With the machine's clock.
    ///
    /// # Errors
    /// When an address or a list of keys cannot be read.
    pub fn from_config(config: &Config) -> anyhow::Result<Self> {
        let write = pool(config.database_url.expose_secret(), config.database_connections)?;
        let read = match &config.database_read_url {
            Some(url) => pool(url.expose_secret(), config.database_connections)?,
            None => write.clone(),
        };
        Self::on(write, read, config, Arc::new(SystemClock::shifted(config.clock_shift)))
    }

    /// The same on pools that exist already.
    ///
    /// # Errors
    /// When an address or a list of keys cannot be read.
    pub fn on(
        write: PgPool,
        read: PgPool,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let cache = match &config.redis_url {
            Some(url) => Cache::redis(url.expose_secret())?,
            None => Cache::memory(),
        };
        let invalidation: Arc<Invalidation> = Arc::default();
        let database = write.connect_options().get_database().unwrap_or_default().to_owned();
        let namespace = format!("kept {database} {}", config.secret.expose_secret());
        let cache_context = CacheContext::new(invalidation.clone(), cache.clone(), &namespace);
        let code_key = CodeKey::new(config.secret.expose_secret());
        let keys = Keys::new(source::keyring_of(&config.keys, &config.secret)?);
        keys::use_in_process(&keys);
        let holds_url = config.database_holds_url.as_ref();
        Ok(Self {
            limiter: RateLimiter::new(&code_key, config.redis_url.is_some()),
            holds: HoldPools::new(&write, holds_url.map(ExposeSecret::expose_secret))?,
            hold_sources: Arc::default(),
            write: WritePool(write),
            read: ReadPool(read),
            cache,
            clock,
            code_key,
            keys,
            hash_queue: HashQueue::default(),
            settings: Settings {
                hold: Duration::seconds(config.hold_seconds.into()),
                check_in_lead: Duration::minutes(config.check_in_minutes.into()),
                horizon_days: config.horizon_days,
                confirmation: config.confirmation,
                staff_second_factor: config.staff_second_factor,
                visits_per_doctor: config.visits_per_doctor,
                appointments_kept_years: config.appointments_kept_years,
                rate_limits: config.rate_limits,
                trusted_proxies: config.trusted_proxies,
                calendar_sources: config.calendar_sources,
                https_subdomains: config.https_subdomains,
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
            audit_anchors: config.audit_anchors.as_deref().map(Arc::from),
            cache_context,
        })
    }

    /// After a commit that changed this doctor's free times and wrote an event.
    pub fn tell(&self, doctor: DoctorId) {
        self.invalidation.invalidate_doctor(doctor);
        self.event_written.notify_one();
    }
}
