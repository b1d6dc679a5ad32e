//! Signing in and registering.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Field;
use nadi::input::{Password, return_path};

use crate::context::{signed_in, typed_or};
use crate::fns::session;
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::form::{FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Button, HiddenField, PageHead, TextField};

/// The page to return to; redirects there at once when the visitor is already signed in.
fn next() -> String {
    let next = match address::value("next") {
        next if next.is_empty() => links::page("/"),
        next => return_path(&next).to_owned(),
    };
    if signed_in().is_some() {
        response::redirect(&next);
    }
    next
}

/// Has the visitor come from a chosen time, which they can book only when signed in?
fn is_booking(next: &str) -> bool {
    next.contains("slot=")
}

#[component]
pub fn SignIn() -> impl IntoView {
    let next = next();
    let state = failure_of::<session::SignIn>();
    let lead = if is_booking(&next) { text!("sign-in-to-book") } else { text!("sign-in-lead") };
    let register = {
        let href = links::register(&next);
        view! { <a href=href>{text!("sign-in-register")}</a> }
    };
    view! {
        <Title text=state.page_title(text!("sign-in-title"))/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=text!("sign-in-title") lead=lead/>
            <form class="form" method="post" action=links::page(session::SignIn::PATH)>
                <HiddenField name="next" value=next.clone()/>
                <TextField name="email" label=text!("sign-in-email") kind="email" autocomplete="username" required=true
                    maxlength=254 value=typed_or("email", "") problem=state.problem(Field::Email)/>
                <TextField name="password" label=text!("sign-in-password") kind="password" autocomplete="current-password"
                    required=true maxlength=Password::MAX_CHARS problem=state.problem(Field::Password)/>
                <Button>{text!("sign-in-button")}</Button>
            </form>
            <p class="form-other">{rich_text!("sign-in-new", register)}</p>
        </section>
    }
}

#[component]
pub fn Register() -> impl IntoView {
    let next = next();
    let state = failure_of::<session::Register>();
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
                <HiddenField name="next" value=next.clone()/>
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
            </form>
            <p class="form-other">{rich_text!("register-already", sign_in)}</p>
        </section>
    }
}
