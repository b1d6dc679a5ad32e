//! How other calendar programs and ours read each other: steps for those that most people have.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::parts::metadata::PageMetadata;
use crate::ui::{Alert, PageHead, Tone};

/// What is done in one program: its name, the steps, and what else there is to know.
struct Guide {
    id: &'static str,
    name: &'static str,
    steps: &'static [&'static str],
    notes: &'static [&'static str],
}

/// From another program to us: where the address of a calendar is found.
const FIND: [Guide; 4] = [
    Guide {
        id: "find-google",
        name: "Google Calendar",
        steps: &[
            "On a computer, open calendar.google.com. The address is not shown in the phone app.",
            "Under “My calendars”, point to your calendar, then choose the three dots and “Settings and sharing”.",
            "Scroll down to “Integrate calendar”.",
            "Next to “Secret address in iCal format”, choose the copy button.",
            "Paste the address into Nadi.",
        ],
        notes: &[
            "No secret address there? With an account of your work, your administrator may have turned it off.",
            "If a stranger gets the address, choose “Reset” beside it and paste the new one into Nadi.",
        ],
    },
    Guide {
        id: "find-outlook",
        name: "Outlook.com",
        steps: &[
            "On a computer, sign in at outlook.com and choose the gear for “Settings”.",
            "Choose “Calendar”, then “Shared calendars”.",
            "Under “Publish a calendar”, select your calendar and “Can view when I’m busy”. That is all Nadi needs.",
            "Choose “Publish”.",
            "Two links appear. Choose the ICS link and copy it.",
            "Paste the link into Nadi.",
        ],
        notes: &["The HTML link does not work here: it is a page for people to read."],
    },
    Guide {
        id: "find-microsoft-365",
        name: "Microsoft 365 (work or school)",
        steps: &[
            "On a computer, sign in at outlook.office.com and choose the gear for “Settings”.",
            "Choose “Calendar”, then “Shared calendars”.",
            "Under “Publish a calendar”, select your calendar and “Can view when I’m busy”.",
            "Choose “Publish”, then copy the ICS link.",
            "Paste the link into Nadi.",
        ],
        notes: &[
            "No “Publish a calendar” there? Your organization has turned it off. Ask its administrator.",
        ],
    },
    Guide {
        id: "find-apple",
        name: "Apple iCloud",
        steps: &[
            "On an iPhone or iPad, open Calendar and tap “Calendars”. On a Mac, open Calendar and look at the list on the left.",
            "On an iPhone or iPad, tap the info button beside the calendar. On a Mac, point to the calendar and click the share button beside it.",
            "Turn on “Public Calendar”.",
            "On an iPhone or iPad, tap “Share Link” and then “Copy”. On a Mac, copy the link that is shown.",
            "Paste the link into Nadi. It begins with webcal://, which is right.",
        ],
        notes: &[
            "Apple has no link for busy times only: whoever has this link can read everything in the calendar. \
             Nadi keeps only when you are busy.",
            "Only calendars of your iCloud account can be public, not those stored on the device.",
        ],
    },
];

/// From us to another program: how our address is added there.
const SUBSCRIBE: [Guide; 4] = [
    Guide {
        id: "subscribe-google",
        name: "Google Calendar",
        steps: &[
            "In Nadi, copy your address. It begins with https://.",
            "On a computer, open calendar.google.com.",
            "Next to “Other calendars”, choose the plus sign, then “From URL”.",
            "Paste the address and choose “Add calendar”.",
        ],
        notes: &[
            "Then it is on your phone, too.",
            "Google looks for changes a few times a day at most, so a new appointment can take a day to appear.",
        ],
    },
    Guide {
        id: "subscribe-outlook",
        name: "Outlook.com",
        steps: &[
            "In Nadi, copy your address.",
            "On a computer, sign in at outlook.com and open the calendar.",
            "Choose “Add calendar”, then “Subscribe from web”.",
            "Paste the address, give the calendar a name, and choose “Import”.",
        ],
        notes: &["Outlook looks for changes every few hours."],
    },
    Guide {
        id: "subscribe-microsoft-365",
        name: "Microsoft 365 (work or school)",
        steps: &[
            "In Nadi, copy your address.",
            "On a computer, sign in at outlook.office.com and open the calendar.",
            "Choose “Add calendar”, then “Subscribe from web”.",
            "Paste the address, give the calendar a name, and choose “Import”.",
        ],
        notes: &["Other people at work may see this calendar if you share yours with them."],
    },
    Guide {
        id: "subscribe-apple",
        name: "Apple Calendar",
        steps: &[
            "On an iPhone, iPad or Mac, open Nadi and choose “Open in a calendar program” beside your address.",
            "Confirm that you want to subscribe.",
            "If nothing opens on a Mac: copy the address, open Calendar, and choose “File” and “New Calendar Subscription”.",
            "If nothing opens on an iPhone or iPad: copy the address, open Calendar, tap “Calendars”, \
             “Add Calendar” and “Add Subscription Calendar”.",
        ],
        notes: &[
            "On a Mac, choose “iCloud” as the location, and the calendar is on your iPhone, too.",
            "If you want reminders from Nadi, do not tick “Remove: Alerts” on the Mac.",
        ],
    },
];

/// How to find the address of another calendar, and how to add ours to it.
#[component]
pub fn CalendarHelp() -> impl IntoView {
    let title = "Use Nadi with other calendars";
    view! {
        <Title text=title/>
        <PageMetadata path="/help/calendars" description="How to show your appointments in Google, Outlook and Apple \
            calendars, and how to find the address of such a calendar."/>
        <div class="narrow stack calendar-help">
            <PageHead title=title lead="Steps for Google Calendar, Outlook and Apple Calendar."/>
            <Contents title="Show your Nadi appointments in another calendar" place="subscribe" guides=&SUBSCRIBE/>
            <Contents title="For doctors: block times from another calendar" place="find" guides=&FIND/>
            <section class="stack" aria-labelledby="subscribe">
                <h2 id="subscribe">"Show your Nadi appointments in another calendar"</h2>
                <p>
                    "First create an address in Nadi: patients at "
                    <a href=crate::links::own_feeds()>"Your calendar"</a>
                    ", doctors at "
                    <a href=crate::links::SchedulePages::own().connections()>"Other calendars"</a>
                    "."
                </p>
                <Guides guides=&SUBSCRIBE/>
            </section>
            <section class="stack" aria-labelledby="find">
                <h2 id="find">"For doctors: block times from another calendar"</h2>
                <p>
                    "Find the address of your other calendar, then paste it at "
                    <a href=format!("{}#busy-address", crate::links::SchedulePages::own().connections())>
                        "Other calendars"
                    </a>
                    ". Nadi only reads when you are busy."
                </p>
                <Alert tone=Tone::Waiting>
                    <p>"Whoever has such an address can read that calendar. Give it to nobody else."</p>
                </Alert>
                <Guides guides=&FIND/>
            </section>
            <p class="muted">
                "Google, Microsoft and Apple change their menus now and then. If a step does not fit, search their help for “iCal address” or “subscribe to a calendar”."
            </p>
        </div>
    }
}

/// The programs of one part, to jump to.
#[component]
fn Contents(title: &'static str, place: &'static str, guides: &'static [Guide]) -> impl IntoView {
    let links: Vec<_> = guides
        .iter()
        .map(|guide| view! { <li><a href=format!("#{}", guide.id)>{guide.name}</a></li> })
        .collect();
    view! {
        <nav aria-label=title>
            <p><a href=format!("#{place}")>{title}</a></p>
            <ul>{links}</ul>
        </nav>
    }
}

#[component]
fn Guides(guides: &'static [Guide]) -> impl IntoView {
    guides
        .iter()
        .map(|guide| {
            let steps: Vec<_> = guide.steps.iter().map(|step| view! { <li>{*step}</li> }).collect();
            let notes: Vec<_> =
                guide.notes.iter().map(|note| view! { <p class="muted">{*note}</p> }).collect();
            view! {
                <div class="guide">
                    <h3 id=guide.id>{guide.name}</h3>
                    <ol>{steps}</ol>
                    {notes}
                </div>
            }
        })
        .collect::<Vec<_>>()
}
