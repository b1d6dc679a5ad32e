//! The interface between the pages and the REST API on one side and the server on the other. Each port is a small
//! object-safe trait. `server` implements the ports; `app` and `rest` use nothing else of it.
//!
//! Methods take the [`Caller`](crate::actor::Caller), and authorization is checked behind the port, never in a page.

mod accounts;
mod administration;
mod answer;
mod api_keys;
mod audit;
mod bookings;
mod browser;
mod busy;
mod directory;
mod feeds;
mod hold_sources;
mod invitations;
mod messages;
mod people;
mod reviews;
mod schedules;
mod second_factors;
mod sign_in;

use std::sync::Arc;

pub use accounts::{Accounts, ConsentView, Profile, SessionView};
pub use administration::{
    Administration, CancelledComing, ClinicHolidays, ClinicView, DoctorForm, DoctorRow, DoctorRows,
    DoctorStatus, HolidayRegion, LocationForm, LocationView, SavedDoctor, ShiftedVisit, ZoneRules,
};
pub use answer::{Answer, Page};
pub use api_keys::{API_KEY_DAYS, API_KEY_DAYS_MAX, API_KEYS_MAX, ApiKeyView, ApiKeys, NewApiKey};
pub use audit::{AuditLog, AuditQuery, AuditRow, AuditRows};
pub use bookings::{
    AppointmentQuery, AppointmentView, Booked, Bookings, Change, Contact, HistoryEntry,
    HoldRequest, PatientName, Period, Seen, Whose,
};
pub use browser::BrowserSession;
pub use busy::{BusyCalendarView, BusyCalendars, BusyRead, FetchFault, NewBusyCalendar};
pub use directory::{
    City, Counts, Directory, DoctorCard, DoctorKey, DoctorPage, DoctorProfile, DoctorQuery,
    FreeTime, FreeTimesQuery, Gender, Numbers, Place, Specialty, TimesFor, VisitKind,
};
pub use feeds::{Alarm, CalendarText, FeedKind, FeedView, Feeds, NewFeed};
pub use hold_sources::{AffectedDoctor, HoldSourceView, HoldSources};
pub use invitations::{
    Accept, DoctorSignIn, InvitationView, Invitations, InvitedAccount, InvitedAs, MemberView,
    ReceivedInvitation, TeamRole,
};
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
pub use second_factors::{AuthenticatorSetup, AuthenticatorView, PasskeyView, SecondFactors};
pub use sign_in::{
    KnownAccount, PasskeyRequest, PendingProof, ProofPurpose, ProofToken, Registration, SignIn,
    SignInStep,
};

/// All ports, as passed to the pages.
#[derive(Clone)]
pub struct Ports {
    pub directory: Arc<dyn Directory>,
    pub bookings: Arc<dyn Bookings>,
    pub hold_sources: Arc<dyn HoldSources>,
    pub schedules: Arc<dyn Schedules>,
    pub feeds: Arc<dyn Feeds>,
    pub busy: Arc<dyn BusyCalendars>,
    pub accounts: Arc<dyn Accounts>,
    pub sign_in: Arc<dyn SignIn>,
    pub second_factors: Arc<dyn SecondFactors>,
    pub api_keys: Arc<dyn ApiKeys>,
    pub invitations: Arc<dyn Invitations>,
    pub people: Arc<dyn People>,
    pub reviews: Arc<dyn Reviews>,
    pub administration: Arc<dyn Administration>,
    pub audit: Arc<dyn AuditLog>,
    /// Only in development mode.
    pub mailbox: Option<Arc<dyn Mailbox>>,
}
