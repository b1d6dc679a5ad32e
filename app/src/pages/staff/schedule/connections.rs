//! Calendars elsewhere: appointments to be read there, and busy times to be read from there.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::failure::Field;
use nadi::ical::{RANGE_DAYS_MAX, Warnings};
use nadi::input::Email;
use nadi::ports::{BusyCalendarView, BusyRead, FeedKind};

use super::{Editor, Tab, id_in_address, tabs, window_title};
use crate::context::{self, typed_or};
use crate::fns::busy::typed::{self, ADDRESS_CHARS_MAX, NAME_CHARS_MAX};
use crate::fns::busy::{AddBusyAddress, AddBusyFile, RemoveBusy};
use crate::i18n::{rich_text, text};
use crate::links::{self, SchedulePages};
use crate::messages;
use crate::pages::staff::problems::Problems;
use crate::parts::feeds::{self, Feeds, FeedsAfterProof};
use crate::parts::form::{FormState, failure_of};
use crate::parts::{address, response};
use crate::ui::{
    Alert, Button, HiddenField, Icon, PageHead, ProblemLine, Shape, TextField, Tone, Variant,
};

/// RFC 5321, 4.5.3.1.3, with the brackets.
const EMAIL_CHARS_MAX: u32 = 320;

/// What became of the forms of this page.
struct Forms {
    feed: FormState,
    address: FormState,
    file: FormState,
    remove: FormState,
}

impl Forms {
    fn read() -> Self {
        Self {
            feed: feeds::state(),
            address: failure_of::<AddBusyAddress>(),
            file: failure_of::<AddBusyFile>(),
            remove: failure_of::<RemoveBusy>(),
        }
    }

    fn any_failed(&self) -> bool {
        [&self.feed, &self.address, &self.file, &self.remove]
            .iter()
            .any(|state| state.failure.is_some())
    }
}

/// The doctor's own connections.
#[component]
pub fn OwnConnections() -> impl IntoView {
    let forms = Forms::read();
    response::page(async move { connections(Editor::own()?, forms).await })
}

/// A doctor's busy times, for administrators.
#[component]
pub fn DoctorConnections() -> impl IntoView {
    let (id, forms) = (id_in_address(), Forms::read());
    response::page(async move { connections(Editor::in_address(&id)?, forms).await })
}

/// A form's problems at its fields, whose names differ from form to form.
fn placed(state: &FormState, is_file: bool) -> Problems {
    let place = |field| match (field, is_file) {
        (Field::Name, false) => Some("name"),
        (Field::Name, true) => Some("file_name"),
        (Field::Calendar | Field::Address, false) => Some("address"),
        (Field::Calendar, true) => Some("file"),
        (Field::Email, false) => Some("owner_email"),
        (Field::Email, true) => Some("file_owner_email"),
        _ => None,
    };
    let lines = match &state.failure {
        Some(Failure::Invalid(problems)) => problems
            .iter()
            .map(|found| ProblemLine {
                text: messages::connections::problem(found, is_file),
                field_id: place(found.field).map(str::to_owned),
            })
            .collect(),
        Some(Failure::TooLarge) if is_file => vec![ProblemLine {
            text: messages::connections::too_large(),
            field_id: Some("file".to_owned()),
        }],
        _ => Vec::new(),
    };
    Problems::of(state, messages::field_problem).placed(lines)
}

/// What was just done, in a sentence.
fn done(pages: &SchedulePages) -> Option<AnyView> {
    let read = address::value("read");
    let numbers: Vec<u64> =
        read.split('.').filter_map(|n| n.parse::<u32>().ok()).map(u64::from).collect();
    let said = match (numbers.as_slice(), address::value("done").as_str()) {
        (&[times, times_removed, conflicts], _) => {
            let warnings = typed::warnings(&address::value("passed"), &address::value("more"));
            let read = BusyRead { times, times_removed, conflicts, warnings };
            let text = messages::connections::found(&read).join(" ");
            let href = format!("{}#in-the-way", pages.time_off());
            let which = (conflicts > 0)
                .then(|| view! { " "<a href=href>{text!("schedule-conflicts-link")}</a> });
            view! { <p><strong>{text!("connection-added")}</strong>" "{text}{which}</p> {warning_list(read.warnings)} }
                .into_any()
        }
        (_, "removed") => view! { <p>{text!("connection-removed")}</p> }.into_any(),
        (_, word) => {
            let text = feeds::done(word)?;
            view! { <p>{text}</p> }.into_any()
        }
    };
    Some(view! { <Alert tone=Tone::Good announced=true>{said}</Alert> }.into_any())
}

/// The lines of a calendar that were passed over.
fn warning_list(warnings: Warnings) -> Option<AnyView> {
    if warnings.lines.is_empty() {
        return None;
    }
    let more = messages::connections::more_warnings(warnings.more);
    let lines: Vec<_> = warnings
        .lines
        .into_iter()
        .map(messages::connections::warning)
        .chain(more)
        .map(|text| view! { <li>{text}</li> })
        .collect();
    Some(view! { <p>{text!("connection-warnings")}</p> <ul>{lines}</ul> }.into_any())
}

async fn connections(editor: Editor, forms: Forms) -> Result<AnyView, Failure> {
    let pages = editor.pages();
    let done = if forms.any_failed() { None } else { done(&pages) };
    let (caller, ports) = (context::caller()?, context::ports()?);
    let busy = ports.busy.busy_calendars(&caller, editor.doctor).await?;
    let owner = ports.busy.owner_email(&caller, editor.doctor).await?.unwrap_or_default();
    let owner = Email::readable(&owner);
    let title = text!("connection-title");
    let (window_title, way_back) = if editor.own {
        (title.clone(), None)
    } else {
        let name = ports.schedules.schedule(&caller, editor.doctor).await?.doctor_name;
        (window_title(editor, &title, &name), editor.way_back(&name))
    };
    let feeds = if editor.own {
        let links = match ports.feeds.feeds(&caller, FeedKind::Doctor).await {
            // The rest of the page needs no proof.
            Err(Failure::ProveAgain) => view! { <FeedsAfterProof/> }.into_any(),
            Err(failure) => return Err(failure),
            Ok(found) => view! {
                <Feeds feeds=found kind=FeedKind::Doctor state=forms.feed now=caller.now/>
            }
            .into_any(),
        };
        Some(view! {
            <section class="stack" aria-labelledby="feeds">
                <h2 id="feeds">{text!("connection-feeds-title")}</h2>
                {links}
            </section>
        })
    } else {
        None
    };
    let (by_address, by_file) = (placed(&forms.address, false), placed(&forms.file, true));
    let remove = Problems::of(&forms.remove, messages::field_problem);
    Ok(view! {
        <Title text=window_title/>
        {way_back}
        {by_address.summary()}
        {by_file.summary()}
        {remove.summary()}
        {done}
        <PageHead title=title/>
        {tabs(&pages, editor.own, Some(Tab::Connections))}
        <div class="connections narrow">
            {feeds}
            <section class="stack" aria-labelledby="busy">
                <h2 id="busy">{text!("connection-busy-title")}</h2>
                <p>{text!("connection-busy-lead")}</p>
                <BusyList calendars=busy editor=editor now=caller.now/>
                <AddressForm editor=editor owner=owner.clone() problems=by_address failed=forms.address.shows_typed()/>
                <FileForm editor=editor owner=owner problems=by_file failed=forms.file.shows_typed()/>
            </section>
        </div>
    }
    .into_any())
}

#[component]
fn BusyList(calendars: Vec<BusyCalendarView>, editor: Editor, now: DateTime<Utc>) -> impl IntoView {
    if calendars.is_empty() {
        return view! { <p class="muted">{text!("connection-none")}</p> }.into_any();
    }
    let rows: Vec<_> = calendars
        .into_iter()
        .map(|calendar| {
            let source = match calendar.host.clone() {
                Some(host) => rich_text!(
                    "connection-from-host",
                    host = view! { <span translate="no">{host}</span> },
                ),
                None => text!("connection-from-file").into_any(),
            };
            let read = messages::connections::read(calendar.read_at, calendar.times_ahead, now);
            let fault = calendar.fault.map(|fault| {
                let text = messages::connections::fault(fault);
                view! { <p class="busy-fault"><Icon shape=Shape::Warning/>{text}</p> }
            });
            view! {
                <li class="busy">
                    <div>
                        <h3 translate="no">{calendar.name.clone()}</h3>
                        <p class="muted">{source}" "{read}</p>
                        {fault}
                    </div>
                    <form method="post" action=links::page(RemoveBusy::PATH)>
                        <HiddenField name="doctor" value=editor.doctor.to_string()/>
                        <HiddenField name="own" value=editor.own.to_string()/>
                        <HiddenField name="calendar" value=calendar.id.to_string()/>
                        <Button variant=Variant::Quiet>
                            {rich_text!(
                                "connection-remove",
                                calendar = view! {
                                    <span class="visually-hidden" translate="no">{calendar.name}</span>
                                },
                            )}
                        </Button>
                    </form>
                </li>
            }
        })
        .collect();
    view! { <ul class="busy-list">{rows}</ul> }.into_any()
}

#[component]
fn AddressForm(editor: Editor, owner: String, problems: Problems, failed: bool) -> impl IntoView {
    let typed = |name: &str| if failed { typed_or(name, "") } else { String::new() };
    let owner = if failed { typed_or("owner_email", "") } else { owner };
    view! {
        <section class="stack" aria-labelledby="busy-address">
            <h3 id="busy-address">{text!("connection-link-title")}</h3>
            <p>
                <a href=links::calendar_help("#find")>{text!("connection-link-help")}</a>
            </p>
            <form class="form" method="post" action=links::page(AddBusyAddress::PATH)>
                <HiddenField name="doctor" value=editor.doctor.to_string()/>
                <HiddenField name="own" value=editor.own.to_string()/>
                <TextField name="name" label=text!("connection-name") required=true maxlength=NAME_CHARS_MAX autocomplete="off"
                    hint=text!("connection-name-hint") value=typed("name") problem=problems.at("name")/>
                <TextField name="address" label=text!("connection-link") required=true maxlength=ADDRESS_CHARS_MAX autocomplete="off"
                    inputmode="url" hint=text!("connection-link-hint")
                    value=typed("address") problem=problems.at("address")/>
                <TextField name="owner_email" label=text!("connection-owner") hint=text!("connection-owner-hint") maxlength=EMAIL_CHARS_MAX autocomplete="off"
                    inputmode="email" value=owner problem=problems.at("owner_email")/>
                <Button variant=Variant::Secondary>{text!("connection-link-button")}</Button>
            </form>
        </section>
    }
}

#[component]
fn FileForm(editor: Editor, owner: String, problems: Problems, failed: bool) -> impl IntoView {
    let name = if failed { typed_or("file_name", "") } else { String::new() };
    let owner = if failed { typed_or("file_owner_email", &owner) } else { owner };
    let problem = problems.at("file");
    let bad = problem.is_some();
    let described = if bad { "file-hint file-problem" } else { "file-hint" };
    view! {
        <section class="stack" aria-labelledby="busy-file">
            <h3 id="busy-file">{text!("connection-file-title")}</h3>
            <form class="form" method="post" action=links::page(AddBusyFile::PATH) enctype="multipart/form-data">
                <HiddenField name="doctor" value=editor.doctor.to_string()/>
                <HiddenField name="own" value=editor.own.to_string()/>
                <TextField name="file_name" label=text!("connection-file-name") maxlength=NAME_CHARS_MAX autocomplete="off"
                    hint=text!("connection-file-name-hint")
                    value=name problem=problems.at("file_name")/>
                <TextField name="file_owner_email" label=text!("connection-owner") hint=text!("connection-owner-hint") maxlength=EMAIL_CHARS_MAX
                    autocomplete="off" inputmode="email" value=owner problem=problems.at("file_owner_email")/>
                <div class="field" data-problem=bad.then_some("")>
                    <label for="file">{text!("connection-file")}</label>
                    <p class="field-hint" id="file-hint">{text!("connection-file-hint", days = RANGE_DAYS_MAX)}</p>
                    {problem.map(|text| view! { <p class="field-problem" id="file-problem">{text}</p> })}
                    <input class="input" id="file" name="file" type="file" accept=".ics,.ical,.ifb,.vcs,text/calendar" required=true
                        aria-describedby=described aria-invalid=bad.then_some("true")/>
                </div>
                <Button variant=Variant::Secondary>{text!("connection-file-button")}</Button>
            </form>
        </section>
    }
}
