//! The author of an event.

use nadi::actor::{ActingRole, Caller};
use nadi::ids::AccountId;

/// Who made a change, and in which role.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    pub role: ActingRole,
    pub account: Option<AccountId>,
}

impl Author {
    /// The platform itself.
    pub const SYSTEM: Self = Self { role: ActingRole::System, account: None };

    pub fn new(role: ActingRole, account: AccountId) -> Self {
        Self { role, account: Some(account) }
    }

    /// The caller, in this role; a visitor has no account.
    pub fn of(caller: &Caller, role: ActingRole) -> Self {
        Self { role, account: caller.signed_in().ok().map(|account| account.account) }
    }
}
