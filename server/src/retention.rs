//! How long personal data is kept, and what deletes it: one table ([`RULES`]), which `docs/privacy.md` explains line by
//! line. The periods are in [`nadi::retention`], because the privacy notice says them, too.
//!
//! Not for the deletion itself, which each capability does for its own tables, nor for what its owner deletes.

use futures::FutureExt;
use futures::future::BoxFuture;
use nadi::retention as days;

use crate::accounts::{forget, second_factors, sessions, visitors};
use crate::bookings::{archive, hold_sources, sweeper};
use crate::busy_times;
use crate::clinic::invitations;
use crate::database::DELETED_AT_ONCE;
use crate::feeds;
use crate::notifications;
use crate::schedules::clean_up;
use crate::state::AppState;

/// Deletes at most [`DELETED_AT_ONCE`] rows of a table, and returns how many; of several tables, the most of one.
pub type Step = for<'a> fn(&'a AppState) -> BoxFuture<'a, sqlx::Result<u64>>;

/// How long data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// So many days after it has ended; 0: until it has expired.
    Days(i64),
    /// As long as its owner wants it, or works for the clinic.
    UntilRemoved,
    /// As long as the account exists. Its row stays without anything that identifies somebody.
    WithAccount,
    /// Nobody deletes it.
    ForGood,
    /// As long as the operator says (`NADI_APPOINTMENTS_KEPT_YEARS`).
    AsConfigured,
}

/// What deletes it.
#[derive(Clone, Copy)]
pub enum DeletedBy {
    EveryMinute(Step),
    EveryHour(Step),
    /// A job that does more than that.
    Job(&'static str),
    /// Its owner, or whoever deletes an account.
    Person,
    Nobody,
}

/// One line of the table.
pub struct Rule {
    /// As `docs/privacy.md` calls it.
    pub data: &'static str,
    pub tables: &'static [&'static str],
    pub kept: Kept,
    pub deleted_by: DeletedBy,
}

/// Everything that is stored about people.
pub const RULES: &[Rule] = &[
    Rule {
        data: "account",
        tables: &["accounts", "people"],
        kept: Kept::UntilRemoved,
        deleted_by: DeletedBy::Person,
    },
    Rule {
        data: "visitor",
        tables: &["accounts", "people"],
        kept: Kept::Days(days::VISITOR),
        deleted_by: DeletedBy::EveryMinute(|state| visitors::tidy(state).boxed()),
    },
    Rule {
        data: "visitor who has booked",
        tables: &["visitor_visits"],
        kept: Kept::Days(days::VISITOR),
        deleted_by: DeletedBy::EveryMinute(|state| sweeper::forget_visits(state).boxed()),
    },
    Rule {
        data: "unproven account",
        tables: &["accounts", "people", "unproven_accounts"],
        kept: Kept::Days(days::UNPROVEN_ACCOUNT),
        deleted_by: DeletedBy::EveryHour(|state| forget::unproven_accounts(state).boxed()),
    },
    Rule {
        data: "removed person",
        tables: &["people"],
        kept: Kept::Days(days::REMOVED_PERSON),
        deleted_by: DeletedBy::EveryHour(|state| forget::removed_people(state).boxed()),
    },
    Rule {
        data: "merged account",
        tables: &["accounts", "merged_accounts"],
        kept: Kept::Days(days::MERGED_ADDRESS),
        deleted_by: DeletedBy::EveryHour(|state| forget::merged_addresses(state).boxed()),
    },
    Rule {
        data: "consent",
        tables: &["consents"],
        kept: Kept::WithAccount,
        deleted_by: DeletedBy::EveryHour(|state| forget::consents_of_deleted(state).boxed()),
    },
    Rule {
        data: "session",
        tables: &["sessions", "tokens", "address_proofs", "passkey_challenges"],
        kept: Kept::Days(0),
        deleted_by: DeletedBy::EveryMinute(|state| sessions::tidy(state).boxed()),
    },
    Rule {
        data: "second factor",
        tables: &["authenticators", "recovery_codes", "passkeys"],
        kept: Kept::UntilRemoved,
        deleted_by: DeletedBy::EveryMinute(|state| second_factors::tidy(state).boxed()),
    },
    Rule {
        data: "API key",
        tables: &["api_keys"],
        kept: Kept::Days(days::ENDED_ACCESS),
        deleted_by: DeletedBy::EveryHour(|state| forget::ended_keys(state).boxed()),
    },
    Rule {
        data: "calendar link",
        tables: &["calendar_feeds"],
        kept: Kept::Days(days::ENDED_ACCESS),
        deleted_by: DeletedBy::EveryHour(|state| feeds::forget_ended(state).boxed()),
    },
    Rule {
        data: "connected calendar",
        tables: &["busy_calendars"],
        kept: Kept::Days(days::ENDED_ACCESS),
        deleted_by: DeletedBy::EveryHour(|state| busy_times::forget_ended(state).boxed()),
    },
    Rule {
        data: "busy time",
        tables: &["busy_times"],
        kept: Kept::Days(1),
        deleted_by: DeletedBy::Job("calendars"),
    },
    Rule {
        data: "draft of hours",
        tables: &["schedule_drafts"],
        kept: Kept::Days(clean_up::DRAFTS_KEPT.num_days()),
        deleted_by: DeletedBy::Job("calendars"),
    },
    Rule {
        data: "time off",
        tables: &["time_off"],
        kept: Kept::Days(days::TIME_OFF),
        deleted_by: DeletedBy::EveryHour(|state| clean_up::time_off(state).boxed()),
    },
    Rule {
        data: "role",
        tables: &["doctors", "staff", "receptionists"],
        kept: Kept::UntilRemoved,
        deleted_by: DeletedBy::Person,
    },
    Rule {
        data: "invitation",
        tables: &["invitations"],
        kept: Kept::Days(days::INVITATION),
        deleted_by: DeletedBy::EveryMinute(|state| invitations::delete_ended(state).boxed()),
    },
    Rule {
        data: "appointment",
        tables: &["appointments", "archived_appointments", "seats", "patient_times"],
        kept: Kept::AsConfigured,
        deleted_by: DeletedBy::EveryHour(|state| archive::forget_old(state).boxed()),
    },
    Rule {
        data: "lapsed hold",
        tables: &["archived_appointments", "events"],
        kept: Kept::Days(days::LAPSED_HOLD),
        deleted_by: DeletedBy::EveryHour(|state| archive::forget_lapsed(state).boxed()),
    },
    Rule {
        data: "stored answer",
        tables: &["idempotency_keys"],
        kept: Kept::Days(nadi::idempotency::KEY_KEPT_HOURS / 24),
        deleted_by: DeletedBy::EveryMinute(|state| sweeper::forget_keys(state).boxed()),
    },
    Rule {
        data: "review",
        tables: &["reviews", "review_decisions"],
        kept: Kept::UntilRemoved,
        deleted_by: DeletedBy::Person,
    },
    Rule {
        data: "message",
        tables: &["notifications"],
        kept: Kept::Days(days::MESSAGE),
        deleted_by: DeletedBy::EveryHour(|state| notifications::forget(state).boxed()),
    },
    Rule {
        data: "event",
        tables: &["events"],
        kept: Kept::Days(days::EVENT),
        deleted_by: DeletedBy::Job("archive"),
    },
    Rule {
        data: "network of a hold",
        tables: &["hold_sources"],
        kept: Kept::Days(days::HOLD_SOURCE),
        deleted_by: DeletedBy::EveryMinute(|state| hold_sources::forget(state).boxed()),
    },
    Rule {
        data: "entry of the audit log",
        tables: &["audit_entries", "audit_pending"],
        kept: Kept::ForGood,
        deleted_by: DeletedBy::Nobody,
    },
];

/// Carries out the steps of every minute. A step that fails does not keep the others from theirs.
///
/// # Errors
/// The first failure, after all steps.
pub async fn run_every_minute(app_state: &AppState) -> sqlx::Result<()> {
    run(app_state, |rule| match rule.deleted_by {
        DeletedBy::EveryMinute(step) => Some(step),
        _ => None,
    })
    .await
}

/// The same for those of every hour.
///
/// # Errors
/// The first failure, after all steps.
pub async fn run_every_hour(app_state: &AppState) -> sqlx::Result<()> {
    run(app_state, |rule| match rule.deleted_by {
        DeletedBy::EveryHour(step) => Some(step),
        _ => None,
    })
    .await
}

async fn run(app_state: &AppState, step: impl Fn(&Rule) -> Option<Step>) -> sqlx::Result<()> {
    let mut outcome = Ok(());
    for step in RULES.iter().filter_map(step) {
        outcome = outcome.and(until_done(step, app_state).await);
    }
    outcome
}

/// Repeats a step as long as there may be more to delete.
async fn until_done(step: Step, app_state: &AppState) -> sqlx::Result<()> {
    while step(app_state).await? >= DELETED_AT_ONCE.unsigned_abs() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_explained() {
        let page = include_str!("../../docs/privacy.md");
        for rule in RULES {
            let line = page.lines().find(|line| line.starts_with(&format!("| {} |", rule.data)));
            let line = line.unwrap_or_else(|| panic!("{} is not in docs/privacy.md", rule.data));
            for table in rule.tables {
                assert!(line.contains(&format!("`{table}`")), "{table} is not in: {line}");
            }
            if let Kept::Days(days) = rule.kept
                && days > 0
            {
                let said = [format!(" {days} day"), format!(" {} years", days / 365)];
                assert!(said.iter().any(|said| line.contains(said)), "{days} days: {line}");
            }
        }
    }
}
