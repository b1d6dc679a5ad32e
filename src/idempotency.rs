//! Idempotency keys: a client gives its request a key, so that a repeated request has one effect.

use crate::failure::Failure;

/// How long a key is remembered, in hours. Afterwards the same key is a new request.
pub const KEY_KEPT_HOURS: i64 = 24;

/// The key of one request (the IETF's Idempotency-Key): requests of one account with the same key and the same
/// content have one effect and one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    text: String,
    of_form: bool,
}

impl IdempotencyKey {
    pub const MAX_CHARS: usize = 128;

    /// A key from an API client, which is responsible for using it for one request only. With or without the
    /// quotes of the draft.
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

    /// The hidden key of a form; `None` for a form without one. A form that was corrected and sent again is a new
    /// request, so the key is combined with a fingerprint of the content.
    pub fn of_form(text: &str) -> Option<Self> {
        Self::parse(text).ok().map(|key| Self { of_form: true, ..key })
    }

    /// The key as it is stored, given the fingerprint of its request.
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
    fn quotes_do_not_change_a_key() {
        let bare = IdempotencyKey::parse("8e03978e-40d5-43dd-bc93-6894a57f9324").expect("a key");
        assert_eq!(IdempotencyKey::parse(" \"8e03978e-40d5-43dd-bc93-6894a57f9324\" "), Ok(bare));
        let long = "k".repeat(IdempotencyKey::MAX_CHARS + 1);
        for wrong in ["", "\"\"", "two words", "é", "a\"b", "tab\tbed", &long] {
            assert_eq!(IdempotencyKey::parse(wrong), Err(Failure::Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn a_corrected_form_is_another_request() {
        let key = IdempotencyKey::of_form("k1").expect("a key");
        assert_ne!(key.kept_as("one"), key.kept_as("two"));
        let api = IdempotencyKey::parse("k1").expect("a key");
        assert_eq!(api.kept_as("one"), api.kept_as("two"));
        assert_ne!(api.kept_as("one"), key.kept_as("one"));
    }
}
