//! What there is to know of a time someone wants, to hold it or to move to it: the reads that
//! explain a refusal.

use chrono::{DateTime, Utc};
use nadi::appointment::SlotFacts;
use nadi::ids::{AccountId, AppointmentId, DoctorId, PersonId, SlotId, VisitTypeId};
use sqlx::{PgConnection, Result};

/// How many consecutive slots a kind of visit takes with the doctor of this slot; `None` for a kind
/// their clinic does not have.
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

/// What is known of a run of `span` slots, free or not; `None`: there is no such slot, or it is
/// another doctor's. Seats that `own` has count as free.
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
                   and run.capacity > 0) as "offered!",
                  run.seats_free as "seats_free!"
           from slots s
           join doctors d on d.id = s.doctor_id
           cross join lateral (
               select count(*) as slots, min(r.capacity) as capacity,
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
        seats_free: row.seats_free,
        is_own: row.is_own,
    }))
}

/// The person's own living appointment on this very slot: what a repeated hold answers.
pub async fn own_on_slot(
    connection: &mut PgConnection,
    person: PersonId,
    slot: SlotId,
    visit_type: Option<VisitTypeId>,
    now: DateTime<Utc>,
) -> Result<Option<AppointmentId>> {
    let id = sqlx::query_scalar!(
        "select a.id
         from patient_times p
         join appointments a on a.id = p.appointment_id
         join visit_types v on v.id = a.visit_type_id
         where p.person_id = $1 and p.held_until > $3 and a.slot_id = $2
           and case when $4::uuid is null then v.is_default else v.id = $4 end",
        person.0,
        slot.0,
        now,
        visit_type.map(|kind| kind.0)
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(AppointmentId))
}

/// Does the person have something else at the time of this run? For a hold (`own` is `None`), one
/// with the same doctor would be released.
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
