//! An appointment in words.

use leptos::prelude::*;
use nadi::actor::ActingRole;
use nadi::appointment::State;
use nadi::local_time::{LocalTime, LocalTimes};
use nadi::ports::AppointmentView;
use nadi::visit::Mode;

use crate::context;
use crate::i18n::{LocalTimeText as _, LocalTimesText as _, full_date, rich_text, text};
use crate::ui::{OwnTime, Tone};

/// A state as people say it, and its tone.
pub fn state(state: State) -> (String, Tone) {
    match state {
        State::Pending => (text!("appointment-state-held"), Tone::Waiting),
        State::Confirmed => (text!("appointment-state-confirmed"), Tone::Good),
        State::CheckedIn => (text!("appointment-state-checked-in"), Tone::Good),
        State::Completed => (text!("appointment-state-completed"), Tone::Neutral),
        State::Cancelled => (text!("appointment-state-cancelled"), Tone::Loss),
        State::Expired => (text!("appointment-state-expired"), Tone::Neutral),
        State::NoShow => (text!("appointment-state-no-show"), Tone::Neutral),
    }
}

/// `In person`.
pub fn mode(mode: Mode) -> String {
    match mode {
        Mode::InPerson => text!("appointment-mode-in-person"),
        Mode::Video => text!("appointment-mode-video"),
    }
}

/// From its start to its end, by the clock of its place.
pub fn local(visit: &AppointmentView) -> LocalTimes {
    LocalTimes::new(visit.starts_at, visit.ends_at, visit.zone)
}

/// `Tuesday, 24 November 2026`.
pub fn date(visit: &AppointmentView) -> String {
    full_date(local(visit).starts().date())
}

/// `10:20–10:40`.
pub fn times(visit: &AppointmentView) -> String {
    local(visit).clock()
}

/// The zone of its times: `Kolkata time (IST, UTC+05:30)`. Only for video appointments: the others are at a place,
/// and go by its clock.
pub fn zone(visit: &AppointmentView) -> Option<String> {
    (visit.mode == Mode::Video).then(|| local(visit).zone_name())
}

/// `Tuesday, 24 November 2026, 10:20–10:40, at Panjim Clinic, with Dr …`. The times are not broken across lines.
pub fn summary(visit: &AppointmentView) -> AnyView {
    let date = view! { <time>{date(visit)}</time> };
    let times = view! { <time class="unbroken">{times(visit)}</time> };
    let doctor = view! {
        <span translate="no" dir="auto">{unbroken_name(&visit.doctor_name)}</span>
    }
    .into_any();
    match visit.mode {
        Mode::InPerson => {
            let location = name(&visit.location_name);
            rich_text!("appointment-summary-in-person", date, times, location, doctor)
        }
        Mode::Video => rich_text!("appointment-summary-video", date, times, doctor),
    }
}

/// What it is and for whom: `First visit for Mira Naik`.
pub fn kind_and_person(visit: &AppointmentView) -> AnyView {
    let (kind, person) = (name(&visit.visit_type_name), person(&visit.person_name));
    rich_text!("appointment-kind-and-person", kind, person)
}

/// Something that people typed, such as a name: it is not translated.
pub fn name(typed: &str) -> AnyView {
    view! { <span translate="no" dir="auto">{typed.to_owned()}</span> }.into_any()
}

/// A doctor's name where it stands out: `Dr` and the word that follows are not broken across lines.
pub fn unbroken_name(name: &str) -> AnyView {
    let (title, rest) = titled(name);
    view! { {title.map(|title| view! { <span class="unbroken">{title}</span> })}{rest} }.into_any()
}

/// A name in two parts: the title with the word that follows, if there is one, and the rest.
fn titled(name: &str) -> (Option<String>, String) {
    const TITLES: [&str; 4] = ["Dr", "Dr.", "Prof", "Prof."];
    let is_titled = name.split_once(' ').is_some_and(|(title, _)| TITLES.contains(&title));
    match name.match_indices(' ').nth(1) {
        _ if !is_titled => (None, name.to_owned()),
        Some((second, _)) => {
            let (title, rest) = name.split_at(second);
            (Some(title.to_owned()), rest.to_owned())
        }
        None => (Some(name.to_owned()), String::new()),
    }
}

/// Whom it is for. Somebody who holds a time without an account may not have given a name yet.
pub fn person(typed: &str) -> AnyView {
    if typed.is_empty() { text!("visit-no-name").into_any() } else { name(typed) }
}

/// The same as plain text.
pub fn person_text(typed: &str) -> String {
    if typed.is_empty() { text!("visit-no-name") } else { typed.to_owned() }
}

/// The start in the patient's own zone; only for patients, and only for video visits.
pub fn own_time(visit: &AppointmentView) -> Option<impl IntoView + use<>> {
    let own = visit.mode == Mode::Video && !is_clinic_side(visit);
    own.then(|| view! { <OwnTime there=local(visit).starts().stamp()/> })
}

/// Until when the caller may reschedule or cancel it, with the zone.
pub fn change_until(visit: &AppointmentView) -> Option<String> {
    Some(LocalTime::new(visit.change_until?, visit.zone).in_full())
}

/// What can be done with it while its doctor takes no bookings.
pub fn not_taking_bookings(visit: &AppointmentView) -> AnyView {
    let doctor = name(&visit.doctor_name);
    match change_until(visit) {
        Some(until) => rich_text!("appointment-not-taking-bookings", doctor, until),
        None => rich_text!("appointment-not-taking-bookings-too-late", doctor),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stays_with_the_name() {
        let parts = |name| {
            let (title, rest) = titled(name);
            (title.unwrap_or_default(), rest)
        };
        let pair = |title: &str, rest: &str| (title.to_owned(), rest.to_owned());
        assert_eq!(parts("Dr Asha Rao"), pair("Dr Asha", " Rao"));
        assert_eq!(parts("Prof. Rao"), pair("Prof. Rao", ""));
        assert_eq!(parts("Asha Mira Rao"), pair("", "Asha Mira Rao"));
        assert_eq!(parts("Dr"), pair("", "Dr"));
    }
}
