//! Reading the audit log.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Answer;
use crate::actor::Caller;
use crate::audit::Entry;
use crate::ids::AccountId;

/// Which entries to show. All that is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub account: Option<AccountId>,
    pub subject: Option<Uuid>,
    /// Exactly this action.
    pub action: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Entries before this position: the next page.
    pub before: Option<i64>,
}

/// An entry, with what an auditor may know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub position: i64,
    pub entry: Entry,
    /// The name of a member of staff; never a patient's.
    pub name: Option<String>,
}

/// A part of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRows {
    pub rows: Vec<AuditRow>,
    /// Where the next page begins: [`AuditQuery::before`].
    pub next: Option<i64>,
}

#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Recorded as seen itself.
    ///
    /// # Errors
    /// `SignInFirst`, `NotAllowed`, `Unavailable`.
    async fn entries(&self, caller: &Caller, query: &AuditQuery) -> Answer<AuditRows>;
}
