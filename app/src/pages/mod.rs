//! The pages. Each reads its URL, calls a port, and shows the result.

pub mod account;
mod appointment;
mod appointments;
mod book;
mod calendar_help;
mod doctor;
mod doctors;
mod documents;
mod home;
mod invitation;
mod mailbox;
mod not_found;
mod own_calendar;
mod people;
mod sign_in;
pub mod staff;
mod style_guide;

pub use appointment::{Appointment, MoveAppointment};
pub use appointments::Appointments;
pub use book::Book;
pub use calendar_help::CalendarHelp;
pub use doctor::Doctor;
pub use doctors::Doctors;
pub use documents::{Privacy, Terms};
pub use home::Home;
pub use not_found::NotFound;
pub use own_calendar::OwnCalendar;
pub use people::{CorrectPerson, People};
pub use sign_in::{ForgottenPassword, Register, SecondFactor, SignIn, SignInAgain, SignInCode};
