//! One appointment: held, confirmed, or over.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::actor::Capacity;
use nadi::appointment::State;
use nadi::ids::AppointmentId;
use nadi::ports::AppointmentView;
use nadi::{Failure, Field, wall};

use crate::context;
use crate::fns::booking::{Cancel, Confirm, Release, SendCode};
use crate::islands::Countdown;
use crate::links;
use crate::parts::address;
use crate::parts::answer;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::visit;
use crate::parts::wake::WakeIslands;
use crate::ui::{
    Badge, Button, ButtonLink, Fact, Facts, HiddenField, Notice, PageHead, TextAreaField,
    TextField, Tone, Variant,
};

/// What the page before did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Confirmed,
    CodeSent,
    Released,
    Cancelled,
}

impl Done {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "confirmed" => Some(Self::Confirmed),
            "code-sent" => Some(Self::CodeSent),
            "released" => Some(Self::Released),
            "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }
}

#[component]
pub fn Appointment() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let done = Done::parse(&address::value("done"));
    let state = failure_of::<Confirm>()
        .or(failure_of::<SendCode>())
        .or(failure_of::<Release>())
        .or(failure_of::<Cancel>());
    answer::page(appointment(id, done, state))
}

async fn appointment(id: String, done: Option<Done>, form: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    caller.signed_in()?;
    let id: AppointmentId = id.parse().map_err(|_| Failure::NotFound)?;
    let visit = ports.bookings.appointment(&caller, id).await?;
    let patient = visit.seen_as == Capacity::Patient;
    let body = match visit.state {
        State::Pending if patient => {
            let left = (visit.expires_at - caller.now).num_seconds().max(0);
            view! { <Held visit=visit left=left form=form done=done/> }.into_any()
        }
        State::Confirmed | State::CheckedIn | State::Pending => {
            view! { <Booked visit=visit form=form done=done/> }.into_any()
        }
        State::Cancelled | State::Expired | State::Completed | State::NoShow => {
            view! { <Over visit=visit form=form done=done/> }.into_any()
        }
    };
    Ok(view! { <article class="appointment">{body}</article> }.into_any())
}

/// The sentence and the facts of a visit.
#[component]
fn VisitFacts(visit: AppointmentView) -> impl IntoView {
    let video = visit.mode == nadi::visit::Mode::Video;
    let place = if video { "Video visit".to_owned() } else { visit.location_name.clone() };
    let address = (!video).then(|| {
        let address = visit.location_address.clone();
        view! {
            <br/>
            <span class="muted">{address}</span>
        }
    });
    let (date, times, zone) = (visit::date(&visit), visit::times(&visit), visit::zone(&visit));
    let fee = wall::fee(visit.fee.minor_units, &visit.fee.currency);
    let doctor = links::doctor(visit.doctor_slug.as_str());
    view! {
        <Facts>
            <Fact name="Date"><time>{date}</time></Fact>
            <Fact name="Time">
                <time>{times}</time>
                <br/>
                <span class="muted">{zone}</span>
            </Fact>
            <Fact name="Doctor">
                <a href=doctor>{visit.doctor_name}</a>
                <br/>
                <span class="muted">{visit.specialty}</span>
            </Fact>
            <Fact name="Place">{place} {address}</Fact>
            <Fact name="For">{visit.person_name}</Fact>
            <Fact name="Visit">{visit.visit_type_name}</Fact>
            <Fact name="Fee"><span class="number">{fee}</span></Fact>
            <Fact name="Reference"><span class="reference">{visit.reference}</span></Fact>
        </Facts>
    }
}

/// A hold that waits for its code.
#[component]
fn Held(visit: AppointmentView, left: i64, form: FormState, done: Option<Done>) -> impl IntoView {
    let id = visit.id.to_string();
    let until = wall::time(visit.expires_at, visit.zone);
    let sentence = visit::sentence(&visit);
    let sent = (done == Some(Done::CodeSent)).then(|| {
        view! { <Notice tone=Tone::Good announced=true><p>"A new code is on its way. The one before no longer counts."</p></Notice> }
    });
    let hint = format!(
        "Six digits. We sent it to {}; it can take a minute, and may be in the spam folder.",
        visit.code_sent_to
    );
    view! {
        <Title text=if form.failure.is_some() { "Confirm your appointment: look again" } else { "Confirm your appointment" }/>
        <FormSummary state=form.clone()/>
        {sent}
        <PageHead title="Confirm your appointment" lead=format!("{sentence}.")/>
        <p class="muted appointment-zone">{visit::zone(&visit)}</p>
        <Countdown seconds=left until=until again=links::doctor(visit.doctor_slug.as_str())/>
        <div class="held-forms">
            <form class="form" method="post" action=Confirm::PATH>
                <HiddenField name="id" value=id.clone()/>
                <TextField name="code" label="Code from the e-mail" inputmode="numeric"
                    autocomplete="one-time-code" required=true maxlength=20 hint=hint
                    problem=form.problem(Field::Code)/>
                {context::development().then(|| view! {
                    <p class="muted">"Development: the code is in the "<a href="/dev/mailbox">"mailbox"</a>"."</p>
                })}
                <Button>"Confirm appointment"</Button>
            </form>
            <div class="held-others">
                <form method="post" action=SendCode::PATH>
                    <HiddenField name="id" value=id.clone()/>
                    <Button variant=Variant::Secondary>"Send a new code"</Button>
                </form>
                <form method="post" action=Release::PATH>
                    <HiddenField name="id" value=id/>
                    <Button variant=Variant::Quiet>"Let this time go"</Button>
                </form>
            </div>
        </div>
        <WakeIslands/>
    }
}

/// An appointment that stands.
#[component]
fn Booked(visit: AppointmentView, form: FormState, done: Option<Done>) -> impl IntoView {
    let just = done == Some(Done::Confirmed);
    let (state, tone) = visit::state(visit.state);
    let title = if visit.state == State::Pending { "A held time" } else { "Your appointment" };
    let title = if just { "Your appointment is confirmed" } else { title };
    let lead = format!("{}.", visit::sentence(&visit));
    view! {
        <Title text=title/>
        <FormSummary state=form.clone()/>
        {just.then(|| view! {
            <Notice tone=Tone::Good announced=true>
                <p><strong>"This time is yours. "</strong>"We have sent you a confirmation by e-mail."</p>
            </Notice>
        })}
        <PageHead title=title lead=lead/>
        <p class="appointment-state"><Badge text=state tone=tone/></p>
        <VisitFacts visit=visit.clone()/>
        <p class="actions">
            <ButtonLink href="/appointments" variant=Variant::Secondary>"My appointments"</ButtonLink>
        </p>
        <CancelForm visit=visit form=form/>
    }
}

/// The way out: first what it means, then the button.
#[component]
fn CancelForm(visit: AppointmentView, form: FormState) -> impl IntoView {
    let clinic_side = visit.seen_as != Capacity::Patient;
    let Some(until) = visit.change_until else {
        return view! {
            <p class="muted no-print">
                {(visit.state == State::Confirmed).then_some("It is too late to cancel here. Call the clinic if you cannot come.")}
            </p>
        }
        .into_any();
    };
    let until = format!(
        "You can cancel until {}, {}, {}. The time then goes to someone else at once.",
        wall::date(wall::local_date(until, visit.zone)),
        wall::time(until, visit.zone),
        wall::zone_name(visit.zone, until),
    );
    let open = form.failure.is_some();
    view! {
        <details class="cancel no-print" open=open>
            <summary>"Cancel or give this time back"</summary>
            <form class="form" method="post" action=Cancel::PATH>
                <p>{until}</p>
                <HiddenField name="id" value=visit.id.to_string()/>
                <HiddenField name="version" value=visit.version.to_string()/>
                {clinic_side.then(|| view! {
                    <TextAreaField name="reason" label="Reason" maxlength=300 required=true
                        hint="The patient reads it. No health details."
                        value=context::typed_or("reason", "") problem=form.problem(Field::Reason)/>
                })}
                <Button variant=Variant::Danger>"Cancel this appointment"</Button>
            </form>
        </details>
    }
    .into_any()
}

/// An appointment that is over, one way or another.
#[component]
fn Over(visit: AppointmentView, form: FormState, done: Option<Done>) -> impl IntoView {
    let (state, tone) = visit::state(visit.state);
    let (title, text) = match (visit.state, done) {
        (State::Cancelled, Some(Done::Released)) => {
            ("You let this time go", "It is free again. Nothing more to do.")
        }
        (State::Cancelled, Some(Done::Cancelled)) => {
            ("Your appointment is cancelled", "The time is free again. Nothing more to do.")
        }
        (State::Cancelled, _) => ("This appointment is cancelled", "Nothing more to do."),
        (State::Expired, _) => (
            "The hold has ended",
            "The code was not entered in time, so the time is free again. You can choose it anew while it is.",
        ),
        (State::NoShow, _) => {
            ("This appointment was missed", "Choose another time when you are ready.")
        }
        _ => ("This appointment is over", "Thank you for coming."),
    };
    let announced = done.is_some();
    let reason = visit.cancel_reason.clone().filter(|reason| !reason.is_empty());
    // A refusal that only says what the page says now.
    let form = FormState {
        failure: form.failure.filter(|failure| !matches!(failure, Failure::Refused(_))),
    };
    let again = links::doctor(visit.doctor_slug.as_str());
    view! {
        <Title text=title/>
        <FormSummary state=form/>
        <PageHead title=title lead=text/>
        {announced.then(|| view! { <p class="visually-hidden" role="status">{title}</p> })}
        <p class="appointment-state"><Badge text=state tone=tone/></p>
        {reason.map(|reason| view! { <Notice><p>{format!("The reason given: {reason}")}</p></Notice> })}
        <p class="actions">
            <ButtonLink href=again>{format!("See {}’s free times", visit.doctor_name)}</ButtonLink>
            <ButtonLink href="/appointments" variant=Variant::Secondary>"My appointments"</ButtonLink>
        </p>
        <VisitFacts visit=visit/>
    }
}
