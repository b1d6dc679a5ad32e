//! The islands: the few components that also run in the browser. They get texts and ids, never rules or time
//! zones.

pub mod browser;
mod countdown;
mod day_changes;
mod day_grid;
mod events;
mod live;
mod picker_state;
mod purpose;
mod review;
mod slot_picker;

pub use countdown::{Countdown, CountdownTexts};
pub use purpose::{PersonChoice, Purpose};
pub use slot_picker::SlotPicker;
