//! The texts of calendar files. Whoever looks over someone's shoulder sees a time and a place, and
//! nothing about anyone's health.

use nadi::ports::Alarm;
use nadi::visit::Mode;

/// A patient's appointment: its title. The doctor's name is there only if the patient asked for it.
pub fn patient_summary(clinic: &str, doctor: Option<&str>, mode: Mode) -> String {
    match (doctor, mode) {
        (Some(doctor), Mode::InPerson) => format!("Appointment with {doctor}"),
        (Some(doctor), Mode::Video) => format!("Video appointment with {doctor}"),
        (None, Mode::InPerson) => format!("Appointment at {clinic}"),
        (None, Mode::Video) => format!("Video appointment, {clinic}"),
    }
}

/// A doctor's appointment: its title. Never who comes.
pub fn doctor_summary(reference: &str, mode: Mode) -> String {
    match mode {
        Mode::InPerson => format!("Appointment {reference}"),
        Mode::Video => format!("Video appointment {reference}"),
    }
}

/// What stands below: the reference, that one need not travel, and where to see more.
pub fn description(reference: &str, mode: Mode, link: &str) -> String {
    let video = match mode {
        Mode::InPerson => "",
        Mode::Video => {
            "This is a video visit: you do not need to travel. The details are on the appointment's page.\n"
        }
    };
    format!("Reference: {reference}\n{video}See it, move it or cancel it: {link}")
}

/// Where a video visit takes place.
pub const VIDEO_VISIT: &str = "Video visit";

/// `1 hour before`.
pub fn alarm(alarm: Alarm) -> &'static str {
    match alarm {
        Alarm::TenMinutes => "10 minutes before",
        Alarm::OneHour => "1 hour before",
        Alarm::OneDay => "1 day before",
    }
}

/// The name of a subscribed calendar.
pub const PATIENT_CALENDAR: &str = "Nadi appointments";
pub const DOCTOR_CALENDAR: &str = "Nadi: my week";
