//! Texts about the fields of forms.

use nadi::failure::{Field, FieldProblem, Problem};

use super::calendar_fault;
use crate::i18n::text;

/// What is wrong with a field, and how to correct it.
pub fn field_problem(found: &FieldProblem) -> String {
    let field = field_label(found.field);
    match (found.field, found.problem) {
        (Field::Email, Problem::Malformed) => text!("field-email-malformed"),
        (Field::Email, Problem::Taken) => text!("field-email-taken"),
        (Field::Email, Problem::Unknown) => text!("field-email-unknown"),
        // Typed to prove who is signed in.
        (Field::Password, Problem::Unknown) => text!("field-password-wrong"),
        (Field::OldPassword, Problem::Unknown) => text!("field-old-password-wrong"),
        (Field::BirthDate, Problem::Malformed) => text!("field-birth-date-malformed"),
        (Field::Code, Problem::Malformed) => text!("field-code-malformed"),
        (Field::Fee, Problem::Malformed) => text!("field-fee-malformed"),
        (Field::City, Problem::Unknown) => text!("field-city-unknown"),
        (Field::Mode, Problem::Unknown) => text!("field-mode-missing"),
        (Field::StartsAt | Field::EndsAt, Problem::Malformed) => text!("field-time-malformed"),
        (Field::EffectiveFrom | Field::EffectiveUntil, Problem::Malformed) => {
            text!("field-date-malformed", field)
        }
        (Field::TimeZone, Problem::Unknown | Problem::Malformed) => {
            text!("field-time-zone-malformed")
        }
        (Field::TimeZone, Problem::Taken) => text!("field-time-zone-taken"),
        (Field::Repeats, Problem::Malformed) => text!("field-repeats-malformed"),
        (field, Problem::Missing) => missing(field),
        (_, Problem::TooLong(max)) => text!("field-too-long", field, max),
        (_, Problem::TooShort(min)) => text!("field-too-short", field, min),
        (_, Problem::Malformed) => text!("field-malformed", field),
        (_, Problem::Invisible) => text!("field-invisible", field),
        (_, Problem::LineBreak) => text!("field-line-break", field),
        // As they have to be typed.
        (_, Problem::OutOfRange { min, max }) => {
            text!("field-out-of-range", field, min = min.to_string(), max = max.to_string())
        }
        (_, Problem::Unknown) => text!("field-unknown", field),
        (_, Problem::EndsBeforeStart) => text!("field-ends-before-start", field),
        (_, Problem::Overlaps) => text!("field-overlaps", field),
        (_, Problem::TooOften) => text!("field-too-often", field),
        (_, Problem::Never) => text!("field-never", field),
        (_, Problem::NotPublic) => text!("field-calendar-not-public"),
        (_, Problem::NoAnswer) => text!("field-calendar-no-answer"),
        (_, Problem::MalformedAt { line, reason }) => {
            text!("field-calendar-malformed", fault = calendar_fault(line, reason))
        }
        (_, Problem::Ambiguous) => text!("field-ambiguous", field),
        (_, Problem::Taken) => text!("field-already-taken", field),
        (_, Problem::TooCommon) => text!("field-password-too-common"),
    }
}

/// A field's name in forms and URLs, the same as in JSON.
pub fn field_name(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Email => "email",
        Field::Password => "password",
        Field::OldPassword => "old_password",
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
        Field::PatientName => "patient_name",
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

/// A field's name at the start of a sentence.
pub fn field_label(field: Field) -> String {
    match field {
        Field::Name => text!("field-name"),
        Field::Email => text!("field-email"),
        Field::Password => text!("field-password"),
        Field::OldPassword => text!("field-old-password"),
        Field::Code => text!("field-code"),
        Field::Title => text!("field-title"),
        Field::Bio => text!("field-bio"),
        Field::Languages => text!("field-languages"),
        Field::Qualifications => text!("field-qualifications"),
        Field::Fee => text!("field-fee"),
        Field::Specialty => text!("field-specialty"),
        Field::Status => text!("field-status"),
        Field::Clinic => text!("field-clinic"),
        Field::Location => text!("field-location"),
        Field::Address => text!("field-address"),
        Field::City => text!("field-city"),
        Field::Latitude => text!("field-latitude"),
        Field::Longitude => text!("field-longitude"),
        Field::TimeZone => text!("field-time-zone"),
        Field::Weekday => text!("field-weekday"),
        Field::StartsAt => text!("field-starts-at"),
        Field::EndsAt => text!("field-ends-at"),
        Field::SlotMinutes => text!("field-slot-minutes"),
        Field::SeatCapacity => text!("field-seat-capacity"),
        Field::Mode => text!("field-mode"),
        Field::EffectiveFrom => text!("field-effective-from"),
        Field::EffectiveUntil => text!("field-effective-until"),
        Field::Reason => text!("field-reason"),
        Field::Slug => text!("field-slug"),
        Field::BirthDate => text!("field-birth-date"),
        Field::PatientName => text!("field-patient-name"),
        Field::Person => text!("field-person"),
        Field::VisitType => text!("field-visit-type"),
        Field::Repeats => text!("field-repeats"),
        Field::BufferBefore => text!("field-buffer-before"),
        Field::BufferAfter => text!("field-buffer-after"),
        Field::Notice => text!("field-notice"),
        Field::Window => text!("field-window"),
        Field::Lines => text!("field-lines"),
        Field::Calendar => text!("field-calendar"),
        Field::Region => text!("field-region"),
        Field::Stars => text!("field-stars"),
        Field::Text => text!("field-text"),
        Field::Answer => text!("field-answer"),
    }
}

/// That a field was left empty.
fn missing(field: Field) -> String {
    match field {
        Field::Name => text!("field-name-missing"),
        Field::Email => text!("field-email-missing"),
        Field::Password => text!("field-password-missing"),
        Field::OldPassword => text!("field-old-password-missing"),
        Field::Code => text!("field-code-missing"),
        Field::Title => text!("field-title-missing"),
        Field::Bio => text!("field-bio-missing"),
        Field::Languages => text!("field-languages-missing"),
        Field::Qualifications => text!("field-qualifications-missing"),
        Field::Fee => text!("field-fee-missing"),
        Field::Specialty => text!("field-specialty-missing"),
        Field::Status => text!("field-status-missing"),
        Field::Clinic => text!("field-clinic-missing"),
        Field::Location => text!("field-location-missing"),
        Field::Address => text!("field-address-missing"),
        Field::City => text!("field-city-missing"),
        Field::Latitude => text!("field-latitude-missing"),
        Field::Longitude => text!("field-longitude-missing"),
        Field::TimeZone => text!("field-time-zone-missing"),
        Field::Weekday => text!("field-weekday-missing"),
        Field::StartsAt => text!("field-starts-at-missing"),
        Field::EndsAt => text!("field-ends-at-missing"),
        Field::SlotMinutes => text!("field-slot-minutes-missing"),
        Field::SeatCapacity => text!("field-seat-capacity-missing"),
        Field::Mode => text!("field-mode-missing"),
        Field::EffectiveFrom => text!("field-effective-from-missing"),
        Field::EffectiveUntil => text!("field-effective-until-missing"),
        Field::Reason => text!("field-reason-missing"),
        Field::Slug => text!("field-slug-missing"),
        Field::BirthDate => text!("field-birth-date-missing"),
        Field::PatientName => text!("field-patient-name-missing"),
        Field::Person => text!("field-person-missing"),
        Field::VisitType => text!("field-visit-type-missing"),
        Field::Repeats => text!("field-repeats-missing"),
        Field::BufferBefore => text!("field-buffer-before-missing"),
        Field::BufferAfter => text!("field-buffer-after-missing"),
        Field::Notice => text!("field-notice-missing"),
        Field::Window => text!("field-window-missing"),
        Field::Lines => text!("field-lines-missing"),
        Field::Calendar => text!("field-calendar-missing"),
        Field::Region => text!("field-region-missing"),
        Field::Stars => text!("field-stars-missing"),
        Field::Text => text!("field-text-missing"),
        Field::Answer => text!("field-answer-missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_how_to_correct_the_field() {
        let text = |field, problem| field_problem(&FieldProblem { field, problem });
        assert_eq!(text(Field::Name, Problem::Missing), "Enter a name.");
        assert_eq!(
            text(Field::Password, Problem::TooShort(8)),
            "Password is too short. Use at least 8 characters."
        );
        assert_eq!(
            text(Field::Fee, Problem::OutOfRange { min: 0, max: 1_000_000 }),
            "Fee must be from 0 to 1000000."
        );
        assert_eq!(
            text(
                Field::Calendar,
                Problem::MalformedAt { line: 7, reason: nadi::failure::CalendarFault::BadLine }
            ),
            "We cannot read this calendar. Line 7 is not in calendar format."
        );
    }
}
