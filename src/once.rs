//! Doing a thing once, however often it is asked: the key a client gives its request.

use crate::failure::Failure;

/// Hours for which a key is kept; after that the same key is a new request.
pub const KEY_KEPT_HOURS: i64 = 24;

/// The name of one request (the IETF's Idempotency-Key): the same key of the same account with the
/// same request has one effect and one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceKey {
    text: String,
    of_form: bool,
}

impl OnceKey {
    pub const MAX_CHARS: usize = 128;

    /// A key from an API client, who answers for using it for one request only: bare, or quoted as
    /// the draft has it.
    ///
    /// # Errors
    /// [`Failure::Malformed`] unless it has 1 to 128 printable ASCII characters.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let ok = !bare.is_empty()
            && bare.len() <= Self::MAX_CHARS
            && bare.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        if ok {
            Ok(Self { text: bare.to_owned(), of_form: false })
        } else {
            Err(Failure::Malformed)
        }
    }

    /// The hidden key of a form. What people correct and send again is a new request, so the key
    /// counts together with what was typed. `None` for a form without one.
    pub fn of_form(text: &str) -> Option<Self> {
        Self::parse(text).ok().map(|key| Self { of_form: true, ..key })
    }

    /// The key as kept, given the fingerprint of its request.
    pub fn kept_as(&self, fingerprint: &str) -> String {
        if self.of_form {
            format!("form:{}:{fingerprint}", self.text)
        } else {
            format!("api:{}", self.text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_or_bare_it_is_the_same_key() {
        let bare = OnceKey::parse("8e03978e-40d5-43dd-bc93-6894a57f9324").expect("a key");
        assert_eq!(OnceKey::parse(" \"8e03978e-40d5-43dd-bc93-6894a57f9324\" "), Ok(bare));
        let long = "k".repeat(OnceKey::MAX_CHARS + 1);
        for wrong in ["", "\"\"", "two words", "é", "a\"b", "tab\tbed", &long] {
            assert_eq!(OnceKey::parse(wrong), Err(Failure::Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn a_corrected_form_is_another_request() {
        let key = OnceKey::of_form("k1").expect("a key");
        assert_ne!(key.kept_as("one"), key.kept_as("two"));
        let api = OnceKey::parse("k1").expect("a key");
        assert_eq!(api.kept_as("one"), api.kept_as("two"));
        assert_ne!(api.kept_as("one"), key.kept_as("one"));
    }
}
