//! A forgotten password: a code signs in, then a new password is set.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Field;

use super::{is_nowhere, leads_on, next};
use crate::context::typed_or;
use crate::fns::session;
use crate::i18n::text;
use crate::links::{self, Query};
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::response;
use crate::ui::{Button, HiddenField, PageHead, TextField};

#[component]
pub fn ForgottenPassword() -> impl IntoView {
    let state = failure_of::<session::SendSignInCode>();
    let next = next();
    // Those who were on the way to nowhere are told on the account page that the password was changed.
    let onward = if is_nowhere(&next) { "" } else { next.as_str() };
    let new_password = Query::new().with("forgotten", "yes").with("next", onward);
    let new_password = new_password.on(&links::page("/account/password"));
    response::page(async move {
        if leads_on(&new_password).await? {
            return Ok(().into_any());
        }
        Ok(view! { <AddressForm next=next new_password=new_password state=state/> }.into_any())
    })
}

#[component]
fn AddressForm(next: String, new_password: String, state: FormState) -> impl IntoView {
    view! {
        <Title text=state.page_title(text!("forgot-title"))/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=text!("forgot-title") lead=text!("forgot-lead")/>
            <form class="form" method="post" action=links::page(session::SendSignInCode::PATH)>
                <HiddenField name="next" value=new_password/>
                <TextField name="email" label=text!("sign-in-email") kind="email" autocomplete="username" required=true
                    maxlength=254 value=typed_or("email", "") problem=state.problem(Field::Email)/>
                <Button>{text!("forgot-button")}</Button>
            </form>
            <p class="form-other"><a href=links::sign_in(&next)>{text!("forgot-back")}</a></p>
        </section>
    }
}
