//! SQL of hours and of the times made from them.

pub mod hours;
pub mod old_times;
pub mod time_zones;
pub mod times;
