//! Security events in the server's log, for whoever watches it: who has signed in and who has failed to, roles and ways to
//! sign in that have changed, exports, limits that were reached. All have the target `nadi::security` and a field
//! `event`. They name accounts by id and networks by a keyed hash, never by address.

use nadi::Failure;
use nadi::actor::Caller;
use nadi::audit::{Entry, Viewed};
use nadi::ports::{Answer, KnownAccount, SignInStep};

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

/// A step of signing in, and how it ended.
pub fn sign_in(
    app_state: &AppState,
    caller: &Caller,
    with: &'static str,
    outcome: &Answer<SignInStep>,
) {
    let (network, request) = (network(app_state, caller), caller.request_id);
    match outcome {
        Ok(SignInStep::SignedIn(account)) => {
            let account = account.id;
            tracing::info!(target: TARGET, event = "signed_in", with, %account, network, %request);
        }
        Ok(SignInStep::SecondFactor(account)) => {
            let account = account.id;
            tracing::info!(target: TARGET, event = "second_factor_asked", with, %account, network, %request);
        }
        // The site's fault, which is logged elsewhere.
        Err(Failure::Unavailable | Failure::Busy) => {}
        Err(failure) => {
            let reason = reason(failure);
            tracing::warn!(target: TARGET, event = "sign_in_failed", with, reason, network, %request);
        }
    }
}

/// The same for a second factor or a passkey, which complete the sign-in.
pub fn last_step(
    app_state: &AppState,
    caller: &Caller,
    with: &'static str,
    outcome: &Answer<KnownAccount>,
) {
    sign_in(app_state, caller, with, &outcome.clone().map(SignInStep::SignedIn));
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
