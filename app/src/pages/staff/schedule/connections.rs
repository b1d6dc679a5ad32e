//! Calendars elsewhere: appointments to be read there, and busy times to be read from there.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::failure::Field;
use nadi::ical::Warnings;
use nadi::input::Email;
use nadi::ports::{BusyCalendarView, BusyRead, FeedKind};

use super::{Editor, Tab, id_in_address, tabs};
use crate::context::{self, typed_or};
use crate::fns::busy::typed::{self, ADDRESS_CHARS_MAX, NAME_CHARS_MAX};
use crate::fns::busy::{AddBusyAddress, AddBusyFile, RemoveBusy};
use crate::links::{self, SchedulePages};
use crate::messages;
use crate::pages::staff::problems::Problems;
use crate::parts::feeds::{self, Feeds};
use crate::parts::form::{FormState, failure_of};
use crate::parts::{address, response};
use crate::ui::{
    Alert, Button, HiddenField, Icon, PageHead, ProblemLine, Shape, TextField, Tone, Variant,
};

const OWNER_LABEL: &str = "Your e-mail address in that calendar (optional)";
const OWNER_HINT: &str =
    "Invitations that you declined under this address do not block your times.";
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
            let text = messages::connections::found(&read);
            let href = format!("{}#in-the-way", pages.time_off());
            let which = (conflicts > 0).then(|| view! { " "<a href=href>"See which"</a> });
            view! { <p><strong>"Read. "</strong>{text}{which}</p> {warning_list(read.warnings)} }
                .into_any()
        }
        (_, "removed") => view! { <p>"Removed. Its times can be free again."</p> }.into_any(),
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
    Some(view! { <p>"Some lines need your attention:"</p> <ul>{lines}</ul> }.into_any())
}

async fn connections(editor: Editor, forms: Forms) -> Result<AnyView, Failure> {
    let pages = editor.pages();
    let done = if forms.any_failed() { None } else { done(&pages) };
    let (caller, ports) = (context::caller()?, context::ports()?);
    let busy = ports.busy.busy_calendars(&caller, editor.doctor).await?;
    let owner = ports.busy.owner_email(&caller, editor.doctor).await?.unwrap_or_default();
    let owner = Email::readable(&owner);
    let (title, way_back) = if editor.own {
        ("Other calendars".to_owned(), None)
    } else {
        let name = ports.schedules.schedule(&caller, editor.doctor).await?.doctor_name;
        (format!("Other calendars of {name}"), editor.way_back(&name))
    };
    let feeds = if editor.own {
        let found = ports.feeds.feeds(&caller, FeedKind::Doctor).await?;
        Some(view! {
            <section class="stack" aria-labelledby="feeds">
                <h2 id="feeds">"Your appointments in your own calendar"</h2>
                <Feeds feeds=found kind=FeedKind::Doctor state=forms.feed now=caller.now/>
            </section>
        })
    } else {
        None
    };
    let (by_address, by_file) = (placed(&forms.address, false), placed(&forms.file, true));
    let remove = Problems::of(&forms.remove, messages::field_problem);
    Ok(view! {
        <Title text=title.clone()/>
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
                <h2 id="busy">"Busy elsewhere"</h2>
                <p>
                    "While another calendar says busy, no time is offered here. We read when, and nothing else. What is booked already stays."
                </p>
                <BusyList calendars=busy editor=editor now=caller.now/>
                <AddressForm editor=editor owner=owner.clone() problems=by_address failed=forms.address.failure.is_some()/>
                <FileForm editor=editor owner=owner problems=by_file failed=forms.file.failure.is_some()/>
            </section>
        </div>
    }
    .into_any())
}

#[component]
fn BusyList(calendars: Vec<BusyCalendarView>, editor: Editor, now: DateTime<Utc>) -> impl IntoView {
    if calendars.is_empty() {
        return view! { <p class="muted">"No other calendar is read yet."</p> }.into_any();
    }
    let rows: Vec<_> = calendars
        .into_iter()
        .map(|calendar| {
            let source = match &calendar.host {
                Some(host) => format!("From {host}. "),
                None => "From a file. ".to_owned(),
            };
            let read = messages::connections::read(calendar.read_at, calendar.times_ahead, now);
            let fault = calendar.fault.map(|fault| {
                let text = messages::connections::fault(fault);
                view! { <p class="busy-fault"><Icon shape=Shape::Warning/>{text}</p> }
            });
            view! {
                <li class="busy">
                    <div>
                        <h3>{calendar.name.clone()}</h3>
                        <p class="muted">{source}{read}</p>
                        {fault}
                    </div>
                    <form method="post" action=links::page(RemoveBusy::PATH)>
                        <HiddenField name="doctor" value=editor.doctor.to_string()/>
                        <HiddenField name="own" value=editor.own.to_string()/>
                        <HiddenField name="calendar" value=calendar.id.to_string()/>
                        <Button variant=Variant::Quiet>
                            "Remove"<span class="visually-hidden">{format!(" {}", calendar.name)}</span>
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
            <h3 id="busy-address">"Subscribe to an address"</h3>
            <p>
                <a href=links::calendar_help("#find")>"How to find the address in Google, Outlook or Apple calendars"</a>
            </p>
            <form class="form" method="post" action=links::page(AddBusyAddress::PATH)>
                <HiddenField name="doctor" value=editor.doctor.to_string()/>
                <HiddenField name="own" value=editor.own.to_string()/>
                <TextField name="name" label="Name" required=true maxlength=NAME_CHARS_MAX autocomplete="off"
                    hint="Like Hospital roster." value=typed("name") problem=problems.at("name")/>
                <TextField name="address" label="Address" required=true maxlength=ADDRESS_CHARS_MAX autocomplete="off"
                    inputmode="url" hint="It begins with https:// or webcal:// and is read again and again."
                    value=typed("address") problem=problems.at("address")/>
                <TextField name="owner_email" label=OWNER_LABEL hint=OWNER_HINT maxlength=EMAIL_CHARS_MAX autocomplete="off"
                    inputmode="email" value=owner problem=problems.at("owner_email")/>
                <Button variant=Variant::Secondary>"Subscribe"</Button>
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
            <h3 id="busy-file">"Send a file"</h3>
            <form class="form" method="post" action=links::page(AddBusyFile::PATH) enctype="multipart/form-data">
                <HiddenField name="doctor" value=editor.doctor.to_string()/>
                <HiddenField name="own" value=editor.own.to_string()/>
                <TextField name="file_name" label="Name (optional)" maxlength=NAME_CHARS_MAX autocomplete="off"
                    hint="Empty: the file’s own. One of the same name is replaced."
                    value=name problem=problems.at("file_name")/>
                <TextField name="file_owner_email" label=OWNER_LABEL hint=OWNER_HINT maxlength=EMAIL_CHARS_MAX
                    autocomplete="off" inputmode="email" value=owner problem=problems.at("file_owner_email")/>
                <div class="field" data-problem=bad.then_some("")>
                    <label for="file">"Calendar file"</label>
                    <p class="field-hint" id="file-hint">"It ends with .ics, is read once, and blocks times for the next 400 days."</p>
                    {problem.map(|text| view! { <p class="field-problem" id="file-problem">{text}</p> })}
                    <input class="input" id="file" name="file" type="file" accept=".ics,text/calendar" required=true
                        aria-describedby=described aria-invalid=bad.then_some("true")/>
                </div>
                <Button variant=Variant::Secondary>"Send this file"</Button>
            </form>
        </section>
    }
}
