//! HTTP: the middleware that requests and responses pass through. The routes are in [`crate::router`].

pub(crate) mod assets;
pub(crate) mod caller;
pub mod connections;
pub(crate) mod health;
pub(crate) mod hosts;
pub(crate) mod language;
pub mod live_updates;
pub(crate) mod load_shedding;
pub(crate) mod network_places;
pub(crate) mod precompressed;
pub(crate) mod public_cache;
pub(crate) mod rate_limits;
pub(crate) mod request_body;
pub(crate) mod request_target;
pub(crate) mod security;
pub(crate) mod session_cookie;
pub mod source;
pub(crate) mod trace;
pub(crate) mod uploads;
pub(crate) mod visitor_cookie;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use app::context::Site;
use nadi::ports::Ports;
use sqlx::PgPool;

use self::hosts::Hosts;
use self::live_updates::Listeners;
use crate::accounts::identities::Identities;
use crate::config::Config;
use crate::state::AppState;

pub use self::assets::warm;

/// Bodies larger than this are refused (64 kB).
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a form with a file may take to arrive: 10 MB on a slow line.
pub(crate) const UPLOAD_WITHIN: Duration = Duration::from_secs(120);
/// The time limit of a request. No page takes as long unless something is broken.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What handlers share. Each layer and handler has a clone, so it is a single `Arc`.
#[derive(Clone)]
pub struct Web(Arc<Shared>);

impl Deref for Web {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

pub struct Shared {
    pub app_state: AppState,
    pub ports: Ports,
    pub identities: Arc<Identities>,
    pub site: Site,
    pub(crate) hosts: Hosts,
    /// For `security.txt`.
    pub(crate) security_contact: Option<Arc<str>>,
    pub listeners: Listeners,
    /// The caches were warmed up, or the time for it is over.
    pub warm: AtomicBool,
    /// Only for `/readyz`.
    pub(crate) probe: PgPool,
}

impl Web {
    /// Must be called inside a tokio runtime.
    pub fn new(config: &Config, app_state: &AppState, ports: Ports) -> Self {
        Self::with(config, app_state, ports, Listeners::new(config.connections))
    }

    /// The same with other limits for live updates.
    pub fn with(config: &Config, app_state: &AppState, ports: Ports, listeners: Listeners) -> Self {
        let public_url = config.public_url.as_str().trim_end_matches('/').to_owned();
        let site = Site {
            development: config.is_development(),
            stylesheet_url: assets::stylesheet_url(),
            more_styles_url: assets::more_styles_url(),
            font_url: assets::font_url(),
            script: assets::script(),
            suggest_url: assets::small_script_url("suggest.js"),
            load_more_url: assets::small_script_url("load-more.js"),
            language_offer_url: assets::small_script_url("language-offer.js"),
            own_zone_url: assets::small_script_url("own-zone.js"),
            passkey_url: assets::small_script_url("passkey.js"),
            send_form_url: assets::small_script_url("send-form.js"),
            public_url,
            privacy_contact: config.privacy_contact.as_ref().map(|url| url.as_str().to_owned()),
            appointments_kept_years: config.appointments_kept_years,
        };
        Self(Arc::new(Shared {
            app_state: app_state.clone(),
            ports,
            identities: Arc::new(Identities::new(app_state)),
            site,
            hosts: Hosts::new(config),
            security_contact: config
                .security_contact
                .as_ref()
                .map(|contact| contact.as_str().into()),
            listeners,
            warm: AtomicBool::new(true),
            probe: app_state.write.probe(),
        }))
    }
}
