//! Turns the result of a port into an HTTP response: a failure becomes a status and a page here and nowhere else.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use nadi::Failure;
use nadi::ids::DoctorId;

use super::failure_pages::{ForbiddenPage, NotFoundPage, UnavailablePage};
use crate::context;
use crate::links;

/// Sets the status of the response.
pub fn set_status(status: u16) {
    if let (Some(options), Ok(status)) =
        (use_context::<ResponseOptions>(), StatusCode::from_u16(status))
    {
        options.set_status(status);
    }
}

/// Names the doctors that this page shows, in [`context::SHOWS_HEADER`].
pub fn set_shown_doctors(doctors: impl IntoIterator<Item = DoctorId>) {
    if let (Some(options), Ok(shown)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&context::shown(doctors)))
    {
        options.insert_header(HeaderName::from_static(context::SHOWS_HEADER), shown);
    }
}

/// Marks this response `noindex`, on a path whose other pages are public.
pub fn hide_from_search_engines() {
    if let Some(options) = use_context::<ResponseOptions>() {
        let name = HeaderName::from_static("x-robots-tag");
        options.insert_header(name, HeaderValue::from_static("noindex"));
    }
}

/// Keeps this response out of every cache: it belongs to one browser, at this moment.
pub fn forbid_storing() {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Redirects to another page of this site. Unlike the redirect of a form, also for clients that do not accept HTML.
pub fn redirect(path: &str) {
    let path = nadi::input::return_path(path);
    if let (Some(options), Ok(path)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(path))
    {
        options.insert_header(LOCATION, path);
        options.set_status(StatusCode::SEE_OTHER);
    }
}

/// The page, or the page that explains the failure.
pub fn page_or_failure(page: Result<AnyView, Failure>) -> AnyView {
    let failure = match page {
        Ok(page) => return page,
        Err(failure) => failure,
    };
    match failure {
        Failure::SignInFirst => {
            redirect(&links::sign_in(&context::here()));
            ().into_any()
        }
        Failure::ProveAgain => {
            redirect(&links::sign_in_again(&context::here()));
            ().into_any()
        }
        failure => {
            set_status(failure.status());
            match failure {
                Failure::NotFound => view! { <NotFoundPage/> }.into_any(),
                Failure::NotAllowed => view! { <ForbiddenPage/> }.into_any(),
                failure => view! { <UnavailablePage failure=failure/> }.into_any(),
            }
        }
    }
}

/// Waits for a page and shows it, or the failure. The whole document waits with it.
pub fn page<F>(page: F) -> impl IntoView
where
    F: Future<Output = Result<AnyView, Failure>> + Send + 'static,
{
    Suspend::new(async move { page_or_failure(page.await) })
}
