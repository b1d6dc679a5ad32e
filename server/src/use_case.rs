//! What all use cases share: their error type, and conversions from database values to domain types.
//!
//! A use case is one function that reads from top to bottom: authorize, begin, load and lock, decide, save,
//! record the event, commit.

use nadi::Failure;
use nadi::ports::Answer;
use uuid::Uuid;

use crate::database::is_transient;
use crate::encryption::Undecipherable;

/// How often a transaction is tried that others stop.
const TRIES_MAX: usize = 3;

/// What can go wrong inside a use case.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A failure that the caller is told about.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The database failed, or could not be reached.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// An internal error, such as a row with an invalid value: logged, and answered as "unavailable".
    /// What is wrong, then a colon, then details such as the value. Only the first part is logged.
    #[error("broken data: {}", loggable(.0))]
    Broken(String),
}

impl From<nadi::appointment::Refusal> for Fault {
    fn from(refusal: nadi::appointment::Refusal) -> Self {
        Self::Failure(refusal.into())
    }
}

impl From<nadi::FieldProblem> for Fault {
    fn from(problem: nadi::FieldProblem) -> Self {
        Self::Failure(problem.into())
    }
}

pub type Outcome<T> = Result<T, Fault>;

/// Ends every use case: faults are logged here, once, and turned into a failure for the caller.
pub fn answer<T>(use_case: &'static str, outcome: Outcome<T>) -> Answer<T> {
    outcome.map_err(|fault| match fault {
        Fault::Failure(failure) => failure,
        Fault::Database(error) if Undecipherable::in_error(&error).is_some() => {
            let problem = Undecipherable::in_error(&error).map(ToString::to_string);
            tracing::error!(use_case, problem, "personal data cannot be decrypted");
            Failure::Unavailable
        }
        Fault::Database(error) => {
            // The message of a database error may contain personal data; its code and constraint do not.
            let database = error.as_database_error();
            let code = database.and_then(|e| e.code()).map(|code| code.into_owned());
            let constraint = database.and_then(|e| e.constraint()).map(str::to_owned);
            let kind = if database.is_some() { "refused" } else { "unreachable" };
            tracing::error!(use_case, kind, code, constraint, "the database failed");
            Failure::Unavailable
        }
        Fault::Broken(what) => {
            let what = loggable(&what);
            tracing::error!(use_case, what, "broken data");
            Failure::Unavailable
        }
    })
}

/// The words before the first colon, and identifiers among them. What follows is a value, or the message of a library,
/// which may repeat one.
fn loggable(what: &str) -> String {
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\'');
    let before = what.split(':').next().unwrap_or_default();
    let words = before.split(' ').filter(|word| is_word(word) || Uuid::try_parse(word).is_ok());
    words.collect::<Vec<_>>().join(" ")
}

/// Runs a transaction again when it failed only because of others at the same time, such as by a deadlock.
///
/// # Errors
/// Those of the last run.
pub async fn retried<T, F>(run: impl Fn() -> F) -> Outcome<T>
where
    F: Future<Output = Outcome<T>>,
{
    for _ in 1..TRIES_MAX {
        match run().await {
            Err(Fault::Database(error)) if is_transient(&error) => {}
            other => return other,
        }
    }
    run().await
}

/// Parses a stored time-zone name.
pub fn zone(name: &str) -> Outcome<nadi::zone::Zone> {
    nadi::formatting::zone(name).ok_or_else(|| Fault::Broken(format!("unknown zone: {name}")))
}

/// Parses a stored mode of a visit.
pub fn mode(word: &str) -> Outcome<nadi::visit::Mode> {
    nadi::visit::Mode::parse(word).ok_or_else(|| Fault::Broken(format!("unknown mode: {word}")))
}

/// Parses a stored state of an appointment.
pub fn state(word: &str) -> Outcome<nadi::appointment::State> {
    let state = nadi::appointment::State::parse(word);
    state.ok_or_else(|| Fault::Broken(format!("unknown state: {word}")))
}

/// The rating from the columns of its row, which are never negative.
pub fn rating_of(reviews: i32, stars_sum: i32) -> nadi::review::Rating {
    nadi::review::Rating {
        reviews: reviews.max(0).unsigned_abs(),
        stars_sum: stars_sum.max(0).unsigned_abs(),
    }
}

/// Parses a stored slug.
pub fn slug(text: &str) -> Outcome<nadi::input::Slug> {
    nadi::input::Slug::parse(text).ok_or_else(|| Fault::Broken(format!("unusable slug: {text}")))
}

/// Limits a requested page number to 1 to 10,000.
pub fn page_number(page: u32) -> u32 {
    page.clamp(1, 10_000)
}

/// The offset of the first row of a page; `page` counts from 1.
pub fn offset_of(page: u32, size: u32) -> i64 {
    i64::from(page_number(page) - 1) * i64::from(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_of_broken_data_has_no_values() {
        let id = "01900000-0000-7000-8000-000000000000";
        for (what, logged) in [
            ("a number of stars".to_owned(), "a number of stars".to_owned()),
            (
                format!("appointment {id} has lost its seat"),
                format!("appointment {id} has lost its seat"),
            ),
            ("unknown mode: asha naik".to_owned(), "unknown mode".to_owned()),
            (
                "a hold's answer: invalid type: string \"asha\"".to_owned(),
                "a hold's answer".to_owned(),
            ),
            ("feed of Asha asha@example.org".to_owned(), "feed of".to_owned()),
        ] {
            assert_eq!(loggable(&what), logged, "{what}");
            assert_eq!(Fault::Broken(what).to_string(), format!("broken data: {logged}"));
        }
        let broken = zone("Asha Naik").expect_err("unknown").to_string();
        assert_eq!(broken, "broken data: unknown zone");
    }
}
