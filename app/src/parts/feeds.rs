//! A calendar's private URLs, with their settings.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::failure::{Failure, Field};
use nadi::ports::{Alarm, FeedKind, FeedView};

use crate::context::{Site, Typed};
use crate::fns::feeds::{AddFeed, EndFeed, SetFeedAlarm};
use crate::i18n::{decimal, text};
use crate::links;
use crate::messages;
use crate::parts::form::{FormState, failure_of, shown_again_note};
use crate::ui::{
    Alert, Button, ButtonLink, CheckField, Choice, HiddenField, SelectField, Tone, Variant,
};

/// The state of the forms of [`Feeds`]. Read it at the beginning of the page.
pub fn state() -> FormState {
    failure_of::<AddFeed>().or(failure_of::<SetFeedAlarm>()).or(failure_of::<EndFeed>())
}

/// What was just done, by the word in the address.
pub fn done(word: &str) -> Option<String> {
    match word {
        "added" => Some(text!("feeds-done-added")),
        "alarm" => Some(text!("feeds-done-reminder")),
        "ended" => Some(text!("feeds-done-deleted")),
        _ => None,
    }
}

/// The failure as a sentence.
fn failed(state: &FormState) -> Option<AnyView> {
    let text = match state.failure.as_ref()? {
        Failure::Invalid(problems) if problems.iter().any(|found| found.field == Field::Lines) => {
            text!("feeds-too-many")
        }
        failure => messages::failure(failure),
    };
    Some(view! { <Alert tone=Tone::Loss announced=true><p>{text}</p></Alert> }.into_any())
}

/// In place of [`Feeds`]: a link to signing in again, on a page that has other things to see.
#[component]
pub fn FeedsAfterProof() -> impl IntoView {
    let here = crate::context::here();
    view! {
        <p>{text!("feeds-prove")}</p>
        <p class="actions">
            <ButtonLink href=links::sign_in_again(&here) variant=Variant::Secondary>
                {text!("feeds-prove-button")}
            </ButtonLink>
        </p>
    }
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
    // Whoever had to prove again who they are sees what they chose before.
    let typed = use_context::<Typed>()
        .filter(|typed| typed.sent_before_sign_in.as_deref() == Some(AddFeed::PATH));
    let chosen = |name| typed.as_ref().and_then(|typed| typed.get(name)).unwrap_or_default();
    let (with_names, alarm) = (!chosen("with_names").is_empty(), chosen("alarm").to_owned());
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
                <CheckField name="with_names" label=text!("feeds-names") checked=with_names/>
                <p class="field-hint">{text!("feeds-names-hint")}</p>
            </div>
        }
    });
    let add = if none { text!("feeds-add-first") } else { text!("feeds-add-another") };
    view! {
        {failed(&state)}
        {typed.is_some().then(shown_again_note)}
        <p>{text!("feeds-intro")}</p>
        <Alert tone=Tone::Waiting>
            <p>{text!("feeds-warning")}</p>
        </Alert>
        {(!none).then(|| view! { <ul class="feeds">{rows}</ul> })}
        <p><a href=links::calendar_help("#subscribe")>{text!("feeds-help")}</a></p>
        <form class="form" method="post" action=links::page(AddFeed::PATH)>
            <HiddenField name="kind" value=kind.as_str()/>
            {names}
            <SelectField name="alarm" label=text!("feeds-reminder") choices=alarms() value=alarm
                hint=text!("feeds-reminder-hint")/>
            <Button variant=if none { Variant::Primary } else { Variant::Secondary }>{add}</Button>
        </form>
    }
}

#[component]
fn Feed(number: usize, feed: FeedView, site: String, now: DateTime<Utc>) -> impl IntoView {
    // A calendar is in the language of the page from which its address was copied.
    let path = links::page(&feed.path);
    let address = format!("{site}{path}");
    let host = site.split_once("://").map_or(site.as_str(), |(_, host)| host);
    let subscribe = format!("webcal://{host}{path}");
    let id = format!("feed-{}", feed.id);
    let read = match feed.read_at {
        // The last access is recorded by the hour.
        Some(at) if (now - at).num_hours() < 2 => text!("feed-read-lately"),
        Some(at) => text!("feed-read", ago = messages::connections::ago(at, now)),
        None => text!("feed-never-read"),
    };
    let alarm_id = format!("alarm-{}", feed.id);
    let names = (feed.kind == FeedKind::Patient).then(|| match feed.with_names {
        true => text!("feed-with-names"),
        false => text!("feed-without-names"),
    });
    // Read to people who do not see to which link a button belongs.
    let which = move || format!(" ({})", decimal(i64::try_from(number).unwrap_or(i64::MAX)));
    view! {
        <div class="feed">
            <div class="field">
                <label for=id.clone()>{text!("feed-name", number)}</label>
                <input class="input" id=id type="text" readonly=true value=address/>
            </div>
            <p class="muted">{read} " " {names}</p>
            <form class="feed-alarm" method="post" action=links::page(SetFeedAlarm::PATH)>
                <HiddenField name="kind" value=feed.kind.as_str()/>
                <HiddenField name="id" value=feed.id.to_string()/>
                <SelectField name="alarm" id=alarm_id label=text!("feed-reminder", number)
                    choices=alarms() value=alarm_value(feed.alarm)/>
                <Button variant=Variant::Secondary>
                    {text!("feed-reminder-save")}<span class="visually-hidden">{which()}</span>
                </Button>
            </form>
            <div class="feed-actions">
                <a class="button" data-variant="secondary" href=subscribe>{text!("feed-open")}</a>
                <form method="post" action=links::page(EndFeed::PATH)>
                    <HiddenField name="kind" value=feed.kind.as_str()/>
                    <HiddenField name="id" value=feed.id.to_string()/>
                    <Button variant=Variant::Quiet>
                        {text!("feed-delete")}<span class="visually-hidden">{which()}</span>
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
    [Choice::new("", text!("reminder-none"))].into_iter().chain(choices).collect()
}
