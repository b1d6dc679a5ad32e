//! The preview of a schedule change: times added and removed, and conflicting appointments.

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::calendar::parse_date;
use nadi::ids::DraftId;
use nadi::ports::{DayChange, DoctorCalendar};
use nadi::schedule::Overfull;
use nadi::zone::Zone;

use super::{Editor, note, tabs, window_title};
use crate::context;
use crate::fns::schedules::SaveSchedule;
use crate::fns::schedules::base::Part;
use crate::i18n::{self, rich_text, text};
use crate::links::{self, Query};
use crate::messages;
use crate::parts::address::{self, Address};
use crate::parts::conflicts::Conflicts;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::response;
use crate::parts::week::DayGrid;
use crate::parts::week::layout::CalendarGrid;
use crate::ui::{
    Alert, Button, ButtonLink, HiddenField, Icon, PageHead, Shape, TableFrame, Tone, Variant,
};

/// How many changed days are shown; the others are folded.
const DAYS_SHOWN: usize = 14;

#[component]
pub fn Preview() -> impl IntoView {
    let draft = use_params_map().with_untracked(|params| params.get("draft").unwrap_or_default());
    let mut address = Address::default();
    let week = address.read("week", text!("schedule-address-week"), parse_date);
    let part = Part::parse(&address::value("part"));
    let state = failure_of::<SaveSchedule>();
    response::page(preview(draft, week, part, address, state))
}

async fn preview(
    draft: String,
    week: Option<NaiveDate>,
    part: Part,
    address: Address,
    state: FormState,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    caller.signed_in()?;
    let draft: DraftId = draft.parse().map_err(|_| Failure::NotFound)?;
    let found = ports.schedules.preview(&caller, draft, week).await?;
    let editor = Editor { doctor: found.doctor, own: found.own };
    let pages = editor.pages();
    let editing = part.page(&pages);
    let change_href = Query::new().with("draft", &draft.to_string()).on(&editing);
    let stale = found.stale || state.failure == Some(Failure::Stale);
    // The note below says it better.
    let state = if stale { FormState::default() } else { state };
    let zone = found.week.zone;
    let change = found.change;
    let nothing = change.times_added == 0 && change.times_removed == 0;
    let sentence = messages::schedules::change(change.times_added, change.times_removed);
    let nothing_note =
        (nothing && !stale).then(|| note(Tone::Neutral, text!("schedule-preview-no-effect")));
    let title = text!("schedule-preview-title");
    let window_title = window_title(editor, &title, &found.doctor_name);
    let actions = if stale {
        view! {
            <div class="problem-summary" role="alert" tabindex="-1" aria-labelledby="stale-title">
                <h2 id="stale-title">{text!("schedule-stale-title")}</h2>
                <p>{text!("schedule-preview-stale")}</p>
                <p class="actions">
                    <ButtonLink href=change_href>{text!("schedule-preview-back")}</ButtonLink>
                </p>
            </div>
        }
        .into_any()
    } else {
        view! {
            <form class="actions" method="post" action=links::page(SaveSchedule::PATH)>
                <HiddenField name="draft" value=draft.to_string()/>
                <HiddenField name="doctor" value=editor.doctor.to_string()/>
                <HiddenField name="own" value=editor.own.to_string()/>
                <HiddenField name="part" value=part.as_str()/>
                <Button>{text!("schedule-preview-save")}</Button>
                <ButtonLink href=change_href variant=Variant::Secondary>{text!("schedule-preview-edit")}</ButtonLink>
            </form>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=window_title/>
        {editor.way_back(&found.doctor_name)}
        <FormSummary state=state/>
        <PageHead title=title/>
        {tabs(&pages, editor.own, None)}
        {address.note()}
        <div class="preview">
            <p class="preview-said">{sentence}</p>
            {nothing_note}
            <Conflicts entries=change.conflicts zone=zone/>
            <OverfullTimes times=change.overfull zone=zone/>
            {actions}
            <ChangedDays days=change.days/>
            <Week week=found.week draft=draft part=part/>
        </div>
    }
    .into_any())
}

/// How many are listed; the rest is only counted.
const OVERFULL_SHOWN: usize = 20;

/// Groups with more people than seats. Nothing when there are none.
#[component]
fn OverfullTimes(times: Vec<Overfull>, zone: Zone) -> impl IntoView {
    let more = times.len().saturating_sub(OVERFULL_SHOWN);
    let rows: Vec<_> = times
        .iter()
        .take(OVERFULL_SHOWN)
        .map(|time| view! { <li>{messages::schedules::overfull(time, zone)}</li> })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section aria-labelledby="overfull-title">
                <Alert tone=Tone::Waiting>
                    <h2 id="overfull-title">{text!("schedule-overfull-title")}</h2>
                    <p>{text!("schedule-overfull-text")}</p>
                    <ul>{rows}</ul>
                    {(more > 0).then(|| view! { <p>{text!("schedule-overfull-more", count = more)}</p> })}
                </Alert>
            </section>
        }
    })
}

/// The days that gain or lose times.
#[component]
fn ChangedDays(days: Vec<DayChange>) -> impl IntoView {
    let any = !days.is_empty();
    let (shown, rest) = days.split_at(days.len().min(DAYS_SHOWN));
    let more = rest.len();
    let said = text!("schedule-changed-more", count = more);
    let (shown, rest) = (rows(shown), rows(rest));
    any.then(|| {
        view! {
            <div class="changed">
                <h2>{text!("schedule-changed-days")}</h2>
                <TableFrame label=text!("schedule-changed-days") columns=columns() class="changed-days">{shown}</TableFrame>
                {(more > 0).then(|| view! {
                    <details class="changed-more">
                        <summary>{said}</summary>
                        <TableFrame label=text!("schedule-changed-days-more") columns=columns() class="changed-days">{rest}</TableFrame>
                    </details>
                })}
            </div>
        }
    })
}

fn columns() -> Vec<String> {
    vec![
        text!("schedule-changed-day"),
        text!("schedule-changed-added"),
        text!("schedule-changed-removed"),
    ]
}

fn rows(days: &[DayChange]) -> Vec<AnyView> {
    days.iter()
        .map(|day| {
            let added = (day.added > 0).then(|| text!("schedule-changed-plus", count = day.added));
            let removed =
                (day.removed > 0).then(|| text!("schedule-changed-minus", count = day.removed));
            view! {
                <tr>
                    <th scope="row"><time datetime=day.date.to_string()>{i18n::date(day.date)}</time></th>
                    <td class="number">{added.unwrap_or_else(|| "–".to_owned())}</td>
                    <td class="number">{removed.unwrap_or_else(|| "–".to_owned())}</td>
                </tr>
            }
            .into_any()
        })
        .collect()
}

/// A week as it would be, with those who are booked in it.
#[component]
fn Week(week: DoctorCalendar, draft: DraftId, part: Part) -> impl IntoView {
    let now = context::caller().map(|caller| caller.now).unwrap_or_default();
    let zone = week.zone;
    let sheet = CalendarGrid::of(&week, now, 2);
    let last = week.until.pred_opt().unwrap_or(week.from);
    let dates = text!("schedule-date-range", from = i18n::date(week.from), to = i18n::date(last));
    let href = |date: Option<NaiveDate>| {
        let date = date.map(|date| date.to_string()).unwrap_or_default();
        let query = Query::new().with("part", part.as_str()).with("week", &date);
        format!("{}#week", query.on(&links::change(&draft.to_string())))
    };
    let previous = href(week.from.checked_sub_days(Days::new(7)));
    let next = href(week.from.checked_add_days(Days::new(7)));
    let zone_words = i18n::zone_of_days(zone, week.from, week.until);
    view! {
        <section id="week" class="preview-week calendar" data-view="week" aria-labelledby="week-title">
            <div class="calendar-bar">
                <h2 id="week-title">
                    {rich_text!("schedule-week-title", dates = view! { <span class="preview-dates">{dates}</span> })}
                </h2>
                <nav class="calendar-steps" aria-label=text!("schedule-weeks")>
                    <a class="button" data-variant="secondary" rel="prev" href=previous
                        aria-label=text!("schedule-week-previous") title=text!("schedule-week-previous")>
                        <Icon shape=Shape::ArrowLeft/>
                    </a>
                    <a class="button" data-variant="secondary" rel="next" href=next
                        aria-label=text!("schedule-week-next") title=text!("schedule-week-next")>
                        <Icon shape=Shape::ArrowRight/>
                    </a>
                </nav>
            </div>
            <p class="muted">{text!("schedule-week-zone", zone = zone_words)}</p>
            <DayGrid sheet=sheet zone=zone planned=true/>
        </section>
    }
}
