//! Names of specialties, cities, countries and spoken languages. The database has them in English, as they are in
//! `server/data`; what they are called in other languages is in `names.ftl`, by the slug of each.
//!
//! In English, and wherever the catalogue has no name, the name of the database is shown.

use std::collections::HashMap;
use std::sync::LazyLock;

use nadi::text::plain;

use super::language::{self, Language};
use super::message::find;
use super::{current, with};

/// The search words of each language, by its code: the content of its `words.csv`; empty where there is none.
const SEARCH_WORDS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/search_words.rs"));

/// The keys of names, by kind and English name, since most of what is shown has the name only.
static KEYS: LazyLock<HashMap<(&str, String), &str>> = LazyLock::new(|| {
    let english = language::FILES.iter().filter(|(code, _)| *code == Language::english().code());
    let lines = english.flat_map(|(_, files)| *files).flat_map(|file| file.lines());
    let keys = lines.filter_map(|line| Some(line.split_once(" = ")?.0));
    with(Language::english(), || {
        keys.filter(|key| !key.ends_with("-about"))
            .filter_map(|key| {
                let (kind, _) = key.split_once('-').filter(|(kind, _)| KINDS.contains(kind))?;
                Some(((kind, find(key)?), key))
            })
            .collect()
    })
});
/// What is also looked up by its English name.
const KINDS: [&str; 3] = ["specialty", "city", "country"];

/// The languages and the content of their `words.csv`: lines of specialty (its slug), word or phrase, and kind.
pub fn search_words() -> impl Iterator<Item = (Language, &'static str)> {
    SEARCH_WORDS.iter().filter_map(|(code, words)| Some((Language::by_code(code)?, *words)))
}

fn by_slug(kind: &str, slug: &str, detail: &str, otherwise: &str) -> String {
    let name = || find(&format!("{kind}-{slug}{detail}"));
    (!current().is_english()).then(name).flatten().unwrap_or_else(|| otherwise.to_owned())
}

fn by_name(kind: &'static str, name: &str) -> String {
    let translated = || find(KEYS.get(&(kind, name.to_owned()))?);
    (!current().is_english()).then(translated).flatten().unwrap_or_else(|| name.to_owned())
}

/// Puts a list from the database in the order of its names in the current language; in English it is already.
pub fn sort_by_name<T>(list: &mut [T], name: impl Fn(&T) -> String) {
    if !current().is_english() {
        list.sort_by_cached_key(|one| plain(&name(one)));
    }
}

/// A specialty; `otherwise` is its name in the database, here and below.
pub fn specialty(slug: &str, otherwise: &str) -> String {
    by_slug("specialty", slug, "", otherwise)
}

/// What people come to a specialty for, in one sentence.
pub fn specialty_about(slug: &str, otherwise: &str) -> String {
    by_slug("specialty", slug, "-about", otherwise)
}

pub fn city(slug: &str, otherwise: &str) -> String {
    by_slug("city", slug, "", otherwise)
}

/// A specialty of which only the name in the database is known.
pub fn specialty_named(name: &str) -> String {
    by_name("specialty", name)
}

/// The same for several.
pub fn specialties_named<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    names.iter().map(|name| specialty_named(name.as_ref())).collect()
}

/// A city of which only the name in the database is known.
pub fn city_named(name: &str) -> String {
    by_name("city", name)
}

pub fn country_named(name: &str) -> String {
    by_name("country", name)
}

/// A language that somebody speaks, by its English name. Clinics may type others than we know.
pub fn spoken_language(name: &str) -> String {
    by_slug("spoken", &plain(name).replace(' ', "-"), "", name)
}

/// The same for several.
pub fn spoken_languages<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    names.iter().map(|name| spoken_language(name.as_ref())).collect()
}
