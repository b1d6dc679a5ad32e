//! How many a search finds, for each specialty and mode. Few are counted while the page waits; many are
//! counted beside it, one search at a time, and until then the page does without the numbers.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use nadi::ports::Counts;
use nadi::visit::Mode;
use sqlx::{PgConnection, PgPool, Result};
use tokio::sync::Semaphore;

use crate::store::search::{self as store, CountRow, Counted, FEW, Wanted};

/// The least and the most that numbers are kept.
const KEPT_MIN: Duration = Duration::from_secs(10);
const KEPT_MAX: Duration = Duration::from_secs(600);
/// And in between, so many times what it cost to count.
const KEPT_COSTS: u32 = 200;
const SEARCHES_MAX: usize = 2_000;

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

impl Numbers {
    /// What is known of this search with any specialty and mode: `None` when that is being counted.
    pub(super) async fn of(
        &self,
        connection: &mut PgConnection,
        pool: &PgPool,
        wanted: &Wanted,
        changes: u64,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Vec<CountRow>>>> {
        let any = Wanted { specialty: None, mode: None, ..wanted.clone() };
        let key = format!("{any:?}");
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
                self.count_beside(pool, key, any, now);
                return Ok(Some(rows));
            }
            Some((_, false, false)) | None => {}
        }
        let began = Instant::now();
        match store::counts(connection, &any, Some(FEW), now).await? {
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
                self.count_beside(pool, key, any, now);
                Ok(None)
            }
        }
    }

    fn count_beside(&self, pool: &PgPool, key: String, wanted: Wanted, now: DateTime<Utc>) {
        if !locked(&self.shelf).counting.insert(key.clone()) {
            return;
        }
        let (shelf, turn, pool) = (Arc::clone(&self.shelf), Arc::clone(&self.turn), pool.clone());
        tokio::spawn(async move {
            let counted = async {
                let _turn = turn.acquire_owned().await.ok()?;
                let began = Instant::now();
                let mut connection = pool.acquire().await.ok()?;
                match store::counts(&mut connection, &wanted, None, now).await {
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

/// The numbers of one search, from those with any specialty and mode.
pub(super) fn narrowed(rows: &[CountRow], specialty: Option<&str>, mode: Option<&str>) -> Counts {
    let asked_mode = mode.and_then(Mode::parse);
    let of_mode = |row: &CountRow, mode: Option<Mode>| match mode {
        None => row.doctors,
        Some(Mode::InPerson) => row.in_person,
        Some(Mode::Video) => row.video,
    };
    let chosen = rows.iter().find(|row| row.specialty == specialty.unwrap_or_default());
    let count = |mode: Option<Mode>| chosen.map_or(0, |row| of_mode(row, mode));
    Counts {
        known: true,
        total: count(asked_mode),
        specialties: rows
            .iter()
            .filter(|row| !row.specialty.is_empty())
            .map(|row| (row.specialty.clone(), of_mode(row, asked_mode)))
            .filter(|(_, doctors)| *doctors > 0)
            .collect(),
        modes: Mode::ALL.map(|mode| (mode, count(Some(mode)))).to_vec(),
    }
}
