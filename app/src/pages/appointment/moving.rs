//! Rescheduling: moving an appointment to another time of the same doctor.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::appointment::{Command, State, begun};
use nadi::ports::AppointmentView;
use nadi::visit::Mode;

use super::facts::Head;
use super::route::{id_in_path, requested_appointment};
use crate::context;
use crate::fns::booking::Reschedule;
use crate::i18n::{LocalTimesText as _, rich_text, text};
use crate::islands::{Purpose, SlotPicker};
use crate::links::{self, Query, TimesPage};
use crate::messages;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::hydration_scripts::HydrationScripts;
use crate::parts::picker::{self, FilterTabs, PickerQuery, PickerStart, SlotUnavailablePanel};
use crate::parts::response::{self, set_status};
use crate::parts::times::Times;
use crate::parts::visit;
use crate::ui::{Alert, ButtonLink, FillOwnTimes, PageHead, Tone, Variant};

#[component]
pub fn MoveAppointment() -> impl IntoView {
    response::page(move_appointment(id_in_path(), PickerQuery::read(), failure_of::<Reschedule>()))
}

async fn move_appointment(
    id: String,
    mut asked: PickerQuery,
    mut form: FormState,
) -> Result<AnyView, Failure> {
    let now = context::caller()?.now;
    let visit = requested_appointment(&id).await?;
    if !visit.open_to.contains(&Command::Reschedule) {
        set_status(409);
        let clinic_side = visit::is_clinic_side(&visit);
        let why = if visit.state == State::Confirmed && !visit.doctor_takes_bookings {
            visit::not_taking_bookings(&visit)
        } else {
            let begun = begun(visit.starts_at, visit.ends_at, now);
            messages::visit::why_not_moved(visit.state, begun, clinic_side).into_any()
        };
        return Ok(view! { <NotMovable visit=visit why=why/> }.into_any());
    }
    let kind = visit.visit_type.to_string();
    let slug = visit.doctor_slug.to_string();
    let mut filter = asked.filter(slug, kind);
    filter.appointment = id.clone();
    let times = match Times::of(&filter).await {
        Ok(times) => times,
        Err(Failure::NotFound) => {
            let why = text!("appointment-reschedule-no-times").into_any();
            return Ok(view! { <NotMovable visit=visit why=why/> }.into_any());
        }
        Err(failure) => return Err(failure),
    };
    asked.fit(&times);
    // Back on this page after the move: the chosen time is now the appointment's own.
    let own = asked.slot == Some(visit.slot);
    if own {
        asked.slot = None;
    }
    let shown = PickerStart::of(&times, &asked).await?;
    if shown.gone.is_some() {
        set_status(409);
        // The panel below shows this failure together with the nearest times.
        form.failure = form.failure.filter(|failure| !matches!(failure, Failure::Refused(_)));
    }
    let video = times.doctor.video || visit.mode == Mode::Video;
    (filter.mode, filter.location) = (asked.mode, asked.location);
    let path = links::move_appointment(&id);
    let kept = Query::new().with("mode", &filter.mode).with("location", &filter.location);
    let here = TimesPage { path: path.clone(), kept };
    let purpose = Purpose::Move {
        appointment: id.clone(),
        version: visit.version,
        from: from(&visit, &times),
        note: messages::visit::move_note(visit::is_clinic_side(&visit)),
    };
    let gone = shown.gone.map(|gone| {
        let (page, name) = (here.clone(), visit.doctor_name.clone());
        view! { <SlotUnavailablePanel gone=gone page=page doctor=name now=now/> }
    });
    let heading = text!("appointment-reschedule-title");
    let title = match form.failure {
        Some(_) => text!("page-title-with-problem", title = &heading),
        None => heading.clone(),
    };
    let doctor = visit::name(&visit.doctor_name);
    Ok(view! {
        <Title text=title/>
        <FormSummary state=form/>
        {asked.address.note()}
        <PageHead title=heading/>
        <div class="move-page">
            <CurrentTime visit=visit.clone()/>
            <section class="doctor-times" aria-labelledby="free-times">
                {own.then(|| view! {
                    <Alert tone=Tone::Good announced=true id="review">
                        <p>{text!("appointment-reschedule-same-time")}</p>
                    </Alert>
                })}
                {gone}
                <h2 id="free-times">{rich_text!("appointment-reschedule-free-times", doctor)}</h2>
                <FilterTabs doctor=times.doctor path=path filter=filter.clone() kept=Query::new()/>
                <SlotPicker page=here texts=picker::texts() filter=filter start=shown.start chosen=shown.chosen
                    purpose=purpose key=context::form_key()/>
            </section>
        </div>
        <HydrationScripts/>
        {video.then(|| view! { <FillOwnTimes/> })}
    }
    .into_any())
}

/// When and where it is now. The zone is said where the doctor's times are of several.
fn from(visit: &AppointmentView, times: &Times) -> String {
    let mixed = times.doctor.places.iter().any(|place| place.zone != visit.zone);
    let local = visit::local(visit);
    let clock = if mixed { local.clock_at_place() } else { local.clock() };
    let date = visit::date(visit);
    match visit.mode {
        Mode::InPerson => {
            let location = &visit.location_name;
            text!("appointment-before-in-person", date, times = clock, location)
        }
        Mode::Video => text!("appointment-before-video", date, times = clock),
    }
}

/// What is booked, and until when it can be moved.
#[component]
fn CurrentTime(visit: AppointmentView) -> impl IntoView {
    let policy = visit::change_until(&visit).map(|until| messages::visit::move_policy(&until));
    let href = links::appointment(&visit.id.to_string());
    let zone = visit::zone(&visit)
        .map(|zone| view! { <p class="muted">{zone} {visit::own_time(&visit)}</p> });
    view! {
        <section class="move-now" aria-labelledby="move-now">
            <h2 id="move-now">{text!("appointment-reschedule-current")}</h2>
            <p class="move-now-when">{visit::summary(&visit)}</p>
            {zone}
            <p class="muted">{visit::kind_and_person(&visit)}</p>
            {policy.map(|policy| view! { <p>{policy}</p> })}
            <p><a href=href>{text!("appointment-reschedule-keep")}</a></p>
        </section>
    }
}

/// Says that the appointment cannot be rescheduled, and why.
#[component]
fn NotMovable(visit: AppointmentView, why: AnyView) -> impl IntoView {
    let over = visit.doctor_takes_bookings
        && !matches!(visit.state, State::Confirmed | State::CheckedIn | State::Pending);
    let other_times = over.then(|| {
        let times = links::doctor(visit.doctor_slug.as_str());
        let doctor = visit::name(&visit.doctor_name);
        let link = rich_text!("appointment-free-times-link", doctor);
        view! { <ButtonLink href=times variant=Variant::Secondary>{link}</ButtonLink> }
    });
    let title = text!("appointment-reschedule-impossible-title");
    view! {
        <Title text=title.clone()/>
        <article class="appointment">
            <Head title=title.into_any() lead=why/>
            <p>{visit::summary(&visit)}</p>
            <p class="actions">
                <ButtonLink href=links::appointment(&visit.id.to_string())>
                    {text!("appointment-reschedule-back")}
                </ButtonLink>
                {other_times}
            </p>
        </article>
    }
}
