//! A doctor in a list, with the next free times to start from.

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use nadi::formatting;
use nadi::local_time::{self, LocalTime};
use nadi::ports::{DoctorCard as Card, FreeTime};
use nadi::visit::Mode;

use crate::i18n::LocalTimeText as _;
use crate::links::{self, TimesPage};
use crate::messages;
use crate::ui::{Icon, Initials, OwnTime, Shape};

/// `Today`, `Tomorrow`, or `Tue 24 Nov 2026`.
pub fn day_name(date: NaiveDate, today: NaiveDate) -> String {
    match (date - today).num_days() {
        0 => "Today".to_owned(),
        1 => "Tomorrow".to_owned(),
        _ => crate::i18n::date(date),
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
        let place_time = mixed.then(|| crate::i18n::place_time(zone));
        let video = time.mode == Mode::Video;
        let rest = format!(", {}, with {doctor}", crate::i18n::long_date(time.local_date));
        let link = view! {
            <li>
                <a class="time" id=format!("slot-{}", time.slot) href=href>
                    <time>{local.clock()}</time>
                    {video.then(|| view! { <span class="time-detail">"Video visit"</span> })}
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
    let zone = crate::i18n::zones_of(card.next_times.iter().map(starts));
    let far = card.distance_km.map(|km| {
        if km < 1.0 { ", less than 1 km away".to_owned() } else { format!(", {km:.0} km away") }
    });
    let place = card
        .place
        .map(|place| format!("{}, {}{}", place.name, place.city, far.unwrap_or_default()));
    let rating = messages::reviews::short_rating(card.rating).map(|short| {
        view! {
            <p class="doctor-card-rating">
                <Icon shape=Shape::Star/>
                <span aria-hidden="true">{short}</span>
                <span class="visually-hidden">{messages::reviews::rating(card.rating)}</span>
            </p>
        }
    });
    let languages = card.languages.join(", ");
    let free = !card.next_times.is_empty();
    let title = format!("doctor-{slug}");
    view! {
        <article class="doctor-card" aria-labelledby=title.clone()>
            <div class="doctor-card-who">
                <div class="doctor-card-name">
                    <Initials name=card.name.clone()/>
                    <div>
                        <h2 id=title.clone()><a href=href.clone()>{card.name.clone()}</a></h2>
                        <p class="doctor-card-specialty">{card.specialties.join(", ")}</p>
                        {rating}
                    </div>
                </div>
                <ul class="doctor-card-facts">
                    {place.map(|place| view! { <li><Icon shape=Shape::Pin/>{place}</li> })}
                    {card.video.then(|| view! { <li><Icon shape=Shape::Video/>"Video visits"</li> })}
                    {(!languages.is_empty()).then(|| view! {
                        <li><Icon shape=Shape::Speech/><span class="visually-hidden">"Speaks "</span>{languages}</li>
                    })}
                </ul>
                <p class="doctor-card-fee">
                    <span class="number">{crate::i18n::fee(card.fee.minor_units, &card.fee.currency)}</span>
                    <span class="muted">" a visit"</span>
                </p>
            </div>
            <div class="doctor-card-times">
                {if free {
                    view! {
                        <NextTimes page=page doctor=card.name times=card.next_times now=now/>
                        <p class="doctor-card-more">
                            <a href=href>"All free times"</a>
                            <span class="muted">{zone}</span>
                        </p>
                    }.into_any()
                } else {
                    view! {
                        <p class="muted">"No free times at the moment."</p>
                        <p class="doctor-card-more"><a href=href>"See the calendar"</a></p>
                    }.into_any()
                }}
            </div>
        </article>
    }
}
