//! Setting up an authenticator app, and the recovery codes that come with it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::{Failure, Field};

use super::security::next;
use crate::context;
use crate::fns::second_factors::ConfirmAuthenticator;
use crate::i18n::text;
use crate::links::{self, Query};
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response, shown_once};
use crate::ui::{Alert, Button, ButtonLink, HiddenField, PageHead, PrintButton, TextField, Tone};

fn back_to_security(next: &str) -> String {
    Query::new().with("next", next).on(&links::page("/account/security"))
}

#[component]
fn BackToSecurity(href: String) -> impl IntoView {
    view! { <p class="admin-back"><a href=href>{text!("security-title")}</a></p> }
}

#[component]
pub fn SetUpAuthenticator() -> impl IntoView {
    response::page(set_up(failure_of::<ConfirmAuthenticator>(), next()))
}

async fn set_up(state: FormState, next: String) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let back = back_to_security(&next);
    let Some(setup) = ports.second_factors.authenticator_setup(&caller).await? else {
        response::redirect(&back);
        return Ok(().into_any());
    };
    let title = text!("authenticator-title");
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <BackToSecurity href=back/>
        <section class="narrow stack">
            <FormSummary state=state.clone()/>
            <PageHead title=title/>
            <ol class="security-steps">
                <li><p>{text!("authenticator-step-install")}</p></li>
                <li>
                    <p>{text!("authenticator-step-scan")}</p>
                    <div class="qr-code" role="img" aria-label=text!("authenticator-qr-code") inner_html=setup.qr_code></div>
                    <p><a href=setup.url>{text!("authenticator-open-app")}</a></p>
                    <p>{text!("authenticator-type-key")}</p>
                    <p><code class="security-key" translate="no">{setup.secret}</code></p>
                </li>
                <li>
                    <p>{text!("authenticator-step-code")}</p>
                    <form class="form" method="post" action=links::page(ConfirmAuthenticator::PATH)>
                        <HiddenField name="next" value=next/>
                        <TextField name="code" label=text!("authenticator-code") autocomplete="one-time-code"
                            inputmode="numeric" required=true maxlength=16 problem=state.problem(Field::Code)/>
                        <Button>{text!("authenticator-button")}</Button>
                    </form>
                </li>
            </ol>
        </section>
    }
    .into_any())
}

#[component]
pub fn RecoveryCodes() -> impl IntoView {
    response::page(recovery_codes(address::value("done"), next()))
}

async fn recovery_codes(done: String, next: String) -> Result<AnyView, Failure> {
    context::caller()?.signed_in()?;
    let is_new = done == "set-up";
    let on = match (next.is_empty(), is_new) {
        (false, _) => next,
        // Says that it was added, and offers to end other sessions.
        (true, true) => links::page("/account/security?done=authenticator-added"),
        (true, false) => links::page("/account/security"),
    };
    let Some(codes) = shown_once::take() else {
        // They were shown before.
        response::redirect(&on);
        return Ok(().into_any());
    };
    let codes: Vec<_> = codes
        .split('.')
        .map(|code| view! { <li><code translate="no">{code.to_owned()}</code></li> })
        .collect();
    let title = text!("recovery-codes-title");
    Ok(view! {
        <Title text=title.clone()/>
        <section class="narrow stack">
            {is_new.then(|| view! {
                <Alert tone=Tone::Good announced=true><p>{text!("recovery-codes-done")}</p></Alert>
            })}
            <PageHead title=title lead=text!("recovery-codes-lead")/>
            <ul class="recovery-codes">{codes}</ul>
            <p>{text!("recovery-codes-once")}</p>
            <div class="actions">
                <ButtonLink href=on>{text!("recovery-codes-saved")}</ButtonLink>
                <PrintButton/>
            </div>
        </section>
    }
    .into_any())
}
