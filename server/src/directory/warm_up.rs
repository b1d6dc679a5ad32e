//! Warms up the caches after the start with what most people ask for first.

use std::time::Duration;

use futures::{StreamExt, stream};
use nadi::actor::{Actor, Caller};
use nadi::ports::{DoctorKey, DoctorQuery, Ports};
use uuid::Uuid;

use crate::state::AppState;

/// The time limit of the warm-up.
const WITHIN: Duration = Duration::from_secs(10);
/// How many reads run at once, so that requests have the other connections.
const AT_ONCE: usize = 3;
/// How many profiles are read, of the doctors who are free soonest.
const PROFILES: u32 = 100;

/// Fills the caches. Errors are ignored: what cannot be read now is read by the first request.
pub async fn run_once(app_state: &AppState, ports: &Ports) {
    let now = app_state.clock.now();
    let caller = Caller {
        actor: Actor::Visitor(None),
        now,
        request_id: Uuid::nil(),
        device: None,
        network: None,
    };
    let directory = &ports.directory;
    let warm = async {
        let _ = tokio::join!(
            directory.specialties(&caller),
            directory.cities(&caller),
            directory.languages(&caller),
        );
        // This also caches the counts, which are the same for the first page of the search.
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
        tracing::warn!(seconds = WITHIN.as_secs(), "the warm-up was cut off by its time limit");
    }
}
