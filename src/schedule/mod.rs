//! When a doctor works, in the words they use, and how that becomes bookable times.
//!
//! A [`Schedule`] is wall time: rules that repeat, single days, and time off. [`expand()`] lays it
//! out on some dates as [`Cell`]s: exact instants. [`plan()`] compares these with what exists.
//! [`clock`] says what a wall time means on the day the clocks change.

mod check;
pub mod clock;
mod expand;
mod plan;
mod rules;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod zones;

pub use check::{Line, ScheduleProblem};
pub use clock::{day_start, instant};
pub use expand::{Away, Cell, Overlap, Zones, expand, overlap};
pub use plan::{Existing, ExistingSlot, Made, MadeBlock, Overfull, Plan, Stretch, plan};
pub use rules::*;
