//! The languages in which pages exist: English, and one for each further folder in `app/locales`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::catalogue::Catalogue;

/// The files of each language, by its code.
pub(super) const FILES: &[(&str, &[&str])] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));
const ENGLISH: &str = "en";
/// English with accents, written from right to left: for finding texts that are not in the catalogue.
const PSEUDO: &str = "en-XB";

static LANGUAGES: OnceLock<Vec<Catalogue>> = OnceLock::new();
static WITH_PSEUDO: AtomicBool = AtomicBool::new(cfg!(test));

/// Adds the pseudo-language. Has to be called before the first text is read.
pub fn enable_pseudo_language() {
    WITH_PSEUDO.store(true, Ordering::Relaxed);
}

fn catalogues() -> &'static [Catalogue] {
    LANGUAGES.get_or_init(|| {
        // English first: it is the default, and what other languages lack is taken from it.
        let english = FILES.iter().filter(|(code, _)| *code == ENGLISH);
        let others = FILES.iter().filter(|(code, _)| *code != ENGLISH);
        let mut languages: Vec<Catalogue> =
            english.chain(others).map(|(code, files)| Catalogue::new(code, files)).collect();
        if WITH_PSEUDO.load(Ordering::Relaxed) {
            let english = FILES.iter().find(|(code, _)| *code == ENGLISH);
            let files = english.map_or(&[][..], |(_, files)| files);
            languages.push(Catalogue::pseudo(PSEUDO, files));
        }
        languages
    })
}

/// A language in which pages exist.
#[derive(Clone, Copy)]
pub struct Language(&'static Catalogue);

impl Language {
    pub fn english() -> Self {
        Self(&catalogues()[0])
    }

    /// All languages, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        catalogues().iter().map(Self)
    }

    /// The language with a code such as `en`.
    pub fn by_code(code: &str) -> Option<Self> {
        Self::all().find(|language| language.code() == code)
    }

    /// The code, as in `accounts.locale` and in `lang`: `en`.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    pub(super) fn catalogue(self) -> &'static Catalogue {
        self.0
    }

    /// The name of the language in itself.
    pub fn name(self) -> String {
        super::with(self, || super::text!("language-name"))
    }

    pub fn is_english(self) -> bool {
        self.code() == ENGLISH
    }

    /// `ltr` or `rtl`.
    pub fn direction(self) -> &'static str {
        if self.0.is_right_to_left { "rtl" } else { "ltr" }
    }

    /// What the paths of its pages begin with: nothing for English, otherwise `/hi`.
    pub fn prefix(self) -> &'static str {
        &self.0.prefix
    }

    /// Splits a path into its language and the path of the same page in English: `/hi/doctors` is Hindi, `/doctors`.
    pub fn of_path(path: &str) -> (Self, &str) {
        for language in Self::all().skip(1) {
            match path.strip_prefix(language.prefix()) {
                Some("") => return (language, "/"),
                Some(rest) if rest.starts_with('/') => return (language, rest),
                // `/hi?page=2`, `/hi#content`
                Some(rest) if rest.starts_with(['?', '#']) => return (language, rest),
                _ => {}
            }
        }
        (Self::english(), path)
    }

    /// The address of a page in this language; `path` is that of the English page.
    pub fn path(self, path: &str) -> String {
        match (self.is_english(), path) {
            (true, path) => path.to_owned(),
            (false, "/") => self.prefix().to_owned(),
            (false, path) => format!("{}{path}", self.prefix()),
        }
    }

    /// The best language for a header `Accept-Language`; `None` if none of those it names exists here.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut wishes: Vec<(&str, f32)> = header
            .split(',')
            .filter_map(|part| {
                let mut parts = part.split(';').map(str::trim);
                let tag = parts.next().filter(|tag| !tag.is_empty())?;
                let weight = parts.find_map(|one| one.strip_prefix("q=")?.trim().parse().ok());
                Some((tag, weight.unwrap_or(1.0)))
            })
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        // Stable: of two with the same weight, the first one counts.
        wishes.sort_by(|one, other| other.1.total_cmp(&one.1));
        wishes.into_iter().find_map(|(tag, _)| {
            let exact = Self::all().find(|language| language.code().eq_ignore_ascii_case(tag));
            let primary = tag.split('-').next().unwrap_or(tag);
            exact.or_else(|| {
                Self::all().find(|language| language.code().eq_ignore_ascii_case(primary))
            })
        })
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for Language {}

impl std::hash::Hash for Language {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}
