//! The appointment of somebody who has not signed in: first a hold, for which they give their details and then the
//! code; after that, what their browser may show of the confirmed appointment.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::appointment::Refusal;
use nadi::input::Email;
use nadi::ports::{AppointmentView, Contact};
use nadi::{Failure, Field};

use super::done::{Done, DoneNotice};
use super::facts::{Head, VisitFacts};
use super::held::{ConfirmForm, HeldHead, NewCodeForm, ReleaseForm, extended};
use crate::context::typed_or;
use crate::fns::booking::{ForgetVisit, SendCode, SignInToBook};
use crate::i18n::{self, date_without_weekday, rich_text, text};
use crate::links;
use crate::messages;
use crate::parts::form::{FormKey, FormState};
use crate::parts::hydration_scripts::HydrationScripts;
use crate::parts::visit;
use crate::ui::{
    Alert, Badge, Button, ButtonLink, Choice, Fact, Facts, HiddenField, PrintButton, RadioField,
    TextField, Tone, Variant,
};

/// A visitor's hold: the form for their details, or what they have given and the form for the code.
#[component]
pub fn VisitorHold(
    visit: AppointmentView,
    left: i64,
    /// Of all forms on this page.
    form: FormState,
    /// Of the one with the details.
    details: FormState,
    done: Option<Done>,
) -> impl IntoView {
    let id = visit.id.to_string();
    let news = match done {
        Some(Done::CodeSent) => Some((
            text!("appointment-visitor-code-sent"),
            text!("appointment-visitor-code-sent-detail"),
        )),
        Some(Done::Extended) => Some(extended(&visit)),
        _ => None,
    };
    // The account of the typed address has another appointment then, which only the right code has revealed.
    let clash = matches!(
        form.failure,
        Some(Failure::Refused(
            Refusal::PersonBusy | Refusal::TooManyVisits { .. } | Refusal::TooManyPeople
        ))
    );
    let given = visit.contact.clone().filter(|_| !visit.code_sent_to.is_empty());
    let is_first = given.is_none();
    let about = about(&visit);
    let forms = match given {
        None => view! { <DetailsForm id=id.clone() contact=visit.contact.clone() form=details/> }
            .into_any(),
        Some(contact) => {
            let open = details.shows_typed() || clash;
            let confirmed = AppointmentView {
                code_sent_to: Email::readable(contact.email.as_str()),
                ..visit.clone()
            };
            view! {
                {clash.then(|| view! {
                    <Alert tone=Tone::Waiting><p>{text!("appointment-visitor-clash")}</p></Alert>
                })}
                <ConfirmForm visit=confirmed form=form.clone()/>
                <GivenDetails contact=contact.clone()/>
                <details class="contact-change" open=open>
                    <summary>{text!("appointment-visitor-change")}</summary>
                    <DetailsForm id=id.clone() contact=Some(contact) form=details/>
                </details>
            }
            .into_any()
        }
    };
    view! {
        <HeldHead visit=visit left=left form=form news=news about=about/>
        <div class="held-forms">
            {forms}
            <div class="held-others">
                {(is_first || clash).then(|| view! { <SignInForm id=id.clone()/> })}
                {(!is_first).then(|| view! { <NewCodeForm id=id.clone()/> })}
                <ReleaseForm id=id/>
            </div>
        </div>
        <HydrationScripts/>
    }
}

/// What it is, what it costs, and where.
fn about(visit: &AppointmentView) -> AnyView {
    let kind = visit::name(&visit.visit_type_name);
    let fee = i18n::fee(visit.fee.minor_units, &visit.fee.currency);
    let place = (visit.mode == nadi::visit::Mode::InPerson).then(|| {
        let address = messages::place::address(&visit.location_address, &visit.city);
        view! {
            <br/>
            {visit::name(&address)}
        }
    });
    view! {
        {rich_text!("appointment-visitor-kind-and-fee", kind, fee)}
        {place}
    }
    .into_any()
}

/// Who they are, and whom the visit is for. Sends the code.
#[component]
fn DetailsForm(id: String, contact: Option<Contact>, form: FormState) -> impl IntoView {
    let again = contact.is_some();
    let patient = contact.as_ref().and_then(|contact| contact.patient.clone());
    let (name, email) = contact
        .map(|contact| (contact.name, Email::readable(contact.email.as_str())))
        .unwrap_or_default();
    let whom = if patient.is_some() { "other" } else { "me" };
    let (patient_name, birth_date) = patient
        .map(|patient| (patient.name, patient.birth_date.map(|date| date.to_string())))
        .unwrap_or_default();
    let choices = vec![
        Choice::new("me", text!("appointment-visitor-for-me")),
        Choice::new("other", text!("appointment-visitor-for-other")),
    ];
    let button = match again {
        true => text!("appointment-visitor-send-code-again"),
        false => text!("appointment-visitor-send-code"),
    };
    view! {
        <form class="form contact-form" method="post" action=links::page(SendCode::PATH)>
            <FormKey/>
            <HiddenField name="id" value=id/>
            <TextField name="name" label=text!("appointment-visitor-name") autocomplete="name" required=true
                maxlength=100 value=typed_or("name", &name) problem=form.problem(Field::Name)/>
            <TextField name="email" label=text!("appointment-visitor-email") kind="email" autocomplete="email"
                required=true maxlength=254 hint=text!("appointment-visitor-email-hint")
                value=typed_or("email", &email) problem=form.problem(Field::Email)/>
            <RadioField name="whom" label=text!("appointment-visitor-whom") choices=choices
                value=typed_or("whom", whom)/>
            <div class="contact-patient">
                <TextField name="patient_name" label=text!("appointment-visitor-patient-name") autocomplete="off"
                    maxlength=100 value=typed_or("patient_name", &patient_name)
                    problem=form.problem(Field::PatientName)/>
                <TextField name="birth_date" label=text!("appointment-visitor-birth-date") kind="date"
                    min="1900-01-01" value=typed_or("birth_date", &birth_date.unwrap_or_default())
                    problem=form.problem(Field::BirthDate)/>
            </div>
            <Button variant=if again { Variant::Secondary } else { Variant::Primary }>{button}</Button>
        </form>
    }
}

/// What they have given.
#[component]
fn GivenDetails(contact: Contact) -> impl IntoView {
    let for_whom = match contact.patient {
        None => text!("appointment-visitor-for-me").into_any(),
        Some(patient) => {
            let name = visit::name(&patient.name);
            match patient.birth_date.map(date_without_weekday) {
                Some(date) => rich_text!("appointment-visitor-patient-born", name, date),
                None => name,
            }
        }
    };
    view! {
        <Facts>
            <Fact name=text!("appointment-visitor-name")>{visit::name(&contact.name)}</Fact>
            <Fact name=text!("appointment-visitor-email")>
                <span class="address">{visit::name(&Email::readable(contact.email.as_str()))}</span>
            </Fact>
            <Fact name=text!("appointment-fact-person")>{for_whom}</Fact>
        </Facts>
    }
}

/// The way to book with an account instead.
#[component]
fn SignInForm(id: String) -> impl IntoView {
    view! {
        <form method="post" action=links::page(SignInToBook::PATH)>
            <FormKey/>
            <HiddenField name="id" value=id/>
            <Button variant=Variant::Secondary>{text!("appointment-visitor-sign-in")}</Button>
            <p class="muted">{text!("appointment-visitor-sign-in-note")}</p>
        </form>
    }
}

/// A confirmed appointment of the account that has the visitor's address: they may look at it, and sign in to change it.
#[component]
pub fn InAnAccount(visit: AppointmentView) -> impl IntoView {
    let (state, tone) = visit::state(visit.state);
    let title = text!("appointment-confirmed-title");
    let email = visit::name(&visit.code_sent_to);
    let sign_in = links::sign_in(&links::appointment(&visit.id.to_string()));
    view! {
        <Title text=title.clone()/>
        <DoneNotice strong=text!("appointment-confirmed-done")
            text=rich_text!("appointment-visitor-confirmed", email)/>
        <Head title=title.into_any() lead=visit::summary(&visit)/>
        <p class="appointment-state"><Badge text=state tone=tone/></p>
        <VisitFacts visit=visit/>
        <div class="changes">
            <p>{text!("appointment-visitor-change-note")}</p>
            <div class="changes-ways">
                <ButtonLink href=sign_in variant=Variant::Secondary>
                    {text!("appointment-visitor-sign-in-to-change")}
                </ButtonLink>
                <PrintButton/>
            </div>
        </div>
        <form class="changes" method="post" action=links::page(ForgetVisit::PATH)>
            <p>{text!("appointment-visitor-forget-note")}</p>
            <Button variant=Variant::Secondary>{text!("appointment-visitor-forget")}</Button>
        </form>
    }
}

/// For somebody who has just booked for the first time: they have an account now.
#[component]
pub fn NewAccountNote() -> impl IntoView {
    let password =
        view! { <a href=links::page("/account")>{text!("appointment-new-account-link")}</a> };
    view! {
        <Alert>
            <p><strong>{text!("appointment-new-account")}</strong></p>
            <p>{rich_text!("appointment-new-account-detail", password)}</p>
        </Alert>
    }
}
