//! SQL of profiles, free times and the search.

pub mod free_times;
pub mod listings;
pub mod next_times;
pub mod profiles;
pub mod search;
pub mod suggestions;
