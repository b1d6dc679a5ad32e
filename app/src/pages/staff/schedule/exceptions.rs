//! Exceptions to the regular hours: time off, single days, public holidays.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::ids::DraftId;
use nadi::ports::{HolidayView, HoursPlace};
use nadi::schedule::Schedule;
use nadi::visit::Mode;

use super::{Editor, Origin};
use crate::fns::schedules::{RemoveException, days};
use crate::i18n::{self, rich_text, text};
use crate::links;
use crate::messages;
use crate::ui::{Button, HiddenField, Icon, Shape, Variant};

/// What kind of exception it is. Each has a shape and a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    TimeOff,
    PartOff,
    Extra,
    Holiday,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::TimeOff, Self::PartOff, Self::Extra, Self::Holiday];

    pub fn word(self) -> String {
        match self {
            Self::TimeOff => text!("schedule-kind-off"),
            Self::PartOff => text!("schedule-kind-part"),
            Self::Extra => text!("schedule-kind-extra"),
            Self::Holiday => text!("schedule-kind-holiday"),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::TimeOff => "off",
            Self::PartOff => "part",
            Self::Extra => "extra",
            Self::Holiday => "holiday",
        }
    }

    fn shape(self) -> Shape {
        match self {
            Self::TimeOff => Shape::Cross,
            Self::PartOff => Shape::Clock,
            Self::Extra => Shape::Plus,
            Self::Holiday => Shape::Leaf,
        }
    }
}

/// A kind's shape and word.
#[component]
pub fn Mark(kind: Kind) -> impl IntoView {
    view! {
        <span class="mark" data-kind=kind.as_str()>
            <Icon shape=kind.shape()/>
            <span class="mark-word">{kind.word()}</span>
        </span>
    }
}

/// The kinds of exception on a date, each once.
pub fn on(date: NaiveDate, schedule: &Schedule, holidays: &[HolidayView]) -> Vec<Kind> {
    let day = date.and_time(NaiveTime::MIN);
    let end = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let off = |whole: bool| {
        let meets = |starts: NaiveDateTime, ends: NaiveDateTime| starts < end && day < ends;
        let covers = |starts: NaiveDateTime, ends: NaiveDateTime| starts <= day && end <= ends;
        let mut all = schedule.time_off.iter().filter(|off| meets(off.starts, off.ends));
        all.any(|off| covers(off.starts, off.ends) == whole)
    };
    let extra = schedule.rules.iter().any(|rule| rule.repeats.is_none() && rule.from == date);
    let holiday = holidays.iter().any(|holiday| holiday.date == date);
    [
        (Kind::TimeOff, off(true)),
        (Kind::PartOff, off(false)),
        (Kind::Extra, extra),
        (Kind::Holiday, holiday),
    ]
    .into_iter()
    .filter(|(_, is_so)| *is_so)
    .map(|(kind, _)| kind)
    .collect()
}

/// One exception ahead.
struct Exception {
    starts: NaiveDateTime,
    kind: Kind,
    when: String,
    detail: Option<AnyView>,
    /// What it is called in a form; a holiday is the clinic's.
    name: Option<String>,
}

fn exceptions(
    schedule: &Schedule,
    holidays: &[HolidayView],
    places: &[HoursPlace],
    today: NaiveDate,
) -> Vec<Exception> {
    let place = |id| {
        let name = places.iter().find(|place| place.id == id).map(|place| place.name.clone());
        view! { <span translate="no">{name.unwrap_or_default()}</span> }
    };
    let off = schedule.time_off.iter().map(|off| Exception {
        starts: off.starts,
        kind: if off.is_whole_days() { Kind::TimeOff } else { Kind::PartOff },
        when: messages::schedules::time_off(off),
        detail: (!off.note.is_empty())
            .then(|| view! { <span translate="no">{off.note.clone()}</span> }.into_any()),
        name: Some(days::name_of_time_off(off)),
    });
    let single = schedule.rules.iter().filter(|rule| rule.repeats.is_none()).map(|rule| {
        let minutes = rule.slot_minutes;
        let detail = match rule.mode {
            Mode::Video => text!("schedule-extra-video", minutes).into_any(),
            Mode::InPerson => rich_text!(
                "schedule-extra-in-person",
                location = place(rule.location),
                minutes = i18n::decimal(minutes),
            ),
        };
        Exception {
            starts: rule.from.and_time(rule.starts),
            kind: Kind::Extra,
            when: messages::schedules::hours(rule),
            detail: Some(detail),
            name: Some(days::name_of_day(rule)),
        }
    });
    let holidays = holidays.iter().filter(|holiday| holiday.date >= today).map(|holiday| {
        let name = holiday.name.clone();
        let detail = if holiday.estimated {
            text!("schedule-holiday-estimated", holiday = name)
        } else {
            name
        };
        let when = i18n::date(holiday.date);
        let detail = Some(detail.into_any());
        let starts = holiday.date.and_time(NaiveTime::MIN);
        Exception { starts, kind: Kind::Holiday, when, detail, name: None }
    });
    let mut all: Vec<_> = off.chain(single).chain(holidays).collect();
    all.sort_by_key(|exception| exception.starts);
    all
}

/// All that is ahead, soonest first; what is the doctor's own can be removed.
#[component]
pub fn ExceptionList(
    schedule: Schedule,
    holidays: Vec<HolidayView>,
    places: Vec<HoursPlace>,
    today: NaiveDate,
    editor: Editor,
    version: i32,
    draft: Option<DraftId>,
) -> impl IntoView {
    let all = exceptions(&schedule, &holidays, &places, today);
    if all.is_empty() {
        return view! { <p class="muted">{text!("schedule-coming-up-none")}</p> }.into_any();
    }
    let rows: Vec<_> = all
        .into_iter()
        .map(|exception| {
            let whole =
                text!("schedule-exception", kind = exception.kind.word(), when = &exception.when);
            let remove = exception.name.map(|name| {
                view! {
                    <form method="post" action=links::page(RemoveException::PATH)>
                        <Origin editor=editor version=version draft=draft/>
                        <HiddenField name="line" value=name/>
                        <Button variant=Variant::Quiet>
                            {rich_text!(
                                "schedule-exception-remove",
                                exception = view! { <span class="visually-hidden">{whole}</span> },
                            )}
                        </Button>
                    </form>
                }
            });
            let detail = exception
                .detail
                .map(|detail| view! { <span class="exception-detail">{detail}</span> });
            view! {
                <li class="exception">
                    <Mark kind=exception.kind/>
                    <span class="exception-when">{exception.when}</span>
                    {detail}
                    {remove}
                </li>
            }
        })
        .collect();
    view! { <ul class="exceptions">{rows}</ul> }.into_any()
}

#[cfg(test)]
mod tests {
    use nadi::calendar::parse_date;
    use nadi::schedule::TimeOff;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        parse_date(text).expect("a date")
    }

    #[test]
    fn a_day_lists_everything_unusual() {
        let at = |text: &str, hour| date(text).and_hms_opt(hour, 0, 0).expect("a time");
        let off = |starts, ends| TimeOff { starts, ends, note: String::new() };
        let schedule = Schedule {
            rules: Vec::new(),
            time_off: vec![
                off(at("2026-12-01", 0), at("2026-12-03", 0)),
                off(at("2026-12-03", 14), at("2026-12-03", 16)),
            ],
        };
        let christmas =
            HolidayView { date: date("2026-12-03"), name: "A feast".into(), estimated: false };
        let said = |text| on(date(text), &schedule, std::slice::from_ref(&christmas));
        assert_eq!(said("2026-11-30"), []);
        assert_eq!(said("2026-12-01"), [Kind::TimeOff]);
        assert_eq!(said("2026-12-02"), [Kind::TimeOff], "the last day is included");
        assert_eq!(said("2026-12-03"), [Kind::PartOff, Kind::Holiday]);
    }
}
