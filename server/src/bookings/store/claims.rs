//! The claims an appointment has on seats and on its person's time, which guard invariants 1 and 2 of ARCHITECTURE.md.

use chrono::{DateTime, Utc};
use nadi::ids::{AppointmentId, DoctorId, PersonId, SlotId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::bookings::store::appointments::Stored;

/// Makes the claims of a hold permanent. `false`: a claim is gone, so the hold was not ours to confirm.
pub async fn make_permanent(connection: &mut PgConnection, id: AppointmentId) -> Result<bool> {
    let seats =
        sqlx::query!("update seats set held_until = 'infinity' where appointment_id = $1", id.0)
            .execute(&mut *connection)
            .await?;
    let times = sqlx::query!(
        "update patient_times set held_until = 'infinity', hold_number = null
         where appointment_id = $1",
        id.0
    )
    .execute(connection)
    .await?;
    Ok(seats.rows_affected() > 0 && times.rows_affected() == 1)
}

/// Releases the seats and the person's time.
pub async fn drop(connection: &mut PgConnection, id: AppointmentId) -> Result<()> {
    sqlx::query!("delete from seats where appointment_id = $1", id.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from patient_times where appointment_id = $1", id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Claims seats and time again that were released. `false`: one of them is taken, and the transaction must be
/// rolled back.
pub async fn make_again(
    connection: &mut PgConnection,
    stored: &Stored,
    now: DateTime<Utc>,
) -> Result<bool> {
    let target = Target {
        slot_id: stored.slot_id,
        starts_at: stored.starts_at,
        ends_at: stored.ends_at,
        location_id: stored.location_id,
        mode: stored.mode.clone(),
        time_zone: stored.time_zone.clone(),
    };
    let person = PersonId(stored.person_id);
    expire_conflicting(connection, &target, stored.slot_span, person, now).await?;
    // The appointment has no seats any more, so this only claims, and releases none.
    if !move_seats(connection, stored, &target).await? {
        return Ok(false);
    }
    let times = sqlx::query!(
        "insert into patient_times (appointment_id, person_id, during, held_until, account_id, doctor_id)
         values ($1, $2, tstzrange($3, $4), 'infinity', $5, $6)
         on conflict do nothing",
        stored.id,
        stored.person_id,
        stored.starts_at,
        stored.ends_at,
        stored.booked_by,
        stored.doctor_id
    )
    .execute(connection)
    .await?;
    Ok(times.rows_affected() == 1)
}

/// Makes the claims of a hold last until `until`. `false`: a claim is gone.
pub async fn extend(
    connection: &mut PgConnection,
    id: AppointmentId,
    until: DateTime<Utc>,
) -> Result<bool> {
    let seats =
        sqlx::query!("update seats set held_until = $2 where appointment_id = $1", id.0, until)
            .execute(&mut *connection)
            .await?;
    let times = sqlx::query!(
        "update patient_times set held_until = $2 where appointment_id = $1",
        id.0,
        until
    )
    .execute(connection)
    .await?;
    Ok(seats.rows_affected() > 0 && times.rows_affected() == 1)
}

/// The slot, time and place that an appointment is moved to.
pub struct Target {
    pub slot_id: i64,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub location_id: Uuid,
    pub mode: String,
    pub time_zone: String,
}

/// The run of `span` slots of this doctor that begins at `slot`, if the doctor takes bookings. Does not check
/// whether it is free: claiming it does.
pub async fn target(
    connection: &mut PgConnection,
    doctor: DoctorId,
    slot: SlotId,
    span: i16,
    now: DateTime<Utc>,
) -> Result<Option<Target>> {
    sqlx::query_as!(
        Target,
        "select s.id as slot_id, s.starts_at, l.ends_at, b.location_id, b.mode, p.time_zone
         from slots s
         join slots l on l.block_id = s.block_id and l.slot_no = s.slot_no + $3 - 1
         join blocks b on b.id = s.block_id
         join locations p on p.id = b.location_id
         join doctors d on d.id = s.doctor_id and d.status = 'listed' and d.archived_at is null
         where s.id = $1 and s.doctor_id = $2 and s.starts_at > $4 and s.closes_at > '-infinity'",
        slot.0,
        doctor.0,
        span,
        now
    )
    .fetch_optional(connection)
    .await
}

/// Expires the lapsed holds on these slots, and those of this person at that time, with their events.
pub async fn expire_conflicting(
    connection: &mut PgConnection,
    target: &Target,
    span: i16,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "select from end_holds(array(
             select t.appointment_id
             from slots s
             join slots r on r.block_id = s.block_id
                  and r.slot_no between s.slot_no and s.slot_no + $3 - 1
             join seats t on t.slot_id = r.id
             where s.id = $2 and t.held_until <= $1
             union
             select p.appointment_id
             from patient_times p
             where p.person_id = $4 and p.during && tstzrange($5, $6) and p.held_until <= $1
         ), '{}', $1)",
        now,
        target.slot_id,
        span,
        person.0,
        target.starts_at,
        target.ends_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims the seats of the target for a confirmed appointment, then releases those it leaves. In this order,
/// two appointments that want each other's slot cannot deadlock. `false`: a seat of the target is taken, and
/// the transaction must be rolled back.
pub async fn move_seats(
    connection: &mut PgConnection,
    stored: &Stored,
    target: &Target,
) -> Result<bool> {
    let seats = sqlx::query_scalar!(
        r#"with run as (
             select r.id, r.capacity,
                    exists (select from seats t
                            where t.slot_id = r.id and t.appointment_id = $1) as own
             from slots s
             join slots r on r.block_id = s.block_id
                  and r.slot_no between s.slot_no and s.slot_no + $3 - 1
             where s.id = $2
         ),
         claimed as (
             insert into seats (slot_id, seat_no, capacity, appointment_id, doctor_id, held_until)
             select r.id, n.seat_no, r.capacity, $1, $4, 'infinity'
             from run r
             cross join lateral (
                 select g::smallint as seat_no
                 from generate_series(1, r.capacity) g
                 where not exists (select from seats t where t.slot_id = r.id and t.seat_no = g)
                 limit 1
             ) n
             where not r.own
             order by r.id
             on conflict do nothing
             returning slot_id
         ),
         left_behind as (
             delete from seats t
             where t.appointment_id = $1 and t.slot_id not in (select id from run)
               and (select count(*) from claimed) >= 0
             returning t.slot_id
         )
         select (select count(*) from claimed) + (select count(*) from run where own)
                + 0 * (select count(*) from left_behind) as "seats!""#,
        stored.id,
        target.slot_id,
        stored.slot_span,
        stored.doctor_id
    )
    .fetch_one(connection)
    .await?;
    Ok(seats == i64::from(stored.slot_span))
}

/// Moves the claim on the person's time. All times of the person are locked first, so that two moves of one
/// person run one after the other. `false`: the claim is gone.
///
/// # Errors
/// The constraint `patient_times_no_overlap` when the person has another appointment at that time.
pub async fn move_time(
    connection: &mut PgConnection,
    stored: &Stored,
    target: &Target,
) -> Result<bool> {
    sqlx::query!(
        "select appointment_id from patient_times where person_id = $1 order by appointment_id for update",
        stored.person_id
    )
    .fetch_all(&mut *connection)
    .await?;
    let moved = sqlx::query!(
        "update patient_times set during = tstzrange($2, $3) where appointment_id = $1",
        stored.id,
        target.starts_at,
        target.ends_at
    )
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Gives seats with numbers above a slot's new capacity a free number within it, so that the capacity can be lowered
/// to the number of booked seats. The caller must have locked the slots.
pub async fn renumber_seats(
    connection: &mut PgConnection,
    slots: &[i64],
    capacities: &[i16],
) -> Result<()> {
    sqlx::query!(
        "with beyond as (
             select t.slot_id, t.seat_no, row_number() over (partition by t.slot_id order by t.seat_no) as n
             from unnest($1::bigint[], $2::smallint[]) as g (id, capacity)
             join seats t on t.slot_id = g.id and t.seat_no > g.capacity and t.overbooked_by is null
         ),
         free as (
             select g.id as slot_id, f.seat_no, row_number() over (partition by g.id order by f.seat_no) as n
             from unnest($1::bigint[], $2::smallint[]) as g (id, capacity)
             cross join generate_series(1, g.capacity) as f (seat_no)
             where g.id in (select slot_id from beyond)
               and not exists (select from seats t where t.slot_id = g.id and t.seat_no = f.seat_no)
         )
         update seats t
         set seat_no = f.seat_no
         from beyond b join free f on f.slot_id = b.slot_id and f.n = b.n
         where t.slot_id = b.slot_id and t.seat_no = b.seat_no",
        slots,
        capacities
    )
    .execute(connection)
    .await?;
    Ok(())
}
