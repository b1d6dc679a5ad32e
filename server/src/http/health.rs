//! Health checks and metrics: `/healthz`, `/readyz`, `/metrics`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use nadi::zone;
use serde_json::json;

use super::Web;
use crate::cache::backend::CacheState;

/// How long the database may take to answer.
const PING_WITHIN: Duration = Duration::from_secs(2);

/// `/healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `/metrics`: cache, jobs, event readers and time-zone data, in the text format of Prometheus.
pub async fn metrics(State(web): State<Web>) -> impl IntoResponse {
    let zones = format!(
        "# HELP nadi_time_zone_data The rules of time zones in use.\n# TYPE nadi_time_zone_data gauge\n\
         nadi_time_zone_data{{release=\"{}\",source=\"{}\"}} 1\n",
        zone::release(),
        zone::source().replace('\\', "\\\\").replace('"', "\\\"")
    );
    let app_state = &web.app_state;
    let text = app_state.cache_context.metrics()
        + &app_state.jobs.metrics()
        + &app_state.readers.metrics()
        + &zones;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

/// `/readyz`: 200 when the database answers and the caches are warmed up, else 503. Redis and the jobs are reported
/// but do not count, because requests are served without them.
pub async fn ready(State(web): State<Web>) -> Response {
    let ping = sqlx::query("select 1").execute(&web.probe);
    let (database, redis) =
        tokio::join!(tokio::time::timeout(PING_WITHIN, ping), web.app_state.cache.state());
    let database = matches!(database, Ok(Ok(_)));
    let redis = match redis {
        CacheState::Up => "up",
        CacheState::Down => "down",
        CacheState::InProcess => "not configured",
    };
    let warm = web.warm.load(Ordering::Relaxed);
    let is_ready = database && warm;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let jobs: serde_json::Map<_, _> = web
        .app_state
        .jobs
        .all()
        .into_iter()
        .map(|(name, job)| {
            let status = json!({
                "last_success": job.last_success,
                "overdue": job.overdue,
                "failures_in_a_row": job.failures_in_a_row,
            });
            (name.to_owned(), status)
        })
        .collect();
    let body = json!({
        "ready": is_ready,
        "time_zone_data": { "release": zone::release(), "source": zone::source() },
        "database": if database { "up" } else { "down" },
        "redis": redis,
        "warm": warm,
        "jobs": jobs,
    });
    (status, Json(body)).into_response()
}
