//! Private URLs at which a calendar program reads someone's appointments.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Answer;
use crate::actor::Caller;
use crate::ids::{AppointmentId, FeedId};

/// Whose appointments a feed shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedKind {
    /// Those that the account has booked.
    Patient,
    /// Those of the account's doctor.
    Doctor,
}

impl FeedKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Patient, Self::Doctor].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How long before an appointment a calendar program shows a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    TenMinutes,
    OneHour,
    OneDay,
}

impl Alarm {
    pub const ALL: [Self; 3] = [Self::TenMinutes, Self::OneHour, Self::OneDay];

    /// Before the start.
    pub fn minutes(self) -> i16 {
        match self {
            Self::TenMinutes => 10,
            Self::OneHour => 60,
            Self::OneDay => 1_440,
        }
    }

    /// The choice with this number of minutes; `None` when there is none.
    pub fn of_minutes(minutes: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|alarm| alarm.minutes() == minutes)
    }
}

/// The settings of a new feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewFeed {
    pub kind: FeedKind,
    /// Only a patient's feed can have the doctors' names in it.
    pub with_names: bool,
    pub alarm: Option<Alarm>,
}

/// A feed as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedView {
    pub id: FeedId,
    pub kind: FeedKind,
    /// The secret path on this site. Anyone who knows it can read the feed.
    pub path: String,
    /// Whether it contains doctors' names. It never contains other details of a visit.
    pub with_names: bool,
    /// `None`: no reminders.
    pub alarm: Option<Alarm>,
    pub created_at: DateTime<Utc>,
    /// When a calendar program last read it, to the hour; `None` if never.
    pub read_at: Option<DateTime<Utc>>,
}

/// A calendar file, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarText {
    /// iCalendar (RFC 5545).
    pub text: String,
    /// An entity tag that changes exactly when the text changes.
    pub etag: String,
}

#[async_trait]
pub trait Feeds: Send + Sync {
    /// The caller's feeds of a kind, oldest first.
    ///
    /// # Errors
    /// `SignInFirst`; `NotAllowed` for a doctor's feeds of an account that is not a doctor's; `ProveAgain`, because
    /// their addresses are secrets.
    async fn feeds(&self, caller: &Caller, kind: FeedKind) -> Answer<Vec<FeedView>>;

    /// A new feed; at most five of a kind. The owner of the account is told.
    ///
    /// # Errors
    /// As [`feeds`](Self::feeds); `Invalid` with `Lines` when there are five.
    async fn add_feed(&self, caller: &Caller, wanted: NewFeed) -> Answer<FeedId>;

    /// Changes the reminders of a feed. Calendar programs see the change when they next read the feed.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` when it is not the caller's or was revoked.
    async fn set_alarm(&self, caller: &Caller, feed: FeedId, alarm: Option<Alarm>) -> Answer<()>;

    /// Revokes a feed's URL immediately.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` when it is not the caller's.
    async fn end_feed(&self, caller: &Caller, feed: FeedId) -> Answer<()>;

    /// The feed at a secret URL: the appointments of the last month and all upcoming ones.
    ///
    /// # Errors
    /// `NotFound` for an unknown or revoked URL.
    async fn read_feed(&self, secret: &str, now: DateTime<Utc>) -> Answer<CalendarText>;

    /// One appointment as a calendar file, for callers who may see it.
    ///
    /// # Errors
    /// `SignInFirst`, `NotFound`.
    async fn appointment_file(&self, caller: &Caller, id: AppointmentId) -> Answer<CalendarText>;
}
