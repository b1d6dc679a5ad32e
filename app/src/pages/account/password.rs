//! Setting or changing the password.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::input::{Password, return_path};
use nadi::{Failure, Field};

use super::back::BackToAccount;
use crate::context;
use crate::fns::account::SetPassword as Send;
use crate::i18n::text;
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Button, HiddenField, PageHead, TextField};

#[component]
pub fn SetPassword() -> impl IntoView {
    response::page(set_password(failure_of::<Send>(), address::value("next")))
}

async fn set_password(state: FormState, next: String) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    // Asked before a password is typed rather than after.
    caller.signed_in()?.must_have_proved(caller.now)?;
    let profile = ports.accounts.profile(&caller).await?;
    let title = match profile.has_password {
        true => text!("account-password-change-title"),
        false => text!("account-password-set-title"),
    };
    let next = if next.is_empty() { next } else { return_path(&next).to_owned() };
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <BackToAccount/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=title lead=text!("account-password-lead")/>
            <form class="form" method="post" action=links::page(Send::PATH)>
                <HiddenField name="next" value=next/>
                // Says to password managers whose password it is; without a name, it is not sent.
                <input type="hidden" autocomplete="username" value=profile.email/>
                <TextField name="password" label=text!("account-password-label") kind="password"
                    autocomplete="new-password" required=true minlength=Password::MIN_CHARS
                    maxlength=Password::MAX_CHARS
                    hint=text!("account-password-hint", count = Password::MIN_CHARS)
                    problem=state.problem(Field::Password)/>
                <Button>{text!("account-password-button")}</Button>
            </form>
        </section>
    }
    .into_any())
}
