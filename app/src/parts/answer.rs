//! From what a port answered to a page: the one place where a failure becomes a status and a view.

use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue, LOCATION};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use nadi::Failure;
use nadi::ids::DoctorId;

use crate::context;
use crate::links;
use crate::pages::failures::{Forbidden, Missing, Unavailable};

/// Sets the status of the page at hand.
pub fn set_status(status: u16) {
    if let (Some(options), Ok(status)) =
        (use_context::<ResponseOptions>(), StatusCode::from_u16(status))
    {
        options.set_status(status);
    }
}

/// Says whom the page at hand shows.
pub fn shows(doctors: impl IntoIterator<Item = DoctorId>) {
    if let (Some(options), Ok(shown)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&context::shown(doctors)))
    {
        options.insert_header(HeaderName::from_static(context::SHOWS_HEADER), shown);
    }
}

/// Asks search engines to leave the page at hand out, although others at such an address are public.
pub fn hide_from_search_engines() {
    if let Some(options) = use_context::<ResponseOptions>() {
        let name = HeaderName::from_static("x-robots-tag");
        options.insert_header(name, HeaderValue::from_static("noindex"));
    }
}

/// Leads to another page of this site. Unlike a form's redirect, also those who ask for no HTML.
pub fn lead_to(path: &str) {
    let path = nadi::input::return_path(path);
    if let (Some(options), Ok(path)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(path))
    {
        options.insert_header(LOCATION, path);
        options.set_status(StatusCode::SEE_OTHER);
    }
}

/// The page, or the page that says why there is none.
pub fn page_or_failure(page: Result<AnyView, Failure>) -> AnyView {
    let failure = match page {
        Ok(page) => return page,
        Err(failure) => failure,
    };
    match failure {
        Failure::SignInFirst => {
            lead_to(&links::sign_in(&context::here()));
            ().into_any()
        }
        failure => {
            set_status(failure.status());
            match failure {
                Failure::NotFound => view! { <Missing/> }.into_any(),
                Failure::NotAllowed => view! { <Forbidden/> }.into_any(),
                failure => view! { <Unavailable failure=failure/> }.into_any(),
            }
        }
    }
}

/// Waits for a page and shows it, or why there is none. The whole document waits with it.
pub fn page<F>(page: F) -> impl IntoView
where
    F: Future<Output = Result<AnyView, Failure>> + Send + 'static,
{
    Suspend::new(async move { page_or_failure(page.await) })
}
