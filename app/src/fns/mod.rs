//! Server functions: parse, call one port method, reply. They are public endpoints under `/fn`.
//!
//! A plain form posts to them, is led on by [`done`] when all went well, and
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

/// Leads on to a page of this site.
#[cfg(feature = "ssr")]
pub fn done(path: &str) {
    leptos_axum::redirect(nadi::input::return_path(path));
}

/// What a port answered, for a form on the page `back`: whoever has to sign in first is led there.
#[cfg(feature = "ssr")]
pub fn answered<T>(answer: Result<T, Failure>, back: &str) -> Result<Option<T>, FormFailure> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failure::SignInFirst) => {
            done(&crate::links::sign_in(back));
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

/// An id from a form that may be left out.
#[cfg(feature = "ssr")]
pub fn optional<T: std::str::FromStr>(id: &str) -> Result<Option<T>, FormFailure> {
    if id.is_empty() { Ok(None) } else { known(id).map(Some) }
}

/// An id from a form. One that cannot be read names nothing.
#[cfg(feature = "ssr")]
pub fn known<T: std::str::FromStr>(id: &str) -> Result<T, FormFailure> {
    id.parse().map_err(|_| Failure::NotFound.into())
}
