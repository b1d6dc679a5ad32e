//! Signing in and registering, step by step, and proving again who one is.
//!
//! All pages are plain forms. Whoever is signed in has no use for most of them, and is led on: after each way of
//! signing in the browser comes to [`SignIn`], which knows the roles of the account then.

mod again;
mod code;
mod forgot;
mod register;
mod second_factor;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::actor::{Caller, MissingFactor, SignedIn};
use nadi::ids::AppointmentId;
use nadi::input::{Password, return_path};
use nadi::permissions::Permission;
use nadi::ports::{AppointmentQuery, Period, Ports};
use nadi::{Failure, Field};

use crate::context::{self, signed_in, typed_or};
use crate::fns::session;
use crate::i18n::{Language, rich_text, text};
use crate::links::{self, Query};
use crate::messages;
use crate::parts::form::{FormState, FormSummary, WaitingFormNote, failure_of};
use crate::parts::passkey_button::PasskeyButton;
use crate::parts::{address, response};
use crate::ui::{Alert, Button, HiddenField, PageHead, TextField, Tone};

pub use again::SignInAgain;
pub use code::SignInCode;
pub use forgot::ForgottenPassword;
pub use register::Register;
pub use second_factor::SecondFactor;

/// The page to go to in the end, from the address; empty when there is none.
fn next() -> String {
    match address::value("next") {
        next if next.is_empty() => next,
        next => return_path(&next).to_owned(),
    }
}

/// Is there no page that was asked for? Whoever signs in on the home page wants to get on, not back.
fn is_nowhere(next: &str) -> bool {
    matches!(Language::of_path(next).1, "" | "/")
}

/// Has the visitor come from a chosen time?
fn is_booking(next: &str) -> bool {
    next.contains("slot=")
}

/// Has the visitor come from the page of an appointment, which is not theirs to see without signing in?
fn is_appointment(next: &str) -> bool {
    let (_, path) = Language::of_path(next);
    let id =
        path.strip_prefix("/appointments/").and_then(|rest| rest.split(['/', '?', '#']).next());
    id.is_some_and(|id| id.parse::<AppointmentId>().is_ok())
}

/// Leads on whoever is signed in already; says whether it did.
async fn leads_on(next: &str) -> Result<bool, Failure> {
    let Some(account) = signed_in() else { return Ok(false) };
    let (caller, ports) = (context::caller()?, context::ports()?);
    let place = place(&caller, &ports, &account, next).await;
    let place = match address::value(links::WELCOME) {
        word if word.is_empty() => place,
        word => links::with(&place, links::WELCOME, &word),
    };
    response::redirect(&place);
    Ok(true)
}

/// Where an account goes after signing in: to the page that was asked for, or else to where its role belongs. An
/// account that has to set up or use a second factor does that first.
async fn place(caller: &Caller, ports: &Ports, account: &SignedIn, next: &str) -> String {
    let (_, path) = Language::of_path(next);
    match account.access.second_factor_missing {
        Some(MissingFactor::SetUp) if !path.starts_with("/account") => {
            return Query::new().with("next", next).on(&links::page("/account/security"));
        }
        Some(MissingFactor::SignIn) => return links::sign_in_again(next),
        _ => {}
    }
    if !is_nowhere(next) {
        return next.to_owned();
    }
    if let Some(path) = work_page(account) {
        return links::page(path);
    }
    let upcoming = AppointmentQuery::mine(Period::Upcoming, 1);
    let upcoming = ports.bookings.list(caller, &upcoming).await;
    let has_upcoming = upcoming.is_ok_and(|found| !found.items.is_empty());
    links::page(if has_upcoming { "/appointments" } else { "/" })
}

/// The page where somebody's work begins; `None` for an account that is only a patient's.
fn work_page(account: &SignedIn) -> Option<&'static str> {
    if account.doctor_for(Permission::SeeOwnCalendar).is_ok() {
        Some("/calendar")
    } else if account.clinics_for(Permission::ManageDoctors).is_ok() {
        Some("/admin")
    } else if account.clinics_for(Permission::SeeAppointments).is_ok() {
        Some("/admin/appointments")
    } else if account.clinics_for(Permission::ReadAuditLog).is_ok() {
        Some("/audit")
    } else {
        None
    }
}

/// Where a code was typed that is in the mailbox, in development mode.
fn mailbox_hint() -> Option<impl IntoView> {
    context::development().then(|| {
        view! {
            <p class="muted" translate="no">"Development: the code is in the "<a href=links::page("/dev/mailbox")>"mailbox"</a>"."</p>
        }
    })
}

#[component]
pub fn SignIn() -> impl IntoView {
    let state = failure_of::<session::SignIn>().or(failure_of::<session::SendSignInCode>());
    let next = next();
    response::page(async move {
        if leads_on(&next).await? {
            return Ok(().into_any());
        }
        Ok(view! { <SignInForm next=next state=state/> }.into_any())
    })
}

/// A reason why somebody is here again.
fn note() -> Option<String> {
    if !address::value("expired").is_empty() {
        Some(text!("sign-in-expired"))
    } else if !address::value("crowded").is_empty() {
        Some(messages::failure(&Failure::ProveAddressFirst))
    } else if !address::value("signed_in").is_empty() {
        // They have just signed in, and yet are not: the browser did not keep the cookie.
        Some(text!("sign-in-no-cookies"))
    } else {
        None
    }
}

#[component]
fn SignInForm(next: String, state: FormState) -> impl IntoView {
    let lead = if is_booking(&next) {
        text!("sign-in-to-book")
    } else if is_appointment(&next) {
        text!("sign-in-to-see-appointment")
    } else {
        text!("sign-in-lead")
    };
    let register = {
        let href = links::register(&next);
        view! { <a href=href>{text!("sign-in-register")}</a> }
    };
    let send_code = links::page(session::SendSignInCode::PATH);
    let forgot = links::page(session::ForgotPassword::PATH);
    view! {
        <Title text=state.page_title(text!("sign-in-title"))/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <WaitingFormNote next=next.clone()/>
            {note().map(|text| view! { <Alert tone=Tone::Neutral announced=true><p>{text}</p></Alert> })}
            <PageHead title=text!("sign-in-title") lead=lead/>
            <form class="form" method="post" action=links::page(session::SignIn::PATH)>
                <HiddenField name="next" value=next.clone()/>
                <TextField name="email" label=text!("sign-in-email") kind="email" autocomplete="username" required=true
                    maxlength=254 value=typed_or("email", "") problem=state.problem(Field::Email)/>
                <TextField name="password" label=text!("sign-in-password") kind="password" autocomplete="current-password"
                    required=true maxlength=Password::MAX_CHARS problem=state.problem(Field::Password)/>
                <Button>{text!("sign-in-button")}</Button>
                // A button, so that the address need not be typed again.
                <button class="button" data-variant="quiet" type="submit" formaction=forgot formnovalidate>
                    {text!("sign-in-forgot")}
                </button>
                <div class="sign-in-ways">
                    // The password may be missing, so the browser does not check the form.
                    <button class="button" data-variant="secondary" type="submit" formaction=send_code formnovalidate>
                        {text!("sign-in-code-button")}
                    </button>
                    <PasskeyButton next=next/>
                </div>
            </form>
            <p class="form-other">{rich_text!("sign-in-new", register)}</p>
        </section>
    }
}
