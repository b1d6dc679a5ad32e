//! The search for doctors in `listings` and `next_times`. A search is split into parts of equal relevance. Within a
//! part, doctors are ordered by their next free time and rating; the results of the parts are merged. A part that
//! matches few doctors is gathered through the index on documents; one that matches many is walked in
//! order until the page is full. So a page costs about the same however many doctors there are.

mod around;
mod counts;
mod parts;
mod query;
mod shown;

use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::sync::Cache;
use nadi::search::{self, RELEVANCE_SECONDS};
use sqlx::{PgConnection, Result};

use crate::directory::store::search::query::Part;

pub use crate::directory::store::search::counts::{CountRow, Counted, Counting, Facet, counts};
pub use crate::directory::store::search::query::{Found, Origin, StartAfter, Wanted};
pub use crate::directory::store::search::shown::{cards, languages, near_places, spelled};

/// A part that matches no more doctors than this is gathered. At about this number both ways cost the same for a
/// page of twenty, a few milliseconds.
pub const FEW: i64 = 2_000;
/// How many queries are remembered as matching more, and for how long.
const MANY_MAX: u64 = 5_000;
const MANY_FOR: Duration = Duration::from_secs(600);

/// How parts are searched: gathered or walked. This affects only the cost, never the result.
pub struct SearchStrategies {
    /// A part that matches no more doctors than this is gathered.
    few: i64,
    /// Queries that match more doctors. Counting them again would cost more than walking to a full page.
    many: Cache<String, ()>,
}

impl Default for SearchStrategies {
    fn default() -> Self {
        Self::gathering(FEW)
    }
}

impl SearchStrategies {
    pub fn gathering(few: i64) -> Self {
        let many = Cache::builder().max_capacity(MANY_MAX).time_to_live(MANY_FOR).build();
        Self { few, many }
    }

    /// All doctors of a part, if few match.
    async fn gather(
        &self,
        connection: &mut PgConnection,
        wanted: &Wanted,
        part: &Part,
        from: StartAfter,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<Found>>> {
        let Some(question) = &part.question else { return Ok(None) };
        let asked = format!("{question} {:?} {:?}", wanted.fee_max, wanted.rating_min);
        if self.many.contains_key(&asked) {
            return Ok(None);
        }
        let gathered = parts::gather(connection, wanted, part, from, self.few, now).await?;
        if gathered.is_none() {
            self.many.insert(asked, ());
        }
        Ok(gathered)
    }
}

/// The doctors of one page, by rank.
pub async fn search(
    connection: &mut PgConnection,
    strategies: &SearchStrategies,
    wanted: &Wanted,
    from: StartAfter,
    now: DateTime<Utc>,
) -> Result<Vec<Found>> {
    let whole = StartAfter { offset: 0, limit: from.offset + from.limit, ..from };
    let enough = usize::try_from(whole.limit).unwrap_or(usize::MAX);
    let mut rows: Vec<Found> = Vec::new();
    for part in split(connection, wanted).await? {
        if rows.len() >= enough {
            // The page is full. Skip this part if no doctor in it can rank high enough to be on it.
            rows.sort_unstable_by_key(|row| (row.rank, row.doctor_id));
            rows.truncate(enough);
            let lowest = lowest(connection, &part).await?;
            if lowest.is_none_or(|lowest| rows.last().is_some_and(|last| lowest > last.rank)) {
                continue;
            }
        }
        rows.extend(match strategies.gather(connection, wanted, &part, whole, now).await? {
            Some(few) => few,
            None if wanted.origin.is_some() => {
                around::search(connection, wanted, &part, whole, now).await?
            }
            None => parts::walk(connection, wanted, &part, whole, now).await?,
        });
    }
    rows.sort_unstable_by_key(|row| (row.rank, row.doctor_id));
    let skipped = usize::try_from(from.offset).unwrap_or(usize::MAX);
    let taken = usize::try_from(from.limit).unwrap_or(usize::MAX);
    Ok(rows.into_iter().skip(skipped).take(taken).collect())
}

/// A lower bound of the ranks in a part: the lowest order value of all doctors. Distance only adds to it.
async fn lowest(connection: &mut PgConnection, part: &Part) -> Result<Option<i64>> {
    let soonest = sqlx::query_scalar!(
        "select floor(extract(epoch from min(ranks_at)))::bigint from next_times"
    )
    .fetch_one(connection)
    .await?;
    Ok(soonest.map(|soonest| soonest - part.relevance_seconds))
}

/// The parts of a search, the most relevant first. They are disjoint.
async fn split(connection: &mut PgConnection, wanted: &Wanted) -> Result<Vec<Part>> {
    let mut features = wanted.features();
    features.extend(wanted.specialty.as_ref().map(|slug| format!("s:{slug}")));
    if wanted.words.is_empty() && features.is_empty() {
        return Ok(vec![Part { question: None, signature: 0, relevance_seconds: 0 }]);
    }
    let asked = sqlx::query!(
        r#"select a::text, case when ab <> a then (ab && !!a)::text end as ab,
                case when abc <> ab then (abc && !!ab)::text end as abc,
                case when abcd <> abc then (abcd && !!abc)::text end as abcd,
                trait_bits(array(select plain(name) from unnest($2) name)) as "traits!"
         from (select search_question($1, 'A', $2, $3) as a, search_question($1, 'AB', $2, $3) as ab,
                      search_question($1, 'ABC', $2, $3) as abc,
                      search_question($1, 'ABCD', $2, $3) as abcd) q"#,
        &wanted.words,
        &features,
        wanted.stemming
    )
    .fetch_one(connection)
    .await?;
    if wanted.words.is_empty() {
        return Ok(vec![Part { question: asked.a, signature: asked.traits, relevance_seconds: 0 }]);
    }
    let questions = [asked.a, asked.ab, asked.abc, asked.abcd];
    // A query is `None` if it matches nobody in addition to the one before it, or if no words are left to look for.
    Ok(questions
        .into_iter()
        .zip(search::RELEVANCE)
        .filter(|(question, _)| question.is_some())
        .map(|(question, relevance)| Part {
            question,
            signature: asked.traits,
            relevance_seconds: (relevance * RELEVANCE_SECONDS) as i64,
        })
        .collect())
}

/// The coordinates of a city; `None` when the city or its coordinates are unknown.
pub async fn origin_of_city(connection: &mut PgConnection, slug: &str) -> Result<Option<Origin>> {
    sqlx::query_as!(
        Origin,
        r#"select latitude as "latitude!", longitude as "longitude!" from cities
           where slug = $1 and latitude is not null and longitude is not null"#,
        slug
    )
    .fetch_optional(connection)
    .await
}
