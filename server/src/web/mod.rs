//! HTTP: the router, and what happens to every request on its way in and out.

mod assets;
mod calendars;
mod caller;
pub mod connections;
mod crowd;
mod forms;
pub(crate) mod guard;
mod health;
pub mod live;
pub(crate) mod packed;
pub(crate) mod public;
pub(crate) mod session;
mod target;
pub(crate) mod trace;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use app::context::Site;
use app::error::FormFailure;
use app::fns::busy::{AddBusyFile, FORM_BYTES_MAX};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos::server_fn::ServerFn;
use leptos_axum::{
    ResponseOptions, generate_route_list, handle_server_fns_with_context,
    render_app_async_with_context,
};
use nadi::actor::Caller;
use nadi::ports::{Ports, SessionControl};
use sqlx::PgPool;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::config::Config;
use crate::engine::Engine;
use crate::rest;
use crate::service::identity::Identities;
use crate::store::sessions::Sessions;
use crowd::Crowd;
use live::Live;

pub use assets::warm;

/// Bodies larger than this are refused (64 kB).
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
/// No page takes longer; what does has met a fault.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What handlers share. Each layer and handler has a copy of its own: one counter, not thirty.
#[derive(Clone)]
pub struct Web(Arc<Shared>);

impl Deref for Web {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

pub struct Shared {
    pub engine: Engine,
    pub ports: Ports,
    pub identities: Arc<Identities>,
    pub site: Site,
    pub public_origin: Arc<str>,
    pub live: Live,
    /// Has it been warmed up, or waited for that long enough?
    pub warm: AtomicBool,
    /// For `/readyz` alone.
    probe: PgPool,
    pub(crate) times: public::Times,
    pages: public::Pages,
}

impl Web {
    /// Must be called where tokio runs.
    pub fn new(config: &Config, engine: &Engine, ports: Ports) -> Self {
        Self::with(config, engine, ports, Live::new(config.connections))
    }

    /// The same with limits of its own for those who listen.
    pub fn with(config: &Config, engine: &Engine, ports: Ports, live: Live) -> Self {
        let public_url = config.public_url.as_str().trim_end_matches('/').to_owned();
        let site = Site {
            development: config.is_development(),
            stylesheet_url: assets::stylesheet_url(),
            font_url: assets::font_url(),
            script: assets::script(),
            suggest_url: assets::small_script_url("suggest.js"),
            more_url: assets::small_script_url("more.js"),
            public_url,
        };
        Self(Arc::new(Shared {
            engine: engine.clone(),
            ports,
            identities: Arc::new(Identities::new(engine)),
            site,
            public_origin: config.public_url.origin().ascii_serialization().into(),
            live,
            warm: AtomicBool::new(true),
            probe: engine.write.probe(),
            times: public::times(&engine.keeping),
            pages: public::pages(&engine.keeping),
        }))
    }
}

/// The whole service.
pub fn router(config: &Config, web: Web, sessions: Sessions) -> Router {
    let crowd = Crowd::of_pages();
    let pages = generate_route_list(app::App);
    let page = {
        let web = web.clone();
        move |request: Request| render(web.clone(), request)
    };
    let file = any(server_function).layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
    let mut dynamic = Router::new()
        .route(AddBusyFile::PATH, file)
        .route("/fn/{*name}", any(server_function))
        .route("/feeds/{file}", get(calendars::feed))
        .route("/appointments/{id}/calendar.ics", get(calendars::appointment));
    for listing in &pages {
        dynamic = dynamic.route(listing.path(), get(page.clone()));
    }
    let dynamic = dynamic
        .fallback(page)
        .layer(from_fn(forms::keep_typed))
        .layer(from_fn_with_state(web.clone(), caller::identify))
        .layer(session::layer(config, sessions.clone()))
        .layer(from_fn_with_state(web.clone(), guard::same_origin))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(guard::bounded_body))
        .layer(from_fn_with_state(crowd.clone(), crowd::bounded_page))
        .with_state(web.clone());
    // A listener has no session and is nobody; it counts among the crowd until it is answered.
    let live = Router::new()
        .route("/doctors/{slug}/changes", get(live::changes))
        .layer(from_fn_with_state(crowd, crowd::bounded_page))
        .with_state(web.clone());

    let api = rest::router(config, &web, sessions)
        .layer(from_fn_with_state(Crowd::of_api(), crowd::bounded_api));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(web.clone())
        .merge(assets::routes())
        .merge(api)
        .merge(dynamic)
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(web.clone(), public::keep))
        // Beyond the compression: unused, it would still lie in the memory of every listener.
        .merge(live)
        .layer(from_fn(guard::bounded_time))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(web, target::readable))
        .layer(from_fn(guard::secure_headers))
        .layer(from_fn(trace::log))
}

/// What a page or server function finds in its context.
fn context(web: &Web, request: &Request) -> impl Fn() + Clone + Send + Sync + 'static + use<> {
    let site = web.site.clone();
    let ports = web.ports.clone();
    let caller = request.extensions().get::<Caller>().cloned();
    let session: Option<Arc<dyn SessionControl>> = session::control(request);
    let typed = forms::typed(request.headers(), request.uri());
    move || {
        allow_own_scripts();
        provide_context(site.clone());
        provide_context(ports.clone());
        if let Some(caller) = &caller {
            provide_context(caller.clone());
        }
        if let Some(session) = &session {
            provide_context(session.clone());
        }
        if let Some(typed) = &typed {
            provide_context(typed.clone());
        }
    }
}

/// Leptos marks the scripts it writes into a page with a nonce; the policy of that page names it.
fn allow_own_scripts() {
    let policy = guard::content_policy(use_nonce().as_deref());
    if let (Some(options), Ok(policy)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy))
    {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

async fn render(web: Web, request: Request) -> Response {
    let site = web.site.clone();
    let handler =
        render_app_async_with_context(context(&web, &request), move || app::shell(site.clone()));
    handler(request).await
}

async fn server_function(
    axum::extract::State(web): axum::extract::State<Web>,
    request: Request,
) -> Response {
    let context = context(&web, &request);
    let response = handle_server_fns_with_context(context, request).await.into_response();
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        return say_what_failed(response).await;
    }
    response
}

/// Leptos answers every failure of a server function with 500; the failure itself knows better.
async fn say_what_failed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    if let Ok(FormFailure(failure)) = serde_json::from_slice(&bytes)
        && let Ok(status) = StatusCode::from_u16(failure.status())
    {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(bytes))
}
