//! Hours that repeat, as a plain form: one group of fields for each.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::HoursPlace;

use super::rule_fields::{RuleFields, field_id, field_name};
use super::{
    Editor, Origin, Tab, id_in_address, saved_note, shown, stale_note, tabs, unreadable_note,
    window_title,
};
use crate::context::{self, Typed};
use crate::fns::schedules::base::{Part, zones};
use crate::fns::schedules::hours::{EMPTY_LINES, LINES_MAX, read};
use crate::fns::schedules::{ProposeHours, TypedRule};
use crate::i18n::{place_time, text};
use crate::links;
use crate::messages;
use crate::pages::staff::problems::Problems;
use crate::parts::form::{FormState, failure_of};
use crate::parts::response;
use crate::ui::{Button, ButtonLink, Choice, Empty, PageHead, ProblemLine};

/// The doctor's own hours.
#[component]
pub fn OwnHours() -> impl IntoView {
    let state = failure_of::<ProposeHours>();
    response::page(async move { hours(Editor::own()?, state).await })
}

/// A doctor's hours, for administrators.
#[component]
pub fn DoctorHours() -> impl IntoView {
    let (id, state) = (id_in_address(), failure_of::<ProposeHours>());
    response::page(async move { hours(Editor::in_address(&id)?, state).await })
}

/// The lines of a form that just failed. Empty when none did.
fn typed_lines() -> Vec<TypedRule> {
    let Some(typed) = use_context::<Typed>() else { return Vec::new() };
    let line = |number: usize| {
        let value = |field| typed.get(&field_name(number, field)).unwrap_or_default().to_owned();
        typed.get(&field_name(number, "repeats")).map(|repeats| TypedRule {
            mo: value("mo"),
            tu: value("tu"),
            we: value("we"),
            th: value("th"),
            fr: value("fr"),
            sa: value("sa"),
            su: value("su"),
            starts_at: value("starts_at"),
            ends_at: value("ends_at"),
            slot_minutes: value("slot_minutes"),
            mode: value("mode"),
            location: value("location"),
            repeats: repeats.to_owned(),
            rule: value("rule"),
            effective_from: value("effective_from"),
            effective_until: value("effective_until"),
            seat_capacity: value("seat_capacity"),
            buffer_before: value("buffer_before"),
            buffer_after: value("buffer_after"),
            notice: value("notice"),
            window: value("window"),
            remove: value("remove"),
        })
    };
    (0..LINES_MAX).map_while(line).collect()
}

/// The places as choices, and how their times are to be read. Hours hold on every day, so they have no offset.
pub(super) fn places(places: &[HoursPlace]) -> (Vec<Choice>, String) {
    let zone = |place: &HoursPlace| place_time(place.zone);
    let mut all: Vec<_> = places.iter().map(zone).collect();
    all.sort_unstable();
    all.dedup();
    let several = all.len() > 1;
    let said = match all.as_slice() {
        [zone] => text!("schedule-zone-one", zone),
        _ => text!("schedule-zone-each"),
    };
    let choices = places.iter().map(|place| {
        let name = place.name.clone();
        let text = if several {
            text!("schedule-location-with-zone", location = name, zone = zone(place))
        } else {
            name
        };
        Choice::name(place.id.to_string(), text)
    });
    (choices.collect(), said)
}

async fn hours(editor: Editor, state: FormState) -> Result<AnyView, Failure> {
    let mut lines = typed_lines();
    let shown = shown(editor, Part::Hours).await?;
    let view = shown.view;
    // Where each problem is: the form is read again, since an answer names fields and not lines.
    let placed = match (&state.failure, lines.is_empty()) {
        // What was typed was too much to be kept: the sentences lead nowhere then.
        (Some(Failure::Invalid(problems)), true) => problems
            .iter()
            .map(|problem| ProblemLine { text: messages::field_problem(problem), field_id: None })
            .collect(),
        (Some(Failure::Invalid(_)), false) => {
            match read(&lines, &shown.schedule, &zones(&view.places), view.today) {
                Ok(_) => Vec::new(),
                Err(found) => found
                    .iter()
                    .map(|found| ProblemLine {
                        text: messages::schedules::line_problem(found, &lines, view.today),
                        field_id: Some(field_id(
                            found.line,
                            messages::field_name(found.problem.field),
                        )),
                    })
                    .collect(),
            }
        }
        _ => Vec::new(),
    };
    let problems = Problems::of(&state, messages::field_problem).placed(placed);
    let stale = state.failure == Some(Failure::Stale);
    // A stale form is saved again based on the current version; any other form on the version it was opened with.
    let version = match (stale, context::typed_or("version", "").parse()) {
        (false, Ok(version)) => version,
        _ => view.version,
    };
    if lines.is_empty() {
        let location = view.places.first().map(|place| place.id.to_string()).unwrap_or_default();
        let fresh = TypedRule::fresh(location, view.today);
        lines = TypedRule::of_all(&shown.schedule.rules);
        lines.extend(std::iter::repeat_n(fresh, EMPTY_LINES));
    }
    let (choices, zones) = places(&view.places);
    let pages = editor.pages();
    let title = match editor.own {
        true => text!("schedule-hours-title-own"),
        false => text!("schedule-hours-title"),
    };
    let window_title = window_title(editor, &title, &view.doctor_name);
    let said = state.failure.is_none().then(|| saved_note(&pages)).flatten();
    let unreadable = unreadable_note(&view);
    let body = if view.places.is_empty() {
        view! {
            <Empty title=text!("schedule-no-locations-title")>
                <p>{match editor.own {
                    true => text!("schedule-no-locations-own"),
                    false => text!("schedule-no-locations"),
                }}</p>
                {(!editor.own).then(|| view! {
                    <p class="actions"><ButtonLink href=links::page("/admin/locations/new")>{text!("schedule-add-location")}</ButtonLink></p>
                })}
            </Empty>
        }
        .into_any()
    } else {
        let today = view.today;
        let names: Vec<_> =
            (0..lines.len()).map(|line| messages::schedules::period(&lines, line, today)).collect();
        let lines: Vec<_> = lines
            .into_iter()
            .zip(names)
            .enumerate()
            .map(|(number, (line, name))| {
                let (places, problems) = (choices.clone(), problems.clone());
                view! {
                    <RuleFields number=number name=name line=line places=places today=today problems=problems/>
                }
            })
            .collect();
        view! {
            <form class="rules-form" method="post" action=links::page(ProposeHours::PATH)>
                <Origin editor=editor version=version draft=shown.draft/>
                <div class="rules">{lines}</div>
                <p class="muted">{text!("schedule-empty-periods")}</p>
                <Button>{text!("schedule-preview-button")}</Button>
            </form>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=window_title/>
        {editor.way_back(&view.doctor_name)}
        {problems.summary()}
        {stale.then(|| stale_note(text!("schedule-stale-hours")))}
        {said}
        {unreadable}
        <PageHead title=title/>
        {tabs(&pages, editor.own, Some(Tab::Hours))}
        {shown.note.filter(|_| state.failure.is_none())}
        <p class="rules-lead">{text!("schedule-hours-lead", zones)}</p>
        {body}
    }
    .into_any())
}
