//! Booking: holds, changes of appointments, and reading appointments.

pub mod archive;
pub mod calendar_entries;
mod change;
mod free_times;
mod hold;
mod hold_batcher;
pub mod hold_source_queue;
pub mod hold_sources;
mod idempotency;
mod show;
pub mod store;
pub mod sweeper;
mod visitor_holds;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use nadi::actor::{ActingRole, Caller};
use nadi::appointment::Facts;
use nadi::idempotency::IdempotencyKey;
use nadi::ids::{AccountId, AppointmentId, DoctorId, LocationId, PersonId, SlotId, VisitTypeId};
use nadi::input::Code;
use nadi::ports::{
    Answer, AppointmentQuery, AppointmentView, Booked, Bookings, Change, HoldRequest, KnownAccount,
    Page, Seen,
};
use nadi::visit::Fee;

// For other capabilities and commands.
pub use crate::bookings::free_times::{role_to_move, why_not_free};
pub use crate::bookings::store::appointment_rows::{
    Row as AppointmentRow, find as find_appointment,
};
pub use crate::bookings::store::claims::renumber_seats;
pub use crate::bookings::store::holds::expire_lapsed;

pub use crate::bookings::store::encrypted::ENCRYPTED;

use crate::bookings::hold_source_queue::NotedHold;
use crate::bookings::store::appointments::Stored;
use crate::state::AppState;
use crate::use_case::{Outcome, answer, mode, state};

/// How often a hold tries another seat of a group slot, or a transaction is run again, before the request is
/// refused as [`nadi::appointment::Refusal::Crowded`].
const ROUNDS_MAX: usize = 60;

pub struct BookingService {
    app_state: AppState,
    batcher: hold_batcher::HoldBatcher,
}

impl BookingService {
    /// Must be called inside a tokio runtime.
    pub fn new(app_state: AppState) -> Self {
        Self { batcher: hold_batcher::HoldBatcher::new(&app_state), app_state }
    }

    fn facts(&self, by: ActingRole, cancel_notice_minutes: i32) -> Facts {
        let notice = Duration::minutes(cancel_notice_minutes.into());
        let settings = &self.app_state.settings;
        let visits_max = settings.visits_per_doctor.into();
        let check_in_lead = settings.check_in_lead;
        Facts { visits_max, check_in_lead, ..Facts::of(by, notice, settings.hold) }
    }
}

/// Does this visitor hold a time?
///
/// # Errors
/// `Unavailable`.
pub async fn holds_a_time(
    app_state: &AppState,
    visitor: AccountId,
    now: DateTime<Utc>,
) -> Answer<bool> {
    let holds = visitor_holds::holds_a_time(app_state, visitor, now).await;
    answer("look for a visitor's hold", holds)
}

fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some(constraint)
}

/// The appointment as returned by holds and changes.
fn booked(stored: &Stored) -> Outcome<Booked> {
    Ok(Booked {
        id: AppointmentId(stored.id),
        reference: stored.reference.clone(),
        state: state(&stored.state)?,
        version: stored.version,
        person: PersonId(stored.person_id),
        doctor: DoctorId(stored.doctor_id),
        location: LocationId(stored.location_id),
        visit_type: VisitTypeId(stored.visit_type_id),
        slot: SlotId(stored.slot_id),
        mode: mode(&stored.mode)?,
        starts_at: stored.starts_at,
        ends_at: stored.ends_at,
        time_zone: stored.time_zone.clone(),
        fee: Fee { minor_units: stored.fee_minor_units, currency: stored.currency.clone() },
        expires_at: stored.expires_at,
        extensions: stored.extensions,
        code_tries: stored.code_tries,
        created_at: stored.created_at,
    })
}

#[async_trait]
impl Bookings for BookingService {
    #[tracing::instrument(skip_all, fields(slot = %request.slot))]
    async fn hold(
        &self,
        caller: &Caller,
        request: &HoldRequest,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked> {
        let held = self.hold_time(caller, request, key).await;
        if let (Ok(booked), Some(network)) = (&held, caller.network) {
            let hold = NotedHold { appointment: booked.id, network, held_at: caller.now };
            self.app_state.hold_sources.note(hold);
        }
        answer("hold", held)
    }

    #[tracing::instrument(skip_all, fields(appointment = %id, command = ?change.command()))]
    async fn change(
        &self,
        caller: &Caller,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked> {
        answer("change", self.change_appointment(caller, id, change, seen, key).await)
    }

    async fn account_after_confirming(
        &self,
        caller: &Caller,
        id: AppointmentId,
        code: &Code,
    ) -> Answer<Option<KnownAccount>> {
        let outcome =
            visitor_holds::account_after_confirming(&self.app_state, caller, id, code).await;
        answer("sign in after confirming", outcome)
    }

    async fn appointment(&self, caller: &Caller, id: AppointmentId) -> Answer<AppointmentView> {
        answer("show appointment", self.view(caller, id).await)
    }

    async fn list(
        &self,
        caller: &Caller,
        query: &AppointmentQuery,
    ) -> Answer<Page<AppointmentView>> {
        answer("list appointments", self.list_appointments(caller, query).await)
    }
}
