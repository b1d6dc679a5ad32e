//! Blocks of time and the slots in them: making, changing and withdrawing them.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::ids::DoctorId;
use nadi::schedule::{Made, MadeBlock};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::bookings::renumber_seats;

pub struct SlotRow {
    pub doctor_id: Uuid,
    pub block_id: i64,
    pub location_id: Uuid,
    pub mode: String,
    pub local_date: NaiveDate,
    pub block_starts_at: DateTime<Utc>,
    pub slot_seconds: i32,
    pub slot_count: i16,
    pub utc_offset: i32,
    pub kept: bool,
    pub slot_id: i64,
    pub slot_no: i16,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub capacity: i16,
    pub opens_at: Option<DateTime<Utc>>,
    pub closes_at: Option<DateTime<Utc>>,
    /// How many seats are taken now.
    pub seats_taken: i16,
    /// An appointment has this slot and the next one of the block.
    pub joined: bool,
}

/// The open blocks of some doctors, each from its own first date on, with all their slots in order. Blocks that are
/// over are left out.
pub async fn open(
    connection: &mut PgConnection,
    doctors: &[Uuid],
    from: &[NaiveDate],
    now: DateTime<Utc>,
) -> Result<Vec<SlotRow>> {
    sqlx::query_as!(
        SlotRow,
        r#"select b.doctor_id, b.id as block_id, b.location_id, b.mode, b.local_date,
                  b.starts_at as block_starts_at, b.slot_seconds, b.slot_count, b.utc_offset, b.kept,
                  s.id as slot_id, s.slot_no, s.starts_at, s.ends_at, s.capacity,
                  case when isfinite(s.opens_at) then s.opens_at end as opens_at,
                  case when isfinite(s.closes_at) then s.closes_at end as closes_at,
                  (select count(*) from seats t
                   where t.slot_id = s.id and t.held_until > $3)::smallint as "seats_taken!",
                  exists (select from seats t
                          join seats u on u.appointment_id = t.appointment_id
                          join slots n on n.id = u.slot_id
                          where t.slot_id = s.id and t.held_until > $3
                            and n.block_id = s.block_id and n.slot_no = s.slot_no + 1) as "joined!"
           from unnest($1::uuid[], $2::date[]) as d (id, since)
           join blocks b on b.doctor_id = d.id and b.local_date >= d.since
                and b.starts_at > $3::timestamptz - interval '2 days'
           join slots s on s.block_id = b.id
           where b.closed_at is null and b.ends_at > $3
           order by b.doctor_id, b.starts_at, s.slot_no"#,
        doctors,
        from,
        now
    )
    .fetch_all(connection)
    .await
}

/// Locks slots against concurrent holds: a later hold waits, and then reads the changed slots.
pub async fn lock(connection: &mut PgConnection, slots: &[i64]) -> Result<()> {
    sqlx::query!("select id from slots where id = any($1) order by id for update", slots)
        .fetch_all(connection)
        .await?;
    Ok(())
}

/// Closes blocks. Their slots must be moved to other blocks, or withdrawn.
pub async fn close(
    connection: &mut PgConnection,
    blocks: &[i64],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("update blocks set closed_at = $2 where id = any($1)", blocks, now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Withdraws slots that nobody has booked. A concurrent hold then fails on the constraint on the capacity.
pub async fn withdraw(connection: &mut PgConnection, slots: &[i64]) -> Result<()> {
    sqlx::query!("update slots set capacity = 0 where id = any($1) and capacity > 0", slots)
        .execute(connection)
        .await?;
    Ok(())
}

/// Inserts blocks and their new slots, and moves existing slots into them. A block that would overlap another open
/// one of its doctor is left out, together with its slots.
pub async fn make(
    connection: &mut PgConnection,
    blocks: &[(Uuid, MadeBlock)],
    time_zone_data: &str,
) -> Result<()> {
    if blocks.is_empty() {
        return Ok(());
    }
    let made = insert_blocks(connection, blocks, time_zone_data).await?;
    let (mut fresh, mut moved) = (SlotColumns::default(), SlotColumns::default());
    for (index, id) in made {
        let Some((doctor, block)) = usize::try_from(index).ok().and_then(|n| blocks.get(n)) else {
            continue;
        };
        for (number, slot) in block.slots.iter().enumerate() {
            let into = if slot.existing.is_some() { &mut moved } else { &mut fresh };
            into.push(*doctor, id, block, number, slot);
        }
    }
    insert_slots(connection, &fresh).await?;
    move_slots(connection, &moved).await
}

/// Inserts blocks; returns the index and the id of each one that was inserted.
async fn insert_blocks(
    connection: &mut PgConnection,
    blocks: &[(Uuid, MadeBlock)],
    time_zone_data: &str,
) -> Result<Vec<(i64, i64)>> {
    let column = |of: fn(&MadeBlock) -> Uuid| -> Vec<Uuid> {
        blocks.iter().map(|(_, block)| of(block)).collect()
    };
    let doctors: Vec<Uuid> = blocks.iter().map(|(doctor, _)| *doctor).collect();
    let locations = column(|block| block.stretch.location.0);
    let modes: Vec<&str> = blocks.iter().map(|(_, block)| block.stretch.mode.as_str()).collect();
    let dates: Vec<NaiveDate> = blocks.iter().map(|(_, block)| block.stretch.date).collect();
    let starts: Vec<DateTime<Utc>> =
        blocks.iter().map(|(_, block)| block.stretch.starts_at).collect();
    let seconds: Vec<i32> = blocks.iter().map(|(_, block)| block.stretch.stride_seconds).collect();
    let counts: Vec<i16> = blocks
        .iter()
        .map(|(_, block)| i16::try_from(block.stretch.count).unwrap_or(i16::MAX))
        .collect();
    let offsets: Vec<i32> = blocks.iter().map(|(_, block)| block.stretch.utc_offset).collect();
    let kept: Vec<bool> = blocks.iter().map(|(_, block)| block.stretch.kept).collect();
    let rows = sqlx::query!(
        r#"with given as (
               select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::timestamptz[],
                                    $6::int[], $7::smallint[], $8::int[], $9::bool[])
                   with ordinality as g (doctor_id, location_id, mode, local_date, starts_at,
                                         slot_seconds, slot_count, utc_offset, kept, n)
           ),
           made as (
               insert into blocks (doctor_id, location_id, mode, local_date, starts_at, ends_at,
                                   slot_seconds, slot_count, utc_offset, kept, time_zone_data)
               select doctor_id, location_id, mode, local_date, starts_at,
                      starts_at + make_interval(secs => slot_seconds * slot_count), slot_seconds,
                      slot_count, utc_offset, kept, $10
               from given
               on conflict do nothing
               returning id, doctor_id, starts_at
           )
           select g.n - 1 as "index!", m.id
           from made m
           join given g on g.doctor_id = m.doctor_id and g.starts_at = m.starts_at"#,
        &doctors,
        &locations,
        &modes as _,
        &dates,
        &starts,
        &seconds,
        &counts,
        &offsets,
        &kept,
        time_zone_data
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.index, row.id)).collect())
}

/// The columns of slots to insert or move.
#[derive(Default)]
struct SlotColumns {
    ids: Vec<i64>,
    doctors: Vec<Uuid>,
    blocks: Vec<i64>,
    block_starts: Vec<DateTime<Utc>>,
    seconds: Vec<i32>,
    counts: Vec<i16>,
    numbers: Vec<i16>,
    starts: Vec<DateTime<Utc>>,
    ends: Vec<DateTime<Utc>>,
    dates: Vec<NaiveDate>,
    capacities: Vec<i16>,
    opens: Vec<Option<DateTime<Utc>>>,
    /// `None`: not bookable, only for those who have already booked it.
    closes: Vec<Option<DateTime<Utc>>>,
}

impl SlotColumns {
    fn push(&mut self, doctor: Uuid, id: i64, block: &MadeBlock, number: usize, slot: &Made) {
        self.ids.push(slot.existing.map_or(0, |slot| slot.0));
        self.doctors.push(doctor);
        self.blocks.push(id);
        self.block_starts.push(block.stretch.starts_at);
        self.seconds.push(block.stretch.stride_seconds);
        self.counts.push(i16::try_from(block.stretch.count).unwrap_or(i16::MAX));
        self.numbers.push(i16::try_from(number).unwrap_or(i16::MAX));
        self.starts.push(slot.starts_at);
        self.ends.push(slot.ends_at);
        self.dates.push(block.stretch.date);
        self.capacities.push(i16::try_from(slot.capacity).unwrap_or(i16::MAX));
        self.opens.push(slot.opens_at);
        self.closes.push(slot.closes_at);
    }
}

async fn insert_slots(connection: &mut PgConnection, slots: &SlotColumns) -> Result<()> {
    if slots.ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into slots (doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_no,
                            starts_at, ends_at, local_date, capacity, opens_at, closes_at)
         select doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_no, starts_at,
                ends_at, local_date, capacity, coalesce(opens_at, '-infinity'),
                coalesce(closes_at, '-infinity')
         from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::int[], $5::smallint[],
                     $6::smallint[], $7::timestamptz[], $8::timestamptz[], $9::date[], $10::smallint[],
                     $11::timestamptz[], $12::timestamptz[])
             as g (doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_no, starts_at,
                   ends_at, local_date, capacity, opens_at, closes_at)",
        &slots.doctors,
        &slots.blocks,
        &slots.block_starts,
        &slots.seconds,
        &slots.counts,
        &slots.numbers,
        &slots.starts,
        &slots.ends,
        &slots.dates,
        &slots.capacities,
        &slots.opens as _,
        &slots.closes as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves existing slots into other blocks, with their bookings.
async fn move_slots(connection: &mut PgConnection, slots: &SlotColumns) -> Result<()> {
    if slots.ids.is_empty() {
        return Ok(());
    }
    renumber_seats(connection, &slots.ids, &slots.capacities).await?;
    sqlx::query!(
        "update slots s
         set block_id = g.block_id, block_starts_at = g.block_starts_at,
             slot_seconds = g.slot_seconds, slot_count = g.slot_count, slot_no = g.slot_no,
             capacity = g.capacity, opens_at = coalesce(g.opens_at, '-infinity'),
             closes_at = coalesce(g.closes_at, '-infinity')
         from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::int[], $5::smallint[],
                     $6::smallint[], $7::smallint[], $8::timestamptz[], $9::timestamptz[])
             as g (id, block_id, block_starts_at, slot_seconds, slot_count, slot_no, capacity,
                   opens_at, closes_at)
         where s.id = g.id",
        &slots.ids,
        &slots.blocks,
        &slots.block_starts,
        &slots.seconds,
        &slots.counts,
        &slots.numbers,
        &slots.capacities,
        &slots.opens as _,
        &slots.closes as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Changes capacity and booking window of slots that stay in their block.
pub async fn change(connection: &mut PgConnection, slots: &[Made]) -> Result<()> {
    if slots.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = slots.iter().map(|slot| slot.existing.map_or(0, |id| id.0)).collect();
    let capacities: Vec<i16> =
        slots.iter().map(|slot| i16::try_from(slot.capacity).unwrap_or(i16::MAX)).collect();
    let opens: Vec<Option<DateTime<Utc>>> = slots.iter().map(|slot| slot.opens_at).collect();
    let closes: Vec<Option<DateTime<Utc>>> = slots.iter().map(|slot| slot.closes_at).collect();
    renumber_seats(connection, &ids, &capacities).await?;
    sqlx::query!(
        "update slots s
         set capacity = g.capacity, opens_at = coalesce(g.opens_at, '-infinity'),
             closes_at = coalesce(g.closes_at, '-infinity')
         from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::timestamptz[])
             as g (id, capacity, opens_at, closes_at)
         where s.id = g.id",
        &ids,
        &capacities,
        &opens as _,
        &closes as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub struct BlockRow {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub location_name: String,
    pub time_zone: String,
    pub mode: String,
    /// The length of the shortest slot in the block.
    pub slot_minutes: i32,
    pub seats: i64,
    pub seats_free: i64,
}

/// A doctor's open blocks that overlap a range of time, without those outside of the hours.
pub async fn blocks(
    connection: &mut PgConnection,
    doctor: DoctorId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<BlockRow>> {
    sqlx::query_as!(
        BlockRow,
        r#"select b.starts_at, b.ends_at, l.name as location_name, l.time_zone, b.mode,
                  (select coalesce(min(extract(epoch from s.ends_at - s.starts_at)) / 60, 0)::int
                   from slots s where s.block_id = b.id) as "slot_minutes!",
                  (select coalesce(sum(s.capacity), 0) from slots s where s.block_id = b.id) as "seats!",
                  (select coalesce(sum(f.seats_free), 0)::bigint from free_slots($4) f
                   where f.block_id = b.id) as "seats_free!"
           from blocks b join locations l on l.id = b.location_id
           where b.doctor_id = $1 and b.closed_at is null and not b.kept
             and b.starts_at < $3 and b.ends_at > $2
           order by b.starts_at"#,
        doctor.0,
        from,
        until,
        now
    )
    .fetch_all(connection)
    .await
}

/// The slots of a doctor that are outside of the hours, and exist only for those who have booked them.
pub async fn outside_hours(
    connection: &mut PgConnection,
    doctor: DoctorId,
    now: DateTime<Utc>,
) -> Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select s.id from blocks b join slots s on s.block_id = b.id
         where b.doctor_id = $1 and b.kept and b.closed_at is null and b.ends_at > $2",
        doctor.0,
        now
    )
    .fetch_all(connection)
    .await
}
