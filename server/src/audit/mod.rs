//! The audit log: who did what, and who has seen what about patients.
//!
//! Use cases that show patients' data to staff call [`Viewer::record`] on the connection that they have read with, before
//! they answer: what cannot be recorded is not shown. What is changed needs no call, because every change writes an
//! event. A job brings both into the log ([`chain`]) and anchors its head outside the database ([`anchors`]).

pub mod anchors;
pub mod chain;
pub mod head;
mod store;

use async_trait::async_trait;
use nadi::actor::{ActingRole, Caller};
use nadi::audit::{Entry, Viewed};
use nadi::permissions::{Permission, Target};
use nadi::ports::{Answer, AuditLog, AuditQuery, AuditRows};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::events::StoredEvent;
use crate::events::reader::{Reader, Run};
use crate::permission_checks::PermissionChecks as _;
use crate::security_log;
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

/// The reader of the event log that fills the audit log.
pub const READER: &str = "audit";
/// How many entries are appended at once.
const PAGE: i64 = 2_000;
/// How many entries a page shows.
const PAGE_SIZE: i64 = 50;

/// Who sees something, and in which role.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    pub caller: &'a Caller,
    pub role: ActingRole,
}

impl Viewer<'_> {
    /// Records that these are about to be seen. A patient who sees their own is not recorded.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn record(
        &self,
        connection: &mut PgConnection,
        what: Viewed,
        subjects: &[Uuid],
    ) -> sqlx::Result<()> {
        if self.role == ActingRole::Patient || subjects.is_empty() {
            return Ok(());
        }
        let entry = entry(self.caller, self.role.as_str(), what, subjects);
        store::insert_pending(connection, &entry).await
    }
}

/// Records that an account has taken away what is stored about it.
///
/// # Errors
/// When the database does not answer.
pub async fn record_export(
    connection: &mut PgConnection,
    caller: &Caller,
    account: Uuid,
) -> sqlx::Result<()> {
    let role = ActingRole::Patient.as_str();
    store::insert_pending(connection, &entry(caller, role, Viewed::AccountExport, &[account])).await
}

fn entry(caller: &Caller, role: &str, what: Viewed, subjects: &[Uuid]) -> Entry {
    Entry {
        action: what.as_str().to_owned(),
        role: role.to_owned(),
        account: caller.signed_in().ok().map(|account| account.account.0),
        subjects: subjects.to_vec(),
        request: Some(caller.request_id),
        occurred_at: caller.now,
    }
}

/// Brings what has happened since the last run into the log; returns how many entries.
///
/// # Errors
/// When the database does not answer; then the same is tried again.
pub async fn run_once(app_state: &AppState) -> anyhow::Result<usize> {
    let mut appended = 0;
    loop {
        let added = append_events(app_state).await? + append_pending(app_state).await?;
        if added == 0 {
            return Ok(appended);
        }
        appended += added;
    }
}

/// Brings events into the log, a page of them.
async fn append_events(app_state: &AppState) -> anyhow::Result<usize> {
    let mut entries = Vec::new();
    let mut reader = Reader::new(READER).with_page(PAGE);
    let run = reader.run(app_state, async |connection, events| {
        entries = events.iter().filter_map(of_event).collect();
        chain::append(connection, &entries).await?;
        Ok(())
    });
    let Run::Handled(count) = run.await? else { return Ok(0) };
    entries.iter().for_each(security_log::recorded);
    Ok(count)
}

/// Brings what is pending into the log, a page of it.
async fn append_pending(app_state: &AppState) -> anyhow::Result<usize> {
    let mut transaction = app_state.write.begin().await?;
    // Before anything is taken, so that a later page of another instance does not come first.
    store::lock(&mut transaction).await?;
    let entries = store::take_pending(&mut transaction, PAGE).await?;
    chain::append(&mut transaction, &entries).await?;
    transaction.commit().await?;
    entries.iter().for_each(security_log::recorded);
    Ok(entries.len())
}

/// Events about what the platform derives by itself are nobody's acts.
fn of_event(event: &StoredEvent) -> Option<Entry> {
    if matches!(event.event_type.as_str(), "listing.changed" | "busy_calendar.read") {
        return None;
    }
    Some(Entry {
        action: event.event_type.clone(),
        role: event.actor.clone(),
        account: event.actor_account_id,
        subjects: vec![event.subject_id],
        request: None,
        occurred_at: event.occurred_at,
    })
}

pub struct AuditService {
    app_state: AppState,
}

impl AuditService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn read(&self, caller: &Caller, query: &AuditQuery) -> Outcome<AuditRows> {
        caller.must(Permission::ReadAuditLog, &Target::ANY)?;
        let mut transaction = self.app_state.write.begin().await?;
        let mut rows = store::entries(&mut transaction, query, PAGE_SIZE + 1).await?;
        let mut viewed = entry(caller, "auditor", Viewed::AuditLog, &[]);
        viewed.subjects.extend(query.account.map(|id| id.0));
        viewed.subjects.extend(query.subject);
        store::insert_pending(&mut transaction, &viewed).await?;
        transaction.commit().await?;
        let size = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(|row| row.position);
        Ok(AuditRows { rows, next })
    }
}

#[async_trait]
impl AuditLog for AuditService {
    async fn entries(&self, caller: &Caller, query: &AuditQuery) -> Answer<AuditRows> {
        answer("read the audit log", self.read(caller, query).await)
    }
}
