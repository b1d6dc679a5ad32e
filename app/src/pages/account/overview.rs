//! The account page: how the account is reached and secured, where it is signed in, and the ways to everything else.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::consent::Document;
use nadi::input::Email;
use nadi::ports::{ConsentView, Profile, SessionView};

use crate::context;
use crate::fns::account::{EndOtherSessions, EndSession};
use crate::i18n::{date_without_weekday, rich_text, text};
use crate::links;
use crate::messages::connections::ago;
use crate::parts::device::device;
use crate::parts::email_language::email_language;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::other_sessions::{EndOthers, OfferToEndOthers};
use crate::parts::{address, response};
use crate::ui::{Alert, Badge, Button, HiddenField, PageHead, Tone, Variant};

#[component]
pub fn Account() -> impl IntoView {
    let state = failure_of::<EndSession>().or(failure_of::<EndOtherSessions>());
    response::page(account(state, address::value("done")))
}

/// What was just done, by the word in the address.
fn done(word: &str) -> Option<String> {
    match word {
        "name" => Some(text!("account-done-name")),
        "email" => Some(text!("account-done-email")),
        "password" => Some(text!("account-done-password")),
        "language" => Some(text!("email-language-saved")),
        "signed-out" => Some(text!("account-done-signed-out")),
        "signed-out-others" => Some(text!("account-done-signed-out-others")),
        _ => None,
    }
}

async fn account(state: FormState, word: String) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let profile = ports.accounts.profile(&caller).await?;
    let sessions = ports.accounts.sessions(&caller).await?;
    let language = email_language(&caller, &ports).await?;
    let consents = ports.accounts.consents(&caller).await?;
    let done = done(&word).filter(|_| state.failure.is_none());
    let offers_to_end = word == "email" && sessions.iter().any(|session| !session.is_current);
    let email = {
        let email = Email::readable(&profile.email);
        view! { <span translate="no">{email}</span> }
    };
    let title = text!("account-title");
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <section class="narrow account">
            <FormSummary state=state/>
            {done.map(|text| view! {
                <Alert tone=Tone::Good announced=true>
                    <p>{text}</p>
                    {offers_to_end.then(|| view! { <OfferToEndOthers/> })}
                </Alert>
            })}
            <PageHead title=title/>
            <Details profile=profile/>
            <section aria-labelledby="appointments">
                <h2 id="appointments">{text!("account-appointments-title")}</h2>
                <Ways ways=vec![
                    ("/appointments", text!("account-my-appointments")),
                    ("/people", text!("account-people")),
                    ("/appointments/calendar", text!("account-calendar-links")),
                ]/>
            </section>
            <section aria-labelledby="messages">
                <h2 id="messages">{text!("account-messages-title")}</h2>
                <p>{rich_text!("account-messages", email)}</p>
                {language}
            </section>
            <Devices sessions=sessions now=caller.now/>
            <section aria-labelledby="data">
                <h2 id="data">{text!("account-data-title")}</h2>
                <Agreed consents=consents/>
                <Ways ways=vec![
                    ("/account/export", text!("account-export-title")),
                    ("/account/delete", text!("account-delete-title")),
                ]/>
            </section>
            <section aria-labelledby="programs">
                <h2 id="programs">{text!("account-programs-title")}</h2>
                <Ways ways=vec![("/account/api-keys", text!("account-api-keys"))]/>
            </section>
        </section>
    }
    .into_any())
}

/// Name, address and what the account signs in with, each with the way to change it.
#[component]
fn Details(profile: Profile) -> impl IntoView {
    let password = match profile.has_password {
        true => (text!("account-password-is-set"), text!("account-change")),
        false => (text!("account-password-not-set"), text!("account-set")),
    };
    let needed = profile.needs_second_factor && profile.passkeys == 0;
    let two_step = match (profile.has_authenticator, needed) {
        (true, _) => (text!("account-two-step-on"), text!("account-manage")),
        (false, true) => (text!("account-two-step-needed"), text!("account-set-up")),
        (false, false) => (text!("account-two-step-off"), text!("account-set-up")),
    };
    let passkeys = match profile.passkeys {
        0 => (text!("account-passkeys-none"), text!("account-add")),
        count => (text!("account-passkeys-count", count), text!("account-manage")),
    };
    view! {
        <section aria-labelledby="details">
            <h2 id="details">{text!("account-details-title")}</h2>
            <dl class="facts account-details">
                <Detail label=text!("account-name-label") href="/account/name" change=text!("account-change")>
                    <span translate="no">{profile.name}</span>
                </Detail>
                <Detail label=text!("account-email") href="/account/email" change=text!("account-change")>
                    <span translate="no">{Email::readable(&profile.email)}</span>
                </Detail>
                <Detail label=text!("account-password") href="/account/password" change=password.1>
                    {password.0}
                </Detail>
                <Detail label=text!("account-two-step") href="/account/security" change=two_step.1>
                    {two_step.0}
                </Detail>
                <Detail label=text!("account-passkeys") href="/account/security" change=passkeys.1>
                    {passkeys.0}
                </Detail>
            </dl>
        </section>
    }
}

#[component]
fn Detail(
    label: String,
    href: &'static str,
    /// What the link says to people who see it beside its line.
    change: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{label.clone()}</dt>
            <dd>{children()}</dd>
            <dd class="account-change">
                <a href=links::page(href)>{change}<span class="visually-hidden">" "{label}</span></a>
            </dd>
        </div>
    }
}

/// Links to other pages, one under another.
#[component]
fn Ways(ways: Vec<(&'static str, String)>) -> impl IntoView {
    let ways: Vec<_> = ways
        .into_iter()
        .map(|(path, text)| view! { <li><a href=links::page(path)>{text}</a></li> })
        .collect();
    view! { <ul class="account-links">{ways}</ul> }
}

/// What the account has agreed to, and when.
#[component]
fn Agreed(consents: Vec<ConsentView>) -> impl IntoView {
    let rows: Vec<_> = consents
        .into_iter()
        .map(|consent| {
            let href = links::document(consent.document);
            let name = match consent.document {
                Document::Privacy => text!("privacy-title"),
                Document::Terms => text!("terms-title"),
            };
            let document = view! { <a href=href>{name}</a> };
            let version = date_without_weekday(consent.version);
            let date = date_without_weekday(consent.accepted_at.date_naive());
            view! { <li>{rich_text!("account-agreed", document, version, date)}</li> }
        })
        .collect();
    let none = rows.is_empty();
    view! {
        {none.then(|| view! { <p>{text!("account-agreed-none")}</p> })}
        {(!none).then(|| view! { <ul class="account-points">{rows}</ul> })}
    }
}

/// Where the account is signed in.
#[component]
fn Devices(sessions: Vec<SessionView>, now: DateTime<Utc>) -> impl IntoView {
    let others = sessions.iter().any(|session| !session.is_current);
    let rows: Vec<_> = sessions
        .into_iter()
        .map(|session| view! { <li><Device session=session now=now/></li> })
        .collect();
    view! {
        <section aria-labelledby="devices">
            <h2 id="devices">{text!("account-devices-title")}</h2>
            <p>{text!("account-devices-lead")}</p>
            <ul class="account-devices">{rows}</ul>
            {others.then(|| view! { <EndOthers/> })}
        </section>
    }
}

#[component]
fn Device(session: SessionView, now: DateTime<Utc>) -> impl IntoView {
    let since = text!("account-device-since", ago = ago(session.created_at, now));
    let seen = match (now - session.seen_at).num_hours() {
        // The last use is recorded by the hour.
        ..2 => text!("account-device-seen-lately"),
        _ => text!("account-device-seen", ago = ago(session.seen_at, now)),
    };
    let used = match session.is_current {
        true => text!("account-device-in-use").into_any(),
        false => view! { {since} " " {seen} }.into_any(),
    };
    view! {
        <div class="account-device">
            <div>
                <strong>{device(&session)}</strong>
                {session.is_program.then(|| view! { " "<Badge text=text!("account-device-api")/> })}
                {session.is_current.then(|| view! { " "<Badge tone=Tone::Good text=text!("account-device-this")/> })}
                <p class="muted">{used}</p>
            </div>
            <form method="post" action=links::page(EndSession::PATH)>
                <HiddenField name="id" value=session.id.to_string()/>
                <Button variant=Variant::Quiet>
                    {text!("account-sign-out")}<span class="visually-hidden">" ("{device(&session)}")"</span>
                </Button>
            </form>
        </div>
    }
}
