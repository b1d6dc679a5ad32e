//! What the parts, fields and values of an account's export are called. Their keys are made of the names in the export.

use super::message::find;
use super::{Language, with};

/// A part of the export, such as `api_keys`; `None`: it has no name yet, which a test finds.
pub fn part(key: &str) -> Option<String> {
    text(&format!("export-part-{}", key_of(key)))
}

/// A field, such as `created_at`.
pub fn field(key: &str) -> Option<String> {
    text(&format!("export-field-{}", key_of(key)))
}

/// The word that a field has from a fixed list, such as `in_person`. `None`: what the field has is not from a list.
pub fn word(field: &str, word: &str) -> Option<String> {
    // Both are about who did something.
    let field = if field == "cancelled_by" { "by" } else { field };
    text(&format!("export-value-{}-{}", key_of(field), key_of(word)))
}

fn key_of(name: &str) -> String {
    name.replace(['_', '.'], "-")
}

/// In English where the language lacks it.
fn text(key: &str) -> Option<String> {
    let is_key = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_key {
        return None;
    }
    find(key).or_else(|| with(Language::english(), || find(key)))
}

#[cfg(test)]
mod tests {
    use nadi::events::EventType;

    use super::*;

    #[test]
    fn what_happens_to_an_account_and_its_appointments_has_a_name() {
        for event in EventType::all().map(|event| event.to_string()) {
            let subject = event.split('.').next().unwrap_or_default();
            if ["account", "person", "feed", "appointment"].contains(&subject) {
                assert!(word("type", &event).is_some(), "{event}");
            }
        }
        assert_eq!(word("cancelled_by", "system").as_deref(), Some("Nadi"));
        assert_eq!(word("text", "Calm and kind."), None);
    }
}
