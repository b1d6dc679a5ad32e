//! The fields of one line of hours: what everybody needs in a row, the rest behind a fold.

use chrono::NaiveDate;
use leptos::prelude::*;
use nadi::schedule::{
    BUFFER_MINUTES_MAX, CAPACITY_MAX, SLOT_MINUTES_MAX, SLOT_MINUTES_MIN, WINDOW_DAYS_MAX,
};
use nadi::visit::Mode;

use crate::fns::schedules::TypedRule;
use crate::fns::schedules::repeats::{self, WEEKDAYS};
use crate::i18n::{self, text};
use crate::messages;
use crate::pages::staff::problems::Problems;
use crate::parts::visit;
use crate::ui::{CheckField, Choice, SelectField, TextField};

/// A field's name in the form.
pub fn field_name(line: usize, field: &str) -> String {
    format!("lines[{line}][{field}]")
}

/// Its id on the page.
pub fn field_id(line: usize, field: &str) -> String {
    format!("lines-{line}-{field}")
}

/// The fields in the folded part.
const FOLDED: [&str; 8] = [
    "repeats",
    "effective_from",
    "effective_until",
    "seat_capacity",
    "buffer_before",
    "buffer_after",
    "notice",
    "window",
];

/// Until how many minutes before its start a time can be booked.
const NOTICES: [i64; 8] = [0, 60, 120, 240, 720, 1440, 2880, 10_080];

pub(super) fn modes() -> Vec<Choice> {
    Mode::ALL.into_iter().map(|mode| Choice::new(mode.as_str(), visit::mode(mode))).collect()
}

#[component]
pub fn RuleFields(
    number: usize,
    /// What tells it from the other lines.
    name: String,
    line: TypedRule,
    places: Vec<Choice>,
    today: NaiveDate,
    problems: Problems,
) -> impl IntoView {
    let legend = name;
    let (name, id) = (|field| field_name(number, field), |field| field_id(number, field));
    let at = {
        let problems = problems.clone();
        move |field: &str| problems.at(&field_id(number, field))
    };
    let new = line.is_gone();
    let open = !line.is_plain(today) || FOLDED.into_iter().any(|field| at(field).is_some());
    let checked = !line.remove.is_empty();
    let remove = (checked || !new).then(|| {
        view! { <CheckField name=name("remove") id=id("remove") label=text!("schedule-remove-period") checked=checked/> }
    });
    let places = {
        let mut places = places;
        if places.iter().all(|place| place.value != line.location) {
            places.insert(0, Choice::new("", text!("schedule-choose")));
        }
        places
    };
    view! {
        <fieldset class="rule" data-new=new.then_some("")>
            <legend>{legend}</legend>
            <div class="rule-main">
                <DayChips number=number line=line.clone() problem=at("weekday")/>
                <TextField name=name("starts_at") id=id("starts_at") label=text!("schedule-starts") kind="time"
                    value=line.starts_at.clone() problem=at("starts_at")/>
                <TextField name=name("ends_at") id=id("ends_at") label=text!("schedule-ends") kind="time"
                    value=line.ends_at.clone() problem=at("ends_at")/>
                <TextField name=name("slot_minutes") id=id("slot_minutes") label=text!("schedule-slot-minutes") kind="number"
                    min=SLOT_MINUTES_MIN.to_string() max=SLOT_MINUTES_MAX.to_string()
                    value=line.slot_minutes.clone() problem=at("slot_minutes")/>
                <SelectField name=name("mode") id=id("mode") label=text!("schedule-mode") choices=modes()
                    value=line.mode.clone() problem=at("mode")/>
                <SelectField name=name("location") id=id("location") label=text!("schedule-location") choices=places
                    value=line.location.clone() problem=at("location")/>
            </div>
            <details class="rule-more" open=open>
                <summary>{text!("schedule-more")}</summary>
                <MoreFields number=number line=line problems=problems/>
            </details>
            {remove}
        </fieldset>
    }
}

/// The weekdays, each to be ticked.
#[component]
fn DayChips(number: usize, line: TypedRule, problem: Option<String>) -> impl IntoView {
    let names = ["mo", "tu", "we", "th", "fr", "sa", "su"];
    let chips: Vec<_> = names
        .into_iter()
        .zip(WEEKDAYS)
        .zip(line.days())
        .enumerate()
        .map(|(index, ((field, (day, _)), ticked))| {
            // A sentence about the days leads to the first of them.
            let id = field_id(number, if index == 0 { "weekday" } else { field });
            let (whole, short) = (i18n::weekday(day), i18n::short_weekday(day));
            let for_id = id.clone();
            view! {
                <label class="day-chip" for=for_id>
                    <input type="checkbox" id=id name=field_name(number, field) value="yes"
                        aria-label=whole checked=!ticked.is_empty()/>
                    <span aria-hidden="true">{short}</span>
                </label>
            }
        })
        .collect();
    let problem_id = field_id(number, "days-problem");
    let bad = problem.is_some();
    let described = bad.then(|| problem_id.clone());
    view! {
        <fieldset class="field rule-days" data-problem=bad.then_some("") aria-describedby=described>
            <legend>{text!("schedule-days")}</legend>
            {problem.map(|text| view! { <p class="field-problem" id=problem_id>{text}</p> })}
            <div class="day-chips">{chips}</div>
        </fieldset>
    }
}

/// The folded part: fields that are rarely changed.
#[component]
fn MoreFields(number: usize, line: TypedRule, problems: Problems) -> impl IntoView {
    let (name, id) = (|field| field_name(number, field), |field| field_id(number, field));
    let at = |field: &str| problems.at(&field_id(number, field));
    let choices = repeats::Choice::ALL
        .iter()
        .map(|(choice, value)| Choice::new(*value, messages::schedules::choice(*choice)));
    let mut notices: Vec<_> = NOTICES
        .into_iter()
        .map(|minutes| Choice::new(minutes.to_string(), messages::schedules::notice(minutes)))
        .collect();
    if !line.notice.is_empty() && notices.iter().all(|choice| choice.value != line.notice) {
        let text = match line.notice.parse() {
            Ok(minutes) => messages::schedules::notice(minutes),
            Err(_) => line.notice.clone(),
        };
        notices.push(Choice::new(line.notice.clone(), text));
    }
    view! {
        <div class="rule-fields">
            <SelectField name=name("repeats") id=id("repeats") label=text!("schedule-repeats") choices=choices.collect()
                value=line.repeats hint=text!("schedule-repeats-hint")
                problem=at("repeats")/>
            <TextField name=name("rule") id=id("rule") label=text!("schedule-rule") maxlength=512 autocomplete="off"
                value=line.rule hint=text!("schedule-rule-hint", example = messages::schedules::RULE_EXAMPLE)/>
            <TextField name=name("effective_from") id=id("effective_from") label=text!("schedule-first-day") kind="date"
                value=line.effective_from problem=at("effective_from")/>
            <TextField name=name("effective_until") id=id("effective_until") label=text!("schedule-last-day") kind="date"
                value=line.effective_until problem=at("effective_until")/>
            <TextField name=name("buffer_before") id=id("buffer_before") label=text!("schedule-buffer-before") kind="number"
                min="0" max=BUFFER_MINUTES_MAX.to_string()
                value=line.buffer_before problem=at("buffer_before")/>
            <TextField name=name("buffer_after") id=id("buffer_after") label=text!("schedule-buffer-after") kind="number"
                min="0" max=BUFFER_MINUTES_MAX.to_string()
                value=line.buffer_after problem=at("buffer_after")/>
            <TextField name=name("seat_capacity") id=id("seat_capacity") label=text!("schedule-capacity") kind="number"
                min="1" max=CAPACITY_MAX.to_string()
                value=line.seat_capacity problem=at("seat_capacity")/>
            <SelectField name=name("notice") id=id("notice") label=text!("schedule-notice") choices=notices
                value=line.notice problem=at("notice")/>
            <TextField name=name("window") id=id("window") label=text!("schedule-window") kind="number"
                min="1" max=WINDOW_DAYS_MAX.to_string()
                hint=text!("schedule-window-hint") value=line.window problem=at("window")/>
        </div>
    }
}
