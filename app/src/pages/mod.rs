//! The pages. Each reads its address, asks a port, and shows the answer.

pub mod failures;
mod home;

pub use failures::NotFound;
pub use home::Home;
