//! All ports, each with the capability that implements it.

use std::sync::Arc;

use nadi::ports::Ports;

use crate::busy_times::fetch::Fetcher;
use crate::notifications::transport::DevelopmentMailbox;
use crate::state::Engine;
use crate::{accounts, bookings, busy_times, clinic, directory, feeds, reviews, schedules};

/// All ports, on one engine.
pub fn ports(engine: &Engine, mailbox: Option<DevelopmentMailbox>) -> Ports {
    let bookings: Arc<dyn nadi::ports::Bookings> =
        Arc::new(bookings::BookingService::new(engine.clone()));
    Ports {
        directory: Arc::new(directory::DirectoryService::new(engine.clone())),
        bookings: bookings.clone(),
        feeds: Arc::new(feeds::FeedService::new(engine.clone(), bookings.clone())),
        schedules: Arc::new(schedules::ScheduleService::new(engine.clone())),
        busy: Arc::new(busy_times::BusyService::new(engine.clone(), Fetcher::new())),
        accounts: Arc::new(accounts::AccountService::new(engine.clone())),
        people: Arc::new(accounts::people::PeopleService::new(engine.clone())),
        reviews: Arc::new(reviews::ReviewService::new(engine.clone())),
        administration: Arc::new(clinic::AdministrationService::new(engine.clone(), bookings)),
        mailbox: mailbox.map(|mailbox| Arc::new(mailbox) as _),
    }
}
