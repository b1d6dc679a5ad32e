//! How a visit takes place.

use serde::{Deserialize, Serialize};

/// Whether a visit takes place in person or by video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    InPerson,
    Video,
}

impl Mode {
    pub const ALL: [Self; 2] = [Self::InPerson, Self::Video];

    /// The value in the database, in JSON and in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InPerson => "in_person",
            Self::Video => "video",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Money in the smallest unit of its currency (ISO 4217), such as paise or cents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    pub minor_units: i64,
    /// Three upper-case letters.
    pub currency: String,
}
