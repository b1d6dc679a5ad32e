//! The second factor, after the password or the code.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::{Failure, Field};

use super::{leads_on, next};
use crate::context;
use crate::fns::session;
use crate::i18n::text;
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::passkey_button::PasskeyButton;
use crate::parts::response;
use crate::ui::{Button, HiddenField, PageHead, TextField};

#[component]
pub fn SecondFactor() -> impl IntoView {
    response::page(second_factor(next(), failure_of::<session::SecondFactor>()))
}

async fn second_factor(next: String, state: FormState) -> Result<AnyView, Failure> {
    if context::session()?.awaiting_second_factor().await?.is_none() {
        if !leads_on(&next).await? {
            response::redirect(&links::second_factor_expired(&next));
        }
        return Ok(().into_any());
    }
    Ok(view! {
        <Title text=state.page_title(text!("second-step-title"))/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=text!("second-step-title") lead=text!("second-step-lead")/>
            <form class="form" method="post" action=links::page(session::SecondFactor::PATH)>
                <HiddenField name="next" value=next.clone()/>
                // A recovery code has letters, so the keyboard is not one of digits only.
                <TextField name="code" label=text!("second-step-code") autocomplete="one-time-code" required=true
                    maxlength=64 hint=text!("second-step-hint") problem=state.problem(Field::Code)/>
                <Button>{text!("second-step-button")}</Button>
            </form>
            // For those who have no authenticator app, and as a second way for the others.
            <div class="sign-in-ways"><PasskeyButton next=next.clone()/></div>
            <p class="form-other"><a href=links::sign_in(&next)>{text!("second-step-other-account")}</a></p>
        </section>
    }
    .into_any())
}
