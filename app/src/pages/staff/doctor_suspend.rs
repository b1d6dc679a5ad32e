//! Asks, before a doctor is suspended, what to do with the upcoming appointments.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::appointment::State;
use nadi::calendar::Moment;
use nadi::ids::DoctorId;
use nadi::ports::{AppointmentQuery, AppointmentView, DoctorStatus, Page, Whose};
use nadi::{Failure, Field, local_time};

use super::doctors::{head_with_names, name as shown_name};
use crate::context::{self, typed_or};
use crate::fns::administration::SuspendDoctor as Suspend;
use crate::i18n::{LocalTimesText as _, rich_text, text};
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response, visit};
use crate::ui::{Alert, Button, HiddenField, TextAreaField, Tone, Variant};

/// How many are listed; the rest is only counted.
const SHOWN: u32 = 50;

/// The confirmed appointments of a doctor that are coming up, soonest first.
pub async fn coming(doctor: DoctorId) -> Result<Page<AppointmentView>, Failure> {
    of_state(doctor, State::Confirmed, SHOWN).await
}

async fn of_state(
    doctor: DoctorId,
    state: State,
    page_size: u32,
) -> Result<Page<AppointmentView>, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let query = AppointmentQuery {
        state: Some(state),
        from: Some(Moment::Instant(caller.now)),
        page_size,
        ..AppointmentQuery::of(Whose::OfDoctor(doctor))
    };
    ports.bookings.list(&caller, &query).await
}

#[component]
pub fn SuspendDoctor() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let (status, done) = (address::value("status"), address::value("done"));
    response::page(suspend_doctor(id, status, done, failure_of::<Suspend>()))
}

async fn suspend_doctor(
    id: String,
    status: String,
    done: String,
    form: FormState,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let doctor: DoctorId = id.parse().map_err(|_| Failure::NotFound)?;
    let stored = ports.administration.doctor(&caller, doctor).await?;
    let listed = stored.status == DoctorStatus::Listed;
    let coming = coming(doctor).await?;
    let held = of_state(doctor, State::Pending, 1).await?.total;
    let (number, name) = (coming.total, stored.name);
    let (title, heading) = match listed {
        true => (
            text!("admin-suspend-title", name = &name),
            rich_text!("admin-suspend-title", name = shown_name(&name)),
        ),
        false => (
            text!("admin-suspend-title-appointments", name = &name),
            rich_text!("admin-suspend-title-appointments", name = shown_name(&name)),
        ),
    };
    let said = text!("admin-suspend-upcoming", count = number).into_any();
    let some = (done == "some" && number > 0).then(|| {
        view! {
            <Alert tone=Tone::Waiting announced=true>
                <p>
                    <strong>{text!("admin-suspend-not-all-title")}</strong>
                    " "
                    {text!("admin-suspend-not-all-text")}
                </p>
            </Alert>
        }
    });
    let holds = (held > 0).then(|| text!("admin-suspend-holds", count = held));
    let more = coming.total - i64::try_from(coming.items.len()).unwrap_or(0);
    let mixed = local_time::are_mixed(coming.items.iter().map(|item| visit::local(item).starts()));
    let rows: Vec<_> = coming.items.into_iter().map(|item| row(item, mixed)).collect();
    let keep = listed.then(|| {
        let text = text!("admin-suspend-keep-button", count = number);
        view! {
            {(number > 0).then(|| view! { <h2>{text!("admin-suspend-keep-title")}</h2> })}
            <form class="form" method="post" action=links::page(Suspend::PATH)>
                <HiddenField name="id" value=id.clone()/>
                <HiddenField name="status" value=status.clone()/>
                <HiddenField name="upcoming" value="keep"/>
                <p>{text!("admin-suspend-keep-text")}</p>
                <Button variant=Variant::Secondary>{text}</Button>
            </form>
        }
    });
    let cancel = (number > 0).then(|| {
        let text = match listed {
            true => text!("admin-suspend-cancel-button", count = number),
            false => text!("admin-suspend-cancel-only-button", count = number),
        };
        view! {
            <h2>{text!("admin-suspend-cancel-title")}</h2>
            <form class="form" method="post" action=links::page(Suspend::PATH)>
                <HiddenField name="id" value=id.clone()/>
                <HiddenField name="status" value=status.clone()/>
                <HiddenField name="upcoming" value="cancel"/>
                <TextAreaField name="reason" label=text!("admin-suspend-reason") maxlength=300 required=true
                    hint=text!("admin-suspend-reason-hint")
                    value=typed_or("reason", "") problem=form.problem(Field::Reason)/>
                <Button variant=Variant::Danger>{text}</Button>
            </form>
        }
    });
    let back = links::edit_doctor(&id);
    Ok(view! {
        <Title text=title/>
        <p class="admin-back"><a href=back translate="no">{name}</a></p>
        <section class="narrow">
            <FormSummary state=form/>
            {some}
            {head_with_names(heading, said)}
            {(number > 0).then(|| view! { <ul class="in-the-way-list">{rows}</ul> })}
            {(more > 0).then(|| view! { <p>{text!("admin-suspend-more", count = more)}</p> })}
            {holds.map(|text| view! { <p>{text}</p> })}
            <div class="suspend-ways">{keep} {cancel}</div>
        </section>
    }
    .into_any())
}

/// One appointment. Names its zone when the appointments are in several zones.
fn row(item: AppointmentView, mixed: bool) -> impl IntoView {
    let times = visit::local(&item);
    let when = if mixed { times.in_full() } else { times.moment() };
    let link = rich_text!(
        "admin-suspend-appointment-link",
        when = view! { <time>{when}</time> },
        name = view! { <strong>{visit::person(&item.person_name)}</strong> },
    );
    let line = rich_text!(
        "admin-suspend-appointment",
        link = view! { <a href=links::appointment(&item.id.to_string())>{link}</a> },
        kind = view! { <span class="muted">{item.visit_type_name}</span> },
    );
    view! { <li>{line}</li> }
}
