//! The second factors of the account: its authenticator app and its passkeys.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::actor::MissingFactor;
use nadi::input::return_path;
use nadi::ports::{AuthenticatorView, PasskeyView};

use super::back::BackToAccount;
use crate::context::{self, signed_in};
use crate::fns::passkeys::{AddPasskey, NewPasskeyOptions};
use crate::fns::second_factors::{
    RemoveAuthenticator, RemovePasskey, RenewRecoveryCodes, SetUpAuthenticator,
};
use crate::i18n::{date_without_weekday, text};
use crate::links;
use crate::messages::connections::ago;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::other_sessions::{OfferToEndOthers, are_there_others};
use crate::parts::page_scripts::PasskeyScript;
use crate::parts::{address, response};
use crate::ui::{Alert, Button, ButtonLink, HiddenField, PageHead, TextField, Tone, Variant};

/// From how many recovery codes on they are few.
const FEW_CODES: i64 = 3;

/// The page to go on to, once a second factor is set up; empty when there is none.
pub(super) fn next() -> String {
    match address::value("next") {
        next if next.is_empty() => next,
        next => return_path(&next).to_owned(),
    }
}

#[component]
pub fn Security() -> impl IntoView {
    let state = failure_of::<SetUpAuthenticator>()
        .or(failure_of::<RenewRecoveryCodes>())
        .or(failure_of::<RemoveAuthenticator>())
        .or(failure_of::<RemovePasskey>());
    response::page(security(state, address::value("done"), next()))
}

/// What was just done, by the word in the address.
fn done(word: &str) -> Option<(Tone, String)> {
    match word {
        "authenticator-added" => Some((Tone::Good, text!("recovery-codes-done"))),
        "authenticator-removed" => Some((Tone::Good, text!("security-authenticator-removed"))),
        "passkey-added" => Some((Tone::Good, text!("security-passkey-added"))),
        "passkey-removed" => Some((Tone::Good, text!("security-passkey-removed"))),
        "setup-expired" => Some((Tone::Waiting, text!("security-setup-expired"))),
        _ => None,
    }
}

async fn security(state: FormState, word: String, next: String) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let authenticator = ports.second_factors.authenticator(&caller).await?;
    let passkeys = ports.second_factors.passkeys(&caller).await?;
    let missing = signed_in().and_then(|account| account.access.second_factor_missing);
    let has_any = authenticator.is_some() || !passkeys.is_empty();
    let done = done(&word).filter(|_| state.failure.is_none());
    let has_changed = done.as_ref().is_some_and(|(tone, _)| *tone == Tone::Good);
    let offers_to_end = has_changed && are_there_others().await?;
    let title = text!("security-title");
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <BackToAccount/>
        <section class="narrow stack">
            <FormSummary state=state/>
            {done.map(|(tone, text)| view! {
                <Alert tone=tone announced=true>
                    <p>{text}</p>
                    {offers_to_end.then(|| view! { <OfferToEndOthers/> })}
                </Alert>
            })}
            <PageHead title=title lead=text!("security-lead")/>
            {missing.map(|missing| view! { <Missing missing=missing next=next.clone()/> })}
            {(has_any && missing.is_none() && !next.is_empty()).then(|| view! {
                <p class="actions"><ButtonLink href=next.clone()>{text!("security-go-on")}</ButtonLink></p>
            })}
            <Authenticator authenticator=authenticator next=next.clone()/>
            <Passkeys passkeys=passkeys now=caller.now next=next/>
        </section>
    }
    .into_any())
}

/// Why a doctor or administrator can act as a patient only.
#[component]
fn Missing(missing: MissingFactor, next: String) -> impl IntoView {
    let what = match missing {
        MissingFactor::SetUp => view! { <p>{text!("security-missing")}</p> }.into_any(),
        MissingFactor::SignIn => view! {
            <p>{text!("security-sign-in-again")}</p>
            <p class="actions">
                <ButtonLink href=links::sign_in_again(&next)>{text!("security-sign-in-again-button")}</ButtonLink>
            </p>
        }
        .into_any(),
    };
    view! {
        <Alert tone=Tone::Waiting>
            <p><strong>{text!("security-missing-title")}</strong></p>
            {what}
        </Alert>
    }
}

#[component]
fn Authenticator(authenticator: Option<AuthenticatorView>, next: String) -> impl IntoView {
    let content = match authenticator {
        None => view! {
            <p>{text!("security-authenticator-lead")}</p>
            <SetUp next=next variant=Variant::Primary label=text!("security-authenticator-set-up")/>
        }
        .into_any(),
        Some(authenticator) => view! { <InUse authenticator=authenticator next=next/> }.into_any(),
    };
    view! {
        <section class="security-part stack" aria-labelledby="authenticator">
            <h2 id="authenticator">{text!("security-authenticator-title")}</h2>
            {content}
        </section>
    }
}

#[component]
fn SetUp(next: String, variant: Variant, label: String) -> impl IntoView {
    view! {
        <form method="post" action=links::page(SetUpAuthenticator::PATH)>
            <HiddenField name="next" value=next/>
            <Button variant=variant>{label}</Button>
        </form>
    }
}

#[component]
fn InUse(authenticator: AuthenticatorView, next: String) -> impl IntoView {
    let left = authenticator.recovery_codes_left;
    let since = date_without_weekday(authenticator.since.date_naive());
    view! {
        <p>{text!("security-authenticator-since", date = since)}</p>
        <p>{text!("security-codes-left", count = left)}</p>
        {(left <= FEW_CODES).then(|| view! {
            <Alert tone=Tone::Waiting><p>{text!("security-codes-few")}</p></Alert>
        })}
        <div class="security-actions">
            <form method="post" action=links::page(RenewRecoveryCodes::PATH)>
                <Button variant=Variant::Secondary>{text!("security-codes-renew")}</Button>
            </form>
            <SetUp next=next variant=Variant::Secondary label=text!("security-authenticator-replace")/>
        </div>
        <details class="security-remove">
            <summary>{text!("security-authenticator-remove")}</summary>
            <p>{text!("security-authenticator-remove-lead")}</p>
            <form method="post" action=links::page(RemoveAuthenticator::PATH)>
                <Button variant=Variant::Danger>{text!("security-authenticator-remove-button")}</Button>
            </form>
        </details>
    }
}

#[component]
fn Passkeys(passkeys: Vec<PasskeyView>, now: DateTime<Utc>, next: String) -> impl IntoView {
    let rows: Vec<_> = passkeys
        .into_iter()
        .map(|passkey| view! { <li><Passkey passkey=passkey now=now/></li> })
        .collect();
    view! {
        <section class="security-part stack" aria-labelledby="passkeys">
            <h2 id="passkeys">{text!("security-passkeys-title")}</h2>
            <p>{text!("security-passkeys-lead")}</p>
            {(!rows.is_empty()).then(|| view! { <ul class="account-devices">{rows}</ul> })}
            <AddForm next=next/>
        </section>
    }
}

/// Shown by the script, where the browser has passkeys.
#[component]
fn AddForm(next: String) -> impl IntoView {
    view! {
        <noscript><p class="muted">{text!("security-passkey-no-scripts")}</p></noscript>
        <p class="muted" data-passkey-none="" hidden>{text!("security-passkey-not-here")}</p>
        <form
            class="form"
            data-passkey="add"
            data-options=links::page(NewPasskeyOptions::PATH)
            data-answer=links::page(AddPasskey::PATH)
            data-next=next
            data-failed=text!("security-passkey-failed")
            data-known=text!("security-passkey-known")
            hidden
        >
            <TextField name="name" id="passkey-name" label=text!("security-passkey-name")
                hint=text!("security-passkey-name-hint") required=true maxlength=100 autocomplete="off"/>
            <Button>{text!("security-passkey-add")}</Button>
            <p class="field-problem" role="status"></p>
        </form>
        <PasskeyScript/>
    }
}

#[component]
fn Passkey(passkey: PasskeyView, now: DateTime<Utc>) -> impl IntoView {
    let used = match passkey.last_used_at {
        Some(at) => text!("security-passkey-used", ago = ago(at, now)),
        None => text!("security-passkey-not-used"),
    };
    view! {
        <div class="account-device">
            <div>
                <strong translate="no">{passkey.name.clone()}</strong>
                <p class="muted">{text!("security-passkey-made", ago = ago(passkey.created_at, now))} " " {used}</p>
            </div>
            <form method="post" action=links::page(RemovePasskey::PATH)>
                <HiddenField name="id" value=passkey.id.to_string()/>
                <Button variant=Variant::Quiet>
                    {text!("security-passkey-remove")}
                    <span class="visually-hidden" translate="no">" ("{passkey.name}")"</span>
                </Button>
            </form>
        </div>
    }
}
