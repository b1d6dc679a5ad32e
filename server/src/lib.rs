//! The server: PostgreSQL, Redis, mail, jobs and HTTP behind the ports of `nadi`.
//!
//! A capability is a folder: the port's implementation and its use cases on top, SQL in its `store` below,
//! its jobs beside them. `http`, `pages` and `rest` parse and reply; they know ports, never a store.

pub mod accounts;
pub mod audit;
pub mod batcher;
pub mod bookings;
pub mod busy_times;
pub mod cache;
pub mod clinic;
pub mod clock;
pub mod codes;
pub mod config;
pub mod database;
pub mod demo;
pub mod directory;
pub mod encryption;
pub mod events;
pub mod feeds;
pub mod hash_queue;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod notifications;
pub mod pages;
pub mod panics;
pub mod permission_checks;
pub mod ports;
pub mod re_encrypt;
pub mod rest;
pub mod retention;
pub mod reviews;
pub mod router;
pub mod run;
pub mod schedules;
pub mod security_log;
pub mod state;
pub mod supervisor;
pub mod use_case;
pub mod zone_days;
pub mod zoneinfo;
