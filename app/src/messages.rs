//! All texts about refusals, failures and fields, and the texts of e-mails and calendar files.
//!
//! They are in the second person and the present tense. Each says what happened and what to do next.

pub mod account_emails;
pub mod audit;
pub mod calendar;
pub mod connections;
pub mod emails;
mod fields;
pub mod place;
pub mod reviews;
pub mod schedules;
pub mod search;
pub mod visit;

use nadi::appointment::Refusal;
use nadi::failure::{CalendarFault, Failure, Field};

pub use fields::{field_label, field_name, field_problem};

use crate::i18n::text;

/// What happened, and what to do next.
pub fn failure(failure: &Failure) -> String {
    match failure {
        Failure::NotFound => text!("failure-not-found"),
        Failure::SignInFirst => text!("failure-sign-in-first"),
        Failure::ProveAddressFirst => text!("failure-prove-address-first"),
        Failure::NotAllowed => text!("failure-not-allowed"),
        Failure::WrongCredentials => text!("failure-wrong-credentials"),
        Failure::CodeExpired => text!("failure-code-expired"),
        Failure::SecondFactorNeeded => text!("failure-second-factor-needed"),
        Failure::WrongSecondFactor => text!("failure-wrong-second-factor"),
        Failure::WrongPasskey => text!("failure-wrong-passkey"),
        Failure::ProveAgain => text!("failure-prove-again"),
        Failure::TooManyTries { retry_after_seconds } => {
            text!("failure-too-many-tries", duration = duration(*retry_after_seconds))
        }
        Failure::Invalid(problems) => match problems.as_slice() {
            [problem] => field_problem(problem),
            _ => text!("failure-invalid"),
        },
        Failure::Refused(refused) => refusal(refused),
        Failure::Stale => text!("failure-stale"),
        Failure::VersionMissing => text!("failure-version-missing"),
        Failure::KeyMissing => text!("failure-key-missing"),
        Failure::KeyReused => text!("failure-key-reused"),
        Failure::StillRunning => text!("failure-still-running"),
        Failure::Malformed => text!("failure-malformed"),
        Failure::TooLarge => text!("failure-too-large"),
        Failure::Busy => text!("failure-busy"),
        Failure::Unavailable => text!("failure-unavailable"),
    }
}

/// Why the booking rules refuse something, and what to do next.
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotOffered => text!("refusal-not-offered"),
        Refusal::InThePast => text!("refusal-in-the-past"),
        Refusal::NotOpenYet => text!("refusal-not-open-yet"),
        Refusal::TooShortNotice => text!("refusal-too-short-notice"),
        Refusal::Taken => text!("refusal-taken"),
        Refusal::PersonBusy => text!("refusal-person-busy"),
        Refusal::TooManyHolds => text!("refusal-too-many-holds"),
        Refusal::TooManyVisits { most } => text!("refusal-too-many-visits", most),
        Refusal::HoldExpired => text!("refusal-hold-expired"),
        Refusal::NoMoreExtensions => text!("refusal-no-more-extensions"),
        Refusal::WrongCode { tries_left } => text!("refusal-wrong-code", tries = tries_left),
        Refusal::CodeSpent => text!("refusal-code-spent"),
        Refusal::CodeTooOld => text!("refusal-code-too-old"),
        Refusal::NoMoreCodes => text!("refusal-no-more-codes"),
        Refusal::AlreadyCancelled => text!("refusal-already-cancelled"),
        Refusal::NotAHold => text!("refusal-not-a-hold"),
        Refusal::TooLateToCancel { notice_minutes } => {
            text!("refusal-too-late-to-cancel", length = length(*notice_minutes))
        }
        Refusal::TooLateToMove { notice_minutes } => {
            text!("refusal-too-late-to-move", length = length(*notice_minutes))
        }
        Refusal::NotConfirmed => text!("refusal-not-confirmed"),
        Refusal::HasBegun => text!("refusal-has-begun"),
        Refusal::TooEarly => text!("refusal-too-early"),
        Refusal::TooEarlyToCheckIn { lead_minutes: ..=0 } => {
            text!("refusal-too-early-to-check-in-at-start")
        }
        Refusal::TooEarlyToCheckIn { lead_minutes } => {
            text!("refusal-too-early-to-check-in", length = length(*lead_minutes))
        }
        Refusal::NothingToUndo => text!("refusal-nothing-to-undo"),
        Refusal::TooLateToUndo => text!("refusal-too-late-to-undo"),
        Refusal::HasReview => text!("refusal-has-review"),
        Refusal::TimeGivenAway => text!("refusal-time-given-away"),
        Refusal::NotTakingBookings => text!("refusal-not-taking-bookings"),
        Refusal::NotYours => text!("refusal-not-yours"),
        Refusal::HasAppointments => text!("refusal-has-appointments"),
        Refusal::TooManyPeople => text!("refusal-too-many-people"),
        Refusal::NotCompleted => text!("refusal-not-completed"),
        Refusal::TooLateToReview { days } => text!("refusal-too-late-to-review", days),
        Refusal::AlreadyReviewed => text!("refusal-already-reviewed"),
        Refusal::StillListed => text!("refusal-still-listed"),
        Refusal::ConflictOfInterest => text!("refusal-conflict-of-interest"),
        Refusal::AlreadyOver => text!("refusal-already-over"),
        Refusal::AlreadyExists => text!("refusal-already-exists"),
        Refusal::Crowded => text!("refusal-crowded"),
        Refusal::AddressTaken => text!("refusal-address-taken"),
        Refusal::StillOnStaff => text!("refusal-still-on-staff"),
        Refusal::SecondFactorRequired => text!("refusal-second-factor-required"),
        Refusal::TooManyApiKeys => text!("refusal-too-many-api-keys"),
        Refusal::TooManyPasskeys => text!("refusal-too-many-passkeys"),
        Refusal::AlreadyJoined => text!("refusal-already-joined"),
        Refusal::LastAdministrator => text!("refusal-last-administrator"),
        Refusal::SamePerson => text!("refusal-same-person"),
    }
}

/// Why a chosen time cannot be booked. The page lists alternatives after it.
pub fn gone(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Taken => text!("time-gone-taken"),
        Refusal::NotOffered => text!("time-gone-not-offered"),
        Refusal::InThePast => text!("time-gone-in-the-past"),
        Refusal::NotOpenYet => text!("time-gone-not-open-yet"),
        Refusal::TooShortNotice => text!("time-gone-too-short-notice"),
        other => self::refusal(other),
    }
}

/// A sentence that says until when a patient may move or cancel.
pub fn cancel_policy(notice_minutes: i64) -> String {
    match notice_minutes {
        ..=0 => text!("change-policy-until-start"),
        minutes => text!("change-policy-notice", length = length(minutes)),
    }
}

/// The heading above the problems of a form.
pub fn summary_title(failure: Option<&Failure>) -> String {
    match failure {
        Some(
            Failure::Refused(Refusal::WrongCode { .. } | Refusal::CodeSpent | Refusal::CodeTooOld)
            | Failure::CodeExpired
            | Failure::WrongSecondFactor,
        ) => text!("failure-title-code"),
        Some(Failure::Busy) => text!("failure-title-busy"),
        Some(Failure::Unavailable) => text!("failure-title-unavailable"),
        _ => text!("failure-title"),
    }
}

/// What is wrong with a line of a calendar file, as a sentence.
pub fn calendar_fault(line: u32, fault: CalendarFault) -> String {
    match fault {
        CalendarFault::NotACalendar => text!("calendar-fault-not-a-calendar", line),
        CalendarFault::Unfinished => text!("calendar-fault-unfinished", line),
        CalendarFault::BadLine => text!("calendar-fault-bad-line", line),
        CalendarFault::BadValue => text!("calendar-fault-bad-value", line),
        CalendarFault::UnknownZone => text!("calendar-fault-unknown-zone", line),
        CalendarFault::BadRule => text!("calendar-fault-bad-rule", line),
        CalendarFault::EndsBeforeStart => text!("calendar-fault-ends-before-start", line),
        CalendarFault::TooMuch => text!("calendar-fault-too-much", line),
    }
}

/// The field a failure is about, when it is about one.
pub fn field_of(failure: &Failure) -> Option<Field> {
    match failure {
        Failure::WrongCredentials => Some(Field::Email),
        // Where no code counts any more, there is no field for one.
        Failure::Refused(Refusal::WrongCode { .. })
        | Failure::CodeExpired
        | Failure::WrongSecondFactor => Some(Field::Code),
        _ => None,
    }
}

/// `40 seconds`, `5 minutes`: rounded up, never "0".
pub fn duration(seconds: u32) -> String {
    match seconds {
        ..=90 => text!("length-seconds", count = seconds.max(1)),
        _ => text!("length-minutes", count = seconds.div_ceil(60)),
    }
}

/// `2 hours`, `1 day`, `30 minutes`.
pub fn length(minutes: i64) -> String {
    match minutes {
        _ if minutes % 1440 == 0 => text!("length-days", count = minutes / 1440),
        _ if minutes % 60 == 0 => text!("length-hours", count = minutes / 60),
        _ => text!("length-minutes", count = minutes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_sentence_without_blame_or_codes() {
        for one in Refusal::EXAMPLES {
            let text = refusal(&one);
            assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
            assert!(!text.to_lowercase().contains("error"), "{text}");
        }
    }

    #[test]
    fn sentences_name_the_next_step_and_no_codes() {
        let wrong = refusal(&Refusal::WrongCode { tries_left: 1 });
        assert_eq!(wrong, "That is not the code we sent. You have 1 attempt left.");
        let late = refusal(&Refusal::TooLateToCancel { notice_minutes: 120 });
        assert!(late.contains("at least 2 hours before the appointment"), "{late}");
    }

    #[test]
    fn lengths_of_time_are_in_the_largest_unit_that_is_exact() {
        assert_eq!(length(30), "30 minutes");
        assert_eq!(length(90), "90 minutes");
        assert_eq!(length(60), "1 hour");
        assert_eq!(length(2880), "2 days");
        assert_eq!(duration(0), "1 second");
        assert_eq!(duration(61), "61 seconds");
        assert_eq!(duration(91), "2 minutes");
    }
}
