//! The limits of requests, holds, codes and passwords.
//!
//! Nobody can use up what is somebody else's: whoever is known (an account, a visitor, a browser that has signed in
//! with an address) is counted alone. Only those who are not known share the limit of their network, and for them there
//! is always another way: whoever may hold no more times without an account can prove their address by a code first,
//! and whoever may type no more passwords can sign in with a code or a passkey.

use std::time::Duration;

use chrono::{DateTime, Duration as TimeDelta, Utc};
use nadi::Failure;
use nadi::actor::{Actor, Caller, Network, Owner};

use super::{Limit, Subject, Usage};
use crate::state::AppState;
use crate::use_case::Outcome;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// All requests of a network, before anything is done for them.
pub const REQUESTS: Limit = Limit::new("requests", 1000, SECOND);
/// Pages and answers of the API that are made anew, for an account, a visitor or an unknown network.
pub const READS: Limit = Limit::new("reads", 600, MINUTE);
/// Changes by an account.
pub const CHANGES: Limit = Limit::new("changes", 100, MINUTE);
/// Changes by a visitor, and by an unknown network. Holds and signing in have limits of their own.
pub const ANONYMOUS_CHANGES: Limit = Limit::new("anonymous-changes", 10, MINUTE);

/// Holds that were not confirmed, by one account or visitor. The more there were, the longer the pause.
const HOLDS: [Limit; 3] = [
    Limit::new("holds", 8, Duration::from_secs(10 * 60)),
    Limit::new("holds-of-hour", 15, HOUR),
    Limit::new("holds-of-day", 30, DAY),
];
/// Holds of visitors from one network. Who is refused can prove an address first.
const VISITOR_HOLDS: Limit = Limit::new("visitor-holds", 10, Duration::from_secs(5 * 60));
/// Holds of accounts younger than [`NEW_FOR`] from one network.
const NEW_ACCOUNT_HOLDS: Limit = Limit::new("new-account-holds", 30, Duration::from_secs(5 * 60));
const NEW_FOR: TimeDelta = TimeDelta::days(1);

/// Codes that one network asks for, other than the first one for an address within an hour.
const CODES: Limit = Limit::new("codes", 30, HOUR);
/// The same, with the first ones.
const ALL_CODES: Limit = Limit::new("all-codes", 300, HOUR);
/// Codes for one address; which is only about whether one is the first.
const CODES_FOR_ADDRESS: Limit = Limit::new("codes-for-address", 1, HOUR);
/// New passwords that are hashed for people who register.
const REGISTRATIONS: Limit = Limit::new("registrations", 30, Duration::from_secs(10 * 60));
/// Wrong codes and wrong passwords from one network, of browsers that have not signed in with the address before.
pub const WRONG_CODES: Limit = Limit::new("wrong-codes", 50, HOUR);
pub const WRONG_PASSWORDS: Limit = Limit::new("wrong-passwords", 50, HOUR);
/// Wrong codes of all networks and addresses together, of browsers that have not signed in with the address before. A
/// site with 5,000 bookings a day has some hundred in a day. More than these mean that somebody guesses codes from many
/// networks, which no other limit sees: it is told in the log, and from then on a code has one try in such browsers
/// instead of five ([`are_codes_guessed`]). So each guess costs whoever guesses a code of their own, and codes are
/// limited for addresses and networks. Nobody else is shut out by it: the right code counts at the first try, and
/// whoever has mistyped it asks for another one. Slower answers would not help: somebody who guesses asks many times at
/// once, and would only keep the places of those who wait.
const ALL_WRONG_CODES: Limit = Limit::new("all-wrong-codes", 1000, HOUR);

/// How many times what one visitor may do, all visitors of a network may do together.
const VISITORS_OF_NETWORK: u32 = 20;
/// How many times what one network may do, all IPv6 networks of one site may do together.
const NETWORKS_OF_SITE: u32 = 8;

/// # Errors
/// `TooManyTries`, with the wait.
pub fn must_be_allowed(usage: Usage) -> Result<(), Failure> {
    match usage.is_allowed {
        true => Ok(()),
        false => Err(Failure::TooManyTries { retry_after_seconds: usage.wait_seconds }),
    }
}

/// Counts one request of any kind, before anything is done for it.
pub fn count_any_request(app_state: &AppState, network: Network, now: DateTime<Utc>) -> Usage {
    take(app_state, &REQUESTS, network, now)
}

/// Counts one request, as a read or as a change. Returns the limit that counted it.
pub fn count_request(
    app_state: &AppState,
    caller: &Caller,
    is_change: bool,
) -> Option<(&'static Limit, Usage)> {
    let limiter = &app_state.limiter;
    let (limit, subject) = match &caller.actor {
        Actor::Account(account) => {
            let limit = if is_change { &CHANGES } else { &READS };
            (limit, limiter.subject("account", account.account.0))
        }
        Actor::Visitor(visitor) => {
            let limit = if is_change { &ANONYMOUS_CHANGES } else { &READS };
            let subject = match visitor {
                Some(visitor) => {
                    // Whoever sends no cookie gets a new one, so all visitors of a network are bounded, too.
                    if let Some(network) = caller.network {
                        let usage = take_visitors(app_state, limit, network, caller.now);
                        if !usage.is_allowed {
                            return Some((limit, usage));
                        }
                    }
                    limiter.subject("account", visitor.account.0)
                }
                None => {
                    return Some((limit, take(app_state, limit, caller.network?, caller.now)));
                }
            };
            (limit, subject)
        }
    };
    Some((limit, limiter.take(limit, subject, caller.now)))
}

/// Counts one for all visitors of a network and, of IPv6, of its site.
fn take_visitors(
    app_state: &AppState,
    limit: &Limit,
    network: Network,
    now: DateTime<Utc>,
) -> Usage {
    let limiter = &app_state.limiter;
    let of_network = Limit { most: limit.most * VISITORS_OF_NETWORK, ..*limit };
    if let Some(site) = network.site() {
        let of_site = Limit { most: of_network.most * NETWORKS_OF_SITE, ..*limit };
        let usage = limiter.take(&of_site, limiter.subject("visitors of a site", site), now);
        if !usage.is_allowed {
            return usage;
        }
    }
    limiter.take(&of_network, limiter.subject("visitors of a network", network), now)
}

/// Counts a hold before it is tried.
///
/// # Errors
/// `ProveAddressFirst` for a visitor whose network holds too much; `TooManyTries`.
pub fn count_hold(app_state: &AppState, caller: &Caller, owner: Owner) -> Outcome<()> {
    let (limiter, now) = (&app_state.limiter, caller.now);
    if !app_state.settings.rate_limits {
        return Ok(());
    }
    if let Some(network) = caller.network {
        if owner.is_visitor && !take(app_state, &VISITOR_HOLDS, network, now).is_allowed {
            return Err(Failure::ProveAddressFirst.into());
        }
        if !owner.is_visitor && is_new(caller, owner) {
            must_be_allowed(take(app_state, &NEW_ACCOUNT_HOLDS, network, now))?;
        }
    }
    let owner = limiter.subject("account", owner.account.0);
    for limit in &HOLDS {
        must_be_allowed(limiter.take(limit, owner, now))?;
    }
    Ok(())
}

/// A hold was refused because the time was not free, so it does not count.
pub fn hold_was_refused(app_state: &AppState, caller: &Caller, owner: Owner) {
    if !app_state.settings.rate_limits {
        return;
    }
    hold_was_confirmed(app_state, caller, owner);
    let Some(network) = caller.network else { return };
    let limit = match (owner.is_visitor, is_new(caller, owner)) {
        (true, _) => &VISITOR_HOLDS,
        (false, true) => &NEW_ACCOUNT_HOLDS,
        (false, false) => return,
    };
    let limiter = &app_state.limiter;
    limiter.give_back(limit, of_network(app_state, network), caller.now);
    if let Some((of_site, site)) = of_site(app_state, limit, network) {
        limiter.give_back(&of_site, site, caller.now);
    }
}

/// A hold was confirmed, so it no longer counts.
pub fn hold_was_confirmed(app_state: &AppState, caller: &Caller, owner: Owner) {
    if app_state.settings.rate_limits {
        let subject = app_state.limiter.subject("account", owner.account.0);
        for limit in &HOLDS {
            app_state.limiter.give_back(limit, subject, caller.now);
        }
    }
}

/// Counts a code that is to be sent to an address. The first one for an address within an hour is not refused because
/// of others behind the same network.
///
/// # Errors
/// `TooManyTries`.
pub fn count_code(app_state: &AppState, caller: &Caller, email: &str) -> Outcome<()> {
    let Some(network) = caller.network.filter(|_| app_state.settings.rate_limits) else {
        return Ok(());
    };
    let (limiter, now) = (&app_state.limiter, caller.now);
    must_be_allowed(take(app_state, &ALL_CODES, network, now))?;
    let address = limiter.subject("address", email);
    if limiter.take(&CODES_FOR_ADDRESS, address, now).is_allowed {
        return Ok(());
    }
    Ok(must_be_allowed(take(app_state, &CODES, network, now))?)
}

/// Counts a registration with a password.
///
/// # Errors
/// `TooManyTries`.
pub fn count_registration(app_state: &AppState, caller: &Caller) -> Outcome<()> {
    let Some(network) = caller.network.filter(|_| app_state.settings.rate_limits) else {
        return Ok(());
    };
    Ok(must_be_allowed(take(app_state, &REGISTRATIONS, network, caller.now))?)
}

/// Whether this network may still try codes or passwords.
///
/// # Errors
/// `TooManyTries`.
pub fn may_try(app_state: &AppState, caller: &Caller, limit: &Limit) -> Outcome<()> {
    let Some(network) = caller.network.filter(|_| app_state.settings.rate_limits) else {
        return Ok(());
    };
    let limiter = &app_state.limiter;
    if let Some((of_site, site)) = of_site(app_state, limit, network) {
        must_be_allowed(limiter.check(&of_site, site, caller.now))?;
    }
    Ok(must_be_allowed(limiter.check(limit, of_network(app_state, network), caller.now))?)
}

/// A code was wrong, whatever it was for. Not for browsers that have signed in with the address before.
pub fn code_was_wrong(app_state: &AppState, caller: &Caller) {
    was_wrong(app_state, caller, &WRONG_CODES);
    if app_state.settings.rate_limits {
        app_state.limiter.watch(&ALL_WRONG_CODES, everybody(app_state), caller.now);
    }
}

/// Are so many codes wrong that somebody must be guessing them? Then each has one try.
pub fn are_codes_guessed(app_state: &AppState, now: DateTime<Utc>) -> bool {
    app_state.settings.rate_limits
        && !app_state.limiter.check(&ALL_WRONG_CODES, everybody(app_state), now).is_allowed
}

fn everybody(app_state: &AppState) -> Subject {
    app_state.limiter.subject("everybody", "")
}

/// A code or a password was wrong.
pub fn was_wrong(app_state: &AppState, caller: &Caller, limit: &Limit) {
    if let Some(network) = caller.network.filter(|_| app_state.settings.rate_limits) {
        take(app_state, limit, network, caller.now);
    }
}

/// Counts one for a network and, of IPv6, for its site: one connection often has many networks.
fn take(app_state: &AppState, limit: &Limit, network: Network, now: DateTime<Utc>) -> Usage {
    if let Some((of_site, site)) = of_site(app_state, limit, network) {
        let usage = app_state.limiter.take(&of_site, site, now);
        if !usage.is_allowed {
            return usage;
        }
    }
    app_state.limiter.take(limit, of_network(app_state, network), now)
}

fn of_site(app_state: &AppState, limit: &Limit, network: Network) -> Option<(Limit, Subject)> {
    let site = app_state.limiter.subject("site", network.site()?);
    Some((Limit { most: limit.most * NETWORKS_OF_SITE, ..*limit }, site))
}

pub fn of_network(app_state: &AppState, network: Network) -> Subject {
    app_state.limiter.subject("network", network)
}

/// The account is less than a day old. The ids of accounts contain when they were made.
fn is_new(caller: &Caller, owner: Owner) -> bool {
    let made = owner.account.0.get_timestamp().map(|at| at.to_unix().0);
    made.is_some_and(|seconds| {
        let seconds = i64::try_from(seconds).unwrap_or_default();
        caller.now.timestamp() - seconds < NEW_FOR.num_seconds()
    })
}
