//! What Nadi shows: pages, islands and the server functions behind their forms.
//!
//! Pages are rendered on the server and work as plain links and forms; an
//! island is added where waiting for a page load would hurt. Everything that
//! is neither an island nor the signature of a server function is compiled for
//! the server only, so the browser downloads little and no time-zone tables.
//!
//! Not for: rules (the `nadi` crate), SQL or HTTP (`server`).
#![recursion_limit = "256"]

// The macros of `i18n-macro` name this package.
extern crate self as app;

#[macro_use]
mod as_list;
#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod cookies;
pub mod error;
pub mod fns;
#[cfg(feature = "ssr")]
pub mod i18n;
pub mod islands;
pub mod json_encoding;
pub mod links;
#[cfg(feature = "ssr")]
pub mod messages;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod parts;
#[cfg(feature = "ssr")]
mod shell;
pub mod slot_views;
pub mod ui;

#[cfg(feature = "ssr")]
pub use shell::{App, shell};

/// Hydrates the islands of a rendered page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
