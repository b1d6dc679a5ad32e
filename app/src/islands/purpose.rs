//! What a time is chosen for: a hold, or a move.

/// What a time is chosen for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A hold of a visitor, who says later whom it is for.
    Visitor,
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

/// How it is sent: what belongs to a hold, and what belongs to a move.
#[derive(Default)]
struct Sent {
    hold: Option<(Vec<PersonChoice>, String)>,
    moved: Option<(String, i32, String, String)>,
}

as_list!(Sent {
    hold: Option<(Vec<PersonChoice>, String)>,
    moved: Option<(String, i32, String, String)>,
});

impl serde::Serialize for Purpose {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sent = match self.clone() {
            Self::Visitor => Sent::default(),
            Self::Hold { people, person } => Sent { hold: Some((people, person)), moved: None },
            Self::Move { appointment, version, from, note } => {
                Sent { hold: None, moved: Some((appointment, version, from, note)) }
            }
        };
        sent.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Purpose {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Sent { hold, moved } = Sent::deserialize(deserializer)?;
        Ok(match (hold, moved) {
            (Some((people, person)), _) => Self::Hold { people, person },
            (None, Some((appointment, version, from, note))) => {
                Self::Move { appointment, version, from, note }
            }
            (None, None) => Self::Visitor,
        })
    }
}

impl Purpose {
    pub(super) fn person(&self) -> String {
        match self {
            Self::Hold { person, .. } => person.clone(),
            Self::Visitor | Self::Move { .. } => String::new(),
        }
    }
}

/// Someone to book for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonChoice {
    /// Empty for the account itself.
    pub id: String,
    pub name: String,
}

as_list!(PersonChoice { id: String, name: String });
