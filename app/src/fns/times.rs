//! The server functions from which the slot picker in the browser loads a month or a day.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use crate::error::FormFailure;
use crate::json_encoding::JsonOutput;
#[cfg(feature = "ssr")]
use crate::slot_views::TimesFilter;
use crate::slot_views::{DayView, PickerTimes};

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
    let times = Times::of(&TimesFilter { slug, mode, location, visit, appointment }).await?;
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
    let times = Times::of(&TimesFilter { slug, mode, location, visit, appointment }).await?;
    Ok(times.day(date).await?)
}
