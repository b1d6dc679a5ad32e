//! Checks that every sentence a person can read is in the catalogue, `app/locales/en/*.ftl`: no literal sentence in the
//! sources of `app` and `server`, and no message that nothing uses. That keys and arguments exist is checked by the
//! compiler (`i18n-macro`), that the other languages are complete by the tests of `app::i18n`.
//!
//! What looks like a sentence is reported. Logs, errors for programmers and operators, SQL and documentation of the API
//! are recognized by the macro, method or attribute around them.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::layers::source::{self, is_punct, length_of_item};

/// Files whose sentences are not for the people who use the product, and why.
const EXEMPT: [(&str, &str); 12] = [
    ("app/src/parts/device.rs", "names of browsers and systems"),
    ("app/src/pages/style_guide.rs", "a page for developers"),
    ("app/src/pages/mailbox.rs", "a page for developers"),
    ("server/src/main.rs", "the command line"),
    ("server/src/config.rs", "messages for operators"),
    ("server/src/demo", "invented people and texts"),
    ("server/src/rest/docs.rs", "the description of the API"),
    ("server/src/rest/problem.rs", "the same; texts of problems are in problem/kind.rs"),
    ("server/src/retention.rs", "names that only the documentation uses"),
    ("server/src/zoneinfo.rs", "messages for operators"),
    ("server/src/database.rs", "messages for operators"),
    ("server/src/notifications/transport", "the log, and headers of e-mails"),
];

/// Macros whose literals are for programmers and operators.
const MACROS: [&str; 34] = [
    "anyhow",
    "assert",
    "assert_eq",
    "assert_ne",
    "bail",
    "debug",
    "debug_assert",
    "ensure",
    "env",
    "error",
    "eprintln",
    "event",
    "include",
    "include_str",
    "info",
    "info_span",
    "json",
    "matches",
    "panic",
    "path",
    "pattern",
    "print",
    "println",
    "query",
    "query_as",
    "query_as_unchecked",
    "query_file",
    "query_file_as",
    "query_scalar",
    "rich_text",
    "text",
    "trace",
    "unreachable",
    "warn",
];
/// Methods and functions whose literals are for programmers and operators.
const METHODS: [&str; 10] = [
    "context",
    "expect",
    "expect_err",
    "with_context",
    "description",
    "title",
    "register_int_counter",
    "describe",
    "query",
    "execute",
];
/// Attributes of elements whose values nobody reads.
const ATTRIBUTES: [&str; 12] = [
    "class",
    "style",
    "d",
    "viewBox",
    "content",
    "sizes",
    "media",
    "rel",
    "pattern",
    "autocomplete",
    "accept",
    "name",
];

/// The same in every language.
const PROPER_NAMES: [&str; 5] =
    ["Nadi", "GeoNames", "CC BY 4.0", "Atkinson Hyperlegible Next", "SIL Open Font License"];
/// Said in development mode only.
const IN_DEVELOPMENT: [&str; 2] = ["Development: the code is in the ", "mailbox"];
/// The beginnings of keys that are put together at run time, and where.
const DYNAMIC_KEYS: [(&str, &str); 10] = [
    ("export-part-", "app/src/i18n/exported.rs"),
    ("export-field-", "app/src/i18n/exported.rs"),
    ("export-value-", "app/src/i18n/exported.rs"),
    ("language-tag", "app/src/i18n/catalogue.rs"),
    ("language-stemming", "server/src/directory"),
    ("specialty-", "app/src/i18n/names.rs"),
    ("city-", "app/src/i18n/names.rs"),
    ("country-", "app/src/i18n/names.rs"),
    ("spoken-", "app/src/i18n/names.rs"),
    ("search-stop-words", "server/src/directory"),
];

pub fn check() -> Result<()> {
    let mut found = Found::default();
    for folder in ["app/src", "server/src"] {
        for file in source::files(folder, ".rs")? {
            let is_test = file.ends_with("tests.rs") || file.contains("/tests/");
            if !is_test {
                read(&file, &source::text_of(&file)?, &mut found)?;
            }
        }
    }
    let mut problems = found.sentences;
    for file in source::files("app/locales/en", ".ftl")? {
        for key in keys(&source::text_of(&file)?) {
            let is_dynamic = DYNAMIC_KEYS.iter().any(|(start, _)| key.starts_with(start));
            if !found.keys.contains(key) && !is_dynamic {
                problems.push(format!("{file}: nothing uses `{key}`"));
            }
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\n{} problems. Texts belong into app/locales/en, see docs/languages.md",
        problems.join("\n"),
        problems.len()
    )
}

/// The keys of the messages in a file of the catalogue.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
}

#[derive(Default)]
struct Found {
    /// With file and line.
    sentences: Vec<String>,
    /// The keys that macros name.
    keys: BTreeSet<String>,
}

fn read(file: &str, text: &str, found: &mut Found) -> Result<()> {
    let tokens: TokenStream =
        text.parse().map_err(|error| anyhow!("{file} is not Rust: {error}"))?;
    let is_exempt = EXEMPT.iter().any(|(exempt, _)| file.starts_with(exempt));
    Reader { file, is_exempt, found }.walk(tokens, In::Code);
    Ok(())
}

/// What surrounds a literal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Code,
    /// The children of an element of a `view!`: every word is read by people.
    View,
    /// A call whose literals are not for the people who use the product.
    Internal,
}

struct Reader<'a> {
    file: &'a str,
    is_exempt: bool,
    found: &'a mut Found,
}

impl Reader<'_> {
    fn walk(&mut self, tokens: TokenStream, inside: In) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        // The attribute whose value comes next: `class` in `class="a b"`.
        let mut attribute = String::new();
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at..];
            let was_attribute = std::mem::take(&mut attribute);
            at += match (token, rest.get(1), rest.get(2)) {
                // `#![doc = "…"]`
                (TokenTree::Punct(hash), bang, Some(TokenTree::Group(_)))
                    if hash.as_char() == '#' && is_punct(bang, '!') =>
                {
                    3
                }
                (TokenTree::Punct(hash), Some(TokenTree::Group(group)), _)
                    if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
                {
                    let is_test = group.stream().to_string().replace(' ', "") == "cfg(test)";
                    if is_test { length_of_item(rest) } else { 2 }
                }
                (TokenTree::Ident(name), Some(bang), Some(TokenTree::Group(group)))
                    if is_punct(Some(bang), '!') =>
                {
                    self.call(&name.to_string(), group, inside);
                    3
                }
                (TokenTree::Ident(name), Some(TokenTree::Group(group)), _)
                    if group.delimiter() == Delimiter::Parenthesis
                        && METHODS.iter().any(|method| name == method) =>
                {
                    self.walk(group.stream(), In::Internal);
                    2
                }
                (TokenTree::Ident(name), equals, _) if is_punct(equals, '=') => {
                    attribute = name.to_string();
                    2
                }
                (TokenTree::Group(group), ..) => {
                    // A block, or the arguments of a call.
                    self.walk(group.stream(), if inside == In::View { In::Code } else { inside });
                    1
                }
                (TokenTree::Literal(literal), ..) => {
                    let is_value = !was_attribute.is_empty();
                    let is_hidden = inside == In::View
                        && (ATTRIBUTES.contains(&was_attribute.as_str())
                            || was_attribute.starts_with("data"));
                    if !is_hidden {
                        let inside = if is_value && inside == In::View { In::Code } else { inside };
                        self.literal(&literal.to_string(), literal.span(), inside);
                    }
                    1
                }
                _ => 1,
            };
        }
    }

    fn call(&mut self, name: &str, group: &Group, inside: In) {
        if matches!(name, "text" | "rich_text" | "pattern") {
            if let Some(TokenTree::Literal(key)) = group.stream().into_iter().next() {
                self.found.keys.insert(key.to_string().trim_matches('"').to_owned());
            }
            // Its arguments are code.
            let arguments = group.stream().into_iter().skip(1).collect();
            return self.walk(arguments, In::Code);
        }
        let inside = match name {
            "view" => In::View,
            name if MACROS.contains(&name) => In::Internal,
            _ if inside == In::View => In::Code,
            _ => inside,
        };
        self.walk(group.stream(), inside);
    }

    fn literal(&mut self, literal: &str, span: Span, inside: In) {
        let (Some(start), Some(end)) = (literal.find('"'), literal.rfind('"')) else { return };
        if start >= end || inside == In::Internal || self.is_exempt {
            return;
        }
        let text = &literal[start + 1..end];
        let is_read = match inside {
            In::View => {
                let is_known = PROPER_NAMES.contains(&text) || IN_DEVELOPMENT.contains(&text);
                text.chars().any(char::is_alphabetic) && !is_known
            }
            // What the server says to programs and in logs begins with a small letter.
            _ if self.file.starts_with("server/") && !text.starts_with(char::is_uppercase) => false,
            _ => reads_like_a_sentence(text),
        };
        if is_read {
            let line = span.start().line;
            self.found.sentences.push(format!("{}:{line}: \"{text}\"", self.file));
        }
    }
}

/// Several words, or one word that begins with a capital letter and is no name of a header or type.
fn reads_like_a_sentence(text: &str) -> bool {
    let upper = text.to_uppercase();
    let is_sql = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "SET "]
        .iter()
        .any(|word| upper.starts_with(word));
    let is_markup =
        text.contains("=\"") || text.contains("=\\\"") || text.contains("; ") && text.contains('-');
    let words = text
        .split_whitespace()
        .map(|word| {
            word.trim_matches(|char: char| !char.is_alphanumeric() && char != '{' && char != '}')
        })
        .filter(|word| word.chars().count() > 1)
        .filter(|word| word.chars().all(|char| char.is_alphabetic() || "'’.".contains(char)))
        .count();
    !is_sql && !is_markup && words > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Vec<String>, Vec<String>) {
        let mut found = Found::default();
        read("app/src/x.rs", text, &mut found).expect("Rust");
        (found.sentences, found.keys.into_iter().collect())
    }

    #[test]
    fn sentences_are_found_in_code_and_every_word_in_views() {
        let (sentences, keys) = found(
            r#"
            fn a() -> String { "Sign in first.".into() }
            fn b() -> impl IntoView {
                view! { <p class="a b" aria-label="Main menu">"Save" {text!("save", name = "in Panjim")} {c("k")} <b id=d("e", 1)>"1:2"</b></p> }
            }
            "#,
        );
        assert_eq!(
            sentences,
            [
                "app/src/x.rs:2: \"Sign in first.\"",
                "app/src/x.rs:4: \"Main menu\"",
                "app/src/x.rs:4: \"Save\"",
                "app/src/x.rs:4: \"in Panjim\""
            ]
        );
        assert_eq!(keys, ["save"]);
    }

    #[test]
    fn what_is_not_for_people_is_left_alone() {
        let (sentences, _) = found(
            r#"
            //! A sentence of documentation.
            /// Another sentence.
            #[error("a sentence in an attribute")]
            fn a() { tracing::warn!(x, "a job is late"); b().expect("made by us"); c("application/json; charset=utf-8") }
            fn sql() { f("select a from b where c") }
            #[cfg(test)]
            mod tests { fn a() { "Two words" } }
            "#,
        );
        assert_eq!(sentences, Vec::<String>::new());
    }

    #[test]
    fn keys_are_read_from_the_catalogue() {
        let text = "# a comment = x\nsave = Save\nmany =\n    { $n ->\n        [one] = 1\n       *[other] 2\n    }\n";
        assert_eq!(keys(text).collect::<Vec<_>>(), ["save", "many"]);
    }
}
