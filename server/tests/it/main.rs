//! The integration tests of the server, in one binary because linking the server takes longer than most of
//! them. They need PostgreSQL (`DATABASE_URL`) and the program `redis-server` or `valkey-server`, which they
//! start themselves. `cargo xtask test` provides both.

mod support;

mod api;
mod api_fuzz;
mod appointment_lifecycle;
mod archive;
mod attacks;
mod booking;
mod busy_calendars;
mod cache;
mod calendar_feeds;
mod calendar_files;
mod constraints;
mod demo;
mod events;
mod hold_query_plans;
mod hostile_input;
mod idempotency;
mod interleavings;
mod invitations;
mod live_updates;
mod local_times;
mod mail;
mod merged_accounts;
mod moving;
mod notifications;
mod own_account;
mod passkeys;
mod process;
mod races;
mod registration;
mod reviews;
mod role_settings;
mod schedules;
mod search;
mod second_factors;
mod sessions;
mod sign_in;
mod simulation;
mod suggestions;
mod suspending;
mod time_zones;
mod transactions;
mod undoing;
mod visitor_pages;
mod visitors;
mod web;
