//! What people type, parsed once at the edge. A value of these types cannot be wrong inside.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::{Field, FieldProblem, Problem};

/// Text people entered: trimmed, of bounded length, without control or
/// direction-override characters that would let it pose as something else.
///
/// # Errors
/// [`Problem::Missing`], [`Problem::TooLong`] or [`Problem::Malformed`], with the field.
pub fn plain_text(field: Field, text: &str, max_chars: u32) -> Result<String, FieldProblem> {
    let optional = optional_text(field, text, max_chars)?;
    if optional.is_empty() {
        return Err(FieldProblem { field, problem: Problem::Missing });
    }
    Ok(optional)
}

/// Like [`plain_text`], but may be empty.
///
/// # Errors
/// [`Problem::TooLong`] or [`Problem::Malformed`], with the field.
pub fn optional_text(field: Field, text: &str, max_chars: u32) -> Result<String, FieldProblem> {
    // A browser counts a new line once and sends two characters for it.
    let text = text.trim().replace("\r\n", "\n");
    if text.chars().count() > max_chars as usize {
        return Err(FieldProblem { field, problem: Problem::TooLong(max_chars) });
    }
    if text.chars().any(|c| is_hidden(c) && c != '\n' && c != '\r') {
        return Err(FieldProblem { field, problem: Problem::Malformed });
    }
    Ok(text)
}

fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// An e-mail address, lower-cased: one `@`, a dotted domain, no spaces, at most 254 octets (RFC 5321).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// # Errors
    /// The problem with [`Field::Email`].
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let problem = |problem| FieldProblem { field: Field::Email, problem };
        let text = text.trim();
        if text.is_empty() {
            return Err(problem(Problem::Missing));
        }
        if text.len() > 254 {
            return Err(problem(Problem::TooLong(254)));
        }
        let malformed = problem(Problem::Malformed);
        let (local, domain) = text.split_once('@').ok_or(malformed)?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && local.chars().all(|c| c.is_ascii_graphic() && !"@<>(),;:\\\"[]".contains(c))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let labels: Vec<&str> = domain.split('.').collect();
        let domain_ok = labels.len() >= 2
            && labels.iter().all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            });
        if local_ok && domain_ok { Ok(Self(text.to_ascii_lowercase())) } else { Err(malformed) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A new password: 8 to 128 characters, anything in them (NIST SP 800-63B).
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub const MIN_CHARS: u32 = 8;
    pub const MAX_CHARS: u32 = 128;

    /// # Errors
    /// The problem with [`Field::Password`].
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let problem = |problem| FieldProblem { field: Field::Password, problem };
        let chars = text.chars().count();
        if chars == 0 {
            Err(problem(Problem::Missing))
        } else if chars < Self::MIN_CHARS as usize {
            Err(problem(Problem::TooShort(Self::MIN_CHARS)))
        } else if chars > Self::MAX_CHARS as usize {
            Err(problem(Problem::TooLong(Self::MAX_CHARS)))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// The name of a doctor in an address: lower-case letters, digits and single hyphens, at most 80.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    pub const MAX_CHARS: usize = 80;

    /// `None` when the text cannot be a slug, so it names nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let ok = !text.is_empty()
            && text.len() <= Self::MAX_CHARS
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        ok.then(|| Self(text.to_owned()))
    }

    /// The slug of a name: ASCII letters and digits kept, everything else a hyphen.
    /// A name without any of these becomes `doctor`.
    pub fn from_name(name: &str) -> Self {
        let mut slug = String::new();
        for c in name.chars().take(Self::MAX_CHARS) {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-').to_owned();
        Self(if slug.is_empty() { "doctor".to_owned() } else { slug })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The six digits of a one-time code. Spaces and hyphens that people add are ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    pub const DIGITS: usize = 6;

    /// # Errors
    /// The problem with [`Field::Code`].
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let problem = |problem| FieldProblem { field: Field::Code, problem };
        if text.trim().is_empty() {
            return Err(problem(Problem::Missing));
        }
        if text.len() > 64 {
            return Err(problem(Problem::Malformed));
        }
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if digits.len() == Self::DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(problem(Problem::Malformed))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(hidden)")
    }
}

/// Where to go after signing in: a path of this site, never another one's.
///
/// `//host`, `/\host` and anything with a scheme would leave the site, so they become `/`.
pub fn return_path(next: &str) -> &str {
    let safe = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.len() <= 512
        && next.chars().all(|c| c.is_ascii_graphic());
    if safe { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn e_mail_addresses() {
        for good in ["a@b.co", " Asha.Rao+nadi@Example.org ", "x@sub.domain.in"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@",
            "a b@c.de",
            "a@b..co",
            "a@-b.co",
            "a@b.co, c@d.ef",
            "a\n@b.co",
            ".a@b.co",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            Email::parse("ASHA@Example.org").map(|e| e.to_string()),
            Ok("asha@example.org".into())
        );
    }

    #[test]
    fn text_that_poses_as_something_else_is_refused() {
        assert!(plain_text(Field::Name, "Asha\u{202E}oaR", 100).is_err());
        assert!(plain_text(Field::Name, "Asha\0", 100).is_err());
        assert!(plain_text(Field::Name, "   ", 100).is_err());
        assert_eq!(plain_text(Field::Name, "  Asha  ", 100), Ok("Asha".into()));
        let long = "x".repeat(10_000);
        assert_eq!(
            plain_text(Field::Name, &long, 100),
            Err(FieldProblem { field: Field::Name, problem: Problem::TooLong(100) })
        );
    }

    #[test]
    fn a_new_line_is_one_character_however_it_was_sent() {
        assert_eq!(optional_text(Field::Bio, "ab\r\ncd", 5), Ok("ab\ncd".into()));
        assert!(optional_text(Field::Bio, "ab\r\ncd", 4).is_err());
    }

    #[test]
    fn codes_may_be_typed_with_spaces() {
        assert_eq!(Code::parse(" 123 456 ").map(|c| c.as_str().to_owned()), Ok("123456".into()));
        assert!(Code::parse("12345").is_err());
        assert!(Code::parse("١٢٣٤٥٦").is_err(), "other scripts' digits are not what we sent");
    }

    #[test]
    fn sign_in_never_leads_off_the_site() {
        assert_eq!(return_path("/doctors/asha?slot=4"), "/doctors/asha?slot=4");
        for hostile in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "javascript:x",
            "/a\r\nb",
        ] {
            assert_eq!(return_path(hostile), "/", "{hostile:?}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_made_of_any_name_is_a_slug(name in ".{0,200}") {
            prop_assert!(Slug::parse(Slug::from_name(&name).as_str()).is_some());
        }

        #[test]
        fn parsers_take_anything(text in any::<String>()) {
            let _ = (Email::parse(&text), Code::parse(&text), Slug::parse(&text), Password::parse(&text));
            let _ = plain_text(Field::Name, &text, 50);
            prop_assert!(return_path(&text).starts_with('/'));
        }
    }
}
