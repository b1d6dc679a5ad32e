//! The texts of calendar files. They contain times and places but nothing about anyone's health, because other people
//! may see a calendar.

use nadi::ports::Alarm;
use nadi::visit::Mode;

/// The title of an appointment in a patient's calendar. It has the doctor's name only if the patient chose that.
pub fn patient_summary(clinic: &str, doctor: Option<&str>, mode: Mode) -> String {
    match (doctor, mode) {
        (Some(doctor), Mode::InPerson) => format!("Appointment with {doctor}"),
        (Some(doctor), Mode::Video) => format!("Video appointment with {doctor}"),
        (None, Mode::InPerson) => format!("Appointment at {clinic}"),
        (None, Mode::Video) => format!("Video appointment, {clinic}"),
    }
}

/// The title of an appointment in a doctor's calendar. It never has the patient's name.
pub fn doctor_summary(reference: &str, mode: Mode) -> String {
    match mode {
        Mode::InPerson => format!("Appointment {reference}"),
        Mode::Video => format!("Video appointment {reference}"),
    }
}

/// The description of an appointment: the reference, a note about video visits, and the link to its page.
pub fn description(reference: &str, mode: Mode, link: &str) -> String {
    let video = match mode {
        Mode::InPerson => "",
        Mode::Video => {
            "This is a video visit: you do not need to travel. The details are on the appointment's page.\n"
        }
    };
    format!("Reference: {reference}\n{video}See it, move it or cancel it: {link}")
}

/// The location of a video visit.
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
