//! A confirmed appointment, or a hold as the clinic sees it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::appointment::{Command, State, begun};
use nadi::ports::AppointmentView;
use nadi::{Failure, Field};

use super::clinic::{ClinicActions, WayBack};
use super::done::{Done, DoneNotice};
use super::facts::{History, VisitFacts};
use crate::context;
use crate::fns::booking::Cancel;
use crate::links;
use crate::messages;
use crate::parts::form::{FormKey, FormState, FormSummary};
use crate::parts::visit;
use crate::ui::{
    Badge, Button, ButtonLink, HiddenField, PageHead, PrintButton, TextAreaField, Variant,
};

#[component]
pub fn Booked(
    visit: AppointmentView,
    form: FormState,
    done: Option<Done>,
    now: DateTime<Utc>,
) -> impl IntoView {
    let clinic_side = visit::is_clinic_side(&visit);
    let (state, tone) = visit::state(visit.state);
    let title = match (done, visit.state, clinic_side) {
        (Some(Done::Confirmed), _, false) => "Your appointment is confirmed".to_owned(),
        (_, State::Pending, _) => "A held time".to_owned(),
        (_, _, true) => format!("Appointment with {}", visit.person_name),
        (_, _, false) => "Your appointment".to_owned(),
    };
    let news = match (done, clinic_side) {
        (Some(Done::Confirmed), _) => {
            Some(("This time is yours.", "We have sent you a confirmation by e-mail."))
        }
        (Some(Done::Moved), false) => {
            Some(("Your appointment has moved.", "We have sent you the new time by e-mail."))
        }
        (Some(Done::Moved), true) => {
            Some(("The appointment has moved.", "The patient gets the new time by e-mail."))
        }
        (Some(Done::CheckedIn), _) => Some(("Checked in.", "The patient is here.")),
        (Some(Done::Reopened), _) => Some(("Undone.", "The visit is open again.")),
        _ => None,
    };
    let news = news.map(|(strong, text)| view! { <DoneNotice strong=strong text=text/> });
    let lead = format!("{}.", visit::sentence(&visit));
    view! {
        <Title text=title.clone()/>
        <FormSummary state=form.clone()/>
        {news}
        <PageHead title=title lead=lead/>
        <p class="appointment-state"><Badge text=state tone=tone/></p>
        <ClinicActions visit=visit.clone()/>
        <VisitFacts visit=visit.clone()/>
        <Changes visit=visit.clone() form=form now=now/>
        <History visit=visit.clone()/>
        <WayBack visit=visit/>
    }
}

/// Moving and cancelling: until when, then how.
#[component]
fn Changes(visit: AppointmentView, form: FormState, now: DateTime<Utc>) -> impl IntoView {
    let clinic_side = visit::is_clinic_side(&visit);
    let until = visit::change_until(&visit);
    let confirmed = visit.state == State::Confirmed;
    let file = links::appointment_file(&visit.id.to_string());
    let begun = begun(visit.starts_at, visit.ends_at, now);
    let policy = confirmed.then(|| match visit.doctor_takes_bookings {
        true => messages::visit::change_policy(until.as_deref(), begun, clinic_side),
        false => messages::visit::not_taking_bookings(&visit.doctor_name, until.as_deref()),
    });
    let can_move = visit.open_to.contains(&Command::Reschedule);
    let can_cancel = visit.open_to.contains(&Command::Cancel);
    let href = links::move_appointment(&visit.id.to_string());
    view! {
        <div class="changes">
            {policy.map(|policy| view! { <p>{policy}</p> })}
            <div class="changes-ways">
                {confirmed.then(|| view! {
                    <a class="button" data-variant="secondary" href=file download="">"Add to your calendar"</a>
                })}
                {can_move.then(|| view! {
                    <ButtonLink href=href variant=Variant::Secondary>"Move to another time"</ButtonLink>
                })}
                {confirmed.then(|| view! { <PrintButton/> })}
            </div>
            {can_cancel.then(|| view! { <CancelForm visit=visit form=form/> })}
        </div>
    }
}

/// The form for cancelling: first the consequences, then the button.
#[component]
fn CancelForm(visit: AppointmentView, form: FormState) -> impl IntoView {
    let reason_needed = visit::is_clinic_side(&visit) && visit.state == State::Confirmed;
    // Open again only when this form failed.
    let open = matches!(form.failure, Some(Failure::Invalid(_)));
    view! {
        <details class="cancel" open=open>
            <summary>"Cancel or give this time back"</summary>
            <form class="form" method="post" action=links::page(Cancel::PATH)>
                <p>"The time then goes to someone else at once."</p>
                <FormKey/>
                <HiddenField name="id" value=visit.id.to_string()/>
                <HiddenField name="version" value=visit.version.to_string()/>
                {reason_needed.then(|| view! {
                    <TextAreaField name="reason" label="Reason" maxlength=300 required=true
                        hint="The patient reads it. No health details."
                        value=context::typed_or("reason", "") problem=form.problem(Field::Reason)/>
                })}
                <Button variant=Variant::Danger>"Cancel this appointment"</Button>
            </form>
        </details>
    }
}
