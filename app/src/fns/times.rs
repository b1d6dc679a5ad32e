//! A doctor's free times as rendered words: what the slot picker shows, and the two reads it makes.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::FormFailure;
use crate::json_encoding::JsonOutput;

/// A month of days, in whole weeks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthView {
    /// `2026-11`.
    pub month: String,
    /// `November 2026`.
    pub name: String,
    /// The date it is at the doctor's, `2026-11-20`.
    pub today: String,
    /// The month before, unless it is over.
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
    /// Of this month, not of one beside it.
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
    /// The zone of all times here, in words; several when they are at places of several zones.
    pub zone: String,
    pub parts: Vec<DayPart>,
    /// When the day has none: the next date that has, and its name.
    pub next: Option<(String, String)>,
}

/// Morning, afternoon or evening.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPart {
    pub name: String,
    pub times: Vec<TimeView>,
}

/// A time that can be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeView {
    pub slot: String,
    /// `2026-11-24`.
    pub date: String,
    /// `10:20`; in an hour that exists twice with its zone: `02:00 CEST`.
    pub time: String,
    /// `10:20`, for addresses.
    pub digits: String,
    /// The moment it begins, in seconds since 1970 (UTC): times are put in order by it.
    pub at: i64,
    /// What sets it apart from its neighbours, such as `Video visit`; often empty.
    pub detail: String,
    /// `Tuesday 24 November, 10:20–10:40, at Panjim Clinic, with Dr …`.
    pub sentence: String,
    pub zone: String,
    /// Of a video visit, which one may take from elsewhere: the moment as `2026-11-24T10:20:00+05:30`.
    /// Otherwise empty.
    pub video_at: String,
    /// Somebody else has taken it since it was shown. Only the picker in the browser knows.
    #[serde(skip)]
    pub taken: bool,
}

/// What a slot picker shows: a month, and one day's times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickerTimes {
    pub month: MonthView,
    pub day: Option<DayView>,
    /// Of how the doctor's times stood when they were read: whoever listens names it.
    pub mark: String,
    /// When they were read, in seconds since 1970 (UTC).
    pub now: i64,
    /// How long one slot is, in minutes, when that is the same for all that are shown. For the
    /// page around the picker.
    #[serde(skip)]
    pub slot_minutes: Option<i64>,
}

/// Whose times, and which of them; what is empty does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The doctor's.
    pub slug: String,
    pub mode: String,
    pub location: String,
    /// The id of the kind of visit; empty for the usual one.
    pub visit: String,
    /// The id of the appointment that is to be moved; empty for a new one.
    pub appointment: String,
}

/// A month of a doctor, with the times of `date` or, when that is empty, of its first free day. `mode` and
/// `location` narrow when not empty; with an `appointment`, times to which the caller may move it.
#[server(prefix = "/fn", endpoint = "month_times", input = GetUrl, output = JsonOutput)]
pub async fn month_times(
    slug: String,
    month: String,
    #[server(default)] date: String,
    #[server(default)] mode: String,
    #[server(default)] location: String,
    #[server(default)] visit: String,
    #[server(default)] appointment: String,
) -> Result<PickerTimes, FormFailure> {
    use crate::parts::times::Times;
    let month = nadi::calendar::Month::parse(&month).ok_or(nadi::Failure::Malformed)?;
    let times = Times::of(&Wanted { slug, mode, location, visit, appointment }).await?;
    Ok(match nadi::calendar::parse_date(&date) {
        Some(date) => times.month_with_day(month, date).await?,
        None => times.month_with_first_day(month).await?,
    })
}

/// A day of a doctor, by the same.
#[server(prefix = "/fn", endpoint = "day_times", input = GetUrl, output = JsonOutput)]
pub async fn day_times(
    slug: String,
    date: String,
    #[server(default)] mode: String,
    #[server(default)] location: String,
    #[server(default)] visit: String,
    #[server(default)] appointment: String,
) -> Result<DayView, FormFailure> {
    use crate::parts::times::Times;
    let date = nadi::calendar::parse_date(&date).ok_or(nadi::Failure::Malformed)?;
    let times = Times::of(&Wanted { slug, mode, location, visit, appointment }).await?;
    Ok(times.day(date).await?)
}
