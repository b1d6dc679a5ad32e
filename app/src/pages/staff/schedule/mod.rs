//! A doctor's schedule: hours, time off, what a change of them does, and calendars elsewhere. For the
//! doctor and for administrators, on pages of their own.

mod connections;
mod exceptions;
mod hours;
mod month;
mod preview;
mod rule_fields;
mod time_off;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::ids::{DoctorId, DraftId};
use nadi::ports::ScheduleView;
use nadi::schedule::Schedule;

use crate::context;
use crate::fns::schedules::base::{Part, Saved};
use crate::i18n::text;
use crate::links::{self, SchedulePages};
use crate::messages;
use crate::parts::address;
use crate::ui::{Alert, HiddenField, LinkTab, LinkTabs, Tone};

pub use connections::{DoctorConnections, OwnConnections};
pub use hours::{DoctorHours, OwnHours};
pub use preview::Preview;
pub use time_off::{DoctorTimeOff, OwnTimeOff};

/// Whose schedule a page is about, and whether it is the doctor's own page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Editor {
    pub doctor: DoctorId,
    pub own: bool,
}

impl Editor {
    /// The doctor who is signed in.
    fn own() -> Result<Self, Failure> {
        let caller = context::caller()?;
        let doctor = caller.signed_in()?.doctor.ok_or(Failure::NotAllowed)?;
        Ok(Self { doctor, own: true })
    }

    /// The doctor in the address of an administrators' page.
    fn in_address(id: &str) -> Result<Self, Failure> {
        let doctor = id.parse().map_err(|_| Failure::NotFound)?;
        Ok(Self { doctor, own: false })
    }

    fn pages(self) -> SchedulePages {
        SchedulePages::of(self.own, &self.doctor.to_string())
    }

    /// The way back, for administrators: a doctor's pages have their tabs.
    fn way_back(self, name: &str) -> Option<impl IntoView + use<>> {
        let (href, name) = (links::edit_doctor(&self.doctor.to_string()), name.to_owned());
        (!self.own)
            .then(|| view! { <p class="admin-back"><a href=href translate="no">{name}</a></p> })
    }
}

/// The title of the browser's window: administrators see whose schedule it is.
fn window_title(editor: Editor, page: &str, doctor: &str) -> String {
    match editor.own {
        true => page.to_owned(),
        false => text!("schedule-window-title", page, doctor),
    }
}

fn id_in_address() -> String {
    use_params_map().with_untracked(|params| params.get("id").unwrap_or_default())
}

/// The pages beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Calendar,
    Hours,
    TimeOff,
    Connections,
    Reviews,
}

/// The ways between the pages of a schedule.
pub fn tabs(pages: &SchedulePages, own: bool, here: Option<Tab>) -> impl IntoView + use<> {
    let tab =
        |tab: Tab, href: String, text: String| LinkTab { href, text, current: here == Some(tab) };
    let base = if own { text!("schedule-tab-calendar") } else { text!("schedule-tab-profile") };
    let mut tabs = vec![
        tab(Tab::Calendar, pages.base().to_owned(), base),
        tab(Tab::Hours, pages.hours(), text!("schedule-tab-hours")),
        tab(Tab::TimeOff, pages.time_off(), text!("schedule-tab-time-off")),
        tab(Tab::Connections, pages.connections(), text!("schedule-tab-connections")),
    ];
    if own {
        tabs.push(tab(Tab::Reviews, links::own_reviews(), text!("schedule-tab-reviews")));
    }
    view! { <LinkTabs label=text!("schedule-tabs") tabs=tabs/> }
}

/// What an editor shows: the stored schedule, or a draft that is gone on with.
struct Shown {
    view: ScheduleView,
    schedule: Schedule,
    /// The draft that is changed further; `None`: the stored schedule is.
    draft: Option<DraftId>,
    note: Option<AnyView>,
}

/// The schedule an editor begins with: the draft in the address, if there is one, or what is stored.
async fn shown(editor: Editor, part: Part) -> Result<Shown, Failure> {
    let asked: Option<DraftId> = address::value("draft").parse().ok();
    let (caller, ports) = (context::caller()?, context::ports()?);
    let view = ports.schedules.schedule(&caller, editor.doctor).await?;
    let stored = view.schedule.clone();
    let Some(draft) = asked else {
        return Ok(Shown { view, schedule: stored, draft: None, note: None });
    };
    let preview = match ports.schedules.preview(&caller, draft, None).await {
        Ok(preview) if preview.doctor == editor.doctor => Some(preview),
        Ok(_) | Err(Failure::NotFound) => None,
        Err(failure) => return Err(failure),
    };
    Ok(match preview {
        // It was saved: there is nothing to go on with.
        Some(preview) if !preview.stale && preview.seen != view.version => {
            Shown { view, schedule: stored, draft: None, note: None }
        }
        Some(preview) if !preview.stale => {
            let note = Some(note(Tone::Neutral, text!("schedule-draft-open")));
            Shown { view, schedule: preview.schedule, draft: Some(draft), note }
        }
        Some(preview) => {
            let (schedule, text) = match part {
                Part::Hours => (preview.schedule, text!("schedule-draft-stale-hours")),
                Part::Days => (stored, text!("schedule-draft-stale-days")),
            };
            Shown { view, schedule, draft: None, note: Some(note(Tone::Waiting, text)) }
        }
        None => {
            let note = Some(note(Tone::Neutral, text!("schedule-draft-gone")));
            Shown { view, schedule: stored, draft: None, note }
        }
    })
}

fn note(tone: Tone, text: String) -> AnyView {
    view! { <Alert tone=tone><p>{text}</p></Alert> }.into_any()
}

/// What every form about a schedule sends along.
#[component]
fn Origin(editor: Editor, version: i32, draft: Option<DraftId>) -> impl IntoView {
    let draft = draft.map(|draft| draft.to_string()).unwrap_or_default();
    view! {
        <HiddenField name="doctor" value=editor.doctor.to_string()/>
        <HiddenField name="own" value=editor.own.to_string()/>
        <HiddenField name="version" value=version.to_string()/>
        <HiddenField name="draft" value=draft/>
    }
}

/// A part of the hours cannot be read.
fn unreadable_note(view: &ScheduleView) -> Option<AnyView> {
    view.unreadable.then(|| note(Tone::Loss, messages::schedules::unreadable()))
}

/// What was just saved, if the address says so.
fn saved_note(pages: &SchedulePages) -> Option<AnyView> {
    let saved = Saved::parse(&address::value("saved"))?;
    let way = (saved.conflicts > 0).then(|| {
        let href = format!("{}#in-the-way", pages.time_off());
        view! { <p>{messages::schedules::conflicts(saved.conflicts)}" "<a href=href>{text!("schedule-conflicts-link")}</a></p> }
    });
    Some(
        view! {
            <Alert tone=Tone::Good announced=true>
                <p><strong>{text!("schedule-saved")}</strong>" "{messages::schedules::changed(saved)}</p>
                {way}
            </Alert>
        }
        .into_any(),
    )
}

/// Someone else was faster than a form.
fn stale_note(text: String) -> AnyView {
    view! {
        <div class="problem-summary" role="alert" tabindex="-1" autofocus=true aria-labelledby="stale-title">
            <h2 id="stale-title">{text!("schedule-stale-title")}</h2>
            <p>{text}</p>
        </div>
    }
    .into_any()
}
