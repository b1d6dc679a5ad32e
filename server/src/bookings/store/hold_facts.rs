//! What there is to know of a time someone wants, to hold it or to move to it: the reads that
//! explain a refusal.

use chrono::{DateTime, Utc};
use nadi::appointment::{Opening, SlotFacts};
use nadi::ids::{AppointmentId, DoctorId, PersonId, SlotId, VisitTypeId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::bookings::store::holds::NewHold;
use crate::bookings::store::idempotency::StoredAnswer;

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

/// What stands in the way of opening a visit again that is over.
pub struct Reopening {
    /// Its slots are all there, and each has a seat.
    pub seats_free: bool,
    pub person_is_busy: bool,
    pub reviewed: bool,
}

/// `None`: its slot is not there any more, or it is in the archive.
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

/// What there is to know of a hold that did not come about.
pub struct HoldFacts {
    /// What its key was answered before.
    pub kept: Option<StoredAnswer>,
    pub person_is_own: bool,
    /// The person's own living appointment on this very slot, a [`nadi::ports::Booked`] as JSON: what a
    /// repeated hold answers.
    pub standing: Option<serde_json::Value>,
    /// `None`: there is no such time, or no such kind of visit with its doctor.
    pub slot: Option<SlotFacts>,
    /// Something else of the person at that time; one with the same doctor would be released.
    pub person_is_busy: bool,
    /// Holds of the account that this one would leave standing.
    pub other_holds: i64,
    /// Visits ahead of the account with this doctor, held or confirmed, that would remain beside it.
    pub other_visits: i64,
}

/// What is known of these, in their order.
pub async fn known(connection: &mut PgConnection, all: &[NewHold]) -> Result<Vec<HoldFacts>> {
    let slots: Vec<i64> = all.iter().map(|new| new.slot.0).collect();
    let kinds: Vec<Option<Uuid>> =
        all.iter().map(|new| new.visit_type.map(|kind| kind.0)).collect();
    let persons: Vec<Uuid> = all.iter().map(|new| new.person.0).collect();
    let accounts: Vec<Uuid> = all.iter().map(|new| new.account.0).collect();
    let moments: Vec<DateTime<Utc>> = all.iter().map(|new| new.now).collect();
    let keys: Vec<Option<&str>> =
        all.iter().map(|new| new.once.as_ref().map(|once| once.key.as_str())).collect();
    let rows = sqlx::query_file!(
        "src/bookings/sql/hold_facts.sql",
        &slots as _,
        &kinds as _,
        &persons as _,
        &accounts as _,
        &moments as _,
        &keys as _
    )
    .fetch_all(connection)
    .await?;
    let known = rows.into_iter().map(|row| HoldFacts {
        kept: row
            .fingerprint
            .zip(row.answer)
            .map(|(fingerprint, answer)| StoredAnswer { fingerprint, answer }),
        person_is_own: row.person_is_own,
        standing: row.standing,
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
    Ok(known.collect())
}
