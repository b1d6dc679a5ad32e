//! All texts about refusals, failures and fields, and the texts of e-mails and calendar files.
//!
//! They are in the second person and the present tense. Each says what happened and what to do next.

use nadi::appointment::Refusal;
use nadi::failure::{CalendarFault, Failure, Field, FieldProblem, Problem};

/// What happened, and what to do next.
pub fn failure(failure: &Failure) -> String {
    match failure {
        Failure::NotFound => "We cannot find that. It may have been removed.".into(),
        Failure::SignInFirst => "Sign in to go on.".into(),
        Failure::NotAllowed => "Your account is not allowed to do that.".into(),
        Failure::WrongCredentials => {
            "E-mail and password do not go together. Check both, or register.".into()
        }
        Failure::TooManyTries { retry_after_seconds } => {
            format!("That was tried too often. Try again in {}.", duration(*retry_after_seconds))
        }
        Failure::Invalid(problems) => match problems.as_slice() {
            [problem] => field_problem(problem),
            _ => "Some of what you typed needs another look.".into(),
        },
        Failure::Refused(refused) => refusal(refused),
        Failure::Stale => {
            "This was changed in the meantime. Here is how it stands now: look, then try again."
                .into()
        }
        Failure::VersionMissing => {
            "Say which version you have seen: send its ETag in If-Match.".into()
        }
        Failure::KeyMissing => {
            "Give this request a key of its own: send it in Idempotency-Key.".into()
        }
        Failure::KeyReused => {
            "This key was used for another request. Give each request a key of its own.".into()
        }
        Failure::StillRunning => {
            "This is still being done. Wait a moment, then look at how it stands.".into()
        }
        Failure::Malformed => {
            "We could not read that. Go back, fill the form again and send it.".into()
        }
        Failure::TooLarge => "That is more than we can take at once. Shorten it and send it again.".into(),
        Failure::Busy => {
            "Very many people are here at this moment. Nothing was changed. Try again in a few seconds.".into()
        }
        Failure::Unavailable => {
            "Your appointments are safe, and nothing was changed. Try again in a minute.".into()
        }
    }
}

/// Why the booking rules refuse something, and what to do next.
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotOffered => "That time is no longer offered. Choose another one.".into(),
        Refusal::InThePast => "That time has already started. Choose a later one.".into(),
        Refusal::NotOpenYet => {
            "That time cannot be booked yet. Choose an earlier day, or come back later.".into()
        }
        Refusal::TooShortNotice => {
            "That time is too soon to be booked online. Choose a later one, or call the clinic."
                .into()
        }
        Refusal::Taken => "That time was just taken. Choose one of the nearest free ones.".into(),
        Refusal::PersonBusy => {
            "There is another appointment of the same person at that time. Choose another time, or cancel that one first.".into()
        }
        Refusal::TooManyHolds => {
            "You hold three times already. Confirm one or let one go, then hold this one.".into()
        }
        Refusal::TooManyVisits { most: 1 } => {
            "You have a visit with this doctor already. Move or cancel that one, or call the clinic.".into()
        }
        Refusal::TooManyVisits { most } => format!(
            "You have {most} visits coming up with this doctor, the most that can be booked online. \
             Move or cancel one of them, or call the clinic."
        ),
        Refusal::HoldExpired => "The hold has ended and the time is free again. Choose a time anew.".into(),
        Refusal::NoMoreExtensions => {
            "This time cannot be kept any longer. Confirm it now, or hold it again later.".into()
        }
        Refusal::WrongCode { tries_left: 1 } => {
            "That is not the code we sent. You have one more try.".into()
        }
        Refusal::WrongCode { tries_left } => {
            format!("That is not the code we sent. You have {tries_left} more tries.")
        }
        Refusal::CodeSpent => {
            "This code was tried too often and no longer counts. Send a new code.".into()
        }
        Refusal::NoMoreCodes => {
            "We cannot send more codes for this hold. Let the time go and hold it again.".into()
        }
        Refusal::AlreadyCancelled => "This appointment is cancelled already.".into(),
        Refusal::NotAHold => "This appointment is no longer waiting for a code.".into(),
        Refusal::TooLateToCancel { notice_minutes } => format!(
            "It is too late to cancel here: the clinic asks for {} notice. Call the clinic instead.",
            notice(*notice_minutes)
        ),
        Refusal::TooLateToMove { notice_minutes } => format!(
            "It is too late to move it here: the clinic asks for {} notice. Call the clinic instead.",
            notice(*notice_minutes)
        ),
        Refusal::NotConfirmed => "Confirm this time first, or choose another one.".into(),
        Refusal::HasBegun => "The visit has begun, so it can no longer be changed here.".into(),
        Refusal::TooEarly => "It is too early for that. Try again once the visit has started.".into(),
        Refusal::TooEarlyToCheckIn { lead_minutes: ..=0 } => {
            "A patient can be checked in from the start of the visit on.".into()
        }
        Refusal::TooEarlyToCheckIn { lead_minutes } => format!(
            "A patient can be checked in from {} before the start of the visit on.",
            length(*lead_minutes)
        ),
        Refusal::NothingToUndo => {
            "There is nothing to undo: this visit is neither checked in, completed nor missed.".into()
        }
        Refusal::TooLateToUndo => {
            "This can be undone only on the day on which it was marked.".into()
        }
        Refusal::HasReview => {
            "The patient has reviewed this visit, so it stays completed while the review stands.".into()
        }
        Refusal::TimeGivenAway => {
            "Someone else has booked a part of this time since, so this can no longer be undone.".into()
        }
        Refusal::NotTakingBookings => {
            "This doctor is not taking bookings at the moment. An appointment can be cancelled, but not confirmed or moved.".into()
        }
        Refusal::NotYours => "That is for the other side to do.".into(),
        Refusal::HasAppointments => {
            "This person still has an appointment. Cancel it first, or wait until it is over.".into()
        }
        Refusal::TooManyPeople => {
            "There are as many people on this account as it can have. Remove one first.".into()
        }
        Refusal::NotCompleted => {
            "Only a visit that took place can be reviewed. The clinic notes it on the day.".into()
        }
        Refusal::TooLateToReview { days } => {
            format!("A review can be written and changed for {days} days after the visit. They are over.")
        }
        Refusal::AlreadyReviewed => {
            "You have reviewed this visit already. Here is your review: you can change it.".into()
        }
        Refusal::StillListed => {
            "This doctor is listed and takes bookings. Suspend them first.".into()
        }
        Refusal::ConflictOfInterest => {
            "You cannot review yourself, or a doctor of a clinic that you administer.".into()
        }
        Refusal::AlreadyOver => "This appointment is over.".into(),
        Refusal::AlreadyExists => "This appointment exists already.".into(),
        Refusal::Crowded => {
            "Many people want this time at this moment. Try again, or choose another time.".into()
        }
    }
}

/// Why a chosen time cannot be booked. The page lists alternatives after it.
pub fn gone(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Taken => "That time was just taken.".into(),
        Refusal::NotOffered => "That time is no longer offered.".into(),
        Refusal::InThePast => "That time has already started.".into(),
        Refusal::NotOpenYet => "That time cannot be booked yet.".into(),
        Refusal::TooShortNotice => "That time is too soon to be booked online.".into(),
        other => self::refusal(other),
    }
}

/// A sentence that says until when a patient may move or cancel.
pub fn cancel_policy(notice_minutes: i64) -> String {
    match notice_minutes {
        ..=0 => "You can move or cancel it here until the start.".into(),
        minutes => {
            format!("You can move or cancel it here until {} before the start.", length(minutes))
        }
    }
}

/// The heading above the problems of a form.
pub fn summary_title(failure: Option<&Failure>) -> &'static str {
    match failure {
        Some(Failure::Invalid(problems)) if problems.len() > 1 => "A few things need another look",
        Some(Failure::Invalid(_) | Failure::WrongCredentials) => "One thing needs another look",
        Some(Failure::Refused(Refusal::WrongCode { .. } | Refusal::CodeSpent)) => {
            "The code does not match"
        }
        Some(Failure::Busy) => "Too many people at once",
        Some(Failure::Unavailable) => "We cannot reach our calendar right now",
        _ => "That did not work",
    }
}

/// What is wrong with a line of a calendar file; continues a sentence after `line 7`.
pub fn calendar_fault(fault: CalendarFault) -> &'static str {
    match fault {
        CalendarFault::NotACalendar => "is not the beginning of a calendar",
        CalendarFault::Unfinished => "begins or ends something that has no other end",
        CalendarFault::BadLine => "is not written as lines of a calendar are",
        CalendarFault::BadValue => "has a date, time or length that is none",
        CalendarFault::UnknownZone => "names a time zone that nobody knows",
        CalendarFault::BadRule => "repeats by a rule that cannot be followed",
        CalendarFault::EndsBeforeStart => "ends something before it starts",
        CalendarFault::TooMuch => "goes beyond what we read",
    }
}

/// The field a failure is about, when it is about one.
pub fn field_of(failure: &Failure) -> Option<Field> {
    match failure {
        Failure::WrongCredentials => Some(Field::Email),
        Failure::Refused(Refusal::WrongCode { .. } | Refusal::CodeSpent) => Some(Field::Code),
        _ => None,
    }
}

/// What is wrong with a field, and how to correct it.
pub fn field_problem(found: &FieldProblem) -> String {
    let name = field_label(found.field);
    match (found.field, found.problem) {
        (Field::Email, Problem::Missing) => "Enter your e-mail address.".into(),
        (Field::Email, Problem::Malformed) => {
            "Enter an e-mail address like name@example.org.".into()
        }
        (Field::Email, Problem::Taken) => {
            "Another doctor signs in with this e-mail already. Choose another account.".into()
        }
        (Field::Email, Problem::Unknown) => {
            "There is no account with this e-mail. Ask them to register first.".into()
        }
        (Field::BirthDate, Problem::Malformed) => {
            "Enter the birth date as a past date, like 2019-04-30.".into()
        }
        (Field::Stars, Problem::Missing) => "Choose from 1 to 5 how your visit was.".into(),
        (Field::Code, Problem::Missing) => "Enter the code from the e-mail.".into(),
        (Field::Code, Problem::Malformed) => "The code has six digits. Check the e-mail.".into(),
        (Field::Fee, Problem::Malformed) => "Enter the fee as a number, like 800 or 45.50.".into(),
        (Field::City, Problem::Unknown) => {
            "We do not know this city. Choose one from the list, or type its English name.".into()
        }
        (Field::StartsAt, Problem::Missing) => "Enter when these hours start.".into(),
        (Field::EndsAt, Problem::Missing) => "Enter when these hours end.".into(),
        (Field::StartsAt | Field::EndsAt, Problem::Malformed) => {
            "Enter the time like 09:30.".into()
        }
        (Field::EffectiveFrom | Field::EffectiveUntil, Problem::Malformed) => {
            format!("{name} has to be a date like 2026-12-01.")
        }
        (Field::TimeZone, Problem::Unknown | Problem::Malformed) => {
            "Enter a time zone like Asia/Kolkata.".into()
        }
        (Field::TimeZone, Problem::Taken) => {
            "People are booked here, so the time zone cannot change now.".into()
        }
        (
            Field::Specialty | Field::Status | Field::Clinic | Field::Location | Field::Weekday,
            Problem::Missing,
        ) => format!("Choose {}.", lower(name)),
        (Field::Repeats, Problem::Malformed) => {
            "We cannot read this rule. Write it like FREQ=MONTHLY;BYDAY=1MO, or choose another."
                .into()
        }
        (_, Problem::Missing) => format!("Enter {}.", lower(name)),
        (_, Problem::TooLong(max)) => format!("{name} is too long. Use at most {max} characters."),
        (_, Problem::TooShort(min)) => {
            format!("{name} is too short. Use at least {min} characters.")
        }
        (_, Problem::Malformed) => format!("{name} has characters we cannot use. Type it again."),
        (_, Problem::Invisible) => {
            format!("{name} has no characters that can be seen. Type it again.")
        }
        (_, Problem::LineBreak) => {
            format!("{name} has to be on one line. Remove the line breaks.")
        }
        (_, Problem::OutOfRange { min, max }) => format!("{name} has to be from {min} to {max}."),
        (_, Problem::Unknown) => format!("Choose {} from the list.", lower(name)),
        (_, Problem::EndsBeforeStart) => format!("{name} is before the start. Choose a later one."),
        (_, Problem::Overlaps) => format!("{name} overlaps another line. Move one of them."),
        (_, Problem::TooOften) => {
            format!("{name} has to name days: once a day, or less often.")
        }
        (_, Problem::Never) => format!("{name} names no day at all. Check the days and the dates."),
        (_, Problem::NotPublic) => {
            "We can only read calendars from a public address, like https://example.org/me.ics."
                .into()
        }
        (_, Problem::NoAnswer) => {
            "Nobody answers at this address with a calendar. Check it, or try again later.".into()
        }
        (_, Problem::MalformedAt { line, reason }) => {
            format!("We cannot read this calendar: line {line} {}.", calendar_fault(reason))
        }
        (_, Problem::Ambiguous) => format!(
            "{name} fits several accounts, and none of them has proven it. Ask which other one they use."
        ),
        (_, Problem::Taken) => format!("{name} is in use already. Choose another one."),
    }
}

/// A field's name in forms and URLs, the same as in JSON.
pub fn field_name(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Email => "email",
        Field::Password => "password",
        Field::Code => "code",
        Field::Title => "title",
        Field::Bio => "bio",
        Field::Languages => "languages",
        Field::Qualifications => "qualifications",
        Field::Fee => "fee",
        Field::Specialty => "specialty",
        Field::Status => "status",
        Field::Clinic => "clinic",
        Field::Location => "location",
        Field::Address => "address",
        Field::City => "city",
        Field::Latitude => "latitude",
        Field::Longitude => "longitude",
        Field::TimeZone => "time_zone",
        Field::Weekday => "weekday",
        Field::StartsAt => "starts_at",
        Field::EndsAt => "ends_at",
        Field::SlotMinutes => "slot_minutes",
        Field::SeatCapacity => "seat_capacity",
        Field::Mode => "mode",
        Field::EffectiveFrom => "effective_from",
        Field::EffectiveUntil => "effective_until",
        Field::Reason => "reason",
        Field::Slug => "slug",
        Field::BirthDate => "birth_date",
        Field::Person => "person",
        Field::VisitType => "visit_type",
        Field::Repeats => "repeats",
        Field::BufferBefore => "buffer_before",
        Field::BufferAfter => "buffer_after",
        Field::Notice => "notice",
        Field::Window => "window",
        Field::Lines => "lines",
        Field::Calendar => "calendar",
        Field::Region => "region",
        Field::Stars => "stars",
        Field::Text => "text",
        Field::Answer => "answer",
    }
}

/// A field's label, at the start of a sentence.
pub fn field_label(field: Field) -> &'static str {
    match field {
        Field::Name => "The name",
        Field::Email => "The e-mail address",
        Field::Password => "The password",
        Field::Code => "The code",
        Field::Title => "The title",
        Field::Bio => "The description",
        Field::Languages => "The languages",
        Field::Qualifications => "The qualifications",
        Field::Fee => "The fee",
        Field::Specialty => "A specialty",
        Field::Status => "A status",
        Field::Clinic => "A clinic",
        Field::Location => "A location",
        Field::Address => "The address",
        Field::City => "A city",
        Field::Latitude => "The latitude",
        Field::Longitude => "The longitude",
        Field::TimeZone => "The time zone",
        Field::Weekday => "A weekday",
        Field::StartsAt => "The start",
        Field::EndsAt => "The end",
        Field::SlotMinutes => "The length of an appointment",
        Field::SeatCapacity => "The number of people per time",
        Field::Mode => "The kind of visit",
        Field::EffectiveFrom => "The first day",
        Field::EffectiveUntil => "The last day",
        Field::Reason => "The reason",
        Field::Slug => "The address name",
        Field::BirthDate => "The birth date",
        Field::Person => "A person",
        Field::VisitType => "A kind of visit",
        Field::Repeats => "The rule of repetition",
        Field::BufferBefore => "The time kept free before",
        Field::BufferAfter => "The time kept free after",
        Field::Notice => "The notice",
        Field::Window => "How far ahead",
        Field::Lines => "The number of lines",
        Field::Calendar => "The calendar",
        Field::Region => "A region",
        Field::Stars => "The number of stars",
        Field::Text => "The review",
        Field::Answer => "The answer",
    }
}

fn lower(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// `40 seconds`, `5 minutes`: rounded up, never "0".
pub fn duration(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".into(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// `2 hours`, `a day`, `30 minutes`.
pub fn length(minutes: i64) -> String {
    match minutes {
        1 => "a minute".into(),
        60 => "an hour".into(),
        1440 => "a day".into(),
        _ if minutes % 1440 == 0 => format!("{} days", minutes / 1440),
        _ if minutes % 60 == 0 => format!("{} hours", minutes / 60),
        _ => format!("{minutes} minutes"),
    }
}

/// `2 hours’`, `a day’s`, `30 minutes’`: a duration before the word "notice".
pub fn notice(minutes: i64) -> String {
    match minutes {
        60 => "an hour’s".into(),
        1440 => "a day’s".into(),
        _ if minutes % 1440 == 0 => format!("{} days’", minutes / 1440),
        _ if minutes % 60 == 0 => format!("{} hours’", minutes / 60),
        _ => format!("{minutes} minutes’"),
    }
}

#[cfg(feature = "ssr")]
pub mod calendar;
#[cfg(feature = "ssr")]
pub mod connections;
#[cfg(feature = "ssr")]
pub mod emails;
#[cfg(feature = "ssr")]
pub mod place;
#[cfg(feature = "ssr")]
pub mod reviews;
#[cfg(feature = "ssr")]
pub mod schedules;
#[cfg(feature = "ssr")]
pub mod search;
pub mod visit;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_sentence_without_blame_or_codes() {
        for one in Refusal::EXAMPLES {
            let said = refusal(&one);
            assert!(said.ends_with('.') && said.starts_with(char::is_uppercase), "{said}");
            assert!(!said.to_lowercase().contains("error"), "{said}");
        }
    }

    #[test]
    fn sentences_name_the_next_step_and_no_codes() {
        let wrong = refusal(&Refusal::WrongCode { tries_left: 1 });
        assert_eq!(wrong, "That is not the code we sent. You have one more try.");
        let short = FieldProblem { field: Field::Password, problem: Problem::TooShort(8) };
        assert_eq!(field_problem(&short), "The password is too short. Use at least 8 characters.");
        let missing = FieldProblem { field: Field::Name, problem: Problem::Missing };
        assert_eq!(field_problem(&missing), "Enter the name.");
        assert_eq!(notice(120), "2 hours’");
        assert_eq!(duration(61), "61 seconds");
    }
}
