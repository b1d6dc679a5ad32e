//! The caches of profiles, and of the search and its filters: lists, counts and suggestions.

use nadi::ports::{City, DoctorKey, DoctorProfile, Specialty};
use nadi::suggest::{Suggestion, Term};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::read_cache::{CacheContext, Dependencies, Lifetime, ReadCache};
use crate::directory::filter_counts::FilterCounts;
use crate::directory::store::search::SearchStrategies;
use crate::use_case::Outcome;

// A page may be cached for five seconds more (`http/public_cache.rs`), so what it shows of a list or a profile is
// a minute old at most.
const LISTS: Lifetime = Lifetime::seconds(10, 55);
const PROFILES: Lifetime = Lifetime::seconds(20, 55);
const PROFILES_MAX: u64 = 20_000;
const SUGGESTIONS: Lifetime = Lifetime::seconds(10, 15);
const SUGGESTIONS_MAX: u64 = 2_000;

pub(super) struct DirectoryCaches {
    pub(super) profiles: ReadCache<DoctorKey, DoctorProfile>,
    pub(super) specialties: ReadCache<(), Vec<Specialty>>,
    pub(super) cities: ReadCache<(), Vec<City>>,
    pub(super) languages: ReadCache<(), Vec<String>>,
    pub(super) counts: FilterCounts,
    pub(super) strategies: SearchStrategies,
    pub(super) suggestions: ReadCache<String, Vec<Suggestion>>,
    pub(super) terms: ReadCache<(), Terms>,
}

impl DirectoryCaches {
    pub(super) fn new(context: &CacheContext) -> Self {
        let name = |key: &DoctorKey| match key {
            DoctorKey::Slug(slug) => format!("profile:{slug}"),
            DoctorKey::Id(id) => format!("profile:{id}"),
        };
        let profiles = ReadCache::new(context, "profile", PROFILES, PROFILES_MAX, |_, _| 1)
            .in_redis(name, |profile: &DoctorProfile| Dependencies::doctor(profile.id));
        Self {
            profiles,
            specialties: list(context, |()| "specialties".into()),
            cities: list(context, |()| "cities".into()),
            languages: list(context, |()| "languages".into()),
            counts: FilterCounts::default(),
            strategies: SearchStrategies::default(),
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
