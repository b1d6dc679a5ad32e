//! The appointments that visitors have confirmed, and which have moved to an account.

use chrono::{DateTime, Utc};
use nadi::ids::{AccountId, AppointmentId, PersonId};
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::bookings::store::appointments::Stored;

/// Moves a confirmed appointment to an account and one of its people, with the person's time, which gets the next
/// number among the account's visits with the doctor. `false`: all numbers are taken, or the time is not the
/// appointment's.
///
/// # Errors
/// The constraint `patient_times_no_overlap` when the person has another appointment at that time, and
/// `patient_times_visit_number_key` when another transaction has just taken the number.
pub async fn hand_over(
    connection: &mut PgConnection,
    stored: &mut Stored,
    account: AccountId,
    person: PersonId,
    visits_max: i16,
    now: DateTime<Utc>,
) -> Result<bool> {
    let moved = sqlx::query!(
        "with number as (
             select g::smallint as free
             from generate_series(1, $5::smallint) g
             where not exists (select from patient_times p
                               where p.account_id = $2 and p.doctor_id = $4 and p.visit_number = g
                                 and lower(p.during) > $6)
             order by g
             limit 1
         ),
         -- A visit that has begun gives its number back.
         begun as (
             update patient_times p
             set visit_number = null
             from number n
             where p.account_id = $2 and p.doctor_id = $4 and p.visit_number = n.free and lower(p.during) <= $6
             returning p.appointment_id
         )
         update patient_times p
         set account_id = $2, person_id = $3, visit_number = n.free
         from number n
         where p.appointment_id = $1 and (select count(*) from begun) >= 0",
        stored.id,
        account.0,
        person.0,
        stored.doctor_id,
        visits_max,
        now
    )
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query!(
        "update appointments set booked_by = $2, person_id = $3 where id = $1",
        stored.id,
        account.0,
        person.0
    )
    .execute(connection)
    .await?;
    stored.booked_by = account.0;
    stored.person_id = person.0;
    Ok(true)
}

/// Makes a visitor's hold one for another of the visitor's people.
pub async fn set_person(
    connection: &mut PgConnection,
    stored: &mut Stored,
    person: PersonId,
) -> Result<()> {
    if stored.person_id == person.0 {
        return Ok(());
    }
    sqlx::query!(
        "update patient_times set person_id = $2 where appointment_id = $1",
        stored.id,
        person.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("update appointments set person_id = $2 where id = $1", stored.id, person.0)
        .execute(connection)
        .await?;
    stored.person_id = person.0;
    Ok(())
}

/// The facts about the account and person to which an appointment is to move.
pub struct Room {
    /// The person has another appointment at that time.
    pub person_is_busy: bool,
    /// The account's future visits with the doctor, held or confirmed.
    pub visits_ahead: i64,
}

/// `person`: `None` when the account does not have them yet.
pub async fn room(
    connection: &mut PgConnection,
    stored: &Stored,
    account: AccountId,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<Room> {
    sqlx::query_as!(
        Room,
        r#"select exists (select from patient_times p
                          where p.person_id = $2 and p.during && tstzrange($4, $5)
                            and p.held_until > $6 and p.appointment_id <> $7) as "person_is_busy!",
                  (select count(*) from patient_times p
                   where p.account_id = $1 and p.doctor_id = $3 and p.visit_number is not null
                     and p.held_until > $6 and lower(p.during) > $6) as "visits_ahead!""#,
        account.0,
        person.map(|person| person.0),
        stored.doctor_id,
        stored.starts_at,
        stored.ends_at,
        now,
        stored.id
    )
    .fetch_one(connection)
    .await
}

/// Expires the lapsed holds of an account, and those of this person at the time of the appointment, with their events:
/// they still have numbers and times.
pub async fn expire_lapsed(
    connection: &mut PgConnection,
    stored: &Stored,
    account: AccountId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "select from end_holds(array(
             select p.appointment_id
             from patient_times p
             where p.account_id = $1 and p.hold_number is not null and p.held_until < 'infinity'
               and p.held_until <= $5
             union
             select p.appointment_id
             from patient_times p
             where p.person_id = $2 and p.during && tstzrange($3, $4) and p.held_until <= $5
         ), '{}', $5)",
        account.0,
        person.0,
        stored.starts_at,
        stored.ends_at,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that a visitor has confirmed an appointment, which was held for this person of theirs.
pub async fn insert(
    connection: &mut PgConnection,
    stored: &Stored,
    visitor: AccountId,
    held_for: PersonId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into visitor_visits (appointment_id, visitor_id, person_id, account_id, confirmed_at)
         values ($1, $2, $3, $4, $5)",
        stored.id,
        visitor.0,
        held_for.0,
        stored.booked_by,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The visitor's person that an appointment was held for, if this visitor has confirmed it after `since`.
pub async fn held_for(
    connection: &mut PgConnection,
    id: AppointmentId,
    visitor: AccountId,
    since: DateTime<Utc>,
) -> Result<Option<PersonId>> {
    let person = sqlx::query_scalar!(
        "select person_id from visitor_visits
         where appointment_id = $1 and visitor_id = $2 and confirmed_at > $3",
        id.0,
        visitor.0,
        since
    )
    .fetch_optional(connection)
    .await?;
    Ok(person.map(PersonId))
}

/// Whether the visitor holds a time at this moment.
pub async fn holds_a_time(
    connection: &mut PgConnection,
    visitor: AccountId,
    now: DateTime<Utc>,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from patient_times p
                          where p.account_id = $1 and p.hold_number is not null
                            and p.held_until < 'infinity' and p.held_until > $2) as "exists!""#,
        visitor.0,
        now
    )
    .fetch_one(connection)
    .await
}

/// An appointment that was confirmed.
pub struct ConfirmedVisit {
    pub account: Uuid,
    /// The number of the code that it was confirmed with.
    pub code_counter: i16,
}

/// Counts a try to be signed in to the account of an appointment, if this visitor has confirmed it after `since` and
/// there were fewer than `tries_max`.
pub async fn count_sign_in_try(
    connection: &mut PgConnection,
    id: AppointmentId,
    visitor: AccountId,
    since: DateTime<Utc>,
    tries_max: i16,
) -> Result<Option<ConfirmedVisit>> {
    sqlx::query_as!(
        ConfirmedVisit,
        "update visitor_visits v
         set sign_in_tries = sign_in_tries + 1
         from appointments a
         where v.appointment_id = $1 and v.visitor_id = $2 and v.confirmed_at > $3
           and v.sign_in_tries < $4 and a.id = v.appointment_id
         returning v.account_id as account, a.code_counter",
        id.0,
        visitor.0,
        since,
        tries_max
    )
    .fetch_optional(connection)
    .await
}

/// Deletes those that were confirmed before `before`, at most `limit`; returns how many.
pub async fn delete_old(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from visitor_visits where appointment_id in (
             select appointment_id from visitor_visits where confirmed_at < $1
             order by confirmed_at limit $2 for update skip locked)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
