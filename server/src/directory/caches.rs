//! The caches behind the search and its filters: lists, counts and suggestions.

use nadi::ports::{City, Specialty};
use nadi::suggest::{Suggestion, Term};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::read_cache::{CacheContext, Dependencies, Lifetime, ReadCache};
use crate::directory::filter_counts::FilterCounts;
use crate::directory::store::search::Ways;
use crate::use_case::Outcome;

const LISTS: Lifetime = Lifetime::seconds(10, 55);
const SUGGESTIONS: Lifetime = Lifetime::seconds(10, 15);
const SUGGESTIONS_MAX: u64 = 2_000;

pub(super) struct DirectoryCaches {
    pub(super) specialties: ReadCache<(), Vec<Specialty>>,
    pub(super) cities: ReadCache<(), Vec<City>>,
    pub(super) languages: ReadCache<(), Vec<String>>,
    pub(super) counts: FilterCounts,
    pub(super) ways: Ways,
    pub(super) suggestions: ReadCache<String, Vec<Suggestion>>,
    pub(super) terms: ReadCache<(), Terms>,
}

impl DirectoryCaches {
    pub(super) fn new(context: &CacheContext) -> Self {
        Self {
            specialties: list(context, |()| "specialties".into()),
            cities: list(context, |()| "cities".into()),
            languages: list(context, |()| "languages".into()),
            counts: FilterCounts::default(),
            ways: Ways::default(),
            suggestions: ReadCache::new(
                context,
                "suggestions",
                SUGGESTIONS,
                SUGGESTIONS_MAX,
                |_, _| 1,
            ),
            terms: ReadCache::new(context, "list", LISTS, 1, |_, _| 1),
        }
    }
}

/// All names of specialties and cities.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) specialties: Vec<Term>,
    pub(super) cities: Vec<Term>,
}

/// A cache for a list that is the same for everybody, in Redis under this name.
fn list<V>(context: &CacheContext, name: fn(&()) -> String) -> ReadCache<(), V>
where
    V: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let list = ReadCache::new(context, "list", LISTS, 1, |_, _| 1);
    list.in_redis(name, |_| Dependencies::listings())
}

/// A loaded value that depends on the list of doctors.
pub(super) fn listing_value<V>(loaded: Outcome<V>) -> Outcome<(V, Dependencies)> {
    loaded.map(|value| (value, Dependencies::listings()))
}
