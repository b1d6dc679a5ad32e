//! Booking: holding slots, changing appointments, and reading them.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Answer, KnownAccount, Page};
use crate::actor::{ActingRole, Caller};
use crate::appointment::{Command, Event, State};
use crate::calendar::Moment;
use crate::idempotency::IdempotencyKey;
use crate::ids::{AppointmentId, ClinicId, DoctorId, LocationId, PersonId, SlotId, VisitTypeId};
use crate::input::{Code, Email, Slug};
use crate::local_time::LocalTime;
use crate::visit::{Fee, Mode};
use crate::zone::Zone;

/// A request to hold a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRequest {
    /// The first slot, when the visit spans several.
    pub slot: SlotId,
    /// `None` is the clinic's default visit type.
    pub visit_type: Option<VisitTypeId>,
    /// The person to book for; `None` is the account's owner.
    pub person: Option<PersonId>,
}

/// What a visitor types to confirm a hold. The address is theirs only when a code has proven it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The visitor's own name.
    pub name: String,
    pub email: Email,
    /// Whom the visit is for, if not the visitor.
    pub patient: Option<PatientName>,
}

/// The person that a visitor books for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientName {
    pub name: String,
    pub birth_date: Option<NaiveDate>,
}

/// A change of an existing appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Extend,
    /// With the code that was sent, or without one if none is needed.
    Confirm {
        code: Option<Code>,
    },
    /// Sends a code, or a new one. Visitors give their contact with it, and may change it as long as codes are left.
    SendCode {
        contact: Option<Contact>,
    },
    /// The clinic must give a reason (at most 300 characters); patients need not.
    Cancel {
        reason: Option<String>,
    },
    /// To another slot of the same doctor.
    Reschedule {
        slot: SlotId,
    },
    CheckIn,
    Complete,
    MarkNoShow,
    /// Undo the last check-in, completion or no-show, on the day on which it was marked.
    Reopen,
}

impl Change {
    pub fn command(&self) -> Command {
        match self {
            Self::Extend => Command::Extend,
            Self::Confirm { .. } => Command::Confirm,
            Self::SendCode { .. } => Command::SendCode,
            Self::Cancel { .. } => Command::Cancel,
            Self::Reschedule { .. } => Command::Reschedule,
            Self::CheckIn => Command::CheckIn,
            Self::Complete => Command::Complete,
            Self::MarkNoShow => Command::MarkNoShow,
            Self::Reopen => Command::Reopen,
        }
    }
}

/// The version of an appointment that the caller's request is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Not specified, or any version.
    Any,
    /// One of these.
    Versions(Vec<i32>),
}

impl Seen {
    pub fn version(version: i32) -> Self {
        Self::Versions(vec![version])
    }

    /// Whether the request may be based on this version.
    pub fn admits(&self, version: i32) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(seen) => seen.contains(&version),
        }
    }
}

/// An appointment right after a change. It has no names, so that it can be stored as the answer
/// to an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    pub id: AppointmentId,
    pub reference: String,
    pub state: State,
    /// Rises by one with every change.
    pub version: i32,
    pub person: PersonId,
    pub doctor: DoctorId,
    pub location: LocationId,
    pub visit_type: VisitTypeId,
    pub slot: SlotId,
    pub mode: Mode,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// IANA name of the location's zone.
    pub time_zone: String,
    pub fee: Fee,
    /// For a hold: when it lapses.
    pub expires_at: DateTime<Utc>,
    pub extensions: i16,
    pub code_tries: i16,
    pub created_at: DateTime<Utc>,
}

/// One appointment, as the caller may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentView {
    pub id: AppointmentId,
    /// Short, to be read out: `K7P2-QXM4`.
    pub reference: String,
    /// The state at the caller's `now`: a lapsed hold is `Expired` here.
    pub state: State,
    pub version: i32,
    /// The role in which the caller sees it.
    pub seen_as: ActingRole,
    pub person: PersonId,
    pub person_name: String,
    pub doctor: DoctorId,
    pub doctor_name: String,
    pub doctor_slug: Slug,
    pub specialty: String,
    pub clinic: String,
    pub clinic_id: ClinicId,
    pub location: LocationId,
    pub location_name: String,
    pub location_address: String,
    pub city: String,
    pub zone: Zone,
    pub mode: Mode,
    pub visit_type: VisitTypeId,
    pub visit_type_name: String,
    pub slot: SlotId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub fee: Fee,
    /// For a hold: when it lapses.
    pub expires_at: DateTime<Utc>,
    pub extensions_left: i16,
    pub code_tries_left: i16,
    /// Confirming needs the code that was sent.
    pub code_needed: bool,
    /// Where the code was sent, masked: `a•••@example.org`. Empty while a visitor has given no address.
    pub code_sent_to: String,
    /// What a visitor has typed so far, for a hold of theirs.
    pub contact: Option<Contact>,
    /// The appointment was confirmed by this visitor and belongs to the account of their address: they may look at it,
    /// and sign in to change it.
    pub is_in_an_account: bool,
    /// The last moment at which the caller may cancel or move it; `None` when they may not.
    pub change_until: Option<DateTime<Utc>>,
    /// The changes the caller may ask for now.
    pub open_to: Vec<Command>,
    pub cancel_reason: Option<String>,
    /// The doctor is listed and can be booked.
    pub doctor_takes_bookings: bool,
    pub created_at: DateTime<Utc>,
    /// What happened to it, oldest first. Empty in lists.
    pub history: Vec<HistoryEntry>,
}

/// An event in the history of an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    pub event: Event,
    pub at: DateTime<Utc>,
    pub by: ActingRole,
    /// For a move: the previous start, in the zone of the previous place.
    pub moved_from: Option<LocalTime>,
    /// For a reopened appointment: the state that was undone.
    pub undone: Option<State>,
}

/// Whose appointments to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those that the calling account has booked.
    Mine,
    /// A doctor's; only for that doctor and those who work at the clinic. Without a state: all but
    /// cancelled and expired ones.
    OfDoctor(DoctorId),
    /// Those of all doctors of a clinic, in the same way.
    OfClinic(ClinicId),
}

/// Upcoming or past appointments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Not over, held or confirmed; soonest first.
    Upcoming,
    /// Over, cancelled or expired; latest first.
    Past,
}

/// A query for appointments. `None` does not filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentQuery {
    pub whose: Whose,
    /// Without one: soonest first, all of them.
    pub period: Option<Period>,
    pub state: Option<State>,
    /// By the start; half-open.
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    pub doctor: Option<DoctorId>,
    /// From 1.
    pub page: u32,
    /// At most 100.
    pub page_size: u32,
}

impl AppointmentQuery {
    pub fn mine(period: Period, page: u32) -> Self {
        Self { period: Some(period), page, ..Self::of(Whose::Mine) }
    }

    /// Everything, on pages of 20.
    pub fn of(whose: Whose) -> Self {
        Self {
            whose,
            period: None,
            state: None,
            from: None,
            until: None,
            doctor: None,
            page: 1,
            page_size: 20,
        }
    }
}

#[async_trait]
pub trait Bookings: Send + Sync {
    /// Holds a slot. If the person already has an appointment in this slot, that one is returned.
    /// Another hold of the same person with the same doctor is released for the new one.
    ///
    /// # Errors
    /// `SignInFirst` for a browser that is not even a visitor; `NotFound` (someone else's person), `Refused`,
    /// `KeyReused`, `StillRunning`, `Unavailable`.
    async fn hold(
        &self,
        caller: &Caller,
        request: &HoldRequest,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked>;

    /// Changes an appointment. A change to the state that it already has succeeds and changes nothing.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for an appointment that the caller may not see; `Stale` when the
    /// request is not based on its current version; `Refused`; `Invalid` without a needed code or
    /// reason; `KeyReused`, `StillRunning`, `Unavailable`.
    async fn change(
        &self,
        caller: &Caller,
        id: AppointmentId,
        change: &Change,
        seen: &Seen,
        key: Option<&IdempotencyKey>,
    ) -> Answer<Booked>;

    /// The account that a visitor may be signed in to who has just confirmed this appointment with this code: only one
    /// without password, passkey and second factor, and never one of a doctor or administrator. The code is checked
    /// again, a few times at most: the visitor's cookie alone, which somebody else may know, signs nobody in.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn account_after_confirming(
        &self,
        caller: &Caller,
        id: AppointmentId,
        code: &Code,
    ) -> Answer<Option<KnownAccount>>;

    /// # Errors
    /// `NotFound` for an appointment that the caller may not see.
    async fn appointment(&self, caller: &Caller, id: AppointmentId) -> Answer<AppointmentView>;

    /// One page of appointments, as the caller may see them.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for a doctor whose appointments the caller may not see.
    async fn list(
        &self,
        caller: &Caller,
        query: &AppointmentQuery,
    ) -> Answer<Page<AppointmentView>>;
}
