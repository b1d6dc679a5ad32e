//! External calendars that block a doctor's time.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Answer;
use crate::actor::Caller;
use crate::failure::CalendarFault;
use crate::ical::Warnings;
use crate::ids::{BusyCalendarId, DoctorId};

/// An external calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyCalendarView {
    pub id: BusyCalendarId,
    pub name: String,
    /// The host of its address; `None` for an uploaded file. The address itself may be a secret.
    pub host: Option<String>,
    /// The number of upcoming busy times.
    pub times_ahead: i64,
    /// When it was last read completely.
    pub read_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed. The busy times from the last successful read stay in use.
    pub fault: Option<FetchFault>,
}

/// Why a calendar could not be fetched or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchFault {
    /// The address does not exist, or its host is not on the public internet.
    NotPublic,
    /// No answer, or not in time.
    NoAnswer,
    /// Too many redirects.
    TooManyRedirects,
    /// The answer had this HTTP status.
    Status(u16),
    TooLarge,
    /// It cannot be read; `line` is the first line (from 1) with a problem.
    Malformed {
        line: u32,
        reason: CalendarFault,
    },
}

/// The settings of an external calendar that is to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewBusyCalendar {
    /// One of the same name is replaced.
    pub name: String,
    /// A second e-mail address, besides the one of the doctor's account, under which the calendar's owner is
    /// invited to events; may be empty. Events that the owner declined do not count as busy.
    pub owner_email: String,
}

/// The result of reading a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusyRead {
    /// Upcoming busy times.
    pub times: u64,
    /// Free times that are no longer offered.
    pub times_removed: u64,
    /// Appointments that overlap a busy time. They are not cancelled.
    pub conflicts: u64,
    /// Warnings about ignored lines.
    pub warnings: Warnings,
}

/// External calendars of a doctor. Only the doctor and the clinic's administrators may use these methods; others
/// get `SignInFirst` or `NotFound`.
#[async_trait]
pub trait BusyCalendars: Send + Sync {
    async fn busy_calendars(
        &self,
        caller: &Caller,
        doctor: DoctorId,
    ) -> Answer<Vec<BusyCalendarView>>;

    /// The e-mail address of the doctor's own account.
    async fn owner_email(&self, caller: &Caller, doctor: DoctorId) -> Answer<Option<String>>;

    /// Reads a file.
    ///
    /// # Errors
    /// `Invalid` with `Calendar` and the line and reason; nothing is changed then.
    async fn add_file(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        new: NewBusyCalendar,
        content: Vec<u8>,
    ) -> Answer<BusyRead>;

    /// Subscribes to an address (`https`, `http` or `webcal`) and reads it immediately.
    ///
    /// # Errors
    /// `Invalid` with `Calendar` when it cannot be fetched or read; nothing is changed then.
    async fn add_address(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        new: NewBusyCalendar,
        address: String,
    ) -> Answer<BusyRead>;

    /// Removes an external calendar; its times are no longer blocked.
    async fn remove(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        calendar: BusyCalendarId,
    ) -> Answer<()>;
}
