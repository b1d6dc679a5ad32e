//! The chosen time in a sentence, and the form that books it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::browser;
use super::day_changes;
use super::picker_state::Picker;
use super::purpose::{PersonChoice, Purpose};
use crate::fns::booking::{Hold, Reschedule};
use crate::links;
use crate::slot_views::TimeView;
use crate::ui::{OwnTime, Sentence};

#[component]
pub(super) fn Review(picker: Picker, time: TimeView) -> impl IntoView {
    let slot = time.slot.clone();
    // The form stays: the taken time may be the patient's own hold from another window, which the server can tell.
    let gone = move || {
        let gone = picker.gone().map(|(_, near)| day_changes::alternatives(&near));
        gone.map(|near| view! { <p class="review-gone">"That time was just taken. "{near}</p> })
    };
    let leave = move |key: leptos::ev::KeyboardEvent| {
        if key.key() == "Escape" {
            picker.chosen.set(None);
            browser::replace_address(&picker.day_href(&picker.date()));
            browser::focus(format!("#slot-{slot}"));
        }
    };
    let back = picker.time_href(&time);
    let (title, before, action) = match picker.purpose.get_value() {
        Purpose::SignIn => ("Your time", None, sign_in(&back).into_any()),
        Purpose::Hold { people, .. } => {
            ("Your time", None, hold(picker, time.slot, back, people).into_any())
        }
        Purpose::Move { appointment, version, from, note } => {
            let form = move_here(picker, time.slot, appointment, version, note);
            ("Your new time", Some(from), form.into_any())
        }
    };
    let sentence = match before {
        None => {
            view! { <p class="review-sentence"><Sentence text=format!("{}.", time.sentence)/></p> }
                .into_any()
        }
        Some(from) => view! {
            <p class="review-from"><Sentence text=format!("From {from}")/></p>
            <p class="review-sentence"><Sentence text=format!("to {}.", time.sentence)/></p>
        }
        .into_any(),
    };
    let own = (!time.video_at.is_empty()).then(|| view! { <OwnTime there=time.video_at/> });
    view! {
        <section class="review" id="review" aria-labelledby="review-title" on:keydown=leave>
            <h3 id="review-title" tabindex="-1">{title}</h3>
            {sentence}
            <p class="muted">{time.zone} {own}</p>
            {gone}
            {action}
        </section>
    }
}

fn sign_in(back: &str) -> impl IntoView {
    view! {
        <div class="review-form">
            <a class="button" data-variant="primary" href=links::sign_in(back)>"Sign in to hold this time"</a>
            <a class="button" data-variant="secondary" href=links::register(back)>"Register"</a>
        </div>
    }
}

fn hold(picker: Picker, slot: String, back: String, people: Vec<PersonChoice>) -> impl IntoView {
    let others = links::people(&back);
    let for_whom = if people.is_empty() {
        view! {
            <p class="review-others"><a href=others>"Book for someone else"</a></p>
        }
        .into_any()
    } else {
        let chosen = picker.person.get_untracked();
        let choices: Vec<_> = people
            .into_iter()
            .map(|one| {
                let selected = one.id == chosen;
                view! { <option value=one.id selected=selected>{one.name}</option> }
            })
            .collect();
        let choose = move |change| picker.person.set(event_target_value(&change));
        view! {
            <div class="review-person">
                <label for="person">"For whom"</label>
                <select class="input" id="person" name="person" on:change=choose>{choices}</select>
                <a href=others>"Book for someone else"</a>
            </div>
        }
        .into_any()
    };
    view! {
        <form method="post" action=Hold::PATH class="review-form">
            <input type="hidden" name="key" value=picker.key.get_value()/>
            <input type="hidden" name="slot" value=slot/>
            <input type="hidden" name="visit_type" value=picker.visit()/>
            <input type="hidden" name="back" value=back/>
            {for_whom}
            <button class="button" data-variant="primary" type="submit">"Hold this time"</button>
            <p class="muted">"We keep it for you for a few minutes, so that you can confirm it."</p>
        </form>
    }
}

fn move_here(
    picker: Picker,
    slot: String,
    appointment: String,
    version: i32,
    note: String,
) -> impl IntoView {
    view! {
        <form method="post" action=Reschedule::PATH class="review-form">
            <input type="hidden" name="key" value=picker.key.get_value()/>
            <input type="hidden" name="id" value=appointment/>
            <input type="hidden" name="version" value=version.to_string()/>
            <input type="hidden" name="slot" value=slot/>
            <button class="button" data-variant="primary" type="submit">"Move to this time"</button>
            <p class="muted">{note}</p>
        </form>
    }
}
