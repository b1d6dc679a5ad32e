//! One appointment: held, confirmed, or over; and moving it.

mod booked;
mod clinic;
mod done;
mod facts;
mod held;
mod moving;
mod over;
mod page;
mod review;
mod route;
mod visitor;

pub use moving::MoveAppointment;
pub use page::Appointment;
pub use review::ReviewLink;
