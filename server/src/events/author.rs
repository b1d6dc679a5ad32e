//! The author of an event.

use nadi::actor::{Caller, Capacity};
use nadi::ids::AccountId;

/// Who made a change, and in which capacity.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    pub capacity: Capacity,
    pub account: Option<AccountId>,
}

impl Author {
    /// The platform itself.
    pub const SYSTEM: Self = Self { capacity: Capacity::System, account: None };

    pub fn new(capacity: Capacity, account: AccountId) -> Self {
        Self { capacity, account: Some(account) }
    }

    /// The caller, in this capacity; a visitor has no account.
    pub fn of(caller: &Caller, capacity: Capacity) -> Self {
        Self { capacity, account: caller.signed_in().ok().map(|account| account.account) }
    }
}
