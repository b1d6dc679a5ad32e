//! Logs one line per request, without query, cookies or personal data.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use super::Web;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id under which a request is found in the log.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// The id of a request; nil for one that has not come through [`log`].
pub fn request_id(request: &Request) -> Uuid {
    request.extensions().get::<RequestId>().map_or(Uuid::nil(), |id| id.0)
}

pub async fn log(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    // The id of the operator's own proxy is used if it is a UUID; anything else could forge log lines.
    let has_proxy = web.app_state.settings.trusted_proxies > 0;
    let given = request.headers().get(&REQUEST_ID).filter(|_| has_proxy);
    let given = given.and_then(|id| id.to_str().ok()?.parse().ok());
    let id = given.unwrap_or_else(Uuid::new_v4);
    request.extensions_mut().insert(RequestId(id));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let started = Instant::now();
    let span = tracing::info_span!("request", %id);
    let mut response = next.run(request).instrument(span).await;
    let milliseconds = started.elapsed().as_secs_f64() * 1e3;
    let status = response.status().as_u16();
    let route = route.as_deref().unwrap_or("(no route)");
    // 503 is the answer under overload, and must not fill the log with errors.
    if status >= 500 && status != 503 {
        tracing::error!(%id, %method, route, status, milliseconds, "answered");
    } else {
        tracing::info!(%id, %method, route, status, milliseconds, "answered");
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    response
}
