//! A doctor's calendar, and the schedule that its times are generated from.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use super::Answer;
use crate::actor::Caller;
use crate::appointment::State;
use crate::ids::{AppointmentId, DoctorId, DraftId, LocationId};
use crate::schedule::{Overfull, Schedule};
use crate::visit::Mode;
use crate::zone::Zone;

/// Some days of a doctor's calendar, with working hours and appointments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorCalendar {
    pub doctor_name: String,
    /// The zone in which days are shown: the zone of the doctor's main location.
    pub zone: Zone,
    /// Today's date in this zone.
    pub today: NaiveDate,
    pub from: NaiveDate,
    /// Exclusive.
    pub until: NaiveDate,
    pub blocks: Vec<BlockView>,
    pub entries: Vec<CalendarEntry>,
}

/// A block of consecutive slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockView {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// That of the place.
    pub zone: Zone,
    pub location_name: String,
    pub mode: Mode,
    pub slot_minutes: i32,
    /// The seats of all slots.
    pub seats: i64,
    /// The free seats of slots that have not started.
    pub seats_free: i64,
}

/// An appointment in the calendar. Cancelled ones and expired holds are not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEntry {
    pub id: AppointmentId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// That of the place.
    pub zone: Zone,
    pub person_name: String,
    pub visit_type: String,
    pub mode: Mode,
    pub location_name: String,
    pub state: State,
    pub reference: String,
}

/// A doctor's schedule, with the data needed to edit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleView {
    pub doctor: DoctorId,
    pub doctor_name: String,
    /// Rises with every change. A change has to give the version that it is based on.
    pub version: i32,
    /// Without rules and time off in the past.
    pub schedule: Schedule,
    /// The locations of the doctor's clinic, by name.
    pub places: Vec<HoursPlace>,
    /// The zone of the doctor's main location.
    pub zone: Zone,
    /// Today's date in this zone.
    pub today: NaiveDate,
    /// The clinic's public holidays through [`made_through`](Self::made_through).
    pub holidays: Vec<HolidayView>,
    /// Appointments outside the working hours, soonest first. They stay until someone moves or cancels them.
    pub conflicts: Vec<CalendarEntry>,
    /// A stored rule cannot be parsed. It is left out here, and no slots are generated until the schedule is
    /// saved again.
    pub unreadable: bool,
    /// The last date for which slots are generated.
    pub made_through: NaiveDate,
}

/// A location where a doctor can have working hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursPlace {
    pub id: LocationId,
    pub name: String,
    pub zone: Zone,
}

/// A public holiday on which a clinic is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolidayView {
    pub date: NaiveDate,
    pub name: String,
    /// The date depends on the moon and may still shift.
    pub estimated: bool,
}

/// The effect of a schedule change, before or after it is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleChange {
    pub times_added: u64,
    pub times_removed: u64,
    /// The days with changes, in order.
    pub days: Vec<DayChange>,
    /// Appointments outside the new hours, soonest first. Each stays until someone moves or cancels it.
    pub conflicts: Vec<CalendarEntry>,
    /// Slots with more people than seats after the change, soonest first. Everybody keeps their seat.
    pub overfull: Vec<Overfull>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayChange {
    pub date: NaiveDate,
    pub added: u32,
    pub removed: u32,
}

/// A draft of a schedule, and what saving it now would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulePreview {
    pub draft: DraftId,
    pub doctor: DoctorId,
    pub doctor_name: String,
    /// The draft is the caller's own schedule, not one that they edit as an administrator.
    pub own: bool,
    /// The version of the schedule that the draft is based on. After the draft itself was saved, this is older than
    /// the stored version, but `stale` is `false`.
    pub seen: i32,
    /// The schedule was changed after the draft was made, so the draft cannot be saved.
    pub stale: bool,
    pub schedule: Schedule,
    pub places: Vec<HoursPlace>,
    pub change: ScheduleChange,
    /// The requested week as it would be, with its appointments.
    pub week: DoctorCalendar,
}

#[async_trait]
pub trait Schedules: Send + Sync {
    /// Up to 31 days of the calling doctor's calendar; `from: None` is today in the calendar's zone.
    ///
    /// # Errors
    /// `SignInFirst`; `NotAllowed` when the account is not a doctor's.
    async fn calendar(
        &self,
        caller: &Caller,
        from: Option<NaiveDate>,
        days: u8,
    ) -> Answer<DoctorCalendar>;

    /// A doctor's schedule; for the doctor and the clinic's administrators.
    ///
    /// # Errors
    /// `SignInFirst`, `NotFound`.
    async fn schedule(&self, caller: &Caller, doctor: DoctorId) -> Answer<ScheduleView>;

    /// Stores a draft of a schedule, to be reviewed before it is saved. Drafts are deleted after a day.
    /// `seen` is the version that the draft is based on.
    ///
    /// # Errors
    /// `Invalid` with the field and reason; `Stale`, `SignInFirst`, `NotFound`.
    async fn propose(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: Schedule,
    ) -> Answer<DraftId>;

    /// What saving a draft would change. `week` is a date in the week to show; `None` is the first week with changes.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` when it is not the caller's or was deleted.
    async fn preview(
        &self,
        caller: &Caller,
        draft: DraftId,
        week: Option<NaiveDate>,
    ) -> Answer<SchedulePreview>;

    /// Saves a draft. Saving it again changes nothing.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    async fn save_draft(&self, caller: &Caller, draft: DraftId) -> Answer<ScheduleChange>;

    /// What a schedule would change. Nothing is stored.
    ///
    /// # Errors
    /// As [`propose`](Self::propose), except `Stale`.
    async fn compare(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        schedule: Schedule,
    ) -> Answer<ScheduleChange>;

    /// Replaces the schedule and returns its new version. Booked slots stay as they are, even outside the new hours.
    ///
    /// # Errors
    /// `Invalid` with the field and reason; `Stale` when `seen` is not the current version;
    /// `SignInFirst`, `NotFound`, `Unavailable`.
    async fn save(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: Schedule,
    ) -> Answer<(i32, ScheduleChange)>;
}
