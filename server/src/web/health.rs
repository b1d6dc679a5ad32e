//! Is it alive, is it ready.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Web;
use crate::cache::CacheState;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// How often kept things were found, in the format that Prometheus reads.
pub async fn figures(State(web): State<Web>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], web.engine.keeping.figures())
}

/// The database answers, and the start is over; Redis may be away. 200 when requests can be served, else 503.
pub async fn ready(State(web): State<Web>) -> Response {
    let ping = sqlx::query("select 1").execute(&web.engine.write.0);
    let database = matches!(tokio::time::timeout(Duration::from_secs(2), ping).await, Ok(Ok(_)));
    let redis = match web.engine.cache.state().await {
        CacheState::Up => "up",
        CacheState::Down => "down",
        CacheState::InProcess => "not configured",
    };
    let warm = web.warm.load(Ordering::Relaxed);
    let is_ready = database && warm;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": is_ready,
        "database": if database { "up" } else { "down" },
        "redis": redis,
        "warm": warm,
    });
    (status, Json(body)).into_response()
}
