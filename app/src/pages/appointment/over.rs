//! An appointment that is over, one way or another.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::actor::ActingRole;
use nadi::appointment::{Event, Refusal, State};
use nadi::ports::{AppointmentView, OwnReview};

use super::clinic::{ClinicActions, WayBack};
use super::done::{Done, DoneNotice};
use super::facts::{History, VisitFacts};
use super::review::VisitReview;
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::form::{FormState, FormSummary};
use crate::parts::visit;
use crate::ui::{Alert, Badge, ButtonLink, PageHead, Tone};

/// Whether a refusal is about undoing; only these are not explained elsewhere on the page.
fn is_about_undoing(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::TooLateToUndo
            | Refusal::HasReview
            | Refusal::TimeGivenAway
            | Refusal::PersonBusy
            | Refusal::NothingToUndo
    )
}

/// Who released it, if it was a hold that was never confirmed.
fn released_by(visit: &AppointmentView) -> Option<ActingRole> {
    let last = visit.history.iter().rev().find(|entry| entry.event == Event::Released);
    last.filter(|_| visit.state == State::Cancelled).map(|entry| entry.by)
}

/// The outcome of a hold that was released, as a heading and a sentence.
fn release(by: ActingRole, done: Option<Done>, clinic_side: bool) -> (String, String) {
    match (by, clinic_side) {
        (ActingRole::Patient, false) => {
            let detail = match done {
                Some(Done::Released) => text!("appointment-released-detail"),
                _ => text!("appointment-released-not-booked"),
            };
            (text!("appointment-released-title"), detail)
        }
        // Only the hold that takes its place releases it by itself.
        (ActingRole::System, false) => {
            (text!("appointment-released-title-other"), text!("appointment-released-for-another"))
        }
        _ => (text!("appointment-released-title-other"), text!("appointment-released-not-booked")),
    }
}

/// The outcome, as a heading and a sentence.
fn outcome(state: State, done: Option<Done>, clinic_side: bool) -> (String, String) {
    match (state, done, clinic_side) {
        (State::Cancelled, Some(Done::Cancelled), false) => {
            (text!("appointment-cancelled-done-title"), text!("appointment-cancelled-done-detail"))
        }
        (State::Cancelled, Some(Done::Cancelled), true) => (
            text!("appointment-cancelled-done-title-clinic"),
            text!("appointment-cancelled-done-detail-clinic"),
        ),
        (State::Cancelled, ..) => {
            (text!("appointment-cancelled-title"), text!("appointment-nothing-to-do"))
        }
        (State::Expired, _, false) => {
            (text!("appointment-expired-title"), text!("appointment-expired-detail"))
        }
        (State::Expired, _, true) => {
            (text!("appointment-expired-title"), text!("appointment-expired-detail-clinic"))
        }
        (State::NoShow, _, false) => {
            (text!("appointment-no-show-title"), text!("appointment-no-show-detail"))
        }
        (State::NoShow, _, true) => {
            (text!("appointment-no-show-title-clinic"), text!("appointment-no-show-detail-clinic"))
        }
        (_, _, false) => {
            (text!("appointment-completed-title"), text!("appointment-completed-detail"))
        }
        (_, _, true) => {
            (text!("appointment-completed-title-clinic"), text!("appointment-nothing-to-do"))
        }
    }
}

#[component]
pub fn Over(
    visit: AppointmentView,
    form: FormState,
    /// Of the forms about the review.
    review: FormState,
    /// Present for the patient of a completed visit.
    own: Option<OwnReview>,
    done: Option<Done>,
) -> impl IntoView {
    let clinic_side = visit::is_clinic_side(&visit);
    let ((state, tone), (title, lead)) = match released_by(&visit) {
        Some(by) => {
            ((text!("appointment-state-released"), Tone::Neutral), release(by, done, clinic_side))
        }
        None => (visit::state(visit.state), outcome(visit.state, done, clinic_side)),
    };
    let announced = done.is_some();
    let reason = visit.cancel_reason.clone().filter(|reason| !reason.is_empty());
    // The refusal only repeats what the page already says.
    let form = FormState {
        failure: form.failure.filter(|failure| match failure {
            Failure::Refused(refusal) => is_about_undoing(refusal),
            _ => true,
        }),
        ..form
    };
    let news = match done {
        Some(Done::Reviewed) => {
            let doctor = visit::name(&visit.doctor_name);
            let detail = rich_text!("appointment-reviewed-done-detail", doctor);
            Some((text!("appointment-reviewed-done"), detail))
        }
        Some(Done::Withdrawn) => Some((
            text!("appointment-review-deleted-done"),
            text!("appointment-review-deleted-done-detail").into_any(),
        )),
        Some(Done::Reopened) => {
            Some((text!("appointment-undone"), text!("appointment-undone-detail").into_any()))
        }
        _ => None,
    };
    // That sentence is not true for a hidden review.
    let hidden =
        own.as_ref().and_then(|own| own.review.as_ref()).is_some_and(|r| r.hidden.is_some());
    let news = news
        .filter(|_| !hidden)
        .map(|(strong, text)| view! { <DoneNotice strong=strong text=text/> });
    let said = news.is_some();
    let own =
        own.map(|own| view! { <VisitReview visit=visit.clone() own=own form=review.clone()/> });
    let again = (!clinic_side && visit.doctor_takes_bookings).then(|| {
        let href = links::doctor(visit.doctor_slug.as_str());
        let doctor = visit::name(&visit.doctor_name);
        let link = rich_text!("appointment-free-times-link", doctor);
        view! { <p class="actions"><ButtonLink href=href>{link}</ButtonLink></p> }
    });
    let reason = reason.map(|reason| {
        let reason = rich_text!("appointment-cancel-reason-given", reason = visit::name(&reason));
        view! { <Alert><p>{reason}</p></Alert> }
    });
    let status = (announced && !said)
        .then(|| view! { <p class="visually-hidden" role="status">{title.clone()}</p> });
    view! {
        <Title text=title.clone()/>
        <FormSummary state=form.or(review)/>
        {news}
        <PageHead title=title lead=lead/>
        {status}
        <p class="appointment-state"><Badge text=state tone=tone/></p>
        {reason}
        {again}
        <ClinicActions visit=visit.clone()/>
        {own}
        <VisitFacts visit=visit.clone()/>
        <History visit=visit.clone()/>
        <WayBack visit=visit/>
    }
}
