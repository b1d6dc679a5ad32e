//! The few places that live in the browser. They get rendered strings and ids, never rules or time zones.

pub mod browser;
mod countdown;
mod day_grid;
mod events;
mod live;
mod review;
mod slot_picker;

pub use countdown::Countdown;
pub use review::{PersonChoice, Purpose};
pub use slot_picker::SlotPicker;
