//! Conversions of the reasons why a calendar could not be fetched or read: as stored in the database, as a
//! problem of a form, and as shown on a page.

use nadi::failure::{CalendarFault, Problem};
use nadi::ical::{Malformed, MalformedReason};
use nadi::ids::BusyCalendarId;
use nadi::ports::{BusyCalendarView, FetchFault};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::busy_times::fetch::FetchError;
use crate::busy_times::store::CalendarRow;

/// The JSON in the column `busy_calendars.fault`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredFault {
    NotPublic,
    NoAnswer,
    TooManyRedirects,
    Status(u16),
    TooLarge,
    Malformed { line: u32, reason: CalendarFault },
}

impl From<FetchError> for StoredFault {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::NotPublic => Self::NotPublic,
            FetchError::NoAnswer => Self::NoAnswer,
            FetchError::TooManyRedirects => Self::TooManyRedirects,
            FetchError::Status(status) => Self::Status(status),
            FetchError::TooLarge => Self::TooLarge,
        }
    }
}

impl From<StoredFault> for FetchFault {
    fn from(stored: StoredFault) -> Self {
        match stored {
            StoredFault::NotPublic => Self::NotPublic,
            StoredFault::NoAnswer => Self::NoAnswer,
            StoredFault::TooManyRedirects => Self::TooManyRedirects,
            StoredFault::Status(status) => Self::Status(status),
            StoredFault::TooLarge => Self::TooLarge,
            StoredFault::Malformed { line, reason } => Self::Malformed { line, reason },
        }
    }
}

/// The problem of the address, for the form it was typed into.
pub(super) fn problem(error: FetchError) -> Problem {
    match error {
        FetchError::NotPublic => Problem::NotPublic,
        FetchError::TooLarge => Problem::MalformedAt { line: 1, reason: CalendarFault::TooMuch },
        FetchError::NoAnswer | FetchError::TooManyRedirects | FetchError::Status(_) => {
            Problem::NoAnswer
        }
    }
}

pub(super) fn view(row: CalendarRow) -> BusyCalendarView {
    let host = row.address.and_then(|text| Some(Url::parse(&text).ok()?.host_str()?.to_owned()));
    let fault = row.fault.and_then(|fault| serde_json::from_value::<StoredFault>(fault).ok());
    BusyCalendarView {
        id: BusyCalendarId(row.id),
        name: row.name,
        host,
        times_ahead: row.times_ahead,
        read_at: row.read_at,
        fault: fault.map(FetchFault::from),
    }
}

pub(super) fn line_number(malformed: Malformed) -> u32 {
    u32::try_from(malformed.line).unwrap_or(u32::MAX)
}

pub(super) fn calendar_fault(reason: MalformedReason) -> CalendarFault {
    use MalformedReason as Reason;
    match reason {
        Reason::NotACalendar => CalendarFault::NotACalendar,
        Reason::NotALine => CalendarFault::BadLine,
        Reason::NotEnded | Reason::NotBegun => CalendarFault::Unfinished,
        Reason::Missing(_) | Reason::Value(_) => CalendarFault::BadValue,
        Reason::EndsBeforeStart => CalendarFault::EndsBeforeStart,
        Reason::UnknownZone => CalendarFault::UnknownZone,
        Reason::Rule(_) => CalendarFault::BadRule,
        Reason::TooLarge
        | Reason::LineTooLong
        | Reason::TooDeep
        | Reason::TooManyEvents
        | Reason::TooManyZones
        | Reason::TooManyOccurrences => CalendarFault::TooMuch,
    }
}
