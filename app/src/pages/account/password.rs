//! Setting or changing the password.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::actor::Caller;
use nadi::input::{Password, return_path};
use nadi::ports::{FeedKind, Ports};
use nadi::{Failure, Field};

use super::back::BackToAccount;
use crate::context;
use crate::fns::account::SetPassword as Send;
use crate::fns::session::ProveWithCode;
use crate::i18n::text;
use crate::links::{self, Query};
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Button, HiddenField, PageHead, TextField, Variant};

#[component]
pub fn SetPassword() -> impl IntoView {
    let is_forgotten = !address::value("forgotten").is_empty();
    response::page(set_password(failure_of::<Send>(), address::value("next"), is_forgotten))
}

/// `is_forgotten`: they do not know the password that is set.
async fn set_password(
    state: FormState,
    next: String,
    is_forgotten: bool,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    // Asked before a password is typed rather than after.
    caller.signed_in()?.must_have_proved(caller.now)?;
    let profile = ports.accounts.profile(&caller).await?;
    let needs_old = profile.has_password && !caller.signed_in()?.access.by_code;
    let forgotten = Query::new().with("forgotten", "yes").with("next", &next);
    let forgotten = forgotten.on(&links::page("/account/password"));
    let title = match (is_forgotten, profile.has_password) {
        (true, _) => text!("account-password-new-title"),
        (false, true) => text!("account-password-change-title"),
        (false, false) => text!("account-password-set-title"),
    };
    let now = caller.now;
    let keys = ports.api_keys.api_keys(&caller).await?;
    let has_keys = keys.iter().any(|key| key.expires_at > now);
    let has_links = has_calendar_links(&caller, &ports).await?;
    let next = if next.is_empty() { next } else { return_path(&next).to_owned() };
    Ok(view! {
        <Title text=state.page_title(title.clone())/>
        <BackToAccount/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=title lead=text!("account-password-lead")/>
            {has_keys.then(|| view! { <p>{text!("account-password-keys")}</p> })}
            {has_links.then(|| view! { <p>{text!("account-password-links")}</p> })}
            <form class="form" method="post" action=links::page(Send::PATH)>
                <HiddenField name="next" value=next/>
                // Says to password managers whose password it is; without a name, it is not sent.
                <input type="hidden" autocomplete="username" value=profile.email/>
                {needs_old.then(|| view! {
                    <TextField name="old_password" label=text!("account-password-old-label")
                        kind="password" autocomplete="current-password" required=true
                        maxlength=Password::MAX_CHARS problem=state.problem(Field::OldPassword)/>
                })}
                <TextField name="password" label=text!("account-password-label") kind="password"
                    autocomplete="new-password" required=true minlength=Password::MIN_CHARS
                    maxlength=Password::MAX_CHARS
                    hint=text!("account-password-hint", count = Password::MIN_CHARS)
                    problem=state.problem(Field::Password)/>
                <Button>{text!("account-password-button")}</Button>
            </form>
            // A mailed code is the other proof of whose account it is.
            {needs_old.then(|| view! {
                <form method="post" action=links::page(ProveWithCode::PATH)>
                    <HiddenField name="next" value=forgotten/>
                    <Button variant=Variant::Secondary>{text!("account-password-forgotten")}</Button>
                </form>
            })}
        </section>
    }
    .into_any())
}

/// Whether a program can read appointments by a link, which ends with the old password.
async fn has_calendar_links(caller: &Caller, ports: &Ports) -> Result<bool, Failure> {
    let is_doctor = caller.signed_in()?.doctor.is_some();
    let kinds = [Some(FeedKind::Patient), is_doctor.then_some(FeedKind::Doctor)];
    for kind in kinds.into_iter().flatten() {
        match ports.feeds.feeds(caller, kind).await {
            // A doctor without the second factor that the clinic asks for.
            Err(Failure::NotAllowed) => {}
            Err(failure) => return Err(failure),
            Ok(feeds) if feeds.is_empty() => {}
            Ok(_) => return Ok(true),
        }
    }
    Ok(false)
}
