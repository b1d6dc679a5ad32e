//! Which network holds which times: what administrators see of it, and releasing all that a network holds.
//!
//! A hold notes its network in [`super::hold_source_queue`]; the job `hold_sources` writes what was noted.

use std::sync::Arc;

use async_trait::async_trait;
use nadi::Failure;
use nadi::actor::{Caller, Network};
use nadi::hold_sources::{AHEAD, KEPT, LOOKED_AT, SourceCounts};
use nadi::permissions::{Permission, Target};
use nadi::ports::{AffectedDoctor, Answer, Bookings, Change, HoldSourceView, HoldSources, Seen};
use uuid::Uuid;

use crate::bookings::store::hold_sources as store;
use crate::bookings::store::hold_sources::SourceRow;
use crate::database::DELETED_AT_ONCE;
use crate::permission_checks::PermissionChecks as _;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer};

/// How many networks are listed.
const SOURCES_MAX: i64 = 100;
/// The most holds released by one request, so that it is answered in seconds.
const RELEASED_MAX: u32 = 500;
/// How often it is looked again for holds that have just been changed or made.
const ROUNDS_MAX: usize = 5;

pub struct HoldSourceService {
    app_state: AppState,
    bookings: Arc<dyn Bookings>,
}

impl HoldSourceService {
    pub fn new(app_state: AppState, bookings: Arc<dyn Bookings>) -> Self {
        Self { app_state, bookings }
    }

    async fn list(&self, caller: &Caller) -> Outcome<Vec<HoldSourceView>> {
        let clinics = clinics(caller)?;
        let now = caller.now;
        let span = (now - LOOKED_AT, now + AHEAD);
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows =
            store::sources(&mut connection, clinics.as_deref(), now, span, SOURCES_MAX).await?;
        rows.into_iter().map(view).collect()
    }

    /// Releases each hold in a transaction of its own, so that an interruption loses nothing already done. A hold is
    /// released at the version at which it was a hold: if it is confirmed at the same moment, it stays.
    async fn release_all(&self, caller: &Caller, network: Network) -> Outcome<u32> {
        let clinics = clinics(caller)?;
        write_noted(&self.app_state).await?;
        let release = Change::Cancel { reason: None };
        let mut released = 0;
        for _ in 0..ROUNDS_MAX {
            let limit = i64::from(RELEASED_MAX - released);
            let mut connection = self.app_state.write.0.acquire().await?;
            let held =
                store::held_from(&mut connection, network, clinics.as_deref(), caller.now, limit);
            let held = held.await?;
            drop(connection);
            let mut is_complete = true;
            for (id, version) in held {
                let seen = Seen::version(version);
                match self.bookings.change(caller, id, &release, &seen, None).await {
                    Ok(_) => released += 1,
                    // It was changed in the meantime: the next round sees whether it is still a hold.
                    Err(Failure::Stale | Failure::Refused(_) | Failure::StillRunning) => {
                        is_complete = false;
                    }
                    Err(failure) => return Err(failure.into()),
                }
            }
            if is_complete || released >= RELEASED_MAX {
                break;
            }
        }
        Ok(released)
    }
}

/// The clinics in which the caller may release holds; `None` means all.
fn clinics(caller: &Caller) -> Outcome<Option<Vec<Uuid>>> {
    let account = caller.must(Permission::ReleaseHolds, &Target::ANY)?;
    let clinics = account.clinics_for(Permission::ReleaseHolds)?;
    Ok(clinics.map(|all| all.into_iter().map(|clinic| clinic.0).collect()))
}

fn view(row: SourceRow) -> Outcome<HoldSourceView> {
    let counts = SourceCounts {
        held: row.held,
        unconfirmed: row.unconfirmed,
        confirmed: row.confirmed,
        of_doctor: row.of_doctor.unwrap_or(0),
        offered: row.offered.unwrap_or(0),
    };
    let network = row.network.parse().map_err(|_| Fault::Broken("a stored network".into()))?;
    let percent = counts.share_percent();
    Ok(HoldSourceView {
        network,
        held: row.held,
        unconfirmed: row.unconfirmed,
        doctors: row.doctors,
        accounts: row.holders - row.visitors,
        visitors: row.visitors,
        most_affected: row.doctor_name.map(|name| AffectedDoctor { name, percent }),
        is_unusual: counts.is_unusual(),
    })
}

#[async_trait]
impl HoldSources for HoldSourceService {
    async fn sources(&self, caller: &Caller) -> Answer<Vec<HoldSourceView>> {
        answer("list networks with holds", self.list(caller).await)
    }

    #[tracing::instrument(skip_all)]
    async fn release(&self, caller: &Caller, network: Network) -> Answer<u32> {
        answer("release the holds of a network", self.release_all(caller, network).await)
    }
}

/// Writes which networks made the holds since the last time.
///
/// # Errors
/// When the database does not answer. Then they are written the next time.
pub async fn write_noted(app_state: &AppState) -> sqlx::Result<()> {
    let (holds, dropped) = app_state.hold_sources.take();
    if dropped > 0 {
        tracing::warn!(dropped, "too many holds at once: the networks of some are not recorded");
    }
    if holds.is_empty() {
        return Ok(());
    }
    let written = async {
        let mut connection = app_state.write.0.acquire().await?;
        store::insert_all(&mut connection, &holds).await
    };
    let written = written.await;
    if written.is_err() {
        app_state.hold_sources.put_back(holds);
    }
    written
}

/// Deletes some of the rows that are older than [`KEPT`]; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(app_state: &AppState) -> sqlx::Result<u64> {
    let mut connection = app_state.write.0.acquire().await?;
    store::delete_old(&mut connection, app_state.clock.now() - KEPT, DELETED_AT_ONCE).await
}
