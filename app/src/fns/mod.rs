//! Server functions: parse, call one port method, reply. They are public endpoints under `/fn`.
//!
//! A plain form posts to them. It is redirected by [`redirect`] on success, and
//! back to its page with the [`FormFailure`] when not.

pub mod account;
pub mod administration;
pub mod api_keys;
pub mod booking;
pub mod busy;
pub mod consents;
pub mod feeds;
pub mod holds;
pub mod holidays;
pub mod invitations;
pub mod passkeys;
pub mod people;
pub mod reviews;
pub mod schedules;
pub mod second_factors;
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

/// The result of a port for a form on the page `back`. Those who have to sign in, or to prove again who they are, are
/// redirected to do that; the server keeps what they typed, and `back` shows it again.
#[cfg(feature = "ssr")]
pub fn or_sign_in<T>(answer: Result<T, Failure>, back: &str) -> Result<Option<T>, FormFailure> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failure::SignInFirst) => {
            lead_to(crate::links::sign_in, back);
            Ok(None)
        }
        Err(Failure::ProveAddressFirst) => {
            lead_to(crate::links::sign_in_crowded, back);
            Ok(None)
        }
        Err(Failure::ProveAgain) => {
            lead_to(crate::links::sign_in_again, back);
            Ok(None)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Redirects to a page that leads on to `back`; without the query of `back` if the address would be too long.
#[cfg(feature = "ssr")]
fn lead_to(page: fn(&str) -> String, back: &str) {
    let address = page(back);
    let is_short = nadi::input::return_path(&address) == address;
    redirect(&if is_short { address } else { page(back.split(['?', '#']).next().unwrap_or("/")) });
}

/// The caller and the ports, for a form on the page `back` that only those who are signed in can send. Asked before
/// anything that was typed is checked: otherwise it would be refused first and could not be kept.
#[cfg(feature = "ssr")]
pub fn signed_in_request(
    back: &str,
) -> Result<Option<(nadi::actor::Caller, nadi::ports::Ports)>, FormFailure> {
    let (caller, ports) = request()?;
    let signed_in = or_sign_in(caller.signed_in().map(|_| ()), back)?;
    Ok(signed_in.map(|()| (caller, ports)))
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
