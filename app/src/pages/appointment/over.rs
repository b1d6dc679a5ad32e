//! An appointment that is over, one way or another.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::appointment::{Refusal, State};
use nadi::ports::{AppointmentView, OwnReview};

use super::clinic::{ClinicActions, WayBack};
use super::done::{Done, DoneNotice};
use super::facts::{History, VisitFacts};
use super::review::VisitReview;
use crate::links;
use crate::parts::form::{FormState, FormSummary};
use crate::parts::visit;
use crate::ui::{Alert, Badge, ButtonLink, PageHead};

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

/// The outcome, as a heading and a sentence.
fn outcome(state: State, done: Option<Done>, clinic_side: bool) -> (&'static str, &'static str) {
    match (state, done, clinic_side) {
        (State::Cancelled, Some(Done::Released), _) => {
            ("You let this time go", "It is free again. Nothing more to do.")
        }
        (State::Cancelled, Some(Done::Cancelled), false) => {
            ("Your appointment is cancelled", "The time is free again. Nothing more to do.")
        }
        (State::Cancelled, Some(Done::Cancelled), true) => (
            "The appointment is cancelled",
            "The time is free again, and the patient reads why in an e-mail.",
        ),
        (State::Cancelled, ..) => ("This appointment is cancelled", "Nothing more to do."),
        (State::Expired, _, false) => (
            "The hold has ended",
            "It was not confirmed in time, so the time is free again. You can choose it anew while it is.",
        ),
        (State::Expired, _, true) => {
            ("The hold has ended", "It was not confirmed in time, so the time is free again.")
        }
        (State::NoShow, _, false) => {
            ("This appointment was missed", "Choose another time when you are ready.")
        }
        (State::NoShow, _, true) => {
            ("The patient did not come", "If they came after all, note that the visit took place.")
        }
        (_, _, false) => ("This appointment is over", "Thank you for coming."),
        (_, _, true) => ("This visit took place", "Nothing more to do."),
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
    let (state, tone) = visit::state(visit.state);
    let (title, text) = outcome(visit.state, done, clinic_side);
    let announced = done.is_some();
    let reason = visit.cancel_reason.clone().filter(|reason| !reason.is_empty());
    // The refusal only repeats what the page already says.
    let form = FormState {
        failure: form.failure.filter(|failure| match failure {
            Failure::Refused(refusal) => is_about_undoing(refusal),
            _ => true,
        }),
    };
    let news = match done {
        Some(Done::Reviewed) => {
            Some(("Thank you.", format!("Your review stands on {}’s page.", visit.doctor_name)))
        }
        Some(Done::Withdrawn) => {
            Some(("Your review is taken back.", "Nobody can read it any more.".to_owned()))
        }
        Some(Done::Reopened) => Some(("Undone.", "The visit is as it was before.".to_owned())),
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
        let text = format!("See {}’s free times", visit.doctor_name);
        view! { <p class="actions"><ButtonLink href=href>{text}</ButtonLink></p> }
    });
    view! {
        <Title text=title/>
        <FormSummary state=form.or(review)/>
        {news}
        <PageHead title=title lead=text/>
        {(announced && !said).then(|| view! { <p class="visually-hidden" role="status">{title}</p> })}
        <p class="appointment-state"><Badge text=state tone=tone/></p>
        {reason.map(|reason| view! { <Alert><p>{format!("The reason given: {reason}")}</p></Alert> })}
        {again}
        <ClinicActions visit=visit.clone()/>
        {own}
        <VisitFacts visit=visit.clone()/>
        <History visit=visit.clone()/>
        <WayBack visit=visit/>
    }
}
