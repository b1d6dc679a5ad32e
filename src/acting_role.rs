//! The role in which someone acts on an appointment.

use serde::{Deserialize, Serialize};

/// The role in which someone acts on an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActingRole {
    Patient,
    Doctor,
    Receptionist,
    Administrator,
    /// The platform itself: an expiry, a replaced hold.
    System,
}

impl ActingRole {
    pub const ALL: [Self; 5] =
        [Self::Patient, Self::Doctor, Self::Receptionist, Self::Administrator, Self::System];

    /// The value in the database and in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Receptionist => "receptionist",
            Self::Administrator => "administrator",
            Self::System => "system",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.as_str() == text)
    }
}
