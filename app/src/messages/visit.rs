//! Texts about an appointment: the result of an action, the possible actions, and the history.

use nadi::actor::ActingRole;
use nadi::appointment::{Event, Refusal, State};

use crate::i18n::text;

/// `First visit, 40 minutes`. If the length of a slot is not known, the number of slots.
pub fn kind(name: &str, span: i16, slot_minutes: Option<i64>) -> String {
    match (slot_minutes, span) {
        (Some(minutes), _) => {
            let length = super::length(minutes * i64::from(span.max(1)));
            text!("appointment-kind-with-length", kind = name, length)
        }
        (None, ..=1) => name.to_owned(),
        (None, span) => text!("appointment-kind-with-times", kind = name, count = span),
    }
}

/// How often a hold can still be extended.
pub fn extensions_left(left: i16) -> String {
    text!("appointment-held-extensions-left", count = left.max(0))
}

/// Until when a confirmed appointment can be rescheduled or cancelled. `until` is a date, a time and its zone.
/// `begun` is set when it is too late for any change ([`nadi::appointment::begun`]).
pub fn change_policy(until: Option<&str>, begun: Option<Refusal>, clinic_side: bool) -> String {
    match (begun, until, clinic_side) {
        (Some(begun), ..) => super::refusal(&begun),
        (None, Some(until), false) => text!("appointment-change-until", until),
        (None, Some(until), true) => text!("appointment-change-until-clinic", until),
        (None, None, _) => text!("appointment-change-too-late"),
    }
}

/// Until when it can be rescheduled.
pub fn move_policy(until: &str) -> String {
    text!("appointment-reschedule-until", until)
}

/// The note next to the button that reschedules it.
pub fn move_note(clinic_side: bool) -> String {
    if clinic_side {
        text!("appointment-reschedule-note-clinic")
    } else {
        text!("appointment-reschedule-note")
    }
}

/// Why an appointment cannot be rescheduled.
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

/// Who did something, for a reader in the role `seen_as`: a word by which texts select a variant.
fn who(by: ActingRole, seen_as: ActingRole) -> &'static str {
    match (by, seen_as) {
        (ActingRole::Patient, ActingRole::Patient) | (ActingRole::Doctor, ActingRole::Doctor) => {
            "you"
        }
        (ActingRole::Patient, _) => "patient",
        (ActingRole::Doctor, _) => "doctor",
        (ActingRole::Receptionist | ActingRole::Administrator, _) => "clinic",
        (ActingRole::System, _) => "nadi",
    }
}

/// An entry of the history. `before` is the previous start, and `undone` the previous state that was undone.
pub fn happened(
    event: Event,
    by: ActingRole,
    seen_as: ActingRole,
    before: Option<&str>,
    undone: Option<State>,
) -> String {
    let who = who(by, seen_as);
    match event {
        Event::Held => text!("history-held", who),
        Event::Extended => text!("history-extended", who),
        Event::CodeRequested => text!("history-code-requested", who),
        Event::Confirmed => text!("history-confirmed", who),
        Event::Rescheduled => match before {
            Some(before) => text!("history-rescheduled-from", who, before),
            None => text!("history-rescheduled", who),
        },
        Event::CheckedIn => text!("history-checked-in", who),
        Event::Completed => text!("history-completed", who),
        Event::NoShow => text!("history-no-show", who),
        Event::Reopened => match undone {
            Some(State::CheckedIn) => text!("history-undone-check-in", who),
            Some(State::NoShow) => text!("history-undone-no-show", who),
            _ => text!("history-undone-completed", who),
        },
        Event::Cancelled => text!("history-cancelled", who),
        Event::Released => text!("history-released", who),
        Event::Expired => text!("history-expired"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_visit_says_how_long_it_takes() {
        assert_eq!(kind("First visit", 2, Some(20)), "First visit, 40 minutes");
        assert_eq!(kind("First visit", 2, None), "First visit (length: 2 times in a row)");
        assert_eq!(kind("Consultation", 1, None), "Consultation");
    }

    #[test]
    fn it_says_how_often_a_hold_can_still_be_extended() {
        let said = [-1, 0, 1, 2, 3].map(extensions_left);
        assert_eq!(said[0], said[1]);
        assert!(said[1].starts_with("You cannot get more time."), "{}", said[1]);
        assert_eq!(said[2], "You can do this once more.");
        assert_eq!(said[3], "You can do this twice more.");
        assert_eq!(said[4], "You can do this 3 more times.");
    }

    #[test]
    fn every_event_is_a_sentence_for_both_sides() {
        const BEFORE: Option<&str> = Some("Tue, 24 Nov 2026, 10:20");
        for event in Event::ALL {
            for (by, seen_as, who) in [
                (ActingRole::Patient, ActingRole::Patient, "You "),
                (ActingRole::Patient, ActingRole::Doctor, "The patient "),
                (ActingRole::Doctor, ActingRole::Doctor, "You "),
                (ActingRole::Doctor, ActingRole::Patient, "The doctor "),
                (ActingRole::Administrator, ActingRole::Patient, "The clinic "),
                (ActingRole::System, ActingRole::Patient, ""),
            ] {
                let said = happened(event, by, seen_as, BEFORE, None);
                assert!(said.ends_with('.') && said.starts_with(char::is_uppercase), "{said}");
                assert!(event == Event::Expired || said.starts_with(who), "{said}");
            }
        }
        let by_patient =
            |event| happened(event, ActingRole::Patient, ActingRole::Patient, BEFORE, None);
        assert_eq!(
            by_patient(Event::Rescheduled),
            "You rescheduled the appointment. It was on Tue, 24 Nov 2026, 10:20."
        );
        assert_eq!(
            happened(Event::Released, ActingRole::System, ActingRole::Patient, None, None),
            "This time was released because another time was chosen instead."
        );
    }
}
