//! What the directory keeps for a moment that is the same for everybody: lists, numbers and suggestions.

use nadi::ports::{City, Specialty};
use nadi::suggest::{Suggestion, Term};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::read_cache::{About, Keeping, Kind, Lifetime, Shelf, from_json, to_json};
use crate::directory::filter_counts::Numbers;
use crate::directory::store::search::Ways;
use crate::use_case::Outcome;

const LISTS: Lifetime = Lifetime::seconds(10, 55);
const SUGGESTIONS: Lifetime = Lifetime::seconds(10, 15);
const KEPT_SUGGESTIONS_MAX: u64 = 2_000;

/// Lists, numbers and suggestions.
pub(super) struct Kept {
    pub(super) specialties: Shelf<(), Vec<Specialty>>,
    pub(super) cities: Shelf<(), Vec<City>>,
    pub(super) languages: Shelf<(), Vec<String>>,
    pub(super) numbers: Numbers,
    pub(super) ways: Ways,
    pub(super) suggestions: Shelf<String, Vec<Suggestion>>,
    pub(super) terms: Shelf<(), Terms>,
}

impl Kept {
    pub(super) fn new(keeping: &Keeping) -> Self {
        Self {
            specialties: list(keeping, |()| "specialties".into()),
            cities: list(keeping, |()| "cities".into()),
            languages: list(keeping, |()| "languages".into()),
            numbers: Numbers::default(),
            ways: Ways::default(),
            suggestions: Shelf::new(keeping, Kind::Suggestions, SUGGESTIONS, KEPT_SUGGESTIONS_MAX),
            terms: Shelf::new(keeping, Kind::List, LISTS, 1),
        }
    }
}

/// What can be typed for specialties and for cities.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) specialties: Vec<Term>,
    pub(super) cities: Vec<Term>,
}

/// A list of everybody's, in Redis by its name.
fn list<V>(keeping: &Keeping, name: fn(&()) -> String) -> Shelf<(), V>
where
    V: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let shelf = Shelf::new(keeping, Kind::List, LISTS, 1);
    shelf.behind(name, |(), _| About::listings(), to_json, from_json)
}

/// What was made of what is listed.
pub(super) fn of_listings<V>(made: Outcome<V>) -> Outcome<(V, About)> {
    made.map(|value| (value, About::listings()))
}
