//! Why a calendar could not be fetched or read: as it is kept, told and shown.

use nadi::failure::{CalendarFault, Problem};
use nadi::ical::{Malformed, MalformedReason};
use nadi::ids::BusyCalendarId;
use nadi::ports::{BusyCalendarView, FetchFault};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::busy_times::fetch::FetchError;
use crate::busy_times::store::CalendarRow;

/// As it is kept in the database.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    NotPublic,
    NoAnswer,
    TooManyRedirects,
    Status(u16),
    TooLarge,
    Malformed { line: u32, reason: CalendarFault },
}

impl From<FetchError> for Kept {
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

impl From<Kept> for FetchFault {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::NotPublic => Self::NotPublic,
            Kept::NoAnswer => Self::NoAnswer,
            Kept::TooManyRedirects => Self::TooManyRedirects,
            Kept::Status(status) => Self::Status(status),
            Kept::TooLarge => Self::TooLarge,
            Kept::Malformed { line, reason } => Self::Malformed { line, reason },
        }
    }
}

/// What is wrong with the address, for the form it was typed in.
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
    let fault = row.fault.and_then(|fault| serde_json::from_value::<Kept>(fault).ok());
    BusyCalendarView {
        id: BusyCalendarId(row.id),
        name: row.name,
        host,
        times_ahead: row.times_ahead,
        read_at: row.read_at,
        fault: fault.map(FetchFault::from),
    }
}

pub(super) fn line_of(malformed: Malformed) -> u32 {
    u32::try_from(malformed.line).unwrap_or(u32::MAX)
}

pub(super) fn fault_of(reason: MalformedReason) -> CalendarFault {
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
