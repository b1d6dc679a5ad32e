//! Time off and single days: who is in the way, a month, what is ahead, and two forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::calendar::Month;
use nadi::failure::{Field, FieldProblem};
use nadi::ids::DraftId;
use nadi::ports::ScheduleView;
use nadi::schedule::{CAPACITY_MAX, NOTE_CHARS_MAX, SLOT_MINUTES_MAX, SLOT_MINUTES_MIN};
use nadi::visit::Mode;

use super::exceptions::ExceptionList;
use super::month::{ExceptionMonth, within_reach};
use super::rule_fields::modes;
use super::{
    Editor, Origin, Tab, hours, id_in_address, saved_note, shown, stale_note, tabs,
    unreadable_note, window_title,
};
use crate::context::typed_or;
use crate::fns::schedules::base::Part;
use crate::fns::schedules::{AddSingleDay, RemoveException, TakeTimeOff};
use crate::i18n::text;
use crate::links;
use crate::links::Query;
use crate::messages;
use crate::pages::staff::problems::Problems;
use crate::parts::address::Address;
use crate::parts::conflicts::Conflicts;
use crate::parts::form::{FormState, failure_of};
use crate::parts::response;
use crate::ui::{Button, Choice, PageHead, ProblemLine, SelectField, TextField};

/// What became of the three forms of this page; at most one of them failed.
struct Forms {
    off: FormState,
    day: FormState,
    remove: FormState,
}

impl Forms {
    fn read() -> Self {
        Self {
            off: failure_of::<TakeTimeOff>(),
            day: failure_of::<AddSingleDay>(),
            remove: failure_of::<RemoveException>(),
        }
    }
}

/// The doctor's own days.
#[component]
pub fn OwnTimeOff() -> impl IntoView {
    let forms = Forms::read();
    response::page(async move { time_off(Editor::own()?, forms).await })
}

/// A doctor's days, for administrators.
#[component]
pub fn DoctorTimeOff() -> impl IntoView {
    let (id, forms) = (id_in_address(), Forms::read());
    response::page(async move { time_off(Editor::in_address(&id)?, forms).await })
}

/// The field of "Add time off" that is meant.
fn off_field(field: Field) -> &'static str {
    match field {
        Field::EffectiveFrom => "first_day",
        Field::EffectiveUntil => "last_day",
        Field::StartsAt => "off_from",
        Field::EndsAt => "off_to",
        Field::Reason => "note",
        _ => "first_day",
    }
}

/// The field of "Add extra hours" that is meant.
fn day_field(field: Field) -> &'static str {
    match field {
        Field::EffectiveFrom => "day",
        Field::StartsAt => "day_from",
        Field::EndsAt => "day_to",
        field => messages::field_name(field),
    }
}

/// A form's problems at its own fields, in its own words.
fn placed(
    state: &FormState,
    say: fn(&FieldProblem) -> String,
    place: fn(Field) -> &'static str,
) -> Problems {
    let lines = match &state.failure {
        Some(Failure::Invalid(problems)) => problems
            .iter()
            .map(|found| ProblemLine {
                text: say(found),
                field_id: Some(place(found.field).to_owned()),
            })
            .collect(),
        _ => Vec::new(),
    };
    Problems::of(state, say).placed(lines)
}

async fn time_off(editor: Editor, forms: Forms) -> Result<AnyView, Failure> {
    let mut address = Address::default();
    let asked = address.read("month", text!("schedule-address-month"), Month::parse);
    let shown = shown(editor, Part::Days).await?;
    let (view, schedule, draft) = (shown.view, shown.schedule, shown.draft);
    let off = placed(&forms.off, messages::schedules::off_problem, off_field);
    let day = placed(&forms.day, messages::schedules::day_problem, day_field);
    let remove = Problems::of(&forms.remove, messages::field_problem);
    let failed = forms.off.clone().or(forms.day.clone()).or(forms.remove.clone());
    let stale = failed.failure == Some(Failure::Stale);
    let month = within_reach(asked, view.today);
    let pages = editor.pages();
    let href = {
        let (path, draft) = (pages.time_off(), draft.map(|draft| draft.to_string()));
        move |month: Month| {
            let query = Query::new().with("draft", draft.as_deref().unwrap_or_default());
            format!("{}#month", query.with("month", &month.to_string()).on(&path))
        }
    };
    let title = match editor.own {
        true => text!("schedule-time-off-title-own"),
        false => text!("schedule-time-off-title"),
    };
    let window_title = window_title(editor, &title, &view.doctor_name);
    let said = failed.failure.is_none().then(|| saved_note(&pages)).flatten();
    let unreadable = unreadable_note(&view);
    let (places, zones) = hours::places(&view.places);
    let (version, today, zone) = (view.version, view.today, view.zone);
    let conflicts = view.conflicts.clone();
    let holidays = view.holidays.clone();
    Ok(view! {
        <Title text=window_title/>
        {editor.way_back(&view.doctor_name)}
        {off.summary()}
        {day.summary()}
        {remove.summary()}
        {stale.then(|| stale_note(text!("schedule-stale-days")))}
        {said}
        {unreadable}
        <PageHead title=title/>
        {tabs(&pages, editor.own, Some(Tab::TimeOff))}
        {shown.note.filter(|_| failed.failure.is_none())}
        {address.note()}
        <div class="days-page">
            <Conflicts entries=conflicts zone=zone/>
            <ExceptionMonth month=month today=today schedule=schedule.clone() holidays=holidays.clone() href=href/>
            <section class="days-ahead" aria-labelledby="ahead">
                <h2 id="ahead">{text!("schedule-coming-up")}</h2>
                <ExceptionList schedule=schedule holidays=holidays places=view.places.clone() today=today
                    editor=editor version=version draft=draft/>
            </section>
            <OffForm editor=editor view=view.clone() draft=draft problems=off failed=forms.off.shows_typed()/>
            <DayForm editor=editor view=view draft=draft problems=day failed=forms.day.shows_typed()
                places=places zones=zones/>
        </div>
    }
    .into_any())
}

#[component]
fn OffForm(
    editor: Editor,
    view: ScheduleView,
    draft: Option<DraftId>,
    problems: Problems,
    /// What was typed into this very form is shown again.
    failed: bool,
) -> impl IntoView {
    let typed = |name: &str| if failed { typed_or(name, "") } else { String::new() };
    let (from, to) = (typed("off_from"), typed("off_to"));
    let part_problem = ["off_from", "off_to"].iter().any(|id| problems.at(id).is_some());
    let open = part_problem || !from.is_empty() || !to.is_empty();
    let today = view.today.to_string();
    let hint = text!("schedule-off-note-hint");
    view! {
        <section class="days-form" aria-labelledby="take-time-off">
            <h2 id="take-time-off">{text!("schedule-off-form")}</h2>
            <form class="form" method="post" action=links::page(TakeTimeOff::PATH)>
                <Origin editor=editor version=view.version draft=draft/>
                <div class="pair">
                    <TextField name="first_day" label=text!("schedule-first-day") kind="date" required=true min=today.clone()
                        value=typed("first_day") problem=problems.at("first_day")/>
                    <TextField name="last_day" label=text!("schedule-last-day") kind="date" min=today
                        value=typed("last_day") problem=problems.at("last_day")/>
                </div>
                <details class="part-of-day" open=open>
                    <summary>{text!("schedule-off-part-summary")}</summary>
                    <p class="field-hint">{text!("schedule-off-part-hint")}</p>
                    <div class="pair">
                        <TextField name="off_from" label=text!("schedule-off-from") kind="time"
                            value=from problem=problems.at("off_from")/>
                        <TextField name="off_to" label=text!("schedule-off-to") kind="time"
                            value=to problem=problems.at("off_to")/>
                    </div>
                </details>
                <TextField name="note" label=text!("schedule-off-note") maxlength=NOTE_CHARS_MAX autocomplete="off" hint=hint
                    value=typed("note") problem=problems.at("note")/>
                <Button>{text!("schedule-preview-button")}</Button>
            </form>
        </section>
    }
}

#[component]
fn DayForm(
    editor: Editor,
    view: ScheduleView,
    draft: Option<DraftId>,
    problems: Problems,
    failed: bool,
    places: Vec<Choice>,
    zones: String,
) -> impl IntoView {
    let typed = |name: &str, usual: &str| {
        if failed { typed_or(name, usual) } else { usual.to_owned() }
    };
    let first_place = places.first().map(|place| place.value.clone()).unwrap_or_default();
    let at = |id: &str| problems.at(id);
    view! {
        <section class="days-form" aria-labelledby="add-single-day">
            <h2 id="add-single-day">{text!("schedule-extra-form")}</h2>
            <p class="muted">{text!("schedule-extra-lead", zones)}</p>
            <form class="form" method="post" action=links::page(AddSingleDay::PATH)>
                <Origin editor=editor version=view.version draft=draft/>
                <TextField name="day" label=text!("schedule-extra-day") kind="date" required=true min=view.today.to_string()
                    value=typed("day", "") problem=at("day")/>
                <div class="pair">
                    <TextField name="day_from" label=text!("schedule-starts") kind="time" required=true
                        value=typed("day_from", "") problem=at("day_from")/>
                    <TextField name="day_to" label=text!("schedule-ends") kind="time" required=true
                        value=typed("day_to", "") problem=at("day_to")/>
                </div>
                <div class="pair">
                    <TextField name="slot_minutes" label=text!("schedule-slot-minutes") kind="number" required=true
                        min=SLOT_MINUTES_MIN.to_string() max=SLOT_MINUTES_MAX.to_string()
                        value=typed("slot_minutes", "20") problem=at("slot_minutes")/>
                    <TextField name="seat_capacity" label=text!("schedule-capacity") kind="number"
                        min="1" max=CAPACITY_MAX.to_string()
                        value=typed("seat_capacity", "1") problem=at("seat_capacity")/>
                </div>
                <SelectField name="mode" label=text!("schedule-mode") choices=modes()
                    value=typed("mode", Mode::InPerson.as_str()) problem=at("mode")/>
                <SelectField name="location" label=text!("schedule-location") choices=places
                    value=typed("location", &first_place) problem=at("location")/>
                <Button>{text!("schedule-preview-button")}</Button>
            </form>
        </section>
    }
}
