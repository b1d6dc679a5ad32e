//! How many doctors a search finds for each choice of its filters. Small searches are counted while the page
//! waits; large ones in the background, one at a time, and until then the page is shown without counts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use nadi::ports::Counts;
use nadi::review;
use nadi::visit::Mode;
use sqlx::{PgConnection, PgPool, Result};
use tokio::sync::{Mutex, Semaphore};

use crate::directory::store::search::{
    self as store, CountRow, Counted, Counting, FEW, Facet, Wanted,
};

/// Cities, languages and the like of more doctors than this are counted in the background.
const FEW_TRAITS: i64 = 500;
/// Counts are used for as many times what it took to count them, within bounds.
const LIFETIME_COSTS: u32 = 200;
const LIFETIME_MIN: Duration = Duration::from_secs(10);
const LIFETIME_MAX: Duration = Duration::from_secs(600);
const SEARCHES_MAX: u64 = 2_000;
/// Searches that wait to be counted in the background; others ask again later.
const WAITING_MAX: usize = 50;

/// What is known of one search.
#[derive(Clone)]
struct Entry {
    /// `None` while a large search is being counted for the first time.
    rows: Option<Arc<Vec<CountRow>>>,
    is_large: bool,
    /// The last change of the listings before it was counted; large searches are not counted again for one.
    listings: u64,
    fresh_until: Instant,
}

/// The counts of recent searches.
#[derive(Clone)]
pub(super) struct FilterCounts {
    entries: Cache<String, Entry>,
    waiting: Arc<Semaphore>,
    turn: Arc<Mutex<()>>,
}

impl Default for FilterCounts {
    fn default() -> Self {
        let waiting = Arc::new(Semaphore::new(WAITING_MAX));
        Self {
            entries: Cache::builder()
                .max_capacity(SEARCHES_MAX)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            waiting,
            turn: Arc::default(),
        }
    }
}

/// Where to count, and as of when.
pub(super) struct CountQuery<'a> {
    pub(super) connection: &'a mut PgConnection,
    /// For counts in the background.
    pub(super) pool: &'a PgPool,
    /// The number of the last change of the listings.
    pub(super) listings: u64,
    pub(super) now: DateTime<Utc>,
}

impl FilterCounts {
    /// The total, and the numbers for each specialty and mode.
    pub(super) async fn totals(
        &self,
        query: &mut CountQuery<'_>,
        wanted: &Wanted,
    ) -> Result<Counts> {
        let any = Wanted { specialty: None, mode: None, ..wanted.clone() };
        let rows = self.rows(query, Counting::Specialties, any).await?;
        let Some(rows) = rows else { return Ok(Counts::default()) };
        let chosen = wanted.specialty.as_deref().unwrap_or_default();
        let chosen = rows.iter().find(|row| row.choice == chosen);
        let with = |mode: Option<Mode>| chosen.map_or(0, |row| of_mode(row, mode));
        let modes = Mode::ALL.map(|mode| (mode.as_str().to_owned(), with(Some(mode))));
        let mut specialties = choices(&rows, Facet::Specialty, asked_mode(wanted));
        specialties.remove("");
        Ok(Counts {
            known: true,
            total: with(asked_mode(wanted)),
            specialties: Some(specialties),
            modes: Some(modes.into_iter().filter(|(_, doctors)| *doctors > 0).collect()),
            ..Counts::default()
        })
    }

    /// Adds the numbers for each city, language, gender and rating.
    pub(super) async fn traits(
        &self,
        query: &mut CountQuery<'_>,
        wanted: &Wanted,
        counts: &mut Counts,
    ) -> Result<()> {
        let mode = asked_mode(wanted);
        let wanted = Wanted { mode: None, ..wanted.clone() };
        let all = self.rows(query, Counting::Traits, wanted.clone()).await?;
        for (facet, numbers) in [
            (Facet::City, &mut counts.cities),
            (Facet::Language, &mut counts.languages),
            (Facet::Gender, &mut counts.genders),
            (Facet::Rating, &mut counts.ratings),
        ] {
            let rows = match wanted.without(facet) {
                Some(others) => self.rows(query, Counting::Traits, others).await?,
                None => all.clone(),
            };
            *numbers = rows.map(|rows| choices(&rows, facet, mode));
        }
        // Nobody is a number, too; a rating that is not offered has none.
        if let Some(ratings) = &mut counts.ratings {
            *ratings = review::LEAST_OFFERED
                .iter()
                .map(|tenths| {
                    (
                        review::tenths(*tenths),
                        ratings.get(&tenths.to_string()).copied().unwrap_or(0),
                    )
                })
                .collect();
        }
        Ok(())
    }

    /// The counts of this search with any mode: `None` while they are being counted.
    async fn rows(
        &self,
        query: &mut CountQuery<'_>,
        counting: Counting,
        wanted: Wanted,
    ) -> Result<Option<Arc<Vec<CountRow>>>> {
        let key = format!("{counting:?} {wanted:?}");
        let known = self.entries.get(&key);
        let began = Instant::now();
        if let Some(known) = &known
            && began < known.fresh_until
            && (known.is_large || known.listings == query.listings)
        {
            return Ok(known.rows.clone());
        }
        let known_rows = known.and_then(|known| known.rows.filter(|_| known.is_large));
        if known_rows.is_none() {
            let few = match counting {
                Counting::Specialties => FEW,
                Counting::Traits => FEW_TRAITS,
            };
            let counted =
                store::counts(query.connection, counting, &wanted, Some(few), query.now).await?;
            if let Counted::Rows(rows) = counted {
                let rows = Some(Arc::new(rows));
                let fresh_until = began + lifetime(began.elapsed());
                let entry = Entry {
                    rows: rows.clone(),
                    is_large: false,
                    listings: query.listings,
                    fresh_until,
                };
                self.entries.insert(key, entry);
                return Ok(rows);
            }
        }
        self.count_in_background(query, key, counting, wanted, known_rows.clone());
        Ok(known_rows)
    }

    fn count_in_background(
        &self,
        query: &CountQuery<'_>,
        key: String,
        counting: Counting,
        wanted: Wanted,
        rows: Option<Arc<Vec<CountRow>>>,
    ) {
        let Ok(place) = self.waiting.clone().try_acquire_owned() else { return };
        let listings = query.listings;
        let entry = move |rows, lifetime| Entry {
            rows,
            is_large: true,
            listings,
            fresh_until: Instant::now() + lifetime,
        };
        // Until it is counted nobody else begins.
        let is_due = |known: &Entry| !known.is_large || known.fresh_until <= Instant::now();
        let begun = self.entries.entry_by_ref(&key);
        if !begun.or_insert_with_if(|| entry(rows.clone(), LIFETIME_MAX), is_due).is_fresh() {
            return;
        }
        let (this, pool, now) = (self.clone(), query.pool.clone(), query.now);
        tokio::spawn(async move {
            let _place = place;
            let _turn = this.turn.lock().await;
            let began = Instant::now();
            let counted = async {
                let mut connection = pool.acquire().await?;
                store::counts(&mut connection, counting, &wanted, None, now).await
            };
            match counted.await {
                Ok(Counted::Rows(rows)) => {
                    let cost = began.elapsed();
                    this.entries.insert(key, entry(Some(Arc::new(rows)), lifetime(cost)));
                }
                Ok(Counted::TooMany) => this.entries.invalidate(&key),
                Err(error) => {
                    tracing::warn!(%error, "counting a search failed");
                    this.entries.insert(key, entry(rows, LIFETIME_MIN));
                }
            }
        });
    }
}

fn lifetime(cost: Duration) -> Duration {
    (cost * LIFETIME_COSTS).clamp(LIFETIME_MIN, LIFETIME_MAX)
}

fn asked_mode(wanted: &Wanted) -> Option<Mode> {
    wanted.mode.and_then(Mode::parse)
}

fn of_mode(row: &CountRow, mode: Option<Mode>) -> i64 {
    match mode {
        None => row.doctors,
        Some(Mode::InPerson) => row.in_person,
        Some(Mode::Video) => row.video,
    }
}

/// The choices of a filter that somebody fits, in this mode.
fn choices(rows: &[CountRow], facet: Facet, mode: Option<Mode>) -> HashMap<String, i64> {
    rows.iter()
        .filter(|row| row.facet == facet)
        .map(|row| (row.choice.clone(), of_mode(row, mode)))
        .filter(|(_, doctors)| *doctors > 0)
        .collect()
}
