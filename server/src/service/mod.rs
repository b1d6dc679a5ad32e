//! Use cases: authorize, begin, load and lock, decide, save, record the event, commit.
//! Each is one function to be read from top to bottom.

pub mod accounts;
pub mod administration;
pub mod bookings;
pub mod busy;
pub mod codes;
mod counts;
pub mod directory;
pub mod feeds;
pub mod identity;
pub mod listings;
pub mod people;
pub mod reviews;
pub mod schedules;
mod search;
mod suggest;
pub mod tokens;

use std::sync::Arc;

use nadi::Failure;
use nadi::ports::{Answer, Ports};

use crate::engine::Engine;
use crate::fetch::Fetcher;
use crate::messages::DevelopmentMailbox;

/// All ports, on one engine.
pub fn ports(engine: &Engine, mailbox: Option<DevelopmentMailbox>) -> Ports {
    let bookings: Arc<dyn nadi::ports::Bookings> =
        Arc::new(bookings::BookingService::new(engine.clone()));
    Ports {
        directory: Arc::new(directory::DirectoryService::new(engine.clone())),
        bookings: bookings.clone(),
        feeds: Arc::new(feeds::FeedService::new(engine.clone(), bookings.clone())),
        schedules: Arc::new(schedules::ScheduleService::new(engine.clone())),
        busy: Arc::new(busy::BusyService::new(engine.clone(), Fetcher::new())),
        accounts: Arc::new(accounts::AccountService::new(engine.clone())),
        people: Arc::new(people::PeopleService::new(engine.clone())),
        reviews: Arc::new(reviews::ReviewService::new(engine.clone())),
        administration: Arc::new(administration::AdministrationService::new(
            engine.clone(),
            bookings,
        )),
        mailbox: mailbox.map(|mailbox| Arc::new(mailbox) as _),
    }
}

/// What can go wrong inside a use case.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Something to tell the caller.
    #[error(transparent)]
    Told(#[from] Failure),
    /// The database failed us.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A row that cannot be: the log tells, the caller hears "unavailable".
    #[error("broken data: {0}")]
    Broken(String),
}

impl From<nadi::appointment::Refusal> for Fault {
    fn from(refusal: nadi::appointment::Refusal) -> Self {
        Self::Told(refusal.into())
    }
}

impl From<nadi::FieldProblem> for Fault {
    fn from(problem: nadi::FieldProblem) -> Self {
        Self::Told(problem.into())
    }
}

pub type Outcome<T> = Result<T, Fault>;

/// The end of every use case: faults are logged here, once, and turned into words for the caller.
pub fn answer<T>(use_case: &'static str, outcome: Outcome<T>) -> Answer<T> {
    outcome.map_err(|fault| match fault {
        Fault::Told(failure) => failure,
        Fault::Database(error) => {
            // The message of a database error may quote values; its code and constraint may not.
            let database = error.as_database_error();
            let code = database.and_then(|e| e.code()).map(|code| code.into_owned());
            let constraint = database.and_then(|e| e.constraint()).map(str::to_owned);
            let kind = if database.is_some() { "refused" } else { "unreachable" };
            tracing::error!(use_case, kind, code, constraint, "the database failed");
            Failure::Unavailable
        }
        Fault::Broken(what) => {
            tracing::error!(use_case, what, "broken data");
            Failure::Unavailable
        }
    })
}

/// A row's zone.
fn zone(name: &str) -> Outcome<nadi::zone::Zone> {
    nadi::formatting::zone(name).ok_or_else(|| Fault::Broken(format!("unknown zone {name}")))
}

/// A row's mode.
fn mode(word: &str) -> Outcome<nadi::visit::Mode> {
    nadi::visit::Mode::parse(word).ok_or_else(|| Fault::Broken(format!("unknown mode {word}")))
}

/// A row's slug.
fn slug(text: &str) -> Outcome<nadi::input::Slug> {
    nadi::input::Slug::parse(text).ok_or_else(|| Fault::Broken(format!("unusable slug {text}")))
}

/// A page number from outside, from 1 and never past what an offset can hold.
fn page_number(page: u32) -> u32 {
    page.clamp(1, 10_000)
}

fn offset_of(page: u32, size: u32) -> i64 {
    i64::from(page_number(page) - 1) * i64::from(size)
}
