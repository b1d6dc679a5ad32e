//! Calendar files over HTTP: feeds at their secret addresses, and single appointments.

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
use crate::http::security::plain_text;

const DOWNLOAD: HeaderValue = HeaderValue::from_static("attachment; filename=\"appointment.ics\"");

/// `/feeds/{secret}.ics`. Anyone who knows the address may read it, because calendar programs have no session.
pub async fn feed(
    State(web): State<Web>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let secret = file.strip_suffix(".ics").unwrap_or(&file);
    let now = web.app_state.clock.now();
    match web.ports.feeds.read_feed(secret, now).await {
        // The address is a secret: keep it out of shared caches.
        Ok(text) => calendar(text, &headers, "private, no-cache"),
        Err(failure) => error_response(&failure),
    }
}

/// `/appointments/{id}/calendar.ics`.
pub async fn appointment(
    State(web): State<Web>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    let Ok(id) = AppointmentId::from_str(&id) else { return error_response(&Failure::NotFound) };
    match web.ports.feeds.appointment_file(&caller, id).await {
        Ok(text) => {
            // Somebody else at this computer shall not find it in the browser's cache.
            let mut response = calendar(text, &headers, "no-store");
            response.headers_mut().insert(header::CONTENT_DISPOSITION, DOWNLOAD);
            response
        }
        Err(failure) => error_response(&failure),
    }
}

fn calendar(text: CalendarText, headers: &HeaderMap, caching: &'static str) -> Response {
    let tags = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_unchanged = tags.is_some_and(|tags| {
        tags.trim() == "*" || tags.split(',').any(|tag| weak(tag.trim()) == text.etag)
    });
    let mut response = if is_unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text.text).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&text.etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

/// Removes the mark of a weak tag, which compression adds.
fn weak(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

fn error_response(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::NOT_FOUND);
    (status, plain_text(&app::messages::failure(failure))).into_response()
}
