//! SQL of appointments, holds and the claims they have.

pub mod appointment_rows;
pub mod appointments;
pub mod archive;
pub mod claims;
pub mod encrypted;
pub mod hold_facts;
pub mod hold_sources;
pub mod holds;
pub mod idempotency;
pub mod visitor_visits;
