//! One appointment: held, confirmed, or over; and moving it.

mod booked;
mod clinic;
mod facts;
mod held;
mod moving;
mod over;
mod review;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::appointment::State;
use nadi::ids::AppointmentId;
use nadi::ports::AppointmentView;
use nadi::visit::Mode;

use crate::context;
use crate::fns::booking::{
    Cancel, CheckIn, Complete, Confirm, Extend, NoShow, Release, Reopen, Reschedule, SendCode,
};
use crate::fns::reviews::{WithdrawReview, WriteReview};
use crate::parts::address;
use crate::parts::form::{FormState, failure_of};
use crate::parts::response;
use crate::parts::visit::is_clinic_side;
use crate::ui::{FillOwnTimes, Notice, Tone};

use booked::Booked;
use held::Held;
pub use moving::MoveAppointment;
use over::Over;
pub use review::ReviewLink;

/// What the page before did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Confirmed,
    CodeSent,
    Extended,
    Released,
    Cancelled,
    Moved,
    CheckedIn,
    Completed,
    NoShow,
    Reopened,
    Reviewed,
    Withdrawn,
}

impl Done {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "confirmed" => Some(Self::Confirmed),
            "code-sent" => Some(Self::CodeSent),
            "extended" => Some(Self::Extended),
            "released" => Some(Self::Released),
            "cancelled" => Some(Self::Cancelled),
            "moved" => Some(Self::Moved),
            "checked-in" => Some(Self::CheckedIn),
            "completed" => Some(Self::Completed),
            "no-show" => Some(Self::NoShow),
            "reopened" => Some(Self::Reopened),
            "reviewed" => Some(Self::Reviewed),
            "withdrawn" => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

/// Good news about what was just done, said aloud.
#[component]
fn DoneNotice(#[prop(into)] strong: String, #[prop(into)] text: String) -> impl IntoView {
    view! {
        <Notice tone=Tone::Good announced=true>
            <p><strong>{strong}</strong>{format!(" {text}")}</p>
        </Notice>
    }
}

/// The appointment in the address, as the caller may see it.
async fn asked_for(id: &str) -> Result<AppointmentView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    caller.signed_in()?;
    let id: AppointmentId = id.parse().map_err(|_| Failure::NotFound)?;
    ports.bookings.appointment(&caller, id).await
}

fn id_in_address() -> String {
    use_params_map().with_untracked(|params| params.get("id").unwrap_or_default())
}

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
    response::page(appointment(id_in_address(), done, form, review))
}

async fn appointment(
    id: String,
    done: Option<Done>,
    form: FormState,
    review: FormState,
) -> Result<AnyView, Failure> {
    let now = context::caller()?.now;
    let visit = asked_for(&id).await?;
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
