//! SQL of schedules and of the slots made from them.

pub mod hours;
pub mod old_times;
pub mod time_zones;
pub mod times;
