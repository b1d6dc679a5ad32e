//! What Nadi does: PostgreSQL, Redis, mail, jobs and HTTP behind the ports of `nadi`.
//!
//! `web` and `rest` parse and reply, `service` runs use cases, `store` speaks SQL and
//! decides nothing, `jobs` do what happens later.

pub mod cache;
pub mod changes;
pub mod clock;
pub mod config;
pub mod database;
pub mod demo;
pub mod engine;
pub mod entropy;
pub mod events;
pub mod fetch;
pub mod holidays;
pub mod jobs;
pub mod kept;
pub mod messages;
pub mod notifications;
pub mod rest;
pub mod run;
pub mod search_words;
pub mod service;
pub mod store;
pub mod together;
pub mod web;
pub mod zoneinfo;
