//! Search suggestions: which specialties and cities match the typed text, and how many suggestions of each kind
//! are shown. Matching doctors are found by the database.

use crate::input::Slug;
use crate::text;

/// The maximum number of suggestions.
pub const SUGGESTIONS_MAX: usize = 8;
/// For fewer characters than this there are no suggestions.
pub const TYPED_CHARS_MIN: usize = 2;
const SPECIALTIES_MAX: usize = 4;
const CITIES_MAX: usize = 2;

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    Specialty {
        slug: String,
        name: String,
        /// The synonym or symptom that matched, if it was not the name.
        word: Option<String>,
    },
    Doctor {
        slug: Slug,
        name: String,
        specialty: Option<String>,
        city: Option<String>,
    },
    City {
        slug: String,
        name: String,
        country: String,
    },
}

/// A name or synonym of a specialty or city, in lower case and without accents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The specialty or city it belongs to.
    pub slug: String,
    pub text: String,
    /// The weight: 0 for its own name; lower values rank first.
    pub weight: u8,
}

/// How well the words match a name; lower is better. `None` when a typed word is not the beginning of any word
/// of the name.
fn fit(typed: &[String], text: &str) -> Option<u8> {
    let words = || text.split(|c: char| !text::is_of_word(c)).filter(|word| !word.is_empty());
    let begins = |word: &String| words().any(|one| one.starts_with(word.as_str()));
    if typed.is_empty() || !typed.iter().all(begins) {
        return None;
    }
    let whole = words().eq(typed.iter().map(String::as_str));
    let first = words().zip(typed).all(|(word, typed)| word.starts_with(typed.as_str()));
    Some(if whole { 0 } else { 2 - u8::from(first) })
}

/// The best matching term of each matching slug, best first. `typed` are words in lower case and
/// without accents. `doctors` gives the number of doctors of a slug; slugs without doctors are left out.
pub fn fitting<'a>(
    terms: &'a [Term],
    typed: &[String],
    doctors: impl Fn(&str) -> i64,
) -> Vec<&'a Term> {
    let mut found: Vec<(u8, u8, &Term)> = terms
        .iter()
        .filter_map(|term| Some((fit(typed, &term.text)?, term.weight, term)))
        .filter(|(.., term)| doctors(&term.slug) > 0)
        .collect();
    // First matches at the beginning of a name, then at the beginning of a synonym, then inside. Within
    // each group, the better match and the shorter term come first.
    let group = |fit: u8, weight: u8| match (fit, weight) {
        (..2, 0) => 0,
        (..2, _) => 1,
        _ => 2,
    };
    found.sort_by_key(|(fit, weight, term)| {
        let words = term.text.split(' ').count();
        (
            group(*fit, *weight),
            *fit,
            words,
            *weight,
            -doctors(&term.slug),
            term.text.len(),
            &term.text,
        )
    });
    let mut seen = std::collections::HashSet::new();
    found.retain(|(.., term)| seen.insert(&term.slug));
    found.into_iter().map(|(.., term)| term).collect()
}

/// Combines three kinds into at most eight suggestions, in this order. Each kind has a share; unused
/// places of one kind go to the others.
pub fn combine(
    mut specialties: Vec<Suggestion>,
    mut doctors: Vec<Suggestion>,
    mut cities: Vec<Suggestion>,
) -> Vec<Suggestion> {
    let city_count = cities.len().min(CITIES_MAX);
    let specialty_count = specialties.len().min(SPECIALTIES_MAX);
    let doctor_count = doctors.len().min(SUGGESTIONS_MAX - city_count - specialty_count);
    let left = SUGGESTIONS_MAX - city_count - specialty_count - doctor_count;
    specialties.truncate(specialty_count + left);
    let left = left - (specialties.len() - specialty_count);
    cities.truncate(city_count + left);
    doctors.truncate(doctor_count);
    specialties.append(&mut doctors);
    specialties.append(&mut cities);
    specialties
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Vec<Term> {
        [
            ("dermatology", "dermatology", 0),
            ("dermatology", "skin", 1),
            ("dermatology", "skin rash", 3),
            ("family-medicine", "family medicine", 0),
            ("general-medicine", "general medicine", 0),
            ("general-medicine", "skin infection", 3),
            ("paediatrics", "skin", 3),
            ("empty", "skin science", 0),
        ]
        .map(|(slug, text, weight)| Term { slug: slug.into(), text: text.into(), weight })
        .into()
    }

    fn slugs(typed: &str) -> Vec<(String, String)> {
        let typed = crate::search::words(typed, "");
        let doctors = |slug: &str| if slug == "empty" { 0 } else { 5 };
        fitting(&terms(), &typed, doctors)
            .into_iter()
            .map(|term| (term.slug.clone(), term.text.clone()))
            .collect()
    }

    #[test]
    fn a_name_ranks_before_a_synonym() {
        let first = |typed: &str| slugs(typed).first().cloned().unwrap_or_default().1;
        assert_eq!(first("derm"), "dermatology");
        assert_eq!(first("medicine fam"), "family medicine");
        assert_eq!(first("ski"), "skin");
        assert_eq!(first("skin ra"), "skin rash");
        assert_eq!(first("rash"), "skin rash");
        for nothing in ["", "kin", "skin zebra", "science"] {
            assert!(slugs(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn the_signs_of_a_script_are_parts_of_its_words() {
        assert_eq!(fit(&["त्व".to_owned()], "त्वचा रोग"), Some(1));
        assert_eq!(fit(&["त्वचा".to_owned(), "रोग".to_owned()], "त्वचा रोग"), Some(0));
        assert_eq!(fit(&["चा".to_owned()], "त्वचा रोग"), None, "not the beginning of a word");
    }

    #[test]
    fn each_specialty_is_suggested_once_and_the_best_match_first() {
        let found = slugs("skin");
        let names: Vec<&str> = found.iter().map(|(slug, _)| slug.as_str()).collect();
        assert_eq!(names, ["dermatology", "paediatrics", "general-medicine"]);
    }

    #[test]
    fn three_kinds_share_eight_suggestions() {
        let city = |n: usize| Suggestion::City {
            slug: n.to_string(),
            name: String::new(),
            country: String::new(),
        };
        let of = |count: usize| (0..count).map(city).collect::<Vec<_>>();
        for (have, all) in [
            ((9, 9, 9), 8),
            ((0, 0, 0), 0),
            ((9, 0, 0), 8),
            ((0, 9, 0), 8),
            ((0, 0, 9), 8),
            ((1, 2, 1), 4),
            ((5, 3, 0), 8),
            ((3, 1, 9), 8),
        ] {
            let (specialties, doctors, cities) = have;
            let both = combine(of(specialties), of(doctors), of(cities));
            assert_eq!(both.len(), all, "{have:?}");
        }
    }
}
