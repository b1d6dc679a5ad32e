//! Keeps times made for the days ahead, and partitions for the months ahead.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use nadi::ids::{LocationId, RuleId};
use nadi::schedule::{Block, WeeklyHours, expand};
use nadi::wall;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::ensure_partitions;
use crate::engine::Engine;
use crate::service::schedules::weekday;
use crate::store::schedules::{self as store, RuleRow};

/// Doctors per transaction.
const BATCH: i64 = 50;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    pub times: u64,
    pub partitions: i32,
}

/// Makes what is missing up to the horizon. Instances that run it at once share the doctors.
///
/// # Errors
/// When the database does not answer.
pub async fn run_once(engine: &Engine) -> anyhow::Result<Made> {
    let now = engine.clock.now();
    let horizon_days = engine.settings.horizon_days;
    let mut connection = engine.write.0.acquire().await?;
    let partitions = ensure_partitions(&mut connection, now).await?;
    drop(connection);
    let mut times = 0;
    loop {
        let mut transaction = engine.write.begin().await?;
        let doctors =
            store::claim_doctors_to_top_up(&mut transaction, horizon(now, horizon_days), BATCH)
                .await?;
        if doctors.is_empty() {
            break;
        }
        times += make_times(&mut transaction, &doctors, horizon_days, now).await?;
        transaction.commit().await?;
    }
    if times > 0 || partitions > 0 {
        tracing::info!(times, partitions, "made times for the days ahead");
    }
    Ok(Made { times, partitions })
}

/// The first date, anywhere on earth, for which no times are needed yet.
fn horizon(now: DateTime<Utc>, horizon_days: u16) -> NaiveDate {
    now.date_naive() + Duration::days(i64::from(horizon_days) + 1)
}

/// Makes the missing times of some doctors, which the caller has locked; tells how many.
///
/// # Errors
/// When the database does not answer, or a rule has a zone nobody knows.
pub async fn make_times(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    horizon_days: u16,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let until = horizon(now, horizon_days);
    let mut block_doctors = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    let mut made: Vec<Uuid> = Vec::new();
    for rule in store::rules(connection, doctors).await? {
        let (zone, hours) = weekly(&rule)
            .ok_or_else(|| sqlx::Error::Decode(format!("unusable rule {}", rule.id).into()))?;
        let from = rule.made_until.unwrap_or_else(|| wall::local_date(now, zone));
        for block in expand(&[hours], zone, from, until) {
            // The day has begun: what is behind us cannot be booked any more.
            if block.ends_at() > now {
                block_doctors.push(rule.doctor_id);
                blocks.push(block);
            }
        }
        made.push(rule.id);
    }
    let times = store::insert_blocks(connection, &block_doctors, &blocks).await?;
    store::mark_made(connection, &made, until).await?;
    Ok(times)
}

fn weekly(rule: &RuleRow) -> Option<(chrono_tz::Tz, WeeklyHours)> {
    let zone = wall::zone(&rule.time_zone)?;
    let hours = WeeklyHours {
        id: RuleId(rule.id),
        location: LocationId(rule.location_id),
        mode: nadi::visit::Mode::parse(&rule.mode)?,
        weekday: weekday(rule.weekday)?,
        starts: rule.starts_local,
        ends: rule.ends_local,
        slot_minutes: u16::try_from(rule.slot_minutes).ok()?,
        capacity: u16::try_from(rule.capacity).ok()?,
        effective_from: rule.effective_from,
        effective_until: rule.effective_until,
    };
    Some((zone, hours))
}
