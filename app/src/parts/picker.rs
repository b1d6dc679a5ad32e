//! Choosing one of a doctor's free times, for booking or moving: the query of the page's URL, the times that the
//! picker starts with, its texts, and what to show when the chosen time is no longer free.

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
use crate::i18n::{self, pattern, text, zones_of};
use crate::links::{Query, TimesPage};
use crate::messages;
use crate::slot_views::{PickerTexts, PickerTimes, TimeView, TimesFilter};
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
        let mode = address.read("mode", text!("search-part-mode"), Mode::parse);
        Self {
            mode: mode.map_or("", Mode::as_str).to_owned(),
            location: address::value("location"),
            month: address.read("month", text!("picker-address-month"), Month::parse),
            date: address.read("date", text!("search-part-date"), parse_date),
            time: address.read("time", text!("picker-address-time"), |text| {
                NaiveTime::parse_from_str(text, "%H:%M").ok()
            }),
            slot: address.read("slot", text!("picker-address-slot"), |text| text.parse().ok()),
            address,
        }
    }

    /// Drops what does not apply to this doctor, and reports it in the note about ignored parameters.
    pub fn fit(&mut self, times: &Times) {
        if !self.location.is_empty() && times.location.is_none() {
            self.address.ignore(text!("picker-address-location"));
            self.location.clear();
        }
        if times.mode.is_none() {
            if self.mode == Mode::Video.as_str() {
                self.address.ignore(text!("search-part-mode"));
            }
            self.mode.clear();
        }
    }

    /// The same as a filter. `visit` is the id of an appointment type, or empty.
    pub fn filter(&self, slug: String, visit: String) -> TimesFilter {
        let (mode, location) = (self.mode.clone(), self.location.clone());
        TimesFilter { slug, mode, location, visit, appointment: String::new() }
    }
}

/// The texts of the picker in the language of the page.
pub fn texts() -> PickerTexts {
    PickerTexts {
        path_prefix: i18n::current().prefix().to_owned(),
        choose_day: text!("picker-choose-day"),
        previous_month: text!("picker-previous-month"),
        next_month: text!("picker-next-month"),
        previous_week: text!("picker-previous-week"),
        next_week: text!("picker-next-week"),
        whole_month: text!("picker-whole-month"),
        no_times_this_month: text!("picker-no-times-this-month"),
        no_times_this_month_advice: text!("picker-no-times-this-month-advice"),
        no_times_this_day: text!("picker-no-times-this-day"),
        loading: text!("picker-loading"),
        offline: text!("picker-offline"),
        just_booked: text!("picker-just-booked"),
        chosen_just_booked: text!("picker-chosen-just-booked"),
        time_just_booked: pattern!("picker-time-just-booked", time),
        time_free_again: pattern!("picker-time-free-again", time),
        times_just_booked: pattern!("picker-times-just-booked", times),
        times_free_again: pattern!("picker-times-free-again", times),
        many_changed: text!("picker-many-times-changed"),
        nearest_time: pattern!("picker-nearest-time", time),
        nearest_times: pattern!("picker-nearest-times", earlier, later),
        another_day: text!("picker-choose-another-day"),
        sign_in: text!("picker-sign-in"),
        chosen_title: text!("picker-chosen-title"),
        person: text!("picker-person"),
        other_person: text!("picker-other-person"),
        hold: text!("picker-hold-button"),
        hold_note: match context::signed_in() {
            Some(_) => text!("picker-hold-note"),
            None => text!("picker-hold-note-visitor"),
        },
        new_time_title: text!("picker-new-time-title"),
        current_appointment: pattern!("picker-current-appointment", appointment),
        reschedule: text!("picker-reschedule-button"),
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
    let zone = text!("picker-zone", zone = zones_of(starts));
    view! {
        <Alert tone=Tone::Loss announced=true id="review">
            <h2>{gone.sentence}</h2>
            {if none {
                view! { <p>{text!("picker-no-other-times")}</p> }.into_any()
            } else {
                view! {
                    <p>{text!("picker-nearest-times-title")}</p>
                    <NextTimes page=page doctor=doctor times=gone.nearest now=now/>
                    <p class="picker-zone">{zone}</p>
                }.into_any()
            }}
        </Alert>
    }
}

/// Links that filter the times by mode, location or appointment type; nothing when there is no choice.
#[component]
pub fn FilterTabs(
    doctor: DoctorProfile,
    path: String,
    /// The current filter.
    filter: TimesFilter,
    /// Other parameters of the URL, which the links keep.
    kept: Query,
    /// Set when the appointment type can be chosen; contains the length of a slot in minutes, if known.
    #[prop(optional)]
    kinds: Option<Option<i64>>,
) -> impl IntoView {
    let tab = |text: String, href: String, current: bool| LinkTab { href, text, current };
    let visit_shown = if kinds.is_some() { filter.visit.as_str() } else { "" };
    let address = |mode: &str, location: &str, visit: &str| {
        let query = kept.clone().with("mode", mode).with("location", location);
        query.with("visit", visit).on(&path)
    };
    let kinds = kinds.filter(|_| doctor.visit_kinds.len() > 1).map(|slot_minutes| {
        let tabs = doctor.visit_kinds.iter().map(|kind| {
            let id = if kind.is_default { String::new() } else { kind.id.to_string() };
            let text = messages::visit::kind(&kind.name, kind.slot_span, slot_minutes);
            tab(text, address(&filter.mode, &filter.location, &id), filter.visit == id)
        });
        view! { <LinkTabs label=text!("picker-appointment-type") tabs=tabs.collect()/> }
    });
    let modes = doctor.video.then(|| {
        let href = |mode: &str| address(mode, &filter.location, visit_shown);
        let mut tabs = vec![tab(text!("picker-any-mode"), href(""), filter.mode.is_empty())];
        tabs.extend(Mode::ALL.map(|one| {
            let (name, text) = (one.as_str(), visit::mode(one).to_string());
            tab(text, href(name), filter.mode == name)
        }));
        view! { <LinkTabs label=text!("picker-mode") tabs=tabs/> }
    });
    let places = (doctor.places.len() > 1).then(|| {
        let href = |place: &str| address(&filter.mode, place, visit_shown);
        let mut tabs =
            vec![tab(text!("picker-any-location"), href(""), filter.location.is_empty())];
        tabs.extend(doctor.places.iter().map(|place| {
            let id = place.id.to_string();
            tab(place.name.clone(), href(&id), filter.location == id)
        }));
        view! { <LinkTabs label=text!("picker-location") tabs=tabs names=true/> }
    });
    view! {
        <div class="doctor-narrow">
            {kinds}
            {modes}
            {places}
        </div>
    }
}
