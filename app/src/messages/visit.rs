//! Texts about an appointment: the result of an action, the possible actions, and the history.

use nadi::actor::ActingRole;
use nadi::appointment::{Event, Refusal, State};

/// `First visit, 40 minutes`. If the length of a slot is not known, the number of slots.
pub fn kind(name: &str, span: i16, slot_minutes: Option<i64>) -> String {
    match (slot_minutes, span) {
        (Some(minutes), _) => {
            format!("{name}, {}", super::length(minutes * i64::from(span.max(1))))
        }
        (None, ..=1) => name.to_owned(),
        (None, span) => format!("{name}, {span} times in a row"),
    }
}

/// How often a hold can still be extended.
pub fn extensions_left(left: i16) -> String {
    match left {
        ..=0 => {
            "You have kept this time as often as you can. Confirm it now, or choose a time anew later."
                .into()
        }
        1 => "You can do this once more.".into(),
        2 => "You can do this twice more.".into(),
        left => format!("You can do this {left} times, if you need more time."),
    }
}

/// Until when a confirmed appointment can be moved or cancelled. `until` is a date, a time and its zone. `begun` is
/// set when it is too late for any change ([`nadi::appointment::begun`]).
pub fn change_policy(until: Option<&str>, begun: Option<Refusal>, clinic_side: bool) -> String {
    match (begun, until, clinic_side) {
        (Some(begun), ..) => super::refusal(&begun),
        (None, Some(until), false) => format!("You can move or cancel it until {until}."),
        (None, Some(until), true) => format!("You can move or cancel it until it starts: {until}."),
        (None, None, _) => {
            "It is too late to move or cancel it here. Call the clinic if you cannot come.".into()
        }
    }
}

/// Until when it can be moved.
pub fn move_policy(until: &str) -> String {
    format!("You can move it until {until}. The time you have now then goes to someone else.")
}

/// The note next to the button that moves it.
pub fn move_note(clinic_side: bool) -> &'static str {
    if clinic_side {
        "The patient reads the new time in an e-mail. The old one is free at once."
    } else {
        "We send you the new time by e-mail. The old one is free for someone else at once."
    }
}

/// What can be done with an appointment whose doctor takes no bookings; `until` as in [`change_policy`].
pub fn not_taking_bookings(doctor: &str, until: Option<&str>) -> String {
    let cancel = match until {
        Some(until) => format!("You can cancel it until {until}."),
        None => "It is too late to cancel it here.".to_owned(),
    };
    format!(
        "{doctor} is not taking bookings at the moment, so this appointment cannot be moved. It takes place \
         unless it is cancelled. {cancel}"
    )
}

/// Why an appointment cannot be moved when its doctor is no longer listed.
pub const NO_NEW_TIMES: &str =
    "This doctor offers no new times here at the moment. Call the clinic to find another time.";

/// Why an appointment cannot be moved.
pub fn why_not_moved(state: State, begun: Option<Refusal>, clinic_side: bool) -> String {
    match state {
        State::Pending => super::refusal(&Refusal::NotConfirmed),
        State::Confirmed => change_policy(None, begun, clinic_side),
        State::CheckedIn => super::refusal(&Refusal::HasBegun),
        State::Completed | State::NoShow => super::refusal(&Refusal::AlreadyOver),
        State::Cancelled => super::refusal(&Refusal::AlreadyCancelled),
        State::Expired => super::refusal(&Refusal::HoldExpired),
    }
}

/// Who did something, for a reader in the role `seen_as`.
fn who(by: ActingRole, seen_as: ActingRole) -> &'static str {
    match (by, seen_as) {
        (ActingRole::Patient, ActingRole::Patient) | (ActingRole::Doctor, ActingRole::Doctor) => {
            "You"
        }
        (ActingRole::Patient, _) => "The patient",
        (ActingRole::Doctor, _) => "The doctor",
        (ActingRole::Administrator, _) => "The clinic",
        (ActingRole::System, _) => "Nadi",
    }
}

/// An entry of the history. `person` is the patient's name, `moved_from` the previous start, and `undone` the
/// previous state that was undone.
pub fn happened(
    event: Event,
    by: ActingRole,
    seen_as: ActingRole,
    person: &str,
    moved_from: Option<&str>,
    undone: Option<State>,
) -> String {
    let who = who(by, seen_as);
    match event {
        Event::Held => format!("{who} held this time."),
        Event::Extended => format!("{who} kept it for longer."),
        Event::CodeRequested => format!("{who} asked for a new code."),
        Event::Confirmed => format!("{who} confirmed it."),
        Event::Rescheduled => match moved_from {
            Some(before) => format!("{who} moved it. Before, it was on {before}."),
            None => format!("{who} moved it."),
        },
        Event::CheckedIn => format!("{who} noted that {person} is here."),
        Event::Completed => format!("{who} noted that the visit took place."),
        Event::NoShow => format!("{who} noted that {person} did not come."),
        Event::Reopened => match undone {
            Some(State::CheckedIn) => format!("{who} undid the check-in."),
            Some(State::NoShow) => format!("{who} undid the note that {person} did not come."),
            _ => format!("{who} undid the note that the visit took place."),
        },
        Event::Cancelled => format!("{who} cancelled it."),
        Event::Released if by == ActingRole::System => {
            "Another time was held instead, so this one was given back.".into()
        }
        Event::Released => format!("{who} let this time go."),
        Event::Expired => "The hold ended, and the time was free again.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_visit_says_how_long_it_takes() {
        assert_eq!(kind("First visit", 2, Some(20)), "First visit, 40 minutes");
        assert_eq!(kind("First visit", 2, None), "First visit, 2 times in a row");
        assert_eq!(kind("Consultation", 1, None), "Consultation");
    }

    #[test]
    fn every_event_is_a_sentence_for_both_sides() {
        for event in Event::ALL {
            for (by, seen_as) in [
                (ActingRole::Patient, ActingRole::Patient),
                (ActingRole::Patient, ActingRole::Doctor),
                (ActingRole::Administrator, ActingRole::Patient),
                (ActingRole::System, ActingRole::Patient),
            ] {
                let said =
                    happened(event, by, seen_as, "Mira", Some("Tue 24 Nov 2026, 10:20"), None);
                assert!(said.ends_with('.') && said.starts_with(char::is_uppercase), "{said}");
            }
        }
        let moved = happened(
            Event::Rescheduled,
            ActingRole::Patient,
            ActingRole::Patient,
            "Mira",
            Some("Tue 24 Nov 2026, 10:20"),
            None,
        );
        assert_eq!(moved, "You moved it. Before, it was on Tue 24 Nov 2026, 10:20.");
    }
}
