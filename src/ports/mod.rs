//! The interface between the pages and the REST API on one side and the server on the other. Each port is a small
//! object-safe trait. `server` implements the ports; `app` and `rest` use nothing else of it.
//!
//! Methods take the [`Caller`](crate::actor::Caller), and authorization is checked behind the port, never in a page.

mod accounts;
mod administration;
mod answer;
mod bookings;
mod busy;
mod directory;
mod feeds;
mod messages;
mod people;
mod reviews;
mod schedules;

use std::sync::Arc;

pub use accounts::{Accounts, KnownAccount, Registration, SessionControl};
pub use administration::{
    Administration, CancelledComing, ClinicHolidays, ClinicView, DoctorForm, DoctorRow, DoctorRows,
    DoctorStatus, HolidayRegion, LocationForm, LocationView, SavedDoctor, ShiftedVisit, ZoneRules,
};
pub use answer::{Answer, Page};
pub use bookings::{
    AppointmentQuery, AppointmentView, Booked, Bookings, Change, HistoryEntry, HoldRequest, Period,
    Seen, Whose,
};
pub use busy::{BusyCalendarView, BusyCalendars, BusyRead, FetchFault, NewBusyCalendar};
pub use directory::{
    City, Counts, Directory, DoctorCard, DoctorKey, DoctorPage, DoctorProfile, DoctorQuery,
    FreeTime, FreeTimesQuery, Gender, Numbers, Place, Specialty, TimesFor, VisitKind,
};
pub use feeds::{Alarm, CalendarText, FeedKind, FeedView, Feeds, NewFeed};
pub use messages::{Mailbox, Message, MessageFailure, Messages, PostedMessage};
pub use people::{DEPENDANTS_MAX, NewDependant, People, PersonView};
pub use reviews::{
    DoctorOwnReviews, DoctorReviews, Hidden, OwnReview, PublicReview, ReviewForm, ReviewView,
    Reviews, Written,
};
pub use schedules::{
    BlockView, CalendarEntry, DayChange, DoctorCalendar, HolidayView, HoursPlace, ScheduleChange,
    SchedulePreview, ScheduleView, Schedules,
};

/// All ports, as passed to the pages.
#[derive(Clone)]
pub struct Ports {
    pub directory: Arc<dyn Directory>,
    pub bookings: Arc<dyn Bookings>,
    pub schedules: Arc<dyn Schedules>,
    pub feeds: Arc<dyn Feeds>,
    pub busy: Arc<dyn BusyCalendars>,
    pub accounts: Arc<dyn Accounts>,
    pub people: Arc<dyn People>,
    pub reviews: Arc<dyn Reviews>,
    pub administration: Arc<dyn Administration>,
    /// Only in development mode.
    pub mailbox: Option<Arc<dyn Mailbox>>,
}
