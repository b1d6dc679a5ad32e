//! A doctor's week: the calendar, and the schedule behind it.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use super::Answer;
use crate::actor::Caller;
use crate::appointment::State;
use crate::ids::{AppointmentId, DoctorId, DraftId, LocationId};
use crate::schedule::{Overfull, Schedule};
use crate::visit::Mode;
use crate::zone::Zone;

/// Some days of a doctor's calendar, with the bookings in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorCalendar {
    pub doctor_name: String,
    /// The zone the days are shown in: the one of the doctor's main location.
    pub zone: Zone,
    /// Today, there.
    pub today: NaiveDate,
    pub from: NaiveDate,
    /// Half-open.
    pub until: NaiveDate,
    pub blocks: Vec<BlockView>,
    pub entries: Vec<CalendarEntry>,
}

/// A stretch of working time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockView {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// That of the place.
    pub zone: Zone,
    pub location_name: String,
    pub mode: Mode,
    pub slot_minutes: i32,
    /// Seats, all slots together.
    pub seats: i64,
    /// Seats still free and ahead.
    pub seats_free: i64,
}

/// An appointment in the calendar: active ones, and those that took place. Lapsed holds are not shown.
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

/// A doctor's schedule, and what is needed to edit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleView {
    pub doctor: DoctorId,
    pub doctor_name: String,
    /// Rises with every change; a change has to name the one it was made from.
    pub version: i32,
    /// Without what lies in the past.
    pub schedule: Schedule,
    /// The places of the doctor's clinic, by name: where hours can be.
    pub places: Vec<HoursPlace>,
    /// The zone of the doctor's main location, and today there.
    pub zone: Zone,
    pub today: NaiveDate,
    /// Days on which the clinic is closed, as far as times are made.
    pub holidays: Vec<HolidayView>,
    /// Appointments outside the hours, soonest first: kept until someone moves or cancels them.
    pub conflicts: Vec<CalendarEntry>,
    /// A stored rule cannot be read. It is left out here, and no times are made until the hours are
    /// saved again.
    pub unreadable: bool,
    /// The last date for which times are made.
    pub made_through: NaiveDate,
}

/// A place where hours can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursPlace {
    pub id: LocationId,
    pub name: String,
    pub zone: Zone,
}

/// A public holiday that a clinic keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolidayView {
    pub date: NaiveDate,
    pub name: String,
    /// Follows the moon, so that the date may still shift.
    pub estimated: bool,
}

/// What a schedule would change, or has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleChange {
    pub times_added: u64,
    pub times_removed: u64,
    /// The days that change, in order.
    pub days: Vec<DayChange>,
    /// Booked outside the new hours, soonest first; each stays until someone moves or cancels it.
    pub conflicts: Vec<CalendarEntry>,
    /// Groups with more people than seats now, soonest first; all keep their seats.
    pub overfull: Vec<Overfull>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayChange {
    pub date: NaiveDate,
    pub added: u32,
    pub removed: u32,
}

/// A schedule that is about to be saved, and what that would do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulePreview {
    pub draft: DraftId,
    pub doctor: DoctorId,
    pub doctor_name: String,
    /// The draft is the doctor's own, not an administrator's for them.
    pub own: bool,
    /// The version it was made from. A draft that was saved is not stale, but no longer made from
    /// the version that is stored.
    pub seen: i32,
    /// Someone has changed the schedule since the draft was made: it cannot be saved any more.
    pub stale: bool,
    pub schedule: Schedule,
    pub places: Vec<HoursPlace>,
    pub change: ScheduleChange,
    /// The week asked for as it would be, with those who are booked in it.
    pub week: DoctorCalendar,
}

#[async_trait]
pub trait Schedules: Send + Sync {
    /// Up to 31 days of the calling doctor's own calendar; `from: None` is today there.
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

    /// Writes a schedule down to be looked at before it is saved; it is forgotten after a day.
    /// `seen` is the version it was made from.
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

    /// What a draft would change; `week` is a date of the week to show, `None` the first that changes.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` when it is not the caller's, or forgotten.
    async fn preview(
        &self,
        caller: &Caller,
        draft: DraftId,
        week: Option<NaiveDate>,
    ) -> Answer<SchedulePreview>;

    /// Saves a draft. Saved a second time, it changes nothing.
    ///
    /// # Errors
    /// As [`propose`](Self::propose).
    async fn save_draft(&self, caller: &Caller, draft: DraftId) -> Answer<ScheduleChange>;

    /// What a schedule would change, without writing anything down.
    ///
    /// # Errors
    /// As [`propose`](Self::propose), but for `Stale`.
    async fn compare(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        schedule: Schedule,
    ) -> Answer<ScheduleChange>;

    /// Replaces the schedule. Booked times stay as they are, whatever the new hours.
    ///
    /// # Errors
    /// `Invalid` with the field and reason; `Stale` when `seen` is not the version any more;
    /// `SignInFirst`, `NotFound`, `Unavailable`.
    async fn save(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        seen: i32,
        schedule: Schedule,
    ) -> Answer<(i32, ScheduleChange)>;
}
