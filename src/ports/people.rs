//! The people an account books for: itself and those it looks after.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::Answer;
use crate::actor::Caller;
use crate::ids::PersonId;

/// How many one account may look after.
pub const DEPENDANTS_MAX: usize = 20;

/// Someone the account books for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonView {
    pub id: PersonId,
    pub name: String,
    pub birth_date: Option<NaiveDate>,
    /// The account's owner.
    pub is_self: bool,
}

/// Someone to be looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDependant {
    pub name: String,
    pub birth_date: Option<NaiveDate>,
}

#[async_trait]
pub trait People: Send + Sync {
    /// The owner first, then the others by name.
    ///
    /// # Errors
    /// `SignInFirst`, `Unavailable`.
    async fn people(&self, caller: &Caller) -> Answer<Vec<PersonView>>;

    /// Adds someone. The same name and birth date again is the same person.
    ///
    /// # Errors
    /// `SignInFirst`; `Invalid`; `Refused` with `TooManyPeople`; `Unavailable`.
    async fn add_dependant(&self, caller: &Caller, new: &NewDependant) -> Answer<PersonView>;

    /// Takes someone off the list. Past appointments stay.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound`, also for the owner; `Refused` with `HasAppointments`.
    async fn remove_dependant(&self, caller: &Caller, person: PersonId) -> Answer<()>;
}
