//! Invalidates what this instance has cached whenever any instance, this one included, records an event.

use std::collections::BTreeSet;

use nadi::events::{EventType, Outdated};
use nadi::ids::DoctorId;

use super::store;
use crate::events::reader::Reader;
use crate::events::store::Snapshot;
use crate::state::AppState;

/// The name under which its lag is measured.
pub const NAME: &str = "live";

/// Reads the log from where it stood when the process started: what is older cannot be in its caches.
#[derive(Debug)]
pub struct Listener {
    reader: Reader,
    position: Option<Snapshot>,
}

impl Default for Listener {
    fn default() -> Self {
        Self { reader: Reader::new(NAME), position: None }
    }
}

impl Listener {
    /// # Errors
    /// When the database does not answer.
    pub async fn run_once(&mut self, app_state: &AppState) -> anyhow::Result<()> {
        let invalidation = &app_state.invalidation;
        let mut connection = app_state.write.0.acquire().await?;
        let Some(position) = &self.position else {
            self.position = Some(store::now(&mut connection).await?);
            invalidation.invalidate_all();
            return Ok(());
        };
        let (events, position) = self.reader.run_from(&mut connection, app_state, position).await?;
        drop(connection);
        self.position = Some(position);
        let mut doctors = BTreeSet::new();
        let (mut listings, mut everything) = (false, false);
        for event in events {
            match EventType::parse(&event.event_type).map(EventType::outdates) {
                Some(Outdated::Nothing) => {}
                Some(Outdated::Times | Outdated::Profile) => doctors.extend(event.doctor_id),
                Some(Outdated::Lists) => listings = true,
                // A type that only a newer release knows may concern anything.
                Some(Outdated::Everything) | None => everything = true,
            }
        }
        doctors.into_iter().for_each(|doctor| invalidation.invalidate_doctor(DoctorId(doctor)));
        if everything {
            invalidation.invalidate_all();
        } else if listings {
            invalidation.invalidate_listings();
        }
        Ok(())
    }
}
