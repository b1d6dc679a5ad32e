//! A doctor's week: the calendar and the hours behind it.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use super::Answer;
use crate::actor::Caller;
use crate::appointment::State;
use crate::ids::{AppointmentId, DoctorId, LocationId, RuleId};
use crate::visit::Mode;

/// Some days of a doctor's calendar, with the bookings in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorCalendar {
    pub doctor_name: String,
    /// The zone the days are shown in: the one of the doctor's main location.
    pub zone: Tz,
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
    pub person_name: String,
    pub visit_type: String,
    pub mode: Mode,
    pub location_name: String,
    pub state: State,
    pub reference: String,
}

/// One line of weekly hours, as edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursLine {
    /// `None` for a new line.
    pub id: Option<RuleId>,
    pub location: LocationId,
    pub mode: Mode,
    pub weekday: Weekday,
    pub starts: NaiveTime,
    pub ends: NaiveTime,
    pub slot_minutes: u16,
    pub capacity: u16,
}

/// A doctor's weekly hours, and what is needed to edit them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorHours {
    pub doctor_name: String,
    /// The places of the doctor's clinic, by name: where hours can be.
    pub places: Vec<HoursPlace>,
    /// Monday first.
    pub lines: Vec<HoursLine>,
}

/// A place where hours can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoursPlace {
    pub id: LocationId,
    pub name: String,
    pub zone: Tz,
}

/// What saving hours did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoursSaved {
    pub times_added: i64,
    pub times_removed: i64,
    /// Days that keep their former hours, because people are booked on them.
    pub kept_days: Vec<NaiveDate>,
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

    /// The doctor's current weekly hours; for the doctor and the clinic's administrators.
    ///
    /// # Errors
    /// `SignInFirst`, `NotFound`.
    async fn hours(&self, caller: &Caller, doctor: DoctorId) -> Answer<DoctorHours>;

    /// Replaces the weekly hours. Times with a booking stay as they are.
    ///
    /// # Errors
    /// `Invalid` with the field and reason; `SignInFirst`, `NotFound`, `Unavailable`.
    async fn save_hours(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        lines: Vec<HoursLine>,
    ) -> Answer<HoursSaved>;
}
