//! Server functions: parse, call one port method, reply. They are public endpoints under `/fn`.
//!
//! A plain form posts to them. It is redirected by [`redirect`] on success, and
//! back to its page with the [`FormFailure`] when not.

pub mod administration;
pub mod booking;
pub mod busy;
pub mod feeds;
pub mod holidays;
pub mod people;
pub mod reviews;
pub mod schedules;
pub mod session;
pub mod times;

#[cfg(feature = "ssr")]
use crate::context;
#[cfg(feature = "ssr")]
use crate::error::FormFailure;
#[cfg(feature = "ssr")]
use nadi::Failure;

/// Redirects to a page of this site.
#[cfg(feature = "ssr")]
pub fn redirect(path: &str) {
    leptos_axum::redirect(nadi::input::return_path(path));
}

/// The result of a port for a form on the page `back`. Visitors who have to sign in are redirected to the sign-in page.
#[cfg(feature = "ssr")]
pub fn or_sign_in<T>(answer: Result<T, Failure>, back: &str) -> Result<Option<T>, FormFailure> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failure::SignInFirst) => {
            redirect(&crate::links::sign_in(back));
            Ok(None)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The caller and the ports of this request.
#[cfg(feature = "ssr")]
pub fn request() -> Result<(nadi::actor::Caller, nadi::ports::Ports), FormFailure> {
    Ok((context::caller()?, context::ports()?))
}

/// Parses an optional id from a form.
#[cfg(feature = "ssr")]
pub fn parse_optional_id<T: std::str::FromStr>(id: &str) -> Result<Option<T>, FormFailure> {
    if id.is_empty() { Ok(None) } else { parse_id(id).map(Some) }
}

/// Parses an id from a form. A malformed id is reported as not found.
#[cfg(feature = "ssr")]
pub fn parse_id<T: std::str::FromStr>(id: &str) -> Result<T, FormFailure> {
    id.parse().map_err(|_| Failure::NotFound.into())
}
