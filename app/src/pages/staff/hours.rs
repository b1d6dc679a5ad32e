//! A doctor's weekly hours, as a plain form of lines.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::ids::DoctorId;
use nadi::ports::HoursSaved;
use nadi::schedule::{CAPACITY_MAX, SLOT_MINUTES_MAX, SLOT_MINUTES_MIN};
use nadi::visit::Mode;
use nadi::{Failure, wall};

use super::problems::Problems;
use crate::context::{self, Typed};
use crate::fns::schedules::typed::{self, LINES_MAX};
use crate::fns::schedules::{SaveHours, TypedLine};
use crate::links;
use crate::parts::form::{FormState, failure_of};
use crate::parts::{address, answer, visit};
use crate::ui::{
    Button, ButtonLink, CheckField, Choice, Empty, HiddenField, Notice, PageHead, ProblemLine,
    SelectField, TextField, Tone,
};
use crate::words;

/// Lines to fill, below those that are there.
const EMPTY_LINES: usize = 3;

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The doctor's own hours.
#[component]
pub fn OwnHours() -> impl IntoView {
    let (state, saved) = (failure_of::<SaveHours>(), saved());
    answer::page(async move {
        let caller = context::caller()?;
        let doctor = caller.signed_in()?.doctor.ok_or(Failure::NotAllowed)?;
        hours(doctor, true, state, saved).await
    })
}

/// A doctor's hours, for administrators.
#[component]
pub fn DoctorHours() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let (state, saved) = (failure_of::<SaveHours>(), saved());
    answer::page(async move {
        let doctor = id.parse().map_err(|_| Failure::NotFound)?;
        hours(doctor, false, state, saved).await
    })
}

fn saved() -> Option<(HoursSaved, u32)> {
    typed::saved(&address::value("saved"), &address::value("kept"), &address::value("more"))
}

/// The lines of a form that just failed. Empty when none did.
fn typed_lines() -> Vec<TypedLine> {
    let Some(typed) = use_context::<Typed>() else { return Vec::new() };
    let line = |number: usize| {
        let value = |field: &str| typed.get(&name(number, field)).map(str::to_owned);
        value("weekday").map(|weekday| TypedLine {
            weekday,
            starts_at: value("starts_at").unwrap_or_default(),
            ends_at: value("ends_at").unwrap_or_default(),
            slot_minutes: value("slot_minutes").unwrap_or_default(),
            seat_capacity: value("seat_capacity").unwrap_or_default(),
            mode: value("mode").unwrap_or_default(),
            location: value("location").unwrap_or_default(),
            remove: value("remove").unwrap_or_default(),
        })
    };
    (0..LINES_MAX).map_while(line).collect()
}

fn name(line: usize, field: &str) -> String {
    format!("lines[{line}][{field}]")
}

fn id(line: usize, field: &str) -> String {
    format!("lines-{line}-{field}")
}

async fn hours(
    doctor: DoctorId,
    own: bool,
    state: FormState,
    saved: Option<(HoursSaved, u32)>,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let hours = ports.schedules.hours(&caller, doctor).await?;
    let mut lines = typed_lines();
    // Where each problem is: the form is read again, since an answer names fields and not lines.
    let placed = match (&state.failure, typed::read(&lines)) {
        // What was typed was too much to be kept: the sentences lead nowhere then.
        (Some(Failure::Invalid(problems)), _) if lines.is_empty() => problems
            .iter()
            .map(|problem| ProblemLine { text: words::field_problem(problem), field_id: None })
            .collect(),
        (Some(Failure::Invalid(_)), Err(found)) => found
            .into_iter()
            .map(|found| ProblemLine {
                text: format!("Line {}: {}", found.line + 1, words::field_problem(&found.problem)),
                field_id: Some(id(found.line, words::field_name(found.problem.field))),
            })
            .collect(),
        _ => Vec::new(),
    };
    let problems = Problems::of(&state, words::field_problem).placed(placed);
    if lines.is_empty() {
        let location = hours.places.first().map(|place| place.id.to_string()).unwrap_or_default();
        let fresh = TypedLine {
            slot_minutes: "20".into(),
            seat_capacity: "1".into(),
            mode: Mode::InPerson.as_str().to_owned(),
            location,
            ..TypedLine::default()
        };
        lines = hours.lines.iter().map(TypedLine::of).collect();
        lines.extend(std::iter::repeat_n(fresh, EMPTY_LINES));
    }
    let places: Vec<_> = hours
        .places
        .iter()
        .map(|place| Choice::new(place.id.to_string(), place.name.clone()))
        .collect();
    let mut zones: Vec<_> =
        hours.places.iter().map(|place| wall::zone_name(place.zone, caller.now)).collect();
    zones.sort_unstable();
    zones.dedup();
    let zones = match zones.as_slice() {
        [zone] => format!("Times are {zone}."),
        _ => "Times are those of the clock at each location.".to_owned(),
    };
    let (back, back_text, title) = if own {
        ("/calendar".to_owned(), "Your calendar".to_owned(), "Your weekly hours".to_owned())
    } else {
        let back = links::edit_doctor(&doctor.to_string());
        (back, hours.doctor_name.clone(), format!("Weekly hours of {}", hours.doctor_name))
    };
    let said = saved.filter(|_| state.failure.is_none()).map(saved_note);
    let body = if hours.places.is_empty() {
        view! {
            <Empty title="There is no place to have hours at">
                <p>"An administrator of the clinic adds its locations first."</p>
                {(!own).then(|| view! {
                    <p class="actions"><ButtonLink href="/admin/locations/new">"Add a location"</ButtonLink></p>
                })}
            </Empty>
        }
        .into_any()
    } else {
        let lines: Vec<_> = lines
            .into_iter()
            .enumerate()
            .map(|(number, line)| {
                view! { <HoursLineFields number=number line=line places=places.clone() problems=problems.clone()/> }
            })
            .collect();
        view! {
            <form class="hours-form" method="post" action=SaveHours::PATH>
                <HiddenField name="doctor" value=doctor.to_string()/>
                <HiddenField name="own" value=own.to_string()/>
                <div class="hours-lines">{lines}</div>
                <p class="muted">
                    "Lines left without times are ignored. To have more, save and come back."
                </p>
                <Button>"Save weekly hours"</Button>
            </form>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=title.clone()/>
        <p class="admin-back"><a href=back>{back_text}</a></p>
        {problems.summary()}
        {said}
        <PageHead title=title/>
        <p class="hours-lead">
            "Every week from today on. "{zones}" Minutes is how long one appointment takes, people how many come at the same time. What is booked stays as it is."
        </p>
        {body}
    }
    .into_any())
}

/// What saving did, in words.
fn saved_note((saved, more): (HoursSaved, u32)) -> impl IntoView {
    let times = |count: i64| match count {
        1 => "1 time".to_owned(),
        count => format!("{count} times"),
    };
    let changes = match (saved.times_added, saved.times_removed) {
        (0, 0) => "No times had to change.".to_owned(),
        (added, 0) => format!("{} added.", times(added)),
        (0, removed) => format!("{} removed.", times(removed)),
        (added, removed) => format!("{} added, {removed} removed.", times(added)),
    };
    let kept = (!saved.kept_days.is_empty()).then(|| {
        let mut days: Vec<_> = saved.kept_days.iter().map(|date| wall::date(*date)).collect();
        if more > 0 {
            days.push(format!("and {more} more"));
        }
        let days: Vec<_> = days.into_iter().map(|day| view! { <li>{day}</li> }).collect();
        view! {
            <p>"These days keep their former hours, because people are booked on them:"</p>
            <ul class="kept-days">{days}</ul>
        }
    });
    view! {
        <Notice tone=Tone::Good announced=true>
            <p><strong>"Saved. "</strong>{changes}</p>
            {kept}
        </Notice>
    }
}

#[component]
fn HoursLineFields(
    number: usize,
    line: TypedLine,
    places: Vec<Choice>,
    problems: Problems,
) -> impl IntoView {
    let problem = |field: &str| problems.at(&id(number, field));
    let new = line.is_gone();
    let legend = format!("Line {}", number + 1);
    // Where the fields stand side by side, their sentences have no room beside them.
    let found = problems.all_at(&id(number, ""));
    let line_problems = (!found.is_empty()).then(|| {
        let found: Vec<_> = found.into_iter().map(|text| view! { <li>{text}</li> }).collect();
        view! { <ul class="line-problems" aria-hidden="true">{found}</ul> }
    });
    let mut weekdays: Vec<_> = (1..)
        .zip(WEEKDAYS)
        .map(|(day, name): (u8, &str)| Choice::new(day.to_string(), name))
        .collect();
    if line.weekday.is_empty() {
        weekdays.insert(0, Choice::new("", "Choose"));
    }
    let modes: Vec<_> =
        Mode::ALL.into_iter().map(|mode| Choice::new(mode.as_str(), visit::mode(mode))).collect();
    let checked = !line.remove.is_empty();
    let remove = (checked || !new).then(|| {
        view! { <CheckField name=name(number, "remove") id=id(number, "remove") label="Remove" checked=checked/> }
    });
    view! {
        <fieldset class="hours-line" data-new=new.then_some("")>
            <legend>{legend}</legend>
            {line_problems}
            <SelectField name=name(number, "weekday") id=id(number, "weekday") label="Day" choices=weekdays
                value=line.weekday problem=problem("weekday")/>
            <TextField name=name(number, "starts_at") id=id(number, "starts_at") label="From" kind="time"
                value=line.starts_at problem=problem("starts_at")/>
            <TextField name=name(number, "ends_at") id=id(number, "ends_at") label="To" kind="time"
                value=line.ends_at problem=problem("ends_at")/>
            <TextField name=name(number, "slot_minutes") id=id(number, "slot_minutes") label="Minutes" kind="number"
                min=SLOT_MINUTES_MIN.to_string() max=SLOT_MINUTES_MAX.to_string()
                value=line.slot_minutes problem=problem("slot_minutes")/>
            <TextField name=name(number, "seat_capacity") id=id(number, "seat_capacity") label="People" kind="number"
                min="1" max=CAPACITY_MAX.to_string()
                value=line.seat_capacity problem=problem("seat_capacity")/>
            <SelectField name=name(number, "mode") id=id(number, "mode") label="Kind" choices=modes
                value=line.mode problem=problem("mode")/>
            <SelectField name=name(number, "location") id=id(number, "location") label="Location" choices=places
                value=line.location problem=problem("location")/>
            {remove}
        </fieldset>
    }
}
