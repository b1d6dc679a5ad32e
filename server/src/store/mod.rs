//! SQL. Each function runs one statement on the connection it is given and
//! decides nothing; use cases in `service` own the transactions.

pub mod administration;
pub mod appointment_rows;
pub mod appointments;
pub mod archive;
pub mod busy;
pub mod claims;
pub mod directory;
pub mod feeds;
pub mod free_times;
pub mod holds;
pub mod listings;
pub mod once;
pub mod people;
pub mod reviews;
pub mod schedules;
pub mod search;
pub mod sessions;
pub mod suggestions;
pub mod time_zones;
pub mod times;
pub mod wishes;
pub mod zone_days;
