//! The page of one appointment: a hold, a confirmed appointment, or one that is over.

use leptos::prelude::*;
use nadi::Failure;
use nadi::actor::Caller;
use nadi::appointment::State;
use nadi::ports::AppointmentView;
use nadi::visit::Mode;

use super::booked::Booked;
use super::done::Done;
use super::held::Held;
use super::over::Over;
use super::route::{id_in_path, requested_appointment};
use super::visitor::{InAnAccount, NewAccountNote, VisitorHold};
use crate::context;
use crate::fns::booking::{
    Cancel, CheckIn, Complete, Confirm, Extend, NoShow, Release, Reopen, Reschedule, SendCode,
};
use crate::fns::reviews::{WithdrawReview, WriteReview};
use crate::parts::address;
use crate::parts::form::{FormState, failure_of};
use crate::parts::response;
use crate::parts::visit::is_clinic_side;
use crate::ui::FillOwnTimes;

#[component]
pub fn Appointment() -> impl IntoView {
    let done = Done::parse(&address::value("done"));
    let details = failure_of::<SendCode>();
    let form = failure_of::<Confirm>()
        .or(details.clone())
        .or(failure_of::<Extend>())
        .or(failure_of::<Release>())
        .or(failure_of::<Cancel>())
        .or(failure_of::<Reschedule>())
        .or(failure_of::<CheckIn>())
        .or(failure_of::<Complete>())
        .or(failure_of::<NoShow>())
        .or(failure_of::<Reopen>());
    let review = failure_of::<WriteReview>().or(failure_of::<WithdrawReview>());
    // The address still has the word for what was done before the form failed.
    let done = done.filter(|_| form.failure.is_none() && review.failure.is_none());
    response::page(appointment(id_in_path(), done, form, details, review))
}

async fn appointment(
    id: String,
    done: Option<Done>,
    form: FormState,
    details: FormState,
    review: FormState,
) -> Result<AnyView, Failure> {
    let caller = context::caller()?;
    let (now, is_visitor) = (caller.now, caller.signed_in().is_err());
    let visit = requested_appointment(&id).await?;
    let video = visit.mode == Mode::Video;
    let body = match visit.state {
        State::Pending if !is_clinic_side(&visit) => {
            let left = (visit.expires_at - now).num_seconds().max(0);
            match is_visitor {
                true => view! { <VisitorHold visit=visit left=left form=form details=details done=done/> }
                    .into_any(),
                false => view! { <Held visit=visit left=left form=form done=done/> }.into_any(),
            }
        }
        State::Confirmed | State::CheckedIn if visit.is_in_an_account => {
            view! { <InAnAccount visit=visit/> }.into_any()
        }
        State::Confirmed | State::CheckedIn | State::Pending => {
            let is_new = done == Some(Done::Confirmed) && has_new_account(&caller, &visit).await;
            view! {
                <Booked visit=visit form=form done=done now=now/>
                {is_new.then(|| view! { <NewAccountNote/> })}
            }
            .into_any()
        }
        State::Cancelled | State::Expired | State::Completed | State::NoShow => {
            let own = match visit.state {
                State::Completed if !is_clinic_side(&visit) => {
                    let (caller, ports) = (context::caller()?, context::ports()?);
                    Some(ports.reviews.own(&caller, visit.id).await?)
                }
                _ => None,
            };
            view! { <Over visit=visit form=form review=review own=own done=done/> }.into_any()
        }
    };
    Ok(view! {
        <article class="appointment">{body}</article>
        {video.then(|| view! { <FillOwnTimes/> })}
    }
    .into_any())
}

/// Whether confirming has made the account: it is younger than the hold, and has neither a password nor a passkey. A page
/// that shows a confirmed appointment does not fail when this cannot be read.
async fn has_new_account(caller: &Caller, visit: &AppointmentView) -> bool {
    let Ok(ports) = context::ports() else { return false };
    let profile = ports.accounts.profile(caller).await;
    profile.is_ok_and(|profile| {
        profile.created_at >= visit.created_at && !profile.has_password && profile.passkeys == 0
    })
}
