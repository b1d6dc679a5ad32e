//! What a search looks for, and what it finds.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::zone_days::zones_ahead;

/// What narrows a search; `None` does not.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Letters and digits only; each has to be found.
    pub words: Vec<String>,
    pub specialty: Option<String>,
    pub city: Option<String>,
    pub mode: Option<&'static str>,
    /// A free time on a date from here on, by the place's calendar.
    pub from: Option<NaiveDate>,
    /// The first date no longer wanted.
    pub until: Option<NaiveDate>,
    /// The time starts at 17:00 or later, by the place's clock.
    pub evening: bool,
    /// In this week, by the place's calendar.
    pub week: bool,
    pub language: Option<String>,
    pub gender: Option<&'static str>,
    /// In the main unit of the doctor's currency.
    pub fee_max: Option<i64>,
    /// In tenths of a star.
    pub rating_min: Option<i16>,
    /// Places around here, the nearer the better.
    pub origin: Option<Origin>,
}

/// A point on the ground, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Origin {
    pub latitude: f64,
    pub longitude: f64,
}

impl Wanted {
    /// For `free_within`; `None` unless a time in this week is wanted.
    pub(super) fn zones_ahead(&self, now: DateTime<Utc>) -> Option<Vec<String>> {
        self.week.then(|| zones_ahead(now))
    }

    /// What a document says in one word, but for the specialty.
    pub(super) fn features(&self) -> Vec<String> {
        let named = |kind: &str, value: Option<&str>| value.map(|value| format!("{kind}:{value}"));
        let features = [
            named("c", self.city.as_deref()),
            named("l", self.language.as_deref()),
            named("g", self.gender),
        ];
        features.into_iter().flatten().collect()
    }
}

/// Where a page begins: the rank and doctor the part before ended with, and how many to leave out.
#[derive(Clone, Copy, Debug)]
pub struct StartAfter {
    pub rank: i64,
    pub doctor: Uuid,
    pub offset: i64,
    pub limit: i64,
}

impl StartAfter {
    pub(super) fn is_after(&self, found: &Found) -> bool {
        (found.rank, found.doctor_id) > (self.rank, self.doctor)
    }
}

/// A doctor found, by rank: in seconds, the lowest first; see [`nadi::search`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub doctor_id: Uuid,
    pub rank: i64,
}

/// Those who fit equally well.
pub(super) struct Part {
    /// A question to the documents; `None` asks nothing.
    pub question: Option<String>,
    /// Bits that whoever fits has beside their kept times, and few others: `next_times.traits`.
    pub signature: i64,
    /// What is taken off the rank.
    pub relevance_seconds: i64,
}
