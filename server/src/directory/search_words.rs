//! What specialties and cities are called in each language, and the words that people use for specialties, parts of the
//! body, symptoms and treatments: `app/locales/<language>/words.csv` and `names.ftl`.

use app::i18n::{self, Language, names, text};
use nadi::search;
use sqlx::{PgConnection, Result};

use crate::directory::store::listings;

/// The lines of a `words.csv`: specialty (its slug), word or phrase, kind.
fn lines(table: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    table.lines().skip(1).filter_map(|line| {
        let (specialty, rest) = line.split_once(',')?;
        let (word, kind) = rest.rsplit_once(',')?;
        Some((specialty, word, kind))
    })
}

/// The words of a search text, without stop words of the current language and of English.
pub(super) fn of_text(text: &str) -> Vec<String> {
    let stop_words = || text!("search-stop-words");
    let english = i18n::with(Language::english(), stop_words);
    search::words(text, &format!("{english},{}", stop_words()))
}

/// PostgreSQL's name for the stems of the current language, such as `hindi`.
pub(super) fn stemming() -> String {
    text!("language-stemming")
}

/// Writes the words and names into the database. If anything has changed, marks all documents as stale; returns
/// whether. Leaves alone what the database has in languages that do not exist here: a newer release may have them.
///
/// # Errors
/// When the database fails.
pub async fn write(connection: &mut PgConnection) -> Result<bool> {
    let known_specialties = listings::specialties(connection).await?;
    let known_cities = listings::cities(connection).await?;
    let (mut languages, mut phrases, mut cities) = (Vec::new(), Vec::new(), Vec::new());
    for (language, table) in i18n::search_words() {
        languages.push((language.code(), i18n::with(language, stemming)));
        phrases.extend(lines(table).map(|(specialty, word, kind)| listings::Phrase {
            specialty: specialty.to_owned(),
            language: language.code(),
            phrase: word.to_owned(),
            kind,
        }));
        if language.is_english() {
            // Its names are where they have always been: `specialties` and `cities`.
            continue;
        }
        i18n::with(language, || {
            for one in &known_specialties {
                let title = names::specialty(&one.slug, &one.name);
                let summary = names::specialty_about(&one.slug, &one.detail);
                phrases.extend([("title", title), ("summary", summary)].map(|(kind, phrase)| {
                    let (specialty, language) = (one.slug.clone(), language.code());
                    listings::Phrase { specialty, language, phrase, kind }
                }));
            }
            cities.extend(known_cities.iter().map(|city| listings::CityName {
                city: city.id,
                language: language.code(),
                name: names::city(&city.slug, &city.name),
                country: names::country_named(&city.detail),
            }));
        });
    }
    let mut changed = listings::write_languages(connection, &languages).await?;
    let languages: Vec<&str> = languages.iter().map(|(code, _)| *code).collect();
    changed += listings::write_phrases(connection, &languages, &phrases).await?;
    changed += listings::write_city_names(connection, &languages, &cities).await?;
    let documents = listings::write_specialties(connection).await?;
    let changed = changed > 0 || documents > 0;
    if changed {
        listings::mark_all_stale(connection).await?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    const SPECIALTIES: &str = include_str!("../../data/specialties.csv");
    const CITIES: &str = include_str!("../../data/cities.csv");

    /// The first fields of each line. A field with commas stands in double quotes.
    fn fields(table: &str) -> impl Iterator<Item = Vec<String>> {
        table.lines().skip(1).map(|line| {
            let parts = line.split('"').enumerate();
            // What stands in quotes is every second part.
            let line: String = parts
                .map(|(n, part)| if n % 2 == 1 { part.replace(',', "\0") } else { part.into() })
                .collect();
            line.split(',').map(|field| field.replace('\0', ",")).collect()
        })
    }

    #[test]
    fn every_specialty_has_words_and_every_word_a_specialty() {
        let known: HashSet<String> =
            fields(SPECIALTIES).filter_map(|fields| fields.into_iter().next()).collect();
        for (language, table) in i18n::search_words().filter(|(_, table)| !table.is_empty()) {
            let mut seen = HashSet::new();
            for (specialty, word, kind) in lines(table) {
                assert!(known.contains(specialty), "{language:?} {specialty}");
                let chars = word.chars().count();
                assert!((2..=60).contains(&chars) && !word.contains(','), "{language:?} {word}");
                assert!(["name", "part", "symptom", "treatment"].contains(&kind), "{kind}");
                assert!(
                    seen.insert((specialty, word)),
                    "{language:?}: {specialty} has {word} twice"
                );
            }
            let with_words: HashSet<String> =
                seen.iter().map(|(specialty, _)| (*specialty).to_owned()).collect();
            assert_eq!(with_words, known, "{language:?}");
        }
    }

    #[test]
    fn the_catalogue_has_the_names_of_all_specialties_cities_and_countries() {
        let catalogue = include_str!("../../../app/locales/en/names.ftl");
        let names: HashMap<&str, &str> =
            catalogue.lines().filter_map(|line| line.split_once(" = ")).collect();
        let mut expected = HashMap::new();
        for fields in fields(SPECIALTIES) {
            let [slug, name, _, about]: [String; 4] = fields.try_into().expect("four fields");
            expected.insert(format!("specialty-{slug}"), name);
            expected.insert(format!("specialty-{slug}-about"), about);
        }
        for fields in fields(CITIES) {
            expected.insert(format!("city-{}", fields[1]), fields[2].clone());
            expected.insert(format!("country-{}", fields[3].to_lowercase()), fields[4].clone());
        }
        for (key, name) in &expected {
            assert_eq!(names.get(key.as_str()), Some(&name.as_str()), "{key}");
        }
        let others = names.keys().filter(|key| !key.starts_with("spoken-"));
        let unknown: Vec<_> = others.filter(|key| !expected.contains_key(**key)).collect();
        assert_eq!(unknown, Vec::<&&str>::new());
    }

    #[test]
    fn the_catalogue_has_the_languages_of_the_demo_doctors() {
        let catalogue = include_str!("../../../app/locales/en/names.ftl");
        let now = "2026-11-22T09:00:00Z".parse().expect("an instant");
        let demo = crate::demo::generate(crate::demo::SEED, now);
        let languages: HashSet<&String> =
            demo.doctors.iter().flat_map(|doctor| &doctor.languages).collect();
        for language in languages {
            let key = format!("spoken-{}", nadi::text::plain(language).replace(' ', "-"));
            assert!(catalogue.contains(&format!("\n{key} = {language}\n")), "{key} in names.ftl");
        }
    }

    #[test]
    fn stop_words_are_those_of_the_catalogue() {
        assert_eq!(of_text("I need a specialist for my back problem"), ["back"]);
        assert_eq!(of_text("the"), ["the"], "there is nothing else");
        assert_eq!(stemming(), "english");
    }
}
