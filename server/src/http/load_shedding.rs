//! How many requests are worked on at once. One more is refused at once, and costs next to nothing: so
//! those inside are answered in time, and the crowd is over when it ends.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nadi::Failure;
use tokio::sync::Semaphore;

use super::guard;
use crate::rest::problem::Problem;

/// Pages and their forms: at a hundred a second the last one inside waits some seconds.
const PAGES: usize = 256;
/// The API answers in a few milliseconds.
const API: usize = 2048;

#[derive(Clone)]
pub struct Crowd(Arc<Semaphore>);

impl Crowd {
    pub fn of_pages() -> Self {
        Self(Arc::new(Semaphore::new(PAGES)))
    }

    pub fn of_api() -> Self {
        Self(Arc::new(Semaphore::new(API)))
    }
}

pub async fn bounded_page(State(crowd): State<Crowd>, request: Request, next: Next) -> Response {
    match crowd.0.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => guard::busy(),
    }
}

pub async fn bounded_api(State(crowd): State<Crowd>, request: Request, next: Next) -> Response {
    match crowd.0.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Problem::from(Failure::Busy).into_response(),
    }
}
