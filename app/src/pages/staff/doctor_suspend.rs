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

use crate::context::{self, typed_or};
use crate::fns::administration::SuspendDoctor as Suspend;
use crate::i18n::LocalTimesText as _;
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response, visit};
use crate::ui::{Alert, Button, HiddenField, PageHead, TextAreaField, Tone, Variant};

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
    let title =
        if listed { format!("Suspend {name}") } else { format!("Appointments with {name}") };
    let said = match number {
        0 => "No appointments are coming up.".to_owned(),
        1 => "1 appointment is coming up.".to_owned(),
        n => format!("{n} appointments are coming up."),
    };
    let some = (done == "some" && number > 0).then(|| {
        view! {
            <Alert tone=Tone::Waiting announced=true>
                <p>
                    <strong>"Not all appointments are cancelled yet. "</strong>
                    "Cancel the rest below. Patients of those that are cancelled are told by e-mail."
                </p>
            </Alert>
        }
    });
    let holds = match held {
        0 => None,
        1 => Some("1 time is held at the moment. The hold ends.".to_owned()),
        n => Some(format!("{n} times are held at the moment. The holds end.")),
    };
    let more = coming.total - i64::try_from(coming.items.len()).unwrap_or(0);
    let mixed = local_time::are_mixed(coming.items.iter().map(|item| visit::local(item).starts()));
    let rows: Vec<_> = coming.items.into_iter().map(|item| row(item, mixed)).collect();
    let suspend = if listed { "Suspend and " } else { "" };
    let keep = listed.then(|| {
        let text = match number {
            0 => "Suspend".to_owned(),
            1 => "Suspend and keep the appointment".to_owned(),
            n => format!("Suspend and keep {n} appointments"),
        };
        view! {
            {(number > 0).then(|| view! { <h2>"Keep the appointments"</h2> })}
            <form class="form" method="post" action=links::page(Suspend::PATH)>
                <HiddenField name="id" value=id.clone()/>
                <HiddenField name="status" value=status.clone()/>
                <HiddenField name="upcoming" value="keep"/>
                <p>"Nobody can book this doctor any more. Appointments that are confirmed take place; patients can "
                    "cancel them, but not move them."</p>
                <Button variant=Variant::Secondary>{text}</Button>
            </form>
        }
    });
    let cancel = (number > 0).then(|| {
        let text = match number {
            1 => format!("{suspend}cancel the appointment"),
            n => format!("{suspend}cancel {n} appointments"),
        };
        let text = if listed { text } else { text.replacen("cancel", "Cancel", 1) };
        view! {
            <h2>"Cancel the appointments"</h2>
            <form class="form" method="post" action=links::page(Suspend::PATH)>
                <HiddenField name="id" value=id.clone()/>
                <HiddenField name="status" value=status.clone()/>
                <HiddenField name="upcoming" value="cancel"/>
                <TextAreaField name="reason" label="Reason for cancelling" maxlength=300 required=true
                    hint="The patients read it in an e-mail. No health details."
                    value=typed_or("reason", "") problem=form.problem(Field::Reason)/>
                <Button variant=Variant::Danger>{text}</Button>
            </form>
        }
    });
    let back = links::edit_doctor(&id);
    Ok(view! {
        <Title text=title.clone()/>
        <p class="admin-back"><a href=back>{name}</a></p>
        <section class="narrow">
            <FormSummary state=form/>
            {some}
            <PageHead title=title lead=said/>
            {(number > 0).then(|| view! { <ul class="in-the-way-list">{rows}</ul> })}
            {(more > 0).then(|| view! { <p>{format!("And {more} more.")}</p> })}
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
    view! {
        <li>
            <a href=links::appointment(&item.id.to_string())>
                <time>{when}</time>
                ", "
                <strong>{item.person_name}</strong>
            </a>
            <span class="muted">{format!(", {}", item.visit_type_name)}</span>
        </li>
    }
}
