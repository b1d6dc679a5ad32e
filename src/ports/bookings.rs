//! Booking: hold, confirm, cancel, and reading one's own appointments.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Answer, Page};
use crate::actor::{Caller, Capacity};
use crate::appointment::State;
use crate::ids::{AppointmentId, DoctorId, LocationId, PersonId, SlotId};
use crate::input::{Code, Slug};
use crate::visit::{Fee, Mode};

/// A wish to hold a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRequest {
    pub slot: SlotId,
    /// For whom; `None` is the account itself.
    pub person: Option<PersonId>,
}

/// One appointment, as the caller may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentView {
    pub id: AppointmentId,
    /// Short, to be read out: `K7P-2QXM`.
    pub reference: String,
    /// The state at the caller's `now`: a lapsed hold is `Expired` here.
    pub state: State,
    pub version: i32,
    /// From which side the caller sees it.
    pub seen_as: Capacity,
    pub person_name: String,
    pub doctor: DoctorId,
    pub doctor_name: String,
    pub doctor_slug: Slug,
    pub specialty: String,
    pub clinic: String,
    pub location: LocationId,
    pub location_name: String,
    pub location_address: String,
    pub zone: Tz,
    pub mode: Mode,
    pub visit_type: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub fee: Fee,
    /// For a hold: when the time is free again.
    pub expires_at: DateTime<Utc>,
    pub code_tries_left: i16,
    /// Where the code was sent, masked: `a•••@example.org`.
    pub code_sent_to: String,
    /// The last moment at which the caller may cancel; `None` when they may not.
    pub cancel_until: Option<DateTime<Utc>>,
    pub cancel_reason: Option<String>,
}

/// Which of one's appointments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Not over, held or confirmed; soonest first.
    Upcoming,
    /// Over, cancelled or expired; latest first.
    Past,
}

#[async_trait]
pub trait Bookings: Send + Sync {
    /// Holds a time. The same person asking again for a time they already
    /// have gets that appointment back. A hold of the same person with the
    /// same doctor is released for the new one.
    ///
    /// # Errors
    /// `SignInFirst`, `NotFound` (someone else's person), `Refused`, `Unavailable`.
    async fn hold(&self, caller: &Caller, request: &HoldRequest) -> Answer<AppointmentId>;

    /// Confirms a hold with the code that was sent. Confirming again is fine.
    ///
    /// # Errors
    /// `NotFound` for anyone but the booker; `Refused`; `Unavailable`.
    async fn confirm(&self, caller: &Caller, id: AppointmentId, code: &Code) -> Answer<()>;

    /// Sends a new code; the one before no longer counts.
    ///
    /// # Errors
    /// `NotFound` for anyone but the booker; `Refused`; `Unavailable`.
    async fn send_code(&self, caller: &Caller, id: AppointmentId) -> Answer<()>;

    /// Cancels an appointment, or gives a hold back. Cancelling again is fine.
    /// A doctor or administrator gives a reason (at most 300 characters).
    ///
    /// # Errors
    /// `NotFound`, `Stale` when `version` is given and no longer current, `Refused`, `Unavailable`.
    async fn cancel(
        &self,
        caller: &Caller,
        id: AppointmentId,
        version: Option<i32>,
        reason: Option<String>,
    ) -> Answer<()>;

    /// # Errors
    /// `NotFound` for an appointment that is not the caller's to see.
    async fn appointment(&self, caller: &Caller, id: AppointmentId) -> Answer<AppointmentView>;

    /// One page (20) of the caller's own appointments.
    async fn mine(
        &self,
        caller: &Caller,
        period: Period,
        page: u32,
    ) -> Answer<Page<AppointmentView>>;
}
