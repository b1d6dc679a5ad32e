//! All ports, each with the capability that implements it.

use std::sync::Arc;

use nadi::ports::Ports;

use crate::bookings::hold_sources::HoldSourceService;
use crate::busy_times::fetch::Fetcher;
use crate::notifications::transport::DevelopmentMailbox;
use crate::state::AppState;
use crate::{accounts, audit, bookings, busy_times, clinic, directory, feeds, reviews, schedules};

/// All ports, on one state.
pub fn ports(app_state: &AppState, mailbox: Option<DevelopmentMailbox>) -> Ports {
    let bookings: Arc<dyn nadi::ports::Bookings> =
        Arc::new(bookings::BookingService::new(app_state.clone()));
    Ports {
        directory: Arc::new(directory::DirectoryService::new(app_state.clone())),
        bookings: bookings.clone(),
        hold_sources: Arc::new(HoldSourceService::new(app_state.clone(), bookings.clone())),
        feeds: Arc::new(feeds::FeedService::new(app_state.clone(), bookings.clone())),
        schedules: Arc::new(schedules::ScheduleService::new(app_state.clone())),
        busy: Arc::new(busy_times::BusyService::new(app_state.clone(), Fetcher::new())),
        accounts: Arc::new(accounts::own_account::AccountService::new(app_state.clone())),
        sign_in: Arc::new(accounts::sign_in::SignInService::new(app_state.clone())),
        second_factors: Arc::new(accounts::second_factors::SecondFactorService::new(
            app_state.clone(),
        )),
        api_keys: Arc::new(accounts::api_keys::ApiKeyService::new(app_state.clone())),
        invitations: Arc::new(clinic::invitations::InvitationService::new(app_state.clone())),
        people: Arc::new(accounts::people::PeopleService::new(app_state.clone())),
        reviews: Arc::new(reviews::ReviewService::new(app_state.clone())),
        administration: Arc::new(clinic::AdministrationService::new(app_state.clone(), bookings)),
        audit: Arc::new(audit::AuditService::new(app_state.clone())),
        mailbox: mailbox.map(|mailbox| Arc::new(mailbox) as _),
    }
}
