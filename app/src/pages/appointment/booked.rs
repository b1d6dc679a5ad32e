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
use super::facts::{Head, History, VisitFacts};
use crate::context;
use crate::fns::booking::Cancel;
use crate::i18n::{rich_text, text};
use crate::links;
use crate::messages;
use crate::parts::form::{FormKey, FormState, FormSummary};
use crate::parts::visit;
use crate::ui::{Badge, Button, ButtonLink, HiddenField, PrintButton, TextAreaField, Variant};

#[component]
pub fn Booked(
    visit: AppointmentView,
    form: FormState,
    done: Option<Done>,
    now: DateTime<Utc>,
) -> impl IntoView {
    let clinic_side = visit::is_clinic_side(&visit);
    let (state, tone) = visit::state(visit.state);
    let (title, heading) = match (done, visit.state, clinic_side) {
        (Some(Done::Confirmed), _, false) => (text!("appointment-confirmed-title"), None),
        (_, State::Pending, _) => (text!("appointment-held-title-clinic"), None),
        (_, _, true) => {
            let person = &visit::person_text(&visit.person_name);
            let heading = rich_text!("appointment-title-clinic", person = visit::name(person));
            (text!("appointment-title-clinic", person), Some(heading))
        }
        (_, _, false) => (text!("appointment-title"), None),
    };
    let heading = heading.unwrap_or_else(|| title.clone().into_any());
    let news = match (done, clinic_side) {
        (Some(Done::Confirmed), _) => {
            Some((text!("appointment-confirmed-done"), text!("appointment-confirmed-done-detail")))
        }
        (Some(Done::Moved), false) => Some((
            text!("appointment-rescheduled-done"),
            text!("appointment-rescheduled-done-detail"),
        )),
        (Some(Done::Moved), true) => Some((
            text!("appointment-rescheduled-done"),
            text!("appointment-rescheduled-done-detail-clinic"),
        )),
        (Some(Done::CheckedIn), _) => Some((
            text!("appointment-checked-in-done"),
            text!("appointment-checked-in-done-detail"),
        )),
        (Some(Done::Reopened), _) => {
            Some((text!("appointment-undone"), text!("appointment-undone-detail")))
        }
        _ => None,
    };
    let news =
        news.map(|(strong, text)| view! { <DoneNotice strong=strong text=text.into_any()/> });
    let lead = visit::summary(&visit);
    view! {
        <Title text=title/>
        <FormSummary state=form.clone()/>
        {news}
        <Head title=heading lead=lead/>
        <p class="appointment-state"><Badge text=state tone=tone/></p>
        <ClinicActions visit=visit.clone()/>
        <VisitFacts visit=visit.clone()/>
        <Changes visit=visit.clone() form=form now=now/>
        <History visit=visit.clone()/>
        <WayBack visit=visit/>
    }
}

/// Rescheduling and cancelling: until when, then how.
#[component]
fn Changes(visit: AppointmentView, form: FormState, now: DateTime<Utc>) -> impl IntoView {
    let clinic_side = visit::is_clinic_side(&visit);
    let confirmed = visit.state == State::Confirmed;
    let file = links::appointment_file(&visit.id.to_string());
    let begun = begun(visit.starts_at, visit.ends_at, now);
    let policy = confirmed.then(|| match visit.doctor_takes_bookings {
        true => {
            let until = visit::change_until(&visit);
            messages::visit::change_policy(until.as_deref(), begun, clinic_side).into_any()
        }
        false => visit::not_taking_bookings(&visit),
    });
    let can_move = visit.open_to.contains(&Command::Reschedule);
    let can_cancel = visit.open_to.contains(&Command::Cancel);
    let href = links::move_appointment(&visit.id.to_string());
    view! {
        <div class="changes">
            {policy.map(|policy| view! { <p>{policy}</p> })}
            <div class="changes-ways">
                {confirmed.then(|| view! {
                    <a class="button" data-variant="secondary" href=file download="">
                        {text!("appointment-add-to-calendar")}
                    </a>
                })}
                {can_move.then(|| view! {
                    <ButtonLink href=href variant=Variant::Secondary>
                        {text!("appointment-reschedule-button")}
                    </ButtonLink>
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
    let clinic_side = visit::is_clinic_side(&visit);
    let reason_needed = clinic_side && visit.state == State::Confirmed;
    let button = match visit.state {
        State::Pending => text!("appointment-held-release-button"),
        _ => text!("appointment-cancel-button"),
    };
    let detail = match clinic_side {
        true => text!("appointment-cancel-detail-clinic"),
        false => text!("appointment-cancel-detail"),
    };
    // Open again only when this form failed.
    let open = matches!(form.failure, Some(Failure::Invalid(_))) || form.sent_before_sign_in;
    view! {
        <details class="cancel" open=open>
            <summary>{button.clone()}</summary>
            <form class="form" method="post" action=links::page(Cancel::PATH)>
                <p>{detail}</p>
                <FormKey/>
                <HiddenField name="id" value=visit.id.to_string()/>
                <HiddenField name="version" value=visit.version.to_string()/>
                {reason_needed.then(|| view! {
                    <TextAreaField name="reason" label=text!("appointment-cancel-reason") maxlength=300 required=true
                        hint=text!("appointment-cancel-reason-hint")
                        value=context::typed_or("reason", "") problem=form.problem(Field::Reason)/>
                })}
                <Button variant=Variant::Danger>{button}</Button>
            </form>
        </details>
    }
}
