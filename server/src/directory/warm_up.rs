//! After the start: asks once for what most people ask for first, so that nobody has to wait for it.

use std::time::Duration;

use futures::{StreamExt, stream};
use nadi::actor::{Actor, Caller};
use nadi::ports::{DoctorKey, DoctorQuery, Ports};
use uuid::Uuid;

use crate::state::AppState;

/// It ends after this, done or not.
const WITHIN: Duration = Duration::from_secs(10);
/// So many questions at once: the others have the rest of the connections.
const AT_ONCE: usize = 3;
/// The doctors who are free soonest, whose profiles are read.
const PROFILES: u32 = 100;

/// Fills the shelves; what cannot be read is left for whoever asks for it.
pub async fn run_once(app_state: &AppState, ports: &Ports) {
    let now = app_state.clock.now();
    let caller = Caller { actor: Actor::Visitor, now, request_id: Uuid::nil() };
    let directory = &ports.directory;
    let warm = async {
        let _ = tokio::join!(
            directory.specialties(&caller),
            directory.cities(&caller),
            directory.languages(&caller),
        );
        // With its numbers, which are the same for the first page.
        let soonest = DoctorQuery { page_size: PROFILES, ..DoctorQuery::default() };
        let Ok(found) = directory.search(&caller, &soonest).await else { return };
        stream::iter(found.page.items)
            .for_each_concurrent(AT_ONCE, |card| {
                let (directory, caller) = (directory.clone(), caller.clone());
                async move {
                    let _ = directory.doctor(&caller, &DoctorKey::Slug(card.slug)).await;
                }
            })
            .await;
    };
    if tokio::time::timeout(WITHIN, warm).await.is_err() {
        tracing::warn!(seconds = WITHIN.as_secs(), "the start ended before all was read");
    }
}
