//! Suggestions while typing. Specialties and cities are few and cached in memory; doctors are looked up.

use std::collections::HashMap;
use std::sync::Arc;

use nadi::ports::{City, Specialty};
use nadi::search::parameters;
use nadi::suggest::{self, SUGGESTIONS_MAX, Suggestion, TYPED_CHARS_MIN, Term};
use sqlx::PgConnection;

use super::{DirectoryService, search_words};
use crate::directory::caches::{Terms, listing_value};
use crate::directory::store::search as found;
use crate::directory::store::suggestions as store;
use crate::state::AppState;
use crate::use_case::{Outcome, answer, slug};

/// How many names with the same beginning are searched for the other words.
const NAMES_LOOKED_AT: i64 = 2_000;
/// The shortest word whose spelling is corrected: too many words are similar to shorter ones.
const MISSPELT_CHARS_MIN: usize = 4;

/// Specialties and cities with doctors, and all names for them.
struct KnownTerms {
    terms: Arc<Terms>,
    specialties: HashMap<String, Specialty>,
    cities: HashMap<String, City>,
}

impl DirectoryService {
    pub(super) async fn suggestions(&self, text: &str) -> Outcome<Vec<Suggestion>> {
        if text.trim().chars().count() < TYPED_CHARS_MIN {
            return Ok(Vec::new());
        }
        let typed = search_words::of_text(text);
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let key = typed.join(" ");
        let load = || {
            let (directory, typed) = (self.clone(), typed.clone());
            async move { answer("suggest", listing_value(directory.suggested(typed).await)) }
        };
        Ok(Arc::unwrap_or_clone(self.caches.suggestions.get(&key, load).await?))
    }

    async fn suggested(&self, typed: Vec<String>) -> Outcome<Vec<Suggestion>> {
        // Before taking a connection, because these may need one of their own.
        let by_slug = |one: Specialty| (one.slug.clone(), one);
        let specialties = self.list_specialties().await?.into_iter().map(by_slug).collect();
        let by_slug = |one: City| (one.slug.clone(), one);
        let cities = self.list_cities().await?.into_iter().map(by_slug).collect();
        let terms = self.terms().await?;
        let known = KnownTerms { terms, specialties, cities };
        let mut connection = self.connection().await?;
        let words = plain(&mut connection, typed).await?;
        let fitting = known.fitting(&mut connection, &words).await?;
        let long = words.iter().any(|word| word.chars().count() >= MISSPELT_CHARS_MIN);
        if fitting.is_empty() && long {
            let spelled = found::spelled(&mut connection, &words).await?;
            let spelled: Option<Vec<String>> = spelled.into_iter().collect();
            if let Some(spelled) = spelled.filter(|spelled| *spelled != words) {
                return known.fitting(&mut connection, &spelled).await;
            }
        }
        Ok(fitting)
    }

    async fn terms(&self) -> Outcome<Arc<Terms>> {
        let load = || {
            let app_state = self.app_state.clone();
            async move { answer("list what is typed", listing_value(terms(&app_state).await)) }
        };
        Ok(self.caches.terms.get(&(), load).await?)
    }
}

async fn terms(app_state: &AppState) -> Outcome<Terms> {
    let mut terms = Terms::default();
    for row in store::terms(&mut *app_state.read.0.acquire().await?).await? {
        let weight = row.weight.try_into().unwrap_or(0);
        if row.city {
            let others = parameters::other_names(&row.text).filter(|name| *name != row.text);
            terms.cities.extend(others.map(|name| Term {
                slug: row.slug.clone(),
                text: name.to_owned(),
                weight: 1,
            }));
        }
        let term = Term { slug: row.slug, text: row.text, weight };
        if row.city { &mut terms.cities } else { &mut terms.specialties }.push(term);
    }
    Ok(terms)
}

impl KnownTerms {
    async fn fitting(
        &self,
        connection: &mut PgConnection,
        typed: &[String],
    ) -> Outcome<Vec<Suggestion>> {
        let doctors = |slug: &str| self.specialties.get(slug).map_or(0, |one| one.doctors);
        let specialties = suggest::fitting(&self.terms.specialties, typed, doctors)
            .into_iter()
            .filter_map(|term| {
                Some(Suggestion::Specialty {
                    slug: term.slug.clone(),
                    name: self.specialties.get(&term.slug)?.name.clone(),
                    word: (term.weight > 0).then(|| term.text.clone()),
                })
            })
            .collect();
        let doctors = |slug: &str| self.cities.get(slug).map_or(0, |one| one.doctors);
        let cities = suggest::fitting(&self.terms.cities, typed, doctors)
            .into_iter()
            .filter_map(|term| {
                let city = self.cities.get(&term.slug)?;
                Some(Suggestion::City {
                    slug: term.slug.clone(),
                    name: city.name.clone(),
                    country: city.country.clone(),
                })
            })
            .collect();
        Ok(suggest::combine(specialties, named(connection, typed).await?, cities))
    }
}

/// Normalizes words as the search does.
async fn plain(connection: &mut PgConnection, words: Vec<String>) -> Outcome<Vec<String>> {
    if words.iter().all(|word| word.is_ascii()) {
        return Ok(words);
    }
    Ok(store::plain(connection, &words).await?)
}

/// Doctors by name: whose name begins with the typed words; if there are none, those with all these words.
async fn named(connection: &mut PgConnection, typed: &[String]) -> Outcome<Vec<Suggestion>> {
    let limit = i64::try_from(SUGGESTIONS_MAX).unwrap_or(i64::MAX);
    // A name may be found by several of its words.
    let mut rows = store::doctors(connection, &typed.join(" "), &[], limit * 4, limit).await?;
    if rows.is_empty() && typed.len() > 1 {
        let longest = typed.iter().max_by_key(|word| word.len()).map_or("", String::as_str);
        rows = store::doctors(connection, longest, typed, NAMES_LOOKED_AT, limit).await?;
    }
    rows.into_iter()
        .map(|row| {
            Ok(Suggestion::Doctor {
                slug: slug(&row.slug)?,
                name: row.name,
                specialty: row.specialty,
                city: row.city,
            })
        })
        .collect()
}
