//! The texts of calendar files. They contain times and places but nothing about anyone's health, because other people
//! may see a calendar.

use nadi::ports::Alarm;
use nadi::visit::Mode;

use super::emails::without_marks;
use crate::i18n::text;

/// The title of an appointment in a patient's calendar. It has the doctor's name only if the patient chose that.
pub fn patient_summary(clinic: &str, doctor: Option<&str>, mode: Mode) -> String {
    match (doctor, mode) {
        (Some(doctor), Mode::InPerson) => text!("calendar-event-with-doctor", doctor),
        (Some(doctor), Mode::Video) => text!("calendar-event-with-doctor-video", doctor),
        (None, Mode::InPerson) => text!("calendar-event-at-clinic", clinic),
        (None, Mode::Video) => text!("calendar-event-at-clinic-video", clinic),
    }
}

/// The title of an appointment in a doctor's calendar. It never has the patient's name.
pub fn doctor_summary(reference: &str, mode: Mode) -> String {
    match mode {
        Mode::InPerson => text!("calendar-event-of-doctor", reference),
        Mode::Video => text!("calendar-event-of-doctor-video", reference),
    }
}

/// The description of an appointment: the reference, a note about video appointments, and the link to its page.
pub fn description(reference: &str, mode: Mode, link: &str) -> String {
    let notes = match mode {
        Mode::InPerson => text!("calendar-event-notes", reference, link),
        Mode::Video => text!("calendar-event-notes-video", reference, link),
    };
    without_marks(notes, link)
}

/// The location of a video appointment.
pub fn video() -> String {
    text!("appointment-video")
}

/// `1 hour before`.
pub fn alarm(alarm: Alarm) -> String {
    match alarm {
        Alarm::TenMinutes => text!("reminder-ten-minutes"),
        Alarm::OneHour => text!("reminder-one-hour"),
        Alarm::OneDay => text!("reminder-one-day"),
    }
}

/// The name of a patient's calendar, to which a program subscribes.
pub fn patient_calendar() -> String {
    text!("calendar-name-patient")
}

/// The name of a doctor's calendar.
pub fn doctor_calendar() -> String {
    text!("calendar-name-doctor")
}
