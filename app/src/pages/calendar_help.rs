//! How other calendar programs and ours read each other: steps for those that most people have.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::metadata::PageMetadata;
use crate::ui::{Alert, PageHead, Tone};

/// What is done in one program: its name, the steps, and what else there is to know.
struct Guide {
    id: &'static str,
    name: String,
    steps: Vec<String>,
    notes: Vec<String>,
}

/// From another program to us: where the link of a calendar is found.
fn find() -> [Guide; 4] {
    [
        Guide {
            id: "find-google",
            name: text!("calendar-help-google"),
            steps: vec![
                text!("find-google-step-open"),
                text!("find-google-step-settings"),
                text!("find-google-step-integrate"),
                text!("find-google-step-copy"),
                text!("find-google-step-paste"),
            ],
            notes: vec![text!("find-google-note-none"), text!("find-google-note-reset")],
        },
        Guide {
            id: "find-outlook",
            name: text!("calendar-help-outlook"),
            steps: vec![
                text!("find-outlook-step-open"),
                text!("find-outlook-step-shared"),
                text!("find-outlook-step-permission"),
                text!("find-outlook-step-publish"),
                text!("find-outlook-step-copy"),
                text!("find-outlook-step-paste"),
            ],
            notes: vec![text!("find-outlook-note-html")],
        },
        Guide {
            id: "find-microsoft-365",
            name: text!("calendar-help-microsoft"),
            steps: vec![
                text!("find-microsoft-step-open"),
                text!("find-microsoft-step-shared"),
                text!("find-microsoft-step-permission"),
                text!("find-microsoft-step-publish"),
                text!("find-microsoft-step-paste"),
            ],
            notes: vec![text!("find-microsoft-note-none")],
        },
        Guide {
            id: "find-apple",
            name: text!("calendar-help-icloud"),
            steps: vec![
                text!("find-apple-step-open"),
                text!("find-apple-step-share"),
                text!("find-apple-step-public"),
                text!("find-apple-step-copy"),
                text!("find-apple-step-paste"),
            ],
            notes: vec![text!("find-apple-note-everything"), text!("find-apple-note-icloud")],
        },
    ]
}

/// From us to another program: how our link is added there.
fn subscribe() -> [Guide; 4] {
    [
        Guide {
            id: "subscribe-google",
            name: text!("calendar-help-google"),
            steps: vec![
                text!("subscribe-google-step-copy"),
                text!("subscribe-google-step-open"),
                text!("subscribe-google-step-add"),
                text!("subscribe-google-step-paste"),
            ],
            notes: vec![text!("subscribe-google-note-phone"), text!("subscribe-google-note-delay")],
        },
        Guide {
            id: "subscribe-outlook",
            name: text!("calendar-help-outlook"),
            steps: vec![
                text!("subscribe-outlook-step-copy"),
                text!("subscribe-outlook-step-open"),
                text!("subscribe-outlook-step-add"),
                text!("subscribe-outlook-step-paste"),
            ],
            notes: vec![text!("subscribe-outlook-note-delay")],
        },
        Guide {
            id: "subscribe-microsoft-365",
            name: text!("calendar-help-microsoft"),
            steps: vec![
                text!("subscribe-microsoft-step-copy"),
                text!("subscribe-microsoft-step-open"),
                text!("subscribe-microsoft-step-add"),
                text!("subscribe-microsoft-step-paste"),
            ],
            notes: vec![text!("subscribe-microsoft-note-shared")],
        },
        Guide {
            id: "subscribe-apple",
            name: text!("calendar-help-apple"),
            steps: vec![
                text!("subscribe-apple-step-open", button = text!("feed-open")),
                text!("subscribe-apple-step-confirm"),
                text!("subscribe-apple-step-mac"),
                text!("subscribe-apple-step-phone"),
            ],
            notes: vec![text!("subscribe-apple-note-icloud"), text!("subscribe-apple-note-alerts")],
        },
    ]
}

/// How to find the link of another calendar, and how to add ours to it.
#[component]
pub fn CalendarHelp() -> impl IntoView {
    let (find, subscribe) = (find(), subscribe());
    let title = text!("calendar-help-title");
    let find_title = text!("calendar-help-find-title");
    let subscribe_title = text!("calendar-help-subscribe-title");
    let connections = links::SchedulePages::own().connections();
    let subscribe_first = rich_text!(
        "calendar-help-subscribe-first",
        patients = view! { <a href=links::own_feeds()>{text!("own-calendar-title")}</a> },
        doctors = view! { <a href=connections.clone()>{text!("connection-title")}</a> },
    );
    let find_first = rich_text!(
        "calendar-help-find-first",
        page = view! {
            <a href=format!("{connections}#busy-address")>{text!("connection-title")}</a>
        },
    );
    view! {
        <Title text=title.clone()/>
        <PageMetadata path="/help/calendars" description=text!("calendar-help-description")/>
        <div class="narrow stack calendar-help">
            <PageHead title=title lead=text!("calendar-help-lead")/>
            {contents(subscribe_title.clone(), "subscribe", &subscribe)}
            {contents(find_title.clone(), "find", &find)}
            <section class="stack" aria-labelledby="subscribe">
                <h2 id="subscribe">{subscribe_title}</h2>
                <p>{subscribe_first}</p>
                {guides(subscribe)}
            </section>
            <section class="stack" aria-labelledby="find">
                <h2 id="find">{find_title}</h2>
                <p>{find_first}</p>
                <Alert tone=Tone::Waiting>
                    <p>{text!("calendar-help-find-warning")}</p>
                </Alert>
                {guides(find)}
            </section>
            <p class="muted">{text!("calendar-help-changes")}</p>
        </div>
    }
}

/// The programs of one part, to jump to.
fn contents(title: String, place: &'static str, guides: &[Guide]) -> impl IntoView + use<> {
    let links: Vec<_> = guides
        .iter()
        .map(|guide| view! { <li><a href=format!("#{}", guide.id)>{guide.name.clone()}</a></li> })
        .collect();
    let label = title.clone();
    view! {
        <nav aria-label=label>
            <p><a href=format!("#{place}")>{title}</a></p>
            <ul>{links}</ul>
        </nav>
    }
}

fn guides(guides: [Guide; 4]) -> impl IntoView {
    let guides = guides.into_iter().map(|guide| {
        let steps: Vec<_> = guide.steps.into_iter().map(|step| view! { <li>{step}</li> }).collect();
        let notes: Vec<_> =
            guide.notes.into_iter().map(|note| view! { <p class="muted">{note}</p> }).collect();
        view! {
            <div class="guide">
                <h3 id=guide.id>{guide.name}</h3>
                <ol>{steps}</ol>
                {notes}
            </div>
        }
    });
    guides.collect::<Vec<_>>()
}
