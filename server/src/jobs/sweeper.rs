//! Writes down holds whose time ran out. Only tidies: a lapsed hold is free at its instant.

use nadi::actor::Capacity;
use nadi::appointment::{Command, Facts, decide};

use crate::engine::Engine;
use crate::store::appointments::{self, By};

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
        let Some(loaded) = appointments::lock(&mut transaction, id).await? else { continue };
        let facts = Facts {
            by: Capacity::System,
            slot: None,
            person_is_busy: false,
            active_holds: 0,
            code_matches: false,
            cancel_notice: chrono::Duration::zero(),
            hold: engine.settings.hold,
        };
        // Confirmed, cancelled or expired by someone else in the meantime: nothing to do.
        let Ok(transition) = decide(Some(&loaded.appointment), &facts, Command::Expire, now) else {
            continue;
        };
        if !transition.changes(&loaded.appointment) {
            continue;
        }
        let by = By { capacity: Capacity::System, account: None, reason: None };
        appointments::drop_claims(&mut transaction, id).await?;
        appointments::save(&mut transaction, &loaded, &transition, &by, now).await?;
        transaction.commit().await?;
        expired += 1;
    }
    if expired > 0 {
        engine.event_written.notify_one();
    }
    Ok(expired)
}
