//! Answers about free times, kept as bytes until something changes.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use nadi::ids::DoctorId;

use crate::changes::{Changes, KEPT_FOR};

/// Bytes of all answers together.
const BYTES_MAX: u64 = 48 * 1024 * 1024;

/// The answers, by what was asked for.
#[derive(Clone)]
pub struct KeptTimes {
    answers: Cache<String, Arc<Kept>>,
    changes: Arc<Changes>,
}

struct Kept {
    doctor: DoctorId,
    /// The doctor's number of changes before it was read.
    changes: u64,
    until: DateTime<Utc>,
    body: Bytes,
}

impl KeptTimes {
    pub fn new(changes: Arc<Changes>) -> Self {
        let answers = Cache::builder()
            .max_capacity(BYTES_MAX)
            .weigher(|asked: &String, kept: &Arc<Kept>| {
                u32::try_from(asked.len() + kept.body.len() + 200).unwrap_or(u32::MAX)
            })
            .time_to_live(KEPT_FOR)
            .build();
        Self { answers, changes }
    }

    /// What was answered to this very question, if it is still true.
    pub fn find(&self, asked: &str, now: DateTime<Utc>) -> Option<Response> {
        let kept = self.answers.get(asked)?;
        let stands = now < kept.until && self.changes.of(kept.doctor) == kept.changes;
        stands.then(|| json(kept.body.clone()))
    }

    /// Keeps an answer that was read after the doctor had changed so often. `first` is when the first
    /// of the times begins: from then on it is not free any more.
    pub fn keep(
        &self,
        asked: String,
        (doctor, changes): (DoctorId, u64),
        first: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        body: Bytes,
    ) -> Response {
        let soon = now + KEPT_FOR;
        let until = first.map_or(soon, |first| first.min(soon));
        let kept = Kept { doctor, changes, until, body: body.clone() };
        self.answers.insert(asked, Arc::new(kept));
        json(body)
    }
}

fn json(body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
