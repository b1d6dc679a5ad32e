//! SQL of schedules and of the slots made from them.

pub mod blocks_and_slots;
pub mod delete_old_slots;
pub mod hours;
pub mod time_zones;
