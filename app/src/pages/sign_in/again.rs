//! Proving again who one is, before a change that needs it.
//!
//! The forms here ask for the password of, or send the code to, the account that is signed in. A passkey may belong
//! to another account of the same person. Then they are signed in to that one: the session of the first account
//! ends, so its changes are never allowed by the proof of another, and the page that follows shows what the second
//! account may see.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::input::{Email, Password};
use nadi::ports::Profile;
use nadi::{Failure, Field};

use super::next;
use crate::context;
use crate::fns::session::{ProveWithCode, ProveWithPassword};
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::form::{FormState, FormSummary, WaitingFormNote, failure_of};
use crate::parts::passkey_button::PasskeyButton;
use crate::parts::response;
use crate::ui::{Button, HiddenField, PageHead, TextField, Variant};

#[component]
pub fn SignInAgain() -> impl IntoView {
    let state = failure_of::<ProveWithPassword>().or(failure_of::<ProveWithCode>());
    let next = match next() {
        next if next.is_empty() => links::page("/account"),
        next => next,
    };
    response::page(again(next, state))
}

async fn again(next: String, state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    if caller.signed_in()?.must_have_proved(caller.now).is_ok() {
        response::redirect(&next);
        return Ok(().into_any());
    }
    let profile = ports.accounts.profile(&caller).await?;
    Ok(view! { <Ways next=next profile=profile state=state/> }.into_any())
}

#[component]
fn Ways(next: String, profile: Profile, state: FormState) -> impl IntoView {
    let email =
        view! { <strong class="address" translate="no">{Email::readable(&profile.email)}</strong> };
    let with_password = profile.has_password.then(|| {
        view! {
            <form class="form" method="post" action=links::page(ProveWithPassword::PATH)>
                <HiddenField name="next" value=next.clone()/>
                // Says to password managers whose password it is; without a name, it is not sent.
                <input type="hidden" autocomplete="username" value=profile.email.clone()/>
                <TextField name="password" label=text!("sign-in-password") kind="password" autocomplete="current-password"
                    required=true maxlength=Password::MAX_CHARS problem=state.problem(Field::Password)/>
                <Button>{text!("again-button")}</Button>
            </form>
        }
    });
    let code = if profile.has_password { Variant::Secondary } else { Variant::Primary };
    view! {
        <Title text=state.page_title(text!("again-title"))/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <WaitingFormNote next=next.clone()/>
            <PageHead title=text!("again-title") lead=text!("again-lead")/>
            <p>{rich_text!("again-account", email)}</p>
            {with_password}
            <div class="sign-in-ways">
                <form method="post" action=links::page(ProveWithCode::PATH)>
                    <HiddenField name="next" value=next.clone()/>
                    <Button variant=code>{text!("again-code-button")}</Button>
                </form>
                {(profile.passkeys > 0).then(|| view! { <PasskeyButton next=next/> })}
            </div>
        </section>
    }
}
