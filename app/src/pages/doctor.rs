use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::actor::Actor;
use nadi::appointment::State;
use nadi::calendar::{Month, parse_date};
use nadi::ids::SlotId;
use nadi::ports::{AppointmentQuery, DoctorProfile, FreeTime, Period};
use nadi::visit::Mode;
use nadi::{Failure, wall};

use crate::context;
use crate::fns::booking::Hold;
use crate::islands::SlotPicker;
use crate::links::{self, Query};
use crate::parts::address::{self, Address};
use crate::parts::answer::{page, set_status};
use crate::parts::doctor_card::NextTimes;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::times::Times;
use crate::parts::visit;
use crate::parts::wake::WakeIslands;
use crate::ui::{Fact, Facts, Icon, LinkTab, LinkTabs, Notice, Shape, Tone};
use crate::words;

/// What the address of a doctor's page says.
struct Asked {
    slug: String,
    mode: String,
    location: String,
    /// The id of the kind of visit; empty for the usual one.
    visit: String,
    month: Option<Month>,
    date: Option<chrono::NaiveDate>,
    /// The time the chosen slot had when it was chosen: to find the nearest when it is gone.
    time: Option<chrono::NaiveTime>,
    slot: Option<SlotId>,
    address: Address,
}

/// A doctor, the free times, and the one that is about to be taken.
#[component]
pub fn Doctor() -> impl IntoView {
    let mut address = Address::default();
    let slug = use_params_map().with_untracked(|params| params.get("slug").unwrap_or_default());
    let known_mode = address.read("mode", "the kind of visit", Mode::parse);
    let asked = Asked {
        slug,
        mode: known_mode.map_or("", Mode::as_str).to_owned(),
        location: address::value("location"),
        visit: address::value("visit"),
        month: address.read("month", "the month", Month::parse),
        date: address.read("date", "the date", parse_date),
        time: address
            .read("time", "the time", |text| chrono::NaiveTime::parse_from_str(text, "%H:%M").ok()),
        slot: address.read("slot", "the chosen time", |text| text.parse().ok()),
        address,
    };
    let state = failure_of::<Hold>();
    page(doctor(asked, state))
}

async fn doctor(mut asked: Asked, mut state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let times = Times::of(&asked.slug, &asked.mode, &asked.location, &asked.visit).await?;
    let doctor = times.doctor.clone();
    if !asked.location.is_empty() && times.location.is_none() {
        asked.address.ignore("the place");
        asked.location.clear();
    }
    if times.mode.is_none() {
        asked.mode.clear();
    }
    if times.visit.is_none() {
        asked.visit.clear();
    }

    let mut chosen = None;
    let mut gone = None;
    if let Some(slot) = asked.slot {
        match ports.directory.free_time(&caller, doctor.id, slot, times.slot_span()).await {
            Ok(time) => chosen = Some(time),
            Err(Failure::Refused(refusal)) => {
                let held = own_hold(&doctor).await?;
                // Back to a time of one's own is no conflict.
                if held.is_none() {
                    set_status(409);
                }
                // The panel says it, with the nearest times; saying it twice would only frighten.
                if matches!(state.failure, Some(Failure::Refused(_))) {
                    state.failure = None;
                }
                gone = Some(Gone {
                    sentence: words::gone(&refusal),
                    nearest: nearest(&times, &asked).await?,
                    held,
                });
            }
            Err(failure) => return Err(failure),
        }
    }

    let date = match (&chosen, asked.date, asked.month) {
        (Some(time), None, _) => Some(time.local_date),
        (_, Some(date), _) => Some(date),
        (None, None, Some(_)) => None,
        (None, None, None) => times.next_free(times.today()).await?,
    };
    let month = asked.month.unwrap_or_else(|| Month::of(date.unwrap_or_else(|| times.today())));
    let start = match date {
        Some(date) => times.month_with_day(month, date).await?,
        None => times.month_with_first_day(month).await?,
    };
    let chosen = chosen.map(|time| times.time(&time));
    let signed_in = matches!(caller.actor, Actor::Account(_));
    let (slug, now) = (doctor.slug.to_string(), caller.now);
    Ok(view! {
        <Title text=doctor.name.clone()/>
        <FormSummary state=state/>
        {asked.address.note()}
        <div class="doctor-page">
            <ProfileHead doctor=doctor.clone()/>
            <section class="doctor-times" aria-labelledby="free-times">
                {gone.map(|gone| view! { <GonePanel gone=gone slug=slug.clone() doctor=doctor.name.clone() now=now/> })}
                <h2 id="free-times">"Free times"</h2>
                <Narrow doctor=doctor.clone() mode=asked.mode.clone() location=asked.location.clone()/>
                <SlotPicker slug=slug mode=asked.mode location=asked.location visit=asked.visit start=start chosen=chosen signed_in=signed_in/>
            </section>
            <Profile doctor=doctor/>
        </div>
        <WakeIslands/>
    }
    .into_any())
}

/// What to say when the chosen time cannot be taken.
struct Gone {
    sentence: String,
    nearest: Vec<FreeTime>,
    /// The page of a hold of one's own with this doctor, and its sentence.
    held: Option<(String, String)>,
}

async fn nearest(times: &Times, asked: &Asked) -> Result<Vec<FreeTime>, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let near = match (asked.date, asked.time) {
        (Some(date), Some(time)) => nadi::schedule::instant(times.zone(), date, time),
        (Some(date), None) => nadi::schedule::day_start(times.zone(), date),
        _ => caller.now,
    };
    let (doctor, span) = (times.doctor.id, times.slot_span());
    ports.directory.nearest_free(&caller, doctor, near.max(caller.now), span, 6).await
}

/// A hold that one has with this doctor: going back to its time must not look as if someone else took it.
async fn own_hold(doctor: &DoctorProfile) -> Result<Option<(String, String)>, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    if caller.signed_in().is_err() {
        return Ok(None);
    }
    let query = AppointmentQuery {
        state: Some(State::Pending),
        doctor: Some(doctor.id),
        ..AppointmentQuery::mine(Period::Upcoming, 1)
    };
    let mine = ports.bookings.list(&caller, &query).await?;
    let held = mine.items.into_iter().next();
    Ok(held.map(|held| (links::appointment(&held.id.to_string()), visit::sentence(&held))))
}

#[component]
fn GonePanel(
    gone: Gone,
    slug: String,
    doctor: String,
    now: chrono::DateTime<chrono::Utc>,
) -> impl IntoView {
    let none = gone.nearest.is_empty();
    match gone.held {
        Some((href, sentence)) => view! {
            <Notice tone=Tone::Waiting announced=true id="review">
                <p>{format!("You hold {sentence}.")}</p>
                <p><a href=href>"Enter the code to confirm it"</a></p>
            </Notice>
        }
        .into_any(),
        None => view! {
            <Notice tone=Tone::Loss announced=true id="review">
                <h2>{gone.sentence}</h2>
                {if none {
                    view! { <p>"There is no other free time at the moment."</p> }.into_any()
                } else {
                    view! {
                        <p>"The nearest free ones are:"</p>
                        <NextTimes slug=slug doctor=doctor times=gone.nearest now=now/>
                    }.into_any()
                }}
            </Notice>
        }
        .into_any(),
    }
}

/// Who it is: what one wants to be sure of before choosing a time.
#[component]
fn ProfileHead(doctor: DoctorProfile) -> impl IntoView {
    let place = doctor.places.first().map(|place| format!("{}, {}", place.name, place.city));
    let others = match doctor.places.len() {
        0 | 1 => String::new(),
        2 => " and one more place".to_owned(),
        n => format!(" and {} more places", n - 1),
    };
    view! {
        <header class="profile-head">
            <h1>{doctor.name}</h1>
            <p class="profile-specialty">{doctor.specialties.join(", ")}</p>
            <ul class="profile-facts">
                {place.map(|place| view! { <li><Icon shape=Shape::Pin/>{place}{others}</li> })}
                {doctor.video.then(|| view! { <li><Icon shape=Shape::Video/>"Video visits"</li> })}
                <li class="profile-fee">
                    <strong>{wall::fee(doctor.fee.minor_units, &doctor.fee.currency)}</strong>
                    <span class="muted">"a visit"</span>
                </li>
            </ul>
        </header>
    }
}

/// The rest of what there is to know.
#[component]
fn Profile(doctor: DoctorProfile) -> impl IntoView {
    let places: Vec<_> = doctor
        .places
        .into_iter()
        .map(|place| {
            // Many addresses end with the city already.
            let address = if place.address.ends_with(&place.city) {
                place.address
            } else {
                format!("{}, {}", place.address, place.city)
            };
            view! {
                <li>
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
        .map(|text| view! { <p>{text.to_owned()}</p> })
        .collect();
    let languages = doctor.languages.join(", ");
    let qualifications = doctor.qualifications;
    view! {
        <section class="profile" aria-labelledby="about">
            <h2 id="about">"About"</h2>
            {paragraphs}
            <Facts>
                {(!qualifications.is_empty()).then(|| view! { <Fact name="Qualifications">{qualifications}</Fact> })}
                {(!languages.is_empty()).then(|| view! { <Fact name="Languages">{languages}</Fact> })}
                <Fact name="Places"><ul class="profile-places">{places}</ul></Fact>
                <Fact name="Clinic">{doctor.clinic}</Fact>
                <Fact name="Cancelling">{words::cancel_policy(doctor.cancel_notice_minutes.into())}</Fact>
            </Facts>
        </section>
    }
}

/// Links that narrow the times to a kind of visit or a place; nothing when there is no choice.
#[component]
fn Narrow(doctor: DoctorProfile, mode: String, location: String) -> impl IntoView {
    let path = links::doctor(doctor.slug.as_str());
    let address = |mode: &str, location: &str| {
        Query::new().with("mode", mode).with("location", location).on(&path)
    };
    let tab =
        |text: &str, href: String, current: bool| LinkTab { href, text: text.to_owned(), current };
    let modes = doctor.video.then(|| {
        let mut tabs = vec![tab("Any visit", address("", &location), mode.is_empty())];
        tabs.extend(Mode::ALL.map(|one| {
            tab(visit::mode(one), address(one.as_str(), &location), mode == one.as_str())
        }));
        view! { <LinkTabs label="Kind of visit" tabs=tabs/> }
    });
    let places = (doctor.places.len() > 1).then(|| {
        let mut tabs = vec![tab("Any place", address(&mode, ""), location.is_empty())];
        tabs.extend(doctor.places.iter().map(|place| {
            let id = place.id.to_string();
            tab(&place.name, address(&mode, &id), location == id)
        }));
        view! { <LinkTabs label="Place" tabs=tabs/> }
    });
    view! {
        <div class="doctor-narrow">
            {modes}
            {places}
        </div>
    }
}
