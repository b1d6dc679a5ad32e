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

use super::{Editor, note, tabs};
use crate::context;
use crate::fns::schedules::SaveSchedule;
use crate::fns::schedules::base::Part;
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
    let week = address.read("week", "the week", parse_date);
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
    let sentence = messages::schedules::would_change(change.times_added, change.times_removed);
    let nothing_note = (nothing && !stale).then(|| {
        note(
            Tone::Neutral,
            "Nothing changes for patients for now. What you wrote is kept all the same once you save it.",
        )
    });
    let title = "Before you save";
    let lead = (!editor.own).then(|| found.doctor_name.clone());
    let actions = if stale {
        view! {
            <div class="problem-summary" role="alert" tabindex="-1" aria-labelledby="stale-title">
                <h2 id="stale-title">"Someone changed it in the meantime"</h2>
                <p>"So this cannot be saved any more. Go back, look at how it stands now, and change it again."</p>
                <p class="actions">
                    <ButtonLink href=change_href>"Go back"</ButtonLink>
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
                <Button>"Save these hours"</Button>
                <ButtonLink href=change_href variant=Variant::Secondary>"Change something"</ButtonLink>
            </form>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=title/>
        {editor.way_back(&found.doctor_name)}
        <FormSummary state=state/>
        {match lead {
            Some(lead) => view! { <PageHead title=title lead=lead/> }.into_any(),
            None => view! { <PageHead title=title/> }.into_any(),
        }}
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
                    <h2 id="overfull-title">"More people booked than seats"</h2>
                    <p>
                        "They all keep their time. Nobody else can book it until enough of them have left."
                    </p>
                    <ul>{rows}</ul>
                    {(more > 0).then(|| view! { <p>{format!("And {more} more.")}</p> })}
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
    let said = match more {
        1 => "1 more day".to_owned(),
        more => format!("{more} more days"),
    };
    let (shown, rest) = (rows(shown), rows(rest));
    any.then(|| {
        view! {
            <div class="changed">
                <h2>"Days that change"</h2>
                <TableFrame label="Days that change">
                    <table class="table changed-days">
                        <thead><ColumnNames/></thead>
                        <tbody>{shown}</tbody>
                    </table>
                </TableFrame>
                {(more > 0).then(|| view! {
                    <details class="changed-more">
                        <summary>{said}</summary>
                        <TableFrame label="More days that change">
                            <table class="table changed-days">
                                <thead><ColumnNames/></thead>
                                <tbody>{rest}</tbody>
                            </table>
                        </TableFrame>
                    </details>
                })}
            </div>
        }
    })
}

#[component]
fn ColumnNames() -> impl IntoView {
    view! {
        <tr>
            <th scope="col">"Day"</th>
            <th scope="col">"Come"</th>
            <th scope="col">"Go"</th>
        </tr>
    }
}

fn rows(days: &[DayChange]) -> Vec<AnyView> {
    let number = |sign: char, number: u32| match number {
        0 => "–".to_owned(),
        number => format!("{sign}{number}"),
    };
    days.iter()
        .map(|day| {
            view! {
                <tr>
                    <th scope="row"><time>{crate::i18n::date(day.date)}</time></th>
                    <td class="number">{number('+', day.added)}</td>
                    <td class="number">{number('−', day.removed)}</td>
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
    let title = format!("{} – {}", crate::i18n::date(week.from), crate::i18n::date(last));
    let href = |date: Option<NaiveDate>| {
        let date = date.map(|date| date.to_string()).unwrap_or_default();
        let query = Query::new().with("part", part.as_str()).with("week", &date);
        format!("{}#week", query.on(&links::change(&draft.to_string())))
    };
    let previous = href(week.from.checked_sub_days(Days::new(7)));
    let next = href(week.from.checked_add_days(Days::new(7)));
    let zone_words = crate::i18n::zone_of_days(zone, week.from, week.until);
    view! {
        <section id="week" class="preview-week calendar" data-view="week" aria-labelledby="week-title">
            <div class="calendar-bar">
                <h2 id="week-title">"How the week looks then: "<span class="preview-dates">{title}</span></h2>
                <nav class="calendar-steps" aria-label="Weeks">
                    <a class="button" data-variant="secondary" rel="prev" href=previous
                        aria-label="Previous week" title="Previous week">
                        <Icon shape=Shape::ArrowLeft/>
                    </a>
                    <a class="button" data-variant="secondary" rel="next" href=next
                        aria-label="Next week" title="Next week">
                        <Icon shape=Shape::ArrowRight/>
                    </a>
                </nav>
            </div>
            <p class="muted">"All times are "{zone_words}"."</p>
            <DayGrid sheet=sheet zone=zone planned=true/>
        </section>
    }
}
