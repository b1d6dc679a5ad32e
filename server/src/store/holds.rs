//! The hold: one statement that repeats the rules of `nadi::appointment::decide`
//! as conditions, and the reads that explain a refusal.
//!
//! Order of locks, the same everywhere so that nobody waits in a circle:
//! appointments (by id), then seats, then patients' times. A guard is claimed
//! with `on conflict do nothing`: it waits for a rival in flight, never errs.

use chrono::{DateTime, Duration, Utc};
use nadi::appointment::{ACTIVE_HOLDS_MAX, SlotFacts, reference};
use nadi::ids::{AccountId, AppointmentId, PersonId, SlotId};
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, Result};

/// Everything a hold is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewHold {
    pub id: AppointmentId,
    pub slot: SlotId,
    pub person: PersonId,
    pub account: AccountId,
    pub hold: Duration,
}

/// Takes a seat and the person's time, writes the appointment and its event.
///
/// What lies in the way but has lapsed is expired here, with its event, and the
/// person's hold with the same doctor is released for this one. `false`: it did
/// not come about, and the transaction must be rolled back.
pub async fn take(
    connection: &mut PgConnection,
    new: &NewHold,
    now: DateTime<Utc>,
) -> Result<bool> {
    let hold = PgInterval { months: 0, days: 0, microseconds: new.hold.num_seconds() * 1_000_000 };
    // Rivals for a group slot start at different seats; any number will do.
    let first_seat = (new.id.0.as_u128() & 0x7fff) as i32;
    let taken = sqlx::query_scalar!(
        r#"
        with wanted as (
            select f.id, f.doctor_id, f.starts_at, f.ends_at, f.capacity, b.location_id, b.mode,
                   l.time_zone, d.clinic_id, d.fee_minor_units, d.currency, v.id as visit_type_id,
                   least($1::timestamptz + $7::interval, f.starts_at) as expires_at
            from free_slots($1) f
            join blocks b on b.id = f.block_id
            join locations l on l.id = b.location_id
            join doctors d on d.id = f.doctor_id and d.status = 'listed' and d.archived_at is null
            join visit_types v on v.clinic_id = d.clinic_id and v.is_default
            where f.id = $2
              and exists (select from people
                          where id = $3 and account_id = $4 and archived_at is null)
        ),
        in_the_way as (
            select t.appointment_id as id
            from seats t join wanted w on t.slot_id = w.id
            where t.held_until <= $1
            union
            select p.appointment_id
            from patient_times p join wanted w on p.during && tstzrange(w.starts_at, w.ends_at)
            where p.person_id = $3 and p.held_until <= $1
            union
            select p.appointment_id
            from patient_times p
            join appointments a on a.id = p.appointment_id
            join wanted w on w.doctor_id = a.doctor_id and w.id <> a.slot_id
            where p.person_id = $3 and p.held_until < 'infinity' and a.state = 'pending'
        ),
        locked as (
            select a.id, a.expires_at <= $1 as lapsed
            from appointments a
            where a.id in (select id from in_the_way) and a.state = 'pending'
            order by a.id
            for update
        ),
        ended as (
            update appointments a
            set state = case when k.lapsed then 'expired' else 'cancelled' end,
                cancelled_by = case when k.lapsed then null else 'system' end,
                version = a.version + 1,
                updated_at = $1
            from locked k
            where a.id = k.id
            returning a.id, a.version, a.doctor_id, k.lapsed
        ),
        freed_seats as (
            delete from seats t using ended e where t.appointment_id = e.id returning t.slot_id
        ),
        freed_times as (
            delete from patient_times p using ended e where p.appointment_id = e.id returning p.person_id
        ),
        holds as (
            select count(*) as others
            from people o
            join patient_times p on p.person_id = o.id
            where o.account_id = $4 and p.held_until > $1 and p.held_until < 'infinity'
              and p.appointment_id not in (select id from ended)
        ),
        seat as (
            insert into seats (slot_id, seat_no, capacity, appointment_id, doctor_id, held_until)
            select w.id, n.seat_no, w.capacity, $5, w.doctor_id, w.expires_at
            from wanted w
            cross join lateral (
                select g::smallint as seat_no
                from generate_series(1, w.capacity) g
                where not exists (select from seats t
                                  where t.slot_id = w.id and t.seat_no = g and t.held_until > $1)
                order by (g + $8::int) % w.capacity
                limit 1
            ) n
            where (select others from holds) < $9
              and (select count(*) from freed_seats) >= 0
            on conflict do nothing
            returning seat_no
        ),
        own_time as (
            insert into patient_times (appointment_id, person_id, during, held_until)
            select $5, $3, tstzrange(w.starts_at, w.ends_at), w.expires_at
            from wanted w, seat
            where (select count(*) from freed_times) >= 0
            on conflict do nothing
            returning appointment_id
        ),
        made as (
            insert into appointments (
                id, reference, ical_uid, state, expires_at, clinic_id, doctor_id, location_id,
                visit_type_id, slot_id, person_id, booked_by, mode, starts_at, ends_at, time_zone,
                fee_minor_units, currency, created_at, updated_at)
            select $5, $6, $5::uuid || '@nadi', 'pending', w.expires_at, w.clinic_id, w.doctor_id,
                   w.location_id, w.visit_type_id, w.id, $3, $4, w.mode, w.starts_at, w.ends_at,
                   w.time_zone, w.fee_minor_units, w.currency, $1, $1
            from wanted w, own_time
            returning id, version, doctor_id
        ),
        told as (
            insert into outbox (event_type, appointment_id, appointment_version, doctor_id, actor,
                                actor_account_id, occurred_at, due_at)
            select 'appointment.held', id, version, doctor_id, 'patient', $4, $1, $1 from made
            union all
            select case when lapsed then 'appointment.expired' else 'appointment.released' end,
                   id, version, doctor_id, 'system', null::uuid, $1, $1
            from ended
        )
        select exists (select from made) as "taken!"
        "#,
        now,
        new.slot.0,
        new.person.0,
        new.account.0,
        new.id.0,
        reference(new.id),
        hold,
        first_seat,
        ACTIVE_HOLDS_MAX
    )
    .fetch_one(connection)
    .await?;
    Ok(taken)
}

/// What there is to know of a wanted time, free or not. `None`: no such time.
pub async fn slot_facts(
    connection: &mut PgConnection,
    slot: SlotId,
    now: DateTime<Utc>,
) -> Result<Option<SlotFacts>> {
    let row = sqlx::query!(
        r#"select s.starts_at,
                  (s.capacity > 0 and d.status = 'listed' and d.archived_at is null) as "offered!",
                  s.capacity - (select count(*) from seats t
                                where t.slot_id = s.id and t.held_until > $2) as "seats_free!"
           from slots s join doctors d on d.id = s.doctor_id
           where s.id = $1"#,
        slot.0,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| SlotFacts {
        starts_at: row.starts_at,
        offered: row.offered,
        seats_free: row.seats_free,
    }))
}

/// The person's own living appointment on this very slot: what a repeated hold answers.
pub async fn own_on_slot(
    connection: &mut PgConnection,
    person: PersonId,
    slot: SlotId,
    now: DateTime<Utc>,
) -> Result<Option<AppointmentId>> {
    let id = sqlx::query_scalar!(
        "select a.id
         from patient_times p join appointments a on a.id = p.appointment_id
         where p.person_id = $1 and p.held_until > $3 and a.slot_id = $2",
        person.0,
        slot.0,
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(AppointmentId))
}

/// Does the person have something else at the time of this slot?
pub async fn person_is_busy(
    connection: &mut PgConnection,
    person: PersonId,
    slot: SlotId,
    now: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from patient_times p
               join slots s on p.during && tstzrange(s.starts_at, s.ends_at)
               join appointments a on a.id = p.appointment_id
               where p.person_id = $1 and s.id = $2 and p.held_until > $3
                 -- A hold with the same doctor would be released for this one.
                 and not (a.state = 'pending' and a.doctor_id = s.doctor_id)
           ) as "busy!""#,
        person.0,
        slot.0,
        now
    )
    .fetch_one(connection)
    .await
}

/// Holds of the account that a hold of this slot for this person would leave standing.
pub async fn other_holds(
    connection: &mut PgConnection,
    account: AccountId,
    person: PersonId,
    slot: SlotId,
    now: DateTime<Utc>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "others!"
           from people o
           join patient_times p on p.person_id = o.id
           join appointments a on a.id = p.appointment_id
           where o.account_id = $1 and p.held_until > $4 and p.held_until < 'infinity'
             and not (o.id = $2 and a.doctor_id = (select doctor_id from slots where id = $3))"#,
        account.0,
        person.0,
        slot.0,
        now
    )
    .fetch_one(connection)
    .await
}
