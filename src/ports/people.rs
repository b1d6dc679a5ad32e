//! The people an account books for: its owner and their dependants.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::Answer;
use crate::actor::Caller;
use crate::ids::PersonId;

/// The maximum number of dependants of one account.
pub const DEPENDANTS_MAX: usize = 20;

/// A person the account books for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonView {
    pub id: PersonId,
    pub name: String,
    pub birth_date: Option<NaiveDate>,
    /// Whether this is the account's owner.
    pub is_self: bool,
}

/// A dependant to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDependant {
    pub name: String,
    pub birth_date: Option<NaiveDate>,
}

#[async_trait]
pub trait People: Send + Sync {
    /// The owner first, then the dependants by name.
    ///
    /// # Errors
    /// `SignInFirst`, `Unavailable`.
    async fn people(&self, caller: &Caller) -> Answer<Vec<PersonView>>;

    /// Adds a dependant. If there is one with the same name and birth date already, that one is returned.
    ///
    /// # Errors
    /// `SignInFirst`; `Invalid`; `Refused` with `TooManyPeople`; `Unavailable`.
    async fn add_dependant(&self, caller: &Caller, new: &NewDependant) -> Answer<PersonView>;

    /// Corrects a dependant's name and birth date.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound`, also for the owner; `Invalid`; `Refused` with `SamePerson` when there is another
    /// dependant with this name and birth date; `Unavailable`.
    async fn correct_dependant(
        &self,
        caller: &Caller,
        person: PersonId,
        corrected: &NewDependant,
    ) -> Answer<()>;

    /// Removes a dependant. Past appointments stay.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound`, also for the owner; `Refused` with `HasAppointments`.
    async fn remove_dependant(&self, caller: &Caller, person: PersonId) -> Answer<()>;
}
