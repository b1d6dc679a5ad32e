//! What the job in `activity.rs` reads and writes. It changes only appointments that the demo made.

use std::collections::HashSet;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use nadi::appointment::State;
use nadi::formatting;
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, LocationId, PersonId, VisitTypeId};
use nadi::visit::{Fee, Mode};
use nadi::zone::Zone;
use sqlx::{Connection, FromRow, PgConnection, Result};
use uuid::Uuid;

use super::{SEED, availability, calendar, demo_patient, tables, write};
use crate::demo::availability::{BUSY_DOCTORS, Slot, VisitContext};
use crate::demo::data::{Patient, Visit};
use crate::demo::fate::{EARLY_MINUTES, Fate};
use crate::demo::hash::fnv1a;
use crate::demo::place::Place;
use crate::demo::rng::SeededRng;
use crate::demo::sign_ins::demo_doctor;

/// SQL condition for appointments that the demo made, see [`crate::demo::is_demo_appointment`].
macro_rules! is_demo_id {
    () => {
        "substr(a.id::text, 15, 9) = '7de0-8de0'"
    };
}

/// The demo doctor's clinic as it is in the database.
pub(crate) struct Clinic {
    pub id: ClinicId,
    pub zone: Zone,
    usual: VisitTypeId,
    /// The visit type that takes two slots, unless it was archived.
    first: Option<VisitTypeId>,
    pub doctors: Vec<DoctorId>,
    patients: Vec<Patient>,
}

/// `None`: the demo is not loaded.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn clinic(connection: &mut PgConnection) -> Result<Option<Clinic>> {
    let row: Option<(Uuid, String)> = sqlx::query_as(
        "select c.id, c.time_zone from doctors d join clinics c on c.id = d.clinic_id where d.id = $1",
    )
    .bind(demo_doctor().0)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((id, zone)) = row.and_then(|(id, zone)| Some((id, formatting::zone(&zone)?))) else {
        return Ok(None);
    };
    let kinds = ["visit type", "first visit"].map(|label| SeededRng::new(SEED, label, 0).uuid());
    let offered: Vec<Uuid> =
        sqlx::query_scalar("select id from visit_types where id = any($1) and archived_at is null")
            .bind(&kinds[..])
            .fetch_all(&mut *connection)
            .await?;
    let [usual, first] = kinds.map(|kind| offered.contains(&kind).then_some(VisitTypeId(kind)));
    let Some(usual) = usual else { return Ok(None) };
    let Some((city, region)) = tables::cities().into_iter().next() else { return Ok(None) };
    let mut patients = calendar::patients(SEED, &Place::new(SEED, 0, city, region));
    let there: Vec<Uuid> = sqlx::query_scalar(
        "select p.id from people p join accounts a on a.id = p.account_id
         where p.id = any($1) and p.archived_at is null and a.archived_at is null",
    )
    .bind(patients.iter().map(|patient| patient.person.0).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let there: HashSet<Uuid> = there.into_iter().collect();
    patients.retain(|patient| there.contains(&patient.person.0));
    let others = (1..BUSY_DOCTORS).map(|number| crate::demo::doctors::id(SEED, number));
    let doctors = [demo_doctor()].into_iter().chain(others).collect();
    Ok(Some(Clinic { id: ClinicId(id), zone, usual, first, doctors, patients }))
}

/// Takes the lock of the demo until this transaction ends, so that only one instance works at a time.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('demo', 0))")
        .execute(connection)
        .await?;
    Ok(())
}

/// A free slot of a doctor, with the data that a booking copies.
#[derive(Clone, Debug)]
pub(crate) struct FreeSlot {
    pub doctor: DoctorId,
    pub slot: Slot,
    zone: Zone,
    fee: Fee,
}

#[derive(FromRow)]
struct FreeSlotRow {
    doctor_id: Uuid,
    block_id: i64,
    slot_no: i16,
    local_date: NaiveDate,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    location_id: Uuid,
    mode: String,
    time_zone: String,
    fee_minor_units: i64,
    currency: String,
}

/// The free slots of the clinic's listed doctors that have one seat, after `from` and on dates before
/// `until`, ordered by doctor and time.
pub(crate) async fn free(
    connection: &mut PgConnection,
    clinic: &Clinic,
    from: DateTime<Utc>,
    until: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Vec<FreeSlot>> {
    let rows: Vec<FreeSlotRow> = sqlx::query_as(
        "select f.doctor_id, f.block_id, f.slot_no, f.local_date, f.starts_at, f.ends_at,
                b.location_id, b.mode, l.time_zone, d.fee_minor_units, d.currency
         from free_slots($1) f
         join doctors d on d.id = f.doctor_id
         join blocks b on b.id = f.block_id
         join locations l on l.id = b.location_id
         where f.doctor_id = any($2) and f.starts_at > $3 and f.starts_at < $4::date + interval '2 days'
           and f.local_date < $4 and f.capacity = 1
           and d.clinic_id = $5 and d.status = 'listed' and d.archived_at is null
         order by f.doctor_id, f.starts_at",
    )
    .bind(now)
    .bind(doctor_ids(clinic))
    .bind(from)
    .bind(until)
    .bind(clinic.id.0)
    .fetch_all(connection)
    .await?;
    let free = |row: FreeSlotRow| {
        Some(FreeSlot {
            doctor: DoctorId(row.doctor_id),
            slot: Slot {
                block: row.block_id,
                number: row.slot_no,
                date: row.local_date,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                location: LocationId(row.location_id),
                mode: Mode::parse(&row.mode)?,
            },
            zone: formatting::zone(&row.time_zone)?,
            fee: Fee { minor_units: row.fee_minor_units, currency: row.currency },
        })
    };
    Ok(rows.into_iter().filter_map(free).collect())
}

fn doctor_ids(clinic: &Clinic) -> Vec<Uuid> {
    clinic.doctors.iter().map(|doctor| doctor.0).collect()
}

/// The dates after `from` for which the demo has made visits, by doctor; without those of the demo patient.
pub(crate) async fn filled(
    connection: &mut PgConnection,
    clinic: &Clinic,
    from: DateTime<Utc>,
) -> Result<HashSet<(DoctorId, NaiveDate)>> {
    let rows: Vec<(Uuid, DateTime<Utc>, String)> = sqlx::query_as(concat!(
        "select a.doctor_id, a.starts_at, a.time_zone
         from appointments a
         where a.doctor_id = any($1) and a.starts_at > $2 and a.booked_by <> $3 and ",
        is_demo_id!()
    ))
    .bind(doctor_ids(clinic))
    .bind(from)
    .bind(demo_patient::patient().0.0)
    .fetch_all(connection)
    .await?;
    let date = |(doctor, starts_at, zone): (Uuid, DateTime<Utc>, String)| {
        Some((DoctorId(doctor), formatting::local_date(starts_at, zone.parse().ok()?)))
    };
    Ok(rows.into_iter().filter_map(date).collect())
}

/// Visits in some of a doctor's free slots on one day, confirmed at `now`.
pub(crate) fn visits_of_day(clinic: &Clinic, day: &[FreeSlot], now: DateTime<Utc>) -> Vec<Visit> {
    let Some(FreeSlot { doctor, slot: Slot { date, .. }, .. }) = day.first() else {
        return Vec::new();
    };
    if clinic.patients.is_empty() {
        return Vec::new();
    }
    let times: Vec<Slot> = day.iter().map(|free| free.slot.clone()).collect();
    let rng = &mut SeededRng::new(SEED, "who comes", calendar::number_of(*doctor, *date));
    let percent = calendar::percent(SEED, *doctor, false);
    let mut come = HashSet::new();
    let mut visits = Vec::new();
    for range in calendar::choose(SEED, *doctor, &times, percent, None) {
        let (free, last) = (&day[range.start], &times[range.end - 1]);
        let patient = &clinic.patients[rng.below(clinic.patients.len())];
        let visit_type = if range.len() > 1 { clinic.first } else { Some(clinic.usual) };
        let Some(visit_type) = visit_type.filter(|_| come.insert(patient.person)) else { continue };
        let who = (patient.account, patient.person);
        visits.push(booking(clinic, free, (last, visit_type), who, Fate::Completed, (now, rng)));
    }
    visits
}

/// A hold by one of the patients, at `now`.
pub(crate) fn hold(clinic: &Clinic, free: &FreeSlot, now: DateTime<Utc>) -> Option<Visit> {
    let rng = &mut SeededRng::new(SEED, "who holds", minute(now));
    let patient = clinic.patients.get(rng.below(clinic.patients.len()))?;
    let who = (patient.account, patient.person);
    Some(booking(clinic, free, (&free.slot, clinic.usual), who, Fate::Held, (now, rng)))
}

/// A visit of the demo patient or their child in a free slot, confirmed at `now`.
pub(crate) fn own_visit(
    clinic: &Clinic,
    free: &FreeSlot,
    person: PersonId,
    now: DateTime<Utc>,
) -> Visit {
    // The number contains the person, so that each has a stream, and thereby ids, of their own.
    let person_number = usize::try_from(fnv1a(person.0.as_bytes())).unwrap_or(0);
    let rng = &mut SeededRng::new(SEED, "own booking", person_number ^ minute(free.slot.starts_at));
    let who = (demo_patient::patient().0, person);
    booking(clinic, free, (&free.slot, clinic.usual), who, Fate::Completed, (now, rng))
}

fn minute(at: DateTime<Utc>) -> usize {
    usize::try_from(at.timestamp() / 60).unwrap_or(0)
}

fn booking(
    clinic: &Clinic,
    free: &FreeSlot,
    (last, visit_type): (&Slot, VisitTypeId),
    who: (AccountId, PersonId),
    fate: Fate,
    (now, rng): (DateTime<Utc>, &mut SeededRng),
) -> Visit {
    let FreeSlot { doctor, zone, fee, slot } = free;
    let with = VisitContext { clinic: clinic.id, doctor: *doctor, fee, zone: *zone, visit_type };
    let mut visit = availability::visit(&with, (slot, last), who, fate, now, now, rng);
    // It is held and confirmed at the same time.
    visit.events.iter_mut().for_each(|event| event.at = now);
    visit
}

/// Inserts an active visit. `false`: one of its slots was taken in the meantime, or the person has another
/// appointment then, and nothing was inserted.
pub(crate) async fn insert(connection: &mut PgConnection, visit: &Visit) -> Result<bool> {
    let mut attempt = connection.begin().await?;
    match write::insert_visits(&mut attempt, &[visit]).await {
        Ok(()) => {
            attempt.commit().await?;
            Ok(true)
        }
        Err(error) if is_taken(&error) => {
            attempt.rollback().await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn is_taken(error: &sqlx::Error) -> bool {
    let guards = ["seats_key", "seats_slot_capacity", "patient_times_no_overlap"];
    match error {
        sqlx::Error::RowNotFound => true,
        sqlx::Error::Database(error) => {
            error.constraint().is_some_and(|constraint| guards.contains(&constraint))
        }
        _ => false,
    }
}

/// Has the demo made a hold with the demo doctor since `since` that was not confirmed?
pub(crate) async fn has_hold(connection: &mut PgConnection, since: DateTime<Utc>) -> Result<bool> {
    sqlx::query_scalar(concat!(
        "select exists (select from appointments a
                        where a.doctor_id = $1 and a.starts_at > $2 and a.created_at > $2
                          and a.state in ('pending', 'expired') and ",
        is_demo_id!(),
        ")"
    ))
    .bind(demo_doctor().0)
    .bind(since)
    .fetch_one(connection)
    .await
}

/// Has the demo made this planned visit? A cancelled one counts, so that it is not booked again at once. Also
/// true when the person was removed from the account, so that nothing is booked for them.
pub(crate) async fn is_booked(
    connection: &mut PgConnection,
    planned: &demo_patient::PlannedVisit,
    now: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar(concat!(
        "select exists (select from appointments a
                        where a.booked_by = $1 and a.person_id = $2 and a.mode = $3
                          and a.starts_at > $4 and ",
        is_demo_id!(),
        ") or not exists (select from people where id = $2 and archived_at is null)"
    ))
    .bind(demo_patient::patient().0.0)
    .bind(planned.person.0)
    .bind(planned.mode.as_str())
    .bind(now)
    .fetch_one(connection)
    .await
}

/// An appointment that the demo made.
#[derive(Clone, Debug)]
pub(crate) struct DemoAppointment {
    pub id: AppointmentId,
    /// Booked by the demo patient, whom users sign in as.
    pub own: bool,
    pub state: State,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct WaitingRow {
    id: Uuid,
    own: bool,
    state: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// Confirmed and checked-in appointments of the clinic's doctors that the demo made and that start before
/// `until`; at most `limit`, the earliest first.
pub(crate) async fn waiting(
    connection: &mut PgConnection,
    clinic: &Clinic,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DemoAppointment>> {
    let rows: Vec<WaitingRow> = sqlx::query_as(concat!(
        "select a.id, a.booked_by = $4 as own, a.state, a.starts_at, a.ends_at
         from appointments a
         where a.doctor_id = any($1) and a.starts_at < $2 and a.state in ('confirmed', 'checked_in') and ",
        is_demo_id!(),
        " order by a.starts_at, a.id limit $3"
    ))
    .bind(doctor_ids(clinic))
    .bind(until)
    .bind(limit)
    .bind(demo_patient::patient().0.0)
    .fetch_all(connection)
    .await?;
    let appointment = |row: WaitingRow| {
        Some(DemoAppointment {
            id: AppointmentId(row.id),
            own: row.own,
            state: State::parse(&row.state)?,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        })
    };
    Ok(rows.into_iter().filter_map(appointment).collect())
}

/// The account of a doctor, if they have one.
pub(crate) async fn account_of(
    connection: &mut PgConnection,
    doctor: DoctorId,
) -> Result<Option<AccountId>> {
    let account: Option<Uuid> = sqlx::query_scalar("select account_id from doctors where id = $1")
        .bind(doctor.0)
        .fetch_one(connection)
        .await?;
    Ok(account.map(AccountId))
}

/// Marks all notifications about this appointment as delivered, so that none is sent.
pub(crate) async fn suppress_notifications(
    connection: &mut PgConnection,
    id: AppointmentId,
    now: DateTime<Utc>,
) -> Result<()> {
    let (types, templates) = write::notified_types();
    sqlx::query(
        "insert into notifications (event_id, subject_id, subject_version, recipient_id, channel, template,
                                    actor, state, due_at, delivered_at)
         select e.id, e.subject_id, e.subject_version, (e.data ->> 'account')::uuid, 'email', t.template,
                e.actor, 'delivered', $2, $2
         from events e
         join unnest($3::text[], $4::text[]) as t (type, template) on t.type = e.type
         where e.subject_id = $1 and e.schema_version >= 2
         on conflict on constraint notifications_key
         do update set state = 'delivered', delivered_at = $2 where notifications.state = 'waiting'",
    )
    .bind(id.0)
    .bind(now)
    .bind(types)
    .bind(templates)
    .execute(connection)
    .await?;
    Ok(())
}

/// How a visit ends, derived from its id: of twelve, one is missed and one is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Completed,
    NoShow,
    Cancelled,
}

pub(crate) fn outcome(appointment: &DemoAppointment) -> Outcome {
    match fnv1a(appointment.id.0.as_bytes()) % 12 {
        // The demo patient never misses or cancels by themselves.
        _ if appointment.own => Outcome::Completed,
        4 => Outcome::NoShow,
        8 => Outcome::Cancelled,
        _ => Outcome::Completed,
    }
}

/// How long before the start patients arrive.
pub(crate) fn arrives_early() -> Duration {
    Duration::minutes(EARLY_MINUTES)
}
