//! Calendars from elsewhere whose times a doctor is busy.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Answer;
use crate::actor::Caller;
use crate::failure::CalendarFault;
use crate::ids::{BusyCalendarId, DoctorId};

/// A calendar from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyCalendarView {
    pub id: BusyCalendarId,
    pub name: String,
    /// The host of its address; `None`: a file that was sent once. The address itself may be a secret.
    pub host: Option<String>,
    /// How many busy stretches lie ahead.
    pub times_ahead: i64,
    /// When it was last read whole.
    pub read_at: Option<DateTime<Utc>>,
    /// Why the last try did not work; what was read before still counts.
    pub fault: Option<FetchFault>,
}

/// Why a calendar could not be fetched or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchFault {
    /// The address does not exist, or leads to a place that is not on the public internet.
    NotPublic,
    /// Nobody answers there, or not in time.
    NoAnswer,
    /// It leads on and on.
    TooManyRedirects,
    /// The answer had this HTTP status.
    Status(u16),
    TooLarge,
    /// It cannot be read from this line (from 1) on.
    Malformed {
        line: u32,
        reason: CalendarFault,
    },
}

/// What reading a calendar found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusyRead {
    /// Busy stretches ahead.
    pub times: u64,
    /// Free times that are no longer offered.
    pub times_removed: u64,
    /// Appointments that are booked in a busy stretch; they stay.
    pub in_the_way: u64,
}

/// For the doctor and the clinic's administrators; otherwise `SignInFirst` or `NotFound`.
#[async_trait]
pub trait BusyCalendars: Send + Sync {
    async fn busy_calendars(
        &self,
        caller: &Caller,
        doctor: DoctorId,
    ) -> Answer<Vec<BusyCalendarView>>;

    /// Reads a file. One of the same name is replaced.
    ///
    /// # Errors
    /// `Invalid` with `Calendar` and the line and reason: then nothing changes.
    async fn add_file(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        name: String,
        content: Vec<u8>,
    ) -> Answer<BusyRead>;

    /// Subscribes to an address (`https`, `http` or `webcal`), and reads it at once.
    ///
    /// # Errors
    /// `Invalid` with `Calendar` when it cannot be fetched or read: then nothing changes.
    async fn add_address(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        name: String,
        address: String,
    ) -> Answer<BusyRead>;

    /// Its times are no longer busy.
    async fn remove(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        calendar: BusyCalendarId,
    ) -> Answer<()>;
}
