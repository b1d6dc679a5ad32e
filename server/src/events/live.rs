//! Invalidates what this instance has cached whenever any instance, this one included, records an event.

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
        // A type of event that only a newer release knows may concern anything.
        let outdated = |event_type: &str| {
            EventType::parse(event_type).map_or(Outdated::Everything, EventType::outdates)
        };
        let all: Vec<_> = events.iter().map(|event| outdated(&event.event_type)).collect();
        if all.contains(&Outdated::Everything) {
            invalidation.invalidate_all();
            return Ok(());
        }
        for (event, outdated) in events.iter().zip(&all) {
            if let (Outdated::Times | Outdated::Profile, Some(doctor)) = (outdated, event.doctor_id)
            {
                invalidation.invalidate_doctor(DoctorId(doctor));
            }
        }
        if all.contains(&Outdated::Lists) {
            invalidation.invalidate_listings();
        }
        Ok(())
    }
}
