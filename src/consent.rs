//! The documents that people agree to, and the version of each.
//!
//! What they say is in `app/locales/<language>/privacy.ftl` and `terms.ftl`. Whoever changes what one of them says (not
//! how it says it) changes its version here too, in [`Document::version`]: everybody is then told once, and asked to
//! agree again.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What people agree to when they get an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// What is stored about people, why, and for how long.
    Privacy,
    /// The terms of use.
    Terms,
}

impl Document {
    pub const ALL: [Self; 2] = [Self::Terms, Self::Privacy];

    /// The version that is shown now: the day from which it counts.
    pub const fn version(self) -> NaiveDate {
        match self {
            Self::Privacy => day(2026, 11, 30),
            Self::Terms => day(2026, 11, 30),
        }
    }

    /// The word in the database, in forms and in the address of its page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Privacy => "privacy",
            Self::Terms => "terms",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|document| document.as_str() == word)
    }
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date of the calendar")
}

/// The newest version of each document that an account has agreed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    pub privacy: Option<NaiveDate>,
    pub terms: Option<NaiveDate>,
}

impl Agreed {
    /// To all of them as they are now.
    pub fn to_all() -> Self {
        let version = |document: Document| Some(document.version());
        Self { privacy: version(Document::Privacy), terms: version(Document::Terms) }
    }

    pub fn version_of(&self, document: Document) -> Option<NaiveDate> {
        match document {
            Document::Privacy => self.privacy,
            Document::Terms => self.terms,
        }
    }

    /// The documents of which it has agreed to no version, or to an older one. While servers are updated, one of the
    /// release before may see a version that it does not know yet: that is not older.
    pub fn missing(&self) -> Vec<Document> {
        let is_missing =
            |document: &Document| self.version_of(*document) < Some(document.version());
        Document::ALL.into_iter().filter(is_missing).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    #[test]
    fn a_document_is_missing_until_its_present_version_was_agreed_to() {
        assert_eq!(Agreed::default().missing(), Document::ALL);
        assert_eq!(Agreed::to_all().missing(), []);
        let earlier = Document::Privacy.version().checked_sub_days(Days::new(1));
        let old = Agreed { privacy: earlier, ..Agreed::to_all() };
        assert_eq!(old.missing(), [Document::Privacy]);
        let later = Document::Privacy.version().checked_add_days(Days::new(1));
        assert_eq!(Agreed { privacy: later, ..Agreed::to_all() }.missing(), []);
    }

    #[test]
    fn documents_keep_their_words() {
        for document in Document::ALL {
            assert_eq!(Document::parse(document.as_str()), Some(document));
        }
        assert_eq!(Document::parse("cookies"), None);
    }
}
