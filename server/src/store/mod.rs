//! SQL. Each function runs one statement on the connection it is given and
//! decides nothing; use cases in `service` own the transactions.

pub mod administration;
pub mod appointments;
pub mod directory;
pub mod holds;
pub mod outbox;
pub mod people;
pub mod schedules;
pub mod sessions;
