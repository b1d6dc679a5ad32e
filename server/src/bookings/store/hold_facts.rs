//! Reads the facts about a slot that someone wants to hold or move to. `nadi::appointment::decide` derives the
//! reason of a refusal from them.

use chrono::{DateTime, Utc};
use nadi::appointment::{Opening, SlotFacts};
use nadi::ids::{AppointmentId, DoctorId, PersonId, SlotId, VisitTypeId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::bookings::store::holds::NewHold;
use crate::bookings::store::idempotency::StoredAnswer;

/// How many consecutive slots a visit type takes with the doctor of this slot; `None` if their clinic does
/// not offer it.
pub async fn span(
    connection: &mut PgConnection,
    slot: SlotId,
    visit_type: Option<VisitTypeId>,
) -> Result<Option<i16>> {
    sqlx::query_scalar!(
        "select v.slot_span
         from slots s
         join doctors d on d.id = s.doctor_id
         join visit_types v on v.clinic_id = d.clinic_id and v.archived_at is null
         where s.id = $1 and case when $2::uuid is null then v.is_default else v.id = $2 end",
        slot.0,
        visit_type.map(|kind| kind.0)
    )
    .fetch_optional(connection)
    .await
}

/// The facts about a run of `span` slots, free or not. `None`: there is no such slot, or it is another
/// doctor's. Seats of the appointment `own` count as free.
pub async fn slot_facts(
    connection: &mut PgConnection,
    slot: SlotId,
    span: i16,
    doctor: Option<DoctorId>,
    own: Option<AppointmentId>,
    now: DateTime<Utc>,
) -> Result<Option<SlotFacts>> {
    let row = sqlx::query!(
        r#"select s.starts_at,
                  exists (select from appointments a where a.id = $5 and a.slot_id = s.id) as "is_own!",
                  (d.status = 'listed' and d.archived_at is null and run.slots = $2
                   and run.capacity > 0 and run.not_only_kept) as "offered!",
                  s.opens_at <= $3 as "opened!", s.closes_at <= $3 as "closed!",
                  run.seats_free as "seats_free!"
           from slots s
           join doctors d on d.id = s.doctor_id
           cross join lateral (
               select count(*) as slots, min(r.capacity) as capacity,
                      bool_and(r.closes_at > '-infinity') as not_only_kept,
                      min(r.capacity - (select count(*) from seats t
                                        where t.slot_id = r.id and t.held_until > $3
                                          and t.appointment_id is distinct from $5)) as seats_free
               from slots r
               where r.block_id = s.block_id and r.slot_no between s.slot_no and s.slot_no + $2 - 1
           ) run
           where s.id = $1 and ($4::uuid is null or s.doctor_id = $4)"#,
        slot.0,
        span,
        now,
        doctor.map(|doctor| doctor.0),
        own.map(|own| own.0)
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| SlotFacts {
        starts_at: row.starts_at,
        offered: row.offered,
        opening: Opening::of(row.opened, row.closed),
        seats_free: row.seats_free,
        is_own: row.is_own,
    }))
}

/// The facts that decide whether a visit that is over may be reopened.
pub struct Reopening {
    /// All its slots exist, and each has a free seat.
    pub seats_free: bool,
    pub person_is_busy: bool,
    pub reviewed: bool,
}

/// `None`: the slot no longer exists, or the appointment is in the archive.
pub async fn reopening(
    connection: &mut PgConnection,
    id: AppointmentId,
    now: DateTime<Utc>,
) -> Result<Option<Reopening>> {
    sqlx::query_as!(
        Reopening,
        r#"select coalesce(run.slots = a.slot_span and run.ends_at = a.ends_at and run.seats_free > 0, false)
                      as "seats_free!",
                  exists (select from patient_times p
                          where p.person_id = a.person_id
                            and p.during && tstzrange(a.starts_at, a.ends_at)
                            and p.held_until > $2 and p.appointment_id <> a.id) as "person_is_busy!",
                  exists (select from reviews r
                          where r.appointment_id = a.id and r.withdrawn_at is null) as "reviewed!"
           from appointments a
           join slots s on s.id = a.slot_id
           cross join lateral (
               select count(*) as slots, max(r.ends_at) as ends_at,
                      min(r.capacity - (select count(*) from seats t
                                        where t.slot_id = r.id and t.held_until > $2
                                          and t.appointment_id <> a.id)) as seats_free
               from slots r
               where r.block_id = s.block_id
                 and r.slot_no between s.slot_no and s.slot_no + a.slot_span - 1
           ) run
           where a.id = $1"#,
        id.0,
        now
    )
    .fetch_optional(connection)
    .await
}

/// Does the person have another appointment at the time of this run? For a hold (`own` is `None`), a hold
/// with the same doctor does not count, because the new hold would release it.
pub async fn person_is_busy(
    connection: &mut PgConnection,
    person: PersonId,
    slot: SlotId,
    span: i16,
    own: Option<AppointmentId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from slots s
               join slots l on l.block_id = s.block_id
                    and l.slot_no between s.slot_no and s.slot_no + $4 - 1
               join patient_times p on p.during && tstzrange(l.starts_at, l.ends_at)
               join appointments a on a.id = p.appointment_id
               where p.person_id = $1 and s.id = $2 and p.held_until > $3
                 and a.id is distinct from $5
                 and not ($5::uuid is null and a.state = 'pending' and a.doctor_id = s.doctor_id)
           ) as "busy!""#,
        person.0,
        slot.0,
        now,
        span,
        own.map(|own| own.0)
    )
    .fetch_one(connection)
    .await
}

/// The facts about a hold that was not granted.
pub struct HoldFacts {
    /// The answer stored under its key.
    pub stored_answer: Option<StoredAnswer>,
    pub person_is_own: bool,
    /// The person's own active appointment on this very slot, a [`nadi::ports::Booked`] as JSON: the answer to a
    /// repeated hold.
    pub existing: Option<serde_json::Value>,
    /// `None`: there is no such slot, or its doctor does not offer this visit type.
    pub slot: Option<SlotFacts>,
    /// The person has another appointment at that time; a hold with the same doctor does not count.
    pub person_is_busy: bool,
    /// Active holds of the account that this one would not release.
    pub other_holds: i64,
    /// Future visits of the account with this doctor, held or confirmed, that this one would not release.
    pub other_visits: i64,
}

/// The facts about these holds, in their order.
pub async fn read(connection: &mut PgConnection, all: &[NewHold]) -> Result<Vec<HoldFacts>> {
    let slots: Vec<i64> = all.iter().map(|new| new.slot.0).collect();
    let kinds: Vec<Option<Uuid>> =
        all.iter().map(|new| new.visit_type.map(|kind| kind.0)).collect();
    let persons: Vec<Uuid> = all.iter().map(|new| new.person.0).collect();
    let accounts: Vec<Uuid> = all.iter().map(|new| new.account.0).collect();
    let moments: Vec<DateTime<Utc>> = all.iter().map(|new| new.now).collect();
    let keys: Vec<Option<&str>> =
        all.iter().map(|new| new.request_key.as_ref().map(|key| key.key.as_str())).collect();
    let holds_max: Vec<i16> = all.iter().map(|new| new.holds_max).collect();
    let rows = sqlx::query_file!(
        "src/bookings/sql/hold_facts.sql",
        &slots as _,
        &kinds as _,
        &persons as _,
        &accounts as _,
        &moments as _,
        &keys as _,
        &holds_max
    )
    .fetch_all(connection)
    .await?;
    let read = rows.into_iter().map(|row| HoldFacts {
        stored_answer: row
            .fingerprint
            .zip(row.answer)
            .map(|(fingerprint, answer)| StoredAnswer { fingerprint, answer }),
        person_is_own: row.person_is_own,
        existing: row.standing,
        slot: row.starts_at.map(|starts_at| SlotFacts {
            starts_at,
            offered: row.offered,
            opening: Opening::of(row.opened, row.closed),
            seats_free: row.seats_free,
            is_own: false,
        }),
        person_is_busy: row.person_is_busy,
        other_holds: row.other_holds,
        other_visits: row.other_visits,
    });
    Ok(read.collect())
}
