//! Changing the e-mail address: the new one is typed, then the code that was sent to it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::actor::Caller;
use nadi::ports::{PendingProof, Ports, ProofPurpose};
use nadi::{Failure, Field};

use super::back::BackToAccount;
use crate::context::{self, typed_or};
use crate::fns::account::{ChangeEmail as Send, ConfirmEmail, SendEmailCodeAgain};
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Alert, Button, PageHead, TextField, Tone, Variant};

#[component]
pub fn ChangeEmail() -> impl IntoView {
    let typing = failure_of::<Send>();
    let confirming = failure_of::<ConfirmEmail>().or(failure_of::<SendEmailCodeAgain>());
    response::page(change_email(typing, confirming))
}

async fn change_email(typing: FormState, confirming: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let pending = match address::value("other").is_empty() {
        true => pending(&caller, &ports).await?,
        false => None,
    };
    let state = typing.or(confirming);
    let form = match pending {
        Some(pending) => code_form(&pending, &state),
        None => {
            // Asked before an address is typed rather than after.
            caller.signed_in()?.must_have_proved(caller.now)?;
            let email = ports.accounts.profile(&caller).await?.email;
            address_form(&email, &state)
        }
    };
    let done = match address::value("done").as_str() {
        "same" => Some((Tone::Neutral, text!("account-email-same"))),
        "sent" => Some((Tone::Good, text!("account-email-code-sent-again"))),
        _ => None,
    };
    let done = done.filter(|_| state.failure.is_none());
    Ok(view! {
        <Title text=state.page_title(text!("account-email-title"))/>
        <BackToAccount/>
        <section class="narrow">
            <FormSummary state=state/>
            {done.map(|(tone, text)| view! { <Alert tone=tone announced=true><p>{text}</p></Alert> })}
            {form}
        </section>
    }
    .into_any())
}

/// The code that this browser has asked for and not yet typed.
async fn pending(caller: &Caller, ports: &Ports) -> Result<Option<PendingProof>, Failure> {
    caller.signed_in()?;
    let Some(token) = context::session()?.proof() else { return Ok(None) };
    let pending = ports.sign_in.pending_proof(caller, &token).await?;
    Ok(pending.filter(|pending| pending.purpose == ProofPurpose::ChangeEmail))
}

fn address_form(email: &str, state: &FormState) -> AnyView {
    let present = {
        let email = nadi::input::Email::readable(email);
        view! { <strong class="address" translate="no">{email}</strong> }
    };
    view! {
        <PageHead title=text!("account-email-title") lead=text!("account-email-lead")/>
        <p>{rich_text!("account-email-present", email = present)}</p>
        <form class="form" method="post" action=links::page(Send::PATH)>
            <TextField name="email" label=text!("account-email-label") kind="email" autocomplete="email"
                required=true maxlength=254 value=typed_or("email", "") problem=state.problem(Field::Email)/>
            <Button>{text!("account-email-send-button")}</Button>
        </form>
    }
    .into_any()
}

fn code_form(pending: &PendingProof, state: &FormState) -> AnyView {
    let email = {
        let email = nadi::input::Email::readable(&pending.email);
        view! { <strong class="address" translate="no">{email}</strong> }
    };
    let again = (pending.codes_left > 0).then(|| {
        view! {
            <form method="post" action=links::page(SendEmailCodeAgain::PATH)>
                <Button variant=Variant::Secondary>{text!("account-email-code-again")}</Button>
            </form>
        }
    });
    view! {
        <PageHead title=text!("account-email-code-title")/>
        <p>{rich_text!("account-email-code-sent", email)}</p>
        <form class="form" method="post" action=links::page(ConfirmEmail::PATH)>
            <TextField name="code" label=text!("account-email-code-label") inputmode="numeric"
                autocomplete="one-time-code" required=true maxlength=20
                hint=text!("account-email-code-hint") problem=state.problem(Field::Code)/>
            {context::development().then(|| view! {
                <p class="muted" translate="no">"Development: the code is in the "<a href=links::page("/dev/mailbox")>"mailbox"</a>"."</p>
            })}
            <Button>{text!("account-email-confirm-button")}</Button>
        </form>
        <div class="account-ways">
            {again}
            <a href=links::page("/account/email?other=1")>{text!("account-email-other")}</a>
        </div>
    }
    .into_any()
}
