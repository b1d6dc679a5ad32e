//! A calendar's private URLs, with their settings.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::failure::{Failure, Field};
use nadi::ports::{Alarm, FeedKind, FeedView};

use crate::context::Site;
use crate::fns::feeds::{AddFeed, EndFeed, SetFeedAlarm};
use crate::links;
use crate::messages;
use crate::parts::form::{FormState, failure_of};
use crate::ui::{Alert, Button, CheckField, Choice, HiddenField, SelectField, Tone, Variant};

/// The state of the forms of [`Feeds`]. Read it at the beginning of the page.
pub fn state() -> FormState {
    failure_of::<AddFeed>().or(failure_of::<SetFeedAlarm>()).or(failure_of::<EndFeed>())
}

/// What was just done, by the word in the address.
pub fn done(word: &str) -> Option<&'static str> {
    match word {
        "added" => Some("Here is your address. Copy it into your calendar program."),
        "alarm" => Some("Saved. Your calendar program follows when it next reads the address."),
        "ended" => Some("That address is dead. Whoever still has it finds nothing there."),
        _ => None,
    }
}

/// The failure as a sentence.
fn failed(state: &FormState) -> Option<AnyView> {
    let text = match state.failure.as_ref()? {
        Failure::Invalid(problems) if problems.iter().any(|found| found.field == Field::Lines) => {
            "There are as many addresses as there can be. End one first.".to_owned()
        }
        failure => messages::failure(failure),
    };
    Some(view! { <Alert tone=Tone::Loss announced=true><p>{text}</p></Alert> }.into_any())
}

/// The addresses of a kind, and a way to have one more.
#[component]
pub fn Feeds(
    feeds: Vec<FeedView>,
    kind: FeedKind,
    state: FormState,
    now: DateTime<Utc>,
) -> impl IntoView {
    let none = feeds.is_empty();
    let site = use_context::<Site>().map(|site| site.public_url).unwrap_or_default();
    let rows: Vec<_> = feeds
        .into_iter()
        .enumerate()
        .map(|(index, feed)| view! { <li><Feed number=index + 1 feed=feed site=site.clone() now=now/></li> })
        .collect();
    let patient = kind == FeedKind::Patient;
    let names = patient.then(|| {
        view! {
            <div>
                <CheckField name="with_names" label="Put the doctors’ names into it"/>
                <p class="field-hint">
                    "Leave this out if others look at your calendar: a name tells them whom you see."
                </p>
            </div>
        }
    });
    let add = if none { "Make an address" } else { "Make another address" };
    view! {
        {failed(&state)}
        <p>
            "At a private address, your calendar program reads your appointments and keeps them up to date. Nothing about anyone’s health is in them."
        </p>
        <Alert tone=Tone::Waiting>
            <p>
                "Whoever has such an address can read it, without signing in. Give it to nobody, and end it when you no longer need it."
            </p>
        </Alert>
        {(!none).then(|| view! { <ul class="feeds">{rows}</ul> })}
        <p>
            <a href=links::calendar_help("#subscribe")>"How to add the address to Google, Outlook or Apple calendars"</a>
        </p>
        <form class="form" method="post" action=links::page(AddFeed::PATH)>
            <HiddenField name="kind" value=kind.as_str()/>
            {names}
            <SelectField name="alarm" label="Reminder" choices=alarms() value=""
                hint="Some programs, such as Google Calendar, leave it out and remind you by their own settings."/>
            <Button variant=if none { Variant::Primary } else { Variant::Secondary }>{add}</Button>
        </form>
    }
}

#[component]
fn Feed(number: usize, feed: FeedView, site: String, now: DateTime<Utc>) -> impl IntoView {
    let address = format!("{site}{}", feed.path);
    let host = site.split_once("://").map_or(site.as_str(), |(_, host)| host);
    let subscribe = format!("webcal://{host}{}", feed.path);
    let id = format!("feed-{}", feed.id);
    let read = match feed.read_at {
        // The last access is recorded by the hour.
        Some(at) if (now - at).num_hours() < 2 => "Read within the last hours.".to_owned(),
        Some(at) => format!("Last read {}.", messages::connections::ago(at, now)),
        None => "Not read by any calendar program yet.".to_owned(),
    };
    let alarm_id = format!("alarm-{}", feed.id);
    let names = (feed.kind == FeedKind::Patient).then_some(if feed.with_names {
        " With the doctors’ names."
    } else {
        " Without names."
    });
    view! {
        <div class="feed">
            <div class="field">
                <label for=id.clone()>{format!("Address {number}")}</label>
                <input class="input" id=id type="text" readonly=true value=address/>
            </div>
            <p class="muted">{read}{names}</p>
            <form class="feed-alarm" method="post" action=links::page(SetFeedAlarm::PATH)>
                <HiddenField name="kind" value=feed.kind.as_str()/>
                <HiddenField name="id" value=feed.id.to_string()/>
                <SelectField name="alarm" id=alarm_id label=format!("Reminder of address {number}")
                    choices=alarms() value=alarm_value(feed.alarm)/>
                <Button variant=Variant::Secondary>
                    "Save reminder"<span class="visually-hidden">{format!(" ({number})")}</span>
                </Button>
            </form>
            <div class="feed-actions">
                <a class="button" data-variant="secondary" href=subscribe>
                    "Open in a calendar program"
                </a>
                <form method="post" action=links::page(EndFeed::PATH)>
                    <HiddenField name="kind" value=feed.kind.as_str()/>
                    <HiddenField name="id" value=feed.id.to_string()/>
                    <Button variant=Variant::Quiet>
                        "End this address"<span class="visually-hidden">{format!(" ({number})")}</span>
                    </Button>
                </form>
            </div>
        </div>
    }
}

/// An alarm as a form sends it.
fn alarm_value(alarm: Option<Alarm>) -> String {
    alarm.map(|alarm| alarm.minutes().to_string()).unwrap_or_default()
}

fn alarms() -> Vec<Choice> {
    let choices = Alarm::ALL
        .into_iter()
        .map(|alarm| Choice::new(alarm_value(Some(alarm)), messages::calendar::alarm(alarm)));
    [Choice::new("", "None")].into_iter().chain(choices).collect()
}
