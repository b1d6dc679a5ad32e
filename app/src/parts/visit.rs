//! An appointment in words.

use leptos::prelude::*;
use nadi::actor::ActingRole;
use nadi::appointment::State;
use nadi::local_time::{LocalTime, LocalTimes};
use nadi::ports::AppointmentView;
use nadi::visit::Mode;

use crate::context;
use crate::i18n::{LocalTimeText as _, LocalTimesText as _};
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

/// From its start to its end, by the clock of its place.
pub fn local(visit: &AppointmentView) -> LocalTimes {
    LocalTimes::new(visit.starts_at, visit.ends_at, visit.zone)
}

/// `Tuesday 24 November 2026`.
pub fn date(visit: &AppointmentView) -> String {
    local(visit).starts().date().format("%A %-d %B %Y").to_string()
}

/// `10:20–10:40`.
pub fn times(visit: &AppointmentView) -> String {
    local(visit).clock()
}

/// The zone of its times: `Kolkata time (IST, UTC+05:30)`.
pub fn zone(visit: &AppointmentView) -> String {
    local(visit).zone_name()
}

/// `Tuesday 24 November 2026, 10:20–10:40, at Panjim Clinic, with Dr …`.
pub fn sentence(visit: &AppointmentView) -> String {
    format!("{}, {}, {}, with {}", date(visit), times(visit), place(visit), visit.doctor_name)
}

/// The start in the patient's own zone; only for patients, and only for video visits.
pub fn own_time(visit: &AppointmentView) -> Option<impl IntoView + use<>> {
    let own = visit.mode == Mode::Video && !is_clinic_side(visit);
    own.then(|| view! { <OwnTime there=local(visit).starts().stamp()/> })
}

/// Until when the caller may move or cancel it, with the zone.
pub fn change_until(visit: &AppointmentView) -> Option<String> {
    Some(LocalTime::new(visit.change_until?, visit.zone).in_full())
}

/// Whether the caller sees it as the doctor or the clinic, not as the patient.
pub fn is_clinic_side(visit: &AppointmentView) -> bool {
    visit.seen_as != ActingRole::Patient
}

/// Is it for someone else than the signed-in account itself?
pub fn is_for_another(visit: &AppointmentView) -> bool {
    !is_clinic_side(visit)
        && context::signed_in().is_some_and(|account| account.person != visit.person)
}
