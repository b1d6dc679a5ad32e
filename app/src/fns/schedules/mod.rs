//! Changing a doctor's schedule: whatever form says so makes a draft, which is looked at before it is
//! saved.
//!
//! Each form names the version it was made from and, when it goes on with a draft, that draft.

use leptos::prelude::*;

use crate::error::FormFailure;

#[cfg(feature = "ssr")]
pub mod base;
#[cfg(feature = "ssr")]
pub mod days;
#[cfg(feature = "ssr")]
pub mod hours;
#[cfg(feature = "ssr")]
pub mod repeats;
mod typed;

pub use typed::{TypedDay, TypedRule, TypedTimeOff};

/// Makes a draft of all hours that repeat, then leads to what it would change. Single days and times
/// off stay as they are. With `own`, the form was the doctor's own.
#[server(prefix = "/fn", endpoint = "propose_hours")]
pub async fn propose_hours(
    doctor: String,
    #[server(default)] own: bool,
    #[server(default)] version: String,
    #[server(default)] draft: String,
    #[server(default)] lines: Vec<TypedRule>,
) -> Result<(), FormFailure> {
    let pages = crate::links::SchedulePages::of(own, &doctor);
    let Some(base) = base::open(&doctor, &version, &draft, &pages.hours()).await? else {
        return Ok(());
    };
    let schedule = hours::read(&lines, &base.schedule, &base.zones, base.today)
        .map_err(|found| nadi::Failure::Invalid(hours::problems(&found)))?;
    base.propose(schedule, base::Part::Hours).await
}

/// Makes a draft with more time off, then leads to what it would change.
#[server(prefix = "/fn", endpoint = "take_time_off")]
pub async fn take_time_off(
    doctor: String,
    #[server(default)] own: bool,
    #[server(default)] version: String,
    #[server(default)] draft: String,
    #[server(flatten)] off: TypedTimeOff,
) -> Result<(), FormFailure> {
    let pages = crate::links::SchedulePages::of(own, &doctor);
    let Some(mut base) = base::open(&doctor, &version, &draft, &pages.time_off()).await? else {
        return Ok(());
    };
    let off = days::time_off(&off, base.today).map_err(nadi::Failure::Invalid)?;
    let mut schedule = std::mem::take(&mut base.schedule);
    schedule.time_off.push(off);
    base.propose(schedule, base::Part::Days).await
}

/// Makes a draft with one more day of work, then leads to what it would change.
#[server(prefix = "/fn", endpoint = "add_single_day")]
pub async fn add_single_day(
    doctor: String,
    #[server(default)] own: bool,
    #[server(default)] version: String,
    #[server(default)] draft: String,
    #[server(flatten)] day: TypedDay,
) -> Result<(), FormFailure> {
    let pages = crate::links::SchedulePages::of(own, &doctor);
    let Some(mut base) = base::open(&doctor, &version, &draft, &pages.time_off()).await? else {
        return Ok(());
    };
    let rule = days::single_day(&day, base.today).map_err(nadi::Failure::Invalid)?;
    let mut schedule = std::mem::take(&mut base.schedule);
    schedule.rules.push(rule);
    base.propose(schedule, base::Part::Days).await
}

/// Makes a draft without a time off or a single day, then leads to what it would change. `line` names
/// it by what it is: its number may be another's by now.
#[server(prefix = "/fn", endpoint = "remove_exception")]
pub async fn remove_exception(
    doctor: String,
    #[server(default)] own: bool,
    #[server(default)] version: String,
    #[server(default)] draft: String,
    line: String,
) -> Result<(), FormFailure> {
    let pages = crate::links::SchedulePages::of(own, &doctor);
    let Some(mut base) = base::open(&doctor, &version, &draft, &pages.time_off()).await? else {
        return Ok(());
    };
    let mut schedule = std::mem::take(&mut base.schedule);
    if !days::remove(&mut schedule, &line) {
        return Err(nadi::Failure::Stale.into());
    }
    base.propose(schedule, base::Part::Days).await
}

/// Saves a draft, then leads back to where it came from, which says what changed.
#[server(prefix = "/fn", endpoint = "save_schedule")]
pub async fn save_schedule(
    draft: String,
    doctor: String,
    #[server(default)] own: bool,
    #[server(default)] part: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let page = crate::links::change(&draft);
    let saved = ports.schedules.save_draft(&caller, super::parse_id(&draft)?).await;
    if let Some(change) = super::or_sign_in(saved, &page)? {
        let pages = crate::links::SchedulePages::of(own, &doctor);
        let saved = base::Saved::of(&change).to_string();
        let back = base::Part::parse(&part).page(&pages);
        super::redirect(&crate::links::Query::new().with("saved", &saved).on(&back));
    }
    Ok(())
}
