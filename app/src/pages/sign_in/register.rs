//! Creating an account: it is made when the code is typed that is sent to its address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Field;
use nadi::input::Password;

use super::{is_booking, leads_on, next};
use crate::context::{new_form_key, typed_or};
use crate::fns::session;
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::agreement::{Agreement, AgreesBy};
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::response;
use crate::ui::{Button, HiddenField, PageHead, TextField};

#[component]
pub fn Register() -> impl IntoView {
    let state = failure_of::<session::Register>();
    let next = next();
    response::page(async move {
        if leads_on(&next).await? {
            return Ok(().into_any());
        }
        Ok(view! { <RegisterForm next=next state=state/> }.into_any())
    })
}

#[component]
fn RegisterForm(next: String, state: FormState) -> impl IntoView {
    let lead = if is_booking(&next) { text!("register-to-book") } else { text!("register-lead") };
    let sign_in = {
        let href = links::sign_in(&next);
        view! { <a href=href>{text!("register-sign-in")}</a> }
    };
    view! {
        <Title text=state.page_title(text!("register-title"))/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=text!("register-title") lead=lead/>
            <form class="form" method="post" action=links::page(session::Register::PATH)>
                <HiddenField name="next" value=next/>
                <HiddenField name="key" value=new_form_key()/>
                <TextField name="name" label=text!("register-name") autocomplete="name" required=true maxlength=100
                    value=typed_or("name", "") problem=state.problem(Field::Name)/>
                <TextField name="email" label=text!("register-email") kind="email" autocomplete="username" required=true
                    maxlength=254 hint=text!("register-email-hint")
                    value=typed_or("email", "") problem=state.problem(Field::Email)/>
                <TextField name="password" label=text!("register-password") kind="password" autocomplete="new-password"
                    required=true minlength=Password::MIN_CHARS maxlength=Password::MAX_CHARS
                    hint=text!("register-password-hint", count = Password::MIN_CHARS)
                    problem=state.problem(Field::Password)/>
                <Button>{text!("register-button")}</Button>
                <Agreement by=AgreesBy::CreatingAccount/>
            </form>
            <p class="form-other">{rich_text!("register-already", sign_in)}</p>
        </section>
    }
}
