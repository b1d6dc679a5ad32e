//! Writes down holds whose time ran out, and forgets old idempotency keys. Only tidies: a lapsed
//! hold is free at its instant.

use nadi::actor::Capacity;
use nadi::appointment::{Command, Facts, decide};
use nadi::ids::DoctorId;
use nadi::once::KEY_KEPT_HOURS;

use crate::engine::Engine;
use crate::store::appointments::{self, By, Detail};
use crate::store::{claims, once};

const BATCH: i64 = 200;

/// Expires what is due, each hold in a transaction of its own; tells how many.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(engine: &Engine) -> anyhow::Result<usize> {
    let now = engine.clock.now();
    let mut connection = engine.write.0.acquire().await?;
    let due = appointments::lapsed(&mut connection, now, BATCH).await?;
    drop(connection);
    let mut expired = 0;
    for id in due {
        let mut transaction = engine.write.begin().await?;
        let Some(mut stored) = appointments::lock(&mut transaction, id).await? else { continue };
        let appointment = stored.appointment()?;
        let facts = Facts::of(Capacity::System, chrono::Duration::zero(), engine.settings.hold);
        // Confirmed, extended, cancelled or expired by someone else in the meantime: nothing to do.
        let Ok(transition) = decide(Some(&appointment), &facts, Command::Expire, now) else {
            continue;
        };
        let Some(event) = transition.event else { continue };
        let by = By { capacity: Capacity::System, account: None, reason: None };
        claims::drop(&mut transaction, id).await?;
        appointments::save(&mut transaction, &mut stored, &transition, &by, now).await?;
        appointments::insert_event(&mut transaction, &stored, event, Detail::default(), &by, now)
            .await?;
        transaction.commit().await?;
        engine.changes.note(DoctorId(stored.doctor_id));
        expired += 1;
    }
    let mut connection = engine.write.0.acquire().await?;
    once::forget(&mut connection, now - chrono::Duration::hours(KEY_KEPT_HOURS)).await?;
    if expired > 0 {
        engine.event_written.notify_one();
    }
    Ok(expired)
}
