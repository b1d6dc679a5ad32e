//! Load shedding: limits how many requests are handled at once. Further ones are refused immediately, which
//! costs almost nothing, so that the admitted ones are answered in time and the server recovers as soon as the
//! load drops. Not for limits per client.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nadi::Failure;
use tokio::sync::Semaphore;

use super::security;
use crate::rest::problem::Problem;

/// Pages and their forms: at a hundred a second, the last admitted one waits 2 to 3 seconds.
const PAGES_MAX: usize = 256;
/// The API answers in a few milliseconds, so it admits more.
const API_REQUESTS_MAX: usize = 2048;

/// A limit of concurrent requests, shared by all clones.
#[derive(Clone)]
pub struct ConcurrencyLimit(Arc<Semaphore>);

impl ConcurrencyLimit {
    pub fn for_pages() -> Self {
        Self(Arc::new(Semaphore::new(PAGES_MAX)))
    }

    pub fn for_api() -> Self {
        Self(Arc::new(Semaphore::new(API_REQUESTS_MAX)))
    }
}

pub async fn bounded_page(
    State(limit): State<ConcurrencyLimit>,
    request: Request,
    next: Next,
) -> Response {
    match limit.0.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => security::busy(),
    }
}

pub async fn bounded_api(
    State(limit): State<ConcurrencyLimit>,
    request: Request,
    next: Next,
) -> Response {
    match limit.0.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => Problem::from(Failure::Busy).into_response(),
    }
}
