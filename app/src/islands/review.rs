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
        let (_, near) = picker.gone()?;
        let texts = picker.texts();
        let near = day_changes::alternatives(&near, &texts);
        Some(view! { <p class="review-gone">{texts.chosen_just_booked.clone()} " " {near}</p> })
    };
    let leave = move |key: leptos::ev::KeyboardEvent| {
        if key.key() == "Escape" {
            picker.chosen.set(None);
            browser::replace_address(&picker.day_href(&picker.date()));
            browser::focus(format!("#slot-{slot}"));
        }
    };
    let back = picker.time_href(&time);
    let chosen_title = || picker.texts().chosen_title.clone();
    let (title, before, action) = match picker.purpose.get_value() {
        Purpose::Visitor => (chosen_title(), None, hold(picker, time.slot, back, None)),
        Purpose::Hold { people, .. } => {
            (chosen_title(), None, hold(picker, time.slot, back, Some(people)))
        }
        Purpose::Move { appointment, version, from, note } => {
            let form = move_here(picker, time.slot, appointment, version, note);
            let title = picker.texts().new_time_title.clone();
            let current = picker.texts().current_appointment.clone();
            (title, Some(current.replace("{appointment}", &from)), form)
        }
    };
    let before = before.map(|text| view! { <p class="review-from"><Sentence text=text/></p> });
    let zone = (!time.zone.is_empty()).then_some(time.zone);
    let own = (!time.video_at.is_empty()).then(|| view! { <OwnTime there=time.video_at/> });
    view! {
        <section class="review" id="review" aria-labelledby="review-title" on:keydown=leave>
            <h3 id="review-title" tabindex="-1">{title}</h3>
            {before}
            <p class="review-sentence"><Sentence text=time.sentence/></p>
            {zone.map(|zone| view! { <p class="muted">{zone} {own}</p> })}
            {gone}
            {action}
        </section>
    }
}

/// Without `people`: for a visitor, who may also sign in.
fn hold(picker: Picker, slot: String, back: String, people: Option<Vec<PersonChoice>>) -> AnyView {
    let texts = picker.texts();
    let link = |href: String, text: &str| {
        view! { <p class="review-others"><a href=href>{text.to_owned()}</a></p> }.into_any()
    };
    let (for_whom, sign_in) = match people {
        None => (None, Some(link(links::sign_in(&back), &texts.sign_in))),
        Some(people) if people.is_empty() => {
            (Some(link(links::people(&back), &texts.other_person)), None)
        }
        Some(people) => (Some(person_choice(picker, &back, people)), None),
    };
    view! {
        <form method="post" action=links::page(Hold::PATH) class="review-form">
            <input type="hidden" name="key" value=picker.key.get_value()/>
            <input type="hidden" name="slot" value=slot/>
            <input type="hidden" name="visit_type" value=picker.visit()/>
            <input type="hidden" name="back" value=back/>
            {for_whom}
            <button class="button" data-variant="primary" type="submit">{texts.hold.clone()}</button>
            <p class="muted">{texts.hold_note.clone()}</p>
            {sign_in}
        </form>
    }
    .into_any()
}

fn person_choice(picker: Picker, back: &str, people: Vec<PersonChoice>) -> AnyView {
    let chosen = picker.person.get_untracked();
    let choices: Vec<_> = people
        .into_iter()
        .map(|one| {
            let selected = one.id == chosen;
            view! { <option value=one.id selected=selected translate="no">{one.name}</option> }
        })
        .collect();
    let choose = move |change| picker.person.set(event_target_value(&change));
    view! {
        <div class="review-person">
            <label for="person">{picker.texts().person.clone()}</label>
            <select class="input" id="person" name="person" on:change=choose>{choices}</select>
            <a href=links::people(back)>{picker.texts().other_person.clone()}</a>
        </div>
    }
    .into_any()
}

fn move_here(
    picker: Picker,
    slot: String,
    appointment: String,
    version: i32,
    note: String,
) -> AnyView {
    view! {
        <form method="post" action=links::page(Reschedule::PATH) class="review-form">
            <input type="hidden" name="key" value=picker.key.get_value()/>
            <input type="hidden" name="id" value=appointment/>
            <input type="hidden" name="version" value=version.to_string()/>
            <input type="hidden" name="slot" value=slot/>
            <button class="button" data-variant="primary" type="submit">{picker.texts().reschedule.clone()}</button>
            <p class="muted">{note}</p>
        </form>
    }
    .into_any()
}
