//! What Nadi does.

pub mod demo;
