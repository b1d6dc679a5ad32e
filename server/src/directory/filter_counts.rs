//! How many a search finds, for each choice of its filters. Few are counted while the page waits; many are
//! counted beside it, one search at a time, and until then the page does without the numbers.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use nadi::ports::Counts;
use nadi::review;
use nadi::visit::Mode;
use sqlx::{PgConnection, PgPool, Result};
use tokio::sync::Semaphore;

use crate::directory::store::search::{
    self as store, CountRow, Counted, Counting, FEW, Facet, Wanted,
};

/// Of more doctors, cities, languages and the like are counted beside the page.
const FEW_TRAITS: i64 = 500;

/// The least and the most that numbers are kept.
const KEPT_MIN: Duration = Duration::from_secs(10);
const KEPT_MAX: Duration = Duration::from_secs(600);
/// And in between, so many times what it cost to count.
const KEPT_COSTS: u32 = 200;
const SEARCHES_MAX: usize = 2_000;
/// Searches that wait to be counted beside the pages; others do without numbers, and ask again later.
const WAITING_MAX: usize = 50;

struct Kept {
    counted_at: Instant,
    cost: Duration,
    /// Counted beside the page.
    many: bool,
    /// As of how many changes of what is listed; of no matter where many are counted.
    changes: u64,
    rows: Arc<Vec<CountRow>>,
}

impl Kept {
    fn is_fresh(&self) -> bool {
        let lifetime = (self.cost * KEPT_COSTS).clamp(KEPT_MIN, KEPT_MAX);
        self.counted_at.elapsed() < lifetime
    }
}

#[derive(Default)]
struct Shelf {
    kept: HashMap<String, Kept>,
    /// What is being counted beside the pages.
    counting: HashSet<String>,
}

/// The numbers of searches.
pub(super) struct Numbers {
    shelf: Arc<Mutex<Shelf>>,
    turn: Arc<Semaphore>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { shelf: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

fn locked(shelf: &Mutex<Shelf>) -> std::sync::MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(shelf: &Mutex<Shelf>, key: String, kept: Kept) {
    let mut shelf = locked(shelf);
    if shelf.kept.len() >= SEARCHES_MAX {
        shelf.kept.clear();
    }
    shelf.kept.insert(key, kept);
}

/// Where to count, and what for.
pub(super) struct Count<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) pool: &'a PgPool,
    /// How many changes there have been of what is listed.
    pub(super) changes: u64,
    pub(super) now: DateTime<Utc>,
}

impl Numbers {
    /// The total, and the numbers for each specialty and mode.
    pub(super) async fn totals(&self, count: &mut Count<'_>, wanted: &Wanted) -> Result<Counts> {
        let any = Wanted { specialty: None, mode: None, ..wanted.clone() };
        let rows = self.of(count, Counting::Specialties, any).await?;
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
        count: &mut Count<'_>,
        wanted: &Wanted,
        counts: &mut Counts,
    ) -> Result<()> {
        let mode = asked_mode(wanted);
        let wanted = Wanted { mode: None, ..wanted.clone() };
        let all = self.of(count, Counting::Traits, wanted.clone()).await?;
        for (facet, numbers) in [
            (Facet::City, &mut counts.cities),
            (Facet::Language, &mut counts.languages),
            (Facet::Gender, &mut counts.genders),
            (Facet::Rating, &mut counts.ratings),
        ] {
            let rows = match wanted.without(facet) {
                Some(others) => self.of(count, Counting::Traits, others).await?,
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

    /// What is known of this search with any mode: `None` when that is being counted.
    async fn of(
        &self,
        count: &mut Count<'_>,
        counting: Counting,
        any: Wanted,
    ) -> Result<Option<Arc<Vec<CountRow>>>> {
        let Count { connection, pool, changes, now } = count;
        let (changes, now) = (*changes, *now);
        let key = format!("{counting:?} {any:?}");
        let known = locked(&self.shelf).kept.get(&key).map(|kept| {
            (
                Arc::clone(&kept.rows),
                kept.many,
                kept.is_fresh() && (kept.many || kept.changes == changes),
            )
        });
        match known {
            Some((rows, _, true)) => return Ok(Some(rows)),
            Some((rows, true, false)) => {
                self.count_beside(pool, key, counting, any, now);
                return Ok(Some(rows));
            }
            Some((_, false, false)) => {}
            None if locked(&self.shelf).counting.contains(&key) => return Ok(None),
            None => {}
        }
        let began = Instant::now();
        let few = match counting {
            Counting::Specialties => FEW,
            Counting::Traits => FEW_TRAITS,
        };
        match store::counts(connection, counting, &any, Some(few), now).await? {
            Counted::Rows(rows) => {
                let rows = Arc::new(rows);
                let kept = Kept {
                    counted_at: began,
                    cost: began.elapsed(),
                    many: false,
                    changes,
                    rows: Arc::clone(&rows),
                };
                keep(&self.shelf, key, kept);
                Ok(Some(rows))
            }
            Counted::TooMany => {
                self.count_beside(pool, key, counting, any, now);
                Ok(None)
            }
        }
    }

    fn count_beside(
        &self,
        pool: &PgPool,
        key: String,
        counting: Counting,
        wanted: Wanted,
        now: DateTime<Utc>,
    ) {
        let mut begun = locked(&self.shelf);
        if begun.counting.len() >= WAITING_MAX || !begun.counting.insert(key.clone()) {
            return;
        }
        drop(begun);
        let (shelf, turn, pool) = (Arc::clone(&self.shelf), Arc::clone(&self.turn), pool.clone());
        tokio::spawn(async move {
            let counted = async {
                let _turn = turn.acquire_owned().await.ok()?;
                let began = Instant::now();
                let mut connection = pool.acquire().await.ok()?;
                match store::counts(&mut connection, counting, &wanted, None, now).await {
                    Ok(Counted::Rows(rows)) => Some((began, rows)),
                    Ok(Counted::TooMany) => None,
                    Err(error) => {
                        tracing::warn!(%error, "counting a search failed");
                        None
                    }
                }
            };
            if let Some((began, rows)) = counted.await {
                let kept = Kept {
                    counted_at: Instant::now(),
                    cost: began.elapsed(),
                    many: true,
                    changes: 0,
                    rows: Arc::new(rows),
                };
                keep(&shelf, key.clone(), kept);
            }
            locked(&shelf).counting.remove(&key);
        });
    }
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
