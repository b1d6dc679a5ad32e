//! Choosing one of a doctor's free times, for booking or moving: the query of the page's URL, the times that the
//! picker starts with, and what to show when the chosen time is no longer free.

use crate::i18n::zones_of;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use leptos::prelude::*;
use nadi::Failure;
use nadi::calendar::{Month, parse_date};
use nadi::ids::SlotId;
use nadi::local_time::LocalTime;
use nadi::ports::{DoctorProfile, FreeTime};
use nadi::visit::Mode;

use super::address::{self, Address};
use super::doctor_card::NextTimes;
use super::times::Times;
use super::visit;
use crate::context;
use crate::links::{Query, TimesPage};
use crate::messages;
use crate::slot_views::{PickerTimes, TimeView, TimesFilter};
use crate::ui::{Alert, LinkTab, LinkTabs, Tone};

/// The query of a page with free times.
pub struct PickerQuery {
    pub mode: String,
    pub location: String,
    month: Option<Month>,
    date: Option<NaiveDate>,
    /// The time of the chosen slot. Used to find the nearest free times when the slot is gone.
    time: Option<NaiveTime>,
    pub slot: Option<SlotId>,
    pub address: Address,
}

impl PickerQuery {
    pub fn read() -> Self {
        let mut address = Address::default();
        let mode = address.read("mode", "how you meet", Mode::parse);
        Self {
            mode: mode.map_or("", Mode::as_str).to_owned(),
            location: address::value("location"),
            month: address.read("month", "the month", Month::parse),
            date: address.read("date", "the date", parse_date),
            time: address
                .read("time", "the time", |text| NaiveTime::parse_from_str(text, "%H:%M").ok()),
            slot: address.read("slot", "the chosen time", |text| text.parse().ok()),
            address,
        }
    }

    /// Drops what does not apply to this doctor, and reports it in the note about ignored parameters.
    pub fn fit(&mut self, times: &Times) {
        if !self.location.is_empty() && times.location.is_none() {
            self.address.ignore("the place");
            self.location.clear();
        }
        if times.mode.is_none() {
            if self.mode == Mode::Video.as_str() {
                self.address.ignore("how you meet");
            }
            self.mode.clear();
        }
    }

    /// The same as a filter. `visit` is the id of a kind of visit, or empty.
    pub fn filter(&self, slug: String, visit: String) -> TimesFilter {
        let (mode, location) = (self.mode.clone(), self.location.clone());
        TimesFilter { slug, mode, location, visit, appointment: String::new() }
    }
}

/// What the picker starts with.
pub struct PickerStart {
    pub start: PickerTimes,
    pub chosen: Option<TimeView>,
    pub gone: Option<SlotUnavailable>,
}

/// The chosen time cannot be booked: the reason, and the nearest free times.
pub struct SlotUnavailable {
    sentence: String,
    nearest: Vec<FreeTime>,
}

impl PickerStart {
    /// Loads the times that the query asks for.
    ///
    /// # Errors
    /// When the times cannot be read.
    pub async fn of(times: &Times, asked: &PickerQuery) -> Result<Self, Failure> {
        let (caller, ports) = (context::caller()?, context::ports()?);
        let mut chosen = None;
        let mut gone = None;
        if let Some(slot) = asked.slot {
            let (doctor, times_for) = (times.doctor.id, times.times_for());
            match ports.directory.free_time(&caller, doctor, slot, times_for).await {
                Ok(time) => chosen = Some(time),
                Err(Failure::Refused(refusal)) => {
                    let nearest = nearest(times, asked).await?;
                    gone = Some(SlotUnavailable { sentence: messages::gone(&refusal), nearest });
                }
                Err(failure) => return Err(failure),
            }
        }
        let date = match (&chosen, asked.date, asked.month) {
            (Some(time), None, _) => Some(time.local_date),
            (_, Some(date), _) => Some(date),
            (None, None, Some(_)) => None,
            (None, None, None) => times.next_free(times.today()).await?,
        };
        let month = asked.month.unwrap_or_else(|| Month::of(date.unwrap_or_else(|| times.today())));
        let start = match date {
            Some(date) => times.month_with_day(month, date).await?,
            None => times.month_with_first_day(month).await?,
        };
        Ok(Self { start, chosen: chosen.map(|time| times.time(&time)), gone })
    }
}

async fn nearest(times: &Times, asked: &PickerQuery) -> Result<Vec<FreeTime>, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let near = match (asked.date, asked.time) {
        (Some(date), Some(time)) => nadi::schedule::instant(times.zone(), date, time),
        (Some(date), None) => nadi::schedule::day_start(times.zone(), date),
        _ => caller.now,
    };
    let (doctor, times_for) = (times.doctor.id, times.times_for());
    ports.directory.nearest_free(&caller, doctor, near.max(caller.now), times_for, 6).await
}

/// Says that the chosen time is not free, and offers the nearest free times.
#[component]
pub fn SlotUnavailablePanel(
    gone: SlotUnavailable,
    page: TimesPage,
    doctor: String,
    now: DateTime<Utc>,
) -> impl IntoView {
    let none = gone.nearest.is_empty();
    let starts = gone.nearest.iter().map(|time| LocalTime::new(time.starts_at, time.place.zone));
    let zone = format!("Times are in {}.", zones_of(starts));
    view! {
        <Alert tone=Tone::Loss announced=true id="review">
            <h2>{gone.sentence}</h2>
            {if none {
                view! { <p>"There is no other free time at the moment."</p> }.into_any()
            } else {
                view! {
                    <p>"The nearest free ones are:"</p>
                    <NextTimes page=page doctor=doctor times=gone.nearest now=now/>
                    <p class="picker-zone">{zone}</p>
                }.into_any()
            }}
        </Alert>
    }
}

/// Links that filter the times by mode, place or kind of visit; nothing when there is no choice.
#[component]
pub fn FilterTabs(
    doctor: DoctorProfile,
    path: String,
    /// The current filter.
    filter: TimesFilter,
    /// Other parameters of the URL, which the links keep.
    kept: Query,
    /// Set when the kind of visit can be chosen; contains the length of a slot in minutes, if known.
    #[prop(optional)]
    kinds: Option<Option<i64>>,
) -> impl IntoView {
    let tab =
        |text: &str, href: String, current: bool| LinkTab { href, text: text.to_owned(), current };
    let visit_shown = if kinds.is_some() { filter.visit.as_str() } else { "" };
    let address = |mode: &str, location: &str, visit: &str| {
        let query = kept.clone().with("mode", mode).with("location", location);
        query.with("visit", visit).on(&path)
    };
    let kinds = kinds.filter(|_| doctor.visit_kinds.len() > 1).map(|slot_minutes| {
        let tabs = doctor.visit_kinds.iter().map(|kind| {
            let id = if kind.is_default { String::new() } else { kind.id.to_string() };
            let text = messages::visit::kind(&kind.name, kind.slot_span, slot_minutes);
            tab(&text, address(&filter.mode, &filter.location, &id), filter.visit == id)
        });
        view! { <LinkTabs label="Kind of visit" tabs=tabs.collect()/> }
    });
    let modes = doctor.video.then(|| {
        let href = |mode: &str| address(mode, &filter.location, visit_shown);
        let mut tabs = vec![tab("Any visit", href(""), filter.mode.is_empty())];
        tabs.extend(
            Mode::ALL
                .map(|one| tab(visit::mode(one), href(one.as_str()), filter.mode == one.as_str())),
        );
        view! { <LinkTabs label="How you meet" tabs=tabs/> }
    });
    let places = (doctor.places.len() > 1).then(|| {
        let href = |place: &str| address(&filter.mode, place, visit_shown);
        let mut tabs = vec![tab("Any place", href(""), filter.location.is_empty())];
        tabs.extend(doctor.places.iter().map(|place| {
            let id = place.id.to_string();
            tab(&place.name, href(&id), filter.location == id)
        }));
        view! { <LinkTabs label="Place" tabs=tabs/> }
    });
    view! {
        <div class="doctor-narrow">
            {kinds}
            {modes}
            {places}
        </div>
    }
}
