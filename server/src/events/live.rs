//! Keeps what this instance shows fresh: hears of every event, its own and those of other instances.

use nadi::events::{EventType, Outdated};
use nadi::ids::DoctorId;

use super::store;
use crate::cache::invalidation::Edits;
use crate::events::reader::Reader;
use crate::events::store::Snapshot;
use crate::state::AppState;

/// The name under which its lag is measured.
pub const NAME: &str = "live";

/// Begins with its process, when nothing has been read yet that could be outdated.
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
        let mut connection = app_state.write.0.acquire().await?;
        let Some(position) = &self.position else {
            self.position = Some(store::now(&mut connection).await?);
            app_state.changes.hear(Edits { anybody: true, listings: true });
            return Ok(());
        };
        let (events, position) = self.reader.run_from(&mut connection, app_state, position).await?;
        drop(connection);
        self.position = Some(position);
        let mut edits = Edits::default();
        let mut doctors = Vec::new();
        for event in events {
            // A type that a newer release has added: whatever it may mean.
            let outdated = EventType::parse(&event.event_type)
                .map_or(Outdated::Everything, EventType::outdates);
            match outdated {
                Outdated::Nothing => {}
                Outdated::Times | Outdated::Profile => doctors.extend(event.doctor_id),
                Outdated::Lists => edits.listings = true,
                Outdated::Everything => edits = Edits { anybody: true, listings: true },
            }
        }
        doctors.sort_unstable();
        doctors.dedup();
        doctors.into_iter().for_each(|doctor| app_state.changes.note(DoctorId(doctor)));
        app_state.changes.hear(edits);
        Ok(())
    }
}
