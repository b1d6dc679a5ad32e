//! The result types of the ports.

use crate::failure::Failure;

/// The result of a port's method.
pub type Answer<T> = Result<T, Failure>;

/// One page of a longer list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The number of items on all pages together.
    pub total: i64,
    /// From 1.
    pub number: u32,
    pub size: u32,
}

impl<T> Page<T> {
    /// How many pages there are; at least 1.
    pub fn count(&self) -> u32 {
        let pages = self.total.max(0).unsigned_abs().div_ceil(u64::from(self.size.max(1)));
        u32::try_from(pages).unwrap_or(u32::MAX).max(1)
    }
}
