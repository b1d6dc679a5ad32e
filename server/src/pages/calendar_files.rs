//! Calendar files over HTTP: the private addresses of feeds, and single appointments.

use std::str::FromStr;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::ids::AppointmentId;
use nadi::ports::CalendarText;

use crate::http::Web;

/// `/feeds/{secret}.ics`. Who knows the address may read; programs have no session.
pub async fn feed(
    State(web): State<Web>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let secret = file.strip_suffix(".ics").unwrap_or(&file);
    let now = web.app_state.clock.now();
    match web.ports.feeds.read_feed(secret, now).await {
        Ok(text) => calendar(text, &headers, None),
        Err(failure) => refused(&failure),
    }
}

/// `/appointments/{id}/calendar.ics`.
pub async fn appointment(
    State(web): State<Web>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    let Ok(id) = AppointmentId::from_str(&id) else { return refused(&Failure::NotFound) };
    match web.ports.feeds.appointment_file(&caller, id).await {
        Ok(text) => calendar(text, &headers, Some("attachment; filename=\"appointment.ics\"")),
        Err(failure) => refused(&failure),
    }
}

fn calendar(
    text: CalendarText,
    headers: &HeaderMap,
    disposition: Option<&'static str>,
) -> Response {
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = asked.is_some_and(|asked| {
        asked.trim() == "*" || asked.split(',').any(|tag| weak(tag.trim()) == text.etag)
    });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text.text).into_response()
    };
    let kept = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&text.etag) {
        kept.insert(header::ETAG, etag);
    }
    // Its address is a secret: no cache on the way keeps it, and nobody lists it.
    kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    kept.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    if let Some(disposition) = disposition {
        kept.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    }
    response
}

/// A compressed answer's tag comes back marked as weak.
fn weak(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

fn refused(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::NOT_FOUND);
    let text = format!("{}\n", app::messages::failure(failure));
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
