//! The code that was sent to an address: it proves the address, and signs in.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::appointment::Refusal;
use nadi::input::Email;
use nadi::ports::{PendingProof, ProofPurpose};
use nadi::{Failure, Field};

use super::{leads_on, mailbox_hint, next};
use crate::context;
use crate::fns::session::{CheckCode, SendSignInCodeAgain};
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::agreement::{Agreement, AgreesBy};
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Alert, Button, ButtonLink, HiddenField, PageHead, TextField, Tone, Variant};

#[component]
pub fn SignInCode() -> impl IntoView {
    let state = failure_of::<CheckCode>().or(failure_of::<SendSignInCodeAgain>());
    let sent_again = address::value("done") == "sent";
    response::page(code_page(next(), state, sent_again))
}

async fn code_page(next: String, state: FormState, sent_again: bool) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let pending = match context::session()?.proof() {
        Some(token) => ports.sign_in.pending_proof(&caller, &token).await?,
        None => None,
    };
    match pending {
        Some(proof) if proof.purpose == ProofPurpose::ChangeEmail => {
            response::redirect(&links::page("/account/email"));
            Ok(().into_any())
        }
        Some(proof) => {
            Ok(view! { <CodeForm next=next proof=proof state=state sent_again=sent_again/> }
                .into_any())
        }
        // Of a double click, the first one has used the code up.
        None if leads_on(&next).await? => Ok(().into_any()),
        None => Ok(view! { <NoCode next=next/> }.into_any()),
    }
}

#[component]
fn CodeForm(
    next: String,
    proof: PendingProof,
    state: FormState,
    sent_again: bool,
) -> impl IntoView {
    // What there is to do without more codes, is on the page already.
    let state = match state.failure {
        Some(Failure::Refused(Refusal::NoMoreCodes)) => FormState::default(),
        _ => state,
    };
    let sent_again = sent_again && state.failure.is_none();
    let email =
        view! { <strong class="address" translate="no">{Email::readable(&proof.email)}</strong> };
    // Whoever is signed in proves that they are the account's owner, so it is this address or none.
    let other_address = context::signed_in().is_none().then(|| match proof.purpose {
        ProofPurpose::Register => links::register(&next),
        _ => links::sign_in(&next),
    });
    let other_address = other_address.map(|href| {
        view! { <p><a href=href>{text!("sign-in-code-other-address")}</a></p> }
    });
    let agrees_by = match proof.purpose {
        ProofPurpose::Register => AgreesBy::CreatingAccount,
        _ => AgreesBy::SigningIn,
    };
    let code = (proof.tries_left > 0).then(|| {
        view! {
            <form class="form" method="post" action=links::page(CheckCode::PATH)>
                <HiddenField name="next" value=next.clone()/>
                <TextField name="code" label=text!("sign-in-code-label") inputmode="numeric"
                    autocomplete="one-time-code" required=true maxlength=20
                    hint=text!("sign-in-code-hint") problem=state.problem(Field::Code)/>
                {mailbox_hint()}
                <Button>{text!("sign-in-code-continue")}</Button>
                <Agreement by=agrees_by/>
            </form>
        }
    });
    let again = if proof.codes_left > 0 {
        view! {
            <form method="post" action=links::page(SendSignInCodeAgain::PATH)>
                <HiddenField name="next" value=next/>
                <Button variant=Variant::Secondary>{text!("sign-in-code-again")}</Button>
            </form>
        }
        .into_any()
    } else {
        view! { <p>{text!("sign-in-code-no-more")}</p> }.into_any()
    };
    view! {
        <Title text=state.page_title(text!("sign-in-code-title"))/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            {sent_again.then(|| view! {
                <Alert tone=Tone::Good announced=true><p>{text!("sign-in-code-sent-again")}</p></Alert>
            })}
            <PageHead title=text!("sign-in-code-title")/>
            <p class="lead">{rich_text!("sign-in-code-sent", email)}</p>
            {code}
            <div class="sign-in-others">
                {again}
                {other_address}
            </div>
        </section>
    }
}

/// The code was used, has expired, or was asked for in another browser.
#[component]
fn NoCode(next: String) -> impl IntoView {
    view! {
        <Title text=text!("sign-in-code-gone-title")/>
        <section class="narrow">
            <PageHead title=text!("sign-in-code-gone-title") lead=text!("sign-in-code-gone-lead")/>
            <p class="actions">
                <ButtonLink href=links::sign_in(&next)>{text!("sign-in-code-gone-sign-in")}</ButtonLink>
                <ButtonLink href=links::register(&next) variant=Variant::Secondary>{text!("sign-in-register")}</ButtonLink>
            </p>
        </section>
    }
}
