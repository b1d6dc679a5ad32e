//! User input, parsed once at the edge. Values of these types are always valid.

use std::fmt;

#[cfg(feature = "server")]
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

use crate::failure::{Field, FieldProblem, Problem};
#[cfg(feature = "server")]
use crate::text;

mod password;

pub use self::password::Password;

/// Text on one line, such as a name.
///
/// Like all typed text, it is normalized ([`text::normalize`]) and must have a visible character.
///
/// # Errors
/// [`Problem::Missing`], [`Problem::TooLong`], [`Problem::LineBreak`], [`Problem::Invisible`] or
/// [`Problem::Malformed`] (it has undecodable characters), with the field.
#[cfg(feature = "server")]
pub fn line(field: Field, typed: &str, max_chars: u32) -> Result<String, FieldProblem> {
    needed(field, optional_line(field, typed, max_chars)?)
}

/// Like [`line`], but may be empty.
///
/// # Errors
/// As for [`line`], but never [`Problem::Missing`].
#[cfg(feature = "server")]
pub fn optional_line(field: Field, typed: &str, max_chars: u32) -> Result<String, FieldProblem> {
    let line = optional_lines(field, typed, max_chars)?;
    if line.contains('\n') {
        return Err(FieldProblem { field, problem: Problem::LineBreak });
    }
    Ok(line)
}

/// Like [`line`], on any number of lines.
///
/// # Errors
/// As for [`line`], but never [`Problem::LineBreak`].
#[cfg(feature = "server")]
pub fn lines(field: Field, typed: &str, max_chars: u32) -> Result<String, FieldProblem> {
    needed(field, optional_lines(field, typed, max_chars)?)
}

/// Like [`lines`], but may be empty.
///
/// # Errors
/// As for [`lines`], but never [`Problem::Missing`].
#[cfg(feature = "server")]
pub fn optional_lines(field: Field, typed: &str, max_chars: u32) -> Result<String, FieldProblem> {
    let problem = |problem| Err(FieldProblem { field, problem });
    if typed.contains(UNREADABLE) {
        return problem(Problem::Malformed);
    }
    let text = text::normalize(typed);
    // The limit applies to the text as sent and as normalized: the API documents it for what is sent. Browsers send
    // two characters for a line break, but count one.
    let typed_chars = typed.chars().count() - typed.matches("\r\n").count();
    if typed_chars.max(text.chars().count()) > max_chars as usize {
        return problem(Problem::TooLong(max_chars));
    }
    if !text::is_visible(&text) && !typed.trim().is_empty() {
        return problem(Problem::Invisible);
    }
    Ok(text)
}

/// NUL, which PostgreSQL does not accept, and the replacement character for undecodable bytes.
#[cfg(feature = "server")]
const UNREADABLE: [char; 2] = ['\0', '\u{FFFD}'];

#[cfg(feature = "server")]
fn needed(field: Field, text: String) -> Result<String, FieldProblem> {
    if text.is_empty() {
        return Err(FieldProblem { field, problem: Problem::Missing });
    }
    Ok(text)
}

/// An e-mail address, in one form: lower-cased, the domain as mail servers know it (`xn--mnchen-3ya.de`, IDNA). One
/// `@`, a dotted domain, no spaces, at most 254 octets (RFC 5321).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// # Errors
    /// The problem with [`Field::Email`].
    #[cfg(feature = "server")]
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let problem = |problem| FieldProblem { field: Field::Email, problem };
        let text = text.trim();
        if text.is_empty() {
            return Err(problem(Problem::Missing));
        }
        // Checked before any work: the encoded domain is at least as long.
        if text.chars().count() > 254 {
            return Err(problem(Problem::TooLong(254)));
        }
        let malformed = problem(Problem::Malformed);
        let (local, domain) = text.split_once('@').ok_or(malformed)?;
        let domain = Uts46::new()
            .to_ascii(
                domain.as_bytes(),
                AsciiDenyList::EMPTY,
                Hyphens::CheckFirstLast,
                DnsLength::Ignore,
            )
            .map_err(|_| malformed)?;
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
        if !local_ok || !domain_ok {
            return Err(malformed);
        }
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        if address.len() > 254 {
            return Err(problem(Problem::TooLong(254)));
        }
        Ok(Self(address))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with a readable domain: `name@münchen.de`.
    #[cfg(feature = "server")]
    pub fn readable(address: &str) -> String {
        match address.split_once('@') {
            Some((local, domain)) => format!("{local}@{}", idna::domain_to_unicode(domain).0),
            None => address.to_owned(),
        }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a doctor in a URL: lower-case letters, digits and single hyphens, at most 80 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    pub const MAX_CHARS: usize = 80;

    /// `None` when the text is not a valid slug.
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

/// The eight digits of a one-time code that is mailed. Spaces and hyphens that people add are ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    pub const DIGITS: usize = 8;

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

/// Room for an address inside an address, such as the page to go to after signing in.
const RETURN_PATH_BYTES_MAX: usize = 2_000;

/// The path to redirect to after signing in, which is always on this site.
///
/// `//host`, `/\host` and anything with a scheme would leave the site, so they become `/`.
pub fn return_path(next: &str) -> &str {
    let safe = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.len() <= RETURN_PATH_BYTES_MAX
        && next.chars().all(|c| c.is_ascii_graphic());
    if safe { next } else { "/" }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_length_is_counted_before_normalizing() {
        let too_long = Err(FieldProblem { field: Field::Name, problem: Problem::TooLong(3) });
        assert_eq!(line(Field::Name, "ab\u{ad}c", 3), too_long, "a soft hyphen that is taken out");
        assert_eq!(line(Field::Name, "abc ", 3), too_long);
        assert_eq!(line(Field::Name, "ab\u{ad}c", 4).as_deref(), Ok("abc"));
        assert_eq!(lines(Field::Text, "a\r\nb", 3).as_deref(), Ok("a\nb"), "one end of a line");
    }

    #[test]
    fn e_mail_addresses_are_checked_and_normalized() {
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
    fn an_international_domain_has_one_form() {
        let stored = |text: &str| Email::parse(text).map(|email| email.to_string());
        for text in [
            "user@münchen.de",
            "User@MU\u{308}NCHEN.DE",
            "user@xn--mnchen-3ya.de",
            "user@münchen。de",
        ] {
            assert_eq!(stored(text), Ok("user@xn--mnchen-3ya.de".into()), "{text}");
        }
        assert_eq!(Email::readable("user@xn--mnchen-3ya.de"), "user@münchen.de");
        assert_eq!(Email::readable("asha@example.org"), "asha@example.org");
        assert!(stored("a@प्रकाश.भारत").is_ok(), "no dot of ASCII, but a dotted domain");
        for bad in [
            "üser@münchen.de",
            "a@münchen",
            "a@-münchen.de",
            "a@mün chen.de",
            "a@xn--a.de",
            "a@ü..de",
        ] {
            assert!(stored(bad).is_err(), "{bad}");
        }
        let long = format!("a@{}.de", "ü".repeat(64));
        assert!(stored(&long).is_err(), "a label of more than 63 octets");
    }

    #[test]
    fn invisible_text_and_line_breaks_are_refused() {
        let problem = |problem| Err(FieldProblem { field: Field::Name, problem });
        let name = |text: &str| line(Field::Name, text, 100);
        assert_eq!(name("  Asha\tRao "), Ok("Asha Rao".into()));
        assert_eq!(name("Asha\u{202E} oaR"), Ok("Asha oaR".into()));
        assert_eq!(name("   "), problem(Problem::Missing));
        assert_eq!(name("Asha\0"), problem(Problem::Malformed));
        assert_eq!(name("As\u{FFFD}ha"), problem(Problem::Malformed));
        for blank in [
            "\u{200B}", "\u{3164}", "\u{AD}", "\u{200D}", "\u{2800}", "\u{115F}", "\u{1160}",
            "\u{17B4}",
        ] {
            assert_eq!(name(blank), problem(Problem::Invisible), "{blank:?}");
            assert_eq!(name(&format!(" {blank}{blank}")), problem(Problem::Invisible), "{blank:?}");
            assert_eq!(
                optional_lines(Field::Name, blank, 9),
                problem(Problem::Invisible),
                "{blank:?}"
            );
        }
        for broken in ["a\nb", "a\r\nb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b"] {
            assert_eq!(name(broken), problem(Problem::LineBreak), "{broken:?}");
            assert_eq!(lines(Field::Name, broken, 3), Ok("a\nb".into()), "{broken:?}");
        }
        assert_eq!(name(&"x".repeat(10_000)), problem(Problem::TooLong(100)));
        assert_eq!(name(&"u\u{308}".repeat(50)), Ok("ü".repeat(50)), "it came as a hundred");
        assert_eq!(name(&"u\u{308}".repeat(51)), problem(Problem::TooLong(100)));
    }

    #[test]
    fn a_name_covers_no_other_line_and_has_no_hidden_letters() {
        let name = |text: &str| line(Field::Name, text, 100);
        let piled = |count| format!("Z{}algo", "\u{334}".repeat(count));
        assert_eq!(name(&piled(40)), Ok(piled(4)));
        assert_eq!(lines(Field::Text, &piled(40), 100), Ok(piled(4)));
        assert_eq!(name("As\u{3164}h\u{115F}\u{1160}a\u{FFA0} \u{E000}Rao"), Ok("Asha Rao".into()));
        assert_eq!(name("Trần Thị Hồng Nhung"), Ok("Trần Thị Hồng Nhung".into()));
    }

    #[test]
    fn every_kind_of_line_break_counts_as_one_character() {
        assert_eq!(optional_lines(Field::Bio, "ab\r\ncd", 5), Ok("ab\ncd".into()));
        assert!(optional_lines(Field::Bio, "ab\r\ncd", 4).is_err());
        assert_eq!(optional_lines(Field::Bio, " \n ", 4), Ok(String::new()));
    }

    #[test]
    fn codes_may_be_typed_with_spaces() {
        assert_eq!(
            Code::parse(" 1234 5678 ").map(|c| c.as_str().to_owned()),
            Ok("12345678".into())
        );
        assert!(Code::parse("123456").is_err(), "as many as they had before");
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
        fn parsers_never_panic(text in any::<String>()) {
            let _ = (Email::parse(&text), Code::parse(&text), Slug::parse(&text), Password::parse(&text));
            prop_assert!(return_path(&text).starts_with('/'));
        }

        /// What was taken once is taken again, unchanged: what is stored can be edited and saved.
        #[test]
        fn accepted_text_is_stable_when_parsed_again(text in any::<String>()) {
            if let Ok(name) = line(Field::Name, &text, 50) {
                prop_assert!(text::is_visible(&name) && !name.contains(['\n', '\0']));
                prop_assert_eq!(line(Field::Name, &name, 50), Ok(name));
            }
            if let Ok(lines) = optional_lines(Field::Text, &text, 50) {
                prop_assert_eq!(optional_lines(Field::Text, &lines, 50), Ok(lines));
            }
        }

        #[test]
        fn all_spellings_of_an_address_are_equal(domain in "[a-zäöüßñçéα-ω]{1,12}\\.(de|in|ελ|भारत)") {
            if let Ok(email) = Email::parse(&format!("a@{domain}")) {
                prop_assert!(email.as_str().is_ascii());
                prop_assert_eq!(Email::parse(&Email::readable(email.as_str())), Ok(email));
            }
        }
    }
}
