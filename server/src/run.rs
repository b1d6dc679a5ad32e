//! Starts the server from its configuration, and stops it gracefully.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bookings::hold_sources;
use crate::config::Config;
use crate::database;
use crate::directory::warm_up;
use crate::encryption::known_keys;
use crate::events;
use crate::http::Web;
use crate::http::connections::{Connections, PeerLimit};
use crate::keys::source::Watcher;
use crate::notifications::dispatcher::Dispatcher;
use crate::notifications::transport;
use crate::ports;
use crate::router;
use crate::state::AppState;
use crate::supervisor::Supervisor;
use crate::zoneinfo;
use crate::{demo, jobs};

/// The longest that `/readyz` may report "not ready" while the cache is warmed up.
const READY_WITHIN: Duration = Duration::from_secs(2);
/// Those of the operator's monitoring.
const OPERATIONS_CONNECTIONS_MAX: usize = 64;
/// How long requests and jobs in flight may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(25);

/// Serves until SIGTERM or Ctrl-C, then finishes the requests and jobs in flight.
///
/// # Errors
/// When it cannot start; the message says what to change.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    raise_file_limit();
    if config.pseudo_language {
        app::i18n::enable_pseudo_language();
    }
    let app_state = AppState::from_config(&config)?;
    let listeners = listen("NADI_LISTEN", &config.listen).await?;
    let operations_listeners = listen("NADI_OPERATIONS_LISTEN", &config.operations_listen).await?;
    database::wait_until_reachable(&app_state.write.0).await;
    let schema = schema_is_current(&app_state).await?;
    anyhow::ensure!(schema, "the database has no current schema; run `nadi migrate` first");
    let is_from_elsewhere =
        events::is_from_elsewhere(&mut *app_state.write.0.acquire().await?).await?;
    anyhow::ensure!(
        !is_from_elsewhere,
        "the database was restored from another PostgreSQL; run `nadi migrate` first"
    );
    let missing = database::missing_settings(&mut *app_state.write.0.acquire().await?).await?;
    if !missing.is_empty() {
        tracing::warn!(
            ?missing,
            "settings of PostgreSQL are missing for this role; run `nadi migrate` as the same role, or \
             ops/database-roles.sql"
        );
    }
    known_keys::note(
        &mut *app_state.write.0.acquire().await?,
        &app_state.keys.now(),
        app_state.clock.now(),
    )
    .await?;
    if !app_state.keys.now().encrypts() {
        tracing::warn!("NADI_KEYS is `none`: personal data are stored as text");
    }
    zoneinfo::install(&config, &app_state.write.0).await?;
    if !app_state.clock.shift().is_zero() {
        tracing::warn!(now = %app_state.clock.now(), "NADI_CLOCK_SHIFT_SECONDS is set: the clock is shifted");
    }
    let is_open = config.listen.iter().any(|address| !address.ip().is_loopback());
    if is_open && config.trusted_proxies == 0 && !config.is_development() {
        tracing::warn!(
            "NADI_LISTEN is open to other machines, and NADI_TRUSTED_PROXIES is 0: this server has no TLS, so a proxy \
             with TLS must stand in front; see docs/operations.md"
        );
    }
    if config.redis_url.is_none() {
        tracing::warn!("REDIS_URL is not set: cache and counters stay in this process");
    }

    let (messages, mailbox) = transport::from_config(&config, &app_state)?;
    let web = Web::new(&config, &app_state, ports::ports(&app_state, mailbox));
    let public_url = web.site.public_url.clone();
    let live = web.listeners.clone();
    warm_up(&web);
    let operations = router::operations(web.clone());
    let router = router::router(web);

    let stop = CancellationToken::new();
    let dispatcher = Dispatcher::new(app_state.clone(), messages, public_url.clone());
    let supervisor = Supervisor::new(app_state.jobs.clone(), app_state.clock.clone(), stop.clone());
    jobs::start(&supervisor, &app_state, dispatcher);
    jobs::start_keys(&supervisor, &app_state, Watcher::new(&config.keys, &config.secret));
    if config.is_development() {
        demo::activity::start(&supervisor, &app_state);
    }
    let mut connections = Connections::new(config.connections);
    // Behind a proxy, all connections are of the proxy.
    if config.trusted_proxies == 0 {
        let limit = PeerLimit { connections: config.connections_per_peer, counts_loopback: false };
        connections = connections.with_peer_limit(limit);
    }
    let serving = TaskTracker::new();
    for listener in listeners {
        let connections = connections.clone();
        serving.spawn(connections.serve(listener, router.clone(), stop.clone()));
    }
    // Connections of their own, so that monitoring still works when visitors have taken all others.
    let operations_connections = Connections::new(OPERATIONS_CONNECTIONS_MAX);
    for listener in operations_listeners {
        let connections = operations_connections.clone();
        serving.spawn(connections.serve(listener, operations.clone(), stop.clone()));
    }
    serving.close();
    tracing::info!(url = public_url, mode = ?config.mode, "serving");

    tokio::select! {
        signal = stop_signal() => signal?,
        () = serving.wait() => anyhow::bail!("every listener has ended"),
    }
    tracing::info!("stopping: finishing the requests in flight");
    // Live updates would stay open for minutes; their browsers reconnect to the next server.
    live.end();
    stop.cancel();
    let drain = async {
        if tokio::time::timeout(DRAIN, serving.wait()).await.is_err() {
            tracing::warn!(seconds = DRAIN.as_secs(), "some requests did not finish in time");
        }
    };
    tokio::join!(drain, supervisor.finish(DRAIN));
    // Those of the last holds.
    if let Err(error) = hold_sources::write_noted(&app_state).await {
        tracing::warn!(%error, "cannot record the networks of the last holds");
    }
    app_state.write.0.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Warms up the cache with what most people ask for first. `/readyz` waits for it, at most [`READY_WITHIN`];
/// other requests are served at once.
fn warm_up(web: &Web) {
    web.warm.store(false, Ordering::Relaxed);
    let web = web.clone();
    tokio::spawn(async move {
        let stylesheet = tokio::task::spawn_blocking(crate::http::warm);
        let (app_state, ports) = (web.app_state.clone(), web.ports.clone());
        // In a task of its own, so that a panic in it does not keep the server from becoming ready.
        let warming = tokio::spawn(async move { warm_up::run_once(&app_state, &ports).await });
        let _ = tokio::time::timeout(READY_WITHIN, warming).await;
        web.warm.store(true, Ordering::Relaxed);
        let _ = stylesheet.await;
    });
}

/// Raises the limit of open files to the most the system allows: each connection is one.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// Listens on these addresses, which a variable has named.
async fn listen(variable: &str, addresses: &[SocketAddr]) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            // A machine without IPv6 still serves on the other address.
            Err(error) if address.is_ipv6() && error.kind() != std::io::ErrorKind::AddrInUse => {
                tracing::warn!(%address, %error, "not listening on this address");
            }
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("cannot listen on {address}; set {variable} to another address or port")
                });
            }
        }
    }
    let listens = !listeners.is_empty() || addresses.is_empty();
    anyhow::ensure!(listens, "no address in {variable} can be listened on");
    Ok(listeners)
}

/// Has every migration in this binary been run?
async fn schema_is_current(app_state: &AppState) -> anyhow::Result<bool> {
    let exists: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&app_state.write.0)
        .await?;
    if !exists {
        return Ok(false);
    }
    let applied: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(&app_state.write.0)
            .await?;
    Ok(database::MIGRATIONS.iter().all(|migration| applied.contains(&migration.version)))
}

async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
