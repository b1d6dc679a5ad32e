//! When a doctor works, as wall time, and how that becomes bookable times.
//!
//! A [`Schedule`] has recurring rules, single days and time off. [`expand()`] turns it into [`Cell`]s, which are
//! exact instants, for a range of dates. [`plan()`] compares these with the stored slots. [`wall_time`] converts
//! wall times on days on which clocks change.

mod expand;
mod plan;
mod rules;
#[cfg(test)]
mod tests;
mod validate;
pub mod wall_time;

pub use expand::{Away, Cell, Overlap, Zones, expand, overlap};
pub use plan::{Existing, ExistingSlot, Made, MadeBlock, Overfull, Plan, Stretch, plan};
pub use rules::*;
pub use validate::{Line, ScheduleProblem};
pub use wall_time::{day_start, instant};
