//! Choosing a time: a month, a day's times, and the form for the chosen time.
//!
//! Everything in it is a plain link or form, so it works without the client. After hydration, the links update
//! the picker in place. When that request fails, the browser follows the link, and the page explains the failure.

use leptos::prelude::*;

use super::browser;
use super::day_grid::DayGrid;
use super::live;
use super::picker_state::{Picker, is_plain_click};
use super::purpose::Purpose;
use super::review::Review;
use crate::links::TimesPage;
use crate::slot_views::{DayView, Detail, PickerTexts, PickerTimes, TimeView, TimesFilter};
use crate::ui::OwnTime;

/// The picker of one doctor's times.
#[island]
pub fn SlotPicker(
    page: TimesPage,
    texts: PickerTexts,
    filter: TimesFilter,
    start: PickerTimes,
    chosen: Option<TimeView>,
    purpose: Purpose,
    key: String,
) -> impl IntoView {
    browser::set_path_prefix(texts.path_prefix.clone());
    let picker = Picker::new(page, texts, filter, start, chosen, purpose, key);
    Effect::new(move |_| picker.hydrated.set(true));
    live::refresh_on_changes(picker);
    view! {
        <div class="picker" aria-busy=move || picker.busy.get().then_some("true")>
            <DayGrid picker=picker/>
            <section class="picker-day" aria-labelledby="picker-day-name" data-loading=picker.texts().loading.clone()>
                {move || picker.times.with(|times| times.day.clone()).map(|day| view! { <Day picker=picker day=day/> })}
                {move || picker.times.with(|times| times.day.is_none()).then(|| view! {
                    <h3 id="picker-day-name">{picker.texts().no_times_this_month.clone()}</h3>
                    <p>{picker.texts().no_times_this_month_advice.clone()}</p>
                })}
            </section>
            <div class="picker-offline" role="alert">
                {move || picker.offline.get().then(|| view! {
                    <p>{picker.texts().offline.clone()}</p>
                })}
            </div>
            {move || picker.chosen.get().map(|time| view! { <Review picker=picker time=time/> })}
            <span class="visually-hidden" role="status">{move || picker.announcement.get()}</span>
        </div>
    }
}

/// The free times of the day that is shown.
#[component]
fn Day(picker: Picker, day: DayView) -> impl IntoView {
    let next = day.next.map(|(date, text)| {
        let href = picker.day_href(&date);
        let open = move |click: leptos::ev::MouseEvent| {
            if is_plain_click(&click) {
                click.prevent_default();
                picker.open_day(date.clone());
            }
        };
        view! { <p><a href=href on:click=open>{text}</a></p> }
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
                <h4>
                    {part.name}
                    {details(part.detail, "part-detail", " · ")}
                </h4>
                <ul class="times">{times}</ul>
            }
        })
        .collect();
    let none = next.is_some() || parts.is_empty();
    view! {
        <h3 id="picker-day-name" aria-live="polite">{day.name}</h3>
        <p class="picker-zone">{day.zone}</p>
        {none.then(|| view! { <p>{picker.texts().no_times_this_day.clone()}</p> })}
        {next}
        {parts}
    }
}

/// What distinguishes times, each with `before` in front. The name of a place is not translated.
fn details(detail: Detail, class: &'static str, before: &'static str) -> Vec<impl IntoView> {
    [(detail.place, Some("no")), (detail.text, None)]
        .into_iter()
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, translate)| {
            // One text: an empty one in front would be rendered as a space.
            view! { <span class=class translate=translate>{[before, &text].concat()}</span> }
        })
        .collect()
}

#[component]
fn Time(picker: Picker, time: TimeView) -> impl IntoView {
    let taken = time.taken;
    // A taken time is no longer a link: it keeps the focus if it has it, but Tab skips it.
    let href = (!taken).then(|| picker.time_href(&time));
    let slot = time.slot.clone();
    let current =
        move || picker.chosen.with(|chosen| chosen.as_ref().is_some_and(|time| time.slot == slot));
    let detail = if taken {
        Detail { text: picker.texts().just_booked.clone(), ..Detail::default() }
    } else {
        time.detail.clone()
    };
    let own = (!taken && !time.video_at.is_empty()).then(|| time.video_at.clone());
    let own = own.map(|there| view! { <OwnTime there=there brief=true/> });
    let (id, text) = (format!("slot-{}", time.slot), time.time.clone());
    let choose = move |click: leptos::ev::MouseEvent| {
        if is_plain_click(&click) && !taken {
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
            {details(detail, "time-detail", "")}
            {own}
        </a>
    }
}
