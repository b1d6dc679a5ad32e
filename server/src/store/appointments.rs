//! Appointments after the hold: reading them, moving them on, giving their time back.

use chrono::{DateTime, NaiveDate, Utc};
use nadi::actor::Capacity;
use nadi::appointment::{Appointment, Event, State, Transition};
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, PersonId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

/// An appointment with what services need around it.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub appointment: Appointment,
    pub clinic: ClinicId,
    pub doctor: DoctorId,
    pub person: PersonId,
    pub booked_by: AccountId,
    pub cancel_notice_minutes: i32,
}

/// Loads an appointment and locks it: every later change of it waits for this transaction.
pub async fn lock(connection: &mut PgConnection, id: AppointmentId) -> Result<Option<Loaded>> {
    let row = sqlx::query!(
        "select a.id, a.state, a.starts_at, a.ends_at, a.expires_at, a.code_counter, a.code_tries,
                a.version, a.clinic_id, a.doctor_id, a.person_id, a.booked_by, c.cancel_notice_minutes
         from appointments a join clinics c on c.id = a.clinic_id
         where a.id = $1
         for update of a",
        id.0
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Loaded {
            appointment: Appointment {
                id,
                state: state(&row.state)?,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                expires_at: row.expires_at,
                code_counter: row.code_counter,
                code_tries: row.code_tries,
                version: row.version,
            },
            clinic: ClinicId(row.clinic_id),
            doctor: DoctorId(row.doctor_id),
            person: PersonId(row.person_id),
            booked_by: AccountId(row.booked_by),
            cancel_notice_minutes: row.cancel_notice_minutes,
        })
    })
    .transpose()
}

/// The state behind its word. A word we do not know is a fault of the data, not of the caller.
pub fn state(word: &str) -> Result<State> {
    State::parse(word).ok_or_else(|| sqlx::Error::Decode(format!("unknown state {word}").into()))
}

/// Who changed an appointment, and why.
#[derive(Clone, Debug)]
pub struct By {
    pub capacity: Capacity,
    pub account: Option<AccountId>,
    pub reason: Option<String>,
}

/// Writes a transition and its event; the version rises by one when there is an event.
pub async fn save(
    connection: &mut PgConnection,
    loaded: &Loaded,
    transition: &Transition,
    by: &By,
    now: DateTime<Utc>,
) -> Result<()> {
    let id = loaded.appointment.id.0;
    let told = transition.event.is_some();
    let version = sqlx::query_scalar!(
        "update appointments
         set state = $2, code_counter = $3, code_tries = $4,
             version = version + case when $5::bool then 1 else 0 end, updated_at = $6,
             cancelled_by = case when $2 = 'cancelled' then $7 else cancelled_by end,
             cancel_reason = case when $2 = 'cancelled' then $8 else cancel_reason end
         where id = $1
         returning version",
        id,
        transition.to.as_str(),
        transition.code_counter,
        transition.code_tries,
        told,
        now,
        by.capacity.as_str(),
        by.reason
    )
    .fetch_one(&mut *connection)
    .await?;
    if let Some(event) = transition.event {
        insert_event(connection, loaded, event, version, by, now).await?;
    }
    Ok(())
}

async fn insert_event(
    connection: &mut PgConnection,
    loaded: &Loaded,
    event: Event,
    version: i32,
    by: &By,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into outbox (event_type, appointment_id, appointment_version, doctor_id, actor,
                             actor_account_id, payload, occurred_at, due_at)
         values ($1, $2, $3, $4, $5, $6, jsonb_build_object('code_counter', $8::smallint), $7, $7)",
        event.as_str(),
        loaded.appointment.id.0,
        version,
        loaded.doctor.0,
        by.capacity.as_str(),
        by.account.map(|account| account.0),
        now,
        loaded.appointment.code_counter
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes the claims of a hold permanent. `false`: a claim is gone, so the hold was not ours to confirm.
pub async fn keep_claims(connection: &mut PgConnection, id: AppointmentId) -> Result<bool> {
    let seats =
        sqlx::query!("update seats set held_until = 'infinity' where appointment_id = $1", id.0)
            .execute(&mut *connection)
            .await?;
    let times = sqlx::query!(
        "update patient_times set held_until = 'infinity' where appointment_id = $1",
        id.0
    )
    .execute(connection)
    .await?;
    Ok(seats.rows_affected() > 0 && times.rows_affected() == 1)
}

/// Gives seat and time back.
pub async fn drop_claims(connection: &mut PgConnection, id: AppointmentId) -> Result<()> {
    sqlx::query!("delete from seats where appointment_id = $1", id.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from patient_times where appointment_id = $1", id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Holds past their time that nobody has written down yet.
pub async fn lapsed(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<AppointmentId>> {
    let ids = sqlx::query_scalar!(
        "select distinct appointment_id from seats
         where held_until <= $1 and held_until < 'infinity'
         order by appointment_id
         limit $2",
        now,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(AppointmentId).collect())
}

/// One appointment as shown, without the person's name.
pub struct Row {
    pub id: Uuid,
    pub reference: String,
    pub state: String,
    pub version: i32,
    pub person_id: Uuid,
    pub booked_by: Uuid,
    pub doctor_id: Uuid,
    pub clinic_id: Uuid,
    pub location_id: Uuid,
    pub doctor_name: String,
    pub doctor_slug: String,
    pub specialty: Option<String>,
    pub clinic: String,
    pub location_name: String,
    pub location_address: String,
    pub time_zone: String,
    pub mode: String,
    pub visit_type: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub fee_minor_units: i64,
    pub currency: String,
    pub expires_at: DateTime<Utc>,
    pub code_counter: i16,
    pub code_tries: i16,
    pub cancel_reason: Option<String>,
    pub cancel_notice_minutes: i32,
}

pub async fn find(connection: &mut PgConnection, id: AppointmentId) -> Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"select a.id, a.reference, a.state, a.version, a.person_id, a.booked_by, a.doctor_id,
                a.clinic_id, a.location_id, d.name as doctor_name, d.slug as doctor_slug,
                (select s.name from doctor_specialties x join specialties s on s.id = x.specialty_id
                 where x.doctor_id = d.id and x.is_primary) as specialty,
                c.name as clinic, l.name as location_name, l.address as location_address,
                a.time_zone, a.mode, v.name as visit_type, a.starts_at, a.ends_at,
                a.fee_minor_units, a.currency as "currency!", a.expires_at, a.code_counter,
                a.code_tries, a.cancel_reason, c.cancel_notice_minutes
           from appointments a
           join doctors d on d.id = a.doctor_id
           join clinics c on c.id = a.clinic_id
           join locations l on l.id = a.location_id
           join visit_types v on v.id = a.visit_type_id
           where a.id = $1"#,
        id.0
    )
    .fetch_optional(connection)
    .await
}

/// One page of what an account has booked: what is ahead (soonest first) or over (latest first).
/// Lapsed holds count as over.
pub async fn booked_by(
    connection: &mut PgConnection,
    account: AccountId,
    upcoming: bool,
    now: DateTime<Utc>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select a.id, a.reference, a.state, a.version, a.person_id, a.booked_by, a.doctor_id,
                a.clinic_id, a.location_id, d.name as doctor_name, d.slug as doctor_slug,
                (select s.name from doctor_specialties x join specialties s on s.id = x.specialty_id
                 where x.doctor_id = d.id and x.is_primary) as specialty,
                c.name as clinic, l.name as location_name, l.address as location_address,
                a.time_zone, a.mode, v.name as visit_type, a.starts_at, a.ends_at,
                a.fee_minor_units, a.currency as "currency!", a.expires_at, a.code_counter,
                a.code_tries, a.cancel_reason, c.cancel_notice_minutes
           from appointments a
           join doctors d on d.id = a.doctor_id
           join clinics c on c.id = a.clinic_id
           join locations l on l.id = a.location_id
           join visit_types v on v.id = a.visit_type_id
           where a.booked_by = $1
             and $2 = (a.ends_at > $3 and (a.state in ('confirmed', 'checked_in')
                                           or (a.state = 'pending' and a.expires_at > $3)))
           order by case when $2 then a.starts_at end, case when not $2 then a.starts_at end desc, a.id
           limit $4 offset $5"#,
        account.0,
        upcoming,
        now,
        limit,
        offset
    )
    .fetch_all(connection)
    .await
}

/// How many [`booked_by`] has on all pages.
pub async fn count_booked_by(
    connection: &mut PgConnection,
    account: AccountId,
    upcoming: bool,
    now: DateTime<Utc>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from appointments a
           where a.booked_by = $1
             and $2 = (a.ends_at > $3 and (a.state in ('confirmed', 'checked_in')
                                           or (a.state = 'pending' and a.expires_at > $3)))"#,
        account.0,
        upcoming,
        now
    )
    .fetch_one(connection)
    .await
}

/// A calendar entry without the person's name.
pub struct Entry {
    pub id: Uuid,
    pub reference: String,
    pub state: String,
    pub person_id: Uuid,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub visit_type: String,
    pub mode: String,
    pub location_name: String,
}

/// A doctor's appointments that touch a range of time, living or having taken place.
pub async fn of_doctor(
    connection: &mut PgConnection,
    doctor: DoctorId,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        "select a.id, a.reference, a.state, a.person_id, a.starts_at, a.ends_at,
                v.name as visit_type, a.mode, l.name as location_name
         from appointments a
         join visit_types v on v.id = a.visit_type_id
         join locations l on l.id = a.location_id
         where a.doctor_id = $1 and a.starts_at < $3 and a.ends_at > $2
           and (a.state in ('confirmed', 'checked_in', 'completed', 'no_show')
                or (a.state = 'pending' and a.expires_at > $4))
         order by a.starts_at, a.id",
        doctor.0,
        from,
        until,
        now
    )
    .fetch_all(connection)
    .await
}

/// Dates, at their location, on which a rule's blocks have a seat taken (a lapsed hold
/// counts until it is swept, some seconds later).
pub async fn booked_dates(
    connection: &mut PgConnection,
    rule: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<NaiveDate>> {
    sqlx::query_scalar!(
        "select distinct b.local_date
         from blocks b
         join slots s on s.block_id = b.id
         join seats t on t.slot_id = s.id
         where b.rule_id = $1 and b.closed_at is null and b.ends_at > $2
         order by b.local_date",
        rule,
        now
    )
    .fetch_all(connection)
    .await
}
