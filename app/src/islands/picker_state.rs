//! The state of the slot picker, shared by its parts.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::day_changes;
use super::purpose::Purpose;
use crate::fns::times::{day_times, month_times};
use crate::links::TimesPage;
use crate::slot_views::{PickerTexts, PickerTimes, TimeView, TimesFilter};

/// What the picker shows, and the actions that change it.
#[derive(Clone, Copy)]
pub(super) struct Picker {
    pub page: StoredValue<TimesPage>,
    texts: StoredValue<Arc<PickerTexts>>,
    filter: StoredValue<TimesFilter>,
    pub purpose: StoredValue<Purpose>,
    /// The idempotency key of the form that books the time.
    pub key: StoredValue<String>,
    pub times: RwSignal<PickerTimes>,
    pub chosen: RwSignal<Option<TimeView>>,
    /// Announced to screen readers: what other patients have booked or released.
    pub announcement: RwSignal<String>,
    /// The id of the person it is for, as chosen in the form; empty for the account itself.
    pub person: RwSignal<String>,
    pub busy: RwSignal<bool>,
    /// The last request failed because the browser is offline.
    pub offline: RwSignal<bool>,
    /// The WASM client has loaded and this island is interactive.
    pub hydrated: RwSignal<bool>,
    /// The number of requests so far, so that a late answer to an earlier one is dropped.
    asked: StoredValue<u32>,
}

impl Picker {
    pub fn new(
        page: TimesPage,
        texts: PickerTexts,
        filter: TimesFilter,
        start: PickerTimes,
        chosen: Option<TimeView>,
        purpose: Purpose,
        key: String,
    ) -> Self {
        let person = purpose.person();
        Self {
            page: StoredValue::new(page),
            texts: StoredValue::new(Arc::new(texts)),
            filter: StoredValue::new(filter),
            purpose: StoredValue::new(purpose),
            key: StoredValue::new(key),
            times: RwSignal::new(start),
            chosen: RwSignal::new(chosen),
            announcement: RwSignal::default(),
            person: RwSignal::new(person),
            busy: RwSignal::new(false),
            offline: RwSignal::new(false),
            hydrated: RwSignal::new(false),
            asked: StoredValue::new(0),
        }
    }

    pub fn texts(&self) -> Arc<PickerTexts> {
        self.texts.get_value()
    }

    pub fn date(&self) -> String {
        self.times.with(date_of)
    }

    pub fn date_untracked(&self) -> String {
        self.times.with_untracked(date_of)
    }

    /// The doctor's slug.
    pub fn slug(&self) -> String {
        self.filter.with_value(|filter| filter.slug.clone())
    }

    /// If somebody else has booked the chosen time: that time, and the free ones before and after it.
    pub fn gone(&self) -> Option<(String, Vec<String>)> {
        let slot = self.chosen.with(|chosen| chosen.as_ref().map(|time| time.slot.clone()))?;
        self.times.with(|times| day_changes::taken_time(times.day.as_ref()?, &slot))
    }

    /// The number of the last request, and its filter.
    pub fn turn(&self) -> (u32, TimesFilter) {
        (self.asked.get_value(), self.filter.get_value())
    }

    /// The id of the appointment type.
    pub fn visit(&self) -> String {
        self.filter.with_value(|filter| filter.visit.clone())
    }

    /// The URL of this page with the time chosen.
    pub fn time_href(&self, time: &TimeView) -> String {
        self.page.with_value(|page| page.slot(&time.slot, &time.date, &time.digits))
    }

    pub fn day_href(&self, date: &str) -> String {
        self.page.with_value(|page| page.day(date))
    }

    pub fn month_href(&self, month: &str) -> String {
        self.page.with_value(|page| page.month(month))
    }

    fn ask(&self) -> (u32, TimesFilter) {
        self.busy.set(true);
        self.offline.set(false);
        self.asked.update_value(|asked| *asked += 1);
        self.turn()
    }

    /// Changes the times and restores the focus, since the focused element is rendered again.
    pub fn redraw(&self, change: impl FnOnce(&mut PickerTimes)) {
        let focused = browser::focused();
        self.times.update(change);
        if let Some(focused) = focused {
            browser::focus(focused);
        }
    }

    fn show(&self, turn: u32, href: &str, change: impl FnOnce(&mut PickerTimes)) {
        if self.asked.get_value() == turn {
            self.redraw(change);
            self.chosen.set(None);
            self.busy.set(false);
            browser::replace_address(href);
        }
    }

    /// Loads the page that the link leads to, which explains what went wrong; or, when offline, says so and keeps
    /// what is shown.
    fn follow(&self, turn: u32, href: &str) {
        if !browser::is_offline() {
            browser::go(href);
        } else if self.asked.get_value() == turn {
            self.busy.set(false);
            self.offline.set(true);
        }
    }

    /// Shows a day, and its month if that is another one.
    pub fn open_day(self, date: String) {
        let month = date.get(..7).unwrap_or_default().to_owned();
        if self.times.with_untracked(|times| times.month.month != month) {
            return self.open(month, date);
        }
        let (turn, of) = self.ask();
        spawn_local(async move {
            let href = self.day_href(&date);
            match day_times(of.slug, date, of.mode, of.location, of.visit, of.appointment).await {
                Ok(day) => self.show(turn, &href, |times| times.day = Some(day)),
                Err(_) => self.follow(turn, &href),
            }
        });
    }

    /// Shows a month and its first day with free times.
    pub fn open_month(self, month: String) {
        self.open(month, String::new());
    }

    fn open(self, month: String, date: String) {
        let (turn, of) = self.ask();
        spawn_local(async move {
            let href = if date.is_empty() { self.month_href(&month) } else { self.day_href(&date) };
            match month_times(of.slug, month, date, of.mode, of.location, of.visit, of.appointment)
                .await
            {
                Ok(answer) => self.show(turn, &href, |times| *times = answer),
                Err(_) => self.follow(turn, &href),
            }
        });
    }

    /// Shows the month of a date without changing the chosen day: for moving through the grid with the keyboard.
    pub fn peek(self, date: String) {
        let (turn, of) = self.ask();
        let month = date.get(..7).unwrap_or_default().to_owned();
        spawn_local(async move {
            let href = self.day_href(&date);
            match month_times(
                of.slug,
                month,
                date.clone(),
                of.mode,
                of.location,
                of.visit,
                of.appointment,
            )
            .await
            {
                Ok(answer) if self.asked.get_value() == turn => {
                    self.times.update(|times| times.month = answer.month);
                    self.busy.set(false);
                    browser::focus(format!("[data-date=\"{date}\"]"));
                }
                Ok(_) => {}
                Err(_) => self.follow(turn, &href),
            }
        });
    }

    pub fn choose(self, time: TimeView) {
        browser::replace_address(&self.time_href(&time));
        self.chosen.set(Some(time));
        browser::focus("#review-title".to_owned());
    }
}

fn date_of(times: &PickerTimes) -> String {
    times.day.as_ref().map(|day| day.date.clone()).unwrap_or_default()
}

/// A click that would open the link in this window: the main button, without modifier keys.
pub(super) fn is_plain_click(click: &leptos::ev::MouseEvent) -> bool {
    click.button() == 0
        && !(click.meta_key() || click.ctrl_key() || click.shift_key() || click.alt_key())
}
