//! The domain: the rules and types of doctor appointments.
//!
//! Nothing here does IO, reads a clock or draws a random number; time and randomness are arguments. Everything
//! compiles for `wasm32`. What needs tables (time zones, Unicode) is behind the `server` feature, so that the
//! browser never downloads them.
//!
//! Not for SQL and HTTP, which are in the `server` crate, nor for HTML and sentences, which are in `app`.

pub mod acting_role;
pub mod actor;
pub mod appointment;
#[cfg(feature = "server")]
pub mod audit;
pub mod calendar;
pub mod consent;
#[cfg(feature = "server")]
pub mod events;
pub mod failure;
#[cfg(feature = "server")]
pub mod formatting;
#[cfg(feature = "server")]
pub mod hold_sources;
#[cfg(feature = "server")]
pub mod ical;
pub mod idempotency;
pub mod ids;
pub mod input;
#[cfg(feature = "server")]
pub mod local_time;
#[cfg(feature = "server")]
pub mod near;
#[cfg(feature = "server")]
pub mod notification_rules;
pub mod permissions;
#[cfg(feature = "server")]
pub mod ports;
#[cfg(feature = "server")]
pub mod recurrence;
#[cfg(feature = "server")]
pub mod retention;
pub mod review;
#[cfg(feature = "server")]
pub mod schedule;
#[cfg(feature = "server")]
pub mod search;
#[cfg(feature = "server")]
pub mod suggest;
#[cfg(feature = "server")]
pub mod text;
pub mod visit;
#[cfg(feature = "server")]
pub mod zone;

pub use failure::{Failure, Field, FieldProblem, Problem};
