//! A hold that waits to be confirmed.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::appointment::{Command, Event, Refusal};
use nadi::local_time::LocalTime;
use nadi::ports::AppointmentView;
use nadi::visit::Mode;
use nadi::{Failure, Field};

use super::done::{Done, DoneNotice};
use super::facts::Head;
use crate::context;
use crate::fns::booking::{Confirm, Extend, Release, SendCode};
use crate::i18n::{self, LocalTimeText as _, rich_text, text};
use crate::islands::Countdown;
use crate::links;
use crate::messages;
use crate::parts::agreement::{Agreement, AgreesBy};
use crate::parts::countdown::countdown_texts;
use crate::parts::form::{FormKey, FormState, FormSummary};
use crate::parts::hydration_scripts::HydrationScripts;
use crate::parts::visit;
use crate::ui::{Button, HiddenField, TextField, Variant};

#[component]
pub fn Held(
    visit: AppointmentView,
    left: i64,
    form: FormState,
    done: Option<Done>,
) -> impl IntoView {
    let id = visit.id.to_string();
    // The first code was sent together with the hold.
    let code = CodeState::of(&visit, 0, done);
    let about = about(&visit, visit::kind_and_person(&visit));
    let new_code = code.can_be_renewed && !code.is_spent && visit.code_needed;
    let form = code.explained(form);
    view! {
        <HeldHead visit=visit.clone() left=left form=form.clone() done=done about=about
            details_form=None/>
        <div class="held-forms">
            <ConfirmForm visit=visit form=form code=code/>
            <div class="held-others">
                {new_code.then(|| view! { <NewCodeForm id=id.clone() variant=Variant::Secondary/> })}
                <ReleaseForm id=id/>
            </div>
        </div>
        <HydrationScripts/>
    }
}

/// What can be done about the code of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CodeState {
    /// It is not the first one.
    is_new: bool,
    /// It was sent just now.
    just_sent: bool,
    /// It was typed wrongly too often.
    pub is_spent: bool,
    /// Another one can be sent.
    pub can_be_renewed: bool,
}

impl CodeState {
    /// `requests`: how often a code was asked for until the first one was sent.
    pub fn of(visit: &AppointmentView, requests: usize, done: Option<Done>) -> Self {
        let asked = visit.history.iter().filter(|entry| entry.event == Event::CodeRequested);
        Self {
            is_new: asked.count() > requests,
            just_sent: done == Some(Done::CodeSent),
            is_spent: visit.code_tries_left == 0,
            can_be_renewed: visit.open_to.contains(&Command::SendCode),
        }
    }

    /// The state of the page's forms. The refusal of a code that was typed wrongly too often says to ask for a new one,
    /// which does not help when there is none left.
    pub fn explained(&self, form: FormState) -> FormState {
        let failure = match form.failure {
            Some(Failure::Refused(Refusal::CodeSpent | Refusal::CodeTooOld))
                if !self.can_be_renewed =>
            {
                Some(Refusal::NoMoreCodes.into())
            }
            failure => failure,
        };
        FormState { failure, ..form }
    }
}

/// What it is, what it costs, and where. `what` is the appointment type, and perhaps whom it is for.
pub(super) fn about(visit: &AppointmentView, what: AnyView) -> AnyView {
    let fee = i18n::fee(visit.fee.minor_units, &visit.fee.currency);
    let place = (visit.mode == Mode::InPerson).then(|| {
        let address = messages::place::address(&visit.location_address, &visit.city);
        view! {
            <br/>
            {visit::name(&address)}
        }
    });
    view! {
        {rich_text!("appointment-held-kind-and-fee", kind = what, fee)}
        {place}
    }
    .into_any()
}

#[component]
pub(super) fn NewCodeForm(id: String, variant: Variant) -> impl IntoView {
    view! {
        <form method="post" action=links::page(SendCode::PATH)>
            <FormKey/>
            <HiddenField name="id" value=id/>
            <Button variant=variant>{text!("appointment-held-new-code-button")}</Button>
        </form>
    }
}

#[component]
pub(super) fn ReleaseForm(id: String) -> impl IntoView {
    view! {
        <form method="post" action=links::page(Release::PATH)>
            <FormKey/>
            <HiddenField name="id" value=id/>
            <Button variant=Variant::Quiet>{text!("appointment-held-release-button")}</Button>
        </form>
    }
}

/// When the hold lapses.
fn until(visit: &AppointmentView) -> String {
    LocalTime::new(visit.expires_at, visit.zone).clock_with_zone()
}

/// What is held, and for how much longer.
#[component]
pub(super) fn HeldHead(
    visit: AppointmentView,
    left: i64,
    form: FormState,
    done: Option<Done>,
    /// More about the appointment, on a line below the head.
    about: AnyView,
    /// The id of the form beside it that may be half filled in.
    details_form: Option<&'static str>,
) -> impl IntoView {
    let news = (done == Some(Done::Extended)).then(|| {
        let until = until(&visit);
        let (strong, text) =
            (text!("appointment-held-extended"), text!("appointment-held-extended-detail", until));
        view! { <DoneNotice strong=strong text=text.into_any()/> }
    });
    let extendable = visit.open_to.contains(&Command::Extend);
    let title = text!("appointment-held-title");
    let zone = visit::zone(&visit).map(|zone| {
        view! {
            {zone}
            {visit::own_time(&visit)}
            <br/>
        }
    });
    let again = links::doctor(visit.doctor_slug.as_str());
    let texts = countdown_texts(extendable);
    view! {
        <Title text=form.page_title(title.clone())/>
        <FormSummary state=form/>
        {news}
        <Head title=title.into_any() lead=visit::summary(&visit)/>
        <p class="muted appointment-zone">
            {zone}
            {about}
        </p>
        <div class="held-time">
            <Countdown seconds=left until=until(&visit) again=again texts=texts/>
            <ExtendForm id=visit.id.to_string() extendable=extendable left=visit.extensions_left
                details_form=details_form/>
        </div>
    }
}

/// The button that extends the hold, or the reason why it cannot be extended. It sends the form with the details, if
/// there is one, so that what was typed there is shown again afterwards.
#[component]
fn ExtendForm(
    id: String,
    extendable: bool,
    left: i16,
    details_form: Option<&'static str>,
) -> impl IntoView {
    let said = messages::visit::extensions_left(left);
    let extend = links::page(Extend::PATH);
    if let (true, Some(form)) = (extendable, details_form) {
        view! {
            <div class="keep">
                // The details may be incomplete, so the browser does not check them.
                <button class="button" data-variant=Variant::Secondary.as_str() type="submit" form=form
                    formaction=extend formnovalidate>
                    {text!("appointment-held-extend-button")}
                </button>
                <p class="muted">{said}</p>
            </div>
        }
        .into_any()
    } else if extendable {
        view! {
            <form class="keep" method="post" action=extend>
                <FormKey/>
                <HiddenField name="id" value=id/>
                <Button variant=Variant::Secondary>{text!("appointment-held-extend-button")}</Button>
                <p class="muted">{said}</p>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="keep muted">{said}</p> }.into_any()
    }
}

/// With the code, or with one click for those who need none.
#[component]
pub(super) fn ConfirmForm(
    visit: AppointmentView,
    form: FormState,
    code: CodeState,
) -> impl IntoView {
    if visit.code_needed && code.is_spent {
        let said = form.failure.is_some();
        let next = match code.can_be_renewed {
            true => text!("refusal-code-spent"),
            false => text!("refusal-no-more-codes"),
        };
        let renew = code.can_be_renewed.then(|| {
            view! { <NewCodeForm id=visit.id.to_string() variant=Variant::Primary/> }
        });
        return view! {
            {(!said).then(|| view! { <p>{next}</p> })}
            {renew}
        }
        .into_any();
    }
    let autofocus = code.just_sent && form.failure.is_none();
    let code = visit.code_needed.then(|| {
        let email = visit::name(&visit.code_sent_to);
        let sent = match code.is_new {
            true => rich_text!("appointment-held-new-code-sent-to", email),
            false => rich_text!("appointment-held-code-sent-to", email),
        };
        view! {
            <p role=code.just_sent.then_some("status")>{sent}</p>
            <TextField name="code" label=text!("appointment-held-code") inputmode="numeric"
                autocomplete="one-time-code" required=true maxlength=20
                hint=text!("appointment-held-code-hint")
                problem=form.problem(Field::Code) autofocus=autofocus/>
            {context::development().then(|| view! {
                <p class="muted" translate="no">"Development: the code is in the "<a href=links::page("/dev/mailbox")>"mailbox"</a>"."</p>
            })}
        }
    });
    view! {
        <form class="form" method="post" action=links::page(Confirm::PATH)>
            <FormKey/>
            <HiddenField name="id" value=visit.id.to_string()/>
            {code}
            <Button>{text!("appointment-held-confirm-button")}</Button>
            <Agreement by=AgreesBy::Booking/>
        </form>
    }
    .into_any()
}
