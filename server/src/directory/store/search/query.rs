//! The types of a search: criteria, start of a page, results.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::zone_days::zones_ahead;

/// The filters of a search; `None` does not filter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Letters and digits only; each must match.
    pub words: Vec<String>,
    /// PostgreSQL's name for the stems of the language in which somebody searches; empty when there are no words.
    pub stemming: String,
    pub specialty: Option<String>,
    pub city: Option<String>,
    pub mode: Option<&'static str>,
    /// A free time on this date or later, in the zone of the location.
    pub from: Option<NaiveDate>,
    /// The first date after the wanted ones.
    pub until: Option<NaiveDate>,
    /// The time starts at 17:00 or later, in the zone of the location.
    pub evening: bool,
    /// In this week, in the zone of the location.
    pub week: bool,
    pub language: Option<String>,
    pub gender: Option<&'static str>,
    /// In the main unit of the doctor's currency.
    pub fee_max: Option<i64>,
    /// In tenths of a star.
    pub rating_min: Option<i16>,
    /// Doctors around this point; nearer ones rank higher.
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

    /// The filters that are a single term of a document, except for the specialty.
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

/// Where a page begins: after this rank and doctor, then after `offset` more.
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

/// A found doctor with the rank: in seconds, lowest first; see [`nadi::search`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub doctor_id: Uuid,
    pub rank: i64,
}

/// The doctors who match equally well.
pub(super) struct Part {
    /// The full-text query; `None` matches every document.
    pub question: Option<String>,
    /// The Bloom signature of the filters: bits that all matching rows have in `next_times.traits`, and few others.
    pub signature: i64,
    /// Subtracted from the rank.
    pub relevance_seconds: i64,
}
