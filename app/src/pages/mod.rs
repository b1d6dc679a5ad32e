//! The pages. Each reads its URL, calls a port, and shows the result.

mod account;
mod appointment;
mod appointments;
mod calendar_help;
mod doctor;
mod doctors;
mod home;
mod mailbox;
mod not_found;
mod own_calendar;
mod people;
pub mod staff;
mod style_guide;

pub use account::{Register, SignIn};
pub use appointment::{Appointment, MoveAppointment};
pub use appointments::Appointments;
pub use calendar_help::CalendarHelp;
pub use doctor::Doctor;
pub use doctors::Doctors;
pub use home::Home;
pub use not_found::NotFound;
pub use own_calendar::OwnCalendar;
pub use people::People;
