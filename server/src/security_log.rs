//! Security events in the server's log, for whoever watches it: who has signed in and who has failed to, roles and ways to
//! sign in that have changed, exports, limits that were reached, access that was refused, and what looks like an attack.
//! All have the target `nadi::security` and a field `event`. They name accounts by id, and networks and e-mail addresses
//! by a keyed hash. Nothing that somebody has typed or sent is part of a line.

use nadi::Failure;
use nadi::actor::{Caller, Network};
use nadi::audit::{Entry, Viewed};
use nadi::ids::{AccountId, DoctorId};
use nadi::permissions::Permission;
use nadi::ports::{Answer, KnownAccount, SignInStep};
use uuid::Uuid;

use crate::limits::rules;
use crate::state::AppState;

/// Of all lines.
pub const TARGET: &str = "nadi::security";

/// Acts that change who may do what, or take data away.
const ACTS: [&str; 13] = [
    "account.deleted",
    "account.email_changed",
    "account.invited",
    "account.joined",
    "account.left",
    "account.made_administrator",
    "account.made_auditor",
    "account.sign_in_changed",
    "account.signed_out",
    "account.factor_reset_requested",
    "account.factor_reset_withdrawn",
    "account.factors_reset",
    Viewed::AccountExport.as_str(),
];

fn network(app_state: &AppState, caller: &Caller) -> String {
    let network = caller.network.map(|network| rules::of_network(app_state, network));
    network.map(|subject| subject.to_string()).unwrap_or_default()
}

/// Who tries to sign in, as far as that is known before it has succeeded.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    Unknown,
    /// What was typed, or where the code was sent. It is written as a keyed hash.
    Address(&'a str),
    Account(AccountId),
}

/// A step of signing in, and how it ended.
pub fn sign_in(
    app_state: &AppState,
    caller: &Caller,
    with: &'static str,
    whom: Whom<'_>,
    outcome: &Answer<SignInStep>,
) {
    match outcome {
        Ok(SignInStep::SignedIn(account)) => signed_in(app_state, caller, with, account.id),
        Ok(SignInStep::SecondFactor(account)) => {
            let (network, request) = (network(app_state, caller), caller.request_id);
            let account = account.id;
            tracing::info!(target: TARGET, event = "second_factor_asked", with, %account, network, %request);
        }
        // The site's fault, which is logged elsewhere.
        Err(Failure::Unavailable | Failure::Busy) => {}
        Err(failure) => {
            let (network, request) = (network(app_state, caller), caller.request_id);
            let reason = reason(failure);
            let (address, account) = match whom {
                Whom::Unknown => (None, None),
                Whom::Address(typed) => {
                    let typed = typed.trim().to_lowercase();
                    (Some(app_state.limiter.subject("address", typed).to_string()), None)
                }
                Whom::Account(id) => (None, Some(id.to_string())),
            };
            tracing::warn!(
                target: TARGET, event = "sign_in_failed", with, reason, address, account, network, %request
            );
        }
    }
}

/// Somebody is signed in now.
pub fn signed_in(app_state: &AppState, caller: &Caller, with: &'static str, account: AccountId) {
    let (network, request) = (network(app_state, caller), caller.request_id);
    tracing::info!(target: TARGET, event = "signed_in", with, %account, network, %request);
}

/// The same for a second factor or a passkey, which complete the sign-in.
pub fn last_step(
    app_state: &AppState,
    caller: &Caller,
    with: &'static str,
    whom: Whom<'_>,
    outcome: &Answer<KnownAccount>,
) {
    sign_in(app_state, caller, with, whom, &outcome.clone().map(SignInStep::SignedIn));
}

/// An account has asked for something that it may not see or do. Visitors, who are asked to sign in, are in no line.
pub fn refused(caller: &Caller, permission: Permission, subject: Option<Uuid>) {
    let Ok(account) = caller.signed_in() else { return };
    let (account, request) = (account.account, caller.request_id);
    let subject = subject.map(|id| id.to_string());
    tracing::warn!(
        target: TARGET, event = "access_refused", ?permission, %account, subject, %request
    );
}

/// A wrong code, other than one that was to sign somebody in.
pub fn wrong_code(app_state: &AppState, caller: &Caller, with: &'static str, subject: Uuid) {
    let account = caller.signed_in().ok().map(|account| account.account.to_string());
    let (network, request) = (network(app_state, caller), caller.request_id);
    tracing::warn!(
        target: TARGET, event = "wrong_code", with, account, %subject, network, %request
    );
}

/// A cookie, a token or a link that we have not made, or no longer know.
pub fn forged(app_state: &AppState, from: Option<Network>, request: Uuid, what: &'static str) {
    let network = from.map(|network| rules::of_network(app_state, network).to_string());
    tracing::warn!(target: TARGET, event = "forged", what, network, %request);
}

/// A change that a page of another site has sent.
pub fn foreign_origin(app_state: &AppState, from: Option<Network>, request: Uuid) {
    let network = from.map(|network| rules::of_network(app_state, network).to_string());
    tracing::warn!(target: TARGET, event = "foreign_origin", network, %request);
}

/// The address of a calendar that the server does not fetch, such as one of a private network.
pub fn calendar_refused(caller: &Caller, doctor: DoctorId) {
    let account = caller.signed_in().ok().map(|account| account.account.to_string());
    let request = caller.request_id;
    tracing::warn!(
        target: TARGET, event = "calendar_address_refused", account, %doctor, %request
    );
}

fn reason(failure: &Failure) -> &'static str {
    match failure {
        Failure::WrongCredentials => "wrong_password",
        Failure::WrongSecondFactor => "wrong_second_factor",
        Failure::WrongPasskey => "wrong_passkey",
        Failure::CodeExpired => "code_expired",
        Failure::TooManyTries { .. } => "too_many_tries",
        Failure::Refused(_) => "wrong_code",
        _ => "refused",
    }
}

/// What was recorded in the audit log, if it is about security.
pub fn recorded(entry: &Entry) {
    if ACTS.contains(&entry.action.as_str()) {
        let by = entry.account.map(|id| id.to_string()).unwrap_or_default();
        let subject = entry.subjects.first().map(|id| id.to_string()).unwrap_or_default();
        let at = entry.occurred_at.to_rfc3339();
        tracing::info!(target: TARGET, event = entry.action, role = entry.role, by, subject, at);
    }
}
