//! The author of an event.

use nadi::actor::{ActingRole, Caller};
use nadi::ids::AccountId;

/// Who made a change, and in which role.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    pub role: ActingRole,
    pub account: Option<AccountId>,
    /// The language of the request, such as `en`; `None` when the platform itself acts.
    pub locale: Option<&'static str>,
}

impl Author {
    /// The platform itself.
    pub const SYSTEM: Self = Self { role: ActingRole::System, account: None, locale: None };

    pub fn new(role: ActingRole, account: AccountId) -> Self {
        Self { role, account: Some(account), locale: Some(current_locale()) }
    }

    /// The caller, in this role; a visitor has no account.
    pub fn of(caller: &Caller, role: ActingRole) -> Self {
        let account = caller.signed_in().ok().map(|account| account.account);
        Self { role, account, locale: Some(current_locale()) }
    }
}

/// The language of the current request.
fn current_locale() -> &'static str {
    app::i18n::current().code()
}
