//! Personal keys for the API.

use chrono::{DateTime, Duration, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::actor::Scope;
use nadi::ports::{API_KEY_DAYS_MAX, ApiKeyView};
use nadi::{Failure, Field};

use super::back::BackToAccount;
use crate::context::{self, typed_or};
use crate::fns::api_keys::{CreateApiKey, RevokeApiKey};
use crate::i18n::{date_without_weekday, rich_text, text};
use crate::links;
use crate::messages::connections::ago;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response, shown_once};
use crate::ui::{
    Alert, Button, Choice, HiddenField, PageHead, RadioField, TextField, Tone, Variant,
};

#[component]
pub fn ApiKeys() -> impl IntoView {
    let (creating, revoking) = (failure_of::<CreateApiKey>(), failure_of::<RevokeApiKey>());
    response::page(api_keys(creating, revoking, address::value("done")))
}

async fn api_keys(
    creating: FormState,
    revoking: FormState,
    done: String,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let keys = ports.api_keys.api_keys(&caller).await?;
    let state = creating.clone().or(revoking);
    let created = shown_once::take().filter(|_| done == "created");
    let revoked = (done == "revoked" && state.failure.is_none()).then(|| text!("api-key-revoked"));
    let none = keys.is_empty();
    let rows: Vec<_> =
        keys.into_iter().map(|key| view! { <li><Key key=key now=caller.now/></li> }).collect();
    let title = text!("api-keys-title");
    let help = view! { <a href="/api-docs/">{text!("api-keys-help")}</a> };
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <BackToAccount/>
        <section class="narrow stack">
            <FormSummary state=state/>
            {revoked.map(|text| view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> })}
            <PageHead title=title lead=text!("api-keys-lead")/>
            {created.map(|key| view! { <NewKey key=key/> })}
            <p>{rich_text!("api-keys-documentation", help)}</p>
            {none.then(|| view! { <p>{text!("api-keys-none")}</p> })}
            {(!none).then(|| view! { <ul class="account-devices">{rows}</ul> })}
            <h2>{text!("api-keys-new-title")}</h2>
            <NewKeyForm state=creating today=caller.now/>
        </section>
    }
    .into_any())
}

/// The key that was just made.
#[component]
fn NewKey(key: String) -> impl IntoView {
    view! {
        <Alert tone=Tone::Good announced=true>
            <p><strong>{text!("api-key-created")}</strong></p>
            <p>{text!("api-key-copy")}</p>
            <div class="field">
                <label for="new-key">{text!("api-key-new-label")}</label>
                <input class="input account-secret" id="new-key" type="text" readonly=true value=key
                    autocomplete="off" spellcheck="false" translate="no"/>
            </div>
        </Alert>
    }
}

#[component]
fn NewKeyForm(state: FormState, today: DateTime<Utc>) -> impl IntoView {
    let scopes = vec![
        Choice::new(Scope::Read.as_str(), text!("api-key-scope-read")),
        Choice::new(Scope::Write.as_str(), text!("api-key-scope-write")),
    ];
    let latest = (today + Duration::days(API_KEY_DAYS_MAX)).date_naive().to_string();
    view! {
        <form class="form" method="post" action=links::page(CreateApiKey::PATH)>
            <TextField name="name" label=text!("api-key-name") hint=text!("api-key-name-hint") required=true
                maxlength=100 autocomplete="off" value=typed_or("name", "") problem=state.problem(Field::Name)/>
            <RadioField name="scope" label=text!("api-key-scope") choices=scopes required=true
                value=typed_or("scope", Scope::Read.as_str())/>
            <TextField name="effective_until" label=text!("api-key-until") hint=text!("api-key-until-hint")
                kind="date" min=today.date_naive().to_string() max=latest value=typed_or("effective_until", "")
                problem=state.problem(Field::EffectiveUntil)/>
            <Button>{text!("api-key-create-button")}</Button>
        </form>
    }
}

#[component]
fn Key(key: ApiKeyView, now: DateTime<Utc>) -> impl IntoView {
    let scope = match key.scope {
        Scope::Read => text!("api-key-scope-read"),
        Scope::Write => text!("api-key-scope-write"),
    };
    let used = match key.last_used_at {
        Some(at) => text!("api-key-used", ago = ago(at, now)),
        None => text!("api-key-not-used"),
    };
    let until = {
        let at = key.expires_at;
        // It works to the end of its last day.
        let last = date_without_weekday((at - Duration::seconds(1)).date_naive());
        if at > now {
            text!("api-key-works-until", date = last)
        } else {
            text!("api-key-expired", date = last)
        }
    };
    let ending = {
        let ending = format!("…{}", key.ending);
        view! { <code translate="no">{ending}</code> }
    };
    view! {
        <div class="account-device">
            <div>
                <strong translate="no">{key.name.clone()}</strong>
                <p>{rich_text!("api-key-ending", ending)} " " {scope}</p>
                <p class="muted">{text!("api-key-made", ago = ago(key.created_at, now))} " " {used} " " {until}</p>
            </div>
            <form method="post" action=links::page(RevokeApiKey::PATH)>
                <HiddenField name="id" value=key.id.to_string()/>
                <Button variant=Variant::Quiet>
                    {text!("api-key-revoke-button")}
                    <span class="visually-hidden" translate="no">" ("{key.name}")"</span>
                </Button>
            </form>
        </div>
    }
}
