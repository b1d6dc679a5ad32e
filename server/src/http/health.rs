//! Health checks, and for operators metrics and the details of readiness: `/healthz`, `/readyz`, `/metrics`.

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
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

/// `/readyz` for everybody: 200 when the database answers and the caches are warmed up, else 503.
pub async fn ready(State(web): State<Web>) -> Response {
    let is_ready = database_answers(&web).await && is_warm(&web);
    (status(is_ready), Json(json!({ "ready": is_ready }))).into_response()
}

async fn database_answers(web: &Web) -> bool {
    let ping = sqlx::query("select 1").execute(&web.probe);
    matches!(tokio::time::timeout(PING_WITHIN, ping).await, Ok(Ok(_)))
}

fn is_warm(web: &Web) -> bool {
    web.warm.load(Ordering::Relaxed)
}

fn status(is_ready: bool) -> StatusCode {
    if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// `/readyz` for operators, with the reasons. Redis and the jobs are reported but do not count, because requests are
/// served without them.
pub async fn details(State(web): State<Web>) -> Response {
    let (database, redis) = tokio::join!(database_answers(&web), web.app_state.cache.state());
    let redis = match redis {
        CacheState::Up => "up",
        CacheState::Down => "down",
        CacheState::InProcess => "not configured",
    };
    let warm = is_warm(&web);
    let is_ready = database && warm;
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
    (status(is_ready), Json(body)).into_response()
}
