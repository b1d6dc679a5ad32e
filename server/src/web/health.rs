//! Is it alive, is it ready.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Web;
use crate::cache::CacheState;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers; Redis may be away. 200 when requests can be served, else 503.
pub async fn ready(State(web): State<Web>) -> Response {
    let ping = sqlx::query("select 1").execute(&web.engine.write.0);
    let database = matches!(tokio::time::timeout(Duration::from_secs(2), ping).await, Ok(Ok(_)));
    let redis = match web.engine.cache.state().await {
        CacheState::Up => "up",
        CacheState::Down => "down",
        CacheState::InProcess => "not configured",
    };
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": database,
        "database": if database { "up" } else { "down" },
        "redis": redis,
    });
    (status, Json(body)).into_response()
}
