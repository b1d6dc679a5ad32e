//! Choosing a time: a month, a day's times, and the time that is about to be taken.
//!
//! Everything in it is a plain link or form, so it works before the client has
//! arrived; then the same links swap days in place. When the server cannot be
//! asked, the link is followed after all and the page says why.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::browser;
use super::day_grid::DayGrid;
use crate::fns::booking::Hold;
use crate::fns::times::{DayView, PickerTimes, TimeView, day_times, month_times};
use crate::links::{self, Query};

/// Whose times, and how they are narrowed: what every address of the picker begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base {
    pub slug: String,
    pub mode: String,
    pub location: String,
    /// The id of the kind of visit; empty for the usual one.
    pub visit: String,
}

impl Base {
    fn query(&self) -> Query {
        Query::new()
            .with("mode", &self.mode)
            .with("location", &self.location)
            .with("visit", &self.visit)
    }

    pub fn month(&self, month: &str) -> String {
        self.query().with("month", month).on(&links::doctor(&self.slug))
    }

    pub fn day(&self, date: &str) -> String {
        self.query().with("date", date).on(&links::doctor(&self.slug))
    }

    pub fn time(&self, time: &TimeView) -> String {
        let query = self.query().with("date", &time.date).with("time", &time.time);
        let query = query.with("slot", &time.slot);
        format!("{}#review", query.on(&links::doctor(&self.slug)))
    }
}

/// What the picker shows, and what changes it.
#[derive(Clone, Copy)]
pub(super) struct Picker {
    pub base: StoredValue<Base>,
    pub times: RwSignal<PickerTimes>,
    pub chosen: RwSignal<Option<TimeView>>,
    pub busy: RwSignal<bool>,
    /// The client is here.
    pub awake: RwSignal<bool>,
    /// Counts the questions asked, so that a late answer to an earlier one is dropped.
    asked: StoredValue<u32>,
}

impl Picker {
    pub fn date(&self) -> String {
        self.times.with(|times| times.day.as_ref().map(|day| day.date.clone()).unwrap_or_default())
    }

    fn ask(&self) -> (u32, Base) {
        self.busy.set(true);
        self.asked.update_value(|asked| *asked += 1);
        (self.asked.get_value(), self.base.get_value())
    }

    fn show(&self, turn: u32, href: &str, change: impl FnOnce(&mut PickerTimes)) {
        if self.asked.get_value() == turn {
            self.times.update(change);
            self.chosen.set(None);
            self.busy.set(false);
            browser::replace_address(href);
        }
    }

    /// Shows a day; also its month, when that is another one.
    pub fn open_day(self, date: String) {
        let month = date.get(..7).unwrap_or_default().to_owned();
        if self.times.with_untracked(|times| times.month.month != month) {
            return self.open(month, date);
        }
        let (turn, base) = self.ask();
        spawn_local(async move {
            let href = base.day(&date);
            match day_times(base.slug, date, base.mode, base.location, base.visit).await {
                Ok(day) => self.show(turn, &href, |times| times.day = Some(day)),
                Err(_) => browser::go(&href),
            }
        });
    }

    /// Shows a month, and its first free day.
    pub fn open_month(self, month: String) {
        self.open(month, String::new());
    }

    fn open(self, month: String, date: String) {
        let (turn, base) = self.ask();
        spawn_local(async move {
            let href = if date.is_empty() { base.month(&month) } else { base.day(&date) };
            match month_times(base.slug, month, date, base.mode, base.location, base.visit).await {
                Ok(answer) => self.show(turn, &href, |times| *times = answer),
                Err(_) => browser::go(&href),
            }
        });
    }

    /// Shows the month around a date and leaves the chosen day as it is: for the keyboard.
    pub fn peek(self, date: String) {
        let (turn, base) = self.ask();
        let month = date.get(..7).unwrap_or_default().to_owned();
        spawn_local(async move {
            let href = base.day(&date);
            match month_times(base.slug, month, date.clone(), base.mode, base.location, base.visit)
                .await
            {
                Ok(answer) if self.asked.get_value() == turn => {
                    self.times.update(|times| times.month = answer.month);
                    self.busy.set(false);
                    browser::focus(format!("[data-date=\"{date}\"]"));
                }
                Ok(_) => {}
                Err(_) => browser::go(&href),
            }
        });
    }

    fn choose(self, time: TimeView) {
        browser::replace_address(&self.base.with_value(|base| base.time(&time)));
        self.chosen.set(Some(time));
        browser::focus("#review-title".to_owned());
    }
}

/// A click that the browser would follow in this window.
pub(super) fn plain(click: &leptos::ev::MouseEvent) -> bool {
    click.button() == 0
        && !(click.meta_key() || click.ctrl_key() || click.shift_key() || click.alt_key())
}

/// The picker of one doctor's times.
#[island]
pub fn SlotPicker(
    slug: String,
    mode: String,
    location: String,
    visit: String,
    start: PickerTimes,
    chosen: Option<TimeView>,
    signed_in: bool,
) -> impl IntoView {
    let picker = Picker {
        base: StoredValue::new(Base { slug, mode, location, visit }),
        times: RwSignal::new(start),
        chosen: RwSignal::new(chosen),
        busy: RwSignal::new(false),
        awake: RwSignal::new(false),
        asked: StoredValue::new(0),
    };
    Effect::new(move |_| picker.awake.set(true));
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
            {move || picker.chosen.get().map(|time| view! { <Review picker=picker time=time signed_in=signed_in/> })}
        </div>
    }
}

/// The free times of the day that is shown.
#[component]
fn Day(picker: Picker, day: DayView) -> impl IntoView {
    let next = day.next.map(|(date, name)| {
        let href = picker.base.with_value(|base| base.day(&date));
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
    let none = parts.is_empty();
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
    let href = picker.base.with_value(|base| base.time(&time));
    let slot = time.slot.clone();
    let current =
        move || picker.chosen.with(|chosen| chosen.as_ref().is_some_and(|time| time.slot == slot));
    let detail = (!time.detail.is_empty())
        .then(|| view! { <span class="time-detail">{time.detail.clone()}</span> });
    let (id, text) = (format!("slot-{}", time.slot), time.time.clone());
    let choose = move |click: leptos::ev::MouseEvent| {
        if plain(&click) {
            click.prevent_default();
            picker.choose(time.clone());
        }
    };
    view! {
        <a class="time" id=id href=href aria-current=move || current().then_some("true") on:click=choose>
            <time>{text}</time>
            {detail}
        </a>
    }
}

/// What is about to be taken, in a sentence, and the button that takes it.
#[component]
fn Review(picker: Picker, time: TimeView, signed_in: bool) -> impl IntoView {
    let back = picker.base.with_value(|base| base.time(&time));
    let slot = time.slot.clone();
    let leave = move |key: leptos::ev::KeyboardEvent| {
        if key.key() == "Escape" {
            picker.chosen.set(None);
            let date = picker.date();
            browser::replace_address(&picker.base.with_value(|base| base.day(&date)));
            browser::focus(format!("#slot-{slot}"));
        }
    };
    let action = if signed_in {
        view! {
            <form method="post" action=Hold::PATH class="review-form">
                <input type="hidden" name="slot" value=time.slot/>
                <input type="hidden" name="back" value=back/>
                <button class="button" data-variant="primary" type="submit">"Hold this time"</button>
                <p class="muted">"We keep it for you for a few minutes and send you a code to confirm it."</p>
            </form>
        }
        .into_any()
    } else {
        view! {
            <div class="review-form">
                <a class="button" data-variant="primary" href=links::sign_in(&back)>"Sign in to hold this time"</a>
                <a class="button" data-variant="secondary" href=links::register(&back)>"Register"</a>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="review" id="review" aria-labelledby="review-title" on:keydown=leave>
            <h3 id="review-title" tabindex="-1">"Your time"</h3>
            <p class="review-sentence">{format!("{}.", time.sentence)}</p>
            <p class="muted">{time.zone}</p>
            {action}
        </section>
    }
}
