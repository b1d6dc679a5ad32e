//! A doctor's free times as the slot picker shows them: texts and ids, no time zones or rules. Shared by the
//! server, which makes them, and the islands.

use serde::{Deserialize, Serialize};

/// A month of days, in whole weeks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthView {
    /// `2026-11`.
    pub month: String,
    /// `November 2026`.
    pub name: String,
    /// Today's date in the doctor's zone: `2026-11-20`.
    pub today: String,
    /// The previous month; `None` when it is over.
    pub previous: Option<String>,
    pub next: Option<String>,
    /// Monday first, seven days each.
    pub weeks: Vec<Vec<DayCell>>,
}

/// One day in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCell {
    /// `2026-11-24`.
    pub date: String,
    /// `24`.
    pub number: String,
    /// `Tuesday 24 November`.
    pub name: String,
    pub free: u32,
    /// Whether the day is in this month; the weeks at its ends have days of the neighbouring months.
    pub inside: bool,
    pub today: bool,
}

/// The free times of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayView {
    /// `2026-11-24`.
    pub date: String,
    /// `Tuesday 24 November`.
    pub name: String,
    /// The name of the zone of these times; several names when the places are in several zones.
    pub zone: String,
    pub parts: Vec<DayPart>,
    /// For a day without free times: the next date that has some, and its name.
    pub next: Option<(String, String)>,
}

/// Morning, afternoon or evening.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPart {
    pub name: String,
    pub times: Vec<TimeView>,
}

/// A free time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeView {
    pub slot: String,
    /// `2026-11-24`.
    pub date: String,
    /// `10:20`. When clocks are put back, times in the repeated hour name their zone: `02:00 CEST`.
    pub time: String,
    /// `10:20`, for URLs.
    pub digits: String,
    /// The start in seconds since 1970 (UTC). Times are sorted by it.
    pub at: i64,
    /// What distinguishes it from other times, such as `Video visit`; often empty.
    pub detail: String,
    /// `Tuesday 24 November, 10:20–10:40, at Panjim Clinic, with Dr …`.
    pub sentence: String,
    pub zone: String,
    /// For a video visit, the start as `2026-11-24T10:20:00+05:30`, since the patient may be in another zone.
    /// Otherwise empty.
    pub video_at: String,
    /// Somebody else has taken it since it was shown. Set by the picker in the browser only.
    #[serde(skip)]
    pub taken: bool,
}

/// What a slot picker shows: a month, and one day's times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickerTimes {
    pub month: MonthView,
    pub day: Option<DayView>,
    /// The version of the doctor's times when they were read. The browser sends it when it subscribes to changes.
    pub mark: String,
    /// When they were read, in seconds since 1970 (UTC).
    pub now: i64,
    /// The length of a slot in minutes, if all slots shown have the same. Used by the page around the picker.
    #[serde(skip)]
    pub slot_minutes: Option<i64>,
}

/// Whose times, and which of them. An empty field does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimesFilter {
    /// The doctor's slug.
    pub slug: String,
    pub mode: String,
    pub location: String,
    /// The id of the kind of visit; empty for the usual one.
    pub visit: String,
    /// The id of the appointment that is to be moved; empty for a new one.
    pub appointment: String,
}
