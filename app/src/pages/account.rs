//! Signing in and registering.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Field;
use nadi::input::{Password, return_path};

use crate::context::{signed_in, typed_or};
use crate::fns::session;
use crate::links;
use crate::parts::form::{FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Button, HiddenField, PageHead, TextField};

/// The page to return to; redirects there at once when the visitor is already signed in.
fn next() -> String {
    let next = return_path(&address::value("next")).to_owned();
    if signed_in().is_some() {
        response::redirect(&next);
    }
    next
}

/// Why the visitor has to sign in, when they came from a chosen time.
fn reason(next: &str) -> Option<&'static str> {
    next.contains("slot=").then_some("Then you return to the time you chose and hold it.")
}

#[component]
pub fn SignIn() -> impl IntoView {
    let next = next();
    let state = failure_of::<session::SignIn>();
    let title = if state.failure.is_some() { "Sign in: look again" } else { "Sign in" };
    view! {
        <Title text=title/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title="Sign in" lead=reason(&next).unwrap_or("With the e-mail and password you registered with.")/>
            <form class="form" method="post" action=links::page(session::SignIn::PATH)>
                <HiddenField name="next" value=next.clone()/>
                <TextField name="email" label="E-mail" kind="email" autocomplete="username" required=true
                    maxlength=254 value=typed_or("email", "") problem=state.problem(Field::Email)/>
                <TextField name="password" label="Password" kind="password" autocomplete="current-password"
                    required=true maxlength=Password::MAX_CHARS problem=state.problem(Field::Password)/>
                <Button>"Sign in"</Button>
            </form>
            <p class="form-other">"New here? "<a href=links::register(&next)>"Register"</a></p>
        </section>
    }
}

#[component]
pub fn Register() -> impl IntoView {
    let next = next();
    let state = failure_of::<session::Register>();
    let title = if state.failure.is_some() { "Register: look again" } else { "Register" };
    view! {
        <Title text=title/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title="Register" lead=reason(&next).unwrap_or("One account for all your appointments. It takes a minute.")/>
            <form class="form" method="post" action=links::page(session::Register::PATH)>
                <HiddenField name="next" value=next.clone()/>
                <TextField name="name" label="Your name" autocomplete="name" required=true maxlength=100
                    value=typed_or("name", "") problem=state.problem(Field::Name)/>
                <TextField name="email" label="E-mail" kind="email" autocomplete="username" required=true
                    maxlength=254 hint="We send the code for each appointment here."
                    value=typed_or("email", "") problem=state.problem(Field::Email)/>
                <TextField name="password" label="Password" kind="password" autocomplete="new-password"
                    required=true minlength=Password::MIN_CHARS maxlength=Password::MAX_CHARS
                    hint=format!("At least {} characters. Several words are easy to remember.", Password::MIN_CHARS)
                    problem=state.problem(Field::Password)/>
                <Button>"Create account"</Button>
            </form>
            <p class="form-other">"Registered already? "<a href=links::sign_in(&next)>"Sign in"</a></p>
        </section>
    }
}
