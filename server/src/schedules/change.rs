//! Changing a schedule: saving a draft, previewing a change, applying it.

use chrono::{Days, NaiveDate};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::events::{NewEvent, ScheduleReason};
use nadi::ids::{DoctorId, DraftId};
use nadi::ports::{DayChange, ScheduleChange};
use nadi::schedule::{Rule, Schedule, TimeOff};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::make;
use super::{ScheduleService, must_manage, zone_data};
use crate::audit::Viewer;
use crate::clinic::places;
use crate::events::{self, Author};
use crate::ids::uuid_v7;
use crate::schedules::make::Facts;
use crate::schedules::store::hours as store;
use crate::schedules::view::{change, facts_of, proposed, zones};
use crate::use_case::{Fault, Outcome, retried};

/// The result of applying a draft, stored with it: counts and dates, no names.
#[derive(Serialize, Deserialize)]
struct Saved {
    times_added: u64,
    times_removed: u64,
    days: Vec<(NaiveDate, u32, u32)>,
}

impl ScheduleService {
    pub(super) async fn save_as_draft(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: Schedule,
    ) -> Outcome<DraftId> {
        let account = caller.own_account()?;
        let mut transaction = self.app_state.write.begin().await?;
        self.validated_facts(&mut transaction, caller, doctor, &schedule).await?;
        let stored = store::find(&mut transaction, doctor).await?;
        if stored.map_or(1, |row| row.version) != seen {
            return Err(Failure::Stale.into());
        }
        let id = DraftId(uuid_v7(caller.now));
        let text = serde_json::to_value(&schedule).map_err(broken)?;
        let by = account.account.0;
        store::insert_draft(&mut transaction, id, doctor, by, seen, &text, caller.now).await?;
        transaction.commit().await?;
        Ok(id)
    }

    pub(super) async fn compute_change(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        schedule: Schedule,
    ) -> Outcome<ScheduleChange> {
        let now = caller.now;
        let mut connection = self.app_state.write.0.acquire().await?;
        let (by, _, facts) =
            self.validated_facts(&mut connection, caller, doctor, &schedule).await?;
        let until = self.until(store::find(&mut connection, doctor).await?, caller);
        let since = make::earliest_today(now);
        let mut existing = make::existing(&mut connection, &[(doctor.0, since)], now).await?;
        let existing = existing.remove(&doctor.0).unwrap_or_default();
        let plan = facts.plan(&existing, (since, until), now);
        change(&mut connection, Viewer { caller, role: by.role }, &plan).await
    }

    pub(super) async fn apply_draft(
        &self,
        caller: &Caller,
        draft: DraftId,
    ) -> Outcome<ScheduleChange> {
        let account = caller.own_account()?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = store::draft(&mut connection, draft, account.account.0)
            .await?
            .ok_or(Failure::NotFound)?;
        drop(connection);
        if let Some(saved) = row.saved {
            let saved: Saved = serde_json::from_value(saved).map_err(broken)?;
            return Ok(saved.into());
        }
        let schedule = proposed(&row.schedule)?;
        let doctor = DoctorId(row.doctor_id);
        let (_, change) =
            self.replace_with_retries(caller, doctor, row.version, &schedule, Some(draft)).await?;
        Ok(change)
    }

    pub(super) async fn replace(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: Schedule,
    ) -> Outcome<(i32, ScheduleChange)> {
        self.replace_with_retries(caller, doctor, seen, &schedule, None).await
    }

    async fn replace_with_retries(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: &Schedule,
        draft: Option<DraftId>,
    ) -> Outcome<(i32, ScheduleChange)> {
        retried(|| self.try_replace(caller, doctor, seen, schedule, draft)).await
    }

    async fn try_replace(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: &Schedule,
        draft: Option<DraftId>,
    ) -> Outcome<(i32, ScheduleChange)> {
        let now = caller.now;
        let mut transaction = self.app_state.write.begin().await?;
        // Check the permission, take the lock, and only then read what the slots are made from: a holiday or calendar
        // that is saved at this moment is either read here, or makes the slots again afterwards.
        let (_, by) = must_manage(&mut transaction, caller, doctor).await?;
        let stored = store::lock(&mut transaction, doctor).await?;
        if stored.version != seen {
            return Err(Failure::Stale.into());
        }
        let (_, current, facts) =
            self.validated_facts(&mut transaction, caller, doctor, schedule).await?;
        let is_unchanged = &current.schedule == schedule && stored.unreadable_since.is_none();
        write_schedule(&mut transaction, doctor, schedule, now).await?;
        let until = self.until(Some(stored), caller);
        let since = make::earliest_today(now);
        let all = [(doctor.0, facts)].into();
        zone_data::record_shifted(&mut transaction, &[doctor.0], now).await?;
        let plans = make::remake(&mut transaction, &[(doctor.0, since)], &all, until, now).await?;
        let plan = plans.get(&doctor.0).cloned().unwrap_or_default();
        let data = nadi::zone::release();
        store::mark_made(&mut transaction, &[doctor.0], until, data).await?;
        let version = match is_unchanged {
            true => seen,
            false => store::raise_version(&mut transaction, doctor).await?,
        };
        if !is_unchanged || !plan.is_empty() {
            let data = make::schedule_data(&plan, ScheduleReason::Saved);
            let event = NewEvent::schedule(doctor, Some(version), data);
            events::record(&mut transaction, &event, by, now).await?;
        }
        let change = change(&mut transaction, Viewer { caller, role: by.role }, &plan).await?;
        if let Some(draft) = draft {
            let saved = serde_json::to_value(Saved::from(&change)).map_err(broken)?;
            store::draft_saved(&mut transaction, draft, &saved).await?;
        }
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(doctor);
        self.app_state.event_written.notify_one();
        Ok((version, change))
    }

    /// Who changes it, the current facts, and those with the new schedule. Fails if the caller may not change it or it
    /// is invalid.
    async fn validated_facts(
        &self,
        connection: &mut PgConnection,
        caller: &Caller,
        doctor: DoctorId,
        schedule: &Schedule,
    ) -> Outcome<(Author, Facts, Facts)> {
        let (clinic, by) = must_manage(connection, caller, doctor).await?;
        let zones = zones(&places(connection, clinic).await?);
        let today = make::earliest_today(caller.now);
        schedule.check(&zones, today).map_err(|problems| {
            Failure::Invalid(problems.into_iter().map(|found| found.problem).collect())
        })?;
        let current = facts_of(connection, doctor, caller.now).await?;
        let facts = Facts { schedule: schedule.clone(), zones, ..current.clone() };
        Ok((by, current, facts))
    }

    /// The date up to which slots are made: never before the date up to which they already are.
    fn until(&self, stored: Option<store::ScheduleRow>, caller: &Caller) -> NaiveDate {
        let horizon = make::horizon(caller.now, self.app_state.settings.horizon_days);
        stored.and_then(|row| row.made_until).map_or(horizon, |made| made.max(horizon))
    }
}

/// Writes rules and time off: unchanged ones keep their rows, removed ones are archived, past time off is left alone.
async fn write_schedule(
    connection: &mut PgConnection,
    doctor: DoctorId,
    schedule: &Schedule,
    now: chrono::DateTime<chrono::Utc>,
) -> Outcome<()> {
    // A stored rule that cannot be read equals no new one, so it is archived.
    let mut stored: Vec<(Uuid, Option<Rule>)> = Vec::new();
    for row in store::rules(connection, &[doctor.0]).await? {
        stored.push((row.id, make::rule_of(&row).ok()));
    }
    for (position, rule) in schedule.rules.iter().enumerate() {
        match stored.iter().position(|(_, other)| other.as_ref() == Some(rule)) {
            Some(same) => {
                let (id, _) = stored.swap_remove(same);
                store::place_rule(connection, id, position).await?;
            }
            None => {
                let id = uuid_v7(now);
                store::insert_rule(connection, id, doctor, position, rule, now).await?;
            }
        }
    }
    let gone: Vec<Uuid> = stored.into_iter().map(|(id, _)| id).collect();
    store::archive_rules(connection, &gone, now).await?;

    let since = make::earliest_today(now) - Days::new(1);
    let mut stored: Vec<(Uuid, TimeOff)> = Vec::new();
    for row in store::time_off(connection, &[doctor.0], since).await? {
        stored.push((row.id, make::time_off_of(row)));
    }
    for off in &schedule.time_off {
        match stored.iter().position(|(_, other)| other == off) {
            Some(same) => drop(stored.swap_remove(same)),
            None => store::insert_time_off(connection, uuid_v7(now), doctor, off, now).await?,
        }
    }
    let gone: Vec<Uuid> = stored.into_iter().map(|(id, _)| id).collect();
    store::archive_time_off(connection, &gone, now).await?;
    Ok(())
}

impl From<&ScheduleChange> for Saved {
    fn from(change: &ScheduleChange) -> Self {
        Self {
            times_added: change.times_added,
            times_removed: change.times_removed,
            days: change.days.iter().map(|day| (day.date, day.added, day.removed)).collect(),
        }
    }
}

impl From<Saved> for ScheduleChange {
    fn from(saved: Saved) -> Self {
        let days = saved.days.into_iter();
        Self {
            times_added: saved.times_added,
            times_removed: saved.times_removed,
            days: days.map(|(date, added, removed)| DayChange { date, added, removed }).collect(),
            conflicts: Vec::new(),
            overfull: Vec::new(),
        }
    }
}

fn broken(error: serde_json::Error) -> Fault {
    Fault::Broken(format!("draft: {error}"))
}
