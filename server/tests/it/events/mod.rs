//! The event log: what is written to it, and that its readers miss nothing.

mod log;
mod readers;

use nadi::actor::{Administers, SignedIn};

use crate::support::Clinic;

fn administrator(clinic: &Clinic, who: SignedIn) -> SignedIn {
    SignedIn { administers: Administers::Clinics(vec![clinic.clinic]), ..who }
}
