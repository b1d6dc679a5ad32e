//! How often something may be tried with one address.
//!
//! Tries are counted before they are checked: those of one network, so that strangers elsewhere cannot use up what
//! somebody may try with their own address, and all together, so that there is an end to it. Those of its owner's
//! browsers are counted apart, so that nobody can shut the owner out.

use std::time::Duration;

use nadi::Failure;
use nadi::actor::{Actor, Caller};
use nadi::appointment::Refusal;
use sqlx::PgConnection;

use super::addresses::account_of_address;
use super::devices;
use crate::keys::Purpose;
use crate::limits::rules::{self, must_be_allowed};
use crate::limits::{Limit, Subject};
use crate::state::AppState;

/// How many times what one network may try, all may try together.
const NETWORKS: u32 = 4;
/// Wrong codes that prove an address, in a day: those that sign in, and those of bookings. Together with the number of
/// codes in a day this bounds how often a code is guessed at: a hundred times by all strangers together, and once for
/// each code, of a hundred million.
const WRONG_CODES_OF_DAY: Limit =
    Limit::new("wrong-codes-of-day", 25, Duration::from_secs(24 * 60 * 60));

/// Who tries something with an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trying {
    /// Those in the same network who try this address; or a browser or a session of its owner.
    subject: Subject,
    /// All who try this address.
    together: Option<Subject>,
    /// It is a browser or a session of its owner.
    pub(super) is_known: bool,
}

/// Counts a try.
///
/// # Errors
/// `TooManyTries`.
pub(super) fn count(
    app_state: &AppState,
    caller: &Caller,
    limit: &Limit,
    trying: Trying,
) -> Result<(), Failure> {
    must_be_allowed(app_state.limiter.take(limit, trying.subject, caller.now))?;
    let Some(together) = trying.together else { return Ok(()) };
    must_be_allowed(app_state.limiter.take(&of_all(limit), together, caller.now))
}

/// Fails if there were too many tries already, of this network or browser, without counting one.
///
/// # Errors
/// `TooManyTries`.
pub(super) fn check(
    app_state: &AppState,
    caller: &Caller,
    limit: &Limit,
    trying: Trying,
) -> Result<(), Failure> {
    must_be_allowed(app_state.limiter.check(limit, trying.subject, caller.now))
}

/// Fails if there were too many wrong codes for the address today, of this network or browser, or of all together. Ask
/// this for each try of a code but the first. That one is bounded by how many codes are sent: so nobody whose first try
/// is right is refused because of the tries of strangers.
///
/// # Errors
/// `TooManyTries`; `Refused` with `CodeSpent` while somebody guesses many codes ([`rules::are_codes_guessed`]).
pub(super) fn may_try_code(
    app_state: &AppState,
    caller: &Caller,
    trying: Trying,
) -> Result<(), Failure> {
    if rules::are_codes_guessed(app_state, caller.now) {
        return Err(Refusal::CodeSpent.into());
    }
    check(app_state, caller, &WRONG_CODES_OF_DAY, trying)?;
    let Some(together) = trying.together else { return Ok(()) };
    must_be_allowed(app_state.limiter.check(&of_all(&WRONG_CODES_OF_DAY), together, caller.now))
}

/// Counts a wrong code for [`may_try_code`], and for the caller's network.
pub(super) fn code_was_wrong(app_state: &AppState, caller: &Caller, trying: Trying) {
    rules::code_was_wrong(app_state, caller);
    // The tries of one code are few: the one after the last is refused by `may_try_code`.
    let _ = count(app_state, caller, &WRONG_CODES_OF_DAY, trying);
}

fn of_all(limit: &Limit) -> Limit {
    Limit { most: limit.most * NETWORKS, ..*limit }
}

/// Forgets the tries, because one was right.
pub(super) fn forget(app_state: &AppState, caller: &Caller, limit: &Limit, trying: Trying) {
    for subject in [Some(trying.subject), trying.together].into_iter().flatten() {
        app_state.limiter.forget(limit, subject, caller.now);
    }
}

/// Those in the caller's network who try this address; or this browser, if it has signed in with it before.
pub(super) fn of_browser(app_state: &AppState, caller: &Caller, email: &str) -> Trying {
    let keys = app_state.keys.macs(Purpose::Cookies);
    let counts = |mark: &&String| keys.any(|key| devices::is_of(key, mark, email));
    if let Some(mark) = caller.device.as_ref().filter(counts) {
        return known(app_state, email, mark);
    }
    let limiter = &app_state.limiter;
    let together = limiter.subject("address", email);
    match caller.network {
        Some(network) => {
            // Of IPv6 the whole site, or one connection would have the share of many.
            let network = network.site().unwrap_or(network);
            let subject = limiter.subject("address in a network", format!("{email} in {network}"));
            Trying { subject, together: Some(together), is_known: false }
        }
        None => Trying { subject: together, together: None, is_known: false },
    }
}

/// The same; or for the session, if it is one of the account of this address: it may have begun before browsers got
/// marks, or the address may have changed since.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn of_caller(
    connection: &mut PgConnection,
    app_state: &AppState,
    caller: &Caller,
    email: &str,
) -> sqlx::Result<Trying> {
    if let Actor::Account(who) = &caller.actor
        && let Some(session) = who.access.session
        && account_of_address(connection, email).await? == Some(who.account)
    {
        return Ok(known(app_state, email, &session.to_string()));
    }
    Ok(of_browser(app_state, caller, email))
}

fn known(app_state: &AppState, email: &str, by: &str) -> Trying {
    let subject = app_state.limiter.subject("owner", format!("{email} with {by}"));
    Trying { subject, together: None, is_known: true }
}
