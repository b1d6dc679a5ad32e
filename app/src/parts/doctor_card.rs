//! A doctor in a list, with the next free times to start from.

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use nadi::formatting;
use nadi::local_time::{self, LocalTime};
use nadi::ports::{DoctorCard as Card, FreeTime};
use nadi::visit::Mode;

use super::visit;
use crate::i18n::{self, LocalTimeText as _, names, rich_text, text};
use crate::links::{self, TimesPage};
use crate::messages;
use crate::ui::{Icon, Initials, OwnTime, Shape};

/// `Today`, `Tomorrow`, or `Tue, 24 Nov 2026`.
pub fn day_name(date: NaiveDate, today: NaiveDate) -> String {
    match (date - today).num_days() {
        0 => text!("day-today"),
        1 => text!("day-tomorrow"),
        _ => i18n::date(date),
    }
}

/// The start in the zone of the place.
fn starts(time: &FreeTime) -> LocalTime {
    LocalTime::new(time.starts_at, time.place.zone)
}

/// Free times as links, grouped by day. Where they are at places of several zones, each says by which clock it is.
#[component]
pub fn NextTimes(
    /// The page on which the time is chosen.
    page: TimesPage,
    doctor: String,
    times: Vec<FreeTime>,
    now: DateTime<Utc>,
) -> impl IntoView {
    let mixed = local_time::are_mixed(times.iter().map(starts));
    let mut days: Vec<(String, Vec<AnyView>)> = Vec::new();
    for time in times {
        let (zone, local) = (time.place.zone, starts(&time));
        let name = day_name(time.local_date, formatting::local_date(now, zone));
        let (slot, date) = (time.slot.to_string(), time.local_date.to_string());
        let href = page.slot(&slot, &date, &local.digits());
        let place_time = mixed.then(|| i18n::place_time(zone));
        let video = time.mode == Mode::Video;
        let date_text = i18n::long_date(time.local_date);
        let rest = text!("free-time-details", date = date_text, doctor = &doctor);
        let link = view! {
            <li>
                <a class="time" id=format!("slot-{}", time.slot) href=href>
                    <time>{local.clock()}</time>
                    {video.then(|| view! { <span class="time-detail">{text!("free-time-video")}</span> })}
                    {place_time.map(|text| view! { <span class="time-detail">{text}</span> })}
                    {video.then(|| view! { <OwnTime there=local.stamp() brief=true/> })}
                    <span class="visually-hidden">{rest}</span>
                </a>
            </li>
        }
        .into_any();
        match days.iter_mut().find(|(day, _)| *day == name) {
            Some((_, times)) => times.push(link),
            None => days.push((name, vec![link])),
        }
    }
    days.into_iter()
        .map(|(name, times)| {
            view! {
                <div class="next-day">
                    <h3>{name}</h3>
                    <ul class="times">{times}</ul>
                </div>
            }
        })
        .collect::<Vec<_>>()
}

#[component]
pub fn DoctorCard(card: Card, now: DateTime<Utc>) -> impl IntoView {
    let slug = card.slug.to_string();
    let href = links::doctor(&slug);
    let page = TimesPage::of_doctor(&slug);
    // Patients are in another zone than the doctor for a video appointment only.
    let video = card.next_times.iter().any(|time| time.mode == Mode::Video);
    let zone = video.then(|| i18n::zones_of(card.next_times.iter().map(starts)));
    let distance = card.distance_km.map(|km| {
        // Less than one is said as such.
        let km = if km < 1.0 { 0.0 } else { km.round() };
        text!("distance-km", km)
    });
    let place = card.place.map(|place| {
        let name = visit::name(&place.name);
        let city = names::city_named(&place.city);
        match distance {
            Some(distance) => {
                rich_text!("doctor-card-location-and-distance", name, city, distance,)
            }
            None => rich_text!("doctor-card-location", name, city),
        }
    });
    let rating = messages::reviews::short_rating(card.rating).map(|short| {
        view! {
            <p class="doctor-card-rating">
                <Icon shape=Shape::Star/>
                <span aria-hidden="true">{short}</span>
                <span class="visually-hidden">{messages::reviews::rating(card.rating)}</span>
            </p>
        }
    });
    let languages = i18n::list(&names::spoken_languages(&card.languages));
    let fee = i18n::fee(card.fee.minor_units, &card.fee.currency);
    let free = !card.next_times.is_empty();
    let title = format!("doctor-{slug}");
    view! {
        <article class="doctor-card" aria-labelledby=title.clone()>
            <div class="doctor-card-who">
                <div class="doctor-card-name">
                    <Initials name=card.name.clone()/>
                    <div>
                        <h2 id=title.clone()><a href=href.clone() translate="no">{visit::unbroken_name(&card.name)}</a></h2>
                        <p class="doctor-card-specialty">{i18n::list(&names::specialties_named(&card.specialties))}</p>
                        {rating}
                    </div>
                </div>
                <ul class="doctor-card-facts">
                    {place.map(|place| view! { <li><Icon shape=Shape::Pin/>{place}</li> })}
                    {card.video.then(|| view! { <li><Icon shape=Shape::Video/>{text!("doctor-video")}</li> })}
                    {(!languages.is_empty()).then(|| view! {
                        <li><Icon shape=Shape::Speech/><span class="visually-hidden">{text!("doctor-card-speaks")}" "</span>{languages}</li>
                    })}
                </ul>
                <p class="doctor-card-fee">
                    {rich_text!(
                        "doctor-fee",
                        fee = view! { <span class="number">{fee}</span> },
                        per = view! { <span class="muted">{text!("doctor-fee-per")}</span> },
                    )}
                </p>
            </div>
            <div class="doctor-card-times">
                {if free {
                    view! {
                        <NextTimes page=page doctor=card.name times=card.next_times now=now/>
                        <p class="doctor-card-more">
                            <a href=href>{text!("doctor-card-all-times")}</a>
                            {zone.map(|zone| view! { <span class="muted">{zone}</span> })}
                        </p>
                    }.into_any()
                } else {
                    view! {
                        <p class="muted">{text!("doctor-card-none-free")}</p>
                        <p class="doctor-card-more"><a href=href>{text!("doctor-card-profile")}</a></p>
                    }.into_any()
                }}
            </div>
        </article>
    }
}
