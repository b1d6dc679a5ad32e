//! `/.well-known/security.txt` (RFC 9116): how to report a weakness of the site.

use app::messages;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;

use crate::http::{Web, security};

pub const PATH: &str = "/.well-known/security.txt";
/// RFC 9116, 2.5.5: less than a year, so that nobody relies on a contact that is out of date.
const VALID_DAYS: i64 = 180;
const AN_HOUR: &str = "public, max-age=3600";

/// 404 when the operator has named no contact.
pub async fn file(State(web): State<Web>) -> Response {
    let Some(contact) = &web.security_contact else {
        let sentence = messages::failure(&Failure::NotFound);
        return (StatusCode::NOT_FOUND, security::plain_text(&sentence)).into_response();
    };
    let text = text(contact, &web.site.public_url, web.app_state.clock.now());
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (kind, [(header::CACHE_CONTROL, AN_HOUR)], text).into_response()
}

fn text(contact: &str, site: &str, now: DateTime<Utc>) -> String {
    let expires = (now + Duration::days(VALID_DAYS)).format("%Y-%m-%dT00:00:00Z");
    format!(
        "Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {site}{PATH}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_the_fields_of_the_standard() {
        let now = "2026-11-23T03:30:00Z".parse().expect("a time");
        assert_eq!(
            text("mailto:security@nadi.example", "https://nadi.example", now),
            "Contact: mailto:security@nadi.example\n\
             Expires: 2027-05-22T00:00:00Z\n\
             Preferred-Languages: en\n\
             Canonical: https://nadi.example/.well-known/security.txt\n"
        );
    }
}
