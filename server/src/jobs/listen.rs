//! Hears of what other instances have changed, so that nothing stale is shown here for long.

use nadi::ids::DoctorId;

use crate::engine::Engine;
use crate::store::outbox;

/// How far the events have been heard. One that becomes visible out of order may be missed: what is
/// kept is not kept for long.
#[derive(Default)]
pub struct Listener {
    heard: Option<i64>,
}

impl Listener {
    /// # Errors
    /// When the database does not answer.
    pub async fn run_once(&mut self, engine: &Engine) -> anyhow::Result<()> {
        let mut connection = engine.write.0.acquire().await?;
        let Some(heard) = self.heard else {
            self.heard = Some(outbox::latest(&mut connection).await?);
            engine.changes.note_all();
            return Ok(());
        };
        let (latest, doctors) = outbox::since(&mut connection, heard).await?;
        self.heard = Some(latest);
        for doctor in doctors {
            engine.changes.note(DoctorId(doctor));
        }
        Ok(())
    }
}
