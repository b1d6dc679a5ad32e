//! Load shedding: limits how many requests are handled at once. Further ones are refused immediately, which
//! costs almost nothing, so that the admitted ones are answered in time and the server recovers as soon as the
//! load drops. Not for limits per client.
//!
//! The body of a request has arrived before the request is counted, see [`super::request_body`].

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nadi::Failure;
use tokio::sync::Semaphore;

use super::{rate_limits, security};
use crate::rest::problem::Problem;

/// Pages and their forms: at a hundred a second, the last admitted one waits 2 to 3 seconds.
const PAGES_MAX: usize = 256;
/// The API answers in a few milliseconds, so it admits more.
const API_REQUESTS_MAX: usize = 2048;

/// Of the places of pages, those for forms that compare a password or send a code: a rush of sign-ins must not take all
/// places from those who are signed in.
const SIGN_INS_MAX: usize = 64;

/// A limit of concurrent requests, shared by all clones.
#[derive(Clone)]
pub struct ConcurrencyLimit {
    all: Arc<Semaphore>,
    sign_ins: Arc<Semaphore>,
}

impl ConcurrencyLimit {
    pub fn for_pages() -> Self {
        Self::new(PAGES_MAX)
    }

    pub fn for_api() -> Self {
        Self::new(API_REQUESTS_MAX)
    }

    fn new(requests_max: usize) -> Self {
        let sign_ins = Arc::new(Semaphore::new(SIGN_INS_MAX));
        Self { all: Arc::new(Semaphore::new(requests_max)), sign_ins }
    }
}

pub async fn bounded_page(
    State(limit): State<ConcurrencyLimit>,
    request: Request,
    next: Next,
) -> Response {
    let is_sign_in = rate_limits::is_sign_in(request.uri().path());
    let sign_in = is_sign_in.then(|| limit.sign_ins.try_acquire()).transpose();
    match (sign_in, limit.all.try_acquire()) {
        (Ok(_sign_in), Ok(_permit)) => next.run(request).await,
        _ => security::busy(),
    }
}

pub async fn bounded_api(
    State(limit): State<ConcurrencyLimit>,
    request: Request,
    next: Next,
) -> Response {
    match limit.all.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => Problem::from(Failure::Busy).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use app::fns::session::SignIn;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use futures::future::join_all;
    use leptos::server_fn::ServerFn;
    use tower::ServiceExt;

    use super::*;

    /// Before, a rush of sign-ins took all places, and pages were refused to those who were signed in.
    #[tokio::test]
    async fn a_rush_of_sign_ins_leaves_places_for_pages() {
        let limit = ConcurrencyLimit::for_pages();
        let ends = Arc::new(Semaphore::new(0));
        let waits = ends.clone();
        let pages = Router::new()
            .fallback(move || async move {
                let _ = waits.acquire().await;
            })
            .layer(from_fn_with_state(limit.clone(), bounded_page));
        let ask = async |path: &str| {
            let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
            pages.clone().oneshot(request).await.expect("an answer").status().as_u16()
        };
        let rush = join_all((0..SIGN_INS_MAX + 10).map(|_| ask(SignIn::PATH)));
        let (rush, page) = tokio::join!(rush, async {
            while limit.sign_ins.available_permits() > 0 {
                tokio::task::yield_now().await;
            }
            ends.add_permits(1000);
            ask("/account").await
        });
        assert_eq!(rush.iter().filter(|status| **status == 503).count(), 10);
        assert_eq!(page, 200);
    }
}
