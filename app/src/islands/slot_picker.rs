//! Choosing a time: a month, a day's times, and the time that is about to be taken.
//!
//! Everything in it is a plain link or form, so it works before the client has
//! arrived; then the same links swap days in place. When the server cannot be
//! asked, the link is followed after all and the page says why.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::browser;
use super::day_grid::DayGrid;
use super::live;
use super::review::{Purpose, Review};
use crate::fns::times::{day_times, month_times};
use crate::links::TimesPage;
use crate::slot_views::{DayView, PickerTimes, TimeView, TimesFilter};
use crate::ui::OwnTime;

/// What the picker shows, and what changes it.
#[derive(Clone, Copy)]
pub(super) struct Picker {
    pub page: StoredValue<TimesPage>,
    wanted: StoredValue<TimesFilter>,
    pub purpose: StoredValue<Purpose>,
    /// The key of the form that takes a time.
    pub key: StoredValue<String>,
    pub times: RwSignal<PickerTimes>,
    pub chosen: RwSignal<Option<TimeView>>,
    /// What a screen reader hears of what others do.
    pub said: RwSignal<String>,
    /// For whom, as chosen in the form; empty for the account itself.
    pub person: RwSignal<String>,
    pub busy: RwSignal<bool>,
    /// What was asked last could not be asked for want of a connection.
    offline: RwSignal<bool>,
    /// The WASM client has loaded and this island is interactive.
    pub hydrated: RwSignal<bool>,
    /// Counts the questions asked, so that a late answer to an earlier one is dropped.
    asked: StoredValue<u32>,
}

impl Picker {
    pub fn date(&self) -> String {
        self.times.with(date_of)
    }

    pub fn date_untracked(&self) -> String {
        self.times.with_untracked(date_of)
    }

    /// The doctor's.
    pub fn slug(&self) -> String {
        self.wanted.with_value(|wanted| wanted.slug.clone())
    }

    /// When the chosen time was taken by somebody else: it, and the free ones next to it.
    pub fn gone(&self) -> Option<(String, Vec<String>)> {
        let slot = self.chosen.with(|chosen| chosen.as_ref().map(|time| time.slot.clone()))?;
        self.times.with(|times| live::gone(times.day.as_ref()?, &slot))
    }

    /// The number of the last question, and what is asked for.
    pub fn turn(&self) -> (u32, TimesFilter) {
        (self.asked.get_value(), self.wanted.get_value())
    }

    /// The kind of visit that is asked for.
    pub fn visit(&self) -> String {
        self.wanted.with_value(|wanted| wanted.visit.clone())
    }

    /// The address of the page with a time chosen.
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

    /// Changes what is shown. What had the focus keeps it, although it is drawn anew.
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

    /// The link is followed after all, and the page says why. Without a connection that would only take
    /// away what is shown.
    fn follow(&self, turn: u32, href: &str) {
        if !browser::is_offline() {
            browser::go(href);
        } else if self.asked.get_value() == turn {
            self.busy.set(false);
            self.offline.set(true);
        }
    }

    /// Shows a day; also its month, when that is another one.
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

    /// Shows a month, and its first free day.
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

    /// Shows the month around a date and leaves the chosen day as it is: for the keyboard.
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

    fn choose(self, time: TimeView) {
        browser::replace_address(&self.time_href(&time));
        self.chosen.set(Some(time));
        browser::focus("#review-title".to_owned());
    }
}

fn date_of(times: &PickerTimes) -> String {
    times.day.as_ref().map(|day| day.date.clone()).unwrap_or_default()
}

/// A click that the browser would follow in this window.
pub(super) fn plain(click: &leptos::ev::MouseEvent) -> bool {
    click.button() == 0
        && !(click.meta_key() || click.ctrl_key() || click.shift_key() || click.alt_key())
}

/// The picker of one doctor's times.
#[island]
pub fn SlotPicker(
    page: TimesPage,
    wanted: TimesFilter,
    start: PickerTimes,
    chosen: Option<TimeView>,
    purpose: Purpose,
    key: String,
) -> impl IntoView {
    let person = purpose.person();
    let picker = Picker {
        page: StoredValue::new(page),
        wanted: StoredValue::new(wanted),
        purpose: StoredValue::new(purpose),
        key: StoredValue::new(key),
        times: RwSignal::new(start),
        chosen: RwSignal::new(chosen),
        said: RwSignal::default(),
        person: RwSignal::new(person),
        busy: RwSignal::new(false),
        offline: RwSignal::new(false),
        hydrated: RwSignal::new(false),
        asked: StoredValue::new(0),
    };
    Effect::new(move |_| picker.hydrated.set(true));
    live::keep_true(picker);
    view! {
        <div class="picker" aria-busy=move || picker.busy.get().then_some("true")>
            <DayGrid picker=picker/>
            <section class="picker-day" aria-labelledby="picker-day-name">
                {move || picker.times.with(|times| times.day.clone()).map(|day| view! { <Day picker=picker day=day/> })}
                {move || picker.times.with(|times| times.day.is_none()).then(|| view! {
                    <h3 id="picker-day-name">"No free times in this month"</h3>
                    <p>"Look at the month after, or choose another doctor."</p>
                })}
            </section>
            <div class="picker-offline" role="alert">
                {move || picker.offline.get().then(|| view! {
                    <p>"You are not connected, so we cannot look further. Choose again once you are."</p>
                })}
            </div>
            {move || picker.chosen.get().map(|time| view! { <Review picker=picker time=time/> })}
            <span class="visually-hidden" role="status">{move || picker.said.get()}</span>
        </div>
    }
}

/// The free times of the day that is shown.
#[component]
fn Day(picker: Picker, day: DayView) -> impl IntoView {
    let next = day.next.map(|(date, name)| {
        let href = picker.day_href(&date);
        let open = move |click: leptos::ev::MouseEvent| {
            if plain(&click) {
                click.prevent_default();
                picker.open_day(date.clone());
            }
        };
        view! { <p><a href=href on:click=open>{format!("Next free day: {name}")}</a></p> }
    });
    let parts: Vec<_> = day
        .parts
        .into_iter()
        .map(|part| {
            let times: Vec<_> = part
                .times
                .into_iter()
                .map(|time| view! { <li><Time picker=picker time=time/></li> })
                .collect();
            view! {
                <h4>{part.name}</h4>
                <ul class="times">{times}</ul>
            }
        })
        .collect();
    let none = next.is_some() || parts.is_empty();
    view! {
        <h3 id="picker-day-name" aria-live="polite">{day.name}</h3>
        <p class="picker-zone">{format!("Times are in {}.", day.zone)}</p>
        {none.then(|| view! { <p>"There are no free times on this day."</p> })}
        {next}
        {parts}
    }
}

#[component]
fn Time(picker: Picker, time: TimeView) -> impl IntoView {
    let taken = time.taken;
    // What is taken is no link any more. It keeps the focus it may have, but Tab passes it by.
    let href = (!taken).then(|| picker.time_href(&time));
    let slot = time.slot.clone();
    let current =
        move || picker.chosen.with(|chosen| chosen.as_ref().is_some_and(|time| time.slot == slot));
    let detail = if taken { "just taken".to_owned() } else { time.detail.clone() };
    let detail = (!detail.is_empty()).then(|| view! { <span class="time-detail">{detail}</span> });
    let own = (!taken && !time.video_at.is_empty()).then(|| time.video_at.clone());
    let own = own.map(|there| view! { <OwnTime there=there brief=true/> });
    let (id, text) = (format!("slot-{}", time.slot), time.time.clone());
    let choose = move |click: leptos::ev::MouseEvent| {
        if plain(&click) && !taken {
            click.prevent_default();
            picker.choose(time.clone());
        }
    };
    view! {
        <a
            class="time"
            id=id
            href=href
            tabindex=taken.then_some("-1")
            data-taken=taken.then_some("")
            aria-current=move || current().then_some("true")
            on:click=choose
        >
            <time>{text}</time>
            {detail}
            {own}
        </a>
    }
}
