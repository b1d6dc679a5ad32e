//! Caching: what may be lost, in Redis or in this process.

pub mod backend;
pub mod invalidation;
pub mod read_cache;
