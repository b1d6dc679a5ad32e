//! What a time is chosen for: a hold, a move, or signing in first.

use serde::{Deserialize, Serialize};

/// What a time is chosen for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// A visitor, who has to sign in first.
    SignIn,
    Hold {
        /// The people the account may book for, itself first; empty when there is nobody else.
        people: Vec<PersonChoice>,
        /// The id of the person it is for; empty for the account itself.
        person: String,
    },
    /// An appointment is moved to this time.
    Move {
        appointment: String,
        version: i32,
        /// Its current time and place, as text.
        from: String,
        /// What moving it means, as a sentence.
        note: String,
    },
}

impl Purpose {
    pub(super) fn person(&self) -> String {
        match self {
            Self::Hold { person, .. } => person.clone(),
            Self::SignIn | Self::Move { .. } => String::new(),
        }
    }
}

/// Someone to book for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonChoice {
    /// Empty for the account itself.
    pub id: String,
    pub name: String,
}
