//! The page of one appointment: a hold, a confirmed appointment, or one that is over.

use leptos::prelude::*;
use nadi::Failure;
use nadi::appointment::State;
use nadi::visit::Mode;

use super::booked::Booked;
use super::done::Done;
use super::held::Held;
use super::over::Over;
use super::route::{id_in_path, requested_appointment};
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
    let form = failure_of::<Confirm>()
        .or(failure_of::<SendCode>())
        .or(failure_of::<Extend>())
        .or(failure_of::<Release>())
        .or(failure_of::<Cancel>())
        .or(failure_of::<Reschedule>())
        .or(failure_of::<CheckIn>())
        .or(failure_of::<Complete>())
        .or(failure_of::<NoShow>())
        .or(failure_of::<Reopen>());
    let review = failure_of::<WriteReview>().or(failure_of::<WithdrawReview>());
    response::page(appointment(id_in_path(), done, form, review))
}

async fn appointment(
    id: String,
    done: Option<Done>,
    form: FormState,
    review: FormState,
) -> Result<AnyView, Failure> {
    let now = context::caller()?.now;
    let visit = requested_appointment(&id).await?;
    let video = visit.mode == Mode::Video;
    let body = match visit.state {
        State::Pending if !is_clinic_side(&visit) => {
            let left = (visit.expires_at - now).num_seconds().max(0);
            view! { <Held visit=visit left=left form=form done=done/> }.into_any()
        }
        State::Confirmed | State::CheckedIn | State::Pending => {
            view! { <Booked visit=visit form=form done=done now=now/> }.into_any()
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
