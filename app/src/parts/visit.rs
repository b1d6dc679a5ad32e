//! An appointment in words.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use nadi::actor::Capacity;
use nadi::appointment::State;
use nadi::ports::AppointmentView;
use nadi::visit::Mode;
use nadi::wall;

use crate::context;
use crate::ui::{OwnTime, Tone};

/// A state as people say it, and its tone.
pub fn state(state: State) -> (&'static str, Tone) {
    match state {
        State::Pending => ("Held", Tone::Waiting),
        State::Confirmed => ("Confirmed", Tone::Good),
        State::CheckedIn => ("Checked in", Tone::Good),
        State::Completed => ("Completed", Tone::Neutral),
        State::Cancelled => ("Cancelled", Tone::Loss),
        State::Expired => ("Hold ended", Tone::Neutral),
        State::NoShow => ("Missed", Tone::Neutral),
    }
}

pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::InPerson => "In person",
        Mode::Video => "Video visit",
    }
}

/// `at Panjim Clinic`, or `as a video visit`.
pub fn place(visit: &AppointmentView) -> String {
    match visit.mode {
        Mode::InPerson => format!("at {}", visit.location_name),
        Mode::Video => "as a video visit".to_owned(),
    }
}

/// `Tuesday 24 November 2026`.
pub fn date(visit: &AppointmentView) -> String {
    wall::local_date(visit.starts_at, visit.zone).format("%A %-d %B %Y").to_string()
}

/// `10:20–10:40`.
pub fn times(visit: &AppointmentView) -> String {
    wall::time_range(visit.starts_at, visit.ends_at, visit.zone)
}

pub fn zone(visit: &AppointmentView) -> String {
    wall::zone_name(visit.zone, visit.starts_at)
}

/// `Tuesday 24 November 2026, 10:20–10:40, at Panjim Clinic, with Dr …`.
pub fn sentence(visit: &AppointmentView) -> String {
    format!("{}, {}, {}, with {}", date(visit), times(visit), place(visit), visit.doctor_name)
}

/// A day and a time of the visit's zone: `Tue 24 Nov 2026, 10:20`.
pub fn moment(visit: &AppointmentView, at: DateTime<Utc>) -> String {
    let date = wall::date(wall::local_date(at, visit.zone));
    format!("{date}, {}", wall::time(at, visit.zone))
}

/// When it begins on the patient's own clock, where one need not travel to it: for patients, of video visits.
pub fn own_time(visit: &AppointmentView) -> Option<impl IntoView + use<>> {
    let own = visit.mode == Mode::Video && !is_clinic_side(visit);
    own.then(|| view! { <OwnTime there=wall::stamp(visit.starts_at, visit.zone)/> })
}

/// Until when the caller may move or cancel it, with the zone.
pub fn change_until(visit: &AppointmentView) -> Option<String> {
    let until = visit.change_until?;
    Some(format!("{}, {}", moment(visit, until), wall::zone_name(visit.zone, until)))
}

/// Seen by the doctor or the clinic, not by whoever booked it.
pub fn is_clinic_side(visit: &AppointmentView) -> bool {
    visit.seen_as != Capacity::Patient
}

/// Is it for someone else than the signed-in account itself?
pub fn is_for_another(visit: &AppointmentView) -> bool {
    !is_clinic_side(visit)
        && context::signed_in().is_some_and(|account| account.person != visit.person)
}
