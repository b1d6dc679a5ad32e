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
use super::held::{CodeState, ConfirmForm, HeldHead, NewCodeForm, ReleaseForm, about};
use crate::context::typed_or;
use crate::fns::booking::{ForgetVisit, SendCode, SignInToBook};
use crate::i18n::{date_without_weekday, rich_text, text};
use crate::links;
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
    // The account of the typed address has another appointment then, which only the right code has revealed.
    let clash = matches!(
        form.failure,
        Some(Failure::Refused(
            Refusal::PersonBusy | Refusal::TooManyVisits { .. } | Refusal::TooManyPeople
        ))
    );
    let given = visit.contact.clone().filter(|_| !visit.code_sent_to.is_empty());
    let is_first = given.is_none();
    let about = about(&visit, visit::name(&visit.visit_type_name));
    // The first code was asked for with the details.
    let code = CodeState::of(&visit, 1, done);
    let form = code.explained(form);
    let new_code = !is_first && code.can_be_renewed && !code.is_spent;
    let details_form = (is_first || code.can_be_renewed).then_some(DETAILS_FORM);
    let forms = match given {
        None => {
            let shown = Details::of(visit.contact.as_ref());
            view! { <DetailsForm id=id.clone() stored=shown is_sent=false form=details/> }
                .into_any()
        }
        Some(contact) => {
            let stored = Details::of(Some(&contact));
            let open = details.shows_typed() || clash || stored.typed() != stored;
            let confirmed = AppointmentView {
                code_sent_to: Email::readable(contact.email.as_str()),
                ..visit.clone()
            };
            view! {
                {clash.then(|| view! {
                    <Alert tone=Tone::Waiting><p>{text!("appointment-visitor-clash")}</p></Alert>
                })}
                <ConfirmForm visit=confirmed form=form.clone() code=code/>
                <GivenDetails contact=contact/>
                // Another address needs another code.
                {code.can_be_renewed.then(|| view! {
                    <details class="contact-change" open=open>
                        <summary>{text!("appointment-visitor-change")}</summary>
                        <DetailsForm id=id.clone() stored=stored is_sent=true form=details/>
                    </details>
                })}
            }
            .into_any()
        }
    };
    view! {
        <HeldHead visit=visit left=left form=form done=done about=about details_form=details_form/>
        <div class="held-forms">
            {forms}
            <div class="held-others">
                {(is_first || clash).then(|| view! { <SignInForm id=id.clone()/> })}
                {new_code.then(|| view! { <NewCodeForm id=id.clone() variant=Variant::Secondary/> })}
                <ReleaseForm id=id/>
            </div>
        </div>
        <HydrationScripts/>
    }
}

/// The id of the form with the details.
const DETAILS_FORM: &str = "details";

/// The fields of the form with the details.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    name: String,
    email: String,
    /// `me` or `other`.
    whom: String,
    patient_name: String,
    birth_date: String,
}

impl Details {
    fn of(contact: Option<&Contact>) -> Self {
        let patient = contact.and_then(|contact| contact.patient.as_ref());
        let birth_date = patient.and_then(|patient| patient.birth_date);
        Self {
            name: contact.map(|contact| contact.name.clone()).unwrap_or_default(),
            email: contact
                .map(|contact| Email::readable(contact.email.as_str()))
                .unwrap_or_default(),
            whom: if patient.is_some() { "other" } else { "me" }.to_owned(),
            patient_name: patient.map(|patient| patient.name.clone()).unwrap_or_default(),
            birth_date: birth_date.map(|date| date.to_string()).unwrap_or_default(),
        }
    }

    /// The fields as they were typed, in a form that is shown again.
    fn typed(&self) -> Self {
        Self {
            name: typed_or("name", &self.name),
            email: typed_or("email", &self.email),
            whom: typed_or("whom", &self.whom),
            patient_name: typed_or("patient_name", &self.patient_name),
            birth_date: typed_or("birth_date", &self.birth_date),
        }
    }
}

/// Who they are, and whom the visit is for. Sends the code.
#[component]
fn DetailsForm(
    id: String,
    stored: Details,
    /// A code was sent for this hold already.
    is_sent: bool,
    form: FormState,
) -> impl IntoView {
    let Details { name, email, whom, patient_name, birth_date } = stored.typed();
    let choices = vec![
        Choice::new("me", text!("appointment-visitor-for-me")),
        Choice::new("other", text!("appointment-visitor-for-other")),
    ];
    let button = match is_sent {
        true => text!("appointment-visitor-send-code-again"),
        false => text!("appointment-visitor-send-code"),
    };
    view! {
        <form class="form contact-form" id=DETAILS_FORM method="post" action=links::page(SendCode::PATH)>
            <FormKey/>
            <HiddenField name="id" value=id/>
            <TextField name="name" label=text!("appointment-visitor-name") autocomplete="name" required=true
                maxlength=100 value=name problem=form.problem(Field::Name)/>
            <TextField name="email" label=text!("appointment-visitor-email") kind="email" autocomplete="email"
                required=true maxlength=254 hint=text!("appointment-visitor-email-hint")
                value=email problem=form.problem(Field::Email)/>
            <RadioField name="whom" label=text!("appointment-visitor-whom") choices=choices
                value=whom/>
            <div class="contact-patient">
                <TextField name="patient_name" label=text!("appointment-visitor-patient-name") autocomplete="off"
                    maxlength=100 value=patient_name
                    problem=form.problem(Field::PatientName)/>
                <TextField name="birth_date" label=text!("appointment-visitor-birth-date") kind="date"
                    min="1900-01-01" value=birth_date
                    problem=form.problem(Field::BirthDate)/>
            </div>
            <Button variant=if is_sent { Variant::Secondary } else { Variant::Primary }>{button}</Button>
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
    let password = view! { <a href=links::page("/account/password")>{text!("appointment-new-account-link")}</a> };
    view! {
        <Alert>
            <p><strong>{text!("appointment-new-account")}</strong></p>
            <p>{rich_text!("appointment-new-account-detail", password)}</p>
        </Alert>
    }
}
