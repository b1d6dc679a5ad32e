//! Doctors' schedules: showing and changing them, the calendar, and making slots from them.

mod change;
pub mod clean_up;
pub mod holidays;
pub mod make;
pub mod store;
pub mod top_up;
mod view;
pub mod zone_data;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::ids::{ClinicId, DoctorId, DraftId};
use nadi::permissions::{Permission, Target};
use nadi::ports::{
    Answer, DoctorCalendar, ScheduleChange, SchedulePreview, ScheduleView, Schedules,
};
use nadi::schedule::{Plan, Schedule};
use sqlx::PgConnection;

// For other capabilities and commands.
pub use crate::schedules::store::hours::{lock, mark_clinic_stale, name_and_zone};
pub use crate::schedules::store::time_zones::{settle_shifted, zones_in_use};

pub use crate::schedules::store::hours::ENCRYPTED;

use crate::clinic;
use crate::events::Author;
use crate::permission_checks::PermissionChecks as _;
use crate::schedules::store::hours;
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

pub struct ScheduleService {
    app_state: AppState,
}

impl ScheduleService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }
}

/// Checks that the caller may manage a doctor's schedule. Returns the doctor's clinic, and the author of the change.
pub(super) async fn must_manage(
    connection: &mut PgConnection,
    caller: &Caller,
    doctor: DoctorId,
) -> Outcome<(ClinicId, Author)> {
    let account = caller.signed_in()?;
    let clinic = clinic::clinic_of(connection, doctor).await?.ok_or(Failure::NotFound)?;
    let target = Target::doctor(doctor, clinic);
    let role = account.acting_role(Permission::ManageSchedules, &target);
    let role = caller.must_act(role, Permission::ManageSchedules, doctor.0)?;
    Ok((clinic, Author::new(role, account.account)))
}

/// Brings a doctor's slots up to date. The caller must have locked the row in `schedules`.
pub(super) async fn refresh(
    connection: &mut PgConnection,
    app_state: &AppState,
    doctor: DoctorId,
    now: DateTime<Utc>,
) -> Outcome<Plan> {
    let stored = hours::find(connection, doctor).await?;
    let horizon = make::horizon(now, app_state.settings.horizon_days);
    let until = stored.and_then(|row| row.made_until).map_or(horizon, |made| made.max(horizon));
    let since = make::earliest_today(now);
    let mut plans = make::renew(connection, &[(doctor.0, since)], until, now).await?;
    Ok(plans.remove(&doctor.0).unwrap_or_default())
}

#[async_trait]
impl Schedules for ScheduleService {
    async fn calendar(
        &self,
        caller: &Caller,
        from: Option<NaiveDate>,
        days: u8,
    ) -> Answer<DoctorCalendar> {
        answer("doctor's calendar", self.own_calendar(caller, from, days).await)
    }

    async fn schedule(&self, caller: &Caller, doctor: DoctorId) -> Answer<ScheduleView> {
        answer("schedule", self.view(caller, doctor).await)
    }

    async fn propose(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: Schedule,
    ) -> Answer<DraftId> {
        answer("propose schedule", self.save_as_draft(caller, doctor, seen, schedule).await)
    }

    async fn preview(
        &self,
        caller: &Caller,
        draft: DraftId,
        week: Option<NaiveDate>,
    ) -> Answer<SchedulePreview> {
        answer("preview schedule", self.preview_of(caller, draft, week).await)
    }

    #[tracing::instrument(skip_all, fields(draft = %draft))]
    async fn save_draft(&self, caller: &Caller, draft: DraftId) -> Answer<ScheduleChange> {
        answer("save schedule", self.apply_draft(caller, draft).await)
    }

    async fn compare(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        schedule: Schedule,
    ) -> Answer<ScheduleChange> {
        answer("compare schedule", self.compute_change(caller, doctor, schedule).await)
    }

    #[tracing::instrument(skip_all, fields(doctor = %doctor))]
    async fn save(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: Schedule,
    ) -> Answer<(i32, ScheduleChange)> {
        answer("save schedule", self.replace(caller, doctor, seen, schedule).await)
    }
}
