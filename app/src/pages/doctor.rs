use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::Failure;
use nadi::appointment::State;
use nadi::ids::SlotId;
use nadi::input::Slug;
use nadi::ports::{AppointmentQuery, AppointmentView, DoctorKey, DoctorProfile, Period};
use nadi::review::Rating;

use crate::context;
use crate::fns::booking::Hold;
use crate::i18n::{self, names, rich_text, text};
use crate::islands::{PersonChoice, Purpose, SlotPicker};
use crate::links::{self, Query, TimesPage};
use crate::messages;
use crate::parts::address;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::hydration_scripts::HydrationScripts;
use crate::parts::metadata::DoctorMetadata;
use crate::parts::picker::{self, FilterTabs, PickerQuery, PickerStart, SlotUnavailablePanel};
use crate::parts::response::{hide_from_search_engines, page, set_status};
use crate::parts::reviews::ReviewsOfDoctor;
use crate::parts::times::Times;
use crate::parts::visit;
use crate::ui::{Alert, ButtonLink, Fact, Facts, FillOwnTimes, Icon, Initials, Shape, Tone};

/// Reviews shown at a time.
const REVIEWS_EACH: u32 = 10;

/// A doctor, the free times, and the one that is about to be taken.
#[component]
pub fn Doctor() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug").unwrap_or_default());
    page(doctor(slug, PickerQuery::read(), failure_of::<Hold>()))
}

async fn doctor(
    slug: String,
    mut asked: PickerQuery,
    mut state: FormState,
) -> Result<AnyView, Failure> {
    let now = context::caller()?.now;
    let visit = address::value("visit");
    let times = match Times::of(&asked.filter(slug.clone(), visit.clone())).await {
        // Patients with an appointment come here from its page.
        Err(Failure::NotFound) => return unlisted(&slug).await,
        times => times?,
    };
    let doctor = times.doctor.clone();
    asked.fit(&times);
    if !visit.is_empty() && doctor.visit_kinds.iter().all(|kind| kind.id.to_string() != visit) {
        asked.address.ignore(text!("doctor-part-appointment-type"));
    }
    let visit = times.visit.as_ref().map(|kind| kind.id.to_string()).unwrap_or_default();
    let filter = asked.filter(doctor.slug.to_string(), visit);
    let purpose = purpose().await?;
    let person = Query::new().with("person", &address::value("person"));

    let reviews = {
        let (caller, ports) = (context::caller()?, context::ports()?);
        let part = asked.address.read("reviews", text!("doctor-part-reviews"), |text| {
            text.parse().ok().filter(|part| (1..=10_000).contains(part))
        });
        let key = DoctorKey::Id(doctor.id);
        ports.reviews.of_doctor(&caller, &key, part.unwrap_or(1), REVIEWS_EACH).await?
    };
    let shown = PickerStart::of(&times, &asked).await?;
    let mut held = None;
    if let (Some(_), Some(slot)) = (&shown.gone, asked.slot) {
        held = own_hold(&doctor, slot).await?;
        // Returning to one's own hold is not a conflict.
        if held.is_none() {
            set_status(409);
        }
        // The panel below shows this failure together with the nearest times, so it is not shown twice.
        if matches!(state.failure, Some(Failure::Refused(_))) {
            state.failure = None;
        }
    }
    let kinds = shown.start.slot_minutes;
    let path = links::doctor(doctor.slug.as_str());
    let kept = person.clone().with("mode", &filter.mode).with("location", &filter.location);
    let here = TimesPage { path: path.clone(), kept: kept.with("visit", &filter.visit) };
    let gone = held.or_else(|| {
        let (gone, page, name) = (shown.gone?, here.clone(), doctor.name.clone());
        Some(view! { <SlotUnavailablePanel gone=gone page=page doctor=name now=now/> }.into_any())
    });
    let video = doctor.video.then(|| view! { <FillOwnTimes/> });
    Ok(view! {
        <Title text=doctor.name.clone()/>
        <DoctorMetadata doctor=doctor.clone()/>
        <FormSummary state=state/>
        {asked.address.note()}
        <div class="doctor-page">
            <ProfileHead doctor=doctor.clone()/>
            <section class="doctor-times" aria-labelledby="free-times">
                {gone}
                <h2 id="free-times">{text!("doctor-free-times")}</h2>
                <FilterTabs doctor=doctor.clone() path=path filter=filter.clone() kept=person kinds=kinds/>
                <SlotPicker page=here texts=picker::texts() filter=filter start=shown.start chosen=shown.chosen
                    purpose=purpose key=context::form_key()/>
            </section>
            <Profile doctor=doctor.clone()/>
            <ReviewsOfDoctor reviews=reviews doctor=doctor.name/>
        </div>
        <HydrationScripts/>
        {video}
    }
    .into_any())
}

/// A doctor who takes no bookings, for those who have booked an appointment.
async fn unlisted(slug: &str) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let key = DoctorKey::Slug(Slug::parse(slug).ok_or(Failure::NotFound)?);
    let mut doctor = ports.directory.own_unlisted_doctor(&caller, &key).await?;
    // Reviews are on the page of a listed doctor only.
    doctor.rating = Rating::default();
    hide_from_search_engines();
    let not_booking = rich_text!("doctor-not-booking", doctor = visit::name(&doctor.name));
    Ok(view! {
        <Title text=doctor.name.clone()/>
        <div class="doctor-page">
            <ProfileHead doctor=doctor.clone()/>
            <section class="doctor-times" aria-labelledby="free-times">
                <h2 id="free-times">{text!("doctor-free-times")}</h2>
                <Alert tone=Tone::Waiting>
                    <p><strong>{not_booking}</strong></p>
                    <p>{rich_text!(
                        "doctor-not-booking-help",
                        link = view! { <a href=links::page("/appointments")>{text!("doctor-own-appointments")}</a> },
                    )}</p>
                </Alert>
                <p class="actions"><ButtonLink href=links::page("/doctors")>{text!("doctor-find-another")}</ButtonLink></p>
            </section>
            <Profile doctor=doctor/>
        </div>
    }
    .into_any())
}

/// What a time is chosen for: to be held, for the account itself or someone it looks after.
async fn purpose() -> Result<Purpose, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    if caller.signed_in().is_err() {
        return Ok(Purpose::Visitor);
    }
    let people = ports.people.people(&caller).await?;
    if people.iter().all(|person| person.is_self) {
        return Ok(Purpose::Hold { people: Vec::new(), person: String::new() });
    }
    let people = people
        .into_iter()
        .map(|person| PersonChoice {
            id: if person.is_self { String::new() } else { person.id.to_string() },
            name: person.name,
        })
        .collect();
    let person = context::typed_or("person", &address::value("person"));
    Ok(Purpose::Hold { people, person })
}

/// A hold that one has on this time: going back to it must not look as if someone else took it.
async fn own_hold(doctor: &DoctorProfile, slot: SlotId) -> Result<Option<AnyView>, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    if caller.owner().is_err() {
        return Ok(None);
    }
    let query = AppointmentQuery {
        state: Some(State::Pending),
        doctor: Some(doctor.id),
        ..AppointmentQuery::mine(Period::Upcoming, 1)
    };
    let mine = ports.bookings.list(&caller, &query).await?;
    let held = mine.items.into_iter().find(|held| held.slot == slot);
    Ok(held.map(|held| view! { <OwnHold held=held/> }.into_any()))
}

#[component]
fn OwnHold(held: AppointmentView) -> impl IntoView {
    let href = links::appointment(&held.id.to_string());
    // A visitor gives their details before there is a code.
    let text = match held.code_needed && context::signed_in().is_some() {
        true => text!("doctor-own-hold-code"),
        false => text!("doctor-own-hold-confirm"),
    };
    view! {
        <Alert tone=Tone::Waiting announced=true id="review">
            <p>{rich_text!("doctor-own-hold", appointment = visit::summary(&held))}</p>
            <p><a href=href>{text}</a></p>
        </Alert>
    }
}

/// The head of the page: who the doctor is.
#[component]
fn ProfileHead(doctor: DoctorProfile) -> impl IntoView {
    let place = doctor.places.first().map(|place| {
        let name = visit::name(&place.name);
        let location = rich_text!("doctor-location", name, city = names::city_named(&place.city));
        match doctor.places.len() {
            0 | 1 => location,
            places => {
                let more = text!("doctor-more-locations", count = places - 1);
                rich_text!("doctor-location-and-more", location, more)
            }
        }
    });
    let fee = i18n::fee(doctor.fee.minor_units, &doctor.fee.currency);
    let rating = (doctor.rating.reviews > 0).then(|| {
        let text = messages::reviews::rating(doctor.rating);
        view! { <li class="profile-rating"><Icon shape=Shape::Star/><a href="#reviews">{text}</a></li> }
    });
    view! {
        <header class="profile-head">
            <div class="profile-name">
                <Initials name=doctor.name.clone()/>
                <div>
                    <h1 translate="no">{visit::unbroken_name(&doctor.name)}</h1>
                    <p class="profile-specialty">{i18n::list(&names::specialties_named(&doctor.specialties))}</p>
                </div>
            </div>
            <ul class="profile-facts">
                {place.map(|place| view! { <li><Icon shape=Shape::Pin/>{place}</li> })}
                {doctor.video.then(|| view! { <li><Icon shape=Shape::Video/>{text!("doctor-video")}</li> })}
                {rating}
                <li class="profile-fee">
                    {rich_text!(
                        "doctor-fee",
                        fee = view! { <strong>{fee}</strong> },
                        per = view! { <span class="muted">{text!("doctor-fee-per")}</span> },
                    )}
                </li>
            </ul>
        </header>
    }
}

/// Further details.
#[component]
fn Profile(doctor: DoctorProfile) -> impl IntoView {
    let places: Vec<_> = doctor
        .places
        .into_iter()
        .map(|place| {
            let address = messages::place::address(&place.address, &place.city);
            view! {
                <li translate="no">
                    <strong>{place.name}</strong>
                    <br/>
                    {address}
                </li>
            }
        })
        .collect();
    let paragraphs: Vec<_> = doctor
        .bio
        .split("\n\n")
        .filter(|text| !text.trim().is_empty())
        .map(|text| view! { <p translate="no">{text.to_owned()}</p> })
        .collect();
    let languages = i18n::list(&names::spoken_languages(&doctor.languages));
    let qualifications = doctor.qualifications;
    view! {
        <section class="profile" aria-labelledby="about">
            <h2 id="about">{text!("doctor-about")}</h2>
            {paragraphs}
            <Facts>
                {(!qualifications.is_empty()).then(|| view! {
                    <Fact name=text!("doctor-qualifications")><span translate="no">{qualifications}</span></Fact>
                })}
                {(!languages.is_empty()).then(|| view! { <Fact name=text!("doctor-languages")>{languages}</Fact> })}
                <Fact name=text!("doctor-locations")><ul class="profile-places">{places}</ul></Fact>
                <Fact name=text!("doctor-clinic")><span translate="no">{doctor.clinic}</span></Fact>
                <Fact name=text!("doctor-cancelling")>
                    {messages::cancel_policy(doctor.cancel_notice_minutes.into())}
                </Fact>
            </Facts>
        </section>
    }
}
